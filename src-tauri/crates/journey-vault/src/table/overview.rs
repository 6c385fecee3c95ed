//! What lists and calendars show of sessions, read without their transcripts, words and quotes.

use super::{
    column,
    corrections::Corrections,
    sessions::{Narrowed, Place, SessionFilter, Sessions, StoredSession, narrowing, newest_first},
    shown,
    taxonomy_edits::TaxonomyEdits,
};
use crate::{Page, VaultError};
use jiff::Timestamp;
use journey_domain::{
    element::{Element, ElementKind, Intensity},
    ids::{RunId, SessionId},
    session::Session,
    taxonomy::{NodeId, changes::Regrading},
};
use rusqlite::{Connection, ToSql};

/// Most characters of an opening; the table of them keeps as many.
pub const OPENING_CHARS: usize = 400;

/// How the newest transcript of a session begins.
const OPENING: &str = "SELECT text FROM openings WHERE session_id = ?1 AND revision = ?2";

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
    fn of(element: &Element) -> Option<Self> {
        let node = element.taxonomy.clone().filter(|_| element.kind == ElementKind::Emotion)?;
        Some(Self {
            node,
            label: element.label.clone(),
            intensity: element.intensity,
            confidence: element.confidence,
        })
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

/// Where a session's findings stand.
#[derive(Clone, Copy)]
struct Found {
    run: Option<RunId>,
    revision: Option<u32>,
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
        let regrading = TaxonomyEdits::new(self.conn).regrading()?;
        self.of(Sessions::new(self.conn).get(id)?, &regrading)
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
        let regrading = TaxonomyEdits::new(self.conn).regrading()?;
        let Page { items, next } = Sessions::new(self.conn).page(filter, limit, after)?;
        let items =
            items.into_iter().map(|it| self.of(it, &regrading)).collect::<Result<_, _>>()?;
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
        let after = after.map(Place::decode).transpose()?;
        let regrading = TaxonomyEdits::new(self.conn).regrading()?;
        let mut places: Vec<(Place, SessionId)> = self
            .feelings(filter)?
            .into_iter()
            .filter(|it| it.feeling.as_ref().is_some_and(|f| f.node.is_within(node)))
            .map(|it| (Place::new(it.recorded_at, it.session), it.session))
            .collect();
        let n_in_all = places.len();
        places.retain(|(place, _)| after.is_none_or(|after| *place < after));
        let more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| more).map(|(place, _)| place.encode());
        let items = places
            .into_iter()
            .map(|(_, id)| self.of(Sessions::new(self.conn).get(id)?, &regrading))
            .collect::<Result<_, _>>()?;
        Ok((Page { items, next }, n_in_all))
    }

    /// The strongest feeling of each session that a filter lets through, newest first. Costs what
    /// the feelings cost, whatever else was said and found.
    ///
    /// # Errors
    /// The database's failure.
    pub fn feelings(&self, filter: &SessionFilter) -> Result<Vec<Felt>, VaultError> {
        let regrading = TaxonomyEdits::new(self.conn).regrading()?;
        let corrected = Corrections::new(self.conn).sessions()?;
        let sql = feelings_sql(filter.tag.is_some(), filter.favourites, regrading.needs_words());
        let narrowed = Narrowed::by(filter);
        let params: Vec<&dyn ToSql> = narrowed.params().collect();
        let mut felt: Vec<(Felt, Found)> = Vec::new();
        let mut strongest_key = i64::MAX;
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query(params.as_slice())?;
        while let Some(row) = rows.next()? {
            let session = SessionId::new(column::uuid(row, 0)?);
            if felt.last().is_none_or(|(it, _)| it.session != session) {
                let recorded_at = column::time(row, 1)?;
                let found = Found {
                    run: column::uuid_opt(row, 2)?.map(RunId::new),
                    revision: column::count_opt(row, 3)?,
                };
                felt.push((Felt { session, recorded_at, feeling: None }, found));
            }
            let Some((Felt { feeling: strongest, .. }, _)) = felt.last_mut() else { continue };
            let (key, node): (Option<i64>, Option<String>) = (row.get(4)?, row.get(6)?);
            let (Some(key), Some(node)) = (key, node) else { continue };
            let label: String = row.get(5)?;
            let quotes: Option<String> = row.get(9)?;
            let said = || quotes.iter().flat_map(|q| q.lines());
            let (node, label) =
                regrading.place(ElementKind::Emotion, &NodeId::new(node), &label, said);
            let intensity: Option<u8> = row.get(7)?;
            let it = Feeling {
                node,
                label,
                intensity: intensity.map(|number| Intensity::clamped(number.into())),
                confidence: row.get(8)?,
            };
            let is_first = |best: &Feeling| !best.is_stronger_than(&it) && key < strongest_key;
            if strongest.as_ref().is_none_or(|best| it.is_stronger_than(best) || is_first(best)) {
                (*strongest, strongest_key) = (Some(it), key);
            }
        }
        drop(rows);
        drop(statement);
        felt.into_iter()
            .map(|(mut it, found)| {
                if corrected.contains(&it.session) {
                    let elements = self.elements(it.session, found, &regrading)?;
                    it.feeling = Feeling::strongest(elements.iter().filter_map(Feeling::of));
                }
                Ok(it)
            })
            .collect()
    }

    fn of(
        &self,
        stored: StoredSession,
        regrading: &Regrading,
    ) -> Result<SessionOverview, VaultError> {
        let StoredSession { session, run, revision, .. } = stored;
        let elements = self.elements(session.id, Found { run, revision }, regrading)?;
        let opening = match revision {
            None => None,
            Some(revision) => column::row(
                self.conn,
                OPENING,
                &[session.id.uuid().as_bytes(), &revision],
                |row| row.get(0),
            )?,
        };
        Ok(SessionOverview {
            opening: opening.unwrap_or_default(),
            n_elements: elements.len(),
            feeling: Feeling::strongest(elements.iter().filter_map(Feeling::of)),
            session,
        })
    }

    /// Without their evidence.
    fn elements(
        &self,
        session: SessionId,
        found: Found,
        regrading: &Regrading,
    ) -> Result<Vec<Element>, VaultError> {
        match (found.run, found.revision) {
            (Some(run), Some(revision)) => {
                shown::outlines(self.conn, session, regrading, run, revision)
            }
            _ => Ok(Vec::new()),
        }
    }
}

