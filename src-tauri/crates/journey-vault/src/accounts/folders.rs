//! Bringing vault folders and account rows together after a crash, a loss or a copy.
//!
//! | folder in `vaults/` | what is done |
//! |---|---|
//! | `<id>` with keys, without a row | gets an account under the name in its key file |
//! | `<id>.erasing` | its row goes, then the folder |
//! | `<id>.set-aside-<time>`, no `<id>` | its row goes |
//! | `<id>.restoring` | goes, unless a restore is running |
//! | anything else | left alone |

use super::{
    AccountsError, AccountsStore, StoredAccount, audit, audit::AuditAction, directory, installation,
};
use crate::{durable, slots::VaultFolder};
use jiff::Timestamp;
use journey_domain::{
    account::{AccountName, Role},
    ids::AccountId,
};
use rusqlite::Connection;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

const ERASING: &str = "erasing";
const RESTORING: &str = "restoring";
const SET_ASIDE: &str = "set-aside-";
const RESTORE_LOCK: &str = "restore.lock";

/// Where the vaults lie.
pub(super) fn vaults_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("vaults")
}

/// Makes the folder of the vaults, for its owner only.
pub(super) fn make_vaults_dir(data_dir: &Path) -> io::Result<PathBuf> {
    let dir = vaults_dir(data_dir);
    durable::make_private_dir(&dir)?;
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o700))?;
    Ok(dir)
}

/// Held while a restore runs, so that nobody takes its half-written folder for rubbish.
pub(super) fn restore_lock(vaults: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(vaults.join(RESTORE_LOCK))
}

/// Where a vault is put together before it gets its place.
pub(super) fn restoring_dir(vaults: &Path, id: AccountId) -> PathBuf {
    vaults.join(format!("{id}.{RESTORING}"))
}

/// Moves a vault out of use, whole and unharmed. Fine when there is none.
pub(super) fn set_aside(vaults: &Path, id: AccountId, now: Timestamp) -> io::Result<()> {
    let to = vaults.join(format!("{id}.{SET_ASIDE}{}", now.strftime("%Y%m%dT%H%M%SZ")));
    move_away(&vaults.join(id.to_string()), &to)
}

/// Marks a vault for erasure; from here on there is no way back.
pub(super) fn begin_erasing(vaults: &Path, id: AccountId) -> io::Result<()> {
    move_away(&vaults.join(id.to_string()), &vaults.join(format!("{id}.{ERASING}")))
}

