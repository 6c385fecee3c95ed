//! Runs, and which one holds.

use super::column;
use crate::VaultError;
use journey_domain::{
    analysis::AnalyserIdentity,
    ids::{RunId, SessionId},
    ports::Clock,
    run::Run,
};
use rusqlite::{Connection, Row};
use std::ops::Deref;

const COLUMNS: &str = "id, session_id, transcript_revision, provider, model, prompt_version, \
     prompt_hash, taxonomy_version, started_at, duration_ms, tokens_in, tokens_out, cost_usd, \
     rejected, holes, substitutes, reused";

fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: RunId::new(column::uuid(row, 0)?),
        session: SessionId::new(column::uuid(row, 1)?),
        transcript_revision: column::count(row, 2)?,
        analyser: AnalyserIdentity {
            provider: row.get(3)?,
            model: row.get(4)?,
            prompt_version: row.get(5)?,
            prompt_hash: row.get(6)?,
            taxonomy_version: row.get(7)?,
        },
        started_at: column::time(row, 8)?,
        duration_ms: column::count(row, 9)?,
        tokens_in: column::count(row, 10)?,
        tokens_out: column::count(row, 11)?,
        cost_usd: row.get(12)?,
        rejected: column::count(row, 13)?,
        holes: column::json(row, 14)?,
        substitutes: column::json(row, 15)?,
        reused: column::word(row, 16)?,
    })
}

/// Reads runs.
#[derive(Clone, Copy)]
pub struct Runs<'c> {
    conn: &'c Connection,
}

impl<'c> Runs<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// One run.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn get(&self, id: RunId) -> Result<Run, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM runs WHERE id = ?1");
        column::row(self.conn, &sql, &[id.uuid().as_bytes()], read)?
            .ok_or(VaultError::NotFound("run"))
    }

    /// The run of a session whose id begins with `prefix` (at least 8 characters).
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Ambiguous`], [`VaultError::BadId`].
    pub fn find(&self, session: SessionId, prefix: &str) -> Result<RunId, VaultError> {
        let id = column::id_by_prefix(
            self.conn,
            "SELECT id FROM runs WHERE id BETWEEN ?1 AND ?2 LIMIT 2",
            prefix,
            "run",
        )
        .map(RunId::new)?;
        if self.get(id)?.session == session { Ok(id) } else { Err(VaultError::NotFound("run")) }
    }

    /// The runs of a session, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of_session(&self, session: SessionId) -> Result<Vec<Run>, VaultError> {
        let sql =
            format!("SELECT {COLUMNS} FROM runs WHERE session_id = ?1 ORDER BY started_at, id");
        column::rows(self.conn, &sql, &[session.uuid().as_bytes()], read)
    }

    /// The run that holds, if one was accepted.
    ///
    /// # Errors
    /// The database's failure.
    pub fn accepted(&self, session: SessionId) -> Result<Option<RunId>, VaultError> {
        let sql = "SELECT run_id FROM accepted_runs WHERE session_id = ?1";
        column::row(self.conn, sql, &[session.uuid().as_bytes()], |row| {
            column::uuid(row, 0).map(RunId::new)
        })
    }
}

/// Writes runs, for [`Write::store_run`](crate::Write::store_run).
#[derive(Clone, Copy)]
pub(crate) struct RunsMut<'c> {
    read: Runs<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for RunsMut<'c> {
    type Target = Runs<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> RunsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: Runs::new(conn), clock }
    }

    pub(crate) fn insert(&self, run: &Run) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO runs (id, session_id, transcript_revision, provider, model,
                 prompt_version, prompt_hash, taxonomy_version, started_at, duration_ms, tokens_in,
                 tokens_out, cost_usd, rejected, holes, substitutes, reused)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 ?17)",
            &[
                run.id.uuid().as_bytes(),
                run.session.uuid().as_bytes(),
                &run.transcript_revision,
                &run.analyser.provider,
                &run.analyser.model,
                &run.analyser.prompt_version,
                &run.analyser.prompt_hash,
                &run.analyser.taxonomy_version,
                &column::micros(run.started_at),
                &column::stored(run.duration_ms),
                &column::stored(run.tokens_in),
                &column::stored(run.tokens_out),
                &run.cost_usd,
                &run.rejected,
                &column::to_json(&run.holes)?,
                &column::to_json(&run.substitutes)?,
                &run.reused.as_str(),
            ],
        )?;
        Ok(())
    }

    pub(crate) fn accept(&self, session: SessionId, run: RunId) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO accepted_runs (session_id, run_id, accepted_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (session_id) DO UPDATE SET run_id = excluded.run_id,
                 accepted_at = excluded.accepted_at",
            &[session.uuid().as_bytes(), run.uuid().as_bytes(), &column::micros(self.clock.now())],
        )?;
        Ok(())
    }
}
