//! Opening the accounts store, and making it anew where it is lost.

use super::{AccountsError, AccountsStore, folders, installation};
use crate::{durable, keyed, vault::VaultPorts};
use jiff::Timestamp;
use journey_domain::ports::Random;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};
use zeroize::Zeroizing;

const DATABASE_FILE: &str = "accounts.db";
const KEY_FILE: &str = "accounts.key";
const LOCK_FILE: &str = "accounts.lock";

/// "IJAQ" as a number.
const APPLICATION_ID: i64 = 1_229_603_153;

/// Every migration with its file's name, oldest first. A released one never changes.
pub(super) const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_initial.sql", include_str!("../../../../../migrations/accounts/0001_initial.sql")),
    ("0002_repeats.sql", include_str!("../../../../../migrations/accounts/0002_repeats.sql")),
];

/// An open store and how it came to be.
pub struct Opened {
    /// The store.
    pub store: AccountsStore,
    /// How it came to be.
    pub opening: Opening,
}

/// How an accounts store came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// There was nothing; there is no account.
    New,
    /// It was there.
    Existing {
        /// How many vault folders without an account got one.
        n_adopted: usize,
    },
    /// It was lost or damaged, and was made anew from the vault folders. What was left of it lies
    /// beside. The first to sign in becomes an admin.
    Rebuilt {
        /// How many accounts were made.
        n_accounts: usize,
    },
}

impl AccountsStore {
    /// Opens the store of a data directory, which is made if need be.
    ///
    /// # Errors
    /// [`AccountsError::Newer`], or the failure of disk or database. A damaged store is no error: it
    /// is set aside and made anew.
    pub fn open(data_dir: &Path, ports: VaultPorts) -> Result<Opened, AccountsError> {
        durable::claim_private_dir(data_dir, KEY_FILE).map_err(|error| match error.kind() {
            // Ours, not the system's, which comes with its number.
            io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => {
                AccountsError::NotPrivate
            }
            io::ErrorKind::AlreadyExists => AccountsError::NotAFolder,
            _ => error.into(),
        })?;
        let _lock = lock(data_dir)?;
        let vaults = folders::make_vaults_dir(data_dir)?;
        let now = ports.clock.now();
        let known = match open_existing(data_dir) {
            Ok(Some(conn)) => Known::Open(conn),
            Ok(None) => {
                // A key or a database alone is half a store.
                set_aside(data_dir, now)?;
                Known::Lost
            }
            Err(AccountsError::Damaged) => {
                set_aside(data_dir, now)?;
                Known::Lost
            }
            Err(error) => return Err(error),
        };
        let (mut conn, was_there) = match known {
            Known::Open(conn) => (conn, true),
            Known::Lost => (make_new(data_dir, ports.random.as_ref())?, false),
        };
        let lost = !was_there && has_vaults(&vaults)?;
        let n_adopted = {
            let transaction =
                conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let n = folders::reconcile(&transaction, data_dir, now, lost)?;
            transaction.commit()?;
            n
        };
        let opening = match (was_there, lost) {
            (true, _) => Opening::Existing { n_adopted },
            (false, true) => Opening::Rebuilt { n_accounts: n_adopted },
            (false, false) => Opening::New,
        };
        let store = Self { dir: data_dir.to_owned(), conn: Mutex::new(conn), ports };
        Ok(Opened { store, opening })
    }
}

enum Known {
    Open(Connection),
    Lost,
}

