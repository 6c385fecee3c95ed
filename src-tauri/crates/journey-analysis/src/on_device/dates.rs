//! Days that are spoken of: "tomorrow", "by Friday", "in two weeks", "on the 12th of March".

use jiff::{
    ToSpan,
    civil::{Date, Weekday, date},
};

/// The day until which something is meant to be done, where one was said; for a week or a month its
/// last day.
pub(crate) fn due(words: &[&str], said_on: Date) -> Option<Date> {
    (0..words.len()).find_map(|i| {
        at(
            words.get(i..).unwrap_or_default(),
            i.checked_sub(1).and_then(|b| words.get(b)).copied().unwrap_or(""),
            said_on,
        )
    })
}

fn at(words: &[&str], before: &str, said_on: Date) -> Option<Date> {
    let next = words.get(1).copied().unwrap_or("");
    let third = words.get(2).copied().unwrap_or("");
    let days = |n: i64| said_on.checked_add(n.days()).ok();
    match (*words.first()?, next) {
        ("today" | "tonight", _) | ("this", "evening" | "afternoon" | "morning") => Some(said_on),
        ("day", "after") if third == "tomorrow" => days(2),
        ("tomorrow", _) => days(1),
        ("this", "week") => days(until(said_on, Weekday::Sunday)),
        ("end", "of") if third == "week" || words.get(3) == Some(&"week") => {
            days(until(said_on, Weekday::Sunday))
        }
        ("weekend", _) => {
            let coming = days(until(said_on, Weekday::Saturday))?;
            if before == "next" { coming.checked_add(7.days()).ok() } else { Some(coming) }
        }
        ("next", "week") => days(until(said_on, Weekday::Sunday) + 7),
        ("this", "month") => Some(said_on.last_of_month()),
        ("next", "month") => {
            Some(said_on.first_of_month().checked_add(1.month()).ok()?.last_of_month())
        }
        ("in" | "within", _) => {
            let (n, unit) =
                if next == "a" || next == "an" { (1, third) } else { (number(next)?, third) };
            match unit.trim_end_matches('s') {
                "day" => days(n),
                "week" => days(7 * n),
                "fortnight" => days(14),
                "month" => said_on.checked_add(n.months()).ok(),
                _ => None,
            }
        }
        ("the", _) if matches!(before, "on" | "by" | "until" | "for") => {
            let day = ordinal(next)?;
            match month(if third == "of" { words.get(3)? } else { third }) {
                Some(month) => on(said_on, month, day),
                None => day_of_month(said_on, day),
            }
        }
        (word, _) => {
            if let Some(weekday) = weekday(word) {
                if matches!(before, "every" | "last" | "since" | "each" | "most") {
                    return None;
                }
                let ahead = match until(said_on, weekday) {
                    0 => 7,
                    n => n,
                };
                // "Next Friday" is the one of the coming calendar week.
                let this_week = until(said_on, Weekday::Sunday);
                return days(if before == "next" && ahead <= this_week {
                    ahead + 7
                } else {
                    ahead
                });
            }
            let month = month(word)?;
            let day = ordinal(next).or_else(|| ordinal(before))?;
            on(said_on, month, day)
        }
    }
}

/// Days from `from` to the next `day`, 0 on the day itself.
fn until(from: Date, day: Weekday) -> i64 {
    i64::from(from.weekday().until(day))
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word.strip_suffix("'s").unwrap_or(word) {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

fn month(word: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    MONTHS.iter().position(|m| *m == word).and_then(|i| i8::try_from(i + 1).ok())
}

fn number(word: &str) -> Option<i64> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    match word {
        "couple" => Some(2),
        _ => WORDS
            .iter()
            .position(|w| *w == word)
            .and_then(|n| i64::try_from(n).ok())
            .or_else(|| word.parse().ok().filter(|n| (1..=365).contains(n))),
    }
}

fn ordinal(word: &str) -> Option<i8> {
    const WORDS: [&str; 21] = [
        "",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
    ];
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    digits
        .parse()
        .ok()
        .or_else(|| {
            WORDS
                .iter()
                .position(|w| !w.is_empty() && *w == word)
                .and_then(|n| i8::try_from(n).ok())
        })
        .filter(|day| (1..=31).contains(day))
}

/// The day in this year, or in the next one where it is over.
fn on(said_on: Date, month: i8, day: i8) -> Option<Date> {
    (0..2)
        .filter_map(|years| Date::new(said_on.year() + years, month, day).ok())
        .find(|found| *found >= said_on)
}

fn day_of_month(said_on: Date, day: i8) -> Option<Date> {
    let mut first = date(said_on.year(), said_on.month(), 1);
    for _ in 0..3 {
        if let Ok(found) = Date::new(first.year(), first.month(), day)
            && found >= said_on
        {
            return Some(found);
        }
        first = first.checked_add(1.month()).ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    // A Tuesday.
    const SAID: Date = date(2026, 11, 24);

    fn due_of(text: &str) -> Option<Date> {
        let words: Vec<&str> = text.split(' ').collect();
        due(&words, SAID)
    }

    #[test]
    fn days_are_counted_from_when_it_was_said() {
        for (text, expected) in [
            ("i'll ring her tonight", date(2026, 11, 24)),
            ("going tomorrow at six", date(2026, 11, 25)),
            ("hand it over by friday", date(2026, 11, 27)),
            ("see them next friday", date(2026, 12, 4)),
            ("see them on tuesday", date(2026, 12, 1)),
            ("next monday i start", date(2026, 11, 30)),
            ("tidy at the weekend", date(2026, 11, 28)),
            ("in two weeks", date(2026, 12, 8)),
            ("book it by the end of the week", date(2026, 11, 29)),
            ("dentist on the 3rd of march", date(2027, 3, 3)),
            ("due on the 12th", date(2026, 12, 12)),
            ("december 1st", date(2026, 12, 1)),
            ("the day after tomorrow", date(2026, 11, 26)),
        ] {
            assert_eq!(due_of(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_comes_again_or_is_over_has_no_day() {
        for text in
            ["every monday", "since tuesday", "i may go", "in the garden", "the second time"]
        {
            assert_eq!(due_of(text), None, "{text}");
        }
    }
}
