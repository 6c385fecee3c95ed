//! The check that every proposed quote goes through, whoever proposed it.
//!
//! To the letter in the sentences it names: verified. There but for case, signs, fillers or a slip in
//! a long quote: repaired, and the transcript's own words are kept. Anything else is rejected: quotes
//! made up, stitched together of two places, or taken from other sentences than those named.

use crate::sentences::Sentence;
use journey_domain::{
    analysis::CheckedSpan,
    element::EvidenceState,
    text::{CharSpan, IndexedText},
};
use journey_language::{
    features::is_denial,
    token::{Token, TokenKind, tokens},
};

/// Longest quote that is aligned, in words; longer ones must be exact.
const MAX_ALIGNED_WORDS: usize = 120;

/// Shortest quote in which a slip is forgiven, in words.
const MIN_FUZZY_WORDS: usize = 5;

/// One slip is forgiven for so many words of a quote.
const WORDS_PER_SLIP: usize = 6;

const FILLERS: [&str; 10] = ["um", "uh", "erm", "er", "ah", "hmm", "mm", "like", "well", "yeah"];

/// Checks quotes against one transcript.
#[derive(Clone, Debug)]
pub struct EvidenceCheck<'t> {
    text: IndexedText<'t>,
    sentences: &'t [Sentence],
}

impl<'t> EvidenceCheck<'t> {
    /// For quotes of `text`, whose sentences are numbered as in `sentences`.
    #[must_use]
    pub fn new(text: &'t str, sentences: &'t [Sentence]) -> Self {
        Self { text: IndexedText::new(text), sentences }
    }

    /// The place of `quote` in the sentences with these ids, or `None` where it is to be rejected.
    #[must_use]
    pub fn check(&self, quote: &str, ids: &[u32]) -> Option<CheckedSpan> {
        let quote = quote.trim();
        if !quote.chars().any(char::is_alphanumeric) {
            return None;
        }
        let stretches = self.stretches(ids);
        let found = |state, span| CheckedSpan { span, state };
        stretches
            .iter()
            .find_map(|&stretch| self.exact(quote, stretch))
            .map(|span| found(EvidenceState::Verified, span))
            .or_else(|| {
                stretches
                    .iter()
                    .filter_map(|&stretch| self.aligned(quote, stretch))
                    .min_by_key(|(slips, _)| *slips)
                    .map(|(_, span)| found(EvidenceState::Repaired, span))
            })
    }

    /// The named sentences, neighbours joined: a quote may run over a sentence's end but never over
    /// a sentence that was not named.
    fn stretches(&self, ids: &[u32]) -> Vec<CharSpan> {
        let mut ids: Vec<u32> = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let mut stretches: Vec<(u32, CharSpan)> = Vec::new();
        for id in ids {
            let sentence = (id as usize).checked_sub(1).and_then(|i| self.sentences.get(i));
            let Some(sentence) = sentence.filter(|s| s.id == id) else { continue };
            match stretches.last_mut() {
                Some((last, span)) if *last + 1 == id => {
                    *last = id;
                    span.end = sentence.span.end;
                }
                _ => stretches.push((id, sentence.span)),
            }
        }
        stretches.into_iter().map(|(_, span)| span).collect()
    }

    fn exact(&self, quote: &str, stretch: CharSpan) -> Option<CharSpan> {
        let within = self.text.slice(stretch)?;
        let offset = self.text.byte_of(stretch.start)?;
        within
            .match_indices(quote)
            .map(|(at, _)| (at, at + quote.len()))
            .find(|&(start, end)| at_word_border(within, start) && at_word_border(within, end))
            .and_then(|(start, end)| self.text.span_of_bytes(offset + start, offset + end))
    }

