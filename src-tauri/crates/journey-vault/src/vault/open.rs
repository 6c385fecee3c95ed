//! Making and opening a vault's database.

use super::{Vault, VaultPorts, erase, lease::Lease, migrate, pool::Pool};
use crate::{VaultError, keys::VaultKeys, media::MediaKey, table::column};
use journey_domain::error_code::ErrorCode;
use rusqlite::{Connection, OpenFlags};
use std::{
    error::Error,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};
use zeroize::Zeroizing;

/// The database's name in the vault's folder.
pub const DATABASE_FILE: &str = "vault.db";

/// The media folder's name in the vault's folder.
pub(super) const MEDIA_DIR: &str = "media";

/// What marks a database as a vault: "IJ" and "V" and "Q" as one number.
const APPLICATION_ID: i64 = 1_229_608_529;

/// Connections that only read, beside the one that writes.
const N_READERS: usize = 3;

/// How long to wait for another process that holds the database.
pub(super) const BUSY_WAIT: Duration = Duration::from_secs(5);

/// The first bytes of a database that is not encrypted.
const PLAIN_SQLITE: &[u8; 16] = b"SQLite format 3\0";

/// Why a vault could not be made or opened. Carries no private content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no database where the vault's should be.
    #[error("the vault's database is missing")]
    Missing,
    /// There is a database already where a new one was to be made.
    #[error("there is a vault's database already")]
    Exists,
    /// Not one page of the file can be read with this key.
    #[error("the key does not fit the vault's database")]
    WrongKey,
    /// The file is no vault's database.
    #[error("the file is not a vault's database")]
    Foreign,
    /// The key fits, but not every page passes its check.
    #[error("the vault's database is damaged")]
    Damaged,
    /// A newer version of the program wrote it.
    #[error(
        "the vault was written by a newer version of the program (schema {found}, known {known})"
    )]
    Newer {
        /// The schema in the file.
        found: usize,
        /// The newest schema that this version knows.
        known: usize,
    },
    /// It has to be brought to a newer schema while another process uses it.
    #[error("the vault is in use by another process")]
    Busy,
    /// Bringing it to a newer schema failed; it is as it was before.
    #[error("bringing the vault to this version failed; nothing was changed")]
    Migration(#[source] Box<dyn Error + Send + Sync>),
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// The database failed in another way.
    #[error("the vault's database cannot be opened")]
    Database(#[source] Box<dyn Error + Send + Sync>),
    /// The disk failed.
    #[error("the vault's files cannot be read or written")]
    Io(#[source] io::Error),
}

impl OpenError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Exists => ErrorCode::Exists,
            Self::Busy => ErrorCode::Busy,
            Self::DiskFull => ErrorCode::DiskFull,
            Self::Io(_) => ErrorCode::Io,
            _ => ErrorCode::Vault,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing | Self::Foreign | Self::WrongKey => Some(
                "Put vault.db back from where it was moved, or restore a backup. Nothing was overwritten.",
            ),
            Self::Damaged | Self::Database(_) => {
                Some("Restore a backup; the damaged file is left as it is.")
            }
            Self::Newer { .. } => Some("Use the newest version of the program."),
            Self::Busy => Some("Close the other window or command and try again."),
            Self::Migration(_) => Some("Go on with the version that you had, and report this."),
            Self::DiskFull => Some("Free some space and try again."),
            Self::Exists | Self::Io(_) => None,
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull { Self::DiskFull } else { Self::Io(error) }
    }
}

impl From<VaultError> for OpenError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::DiskFull => Self::DiskFull,
            VaultError::Busy => Self::Busy,
            VaultError::Damaged => Self::Damaged,
            VaultError::Io(error) => Self::Io(error),
            other => Self::Database(Box::new(other)),
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        VaultError::from(error).into()
    }
}

impl Vault {
    /// Makes an empty vault in the folder `dir`, which is made if need be. Never over an old one.
    ///
    /// # Errors
    /// [`OpenError::Exists`] when there is a database already, or the failure of disk or database.
    pub fn create(dir: &Path, keys: &VaultKeys, ports: VaultPorts) -> Result<Self, OpenError> {
        make_dir(dir)?;
        let database = dir.join(DATABASE_FILE);
        if database.try_exists()? {
            return Err(OpenError::Exists);
        }
        // Built under another name, so that a crash leaves no half database under the real one.
        let partial = dir.join("vault.db.new");
        for suffix in ["", "-wal", "-shm"] {
            remove_if_there(&dir.join(format!("vault.db.new{suffix}")))?;
        }
        OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial)?;
        let mut conn = connect(&partial, keys)?;
        write_settings(&conn)?;
        migrate::migrate(&mut conn)?;
        erase::truncate_wal(&conn)?;
        conn.close().map_err(|(_, error)| error)?;
        File::open(&partial)?.sync_all()?;
        fs::rename(&partial, &database)?;
        migrate::sync_parent(&database)?;
        Self::open(dir, keys, ports)
    }

    /// Opens the vault in the folder `dir`, and brings it to this version's schema if it is older.
    ///
    /// # Errors
    /// Each [`OpenError`] says what is wrong; none of them changes or replaces the file.
    pub fn open(dir: &Path, keys: &VaultKeys, ports: VaultPorts) -> Result<Self, OpenError> {
        let database = dir.join(DATABASE_FILE);
        if !database.try_exists()? {
            return Err(OpenError::Missing);
        }
        check_header(&database)?;
        let mut writer = connect(&database, keys)?;
        unlock(&writer)?;
        write_settings(&writer)?;
        check_version(&mut writer, dir)?;
        migrate::catch_up(&mut writer)?;
        let reader = || -> Result<Connection, OpenError> {
            let conn = connect(&database, keys)?;
            read_settings(&conn)?;
            Ok(conn)
        };
        let first = reader()?;
        let others = (1..N_READERS).map(|_| reader()).collect::<Result<_, _>>()?;
        let examiner = reader()?;
        make_dir(&dir.join(MEDIA_DIR))?;
        let vault = Self {
            dir: dir.to_owned(),
            writer: Mutex::new(writer),
            readers: Pool::new(first, others),
            examiner: Mutex::new(examiner),
            index_check: Mutex::default(),
            media_key: MediaKey::new(keys.media()),
            ports,
        };
        // What an erasure left keeps nobody out: it is tried again.
        match vault.finish_erasures() {
            Ok(true) => {}
            Ok(false) => {
                tracing::info!("what was erased goes from the log later: somebody reads it");
            }
            Err(error) => {
                tracing::error!(%error, "what was erased could not be removed to its end");
            }
        }
        Ok(vault)
    }
}

