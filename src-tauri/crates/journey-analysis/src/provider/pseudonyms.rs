//! Names and places of a person's list, replaced before anything is sent and put back afterwards.

use std::{collections::BTreeSet, sync::LazyLock};

const NOT_NAMES: &str = include_str!("../../../../../assets/lexicons/not_names.txt");

/// Stand-ins for one list of names. The same list gives the same stand-ins.
#[derive(Clone, Default)]
pub struct Pseudonyms {
    /// Longest first, so that "Anna Maria" is not taken for "Anna".
    names: Vec<Name>,
}

#[derive(Clone)]
struct Name {
    folded: Vec<char>,
    written: String,
    stand_in: String,
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pseudonyms").field("n_names", &self.names.len()).finish()
    }
}

impl Pseudonyms {
    /// For these names; empty ones and repeats are left out.
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut seen = BTreeSet::new();
        let mut list: Vec<Name> = Vec::new();
        for name in names {
            let written: String = name.as_ref().split_whitespace().collect::<Vec<_>>().join(" ");
            let folded = folded(&written);
            if written.chars().any(char::is_alphanumeric) && seen.insert(folded.clone()) {
                let stand_in = format!("Name{}", list.len() + 1);
                list.push(Name { folded, written, stand_in });
            }
        }
        list.sort_by_key(|n| std::cmp::Reverse(n.folded.len()));
        Self { names: list }
    }

    /// Whether there is nothing to replace.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// `text` with every listed name replaced: whole words, in any case, also before a possessive
    /// s with or without its apostrophe.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        if self.names.is_empty() {
            return text.to_owned();
        }
        let chars: Vec<char> = text.chars().collect();
        let mut hidden = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            let before = at.checked_sub(1).and_then(|i| chars.get(i)).copied();
            let found = self.names.iter().find_map(|name| {
                let end = name.end_at(&chars, at, before)?;
                Some((name, end))
            });
            if let Some((name, end)) = found {
                hidden.push_str(&name.stand_in);
                at = end;
            } else {
                hidden.push(c);
                at += 1;
            }
        }
        hidden
    }

    /// `text` with the stand-ins replaced by the names as the list writes them.
    #[must_use]
    pub fn reveal(&self, text: &str) -> String {
        let mut by_number: Vec<&Name> = self.names.iter().collect();
        // "Name12" before "Name1".
        by_number.sort_by_key(|n| std::cmp::Reverse(n.stand_in.len()));
        by_number
            .into_iter()
            .fold(text.to_owned(), |text, name| text.replace(&name.stand_in, &name.written))
    }
}

impl Name {
    /// One past the name's last character where it stands at `at`.
    fn end_at(&self, chars: &[char], at: usize, before: Option<char>) -> Option<usize> {
        let first = *self.folded.first()?;
        if joins(before, Some(first)) {
            return None;
        }
        let mut place = at;
        let mut wanted = self.folded.iter().peekable();
        while let Some(&want) = wanted.peek() {
            let given = *chars.get(place)?;
            if want.is_whitespace() && given.is_whitespace() {
                wanted.next();
            } else {
                for folded in given.to_lowercase() {
                    if wanted.next() != Some(&folded) {
                        return None;
                    }
                }
            }
            place += 1;
        }
        let next = chars.get(place).copied();
        let last = self.folded.last().copied();
        let possessive =
            matches!(next, Some('s' | 'S')) && !joins(next, chars.get(place + 1).copied());
        (!joins(last, next) || possessive).then_some(place)
    }
}

fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether two neighbours belong to one word. Scripts without spaces have no borders to keep to.
fn joins(left: Option<char>, right: Option<char>) -> bool {
    let spaced = |c: char| {
        c.is_alphanumeric()
            && !('\u{2e80}'..'\u{a000}').contains(&c)
            && !('\u{ac00}'..'\u{d7b0}').contains(&c)
    };
    left.is_some_and(spaced) && right.is_some_and(spaced)
}

/// Words of `text` that may be names or places: capitals within a sentence that are no common
/// word. For the person to choose from; in order of the alphabet.
#[must_use]
pub fn candidates(text: &str) -> Vec<String> {
    static COMMON: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
        NOT_NAMES.lines().filter(|l| !l.starts_with('#')).flat_map(str::split_whitespace).collect()
    });
    let mut found = BTreeSet::new();
    let mut starts = true;
    for raw in text.split_whitespace() {
        let word = raw.trim_matches(|c: char| !c.is_alphanumeric());
        let bare = word.strip_suffix("'s").or_else(|| word.strip_suffix("’s")).unwrap_or(word);
        let capital = bare.chars().next().is_some_and(char::is_uppercase);
        let lower = bare.to_lowercase().replace('’', "'");
        if !starts && capital && !COMMON.contains(lower.as_str()) {
            found.insert(bare.to_owned());
        }
        if !word.is_empty() {
            starts = raw.ends_with(['.', '!', '?', ':', '"', '”', '…']);
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_names_are_hidden_in_every_form_and_put_back() {
        let names = Pseudonyms::new(["Anna", "Anna Maria", "New  York", "明子", "Anna"]);
        let hidden = names.hide(
            "ANNA's mum, annas dog, Anna\nMaria in new york, (Anna) with明子と Annapolis Hannah",
        );
        assert_eq!(
            hidden,
            "Name1's mum, Name1s dog, Name2 in Name3, (Name1) withName4と Annapolis Hannah"
        );
        assert_eq!(names.reveal("Name2 and Name1's"), "Anna Maria and Anna's");
    }

    #[test]
    fn the_twelfth_name_is_not_taken_for_the_first() {
        let list: Vec<String> = (0..12).map(|i| format!("N{i}x")).collect();
        let names = Pseudonyms::new(&list);
        assert_eq!(names.reveal(&names.hide("n11x n0x")), "N11x N0x");
    }

    #[test]
    fn candidates_are_capitals_within_a_sentence_that_are_no_common_word() {
        let found = candidates(
            "Today I met Laura's brother in Leeds on Monday. Then Mum called. \"We'll see,\" said Tom.",
        );
        assert_eq!(found, ["Laura", "Leeds", "Tom"]);
    }

    #[test]
    fn debug_does_not_tell_the_names() {
        assert!(!format!("{:?}", Pseudonyms::new(["Anna"])).contains("Anna"));
    }
}
