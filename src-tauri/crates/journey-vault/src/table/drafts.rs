//! What was typed and is not kept yet.

use super::column;
use crate::VaultError;
use jiff::Timestamp;
use journey_domain::{ids::SessionId, ports::Clock};
use rusqlite::Connection;
use std::ops::Deref;

/// Of what a draft is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftOf {
    /// Of a reflection that is no session yet.
    New,
    /// Of a session's text.
    Edit {
        /// Whose.
        session: SessionId,
        /// The revision that is being edited.
        revision: u32,
    },
}

impl DraftOf {
    /// Whose text, for one that is edited.
    #[must_use]
    pub const fn session(self) -> Option<SessionId> {
        match self {
            Self::New => None,
            Self::Edit { session, .. } => Some(session),
        }
    }

    const fn revision(self) -> Option<u32> {
        match self {
            Self::New => None,
            Self::Edit { revision, .. } => Some(revision),
        }
    }
}

/// A draft as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The revision that was being edited, for a session's text.
    pub revision: Option<u32>,
    /// The title; empty for a session's text.
    pub title: String,
    /// The text.
    pub text: String,
    /// When it was typed.
    pub at: Timestamp,
}

/// Reads drafts.
#[derive(Clone, Copy)]
pub struct Drafts<'c> {
    conn: &'c Connection,
}

impl<'c> Drafts<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// The draft of a session's text, or of a new reflection.
    ///
    /// # Errors
    /// The database's failure.
    pub fn get(&self, session: Option<SessionId>) -> Result<Option<Draft>, VaultError> {
        let sql = "SELECT revision, title, text, at FROM drafts WHERE session_id IS ?1";
        let session = session.map(SessionId::uuid);
        column::row(self.conn, sql, &[&session.as_ref().map(|it| it.as_bytes())], |row| {
            Ok(Draft {
                revision: column::count_opt(row, 0)?,
                title: row.get(1)?,
                text: row.get(2)?,
                at: column::time(row, 3)?,
            })
        })
    }
}

/// Writes drafts.
#[derive(Clone, Copy)]
pub struct DraftsMut<'c> {
    read: Drafts<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for DraftsMut<'c> {
    type Target = Drafts<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> DraftsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: Drafts::new(conn), clock }
    }

    /// Stores a draft in the place of the last one of the same.
    ///
    /// # Errors
    /// The database's failure, also for a session that is gone.
    pub fn set(&self, of: DraftOf, title: &str, text: &str) -> Result<(), VaultError> {
        self.remove(of.session())?;
        let session = of.session().map(SessionId::uuid);
        column::execute(
            self.conn,
            "INSERT INTO drafts (session_id, revision, title, text, at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            &[
                &session.as_ref().map(|it| it.as_bytes()),
                &of.revision(),
                &title,
                &text,
                &column::micros(self.clock.now()),
            ],
        )?;
        Ok(())
    }

    /// Forgets a draft; fine when there is none.
    ///
    /// # Errors
    /// The database's failure.
    pub fn remove(&self, session: Option<SessionId>) -> Result<(), VaultError> {
        let session = session.map(SessionId::uuid);
        let sql = "DELETE FROM drafts WHERE session_id IS ?1";
        column::execute(self.conn, sql, &[&session.as_ref().map(|it| it.as_bytes())])?;
        Ok(())
    }
}
