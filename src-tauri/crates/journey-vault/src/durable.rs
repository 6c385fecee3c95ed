//! Replacing a small file so that, whenever the program or the power stops, either the old content
//! or the new one is there, whole.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{
        DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
    },
    path::{Path, PathBuf},
};

/// Makes a folder that only its owner may enter; fine when it is there already.
pub(crate) fn make_private_dir(dir: &Path) -> io::Result<()> {
    fault::point()?;
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Makes the data directory, for its owner only. One that is there already and is its owner's is
/// closed to everybody else when it is empty or holds `mark`, the file by which a data directory is
/// known; a folder with other things in it keeps the permissions that somebody gave it.
///
/// # Errors
/// `PermissionDenied` for a folder of somebody else, or one that others may write to: whoever may
/// replace files in it may replace keys.
pub(crate) fn claim_private_dir(dir: &Path, mark: &str) -> io::Result<()> {
    make_private_dir(dir)?;
    let found = fs::metadata(dir)?;
    let is_own = found.uid() == rustix::process::geteuid().as_raw();
    if is_own && found.mode() & 0o077 != 0 {
        let is_ours = dir.join(mark).try_exists()? || fs::read_dir(dir)?.next().is_none();
        if is_ours {
            fs::set_permissions(dir, Permissions::from_mode(0o700))?;
            return Ok(());
        }
    }
    if !is_own || found.mode() & 0o022 != 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// Makes the entries of a folder durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    fault::point()?;
    // The folder of a bare name is the one that the program stands in.
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    File::open(dir)?.sync_all()
}

/// Renames within one file system, durably.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fault::point()?;
    fs::rename(from, to)?;
    to.parent().map_or(Ok(()), sync_dir)
}

/// Renames durably, but never over another file, even one that appears at the last moment.
///
/// # Errors
/// `AlreadyExists`, or the disk's failure.
pub(crate) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::{
        fs::{CWD, RenameFlags, renameat_with},
        io::Errno,
    };
    fault::point()?;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        // A stick or a share that cannot do both at once: look first, as close as can be.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            if fs::symlink_metadata(to).is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)?;
        }
        Err(error) => return Err(error.into()),
    }
    to.parent().map_or(Ok(()), sync_dir)
}

/// Opens a new file for its owner's eyes only. What lies under that name, a link above all, is
/// removed and never written through.
pub(crate) fn open_fresh(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
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
