//! Copying the database while it is open, for a backup.

use super::{Vault, erase, migrate, open::DATABASE_FILE};
use crate::VaultError;
use rusqlite::TransactionBehavior;
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// How often another process may write between emptying the log and keeping writers out.
const MAX_TRIES: usize = 20;

impl Vault {
    /// Copies the encrypted database, with everything committed so far, into a new file, durably.
    /// Gives its length in bytes. Writers wait meanwhile; readers do not.
    ///
    /// # Errors
    /// [`VaultError::Busy`] when other processes leave no moment for it, [`VaultError::Io`] when
    /// `to` exists, or the failure of disk or database.
    pub fn copy_database(&self, to: &Path) -> Result<u64, VaultError> {
        let mut conn = self.writer();
        for _ in 0..MAX_TRIES {
            match erase::truncate_wal(&conn) {
                Err(VaultError::Busy) => continue,
                other => other?,
            }
            let quiet = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // With an empty log and no writer, nothing moves pages in the file.
            let log = self.dir.join(format!("{DATABASE_FILE}-wal"));
            if fs::metadata(log).map_or(0, |meta| meta.len()) == 0 {
                let n_bytes = copy(&self.dir.join(DATABASE_FILE), to)?;
                quiet.finish()?;
                return Ok(n_bytes);
            }
        }
        Err(VaultError::Busy)
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<u64> {
    let mut copy = OpenOptions::new().create_new(true).write(true).mode(0o600).open(to)?;
    let mut whole = || {
        let n_bytes = io::copy(&mut File::open(from)?, &mut copy)?;
        copy.sync_all()?;
        migrate::sync_parent(to)?;
        Ok(n_bytes)
    };
    // Half a copy would only be mistaken for a whole one.
    whole().inspect_err(|_| drop(fs::remove_file(to)))
}
