//! The core's events as the window's: ids and progress, throttled, never private content.

use journey_app::window::queue;
use journey_domain::{
    ids::JobId,
    ports::{Event, EventSink},
};
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};
use tauri::{AppHandle, Emitter};

/// WebKitGTK leaks under floods of events: at most 30 a second for each thing that moves.
const SHORTEST_PAUSE: Duration = Duration::from_millis(33);

/// Sends events to the window once there is one.
#[derive(Default)]
pub(super) struct WindowEvents {
    handle: OnceLock<AppHandle>,
    last: Mutex<HashMap<JobId, Instant>>,
}

impl WindowEvents {
    pub(super) fn attach(&self, handle: AppHandle) {
        // Set once, at start.
        drop(self.handle.set(handle));
    }

    fn send<T: Serialize + Clone>(&self, name: &str, payload: T) {
        if let Some(handle) = self.handle.get()
            && let Err(error) = handle.emit_to(super::MAIN, name, payload)
        {
            tracing::debug!(%error, "an event did not reach the window");
        }
    }

    /// Whether this one may be sent now; the last of a series always is.
    fn due(&self, key: JobId, last_of_series: bool) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last_of_series {
            last.remove(&key);
            return true;
        }
        let now = Instant::now();
        let due = last.get(&key).is_none_or(|at| now.duration_since(*at) >= SHORTEST_PAUSE);
        if due {
            last.insert(key, now);
        }
        due
    }
}

impl EventSink for WindowEvents {
    fn emit(&self, event: Event) {
        match event {
            Event::Progress(progress) => {
                if self.due(progress.job, progress.fraction >= 1.0) {
                    self.send("progress", queue::moving(&progress));
                }
            }
            Event::SessionChanged(id) => {
                self.send("session_changed", serde_json::json!({ "id": id }));
            }
            Event::SessionsChanged => self.send("sessions_changed", ()),
            Event::Locked => self.send("locked", serde_json::json!({ "reason": "asked" })),
        }
    }
}
