//! One element for what was said once: findings of several sentences or windows brought together.

use crate::sentences::Sentence;
use journey_domain::{
    analysis::{Analysis, ElementDraft, RelationshipDraft},
    element::{ElementKind, EvidenceState},
};
use std::collections::{BTreeMap, HashMap};

/// How many findings back, in the order of the text, one of the same place is looked for.
const NEAR: usize = 48;

/// Brings together what is one finding, in the order of the transcript, and points relationships at it.
///
/// A topic is one element per node; an emotion one per node and run of adjacent sentences; any other
/// element one per kind and label, or where two of a kind share more than half of the shorter span. What
/// another analyser found stays apart: whoever found an element found all of its evidence.
#[must_use]
pub fn merge(mut analysis: Analysis, sentences: &[Sentence]) -> Analysis {
    let Analysis { elements, relationships, .. } = &mut analysis;
    let (elements, relationships) = (std::mem::take(elements), std::mem::take(relationships));
    let mut numbered: Vec<(usize, ElementDraft)> = elements.into_iter().enumerate().collect();
    numbered.sort_by(|(a, x), (b, y)| {
        (start(x), x.kind, &x.label, a).cmp(&(start(y), y.kind, &y.label, b))
    });
    let mut place: HashMap<usize, usize> = HashMap::new();
    let mut merged: Vec<ElementDraft> = Vec::new();
    // Only findings of the same kind can be one, so each kind keeps its own list of places.
    let mut of_kind: BTreeMap<ElementKind, Vec<usize>> = BTreeMap::new();
    let mut by_label: HashMap<(ElementKind, Option<String>, String), usize> = HashMap::new();
    for (old, element) in numbered {
        let list = of_kind.entry(element.kind).or_default();
        let whole = matches!(element.kind, ElementKind::Emotion | ElementKind::Topic);
        let key =
            (!whole).then(|| (element.kind, element.found_by.clone(), normalised(&element.label)));
        let same =
            key.as_ref().and_then(|key| by_label.get(key).copied()).or_else(|| {
                // Topics are few; any other finding can only meet one that stands close before it.
                let reach = if element.kind == ElementKind::Topic { usize::MAX } else { NEAR };
                list.iter().rev().take(reach).copied().find(|&at| {
                    merged.get(at).is_some_and(|other| is_same(other, &element, sentences))
                })
            });
        let new = same.unwrap_or(merged.len());
        if let Some(key) = key {
            by_label.entry(key).or_insert(new);
        }
        place.insert(old, new);
        match merged.get_mut(new) {
            Some(other) => join(other, element),
            None => {
                list.push(new);
                merged.push(element);
            }
        }
    }
    analysis.relationships = links(relationships, &place);
    analysis.elements = merged;
    analysis
}

fn start(element: &ElementDraft) -> usize {
    element.evidence.iter().map(|e| e.span.start).min().unwrap_or(usize::MAX)
}

fn is_same(a: &ElementDraft, b: &ElementDraft, sentences: &[Sentence]) -> bool {
    if a.found_by != b.found_by {
        return false;
    }
    match a.kind {
        ElementKind::Topic => a.taxonomy == b.taxonomy && a.label == b.label,
        ElementKind::Emotion => {
            a.taxonomy == b.taxonomy && a.label == b.label && adjacent(a, b, sentences)
        }
        _ => share_most(a, b),
    }
}

/// Whether some evidence of one lies in the sentence of the other's, or next to it.
fn adjacent(a: &ElementDraft, b: &ElementDraft, sentences: &[Sentence]) -> bool {
    let ids = |e: &ElementDraft| -> Vec<usize> {
        e.evidence
            .iter()
            .map(|c| sentences.partition_point(|s| s.span.end <= c.span.start))
            .collect()
    };
    let others = ids(b);
    ids(a).iter().any(|i| others.iter().any(|j| i.abs_diff(*j) <= 1))
}

fn share_most(a: &ElementDraft, b: &ElementDraft) -> bool {
    a.evidence.iter().any(|x| {
        b.evidence.iter().any(|y| {
            let shared = x.span.end.min(y.span.end).saturating_sub(x.span.start.max(y.span.start));
            2 * shared > x.span.len().min(y.span.len())
        })
    })
}

