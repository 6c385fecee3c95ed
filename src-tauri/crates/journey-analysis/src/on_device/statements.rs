//! Insights, beliefs, challenges and actions: the sentence model, held by the grammar.

use super::{dates, labels, passage::Piece};
use jiff::civil::Date;
use journey_domain::{
    analysis::{CheckedSpan, ElementDraft},
    element::{ActionStatus, ElementKind, EvidenceState, Stance},
};
use journey_language::{
    grammar::{Holder, Tense},
    linear::LinearModel,
    sentence::{Parts, features},
};

const KINDS: [ElementKind; 4] =
    [ElementKind::Insight, ElementKind::Belief, ElementKind::Challenge, ElementKind::Action];

/// From which probability each kind is given, tuned on the dev reflections. Whole reflections hold
/// far more plain narrative than the sentences that the model was trained on.
const THRESHOLDS: [f32; 4] = [0.58, 0.7, 0.72, 0.62];

/// Units of fewer words say too little.
const MIN_WORDS: usize = 4;

/// Finds statements in one unit.
pub(crate) fn find(piece: &Piece<'_>, model: &LinearModel, said_on: Date) -> Vec<ElementDraft> {
    let words = piece.words();
    if words.len() < MIN_WORDS {
        return Vec::new();
    }
    let probabilities = model.probabilities(&features(piece.tokens, &piece.unit, Parts::Both));
    let p = |name: &str| {
        model
            .labels
            .iter()
            .position(|l| l.name == name)
            .and_then(|i| probabilities.get(i))
            .copied()
            .unwrap_or(0.0)
    };
    let mut given: Vec<(ElementKind, f32)> = KINDS
        .into_iter()
        .zip(THRESHOLDS)
        .map(|(kind, threshold)| (kind, p(kind.as_str()), threshold))
        .filter(|(kind, p, threshold)| *p >= threshold + doubt(*kind, piece))
        .map(|(kind, p, _)| (kind, p))
        .collect();
    given.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    given.truncate(2);
    if p("other") > 0.6 || p("supposed") > 0.6 {
        given.retain(|(_, sure)| *sure > 0.85);
    }
    given
        .into_iter()
        .map(|(kind, confidence)| {
            let action = kind == ElementKind::Action;
            let status = if p("done") > 0.5 {
                ActionStatus::Done
            } else if p("dropped") > 0.5 {
                ActionStatus::Dropped
            } else {
                ActionStatus::Open
            };
            ElementDraft {
                kind,
                label: labels::of_unit(piece, kind),
                taxonomy: None,
                intensity: None,
                confidence: (confidence * 100.0).round() / 100.0,
                stance: (kind == ElementKind::Belief).then(|| stance(&p)),
                status: action.then_some(status),
                due: (action && status == ActionStatus::Open)
                    .then(|| dates::due(&words, said_on))
                    .flatten(),
                evidence: vec![CheckedSpan { span: piece.span, state: EvidenceState::Verified }],
            }
        })
        .collect()
}

/// How much surer the model must be where the grammar speaks against a kind.
fn doubt(kind: ElementKind, piece: &Piece<'_>) -> f32 {
    let reading = &piece.unit.reading;
    let mut doubt = 0.0;
    if reading.question {
        doubt += 0.25;
    }
    if reading.supposed {
        doubt += 0.2;
    }
    if reading.reported {
        doubt += 0.25;
    }
    if reading.has("lapsed") {
        doubt += 0.2;
    }
    if kind == ElementKind::Action {
        if reading.holder == Holder::Other
            || reading.holder == Holder::Nobody && !reading.has("has:me")
        {
            doubt += 0.15;
        }
        if reading.tense == Tense::Past && !reading.has("i-going") && !reading.has("i-will") {
            doubt += 0.1;
        }
        let intends = ["i-going", "i-will", "must"].iter().any(|t| reading.has(t));
        if intends && reading.holder == Holder::Speaker && !reading.denied && doubt == 0.0 {
            doubt -= 0.15;
        }
    }
    if kind == ElementKind::Challenge && reading.tense == Tense::Past && !reading.has("perfect") {
        doubt += 0.1;
    }
    doubt
}

fn stance(p: &dyn Fn(&str) -> f32) -> Stance {
    Stance::ALL
        .iter()
        .copied()
        .max_by(|a, b| p(a.as_str()).total_cmp(&p(b.as_str())).then(b.cmp(a)))
        .unwrap_or(Stance::Oneself)
}
