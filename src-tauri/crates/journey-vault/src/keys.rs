//! The two keys of a vault.

use journey_domain::ports::Random;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The database key and the media key of one vault; wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct VaultKeys {
    database: [u8; 32],
    media: [u8; 32],
}

impl VaultKeys {
    /// Fresh keys for a new vault.
    #[must_use]
    pub(crate) fn generate(random: &dyn Random) -> Self {
        let mut keys = Self { database: [0; 32], media: [0; 32] };
        random.fill(&mut keys.database);
        random.fill(&mut keys.media);
        keys
    }

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
