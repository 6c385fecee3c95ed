//! What can be chosen about a recording, and what it needs from its surroundings.

use super::{event::CaptureEvent, host::AudioHost};
use journey_domain::ports::{Clock, SegmentSink};
use std::{fmt, io, sync::Arc, time::Duration};

/// Choices of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureOptions {
    /// Capturing stands still while fewer bytes than this are free; 0 turns the check off.
    pub disk_floor_bytes: u64,
    /// Ends the recording after this much sound without speech.
    pub stop_after_silence: Option<Duration>,
    /// How much is kept in memory for readers that follow the recording.
    pub live_window: Duration,
}

impl Default for CaptureOptions {
    /// A floor of 200 MB, no end by silence, five minutes (9.6 MB) for readers.
    fn default() -> Self {
        Self {
            disk_floor_bytes: 200_000_000,
            stop_after_silence: None,
            live_window: Duration::from_secs(300),
        }
    }
}

/// Free bytes where the recording is written.
pub type FreeSpace = Box<dyn Fn() -> io::Result<u64> + Send>;

/// Told of events, on the writer's thread; must not block.
pub type CaptureListener = Box<dyn Fn(CaptureEvent) + Send>;

/// The surroundings of a recording.
pub struct CaptureParts {
    /// The sound system.
    pub host: Arc<dyn AudioHost>,
    /// Wall and monotonic time.
    pub clock: Arc<dyn Clock>,
    /// Where the sound goes.
    pub sink: Box<dyn SegmentSink>,
    /// Free bytes there.
    pub free_space: FreeSpace,
    /// Who is told.
    pub listener: CaptureListener,
}

impl fmt::Debug for CaptureParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureParts").finish_non_exhaustive()
    }
}
