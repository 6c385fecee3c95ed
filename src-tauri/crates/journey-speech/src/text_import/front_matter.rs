//! The date in Markdown's front matter.

use super::RecordedAt;
use jiff::{Timestamp, civil};

/// The value of `date`, `created` or `recorded_at` between the leading `---` lines, in that order
/// of standing in the file.
pub(super) fn date(text: &str) -> Option<RecordedAt> {
    let mut lines = text.lines();
    if lines.next()?.trim_end() != "---" {
        return None;
    }
    let mut found = None;
    for line in lines {
        if matches!(line.trim_end(), "---" | "...") {
            return found;
        }
        if found.is_none()
            && let Some((key, value)) = line.split_once(':')
            && matches!(key.trim_end(), "date" | "created" | "recorded_at")
        {
            let without_comment = value.split(" #").next().unwrap_or_default();
            found = parse(without_comment.trim().trim_matches(['"', '\'']));
        }
    }
    None
}

fn parse(value: &str) -> Option<RecordedAt> {
    if let Ok(moment) = value.parse::<Timestamp>() {
        return Some(RecordedAt::Moment(moment));
    }
    if let Ok(local) = value.parse::<civil::DateTime>() {
        return Some(RecordedAt::Local(local));
    }
    let day = value.parse::<civil::Date>().ok()?;
    Some(RecordedAt::Local(day.to_datetime(civil::Time::midnight())))
}
