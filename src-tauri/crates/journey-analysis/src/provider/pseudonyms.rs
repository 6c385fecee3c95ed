//! Names and places of a person's list, replaced before anything is sent and put back afterwards.

use super::prompt;
use icu_normalizer::{
    DecomposingNormalizerBorrowed, properties::CanonicalCombiningClassMapBorrowed,
};
use journey_domain::text::{CharSpan, IndexedText};
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
    /// What the person chose to stand for it.
    chosen: Option<String>,
    /// What stands for it where nothing was chosen, or where the choice would be mistaken.
    numbered: String,
}

/// Parts a name from the stand-in that the person chose for it, in a list of texts.
pub const CHOSEN: char = '=';

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pseudonyms").field("n_names", &self.names.len()).finish()
    }
}

impl Pseudonyms {
    /// For these names, each alone or as `name=stand-in`; empty ones and repeats are left out.
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        let mut seen = BTreeSet::new();
        let mut list: Vec<Name> = Vec::new();
        for entry in names {
            let (name, chosen) = entry.as_ref().split_once(CHOSEN).unwrap_or((entry.as_ref(), ""));
            let (written, chosen) = (spaced_once(name), spaced_once(chosen));
            let folded = folded(&written);
            if written.chars().any(char::is_alphanumeric) && seen.insert(folded.clone()) {
                let numbered = format!("Name{}", list.len() + 1);
                let chosen = chosen.chars().any(char::is_alphanumeric).then_some(chosen);
                list.push(Name { folded, written, chosen, numbered });
            }
        }
        list.sort_by_key(|n| std::cmp::Reverse(n.folded.len()));
        Self { names: list }
    }

    /// The same for one text. A chosen stand-in that the text itself holds, that is a listed name
    /// or that stands for two would be put back wrongly: there the number stands.
    #[must_use]
    pub fn for_text(&self, text: &str) -> Self {
        if self.names.iter().all(|name| name.chosen.is_none()) {
            return self.clone();
        }
        let as_text = |folded: Vec<char>| String::from_iter(folded);
        let text = as_text(folded(text));
        let stand_ins: Vec<String> = self
            .names
            .iter()
            .filter_map(|n| n.chosen.as_ref())
            .map(|c| as_text(folded(c)))
            .collect();
        let is_clear = |chosen: &String| {
            let chosen = as_text(folded(chosen));
            let listed = || self.names.iter().any(|n| as_text(n.folded.clone()).contains(&chosen));
            let n_alike = stand_ins.iter().filter(|s| s.contains(&chosen)).count();
            n_alike == 1 && !text.contains(&chosen) && !listed()
        };
        let names = self.names.iter().cloned().map(|mut name| {
            name.chosen = name.chosen.filter(is_clear);
            name
        });
        Self { names: names.collect() }
    }

    /// The names that stand in `text`, each with what is sent for it, as the list writes them.
    #[must_use]
    pub fn found_in(&self, text: &str) -> Vec<(String, String)> {
        let places = self.in_text(text).places;
        let found: BTreeSet<String> = places.iter().map(|p| p.name.written.clone()).collect();
        let of = |written: &String| self.names.iter().find(|n| n.written == *written);
        found.iter().filter_map(of).map(|n| (n.written.clone(), n.stand_in().to_owned())).collect()
    }

    /// Whether there is nothing to replace.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// `text` with every listed name replaced, as [`Pseudonyms::in_text`] finds them.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let indexed = IndexedText::new(text);
        let whole = CharSpan { start: 0, end: indexed.char_len() };
        self.in_text(text).sent(&indexed, whole)
    }

    /// Where the listed names stand in `text`: whole words, in any case, also before a possessive s
    /// with or without its apostrophe; however accents, apostrophes and spaces are written, and
    /// whatever nobody sees between their letters.
    pub(crate) fn in_text(&self, text: &str) -> NamesIn<'_> {
        let mut places = Vec::new();
        if self.names.is_empty() {
            return NamesIn { places };
        }
        let letters = letters(text);
        let mut at = 0;
        while let Some(first) = letters.get(at) {
            let found = self.names.iter().find_map(|name| Some((name, name.end_at(&letters, at)?)));
            at += 1;
            if let Some((name, end)) = found
                && let Some(last) = letters.get(end - 1)
            {
                let span = CharSpan { start: first.span.start, end: last.span.end };
                places.push(Place { span, name });
                at = end;
            }
        }
        NamesIn { places }
    }

    /// `text` with the stand-ins replaced by the names as the list writes them.
    #[must_use]
    pub fn reveal(&self, text: &str) -> String {
        let mut by_number: Vec<&Name> = self.names.iter().collect();
        // "Name12" before "Name1".
        by_number.sort_by_key(|n| std::cmp::Reverse(n.numbered.len()));
        let text = by_number
            .into_iter()
            .filter(|n| n.chosen.is_none())
            .fold(text.to_owned(), |text, name| text.replace(&name.numbered, &name.written));
        // A chosen stand-in is a word: within another word it is none.
        let back = self.names.iter().filter_map(|name| {
            let chosen = name.chosen.as_ref()?;
            Some(Name {
                folded: folded(chosen),
                written: chosen.clone(),
                chosen: Some(name.written.clone()),
                numbered: String::new(),
            })
        });
        let mut back = Self { names: back.collect() };
        back.names.sort_by_key(|n| std::cmp::Reverse(n.folded.len()));
        back.hide(&text)
    }
}

