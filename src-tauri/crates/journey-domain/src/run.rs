//! One analysis of one transcript revision; immutable.

use crate::{
    analysis::AnalyserIdentity,
    element::{UnknownWord, words},
    ids::{RunId, SessionId},
    session::Hole,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is kept of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Identity.
    pub id: RunId,
    /// Whose transcript.
    pub session: SessionId,
    /// Which revision of it.
    pub transcript_revision: u32,
    /// Who analysed.
    pub analyser: AnalyserIdentity,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Tokens sent.
    pub tokens_in: u64,
    /// Tokens received.
    pub tokens_out: u64,
    /// In US dollars, where a dated price is known.
    pub cost_usd: Option<f64>,
    /// Proposed elements that were turned away.
    pub rejected: u32,
    /// Parts that were not analysed.
    pub holes: Vec<Hole>,
    /// Parts that another analyser read.
    pub substitutes: Vec<Substitute>,
    /// How much of it came from answers that were kept.
    pub reused: Reused,
}

/// A part of the text that another analyser read in place of the run's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Substitute {
    /// Who read it: `on-device`, `openai`, …
    pub provider: String,
    /// The model that read it.
    pub model: String,
    /// First millisecond; 0 for text.
    pub start_ms: u64,
    /// One past the last millisecond; 0 for text.
    pub end_ms: u64,
    /// First character of it in the revision that the run read.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
    /// What kept the run's own analyser from it.
    #[serde(default)]
    pub why: WhySubstitute,
    /// Why, without private content.
    pub reason: String,
}

words!(
    #[derive(Default)]
    /// What kept an analyser from reading a part that another one read.
    WhySubstitute, "cause of a substitute" {
        /// Its answer could not be used.
        #[default]
        UnusableAnswer = "unusable_answer",
        /// The part was missing, for whatever reason, and was read later.
        WasMissing = "was_missing",
    }
);

words!(
    #[derive(Default)]
    /// How much of an analysis came from answers to the same questions that were kept.
    Reused, "share of kept answers" {
        /// Nothing: every answer was asked for.
        #[default]
        Nothing = "nothing",
        /// Some parts; the others were asked for.
        Some = "some",
        /// All of it: nothing was sent.
        All = "all",
    }
);

impl Reused {
    /// Of so many kept answers and so many that were asked for. `All` is said only of a whole: where a
    /// part is missing, not all of it was answered.
    #[must_use]
    pub const fn of(n_kept: u32, n_asked: u32, is_whole: bool) -> Self {
        match (n_kept, n_asked) {
            (0, _) => Self::Nothing,
            (_, 0) if is_whole => Self::All,
            _ => Self::Some,
        }
    }

    /// Of an analysis that a part was added to.
    #[must_use]
    pub const fn joined(self, part: Self, is_whole: bool) -> Self {
        match (self, part) {
            (Self::Nothing, Self::Nothing) => Self::Nothing,
            (Self::All, Self::All) if is_whole => Self::All,
            _ => Self::Some,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reused::{self, All, Nothing, Some};

    #[test]
    fn all_of_an_analysis_is_kept_only_where_nothing_was_sent_and_nothing_is_missing() {
        assert_eq!(Reused::of(2, 0, true), All);
        assert_eq!(Reused::of(2, 0, false), Some);
        assert_eq!((Reused::of(2, 1, true), Reused::of(0, 0, true)), (Some, Nothing));
        assert_eq!((All.joined(All, true), All.joined(All, false)), (All, Some));
        assert_eq!((Nothing.joined(All, true), All.joined(Nothing, true)), (Some, Some));
        assert_eq!(Nothing.joined(Nothing, true), Nothing);
    }
}
