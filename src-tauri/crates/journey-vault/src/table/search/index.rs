//! What stands in the index, and how it is kept true.

use crate::{
    VaultError,
    table::{column, marks, runs::Runs, shown, transcripts::Transcripts},
};
use jiff::Timestamp;
use journey_domain::{element::Element, ids::SessionId};
use rusqlite::Connection;
use std::collections::HashSet;

/// Ids of one second: the lower bits of an id.
const IDS_PER_SECOND: i64 = 1 << 24;

/// The lowest id of what was said at `time`. The greatest time that jiff knows still fits.
pub(super) fn first_id(time: Timestamp) -> i64 {
    time.as_microsecond().div_euclid(1_000_000).saturating_mul(IDS_PER_SECOND)
}

/// What can be found of a session, without the transcript's text.
#[derive(PartialEq, Eq, Hash)]
struct Findable {
    kind: String,
    /// Tells one transcript from another; elements are told apart by their text.
    revision: Option<u32>,
    element: Option<[u8; 16]>,
    text: Option<String>,
}

/// Brings the index and the session's marks up to date with the tables, touching only what changed.
///
/// To be called after every change of what can be found. The words that have to be taken out are
/// still known then: an element's are kept with its row here, and a transcript never changes.
pub(crate) fn refresh(conn: &Connection, session: SessionId) -> Result<(), VaultError> {
    let revision = Transcripts::new(conn).newest_revision(session)?;
    let shown = shown_in(conn, session, revision)?;
    let mut missing: Vec<Findable> = Vec::new();
    let recorded_at = column::row(
        conn,
        "SELECT recorded_at FROM sessions WHERE id = ?1 AND deleted_at IS NULL",
        &[session.uuid().as_bytes()],
        |row| column::time(row, 0),
    )?;
    marks::keep(conn, session, recorded_at.is_some(), &shown)?;
    if recorded_at.is_some() && revision > 0 {
        missing = wanted(&shown, revision);
    }
    let present = column::rows(
        conn,
        "SELECT id, kind, revision, element_id, text FROM findables WHERE session_id = ?1",
        &[session.uuid().as_bytes()],
        |row| {
            let element: Option<[u8; 16]> = row.get(3)?;
            let revision = if element.is_none() { Some(row.get(2)?) } else { None };
            let findable = Findable { kind: row.get(1)?, revision, element, text: row.get(4)? };
            Ok((row.get::<_, i64>(0)?, findable))
        },
    )?;
    let kept: HashSet<&Findable> = missing.iter().collect();
    let gone: Vec<i64> =
        present.iter().filter(|(_, it)| !kept.contains(it)).map(|(id, _)| *id).collect();
    let present: HashSet<Findable> = present.into_iter().map(|(_, it)| it).collect();
    missing.retain(|it| !present.contains(it));
    for id in gone {
        remove(conn, id)?;
    }
    if let Some(recorded_at) = recorded_at {
        add(conn, session, revision, first_id(recorded_at), &missing)?;
    }
    let sql = "UPDATE findables SET revision = ?2 WHERE session_id = ?1 AND revision <> ?2";
    column::execute(conn, sql, &[session.uuid().as_bytes(), &revision])?;
    Ok(())
}

/// What a person sees in the newest text of a session.
pub(crate) fn shown_in(
    conn: &Connection,
    session: SessionId,
    revision: u32,
) -> Result<Vec<Element>, VaultError> {
    match Runs::new(conn).accepted(session)? {
        Some(run) if revision > 0 => shown::elements(conn, session, run, revision),
        _ => Ok(Vec::new()),
    }
}

/// What ought to be found: the newest transcript and the elements that hold.
fn wanted(shown: &[Element], revision: u32) -> Vec<Findable> {
    let transcript =
        Findable { kind: "transcript".into(), revision: Some(revision), element: None, text: None };
    let elements = shown.iter().map(|element| Findable {
        kind: element.kind.as_str().to_owned(),
        revision: None,
        element: Some(*element.id.uuid().as_bytes()),
        text: Some(findable_text(element)),
    });
    [transcript].into_iter().chain(elements).collect()
}

fn add(
    conn: &Connection,
    session: SessionId,
    revision: u32,
    first: i64,
    findables: &[Findable],
) -> Result<(), VaultError> {
    let sql = "SELECT max(id) FROM findables WHERE id BETWEEN ?1 AND ?2";
    let last: Option<i64> =
        column::row(conn, sql, &[&first, &(first + (IDS_PER_SECOND - 1))], |row| row.get(0))?
            .flatten();
    let next = last.map_or(first, |last| last + 1);
    for (id, findable) in (next..).zip(findables) {
        column::execute(
            conn,
            "INSERT INTO findables (id, session_id, kind, revision, element_id, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                &id,
                session.uuid().as_bytes(),
                &findable.kind,
                &revision,
                &findable.element,
                &findable.text,
            ],
        )?;
        column::execute(
            conn,
            "INSERT INTO findable_index (rowid, kind, text)
             SELECT id, kind, text FROM findable_texts WHERE id = ?1",
            &[&id],
        )?;
    }
    Ok(())
}

fn remove(conn: &Connection, id: i64) -> Result<(), VaultError> {
    column::execute(
        conn,
        "INSERT INTO findable_index (findable_index, rowid, kind, text)
         SELECT 'delete', id, kind, text FROM findable_texts WHERE id = ?1",
        &[&id],
    )?;
    column::execute(conn, "DELETE FROM findables WHERE id = ?1", &[&id])?;
    Ok(())
}

/// Takes a session out of the index, before its rows go.
pub(crate) fn unindex(conn: &Connection, session: SessionId) -> Result<(), VaultError> {
    let sql = "SELECT id FROM findables WHERE session_id = ?1";
    let ids: Vec<i64> = column::rows(conn, sql, &[session.uuid().as_bytes()], |row| row.get(0))?;
    ids.into_iter().try_for_each(|id| remove(conn, id))
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

/// Makes the index and all marks anew from the tables. A session that cannot be read is not found.
pub(crate) fn rebuild(conn: &Connection) -> Result<(), VaultError> {
    // Written anew rather than trusted: a damaged index may refuse to take words out.
    conn.execute_batch(
        "DELETE FROM findables;
         INSERT INTO findable_index (findable_index) VALUES ('rebuild');",
    )?;
    marks::make_anew(conn)?;
    let sql = "SELECT id FROM sessions WHERE deleted_at IS NULL
               AND id NOT IN (SELECT session_id FROM unmarked)";
    let sessions = column::rows(conn, sql, &[], |row| column::uuid(row, 0))?;
    for session in sessions {
        refresh(conn, SessionId::new(session))?;
    }
    Ok(())
}
