//! A title for a session that was given none.

use jiff::{Timestamp, tz::TimeZone};

/// Longest generated title, in characters.
const MAX_CHARS: usize = 60;

/// The title in a note's front matter, else the first words of what was said, cut at a word; the
/// day where nothing was said.
#[must_use]
pub fn from_text(text: &str, said_at: Timestamp, zone: &TimeZone) -> String {
    let (own_title, body) = front_matter(text);
    let first = body.split(['.', '!', '?', '\n']).map(without_marks).find(|s| !s.is_empty());
    let Some(sentence) = own_title.or(first) else {
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

/// The value of `title` between leading `---` lines, and the text after them; the whole text where
/// there are none.
fn front_matter(text: &str) -> (Option<&str>, &str) {
    let parts = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    let Some((matter, body)) = parts else { return (None, text) };
    let title = matter.lines().find_map(|line| line.strip_prefix("title:"));
    let title = title.map(|value| value.trim().trim_matches(['"', '\'']).trim());
    (title.filter(|it| !it.is_empty()), body)
}

/// A line without the signs by which Markdown marks headings, lists and quotations.
fn without_marks(line: &str) -> &str {
    line.trim().trim_start_matches(['#', '>', '*', '-']).trim()
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

    #[test]
    fn a_note_is_called_by_its_own_title_or_heading() {
        let title = |text| from_text(text, Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        assert_eq!(
            title("---\ntitle: \"A long walk\"\ndate: 2024-05-01\n---\nIt rained."),
            "A long walk"
        );
        assert_eq!(title("---\ndate: 2024-05-01\n---\n\n# The walk\n\nIt rained."), "The walk");
        assert_eq!(title("- milk\n- bread"), "milk");
        assert_eq!(title("---\nno end of it"), "no end of it");
    }
}
