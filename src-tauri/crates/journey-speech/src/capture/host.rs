//! What a recording needs from the sound system: a list of microphones and a way to open one.

use super::feed::{StreamFormat, StreamReader};
use std::fmt;

/// Names one input device across restarts, as `<sound system>:<its own name>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceId(String);

impl DeviceId {
    /// Wraps an id that [`AudioHost::devices`] gave or a setting kept.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// As text, for a setting or a list.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A microphone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputDevice {
    /// Stable id.
    pub id: DeviceId,
    /// Name for a person.
    pub name: String,
    /// Whether it is what the system would choose.
    pub is_default: bool,
}

/// Why the sound system could not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioError {
    /// There is no microphone, or the chosen one is gone.
    #[error("no microphone was found")]
    NoDevice,
    /// The system refuses access.
    #[error("access to the microphone was refused")]
    Permission,
    /// Another program holds it.
    #[error("the microphone is in use by another program")]
    Busy,
    /// It offers no format that can be used.
    #[error("the microphone offers no usable format")]
    Format,
    /// The sound system itself is missing or does not answer.
    #[error("the sound system does not answer")]
    Unavailable,
    /// Anything else.
    #[error("the sound system failed")]
    Failed,
}

impl AudioError {
    /// What a person can do about it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::NoDevice => "connect a microphone, or choose another one in the settings",
            Self::Permission => "allow microphone access in the system's privacy settings",
            Self::Busy => "close the program that uses the microphone, or choose another one",
            Self::Format => "choose another microphone",
            Self::Unavailable => "check that PipeWire, PulseAudio or ALSA is running",
            Self::Failed => "reconnect the microphone and try again",
        }
    }
}

/// An open microphone. Dropping it closes it; that may take a while, and is done on a thread of its
/// own.
pub trait InputStream: Send {}

/// What [`AudioHost::open`] gives.
pub struct OpenStream {
    /// Keeps the microphone open.
    pub stream: Box<dyn InputStream>,
    /// What it delivers.
    pub reader: StreamReader,
    /// The shape of that.
    pub format: StreamFormat,
    /// Which microphone it became.
    pub device: InputDevice,
}

impl fmt::Debug for OpenStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenStream")
            .field("format", &self.format)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// The sound system. Calls may block for long: a recording makes them on threads of their own.
pub trait AudioHost: Send + Sync {
    /// The microphones that are there now.
    ///
    /// # Errors
    /// [`AudioError`].
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError>;

    /// Opens a microphone, or the default one, and starts it.
    ///
    /// The host chooses the format, makes the two ends with
    /// [`stream_channel`](super::feed::stream_channel), and pushes into the feed from its callback.
    ///
    /// # Errors
    /// [`AudioError`].
    fn open(&self, device: Option<&DeviceId>) -> Result<OpenStream, AudioError>;
}
