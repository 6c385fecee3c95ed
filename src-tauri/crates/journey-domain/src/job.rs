//! Stages of work on a session and the states they go through.

use crate::{
    element::UnknownWord,
    element::words,
    error_code::ErrorCode,
    ids::{JobId, SessionId},
    session::{Hole, HoleStage},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

words!(
    /// What a job does.
    JobKind, "job kind" {
        /// Sound to text.
        Transcribe = "transcribe",
        /// Text to elements.
        Analyse = "analyse",
        /// Elements to the shared graph.
        Sync = "sync",
    }
);

/// How many tries a job has before it is parked.
pub const MAX_ATTEMPTS: u32 = 3;

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum JobState {
    /// Ready to run.
    Queued,
    /// Being run; after a crash it is queued again.
    Running,
    /// Failed for a passing reason, waits for its next try.
    Waiting {
        /// Not before.
        until: Timestamp,
    },
    /// Finished.
    Done,
    /// Failed for good, or three times; a person can order it again.
    Parked {
        /// Why.
        code: ErrorCode,
        /// What happened and what to do; without private content.
        message: String,
    },
    /// Stopped on request.
    Cancelled,
}

/// What happens to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobEvent {
    /// A worker took it.
    Started,
    /// It finished.
    Succeeded,
    /// It failed.
    Failed {
        /// Whether another try can help.
        passing: bool,
        /// Why.
        code: ErrorCode,
        /// What happened and what to do.
        message: String,
        /// When to try again, for a passing failure.
        retry_at: Timestamp,
    },
    /// The person stopped it.
    Cancelled,
    /// The program ended while it ran, or its vault was locked.
    Interrupted,
    /// The person ordered it again, or the wait is over.
    Requeued,
}

/// What was asked of a job beside its kind. Kept with the job: whichever process runs it keeps to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobOrder {
    /// Who analyses; `None` for whoever is chosen when it runs.
    pub provider: Option<String>,
    /// Nobody asked: the analysis follows what was taken in. It then leaves this computer only if it still
    /// would at the time it runs.
    pub is_automatic: bool,
    /// The missing part that alone is worked on; `None` for the whole.
    pub part: Option<Hole>,
    /// After the transcription, the analysis is left to the person.
    pub leaves_unanalysed: bool,
}

/// One persisted stage of work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Identity.
    pub id: JobId,
    /// On which session.
    pub session: SessionId,
    /// What to do.
    pub kind: JobKind,
    /// How often it was started.
    pub attempts: u32,
    /// Where it stands.
    pub state: JobState,
    /// Order of work: first in, first out.
    pub created_at: Timestamp,
    /// What was asked of it.
    pub order: JobOrder,
}

/// An event that cannot happen in this state.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the job cannot do that in its present state")]
pub struct WrongTransition;

impl Job {
    /// The job after `event`. Pure: the caller stores the result.
    ///
    /// # Errors
    /// [`WrongTransition`] when the event does not fit the state, such as starting a finished job.
    pub fn after(mut self, event: JobEvent) -> Result<Self, WrongTransition> {
        self.state = match (&self.state, event) {
            (JobState::Queued | JobState::Waiting { .. }, JobEvent::Started) => {
                self.attempts += 1;
                JobState::Running
            }
            (JobState::Running, JobEvent::Succeeded) => JobState::Done,
            (JobState::Running, JobEvent::Failed { passing, code, message, retry_at }) => {
                if passing && self.attempts < MAX_ATTEMPTS {
                    JobState::Waiting { until: retry_at }
                } else {
                    JobState::Parked { code, message }
                }
            }
            (JobState::Running, JobEvent::Interrupted) => {
                // Being interrupted is nobody's failure: it does not use up a try.
                self.attempts = self.attempts.saturating_sub(1);
                JobState::Queued
            }
            (
                JobState::Queued | JobState::Running | JobState::Waiting { .. },
                JobEvent::Cancelled,
            ) => JobState::Cancelled,
            (
                JobState::Waiting { .. } | JobState::Parked { .. } | JobState::Cancelled,
                JobEvent::Requeued,
            ) => {
                if !matches!(self.state, JobState::Waiting { .. }) {
                    self.attempts = 0;
                }
                JobState::Queued
            }
            _ => return Err(WrongTransition),
        };
        Ok(self)
    }

    /// The missing part that it is to work on, if that is one of this stage.
    #[must_use]
    pub fn part_of(&self, stage: HoleStage) -> Option<&Hole> {
        self.order.part.as_ref().filter(|part| part.stage == stage)
    }

    /// Whether nothing more will happen unless a person asks.
    #[must_use]
    pub const fn is_settled(&self) -> bool {
        matches!(self.state, JobState::Done | JobState::Parked { .. } | JobState::Cancelled)
    }
}

/// What a running stage tells: which, how far, how long still.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Which job.
    pub job: JobId,
    /// On which session.
    pub session: SessionId,
    /// Which stage.
    pub kind: JobKind,
    /// 0 to 1.
    pub fraction: f32,
    /// A few words for a person; without private content.
    pub message: String,
    /// Estimated milliseconds left, once there is something to estimate from.
    pub remaining_ms: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn job() -> Job {
        Job {
            id: JobId::new(Uuid::nil()),
            session: SessionId::new(Uuid::nil()),
            kind: JobKind::Transcribe,
            attempts: 0,
            state: JobState::Queued,
            created_at: Timestamp::UNIX_EPOCH,
            order: JobOrder::default(),
        }
    }

    fn failed(passing: bool) -> JobEvent {
        JobEvent::Failed {
            passing,
            code: ErrorCode::WorkerFailed,
            message: "stopped".into(),
            retry_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn the_third_passing_failure_parks() {
        let mut it = job();
        for attempt in 1..=MAX_ATTEMPTS {
            it = it.after(JobEvent::Started).unwrap().after(failed(true)).unwrap();
            assert_eq!(matches!(it.state, JobState::Parked { .. }), attempt == MAX_ATTEMPTS);
        }
    }

    #[test]
    fn an_interruption_uses_up_no_try() {
        let it = job().after(JobEvent::Started).unwrap().after(JobEvent::Interrupted).unwrap();
        assert_eq!((it.attempts, it.state), (0, JobState::Queued));
    }

    #[test]
    fn a_finished_job_cannot_be_started() {
        let done = job().after(JobEvent::Started).unwrap().after(JobEvent::Succeeded).unwrap();
        assert_eq!(done.after(JobEvent::Started), Err(WrongTransition));
    }

    proptest! {
        #[test]
        fn no_sequence_of_events_runs_a_job_more_often_than_allowed(
            events in prop::collection::vec(0u8..5, 0..40)
        ) {
            let mut it = job();
            for event in events {
                let event = match event {
                    0 => JobEvent::Started,
                    1 => JobEvent::Succeeded,
                    2 => failed(true),
                    3 => failed(false),
                    _ => JobEvent::Interrupted,
                };
                if let Ok(next) = it.clone().after(event) {
                    it = next;
                }
                prop_assert!(it.attempts <= MAX_ATTEMPTS);
            }
        }
    }
}
