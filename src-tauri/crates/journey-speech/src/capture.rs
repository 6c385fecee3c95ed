//! Recording: from the microphone to the sealed file, while it is being spoken.
//!
//! ```text
//! audio callback -> lock-free ring -> writer thread: level, mono, 16 kHz -> sink (every 100 ms)
//!                                                                        -> readers that follow
//! ```
//!
//! Writing comes before everything else: transcription, meters and events are readers of what was
//! written. Every second that was not captured is marked, with its reason.

pub mod cpal_host;
pub mod event;
pub mod feed;
pub mod host;
pub mod live;
pub mod options;
pub mod recorder;

mod machine;
mod outbox;
mod run;

#[cfg(test)]
mod tests;

pub use cpal_host::CpalHost;
pub use event::{CaptureEvent, RecordingState, RecordingSummary, StopReason};
pub use host::{AudioError, AudioHost, DeviceId, InputDevice, InputStream, OpenStream};
pub use live::{LiveRead, LiveSamples};
pub use options::{CaptureListener, CaptureOptions, CaptureParts, FreeSpace};
pub use recorder::{Recorder, RecordingHandle};
