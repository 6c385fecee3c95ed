//! The numbered sentences of a transcript: what a provider is shown and what evidence points at.

use journey_domain::text::{CharSpan, IndexedText};

/// One sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// Counts from 1.
    pub id: u32,
    /// Where it stands; begins and ends with visible characters.
    pub span: CharSpan,
}

/// A sentence longer than this many characters is cut between words, or inside a run without any.
pub const MAX_SENTENCE_CHARS: usize = 400;

const ABBREVIATIONS: [&str; 24] = [
    "mr", "mrs", "ms", "dr", "st", "prof", "jr", "sr", "vs", "etc", "approx", "dept", "no", "tel",
    "rev", "e.g", "i.e", "a.m", "p.m", "u.s", "u.k", "ph.d", "cf", "mt",
];

/// Cuts `text` into sentences. Every visible character lies in exactly one of them.
///
/// Ends are full stops, question and exclamation marks (also CJK), and line breaks; a text without
/// them is cut at [`MAX_SENTENCE_CHARS`].
#[must_use]
pub fn split(text: &str) -> Vec<Sentence> {
    let indexed = IndexedText::new(text);
    let mut sentences = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let mut end = at + c.len_utf8();
        let closes = match c {
            '\n' => text.get(end..).is_some_and(|rest| rest.starts_with(['\n', '\r', '-', '*'])),
            '。' | '！' | '？' | '!' | '?' | '…' => true,
            '.' => ends_sentence(text, start, at),
            _ => false,
        };
        if !closes {
            continue;
        }
        // Closing marks and repeated ends belong to the sentence they close.
        while let Some(&(next, c)) = chars.peek() {
            if !matches!(
                c,
                '.' | '!'
                    | '?'
                    | '…'
                    | '"'
                    | '\''
                    | '”'
                    | '’'
                    | '»'
                    | ')'
                    | ']'
                    | '」'
                    | '。'
                    | '！'
                    | '？'
            ) {
                break;
            }
            end = next + c.len_utf8();
            chars.next();
        }
        push(&indexed, start, end, &mut sentences);
        start = end;
    }
    push(&indexed, start, text.len(), &mut sentences);
    sentences
}

/// Whether the full stop at byte `at` ends the sentence that began at `start`.
fn ends_sentence(text: &str, start: usize, at: usize) -> bool {
    let after = text.get(at + 1..).unwrap_or_default();
    let mut next = after.chars();
    match next.next() {
        None => return true,
        Some(c) if c.is_alphanumeric() => return false,
        Some(',' | ';' | ':') => return false,
        Some(_) => {}
    }
    let before = text.get(start..at).unwrap_or_default();
    let word = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let lower = word.to_lowercase();
    if ABBREVIATIONS.contains(&lower.as_str()) {
        // "etc." and "a.m." end a sentence where the next word says so.
        let may_end = matches!(lower.as_str(), "etc" | "a.m" | "p.m" | "no");
        let capital = after.trim_start().chars().next().is_some_and(char::is_uppercase);
        return may_end && capital;
    }
    // A single initial, but not the speaker's "I".
    !(word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I")
}

/// Adds `start..end` (bytes) trimmed, in pieces of at most [`MAX_SENTENCE_CHARS`] characters.
fn push(indexed: &IndexedText<'_>, start: usize, end: usize, sentences: &mut Vec<Sentence>) {
    let raw = indexed.text().get(start..end).unwrap_or_default();
    let mut rest = raw.trim_start();
    let mut at = start + (raw.len() - rest.len());
    rest = rest.trim_end();
    while !rest.is_empty() {
        let cut = cut_at(rest);
        let piece = rest.get(..cut).unwrap_or(rest).trim_end();
        if let Some(span) = indexed.span_of_bytes(at, at + piece.len()) {
            let id = u32::try_from(sentences.len() + 1).unwrap_or(u32::MAX);
            sentences.push(Sentence { id, span });
        }
        let tail = rest.get(cut..).unwrap_or_default();
        let trimmed = tail.trim_start();
        at += cut + (tail.len() - trimmed.len());
        rest = trimmed;
    }
}

/// Where a piece of at most [`MAX_SENTENCE_CHARS`] characters ends, in bytes; above 0.
fn cut_at(text: &str) -> usize {
    let Some((limit, _)) = text.char_indices().nth(MAX_SENTENCE_CHARS) else { return text.len() };
    let head = text.get(..limit).unwrap_or(text);
    head.rfind(char::is_whitespace).filter(|&at| at > 0).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<String> {
        let indexed = IndexedText::new(text);
        split(text).iter().map(|s| indexed.slice(s.span).unwrap().to_owned()).collect()
    }

    #[test]
    fn ends_of_sentences_are_found_and_abbreviations_are_not_ends() {
        assert_eq!(
            cut("Dr. Lee came at 5 p.m. on Monday. \"Really?\" she said... I paid 3.50. So did I."),
            [
                "Dr. Lee came at 5 p.m. on Monday.",
                "\"Really?\"",
                "she said...",
                "I paid 3.50.",
                "So did I."
            ]
        );
        assert_eq!(cut("今日は疲れた。でも良い日。"), ["今日は疲れた。", "でも良い日。"]);
    }

    #[test]
    fn a_text_without_ends_is_cut_between_words() {
        let text = "word ".repeat(4000);
        let pieces = cut(&text);
        assert!(
            pieces.iter().all(|p| p.chars().count() <= MAX_SENTENCE_CHARS && p.ends_with("word"))
        );
        assert_eq!(pieces.iter().map(|p| p.split(' ').count()).sum::<usize>(), 4000);
    }

    proptest! {
        #[test]
        fn every_visible_character_lies_in_exactly_one_sentence(text in "(\\PC|\n|[.!?。] |[a-z]{1,9} ){0,300}") {
            let visible = |s: &str| s.chars().filter(|c| !c.is_whitespace()).count();
            let sentences = split(&text);
            prop_assert_eq!(cut(&text).iter().map(|s| visible(s)).sum::<usize>(), visible(&text));
            prop_assert!(sentences.windows(2).all(|w| w[0].span.end <= w[1].span.start));
            prop_assert!(sentences.iter().all(|s| s.span.len() <= MAX_SENTENCE_CHARS));
            prop_assert!(sentences.iter().enumerate().all(|(i, s)| s.id as usize == i + 1));
        }
    }
}
