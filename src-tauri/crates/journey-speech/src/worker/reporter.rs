//! The worker's one way to speak, and its sign of life.

use super::protocol::{FromWorker, write_frame};
use std::{
    io::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

/// Sends messages to the program; shared by all threads of a worker.
#[derive(Clone)]
pub(crate) struct Reporter {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    ticks: Arc<AtomicU64>,
}

impl Reporter {
    pub(crate) fn new(out: impl Write + Send + 'static) -> Self {
        Self { out: Arc::new(Mutex::new(Box::new(out))), ticks: Arc::default() }
    }

    /// Says that work is getting done.
    pub(crate) fn tick(&self) {
        self.ticks.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn send(&self, message: &FromWorker) {
        self.send_with(message, &[]);
    }

    /// Sends a message. A program that no longer listens ends the worker.
    pub(crate) fn send_with(&self, message: &FromWorker, payload: &[u8]) {
        let written = {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            write_frame(&mut **out, message, payload)
        };
        if written.is_err() {
            end_at_once();
        }
    }

    /// Sends a sign of life each second for as long as the worker lives.
    pub(crate) fn beat(&self) {
        let reporter = self.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(Duration::from_secs(1));
                let ticks = reporter.ticks.load(Ordering::Relaxed);
                reporter.send(&FromWorker::Alive { ticks });
            }
        });
    }
}

/// Ends the worker without running destructors, which may hang while native threads compute.
pub(crate) fn end_at_once() -> ! {
    let _killed =
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}
