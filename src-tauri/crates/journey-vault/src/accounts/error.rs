//! What can go wrong with accounts.

use crate::{
    OpenError, VaultError,
    slots::{KdfError, SlotError, UnlockError},
};
use journey_domain::error_code::ErrorCode;
use std::{error::Error, io, time::Duration};

/// Why the accounts store could not read or write. Carries no names and no keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// No account has that id or name.
    #[error("there is no such account")]
    NotFound,
    /// It would leave the computer without an admin who can sign in.
    #[error("this is the last admin who can sign in")]
    LastAdmin,
    /// A newer version of the program wrote the store.
    #[error(
        "the accounts were written by a newer version of the program (schema {found}, known {known})"
    )]
    Newer {
        /// The schema in the file.
        found: usize,
        /// The newest schema that this version knows.
        known: usize,
    },
    /// The account's vault folder could not be changed.
    #[error(transparent)]
    Slots(#[from] SlotError),
    /// The data directory is somebody else's, or others may write to it.
    #[error("the data directory is not yours alone")]
    NotPrivate,
    /// Something that is not a folder lies where the data directory should be.
    #[error("the data directory is not a folder")]
    NotAFolder,
    /// The person may not write to the data directory.
    #[error("the data directory may not be written to")]
    NotWritable,
    /// The disk takes nothing.
    #[error("the data directory lies on a disk that can only be read")]
    ReadOnly,
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// Another process holds the store for longer than can be waited for.
    #[error("the accounts are in use by another process")]
    Busy,
    /// A page of the database does not pass its check; the next start sets it aside.
    #[error("the accounts database is damaged")]
    Damaged,
    /// The database failed in another way.
    #[error("the accounts database failed")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    /// The disk failed.
    #[error("reading or writing the accounts failed")]
    Io(#[source] io::Error),
}

impl AccountsError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound => ErrorCode::NotFound,
            Self::LastAdmin | Self::NotPrivate => ErrorCode::NotAllowed,
            Self::Slots(error) => error.code(),
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Busy => ErrorCode::Busy,
            Self::Newer { .. } | Self::Damaged | Self::Database(_) => ErrorCode::Vault,
            Self::NotAFolder | Self::NotWritable | Self::ReadOnly | Self::Io(_) => ErrorCode::Io,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotAFolder => Some("Name a folder with --data-dir or INSIGHT_JOURNEY_DATA_DIR."),
            Self::NotWritable => Some(
                "Make it yours to write (chmod u+rwx FOLDER), or name another folder with --data-dir.",
            ),
            Self::ReadOnly => Some("Name a folder on another disk with --data-dir."),
            Self::NotFound => Some("`insight-journey account list` shows the accounts."),
            Self::LastAdmin => Some("Make another account an admin first."),
            Self::Newer { .. } => Some("Use the newest version of the program."),
            Self::Slots(error) => error.hint(),
            Self::NotPrivate => Some(
                "Take a folder of your own with --data-dir, or make this one yours: chmod 700 FOLDER.",
            ),
            Self::DiskFull => Some("Free some space and try again."),
            Self::Busy => Some("Wait for the other window or command to finish."),
            Self::Damaged => Some(
                "Start the program again: it makes the list of accounts anew; no diary is lost.",
            ),
            Self::Database(_) => Some(
                "Try again. If it stays so, move accounts.db out of the data folder: the list of accounts \
                 is made anew, and no diary is lost.",
            ),
            Self::Io(_) => Some("Check the disk and the data directory, and try again."),
        }
    }
}

impl From<rusqlite::Error> for AccountsError {
    fn from(error: rusqlite::Error) -> Self {
        match VaultError::from(error) {
            VaultError::DiskFull => Self::DiskFull,
            VaultError::Busy => Self::Busy,
            VaultError::Damaged => Self::Damaged,
            other => Self::Database(Box::new(other)),
        }
    }
}

impl From<io::Error> for AccountsError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull,
            io::ErrorKind::NotADirectory => Self::NotAFolder,
            io::ErrorKind::PermissionDenied => Self::NotWritable,
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            _ => Self::Io(error),
        }
    }
}

/// Why no account was made; nothing is left of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateAccountError {
    /// Another account has that name, upper and lower case taken as the same.
    #[error("there is already an account of that name")]
    NameTaken,
    /// The keys could not be made or written.
    #[error(transparent)]
    Slots(#[from] SlotError),
    /// The vault's database could not be made.
    #[error(transparent)]
    Vault(#[from] OpenError),
    /// The store failed.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

impl CreateAccountError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NameTaken => ErrorCode::Exists,
            Self::Slots(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Accounts(error) => error.code(),
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NameTaken => Some("Choose another name, or sign in."),
            Self::Slots(error) => error.hint(),
            Self::Vault(error) => error.hint(),
            Self::Accounts(error) => error.hint(),
        }
    }
}

/// Why nobody was signed in. An unknown name and a wrong password are one and the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignInError {
    /// The name is unknown, or the password or code is wrong.
    #[error("the name or the password is wrong")]
    Wrong,
    /// The password is right; an admin has disabled the account.
    #[error("the account is disabled")]
    Disabled,
    /// Too many tries before this one.
    #[error("too many tries; try again in {} s", wait.as_secs().max(1))]
    TryAgain {
        /// For how long nothing is tried.
        wait: Duration,
    },
    /// The vault's key file cannot be read.
    #[error(transparent)]
    Unlock(UnlockError),
    /// The new password could not be written.
    #[error(transparent)]
    Slots(#[from] SlotError),
    /// The store failed.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

impl SignInError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Wrong => ErrorCode::WrongPassword,
            Self::Disabled => ErrorCode::NotAllowed,
            Self::TryAgain { .. } => ErrorCode::RateLimited,
            Self::Unlock(error) => error.code(),
            Self::Slots(error) => error.code(),
            Self::Accounts(error) => error.code(),
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Wrong => {
                Some("Try again, or use the recovery code: `insight-journey account recover NAME`.")
            }
            Self::Disabled => Some("Ask an admin of this computer to enable it."),
            Self::TryAgain { .. } => Some("Wait; nobody else is held up by it."),
            Self::Unlock(error) => error.hint(),
            Self::Slots(error) => error.hint(),
            Self::Accounts(error) => error.hint(),
        }
    }
}

impl From<UnlockError> for SignInError {
    fn from(error: UnlockError) -> Self {
        match error {
            UnlockError::Wrong => Self::Wrong,
            other => Self::Unlock(other),
        }
    }
}

impl From<KdfError> for SignInError {
    fn from(error: KdfError) -> Self {
        Self::Unlock(error.into())
    }
}

/// Why a refresh token gave no new one. In each case the way on is to sign in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// Not a token of this installation, or of a family that is long gone.
    #[error("the sign-in is not valid")]
    Invalid,
    /// The sign-in was ended: by signing out, a new password, or an admin.
    #[error("the sign-in was ended")]
    Ended,
    /// Thirty days are over.
    #[error("the sign-in has expired")]
    Expired,
    /// The token had been used before: somebody has a copy. The whole family is ended.
    #[error("the sign-in was used twice and was ended")]
    Reused,
    /// The store failed; the token is as good as before.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

impl RefreshError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Accounts(error) => error.code(),
            _ => ErrorCode::NotSignedIn,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Accounts(error) => error.hint(),
            Self::Reused => {
                Some("Sign in again. If you did not expect this, change your password.")
            }
            _ => Some("Sign in again: `insight-journey sign-in NAME`."),
        }
    }
}
