//! Whose words a quote is, read from the English around it.
//!
//! A model says who holds what it marks; this is the check of that. It looks only for what leaves no
//! doubt: speech in quotation marks with somebody else's "said", the same without marks directly
//! before the words, and feelings of which the subject is somebody else.

use journey_domain::text::{CharSpan, IndexedText};
use journey_language::{
    grammar::is_kin,
    token::{Token, tokens},
};

/// Characters around a quotation in which its "said" is looked for.
const REACH: usize = 80;

/// Words between a "said" and what is told.
const BETWEEN: [&str; 9] = ["me", "us", "him", "her", "them", "to", "that", "how", "about"];

const TELLS: [&str; 42] = [
    "said",
    "says",
    "say",
    "saying",
    "told",
    "tells",
    "telling",
    "thinks",
    "believes",
    "believed",
    "claims",
    "claimed",
    "reckons",
    "reckoned",
    "insists",
    "insisted",
    "argues",
    "argued",
    "swears",
    "swore",
    "promises",
    "promised",
    "complains",
    "complained",
    "shouts",
    "shouted",
    "yells",
    "yelled",
    "screamed",
    "whispered",
    "whispers",
    "wrote",
    "writes",
    "texted",
    "goes",
    "announced",
    "answered",
    "replied",
    "mentioned",
    "explained",
    "admitted",
    "suggested",
];

/// Words that make of "she said" the occasion of what follows, not its source.
const OCCASIONS: [&str; 12] = [
    "when", "whenever", "after", "before", "because", "since", "if", "as", "once", "what", "how",
    "until",
];

const SPEAKER: [&str; 12] =
    ["i", "i'm", "i've", "i'd", "i'll", "we", "we're", "we've", "we'd", "we'll", "myself", "me"];

const OTHERS: [&str; 3] = ["he", "she", "they"];

const OWNERS: [&str; 6] = ["my", "our", "his", "her", "their", "the"];

const STATES: [&str; 12] = [
    "was", "is", "were", "are", "felt", "feels", "feel", "seemed", "seems", "looked", "sounded",
    "got",
];

/// Whether the words at `span` are somebody else's, told by the speaker.
pub(crate) fn is_told(text: &IndexedText<'_>, span: CharSpan) -> bool {
    is_in_anothers_marks(text, span) || is_after_anothers_word(text, span)
}

/// Whether the words at `span` say how somebody else feels.
pub(crate) fn is_felt_by_another(text: &IndexedText<'_>, span: CharSpan) -> bool {
    let words = words(text.slice(span).unwrap_or_default());
    if words.iter().any(|w| SPEAKER.contains(&w.as_str())) {
        return false;
    }
    let plain: Vec<&str> =
        words.iter().map(String::as_str).filter(|w| !matches!(*w, "and" | "but" | "so")).collect();
    match plain.as_slice() {
        [who, state, ..] if OTHERS.contains(who) => STATES.contains(state),
        [whose, who, state, ..] if OWNERS.contains(whose) && is_kin(who) => STATES.contains(state),
        _ => false,
    }
}

/// Inside quotation marks beside which somebody else speaks.
fn is_in_anothers_marks(text: &IndexedText<'_>, span: CharSpan) -> bool {
    let line_before = CharSpan::new(span.start.saturating_sub(4 * REACH), span.start);
    let before = line_before.and_then(|s| text.slice(s)).unwrap_or_default();
    let before = before.rsplit('\n').next().unwrap_or_default();
    let quoted = text.slice(span).unwrap_or_default();
    let opening = |c: char| matches!(c, '"' | '“' | '„' | '«');
    let closing = |c: char| matches!(c, '"' | '”' | '»');
    // A mark of the quote itself counts as standing before it.
    let own_mark = quoted.starts_with(opening);
    let opened = if own_mark { Some(before.len()) } else { open_mark(before) };
    let Some(at) = opened else { return false };
    let end = text.char_len().min(span.end + 4 * REACH);
    let after = CharSpan::new(span.end, end).and_then(|s| text.slice(s)).unwrap_or_default();
    let rest = after.split_once(closing).map_or("", |(_, rest)| rest);
    let head = before.get(..at).unwrap_or_default();
    let head: Vec<String> = last_words(head, 6);
    let tail: Vec<String> = words(rest.split(['.', '!', '?', '\n']).next().unwrap_or_default())
        .into_iter()
        .take(4)
        .collect();
    let tells = |words: &[String]| words.iter().any(|w| TELLS.contains(&w.as_str()));
    let own = |words: &[String]| words.iter().any(|w| SPEAKER.contains(&w.as_str()) && w != "me");
    [head, tail].iter().any(|side| tells(side) && !own(side))
}

/// The byte of the quotation mark that is still open at the end of `text`.
fn open_mark(text: &str) -> Option<usize> {
    let mut open = None;
    for (at, c) in text.char_indices() {
        match c {
            '“' | '„' | '«' => open = Some(at),
            '”' | '»' => open = None,
            '"' => open = if open.is_some() { None } else { Some(at) },
            _ => {}
        }
    }
    open
}

