//! Reading an archive, with everything in it taken for hostile.

use super::{BackupCost, RestoreError, entry::Entry, write::stopped};
use crate::slots::{BadHeader, Header};
use age::{DecryptError, Decryptor, Identity};
use jiff::Timestamp;
use journey_domain::{account::AccountName, ports::CancelToken};
use rustix::fs::OFlags;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{
    fs::OpenOptions,
    io::{self, BufReader, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

/// The format that this version writes.
pub(super) const FORMAT: u32 = 1;

/// No honest document in an archive is larger.
const MAX_DOCUMENT_BYTES: u64 = 64 * 1024;

/// An age header with one passphrase is shorter by far.
const MAX_AGE_HEADER_BYTES: u64 = 1024;

/// What follows the last entry: tar's padding.
const MAX_TRAILER_BYTES: u64 = 64 * 1024;

/// `backup.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    pub(super) format: u32,
    pub(super) name: String,
    pub(super) created_at: Timestamp,
}

/// `manifest.json`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) n_files: u64,
    pub(super) n_bytes: u64,
    pub(super) sha256: String,
}

/// The manifest as it grows while files go by.
#[derive(Default)]
pub(super) struct Tally {
    n_files: u64,
    n_bytes: u64,
    digest: Sha256,
}

impl Tally {
    pub(super) fn add(&mut self, entry: Entry, size: u64, content: [u8; 32]) {
        self.n_files += 1;
        self.n_bytes += size;
        let name = entry.name();
        self.digest.update((name.len() as u64).to_le_bytes());
        self.digest.update(name.as_bytes());
        self.digest.update(size.to_le_bytes());
        self.digest.update(content);
    }

    pub(super) fn finish(self) -> Manifest {
        let mut sha256 = String::with_capacity(64);
        for byte in self.digest.finalize() {
            for digit in [byte >> 4, byte & 15] {
                sha256.extend(char::from_digit(digit.into(), 16));
            }
        }
        Manifest { n_files: self.n_files, n_bytes: self.n_bytes, sha256 }
    }
}

/// Where the files of an archive go.
pub(super) trait Destination {
    /// Takes the key file, which was checked.
    fn slots(&mut self, header: &Header, name: &AccountName) -> io::Result<()>;
    /// Opens the place of a database or a media file.
    fn begin(&mut self, entry: Entry) -> io::Result<Box<dyn Write + '_>>;
}

/// Keeps nothing: for looking whether an archive is whole, until that is to stop.
pub(super) struct Nowhere<'c>(pub(super) &'c CancelToken);

impl Destination for Nowhere<'_> {
    fn slots(&mut self, _header: &Header, _name: &AccountName) -> io::Result<()> {
        Ok(())
    }

    fn begin(&mut self, _entry: Entry) -> io::Result<Box<dyn Write + '_>> {
        Ok(Box::new(Sink(self.0)))
    }
}

struct Sink<'c>(&'c CancelToken);

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        stopped(self.0).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a whole archive, in memory that does not grow with it.
pub(super) fn read(
    path: &Path,
    passphrase: &SecretString,
    to: &mut dyn Destination,
) -> Result<Manifest, RestoreError> {
    // Opening a pipe would else wait for ever for somebody to write into it. What was opened is
    // looked at, and not what lay there a moment before.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(RestoreError::reading)?;
    let metadata = file.metadata().map_err(RestoreError::reading)?;
    if !metadata.is_file() {
        return Err(RestoreError::Foreign);
    }
    let archive_bytes = metadata.len();
    read_sealed(file, archive_bytes, (passphrase, BackupCost::MOST), to)
}

/// The same for anything that holds `archive_bytes`; a passphrase of a higher cost is not believed.
pub(super) fn read_sealed(
    mut file: impl Read + Seek,
    archive_bytes: u64,
    (passphrase, most): (&SecretString, BackupCost),
    to: &mut dyn Destination,
) -> Result<Manifest, RestoreError> {
    check_age_header(&mut file)?;
    let mut identity = age::scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(most.0);
    let decryptor =
        Decryptor::new_buffered(BufReader::new(file)).map_err(|error| open_error(&error))?;
    let plain = decryptor
        .decrypt(std::iter::once(&identity as &dyn Identity))
        .map_err(|error| open_error(&error))?;
    read_tar(plain, archive_bytes, to)
}

fn open_error(error: &DecryptError) -> RestoreError {
    match error {
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::NoMatchingKeys => RestoreError::WrongPassphrase,
        DecryptError::ExcessiveWork { .. } => RestoreError::Hostile("a passphrase of absurd cost"),
        DecryptError::InvalidMac => RestoreError::Damaged,
        DecryptError::Io(error) => RestoreError::reading(io::Error::from(error.kind())),
        _ => RestoreError::Foreign,
    }
}

/// The header has one passphrase and an end within its first kilobyte, so that parsing it cannot
/// take memory without bound.
fn check_age_header(file: &mut (impl Read + Seek)) -> Result<(), RestoreError> {
    let mut start = Vec::new();
    Read::by_ref(file)
        .take(MAX_AGE_HEADER_BYTES)
        .read_to_end(&mut start)
        .map_err(RestoreError::reading)?;
    file.rewind().map_err(RestoreError::reading)?;
    let is_ours = start.starts_with(b"age-encryption.org/v1\n-> scrypt ")
        && start.windows(5).any(|window| window == b"\n--- ");
    if is_ours { Ok(()) } else { Err(RestoreError::Foreign) }
}

