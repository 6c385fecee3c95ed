//! Writing a backup.

use super::{
    BackupCost, BackupError,
    archive::{self, About, FORMAT, Manifest, Nowhere, Tally},
    entry::Entry,
};
use crate::{durable, keyed, keys::VaultKeys, slots::VaultFolder, vault::open::DATABASE_FILE};
use age::{Encryptor, Recipient};
use jiff::Timestamp;
use journey_domain::{ids::SessionId, ports::CancelToken};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

/// What is to be backed up, and where to.
pub struct BackupRequest<'a> {
    /// The vault.
    pub folder: &'a VaultFolder,
    /// Its keys, for a copy of the database at one moment.
    pub keys: &'a VaultKeys,
    /// What will open the backup.
    pub passphrase: &'a SecretString,
    /// What to spend on the passphrase.
    pub cost: BackupCost,
    /// The file to write; never over another.
    pub to: &'a Path,
    /// Now.
    pub now: Timestamp,
    /// Stops it.
    pub cancel: &'a CancelToken,
}

/// A backup that was written and read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupSummary {
    /// How many files it holds.
    pub n_files: u64,
    /// How many bytes they have.
    pub n_bytes: u64,
}

/// The lock file of whoever writes a backup, in the vault's folder.
const LOCK_FILE: &str = "backup.lock";

/// How often a vault may change under the copying.
const N_TRIES: usize = 3;

/// How often a copy of the database looks whether it is to stop.
const TICK: Duration = Duration::from_millis(50);