/// Directly after "she said (that)", or beginning with it.
fn is_after_anothers_word(text: &IndexedText<'_>, span: CharSpan) -> bool {
    let from = span.start.saturating_sub(REACH);
    let before = CharSpan::new(from, span.start).and_then(|s| text.slice(s)).unwrap_or_default();
    // What stands before the end of a sentence does not reach over it.
    let clause = before.rsplit(['.', '!', '?', ';', '\n', '"', '”']).next().unwrap_or_default();
    let mut head = words(clause);
    while head.last().is_some_and(|w| BETWEEN.contains(&w.as_str())) {
        head.pop();
    }
    if ends_with_anothers_word(&head) {
        return true;
    }
    let own = words(text.slice(span).unwrap_or_default());
    if own.iter().any(|w| w == "but") {
        return false;
    }
    (2..=5).any(|n| own.len() > n + 1 && ends_with_anothers_word(own.get(..n).unwrap_or_default()))
}

/// Whether words end with a "said" of which the subject is not the speaker.
fn ends_with_anothers_word(words: &[String]) -> bool {
    let Some((verb, subject)) = words.split_last() else { return false };
    if !TELLS.contains(&verb.as_str()) {
        return false;
    }
    // "said" and its like need somebody who says it: "it goes without saying" has none.
    let near: Vec<&str> = subject.iter().rev().take(3).map(String::as_str).collect();
    if subject.iter().rev().take(4).any(|w| OCCASIONS.contains(&w.as_str())) {
        return false;
    }
    let is_speaker = near.iter().any(|w| SPEAKER.contains(w));
    let is_person = near.iter().any(|w| {
        OTHERS.contains(w) || is_kin(w) || matches!(*w, "people" | "everyone" | "everybody" | "who")
    });
    let is_name =
        near.first().is_some_and(|w| !matches!(*w, "it" | "that" | "to" | "you" | "without"));
    !is_speaker && !near.is_empty() && (is_person || is_name)
}

fn words(text: &str) -> Vec<String> {
    tokens(text).into_iter().filter(Token::is_word).map(|t| t.word).collect()
}

fn last_words(text: &str, most: usize) -> Vec<String> {
    let all = words(text.rsplit(['.', '!', '?']).next().unwrap_or_default());
    all.iter().skip(all.len().saturating_sub(most)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span<'t>(text: &'t str, quote: &str) -> (IndexedText<'t>, CharSpan) {
        let indexed = IndexedText::new(text);
        let at = text.find(quote).unwrap();
        let span = indexed.span_of_bytes(at, at + quote.len()).unwrap();
        (indexed, span)
    }

    fn told(text: &str, quote: &str) -> bool {
        let (text, span) = span(text, quote);
        is_told(&text, span)
    }

    #[test]
    fn what_others_said_is_theirs_with_marks_and_without() {
        for (text, quote) in [
            ("My mother said \"you will never be good enough\".", "you will never be good enough"),
            ("“I am so lonely here,” she told me on Sunday.", "I am so lonely here"),
            ("\"I am going to quit!\" my boss shouted. I kept quiet.", "I am going to quit"),
            (
                "My sister says she is going to call the dentist.",
                "she is going to call the dentist",
            ),
            ("Tom told me that I am too quiet for this job.", "I am too quiet for this job"),
            ("My sister thinks exams are pointless.", "My sister thinks exams are pointless"),
            ("People say I am cold.", "I am cold"),
        ] {
            assert!(told(text, quote), "{text}");
        }
    }

    #[test]
    fn what_the_speaker_says_stays_the_speakers() {
        for (text, quote) in [
            ("I told my boss that I am not good enough.", "I am not good enough"),
            ("I said \"I will never be good enough\" out loud.", "I will never be good enough"),
            ("I keep telling myself I am fine.", "I am fine"),
            ("She said it was late. I am so tired of this.", "I am so tired of this"),
            ("My therapist said rest helps, but I can't rest.", "I can't rest"),
            ("That \"dream job\" made me so anxious.", "made me so anxious"),
            (
                "My sister says it gets easier but I doubt it.",
                "My sister says it gets easier but I doubt it",
            ),
            ("It goes without saying I am proud.", "I am proud"),
            ("I think people are kind.", "people are kind"),
            ("When she said that I felt awful.", "I felt awful"),
            ("When she said that I felt awful.", "When she said that I felt awful"),
        ] {
            assert!(!told(text, quote), "{text}");
        }
    }

    #[test]
    fn a_feeling_with_another_subject_is_not_the_speakers() {
        let felt = |text: &str| {
            let (text, span) = span(text, text);
            is_felt_by_another(&text, span)
        };
        assert!(felt("My sister was really lonely") && felt("she was furious"));
        assert!(!felt("My heart was heavy") && !felt("My boss was so cruel to me"));
        assert!(!felt("the concert was wonderful") && !felt("I was lonely"));
    }
}
