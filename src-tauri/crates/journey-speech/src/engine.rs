//! Transcription as the rest of the program sees it: sound in, segments with words out.
//!
//! The real engine is [`WorkerEngine`], which keeps whisper.cpp in a process of its own.

use journey_domain::{error_code::ErrorCode, ports::CancelToken, transcript::SpokenSegment};

mod noise;
mod pieces;
mod warm;

pub use crate::whisper::model_file::{BadModel, ModelFile, ModelKind};
pub use crate::worker::{Hello as Confinement, WorkerCommand};
pub use pieces::{MAX_PIECE_SAMPLES, Piece, PieceCutter};
pub use warm::{WorkerEngine, default_threads};

/// Which language is spoken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Found out from the sound; always English with an English-only model.
    #[default]
    Auto,
    /// An ISO 639-1 code such as `de`.
    Fixed(String),
}

/// How to transcribe.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscribeOptions {
    /// The language spoken.
    pub language: Language,
    /// Session time of the first sample, in milliseconds; added to every time that comes out.
    pub offset_ms: u64,
}

/// What comes out while transcribing.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// A segment as soon as its window is done, without word times yet. To show, not to keep.
    Provisional(SpokenSegment),
    /// A segment to keep. Final ones come in order and replace all provisional ones before them.
    ///
    /// When a worker dies, what it had finished comes as final segments without words before the
    /// error: the job goes on from the end of the last one.
    Final(SpokenSegment),
    /// Share of this call's audio that is done, 0 to 1.
    Progress(f32),
}

/// What a finished transcription says besides its segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscribeOutcome {
    /// ISO 639-1 code of the language, where there was any sound to tell it by.
    pub language: Option<String>,
}

/// Why sound was not transcribed.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// The worker process ended by itself.
    #[error("the transcription process died{}", .signal.map(|s| format!(" (signal {s})")).unwrap_or_default())]
    WorkerDied {
        /// The signal that ended it, where one did.
        signal: Option<i32>,
    },
    /// The worker was alive and did nothing for too long, so it was ended.
    #[error("the transcription process hung and was ended")]
    Hung,
    /// The model is damaged or foreign.
    #[error("{0}")]
    BadModel(#[from] BadModel),
    /// The processor cannot run this build of whisper.cpp.
    #[error("this computer's processor lacks {missing}, which transcription needs")]
    UnsupportedCpu {
        /// The instruction sets that are missing, such as `AVX2`.
        missing: String,
    },
    /// Not enough memory for this model.
    #[error("there is not enough memory for this speech model")]
    OutOfMemory,
    /// Stopped on request.
    #[error("transcription was cancelled")]
    Cancelled,
    /// The model does not know the language asked for.
    #[error("the speech model does not know the language '{code}'")]
    UnknownLanguage {
        /// What was asked for.
        code: String,
    },
    /// whisper.cpp gave up on this sound.
    #[error("the speech model failed on this recording")]
    Failed,
    /// Starting the worker or speaking with it failed.
    #[error("the transcription process could not be reached")]
    Io(#[source] std::io::Error),
}

impl SpeechError {
    /// Whether trying again may help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::WorkerDied { .. } | Self::Hung | Self::OutOfMemory | Self::Io(_))
    }

    /// The code under which it reaches people.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::WorkerDied { .. } | Self::Hung | Self::Failed | Self::OutOfMemory => {
                ErrorCode::WorkerFailed
            }
            Self::BadModel(_) => ErrorCode::BadModel,
            Self::UnsupportedCpu { .. } => ErrorCode::Unsupported,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::UnknownLanguage { .. } => ErrorCode::Usage,
            Self::Io(_) => ErrorCode::Io,
        }
    }

    /// What a person can do about it, as a sentence.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::BadModel(_) => Some("Download the model again or choose another."),
            Self::OutOfMemory => Some("Choose a smaller model or close other programs."),
            Self::UnsupportedCpu { .. } => {
                Some("Install the package that is built for older processors.")
            }
            Self::UnknownLanguage { .. } => {
                Some("English-only models end in '.en'; choose a multilingual one.")
            }
            Self::WorkerDied { .. } | Self::Hung => {
                Some("It is tried again by itself; another model may help if it keeps failing.")
            }
            Self::Cancelled | Self::Failed | Self::Io(_) => None,
        }
    }
}

/// Turns 16 kHz mono sound into segments. All calls block.
pub trait SpeechEngine: Send + Sync {
    /// Transcribes `audio` (16 kHz mono). Long audio is cut at quiet places inside.
    ///
    /// `on_heard` is called on the calling thread. Times are session milliseconds. Segments that
    /// hold nothing but a bracketed noise mark such as `[BLANK_AUDIO]` are left out: nobody said them.
    ///
    /// # Errors
    /// [`SpeechError`]; segments given as [`Heard::Final`] before it stay valid.
    fn transcribe(
        &self,
        model: &ModelFile,
        audio: &[i16],
        options: &TranscribeOptions,
        on_heard: &mut dyn FnMut(Heard),
        cancel: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError>;

    /// Gives the model's memory back at once; the next call loads it again.
    fn release(&self);
}
