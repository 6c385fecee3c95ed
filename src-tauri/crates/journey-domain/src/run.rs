//! One analysis of one transcript revision; immutable.

use crate::{
    analysis::AnalyserIdentity,
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
}
