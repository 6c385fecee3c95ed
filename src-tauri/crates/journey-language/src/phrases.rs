//! Phrases written as data, found in running words.
//!
//! A phrase is a row of words. `a/b` stands for either, `stem*` for any word beginning so, `_` for any
//! one word, `..` for up to three, `^` at the front for the start of a clause; a `?` at the end makes
//! a word optional.

use std::collections::HashMap;

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Words { options: Vec<Word>, optional: bool },
    Any,
    Gap,
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Whole(String),
    Stem(String),
}

impl Word {
    fn fits(&self, word: &str) -> bool {
        match self {
            Self::Whole(whole) => whole == word,
            Self::Stem(stem) => word.starts_with(stem.as_str()),
        }
    }
}

#[derive(Clone, Debug)]
struct Phrase {
    entry: usize,
    at_start: bool,
    pieces: Vec<Piece>,
}

/// A set of phrases, each with the number of the entry it stands for.
#[derive(Clone, Debug, Default)]
pub struct Phrases {
    phrases: Vec<Phrase>,
    by_word: HashMap<String, Vec<usize>>,
    /// Phrases whose first word is a stem, by its first two letters.
    by_stem: HashMap<String, Vec<usize>>,
    anywhere: Vec<usize>,
}

/// A phrase found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The number given to [`Phrases::add`].
    pub entry: usize,
    /// First word.
    pub start: usize,
    /// One past the last word.
    pub end: usize,
}

fn two_letters(word: &str) -> String {
    word.chars().take(2).collect()
}

impl Phrases {
    /// Adds a phrase that stands for `entry`; a phrase without words is ignored.
    pub fn add(&mut self, entry: usize, phrase: &str) {
        let at_start = phrase.starts_with('^');
        let pieces: Vec<Piece> = phrase
            .trim_start_matches('^')
            .split_whitespace()
            .map(|piece| match piece {
                "_" => Piece::Any,
                ".." => Piece::Gap,
                _ => {
                    let optional = piece.ends_with('?');
                    let options = piece
                        .trim_end_matches('?')
                        .split('/')
                        .map(|w| match w.strip_suffix('*') {
                            Some(stem) => Word::Stem(stem.to_owned()),
                            None => Word::Whole(w.to_owned()),
                        })
                        .collect();
                    Piece::Words { options, optional }
                }
            })
            .collect();
        if pieces.is_empty() {
            return;
        }
        let number = self.phrases.len();
        // An optional first word may be missing, so the next one is a way in as well.
        for piece in &pieces {
            let Piece::Words { options, optional } = piece else {
                self.anywhere.push(number);
                break;
            };
            for option in options {
                let (map, key) = match option {
                    Word::Whole(word) => (&mut self.by_word, word.clone()),
                    Word::Stem(stem) => (&mut self.by_stem, two_letters(stem)),
                };
                let list = map.entry(key).or_default();
                if list.last() != Some(&number) {
                    list.push(number);
                }
            }
            if !optional {
                break;
            }
        }
        self.phrases.push(Phrase { entry, at_start, pieces });
    }

    /// Every phrase that begins at each word, the longest form of each, in the order of the text.
    #[must_use]
    pub fn find(&self, words: &[&str]) -> Vec<Found> {
        let mut found = Vec::new();
        for (start, word) in words.iter().enumerate() {
            let exact = self.by_word.get(*word).into_iter().flatten();
            let stems = self.by_stem.get(&two_letters(word)).into_iter().flatten();
            let mut candidates: Vec<usize> =
                exact.chain(stems).chain(&self.anywhere).copied().collect();
            candidates.sort_unstable();
            candidates.dedup();
            for phrase in candidates.iter().filter_map(|&i| self.phrases.get(i)) {
                if (phrase.at_start && start > 0) || words.get(start..).is_none() {
                    continue;
                }
                let rest = words.get(start..).unwrap_or_default();
                if let Some(length) = length_of(&phrase.pieces, rest).filter(|&n| n > 0) {
                    found.push(Found { entry: phrase.entry, start, end: start + length });
                }
            }
        }
        found
    }
}

/// How many words the pieces take at the front of `words`, where they fit.
fn length_of(pieces: &[Piece], words: &[&str]) -> Option<usize> {
    let Some((piece, later)) = pieces.split_first() else { return Some(0) };
    let after = |n: usize| words.get(n..).and_then(|rest| length_of(later, rest)).map(|m| n + m);
    match piece {
        Piece::Any => words.first().and_then(|_| after(1)),
        Piece::Gap => (0..=3).find_map(after),
        Piece::Words { options, optional } => {
            let fits = words.first().is_some_and(|w| options.iter().any(|o| o.fits(w)));
            fits.then(|| after(1)).flatten().or_else(|| optional.then(|| after(0)).flatten())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], text: &str) -> Vec<(usize, String)> {
        let mut set = Phrases::default();
        for (entry, phrase) in phrases.iter().enumerate() {
            set.add(entry, phrase);
        }
        let words: Vec<&str> = text.split(' ').collect();
        set.find(&words).into_iter().map(|f| (f.entry, words[f.start..f.end].join(" "))).collect()
    }

    #[test]
    fn words_stems_choices_gaps_and_options_fit() {
        let phrases = ["worri* about", "so? tired/worn", "not .. enough", "feel _ again", "^well"];
        let text =
            "well i worried about feeling so tired and not being good enough to feel well again";
        let all: Vec<String> = found(&phrases, text).into_iter().map(|(_, t)| t).collect();
        assert_eq!(
            all,
            [
                "well",
                "worried about",
                "so tired",
                "tired",
                "not being good enough",
                "feel well again"
            ]
        );
    }

    #[test]
    fn a_phrase_at_the_start_fits_nowhere_else() {
        assert!(found(&["^turns out"], "it turns out").is_empty());
    }
}
