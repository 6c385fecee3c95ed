//! The core's events as the window's: ids and progress, throttled, never private content.

use super::{desk::Desk, surroundings::Surroundings};
use journey_app::{views::window::Playback, window::queue};
use journey_domain::{
    ids::JobId,
    job::{JobKind, JobState},
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

/// Sends one event to the window.
pub(super) fn send<T: Serialize + Clone>(handle: &AppHandle, name: &str, payload: T) {
    if let Err(error) = handle.emit_to(super::MAIN, name, payload) {
        tracing::debug!(%error, "an event did not reach the window");
    }
}

/// Sends events to the window once there is one.
pub(super) struct WindowEvents {
    around: Surroundings,
    desk: OnceLock<Desk>,
    handle: OnceLock<AppHandle>,
    last: Mutex<HashMap<JobId, Instant>>,
}

impl WindowEvents {
    pub(super) fn new(around: Surroundings) -> Self {
        Self { around, desk: OnceLock::new(), handle: OnceLock::new(), last: Mutex::default() }
    }

    pub(super) fn attach(&self, handle: AppHandle, desk: Desk) {
        // Set once, at start.
        drop(self.handle.set(handle));
        drop(self.desk.set(desk));
    }

    /// Asks for the recording elsewhere: whoever tells may hold what the answer needs.
    fn recording_changed(&self) {
        let (Some(handle), Some(desk)) = (self.handle.get().cloned(), self.desk.get().cloned())
        else {
            return;
        };
        let around = self.around.clone();
        tauri::async_runtime::spawn_blocking(move || {
            let recording = desk.recording();
            around.recording(recording.is_some());
            send(&handle, "recording", recording);
        });
    }

    fn send<T: Serialize + Clone>(&self, name: &str, payload: T) {
        if let Some(handle) = self.handle.get() {
            send(handle, name, payload);
        }
    }

    /// Whether this one may be sent now.
    fn due(&self, key: JobId) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
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
                if self.due(progress.job) {
                    self.send("progress", queue::moving(&progress));
                }
            }
            Event::JobChanged(job) => {
                self.last.lock().unwrap_or_else(PoisonError::into_inner).remove(&job.id);
                self.send("progress", queue::standing(&job));
                if job.kind == JobKind::Analyse && job.state == JobState::Done {
                    self.around.tell("A session is ready", "What was in it can be looked at.");
                }
            }
            Event::SessionChanged(id) => {
                self.send("session_changed", serde_json::json!({ "id": id }));
            }
            Event::SessionsChanged => self.send("sessions_changed", ()),
            Event::ThreadsChanged => self.send("threads_changed", ()),
            Event::QueueChanged => self.send("queue_changed", ()),
            Event::ModelsChanged => self.send("models_changed", ()),
            Event::RecordingChanged => self.recording_changed(),
            Event::Locked(reason) => {
                self.send("locked", serde_json::json!({ "reason": reason }));
            }
            Event::Playback(state) => self.send("playback", Playback::from(state)),
        }
    }
}
