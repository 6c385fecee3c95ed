//! Recording a reflection, and bringing one back after a crash.

use crate::{
    App,
    access::Unlocked,
    app::io_error,
    error::{CommandError, Result},
    import::{ImportOptions, sink_error},
    open_vault::OpenVault,
    pipeline::{
        listen::{self, Listener, LiveText},
        sound::damaged_parts,
    },
    views::{DeviceList, DeviceView, SessionView},
};
use journey_domain::{
    error_code::ErrorCode,
    ids::{RecordingId, SessionId},
    job::JobKind,
    ports::{CancelToken, Event, SegmentSink, SinkError},
    session::{CaptureState, HoleStage, Session, Source},
    timeline::{Mark, SAMPLE_RATE_HZ, Timeline},
};
use journey_speech::{
    capture::{
        self, AudioError, CaptureEvent, CaptureOptions, CaptureParts, DeviceId, Recorder,
        RecordingHandle, RecordingSummary, StopReason, recorder::CaptureError,
    },
    level::Level,
};
use journey_vault::{media::Recovered, table::recordings::RecordingState};
use std::{
    fs::{File, OpenOptions},
    ops::Range,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    sync::Arc,
    time::Duration,
};

/// How often a recording on the command line looks whether it should end.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// How often it looks whether it has begun.
const START_PAUSE: Duration = Duration::from_millis(5);

/// What to record, and how long.
#[derive(Clone, Debug, Default)]
pub struct RecordOptions {
    /// The microphone's id or name; the chosen or default one without.
    pub device: Option<String>,
    /// The session's title.
    pub title: Option<String>,
    /// Ends by itself after so many seconds of sound.
    pub max_seconds: Option<u32>,
}

/// What a person is told while recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Sound is being kept.
    Started {
        /// The microphone's name.
        device: String,
    },
    /// Something to know, in words.
    Warning(String),
    /// It is over.
    Stopped,
}

/// A recording that is under way.
pub(crate) struct Running {
    session: SessionId,
    recording: RecordingId,
    pub(crate) handle: RecordingHandle,
    device: DeviceView,
    listener: Option<Listener>,
    _lock: RecordingLock,
}

impl Running {
    pub(crate) const fn session(&self) -> SessionId {
        self.session
    }

    /// The microphone that it began with.
    pub(crate) const fn device(&self) -> &DeviceView {
        &self.device
    }

    /// What was understood so far.
    pub(crate) fn text(&self) -> LiveText {
        self.listener.as_ref().map(Listener::text).unwrap_or_default()
    }
}

/// A recording that is safe, whose last words may still be being understood.
pub(crate) struct Sealed {
    pub(crate) session: SessionId,
    listener: Option<Listener>,
    _lock: RecordingLock,
}

/// What is safe on the disk of a recording that is over, and the vault could not take yet.
pub(crate) struct Unsettled {
    session: SessionId,
    /// What was captured, as far as that is known.
    captured: Option<(RecordingId, RecordingSummary)>,
    listener: Option<Listener>,
}

/// Held while sound is captured, imported or made smaller and while a backup is written, so that
/// another process does not take what is under way for what a crash left.
pub(crate) struct RecordingLock {
    _file: File,
}

impl RecordingLock {
    fn file(vault_dir: &Path) -> Result<File> {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(vault_dir.join("recording.lock"))
            .map_err(|error| io_error(&error, "using the vault's folder"))
    }

    /// Shared by all whose work is under way.
    pub(crate) fn shared(vault_dir: &Path) -> Result<Self> {
        let file = Self::file(vault_dir)?;
        file.lock_shared().map_err(|error| io_error(&error, "using the vault's folder"))?;
        Ok(Self { _file: file })
    }

    /// Only while nobody's is.
    pub(crate) fn alone(vault_dir: &Path) -> Result<Option<Self>> {
        let file = Self::file(vault_dir)?;
        Ok(file.try_lock().is_ok().then_some(Self { _file: file }))
    }
}

impl App {
    /// The microphones of this computer.
    ///
    /// # Errors
    /// When the sound system cannot be asked.
    pub fn devices(&self) -> Result<DeviceList> {
        let found = self.ports().audio.devices().map_err(audio_error)?;
        let mut devices: Vec<DeviceView> = found
            .into_iter()
            .map(|d| DeviceView {
                id: d.id.as_str().to_owned(),
                name: d.name,
                default: d.is_default,
            })
            .collect();
        devices.sort_by_key(|d| (!d.default, d.name.clone()));
        Ok(DeviceList { devices })
    }

