//! So many a minute, for each of many, by the injected clock.

mod calls;
mod carried;
mod counts;

pub(crate) use calls::ProviderCalls;
pub(super) use counts::Counts;

use governor::{
    Quota, RateLimiter, clock, middleware::NoOpMiddleware, state::keyed::HashMapStateStore,
};
use journey_domain::ports::Clock;
use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, PortClock, NoOpMiddleware<Duration>>;

/// The limiter's time is that of the Clock port, so that tests can set it.
#[derive(Clone)]
struct PortClock(Arc<dyn Clock>);

impl clock::Clock for PortClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.monotonic()
    }
}

/// Counts for each key on its own: one who does too much holds up nobody else.
pub(crate) struct PerMinute<K: Hash + Eq + Clone> {
    clock: PortClock,
    limiter: Mutex<(u32, Arc<Limiter<K>>)>,
}

impl<K: Hash + Eq + Clone> PerMinute<K> {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let clock = PortClock(clock);
        let limiter = Mutex::new((1, Arc::new(limiter(1, &clock))));
        Self { clock, limiter }
    }

    /// Takes one of the `per_minute` that `key` has, or says how long to wait. A limit that changed
    /// holds at once, and counts anew.
    pub(crate) fn take(&self, key: &K, per_minute: u32) -> Result<(), Duration> {
        let limiter = {
            let mut now = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
            if now.0 != per_minute {
                *now = (per_minute, Arc::new(limiter(per_minute, &self.clock)));
            }
            Arc::clone(&now.1)
        };
        limiter
            .check_key(key)
            .map_err(|not_until| not_until.wait_time_from(clock::Clock::now(&self.clock)))
    }
}

fn limiter<K: Hash + Eq + Clone>(per_minute: u32, clock: &PortClock) -> Limiter<K> {
    RateLimiter::hashmap_with_clock(quota(per_minute), clock.clone())
}

fn quota(per_minute: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN))
}

/// Whole seconds after which it is worth another try.
pub(crate) const fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}
