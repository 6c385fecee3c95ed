//! Sessions and what hangs on them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A session whole, as `show` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionView {
    /// UUID v7.
    pub id: String,
    /// Shown in lists.
    pub title: String,
    /// UTC, RFC 3339.
    pub recorded_at: String,
    /// `microphone`, `audio`, `video` or `text`.
    #[ts(type = "Source")]
    pub source: String,
    /// Length in milliseconds; null for text.
    #[ts(type = "number | null")]
    pub duration_ms: Option<u64>,
    /// `captured`, `transcribed` or `analysed`.
    #[ts(type = "Status")]
    pub status: String,
    /// Whether it was brought back after a crash.
    pub recovered: bool,
    /// The person's tags.
    pub tags: Vec<String>,
    /// Marked as a favourite.
    pub favourite: bool,
    /// How much of it there is, and what is missing.
    pub coverage: CoverageView,
    /// The current revision; null before transcription.
    pub transcript: Option<TranscriptView>,
    /// The accepted run; null before analysis.
    pub run: Option<RunView>,
    /// What the run found, after the person's corrections.
    pub elements: Vec<ElementView>,
    /// Links between elements.
    pub relationships: Vec<RelationshipView>,
    /// The failure of the last attempt, if it failed.
    pub error: Option<StageErrorView>,
}

/// Shares from 0 to 1, and the holes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CoverageView {
    /// Of the time, how much has sound.
    pub captured: f64,
    /// Of the sound, how much was transcribed.
    pub transcribed: f64,
    /// Of the text, how much was analysed.
    pub analysed: f64,
    /// What is missing.
    pub holes: Vec<HoleView>,
    /// What another analyser read in place of the run's own.
    pub substitutes: Vec<SubstituteView>,
}

/// A part of the text that another analyser read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SubstituteView {
    /// Who read it: `on-device`, `openai`, …
    pub provider: String,
    /// The model that read it.
    pub model: String,
    /// First millisecond; 0 for text.
    #[ts(type = "number")]
    pub start_ms: u64,
    /// One past the last millisecond; 0 for text.
    #[ts(type = "number")]
    pub end_ms: u64,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What kept the run's own analyser from it.
    #[ts(type = "\"unusable_answer\" | \"was_missing\"")]
    pub why: String,
    /// Why, in the service's words.
    pub reason: String,
}

/// A missing part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HoleView {
    /// `capture`, `transcribe` or `analyse`.
    #[ts(type = "Stage")]
    pub stage: String,
    /// First millisecond.
    #[ts(type = "number")]
    pub start_ms: u64,
    /// One past the last millisecond.
    #[ts(type = "number")]
    pub end_ms: u64,
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Why.
    pub reason: String,
}

/// A transcript revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TranscriptView {
    /// From 1.
    pub revision: u32,
    /// ISO 639-1, where known.
    pub language: Option<String>,
    /// The speech model; null for text.
    pub model: Option<String>,
    /// The whole text.
    pub text: String,
    /// Its segments in order.
    pub segments: Vec<SegmentView>,
}

/// A segment of a transcript.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SegmentView {
    /// Null for text.
    #[ts(type = "number | null")]
    pub start_ms: Option<u64>,
    /// Null for text.
    #[ts(type = "number | null")]
    pub end_ms: Option<u64>,
    /// Trimmed.
    pub text: String,
    /// 0 to 1; null for text.
    pub probability: Option<f32>,
}

/// What the session page shows beyond the session itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionDetail {
    /// The session, as the command line prints it.
    pub session: SessionView,
    /// For each segment of the transcript, where it stands and when its words were said.
    pub segments: Vec<SegmentDetail>,
    /// Whether there is sound to play.
    pub has_audio: bool,
    /// Jobs that are under way or failed.
    pub jobs: Vec<JobView>,
}

/// The words of a segment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SegmentDetail {
    /// First character of it in the transcript's text.
    pub start: usize,
    /// Whether the loop detector marked it as a repetition.
    pub repeated: bool,
    /// Its words with their times; empty for text.
    pub words: Vec<WordView>,
}

/// A stage of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobView {
    /// UUID v7.
    pub id: String,
    /// Session id.
    pub session: String,
    /// `transcribe`, `analyse` or `sync`.
    pub kind: String,
    /// `queued`, `running`, `waiting`, `done`, `parked` or `cancelled`.
    pub state: String,
    /// Why it is parked.
    pub message: Option<String>,
}

/// A word with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct WordView {
    /// As recognised.
    pub text: String,
    /// On the session's timeline.
    #[ts(type = "number")]
    pub start_ms: u64,
    /// On the session's timeline.
    #[ts(type = "number")]
    pub end_ms: u64,
    /// 0 to 1.
    pub probability: f32,
}

