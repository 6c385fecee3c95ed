//! One reflection: where it came from, how far it got, what is missing.

use crate::{element::UnknownWord, element::words, error_code::ErrorCode, ids::SessionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words!(
    /// Where a reflection came from.
    Source, "source" {
        /// Recorded here.
        Microphone = "microphone",
        /// An imported sound file.
        Audio = "audio",
        /// The sound of an imported film.
        Video = "video",
        /// Written, or imported text.
        Text = "text",
    }
);

words!(
    /// The last stage a session reached. Order matters: later stages compare greater.
    Status, "status" {
        /// Audio or text is kept.
        Captured = "captured",
        /// There is a transcript.
        Transcribed = "transcribed",
        /// There is a run.
        Analysed = "analysed",
    }
);

words!(
    /// Where a hole is.
    HoleStage, "stage" {
        /// Sound that was not captured.
        Capture = "capture",
        /// Sound that was not transcribed.
        Transcribe = "transcribe",
        /// Text that was not analysed.
        Analyse = "analyse",
    }
);

/// A part that is missing, with the reason.
///
/// Times are on the session's timeline (0 for written text), `start` and `end` count characters of
/// the transcript (0 where it has none there).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    /// The stage that missed it.
    pub stage: HoleStage,
    /// First millisecond.
    pub start_ms: u64,
    /// One past the last millisecond.
    pub end_ms: u64,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Why, in words for a person; without private content.
    pub reason: String,
}

/// How much of a session was captured, transcribed and analysed, each 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Share of the timeline with sound.
    pub captured: f64,
    /// Share of the captured sound that went through the recogniser.
    pub transcribed: f64,
    /// Share of the transcript that was analysed.
    pub analysed: f64,
    /// What is missing.
    pub holes: Vec<Hole>,
}

/// What is kept of a failed stage. The message holds no private content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageError {
    /// Which stage.
    pub stage: HoleStage,
    /// Stable code.
    pub code: ErrorCode,
    /// What happened and what to do.
    pub message: String,
}

/// Whether the recording is still being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptureState {
    /// Being captured; after a crash this is what recovery looks for.
    Recording,
    /// Sealed.
    Finished,
    /// Sealed by recovery after a crash.
    Recovered,
}

impl CaptureState {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Finished => "finished",
            Self::Recovered => "recovered",
        }
    }
}

impl std::str::FromStr for CaptureState {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "recording" => Ok(Self::Recording),
            "finished" => Ok(Self::Finished),
            "recovered" => Ok(Self::Recovered),
            _ => Err(UnknownWord("capture state")),
        }
    }
}

/// A session without its transcript and elements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Identity.
    pub id: SessionId,
    /// Shown in lists.
    pub title: String,
    /// When it was said, in UTC.
    pub recorded_at: Timestamp,
    /// The IANA zone (or fixed offset) in which it was said.
    pub time_zone: String,
    /// Where it came from.
    pub source: Source,
    /// Length of the timeline in milliseconds; `None` for text.
    pub duration_ms: Option<u64>,
    /// Last stage reached.
    pub status: Status,
    /// Whether the recording is complete.
    pub capture: CaptureState,
    /// The person's own marks.
    pub tags: Vec<String>,
    /// Marked as a favourite.
    pub favourite: bool,
    /// Parts of the sound that were not captured or not transcribed.
    pub holes: Vec<Hole>,
    /// The failure of the last attempt, if it failed.
    pub error: Option<StageError>,
    /// When it was put in the bin.
    pub deleted_at: Option<Timestamp>,
}
