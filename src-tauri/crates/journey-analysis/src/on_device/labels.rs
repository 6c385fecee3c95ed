//! Labels in the speaker's own words: the unit without its fillers and openings, at most 80 characters.

use super::passage::Piece;
use journey_domain::element::{ElementKind, MAX_LABEL_CHARS};
use journey_language::{grammar, phrases::Phrases, token::Token};
use std::{cmp::Reverse, sync::LazyLock};

const OPENINGS: [&str; 14] = [
    "so", "and", "but", "well", "oh", "right", "okay", "then", "anyway", "because", "like", "now",
    "yeah", "also",
];

/// Ways to say that one means to do something; what follows is the deed. In the notation of
/// journey-language/src/phrases.rs.
const INTENTIONS: &[&str] = &[
    "i'm/we're/im really/just/definitely/also/still/probably? really/just/definitely/also? going to",
    "i am really/just/definitely/also/still? going to",
    "we are really/just/definitely/also/still? going to",
    "i'm/we're/im really/just/definitely/also/still? gonna",
    "i'll/we'll really/just/definitely/also/still/probably? just/also?",
    "i/we will/shall/must/should/gotta really/just/definitely/also/still/probably?",
    "i/we really/just/definitely/also/still/do/would? need/have/want/ought/plan/intend/aim/hope/mean/like to",
    "i/we really/just/still? wanna",
    "i'd like/love to",
    "i've/we've really/just/also/still? got/decided/resolved/promised/agreed/arranged/planned to",
    "i've/we've gotta",
    "i'm/we're really/just/also/still? planning/hoping/aiming/determined/meant/supposed/due/trying to",
    "my/the/our plan/aim/goal/idea/intention .. is to",
    "i/we promised myself/ourselves to",
    "i've promised myself i'll/i'd/to",
    "it's? time i? to",
    "so? what i'm gonna/going to? do is",
    "^gonna/gotta/must",
    "^need/have/going/want to",
];

static INTENTION: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases::default();
    for (i, phrase) in INTENTIONS.iter().enumerate() {
        phrases.add(i, phrase);
    }
    phrases
});

/// Words that open a day or an occasion: "on Monday", "after the meeting", "once I'm home".
const OCCASION: [&str; 21] = [
    "on", "in", "at", "by", "from", "for", "after", "before", "this", "next", "tomorrow",
    "tonight", "today", "every", "first", "once", "when", "over", "during", "until", "later",
];

/// How far into a unit a way to say that one means to do something may begin.
const REACH: usize = 7;

/// The label of a unit for an element of `kind`.
pub(crate) fn of_unit(piece: &Piece<'_>, kind: ElementKind) -> String {
    let mut words: &[(usize, &str)] = &piece.unit.plain;
    while let [(_, first), rest @ ..] = words {
        if !OPENINGS.contains(first) || rest.len() < 2 {
            break;
        }
        words = rest;
    }
    let label = match (kind == ElementKind::Action).then(|| deed(words)).flatten() {
        // What was said first, the day, comes last: deeds stand under each other in a list.
        Some((when, what)) => [written(piece, what), written(piece, when)].join(" "),
        None => written(piece, words),
    };
    bounded(&capitalised(label.trim()))
}

type Words<'w, 't> = &'w [(usize, &'t str)];

/// The deed, and the day or occasion named before it: "on Monday", "apologise to my sister".
fn deed<'w, 't>(words: Words<'w, 't>) -> Option<(Words<'w, 't>, Words<'w, 't>)> {
    let plain: Vec<&str> = words.iter().map(|w| w.1).collect();
    let found = INTENTION.find(&plain);
    let first =
        found.iter().filter(|f| f.start < REACH).min_by_key(|f| (f.start, Reverse(f.end)))?;
    // "What I'm gonna do is I'm gonna sleep": the last of several in a row is meant.
    let last = found.iter().filter(|f| f.start <= first.end).max_by_key(|f| f.end).unwrap_or(first);
    let when = words.get(..first.start)?;
    let what = words.get(last.end..)?;
    let next = plain.get(last.end).copied().unwrap_or("");
    let is_occasion = when.is_empty()
        || when.len() <= 6
            && when.first().is_some_and(|(_, w)| grammar::is_day(w) || OCCASION.contains(w))
            && !when
                .iter()
                .any(|(_, w)| matches!(*w, "i" | "i'm" | "we" | "he" | "she" | "they" | "it"));
    let bare = !matches!(
        next,
        "not"
            | "never"
            | "to"
            | "a"
            | "an"
            | "the"
            | "my"
            | "some"
            | "no"
            | "it"
            | "that"
            | "him"
            | "her"
            | "them"
            | "more"
            | "been"
            | "had"
            | "better"
            | "i"
            | "you"
            | "be"
            | ""
    );
    (is_occasion && bare).then_some((when, what))
}

/// Words as they stand in the text, without what was left out of them.
fn written(piece: &Piece<'_>, words: Words<'_, '_>) -> String {
    let mut label = String::new();
    for (n, &(at, word)) in words.iter().enumerate() {
        let token = piece.tokens.get(at);
        let spoken = token.map_or_else(|| word.to_owned(), |t| as_written(t, word));
        // A capital that only begins the sentence does not go with the word.
        let opens = piece.unit.plain.first().is_some_and(|(first, _)| *first == at);
        let common = word == "the" || OCCASION.contains(&word);
        let spoken = if opens && common { word.to_owned() } else { spoken };
        let signed = n + 1 < words.len() && piece.tokens.get(at + 1).is_some_and(|t| t.word == ",");
        if !label.is_empty() {
            label.push(' ');
        }
        label.push_str(&spoken);
        if signed {
            label.push(',');
        }
    }
    label
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
