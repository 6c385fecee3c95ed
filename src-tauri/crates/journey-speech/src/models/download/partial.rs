//! What has come so far: hashed as it comes, locked against a second download, renamed when whole.

use super::{DownloadError, Source};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

pub(super) struct Partial {
    file: File,
    path: PathBuf,
    etag_path: PathBuf,
    target: PathBuf,
    len: u64,
    size: u64,
    sha256: String,
    hash: Sha256,
    etag: Option<String>,
    // Held for the length of the download; the operating system frees it with the process.
    _lock: File,
}

/// Where the bytes lie until all are there.
pub(super) fn path(source: &Source, dir: &Path) -> PathBuf {
    dir.join(format!("{}.partial", source.file_name))
}

impl Partial {
    /// Opens or makes the partial file and hashes what it holds.
    pub(super) async fn open(source: &Source, dir: &Path) -> Result<Self, DownloadError> {
        let (source, dir) = (source.clone(), dir.to_owned());
        tokio::task::spawn_blocking(move || Self::open_now(&source, &dir))
            .await
            .map_err(|e| DownloadError::Io(io::Error::other(e)))?
    }

    fn open_now(source: &Source, dir: &Path) -> Result<Self, DownloadError> {
        fs::create_dir_all(dir)?;
        let with = |suffix: &str| dir.join(format!("{}{suffix}", source.file_name));
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let lock = options.open(with(".lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DownloadError::Busy),
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        let (path, etag_path) = (path(source, dir), with(".partial.etag"));
        let file = options.open(&path)?;
        let mut partial = Self {
            len: file.metadata()?.len(),
            file,
            etag: fs::read_to_string(&etag_path).ok(),
            path,
            etag_path,
            target: with(""),
            size: source.size_bytes,
            sha256: source.sha256.clone(),
            hash: Sha256::new(),
            _lock: lock,
        };
        if partial.len > partial.size {
            partial.restart()?;
        }
        let mut buffer = vec![0; 1 << 16];
        loop {
            let n = partial.file.read(&mut buffer)?;
            let Some(read) = buffer.get(..n).filter(|read| !read.is_empty()) else { break };
            partial.hash.update(read);
        }
        Ok(partial)
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn etag(&self) -> Option<&str> {
        self.etag.as_deref()
    }

    pub(super) fn remember_etag(&mut self, etag: Option<&str>) -> io::Result<()> {
        match etag {
            Some(etag) => fs::write(&self.etag_path, etag)?,
            None => gone(fs::remove_file(&self.etag_path))?,
        }
        self.etag = etag.map(str::to_owned);
        Ok(())
    }

    pub(super) fn append(&mut self, piece: &[u8]) -> Result<(), DownloadError> {
        if piece.len() as u64 > self.size - self.len {
            return Err(DownloadError::WrongSize);
        }
        self.file.write_all(piece)?;
        self.hash.update(piece);
        self.len += piece.len() as u64;
        Ok(())
    }

    /// Throws away what has come.
    pub(super) fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.len = 0;
        self.hash = Sha256::new();
        self.remember_etag(None)
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    pub(super) fn discard(&self) -> io::Result<()> {
        gone(fs::remove_file(&self.etag_path))?;
        gone(fs::remove_file(&self.path))
    }

    /// Checks the hash and gives the file its name.
    pub(super) fn finish(self) -> Result<PathBuf, DownloadError> {
        let found = super::super::installed::hex(&self.hash.clone().finalize());
        if found != self.sha256 {
            self.discard()?;
            return Err(DownloadError::WrongHash);
        }
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        gone(fs::remove_file(&self.etag_path))?;
        if let Some(dir) = self.target.parent() {
            super::super::installed::sync_dir(dir)?;
        }
        Ok(self.target)
    }
}

/// A file that was not there is gone as well.
fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
