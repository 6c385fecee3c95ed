//! The accounts themselves.

use super::{
    AccountsError, AccountsStore, CreateAccountError, audit, audit::AuditAction, folders, refresh,
};
use crate::{
    keys::VaultKeys,
    slots::{Draft, KdfCost, RecoveryCode, SessionSlots},
    table::column,
    vault::Vault,
};
use jiff::Timestamp;
use journey_domain::{
    account::{Account, AccountName, Role},
    ids::AccountId,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use secrecy::SecretString;

/// An account with what the gate compares tokens with.
#[derive(Clone, Debug)]
pub struct StoredAccount {
    /// Who.
    pub account: Account,
    /// Raised by disabling, a change of role and a change of password: access tokens that carry a
    /// lower one are good for nothing.
    pub session_epoch: u64,
}

/// A person who is to get an account. Whether the password is strong enough was checked.
pub struct NewAccount<'a> {
    /// The name to sign in with.
    pub name: &'a AccountName,
    /// The role; the first account of a computer is an admin all the same.
    pub role: Role,
    /// The password.
    pub password: &'a SecretString,
    /// What to spend on it.
    pub cost: KdfCost,
    /// Who makes the account, where someone is signed in.
    pub by: Option<AccountId>,
}

/// A new account with an empty vault.
pub struct CreatedAccount {
    /// The account.
    pub account: StoredAccount,
    /// What opens its vault.
    pub keys: VaultKeys,
    /// To be shown once.
    pub recovery_code: RecoveryCode,
}

impl AccountsStore {
    /// Makes an account with its vault, all or nothing.
    ///
    /// # Errors
    /// [`CreateAccountError`]; no account is left. Should the disk fail so that the folder can neither
    /// be finished nor removed, the next start finds it and makes it the account it was to be.
    pub fn create_account(
        &self,
        new: &NewAccount<'_>,
    ) -> Result<CreatedAccount, CreateAccountError> {
        if self.find_account_by_name(new.name)?.is_some() {
            return Err(CreateAccountError::NameTaken);
        }
        let id = AccountId::new(self.ports.ids.next());
        // Takes a second, so before the transaction.
        let draft = Draft::new(
            self.ports.ids.next(),
            new.name,
            new.password,
            new.cost,
            self.ports.random.as_ref(),
        )?;
        let folder = self.vault_folder(id);
        let now = self.now();
        let account = self.write(|conn| {
            if find_by_name(conn, new.name)?.is_some() {
                return Err(CreateAccountError::NameTaken);
            }
            let role = if count(conn)? == 0 { Role::Admin } else { new.role };
            insert(conn, id, new.name, role, now)?;
            audit::append(
                conn,
                now,
                new.by,
                AuditAction::AccountCreated,
                Some(id),
                Some(role.as_str()),
            )?;
            folders::make_vaults_dir(&self.dir).map_err(AccountsError::from)?;
            drop(Vault::create(folder.path(), &draft.keys, self.ports.clone())?);
            // The keys last: a folder with keys and without a row becomes an account at the next
            // start.
            folder.write_first(&draft.header)?;
            Ok(find(conn, id)?.ok_or(AccountsError::NotFound)?)
        });
        match account {
            Ok(account) => {
                Ok(CreatedAccount { account, keys: draft.keys, recovery_code: draft.recovery_code })
            }
            Err(error) => {
                // Empty, and nobody has its keys.
                folders::begin_erasing(&folders::vaults_dir(&self.dir), id).ok();
                folders::finish_erasing(&folders::vaults_dir(&self.dir), id).ok();
                Err(error)
            }
        }
    }

    /// All accounts, by name.
    ///
    /// # Errors
    /// The store's failure.
    pub fn accounts(&self) -> Result<Vec<StoredAccount>, AccountsError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(&format!("{SELECT} ORDER BY folded"))?;
            let rows = statement.query_map([], stored_account)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The account of an id.
    ///
    /// # Errors
    /// The store's failure.
    pub fn find_account(&self, id: AccountId) -> Result<Option<StoredAccount>, AccountsError> {
        self.read(|conn| find(conn, id))
    }