    /// Records until `cancel`, the time is over or silence ends it; then transcribes and analyses.
    ///
    /// # Errors
    /// No microphone, no space, or the vault's failure. What was captured is kept.
    pub fn record(
        &self,
        me: &Unlocked,
        options: RecordOptions,
        cancel: &CancelToken,
        mut told: impl FnMut(Told),
    ) -> Result<SessionView> {
        let max_samples = options.max_seconds.map(|s| u64::from(s) * u64::from(SAMPLE_RATE_HZ));
        let (warn, warnings) = std::sync::mpsc::channel();
        let listener = Box::new(move |event| {
            // The receiver is gone once the recording is over.
            warn.send(event).ok();
        });
        let session = std::thread::scope(|scope| {
            let starting = scope.spawn(|| self.start_recording(&me.open, options, listener));
            while !starting.is_finished() {
                for words in warnings.try_iter().filter_map(|event| words(&event)) {
                    told(Told::Warning(words));
                }
                std::thread::sleep(START_PAUSE);
            }
            starting.join().unwrap_or_else(|_| Err(capture_error(&CaptureError::Died)))
        })?;
        let mut opening = true;
        loop {
            let (state, ended) = match me.open.running().as_ref() {
                Some(running) => {
                    let is_full = max_samples.is_some_and(|max| running.handle.live().end() >= max);
                    (Some(running.handle.state()), running.handle.is_finished() || is_full)
                }
                None => (None, true),
            };
            if opening && state.is_some_and(|state| state != capture::RecordingState::Opening) {
                opening = false;
                let device = me.open.running().as_ref().map(|it| it.device().name.clone());
                told(Told::Started { device: device.unwrap_or_default() });
            }
            for words in warnings.try_iter().filter_map(|event| words(&event)) {
                told(Told::Warning(words));
            }
            if ended || cancel.is_cancelled() {
                break;
            }
            std::thread::sleep(LOOK_PAUSE);
        }
        told(Told::Stopped);
        self.stop_recording(&me.open)?;
        // Ctrl-C ended the recording, not the work on it.
        self.finish_jobs(&me.open, session, &CancelToken::new())?;
        self.view(me, session)
    }

