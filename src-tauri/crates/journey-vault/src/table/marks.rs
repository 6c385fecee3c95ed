//! What lists, calendars and counts show of a session, kept beside it as a person sees it, so that no
//! page has to look at every element for it.

use super::{
    column,
    overview::Feeling,
    search,
    threads::{self, Threads},
    transcripts::Transcripts,
};
use crate::VaultError;
use journey_domain::{element::Element, ids::SessionId, taxonomy::NodeId};
use rusqlite::Connection;
use std::collections::BTreeMap;

/// Keeps what is shown of a session, of which `shown` is what a person sees in its newest text.
pub(crate) fn keep(
    conn: &Connection,
    session: SessionId,
    outside_bin: bool,
    shown: &[Element],
) -> Result<(), VaultError> {
    let uuid = session.uuid();
    let id = uuid.as_bytes();
    let feeling = Feeling::strongest(shown.iter().filter_map(Feeling::of));
    column::execute(
        conn,
        "UPDATE session_marks
         SET n_elements = ?2, node = ?3, label = ?4, intensity = ?5, confidence = ?6
         WHERE session_id = ?1",
        &[
            id,
            &column::stored(shown.len()),
            &feeling.as_ref().map(|it| it.node.as_str()),
            &feeling.as_ref().map(|it| it.label.as_str()),
            &feeling.as_ref().and_then(|it| it.intensity).map(|it| it.get()),
            &feeling.as_ref().map(|it| it.confidence),
        ],
    )?;
    column::execute(conn, "DELETE FROM felt WHERE session_id = ?1", &[id])?;
    column::execute(conn, "DELETE FROM node_marks WHERE session_id = ?1", &[id])?;
    if outside_bin {
        let mut node = feeling.map(|it| it.node);
        while let Some(it) = node {
            let sql = "INSERT INTO felt (node, recorded_at, session_id)
                       SELECT ?2, recorded_at, id FROM sessions WHERE id = ?1";
            column::execute(conn, sql, &[id, &it.as_str()])?;
            node = it.parent();
        }
        let mut nodes: BTreeMap<&NodeId, usize> = BTreeMap::new();
        for node in shown.iter().filter_map(|it| it.taxonomy.as_ref()) {
            *nodes.entry(node).or_default() += 1;
        }
        for (node, n) in nodes {
            let sql = "INSERT INTO node_marks (session_id, node, n) VALUES (?1, ?2, ?3)";
            column::execute(conn, sql, &[id, &node.as_str(), &column::stored(n)])?;
        }
    }
    threads::mark(conn, session)?;
    Threads::new(conn).note_unwoven(session)
}

/// Whether there are sessions without marks.
pub(crate) fn any_missing(conn: &Connection) -> Result<bool, VaultError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM unmarked)";
    Ok(column::row(conn, sql, &[], |row| row.get(0))?.unwrap_or_default())
}

/// Makes the marks of those sessions. One that cannot be read stays without: it keeps neither the vault
/// shut nor others from theirs.
pub(crate) fn make_missing(conn: &Connection) -> Result<(), VaultError> {
    let sql = "SELECT m.session_id, s.deleted_at IS NULL FROM unmarked AS m
               JOIN sessions AS s ON s.id = m.session_id";
    let sessions = column::rows(conn, sql, &[], |row| {
        Ok((SessionId::new(column::uuid(row, 0)?), row.get::<_, bool>(1)?))
    })?;
    for (session, outside_bin) in sessions {
        let shown = Transcripts::new(conn)
            .newest_revision(session)
            .and_then(|revision| search::shown_in(conn, session, revision));
        match shown {
            Ok(shown) => {
                keep(conn, session, outside_bin, &shown)?;
                let sql = "DELETE FROM unmarked WHERE session_id = ?1";
                column::execute(conn, sql, &[session.uuid().as_bytes()])?;
            }
            Err(error) => {
                tracing::warn!(%error, "a session is listed without what was found in it");
            }
        }
    }
    Ok(())
}

/// Makes the marks of every session anew from the tables.
pub(crate) fn make_anew(conn: &Connection) -> Result<(), VaultError> {
    conn.execute_batch(
        "DELETE FROM session_marks;
         DELETE FROM felt;
         DELETE FROM node_marks;
         DELETE FROM node_counts;
         DELETE FROM thread_sightings;
         INSERT INTO session_marks (session_id, recorded_at, binned)
         SELECT id, recorded_at, deleted_at IS NOT NULL FROM sessions;
         INSERT OR IGNORE INTO unmarked (session_id) SELECT id FROM sessions;",
    )?;
    make_missing(conn)
}

#[cfg(test)]
mod tests;
