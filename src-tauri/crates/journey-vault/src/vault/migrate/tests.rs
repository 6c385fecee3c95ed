use super::{super::open::connect, *};
use crate::{
    Vault,
    testing::{TestVault, keys, ports},
};
use tempfile::TempDir;

#[test]
fn the_migrations_are_valid() {
    migrations().validate().unwrap();
}

#[test]
fn every_file_of_the_folder_is_a_migration_in_its_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../migrations/vault");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let listed: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, listed);
    for (n, name) in names.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", n + 1)), "{name} is out of order");
    }
}

#[test]
fn a_copy_is_made_before_an_older_schema_is_changed() {
    let dir = TempDir::new().unwrap();
    let database = dir.path().join("vault.db");
    fs::write(&database, "").unwrap();
    let conn = connect(&database, &keys()).unwrap();
    conn.execute_batch("PRAGMA application_id = 1229608529; PRAGMA user_version = 0;").unwrap();
    drop(conn);
    let old = fs::read(&database).unwrap();
    let vault = Vault::open(dir.path(), &keys(), ports()).unwrap();
    let backup = backup_path(dir.path(), 0);
    assert_eq!(fs::read(&backup).unwrap().len(), old.len());
    let copy = connect(&backup, &keys()).unwrap();
    let version: i64 = copy.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 0);
    drop(copy);
    drop(vault);
}

#[test]
fn a_migration_that_fails_changes_nothing_and_can_be_tried_again() {
    let dir = TempDir::new().unwrap();
    let database = dir.path().join("vault.db");
    fs::write(&database, "").unwrap();
    let conn = connect(&database, &keys()).unwrap();
    // In the way of the first migration's last table.
    conn.execute_batch("PRAGMA application_id = 1229608529; CREATE TABLE findables (id);").unwrap();
    drop(conn);
    let opened = Vault::open(dir.path(), &keys(), ports());
    assert!(matches!(opened, Err(OpenError::Migration(_))));
    let conn = connect(&database, &keys()).unwrap();
    let tables: i64 =
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1, "half a migration was left");
    conn.execute_batch("DROP TABLE findables").unwrap();
    drop(conn);
    assert!(Vault::open(dir.path(), &keys(), ports()).is_ok());
}

#[test]
fn a_migration_waits_for_no_one_who_uses_the_vault() {
    let test = TestVault::new();
    test.write(|write| Ok(write.conn().execute_batch("PRAGMA user_version = 0")?));
    let lease = test.vault.try_lease().unwrap();
    let opened = Vault::open(test.path(), &keys(), ports());
    assert!(matches!(opened, Err(OpenError::Busy)));
    drop(lease);
}
