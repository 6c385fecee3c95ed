//! One person's open vault: the database behind one writer and a few readers, and the folder of
//! sealed media.

pub mod handles;
pub mod lease;
pub mod open;

mod erase;
mod media_files;
pub(crate) mod migrate;
mod pool;

use crate::{
    VaultError,
    media::MediaKey,
    table::{column, search},
};
use handles::{Read, Write};
use journey_domain::{
    ids::{LedgerId, SessionId},
    ledger::{OutgoingRequest, RequestOutcome},
    ports::{Clock, Ids, Ledger, LedgerError, Random, Replies},
};
use lease::Lease;
use pool::Pool;
use rusqlite::{Connection, InterruptHandle, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

/// What a vault needs from the world.
#[derive(Clone)]
pub struct VaultPorts {
    /// For the times that are stored.
    pub clock: Arc<dyn Clock>,
    /// For the ids of jobs, ledger rows, recordings and threads.
    pub ids: Arc<dyn Ids>,
    /// For the salts of media files.
    pub random: Arc<dyn Random>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins, to be given back as it is; `None` at the end.
    pub next: Option<String>,
}

/// An open vault. Shared by `Arc`; dropping the last one closes the database and wipes the keys.
///
/// Calls block: an async caller uses a blocking thread.
pub struct Vault {
    dir: PathBuf,
    writer: Mutex<Connection>,
    readers: Pool,
    /// For checks, which take long: nobody waits for this one.
    examiner: Mutex<Connection>,
    index_check: Mutex<Option<IndexCheck>>,
    media_key: MediaKey,
    ports: VaultPorts,
}

/// A check of the search index that is under way. It has to hold the writer, and gives way.
struct IndexCheck {
    stop: InterruptHandle,
    gave_way: bool,
}

impl Vault {
    /// The vault's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Reads, all of `ask` from one state of the database.
    ///
    /// # Errors
    /// What `ask` gives, or the database's failure.
    pub fn read<T, E: From<VaultError>>(
        &self,
        ask: impl FnOnce(&Read<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.readers.take();
        let snapshot = conn.transaction().map_err(VaultError::from)?;
        let answer = ask(&Read::new(&snapshot))?;
        snapshot.finish().map_err(VaultError::from)?;
        drop(conn);
        Ok(answer)
    }

    /// Writes, all of `change` or nothing: it is durable when this returns `Ok`, and undone when
    /// `change` fails.
    ///
    /// Not to be called from within `change`: there is one writer.
    ///
    /// # Errors
    /// What `change` gives, or the database's failure.
    pub fn write<T, E: From<VaultError>>(
        &self,
        change: impl FnOnce(&Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.writer();
        let transaction = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(VaultError::from)?;
        let value = change(&Write::new(&transaction, &self.ports))?;
        transaction.commit().map_err(VaultError::from)?;
        drop(conn);
        Ok(value)
    }

    /// Takes the lease under which jobs run, or `None` while another process (or another part of
    /// this one) holds it.
    ///
    /// # Errors
    /// [`VaultError::Io`] when the lock file cannot be used.
    pub fn try_lease(&self) -> Result<Option<Lease>, VaultError> {
        Lease::try_acquire(&self.dir)
    }

    /// Whether the search index says exactly what the tables say. Gives way to whoever writes.
    ///
    /// # Errors
    /// [`VaultError::Busy`] when it gave way, or the database's failure.
    pub fn check_search(&self) -> Result<bool, VaultError> {
        let mut conn = self.writer();
        let stop = conn.get_interrupt_handle();
        *self.index_check() = Some(IndexCheck { stop, gave_way: false });
        let says = (|| {
            let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let says = search::check(&transaction)?;
            transaction.commit()?;
            Ok(says)
        })();
        // Before the writer is anybody else's: theirs is not to be interrupted.
        let gave_way = self.index_check().take().is_some_and(|check| check.gave_way);
        drop(conn);
        if gave_way { Err(VaultError::Busy) } else { says }
    }

    fn index_check(&self) -> MutexGuard<'_, Option<IndexCheck>> {
        self.index_check.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the search index anew.
    ///
    /// # Errors
    /// The database's failure.
    pub fn rebuild_search(&self) -> Result<(), VaultError> {
        self.write(|write| search::rebuild(write.conn()))
    }

    /// Checks every page of the database against its seal, and the tables against each other, while
    /// others read and write. Gives what is wrong, in SQLite's words; nothing when all is well.
    ///
    /// # Errors
    /// The database's failure.
    pub fn check_database(&self) -> Result<Vec<String>, VaultError> {
        let conn = self.examiner.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = examine(&conn)?;
        if wrong.is_empty() {
            conn.execute_batch("PRAGMA shrink_memory;")?;
            drop(conn);
            return Ok(wrong);
        }
        // A page that was being written looks like a damaged one: only what stays wrong is.
        let nobody_writes = self.writer();
        let wrong = examine(&conn);
        drop((nobody_writes, conn));
        wrong
    }

    /// To be called when nothing happens for a while: empties the write-ahead log into the database
    /// and gives memory back.
    ///
    /// # Errors
    /// The database's failure.
    pub fn rest(&self) -> Result<(), VaultError> {
        let conn = self.writer();
        erase::truncate_wal(&conn)?;
        conn.execute_batch("PRAGMA optimize; PRAGMA shrink_memory;")?;
        drop(conn);
        self.readers.shrink()
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        match self.writer.try_lock() {
            Ok(conn) => return conn,
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {}
        }
        if let Some(check) = &mut *self.index_check() {
            check.gave_way = true;
            check.stop.interrupt();
        }
        // A panic in a change has rolled it back, so the connection is as good as before.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is wrong with the pages and the tables.
fn examine(conn: &Connection) -> Result<Vec<String>, VaultError> {
    // The seals of the file are looked at, so what can be in it is to be; the log's are as it is read.
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    let mut wrong = Vec::new();
    for pragma in ["cipher_integrity_check", "integrity_check", "foreign_key_check"] {
        match column::rows(conn, &format!("PRAGMA {pragma}"), &[], |row| row.get(0)) {
            Ok(said) => wrong.extend(said.into_iter().filter(|it: &String| it != "ok")),
            Err(VaultError::Damaged | VaultError::Database(_)) => {
                wrong.push(format!("{pragma} cannot read every page"));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(wrong)
}

impl Drop for Vault {
    fn drop(&mut self) {
        // Only keeps the query planner's figures fresh; closing must not fail for it.
        drop(self.writer().execute_batch("PRAGMA optimize;"));
    }
}

impl Ledger for Vault {
    fn about_to_send(&self, request: &OutgoingRequest) -> Result<LedgerId, LedgerError> {
        self.write(|write| write.ledger_mut().begin(request)).map_err(|_: VaultError| LedgerError)
    }

    fn came_back(&self, id: LedgerId, outcome: &RequestOutcome) -> Result<(), LedgerError> {
        self.write(|write| write.ledger_mut().end(id, outcome)).map_err(|_: VaultError| LedgerError)
    }
}

impl Replies for Vault {
    fn kept(&self, hash: &str) -> Option<String> {
        let kept = self.read(|read| read.analysis_cache().get(hash)).ok()??;
        String::from_utf8(kept).ok()
    }

    fn keep(&self, session: SessionId, hash: &str, answer: &str) {
        let kept = self.write(|write| write.analysis_cache().set(session, hash, answer.as_bytes()));
        if let Err(error) = kept {
            tracing::warn!(%error, "an answer could not be kept; asking again will cost a request");
        }
    }
}

#[cfg(test)]
mod tests;
