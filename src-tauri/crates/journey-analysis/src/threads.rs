//! Whether two statements of different sessions say the same.
//!
//! Architecture invariant: two statements of opposite polarity, or of different holders, are
//! neither the same nor alike, however near their letters are.

use std::collections::BTreeMap;

/// Least cosine of character trigrams at which two statements are shown to the person as alike.
/// Chosen low enough for one changed word in five, high enough that two statements that share
/// only "i need to" stay apart; the table tests hold both sides.
const MIN_SIMILARITY: f32 = 0.65;

/// Fewest characters of a normalised statement that is compared by similarity: below it a few
/// shared trigrams are chance.
const MIN_CHARS: usize = 12;

/// Fewest content words of it, for the same reason.
const MIN_WORDS: usize = 3;

/// Least entropy of its characters, in bits: repeated sounds carry nothing to compare.
const MIN_ENTROPY_BITS: f32 = 2.5;

/// Words that carry no meaning of their own in speech. Negations, modals and persons are not
/// among them: they turn what is said round.
const FILLERS: &[&str] = &[
    "a",
    "an",
    "the",
    "um",
    "uh",
    "uhm",
    "erm",
    "er",
    "hmm",
    "mm",
    "ah",
    "oh",
    "well",
    "like",
    "just",
    "really",
    "actually",
    "basically",
    "literally",
    "honestly",
    "very",
    "quite",
    "so",
    "kinda",
    "sorta",
    "okay",
    "ok",
    "yeah",
    "you know",
    "i mean",
    "sort of",
    "kind of",
];

/// Words that turn a statement into its opposite.
const NEGATIONS: &[&str] = &[
    "not", "never", "no", "nobody", "nothing", "none", "nowhere", "neither", "nor", "without",
    "cannot", "hardly", "barely", "scarcely", "stop", "stopped", "quit", "avoid", "refuse",
    "unable", "fail", "failed", "lack",
];

/// Contracted forms and what they stand for. A suffix of `n't` is handled apart.
const CONTRACTIONS: &[(&str, &str)] = &[
    ("i'm", "i am"),
    ("im", "i am"),
    ("i've", "i have"),
    ("i'll", "i will"),
    ("i'd", "i would"),
    ("you're", "you are"),
    ("we're", "we are"),
    ("they're", "they are"),
    ("he's", "he is"),
    ("she's", "she is"),
    ("it's", "it is"),
    ("that's", "that is"),
    ("there's", "there is"),
    ("can't", "can not"),
    ("cannot", "can not"),
    ("cant", "can not"),
    ("won't", "will not"),
    ("wont", "will not"),
    ("dont", "do not"),
    ("didnt", "did not"),
    ("isnt", "is not"),
    ("gonna", "going to"),
    ("gotta", "got to"),
    ("wanna", "want to"),
];

/// Forms of the commonest verbs brought to one, so that "I was stuck" and "I am stuck" meet. Only
/// similarity sees them: an exact match keeps the tense.
const TENSES: &[(&str, &str)] = &[
    ("was", "am"),
    ("were", "are"),
    ("been", "be"),
    ("had", "have"),
    ("has", "have"),
    ("did", "do"),
    ("does", "do"),
    ("felt", "feel"),
    ("thought", "think"),
    ("needed", "need"),
    ("wanted", "want"),
];

/// Who holds what a statement says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The speaker, alone or among others.
    Speaker,
    /// The one spoken to.
    Addressee,
    /// Someone else.
    Other,
    /// Nobody is named: a statement about how things are.
    Nobody,
}

/// A statement in the form in which it is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    normalised: String,
    light: String,
    negated: bool,
    holder: Holder,
}

/// What two statements are to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Likeness {
    /// The same words, said of the same person, with the same polarity.
    Same,
    /// Alike enough to ask the person; the cosine, below 1.
    Suggest(f32),
    /// Neither.
    None,
}

