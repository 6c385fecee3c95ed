//! The sentences of which made-up days consist, with the place of what is found in them.

use serde::Deserialize;

const FILE: &str = include_str!("../../../../../assets/samples/days.v1.json");

/// Everything there is to say.
#[derive(Deserialize)]
pub(super) struct Sentences {
    pub(super) names: Vec<String>,
    pub(super) places: Vec<String>,
    pub(super) openings: Vec<String>,
    pub(super) closings: Vec<String>,
    pub(super) themes: Vec<Theme>,
}

/// What a day is about. What is found in a sentence stands in brackets.
#[derive(Deserialize)]
pub(super) struct Theme {
    pub(super) topic: String,
    pub(super) tags: Vec<String>,
    pub(super) titles: Vec<String>,
    pub(super) topic_says: Vec<String>,
    pub(super) plain: Vec<String>,
    /// Node, intensity, sentence.
    pub(super) emotions: Vec<String>,
    /// Label, sentence.
    pub(super) insights: Vec<String>,
    /// Stance, label, sentence.
    pub(super) beliefs: Vec<String>,
    /// Label, sentence.
    pub(super) challenges: Vec<String>,
    /// Label, sentence.
    pub(super) actions: Vec<String>,
}

impl Sentences {
    /// The built-in ones; `None` where the file is not in order, which a test rules out.
    pub(super) fn read() -> Option<Self> {
        let it: Self = serde_json::from_str(FILE).ok()?;
        let lists = [&it.names, &it.places, &it.openings, &it.closings];
        let of_theme = |theme: &Theme| {
            [
                &theme.titles,
                &theme.topic_says,
                &theme.plain,
                &theme.emotions,
                &theme.insights,
                &theme.beliefs,
                &theme.challenges,
                &theme.actions,
            ]
            .iter()
            .all(|list| !list.is_empty())
        };
        (lists.iter().all(|list| !list.is_empty())
            && !it.themes.is_empty()
            && it.themes.iter().all(of_theme))
        .then_some(it)
    }
}

/// A sentence without its brackets, and the characters that stood in them.
pub(super) fn unbracketed(sentence: &str) -> (String, Option<(usize, usize)>) {
    let Some((before, rest)) = sentence.split_once('[') else { return (sentence.to_owned(), None) };
    let Some((quote, after)) = rest.split_once(']') else { return (sentence.to_owned(), None) };
    let start = before.chars().count();
    (format!("{before}{quote}{after}"), Some((start, start + quote.chars().count())))
}
