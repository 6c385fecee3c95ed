//! The real clock, ids and randomness: the only place that reads them.

use jiff::{Timestamp, tz::TimeZone};
use journey_domain::ports::{Clock, Ids, Random};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The computer's clock.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn time_zone(&self) -> TimeZone {
        TimeZone::system()
    }
}

/// UUID v7 from the computer's clock and randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the Ids port")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) {
        // Without randomness no key may be made: stopping is the only safe answer, and Linux,
        // macOS and Windows only fail here when the system itself is broken.
        #[expect(clippy::expect_used, reason = "no safe way on without randomness")]
        getrandom::fill(buffer).expect("the operating system gives no randomness");
    }
}
