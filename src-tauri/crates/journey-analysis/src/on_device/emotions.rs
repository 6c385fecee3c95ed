//! The speaker's feelings: named or shown by words of the lexicon, weighed by the emotion model.

use super::{
    lexicon::{Entry, Lexicon},
    passage::Piece,
};
use crate::taxonomy_files;
use journey_domain::{
    analysis::{CheckedSpan, ElementDraft},
    element::{ElementKind, EvidenceState, Intensity},
    taxonomy::NodeId,
};
use journey_language::{
    features::{is_denial, of_tokens},
    grammar::Holder,
    linear::LinearModel,
    phrases::Found,
};

/// From which probability the model alone may name a feeling that the lexicon does not.
const MODEL_ALONE: f32 = 0.8;

const STRONGER: [&str; 24] = [
    "so",
    "really",
    "very",
    "incredibly",
    "absolutely",
    "completely",
    "totally",
    "extremely",
    "utterly",
    "massive",
    "massively",
    "huge",
    "deeply",
    "terribly",
    "overwhelmingly",
    "such",
    "properly",
    "dead",
    "bloody",
    "unbelievably",
    "intensely",
    "beyond",
    "insanely",
    "super",
];
const WEAKER: [&str; 9] =
    ["bit", "little", "slightly", "somewhat", "mildly", "touch", "vaguely", "faintly", "tad"];

/// Words between the speaker and a state: "I was still feeling".
const FEELING: [&str; 34] = [
    "am", "was", "been", "be", "being", "feel", "felt", "feeling", "feels", "got", "get",
    "getting", "became", "i'm", "im", "i've", "made", "makes", "left", "leaves", "making", "me",
    "were", "we're", "just", "still", "stayed", "woke", "went", "came", "and", "i", "started",
    "seem",
];

/// A unit of at most this many words is evidence as a whole; of a longer one the clause is.
const WHOLE: usize = 16;

/// A feeling and how it showed.
pub(crate) struct Feeling {
    /// The element.
    pub(crate) draft: ElementDraft,
    /// Which unit it stands in.
    unit: usize,
    /// By an act or a sign of the body, not by its name.
    by_sign: bool,
}

/// One element for one episode: tears, shouts and beating hearts yield to a feeling that is named in
/// the same breath or just beside it.
pub(crate) fn episodes(feelings: Vec<Feeling>) -> Vec<ElementDraft> {
    let named: Vec<usize> = feelings.iter().filter(|f| !f.by_sign).map(|f| f.unit).collect();
    feelings
        .into_iter()
        .filter(|f| !f.by_sign || named.iter().all(|unit| unit.abs_diff(f.unit) > 1))
        .map(|f| f.draft)
        .collect()
}

/// Finds feelings in one unit.
pub(crate) fn find(piece: &Piece<'_>, lexicon: &Lexicon, model: &LinearModel) -> Vec<Feeling> {
    let words = piece.words();
    let reading = &piece.unit.reading;
    if reading.supposed || reading.question || reading.reported || reading.has("lapsed") {
        return Vec::new();
    }
    let tokens = piece.tokens.get(piece.range.clone()).unwrap_or_default();
    let probabilities = model.probabilities(&of_tokens(tokens, model.families, &[]));
    let mut hits: Vec<(&Entry, Found)> = lexicon
        .find(&words)
        .into_iter()
        .filter(|(entry, found)| is_own(entry, *found, &words, piece) && !is_denied(*found, &words))
        .collect();
    // The longest words win where two overlap, then the later line, which is the more special one.
    hits.sort_by_key(|(_, f)| (std::cmp::Reverse(f.end - f.start), std::cmp::Reverse(f.entry)));
    let mut kept: Vec<(&Entry, Found)> = Vec::new();
    for (entry, found) in hits {
        let taken = kept.iter().any(|(other, f)| {
            f.start < found.end && found.start < f.end
                || other.name == entry.name
                || root(&other.name) == root(&entry.name)
        });
        if !taken {
            kept.push((entry, found));
        }
    }
    kept.sort_by_key(|(_, f)| f.start);
    let mut elements: Vec<Feeling> = kept
        .into_iter()
        .filter_map(|(entry, found)| {
            let p = of_root(model, &probabilities, root(&entry.name));
            let base = entry.columns.first().and_then(|c| c.parse().ok()).unwrap_or(3);
            let strength = intensity(base, found, &words, p);
            let mut draft = draft(&entry.name, strength, 0.6 + 0.35 * p, piece)?;
            if words.len() > WHOLE
                && let Some(span) = piece.clause_of(found.start, found.end)
            {
                draft.evidence = vec![CheckedSpan { span, state: EvidenceState::Verified }];
            }
            let by_sign = entry.columns.get(1).is_some_and(|use_| use_ == "event");
            Some(Feeling { draft, unit: piece.number, by_sign })
        })
        .collect();
    if elements.is_empty()
        && reading.has("has:me")
        && reading.holder == Holder::Speaker
        && !reading.denied
        && tells_of_oneself(&words)
    {
        let best = model
            .labels
            .iter()
            .zip(&probabilities)
            .filter(|(label, _)| {
                !matches!(
                    label.name.as_str(),
                    "love"
                        | "remorse"
                        | "neutral"
                        | "amusement"
                        | "surprise"
                        | "approval"
                        | "realization"
                        | "curiosity"
                        | "confusion"
                        | "desire"
                        | "caring"
                        | "disapproval"
                        | "admiration"
                        | "optimism"
                        | "annoyance"
                )
            })
            .max_by(|a, b| a.1.total_cmp(b.1));
        if let Some((label, &p)) = best
            && p >= MODEL_ALONE
            && let Some(node) =
                taxonomy_files::node_of_goemotion(taxonomy_files::emotions(), &label.name)
        {
            let id = second_level(node.id.as_str());
            elements.extend(
                draft(id, Intensity::clamped(3), p * 0.8, piece).map(|draft| Feeling {
                    draft,
                    unit: piece.number,
                    by_sign: true,
                }),
            );
        }
    }
    elements
}

