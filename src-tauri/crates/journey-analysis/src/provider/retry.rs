//! When to ask again: what the server says, else a random part of a growing pause.

use jiff::Timestamp;
use journey_domain::ports::Random;
use std::time::Duration;

/// Most requests for one answer.
pub(crate) const MAX_TRIES: u32 = 4;

/// How long to wait before try number `tries + 1`. Never longer than `longest`.
pub(crate) fn pause_before(
    tries: u32,
    retry_after: Option<&str>,
    now: Timestamp,
    (first, longest): (Duration, Duration),
    random: &dyn Random,
) -> Duration {
    let step = first.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(longest);
    let jitter = step.mul_f64(fraction(random));
    match retry_after.and_then(|text| asked_for(text, now)) {
        Some(asked) => asked.saturating_add(jitter.min(first)).min(longest),
        None => jitter,
    }
}

/// What `Retry-After` asks for: seconds or a date. Nothing for what is neither or lies before 0.
fn asked_for(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        // Beyond every cap, and within what a duration holds.
        return (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(1e6)));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let seconds = at.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

/// A random number from 0 to 1.
fn fraction(random: &dyn Random) -> f64 {
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn seconds(tries: u32, header: Option<&str>, byte: u8) -> u64 {
        let now: Timestamp = "1994-11-06T08:49:07Z".parse().unwrap();
        let limits = (Duration::from_secs(1), Duration::from_secs(120));
        pause_before(tries, header, now, limits, &Fixed(byte)).as_secs()
    }

    #[test]
    fn every_form_of_retry_after_is_honoured_up_to_the_cap() {
        assert_eq!(seconds(1, Some("7"), 0), 7);
        assert_eq!(seconds(1, Some("Sun, 06 Nov 1994 08:49:37 GMT"), 0), 30);
        assert_eq!(seconds(1, Some("Sun, 06 Nov 1994 08:00:00 GMT"), 0), 0);
        assert_eq!(seconds(1, Some("99999999999999999999"), 255), 120);
        assert_eq!(seconds(1, Some("1e400"), 0), 120);
    }

    #[test]
    fn without_a_usable_wish_the_pause_is_a_random_part_of_a_doubling_one() {
        for header in [None, Some("-5"), Some("soon"), Some("NaN"), Some("")] {
            assert_eq!(seconds(3, header, 255), 4, "{header:?}");
            assert_eq!(seconds(3, header, 0), 0);
        }
        assert_eq!(seconds(60, None, 255), 120);
    }
}
