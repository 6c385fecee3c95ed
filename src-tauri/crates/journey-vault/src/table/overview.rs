//! What lists and calendars show of sessions, read without their transcripts, words and quotes.

use super::{
    column,
    sessions::{Narrowed, Place, SessionFilter, Sessions, StoredSession},
};
use crate::{Page, VaultError};
use jiff::Timestamp;
use journey_domain::{
    element::{Element, ElementKind, Intensity},
    ids::SessionId,
    session::Session,
    taxonomy::NodeId,
};
use rusqlite::{Connection, Row, ToSql};

/// Most characters of an opening; the table of them keeps as many.
pub const OPENING_CHARS: usize = 400;

/// How the newest transcript of a session begins, and what is kept of its findings.
const OUTLINE: &str = "SELECT m.n_elements, m.node, m.label, m.intensity, m.confidence, o.text
     FROM session_marks AS m
     LEFT JOIN openings AS o ON o.session_id = m.session_id AND o.revision = ?2
     WHERE m.session_id = ?1";

/// The strongest feeling of each session between two moments, newest first.
const FEELINGS: &str = "SELECT session_id, recorded_at, node, label, intensity, confidence
     FROM session_marks
     WHERE binned = 0 AND recorded_at >= ?1 AND recorded_at < ?2
     ORDER BY recorded_at DESC, session_id DESC";

/// A session as a list shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionOverview {
    /// The session.
    pub session: Session,
    /// The first [`OPENING_CHARS`] characters of the newest transcript; empty without one.
    pub opening: String,
    /// How many elements a person sees in it.
    pub n_elements: usize,
    /// Its strongest feeling.
    pub feeling: Option<Feeling>,
}

/// A feeling as a person sees it: after corrections and changes to the taxonomies.
#[derive(Clone, Debug, PartialEq)]
pub struct Feeling {
    /// Its node.
    pub node: NodeId,
    /// Its name.
    pub label: String,
    /// How strong.
    pub intensity: Option<Intensity>,
    /// 0 to 1.
    pub confidence: f32,
}

impl Feeling {
    pub(crate) fn of(element: &Element) -> Option<Self> {
        let node = element.taxonomy.clone().filter(|_| element.kind == ElementKind::Emotion)?;
        Some(Self {
            node,
            label: element.label.clone(),
            intensity: element.intensity,
            confidence: element.confidence,
        })
    }

    /// From four columns: node, label, intensity, confidence.
    fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Self>> {
        let Some(node) = row.get::<_, Option<String>>(first)? else { return Ok(None) };
        let intensity: Option<u8> = row.get(first + 2)?;
        Ok(Some(Self {
            node: NodeId::new(node),
            label: row.get(first + 1)?,
            intensity: intensity.map(|number| Intensity::clamped(number.into())),
            confidence: row.get(first + 3)?,
        }))
    }

    /// Whether it is more intense or, equally intense, surer.
    #[must_use]
    pub fn is_stronger_than(&self, other: &Self) -> bool {
        (self.intensity, self.confidence) > (other.intensity, other.confidence)
    }

    /// The strongest; the first of equals.
    #[must_use]
    pub fn strongest(feelings: impl Iterator<Item = Self>) -> Option<Self> {
        feelings.reduce(|best, it| if it.is_stronger_than(&best) { it } else { best })
    }
}

/// When a session was said, and what was felt most in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Felt {
    /// The session.
    pub session: SessionId,
    /// When it was said.
    pub recorded_at: Timestamp,
    /// Its strongest feeling.
    pub feeling: Option<Feeling>,
}

/// Reads what lists show.
#[derive(Clone, Copy)]
pub struct Overviews<'c> {
    conn: &'c Connection,
}