/// Whether the speaker says outright how they are or were: "I felt", "I'm so", "I was".
fn tells_of_oneself(words: &[&str]) -> bool {
    words.windows(2).any(|w| {
        matches!(
            w,
            ["i" | "we", "feel" | "felt" | "am" | "was" | "were"] | ["i'm" | "im" | "i've", _]
        ) && !matches!(w, [_, "going" | "gonna" | "not" | "never" | "got"])
    })
}

fn root(node: &str) -> &str {
    node.split('.').next().unwrap_or(node)
}

fn second_level(node: &str) -> &str {
    node.match_indices('.').nth(1).and_then(|(at, _)| node.get(..at)).unwrap_or(node)
}

fn draft(
    node: &str,
    intensity: Intensity,
    confidence: f32,
    piece: &Piece<'_>,
) -> Option<ElementDraft> {
    let id = NodeId::new(node);
    let node = taxonomy_files::emotions().node(&id)?;
    Some(ElementDraft {
        kind: ElementKind::Emotion,
        label: node.name.clone(),
        taxonomy: Some(id),
        intensity: Some(intensity),
        confidence: (confidence * 100.0).round() / 100.0,
        stance: None,
        status: None,
        due: None,
        evidence: vec![CheckedSpan { span: piece.span, state: EvidenceState::Verified }],
        found_by: None,
    })
}

/// The surest of the model's labels that map below a root.
fn of_root(model: &LinearModel, probabilities: &[f32], wanted: &str) -> f32 {
    model
        .labels
        .iter()
        .zip(probabilities)
        .filter(|(label, _)| {
            taxonomy_files::node_of_goemotion(taxonomy_files::emotions(), &label.name)
                .is_some_and(|node| node.id.root() == wanted)
        })
        .fold(0.0, |best, (_, p)| best.max(*p))
}

/// Whether the words found tell of the speaker, as their line of the lexicon demands.
fn is_own(entry: &Entry, found: Found, words: &[&str], piece: &Piece<'_>) -> bool {
    let reading = &piece.unit.reading;
    let before = words.get(..found.start).unwrap_or_default();
    let matched = words.get(found.start..found.end).unwrap_or_default();
    let me = |w: &str| is_me(w);
    match entry.columns.get(1).map(String::as_str) {
        Some("any" | "event") => {
            if is_of_another(words, found) {
                return false;
            }
            reading.holder != Holder::Other
                || matched.iter().any(|w| me(w))
                || before.iter().rev().take(3).any(|w| me(w) && *w != "my")
        }
        _ => {
            if matched.iter().any(|w| me(w)) {
                return true;
            }
            let near = before.iter().rev().take(6).copied().collect::<Vec<_>>();
            let speaker = near.iter().position(|w| me(w) && !matches!(*w, "my" | "myself"));
            let other = near.iter().position(|w| {
                matches!(
                    *w,
                    "he" | "she"
                        | "they"
                        | "he's"
                        | "she's"
                        | "they're"
                        | "you"
                        | "you're"
                        | "it"
                        | "it's"
                        | "that's"
                )
            });
            let speaks = match (speaker, other) {
                (Some(mine), Some(theirs)) => mine < theirs,
                (Some(_), None) => true,
                _ => false,
            };
            let felt = near.iter().take(4).any(|w| FEELING.contains(w));
            let terse = reading.holder == Holder::Dropped && found.start <= 3 && words.len() <= 8;
            speaks && felt || terse
        }
    }
}

