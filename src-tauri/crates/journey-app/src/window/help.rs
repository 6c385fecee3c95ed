//! Help lines by country, and whether a text has words that make a person want to see them.
//! It is a list of phrases and no judgement: never a diagnosis.

use crate::views::window::{Country, CrisisHelp, HelpLine};
use serde::Deserialize;
use std::sync::LazyLock;

const FILE: &str = include_str!("../../../../../assets/help/lines.v1.json");

/// Where a person is who has not said where.
const ANYWHERE: &str = "XX";

/// Phrases of self-harm and violence, in lower case, with blanks between words.
const PHRASES: &[&str] = &[
    "kill myself",
    "killing myself",
    "end my life",
    "ending my life",
    "take my own life",
    "taking my own life",
    "suicide",
    "suicidal",
    "want to die",
    "wanted to die",
    "wish i was dead",
    "wish i were dead",
    "better off dead",
    "better off without me",
    "no reason to live",
    "don't want to live",
    "do not want to live",
    "don't want to be alive",
    "hurt myself",
    "hurting myself",
    "harm myself",
    "harming myself",
    "cut myself on purpose",
    "cutting myself",
    "self-harm",
    "self harm",
    "overdose",
    "don't want to be here anymore",
    "hits me",
    "hitting me",
    "he hit me",
    "she hit me",
    "they hit me",
    "beats me",
    "beating me",
    "beat me up",
    "choked me",
    "strangled me",
    "raped me",
    "afraid he will kill me",
    "afraid she will kill me",
    "afraid they will kill me",
    "threatened to kill me",
    "threatens to kill me",
    "going to kill him",
    "going to kill her",
    "going to kill them",
    "want to kill him",
    "want to kill her",
    "want to kill them",
    "want to hurt him",
    "want to hurt her",
    "want to hurt them",
    "want to hurt someone",
];

#[derive(Deserialize)]
struct File {
    countries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    code: String,
    name: String,
    lines: Vec<HelpLine>,
}

#[expect(clippy::expect_used, reason = "the file is built in, and a test reads it")]
static LINES: LazyLock<File> =
    LazyLock::new(|| serde_json::from_str(FILE).expect("the built-in help lines can be read"));

/// The help lines of a country; of anywhere without one, or where it is not listed.
#[must_use]
pub fn lines(country: Option<&str>) -> CrisisHelp {
    let wanted = country.unwrap_or(ANYWHERE);
    let of = |code: &str| LINES.countries.iter().find(|c| c.code.eq_ignore_ascii_case(code));
    let found = of(wanted).or_else(|| of(ANYWHERE));
    CrisisHelp {
        country: found.map_or(ANYWHERE, |c| &c.code).to_owned(),
        countries: LINES
            .countries
            .iter()
            .map(|c| Country { code: c.code.clone(), name: c.name.clone() })
            .collect(),
        lines: found.map(|c| c.lines.clone()).unwrap_or_default(),
    }
}

/// Whether one of the phrases stands in the text, at word borders.
#[must_use]
pub fn has_words_of_crisis(text: &str) -> bool {
    let plain: String = text
        .chars()
        .map(|c| match c {
            '\u{2019}' => '\'',
            c if c.is_whitespace() => ' ',
            c => c.to_lowercase().next().unwrap_or(c),
        })
        .collect();
    let words: Vec<&str> = plain
        .split(' ')
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .collect();
    let plain = format!(" {} ", words.join(" "));
    PHRASES.iter().any(|phrase| plain.contains(&format!(" {phrase} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_help_line_says_where_it_stands_and_since_when() {
        for country in &LINES.countries {
            assert!(!country.lines.is_empty(), "{}", country.code);
            for line in &country.lines {
                assert!(line.source.starts_with("https://") && !line.as_of.is_empty());
            }
        }
    }

    #[test]
    fn an_unlisted_country_gets_lines_too() {
        assert!(!lines(Some("ZZ")).lines.is_empty());
        assert_eq!(lines(Some("gb")).country, "GB");
    }

    #[test]
    fn words_of_crisis_are_found_at_word_borders_only() {
        assert!(has_words_of_crisis("Some days I don\u{2019}t want to\nlive."));
        assert!(has_words_of_crisis("I thought of SUICIDE, again"));
        assert!(has_words_of_crisis("Then he hit me, and I left."));
        assert!(has_words_of_crisis("She threatened to kill me."));
        assert!(!has_words_of_crisis("My boss is going to kill me over this report"));
        assert!(has_words_of_crisis("I want to hurt her so much it scares me"));
        assert!(!has_words_of_crisis("On the way home it hit me how tired I was"));
        assert!(!has_words_of_crisis("We beat them three to one"));
        assert!(!has_words_of_crisis("The deadline will not kill myselfish plans"));
        assert!(!has_words_of_crisis("I am tired and want to sleep"));
    }
}
