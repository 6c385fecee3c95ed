//! What can go wrong with an open vault.

use crate::media::MediaError;
use journey_domain::{error_code::ErrorCode, job::WrongTransition};
use std::{error::Error, io};

/// Why a vault could not read or write. Carries no private content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Nothing has that id.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A shortened id fits more than one.
    #[error("the shortened id fits more than one {0}")]
    Ambiguous(&'static str),
    /// A shortened id is shorter than eight characters, or no id.
    #[error("an id is a UUID or at least the first 8 characters of one")]
    BadId,
    /// A cursor that this program did not give, or gave for another list.
    #[error("the place to go on from is not one that this list gave")]
    BadCursor,
    /// What was to be stored breaks a promise of the vault, such as a quote that is not in the text.
    #[error("{0}")]
    Refused(&'static str),
    /// It exists already.
    #[error("there is already such a {0}")]
    Exists(&'static str),
    /// The job's state does not allow it.
    #[error(transparent)]
    Transition(#[from] WrongTransition),
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// Another process holds the database for longer than can be waited for.
    #[error("the vault is in use by another process")]
    Busy,
    /// A page of the database does not pass its check.
    #[error("the vault's database is damaged")]
    Damaged,
    /// The database failed in another way.
    #[error("the vault's database failed")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    /// Sealed sound or a sealed file failed.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The disk failed.
    #[error("reading or writing the vault's files failed")]
    Io(#[source] io::Error),
}

impl VaultError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound(_) => ErrorCode::NotFound,
            Self::Ambiguous(_) => ErrorCode::Ambiguous,
            Self::BadId | Self::BadCursor => ErrorCode::Usage,
            Self::Exists(_) => ErrorCode::Exists,
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Busy => ErrorCode::Busy,
            Self::Damaged | Self::Database(_) => ErrorCode::Vault,
            Self::Media(error) => error.code(),
            Self::Io(_) => ErrorCode::Io,
            Self::Refused(_) | Self::Transition(_) => ErrorCode::Internal,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Ambiguous(_) => Some("Give more characters of the id."),
            Self::BadId => Some("Copy the id from a list."),
            Self::BadCursor => Some("Start again at the first page."),
            Self::DiskFull => Some("Free some space and try again; nothing stored was lost."),
            Self::Busy => Some("Wait for the other window or command to finish."),
            Self::Damaged | Self::Database(_) => {
                Some("Run `insight-journey doctor`, and restore a backup if it advises so.")
            }
            Self::Media(error) => error.hint(),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Self::DiskFull,
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy,
            // SQLCipher reports a page that does not pass its check as lack of memory in places.
            Some(Code::DatabaseCorrupt | Code::NotADatabase | Code::OutOfMemory) => Self::Damaged,
            _ => Self::Database(Box::new(error)),
        }
    }
}

impl From<io::Error> for VaultError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull { Self::DiskFull } else { Self::Io(error) }
    }
}