    /// The account of a name, upper and lower case taken as the same.
    ///
    /// # Errors
    /// The store's failure.
    pub fn find_account_by_name(
        &self,
        name: &AccountName,
    ) -> Result<Option<StoredAccount>, AccountsError> {
        self.read(|conn| find_by_name(conn, name))
    }

    /// Gives an account another role, from the next command on.
    ///
    /// # Errors
    /// [`AccountsError::LastAdmin`], [`AccountsError::NotFound`], or the store's failure.
    pub fn set_role(
        &self,
        id: AccountId,
        role: Role,
        by: Option<AccountId>,
    ) -> Result<StoredAccount, AccountsError> {
        let now = self.now();
        self.write(|conn| {
            let before = find(conn, id)?.ok_or(AccountsError::NotFound)?;
            if before.account.role == role {
                return Ok(before);
            }
            if role != Role::Admin {
                keep_an_admin(conn, &before)?;
            }
            conn.prepare_cached(
                "UPDATE accounts SET role = ?2, session_epoch = session_epoch + 1 WHERE id = ?1",
            )?
            .execute(params![id.uuid().into_bytes(), role.as_str()])?;
            audit::append(conn, now, by, AuditAction::RoleChanged, Some(id), Some(role.as_str()))?;
            find(conn, id)?.ok_or(AccountsError::NotFound)
        })
    }

    /// Ends every sign-in of an account and lets nobody sign in to it, from the next command on.
    ///
    /// # Errors
    /// [`AccountsError::LastAdmin`], [`AccountsError::NotFound`], or the store's failure. With
    /// [`AccountsError::Slots`] the account is disabled, but a session slot could not be removed.
    pub fn disable(&self, id: AccountId, by: Option<AccountId>) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| {
            let before = find(conn, id)?.ok_or(AccountsError::NotFound)?;
            keep_an_admin(conn, &before)?;
            conn.prepare_cached(
                "UPDATE accounts SET disabled = 1, session_epoch = session_epoch + 1 WHERE id = ?1",
            )?
            .execute([id.uuid().into_bytes()])?;
            refresh::revoke_all(conn, id, now)?;
            audit::append(conn, now, by, AuditAction::AccountDisabled, Some(id), None)
        })?;
        self.remove_session_slots(id, SessionSlots::All)
    }

    /// Lets people sign in to an account again. Sign-ins that were ended stay ended.
    ///
    /// # Errors
    /// [`AccountsError::NotFound`], or the store's failure.
    pub fn enable(&self, id: AccountId, by: Option<AccountId>) -> Result<(), AccountsError> {
        self.find_account(id)?.ok_or(AccountsError::NotFound)?;
        // Disabling may have failed to: nothing that was ended may come back.
        self.remove_session_slots(id, SessionSlots::All)?;
        let now = self.now();
        self.write(|conn| {
            conn.prepare_cached("UPDATE accounts SET disabled = 0 WHERE id = ?1")?
                .execute([id.uuid().into_bytes()])?;
            audit::append(conn, now, by, AuditAction::AccountEnabled, Some(id), None)
        })
    }

    /// Removes an account, as an admin does: its vault is set aside, whole, under
    /// `<id>.set-aside-<time>`, and comes back when the folder gets its old name.
    ///
    /// # Errors
    /// [`AccountsError::LastAdmin`], [`AccountsError::NotFound`], or the failure of store or disk.
    pub fn set_account_aside(
        &self,
        id: AccountId,
        by: Option<AccountId>,
    ) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| {
            let before = find(conn, id)?.ok_or(AccountsError::NotFound)?;
            keep_an_admin(conn, &before)?;
            self.remove_session_slots(id, SessionSlots::All)?;
            audit::append(conn, now, by, AuditAction::AccountSetAside, Some(id), None)?;
            delete_row(conn, id)?;
            Ok(folders::set_aside(&folders::vaults_dir(&self.dir), id, now)?)
        })
    }

    /// Erases an account with its vault, for good. Only its owner may ask for it. The vault must be
    /// closed.
    ///
    /// # Errors
    /// [`AccountsError::LastAdmin`] while there are other accounts, [`AccountsError::NotFound`], or
    /// the failure of store or disk; erasing that was begun is finished at the next start.
    pub fn erase_account(&self, id: AccountId) -> Result<(), AccountsError> {
        let now = self.now();
        let vaults = folders::vaults_dir(&self.dir);
        self.write(|conn| {
            let before = find(conn, id)?.ok_or(AccountsError::NotFound)?;
            if count(conn)? > 1 {
                keep_an_admin(conn, &before)?;
            }
            audit::append(conn, now, Some(id), AuditAction::AccountErased, Some(id), None)?;
            delete_row(conn, id)?;
            Ok::<_, AccountsError>(folders::begin_erasing(&vaults, id)?)
        })?;
        Ok(folders::finish_erasing(&vaults, id)?)
    }

    /// Takes session slots out of a vault's key file. A vault that cannot be read has none that
    /// open.
    pub(super) fn remove_session_slots(
        &self,
        id: AccountId,
        which: SessionSlots,
    ) -> Result<(), AccountsError> {
        use crate::slots::{SlotError, UnlockError};
        match self.vault_folder(id).remove_session_slots(which) {
            Err(SlotError::Unreadable(UnlockError::Missing | UnlockError::Damaged)) => Ok(()),
            other => Ok(other?),
        }
    }
}

