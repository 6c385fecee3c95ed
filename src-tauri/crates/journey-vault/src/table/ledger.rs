//! What left this machine.

use super::{column, cursor};
use crate::{Page, VaultError};
use journey_domain::{
    ids::{LedgerId, SessionId},
    ledger::{LedgerEntry, OutgoingRequest, RequestOutcome},
    ports::{Clock, Ids},
};
use rusqlite::{Connection, Row};
use sha2::{Digest as _, Sha256};
use std::ops::Deref;

/// Everything but the body, which may be large.
const COLUMNS: &str =
    "id, session_id, purpose, scheme, host, target, at, bytes_out, body_sha256, outcome";

fn read(row: &Row<'_>) -> rusqlite::Result<LedgerEntry> {
    Ok(LedgerEntry {
        id: LedgerId::new(column::uuid(row, 0)?),
        session: column::uuid_opt(row, 1)?.map(SessionId::new),
        purpose: row.get(2)?,
        scheme: row.get(3)?,
        host: row.get(4)?,
        target: row.get(5)?,
        at: column::time(row, 6)?,
        bytes_out: column::count(row, 7)?,
        body_sha256: row.get(8)?,
        body: None,
        outcome: column::json_opt::<RequestOutcome>(row, 9)?,
    })
}

/// Reads the ledger.
#[derive(Clone, Copy)]
pub struct LedgerRows<'c> {
    conn: &'c Connection,
}

impl<'c> LedgerRows<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// One entry, with its body unless that was erased.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn get(&self, id: LedgerId) -> Result<LedgerEntry, VaultError> {
        let sql = format!("SELECT {COLUMNS}, body FROM ledger WHERE id = ?1");
        column::row(self.conn, &sql, &[id.uuid().as_bytes()], |row| {
            Ok(LedgerEntry { body: row.get(10)?, ..read(row)? })
        })?
        .ok_or(VaultError::NotFound("ledger entry"))
    }

    /// The entry whose id begins with `prefix` (at least 8 characters).
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Ambiguous`], [`VaultError::BadId`].
    pub fn find(&self, prefix: &str) -> Result<LedgerId, VaultError> {
        column::id_by_prefix(
            self.conn,
            "SELECT id FROM ledger WHERE id BETWEEN ?1 AND ?2 LIMIT 2",
            prefix,
            "ledger entry",
        )
        .map(LedgerId::new)
    }

    /// A page of entries without their bodies, newest first.
    ///
    /// # Errors
    /// [`VaultError::BadCursor`], or the database's failure.
    pub fn list(&self, limit: usize, after: Option<&str>) -> Result<Page<LedgerEntry>, VaultError> {
        let (mut at, mut id) = (i64::MAX, [0; 16]);
        if let Some(after) = after {
            let [part, last] = cursor::decode('l', after)?;
            (at, id) = (cursor::signed(part)?, last.to_be_bytes());
        }
        let page = limit.clamp(1, MAX_PAGE);
        let sql = format!(
            "SELECT {COLUMNS} FROM ledger WHERE (at, id) < (?1, ?2)
             ORDER BY at DESC, id DESC LIMIT ?3"
        );
        let mut items =
            column::rows(self.conn, &sql, &[&at, &id, &column::stored(page + 1)], read)?;
        let more = items.len() > page;
        items.truncate(page);
        let next = items.last().filter(|_| more).map(|last| {
            let at = cursor::part(column::micros(last.at));
            cursor::encode('l', &[at, last.id.uuid().as_u128()])
        });
        Ok(Page { items, next })
    }

    /// The entries of a session without their bodies, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of_session(&self, session: SessionId) -> Result<Vec<LedgerEntry>, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM ledger WHERE session_id = ?1 ORDER BY at, id");
        column::rows(self.conn, &sql, &[session.uuid().as_bytes()], read)
    }
}

/// Most entries on one page.
const MAX_PAGE: usize = 1_000;

/// Writes the ledger; the rest of the program does so through the `Ledger` port.
#[derive(Clone, Copy)]
pub(crate) struct LedgerRowsMut<'c> {
    read: LedgerRows<'c>,
    clock: &'c dyn Clock,
    ids: &'c dyn Ids,
}

impl<'c> Deref for LedgerRowsMut<'c> {
    type Target = LedgerRows<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> LedgerRowsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock, ids: &'c dyn Ids) -> Self {
        Self { read: LedgerRows::new(conn), clock, ids }
    }

    pub(crate) fn begin(&self, request: &OutgoingRequest) -> Result<LedgerId, VaultError> {
        let id = LedgerId::new(self.ids.next());
        column::execute(
            self.conn,
            "INSERT INTO ledger
                 (id, session_id, purpose, scheme, host, target, at, bytes_out, body_sha256, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            &[
                id.uuid().as_bytes(),
                &request.session.map(|session| *session.uuid().as_bytes()),
                &request.purpose,
                &request.scheme,
                &request.host,
                &request.target,
                &column::micros(self.clock.now()),
                &column::stored(request.body.len()),
                &hex(&Sha256::digest(&request.body)),
                &request.body,
            ],
        )?;
        Ok(id)
    }

    pub(crate) fn end(&self, id: LedgerId, outcome: &RequestOutcome) -> Result<(), VaultError> {
        let sql = "UPDATE ledger SET outcome = ?2 WHERE id = ?1";
        let outcome = column::to_json(outcome)?;
        let n_changed = column::execute(self.conn, sql, &[id.uuid().as_bytes(), &outcome])?;
        column::found(n_changed, "ledger entry")
    }

    /// Erases the bodies of a session; host, size, hash and time stay.
    pub(crate) fn erase_bodies(&self, session: SessionId) -> Result<(), VaultError> {
        let sql = "UPDATE ledger SET body = NULL, session_id = NULL WHERE session_id = ?1";
        column::execute(self.conn, sql, &[session.uuid().as_bytes()])?;
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}
