//! Units of speech: the stretches of words that each say one thing.
//!
//! Signs part units where there are signs. Long stretches without any, as recognisers write them, are
//! parted by a model that has learnt from ordinary sentences where one ends and the next begins.

use crate::{
    features::{Families, Feature, of_tokens},
    linear::LinearModel,
    token::{Token, TokenKind},
};
use std::ops::Range;

/// Families of the border model: it reads its own tags alone.
pub const BORDER: Families = Families { pieces_to: 0, trigrams: false, gaps: false };

/// Stretches of at most this many words are left whole.
const SHORT: usize = 9;

/// Stretches between signs are left whole up to this many words.
const LONG: usize = 28;

/// No unit of fewer words is made by the border model.
const MIN_WORDS: usize = 3;

const SUBJECTS: [&str; 34] = [
    "i", "i'm", "i've", "i'll", "i'd", "we", "we're", "we've", "we'll", "he", "he's", "she",
    "she's", "they", "they're", "it", "it's", "you", "you're", "that's", "there's", "this", "im",
    "ive", "nobody", "everyone", "my", "what", "let's", "then", "maybe", "it'll", "there", "that",
];

/// Words that say nothing by themselves.
#[must_use]
pub fn is_filler(word: &str) -> bool {
    matches!(word, "um" | "uh" | "erm" | "er" | "uhm" | "hmm" | "mm" | "ah" | "mhm" | "em")
}

/// What the border model is told of the place between words `at - 1` and `at`.
#[must_use]
pub fn border_features(words: &[&str], at: usize) -> Vec<Feature> {
    let word = |i: Option<usize>| i.and_then(|i| words.get(i)).copied().unwrap_or("|");
    let (l1, l2) = (word(at.checked_sub(1)), word(at.checked_sub(2)));
    let l3 = word(at.checked_sub(3));
    let (r1, r2, r3) = (word(Some(at)), word(Some(at + 1)), word(Some(at + 2)));
    let tags = [
        format!("l1 {l1}"),
        format!("l2 {l2}"),
        format!("l12 {l2} {l1}"),
        format!("l123 {l3} {l2} {l1}"),
        format!("r1 {r1}"),
        format!("r2 {r2}"),
        format!("r12 {r1} {r2}"),
        format!("r123 {r1} {r2} {r3}"),
        format!("lr {l1} {r1}"),
        format!("llr {l2} {l1} {r1}"),
        format!("lrr {l1} {r1} {r2}"),
        format!("le {}", ending(l1)),
        format!("re {}", ending(r1)),
        format!("ler {} {r1}", ending(l1)),
    ];
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    of_tokens(&[], BORDER, &tags)
}

/// The last three letters: as much grammar as a word shows.
fn ending(word: &str) -> &str {
    word.char_indices().rev().nth(2).and_then(|(at, _)| word.get(at..)).unwrap_or(word)
}

/// Parts tokens into units, as ranges of `tokens`; masks and signs between units belong to none.
#[must_use]
pub fn units(tokens: &[Token], border: &LinearModel) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for (i, token) in tokens.iter().enumerate() {
        if parts(tokens, i, start) {
            add(tokens, start..i, border, &mut found);
            start = i + usize::from(token.kind != TokenKind::Word);
        }
    }
    add(tokens, start..tokens.len(), border, &mut found);
    found
}

fn parts(tokens: &[Token], i: usize, start: usize) -> bool {
    let Some(token) = tokens.get(i) else { return false };
    let next = |n: usize| tokens.get(i + n).map_or("", |t| t.word.as_str());
    let long_enough = |from: usize, to: usize| {
        tokens
            .get(from..to)
            .unwrap_or_default()
            .iter()
            .filter(|t| t.is_word() && !is_filler(&t.word))
            .count()
            >= 2
    };
    match token.kind {
        TokenKind::Mask => true,
        TokenKind::Sign => match token.word.as_str() {
            "," | "，" | "、" => {
                if !long_enough(start, i) {
                    return false;
                }
                let joined = matches!(next(1), "and" | "but" | "so" | "or" | "then" | "yet");
                let at = if joined { 2 } else { 1 };
                let at = if matches!(next(at), "then" | "now" | "um" | "uh") { at + 1 } else { at };
                next(1) == "but"
                    || SUBJECTS.contains(&next(at))
                        && !matches!(next(at), "that" | "what" | "you")
                        && !opens_condition(tokens, start)
                        && !opens_condition(tokens, after_comma(tokens, start, i))
                        && !only_sets_the_scene(tokens, start, i)
            }
            "'" | "\"" | "“" | "”" | "‘" | "’" | "(" | ")" | "%" | "&" | "/" | "$" | "£" | "€"
            | "+" | "*" | "#" => false,
            // A full stop inside a sentence ends an abbreviation.
            "." => false,
            "-" => true,
            _ => true,
        },
        TokenKind::Word => {
            matches!(token.word.as_str(), "but" | "and" | "so")
                && SUBJECTS.iter().take(12).any(|s| *s == next(1))
                && long_enough(start, i)
                && tokens.get(start..i).unwrap_or_default().iter().filter(|t| t.is_word()).count()
                    >= 4
                && !opens_condition(tokens, start)
                && has_subject(tokens, start, i)
        }
        TokenKind::Number | TokenKind::Symbol => false,
    }
}

