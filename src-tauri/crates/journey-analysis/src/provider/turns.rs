//! Whose turn it is: how many requests may be under way at once, and how many a minute may begin.

use super::{error::ProviderError, http::pause};
use journey_domain::ports::{CancelToken, Clock};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests under way at once, over all sessions: what small accounts and local servers bear.
const AT_ONCE: usize = 4;

const MINUTE: Duration = Duration::from_secs(60);

/// How often one that waits looks again.
const LOOK: Duration = Duration::from_millis(100);

/// Shared by all analyses of one person.
#[derive(Debug)]
pub struct Turns {
    under_way: Semaphore,
    begun: Mutex<VecDeque<Duration>>,
}

impl Default for Turns {
    fn default() -> Self {
        Self { under_way: Semaphore::new(AT_ONCE), begun: Mutex::default() }
    }
}

impl Turns {
    /// Waits until a request may begin; it is under way until what comes back is dropped.
    pub(crate) async fn take(
        &self,
        per_minute: u32,
        clock: &dyn Clock,
        longest: Duration,
        cancel: &CancelToken,
    ) -> Result<SemaphorePermit<'_>, ProviderError> {
        let began = clock.monotonic();
        loop {
            if cancel.is_cancelled() {
                return Err(ProviderError::Cancelled);
            }
            let now = clock.monotonic();
            if now.saturating_sub(began) > longest {
                return Err(ProviderError::TimeLimit);
            }
            if let Ok(permit) = self.under_way.try_acquire()
                && self.may_begin(per_minute, now)
            {
                return Ok(permit);
            }
            pause(LOOK.min(longest), cancel).await?;
        }
    }

    fn may_begin(&self, per_minute: u32, now: Duration) -> bool {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        while begun.front().is_some_and(|at| now.saturating_sub(*at) >= MINUTE) {
            begun.pop_front();
        }
        let may = begun.len() < per_minute as usize;
        if may {
            begun.push_back(now);
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_sees_more_beginnings_than_allowed() {
        let turns = Turns::default();
        let at = Duration::from_secs;
        let begun: Vec<bool> =
            [0, 10, 20, 30, 59, 60, 61, 70].map(|s| turns.may_begin(3, at(s))).into();
        assert_eq!(begun, [true, true, true, false, false, true, false, true]);
    }
}
