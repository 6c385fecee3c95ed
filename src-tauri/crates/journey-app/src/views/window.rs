//! Shapes that only the window asks for.

use super::{AccountView, ChangeView, DeviceView, HitView, RunView, SessionView};
use crate::error::CommandError;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Where a person stands at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// There is no account yet.
    FirstRun,
    /// Nobody is signed in.
    SignedOut,
    /// Signed in, the vault is closed.
    Locked,
    /// The vault is open.
    Unlocked,
}

/// Who is here, and what the door offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AccountState {
    /// Where they stand.
    pub state: Presence,
    /// Who is signed in.
    pub account: Option<AccountView>,
    /// Who was signed in here last.
    pub last_name: Option<String>,
    /// Whether anyone may make an account.
    pub may_create: bool,
    /// Whether there is a keychain to keep the sign-in.
    pub may_stay: bool,
}

/// An account in the list of an admin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AccountRow {
    /// UUID v7.
    pub id: String,
    /// The name to sign in with.
    pub name: String,
    /// `admin` or `regular`.
    #[ts(type = "Role")]
    pub role: String,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// When it was made.
    pub created_at: String,
    /// When it was last signed in to by password or code; none where the audit log no longer says.
    pub last_sign_in: Option<String>,
}

/// All accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct AccountRows {
    /// By name.
    pub accounts: Vec<AccountRow>,
}

/// A recovery code, shown this once.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct RecoveryCodeView {
    /// To be written down.
    pub recovery_code: String,
}

/// How good a password is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PasswordStrength {
    /// 0 to 4.
    pub score: u8,
    /// Whether it may be used.
    pub acceptable: bool,
    /// What is weak about it.
    pub warning: Option<String>,
    /// How to make it better.
    pub suggestions: Vec<String>,
}

/// A word of the transcript: characters `start..end`, spoken from `start_ms` to `end_ms`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct PlacedWord {
    /// First character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// On the timeline.
    #[ts(type = "number")]
    pub start_ms: u64,
    /// On the timeline.
    #[ts(type = "number")]
    pub end_ms: u64,
    /// 0 to 1.
    pub probability: f32,
}

/// A session and what its page shows beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionPageView {
    /// As the command line prints it.
    pub session: SessionView,
    /// Empty for written text.
    pub words: Vec<PlacedWord>,
    /// Whether there is sound to play.
    pub has_audio: bool,
    /// Whether words of crisis were met and the person has not turned that off.
    pub care: bool,
    /// How many requests left the machine for it.
    pub sent: usize,
}

/// What an edit of the transcript did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct EditedPage {
    /// The session as it is now.
    pub page: SessionPageView,
    /// Elements whose words stayed.
    pub kept: usize,
    /// Elements whose words were changed.
    pub repaired: usize,
    /// Elements whose words are gone.
    pub dropped: usize,
}

/// The strongest feeling of a session or a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct EmotionMark {
    /// Node id.
    pub taxonomy: String,
    /// Node name.
    pub label: String,
    /// 1 to 5.
    pub intensity: u8,
}

/// A session in the list of the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionRow {
    /// UUID v7.
    pub id: String,
    /// Shown in lists.
    pub title: String,
    /// UTC, RFC 3339.
    pub recorded_at: String,
    /// Where it came from.
    #[ts(type = "Source")]
    pub source: String,
    /// Null for text.
    #[ts(type = "number | null")]
    pub duration_ms: Option<u64>,
    /// Last stage reached.
    #[ts(type = "Status")]
    pub status: String,
    /// The person's tags.
    pub tags: Vec<String>,
    /// Marked.
    pub favourite: bool,
    /// How it begins.
    pub first_line: String,
    /// Its strongest feeling.
    pub emotion: Option<EmotionMark>,
    /// How many elements it has.
    pub n_elements: usize,
    /// Brought back after a crash.
    pub recovered: bool,
    /// Whether the last attempt at a stage failed.
    pub failed: bool,
}

/// A page of sessions, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SessionRows {
    /// The page.
    pub sessions: Vec<SessionRow>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many match the filter.
    #[ts(type = "number")]
    pub total: u64,
}

/// A session in the bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BinRow {
    /// The session.
    pub session: SessionRow,
    /// When it was thrown away.
    pub deleted_at: String,
    /// When it will be erased for good.
    pub erased_at: String,
}

/// The bin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BinRows {
    /// Last thrown away first.
    pub sessions: Vec<BinRow>,
}

/// Where a recording stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordingState {
    /// Sound is kept.
    Recording,
    /// The person paused.
    Paused,
    /// The last sound is being sealed.
    Stopping,
}

/// The recording that is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RecordingView {
    /// Its session.
    pub session: String,
    /// Where it stands.
    pub state: RecordingState,
    /// Session time.
    #[ts(type = "number")]
    pub elapsed_ms: u64,
    /// The microphone.
    pub device: Option<DeviceView>,
}

