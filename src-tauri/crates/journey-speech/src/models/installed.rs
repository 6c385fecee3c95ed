//! The models on this computer: files in one folder, each known by the catalogue or added by hand.

use super::catalogue;
use sha2::{Digest, Sha256};
use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// How far a model file is to be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// Its name and size are the catalogue's; its SHA-256 was checked when it came.
    Verified,
    /// The person added it; it was checked to be a speech model.
    AddedByHand,
    /// It bears a catalogue name and has another size.
    Damaged,
}

/// An installed model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstalledModel {
    /// The name by which it is used, such as `base.en`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Length in bytes.
    pub size_bytes: u64,
    /// How far to trust it.
    pub state: ModelState,
}

/// Why the models could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum InstalledError {
    /// No such model.
    #[error("no speech model named {0} is installed")]
    NotFound(String),
    /// A model of that name is there already.
    #[error("a speech model named {0} is installed already")]
    Exists(String),
    /// The file is no speech model.
    #[error("the file is no usable speech model: {0}")]
    NotAModel(String),
    /// The file bears a catalogue name and is another one.
    #[error("the file is named like the model {0} and is not that model")]
    NotTheNamedModel(String),
    /// Reading or writing failed.
    #[error("the speech models could not be read or written")]
    Io(#[from] io::Error),
}

/// The folder of models.
#[derive(Clone, Debug)]
pub struct InstalledModels {
    dir: PathBuf,
}

/// What a hand-added model's file is called: `hand-NAME.bin`, so that it never takes the place of
/// one from the catalogue.
const BY_HAND: &str = "hand-";
/// Longest name of a hand-added model, in characters.
const MAX_NAME_CHARS: usize = 60;