/// Where the stretch after the last comma of these tokens begins.
fn after_comma(tokens: &[Token], start: usize, end: usize) -> usize {
    let comma = |t: &Token| t.kind == TokenKind::Sign && t.word == ",";
    tokens
        .get(start..end)
        .and_then(|t| t.iter().rposition(comma))
        .map_or(start, |at| start + at + 1)
}

/// Whether somebody or something does something in these tokens.
fn has_subject(tokens: &[Token], start: usize, end: usize) -> bool {
    tokens
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .map(|t| t.word.as_str())
        .any(|w| SUBJECTS.contains(&w) && !matches!(w, "this" | "then" | "what" | "maybe"))
}

/// "On Thursday evening," or "Looking back over the year,": a time, a place or a manner, which belongs
/// to the statement after it.
fn only_sets_the_scene(tokens: &[Token], start: usize, end: usize) -> bool {
    let words: Vec<&str> = tokens
        .get(start..end)
        .unwrap_or_default()
        .iter()
        .filter(|t| t.is_word() && !is_filler(&t.word))
        .map(|t| t.word.as_str())
        .collect();
    let opening = words.iter().take(2).any(|w| {
        matches!(
            *w,
            "on" | "in"
                | "at"
                | "by"
                | "from"
                | "for"
                | "with"
                | "over"
                | "during"
                | "until"
                | "instead"
                | "next"
                | "last"
                | "this"
                | "tomorrow"
                | "tonight"
                | "today"
                | "yesterday"
                | "under"
                | "without"
                | "through"
                | "about"
        )
    }) || words.first().is_some_and(|w| w.len() > 4 && w.ends_with("ing"));
    opening
        && !words.iter().any(|w| {
            SUBJECTS.contains(w) && !matches!(*w, "my" | "this" | "that" | "then" | "what" | "it")
        })
}

/// Whether the unit beginning here sets a condition: what follows belongs to it.
fn opens_condition(tokens: &[Token], start: usize) -> bool {
    tokens
        .get(start..)
        .unwrap_or_default()
        .iter()
        .filter(|t| t.is_word() && !is_filler(&t.word))
        .take(2)
        .any(|t| {
            matches!(
                t.word.as_str(),
                "if" | "when"
                    | "whenever"
                    | "every"
                    | "because"
                    | "unless"
                    | "since"
                    | "once"
                    | "while"
                    | "although"
                    | "though"
                    | "after"
                    | "before"
                    | "until"
            )
        })
}

fn add(tokens: &[Token], range: Range<usize>, border: &LinearModel, found: &mut Vec<Range<usize>>) {
    let Some(inner) = tokens.get(range.clone()) else { return };
    let places: Vec<usize> = inner
        .iter()
        .enumerate()
        .filter(|(_, t)| t.is_word() && !is_filler(&t.word))
        .map(|(i, _)| range.start + i)
        .collect();
    if places.is_empty() {
        return;
    }
    if places.len() <= SHORT {
        found.push(range);
        return;
    }
    let words: Vec<&str> =
        places.iter().filter_map(|&i| tokens.get(i)).map(|t| t.word.as_str()).collect();
    let is_sign = |i: usize| tokens.get(i).is_some_and(|t| t.kind == TokenKind::Sign);
    let signed = is_sign(range.end)
        || is_sign(range.end.saturating_sub(1))
        || range.start.checked_sub(1).is_some_and(is_sign);
    // Whoever sets signs has parted the text already.
    if signed && places.len() <= LONG {
        found.push(range);
        return;
    }
    let threshold = border.labels.first().map_or(0.5, |l| l.threshold);
    let mut start = range.start;
    let mut since = 0;
    for at in 1..words.len() {
        since += 1;
        if since < MIN_WORDS || words.len() - at < MIN_WORDS {
            continue;
        }
        let p = border.probabilities(&border_features(&words, at)).first().copied().unwrap_or(0.0);
        if p >= threshold
            && let Some(&place) = places.get(at)
        {
            found.push(start..place);
            start = place;
            since = 0;
        }
    }
    found.push(start..range.end);
}