/// Reads the archive within; `archive_bytes` is the most that it can hold.
pub(super) fn read_tar(
    plain: impl Read,
    archive_bytes: u64,
    to: &mut dyn Destination,
) -> Result<Manifest, RestoreError> {
    let mut archive = tar::Archive::new(plain);
    let mut left = archive_bytes;
    let mut last: Option<Entry> = None;
    let mut tally = Some(Tally::default());
    let mut about_name = None;
    let mut manifest = None;
    // Raw: no extension of tar is followed, each is just an entry of the wrong type.
    for item in archive.entries().map_err(RestoreError::reading)?.raw(true) {
        let mut item = item.map_err(RestoreError::reading)?;
        if item.header().entry_type() != tar::EntryType::Regular {
            return Err(RestoreError::Hostile("an entry that is not a regular file"));
        }
        let entry = std::str::from_utf8(&item.path_bytes())
            .ok()
            .and_then(Entry::parse)
            .ok_or(RestoreError::Hostile("a path that no backup has"))?;
        let size = item.header().entry_size().map_err(RestoreError::reading)?;
        left = left.checked_sub(size).ok_or(RestoreError::Hostile("more than it has bytes"))?;
        if !follows(last, entry) {
            return Err(RestoreError::Hostile("entries that are missing, repeated or moved"));
        }
        last = Some(entry);
        match entry {
            Entry::About => {
                let content = document(&mut item, size)?;
                about_name = Some(check_about(&content)?);
                count(&mut tally, entry, size, Sha256::digest(&content).into());
            }
            Entry::Slots => {
                let content = document(&mut item, size)?;
                let header = Header::parse(&content).map_err(|bad| match bad {
                    BadHeader::Newer { .. } => RestoreError::Newer,
                    BadHeader::Damaged => RestoreError::Hostile("a key file that is none"),
                })?;
                let name = about_name.take().ok_or(RestoreError::Damaged)?;
                to.slots(&header, &name).map_err(RestoreError::writing)?;
                count(&mut tally, entry, size, Sha256::digest(&content).into());
            }
            Entry::Database | Entry::Media { .. } => {
                let mut place = to.begin(entry).map_err(RestoreError::writing)?;
                let content = copy(&mut item, size, place.as_mut())?;
                drop(place);
                count(&mut tally, entry, size, content);
            }
            Entry::Manifest => {
                let content = document(&mut item, size)?;
                let said: Manifest =
                    serde_json::from_slice(&content).map_err(|_| RestoreError::Damaged)?;
                let found = tally.take().map(Tally::finish);
                if found.as_ref() != Some(&said) {
                    return Err(RestoreError::Damaged);
                }
                manifest = Some(said);
            }
        }
    }
    // The last chunk of age tells a whole file from a cut one, so it is read to its end.
    let mut trailer = archive.into_inner().take(MAX_TRAILER_BYTES);
    io::copy(&mut trailer, &mut io::sink()).map_err(RestoreError::reading)?;
    if trailer.limit() == 0 {
        return Err(RestoreError::Hostile("something after its end"));
    }
    manifest.ok_or(RestoreError::Damaged)
}

fn count(tally: &mut Option<Tally>, entry: Entry, size: u64, content: [u8; 32]) {
    if let Some(tally) = tally {
        tally.add(entry, size, content);
    }
}

/// The fixed order: each of the single entries once, media ascending.
fn follows(last: Option<Entry>, entry: Entry) -> bool {
    match (last, entry) {
        (None, Entry::About)
        | (Some(Entry::About), Entry::Slots)
        | (Some(Entry::Slots), Entry::Database)
        | (Some(Entry::Database | Entry::Media { .. }), Entry::Manifest)
        | (Some(Entry::Database), Entry::Media { .. }) => true,
        (Some(last @ Entry::Media { .. }), Entry::Media { .. }) => last < entry,
        _ => false,
    }
}

fn check_about(content: &[u8]) -> Result<AccountName, RestoreError> {
    #[derive(Deserialize)]
    struct FormatOnly {
        format: u32,
    }
    let FormatOnly { format } =
        serde_json::from_slice(content).map_err(|_| RestoreError::Foreign)?;
    if format > FORMAT {
        return Err(RestoreError::Newer);
    }
    let about: About = serde_json::from_slice(content).map_err(|_| RestoreError::Foreign)?;
    AccountName::new(&about.name).map_err(|_| RestoreError::Hostile("a name that is none"))
}

fn document(from: &mut impl Read, size: u64) -> Result<Vec<u8>, RestoreError> {
    if size > MAX_DOCUMENT_BYTES {
        return Err(RestoreError::Hostile("a document of absurd size"));
    }
    let mut content = Vec::new();
    copy(from, size, &mut content)?;
    Ok(content)
}

/// Copies exactly `size` bytes; gives their SHA-256.
fn copy(from: &mut impl Read, size: u64, to: &mut dyn Write) -> Result<[u8; 32], RestoreError> {
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut left = size;
    while left > 0 {
        let n = from.read(&mut buffer).map_err(RestoreError::reading)? as u64;
        let Some(chunk) = buffer.get(..n as usize).filter(|chunk| !chunk.is_empty() && n <= left)
        else {
            return Err(RestoreError::Damaged);
        };
        digest.update(chunk);
        to.write_all(chunk).map_err(RestoreError::writing)?;
        left -= n;
    }
    to.flush().map_err(RestoreError::writing)?;
    Ok(digest.finalize().into())
}
