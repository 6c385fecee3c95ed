//! One encrypted file that holds a whole vault, and the way back.
//!
//! # Format, version 1
//!
//! An age file (passphrase, scrypt) around a tar archive of regular files, in this order:
//!
//! | entry | what |
//! |---|---|
//! | `backup.json` | format version, the account's name, when |
//! | `vault.json` | the key slots, without those of clients that stay signed in |
//! | `vault.db` | the encrypted database, as it was at one moment |
//! | `media/<session>/<n>.seg` | sealed media, ascending by path |
//! | `manifest.json` | how many files and bytes, and a digest over paths, sizes and contents |
//!
//! So everything private in it is encrypted twice, and it can be opened with `age` and `tar` should
//! this program be gone. Nothing is compressed: an archive that says it holds more than it has bytes
//! is a lie, and is refused before anything of that size is written.
//!
//! No path of an archive is ever used as a path. An entry is one of the shapes above or the archive
//! is refused; links, devices and every extension of tar are. Order is fixed, so an entry cannot come
//! twice.

mod archive;
mod entry;
mod error;
mod restore;
mod write;

pub use error::{BackupError, RestoreError};
pub use restore::RestoreRequest;
pub(crate) use write::snapshot_path;
pub use write::{BackupRequest, BackupSummary, back_up};

/// What scrypt spends on the passphrase of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupCost(u8);

impl BackupCost {
    /// 2^18 rounds of 1 KiB: 256 MiB and about a second, age's own choice.
    pub const STANDARD: Self = Self(18);

    /// Next to nothing, for tests, which hand it in where the program hands in
    /// [`BackupCost::STANDARD`].
    #[must_use]
    pub const fn for_tests() -> Self {
        Self(1)
    }

    /// The most that is believed of a file: 1 GiB.
    const MOST: Self = Self(20);
}

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing {
    //! The reader of archives, opened for fuzzing.

    use super::{BackupCost, archive};
    use journey_domain::ports::CancelToken;
    use secrecy::SecretString;

    /// The archive within, as it comes out of its envelope; gives whether it is taken.
    pub(crate) fn plain(bytes: &[u8]) -> bool {
        archive::read_tar(bytes, bytes.len() as u64, &mut archive::Nowhere(&CancelToken::new()))
            .is_ok()
    }

    /// The envelope and what is in it.
    pub(crate) fn sealed(bytes: &[u8]) -> bool {
        let passphrase = SecretString::from("backup");
        let key = (&passphrase, BackupCost::for_tests());
        let file = std::io::Cursor::new(bytes);
        archive::read_sealed(
            file,
            bytes.len() as u64,
            key,
            &mut archive::Nowhere(&CancelToken::new()),
        )
        .is_ok()
    }
}

#[cfg(test)]
mod tests;
