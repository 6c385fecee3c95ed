//! The right to run jobs: one holder among all processes that have the vault open.

use crate::VaultError;
use std::{
    fs::{File, OpenOptions, TryLockError},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// The name of the lock file in the vault's folder.
const LOCK_FILE: &str = "vault.lock";

/// The right to run jobs, until it is dropped or its process ends in whatever way: the operating
/// system lets go of the lock then.
pub struct Lease {
    _lock: File,
}

impl Lease {
    pub(super) fn try_acquire(dir: &Path) -> Result<Option<Self>, VaultError> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(dir.join(LOCK_FILE))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }
}
