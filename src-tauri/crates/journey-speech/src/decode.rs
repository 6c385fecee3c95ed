//! Reading foreign sound files: any container and codec in, 16 kHz mono out.
//!
//! The file is parsed in a worker process that may use 512 MB and no other file, so that a hostile
//! one can end that process and nothing else.

use crate::worker::{
    WorkerCommand, WorkerMode,
    process::{Waited, WorkerProcess},
    protocol::{Failure, FromWorker, from_payload},
};
use journey_domain::{
    error_code::ErrorCode,
    ports::CancelToken,
    timeline::{SAMPLE_RATE_HZ, SAMPLES_PER_MS},
};
use serde::{Deserialize, Serialize};
use std::{fs::File, time::Duration};

pub(crate) mod media;
mod opus;
mod recorded;
mod sniff;

/// Address space of the process that decodes.
const MEMORY_LIMIT: u64 = 512 << 20;
/// How long decoding may get nothing done.
const STALL_LIMIT: Duration = Duration::from_secs(30);
/// Share of the claimed length from which a file counts as whole: coders pad and round.
const ENOUGH_COVERAGE: f64 = 0.98;
const SIGABRT: i32 = 6;

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
                "Readable are wav, mp3, m4a, aac, flac, ogg, opus, webm, mp4, mov, mkv, txt, md, srt and vtt files.",
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
/// length. A file that is damaged in the middle gives what can be read and a warning. `on_media`
/// comes once, before the first block.
///
/// # Errors
/// [`DecodeError`]; what was handed out before it is to be thrown away.
pub fn decode_file(
    worker: &WorkerCommand,
    file: &File,
    extension: Option<&str>,
    on_media: &mut dyn FnMut(&MediaInfo),
    on_block: &mut dyn FnMut(&[i16]),
    cancel: &CancelToken,
) -> Result<DecodedInfo, DecodeError> {
    if file.metadata().map_err(DecodeError::Io)?.len() == 0 {
        return Err(DecodeError::Empty);
    }
    // Letters and digits alone: the hint becomes an argument of a command.
    let extension = extension
        .filter(|e| e.len() <= 8 && e.bytes().all(|b| b.is_ascii_alphanumeric()))
        .map(str::to_owned);
    let mode = WorkerMode::Decode { extension };
    let mut process = WorkerProcess::start(worker, &mode, MEMORY_LIMIT, file, STALL_LIMIT)
        .map_err(DecodeError::Io)?;
    let mut media = MediaInfo::default();
    let mut n_samples = 0;
    loop {
        if cancel.is_cancelled() {
            return Err(DecodeError::Cancelled);
        }
        match process.wait() {
            Waited::Message(FromWorker::Media(info), _) => {
                on_media(&info);
                media = info;
            }
            Waited::Message(FromWorker::Block, payload) => {
                let block: Vec<i16> = from_payload(&payload).collect();
                n_samples += block.len() as u64;
                on_block(&block);
            }
            Waited::Message(FromWorker::Decoded { lost_samples, cut_off }, _) => {
                return summary(media, n_samples, lost_samples, cut_off);
            }
            Waited::Message(FromWorker::Failed(failure), _) => return Err(failure.into()),
            Waited::Message(..) | Waited::Nothing => {}
            Waited::Stalled => return Err(DecodeError::Hung),
            Waited::Gone => {
                return Err(match process.signal() {
                    // The decoders are Rust: they abort for want of memory alone.
                    Some(SIGABRT) => DecodeError::TooMuchMemory,
                    signal => DecodeError::WorkerDied { signal },
                });
            }
        }
    }
}

fn summary(
    media: MediaInfo,
    n_samples: u64,
    lost_samples: u64,
    cut_off: bool,
) -> Result<DecodedInfo, DecodeError> {
    if n_samples <= lost_samples {
        return Err(DecodeError::Damaged);
    }
    let heard_ms = (n_samples - lost_samples) / SAMPLES_PER_MS;
    let coverage = match media.claimed_ms {
        Some(claimed) if claimed > heard_ms => heard_ms as f64 / claimed as f64,
        _ => 1.0,
    };
    let warning = if coverage < ENOUGH_COVERAGE {
        let percent = (coverage * 100.0).floor();
        Some(format!("The file is damaged or cut off: {percent} % of it could be read."))
    } else if lost_samples > 0 {
        let seconds = lost_samples as f64 / f64::from(SAMPLE_RATE_HZ);
        Some(format!("Parts of the file are damaged: {seconds:.1} s of it are silent."))
    } else if cut_off {
        Some("The file is damaged at its end: what comes before was read.".to_owned())
    } else {
        None
    };
    Ok(DecodedInfo { media, n_samples, coverage, warning })
}

impl From<Failure> for DecodeError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::UnknownFormat => Self::UnknownFormat,
            Failure::NoAudioTrack => Self::NoAudioTrack,
            Failure::UnsupportedCodec { codec } => Self::UnsupportedCodec { codec },
            Failure::DamagedMedia => Self::Damaged,
            Failure::OutOfMemory => Self::TooMuchMemory,
            Failure::Cancelled => Self::Cancelled,
            _ => Self::WorkerDied { signal: None },
        }
    }
}