    fn aligned(&self, quote: &str, stretch: CharSpan) -> Option<(usize, CharSpan)> {
        let within = self.text.slice(stretch)?;
        let offset = self.text.byte_of(stretch.start)?;
        let wanted = words(quote);
        let given = words(within);
        if wanted.is_empty() || wanted.len() > MAX_ALIGNED_WORDS {
            return None;
        }
        let (slips, first, last) = align(&wanted, &given)?;
        let allowed =
            if wanted.len() < MIN_FUZZY_WORDS { 0 } else { wanted.len() / WORDS_PER_SLIP };
        let place = given.get(first..=last)?;
        if slips > allowed || !same_meaning_words(&wanted, place) {
            return None;
        }
        let (start, end) = (place.first()?.start, place.last()?.end);
        Some((slips, self.text.span_of_bytes(offset + start, offset + end)?))
    }
}

/// Words without case, signs and fillers.
fn words(text: &str) -> Vec<Token> {
    tokens(text)
        .into_iter()
        .filter(|t| t.is_word() && !FILLERS.contains(&t.word.as_str()))
        .collect()
}

/// Whether no word of a spaced script is cut at byte `at`.
fn at_word_border(text: &str, at: usize) -> bool {
    let spaced = |c: char| {
        c.is_alphanumeric()
            && !('\u{2e80}'..'\u{a000}').contains(&c)
            && !('\u{ac00}'..'\u{d7b0}').contains(&c)
    };
    let before = text.get(..at).and_then(|head| head.chars().next_back());
    let after = text.get(at..).and_then(|tail| tail.chars().next());
    !(before.is_some_and(spaced) && after.is_some_and(spaced))
}

/// Denials and numbers must be the same: a quote that loses a "not" is another claim.
fn same_meaning_words(wanted: &[Token], place: &[Token]) -> bool {
    let telling = |list: &[Token]| -> Vec<String> {
        list.iter()
            .filter(|t| t.kind == TokenKind::Number || is_denial(&t.word))
            .map(|t| t.word.clone())
            .collect()
    };
    telling(wanted) == telling(place)
}

