//! What a recording tells while it runs, and what it says at its end.

use journey_domain::{ports::SinkError, timeline::Mark};

/// Something a person should know. Told on the thread that starts the recording and then on the writer's:
/// a listener must not block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureEvent {
    /// The microphone takes long to give its first sound. Nothing is lost by that: the session begins,
    /// or goes on, with that sound.
    Opening,
    /// A microphone was opened and never gave anything; another is being looked for.
    DeviceSilent,
    /// The microphone is gone; a new one is being looked for while the session goes on.
    DeviceLost,
    /// Sound comes from this microphone now.
    DeviceChanged {
        /// Its name.
        name: String,
    },
    /// The microphone that was asked for could not be opened; the present one stays.
    DeviceRefused,
    /// Only zeros for five seconds.
    NoSignal,
    /// There is sound again after [`NoSignal`](Self::NoSignal).
    SignalBack,
    /// Sound is cut off: too loud. Told at most every ten seconds.
    Clipping,
    /// Free space nears the floor.
    DiskLow,
    /// The disk is full: capturing stands still, or waits in memory.
    DiskFull,
    /// Writing fails for another reason: what is spoken waits in memory.
    WriteFailed,
    /// Writing works again.
    DiskBack,
    /// Nothing was said for the time after which recording was to stop; it stopped.
    LongSilence,
    /// Frames were dropped because the computer could not keep up.
    Overrun {
        /// How many frames of the microphone.
        n_frames: u64,
    },
    /// The computer slept in the middle.
    Suspended,
}

/// What a recording is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordingState {
    /// No microphone has given anything yet: the session's time has not begun.
    Opening,
    /// Sound is being captured.
    Recording,
    /// The person paused; the microphone is closed.
    Paused,
    /// No microphone; one is being looked for.
    WithoutDevice,
    /// Waiting for space on the disk.
    WithoutSpace,
    /// Over.
    Finished,
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Somebody stopped it.
    Asked,
    /// Nothing was said for long.
    LongSilence,
}

/// What came of a recording.
#[derive(Debug)]
pub struct RecordingSummary {
    /// Samples in the sealed file, 16 kHz mono.
    pub n_samples: u64,
    /// Pauses, losses and stretches without signal, in order. The same that the sink was given,
    /// and those that it could not take.
    pub marks: Vec<Mark>,
    /// Frames that the callback had no room for.
    pub dropped_frames: u64,
    /// How many times the sound system reported losing samples by itself.
    pub n_xruns: u64,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// Why the recording could not be written to its end; `None` where it is sealed.
    pub failure: Option<SinkError>,
}