/// A session that exists now; its stages follow as events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Stopped {
    /// Its id.
    pub session: String,
}

/// What was typed and is not kept yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DraftView {
    /// The revision that was being edited, for a session's text.
    pub revision: Option<u32>,
    /// The title; empty for a session's text.
    pub title: String,
    /// The text.
    pub text: String,
    /// When, RFC 3339.
    pub at: String,
}

/// A stage of work as the window shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct QueuedJob {
    /// Identity.
    pub id: String,
    /// On which session; null before there is one.
    pub session: Option<String>,
    /// `import`, `transcribe`, `analyse` or `save`.
    #[ts(type = "JobKind")]
    pub kind: String,
    /// What it works on.
    pub label: String,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    #[ts(type = "JobState")]
    pub state: String,
    /// 0 to 1.
    pub fraction: Option<f32>,
    /// A few words.
    pub message: Option<String>,
    /// Estimated.
    #[ts(type = "number | null")]
    pub remaining_ms: Option<u64>,
    /// Why it failed.
    pub error: Option<CommandError>,
}

/// What is being worked on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Queue {
    /// Oldest first.
    pub jobs: Vec<QueuedJob>,
}

/// A run of a session in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunRow {
    /// The run.
    #[serde(flatten)]
    pub run: RunView,
    /// When.
    pub at: String,
    /// Which transcript revision it read.
    pub revision: u32,
    /// Whether it is the one shown.
    pub accepted: bool,
    /// How many elements it found.
    pub n_elements: usize,
    /// How long it took.
    #[ts(type = "number")]
    pub duration_ms: u64,
}

/// The runs of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RunRows {
    /// Oldest first.
    pub runs: Vec<RunRow>,
}

/// What one run changes relative to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Diff {
    /// In the order of the text.
    pub changes: Vec<ChangeView>,
}

/// A match of a search in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct FoundHit {
    /// The match.
    #[serde(flatten)]
    pub hit: HitView,
    /// The node of an emotion or topic.
    pub taxonomy: Option<String>,
    /// The session's title.
    pub title: String,
    /// When it was said.
    pub recorded_at: String,
    /// Characters of the snippet that matched.
    pub marks: Vec<(usize, usize)>,
}

/// A page of matches in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SearchResult {
    /// Best first.
    pub hits: Vec<FoundHit>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many of the newest matches were ranked.
    pub ranked: usize,
}

/// A speech model in the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelRow {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: String,
    /// Size.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Whether it knows English alone.
    pub english_only: bool,
    /// Minutes of speech per minute of work, roughly.
    pub speed: f32,
    /// 0 to 1, roughly.
    pub accuracy: f32,
    /// The one for this computer.
    pub recommended: bool,
    /// `available`, `downloading`, `paused`, `installed` or `failed`.
    #[ts(type = "\"available\" | \"downloading\" | \"paused\" | \"installed\" | \"failed\"")]
    pub state: String,
    /// Of a download.
    pub fraction: Option<f32>,
    /// Whether transcription uses it.
    pub in_use: bool,
    /// Why its download failed.
    pub error: Option<CommandError>,
}

/// The speech models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelRows {
    /// Smallest first.
    pub models: Vec<ModelRow>,
}

/// An analysis provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProviderRow {
    /// Its name.
    pub name: String,
    /// For people.
    pub title: String,
    /// Whether it runs on this computer.
    pub local: bool,
    /// Whether it wants a key.
    pub needs_key: bool,
    /// Whether a key is kept.
    pub has_key: bool,
    /// Whether it analyses.
    pub in_use: bool,
    /// Where requests go.
    pub host: Option<String>,
    /// Its address.
    pub base_url: Option<String>,
    /// The chosen model.
    pub model: Option<String>,
    /// Whether an admin allows it.
    pub allowed: bool,
}

/// The analysis providers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProviderRows {
    /// The on-device one first.
    pub providers: Vec<ProviderRow>,
}

/// What a provider said to a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ProviderAnswer {
    /// Whether it works.
    pub ok: bool,
    /// The service's own words.
    pub message: String,
    /// What models it offers.
    pub models: Vec<String>,
}

/// A name or place and what stands for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Replacement {
    /// As it is said.
    pub original: String,
    /// As it is sent.
    pub replacement: String,
}

/// What an analysis would send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Preview {
    /// To whom; null for nobody.
    pub host: Option<String>,
    /// Byte for byte.
    pub body: String,
    /// Its length.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Estimated.
    #[ts(type = "number | null")]
    pub tokens: Option<u64>,
    /// Estimated, where a dated price is known.
    pub cost_usd: Option<f64>,
    /// Pseudonyms in place.
    pub replaced: Vec<Replacement>,
}