fn move_away(from: &Path, to: &Path) -> io::Result<()> {
    match durable::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Erases a vault that was marked: first the slots, without which the rest is noise.
pub(super) fn finish_erasing(vaults: &Path, id: AccountId) -> io::Result<()> {
    erase_dir(&vaults.join(format!("{id}.{ERASING}")))
}

fn erase_dir(dir: &Path) -> io::Result<()> {
    for file in ["vault.json", "vault.json.previous", "vault.json.new"] {
        overwrite(&dir.join(file))?;
    }
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes zeros over a small file, as far as the disk does what it is told.
fn overwrite(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let mut left = file.metadata()?.len();
    let zeros = [0; 4096];
    while left > 0 {
        let chunk = zeros.get(..left.min(4096) as usize).unwrap_or(&zeros);
        file.write_all(chunk)?;
        left -= chunk.len() as u64;
    }
    file.sync_all()
}

/// What the folders say.
#[derive(Default)]
struct Found {
    vaults: Vec<AccountId>,
    erasing: Vec<AccountId>,
    set_aside: Vec<AccountId>,
    restoring: Vec<PathBuf>,
}

fn look(vaults: &Path) -> io::Result<Found> {
    let mut found = Found::default();
    for entry in fs::read_dir(vaults)? {
        let entry = entry?;
        // A link is never followed: what it points at is not ours.
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let (id, ending) = name.split_once('.').unwrap_or((name, ""));
        let Ok(account) = id.parse::<AccountId>() else { continue };
        if account.to_string() != id {
            continue;
        }
        match ending {
            "" => found.vaults.push(account),
            ERASING => found.erasing.push(account),
            RESTORING => found.restoring.push(entry.path()),
            _ if ending.starts_with(SET_ASIDE) => found.set_aside.push(account),
            _ => {}
        }
    }
    found.vaults.sort_unstable();
    Ok(found)
}

/// Brings rows and folders together. To be called within a transaction; gives how many accounts
/// were made for folders.
pub(super) fn reconcile(
    conn: &Connection,
    data_dir: &Path,
    now: Timestamp,
    lost: bool,
) -> Result<usize, AccountsError> {
    let vaults = make_vaults_dir(data_dir)?;
    let found = look(&vaults)?;
    for id in &found.erasing {
        directory::delete_row(conn, *id)?;
        finish_erasing(&vaults, *id)?;
    }
    for id in found.set_aside.iter().filter(|id| !found.vaults.contains(id)) {
        if directory::delete_row(conn, *id)? {
            audit::append(conn, now, None, AuditAction::AccountSetAside, Some(*id), None)?;
        }
    }
    if !found.restoring.is_empty() && restore_lock(&vaults)?.try_lock().is_ok() {
        for dir in &found.restoring {
            erase_dir(dir)?;
        }
    }
    if lost {
        audit::append(conn, now, None, AuditAction::AccountsRebuilt, None, None)?;
    }
    let mut n_adopted = 0;
    let anyone = directory::count(conn)? > 0;
    for id in found.vaults {
        if directory::find(conn, id)?.is_some() {
            continue;
        }
        let folder = VaultFolder::new(vaults.join(id.to_string()));
        if !folder.has_keys() {
            continue;
        }
        // A key file that cannot be read still belongs to a person: the account is there to tell.
        let name = folder.name().ok();
        let name = free_name(conn, name, id)?;
        directory::insert(conn, id, &name, Role::Regular, now)?;
        audit::append(conn, now, None, AuditAction::AccountAdopted, Some(id), None)?;
        n_adopted += 1;
    }
    if n_adopted > 0 && !anyone {
        installation::let_first_become_admin(conn)?;
    }
    Ok(n_adopted)
}

/// The name, or the nearest one that is free: "Ada 2".
pub(super) fn free_name(
    conn: &Connection,
    wanted: Option<AccountName>,
    id: AccountId,
) -> Result<AccountName, AccountsError> {
    let wanted = wanted.map_or_else(|| format!("account {id}"), |name| name.as_str().to_owned());
    for n in 1_u32.. {
        let ending = if n == 1 { String::new() } else { format!(" {n}") };
        let n_kept = AccountName::MAX_CHARS.saturating_sub(ending.chars().count());
        let candidate: String = wanted.chars().take(n_kept).chain(ending.chars()).collect();
        if let Ok(name) = AccountName::new(&candidate)
            && directory::find_by_name(conn, &name)?.is_none()
        {
            return Ok(name);
        }
    }
    Err(AccountsError::NotFound)
}

/// A place where a vault is put together, and the lock that keeps it from being cleared away.
pub(crate) struct RestoredVault {
    id: AccountId,
    dir: PathBuf,
    _lock: File,
}

impl RestoredVault {
    /// Where to put it together; not there yet.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }
}

impl AccountsStore {
    /// Takes a fresh id and the right to restore; waits for another restore.
    pub(crate) fn begin_restoring(&self) -> io::Result<RestoredVault> {
        let vaults = make_vaults_dir(&self.dir)?;
        let lock = restore_lock(&vaults)?;
        lock.lock()?;
        let id = AccountId::new(self.ports.ids.next());
        Ok(RestoredVault { id, dir: restoring_dir(&vaults, id), _lock: lock })
    }

    /// Gives a restored vault its place and its account; `None` when the name is taken.
    pub(crate) fn finish_restoring(
        &self,
        vault: &RestoredVault,
        name: &AccountName,
        by: Option<AccountId>,
    ) -> Result<Option<StoredAccount>, AccountsError> {
        let now = self.now();
        self.write(|conn| {
            if directory::find_by_name(conn, name)?.is_some() {
                return Ok(None);
            }
            let role = if directory::count(conn)? == 0 { Role::Admin } else { Role::Regular };
            directory::insert(conn, vault.id, name, role, now)?;
            audit::append(conn, now, by, AuditAction::Restored, Some(vault.id), None)?;
            durable::rename(&vault.dir, self.vault_folder(vault.id).path())?;
            directory::find(conn, vault.id)
        })
    }
}
