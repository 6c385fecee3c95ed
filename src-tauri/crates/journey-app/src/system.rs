//! The real clock, ids and randomness: the only place that reads them.

use jiff::{Timestamp, tz::TimeZone};
use journey_domain::ports::{Clock, Ids, Random};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How often the two clocks that tell of sleep are read, for a pair that is of one moment.
#[cfg(target_os = "linux")]
const N_READINGS: usize = 3;

/// Keeps what this process writes to its owner, and its memory out of core files: keys lie in it.
/// To be called before anything is opened. Best effort; nothing else rests on it alone.
pub fn harden_process() {
    use rustix::{
        fs::Mode,
        process::{Resource, Rlimit, setrlimit, umask},
    };
    umask(Mode::RWXG | Mode::RWXO);
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }).ok();
}

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

    /// The clock that goes on while the computer sleeps, less the one that does not.
    #[cfg(target_os = "linux")]
    fn asleep(&self) -> Option<Duration> {
        use rustix::time::{ClockId, clock_gettime};
        let read = |clock| {
            let time = clock_gettime(clock);
            let (seconds, nanos) = (time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?);
            Some(Duration::new(seconds, nanos))
        };
        // A program that stood still between the two readings has not slept.
        (0..N_READINGS)
            .map(|_| {
                let awake = read(ClockId::Monotonic)?;
                let both = read(ClockId::Boottime)?;
                Some((read(ClockId::Monotonic)?.saturating_sub(awake), both.saturating_sub(awake)))
            })
            .collect::<Option<Vec<_>>>()?
            .into_iter()
            .min()
            .map(|(_, asleep)| asleep)
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_computer_that_has_not_slept_says_so_too() {
        let clock = SystemClock::new();
        assert!((0..1000).all(|_| clock.asleep().is_some()));
    }
}