/// Who analysed, and at what price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunView {
    /// UUID v7.
    pub id: String,
    /// `on-device`, `openai`, …
    pub provider: String,
    /// The model's name.
    pub model: String,
    /// The version of prompt or rules.
    pub prompt_version: String,
    /// Tokens sent.
    #[ts(type = "number")]
    pub tokens_in: u64,
    /// Tokens received.
    #[ts(type = "number")]
    pub tokens_out: u64,
    /// Null without a dated price.
    pub cost_usd: Option<f64>,
    /// How much of it came from answers that were kept: `nothing`, `some` or `all`; then nothing was sent.
    #[ts(type = "\"nothing\" | \"some\" | \"all\"")]
    pub reused: String,
}

/// One run in the list of a session's runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunSummary {
    /// The run itself.
    #[serde(flatten)]
    pub run: RunView,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// How long it took.
    #[ts(type = "number")]
    pub duration_ms: u64,
    /// Which transcript revision it read.
    pub transcript_revision: u32,
    /// How many elements it found.
    pub elements: usize,
    /// How many proposed elements had no span and were turned away.
    pub rejected: u32,
    /// Whether it is the one that is shown.
    pub accepted: bool,
}

/// One difference between two runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ChangeView {
    /// `added`, `removed` or `changed`.
    #[ts(type = "\"added\" | \"removed\" | \"changed\"")]
    pub change: String,
    /// The element of the first run; null when added.
    pub before: Option<ElementView>,
    /// The element of the second run; null when removed.
    pub after: Option<ElementView>,
}

/// An element with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ElementView {
    /// UUID v7.
    pub id: String,
    /// One of the six kinds.
    #[ts(type = "ElementKind")]
    pub kind: String,
    /// The node's name, or at most 80 characters.
    pub label: String,
    /// Node id of an emotion or topic; null for other kinds.
    pub taxonomy: Option<String>,
    /// 1 to 5, for emotions.
    pub intensity: Option<u8>,
    /// 0 to 1.
    pub confidence: f32,
    /// For beliefs.
    #[ts(type = "Stance | null")]
    pub stance: Option<String>,
    /// For actions.
    #[ts(type = "ActionStatus | null")]
    pub status: Option<String>,
    /// For actions where a date was said, `YYYY-MM-DD`.
    pub due: Option<String>,
    /// Never empty, strongest first.
    pub evidence: Vec<EvidenceView>,
    /// The analyser that found it, where that is not the run's own; else null.
    pub found_by: Option<String>,
}

/// A place in the transcript: `text[start..end] == quote`, counted in Unicode scalar values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct EvidenceView {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// The transcript's own words.
    pub quote: String,
    /// Null for text.
    #[ts(type = "number | null")]
    pub start_ms: Option<u64>,
    /// Null for text.
    #[ts(type = "number | null")]
    pub end_ms: Option<u64>,
    /// `verified` or `repaired`.
    #[ts(type = "EvidenceState")]
    pub state: String,
}

/// A link between two elements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RelationshipView {
    /// Element id.
    pub from: String,
    /// Element id.
    pub to: String,
    /// `triggered_by`, `about`, `leads_to`, `supports`, `contradicts` or `addresses`.
    #[ts(type = "RelationshipKind")]
    pub kind: String,
    /// 0 to 1.
    pub confidence: f32,
    /// The words that say so.
    pub evidence: Vec<EvidenceView>,
}

/// Why the last attempt at a stage failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct StageErrorView {
    /// Stable.
    #[ts(type = "ErrorCode")]
    pub code: String,
    /// What happened and what to do.
    pub message: String,
    /// `capture`, `transcribe` or `analyse`.
    #[ts(type = "Stage")]
    pub stage: String,
}

/// What `import` and `try` print.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionsDone {
    /// One for each file that became a session.
    pub sessions: Vec<SessionView>,
    /// What to know about them.
    pub warnings: Vec<WarningView>,
}

/// Something to know that stopped nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WarningView {
    /// Stable.
    pub code: String,
    /// One sentence.
    pub message: String,
}

/// A line of the list of sessions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionSummary {
    /// UUID v7.
    pub id: String,
    /// Shown in lists.
    pub title: String,
    /// UTC, RFC 3339.
    pub recorded_at: String,
    /// `microphone`, `audio`, `video` or `text`.
    pub source: String,
    /// Null for text.
    #[ts(type = "number | null")]
    pub duration_ms: Option<u64>,
    /// Last stage reached.
    pub status: String,
    /// The person's tags.
    pub tags: Vec<String>,
    /// Marked as a favourite.
    pub favourite: bool,
}

/// A page of sessions, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionPage {
    /// The page.
    pub sessions: Vec<SessionSummary>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
}

/// One match of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HitView {
    /// Session id.
    pub session: String,
    /// Element id; null for a match in a transcript.
    pub element: Option<String>,
    /// `transcript` or an element kind.
    #[ts(type = "ElementKind | \"transcript\"")]
    pub kind: String,
    /// What the element is called; null for a match in a transcript.
    pub label: Option<String>,
    /// First character of the match in the transcript.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// Words around the match.
    pub snippet: String,
    /// Higher is better.
    pub score: f64,
}

/// A page of matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SearchPage {
    /// Best first.
    pub hits: Vec<HitView>,
    /// Where the next page begins; null on the last.
    pub next: Option<String>,
    /// How many of the newest matches were ranked.
    pub ranked: usize,
}
