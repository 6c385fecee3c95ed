//! Wire types made from the domain's.

use super::{
    AccountView, CoverageView, ElementView, EvidenceView, HoleView, JobView, RelationshipView,
    RunSummary, RunView, SegmentDetail, SegmentView, SessionSummary, StageErrorView,
    SubstituteView, TranscriptView, WordView,
};
use journey_domain::{
    account::Account,
    element::{Element, Evidence, Relationship},
    job::{Job, JobState},
    run::{Run, Substitute},
    session::{CaptureState, Hole, HoleStage, Session, StageError, Status},
    transcript::{Segment, Transcript},
};

/// The word of a code, as in JSON.
pub(crate) fn code_word(code: journey_domain::error_code::ErrorCode) -> String {
    serde_json::to_value(code)
        .ok()
        .and_then(|v| v.as_str().map(ToOwned::to_owned))
        .unwrap_or_default()
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            name: account.name.as_str().to_owned(),
            role: account.role.as_str().to_owned(),
            disabled: account.disabled,
        }
    }
}

impl From<&Session> for SessionSummary {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            title: session.title.clone(),
            recorded_at: session.recorded_at.to_string(),
            source: session.source.as_str().to_owned(),
            duration_ms: session.duration_ms,
            status: session.status.as_str().to_owned(),
            tags: session.tags.clone(),
            favourite: session.favourite,
        }
    }
}

impl From<&Hole> for HoleView {
    fn from(hole: &Hole) -> Self {
        Self {
            stage: hole.stage.as_str().to_owned(),
            start_ms: hole.start_ms,
            end_ms: hole.end_ms,
            start: hole.start,
            end: hole.end,
            reason: hole.reason.clone(),
        }
    }
}

impl From<&Substitute> for SubstituteView {
    fn from(part: &Substitute) -> Self {
        Self {
            provider: part.provider.clone(),
            model: part.model.clone(),
            start_ms: part.start_ms,
            end_ms: part.end_ms,
            start: part.start,
            end: part.end,
            why: part.why.as_str().to_owned(),
            reason: part.reason.clone(),
        }
    }
}

impl From<&StageError> for StageErrorView {
    fn from(error: &StageError) -> Self {
        Self {
            code: code_word(error.code),
            message: error.message.clone(),
            stage: error.stage.as_str().to_owned(),
        }
    }
}

impl From<&Segment> for SegmentView {
    fn from(segment: &Segment) -> Self {
        Self {
            start_ms: segment.time.map(|t| t.start_ms),
            end_ms: segment.time.map(|t| t.end_ms),
            text: segment.text.clone(),
            probability: segment.probability,
        }
    }
}

impl From<&Segment> for SegmentDetail {
    fn from(segment: &Segment) -> Self {
        Self {
            start: segment.span.start,
            repeated: segment.repeated,
            words: segment
                .words
                .iter()
                .map(|w| WordView {
                    text: w.text.clone(),
                    start_ms: w.start_ms,
                    end_ms: w.end_ms,
                    probability: w.probability,
                })
                .collect(),
        }
    }
}