    /// Begins to capture. The session exists from here on, whatever happens.
    pub(crate) fn start_recording(
        &self,
        open: &Arc<OpenVault>,
        options: RecordOptions,
        listener: Box<dyn Fn(CaptureEvent) + Send>,
    ) -> Result<SessionId> {
        // A sound system takes as long as it likes: whoever looks at the recording or ends it meanwhile
        // does not wait for it.
        let Some(_starting) = open.begin_recording() else {
            return Err(CommandError::new(ErrorCode::Busy, "a recording is under way already")
                .hint("Stop it first."));
        };
        if open.closing().is_cancelled() {
            return Err(CommandError::locked());
        }
        let lock = RecordingLock::shared(open.vault.dir())?;
        let device = self.device(open, options.device.as_deref())?;
        let shown = self.view_of_device(device.as_ref());
        let import =
            ImportOptions { title: options.title, recorded_at: None, zone: None, analyse: true };
        let mut new = self.new_session(Source::Microphone, &import, None, None)?;
        new.capture = CaptureState::Recording;
        let session = new.id;
        open.vault.write(|write| write.sessions().create(&new))?;
        let begun = open.vault.begin_recording(session).map_err(CommandError::from).and_then(
            |(recording, writer)| {
                let folder = open.vault.dir().to_owned();
                let parts = CaptureParts {
                    host: self.ports().audio.clone(),
                    clock: self.ports().clock.clone(),
                    sink: Box::new(writer),
                    free_space: Box::new(move || free_space(&folder)),
                    listener,
                };
                let choices = self.capture_options(open)?;
                Recorder::start(parts, device, choices)
                    .map(|handle| (recording, handle))
                    .map_err(|error| capture_error(&error))
            },
        );
        let (recording, handle) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                // Nothing was captured: no half session.
                open.vault.erase_session(session)?;
                return Err(error);
            }
        };
        let live = self.flag(open, "speech_live").unwrap_or_default();
        let following = if live { self.recogniser(open, None).ok() } else { None };
        let mut slot = open.running();
        // Closing sets this before it looks for a recording: none is left running on a closed vault.
        if open.closing().is_cancelled() {
            drop(slot);
            handle.stop().map_err(|error| capture_error(&error))?;
            open.vault.erase_session(session)?;
            return Err(CommandError::locked());
        }
        let listener = following.map(|recogniser| {
            listen::follow(self, open, session, recording.id, recogniser, handle.live())
        });
        *slot = Some(Running {
            session,
            recording: recording.id,
            handle,
            device: shown,
            listener,
            _lock: lock,
        });
        drop(slot);
        self.announce_list();
        self.ports().events.emit(Event::RecordingChanged);
        Ok(session)
    }

    /// Seals the recording, waits for its last words and queues what follows.
    pub(crate) fn stop_recording(&self, open: &Arc<OpenVault>) -> Result<SessionId> {
        let sealed = self.seal_recording(open)?;
        self.hear_out(open, sealed)
    }

    /// Waits until the last words are understood, which takes a slow recogniser long, and queues
    /// what follows.
    pub(crate) fn hear_out(&self, open: &OpenVault, sealed: Sealed) -> Result<SessionId> {
        let Sealed { session, listener, _lock } = sealed;
        if let Some(listener) = listener {
            listener.join();
        }
        open.hears_out(session, false);
        let ordered = open.vault.write(|write| write.jobs().enqueue(session, JobKind::Transcribe));
        match ordered {
            Ok(job) => self.announce_job(open, job.id),
            Err(error) => {
                leave(open, Unsettled { session, captured: None, listener: None });
                return Err(error.into());
            }
        }
        self.announce(session);
        Ok(session)
    }

    /// Makes the recording safe. What follows is queued by [`hear_out`](Self::hear_out), or when the
    /// vault is opened the next time.
    ///
    /// What the vault cannot take now is on the disk all the same: [`settle`](Self::settle) tries again.
    pub(crate) fn seal_recording(&self, open: &OpenVault) -> Result<Sealed> {
        let running = open.running().take().ok_or_else(|| {
            CommandError::not_found("nothing is being recorded").hint("Start a recording first.")
        })?;
        let sealed = self.seal_running(open, running);
        // Now that it is known what became of it.
        self.ports().events.emit(Event::RecordingChanged);
        sealed
    }

    fn seal_running(&self, open: &OpenVault, running: Running) -> Result<Sealed> {
        let Running { session, recording, handle, listener, _lock, .. } = running;
        if let Some(listener) = &listener {
            listener.hurry();
        }
        let summary = match handle.stop() {
            Ok(summary) => summary,
            Err(error) => {
                leave(open, Unsettled { session, captured: None, listener });
                return Err(capture_error(&error));
            }
        };
        if let Some(failure) = &summary.failure {
            tracing::warn!(error = %failure, "the recording was not sealed to its end");
            if summary.n_samples == 0 {
                let error = sink_error(failure);
                leave(open, Unsettled { session, captured: None, listener });
                return Err(error);
            }
        }
        if summary.n_samples == 0 && summary.failure.is_none() {
            // No half session; the listener has to be done with it first.
            if let Some(listener) = listener {
                listener.join();
            }
            if let Err(error) = open.vault.erase_session(session) {
                leave(open, Unsettled { session, captured: None, listener: None });
                return Err(error.into());
            }
            self.announce_list();
            return Err(CommandError::new(
                ErrorCode::Microphone,
                "the microphone gave no sound, so nothing was recorded",
            )
            .hint("Check that it is plugged in and not muted, or choose another one."));
        }
        if let Err(error) = self.seal_captured(open, session, recording, &summary) {
            leave(open, Unsettled { session, captured: Some((recording, summary)), listener });
            let advice = "It comes in by itself, at the latest when the vault is opened next.";
            return Err(CommandError::new(
                error.code,
                format!(
                    "the recording is safe on the disk, and not in the vault yet: {}",
                    error.message
                ),
            )
            .hint(match error.hint {
                Some(hint) => format!("{hint} {advice}"),
                None => advice.to_owned(),
            }));
        }
        open.hears_out(session, listener.is_some());
        self.announce(session);
        Ok(Sealed { session, listener, _lock })
    }

    /// Seals what was captured, whole or as far as it was written.
    fn seal_captured(
        &self,
        open: &OpenVault,
        session: SessionId,
        recording: RecordingId,
        summary: &RecordingSummary,
    ) -> Result<()> {
        let state = if summary.failure.is_none() {
            let (n_samples, marks) = (summary.n_samples, summary.marks.as_slice());
            self.seal(open, session, recording, n_samples, marks, CaptureState::Finished)?;
            CaptureState::Finished
        } else {
            self.seal_what_there_is(open, session, recording, summary)?;
            CaptureState::Recovered
        };
        tracing::info!(%session, ?state, n_samples = summary.n_samples, dropped = summary.dropped_frames,
            long_silence = summary.stop_reason == StopReason::LongSilence, "recording sealed");
        Ok(())
    }

    /// Tries again what the vault could not take: recordings that are over, and what erasures left.
    /// Says whether nothing is left that may go better soon; the rest waits for the next unlock.
    pub(crate) fn settle(&self, open: &OpenVault) -> bool {
        let erased = open.vault.finish_erasures().unwrap_or_else(|error| {
            tracing::error!(%error, "what was erased could not be removed to its end");
            true
        });
        let mut left = Vec::new();
        let unsettled = std::mem::take(&mut *open.unsettled());
        for mut one in unsettled {
            if one.listener.as_ref().is_some_and(|listener| !listener.is_over()) {
                left.push(one);
                continue;
            }
            one.listener = None;
            open.hears_out(one.session, false);
            match self.settle_one(open, &one) {
                Ok(()) => self.announce(one.session),
                Err(error) => {
                    let may_pass = matches!(error.code, ErrorCode::Busy | ErrorCode::DiskFull);
                    tracing::warn!(session = %one.session, code = ?error.code, may_pass,
                        "a recording is not in the vault yet");
                    if may_pass {
                        left.push(one);
                    }
                }
            }
        }
        let settled = erased && left.is_empty();
        open.unsettled().append(&mut left);
        settled
    }

    fn settle_one(&self, open: &OpenVault, one: &Unsettled) -> Result<()> {
        let _lock = RecordingLock::shared(open.vault.dir())?;
        // Another process that opened the vault meanwhile may have done it.
        let unfinished = open.vault.read(|read| read.sessions().unfinished())?;
        if let Some(session) = unfinished.iter().find(|session| session.id == one.session) {
            let recordings = open.vault.read(|read| read.recordings().of_session(session.id))?;
            let is_writing =
                |id| recordings.iter().any(|it| it.id == id && it.state == RecordingState::Writing);
            match &one.captured {
                Some((recording, summary)) if is_writing(*recording) => {
                    self.seal_captured(open, one.session, *recording, summary)?;
                }
                _ => return self.recover_session(open, session),
            }
        }
        if open.vault.read(|read| read.sessions().without_orders())?.contains(&one.session) {
            let job =
                open.vault.write(|write| write.jobs().enqueue(one.session, JobKind::Transcribe))?;
            self.announce_job(open, job.id);
        }
        Ok(())
    }

    /// Seals a recording that could not be written to its end, with all that is known to be missing.
    fn seal_what_there_is(
        &self,
        open: &OpenVault,
        session: SessionId,
        recording: RecordingId,
        summary: &RecordingSummary,
    ) -> Result<()> {
        // First: where sealing has to wait for space, the next unlock knows of the losses, too.
        open.vault
            .write(|write| write.recordings().note(recording, summary.n_samples, &summary.marks))?;
        let Recovered { n_samples, marks, .. } = open.vault.recover_recording(recording)?;
        self.note_capture(open, session, n_samples, &marks, CaptureState::Recovered)
    }

    fn seal(
        &self,
        open: &OpenVault,
        session: SessionId,
        recording: RecordingId,
        n_samples: u64,
        marks: &[Mark],
        state: CaptureState,
    ) -> Result<()> {
        let timeline = Timeline::new(n_samples, marks);
        // One transaction: somebody waits, and each has to reach the disk.
        open.vault.write(|write| {
            write.recordings().seal(recording, RecordingState::Finished, n_samples, 0, marks)?;
            let duration_ms = Some(timeline.duration_ms());
            write.sessions().set_capture(session, state, duration_ms, &timeline.holes())
        })?;
        Ok(())
    }

    fn note_capture(
        &self,
        open: &OpenVault,
        session: SessionId,
        n_samples: u64,
        marks: &[Mark],
        state: CaptureState,
    ) -> Result<()> {
        let timeline = Timeline::new(n_samples, marks);
        open.vault.write(|write| {
            write.sessions().set_capture(
                session,
                state,
                Some(timeline.duration_ms()),
                &timeline.holes(),
            )
        })?;
        Ok(())
    }

    /// Seals what a crash left, and queues what follows. Called whenever a vault is opened, and keeps
    /// nobody out: what cannot be brought back now is tried again the next time.
    pub(crate) fn recover(&self, open: &OpenVault) {
        if let Err(error) = self.try_recover(open) {
            tracing::error!(code = ?error.code, "what a crash may have left was not looked at");
        }
    }

    fn try_recover(&self, open: &OpenVault) -> Result<()> {
        let Some(_alone) = RecordingLock::alone(open.vault.dir())? else {
            return Ok(());
        };
        match open.vault.clear_leftovers() {
            Ok(0) => {}
            Ok(n_files) => tracing::info!(n_files, "files that a crash left were removed"),
            Err(error) => tracing::warn!(%error, "what a crash left could not be removed"),
        }
        let unfinished = open.vault.read(|read| read.sessions().unfinished())?;
        for session in &unfinished {
            if let Err(error) = self.recover_session(open, session) {
                tracing::error!(session = %session.id, code = ?error.code,
                    "a recording could not be recovered; it stays as it is");
            }
        }
        // A stop was interrupted while the last words were still being understood.
        let without_orders = open.vault.read(|read| read.sessions().without_orders())?;
        if !without_orders.is_empty() {
            open.vault.write(|write| {
                without_orders.iter().try_for_each(|session| {
                    write.jobs().enqueue(*session, JobKind::Transcribe).map(drop)
                })
            })?;
        }
        if !unfinished.is_empty() || !without_orders.is_empty() {
            self.announce_list();
        }
        Ok(())
    }

    fn recover_session(&self, open: &OpenVault, session: &Session) -> Result<()> {
        if session.source != Source::Microphone {
            // A half import: the file itself is still where the person has it.
            return Ok(open.vault.erase_session(session.id)?);
        }
        let recordings = open.vault.read(|read| read.recordings().of_session(session.id))?;
        let Some(recording) = recordings.iter().find(|r| r.state == RecordingState::Writing) else {
            // Sealed, and killed before the session knew.
            return match recordings.first() {
                Some(sealed) => {
                    self.note_recovered(open, session.id, sealed.n_samples, &sealed.marks, &[])
                }
                None => Ok(open.vault.erase_session(session.id)?),
            };
        };
        let recovered = open.vault.recover_recording(recording.id)?;
        if recovered.n_samples == 0 {
            return Ok(open.vault.erase_session(session.id)?);
        }
        let Recovered { n_samples, marks, damage } = &recovered;
        self.note_recovered(open, session.id, *n_samples, marks, damage)?;
        tracing::info!(session = %session.id, n_samples = recovered.n_samples, "a recording was recovered");
        Ok(())
    }

    /// Notes what was kept of a recording and orders what follows: both or neither.
    fn note_recovered(
        &self,
        open: &OpenVault,
        session: SessionId,
        n_samples: u64,
        marks: &[Mark],
        damage: &[Range<u64>],
    ) -> Result<()> {
        let timeline = Timeline::new(n_samples, marks);
        let damaged = damaged_parts(&timeline, damage);
        open.vault.write(|write| {
            let (duration_ms, holes) = (Some(timeline.duration_ms()), timeline.holes());
            write.sessions().set_capture(session, CaptureState::Recovered, duration_ms, &holes)?;
            write.sessions().set_holes(session, HoleStage::Transcribe, &damaged)?;
            write.jobs().enqueue(session, JobKind::Transcribe)?;
            Ok(())
        })
    }

    /// Opens the chosen microphone for a moment, keeps nothing, and says how loud it was.
    pub(crate) fn listen(&self, how_long: Duration) -> Result<Level> {
        let parts = CaptureParts {
            host: self.ports().audio.clone(),
            clock: self.ports().clock.clone(),
            sink: Box::new(Nowhere),
            free_space: Box::new(|| Ok(u64::MAX)),
            listener: Box::new(|_| {}),
        };
        let options = CaptureOptions { disk_floor_bytes: 0, ..CaptureOptions::default() };
        let handle =
            Recorder::start(parts, None, options).map_err(|error| capture_error(&error))?;
        std::thread::sleep(how_long);
        let level = handle.level();
        handle.stop().map_err(|error| capture_error(&error))?;
        Ok(level)
    }

    pub(crate) fn device(&self, open: &OpenVault, asked: Option<&str>) -> Result<Option<DeviceId>> {
        let chosen = match asked {
            Some(asked) => Some(asked.to_owned()),
            None => self.text_setting(open, "device")?,
        };
        let Some(wanted) = chosen else { return Ok(None) };
        let list = self.devices()?;
        let found = list
            .devices
            .iter()
            .find(|d| d.id == wanted || d.name.eq_ignore_ascii_case(&wanted))
            .map(|d| DeviceId::new(d.id.clone()));
        match (found, asked) {
            (Some(id), _) => Ok(Some(id)),
            // A chosen microphone that is not plugged in today: the default one takes its place.
            (None, None) => Ok(None),
            (None, Some(_)) => Err(CommandError::not_found("there is no such microphone")
                .hint("`insight-journey devices` lists them.")),
        }
    }

    fn view_of_device(&self, id: Option<&DeviceId>) -> DeviceView {
        let devices = self.devices().map(|list| list.devices).unwrap_or_default();
        devices.into_iter().find(|d| id.map_or(d.default, |id| d.id == id.as_str())).unwrap_or_else(
            || DeviceView {
                id: String::new(),
                name: "the default microphone".to_owned(),
                default: false,
            },
        )
    }

    fn capture_options(&self, open: &OpenVault) -> Result<CaptureOptions> {
        let floor_mb = self.number(open, "disk_floor_mb")?;
        let silence_min = self.number(open, "stop_on_silence_minutes")?;
        Ok(CaptureOptions {
            disk_floor_bytes: floor_mb * 1_000_000,
            stop_after_silence: (silence_min > 0).then(|| Duration::from_secs(silence_min * 60)),
            ..CaptureOptions::default()
        })
    }
}

