//! Jobs: take one, run its step, commit result and next stage, until nothing is left.
//!
//! Steps are idempotent: after a crash a job is queued again and gives the same rows.

mod analyse;
mod elements;
mod estimate;
mod groups;
pub(crate) mod keep;
pub(crate) mod listen;
mod part;
pub(crate) mod retention;
pub(crate) mod sound;
pub(crate) mod transcribe;

use crate::{App, error::CommandError, open_vault::OpenVault};
use journey_domain::{
    error_code::ErrorCode,
    ids::{JobId, SessionId},
    job::{Job, JobEvent, JobKind, JobState},
    ports::CancelToken,
    session::{HoleStage, StageError, Status},
};
use journey_vault::{Lease, VaultError};
use std::time::Duration;

/// How often a job asks whether it was called off.
const ASK_PAUSE: Duration = Duration::from_millis(400);

/// How often another process's work is looked at.
const WATCH_PAUSE: Duration = Duration::from_millis(150);

/// Why a step did not get through.
#[derive(Debug)]
pub(crate) struct StepError {
    /// What the person gets.
    pub(crate) error: CommandError,
    /// Whether another try can help.
    pub(crate) passing: bool,
    /// Whether it was interrupted and is begun again at once, which is no try.
    pub(crate) anew: bool,
}

impl StepError {
    pub(crate) fn lasting(error: CommandError) -> Self {
        Self { error, passing: false, anew: false }
    }

    pub(crate) fn passing(error: CommandError) -> Self {
        Self { error, passing: true, anew: false }
    }

    /// What it was begun with holds no more.
    pub(crate) fn anew() -> Self {
        Self { error: cancelled(), passing: false, anew: true }
    }
}

impl From<VaultError> for StepError {
    fn from(error: VaultError) -> Self {
        let passing = matches!(error, VaultError::Busy | VaultError::DiskFull | VaultError::Io(_));
        Self { error: error.into(), passing, anew: false }
    }
}

impl App {
    /// Runs the jobs of one session until they are settled, or watches another process do it.
    ///
    /// # Errors
    /// Cancelled, or the vault's failure. A stage that failed is no error here: it stands in the
    /// session.
    pub(crate) fn finish_jobs(
        &self,
        open: &OpenVault,
        session: SessionId,
        cancel: &CancelToken,
    ) -> Result<(), CommandError> {
        loop {
            let jobs = open.vault.read(|read| read.jobs().of_session(session))?;
            if jobs.iter().all(Job::is_settled) {
                return Ok(());
            }
            if cancel.is_cancelled() {
                for job in jobs.iter().filter(|job| !job.is_settled()) {
                    // Settled in the meantime: nothing left to cancel.
                    drop(open.vault.write(|write| write.jobs().apply(job.id, JobEvent::Cancelled)));
                }
                return Err(cancelled());
            }
            match open.vault.try_lease()? {
                Some(lease) => {
                    open.vault.write(|write| write.jobs().requeue_interrupted(&lease))?;
                    if !self.run_due_job_of(open, &lease, session, cancel)? {
                        std::thread::sleep(WATCH_PAUSE);
                    }
                }
                None => std::thread::sleep(WATCH_PAUSE),
            }
        }
    }

    fn run_due_job_of(
        &self,
        open: &OpenVault,
        _lease: &Lease,
        session: SessionId,
        cancel: &CancelToken,
    ) -> Result<bool, CommandError> {
        let now = self.ports().clock.now();
        let due =
            open.vault.read(|read| read.jobs().of_session(session))?.into_iter().find(|job| {
                match job.state {
                    JobState::Queued => true,
                    JobState::Waiting { until } => until <= now,
                    _ => false,
                }
            });
        let Some(job) = due else { return Ok(false) };
        let job = open.vault.write(|write| write.jobs().apply(job.id, JobEvent::Started))?;
        self.run_job(open, &job, cancel)?;
        Ok(true)
    }

    /// Runs a job of these kinds that is due; `false` when there is none. For the window's background worker,
    /// which holds the lease.
    pub(crate) fn run_next_job(
        &self,
        open: &OpenVault,
        lease: &Lease,
        kinds: &[JobKind],
    ) -> Result<bool, CommandError> {
        note_unnoted(open)?;
        let Some(job) = open.vault.write(|write| write.jobs().claim_next(lease, kinds))? else {
            return Ok(false);
        };
        let cancel = open.token_of(job.id);
        let ran = self.run_job(open, &job, &cancel);
        open.forget_token(job.id);
        if ran.is_err() {
            // What became of it could not be written: it runs again once that is possible.
            open.note_later(job.id, JobEvent::Interrupted);
        }
        ran.map(|()| true)
    }

    /// One started job, to its end, whatever that is.
    fn run_job(
        &self,
        open: &OpenVault,
        job: &Job,
        cancel: &CancelToken,
    ) -> Result<(), CommandError> {
        let outcome = match job.kind {
            JobKind::Transcribe => transcribe::run(self, open, job, cancel),
            JobKind::Analyse => analyse::run(self, open, job, cancel),
            JobKind::Sync => Ok(()),
        };
        match outcome {
            Ok(()) => self.let_sound_go(open),
            Err(failure) => self.note_failure(open, job, failure)?,
        }
        self.announce_job(open, job.id);
        self.announce(job.session);
        Ok(())
    }