impl From<&Transcript> for TranscriptView {
    fn from(transcript: &Transcript) -> Self {
        Self {
            revision: transcript.revision,
            language: transcript.language.clone(),
            model: transcript.model.clone(),
            text: transcript.text.clone(),
            segments: transcript.segments.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Run> for RunView {
    fn from(run: &Run) -> Self {
        Self {
            id: run.id.to_string(),
            provider: run.analyser.provider.clone(),
            model: run.analyser.model.clone(),
            prompt_version: run.analyser.prompt_version.clone(),
            tokens_in: run.tokens_in,
            tokens_out: run.tokens_out,
            cost_usd: run.cost_usd,
            reused: run.reused.as_str().to_owned(),
        }
    }
}

impl RunSummary {
    /// A run in a list.
    #[must_use]
    pub fn new(run: &Run, elements: usize, accepted: bool) -> Self {
        Self {
            run: run.into(),
            started_at: run.started_at.to_string(),
            duration_ms: run.duration_ms,
            transcript_revision: run.transcript_revision,
            elements,
            rejected: run.rejected,
            accepted,
        }
    }
}

impl From<&Evidence> for EvidenceView {
    fn from(evidence: &Evidence) -> Self {
        Self {
            start: evidence.span.start,
            end: evidence.span.end,
            quote: evidence.quote.clone(),
            start_ms: evidence.time.map(|t| t.start_ms),
            end_ms: evidence.time.map(|t| t.end_ms),
            state: evidence.state.as_str().to_owned(),
        }
    }
}

impl From<&Element> for ElementView {
    fn from(element: &Element) -> Self {
        Self {
            id: element.id.to_string(),
            kind: element.kind.as_str().to_owned(),
            label: element.label.clone(),
            taxonomy: element.taxonomy.as_ref().map(ToString::to_string),
            intensity: element.intensity.map(journey_domain::element::Intensity::get),
            confidence: element.confidence,
            stance: element.stance.map(|s| s.as_str().to_owned()),
            status: element.status.map(|s| s.as_str().to_owned()),
            due: element.due.map(|d| d.to_string()),
            evidence: element.evidence.iter().map(Into::into).collect(),
            found_by: element.found_by.clone(),
        }
    }
}

impl From<&Relationship> for RelationshipView {
    fn from(link: &Relationship) -> Self {
        Self {
            from: link.from.to_string(),
            to: link.to.to_string(),
            kind: link.kind.as_str().to_owned(),
            confidence: link.confidence,
            evidence: link.evidence.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Job> for JobView {
    fn from(job: &Job) -> Self {
        let (state, message) = match &job.state {
            JobState::Queued => ("queued", None),
            JobState::Running => ("running", None),
            JobState::Waiting { .. } => ("waiting", None),
            JobState::Done => ("done", None),
            JobState::Parked { message, .. } => ("parked", Some(message.clone())),
            JobState::Cancelled => ("cancelled", None),
        };
        Self {
            id: job.id.to_string(),
            session: job.session.to_string(),
            kind: job.kind.as_str().to_owned(),
            state: state.to_owned(),
            message,
        }
    }
}

impl CoverageView {
    /// The shares of a session, from its holes and how far it got.
    #[must_use]
    pub fn of(session: &Session, transcript: Option<&Transcript>, run: Option<&Run>) -> Self {
        let holes: Vec<&Hole> =
            session.holes.iter().chain(run.iter().flat_map(|r| r.holes.iter())).collect();
        let missing_ms = |stage: HoleStage| -> u64 {
            holes
                .iter()
                .filter(|h| h.stage == stage)
                .map(|h| h.end_ms.saturating_sub(h.start_ms))
                .sum()
        };
        let total_ms = session.duration_ms.unwrap_or(0);
        let captured_ms = total_ms.saturating_sub(missing_ms(HoleStage::Capture));
        let share =
            |part: u64, whole: u64| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
        let transcribed = if transcript.is_none() && session.status < Status::Transcribed {
            0.0
        } else {
            share(captured_ms.saturating_sub(missing_ms(HoleStage::Transcribe)), captured_ms)
        };
        let analysed = if run.is_none() {
            0.0
        } else {
            let n_chars = transcript.map_or(0, |t| t.text.chars().count()) as u64;
            let missing: usize = holes
                .iter()
                .filter(|h| h.stage == HoleStage::Analyse)
                .map(|h| h.end.saturating_sub(h.start))
                .sum();
            share(n_chars.saturating_sub(missing as u64), n_chars)
        };
        Self {
            captured: share(captured_ms, total_ms),
            transcribed,
            analysed,
            holes: holes.into_iter().map(Into::into).collect(),
            substitutes: run.iter().flat_map(|r| r.substitutes.iter()).map(Into::into).collect(),
        }
    }
}

/// Whether a session was brought back after a crash.
pub(crate) fn recovered(session: &Session) -> bool {
    session.capture == CaptureState::Recovered
}
