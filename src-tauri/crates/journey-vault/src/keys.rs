//! The two keys of a vault.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The database key and the media key of one vault; wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct VaultKeys {
    database: [u8; 32],
    media: [u8; 32],
}

impl VaultKeys {
    /// Wraps keys that a slot held or that were just made.
    #[must_use]
    pub const fn from_bytes(database: [u8; 32], media: [u8; 32]) -> Self {
        Self { database, media }
    }

    /// The raw key of the database.
    pub(crate) const fn database(&self) -> &[u8; 32] {
        &self.database
    }

    /// The key from which each media file's key is derived.
    pub(crate) const fn media(&self) -> &[u8; 32] {
        &self.media
    }
}
