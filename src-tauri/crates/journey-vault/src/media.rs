//! Sealed media: files of authenticated, encrypted chunks that can be written while it is being
//! spoken, and read from any place.
//!
//! # Format, version 1
//!
//! A file is a header and chunks; numbers are little-endian.
//!
//! | header | bytes |
//! |---|---|
//! | `IJMEDIA`, version 1 | 8 |
//! | content: 1 samples, 2 bytes | 1 |
//! | recording id | 16 |
//! | salt | 16 |
//!
//! The file's key is HKDF-SHA256 of the vault's media key, salted, over version, content and
//! recording id, so a changed header is a wrong key.
//!
//! | chunk | bytes |
//! |---|---|
//! | kind: 1 samples (16 kHz, mono, `i16`), 2 mark (JSON), 3 bytes, 128 end | 1 |
//! | length of the content | 4 |
//! | sequence number, from 0 | 4 |
//! | epoch | 4 |
//! | position: samples or bytes before this chunk | 8 |
//! | content, ChaCha20-Poly1305 | length |
//! | tag | 16 |
//!
//! The nonce is sequence number and epoch; the whole head of the chunk is associated data. So a
//! chunk that was changed, moved, repeated, taken out or brought from another file fails, and a file
//! without its end chunk is not whole. The epoch counts failed writes and marks the end chunk of a
//! recovery, so that a nonce never seals two contents although a torn chunk is written again.

mod blob;
mod container;
mod read;
mod recover;
mod storage;
mod syncing;
mod write;

pub use blob::{BlobReader, BlobWriter};
pub use read::PcmReader;
pub use recover::Recovered;
pub use write::SegmentWriter;

pub(crate) use recover::recover;

use journey_domain::{error_code::ErrorCode, ids::RecordingId, ports::SinkError};
use std::{io, path::PathBuf};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The key from which each file's key is derived.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct MediaKey([u8; 32]);

impl MediaKey {
    pub(crate) const fn new(key: &[u8; 32]) -> Self {
        Self(*key)
    }
}

/// Which file, whose, under which key.
pub(crate) struct MediaFile<'k> {
    pub(crate) path: PathBuf,
    pub(crate) key: &'k MediaKey,
    pub(crate) recording: RecordingId,
}

/// Why sealed media could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MediaError {
    /// There is no such file.
    #[error("the recording's file is missing")]
    Missing,
    /// It is no sealed media file, or another recording's.
    #[error("the recording's file is not one of this vault's")]
    Foreign,
    /// A newer version of the program wrote it.
    #[error("the recording was written by a newer version of the program")]
    Newer,
    /// Its last chunk is missing: it was cut, or is still being written.
    #[error("the recording's file has no end")]
    Incomplete,
    /// A chunk does not pass its check.
    #[error("the recording's file is damaged")]
    Damaged,
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// Sealing failed.
    #[error("sealing the recording failed")]
    Seal,
    /// The disk failed.
    #[error("reading or writing the recording failed")]
    Io(#[source] io::Error),
}

impl MediaError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Missing => ErrorCode::NotFound,
            Self::Foreign | Self::Newer | Self::Incomplete | Self::Damaged => ErrorCode::Vault,
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Seal => ErrorCode::Internal,
            Self::Io(_) => ErrorCode::Io,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::Foreign | Self::Incomplete | Self::Damaged => {
                Some("Restore a backup to get the sound back; the transcript is not affected.")
            }
            Self::Newer => Some("Use the newest version of the program."),
            Self::DiskFull => Some("Free some space and try again."),
            Self::Seal | Self::Io(_) => None,
        }
    }
}

impl From<io::Error> for MediaError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error),
        }
    }
}

impl From<MediaError> for io::Error {
    fn from(error: MediaError) -> Self {
        let kind = match error {
            MediaError::Io(error) => return error,
            MediaError::Missing => io::ErrorKind::NotFound,
            MediaError::DiskFull => io::ErrorKind::StorageFull,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

impl From<MediaError> for SinkError {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::DiskFull => Self::DiskFull,
            MediaError::Seal => Self::Seal,
            other => Self::Io(other.into()),
        }
    }
}

#[cfg(any(test, feature = "fuzzing"))]
#[allow(clippy::panic, clippy::expect_used, reason = "a broken promise is what fuzzing looks for")]
pub(crate) mod fuzzing;
#[cfg(test)]
mod tests;
