//! Labels in the speaker's own words: the unit without its fillers and openings, at most 80 characters.

use super::passage::Piece;
use journey_domain::element::{ElementKind, MAX_LABEL_CHARS};
use journey_language::token::Token;

const OPENINGS: [&str; 14] = [
    "so", "and", "but", "well", "oh", "right", "okay", "then", "anyway", "because", "like", "now",
    "yeah", "also",
];

/// Ways to say that one means to do something; what follows is the deed.
const INTENTIONS: [&[&str]; 22] = [
    &["i'm", "going", "to"],
    &["i", "am", "going", "to"],
    &["i'm", "gonna"],
    &["we're", "going", "to"],
    &["we're", "gonna"],
    &["i'll"],
    &["i", "will"],
    &["we'll"],
    &["i", "need", "to"],
    &["i", "have", "to"],
    &["i've", "got", "to"],
    &["i", "must"],
    &["i", "should"],
    &["i", "want", "to"],
    &["i've", "decided", "to"],
    &["i", "gotta"],
    &["gonna"],
    &["going", "to"],
    &["need", "to"],
    &["i", "really", "need", "to"],
    &["tomorrow", "i'm", "going", "to"],
    &["i", "plan", "to"],
];

/// The label of a unit for an element of `kind`.
pub(crate) fn of_unit(piece: &Piece<'_>, kind: ElementKind) -> String {
    let mut words: &[(usize, &str)] = &piece.unit.plain;
    while let [(_, first), rest @ ..] = words {
        if !OPENINGS.contains(first) || rest.len() < 2 {
            break;
        }
        words = rest;
    }
    if kind == ElementKind::Action {
        let begins = |frame: &&&[&str]| {
            words.len() > frame.len()
                && words.iter().map(|w| w.1).take(frame.len()).eq(frame.iter().copied())
        };
        if let Some(frame) = INTENTIONS.iter().find(begins) {
            words = words.get(frame.len()..).unwrap_or_default();
        }
    }
    let mut label = String::new();
    for (n, &(at, word)) in words.iter().enumerate() {
        let token = piece.tokens.get(at);
        let spoken = token.map_or_else(|| word.to_owned(), |t| as_written(t, word));
        let signed = n + 1 < words.len() && piece.tokens.get(at + 1).is_some_and(|t| t.word == ",");
        if !label.is_empty() {
            label.push(' ');
        }
        label.push_str(&spoken);
        if signed {
            label.push(',');
        }
    }
    bounded(&capitalised(&label))
}

/// Names keep their capital; "i" gets one.
fn as_written(token: &Token, word: &str) -> String {
    if word == "i" || word.starts_with("i'") {
        return capitalised(word);
    }
    if token.capital && !token.shouted { capitalised(word) } else { word.to_owned() }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn bounded(label: &str) -> String {
    if label.chars().count() <= MAX_LABEL_CHARS {
        return label.to_owned();
    }
    let cut: String = label.chars().take(MAX_LABEL_CHARS - 1).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{}…", whole.trim_end_matches(','))
}
