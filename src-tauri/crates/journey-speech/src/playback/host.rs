//! What playing needs from the sound system: one way to open the speaker.

use super::queue::OutputQueue;
use std::fmt;

/// Why nothing can be heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// There is no speaker and no headphone.
    #[error("there is nothing to play sound on")]
    NoDevice,
    /// Another program holds it.
    #[error("the speaker is in use by another program")]
    Busy,
    /// It takes no format that can be made.
    #[error("the speaker takes no usable format")]
    Format,
    /// The sound system itself is missing or does not answer.
    #[error("the sound system does not answer")]
    Unavailable,
    /// Anything else.
    #[error("the sound system failed")]
    Failed,
}

impl OutputError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NoDevice => "Connect a speaker or headphones and try again.",
            Self::Busy => "Close the program that uses the speaker and try again.",
            Self::Format => "Choose another speaker in the system's settings.",
            Self::Unavailable => "Check that PipeWire, PulseAudio or ALSA is running.",
            Self::Failed => "Reconnect the speaker and try again.",
        }
    }
}

/// An open speaker. Dropping it closes it.
pub trait OutputStream: Send {}

/// What [`AudioOutput::open`] gives.
pub struct OpenOutput {
    /// Keeps the speaker open.
    pub stream: Box<dyn OutputStream>,
    /// Takes what is to be heard.
    pub queue: OutputQueue,
}

impl fmt::Debug for OpenOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenOutput").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// The way out. Calls may block.
pub trait AudioOutput: Send + Sync {
    /// Opens what the system plays on and starts it.
    ///
    /// The host chooses the rate, makes the ends with
    /// [`output_channel`](super::queue::output_channel), and fills from the tap in its callback.
    ///
    /// # Errors
    /// [`OutputError`].
    fn open(&self) -> Result<OpenOutput, OutputError>;
}
