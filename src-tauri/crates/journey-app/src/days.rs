//! Days and instants as people and scripts write them.

use crate::error::{CommandError, Result};
use jiff::{
    Timestamp,
    civil::Date,
    fmt::temporal::{Pieces, PiecesOffset},
    tz::{Offset, TimeZone},
};

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

/// An instant, and where it was said.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// The zone by whose clocks it was said; one that has a name.
    pub zone: TimeZone,
}

/// An instant in RFC 3339 with its offset: `2026-11-20T23:30:00-05:00` was said on the 20th, whatever
/// day it was here. `Z` tells nothing of the place, so it is here.
///
/// # Errors
/// A usage error.
pub fn moment(text: &str, here: &TimeZone) -> Result<Moment> {
    let at = instant(text)?;
    let offset = Pieces::parse(text).ok().and_then(|pieces| match pieces.offset() {
        // In RFC 3339 `-00:00` tells as little of the place as `Z`.
        Some(PiecesOffset::Numeric(offset)) if !text.ends_with("-00:00") => Some(offset.offset()),
        _ => None,
    });
    let zone = offset.and_then(|offset| zone_at(offset, at, here)).unwrap_or_else(|| here.clone());
    Ok(Moment { at, zone })
}

/// A zone that can be stored by its name and had this offset then: this computer's if it is so, else
/// the one of whole hours, else any.
fn zone_at(offset: Offset, at: Timestamp, here: &TimeZone) -> Option<TimeZone> {
    let fits = |zone: &TimeZone| zone.to_offset(at) == offset && zone.iana_name().is_some();
    let hours = offset.seconds() / 3600;
    let of_whole_hours = match (offset.seconds() % 3600, hours) {
        (0, 0) => Some("Etc/GMT".to_owned()),
        // In these names the sign is the other way round.
        (0, _) => Some(format!("Etc/GMT{:+}", -hours)),
        _ => None,
    };
    Some(here.clone())
        .filter(&fits)
        .or_else(|| TimeZone::get(&of_whole_hours?).ok().filter(&fits))
        .or_else(|| {
            jiff::tz::db()
                .available()
                .filter_map(|name| TimeZone::get(name.as_str()).ok())
                .find(&fits)
        })
}

/// A time in RFC 3339 as people read it: on this computer's clocks, to the minute.
#[must_use]
pub fn for_people(time: &str) -> String {
    on_clocks_of(time, TimeZone::system())
}

fn on_clocks_of(time: &str, zone: TimeZone) -> String {
    match time.parse::<Timestamp>() {
        Ok(at) => at.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M").to_string(),
        Err(_) => time.to_owned(),
    }
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
    let (from, to) = (from.map(day).transpose()?, to.map(day).transpose()?);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(CommandError::usage("the first day comes after the last one")
            .hint("Change them round: --from is the earlier one."));
    }
    let first = from.map(start_of).transpose().map_err(unusable)?;
    let after = to.map(|date| date.tomorrow().and_then(start_of)).transpose().map_err(unusable)?;
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
    fn a_range_that_ends_before_it_begins_is_refused() {
        assert!(range(Some("2026-10-26"), Some("2026-10-25"), &TimeZone::UTC).is_err());
    }

    #[test]
    fn the_day_said_is_that_of_the_offset_and_its_zone_has_a_name() {
        let here = TimeZone::get("Europe/Vienna").unwrap();
        for (text, name, day) in [
            ("2026-11-20T23:30:00-05:00", Some("Etc/GMT+5"), "2026-11-20"),
            ("2026-11-21T01:30:00+09:00", Some("Etc/GMT-9"), "2026-11-21"),
            ("2026-11-21T00:30:00+00:00", Some("Etc/GMT"), "2026-11-21"),
            ("2026-11-21T00:30:00+01:00", Some("Europe/Vienna"), "2026-11-21"),
            ("2026-11-20T23:30:00Z", Some("Europe/Vienna"), "2026-11-21"),
            ("2026-11-20T23:30:00+05:30", None, "2026-11-20"),
        ] {
            let moment = moment(text, &here).unwrap();
            let stored = moment.zone.iana_name().expect("it can be stored");
            assert!(name.is_none_or(|name| name == stored), "{text}: {stored}");
            let read_back = TimeZone::get(stored).unwrap();
            let said_on = moment.at.to_zoned_datetime(read_back).date().to_string();
            assert_eq!(said_on, day, "{text}");
        }
    }

    #[test]
    fn people_read_times_on_their_own_clocks_to_the_minute() {
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        assert_eq!(on_clocks_of("2026-11-22T23:03:11Z", vienna.clone()), "2026-11-23 00:03");
        assert_eq!(on_clocks_of("no time", vienna), "no time");
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
