//! A few connections that only read.

use crate::VaultError;
use rusqlite::Connection;
use std::sync::{
    Mutex, MutexGuard, PoisonError, TryLockError,
    atomic::{AtomicUsize, Ordering},
};

/// The readers of a vault; there is always at least one.
pub(super) struct Pool {
    first: Mutex<Connection>,
    others: Vec<Mutex<Connection>>,
    turn: AtomicUsize,
}

impl Pool {
    pub(super) fn new(first: Connection, others: Vec<Connection>) -> Self {
        Self {
            first: Mutex::new(first),
            others: others.into_iter().map(Mutex::new).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    /// A free reader; when all are busy, waits for one, in turn.
    pub(super) fn take(&self) -> MutexGuard<'_, Connection> {
        for reader in self.all() {
            match reader.try_lock() {
                Ok(conn) => return conn,
                // A reader changes nothing, so a panic while it was on loan did no harm.
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % (self.others.len() + 1);
        let reader = self.all().nth(turn).unwrap_or(&self.first);
        reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the memory of the readers back.
    pub(super) fn shrink(&self) -> Result<(), VaultError> {
        for reader in self.all() {
            let conn = reader.lock().unwrap_or_else(PoisonError::into_inner);
            conn.execute_batch("PRAGMA shrink_memory;")?;
        }
        Ok(())
    }

    fn all(&self) -> impl Iterator<Item = &Mutex<Connection>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}