    /// Applies the retention of sound. What could not be deleted now is deleted the next time.
    pub(crate) fn let_sound_go(&self, open: &OpenVault) {
        match retention::apply(self, open) {
            Ok(0) => {}
            Ok(n_recordings) => tracing::info!(n_recordings, "sound deleted as the settings say"),
            Err(error) => tracing::warn!(code = ?error.code, "sound could not be deleted"),
        }
    }

    fn note_failure(
        &self,
        open: &OpenVault,
        job: &Job,
        failure: StepError,
    ) -> Result<(), CommandError> {
        let StepError { error, passing, anew } = failure;
        if open.vault.read(|read| read.jobs().get(job.id)).is_ok_and(|job| job.is_settled()) {
            // Somebody called it off at the last moment; nothing of it was stored.
            return Ok(());
        }
        if error.code == ErrorCode::Cancelled {
            // A vault that is being locked interrupts: the job goes on at the next unlock. So does the bin:
            // it goes on when the session is taken out again.
            let event = if anew || open.closing().is_cancelled() || is_binned(open, job.session) {
                JobEvent::Interrupted
            } else {
                JobEvent::Cancelled
            };
            if !apply_if_open(open, job.id, event.clone()) {
                open.note_later(job.id, event);
            }
            return Ok(());
        }
        tracing::warn!(job = %job.id, kind = job.kind.as_str(), code = ?error.code, passing, "a stage failed");
        let message = match &error.hint {
            Some(hint) => format!("{}. {hint}", error.message),
            None => error.message.clone(),
        };
        // 1 s, 4 s: long enough for a passing trouble, short enough for a person who watches.
        let pause_s = 4_i64.pow(job.attempts.saturating_sub(1).min(4));
        let retry_at = self.ports().clock.now() + jiff::SignedDuration::from_secs(pause_s);
        open.vault.write(|write| {
            let stage = match job.kind {
                JobKind::Transcribe => HoleStage::Transcribe,
                JobKind::Analyse | JobKind::Sync => HoleStage::Analyse,
            };
            let after = write.jobs().apply(
                job.id,
                JobEvent::Failed { passing, code: error.code, message: message.clone(), retry_at },
            )?;
            if after.is_settled() {
                let failed = StageError { stage, code: error.code, message: message.clone() };
                write.sessions().set_error(job.session, Some(&failed))?;
                let detail = write.read().session(job.session)?;
                // What was there before stays, and a part is as missing as it was.
                if job.part_of(stage).is_none() && !is_covered(&detail, stage) {
                    let hole = whole_hole(&detail, stage, &error.message);
                    write.sessions().set_holes(job.session, stage, &[hole])?;
                }
            }
            Ok::<_, VaultError>(())
        })?;
        Ok(())
    }
}

/// Lets something happen to a job, unless something else did in the meantime; `false` when it could
/// not be written.
fn apply_if_open(open: &OpenVault, job: JobId, event: JobEvent) -> bool {
    let applied = open.vault.write(|write| write.jobs().apply(job, event));
    matches!(applied, Ok(_) | Err(VaultError::NotFound(_) | VaultError::Transition(_)))
}

/// Stores what became of jobs while the vault could not be written.
fn note_unnoted(open: &OpenVault) -> Result<(), CommandError> {
    let (mut failed, unnoted) = (false, open.take_unnoted());
    for (job, event) in unnoted {
        if failed || !apply_if_open(open, job, event.clone()) {
            failed = true;
            open.note_later(job, event);
        }
    }
    if failed { Err(VaultError::Busy.into()) } else { Ok(()) }
}

/// Whether somebody, perhaps in another process, no longer wants what this job does.
fn is_called_off(open: &OpenVault, job: &Job) -> bool {
    let row = open.vault.read(|read| read.jobs().get(job.id));
    row.is_ok_and(|row| row.is_settled()) || is_binned(open, job.session)
}

fn is_binned(open: &OpenVault, session: SessionId) -> bool {
    let stored = open.vault.read(|read| read.sessions().get(session));
    stored.is_ok_and(|stored| stored.session.deleted_at.is_some())
}

/// Whether an earlier try of this stage already gave what the session shows.
fn is_covered(detail: &journey_vault::SessionDetail, stage: HoleStage) -> bool {
    match stage {
        HoleStage::Capture => true,
        HoleStage::Transcribe => detail.transcript.is_some(),
        HoleStage::Analyse => detail.stored.session.status == Status::Analysed,
    }
}

/// The hole that a failed stage leaves: everything that it should have covered.
fn whole_hole(
    detail: &journey_vault::SessionDetail,
    stage: HoleStage,
    reason: &str,
) -> journey_domain::session::Hole {
    let n_chars = detail.transcript.as_ref().map_or(0, |t| t.text.chars().count());
    let of_text = stage == HoleStage::Analyse;
    journey_domain::session::Hole {
        stage,
        start_ms: 0,
        end_ms: detail.stored.session.duration_ms.unwrap_or(0),
        start: 0,
        end: if of_text { n_chars } else { 0 },
        reason: reason.to_owned(),
    }
}

/// What whoever cancelled gets.
pub(crate) fn cancelled() -> CommandError {
    CommandError::new(ErrorCode::Cancelled, "stopped; what was done so far is kept")
}

#[cfg(test)]
mod tests;
