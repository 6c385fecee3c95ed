//! Days and instants as people and scripts write them.

use crate::error::{CommandError, Result};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

/// An instant in RFC 3339, such as `2026-11-22T18:03:11Z`.
///
/// # Errors
/// A usage error.
pub fn instant(text: &str) -> Result<Timestamp> {
    text.parse().map_err(|_| {
        CommandError::usage("this is no date and time")
            .hint("Write it as RFC 3339, such as 2026-11-22T18:03:11Z.")
    })
}

/// A local day, `YYYY-MM-DD`.
///
/// # Errors
/// A usage error.
pub fn day(text: &str) -> Result<Date> {
    let well_formed = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    text.parse().ok().filter(|_| well_formed).ok_or_else(|| {
        CommandError::usage("this is no day").hint("Write it as YYYY-MM-DD, such as 2026-11-22.")
    })
}

/// The instants of a range of local days, both ends inclusive: the first one in, the first one out.
///
/// # Errors
/// A usage error for a day that is none.
pub fn range(
    from: Option<&str>,
    to: Option<&str>,
    zone: &TimeZone,
) -> Result<(Option<Timestamp>, Option<Timestamp>)> {
    let start_of = |date: Date| date.to_zoned_datetime(zone.clone()).map(|z| z.timestamp());
    let unusable = |_| CommandError::usage("this day lies outside the calendar");
    let first = from.map(day).transpose()?.map(start_of).transpose().map_err(unusable)?;
    let after = to
        .map(day)
        .transpose()?
        .map(|date| date.tomorrow().and_then(start_of))
        .transpose()
        .map_err(unusable)?;
    Ok((first, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_range_are_inclusive_also_over_a_clock_change() {
        let zone = TimeZone::get("Europe/Vienna").unwrap();
        let (first, after) = range(Some("2026-10-25"), Some("2026-10-25"), &zone).unwrap();
        let hours = after.unwrap().duration_since(first.unwrap()).as_hours();
        assert_eq!(hours, 25);
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in
            ["2026-13-01", "2026-02-30", "yesterday", "2026-1-1", "2026-11-22T10:00:00Z", ""]
        {
            assert!(day(text).is_err(), "{text}");
        }
        assert!(instant("2026-11-22").is_err());
    }
}