fn normalised(label: &str) -> String {
    let words: Vec<String> = label
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

/// The surer finding leads; evidence stays strongest first and without repeats.
fn join(into: &mut ElementDraft, mut other: ElementDraft) {
    if other.confidence > into.confidence {
        std::mem::swap(into, &mut other);
    }
    into.intensity = into.intensity.max(other.intensity);
    into.stance = into.stance.or(other.stance);
    into.status = into.status.or(other.status);
    into.due = into.due.or(other.due);
    for piece in other.evidence {
        if !into.evidence.iter().any(|e| e.span.overlaps(piece.span)) {
            into.evidence.push(piece);
        }
    }
    // Stable: within each state the order of strength stays.
    into.evidence.sort_by_key(|e| e.state == EvidenceState::Repaired);
}

fn links(links: Vec<RelationshipDraft>, place: &HashMap<usize, usize>) -> Vec<RelationshipDraft> {
    let mut kept: Vec<RelationshipDraft> = Vec::new();
    for mut link in links {
        let (Some(&from), Some(&to)) = (place.get(&link.from), place.get(&link.to)) else {
            continue;
        };
        (link.from, link.to) = (from, to);
        let known = kept.iter().any(|k| (k.from, k.to, k.kind) == (from, to, link.kind));
        if from != to && !known {
            kept.push(link);
        }
    }
    kept.sort_by_key(|l| (l.from, l.to, l.kind));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentences::split;
    use journey_domain::{
        analysis::CheckedSpan, element::RelationshipKind, taxonomy::NodeId, text::CharSpan,
    };

    fn draft(
        kind: ElementKind,
        label: &str,
        start: usize,
        end: usize,
        confidence: f32,
    ) -> ElementDraft {
        ElementDraft {
            kind,
            label: label.into(),
            taxonomy: matches!(kind, ElementKind::Emotion | ElementKind::Topic)
                .then(|| NodeId::new(label)),
            intensity: None,
            confidence,
            stance: None,
            status: None,
            due: None,
            evidence: vec![CheckedSpan {
                span: CharSpan { start, end },
                state: EvidenceState::Verified,
            }],
            found_by: None,
        }
    }

    // Five sentences of nine characters and a space.
    const TEXT: &str = "One two a. One two b. One two c. One two d. One two e.";

    fn merged(elements: Vec<ElementDraft>) -> Analysis {
        let last = elements.len() - 1;
        let relationships = vec![RelationshipDraft {
            from: 0,
            to: last,
            kind: RelationshipKind::About,
            confidence: 0.5,
            evidence: Vec::new(),
        }];
        merge(Analysis { elements, relationships, ..Analysis::default() }, &split(TEXT))
    }

    #[test]
    fn a_topic_is_one_element_and_its_surest_words_lead() {
        let found = merged(vec![
            draft(ElementKind::Topic, "work", 0, 3, 0.4),
            draft(ElementKind::Topic, "work", 44, 47, 0.9),
            draft(ElementKind::Insight, "x", 22, 25, 0.9),
        ]);
        assert_eq!(found.elements.len(), 2);
        assert_eq!(found.elements[0].evidence[0].span.start, 44);
        assert_eq!((found.relationships[0].from, found.relationships[0].to), (0, 1));
    }

    #[test]
    fn the_same_feeling_again_later_is_another_episode() {
        let of = |a, b| {
            merged(vec![
                draft(ElementKind::Emotion, "fear", a, a + 3, 0.5),
                draft(ElementKind::Emotion, "fear", b, b + 3, 0.5),
            ])
            .elements
            .len()
        };
        assert_eq!((of(0, 11), of(0, 33)), (1, 2));
    }

    #[test]
    fn opposite_beliefs_stay_apart() {
        let found = merged(vec![
            draft(ElementKind::Belief, "I am good enough", 0, 9, 0.5),
            draft(ElementKind::Belief, "I am not good enough", 11, 20, 0.5),
        ]);
        assert_eq!(found.elements.len(), 2);
    }

    #[test]
    fn what_another_analyser_found_is_not_joined_with_what_the_chosen_one_found() {
        for kind in [ElementKind::Topic, ElementKind::Emotion, ElementKind::Insight] {
            let own = draft(kind, "work", 0, 9, 0.5);
            let other = ElementDraft {
                found_by: Some("on-device".into()),
                ..draft(kind, "work", 11, 20, 0.9)
            };
            let found = merged(vec![own, other.clone(), other]).elements;
            let by: Vec<_> = found
                .iter()
                .map(|it| (it.found_by.as_deref(), it.evidence[0].span.start))
                .collect();
            assert_eq!(by, [(None, 0), (Some("on-device"), 11)], "{kind:?}");
        }
    }

    #[test]
    fn a_link_to_itself_is_dropped() {
        let found = merged(vec![
            draft(ElementKind::Insight, "x", 0, 9, 0.5),
            draft(ElementKind::Insight, "X!", 22, 30, 0.5),
        ]);
        assert_eq!((found.elements.len(), found.relationships.len()), (1, 0));
    }
}
