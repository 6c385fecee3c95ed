//! The shapes that the pages know.

use super::{
    AccountCreated, AccountRow, AccountRows, AccountState, AccountView, AuditList, AuditView,
    BackupDone, BackupState, BinRow, BinRows, Calendar, ChangeView, CheckView, CommandError,
    Config, Country, CoverageView, CrisisHelp, DayMark, DeviceList, DeviceView, Diff, DoctorView,
    DraftView, EditedPage, ElementView, EmotionMark, EvidenceView, FoundHit, HelpLine, HitView,
    HoleView, LedgerList, LedgerView, ModelRow, ModelRows, PasswordStrength, PlacedWord, Playback,
    Presence, Preview, ProviderAnswer, ProviderRow, ProviderRows, Question, Questions, Queue,
    QueuedJob, RecordingFrame, RecordingState, RecordingView, RecordingWarning, RecoveryCodeView,
    RelationshipView, Replacement, Replacements, RestoreDone, RunRow, RunRows, RunView,
    SearchResult, SegmentView, SessionPageView, SessionRow, SessionRows, SessionView,
    StageErrorView, Stopped, Streak, SubstituteView, SuggestionView, TS, TagRow, TagRows,
    TaxonomyChangeView, TaxonomyNode, TaxonomyNodeView, TaxonomyTree, TaxonomyView,
    ThreadElementView, ThreadLine, ThreadPage, ThreadPlaces, ThreadQuestion, TranscriptView,
    Waveform, WindowFilter,
};
use journey_domain::{
    account::Role,
    element::{ActionStatus, ElementKind, EvidenceState, RelationshipKind, Stance},
    error_code::ErrorCode,
    session::{HoleStage, Source, Status},
};

/// Words of a closed set under the name that the pages know it by. A variant that is not named here
/// does not compile.
macro_rules! words {
    ($name:literal, $set:ident: $($variant:ident)+) => {{
        let word = |it: $set| match it {
            $($set::$variant => serde_json::to_value(it)),+
        };
        let words = [$($set::$variant),+].into_iter().filter_map(|it| word(it).ok());
        ($name, words.filter_map(|it| it.as_str().map(ToOwned::to_owned)).collect())
    }};
}

/// Closed sets of words.
pub(super) fn closed_sets() -> Vec<(&'static str, Vec<String>)> {
    let given = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    vec![
        words!("Role", Role: Admin Regular),
        words!("Source", Source: Microphone Audio Video Text),
        words!("Status", Status: Captured Transcribed Analysed),
        words!("Stage", HoleStage: Capture Transcribe Analyse),
        words!("ElementKind", ElementKind: Emotion Topic Insight Belief Challenge Action),
        words!("EvidenceState", EvidenceState: Verified Repaired),
        words!(
            "RelationshipKind",
            RelationshipKind: TriggeredBy About LeadsTo Supports Contradicts Addresses
        ),
        words!("Stance", Stance: Oneself Others World Future),
        words!("ActionStatus", ActionStatus: Open Done Dropped),
        ("JobKind", given(&["import", "transcribe", "analyse", "save"])),
        ("JobState", given(&["waiting", "running", "done", "failed", "cancelled"])),
        words!(
            "ErrorCode",
            ErrorCode: Usage NotSignedIn NotAllowed NotFound Ambiguous WrongPassword RateLimited
                BadFile Unsupported NoModel BadModel WorkerFailed Microphone Speaker
                RevisionConflict DiskFull Vault Provider Network Busy Cancelled Exists Io Internal
        ),
    ]
}

macro_rules! shapes {
    ($($shape:ident)+) => {
        /// Comment and declaration of each shape.
        pub(super) fn declarations(config: &Config) -> Vec<(String, String)> {
            vec![$((
                <$shape as TS>::docs().unwrap_or_default(),
                <$shape as TS>::decl(config),
            )),+]
        }

        fn shape_names(config: &Config) -> Vec<String> {
            vec![$(<$shape as TS>::ident(config)),+]
        }
    };
}

shapes! {
    CommandError Presence AccountView AccountRow AccountState AccountCreated AccountRows
    RecoveryCodeView PasswordStrength EvidenceView ElementView RelationshipView HoleView
    SubstituteView CoverageView SegmentView TranscriptView RunView StageErrorView SessionView PlacedWord
    SessionPageView EditedPage EmotionMark SessionRow SessionRows BinRow BinRows DeviceView DeviceList
    RecordingState RecordingView RecordingWarning RecordingFrame Stopped DraftView QueuedJob Queue RunRow
    RunRows ChangeView Diff HitView FoundHit SearchResult ModelRow ModelRows ProviderRow
    ProviderRows ProviderAnswer Preview LedgerView LedgerList Replacement Replacements AuditView
    AuditList BackupState BackupDone RestoreDone CheckView DoctorView DayMark Calendar Streak
    TagRow TagRows Question Questions HelpLine Country CrisisHelp TaxonomyNode TaxonomyTree
    TaxonomyNodeView TaxonomyChangeView TaxonomyView ThreadElementView SuggestionView
    ThreadQuestion ThreadLine ThreadPage ThreadPlaces Waveform Playback WindowFilter
}

/// The names of all that the file of shapes declares.
pub(super) fn names(config: &Config) -> Vec<String> {
    let mut names = shape_names(config);
    names.extend(closed_sets().into_iter().map(|(name, _)| name.to_owned()));
    names.extend(["SettingValue", "PersonalSettings", "SystemSettings"].map(ToOwned::to_owned));
    names
}
