//! The accounts of one computer: who may sign in, their tokens, the throttle on guessing, system
//! settings and the audit log.
//!
//! All of it lies in `accounts.db`, encrypted under a key in a file beside it. That protects a copied
//! database, not a copied folder, and it needs no more: nothing that a person said is in it, and
//! losing it loses no diary. Where it is lost or damaged it is set aside and made anew from the vault
//! folders, each of which knows its account's name; the first to sign in then becomes an admin.
//!
//! Signing in *is* opening the password slot of a vault; there is no other password hash.
//!
//! Every change is one immediate transaction, so that a window and a command line may work at once.

mod audit;
mod directory;
mod error;
mod folders;
mod installation;
mod open;
mod refresh;
mod sign_in;
mod throttle;
mod turn;

pub use audit::{AuditAction, AuditEntry, AuditPage};
pub use directory::{CreatedAccount, NewAccount, StoredAccount};
pub use error::{AccountsError, CreateAccountError, RefreshError, SignInError};
pub use installation::{SigningKey, device_id};
pub use open::{Opened, Opening};
pub use refresh::{FamilyId, RefreshToken, Refreshed, RotationLock};
pub use sign_in::{SignInFor, SignedIn};

use crate::{slots::VaultFolder, vault::VaultPorts};
use jiff::Timestamp;
use journey_domain::ids::AccountId;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The open accounts store. Calls block.
pub struct AccountsStore {
    dir: PathBuf,
    conn: Mutex<Connection>,
    ports: VaultPorts,
}

impl AccountsStore {
    /// The vault folder of an account.
    #[must_use]
    pub fn vault_folder(&self, account: AccountId) -> VaultFolder {
        VaultFolder::new(folders::vaults_dir(&self.dir).join(account.to_string()))
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.dir
    }

    /// Changes, all or nothing: what `change` returns as `Err` undoes it.
    fn write<T, E: From<AccountsError>>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.conn();
        let transaction = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(AccountsError::from)?;
        let value = change(&transaction)?;
        transaction.commit().map_err(AccountsError::from)?;
        drop(conn);
        Ok(value)
    }

    fn read<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, AccountsError>,
    ) -> Result<T, AccountsError> {
        ask(&self.conn())
    }

    fn conn(&self) -> MutexGuard<'_, Connection> {
        // A panic in a change has rolled it back, so the connection is as good as before.
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }
}

#[cfg(test)]
mod tests;
