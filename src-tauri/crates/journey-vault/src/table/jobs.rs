//! Stages of work, persisted: what is queued, running, waiting, done or parked.

use super::column;
use crate::{VaultError, vault::lease::Lease};
use jiff::Timestamp;
use journey_domain::{
    error_code::ErrorCode,
    ids::{JobId, SessionId},
    job::{Job, JobEvent, JobKind, JobOrder, JobState},
    ports::{Clock, Ids},
};
use rusqlite::{Connection, Row, types::Type};
use std::ops::Deref;

/// A state word that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown job state")]
struct UnknownState;

const COLUMNS: &str =
    "id, session_id, kind, attempts, state, waiting_until, code, message, created_at, ordered";

fn read(row: &Row<'_>) -> rusqlite::Result<Job> {
    let state = match row.get_ref(4)?.as_str()? {
        "queued" => JobState::Queued,
        "running" => JobState::Running,
        "waiting" => JobState::Waiting { until: column::time(row, 5)? },
        "done" => JobState::Done,
        "parked" => JobState::Parked {
            // A code of a newer version reads as one that was not foreseen.
            code: column::json(row, 6).unwrap_or(ErrorCode::Internal),
            message: row.get(7)?,
        },
        "cancelled" => JobState::Cancelled,
        _ => {
            let error = Box::new(UnknownState);
            return Err(rusqlite::Error::FromSqlConversionFailure(4, Type::Text, error));
        }
    };
    Ok(Job {
        id: JobId::new(column::uuid(row, 0)?),
        session: SessionId::new(column::uuid(row, 1)?),
        kind: column::word::<JobKind>(row, 2)?,
        attempts: column::count(row, 3)?,
        state,
        created_at: column::time(row, 8)?,
        order: column::json(row, 9)?,
    })
}

/// What is in the bin is not worked on; out of the bin again, it goes on.
const NOT_IN_BIN: &str = "session_id NOT IN (SELECT id FROM sessions WHERE deleted_at IS NOT NULL)";

/// Reads jobs.
#[derive(Clone, Copy)]
pub struct Jobs<'c> {
    conn: &'c Connection,
}

impl<'c> Jobs<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// One job.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn get(&self, id: JobId) -> Result<Job, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE id = ?1");
        column::row(self.conn, &sql, &[id.uuid().as_bytes()], read)?
            .ok_or(VaultError::NotFound("job"))
    }

    /// How many jobs of a kind could be claimed at `now`.
    ///
    /// # Errors
    /// The database's failure.
    pub fn n_due(&self, kind: JobKind, now: Timestamp) -> Result<usize, VaultError> {
        column::row(
            self.conn,
            &format!(
                "SELECT count(*) FROM jobs WHERE state IN ('queued', 'waiting')
                   AND coalesce(waiting_until, ?1) <= ?1 AND kind = ?2 AND {NOT_IN_BIN}"
            ),
            &[&column::micros(now), &kind.as_str()],
            |row| column::count(row, 0),
        )
        .map(Option::unwrap_or_default)
    }

    /// All jobs of a session, oldest first: at most one of each kind.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of_session(&self, session: SessionId) -> Result<Vec<Job>, VaultError> {
        let sql =
            format!("SELECT {COLUMNS} FROM jobs WHERE session_id = ?1 ORDER BY created_at, id");
        column::rows(self.conn, &sql, &[session.uuid().as_bytes()], read)
    }

    /// All jobs that are not settled, in order of work.
    ///
    /// # Errors
    /// The database's failure.
    pub fn open(&self) -> Result<Vec<Job>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE state IN ('queued', 'waiting') AND {NOT_IN_BIN}
             UNION ALL SELECT {COLUMNS} FROM jobs WHERE state = 'running'"
        );
        let mut jobs = column::rows(self.conn, &sql, &[], read)?;
        jobs.sort_by_key(|job| (job.created_at, job.id));
        Ok(jobs)
    }

    /// All jobs that were parked for this reason, in order of work.
    ///
    /// # Errors
    /// The database's failure.
    pub fn parked(&self, code: ErrorCode) -> Result<Vec<Job>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs WHERE state = 'parked' AND code = ?1 ORDER BY created_at, id"
        );
        column::rows(self.conn, &sql, &[&column::to_json(&code)?], read)
    }

    /// When the next waiting job may be tried; `None` when none waits.
    ///
    /// # Errors
    /// The database's failure.
    pub fn next_wait(&self) -> Result<Option<Timestamp>, VaultError> {
        let sql = format!(
            "SELECT min(waiting_until) FROM jobs
             WHERE state IN ('queued', 'waiting') AND state = 'waiting' AND {NOT_IN_BIN}"
        );
        Ok(column::row(self.conn, &sql, &[], |row| column::time_opt(row, 0))?.flatten())
    }
}

/// Writes jobs.
#[derive(Clone, Copy)]
pub struct JobsMut<'c> {
    read: Jobs<'c>,
    clock: &'c dyn Clock,
    ids: &'c dyn Ids,
}