impl Statement {
    /// Takes a statement apart.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let words = stable_words(text);
        let light: Vec<&str> = words.iter().map(|word| without_tense(word)).collect();
        let n_negations = words.iter().filter(|word| NEGATIONS.contains(&word.as_str())).count();
        Self {
            normalised: words.join(" "),
            light: light.join(" "),
            negated: n_negations % 2 == 1,
            holder: holder(&words),
        }
    }

    /// The form to store: lower case, no punctuation, contractions written out, fillers and
    /// articles left out. Empty when nothing is left.
    #[must_use]
    pub fn normalised(&self) -> &str {
        &self.normalised
    }

    /// Whether it denies something.
    #[must_use]
    pub const fn is_negated(&self) -> bool {
        self.negated
    }

    /// Whom it is about.
    #[must_use]
    pub const fn holder(&self) -> Holder {
        self.holder
    }

    /// What it is to another of the same kind. Symmetric.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> Likeness {
        let comparable = !self.normalised.is_empty()
            && self.negated == other.negated
            && self.holder == other.holder;
        if !comparable {
            return Likeness::None;
        }
        if self.normalised == other.normalised {
            return Likeness::Same;
        }
        if !(self.is_telling() && other.is_telling()) {
            return Likeness::None;
        }
        let similarity = cosine(&trigrams(&self.light), &trigrams(&other.light)).min(0.999);
        if similarity >= MIN_SIMILARITY { Likeness::Suggest(similarity) } else { Likeness::None }
    }

    /// Long and varied enough to be compared by its letters.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        self.light.chars().count() >= MIN_CHARS
            && self.light.split(' ').count() >= MIN_WORDS
            && entropy_bits(&self.light) >= MIN_ENTROPY_BITS
    }
}

