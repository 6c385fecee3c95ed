//! From what an analysis found to what is stored: ids, quotes and times are the application's.

use crate::run_diff;
use journey_domain::{
    analysis::{Analysis, CheckedSpan},
    element::{Element, Evidence, MAX_LABEL_CHARS, Relationship},
    ids::{ElementId, RelationshipId, RunId},
    ports::Ids,
    text::IndexedText,
    transcript::Transcript,
};

/// What one run stores.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// Every one with at least one quote of the transcript.
    pub(crate) elements: Vec<Element>,
    /// Between elements of this run.
    pub(crate) relationships: Vec<Relationship>,
    /// How many drafts had no span in the transcript.
    pub(crate) rejected: u32,
}

/// Gives drafts their ids, quotes and times. A draft without a span that lies in the transcript is
/// turned away, whoever proposed it; a finding of `before` that is found again keeps its id.
#[must_use]
pub(crate) fn stored_elements(
    analysis: &Analysis,
    transcript: &Transcript,
    run: RunId,
    before: &[Element],
    ids: &dyn Ids,
) -> Found {
    let text = IndexedText::new(&transcript.text);
    let kept = run_diff::keep_ids(before, &analysis.elements);
    let mut found = Found { rejected: analysis.rejected, ..Found::default() };
    let mut id_of_draft: Vec<Option<ElementId>> = Vec::with_capacity(analysis.elements.len());
    for (position, draft) in analysis.elements.iter().enumerate() {
        let evidence = evidence(&draft.evidence, &text, transcript);
        let label = bounded(&draft.label);
        if evidence.is_empty() || label.is_empty() {
            found.rejected += 1;
            id_of_draft.push(None);
            continue;
        }
        let earlier = kept.get(position).copied().flatten().and_then(|i| before.get(i));
        let id = earlier.map_or_else(|| ElementId::new(ids.next()), |e| e.id);
        id_of_draft.push(Some(id));
        found.elements.push(Element {
            id,
            run,
            kind: draft.kind,
            label,
            taxonomy: draft.taxonomy.clone(),
            intensity: draft.intensity,
            confidence: if draft.confidence.is_finite() {
                draft.confidence.clamp(0.0, 1.0)
            } else {
                0.0
            },
            stance: draft.stance,
            status: draft.status,
            due: draft.due,
            evidence,
            corrected: false,
            found_by: draft.found_by.clone(),
        });
    }
    for link in &analysis.relationships {
        let end = |i: usize| id_of_draft.get(i).copied().flatten();
        if let (Some(from), Some(to)) = (end(link.from), end(link.to))
            && from != to
        {
            found.relationships.push(Relationship {
                id: RelationshipId::new(ids.next()),
                run,
                from,
                to,
                kind: link.kind,
                confidence: if link.confidence.is_finite() {
                    link.confidence.clamp(0.0, 1.0)
                } else {
                    0.0
                },
                evidence: evidence(&link.evidence, &text, transcript),
            });
        }
    }
    found
}

fn evidence(
    spans: &[CheckedSpan],
    text: &IndexedText<'_>,
    transcript: &Transcript,
) -> Vec<Evidence> {
    spans
        .iter()
        .filter(|checked| !checked.span.is_empty())
        .filter_map(|checked| {
            let quote = text.slice(checked.span)?;
            (!quote.trim().is_empty()).then(|| Evidence {
                span: checked.span,
                quote: quote.to_owned(),
                time: transcript.time_of(checked.span),
                state: checked.state,
            })
        })
        .collect()
}

/// At most [`MAX_LABEL_CHARS`] characters on one line, cut at a word where there is one.
fn bounded(label: &str) -> String {
    let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
    if label.chars().count() <= MAX_LABEL_CHARS {
        return label;
    }
    let cut: String = label.chars().take(MAX_LABEL_CHARS - 1).collect();
    let at_word = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{at_word}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use journey_domain::{
        analysis::{ElementDraft, RelationshipDraft},
        element::{ElementKind, EvidenceState, RelationshipKind},
        text::CharSpan,
    };
    use proptest::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use uuid::Uuid;

    #[derive(Default)]
    struct Counting(AtomicU64);

    impl Ids for Counting {
        fn next(&self) -> Uuid {
            Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1)
        }
    }

    fn draft(label: &str, start: usize, end: usize) -> ElementDraft {
        ElementDraft {
            kind: ElementKind::Insight,
            label: label.to_owned(),
            taxonomy: None,
            intensity: None,
            confidence: 0.7,
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

    fn run(n: u128) -> RunId {
        RunId::new(Uuid::from_u128(n))
    }

    #[test]
    fn a_finding_that_is_found_again_keeps_its_id() {
        let transcript = Transcript::from_text(1, None, "I learned to rest. I am tired.".into());
        let ids = Counting::default();
        let analysis = Analysis {
            elements: vec![draft("learned to rest", 2, 17), draft("am tired", 21, 29)],
            ..Analysis::default()
        };
        let first = stored_elements(&analysis, &transcript, run(100), &[], &ids);
        let again = stored_elements(&analysis, &transcript, run(101), &first.elements, &ids);
        let of = |found: &Found| found.elements.iter().map(|e| e.id).collect::<Vec<_>>();
        assert_eq!(of(&first), of(&again));
        assert!(again.elements.iter().all(|e| e.run == run(101)));
    }

    proptest! {
        #[test]
        fn whatever_is_proposed_only_quotes_of_the_transcript_are_stored(
            text in "\\PC{0,40}",
            spans in prop::collection::vec((0usize..60, 0usize..60), 0..10),
            links in prop::collection::vec((0usize..12, 0usize..12), 0..10),
        ) {
            let transcript = Transcript::from_text(1, None, text.clone());
            let analysis = Analysis {
                elements: spans.iter().map(|(a, b)| draft("x", *a, *b)).collect(),
                relationships: links.iter().map(|(from, to)| RelationshipDraft {
                    from: *from, to: *to, kind: RelationshipKind::About,
                    confidence: f32::NAN, evidence: Vec::new(),
                }).collect(),
                ..Analysis::default()
            };
            let found = stored_elements(&analysis, &transcript, run(1), &[], &Counting::default());
            let chars: Vec<char> = text.chars().collect();
            for element in &found.elements {
                prop_assert!(!element.evidence.is_empty());
                for evidence in &element.evidence {
                    let quote: String = chars[evidence.span.start..evidence.span.end].iter().collect();
                    prop_assert_eq!(&quote, &evidence.quote);
                }
            }
            prop_assert_eq!(found.elements.len() + found.rejected as usize, spans.len());
            for link in &found.relationships {
                prop_assert!(found.elements.iter().any(|e| e.id == link.from));
                prop_assert!(found.elements.iter().any(|e| e.id == link.to));
                prop_assert!(link.confidence.is_finite());
            }
        }
    }
}
