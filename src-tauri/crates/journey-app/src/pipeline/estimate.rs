//! How far a stage is and how long it will take, told not too often.

use crate::Ports;
use journey_domain::{
    job::{Job, Progress},
    ports::{Clock, Event, EventSink},
};
use std::{sync::Arc, time::Duration};

/// At most so often.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// Nothing is done before it is stored, which the job's own state tells.
const MOST: f32 = 0.99;

/// No estimate before this share is done: it would jump.
const FIRST_ESTIMATE_AT: f32 = 0.03;

/// Tells the progress of one job.
pub(crate) struct Teller {
    events: Arc<dyn EventSink>,
    clock: Arc<dyn Clock>,
    job: Job,
    began: Duration,
    last: Option<Duration>,
    began_at: f32,
}

impl Teller {
    /// Begins to count now. `done` is the share that earlier tries did.
    pub(crate) fn new(ports: &Ports, job: &Job, done: f32) -> Self {
        Self {
            events: ports.events.clone(),
            clock: ports.clock.clone(),
            job: job.clone(),
            began: ports.clock.monotonic(),
            last: None,
            began_at: done,
        }
    }

    /// Tells a share, unless it was told a moment ago.
    pub(crate) fn tell(&mut self, fraction: f32, message: &str) {
        let now = self.clock.monotonic();
        let fraction = fraction.clamp(0.0, MOST);
        if self.last.is_some_and(|last| now.saturating_sub(last) < SHORTEST_PAUSE) {
            return;
        }
        self.last = Some(now);
        let done = fraction - self.began_at;
        let remaining_ms = (done >= FIRST_ESTIMATE_AT).then(|| {
            let spent = now.saturating_sub(self.began).as_secs_f32();
            (spent / done * (1.0 - fraction) * 1000.0) as u64
        });
        self.events.emit(Event::Progress(Progress {
            job: self.job.id,
            session: self.job.session,
            kind: self.job.kind,
            fraction,
            message: message.to_owned(),
            remaining_ms,
        }));
    }
}
