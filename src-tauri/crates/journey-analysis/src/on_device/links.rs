//! Relationships by the words that join what was said: "because", "so", "that's why", "but".

use super::passage::Piece;
use journey_domain::{
    analysis::{CheckedSpan, ElementDraft, RelationshipDraft},
    element::{ElementKind, EvidenceState, RelationshipKind},
    text::CharSpan,
};

/// How far apart, in units, two things may stand that a joining word links.
const NEAR: usize = 3;

/// How far back the difficulty may lie that a plan is for.
const FAR: usize = 8;

/// What joins a unit to what was said before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cue {
    /// This follows from what was before.
    So,
    /// This is why what was before.
    Because,
    /// This stands against what was before.
    But,
}

struct Placed {
    element: usize,
    kind: ElementKind,
    unit: usize,
    span: CharSpan,
}

/// Finds the links between elements.
pub(crate) fn find(elements: &[ElementDraft], pieces: &[Piece<'_>]) -> Vec<RelationshipDraft> {
    let mut placed: Vec<Placed> = elements
        .iter()
        .enumerate()
        .filter_map(|(element, draft)| {
            let span = draft.evidence.first()?.span;
            let unit = pieces.partition_point(|p| p.span.end <= span.start);
            Some(Placed { element, kind: draft.kind, unit, span })
        })
        .collect();
    placed.sort_by_key(|p| (p.unit, p.element));
    let mut links: Vec<RelationshipDraft> = Vec::new();
    for (i, this) in placed.iter().enumerate() {
        let cue = pieces.get(this.unit).and_then(cue);
        let earlier = || placed.iter().take(i).rev().filter(|p| p.unit < this.unit);
        let near = |kinds: &[ElementKind], reach: usize| {
            earlier().find(|p| kinds.contains(&p.kind) && p.unit + reach >= this.unit)
        };
        use ElementKind::{Action, Belief, Challenge, Emotion, Insight, Topic};
        use RelationshipKind::{About, Addresses, Contradicts, LeadsTo, Supports, TriggeredBy};
        let mut link = |from: &Placed, to: &Placed, kind, confidence, evidence| {
            links.push(RelationshipDraft {
                from: from.element,
                to: to.element,
                kind,
                confidence,
                evidence: vec![CheckedSpan { span: evidence, state: EvidenceState::Verified }],
            });
        };
        match (this.kind, cue) {
            (Action, Some(Cue::So)) => {
                if let Some(cause) = near(&[Insight, Belief], NEAR) {
                    link(cause, this, LeadsTo, 0.6, this.span);
                }
                if let Some(goal) = near(&[Challenge, Emotion], FAR) {
                    link(this, goal, Addresses, 0.6, this.span);
                }
            }
            (Action, _) => {
                if let Some(goal) = near(&[Challenge], FAR) {
                    link(this, goal, Addresses, 0.4, this.span);
                }
            }
            (Emotion, Some(Cue::So)) => {
                if let Some(cause) = near(&[Challenge, Insight, Emotion], NEAR) {
                    link(this, cause, TriggeredBy, 0.6, this.span);
                }
            }
            (Challenge | Insight | Belief, Some(Cue::Because)) => {
                if let Some(felt) = near(&[Emotion], NEAR) {
                    link(felt, this, TriggeredBy, 0.6, this.span);
                } else if let Some(held) = near(&[Belief, Insight, Challenge], NEAR) {
                    link(this, held, Supports, 0.5, this.span);
                }
            }
            (Insight | Belief, Some(Cue::But)) => {
                if let Some(held) = near(&[Belief, Insight], NEAR) {
                    link(this, held, Contradicts, 0.5, this.span);
                }
            }
            (Insight | Belief | Challenge, Some(Cue::So)) => {
                if let Some(cause) = near(&[Belief, Insight], NEAR) {
                    link(cause, this, LeadsTo, 0.5, this.span);
                }
            }
            _ => {}
        }
        if this.kind == Emotion {
            // The feeling is about what its own words, or those just before, are about.
            let about = elements.iter().enumerate().find(|(_, e)| {
                e.kind == Topic && e.evidence.iter().any(|x| x.span.overlaps(this.span))
            });
            if let Some((to, _)) = about {
                links.push(RelationshipDraft {
                    from: this.element,
                    to,
                    kind: About,
                    confidence: 0.5,
                    evidence: vec![CheckedSpan { span: this.span, state: EvidenceState::Verified }],
                });
            }
        }
        if this.kind == Emotion {
            let cause = placed
                .iter()
                .find(|p| matches!(p.kind, Challenge | Insight) && p.unit == this.unit);
            if let Some(cause) = cause {
                links.push(RelationshipDraft {
                    from: this.element,
                    to: cause.element,
                    kind: TriggeredBy,
                    confidence: 0.4,
                    evidence: vec![CheckedSpan { span: this.span, state: EvidenceState::Verified }],
                });
            }
        }
    }
    links
}

fn cue(piece: &Piece<'_>) -> Option<Cue> {
    let words: Vec<&str> = piece.spoken().take(4).collect();
    let opening = words.iter().take(2);
    if words.windows(2).any(|w| w == ["that's", "why"])
        || opening.clone().any(|w| matches!(*w, "so" | "therefore"))
    {
        return Some(Cue::So);
    }
    if opening.clone().any(|w| matches!(*w, "because" | "cause" | "since" | "cos")) {
        return Some(Cue::Because);
    }
    opening.clone().any(|w| matches!(*w, "but" | "although" | "though" | "yet")).then_some(Cue::But)
}