impl<'c> Overviews<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// One session, also one in the bin.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn get(&self, id: SessionId) -> Result<SessionOverview, VaultError> {
        self.of(Sessions::new(self.conn).get(id)?)
    }

    /// A page of sessions outside the bin, newest first.
    ///
    /// # Errors
    /// [`VaultError::BadCursor`], or the database's failure.
    pub fn list(
        &self,
        filter: &SessionFilter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<SessionOverview>, VaultError> {
        let Page { items, next } = Sessions::new(self.conn).page(filter, limit, after)?;
        let items = items.into_iter().map(|it| self.of(it)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    /// A page of those whose strongest feeling stands at a node or below it, and how many there are
    /// on all pages.
    ///
    /// # Errors
    /// [`VaultError::BadCursor`], or the database's failure.
    pub fn list_felt(
        &self,
        filter: &SessionFilter,
        node: &NodeId,
        limit: usize,
        after: Option<&str>,
    ) -> Result<(Page<SessionOverview>, usize), VaultError> {
        let mut narrowed = Narrowed::by(filter);
        let node = node.as_str();
        let wanted = column::stored(limit + 1);
        let count = felt_sql("count(*)", filter.tag.is_some(), filter.favourites);
        let mut params: Vec<&dyn ToSql> = vec![&node];
        params.extend(narrowed.params());
        let n_in_all = column::row(self.conn, &count, &params, |row| column::count(row, 0))?;
        if let Some(after) = after {
            narrowed.go_on_after(Place::decode(after)?);
        }
        let mut params: Vec<&dyn ToSql> = vec![&node];
        params.extend(narrowed.params());
        params.push(&wanted);
        let sql = felt_page_sql(filter.tag.is_some(), filter.favourites);
        let mut places = column::rows(self.conn, &sql, &params, |row| {
            let session = SessionId::new(column::uuid(row, 0)?);
            Ok((Place::new(column::time(row, 1)?, session), session))
        })?;
        let more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| more).map(|(place, _)| place.encode());
        let items = places.into_iter().map(|(_, id)| self.get(id)).collect::<Result<_, _>>()?;
        Ok((Page { items, next }, n_in_all.unwrap_or_default()))
    }

    /// The strongest feeling of each session outside the bin between two moments (the first one in,
    /// the second one out), newest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn feelings(&self, from: Timestamp, before: Timestamp) -> Result<Vec<Felt>, VaultError> {
        let params: [&dyn ToSql; 2] = [&column::micros(from), &column::micros(before)];
        column::rows(self.conn, FEELINGS, &params, |row| {
            Ok(Felt {
                session: SessionId::new(column::uuid(row, 0)?),
                recorded_at: column::time(row, 1)?,
                feeling: Feeling::read(row, 2)?,
            })
        })
    }

    fn of(&self, stored: StoredSession) -> Result<SessionOverview, VaultError> {
        let StoredSession { session, revision, .. } = stored;
        let outline =
            column::row(self.conn, OUTLINE, &[session.id.uuid().as_bytes(), &revision], |row| {
                let n_elements = column::count(row, 0)?;
                Ok((n_elements, Feeling::read(row, 1)?, row.get::<_, Option<String>>(5)?))
            })?;
        let (n_elements, feeling, opening) = outline.unwrap_or_default();
        Ok(SessionOverview { opening: opening.unwrap_or_default(), n_elements, feeling, session })
    }
}

/// Sessions felt at node ?1, as [`narrowing`](super::sessions) narrows them: said from ?2 on, before
/// the place (?3, ?4), with the tag ?5.
fn felt_sql(columns: &str, tagged: bool, favourites: bool) -> String {
    let mut joins = String::new();
    if tagged {
        joins.push_str(" CROSS JOIN tags AS g ON g.session_id = f.session_id AND g.folded = ?5");
    }
    if favourites {
        joins.push_str(" CROSS JOIN sessions AS s ON s.id = f.session_id AND s.favourite = 1");
    }
    format!(
        "SELECT {columns} FROM felt AS f {joins}
         WHERE f.node = ?1 AND f.recorded_at >= ?2 AND (f.recorded_at, f.session_id) < (?3, ?4)"
    )
}

/// A page of them.
fn felt_page_sql(tagged: bool, favourites: bool) -> String {
    let sql = felt_sql("f.session_id, f.recorded_at", tagged, favourites);
    let limit = if tagged { "?6" } else { "?5" };
    format!("{sql} ORDER BY f.recorded_at DESC, f.session_id DESC LIMIT {limit}")
}

#[cfg(test)]
mod tests;
