//! Signing in, recovering, and changing the password.

use super::{
    AccountsError, AccountsStore, SignInError, StoredAccount, audit, audit::AuditAction, directory,
    installation, refresh, throttle::Attempt,
};
use crate::{
    keys::VaultKeys,
    slots::{KdfCost, RecoveryCode, SessionSlots, UnlockError, burn_equal_time},
};
use journey_domain::{
    account::{AccountName, Role},
    ids::AccountId,
};
use rusqlite::params;
use secrecy::SecretString;

/// What a sign-in is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInFor {
    /// The window, or staying signed in.
    Longer,
    /// One command, which brought the password with it.
    OneCommand,
}

/// Somebody who proved to be who they say.
pub struct SignedIn {
    /// The account as it stands now.
    pub account: StoredAccount,
    /// What opens its vault.
    pub keys: VaultKeys,
}

impl AccountsStore {
    /// Signs in with a password. An unknown name costs what a known one does, and says the same.
    ///
    /// # Errors
    /// [`SignInError`].
    pub fn sign_in(
        &self,
        name: &AccountName,
        password: &SecretString,
        cost: KdfCost,
        what_for: SignInFor,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.attempt(name)?;
        let Some(found) = self.find_account_by_name(name)? else {
            burn_equal_time(password, cost)?;
            self.audit_unknown_name()?;
            return Err(SignInError::Wrong);
        };
        let folder = self.vault_folder(found.account.id);
        let keys = folder.unlock_with_password(password, cost, self.ports.random.as_ref());
        let action = match what_for {
            SignInFor::Longer => AuditAction::SignedIn,
            SignInFor::OneCommand => AuditAction::SignedInForCommand,
        };
        self.admit(&attempt, &found, keys, action)
    }

    /// Asks for the password again before something that cannot be undone. Throttled like signing
    /// in.
    ///
    /// # Errors
    /// [`SignInError`].
    pub fn confirm_password(
        &self,
        account: AccountId,
        password: &SecretString,
        cost: KdfCost,
    ) -> Result<VaultKeys, SignInError> {
        let found = self.find_account(account)?.ok_or(AccountsError::NotFound)?;
        let attempt = self.attempt(&found.account.name)?;
        let folder = self.vault_folder(account);
        let keys = folder.unlock_with_password(password, cost, self.ports.random.as_ref());
        match keys {
            Ok(keys) => {
                self.attempt_succeeded(&attempt)?;
                Ok(keys)
            }
            Err(error) => Err(self.failed(&attempt, &found, error)?),
        }
    }

    /// Signs in with a recovery code and sets a new password. Every other sign-in of the account
    /// ends.
    ///
    /// # Errors
    /// [`SignInError`]; the password is as before then.
    pub fn recover(
        &self,
        name: &AccountName,
        code: &RecoveryCode,
        new_password: &SecretString,
        cost: KdfCost,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.attempt(name)?;
        let Some(found) = self.find_account_by_name(name)? else {
            self.audit_unknown_name()?;
            return Err(SignInError::Wrong);
        };
        let folder = self.vault_folder(found.account.id);
        let keys = folder.unlock_with_recovery(code);
        let signed_in = self.admit(&attempt, &found, keys, AuditAction::Recovered)?;
        let account =
            self.replace_password(found.account.id, &signed_in.keys, new_password, cost)?;
        Ok(SignedIn { account, keys: signed_in.keys })
    }

    /// Gives an account another password. Every sign-in of the account ends, the caller's too.
    ///
    /// # Errors
    /// [`SignInError`]; the password is as before then.
    pub fn change_password(
        &self,
        account: AccountId,
        keys: &VaultKeys,
        new_password: &SecretString,
        cost: KdfCost,
    ) -> Result<StoredAccount, SignInError> {
        let changed = self.replace_password(account, keys, new_password, cost)?;
        self.audit(Some(account), AuditAction::PasswordChanged, Some(account), None)?;
        Ok(changed)
    }

