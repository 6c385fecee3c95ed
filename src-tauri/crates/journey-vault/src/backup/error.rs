//! What can go wrong with backing up and restoring.

use crate::{AccountsError, slots::UnlockError};
use journey_domain::error_code::ErrorCode;
use std::{error::Error, io};

/// Why no backup was written; a file that was there before is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// There is a file of that name.
    #[error("there is already a file of that name")]
    Exists,
    /// Another backup of this vault is under way.
    #[error("a backup of this vault is being written")]
    Busy,
    /// The key file of the vault cannot be read.
    #[error(transparent)]
    Unreadable(#[from] UnlockError),
    /// Something was erased while it was being copied.
    #[error("the vault changed while it was being backed up")]
    ChangedMeanwhile,
    /// What was written is not what was read back.
    #[error("the backup does not read back as it was written")]
    NotAsWritten,
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// Stopped on request.
    #[error("the backup was stopped; nothing of it is left")]
    Cancelled,
    /// Encrypting failed.
    #[error("encrypting the backup failed")]
    Encrypt,
    /// The database failed.
    #[error("the vault's database could not be copied")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    /// The disk failed.
    #[error("reading the vault or writing the backup failed")]
    Io(#[source] io::Error),
}

impl BackupError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Exists => ErrorCode::Exists,
            Self::Unreadable(error) => error.code(),
            Self::Busy | Self::ChangedMeanwhile => ErrorCode::Busy,
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Encrypt => ErrorCode::Internal,
            Self::Database(_) => ErrorCode::Vault,
            Self::NotAsWritten | Self::Io(_) => ErrorCode::Io,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Exists => Some("Choose another name, or move the old backup away."),
            Self::Unreadable(error) => error.hint(),
            Self::Busy => Some("Wait until it is done, then try again if you still want another."),
            Self::ChangedMeanwhile => Some("Try again."),
            Self::NotAsWritten => {
                Some("Try another disk: this one does not keep what it is given.")
            }
            Self::DiskFull => Some("Free some space or choose another disk."),
            Self::Database(_) => Some("Run `insight-journey doctor`."),
            Self::Cancelled | Self::Encrypt | Self::Io(_) => None,
        }
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull,
            io::ErrorKind::AlreadyExists => Self::Exists,
            _ => Self::Io(error),
        }
    }
}

/// Why nothing was restored; nothing is left of the attempt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// It is no backup of this program.
    #[error("the file is not a backup")]
    Foreign,
    /// A newer version of the program wrote it.
    #[error("the backup was written by a newer version of the program")]
    Newer,
    /// The passphrase is wrong.
    #[error("the passphrase does not open the backup")]
    WrongPassphrase,
    /// It was cut or changed.
    #[error("the backup is damaged")]
    Damaged,
    /// It holds what no backup holds: a path outside, a link, more than it has bytes.
    #[error("the backup holds something that does not belong in one: {0}")]
    Hostile(&'static str),
    /// There is an account of that name.
    #[error("there is already an account of that name")]
    NameTaken,
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// The store failed.
    #[error(transparent)]
    Accounts(AccountsError),
    /// The disk failed.
    #[error("reading the backup or writing the vault failed")]
    Io(#[source] io::Error),
}

impl RestoreError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Missing => ErrorCode::NotFound,
            Self::Foreign | Self::Newer | Self::Damaged | Self::Hostile(_) => ErrorCode::BadFile,
            Self::WrongPassphrase => ErrorCode::WrongPassword,
            Self::NameTaken => ErrorCode::Exists,
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Accounts(error) => error.code(),
            Self::Io(_) => ErrorCode::Io,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Newer => Some("Use the newest version of the program."),
            Self::WrongPassphrase => {
                Some("It is the passphrase of the backup, not of the account.")
            }
            Self::Damaged => Some("Try another copy of it. Nothing was changed."),
            Self::NameTaken => Some("Give the restored account another name with --as NAME."),
            Self::DiskFull => Some("Free some space and try again."),
            Self::Accounts(error) => error.hint(),
            Self::Missing | Self::Foreign | Self::Hostile(_) | Self::Io(_) => None,
        }
    }
}

impl From<AccountsError> for RestoreError {
    fn from(error: AccountsError) -> Self {
        match error {
            AccountsError::DiskFull => Self::DiskFull,
            other => Self::Accounts(other),
        }
    }
}

impl RestoreError {
    /// A failure of the disk that is written to.
    pub(super) fn writing(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull,
            _ => Self::Io(error),
        }
    }

    /// A failure of the archive that is read: the layers above the disk report what they do not
    /// like under these kinds.
    pub(super) fn reading(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Self::Missing,
            Kind::InvalidData | Kind::UnexpectedEof | Kind::Other | Kind::InvalidInput => {
                Self::Damaged
            }
            _ => Self::Io(error),
        }
    }
}