/// The place in `given` with the fewest slips (a word too many, too few or another) from `wanted`:
/// slips, first and last word.
fn align(wanted: &[Token], given: &[Token]) -> Option<(usize, usize, usize)> {
    // cost[j]: fewest slips with `wanted` so far ending before word j; from[j]: where that began.
    let mut cost = vec![0_usize; given.len() + 1];
    let mut from: Vec<usize> = (0..=given.len()).collect();
    for word in wanted {
        let (mut diagonal, mut diagonal_from) = (*cost.first()?, *from.first()?);
        let (mut left, mut left_from) = (diagonal + 1, diagonal_from);
        if let Some(first) = cost.first_mut() {
            *first = left;
        }
        for ((other, cost), from) in
            given.iter().zip(cost.iter_mut().skip(1)).zip(from.iter_mut().skip(1))
        {
            let same = usize::from(other.word != word.word);
            let options =
                [(diagonal + same, diagonal_from), (*cost + 1, *from), (left + 1, left_from)];
            (diagonal, diagonal_from) = (*cost, *from);
            let best = options.into_iter().min_by_key(|(c, _)| *c).unwrap_or((usize::MAX, 0));
            (*cost, *from) = best;
            (left, left_from) = best;
        }
    }
    let (end, slips) = cost.iter().copied().enumerate().min_by_key(|&(_, c)| c)?;
    let start = *from.get(end)?;
    (end > start).then(|| (slips, start, end - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentences::split;
    use proptest::prelude::*;

    fn check(text: &str, quote: &str, ids: &[u32]) -> Option<(EvidenceState, String)> {
        let sentences = split(text);
        let checked = EvidenceCheck::new(text, &sentences).check(quote, ids)?;
        let found = IndexedText::new(text).slice(checked.span).unwrap().to_owned();
        Some((checked.state, found))
    }

    const TEXT: &str = "I felt, um, really small today. My boss shouted at the whole team in front of a client. I am not good enough for this job, I think. Later I felt calm.";

    #[test]
    fn a_quote_to_the_letter_is_verified() {
        let found = check(TEXT, "I felt calm", &[4]);
        assert_eq!(found, Some((EvidenceState::Verified, "I felt calm".into())));
    }

    #[test]
    fn case_signs_and_fillers_are_repaired_to_the_words_of_the_transcript() {
        let found = check(TEXT, "i felt really small TODAY!", &[1]);
        assert_eq!(found, Some((EvidenceState::Repaired, "I felt, um, really small today".into())));
    }

    #[test]
    fn a_slip_in_a_long_quote_is_repaired() {
        let quote = "My boss shouted at the entire team in front of a client";
        let found = check(TEXT, quote, &[2]).unwrap();
        assert_eq!(found.0, EvidenceState::Repaired);
        assert!(found.1.contains("whole team"));
    }

    #[test]
    fn a_quote_from_another_sentence_is_rejected() {
        assert_eq!(check(TEXT, "I felt calm", &[1, 2]), None);
        assert_eq!(check(TEXT, "I felt calm", &[]), None);
        assert_eq!(check(TEXT, "I felt calm", &[0, 99]), None);
    }

    #[test]
    fn a_lost_denial_is_rejected() {
        assert_eq!(check(TEXT, "I am good enough for this job I think", &[3]), None);
    }

    #[test]
    fn half_a_word_is_no_quote() {
        assert_eq!(check("The meeting was long.", "eeting was", &[1]), None);
    }

    #[test]
    fn a_quote_may_not_jump_over_a_sentence_that_was_not_named() {
        assert_eq!(check("I ran. It rained. I slept.", "I ran. I slept.", &[1, 3]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn fabricated_stitched_and_misattributed_quotes_are_never_verified(
            seeds in prop::collection::vec((0usize..40, 3usize..9), 4..12),
            a in 0usize..12, b in 0usize..12, cut in 1usize..5, made_up in "[a-z]{3,8}( [a-z]{3,8}){1,6}",
        ) {
            // Every word of the transcript is unique, so that each quote has one true place.
            let sentences: Vec<Vec<String>> = seeds.iter().enumerate()
                .map(|(i, &(word, n))| (0..n).map(|k| format!("w{i}x{word}x{k}")).collect()).collect();
            let text: String = sentences.iter().map(|s| format!("I {}. ", s.join(" "))).collect();
            let (a, b) = (a % sentences.len(), b % sentences.len());
            let numbered = split(&text);
            let checker = EvidenceCheck::new(&text, &numbered);
            let ids: Vec<u32> = numbered.iter().map(|s| s.id).collect();

            let fabricated = checker.check(&made_up, &ids);
            prop_assert!(fabricated.is_none_or(|c| c.state != EvidenceState::Verified));

            let cut = cut.min(sentences[a].len() - 1).min(sentences[b].len() - 1);
            let stitched = format!("{} {}", sentences[a][..cut].join(" "), sentences[b][cut..].join(" "));
            if a != b {
                let found = checker.check(&stitched, &ids);
                prop_assert!(found.is_none_or(|c| c.state != EvidenceState::Verified));
                // One foreign word in a long quote is a slip of the pen; three are another quote.
                if cut >= 3 && sentences[b].len() - cut >= 3 {
                    prop_assert!(found.is_none());
                }
                let elsewhere = checker.check(&sentences[a].join(" "), &[ids[b]]);
                prop_assert!(elsewhere.is_none());
            }
            let own = checker.check(&sentences[a].join(" "), &[ids[a]]);
            prop_assert_eq!(own.map(|c| c.state), Some(EvidenceState::Verified));
        }

        #[test]
        fn what_is_found_lies_in_the_named_sentences(text in "([a-d]{1,2}[ .]){1,40}", quote in "([a-d]{1,2} ){1,8}", id in 1u32..8) {
            let sentences = split(&text);
            if let Some(found) = EvidenceCheck::new(&text, &sentences).check(&quote, &[id]) {
                prop_assert!(sentences[id as usize - 1].span.contains(found.span));
            }
        }
    }
}