/// Sessions with each emotion that stands in the newest transcript, or with none.
fn feelings_sql(tagged: bool, favourites: bool, with_quotes: bool) -> String {
    let quotes = if with_quotes {
        "(SELECT group_concat(v.quote, char(10)) FROM evidence AS v
          WHERE v.element_key = e.key AND v.revision = t.revision)"
    } else {
        "NULL"
    };
    let joins = "
         LEFT JOIN transcripts AS t ON t.session_id = s.id AND t.revision =
             (SELECT max(revision) FROM transcripts WHERE session_id = s.id)
         LEFT JOIN accepted_runs AS a ON a.session_id = s.id
         LEFT JOIN runs AS r ON r.id = a.run_id
         LEFT JOIN elements AS e ON e.run_id = r.id AND e.kind = 'emotion'
             AND (r.transcript_revision = t.revision OR EXISTS (
                 SELECT 1 FROM evidence AS v
                 WHERE v.element_key = e.key AND v.revision = t.revision))";
    let (narrowing, order) = (narrowing(tagged, favourites, joins), newest_first(tagged));
    format!(
        "SELECT s.id, s.recorded_at, r.id, t.revision, e.key, e.label, e.taxonomy, e.intensity,
             e.confidence, {quotes} {narrowing} {order}"
    )
}

#[cfg(test)]
mod tests;
