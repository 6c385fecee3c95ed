//! Making an account from a backup.

use super::{
    RestoreError,
    archive::{self, Destination},
    entry::Entry,
};
use crate::{
    accounts::{AccountsStore, StoredAccount},
    durable,
    slots::{Header, VaultFolder},
};
use journey_domain::{account::AccountName, ids::AccountId};
use secrecy::SecretString;
use std::{
    collections::BTreeSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// A backup that is to become an account.
pub struct RestoreRequest<'a> {
    /// The file.
    pub from: &'a Path,
    /// What opens it.
    pub passphrase: &'a SecretString,
    /// The account's name, where it is to be another than in the backup.
    pub name: Option<&'a AccountName>,
    /// Who asks, where someone is signed in.
    pub by: Option<AccountId>,
}

impl AccountsStore {
    /// Makes an account from a backup. It is opened with the password or the recovery code that it
    /// had then. Never touches another vault.
    ///
    /// # Errors
    /// [`RestoreError`]; nothing is left of the attempt.
    pub fn restore(&self, request: &RestoreRequest<'_>) -> Result<StoredAccount, RestoreError> {
        if let Some(name) = request.name
            && self.find_account_by_name(name)?.is_some()
        {
            return Err(RestoreError::NameTaken);
        }
        let vault = self.begin_restoring().map_err(RestoreError::writing)?;
        let mut into = Folder { dir: vault.dir().to_owned(), name: None, wanted: request.name };
        DirBuilder::new().mode(0o700).create(&into.dir).map_err(RestoreError::writing)?;
        let result = archive::read(request.from, request.passphrase, &mut into)
            .and_then(|_| sync_tree(&into.dir).map_err(RestoreError::writing))
            .and_then(|()| {
                let name = into.name.take().ok_or(RestoreError::Damaged)?;
                self.finish_restoring(&vault, &name, request.by)?.ok_or(RestoreError::NameTaken)
            });
        if result.is_err() {
            // Half a vault is worth nothing; the next start removes what stays.
            fs::remove_dir_all(&into.dir).ok();
        }
        result
    }
}

/// A fresh folder.
struct Folder<'a> {
    dir: PathBuf,
    name: Option<AccountName>,
    wanted: Option<&'a AccountName>,
}

impl Destination for Folder<'_> {
    fn slots(&mut self, header: &Header, name: &AccountName) -> io::Result<()> {
        let name = self.wanted.unwrap_or(name);
        let mut header = header.without_sessions();
        header.set_name(name);
        self.name = Some(name.clone());
        VaultFolder::new(self.dir.clone()).write_first(&header).map_err(io::Error::other)
    }

    fn begin(&mut self, entry: Entry) -> io::Result<Box<dyn Write + '_>> {
        let path = entry.path_in(&self.dir);
        if let Some(parent) = path.parent() {
            durable::make_private_dir(parent)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Box::new(Synced(file)))
    }
}

/// A file that is durable once it is flushed.
struct Synced(File);

impl Write for Synced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// Makes the entries of all folders durable; the files are.
fn sync_tree(dir: &Path) -> io::Result<()> {
    let media = dir.join("media");
    let mut folders = BTreeSet::from([dir.to_owned()]);
    if media.try_exists()? {
        for folder in fs::read_dir(&media)? {
            folders.insert(folder?.path());
        }
        folders.insert(media);
    }
    folders.iter().try_for_each(|folder| durable::sync_dir(folder))
}
