//! A limiter whose state is carried from call to call, so that it can be kept where every process
//! finds it.

use governor::{
    Quota, RateLimiter, clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{NotKeyed, StateStore},
};
use jiff::Timestamp;
use std::{cell::Cell, time::Duration};

/// How far ahead of now the limit is used up.
struct Ahead(Cell<Duration>);

impl StateStore for Ahead {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, take: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (value, ahead) = take(Some(self.0.get().into()))?;
        self.0.set(ahead.into());
        Ok(value)
    }
}

/// Now is always the beginning: what is carried counts from there.
struct Now;

impl clock::Clock for Now {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

/// When a limit will have recovered whole, in nanoseconds since 1970: the state that is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Until(pub(super) u64);

/// How far a clock may be set back without the count beginning anew.
const SLACK: Duration = Duration::from_secs(60);

/// Takes one at this time, or says how long to wait. What is kept cannot have come to lie further
/// ahead than the limit reaches; where it does, a clock was set back, which holds nobody up for long.
pub(super) fn take(kept: Until, now: Timestamp, quota: Quota) -> Result<Until, Duration> {
    let now = u64::try_from(now.as_nanosecond()).unwrap_or(0);
    let furthest = quota.replenish_interval().saturating_mul(quota.burst_size().get());
    let ahead = Duration::from_nanos(kept.0.saturating_sub(now));
    let ahead = if ahead > furthest.saturating_add(SLACK) { Duration::ZERO } else { ahead };
    let limiter =
        RateLimiter::<_, _, _, NoOpMiddleware<Duration>>::new(quota, Ahead(Cell::new(ahead)), Now);
    limiter.check().map_err(|not_until| not_until.wait_time_from(Duration::ZERO))?;
    let ahead = limiter.into_state_store().0.get();
    Ok(Until(now.saturating_add(u64::try_from(ahead.as_nanos()).unwrap_or(u64::MAX))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use std::num::NonZeroU32;

    fn quota(n: u32) -> Quota {
        Quota::per_minute(NonZeroU32::new(n).unwrap())
    }

    #[test]
    fn what_is_carried_counts_as_if_it_had_never_been_put_away() {
        let mut now: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
        let mut kept = Until::default();
        for _ in 0..6 {
            kept = take(kept, now, quota(6)).unwrap();
        }
        assert_eq!(take(kept, now, quota(6)), Err(Duration::from_secs(10)));
        now += 9.seconds();
        assert_eq!(take(kept, now, quota(6)), Err(Duration::from_secs(1)));
        now += 1.seconds();
        kept = take(kept, now, quota(6)).unwrap();
        assert_eq!(take(kept, now, quota(6)), Err(Duration::from_secs(10)));
        now += 1.hours();
        assert!(take(kept, now, quota(6)).is_ok());
    }

    #[test]
    fn a_clock_that_was_set_back_and_nonsense_hold_up_no_longer_than_the_limit_itself() {
        let now: Timestamp = "2026-11-27T10:00:00Z".parse().unwrap();
        for kept in [Until(u64::MAX), take(Until(0), now + 9000.hours(), quota(6)).unwrap()] {
            assert!(take(kept, now, quota(6)).is_ok());
        }
        assert!(take(Until(0), Timestamp::MIN, quota(1)).is_ok());
        // Half a minute back, with all used up: it waits for so long more, and counts on.
        let mut kept = Until(0);
        for _ in 0..6 {
            kept = take(kept, now, quota(6)).unwrap();
        }
        let back = now - 30.seconds();
        assert_eq!(take(kept, back, quota(6)), Err(Duration::from_secs(40)));
        assert!(take(kept, back + 40.seconds(), quota(6)).is_ok());
    }
}
