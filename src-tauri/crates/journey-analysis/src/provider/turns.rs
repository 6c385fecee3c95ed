//! Whose turn it is: how many requests may be under way at once, and how many a minute may begin.

use super::{error::ProviderError, http::pause};
use journey_domain::ports::{CancelToken, Clock};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests under way at once, over all sessions: what small accounts and local servers bear.
const AT_ONCE: usize = 4;

/// How often one that waits looks again.
const LOOK: Duration = Duration::from_millis(100);

/// How many requests a minute may begin. Who counts, and where, is the application's.
pub trait CallLimit: Send + Sync {
    /// Takes one request.
    ///
    /// # Errors
    /// How long to wait before the next may begin.
    fn take(&self) -> Result<(), Duration>;
}

/// Shared by all analyses of one person.
#[derive(Debug)]
pub struct Turns {
    under_way: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self { under_way: Semaphore::new(AT_ONCE) }
    }
}

/// What bounds the waiting for a turn.
pub(crate) struct Patience<'a> {
    pub(crate) clock: &'a dyn Clock,
    pub(crate) longest: Duration,
    pub(crate) cancel: &'a CancelToken,
    /// Told how long it will take, when the limit is reached.
    pub(crate) waits: &'a (dyn Fn(Duration) + Sync),
}

impl Turns {
    /// Waits until a request may begin; it is under way until what comes back is dropped. Where the
    /// wait would outlast the patience, it ends at once and says when to try again.
    pub(crate) async fn take(
        &self,
        calls: &dyn CallLimit,
        patience: &Patience<'_>,
    ) -> Result<SemaphorePermit<'_>, ProviderError> {
        let Patience { clock, longest, cancel, waits } = patience;
        let began = clock.monotonic();
        let mut not_before = began;
        loop {
            if cancel.is_cancelled() {
                return Err(ProviderError::Cancelled);
            }
            let now = clock.monotonic();
            let waited = now.saturating_sub(began);
            if waited > *longest {
                return Err(ProviderError::TimeLimit);
            }
            if now >= not_before
                && let Ok(permit) = self.under_way.try_acquire()
            {
                let Err(wait) = calls.take() else { return Ok(permit) };
                if wait > longest.saturating_sub(waited) {
                    return Err(ProviderError::call_limit(wait));
                }
                waits(wait);
                not_before = now.saturating_add(wait);
            }
            pause(LOOK.min(*longest), cancel).await?;
        }
    }
}

/// Takes a turn for a request that somebody looks on at, and that does not wait.
pub(crate) fn take_at_once(calls: &dyn CallLimit) -> Result<(), ProviderError> {
    calls.take().map_err(ProviderError::call_limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{Timestamp, tz::TimeZone};
    use std::sync::{
        Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering::SeqCst},
    };

    /// Goes on by a second each time it is looked at.
    #[derive(Default)]
    struct Steps(AtomicU64);

    impl Clock for Steps {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.fetch_add(1, SeqCst))
        }
        fn time_zone(&self) -> TimeZone {
            TimeZone::UTC
        }
    }

    /// Lets one through after so many refusals, each for five seconds.
    struct Refuses(AtomicU32);

    impl CallLimit for Refuses {
        fn take(&self) -> Result<(), Duration> {
            let before = self.0.load(SeqCst);
            self.0.store(before.saturating_sub(1), SeqCst);
            if before == 0 { Ok(()) } else { Err(Duration::from_secs(5)) }
        }
    }

    async fn taken(refusals: u32, longest_s: u64) -> (Result<(), ProviderError>, Vec<u64>, u64) {
        let (turns, clock, told) = (Turns::default(), Steps::default(), Mutex::new(Vec::new()));
        let patience = Patience {
            clock: &clock,
            longest: Duration::from_secs(longest_s),
            cancel: &CancelToken::new(),
            waits: &|wait| told.lock().unwrap().push(wait.as_secs()),
        };
        let taken = turns.take(&Refuses(refusals.into()), &patience).await.map(drop);
        let now = clock.0.load(SeqCst);
        (taken, told.into_inner().unwrap(), now)
    }

    #[tokio::test]
    async fn one_who_can_wait_is_told_how_long_and_one_who_cannot_when_to_try_again() {
        let (taken, told, now) = taken(2, 60).await;
        assert!(taken.is_ok());
        assert_eq!(told, [5, 5]);
        assert!(now >= 10, "it asked again before its time: {now}");
        let (refused, told, _) = self::taken(2, 4).await;
        let refused = refused.unwrap_err();
        assert_eq!(told, [0; 0]);
        assert!(refused.to_string().contains("try again in 5 s"), "{refused}");
        assert_eq!(refused.code(), journey_domain::error_code::ErrorCode::RateLimited);
        assert!(refused.hint().is_some() && refused.ends_the_session());
    }
}