impl<'c> Deref for JobsMut<'c> {
    type Target = Jobs<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> JobsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock, ids: &'c dyn Ids) -> Self {
        Self { read: Jobs::new(conn), clock, ids }
    }

    /// Orders a stage of work, as a whole and without more to say.
    ///
    /// # Errors
    /// As [`order`](Self::order).
    pub fn enqueue(&self, session: SessionId, kind: JobKind) -> Result<Job, VaultError> {
        self.order(session, kind, &JobOrder::default())
    }

    /// Orders a stage of work. One that is under way already is given back as it is; of one that
    /// waits the later order holds, but no part in the place of the whole, and nothing automatic in the
    /// place of a person's word; a settled one is ordered anew.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] without such a session, or the database's failure.
    pub fn order(
        &self,
        session: SessionId,
        kind: JobKind,
        order: &JobOrder,
    ) -> Result<Job, VaultError> {
        let sql = "SELECT 1 FROM sessions WHERE id = ?1";
        column::row(self.conn, sql, &[session.uuid().as_bytes()], |_| Ok(()))?
            .ok_or(VaultError::NotFound("session"))?;
        let sql = format!("SELECT {COLUMNS} FROM jobs WHERE session_id = ?1 AND kind = ?2");
        let known =
            column::row(self.conn, &sql, &[session.uuid().as_bytes(), &kind.as_str()], read)?;
        if let Some(job) = known {
            if !job.is_settled() {
                let is_less = order.is_automatic && !job.order.is_automatic
                    || order.part.is_some() && job.order.part.is_none();
                if job.state == JobState::Running || is_less {
                    return Ok(job);
                }
                let sql = "UPDATE jobs SET ordered = ?2 WHERE id = ?1";
                let ordered = column::to_json(order)?;
                column::execute(self.conn, sql, &[job.id.uuid().as_bytes(), &ordered])?;
                return self.get(job.id);
            }
            let sql = "DELETE FROM jobs WHERE id = ?1";
            column::execute(self.conn, sql, &[job.id.uuid().as_bytes()])?;
        }
        let job = Job {
            id: JobId::new(self.ids.next()),
            session,
            kind,
            attempts: 0,
            state: JobState::Queued,
            created_at: self.clock.now(),
            order: order.clone(),
        };
        column::execute(
            self.conn,
            "INSERT INTO jobs (id, session_id, kind, attempts, state, created_at, ordered)
             VALUES (?1, ?2, ?3, 0, 'queued', ?4, ?5)",
            &[
                job.id.uuid().as_bytes(),
                session.uuid().as_bytes(),
                &kind.as_str(),
                &column::micros(job.created_at),
                &column::to_json(order)?,
            ],
        )?;
        self.get(job.id)
    }

    /// Takes the oldest job of `kinds` that is ready and starts it; `None` when none is.
    ///
    /// Only the holder of the lease may.
    ///
    /// # Errors
    /// The database's failure.
    pub fn claim_next(&self, _lease: &Lease, kinds: &[JobKind]) -> Result<Option<Job>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM jobs
             WHERE state IN ('queued', 'waiting') AND coalesce(waiting_until, ?1) <= ?1
               AND kind IN (SELECT value FROM json_each(?2)) AND {NOT_IN_BIN}
             ORDER BY created_at, id LIMIT 1"
        );
        let now = column::micros(self.clock.now());
        let ready = column::row(self.conn, &sql, &[&now, &column::to_json(kinds)?], read)?;
        ready.map(|job| self.apply(job.id, JobEvent::Started)).transpose()
    }

    /// Lets something happen to a job and stores what it is then.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Transition`], or the database's failure.
    pub fn apply(&self, id: JobId, event: JobEvent) -> Result<Job, VaultError> {
        let job = self.get(id)?.after(event)?;
        let (state, until, code, message) = match &job.state {
            JobState::Queued => ("queued", None, None, None),
            JobState::Running => ("running", None, None, None),
            JobState::Waiting { until } => ("waiting", Some(column::micros(*until)), None, None),
            JobState::Done => ("done", None, None, None),
            JobState::Parked { code, message } => {
                ("parked", None, Some(column::to_json(code)?), Some(message))
            }
            JobState::Cancelled => ("cancelled", None, None, None),
        };
        column::execute(
            self.conn,
            "UPDATE jobs SET attempts = ?2, state = ?3, waiting_until = ?4, code = ?5, message = ?6
             WHERE id = ?1",
            &[id.uuid().as_bytes(), &job.attempts, &state, &until, &code, &message],
        )?;
        self.get(id)
    }

    /// Queues again what was running when the last holder of the lease ended. Gives how many.
    ///
    /// # Errors
    /// The database's failure.
    pub fn requeue_interrupted(&self, _lease: &Lease) -> Result<usize, VaultError> {
        let sql = "SELECT id FROM jobs WHERE state = 'running'";
        let running = column::rows(self.conn, sql, &[], |row| column::uuid(row, 0))?;
        for id in &running {
            self.apply(JobId::new(*id), JobEvent::Interrupted)?;
        }
        Ok(running.len())
    }
}
