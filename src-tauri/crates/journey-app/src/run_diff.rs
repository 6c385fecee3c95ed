//! What a new analysis changes: which elements stay, come, go or change.
//!
//! Elements are matched by kind, label (or taxonomy node) and overlapping evidence. A matched
//! element keeps its id, so that corrections, threads and links hold across runs.

use journey_domain::{analysis::ElementDraft, element::Element, text::CharSpan};

/// How two sets of elements relate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only in the later run; its position there.
    Added(usize),
    /// Only in the earlier run; its position there.
    Removed(usize),
    /// The same finding with other particulars; positions before and after.
    Changed(usize, usize),
    /// The same in every particular; positions before and after.
    Same(usize, usize),
}

/// What matching needs to see of an element.
trait Finding {
    fn key(&self) -> (journey_domain::element::ElementKind, String);
    fn spans(&self) -> Vec<CharSpan>;
}

fn label_key(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

impl Finding for Element {
    fn key(&self) -> (journey_domain::element::ElementKind, String) {
        let label = self.taxonomy.as_ref().filter(|id| !id.is_unmapped());
        (self.kind, label.map_or_else(|| label_key(&self.label), |id| id.as_str().to_owned()))
    }

    fn spans(&self) -> Vec<CharSpan> {
        self.evidence.iter().map(|e| e.span).collect()
    }
}

impl Finding for ElementDraft {
    fn key(&self) -> (journey_domain::element::ElementKind, String) {
        let label = self.taxonomy.as_ref().filter(|id| !id.is_unmapped());
        (self.kind, label.map_or_else(|| label_key(&self.label), |id| id.as_str().to_owned()))
    }

    fn spans(&self) -> Vec<CharSpan> {
        self.evidence.iter().map(|e| e.span).collect()
    }
}

fn shared_chars(a: &[CharSpan], b: &[CharSpan]) -> usize {
    a.iter()
        .flat_map(|x| b.iter().map(move |y| x.end.min(y.end).saturating_sub(x.start.max(y.start))))
        .sum()
}

/// For each later finding, the earlier one that it is, if any. Each earlier one is used once.
///
/// First the same kind and label with most shared text; then the same kind with evidence of which
/// more than half is shared (a relabelled finding).
fn pairs<A: Finding, B: Finding>(before: &[A], after: &[B]) -> Vec<Option<usize>> {
    let mut partner = vec![None; after.len()];
    let mut used = vec![false; before.len()];
    let earlier: Vec<_> = before.iter().map(|a| (a.key(), a.spans())).collect();
    let later: Vec<_> = after.iter().map(|b| (b.key(), b.spans())).collect();
    let length = |spans: &[CharSpan]| spans.iter().map(|s| s.len()).sum::<usize>();
    for same_label in [true, false] {
        let mut candidates = Vec::new();
        let open = later.iter().enumerate().filter(|(j, _)| partner.get(*j) == Some(&None));
        for (j, (key_b, spans_b)) in open {
            let unused = earlier.iter().enumerate().filter(|(i, _)| used.get(*i) == Some(&false));
            for (i, (key_a, spans_a)) in unused {
                if key_a.0 != key_b.0 {
                    continue;
                }
                let shared = shared_chars(spans_a, spans_b);
                let fits = if same_label {
                    shared > 0 && key_a == key_b
                } else {
                    shared * 2 > length(spans_a).max(length(spans_b))
                };
                if fits {
                    candidates.push((std::cmp::Reverse(shared), i, j));
                }
            }
        }
        candidates.sort_unstable();
        for (_, i, j) in candidates {
            if let (Some(used), Some(slot)) = (used.get_mut(i), partner.get_mut(j))
                && !*used
                && slot.is_none()
            {
                *used = true;
                *slot = Some(i);
            }
        }
    }
    partner
}

/// For each draft of a new run, the earlier element whose id it keeps.
#[must_use]
pub fn keep_ids(before: &[Element], drafts: &[ElementDraft]) -> Vec<Option<usize>> {
    pairs(before, drafts)
}

/// The differences from `before` to `after`, in the order of `after`, removals last.
#[must_use]
pub fn diff(before: &[Element], after: &[Element]) -> Vec<Change> {
    let partner = pairs(before, after);
    let mut changes: Vec<Change> = partner
        .iter()
        .zip(after)
        .enumerate()
        .map(|(j, (i, b))| match i.and_then(|i| before.get(i).map(|a| (i, a))) {
            None => Change::Added(j),
            Some((i, a)) if same_particulars(a, b) => Change::Same(i, j),
            Some((i, _)) => Change::Changed(i, j),
        })
        .collect();
    changes.extend((0..before.len()).filter(|i| !partner.contains(&Some(*i))).map(Change::Removed));
    changes
}

fn same_particulars(a: &Element, b: &Element) -> bool {
    a.kind == b.kind
        && a.label == b.label
        && a.taxonomy == b.taxonomy
        && a.intensity == b.intensity
        && a.stance == b.stance
        && a.status == b.status
        && a.due == b.due
        && (a.confidence - b.confidence).abs() < 0.05
        && a.evidence.iter().map(|e| e.span).eq(b.evidence.iter().map(|e| e.span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use journey_domain::{
        element::{ElementKind, Evidence, EvidenceState},
        ids::{ElementId, RunId},
        taxonomy::NodeId,
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    fn element(kind: ElementKind, label: &str, start: usize, end: usize) -> Element {
        Element {
            id: ElementId::new(Uuid::from_u128((start * 1000 + end) as u128)),
            run: RunId::new(Uuid::nil()),
            kind,
            label: label.to_owned(),
            taxonomy: (kind == ElementKind::Emotion).then(|| NodeId::new(label)),
            intensity: None,
            confidence: 0.5,
            stance: None,
            status: None,
            due: None,
            evidence: vec![Evidence {
                span: CharSpan { start, end },
                quote: "x".repeat(end - start),
                time: None,
                state: EvidenceState::Verified,
            }],
            corrected: false,
            found_by: None,
        }
    }

    #[test]
    fn the_same_run_twice_is_an_empty_diff() {
        let run =
            [element(ElementKind::Emotion, "fear", 0, 9), element(ElementKind::Belief, "b", 9, 20)];
        assert!(diff(&run, &run).iter().all(|c| matches!(c, Change::Same(i, j) if i == j)));
    }

    #[test]
    fn the_same_feeling_elsewhere_in_the_text_is_another_element() {
        let before = [element(ElementKind::Emotion, "fear", 0, 9)];
        let after = [element(ElementKind::Emotion, "fear", 50, 59)];
        assert_eq!(diff(&before, &after), [Change::Added(0), Change::Removed(0)]);
    }

    #[test]
    fn a_relabelled_finding_over_the_same_words_is_a_change() {
        let before = [element(ElementKind::Emotion, "fear", 0, 9)];
        let after = [element(ElementKind::Emotion, "sadness", 0, 9)];
        assert_eq!(diff(&before, &after), [Change::Changed(0, 0)]);
    }

    proptest! {
        #[test]
        fn every_element_of_both_runs_appears_exactly_once(
            before in prop::collection::vec((0usize..3, 0usize..30, 1usize..20), 0..8),
            after in prop::collection::vec((0usize..3, 0usize..30, 1usize..20), 0..8),
        ) {
            let build = |list: Vec<(usize, usize, usize)>| -> Vec<Element> {
                list.into_iter()
                    .map(|(label, start, len)| element(
                        ElementKind::Insight, ["a", "b", "c"][label], start, start + len))
                    .collect()
            };
            let (before, after) = (build(before), build(after));
            let (mut seen_before, mut seen_after) = (vec![0; before.len()], vec![0; after.len()]);
            for change in diff(&before, &after) {
                match change {
                    Change::Added(j) => seen_after[j] += 1,
                    Change::Removed(i) => seen_before[i] += 1,
                    Change::Changed(i, j) | Change::Same(i, j) => {
                        seen_before[i] += 1;
                        seen_after[j] += 1;
                    }
                }
            }
            prop_assert!(seen_before.iter().all(|n| *n == 1));
            prop_assert!(seen_after.iter().all(|n| *n == 1));
        }
    }
}