impl Name {
    fn stand_in(&self) -> &str {
        self.chosen.as_deref().unwrap_or(&self.numbered)
    }

    /// One past the name's last letter where it stands at `at`.
    fn end_at(&self, letters: &[Letter], at: usize) -> Option<usize> {
        let end = at + self.folded.len();
        let place = letters.get(at..end)?;
        if !place.iter().map(|l| l.folded).eq(self.folded.iter().copied()) {
            return None;
        }
        let before = at.checked_sub(1).and_then(|i| letters.get(i));
        let (first, last) = (place.first()?, place.last()?);
        let next = letters.get(end);
        // Half of a written letter is none.
        if before.is_some_and(|l| l.span == first.span)
            || next.is_some_and(|l| l.span == last.span)
            || joins(before, Some(first))
        {
            return None;
        }
        let possessive =
            next.is_some_and(|l| l.folded == 's') && !joins(next, letters.get(end + 1));
        (!joins(Some(last), next) || possessive).then_some(end)
    }
}

/// The listed names of one text, in its order.
pub(crate) struct NamesIn<'n> {
    places: Vec<Place<'n>>,
}

struct Place<'n> {
    span: CharSpan,
    name: &'n Name,
}

impl NamesIn<'_> {
    /// What is sent of `span` of the text in which the names were looked for. What stands for a name
    /// stands where it begins; a part that is cut off sends nothing of it.
    pub(crate) fn sent(&self, text: &IndexedText<'_>, span: CharSpan) -> String {
        let piece = |start, end| text.slice(CharSpan { start, end }).unwrap_or_default();
        let first = self.places.partition_point(|p| p.span.end <= span.start);
        let mut sent = String::new();
        let mut at = span.start;
        for place in self.places.iter().skip(first).take_while(|p| p.span.start < span.end) {
            if place.span.start >= span.start {
                sent.push_str(piece(at, place.span.start));
                sent.push_str(place.name.stand_in());
            }
            at = place.span.end.min(span.end);
        }
        sent.push_str(piece(at, span.end));
        sent
    }

    /// Where the name ends that begins before the character `at` and goes on after it.
    pub(crate) fn end_of_cut(&self, at: usize) -> Option<usize> {
        let place = self.places.get(self.places.partition_point(|p| p.span.end <= at))?;
        (place.span.start < at).then_some(place.span.end)
    }
}

/// A letter in the form in which names are compared.
struct Letter {
    folded: char,
    /// As it was written, without its accents.
    written: char,
    /// What it was written with; several letters share it where one sign stands for them.
    span: CharSpan,
}

