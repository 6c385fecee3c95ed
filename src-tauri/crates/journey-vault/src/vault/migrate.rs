//! The schema's history, and the way from an older one to the newest.

use super::open::OpenError;
use crate::table::marks;
use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{M, Migrations};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

/// Every migration with its file's name, oldest first. A released one never changes.
pub(super) const FILES: &[(&str, &str)] = &[
    ("0001_initial.sql", include_str!("../../../../../migrations/vault/0001_initial.sql")),
    ("0002_overviews.sql", include_str!("../../../../../migrations/vault/0002_overviews.sql")),
    ("0003_orders.sql", include_str!("../../../../../migrations/vault/0003_orders.sql")),
    ("0004_readers.sql", include_str!("../../../../../migrations/vault/0004_readers.sql")),
    ("0005_marks.sql", include_str!("../../../../../migrations/vault/0005_marks.sql")),
    ("0006_drafts.sql", include_str!("../../../../../migrations/vault/0006_drafts.sql")),
];

/// The schema that this version of the program writes.
pub(super) fn newest() -> usize {
    FILES.len()
}

fn migrations() -> Migrations<'static> {
    Migrations::new(FILES.iter().map(|(_, sql)| M::up(sql).foreign_key_check()).collect())
}

/// Brings a database to the newest schema, all or nothing.
pub(crate) fn migrate(conn: &mut Connection) -> Result<(), OpenError> {
    migrations().to_latest(conn).map_err(|error| OpenError::Migration(Box::new(error)))
}

/// Makes what is kept of each session for lists and counts where a migration could not: it follows from
/// a person's changes to the taxonomies, which SQL alone does not know. All or nothing; what is
/// interrupted is made when the vault is opened next.
pub(super) fn catch_up(conn: &mut Connection) -> Result<(), OpenError> {
    if !marks::any_missing(conn)? {
        return Ok(());
    }
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    marks::make_missing(&transaction)?;
    Ok(transaction.commit()?)
}

/// The name of the copy that is made before a migration.
pub(super) fn backup_path(dir: &Path, version: usize) -> PathBuf {
    dir.join(format!("vault.db.schema-{version}.backup"))
}

/// Copies the encrypted file as it is, durably, under its final name only when it is whole.
pub(super) fn back_up(database: &Path, backup: &Path) -> io::Result<()> {
    let partial = backup.with_extension("partial");
    let mut copy =
        OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
    io::copy(&mut File::open(database)?, &mut copy)?;
    copy.sync_all()?;
    drop(copy);
    fs::rename(&partial, backup)?;
    sync_parent(backup)
}

/// Makes a new or renamed entry of a folder durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

#[cfg(test)]
mod tests;
