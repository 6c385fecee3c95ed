//! Recording in the window: meter and words over a channel, everything else by asking.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    open_vault::OpenVault,
    record::{Nowhere, RecordOptions, Running, capture_error},
    views::{
        DeviceView,
        window::{RecordingFrame, RecordingState, RecordingView, RecordingWarning, Stopped},
    },
};
use journey_domain::{
    ids::SessionId,
    ports::{CancelToken, Event},
    timeline::SAMPLES_PER_MS,
};
use journey_speech::{
    capture::{
        CaptureEvent, CaptureOptions, CaptureParts, DeviceId, Recorder, RecordingHandle,
        RecordingState as State,
    },
    level::Level,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Twenty frames a second: a meter that looks alive.
const FRAME_PAUSE: Duration = Duration::from_millis(50);

/// Where frames go; `false` once nobody watches.
pub type Frames = Box<dyn Fn(RecordingFrame) -> bool + Send>;

/// What a recording told last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Noted {
    device: Option<String>,
    slow_to_open: bool,
    device_lost: bool,
    disk_low: bool,
    long_silence: bool,
}

impl Noted {
    fn hear(&mut self, event: CaptureEvent) {
        match event {
            CaptureEvent::Opening | CaptureEvent::DeviceSilent => self.slow_to_open = true,
            CaptureEvent::DeviceLost => (self.device_lost, self.slow_to_open) = (true, false),
            CaptureEvent::DeviceChanged { name } => {
                self.device_lost = false;
                self.device = Some(name);
            }
            CaptureEvent::DiskLow | CaptureEvent::DiskFull | CaptureEvent::WriteFailed => {
                self.disk_low = true;
            }
            CaptureEvent::DiskBack => self.disk_low = false,
            CaptureEvent::LongSilence => self.long_silence = true,
            _ => {}
        }
    }

    fn warnings(&self, level: Level, n_dropped: u64, state: State) -> Vec<RecordingWarning> {
        let is_opening = matches!(state, State::Opening | State::WithoutDevice);
        [
            (is_opening && self.slow_to_open, RecordingWarning::Opening),
            (level.no_signal, RecordingWarning::NoSignal),
            (level.clipping, RecordingWarning::Clipping),
            (self.device_lost, RecordingWarning::DeviceLost),
            (self.disk_low, RecordingWarning::DiskLow),
            (n_dropped > 0, RecordingWarning::DroppedFrames),
            (self.long_silence, RecordingWarning::LongSilence),
        ]
        .into_iter()
        .filter_map(|(is_so, warning)| is_so.then_some(warning))
        .collect()
    }
}

/// Amplitude, 0 to 1, of decibels below full scale.
fn amplitude(dbfs: f32) -> f32 {
    10_f32.powf(dbfs / 20.0).clamp(0.0, 1.0)
}

