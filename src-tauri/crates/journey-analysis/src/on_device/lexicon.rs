//! Lexicons: phrases as data files, each line with what they stand for.

use journey_language::phrases::{Found, Phrases};

/// One line of a lexicon: its columns before the phrases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// A taxonomy node or a tag.
    pub(crate) name: String,
    /// The columns between name and phrases.
    pub(crate) columns: Vec<String>,
}

/// A lexicon, ready to be looked up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lexicon {
    entries: Vec<Entry>,
    phrases: Phrases,
}

impl Lexicon {
    /// Reads tab-separated lines: name, further columns, phrases parted by commas. Lines that begin
    /// with `#` are notes.
    pub(crate) fn parse(file: &str) -> Self {
        let mut lexicon = Self::default();
        for line in file.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
            let mut columns: Vec<&str> = line.split('\t').collect();
            let Some(phrases) = columns.pop() else { continue };
            let number = lexicon.entries.len();
            for phrase in phrases.split(',').map(str::trim).filter(|p| !p.is_empty()) {
                lexicon.phrases.add(number, phrase);
            }
            let mut columns = columns.into_iter().map(str::to_owned);
            let name = columns.next().unwrap_or_default();
            lexicon.entries.push(Entry { name, columns: columns.collect() });
        }
        lexicon
    }

    /// The lines, in the order of the file.
    #[cfg(test)]
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Every phrase found in `words`, with its line.
    pub(crate) fn find(&self, words: &[&str]) -> Vec<(&Entry, Found)> {
        self.phrases
            .find(words)
            .into_iter()
            .filter_map(|found| Some((self.entries.get(found.entry)?, found)))
            .collect()
    }
}
