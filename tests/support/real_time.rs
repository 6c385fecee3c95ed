//! Sound runs in real time, also on a computer that stands still for a while: when that happens, a test of
//! sound says nothing. Whether it happened is measured beside the test.

#![allow(clippy::print_stderr, reason = "whoever reads a test's output wants to know of it")]

use std::{
    panic::{RefUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Whoever sleeps and wakes later than this by so much was kept from running.
const STANDSTILL: Duration = Duration::from_millis(100);
const LOOK_EVERY: Duration = Duration::from_millis(10);
const N_WATCHING: usize = 2;

/// Watches whether threads that are due get to run.
pub struct Watch {
    is_over: Arc<AtomicBool>,
    latest_us: Arc<AtomicU64>,
    watchers: Vec<Watcher>,
}

struct Watcher {
    /// How often it has looked; counted once what it saw is noted.
    n_looks: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Watch {
    /// Begins.
    pub fn start() -> Self {
        let (is_over, latest_us) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let watchers = (0..N_WATCHING)
            .map(|_| {
                let (is_over, latest_us) = (Arc::clone(&is_over), Arc::clone(&latest_us));
                let n_looks = Arc::<AtomicU64>::default();
                let n_looked = Arc::clone(&n_looks);
                let thread = thread::spawn(move || {
                    while !is_over.load(Ordering::Acquire) {
                        let asleep_at = Instant::now();
                        thread::sleep(LOOK_EVERY);
                        let late = asleep_at.elapsed().saturating_sub(LOOK_EVERY);
                        latest_us.fetch_max(late.as_micros() as u64, Ordering::AcqRel);
                        n_looked.fetch_add(1, Ordering::Release);
                    }
                });
                Watcher { n_looks, thread }
            })
            .collect();
        Self { is_over, latest_us, watchers }
    }

    /// Whether the computer stood still since the start, or does so now: lateness is known only once
    /// it is over, so that each watcher is waited for.
    pub fn stood_still(&self) -> bool {
        let n_looks = |it: &Watcher| it.n_looks.load(Ordering::Acquire);
        // A watcher may be about to count a look that it took before; the one after that is whole.
        let awaited: Vec<u64> = self.watchers.iter().map(|it| n_looks(it) + 2).collect();
        for (watcher, n_awaited) in self.watchers.iter().zip(awaited) {
            while n_looks(watcher) < n_awaited {
                thread::sleep(LOOK_EVERY);
            }
        }
        self.latest() >= STANDSTILL
    }

    fn latest(&self) -> Duration {
        Duration::from_micros(self.latest_us.load(Ordering::Acquire))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        for watcher in self.watchers.drain(..) {
            drop(watcher.thread.join());
        }
    }
}

/// Runs a test that needs time to pass as it does; again, and three times at most, where it fails while
/// the computer stood still. What is wrong on a computer that runs fails at once.
pub fn in_real_time(test: impl Fn() + RefUnwindSafe) {
    for _ in 0..3 {
        let watch = Watch::start();
        match catch_unwind(&test) {
            Ok(()) => return,
            Err(_) if watch.stood_still() => {
                eprintln!("The computer stood still for {:?}; once more.", watch.latest());
            }
            Err(failed) => resume_unwind(failed),
        }
    }
    test();
}