/// Writes a backup, reads it back, and only then gives it its name. The vault may be open; one backup
/// of it is written at a time.
///
/// `progress` is told the bytes that were written and those that there are.
///
/// # Errors
/// [`BackupError`]; nothing is left of the attempt.
pub fn back_up(
    request: &BackupRequest<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupSummary, BackupError> {
    // Whatever broke off when it was told to stop, broke off because of that.
    write_and_read_back(request, progress)
        .map_err(|error| if request.cancel.is_cancelled() { BackupError::Cancelled } else { error })
}

fn write_and_read_back(
    request: &BackupRequest<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<BackupSummary, BackupError> {
    stopped(request.cancel)?;
    if request.to.try_exists()? {
        return Err(BackupError::Exists);
    }
    let _turn = turn(request.folder.path())?;
    let scratch = Scratch(snapshot_path(request.folder.path()));
    let (snapshot, media) = snapshot_and_media(request, &scratch.0)?;
    let partial = Scratch(durable::beside(request.to, "partial"));
    // The target's folder may be anybody's: nothing that lies there is written through.
    let mut file = durable::open_fresh(&partial.0)?;
    let written = write_archive(request, snapshot, &media, &mut file, progress)?;
    file.sync_all()?;
    drop(file);
    let read = archive::read(&partial.0, request.passphrase, &mut Nowhere(request.cancel))
        .map_err(|_| BackupError::NotAsWritten)?;
    if read != written {
        return Err(BackupError::NotAsWritten);
    }
    stopped(request.cancel)?;
    durable::rename_new(&partial.0, request.to)?;
    Ok(BackupSummary { n_files: written.n_files, n_bytes: written.n_bytes })
}

/// An error once it is to stop.
pub(super) fn stopped(cancel: &CancelToken) -> io::Result<()> {
    if cancel.is_cancelled() { Err(io::Error::other("stopped on request")) } else { Ok(()) }
}

/// The right to write a backup, until the file is dropped: the copy of the database has one place.
fn turn(vault: &Path) -> Result<File, BackupError> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(vault.join(LOCK_FILE))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(BackupError::Busy),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Where the copy of a vault's database lies while it is backed up.
pub(crate) fn snapshot_path(vault: &Path) -> PathBuf {
    durable::beside(&vault.join(DATABASE_FILE), "snapshot")
}

/// A file that goes when it is no longer needed, however things end.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// Copies the database, still encrypted, and lists the media that were there all the while.
fn snapshot_and_media(
    request: &BackupRequest<'_>,
    snapshot: &Path,
) -> Result<(File, Vec<Entry>), BackupError> {
    for _ in 0..N_TRIES {
        let before = media(request.folder.path())?;
        let copy = copy_database(request, snapshot)?;
        let after = media(request.folder.path())?;
        // What came later belongs to the next backup; what went makes rows of the copy point nowhere.
        if before.iter().all(|entry| after.binary_search(entry).is_ok()) {
            return Ok((copy, after));
        }
    }
    Err(BackupError::ChangedMeanwhile)
}

/// The copy, open: whatever becomes of the name, what is read is what was copied.
fn copy_database(request: &BackupRequest<'_>, snapshot: &Path) -> Result<File, BackupError> {
    let database = request.folder.path().join(DATABASE_FILE);
    // Made here, since SQLite would let others read it.
    drop(durable::open_fresh(snapshot)?);
    let copy = || -> rusqlite::Result<()> {
        let conn = keyed::connect(&database, request.keys.database())?;
        conn.busy_timeout(Duration::from_secs(10))?;
        let interrupt = conn.get_interrupt_handle();
        // Copying a large database takes a while.
        thread::scope(|scope| {
            let (_until_done, done) = mpsc::channel::<()>();
            scope.spawn(move || {
                while done.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    if request.cancel.is_cancelled() {
                        interrupt.interrupt();
                    }
                }
            });
            conn.execute("VACUUM INTO ?1", [snapshot.to_string_lossy()]).map(drop)
        })
    };
    copy().map_err(|error| match crate::VaultError::from(error) {
        crate::VaultError::DiskFull => BackupError::DiskFull,
        other => BackupError::Database(Box::new(other)),
    })?;
    Ok(File::open(snapshot)?)
}

/// All sealed media of a vault, in the archive's order.
fn media(vault: &Path) -> io::Result<Vec<Entry>> {
    let mut found = Vec::new();
    let folders = match fs::read_dir(vault.join("media")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        other => other?,
    };
    for folder in folders {
        let folder = folder?;
        let name = folder.file_name();
        let Some(session) = name.to_str().and_then(|name| name.parse::<SessionId>().ok()) else {
            continue;
        };
        for file in fs::read_dir(folder.path())? {
            let file = file?;
            let name = file.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".seg"));
            let Some(number) = number.and_then(|number| number.parse().ok()) else { continue };
            let entry = Entry::Media { session, number };
            if file.file_type()?.is_file() && entry.path_in(vault) == file.path() {
                found.push(entry);
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn write_archive(
    request: &BackupRequest<'_>,
    snapshot: File,
    media: &[Entry],
    to: &mut File,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Manifest, BackupError> {
    let folder = request.folder;
    let header = folder.header()?;
    let name = folder.name()?;
    let about = About { format: FORMAT, name: name.as_str().to_owned(), created_at: request.now };
    let about = serde_json::to_vec(&about).map_err(|_| BackupError::Encrypt)?;
    let slots = header.without_sessions().to_bytes().map_err(|_| BackupError::Encrypt)?;

    let mut recipient = age::scrypt::Recipient::new(request.passphrase.clone());
    recipient.set_work_factor(request.cost.0);
    let encryptor = Encryptor::with_recipients(std::iter::once(&recipient as &dyn Recipient))
        .map_err(|_| BackupError::Encrypt)?;
    let sealed = encryptor.wrap_output(to)?;

    let mut total = snapshot.metadata()?.len();
    for entry in media {
        // One that is gone by now is noticed when it is opened.
        total += fs::metadata(entry.path_in(folder.path())).map_or(0, |meta| meta.len());
    }
    let mut out = Out {
        tar: tar::Builder::new(sealed),
        tally: Tally::default(),
        done: 0,
        total,
        progress,
        cancel: request.cancel,
    };
    out.document(Entry::About, &about)?;
    out.document(Entry::Slots, &slots)?;
    out.file(Entry::Database, snapshot)?;
    for entry in media {
        let file = match File::open(entry.path_in(folder.path())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BackupError::ChangedMeanwhile);
            }
            other => other?,
        };
        out.file(*entry, file)?;
    }
    out.finish()
}

/// The archive as it grows.
struct Out<'p, W: Write> {
    tar: tar::Builder<W>,
    tally: Tally,
    done: u64,
    total: u64,
    progress: &'p mut dyn FnMut(u64, u64),
    cancel: &'p CancelToken,
}

impl<W: Write> Out<'_, age::stream::StreamWriter<W>> {
    fn document(&mut self, entry: Entry, content: &[u8]) -> Result<(), BackupError> {
        self.append(entry, content.len() as u64, content)
    }

    fn file(&mut self, entry: Entry, file: File) -> Result<(), BackupError> {
        // A recording that goes on is taken as far as it is now.
        let size = file.metadata()?.len();
        self.append(entry, size, file.take(size))?;
        self.done += size;
        (self.progress)(self.done, self.total);
        Ok(())
    }

    fn append(&mut self, entry: Entry, size: u64, content: impl Read) -> Result<(), BackupError> {
        let mut header = tar::Header::new_ustar();
        header.set_path(entry.name())?;
        header.set_size(size);
        header.set_mode(0o600);
        header.set_mtime(0);
        header.set_cksum();
        let cancel = self.cancel;
        let mut content = Counted { from: content, n: 0, digest: Sha256::new(), cancel };
        self.tar.append(&header, &mut content)?;
        if content.n != size {
            return Err(BackupError::ChangedMeanwhile);
        }
        self.tally.add(entry, size, content.digest.finalize().into());
        Ok(())
    }

    fn finish(mut self) -> Result<Manifest, BackupError> {
        let manifest = std::mem::take(&mut self.tally).finish();
        let content = serde_json::to_vec(&manifest).map_err(|_| BackupError::Encrypt)?;
        self.document(Entry::Manifest, &content)?;
        let sealed = self.tar.into_inner()?;
        sealed.finish()?.flush()?;
        Ok(manifest)
    }
}

/// Counts and digests what goes by.
struct Counted<'c, R> {
    from: R,
    n: u64,
    digest: Sha256,
    cancel: &'c CancelToken,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        stopped(self.cancel)?;
        let n = self.from.read(buffer)?;
        self.n += n as u64;
        self.digest.update(buffer.get(..n).unwrap_or_default());
        Ok(n)
    }
}