/// The store that is there, or `None` where database or key is missing.
fn open_existing(dir: &Path) -> Result<Option<Connection>, AccountsError> {
    let database = dir.join(DATABASE_FILE);
    let key = match durable::read_small(&dir.join(KEY_FILE), 256) {
        Ok(key) => key.map(Zeroizing::new),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            return Err(AccountsError::Damaged);
        }
        Err(error) => return Err(error.into()),
    };
    let (Some(key), true) = (key, database.try_exists()?) else { return Ok(None) };
    let key = parse_key(&key).ok_or(AccountsError::Damaged)?;
    if fs::metadata(&database)?.len() == 0 {
        // SQLite would take it for a new database.
        return Err(AccountsError::Damaged);
    }
    let mut conn = connect(&database, &key)?;
    check(&conn)?;
    write_settings(&conn)?;
    let found: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let found = usize::try_from(found).map_err(|_| AccountsError::Damaged)?;
    if found > MIGRATIONS.len() {
        return Err(AccountsError::Newer { found, known: MIGRATIONS.len() });
    }
    migrate(&mut conn)?;
    Ok(Some(conn))
}

/// Every page against its seal. The database is small: this takes milliseconds.
fn check(conn: &Connection) -> Result<(), AccountsError> {
    let id: i64 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(AccountsError::Damaged);
    }
    let mut statement = conn.prepare("PRAGMA cipher_integrity_check")?;
    let wrong = statement.query([])?.next()?.is_some();
    if wrong { Err(AccountsError::Damaged) } else { Ok(()) }
}

fn make_new(dir: &Path, random: &dyn Random) -> Result<Connection, AccountsError> {
    let mut key = Zeroizing::new([0; 32]);
    random.fill(key.as_mut());
    let database = dir.join(DATABASE_FILE);
    // Built under another name, so that a crash leaves no half store under the real one.
    let partial = durable::beside(&database, "new");
    for suffix in ["", "-wal", "-shm"] {
        remove_if_there(&dir.join(format!("{DATABASE_FILE}.new{suffix}")))?;
    }
    OpenOptions::new().create_new(true).write(true).mode(0o600).open(&partial)?;
    let mut conn = connect(&partial, &key)?;
    write_settings(&conn)?;
    migrate(&mut conn)?;
    {
        let transaction = conn.transaction()?;
        installation::init(&transaction, random)?;
        transaction.commit()?;
    }
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    conn.close().map_err(|(_, error)| error)?;
    File::open(&partial)?.sync_all()?;
    durable::replace(&dir.join(KEY_FILE), keyed::hex(&key).as_bytes())?;
    durable::rename(&partial, &database)?;
    let conn = connect(&database, &key)?;
    write_settings(&conn)?;
    Ok(conn)
}

fn connect(database: &Path, key: &[u8; 32]) -> Result<Connection, AccountsError> {
    let conn = keyed::connect(database, key)?;
    // Waits for another process rather than failing.
    conn.busy_timeout(Duration::from_secs(10))?;
    Ok(conn)
}

fn write_settings(conn: &Connection) -> Result<(), AccountsError> {
    conn.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;
         PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;",
    )?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(conn: &mut Connection) -> Result<(), AccountsError> {
    Migrations::new(MIGRATIONS.iter().map(|(_, sql)| M::up(sql).foreign_key_check()).collect())
        .to_latest(conn)
        .map_err(|error| AccountsError::Database(Box::new(error)))
}

/// Moves what is left of a store out of the way, without losing any of it.
fn set_aside(dir: &Path, now: Timestamp) -> Result<(), AccountsError> {
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    for suffix in ["-wal", "-shm", ""] {
        let file = format!("{DATABASE_FILE}{suffix}");
        move_if_there(&dir.join(&file), &dir.join(format!("{file}.set-aside-{stamp}")))?;
    }
    move_if_there(&dir.join(KEY_FILE), &dir.join(format!("{KEY_FILE}.set-aside-{stamp}")))?;
    Ok(())
}

fn move_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match durable::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether any folder looks like a person's vault.
fn has_vaults(vaults: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(vaults)? {
        let path: PathBuf = entry?.path();
        if path.join("vault.json").exists() || path.join("vault.json.previous").exists() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One process opens the store at a time: it may have to be made.
fn lock(dir: &Path) -> io::Result<File> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(dir.join(LOCK_FILE))?;
    lock.lock()?;
    Ok(lock)
}

fn parse_key(text: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    let text = text.trim_ascii();
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(text.chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(key)
}