impl InstalledModels {
    /// Over `dir`, which is made when the first model comes.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// [`InstalledError::Io`].
    pub fn list(&self) -> Result<Vec<InstalledModel>, InstalledError> {
        let entries = match fs::read_dir(&self.dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut models = Vec::new();
        for entry in entries {
            let entry = entry?;
            let file_name = entry.file_name();
            let Some(file_name) = file_name.to_str() else { continue };
            let metadata = entry.metadata()?;
            if !metadata.is_file() {
                continue;
            }
            let size_bytes = metadata.len();
            let (name, state) = if let Some(known) = catalogue::by_file_name(file_name) {
                let is_whole = known.size_bytes == size_bytes;
                let state = if is_whole { ModelState::Verified } else { ModelState::Damaged };
                (known.name.to_owned(), state)
            } else if let Some(name) =
                file_name.strip_prefix(BY_HAND).and_then(|rest| rest.strip_suffix(".bin"))
            {
                (name.to_owned(), ModelState::AddedByHand)
            } else {
                continue;
            };
            models.push(InstalledModel { name, path: entry.path(), size_bytes, state });
        }
        models.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(models)
    }

    /// The model called `name`.
    ///
    /// # Errors
    /// [`InstalledError::NotFound`], [`InstalledError::Io`].
    pub fn find(&self, name: &str) -> Result<InstalledModel, InstalledError> {
        self.list()?
            .into_iter()
            .find(|model| model.name == name)
            .ok_or_else(|| InstalledError::NotFound(name.to_owned()))
    }

    /// Copies a file in. One whose SHA-256 is in the catalogue becomes that model; any other must
    /// pass `validate` and goes by its file's name.
    ///
    /// # Errors
    /// [`InstalledError`]; nothing is left behind.
    pub fn add(
        &self,
        file: &Path,
        validate: &dyn Fn(&Path) -> Result<(), String>,
    ) -> Result<InstalledModel, InstalledError> {
        fs::create_dir_all(&self.dir)?;
        let mut copy = tempfile::Builder::new().prefix(".adding-").tempfile_in(&self.dir)?;
        let (size_bytes, sha256) = copy_hashed(&mut File::open(file)?, copy.as_file_mut())?;
        validate(copy.path()).map_err(InstalledError::NotAModel)?;
        let given = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let known = catalogue::all().iter().find(|m| m.sha256 == sha256);
        let (name, file_name, state) = match known {
            Some(known) => {
                (known.name.to_owned(), known.file_name.to_owned(), ModelState::Verified)
            }
            None if catalogue::by_file_name(given).is_some() => {
                return Err(InstalledError::NotTheNamedModel(given.to_owned()));
            }
            None => {
                let name = sanitised(given);
                let file_name = format!("{BY_HAND}{name}.bin");
                (name, file_name, ModelState::AddedByHand)
            }
        };
        if catalogue::by_name(&name).is_some() && state == ModelState::AddedByHand {
            return Err(InstalledError::NotTheNamedModel(name));
        }
        copy.as_file().sync_all()?;
        let path = self.dir.join(file_name);
        copy.persist_noclobber(&path).map_err(|e| {
            if e.error.kind() == io::ErrorKind::AlreadyExists {
                InstalledError::Exists(name.clone())
            } else {
                InstalledError::Io(e.error)
            }
        })?;
        sync_dir(&self.dir)?;
        Ok(InstalledModel { name, path, size_bytes, state })
    }

    /// Hashes a catalogue model anew; `false` where it is not what it was. Hand-added ones have no
    /// known hash and pass.
    ///
    /// # Errors
    /// [`InstalledError`].
    pub fn verify(&self, name: &str) -> Result<bool, InstalledError> {
        let model = self.find(name)?;
        let Some(known) = catalogue::by_name(&model.name) else { return Ok(true) };
        let (_, sha256) = copy_hashed(&mut File::open(&model.path)?, &mut io::sink())?;
        Ok(sha256 == known.sha256)
    }

    /// Deletes a model.
    ///
    /// # Errors
    /// [`InstalledError`].
    pub fn remove(&self, name: &str) -> Result<(), InstalledError> {
        fs::remove_file(self.find(name)?.path)?;
        sync_dir(&self.dir)?;
        Ok(())
    }
}

/// Whether a model can go by this name: one of the catalogue, or one that a file gave it.
#[must_use]
pub fn can_be_named(name: &str) -> bool {
    catalogue::by_name(name).is_some() || sanitised(name) == name
}

/// A name of lower-case letters, digits, dots and hyphens from whatever a file is called.
fn sanitised(file_name: &str) -> String {
    let stem = file_name.strip_suffix(".bin").unwrap_or(file_name);
    let stem = stem.strip_prefix("ggml-").unwrap_or(stem);
    let mut name = String::new();
    for c in stem.chars().take(MAX_NAME_CHARS) {
        let c = c.to_ascii_lowercase();
        let is_fine =
            c.is_ascii_alphanumeric() || (matches!(c, '.' | '-' | '_') && !name.is_empty());
        name.push(if is_fine { c } else { '-' });
    }
    let name = name.trim_matches(['.', '-', '_']);
    if name.is_empty() { "model".to_owned() } else { name.to_owned() }
}

fn copy_hashed(from: &mut impl Read, to: &mut impl Write) -> io::Result<(u64, String)> {
    let (mut hash, mut n_copied) = (Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = from.read(&mut buffer)?;
        let Some(read) = buffer.get(..n).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
        to.write_all(read)?;
        n_copied += read.len() as u64;
    }
    Ok((n_copied, hex(&hash.finalize())))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut out, byte| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

/// Bytes free for this user on the disk of `dir`.
#[cfg(unix)]
pub(super) fn free_bytes(dir: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Not asked where the system has another way to tell; writing tells in time.
#[cfg(not(unix))]
pub(super) fn free_bytes(_dir: &Path) -> io::Result<u64> {
    Ok(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_added_by_hand_is_listed_used_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("..My Model!.bin");
        fs::write(&file, b"lmgg").unwrap();
        let models = InstalledModels::new(dir.path().join("models"));
        assert!(models.list().unwrap().is_empty());
        let added = models.add(&file, &|_| Ok(())).unwrap();
        assert_eq!((added.name.as_str(), added.state), ("my-model", ModelState::AddedByHand));
        assert_eq!(models.list().unwrap(), [added]);
        assert!(matches!(models.add(&file, &|_| Ok(())), Err(InstalledError::Exists(_))));
        models.remove("my-model").unwrap();
        assert!(matches!(models.find("my-model"), Err(InstalledError::NotFound(_))));
    }

    #[test]
    fn a_refused_file_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ggml-tiny.bin");
        fs::write(&file, b"no model").unwrap();
        let models = InstalledModels::new(dir.path().join("models"));
        let refused = models.add(&file, &|_| Err("not one".to_owned()));
        assert!(matches!(refused, Err(InstalledError::NotAModel(_))));
        let foreign = models.add(&file, &|_| Ok(()));
        assert!(matches!(foreign, Err(InstalledError::NotTheNamedModel(_))));
        assert_eq!(fs::read_dir(models.dir()).unwrap().count(), 0);
    }

    #[test]
    fn a_catalogue_file_of_another_size_is_damaged() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("ggml-tiny.bin"), b"short").unwrap();
        let models = InstalledModels::new(dir.path());
        assert_eq!(models.find("tiny").unwrap().state, ModelState::Damaged);
        assert!(!models.verify("tiny").unwrap());
    }
}