/// Leaving out one filler can bring two others together, so this goes on until nothing changes.
fn stable_words(text: &str) -> Vec<String> {
    let mut found = words(text);
    loop {
        let again = words(&found.join(" "));
        if again == found {
            return found;
        }
        found = again;
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase().replace(['’', '‘', 'ʼ'], "'");
    let mut words: Vec<String> = Vec::new();
    for token in lower.split(|c: char| !(c.is_alphanumeric() || c == '\'')) {
        let token = token.trim_matches('\'');
        if token.is_empty() {
            continue;
        }
        if let Some((_, long)) = CONTRACTIONS.iter().find(|(short, _)| *short == token) {
            words.extend(long.split(' ').map(str::to_owned));
        } else if let Some(verb) = token.strip_suffix("n't").filter(|v| !v.is_empty()) {
            words.extend([verb.to_owned(), "not".to_owned()]);
        } else {
            words.push(token.to_owned());
        }
    }
    without_fillers(words)
}

fn without_fillers(words: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(words.len());
    let mut rest = words.into_iter().peekable();
    while let Some(word) = rest.next() {
        let pair = rest.peek().map(|next| format!("{word} {next}"));
        if pair.is_some_and(|pair| FILLERS.contains(&pair.as_str())) {
            rest.next();
        } else if !FILLERS.contains(&word.as_str()) && kept.last() != Some(&word) {
            kept.push(word);
        }
    }
    kept
}

fn without_tense(word: &str) -> &str {
    TENSES.iter().find(|(form, _)| *form == word).map_or(word, |(_, base)| base)
}

/// The first person that is named holds it.
fn holder(words: &[String]) -> Holder {
    words
        .iter()
        .find_map(|word| match word.as_str() {
            "i" | "me" | "my" | "mine" | "myself" | "we" | "us" | "our" => Some(Holder::Speaker),
            "you" | "your" | "yours" => Some(Holder::Addressee),
            "he" | "she" | "they" | "him" | "her" | "his" | "their" | "them" => Some(Holder::Other),
            _ => None,
        })
        .unwrap_or(Holder::Nobody)
}

fn trigrams(text: &str) -> BTreeMap<[char; 3], f32> {
    let padded = || std::iter::once(' ').chain(text.chars()).chain(std::iter::once(' '));
    let mut counts = BTreeMap::new();
    for ((a, b), c) in padded().zip(padded().skip(1)).zip(padded().skip(2)) {
        *counts.entry([a, b, c]).or_insert(0.0) += 1.0;
    }
    counts
}

fn cosine(a: &BTreeMap<[char; 3], f32>, b: &BTreeMap<[char; 3], f32>) -> f32 {
    let norm = |m: &BTreeMap<[char; 3], f32>| m.values().map(|v| v * v).sum::<f32>().sqrt();
    let dot: f32 = a.iter().filter_map(|(gram, n)| b.get(gram).map(|m| n * m)).sum();
    let length = norm(a) * norm(b);
    if length > 0.0 { dot / length } else { 0.0 }
}

fn entropy_bits(text: &str) -> f32 {
    let mut counts: BTreeMap<char, f32> = BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_insert(0.0) += 1.0;
    }
    let total: f32 = counts.values().sum();
    counts.values().map(|n| n / total).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn likeness(a: &str, b: &str) -> Likeness {
        Statement::new(a).likeness(&Statement::new(b))
    }

    #[test]
    fn case_punctuation_fillers_and_contractions_do_not_matter() {
        for (a, b) in [
            ("I am not good enough.", "um, I'm just not good enough"),
            ("I can't say no to people", "i cannot say NO to people!"),
            ("Call the dentist", "call, you know, a dentist"),
            ("I don't deserve this", "I don’t really deserve this"),
        ] {
            assert_eq!(likeness(a, b), Likeness::Same, "{a} / {b}");
        }
    }

    #[test]
    fn opposite_polarity_never_matches() {
        for (a, b) in [
            ("I am not good enough", "I am good enough"),
            ("I'm never going to be loved", "I'm going to be loved"),
            ("I can't trust anyone at work", "I can trust anyone at work"),
            ("Nobody listens to me at home", "Everybody listens to me at home"),
            ("stop eating sugar in the evening", "eating sugar in the evening"),
        ] {
            assert_eq!(likeness(a, b), Likeness::None, "{a} / {b}");
        }
    }

    #[test]
    fn what_others_hold_is_not_what_the_speaker_holds() {
        assert_eq!(
            likeness("I am good enough for this", "She is good enough for this"),
            Likeness::None
        );
        assert_eq!(likeness("You have to work hard", "I have to work hard"), Likeness::None);
    }

    #[test]
    fn near_statements_are_suggested_and_distant_ones_are_not() {
        for (a, b) in [
            ("I have to earn my rest", "I had to earn my rest"),
            ("I need to call my sister on Sunday", "I need to call my sister this Sunday"),
            ("I always let people down", "I always let everyone down"),
        ] {
            assert!(
                matches!(likeness(a, b), Likeness::Suggest(_)),
                "{a} / {b}: {:?}",
                likeness(a, b)
            );
        }
        for (a, b) in [
            ("I need to call my sister", "I need to fix the roof"),
            ("anger", "danger"),
            ("ba na ba na ba na ba", "ba na ba na ba na na"),
            ("", ""),
        ] {
            assert_eq!(likeness(a, b), Likeness::None, "{a} / {b}");
        }
    }

    proptest! {
        #[test]
        fn likeness_is_symmetric(a in "[a-zA-Z' ,.]{0,60}", b in "[a-zA-Z' ,.]{0,60}") {
            match (likeness(&a, &b), likeness(&b, &a)) {
                (Likeness::Suggest(x), Likeness::Suggest(y)) => prop_assert!((x - y).abs() < 1e-5),
                (x, y) => prop_assert_eq!(x, y),
            }
        }

        #[test]
        fn a_denial_is_never_like_what_it_denies(
            before in prop::sample::select(vec!["i am", "i do", "i can", "i will", "we are"]),
            after in "[b-z]{3,9}( [b-z]{3,9}){1,5}",
        ) {
            let denied = likeness(&format!("{before} {after}"), &format!("{before} not {after}"));
            prop_assert_eq!(denied, Likeness::None);
        }

        #[test]
        fn the_normalised_form_is_a_fixed_point(text in "\\PC{0,80}") {
            let once = Statement::new(&text);
            let twice = Statement::new(once.normalised());
            prop_assert_eq!(once.normalised(), twice.normalised());
        }
    }
}
