//! The stages of work as the window lists them.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    views::window::{Queue, QueuedJob},
};
use journey_domain::{
    ids::JobId,
    job::{Job, JobEvent, JobState, Progress},
    ports::Event,
};
use journey_vault::Read;

/// A stage that moved on.
#[must_use]
pub fn moving(progress: &Progress) -> QueuedJob {
    QueuedJob {
        id: progress.job.to_string(),
        session: Some(progress.session.to_string()),
        kind: progress.kind.as_str().to_owned(),
        label: String::new(),
        state: "running".to_owned(),
        fraction: Some(progress.fraction),
        message: Some(progress.message.clone()),
        remaining_ms: progress.remaining_ms,
        error: None,
    }
}

/// A stored job as the window shows it.
pub(crate) fn stored(read: &Read<'_>, job: &Job) -> Result<QueuedJob> {
    let label = read.sessions().get(job.session)?.session.title;
    Ok(QueuedJob { label, ..standing(job) })
}

/// Where a stage stands, without its session's title.
#[must_use]
pub fn standing(job: &Job) -> QueuedJob {
    let (state, error) = match &job.state {
        JobState::Queued | JobState::Waiting { .. } => ("waiting", None),
        JobState::Running => ("running", None),
        JobState::Done => ("done", None),
        JobState::Parked { code, message } => ("failed", Some(CommandError::new(*code, message))),
        JobState::Cancelled => ("cancelled", None),
    };
    QueuedJob {
        id: job.id.to_string(),
        session: Some(job.session.to_string()),
        kind: job.kind.as_str().to_owned(),
        label: String::new(),
        state: state.to_owned(),
        fraction: None,
        message: None,
        remaining_ms: None,
        error,
    }
}

impl App {
    /// What is being worked on.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn queue(&self, me: &Unlocked) -> Result<Queue> {
        let mut jobs = me.vault().read(|read| {
            read.jobs().open()?.iter().map(|job| stored(read, job)).collect::<Result<Vec<_>>>()
        })?;
        jobs.extend(me.open.imports().jobs());
        Ok(Queue { jobs })
    }

    /// Stops a stage; what was done so far is kept.
    ///
    /// # Errors
    /// Not found.
    pub fn cancel_job(&self, me: &Unlocked, id: &str) -> Result<()> {
        if me.open.imports().cancel(id) {
            self.ports().events.emit(Event::QueueChanged);
            return Ok(());
        }
        let id: JobId = id.parse().map_err(|_| CommandError::not_found("there is no such job"))?;
        let runs_here = me.open.cancel_here(id);
        let job = me
            .vault()
            .write(|write| {
                let job = write.jobs().get(id)?;
                match job.state {
                    // It notices its token, and says itself when it has stopped.
                    JobState::Running if runs_here => Ok(job),
                    // Another process looks at the row.
                    JobState::Queued | JobState::Waiting { .. } | JobState::Running => {
                        write.jobs().apply(id, JobEvent::Cancelled)
                    }
                    JobState::Done | JobState::Parked { .. } | JobState::Cancelled => Ok(job),
                }
            })
            .map_err(|error: journey_vault::VaultError| CommandError::from(error))?;
        self.announce_job(&me.open, job.id);
        self.announce(job.session);
        Ok(())
    }
}
