//! What stands in the index, and how it is kept true.

use crate::{
    VaultError,
    table::{
        column,
        corrections::{Corrections, corrected},
        elements::Elements,
        runs::Runs,
        transcripts::Transcripts,
    },
};
use jiff::Timestamp;
use journey_domain::{element::Element, ids::SessionId};
use rusqlite::Connection;

/// Ids of one second: the lower bits of an id.
const IDS_PER_SECOND: i64 = 1 << 24;

/// The lowest id of what was said at `time`. The greatest time that jiff knows still fits.
pub(super) fn first_id(time: Timestamp) -> i64 {
    time.as_microsecond().div_euclid(1_000_000).saturating_mul(IDS_PER_SECOND)
}

/// Takes a session out of the index, lets `change` happen, and puts what can be found then in.
///
/// The index needs the old words to take them out, so every change of what can be found goes
/// through here.
pub(crate) fn reindexed<T>(
    conn: &Connection,
    session: SessionId,
    change: impl FnOnce() -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    unindex(conn, session)?;
    let value = change()?;
    index(conn, session)?;
    Ok(value)
}

/// Takes a session out of the index.
pub(crate) fn unindex(conn: &Connection, session: SessionId) -> Result<(), VaultError> {
    column::execute(
        conn,
        "INSERT INTO findable_index (findable_index, rowid, kind, text)
         SELECT 'delete', id, kind, text FROM findable_texts WHERE session_id = ?1",
        &[session.uuid().as_bytes()],
    )?;
    let sql = "DELETE FROM findables WHERE session_id = ?1";
    column::execute(conn, sql, &[session.uuid().as_bytes()])?;
    Ok(())
}

fn index(conn: &Connection, session: SessionId) -> Result<(), VaultError> {
    let sql = "SELECT recorded_at FROM sessions WHERE id = ?1 AND deleted_at IS NULL";
    let Some(recorded_at) =
        column::row(conn, sql, &[session.uuid().as_bytes()], |row| column::time(row, 0))?
    else {
        return Ok(());
    };
    let revision = Transcripts::new(conn).newest_revision(session)?;
    if revision == 0 {
        return Ok(());
    }
    let first = first_id(recorded_at);
    let sql = "SELECT max(id) FROM findables WHERE id BETWEEN ?1 AND ?2";
    let last: Option<i64> =
        column::row(conn, sql, &[&first, &(first + (IDS_PER_SECOND - 1))], |row| row.get(0))?
            .flatten();
    let mut id = last.map_or(first, |last| last + 1);
    let mut insert = |kind: &str, element: Option<&Element>| {
        column::execute(
            conn,
            "INSERT INTO findables (id, session_id, kind, revision, element_id, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                &id,
                session.uuid().as_bytes(),
                &kind,
                &revision,
                &element.map(|it| *it.id.uuid().as_bytes()),
                &element.map(findable_text),
            ],
        )?;
        id += 1;
        Ok::<_, VaultError>(())
    };
    insert("transcript", None)?;
    if let Some(run) = Runs::new(conn).accepted(session)? {
        let elements = Elements::new(conn).of_run(run, revision)?;
        let corrections = Corrections::new(conn).of_session(session)?;
        for element in &corrected(elements, Vec::new(), corrections).0 {
            insert(element.kind.as_str(), Some(element))?;
        }
    }
    column::execute(
        conn,
        "INSERT INTO findable_index (rowid, kind, text)
         SELECT id, kind, text FROM findable_texts WHERE session_id = ?1",
        &[session.uuid().as_bytes()],
    )?;
    Ok(())
}

/// The label, then the quotes, a line each.
fn findable_text(element: &Element) -> String {
    let mut text = one_line(&element.label);
    for evidence in &element.evidence {
        text.push('\n');
        text.push_str(&one_line(&evidence.quote));
    }
    text
}

/// Line breaks become spaces, so that lines tell label and quotes apart and offsets stay.
fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

/// Whether the index says exactly what the tables say.
pub(crate) fn check(conn: &Connection) -> Result<bool, VaultError> {
    let sql = "INSERT INTO findable_index (findable_index, rank) VALUES ('integrity-check', 1)";
    match column::execute(conn, sql, &[]) {
        Ok(_) => Ok(true),
        Err(VaultError::Damaged) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes the index anew from the tables.
pub(crate) fn rebuild(conn: &Connection) -> Result<(), VaultError> {
    // Written anew rather than trusted: a damaged index may refuse to take words out.
    conn.execute_batch(
        "DELETE FROM findables;
         INSERT INTO findable_index (findable_index) VALUES ('rebuild');",
    )?;
    let sql = "SELECT id FROM sessions WHERE deleted_at IS NULL";
    let sessions = column::rows(conn, sql, &[], |row| column::uuid(row, 0))?;
    for session in sessions {
        index(conn, SessionId::new(session))?;
    }
    Ok(())
}