const SELECT: &str = "SELECT id, name, role, disabled, created_at, session_epoch FROM accounts";

fn stored_account(row: &Row<'_>) -> rusqlite::Result<StoredAccount> {
    let name: String = row.get(1)?;
    let name = AccountName::new(&name).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok(StoredAccount {
        account: Account {
            id: AccountId::new(column::uuid(row, 0)?),
            name,
            role: column::word(row, 2)?,
            disabled: row.get(3)?,
            created_at: column::time(row, 4)?,
        },
        session_epoch: column::count(row, 5)?,
    })
}

pub(super) fn find(
    conn: &Connection,
    id: AccountId,
) -> Result<Option<StoredAccount>, AccountsError> {
    Ok(conn
        .prepare_cached(&format!("{SELECT} WHERE id = ?1"))?
        .query_row([id.uuid().into_bytes()], stored_account)
        .optional()?)
}

pub(super) fn find_by_name(
    conn: &Connection,
    name: &AccountName,
) -> Result<Option<StoredAccount>, AccountsError> {
    Ok(conn
        .prepare_cached(&format!("{SELECT} WHERE folded = ?1"))?
        .query_row([name.folded()], stored_account)
        .optional()?)
}

pub(super) fn count(conn: &Connection) -> Result<u64, AccountsError> {
    Ok(conn
        .prepare_cached("SELECT count(*) FROM accounts")?
        .query_row([], |row| column::count(row, 0))?)
}

pub(super) fn insert(
    conn: &Connection,
    id: AccountId,
    name: &AccountName,
    role: Role,
    now: Timestamp,
) -> Result<(), AccountsError> {
    conn.prepare_cached(
        "INSERT INTO accounts (id, name, folded, role, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        id.uuid().into_bytes(),
        name.as_str(),
        name.folded(),
        role.as_str(),
        column::micros(now)
    ])?;
    Ok(())
}

/// Says whether there was one.
pub(super) fn delete_row(conn: &Connection, id: AccountId) -> Result<bool, AccountsError> {
    let n = conn
        .prepare_cached("DELETE FROM accounts WHERE id = ?1")?
        .execute([id.uuid().into_bytes()])?;
    Ok(n > 0)
}

/// Refuses what would take the last admin who can sign in.
fn keep_an_admin(conn: &Connection, leaving: &StoredAccount) -> Result<(), AccountsError> {
    if leaving.account.role != Role::Admin || leaving.account.disabled {
        return Ok(());
    }
    let others: i64 = conn
        .prepare_cached(
            "SELECT count(*) FROM accounts WHERE role = 'admin' AND disabled = 0 AND id <> ?1",
        )?
        .query_row([leaving.account.id.uuid().into_bytes()], |row| row.get(0))?;
    if others > 0 { Ok(()) } else { Err(AccountsError::LastAdmin) }
}