    /// Makes another recovery code; those before it work until this one is confirmed.
    ///
    /// # Errors
    /// [`AccountsError`]; the codes are as before then.
    pub fn new_recovery_code(
        &self,
        account: AccountId,
        keys: &VaultKeys,
    ) -> Result<RecoveryCode, AccountsError> {
        let folder = self.vault_folder(account);
        let code = folder.new_recovery_code(keys, self.ports.random.as_ref())?;
        self.audit(Some(account), AuditAction::RecoveryCodeMade, Some(account), None)?;
        Ok(code)
    }

    /// Somebody has written this recovery code down: the ones before it stop working.
    ///
    /// # Errors
    /// [`AccountsError`], also for a code that does not work; the codes are as before then.
    pub fn confirm_recovery_code(
        &self,
        account: AccountId,
        code: &RecoveryCode,
    ) -> Result<(), AccountsError> {
        self.vault_folder(account).keep_recovery_code_alone(code)?;
        self.audit(Some(account), AuditAction::RecoveryCodeConfirmed, Some(account), None)
    }

    /// Made-up names have no end, so that each would be a line that drives another out.
    fn audit_unknown_name(&self) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| audit::append_or_fold(conn, now, None, AuditAction::SignInFailed))
    }

    fn attempt(&self, name: &AccountName) -> Result<Attempt, SignInError> {
        self.begin_attempt(name)?.map_err(|wait| SignInError::TryAgain { wait })
    }

    /// Decides after the slot was tried, so that a disabled account says so to its owner only.
    fn admit(
        &self,
        attempt: &Attempt,
        found: &StoredAccount,
        keys: Result<VaultKeys, UnlockError>,
        action: AuditAction,
    ) -> Result<SignedIn, SignInError> {
        let keys = match keys {
            Ok(keys) => keys,
            Err(error) => return Err(self.failed(attempt, found, error)?),
        };
        self.attempt_succeeded(attempt)?;
        let id = found.account.id;
        let now = self.now();
        let account = self.write(|conn| {
            // Asked again, since an admin may have disabled it meanwhile.
            let account = directory::find(conn, id)?.ok_or(AccountsError::NotFound)?;
            if account.account.disabled {
                return Err(SignInError::Disabled);
            }
            if installation::take_first_becomes_admin(conn)? && account.account.role != Role::Admin
            {
                conn.prepare_cached(
                    "UPDATE accounts SET role = 'admin', session_epoch = session_epoch + 1
                     WHERE id = ?1",
                )
                .and_then(|mut statement| statement.execute([id.uuid().into_bytes()]))
                .map_err(AccountsError::from)?;
                let role = Some(Role::Admin.as_str());
                audit::append(conn, now, None, AuditAction::RoleChanged, Some(id), role)?;
            }
            if action == AuditAction::SignedInForCommand {
                audit::append_or_fold(conn, now, Some(id), action)?;
            } else {
                audit::append(conn, now, Some(id), action, Some(id), None)?;
            }
            Ok(directory::find(conn, id)?.ok_or(AccountsError::NotFound)?)
        })?;
        Ok(SignedIn { account, keys })
    }

    /// Writes a failure down. What was no guess does not count as one.
    fn failed(
        &self,
        attempt: &Attempt,
        found: &StoredAccount,
        error: UnlockError,
    ) -> Result<SignInError, AccountsError> {
        if matches!(error, UnlockError::Wrong) {
            self.audit(None, AuditAction::SignInFailed, Some(found.account.id), None)?;
        } else {
            self.attempt_withdrawn(attempt)?;
        }
        Ok(error.into())
    }

    fn replace_password(
        &self,
        account: AccountId,
        keys: &VaultKeys,
        new_password: &SecretString,
        cost: KdfCost,
    ) -> Result<StoredAccount, SignInError> {
        let folder = self.vault_folder(account);
        folder.set_password(keys, new_password, cost, self.ports.random.as_ref())?;
        let now = self.now();
        let changed = self.write(|conn| {
            conn.prepare_cached(
                "UPDATE accounts SET session_epoch = session_epoch + 1 WHERE id = ?1",
            )?
            .execute(params![account.uuid().into_bytes()])?;
            refresh::revoke_all(conn, account, now)?;
            directory::find(conn, account)?.ok_or(AccountsError::NotFound)
        })?;
        folder.remove_session_slots(SessionSlots::All)?;
        Ok(changed)
    }
}