/// Makes a folder that only its owner may enter.
pub(super) fn make_dir(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Removes a file; fine when there is none.
pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Turns away what can be told from the first bytes.
fn check_header(database: &Path) -> Result<(), OpenError> {
    let mut header = [0; 16];
    match File::open(database)?.read_exact(&mut header) {
        Ok(()) if &header == PLAIN_SQLITE => Err(OpenError::Foreign),
        Ok(()) => Ok(()),
        // SQLite would take an empty file for a new database.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(OpenError::Damaged),
        Err(error) => Err(error.into()),
    }
}

/// Opens the file with the raw key; nothing is read from it yet.
pub(super) fn connect(database: &Path, keys: &VaultKeys) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(database, flags)?;
    let mut pragma = Zeroizing::new(String::with_capacity(96));
    pragma.push_str("PRAGMA key = \"x'");
    for byte in keys.database() {
        for digit in [byte >> 4, byte & 15] {
            pragma.extend(char::from_digit(digit.into(), 16));
        }
    }
    pragma.push_str("'\";");
    conn.execute_batch(&pragma)?;
    // Every failure comes back as an error; SQLCipher would write it to stderr too.
    conn.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    // Waits for another process rather than failing.
    conn.busy_timeout(BUSY_WAIT)?;
    Ok(conn)
}

/// Reads the first page, which tells whether the key fits.
fn unlock(conn: &Connection) -> Result<(), OpenError> {
    let read = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    match read {
        Ok(_) => {}
        Err(error) => {
            return Err(match VaultError::from(error) {
                VaultError::Damaged => damaged_or_wrong_key(conn),
                other => other.into(),
            });
        }
    }
    let id: i64 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if id == APPLICATION_ID { Ok(()) } else { Err(OpenError::Foreign) }
}

/// The key fits when a single page passes its check: then the others are damaged. When none does,
/// a file that is not made of whole pages is no vault's database.
fn damaged_or_wrong_key(conn: &Connection) -> OpenError {
    let path = conn.path().map(PathBuf::from).unwrap_or_default();
    let n_bytes = fs::metadata(path).map_or(0, |meta| meta.len());
    let wrong = column::rows(conn, "PRAGMA cipher_integrity_check", &[], |_| Ok(()));
    match wrong {
        Ok(wrong) if (wrong.len() as u64) < n_bytes.div_ceil(PAGE_BYTES) => OpenError::Damaged,
        _ if !n_bytes.is_multiple_of(PAGE_BYTES) => OpenError::Foreign,
        _ => OpenError::WrongKey,
    }
}

/// SQLCipher's page size.
const PAGE_BYTES: u64 = 4096;

fn check_version(conn: &mut Connection, dir: &Path) -> Result<(), OpenError> {
    let found = user_version(conn)?;
    let known = migrate::newest();
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    if found == known {
        return Ok(());
    }
    let _lease = Lease::try_acquire(dir)?.ok_or(OpenError::Busy)?;
    // Another process may have done it since.
    let found = user_version(conn)?;
    if found == known {
        return Ok(());
    }
    erase::truncate_wal(conn)?;
    migrate::back_up(&dir.join(DATABASE_FILE), &migrate::backup_path(dir, found))?;
    migrate::migrate(conn)
}

fn user_version(conn: &Connection) -> Result<usize, OpenError> {
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    usize::try_from(version).map_err(|_| OpenError::Foreign)
}

/// At most 12 MB of cache for each of the connections; temporary tables never touch the disk.
const COMMON_SETTINGS: &str = "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
     PRAGMA cache_size = -12000; PRAGMA trusted_schema = OFF;";

fn write_settings(conn: &Connection) -> Result<(), OpenError> {
    conn.execute_batch(COMMON_SETTINGS)?;
    // FULL, since what was said to be stored must survive a power cut.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA wal_autocheckpoint = 1000;",
    )?;
    Ok(())
}

fn read_settings(conn: &Connection) -> Result<(), OpenError> {
    conn.execute_batch(COMMON_SETTINGS)?;
    conn.execute_batch("PRAGMA query_only = ON;")?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}