/// Pseudonyms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Replacements {
    /// The person's list.
    pub pseudonyms: Vec<Replacement>,
    /// Names met in sessions that are not in it.
    pub candidates: Vec<String>,
}

/// Whether a backup is due.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BackupState {
    /// When the last was made.
    pub last_at: Option<String>,
    /// Whether to remind.
    pub due: bool,
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct BackupDone {
    /// Without its folder.
    pub file_name: String,
    /// Its size.
    #[ts(type = "number")]
    pub bytes: u64,
    /// When.
    pub at: String,
}

/// A backup that was brought back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct RestoreDone {
    /// The account it became; it opens with the password that it had then.
    pub account: AccountView,
}

/// A day of the calendar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct DayMark {
    /// `YYYY-MM-DD`, local.
    pub date: String,
    /// How many.
    pub sessions: usize,
    /// The strongest feeling.
    pub emotion: Option<EmotionMark>,
}

/// A year of days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Calendar {
    /// Which.
    pub year: i32,
    /// Of the first session.
    pub first_year: i32,
    /// Those with sessions.
    pub days: Vec<DayMark>,
}

/// How steady the habit is, gently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Streak {
    /// In a row with at least one session.
    pub weeks: usize,
    /// With a session.
    pub days_this_week: usize,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TagRow {
    /// As written.
    pub tag: String,
    /// How many carry it.
    #[ts(type = "number")]
    pub sessions: u64,
}

/// All tags.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TagRows {
    /// By name.
    pub tags: Vec<TagRow>,
}

/// A question to begin with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Question {
    /// Stable.
    pub id: String,
    /// The question.
    pub text: String,
    /// Where it comes from, if from an earlier session.
    pub session: Option<String>,
}

/// Questions to choose from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Questions {
    /// A few.
    pub questions: Vec<Question>,
}

/// A help line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct HelpLine {
    /// Who answers.
    pub name: String,
    /// Number or address.
    pub contact: String,
    /// When.
    pub hours: String,
    /// Where this stands.
    pub source: String,
    /// When it was looked up.
    pub as_of: String,
}

/// A country with help lines.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Country {
    /// ISO 3166-1.
    pub code: String,
    /// For people.
    pub name: String,
}

/// Help lines of a country.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct CrisisHelp {
    /// Which.
    pub country: String,
    /// Those there are.
    pub countries: Vec<Country>,
    /// Of this one.
    pub lines: Vec<HelpLine>,
}

/// A node of a tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TaxonomyNode {
    /// Stable.
    pub id: String,
    /// Null for a root.
    pub parent: Option<String>,
    /// For people.
    pub name: String,
    /// One line.
    pub definition: String,
}

/// A tree of emotions or topics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TaxonomyTree {
    /// Parents first.
    pub nodes: Vec<TaxonomyNode>,
}

/// The shape of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Waveform {
    /// 0 to 1.
    pub peaks: Vec<f32>,
}

/// What is being played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Playback {
    /// Which session.
    pub session: Option<String>,
    /// Whether it sounds.
    pub playing: bool,
    /// On the timeline.
    #[ts(type = "number")]
    pub position_ms: u64,
    /// 1 is as spoken.
    pub rate: f32,
    /// Whether silence is left out.
    pub skip_silence: bool,
    /// Whether it stopped because the speaker or the sound gave out.
    pub broke_off: bool,
}

/// Which sessions the window lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct WindowFilter {
    /// First day.
    pub from: Option<String>,
    /// Last day.
    pub to: Option<String>,
    /// With this tag.
    pub tag: Option<String>,
    /// Favourites only.
    pub favourite: Option<bool>,
    /// With this feeling or one below it.
    pub emotion: Option<String>,
}

/// What to warn of while recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RecordingWarning {
    /// The microphone has not given anything yet, for longer than usual.
    Opening,
    /// Only zeros for five seconds.
    NoSignal,
    /// Too loud.
    Clipping,
    /// The microphone went away.
    DeviceLost,
    /// The disk is nearly full.
    DiskLow,
    /// The computer cannot keep up.
    DroppedFrames,
    /// Nobody has spoken for a while.
    LongSilence,
}

/// What comes over the channel of a recording or of the microphone test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RecordingFrame {
    /// About twenty times a second.
    Level {
        /// 0 to 1.
        peak: f32,
        /// 0 to 1.
        rms: f32,
        /// Session time.
        #[ts(type = "number")]
        elapsed_ms: u64,
        /// What to warn of now.
        warnings: Vec<RecordingWarning>,
        /// The microphone's name.
        device: Option<String>,
        /// Frames that could not be kept.
        #[ts(type = "number")]
        dropped_frames: u64,
    },
    /// What was understood so far.
    Text {
        /// Will stay.
        settled: String,
        /// May change.
        provisional: String,
    },
}