/// Without spaces around, and one between words.
fn spaced_once(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn folded(text: &str) -> Vec<char> {
    letters(text).into_iter().map(|letter| letter.folded).collect()
}

/// The letters of `text`: small, compatibly decomposed, with one apostrophe, one hyphen and one
/// space for their many forms, and without what nobody sees.
fn letters(text: &str) -> Vec<Letter> {
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let mut letters = Vec::with_capacity(text.len());
    let mut sign = String::new();
    let mut span = CharSpan { start: 0, end: 0 };
    for (at, c) in text.chars().enumerate() {
        if is_unseen(c) {
            continue;
        }
        if sign.is_empty() || c.is_ascii() || classes.get_u8(c) == 0 {
            push_letters(&sign, span, &mut letters);
            sign.clear();
            span.start = at;
        }
        sign.push(plain(c));
        span.end = at + 1;
    }
    push_letters(&sign, span, &mut letters);
    letters
}

/// Adds a sign with its accents.
fn push_letters(sign: &str, span: CharSpan, letters: &mut Vec<Letter>) {
    let Some(written) = sign.chars().next() else { return };
    if written == ' ' && letters.last().is_some_and(|l| l.folded == ' ') {
        return;
    }
    if sign.is_ascii() {
        letters.push(Letter { folded: written.to_ascii_lowercase(), written, span });
        return;
    }
    let lower = sign.to_lowercase();
    let parts = DecomposingNormalizerBorrowed::new_nfkd();
    for c in parts.normalize(&lower).chars() {
        match c {
            'ß' => letters.extend([(); 2].map(|()| Letter { folded: 's', written, span })),
            'ς' => letters.push(Letter { folded: 'σ', written, span }),
            folded => letters.push(Letter { folded, written, span }),
        }
    }
}

/// One sign for those that are typed for each other.
fn plain(c: char) -> char {
    match c {
        '`' | '´' | '‘' | '’' | '‛' | 'ʼ' | 'ʹ' | '′' | '＇' | 'ꞌ' => '\'',
        '\u{2010}' | '\u{2011}' => '-',
        _ if c.is_whitespace() || c.is_control() => ' ',
        _ => c,
    }
}

/// Characters that show nothing: those that do not leave, and joiners and selectors, which do.
fn is_unseen(c: char) -> bool {
    prompt::is_invisible(c)
        || matches!(c,
            '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}')
}

/// Whether two neighbours belong to one word. Scripts without spaces have no borders to keep to.
fn joins(left: Option<&Letter>, right: Option<&Letter>) -> bool {
    let spaced = |letter: &Letter| {
        let c = letter.written;
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
    fn a_chosen_stand_in_goes_out_and_comes_back_as_a_whole_word() {
        let names = Pseudonyms::new(["Jonas=Anton", "Lena"]).for_text("Jonas called Lena.");
        assert_eq!(names.hide("Jonas called Lena."), "Anton called Name2.");
        assert_eq!(
            names.reveal("Anton's call, Antonia and Name2"),
            "Jonas's call, Antonia and Lena"
        );
        let found = names.found_in("JONAS alone");
        assert_eq!(found, [("Jonas".to_owned(), "Anton".to_owned())]);
    }

    #[test]
    fn a_chosen_stand_in_that_could_be_mistaken_gives_way_to_a_number() {
        for (list, text) in [
            (vec!["Jonas=Anton"], "Jonas and Anton"),
            (vec!["Jonas=Anton"], "Jonas and Antonia"),
            (vec!["Jonas=Anton", "Lena=anton"], "Jonas and Lena"),
            (vec!["Jonas=Lena", "Lena=Ida"], "Jonas and Lena"),
        ] {
            let names = Pseudonyms::new(&list).for_text(text);
            let hidden = names.hide(text);
            assert!(hidden.starts_with("Name1"), "{hidden}");
            assert_eq!(names.reveal(&hidden), text);
        }
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
