//! Replies of providers by the hash of what was asked, so that asking again costs nothing.

use super::column;
use crate::VaultError;
use journey_domain::{ids::SessionId, ports::Clock};
use rusqlite::Connection;
use std::ops::Deref;

/// Reads cached replies.
#[derive(Clone, Copy)]
pub struct AnalysisCache<'c> {
    conn: &'c Connection,
}

impl<'c> AnalysisCache<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// The reply to the request whose hash is `key`, if it is known.
    ///
    /// # Errors
    /// The database's failure.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, VaultError> {
        let sql = "SELECT reply FROM analysis_cache WHERE key = ?1";
        column::row(self.conn, sql, &[&key], |row| row.get(0))
    }
}

/// Writes cached replies.
#[derive(Clone, Copy)]
pub struct AnalysisCacheMut<'c> {
    read: AnalysisCache<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for AnalysisCacheMut<'c> {
    type Target = AnalysisCache<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> AnalysisCacheMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: AnalysisCache::new(conn), clock }
    }

    /// Keeps a reply; it is erased with its session.
    ///
    /// # Errors
    /// The database's failure.
    pub fn set(&self, session: SessionId, key: &str, reply: &[u8]) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO analysis_cache (key, session_id, reply, at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET session_id = excluded.session_id,
                 reply = excluded.reply, at = excluded.at",
            &[&key, session.uuid().as_bytes(), &reply, &column::micros(self.clock.now())],
        )?;
        Ok(())
    }

    /// Forgets every reply of a session.
    ///
    /// # Errors
    /// The database's failure.
    pub fn clear(&self, session: SessionId) -> Result<(), VaultError> {
        let sql = "DELETE FROM analysis_cache WHERE session_id = ?1";
        column::execute(self.conn, sql, &[session.uuid().as_bytes()])?;
        Ok(())
    }
}
