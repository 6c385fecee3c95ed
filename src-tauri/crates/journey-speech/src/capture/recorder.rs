//! Starting a recording, and the thread that writes it.

use super::{
    event::{CaptureEvent, RecordingState, RecordingSummary, StopReason},
    host::{AudioError, DeviceId},
    live::LiveSamples,
    machine::{Background, Machine, Progress, SLOW_OPENING},
    options::{CaptureOptions, CaptureParts},
};
use crate::level::{Level, LevelReading};
use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Pause between two steps of the writer.
const STEP_EVERY: Duration = Duration::from_millis(20);
/// How long the first opening of the microphone may take: two tries, each with its own limit.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a stop or a pause looks for what was spoken until then: a callback that has not come after
/// so long comes late enough to be marked as lost.
const N_HEAR_OUT_STEPS: usize = 44;
/// How often it looks: 220 ms in all.
const HEAR_OUT_STEP: Duration = Duration::from_millis(5);
/// How long a pause may take to be confirmed: more than a slow writing to the disk.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a recording could not start.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The microphone could not be opened.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// There is too little space to begin.
    #[error("the disk is too full to record")]
    DiskFull,
    /// The system gave no thread.
    #[error("the recording could not be started")]
    Thread(#[source] io::Error),
    /// The writer ended without sealing the recording, which can be recovered.
    #[error("the recording ended unexpectedly")]
    Died,
}

impl CaptureError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Audio(error) => error.hint(),
            Self::DiskFull => "free some space, or lower the limit in the settings",
            Self::Thread(_) => "close other programs and try again",
            Self::Died => "start the program again: it offers what was recorded",
        }
    }
}

enum Command {
    Pause(SyncSender<()>),
    Resume(SyncSender<()>),
    SetDevice(Option<DeviceId>),
    Stop,
}

/// Starts recordings.
#[derive(Clone, Copy, Debug)]
pub struct Recorder;

impl Recorder {
    /// Opens the microphone (or the default one) and writes it until [`RecordingHandle::stop`].
    /// Returns when it is open, and tells the listener where that takes long.
    ///
    /// # Errors
    /// [`CaptureError`]; nothing was written.
    pub fn start(
        parts: CaptureParts,
        device: Option<DeviceId>,
        options: CaptureOptions,
    ) -> Result<RecordingHandle, CaptureError> {
        let floor = options.disk_floor_bytes;
        if floor > 0 && (parts.free_space)().is_ok_and(|free| free < floor) {
            return Err(CaptureError::DiskFull);
        }
        let background: Background = Arc::new(|job| {
            // Without a thread the answer never comes, which is handled as a time-out.
            drop(thread::Builder::new().name("microphone".to_owned()).spawn(job));
        });
        let (opened, answer) = channel();
        let (host, wanted) = (Arc::clone(&parts.host), device.clone());
        let opening_at = parts.clock.monotonic();
        background(Box::new(move || drop(opened.send(host.open(wanted.as_ref())))));
        // A sound server that was asleep may answer only when it has woken.
        let open = match answer.recv_timeout(SLOW_OPENING) {
            Err(RecvTimeoutError::Timeout) => {
                (parts.listener)(CaptureEvent::Opening);
                answer.recv_timeout(START_TIMEOUT).map_err(|_| AudioError::Unavailable)?
            }
            answer => answer.map_err(|_| AudioError::Unavailable)?,
        }?;
        let machine = Machine::new(parts, device, open, opening_at, options, background)?;
        let (level, live, progress) = (machine.level(), machine.live(), machine.progress());
        let (commands, received) = channel();
        let writer = thread::Builder::new()
            .name("recording".to_owned())
            .spawn(move || write_until_stopped(machine, &received))
            .map_err(CaptureError::Thread)?;
        Ok(RecordingHandle { commands, writer: Some(writer), level, live, progress })
    }
}

fn write_until_stopped(mut machine: Machine, commands: &Receiver<Command>) -> RecordingSummary {
    loop {
        match commands.recv_timeout(STEP_EVERY) {
            Ok(Command::Pause(done)) => {
                hear_out(&mut machine);
                machine.pause();
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
            }
            Ok(Command::Resume(done)) => {
                machine.resume();
                let _ = done.send(());
            }
            Ok(Command::SetDevice(device)) => machine.set_device(device),
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => {
                hear_out(&mut machine);
                return machine.finish(StopReason::Asked);
            }
        }
        machine.step();
        if let Some(reason) = machine.stopped() {
            return machine.finish(reason);
        }
    }
}

/// What was spoken until now lies in the sound system until its next callback.
fn hear_out(machine: &mut Machine) {
    machine.hears();
    for _ in 0..N_HEAR_OUT_STEPS {
        thread::sleep(HEAR_OUT_STEP);
        if machine.hears() {
            break;
        }
    }
}

/// A running recording. Dropping it stops and seals it.
#[derive(Debug)]
pub struct RecordingHandle {
    commands: Sender<Command>,
    writer: Option<JoinHandle<RecordingSummary>>,
    level: Arc<LevelReading>,
    live: LiveSamples,
    progress: Arc<Progress>,
}

impl RecordingHandle {
    /// Closes the microphone until [`resume`](Self::resume). Returns when nothing more is captured.
    pub fn pause(&self) {
        self.confirmed(Command::Pause);
    }

    /// Opens it again.
    pub fn resume(&self) {
        self.confirmed(Command::Resume);
    }

    fn confirmed(&self, command: impl FnOnce(SyncSender<()>) -> Command) {
        let (done, confirmation) = sync_channel(1);
        // A recording that has ended takes no commands.
        if self.commands.send(command(done)).is_ok() {
            let _ = confirmation.recv_timeout(CONFIRM_TIMEOUT);
        }
    }

    /// Changes to another microphone, or to the default one; the answer is an event.
    pub fn set_device(&self, device: Option<DeviceId>) {
        drop(self.commands.send(Command::SetDevice(device)));
    }

    /// What the recording is doing.
    #[must_use]
    pub fn state(&self) -> RecordingState {
        self.progress.state()
    }

    /// How loud it is.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level.get()
    }

    /// The meter, for a thread of its own.
    #[must_use]
    pub fn level_reading(&self) -> Arc<LevelReading> {
        Arc::clone(&self.level)
    }

    /// What is being recorded, for readers that follow it.
    #[must_use]
    pub fn live(&self) -> LiveSamples {
        self.live.clone()
    }

    /// Samples written so far, 16 kHz mono.
    #[must_use]
    pub fn n_samples(&self) -> u64 {
        self.progress.n_samples()
    }

    /// Frames dropped so far.
    #[must_use]
    pub fn n_dropped_frames(&self) -> u64 {
        self.progress.n_dropped()
    }

    /// Whether the recording has ended by itself; [`stop`](Self::stop) then gives its summary.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.writer.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Stops and seals the recording.
    ///
    /// # Errors
    /// [`CaptureError::Died`]; what was written can be recovered.
    pub fn stop(mut self) -> Result<RecordingSummary, CaptureError> {
        self.end().ok_or(CaptureError::Died)
    }

    fn end(&mut self) -> Option<RecordingSummary> {
        drop(self.commands.send(Command::Stop));
        self.writer.take()?.join().ok()
    }
}

impl Drop for RecordingHandle {
    fn drop(&mut self) {
        drop(self.end());
    }
}
