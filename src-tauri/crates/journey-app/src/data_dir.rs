//! Where things lie on disk.

use journey_domain::ids::AccountId;
use std::path::{Path, PathBuf};

/// The data directory; see SECURITY.md for what lies in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir(PathBuf);

impl DataDir {
    /// A directory, which need not exist yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The vault of an account.
    #[must_use]
    pub fn vault(&self, account: AccountId) -> PathBuf {
        self.0.join("vaults").join(account.to_string())
    }

    /// Installed speech models.
    #[must_use]
    pub fn models(&self) -> PathBuf {
        self.0.join("models")
    }

    /// Rotated logs without private content.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }
}
