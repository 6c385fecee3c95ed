//! Positions in text. Every offset that leaves a crate counts Unicode scalar values.

use serde::{Deserialize, Serialize};

/// A half-open range of Unicode scalar values, `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CharSpan {
    /// First character of the span.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

impl CharSpan {
    /// A span, or `None` when it is empty or reversed.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Option<Self> {
        if start < end { Some(Self { start, end }) } else { None }
    }

    /// How many characters it covers.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// A span made by [`CharSpan::new`] is never empty; one read from outside may be.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the two share at least one character.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies within this span.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// A text with its character-to-byte table, for many look-ups in one text.
///
/// ASCII texts carry no table.
#[derive(Clone, Debug)]
pub struct IndexedText<'t> {
    text: &'t str,
    byte_of_char: Option<Vec<usize>>,
}

impl<'t> IndexedText<'t> {
    /// Builds the table in one pass over `text`.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        let byte_of_char = (!text.is_ascii()).then(|| {
            text.char_indices().map(|(byte, _)| byte).chain(std::iter::once(text.len())).collect()
        });
        Self { text, byte_of_char }
    }

    /// The whole text.
    #[must_use]
    pub const fn text(&self) -> &'t str {
        self.text
    }

    /// How many characters the text has.
    #[must_use]
    pub fn char_len(&self) -> usize {
        self.byte_of_char.as_ref().map_or(self.text.len(), |table| table.len().saturating_sub(1))
    }

    /// The byte offset of character `char_idx`; the text's length for the one past the last.
    #[must_use]
    pub fn byte_of(&self, char_idx: usize) -> Option<usize> {
        match &self.byte_of_char {
            Some(table) => table.get(char_idx).copied(),
            None => (char_idx <= self.text.len()).then_some(char_idx),
        }
    }

    /// The character at byte offset `byte`, or the next one when `byte` is inside a character.
    #[must_use]
    pub fn char_of(&self, byte: usize) -> usize {
        self.byte_of_char
            .as_ref()
            .map_or(byte.min(self.text.len()), |table| table.partition_point(|&b| b < byte))
    }

    /// The text of `span`, or `None` when it does not lie within the text.
    #[must_use]
    pub fn slice(&self, span: CharSpan) -> Option<&'t str> {
        self.text.get(self.byte_of(span.start)?..self.byte_of(span.end)?)
    }

    /// The span of the byte range `start..end`.
    #[must_use]
    pub fn span_of_bytes(&self, start: usize, end: usize) -> Option<CharSpan> {
        CharSpan::new(self.char_of(start), self.char_of(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_character_is_found_from_its_byte_and_back(text in "\\PC{0,60}") {
            let indexed = IndexedText::new(&text);
            for (char_idx, (byte, c)) in text.char_indices().enumerate() {
                prop_assert_eq!(indexed.byte_of(char_idx), Some(byte));
                prop_assert_eq!(indexed.char_of(byte), char_idx);
                let span = CharSpan::new(char_idx, char_idx + 1).unwrap();
                let expected = c.to_string();
                prop_assert_eq!(indexed.slice(span), Some(expected.as_str()));
            }
            prop_assert_eq!(indexed.char_len(), text.chars().count());
        }
    }

    #[test]
    fn a_span_outside_the_text_is_no_slice() {
        let indexed = IndexedText::new("héllo");
        assert_eq!(indexed.slice(CharSpan { start: 3, end: 9 }), None);
        assert_eq!(indexed.slice(CharSpan { start: 1, end: 3 }), Some("él"));
    }
}