fn is_me(word: &str) -> bool {
    matches!(
        word,
        "i" | "i'm"
            | "im"
            | "i've"
            | "ive"
            | "i'd"
            | "i'll"
            | "we"
            | "we're"
            | "we've"
            | "me"
            | "my"
            | "myself"
            | "us"
    )
}

/// Whether somebody else is named as the one who feels: "she's a bit scared of", "half of them are
/// worried about".
fn is_of_another(words: &[&str], found: Found) -> bool {
    const COPULAS: [&str; 14] = [
        "is", "was", "are", "were", "looks", "looked", "seems", "seemed", "gets", "feels", "got",
        "felt", "be", "being",
    ];
    const NOBODY: [&str; 20] = [
        "it", "that", "this", "there", "which", "what", "and", "but", "so", "then", "just",
        "still", "because", "really", "to", "never", "not", "also", "only", "all",
    ];
    const ADJECTIVES: [&str; 16] = [
        "proud", "afraid", "nervous", "jealous", "anxious", "happy", "sad", "angry", "lonely",
        "furious", "glad", "grateful", "cross", "upset", "guilty", "envious",
    ];
    let before = words.get(..found.start).unwrap_or_default();
    let matched = words.get(found.start..found.end).unwrap_or_default();
    if matched.iter().any(|w| is_me(w)) {
        return false;
    }
    let whose = before.iter().rev().take(8).find_map(|w| {
        if is_me(w) && !matches!(*w, "my" | "me" | "us" | "myself") {
            return Some(false);
        }
        matches!(
            *w,
            "he" | "she"
                | "they"
                | "he's"
                | "she's"
                | "they're"
                | "you're"
                | "he'd"
                | "she'd"
                | "they'd"
        )
        .then_some(true)
    });
    let state = matched.iter().any(|w| w.ends_with("ed") || ADJECTIVES.contains(w));
    if !state {
        return false;
    }
    whose.unwrap_or_else(|| {
        let at = before.iter().rev().take(4).position(|w| COPULAS.contains(w));
        at.and_then(|back| before.len().checked_sub(back + 2))
            .and_then(|subject| before.get(subject))
            .is_some_and(|w| !is_me(w) && !NOBODY.contains(w))
    })
}

/// A denial shortly before the words, in the same breath.
fn is_denied(found: Found, words: &[&str]) -> bool {
    let before = words.get(found.start.saturating_sub(4)..found.start).unwrap_or_default();
    let only = before
        .windows(2)
        .any(|w| matches!(w, ["not", "only" | "just"] | ["can't" | "couldn't", "help" | "stop"]));
    let breath =
        before.iter().rev().take_while(|w| !matches!(**w, "but" | "because" | "and" | "so"));
    let supposed = words
        .get(found.start.saturating_sub(6)..found.start)
        .unwrap_or_default()
        .windows(2)
        .any(|w| {
            matches!(
                w,
                [
                    "thought" | "assumed" | "pretended" | "pretending" | "imagined" | "expected",
                    "i" | "i'd" | "to"
                ] | ["as", "if" | "though"]
                    | ["used", "to"]
            )
        });
    supposed || !only && breath.clone().any(|w| is_denial(w) || matches!(*w, "instead" | "less"))
}

fn intensity(base: i64, found: Found, words: &[&str], p: f32) -> Intensity {
    let near = words.get(found.start.saturating_sub(4)..found.end).unwrap_or_default();
    let stronger = near.iter().filter(|w| STRONGER.contains(w)).count().min(2) as i64;
    let weaker = near.iter().filter(|w| WEAKER.contains(w)).count().min(1) as i64;
    let sure = i64::from(p > 0.85);
    Intensity::clamped(base + stronger.max(sure) - 2 * weaker)
}