fn noted(open: &OpenVault) -> Noted {
    open.noted().lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn not_recording() -> CommandError {
    CommandError::not_found("nothing is being recorded").hint("Start a recording first.")
}

impl App {
    /// Begins to record and shows meter and words until the recording ends or nobody watches.
    ///
    /// # Errors
    /// No microphone, no space, or a recording that is under way already.
    pub fn start_window_recording(
        &self,
        me: &Unlocked,
        device: Option<String>,
        frames: Frames,
    ) -> Result<RecordingView> {
        self.stop_microphone_test(me);
        self.start_noted(&me.open, device)?;
        self.show_frames(&me.open, frames);
        self.recording_view(me).ok_or_else(not_recording)
    }

    fn start_noted(&self, open: &Arc<OpenVault>, device: Option<String>) -> Result<()> {
        let told: Arc<Mutex<Noted>> = Arc::clone(open.noted());
        let options = RecordOptions { device, ..RecordOptions::default() };
        let fresh = Arc::clone(&told);
        let listener = move |event: CaptureEvent| {
            told.lock().unwrap_or_else(PoisonError::into_inner).hear(event);
        };
        if !open.records() {
            *fresh.lock().unwrap_or_else(PoisonError::into_inner) = Noted::default();
        }
        self.start_recording(open, options, Box::new(listener)).map(drop)?;
        self.end_by_itself(open);
        Ok(())
    }

    /// A recording that ended by itself, after long silence, is sealed like any other.
    fn end_by_itself(&self, open: &Arc<OpenVault>) {
        let (app, open) = (self.clone(), Arc::clone(open));
        let watch = move || {
            loop {
                std::thread::sleep(FRAME_PAUSE);
                let ended = match open.running().as_ref() {
                    Some(running) => running.handle.is_finished(),
                    None => return,
                };
                if ended {
                    if let Err(error) = app.stop_recording(&open) {
                        tracing::error!(code = ?error.code, "the recording was not sealed");
                    }
                    return;
                }
            }
        };
        if let Err(error) =
            std::thread::Builder::new().name("recording-end".to_owned()).spawn(watch)
        {
            tracing::error!(%error, "no thread to watch the recording");
        }
    }

    /// Joins a recording that is under way; `None` when there is none.
    #[must_use]
    pub fn watch_recording(&self, me: &Unlocked, frames: Frames) -> Option<RecordingView> {
        let view = self.recording_view(me)?;
        self.show_frames(&me.open, frames);
        Some(view)
    }

    fn show_frames(&self, open: &Arc<OpenVault>, frames: Frames) {
        let open = Arc::clone(open);
        let show = move || {
            let mut shown = None;
            loop {
                let (level, text) = match open.running().as_ref() {
                    Some(running) => (level_frame(running, &noted(&open)), running.text()),
                    None => return,
                };
                if !frames(level) {
                    return;
                }
                if shown.as_ref() != Some(&text) {
                    let frame = RecordingFrame::Text {
                        settled: text.settled.clone(),
                        provisional: text.provisional.clone(),
                    };
                    if !frames(frame) {
                        return;
                    }
                    shown = Some(text);
                }
                std::thread::sleep(FRAME_PAUSE);
            }
        };
        if let Err(error) = std::thread::Builder::new().name("meter".to_owned()).spawn(show) {
            tracing::error!(%error, "no thread for the meter");
        }
    }

    /// The recording under way.
    #[must_use]
    pub fn recording_view(&self, me: &Unlocked) -> Option<RecordingView> {
        self.recording_of(&me.open)
    }

    /// The recording under way in the open vault, for whoever was told that it changed.
    #[must_use]
    pub fn recording_now(&self) -> Option<RecordingView> {
        let open = self.slot().clone()?;
        self.recording_of(&open)
    }

    fn recording_of(&self, open: &OpenVault) -> Option<RecordingView> {
        let (session, state, elapsed_ms, first) = open.running().as_ref().map(|running| {
            let state = match running.handle.state() {
                State::Paused => RecordingState::Paused,
                State::Finished => RecordingState::Stopping,
                _ => RecordingState::Recording,
            };
            let elapsed_ms = running.handle.n_samples() / SAMPLES_PER_MS;
            (running.session(), state, elapsed_ms, running.device().clone())
        })?;
        let name = noted(open).device.unwrap_or_else(|| first.name.clone());
        let device = if name == first.name { first } else { self.device_named(name) };
        Some(RecordingView {
            session: session.to_string(),
            state,
            elapsed_ms,
            device: Some(device),
        })
    }

    /// Asks the sound system, which may take long.
    fn device_named(&self, name: String) -> DeviceView {
        let known = self.devices().map(|list| list.devices).unwrap_or_default();
        known.into_iter().find(|d| d.name == name).unwrap_or(DeviceView {
            id: String::new(),
            name,
            default: false,
        })
    }

    /// Pauses.
    ///
    /// # Errors
    /// When nothing is being recorded.
    pub fn pause_recording(&self, me: &Unlocked) -> Result<RecordingView> {
        me.open.running().as_ref().ok_or_else(not_recording)?.handle.pause();
        self.ports().events.emit(Event::RecordingChanged);
        self.recording_view(me).ok_or_else(not_recording)
    }

    /// Goes on.
    ///
    /// # Errors
    /// When nothing is being recorded.
    pub fn resume_recording(&self, me: &Unlocked) -> Result<RecordingView> {
        me.open.running().as_ref().ok_or_else(not_recording)?.handle.resume();
        self.ports().events.emit(Event::RecordingChanged);
        self.recording_view(me).ok_or_else(not_recording)
    }

    /// Goes on with another microphone.
    ///
    /// # Errors
    /// When nothing is being recorded or there is no such microphone.
    pub fn change_device(&self, me: &Unlocked, device: &str) -> Result<RecordingView> {
        let id = self.device(&me.open, Some(device))?;
        me.open.running().as_ref().ok_or_else(not_recording)?.handle.set_device(id);
        self.recording_view(me).ok_or_else(not_recording)
    }

    /// Seals the recording; what follows is done in the background.
    ///
    /// # Errors
    /// When nothing is being recorded; the failure of the disk.
    pub fn stop_window_recording(&self, me: &Unlocked) -> Result<Stopped> {
        self.stop_and_go_on(&me.open).map(|session| Stopped { session: session.to_string() })
    }

    /// Nobody at the window waits for the last words to be understood.
    fn stop_and_go_on(&self, open: &Arc<OpenVault>) -> Result<SessionId> {
        let sealed = self.seal_recording(open)?;
        let session = sealed.session;
        let (app, open) = (self.clone(), Arc::clone(open));
        let hear_out = move || {
            if let Err(error) = app.hear_out(&open, sealed) {
                // The next unlock does.
                tracing::error!(%session, code = ?error.code, "transcription was not ordered");
            }
        };
        if let Err(error) =
            std::thread::Builder::new().name("last-words".to_owned()).spawn(hear_out)
        {
            tracing::error!(%session, %error, "no thread for the last words");
        }
        Ok(session)
    }

    /// Starts or stops, from outside the window; says what it did.
    ///
    /// # Errors
    /// As starting and stopping.
    pub fn toggle_recording(&self, me: &Unlocked) -> Result<&'static str> {
        let is_running = me.open.running().is_some();
        if is_running {
            self.stop_and_go_on(&me.open)?;
            return Ok("stopped");
        }
        self.start_noted(&me.open, None)?;
        Ok("recording")
    }

    /// Listens to a microphone without keeping anything, until it is stopped, nobody watches or the
    /// vault is closed.
    ///
    /// # Errors
    /// No such microphone.
    pub fn start_microphone_test(
        &self,
        me: &Unlocked,
        device: Option<&str>,
        frames: Frames,
    ) -> Result<()> {
        self.stop_microphone_test(me);
        let device: Option<DeviceId> = self.device(&me.open, device)?;
        let told: Arc<Mutex<Noted>> = Arc::default();
        let heard = Arc::clone(&told);
        let parts = CaptureParts {
            host: self.ports().audio.clone(),
            clock: self.ports().clock.clone(),
            sink: Box::new(Nowhere),
            free_space: Box::new(|| Ok(u64::MAX)),
            listener: Box::new(move |event| {
                heard.lock().unwrap_or_else(PoisonError::into_inner).hear(event);
            }),
        };
        let options = CaptureOptions { disk_floor_bytes: 0, ..CaptureOptions::default() };
        let handle =
            Recorder::start(parts, device, options).map_err(|error| capture_error(&error))?;
        let stop = CancelToken::new();
        me.open.microphone_test(Some(stop.clone()));
        let open = Arc::clone(&me.open);
        let show = move || {
            while !stop.is_cancelled() && !open.closing().is_cancelled() {
                let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if !frames(frame(&handle, &told)) {
                    return;
                }
                std::thread::sleep(FRAME_PAUSE);
            }
        };
        std::thread::Builder::new()
            .name("microphone-test".to_owned())
            .spawn(show)
            .map(drop)
            .map_err(|error| CommandError::internal(&error))
    }

    /// Stops listening; fine when nobody does.
    pub fn stop_microphone_test(&self, me: &Unlocked) {
        me.open.microphone_test(None);
    }
}

fn level_frame(running: &Running, told: &Noted) -> RecordingFrame {
    let mut told = told.clone();
    told.device.get_or_insert_with(|| running.device().name.clone());
    frame(&running.handle, &told)
}

fn frame(handle: &RecordingHandle, told: &Noted) -> RecordingFrame {
    let (level, n_dropped) = (handle.level(), handle.n_dropped_frames());
    RecordingFrame::Level {
        peak: amplitude(level.peak_dbfs),
        rms: amplitude(level.rms_dbfs),
        elapsed_ms: handle.n_samples() / SAMPLES_PER_MS,
        warnings: told.warnings(level, n_dropped, handle.state()),
        device: told.device.clone(),
        dropped_frames: n_dropped,
    }
}
