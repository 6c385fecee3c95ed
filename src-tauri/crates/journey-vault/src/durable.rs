//! Replacing a small file so that, whenever the program or the power stops, either the old content
//! or the new one is there, whole.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Makes a folder that only its owner may enter; fine when it is there already.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    fault::point()?;
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    fault::point()?;
    File::open(dir)?.sync_all()
}

/// Renames within one file system, durably.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault::point()?;
    fs::rename(from, to)?;
    to.parent().map_or(Ok(()), sync_dir)
}

/// Replaces `path`, or makes it, readable by its owner only.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(path, "new");
    write_private(&new, content)?;
    rename(&new, path)
}

/// Makes `path` unless it is there already, and says whether it did. Several processes may try at
/// once: one wins, and no one ever sees half a file.
pub(crate) fn create_new(path: &Path, content: &[u8], unique: &str) -> io::Result<bool> {
    let new = beside(path, unique);
    write_private(&new, content)?;
    let linked = fs::hard_link(&new, path);
    fs::remove_file(&new)?;
    match linked {
        Ok(()) => path.parent().map_or(Ok(()), sync_dir).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads a whole file, or `None` where there is none. Refuses to read more than `max_bytes`.
pub(crate) fn read_small(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut content = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut content)?;
    if content.len() as u64 > max_bytes {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is too large"));
    }
    Ok(Some(content))
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    fault::point()?;
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    if let Err(error) = fault::point() {
        // What a full disk leaves behind: a part of it.
        let half = content.get(..content.len() / 2).unwrap_or_default();
        file.write_all(half)?;
        return Err(error);
    }
    file.write_all(content)?;
    fault::point()?;
    file.sync_all()
}

/// `path` with another ending after its own.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

/// Places at which tests make the disk fail or the program stop.
pub(crate) mod fault {
    use std::io;

    #[cfg(test)]
    thread_local! {
        static LEFT: std::cell::Cell<Option<usize>> = const { std::cell::Cell::new(None) };
    }

    /// Every call after the next `n` fails, until [`heal`]: the disk is full, or the program is gone.
    #[cfg(test)]
    pub(crate) fn after(n: usize) {
        LEFT.set(Some(n));
    }

    /// The disk works again. Gives whether a failure was reached.
    #[cfg(test)]
    pub(crate) fn heal() -> bool {
        LEFT.replace(None) == Some(0)
    }

    #[cfg(test)]
    pub(crate) fn point() -> io::Result<()> {
        match LEFT.get() {
            None => Ok(()),
            Some(0) => Err(io::Error::from(io::ErrorKind::StorageFull)),
            Some(n) => {
                LEFT.set(Some(n - 1));
                Ok(())
            }
        }
    }

    #[cfg(not(test))]
    #[expect(clippy::unnecessary_wraps, reason = "its twin in tests fails")]
    pub(crate) const fn point() -> io::Result<()> {
        Ok(())
    }
}
