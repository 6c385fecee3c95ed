//! One encrypted archive of everything of a person's, and bringing one back.

use crate::{
    App,
    access::{Caller, Unlocked},
    error::{CommandError, Result},
    open_vault::OpenVault,
    record::RecordingLock,
    views::{AccountView, BackupView},
};
use jiff::Timestamp;
use journey_domain::{account::AccountName, ports::CancelToken};
use journey_vault::{
    AuditAction,
    backup::{BackupCost, BackupError, BackupRequest, RestoreRequest, back_up},
};
use secrecy::SecretString;
use std::path::Path;

/// Shortest passphrase of a backup, in characters: it can be guessed at leisure.
const MIN_PASSPHRASE_CHARS: usize = 12;

/// Under which key the vault keeps when it was backed up last. No setting: nobody changes it.
const LAST_BACKUP: &str = "last_backup_at";

/// Whether there is a file to restore, before its passphrase is typed for nothing.
///
/// # Errors
/// Not found.
pub fn backup_is_there(from: &Path) -> Result<()> {
    if from.exists() {
        return Ok(());
    }
    Err(CommandError::not_found("there is no such file").hint("Check the path."))
}

/// Whether a backup can be written there, before its passphrase is typed for nothing.
///
/// # Errors
/// Exists, or not found for its folder.
pub fn backup_can_go(to: &Path) -> Result<()> {
    if to.symlink_metadata().is_ok() {
        let error = BackupError::Exists;
        let it = CommandError::new(error.code(), error.to_string());
        return Err(it.hint(error.hint().unwrap_or_default()));
    }
    // A bare name goes into the folder where the person is.
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_none_or(Path::is_dir) {
        return Ok(());
    }
    Err(CommandError::not_found("there is no such folder")
        .hint("Make it first, or check the path."))
}

impl App {
    /// When the last backup of this vault was made.
    pub(crate) fn last_backup(&self, open: &OpenVault) -> Result<Option<Timestamp>> {
        let kept =
            open.vault.read(|read| read.settings().get(LAST_BACKUP).map_err(CommandError::from))?;
        Ok(kept.and_then(|at| at.as_str()?.parse().ok()))
    }

    /// Writes one archive of vault and media, and reads it back to be sure.
    ///
    /// # Errors
    /// A short passphrase, a file that is there already, the failure of the disk, cancelled; nothing is
    /// left of the attempt.
    pub fn backup(
        &self,
        me: &Unlocked,
        to: &Path,
        passphrase: &str,
        cancel: &CancelToken,
    ) -> Result<BackupView> {
        if passphrase.chars().count() < MIN_PASSPHRASE_CHARS {
            return Err(CommandError::usage(format!(
                "the passphrase of a backup has at least {MIN_PASSPHRASE_CHARS} characters"
            ))
            .hint(
                "Take several uncommon words; whoever has the file can guess as long as they like.",
            ));
        }
        backup_can_go(to)?;
        let passphrase = SecretString::from(passphrase.to_owned());
        let folder = self.access().accounts().vault_folder(me.caller.account().id);
        let now = self.ports().clock.now();
        let request = BackupRequest {
            folder: &folder,
            keys: &me.open.keys,
            passphrase: &passphrase,
            cost: BackupCost::STANDARD,
            to,
            now,
            cancel,
        };
        // Nobody takes the copy of the database for one that a crash left.
        let _lock = RecordingLock::shared(me.vault().dir())?;
        let summary = back_up(&request, &mut |_, _| {}).map_err(|error| {
            let it = CommandError::new(error.code(), error.to_string());
            match error.hint() {
                Some(hint) => it.hint(hint),
                None => it,
            }
        })?;
        self.audit_event(&me.caller, AuditAction::BackedUp, None);
        let kept =
            me.vault().write(|write| write.settings().set(LAST_BACKUP, &now.to_string().into()));
        if let Err(error) = kept {
            // The backup is whole; the next reminder merely comes too early.
            tracing::warn!(%error, "the day of the backup was not noted");
        }
        Ok(BackupView {
            file: to.display().to_string(),
            files: summary.n_files,
            bytes: summary.n_bytes,
            at: now.to_string(),
        })
    }

    /// Since how many days there should have been a backup: the last one, or the oldest session
    /// where there was none, is older than the person wants. `None` when all is well.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn backup_overdue_days(&self, me: &Unlocked) -> Result<Option<u64>> {
        let most_days = self.number(&me.open, "remind_backup_days")?;
        let since = match self.last_backup(&me.open)? {
            Some(last) => Some(last),
            None => me
                .vault()
                .read(|read| read.sessions().first_came_in().map_err(CommandError::from))?,
        };
        let now = self.ports().clock.now();
        let days = since.map(|at| now.duration_since(at).as_hours() / 24);
        let days = days.and_then(|days| u64::try_from(days).ok());
        Ok(days.filter(|days| most_days > 0 && *days >= most_days))
    }

    /// Brings an archive back as an account of its own; never overwrites one.
    ///
    /// # Errors
    /// A wrong passphrase, a damaged or hostile archive, a taken name; nothing is left of the
    /// attempt. Not allowed where only admins make accounts.
    pub fn restore(
        &self,
        by: Option<&Caller>,
        from: &Path,
        name: Option<&str>,
        passphrase: &str,
    ) -> Result<AccountView> {
        // A backup is an account, too: whoever may not make one may not bring one.
        self.may_make_account(by)?;
        let name = name
            .map(AccountName::new)
            .transpose()
            .map_err(|error| CommandError::usage(error.to_string()))?;
        let passphrase = SecretString::from(passphrase.to_owned());
        let request = RestoreRequest {
            from,
            passphrase: &passphrase,
            name: name.as_ref(),
            by: by.map(|caller| caller.account().id),
        };
        let restored = self.access().accounts().restore(&request).map_err(|error| {
            let it = CommandError::new(error.code(), error.to_string());
            match error.hint() {
                Some(hint) => it.hint(hint),
                None => it,
            }
        })?;
        Ok((&restored.account).into())
    }
}