/// The words of a unit without fillers, stumbles and recogniser notes, each with its token's place.
#[must_use]
pub fn plain_words(tokens: &[Token], unit: Range<usize>) -> Vec<(usize, &str)> {
    let mut kept: Vec<(usize, &str)> = Vec::new();
    for i in unit {
        let Some(token) = tokens.get(i).filter(|t| t.is_word()) else { continue };
        let word = token.word.as_str();
        if is_filler(word) {
            continue;
        }
        kept.push((i, word));
        // "i got um i got": a run of up to three words said twice is kept once.
        for n in (1..=3).rev() {
            let Some(from) = kept.len().checked_sub(2 * n) else { continue };
            let (first, again) = kept.split_at(kept.len() - n);
            let earlier = first.get(from..).unwrap_or_default();
            let meant = n == 1
                && matches!(word, "had" | "that" | "very" | "really" | "so" | "never" | "no");
            if !meant && earlier.iter().map(|w| w.1).eq(again.iter().map(|w| w.1)) {
                kept.drain(from..from + n);
                break;
            }
        }
    }
    // Fillers of several words.
    let mut plain: Vec<(usize, &str)> = Vec::with_capacity(kept.len());
    let mut i = 0;
    while let Some(&(at, word)) = kept.get(i) {
        let next = kept.get(i + 1).map_or("", |w| w.1);
        let skipped = match (word, next) {
            ("you", "know") | ("i", "mean")
                if kept.get(i + 2).is_none_or(|w| {
                    !matches!(w.1, "what" | "how" | "that" | "it" | "to" | "the")
                }) =>
            {
                2
            }
            ("sort" | "kind", "of")
                if !matches!(
                    plain.last().map(|w| w.1),
                    Some("what" | "a" | "some" | "this" | "that" | "the" | "any" | "every")
                ) =>
            {
                2
            }
            ("like", _)
                if !matches!(
                    plain.last().map(|w| w.1),
                    Some(
                        "feel"
                            | "felt"
                            | "feels"
                            | "feeling"
                            | "look"
                            | "looks"
                            | "looked"
                            | "looking"
                            | "be"
                            | "is"
                            | "was"
                            | "i"
                            | "we"
                            | "you"
                            | "they"
                            | "would"
                            | "don't"
                            | "didn't"
                            | "it's"
                            | "i'd"
                            | "just"
                            | "not"
                            | "more"
                            | "sounds"
                            | "seems"
                            | "that's"
                            | "something"
                            | "nothing"
                            | "really"
                            | "to"
                    )
                ) =>
            {
                1
            }
            (
                "basically" | "literally" | "obviously" | "honestly" | "okay" | "anyway" | "yeah",
                _,
            ) => 1,
            _ => 0,
        };
        if skipped == 0 {
            plain.push((at, word));
            i += 1;
        } else {
            i += skipped;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tokens;

    #[test]
    fn fillers_and_stumbles_fall_away() {
        let all =
            tokens("um so i got uh i got the the letter you know and it was like really good");
        let words: Vec<&str> = plain_words(&all, 0..all.len()).into_iter().map(|w| w.1).collect();
        assert_eq!(words.join(" "), "so i got the letter and it was like really good");
    }

    #[test]
    fn a_time_before_a_comma_stays_with_what_is_said_of_it() {
        let never = LinearModel::new(
            BORDER,
            vec![crate::linear::Label {
                name: "border".into(),
                bias: -9.0,
                scale: 1.0,
                slope: 1.0,
                offset: 0.0,
                threshold: 0.5,
            }],
            None,
            Vec::new(),
            Vec::new(),
            Vec::new(),
        )
        .unwrap();
        for (text, n) in [
            ("On Sunday, after I've dropped the boys off, I'm reading the first chapter.", 1),
            ("On Thursday evening, I'm telling him the whole amount.", 1),
            ("Looking back over the year, I see that I was lonely.", 1),
            ("This evening Hal and the kids and I ate on the step.", 1),
            ("My boss shouted at us again, and I went home early.", 2),
            ("I lost the keys again and I cried in the car.", 2),
        ] {
            let all = tokens(text);
            assert_eq!(units(&all, &never).len(), n, "{text}");
        }
    }
}
