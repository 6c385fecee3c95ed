//! A long transcript in windows: each sentence is owned by exactly one.

use crate::sentences::Sentence;

/// Sentences before a window that are shown with it, to be understood by.
const CONTEXT_SENTENCES: u32 = 3;

/// Most sentences of one window: more elements than they give do not fit one answer.
const MAX_SENTENCES: u32 = 120;

/// A run of sentences that is sent in one request. Ids count from 1 and are inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// First sentence shown for context; equals `first` where there is none.
    pub(crate) context_from: u32,
    /// First sentence owned.
    pub(crate) first: u32,
    /// Last sentence owned.
    pub(crate) last: u32,
}

impl Window {
    pub(crate) const fn owns(&self, id: u32) -> bool {
        self.first <= id && id <= self.last
    }

    pub(crate) const fn shows(&self, id: u32) -> bool {
        self.context_from <= id && id <= self.last
    }

    const fn new(first: u32, last: u32) -> Self {
        let context_from = first.saturating_sub(CONTEXT_SENTENCES);
        Self { context_from: if context_from == 0 { 1 } else { context_from }, first, last }
    }

    /// Two halves of it, or nothing where it is one sentence.
    pub(crate) const fn halves(&self) -> Option<[Self; 2]> {
        if self.first == self.last {
            return None;
        }
        let middle = self.first + (self.last - self.first) / 2;
        Some([Self::new(self.first, middle), Self::new(middle + 1, self.last)])
    }
}

/// Windows of at most `max_chars` characters of owned sentences, or of one longer sentence.
pub(crate) fn windows(sentences: &[Sentence], max_chars: usize) -> Vec<Window> {
    let mut found: Vec<Window> = Vec::new();
    let mut chars = 0;
    for sentence in sentences {
        let len = sentence.span.len();
        match found.last_mut() {
            Some(open) if chars + len <= max_chars && sentence.id - open.first < MAX_SENTENCES => {
                open.last = sentence.id;
                chars += len;
            }
            _ => {
                found.push(Window::new(sentence.id, sentence.id));
                chars = len;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentences::split;
    use proptest::prelude::*;

    fn owned_once(text: &str, max_chars: usize) {
        let sentences = split(text);
        let windows = windows(&sentences, max_chars);
        let owned: Vec<u32> = windows.iter().flat_map(|w| w.first..=w.last).collect();
        assert_eq!(owned, sentences.iter().map(|s| s.id).collect::<Vec<_>>());
        for window in windows {
            assert!(window.context_from <= window.first && window.context_from >= 1);
            if let Some([a, b]) = window.halves() {
                assert_eq!((a.first, a.last + 1, b.last), (window.first, b.first, window.last));
            }
        }
    }

    proptest! {
        #[test]
        fn every_sentence_is_owned_by_exactly_one_window(
            text in "([a-z]{1,9} |[.!?] |。|今日は|\n\n|\\PC){0,400}", max in 1usize..900,
        ) {
            owned_once(&text, max);
        }
    }

    #[test]
    fn texts_without_ends_are_owned_whole_too() {
        owned_once(&"word ".repeat(5_000), 3_000);
        owned_once(&"今日は疲れた".repeat(900), 3_000);
        owned_once(&"x".repeat(20_000), 3_000);
        owned_once("", 100);
    }
}
