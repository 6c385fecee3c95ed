//! A title for a session that was given none.

use jiff::{Timestamp, tz::TimeZone};

/// Longest generated title, in characters.
const MAX_CHARS: usize = 60;

/// The first words of what was said, cut at a word; the day where nothing was said.
#[must_use]
pub fn from_text(text: &str, said_at: Timestamp, zone: &TimeZone) -> String {
    let sentence = text.split(['.', '!', '?', '\n']).map(str::trim).find(|s| !s.is_empty());
    let Some(sentence) = sentence else {
        return from_day(said_at, zone);
    };
    let mut title = String::new();
    for word in sentence.split_whitespace() {
        let n_chars = title.chars().count() + 1 + word.chars().count();
        if n_chars > MAX_CHARS && !title.is_empty() {
            title.push('…');
            return title;
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.extend(word.chars().filter(|c| !c.is_control()).take(MAX_CHARS));
    }
    title
}

/// The local day, such as `Sunday, 22 November 2026`.
#[must_use]
pub fn from_day(said_at: Timestamp, zone: &TimeZone) -> String {
    said_at.to_zoned_datetime(zone.clone()).strftime("%A, %-d %B %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_sentence_cut_at_a_word() {
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(from_text(" I slept badly. Then work.", at, &TimeZone::UTC), "I slept badly");
        let long = from_text(&"word ".repeat(40), at, &TimeZone::UTC);
        assert!(long.chars().count() <= MAX_CHARS + 1 && long.ends_with("word…"));
        assert_eq!(from_text(" … \n", at, &TimeZone::UTC), "…");
        assert_eq!(from_text("", at, &TimeZone::UTC), "Thursday, 1 January 1970");
    }
}
