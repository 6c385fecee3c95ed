//! Erasing for good: rows, index, log and files.

use super::{
    Vault, migrate,
    open::{BUSY_WAIT, MEDIA_DIR, remove_if_there},
};
use crate::{
    VaultError,
    table::{column, ledger::LedgerRowsMut, search},
};
use journey_domain::ids::SessionId;
use rusqlite::{Connection, Row};
use std::{fs, io, path::Path, time::Duration};

impl Vault {
    /// Erases a session for good: its rows, its words in the search index, the bodies of its
    /// requests, its media, what the write-ahead log and copies made before a migration hold of it.
    ///
    /// What has to wait once the rows are gone, since this is interrupted or somebody still reads an
    /// older state (a backup does), is done by [`finish_erasures`](Self::finish_erasures), or when the
    /// vault is opened next.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the failure of disk or database.
    pub fn erase_session(&self, session: SessionId) -> Result<(), VaultError> {
        self.write(|write| {
            let conn = write.conn();
            search::unindex(conn, session)?;
            LedgerRowsMut::new(conn, &*self.ports.clock, &*self.ports.ids).erase_bodies(session)?;
            erase_threads(conn, session)?;
            let sql = "DELETE FROM sessions WHERE id = ?1";
            let n_changed = column::execute(conn, sql, &[session.uuid().as_bytes()])?;
            column::found(n_changed, "session")?;
            let sql = "INSERT INTO erasures (session_id, at) VALUES (?1, ?2)";
            let now = column::micros(self.ports.clock.now());
            column::execute(conn, sql, &[session.uuid().as_bytes(), &now])?;
            Ok::<_, VaultError>(())
        })?;
        match self.remove_erased(&self.writer()) {
            Err(VaultError::Busy) => {
                tracing::info!("the log still holds what was erased: somebody reads it");
                Ok(())
            }
            done => done,
        }
    }

    /// Removes the files of sessions whose rows are gone and empties the log, if nobody reads an older
    /// state at this moment: waits for nobody. Gives whether nothing is left to be done.
    ///
    /// # Errors
    /// The failure of disk or database.
    pub fn finish_erasures(&self) -> Result<bool, VaultError> {
        let conn = self.writer();
        conn.busy_timeout(Duration::ZERO)?;
        let removed = self.remove_erased(&conn);
        conn.busy_timeout(BUSY_WAIT)?;
        drop(conn);
        match removed {
            Ok(()) => Ok(true),
            Err(VaultError::Busy) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn remove_erased(&self, conn: &Connection) -> Result<(), VaultError> {
        let sql = "SELECT session_id FROM erasures";
        let sessions = column::rows(conn, sql, &[], |row| column::uuid(row, 0))?;
        if sessions.is_empty() {
            return Ok(());
        }
        let media = self.dir.join(MEDIA_DIR);
        for session in &sessions {
            match fs::remove_dir_all(media.join(session.hyphenated().to_string())) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        migrate::sync_parent(&media.join("any"))?;
        remove_backups(&self.dir)?;
        truncate_wal(conn)?;
        for session in &sessions {
            let sql = "DELETE FROM erasures WHERE session_id = ?1";
            column::execute(conn, sql, &[session.as_bytes()])?;
        }
        truncate_wal(conn)
    }
}

/// Forgets threads that stood on this session alone: their words were said here. What a person had
/// merged into one of them stays together in the oldest of the rest. A thread that came up elsewhere
/// too has the same words there, and is written as there.
fn erase_threads(conn: &Connection, session: SessionId) -> Result<(), VaultError> {
    const ONLY_HERE: &str = "SELECT thread_id FROM thread_links WHERE session_id = ?1
         EXCEPT SELECT thread_id FROM thread_links WHERE session_id <> ?1 AND state = 'confirmed'";
    let uuid = session.uuid();
    let bytes = uuid.as_bytes();
    loop {
        let sql = format!(
            "SELECT t.merged_into, t.id FROM threads AS t WHERE t.merged_into IN ({ONLY_HERE})
             ORDER BY t.id IN ({ONLY_HERE}), t.created_at, t.id LIMIT 1"
        );
        let pair = |row: &Row<'_>| Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, [u8; 16]>(1)?));
        let Some((root, heir)) = column::row(conn, &sql, &[bytes], pair)? else {
            break;
        };
        column::execute(
            conn,
            "UPDATE threads SET merged_into = (SELECT merged_into FROM threads WHERE id = ?1)
             WHERE id = ?2",
            &[&root, &heir],
        )?;
        let sql = "UPDATE threads SET merged_into = ?2 WHERE merged_into = ?1";
        column::execute(conn, sql, &[&root, &heir])?;
    }
    column::execute(conn, &format!("DELETE FROM threads WHERE id IN ({ONLY_HERE})"), &[bytes])?;
    column::execute(
        conn,
        "UPDATE threads SET label = (
             SELECT e.label FROM thread_links AS l JOIN elements AS e ON e.id = l.element_id
             WHERE l.thread_id = threads.id AND l.session_id <> ?1 AND l.state = 'confirmed'
             ORDER BY l.at LIMIT 1)
         WHERE id IN (SELECT thread_id FROM thread_links WHERE session_id = ?1)
           AND EXISTS (SELECT 1 FROM thread_links AS l JOIN elements AS e ON e.id = l.element_id
                       WHERE l.thread_id = threads.id AND l.session_id <> ?1
                         AND l.state = 'confirmed')",
        &[bytes],
    )?;
    Ok(())
}

/// Removes the copies made before migrations: they hold what has been erased since.
fn remove_backups(dir: &Path) -> Result<(), VaultError> {
    for version in 0..migrate::newest() {
        remove_if_there(&migrate::backup_path(dir, version))?;
    }
    Ok(())
}

/// Moves the write-ahead log into the database and empties it.
pub(super) fn truncate_wal(conn: &Connection) -> Result<(), VaultError> {
    let busy: bool = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy { Err(VaultError::Busy) } else { Ok(()) }
}
