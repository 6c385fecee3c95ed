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
const SURER: [f32; 4] = [0.05, 0.02, 0.08, 0.13];

/// What the subject of a framed belief adds to the model's probability of its stance.
const FRAMED: f32 = 0.4;

/// Units of fewer words say too little.
const MIN_WORDS: usize = 4;

/// Below this confidence a thought is taken for a part of the one just before or after it.
const ON_ITS_OWN: f32 = 0.6;

/// A statement and where it was made.
pub(crate) struct Statement {
    /// The element.
    draft: ElementDraft,
    /// Which unit it stands in.
    unit: usize,
}

/// One element for one thought: an insight, belief or difficulty is often told in two breaths, and
/// counts once, by the surer of them. What is to be done is counted one by one.
pub(crate) fn thoughts(statements: Vec<Statement>) -> Vec<ElementDraft> {
    let mut kept: Vec<Statement> = Vec::new();
    for next in statements {
        let before = kept.iter_mut().rev().find(|s| {
            s.draft.kind == next.draft.kind
                && s.draft.stance == next.draft.stance
                && s.draft.kind != ElementKind::Action
                && s.unit + 1 == next.unit
                && s.draft.confidence.min(next.draft.confidence) < ON_ITS_OWN
        });
        let Some(before) = before else {
            kept.push(next);
            continue;
        };
        before.unit = next.unit;
        if next.draft.confidence > before.draft.confidence {
            let told = std::mem::replace(&mut before.draft, next.draft);
            before.draft.evidence.extend(told.evidence);
        } else {
            before.draft.evidence.extend(next.draft.evidence);
        }
    }
    kept.into_iter().map(|s| s.draft).collect()
}

/// Finds statements in one unit.
pub(crate) fn find(piece: &Piece<'_>, model: &LinearModel, said_on: Date) -> Vec<Statement> {
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
            let draft = ElementDraft {
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
                found_by: None,
            };
            Statement { draft, unit: piece.number }
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
        let intends = ["i-going", "i-will", "must"].iter().any(|t| reading.has(t))
            || reading.has("want") && is_dated(piece);
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

/// Whether a time is named at which something is to be done: a wish with a date is a plan.
fn is_dated(piece: &Piece<'_>) -> bool {
    const SPANS: [&str; 10] = [
        "morning",
        "afternoon",
        "evening",
        "night",
        "week",
        "weekend",
        "month",
        "year",
        "term",
        "time",
    ];
    let reading = &piece.unit.reading;
    reading.has("soon")
        || reading.has("day")
        || piece.words().windows(2).any(|w| {
            matches!(w, [which, span] if matches!(*which, "this" | "next" | "every") && SPANS.contains(span))
        })
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