/// Leaves to [`App::settle`] what the vault cannot take now.
fn leave(open: &OpenVault, unsettled: Unsettled) {
    open.hears_out(unsettled.session, unsettled.listener.is_some());
    open.unsettled().push(unsettled);
    open.settle_soon();
}

/// Where sound goes that is not to be kept.
pub(crate) struct Nowhere;

impl SegmentSink for Nowhere {
    fn append(&mut self, _samples: &[i16]) -> std::result::Result<(), SinkError> {
        Ok(())
    }

    fn mark(&mut self, _mark: &Mark) -> std::result::Result<(), SinkError> {
        Ok(())
    }

    fn sync(&mut self) -> std::result::Result<bool, SinkError> {
        Ok(true)
    }

    fn finish(&mut self) -> std::result::Result<(), SinkError> {
        Ok(())
    }
}

pub(crate) fn capture_error(error: &CaptureError) -> CommandError {
    let code = match error {
        CaptureError::DiskFull => ErrorCode::DiskFull,
        CaptureError::Audio(_) => ErrorCode::Microphone,
        _ => ErrorCode::Internal,
    };
    CommandError::new(code, error.to_string()).hint(sentence(error.hint()))
}

/// Advice as a sentence of its own.
pub(crate) fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if words.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

fn free_space(folder: &Path) -> std::io::Result<u64> {
    let stat = rustix::fs::statvfs(folder)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

fn audio_error(error: AudioError) -> CommandError {
    CommandError::new(ErrorCode::Microphone, error.to_string()).hint(sentence(error.hint()))
}

/// What an event says to a person; nothing for those that need no words.
#[must_use]
pub fn words(event: &CaptureEvent) -> Option<String> {
    Some(match event {
        CaptureEvent::Opening => {
            "Opening the microphone takes long; recording begins with its first sound.".to_owned()
        }
        CaptureEvent::DeviceSilent => {
            "The microphone was opened and gives nothing; looking for another.".to_owned()
        }
        CaptureEvent::DeviceLost => {
            "The microphone is gone; looking for another. The recording goes on.".to_owned()
        }
        CaptureEvent::DeviceChanged { name } => format!("Recording from {name} now."),
        CaptureEvent::DeviceRefused => {
            "That microphone cannot be used; the present one stays.".to_owned()
        }
        CaptureEvent::NoSignal => "No signal for 5 seconds: is the microphone muted?".to_owned(),
        CaptureEvent::SignalBack => "There is sound again.".to_owned(),
        CaptureEvent::Clipping => "Too loud: sound is cut off.".to_owned(),
        CaptureEvent::DiskLow => "The disk is nearly full.".to_owned(),
        CaptureEvent::DiskFull => {
            "The disk is full: nothing more is recorded until there is space.".to_owned()
        }
        CaptureEvent::WriteFailed => "Writing fails; what is spoken waits in memory.".to_owned(),
        CaptureEvent::DiskBack => "Recording again.".to_owned(),
        CaptureEvent::LongSilence => "Stopped after long silence.".to_owned(),
        CaptureEvent::Overrun { .. } => {
            "The computer could not keep up; a moment is missing.".to_owned()
        }
        CaptureEvent::Suspended => "The computer was asleep; that time is missing.".to_owned(),
    })
}

#[cfg(test)]
mod tests;
