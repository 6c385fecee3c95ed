//! Insights, beliefs, challenges and actions: the sentence model, held by the grammar.

use super::{dates, labels, passage::Piece};
use jiff::civil::Date;
use journey_domain::{
    analysis::{CheckedSpan, ElementDraft},
    element::{ActionStatus, ElementKind, EvidenceState, Stance},
};
use journey_language::{
    grammar::{self, About, Holder, Tense},
    linear::LinearModel,
    sentence::{Parts, features},
};

const KINDS: [ElementKind; 4] =
    [ElementKind::Insight, ElementKind::Belief, ElementKind::Challenge, ElementKind::Action];

/// How much above its threshold a second kind must be.
const SECOND: f32 = 0.2;

/// How much surer than the model's own thresholds a kind must be: in its passages every speaker has
/// beliefs and difficulties; most people's days have fewer.
const SURER: [f32; 4] = [0.05, 0.08, 0.02, 0.05];

/// What the subject of a framed belief adds to the model's probability of its stance.
const FRAMED: f32 = 0.4;

/// Units of fewer words say too little.
const MIN_WORDS: usize = 4;

/// Finds statements in one unit.
pub(crate) fn find(piece: &Piece<'_>, model: &LinearModel, said_on: Date) -> Vec<ElementDraft> {
    let words = piece.words();
    if words.len() < MIN_WORDS {
        return Vec::new();
    }
    let probabilities = model.probabilities(&features(piece.tokens, &piece.unit, Parts::Both));
    let of = |name: &str| model.labels.iter().zip(&probabilities).find(|(l, _)| l.name == name);
    let p = |name: &str| of(name).map_or(0.0, |(_, p)| *p);
    let mut given: Vec<(ElementKind, f32)> = KINDS
        .into_iter()
        .zip(SURER)
        .filter_map(|(kind, surer)| {
            let (label, p) = of(kind.as_str())?;
            (*p >= label.threshold + surer + doubt(kind, piece)).then_some((kind, *p))
        })
        .collect();
    given.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    given.truncate(2);
    // A second kind must be as plain as the first.
    if let [_, (second, sure)] = given.as_slice()
        && of(second.as_str()).is_none_or(|(label, _)| *sure < label.threshold + SECOND)
    {
        given.truncate(1);
    }
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
                stance: (kind == ElementKind::Belief).then(|| stance(&words, &p)),
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
        doubt += 0.45;
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
    // "I feel stressed when I think of it" names a feeling and sees nothing new.
    let feels = piece.words().iter().take(6).any(|w| matches!(*w, "feel" | "felt" | "feeling"));
    if feels && !reading.has("seen") && !reading.has("always") {
        doubt += match kind {
            ElementKind::Insight => 0.3,
            ElementKind::Challenge => 0.15,
            _ => 0.0,
        };
    }
    if kind == ElementKind::Challenge && reading.tense == Tense::Past && !reading.has("perfect") {
        doubt += 0.1;
    }
    doubt
}

/// Whom a belief is about: the model's answer, and what stands after "I think that" as subject.
fn stance(words: &[&str], p: &dyn Fn(&str) -> f32) -> Stance {
    let said = grammar::framed(words).map(|core| match grammar::about(core) {
        About::Oneself => Stance::Oneself,
        About::Others => Stance::Others,
        About::World => Stance::World,
        About::Future => Stance::Future,
    });
    let sure = |s: Stance| p(s.as_str()) + if said == Some(s) { FRAMED } else { 0.0 };
    Stance::ALL
        .iter()
        .copied()
        .max_by(|a, b| sure(*a).total_cmp(&sure(*b)).then(b.cmp(a)))
        .unwrap_or(Stance::Oneself)
}
