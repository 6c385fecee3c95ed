//! What the sentence model reads of a unit: its plain words and what the grammar says of them.

use crate::{
    clauses::plain_words,
    features::{Families, Feature, of_tokens},
    grammar::{Holder, Reading, read},
    token::Token,
};
use std::ops::Range;

/// Families of the sentence model.
pub const SENTENCE: Families = Families { pieces_to: 5, trigrams: true, gaps: true };

/// Which parts of a unit are given to the model; all of them, but for measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// Words and grammar.
    Both,
    /// Words alone.
    Words,
    /// Grammar alone.
    Grammar,
}

/// A unit as the analyser sees it.
#[derive(Clone, Debug)]
pub struct Unit<'t> {
    /// The tokens that are left of it without fillers and stumbles, lower case.
    pub plain: Vec<(usize, &'t str)>,
    /// What the grammar makes of it.
    pub reading: Reading,
}

/// Reads the unit `range` of `tokens`.
#[must_use]
pub fn unit(tokens: &[Token], range: Range<usize>) -> Unit<'_> {
    let question = tokens
        .get(range.end.saturating_sub(1)..(range.end + 1).min(tokens.len()))
        .unwrap_or_default()
        .iter()
        .any(|t| t.word.starts_with('?'));
    let plain = plain_words(tokens, range);
    let words: Vec<&str> = plain.iter().map(|w| w.1).collect();
    let reading = read(&words, question);
    Unit { plain, reading }
}

/// The features of a unit.
#[must_use]
pub fn features(tokens: &[Token], unit: &Unit<'_>, parts: Parts) -> Vec<Feature> {
    let kept: Vec<Token> = if parts == Parts::Grammar {
        Vec::new()
    } else {
        unit.plain
            .iter()
            .filter_map(|&(i, _)| tokens.get(i))
            .map(|t| Token { shouted: false, stretched: false, ..t.clone() })
            .collect()
    };
    let mut tags: Vec<String> = Vec::new();
    if parts != Parts::Words {
        let found = &unit.reading.tags;
        for (i, tag) in found.iter().enumerate() {
            tags.push((*tag).to_owned());
            for other in found.iter().skip(i + 1) {
                tags.push(format!("{tag}+{other}"));
            }
        }
        if let Some((_, first)) = unit.plain.first() {
            let second = unit.plain.get(1).map_or("", |w| w.1);
            tags.push(format!("first {first}"));
            tags.push(format!("first {first} {second}"));
        }
    }
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    of_tokens(&kept, SENTENCE, &tags)
}

/// What the grammar alone would say: insight, belief, challenge, action. Its answer is used where
/// there is no model; it is also what the model is measured against.
#[must_use]
pub fn by_grammar(reading: &Reading) -> [bool; 4] {
    let own = matches!(reading.holder, Holder::Speaker | Holder::Dropped);
    let earnest =
        !reading.supposed && !reading.reported && !reading.question && !reading.has("lapsed");
    let intends = ["i-going", "i-will", "must", "should", "want", "from-now-on"]
        .iter()
        .any(|t| reading.has(t));
    let dated = reading.holder == Holder::Dropped && (reading.has("soon") || reading.has("day"));
    [
        earnest
            && (reading.has("seen") && !reading.denied
                || reading.has("always") && own && reading.has("cause")),
        earnest
            && (reading.has("hold") && own
                || reading.has("always") && !own
                || reading.has("people")),
        earnest
            && (reading.has("cannot") && own
                || reading.has("hard") && !reading.denied
                || reading.has("keep") && own),
        earnest && own && (intends && !reading.denied || dated && !reading.has("past")),
    ]
}
