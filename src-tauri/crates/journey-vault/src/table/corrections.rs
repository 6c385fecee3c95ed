//! A person's word against a run's: it holds for every later run that finds the element again.

use super::{column, elements::Elements, search};
use crate::VaultError;
use jiff::Timestamp;
use journey_domain::{
    element::{ActionStatus, Element, ElementKind, Relationship},
    ids::{ElementId, RunId, SessionId},
    ports::Clock,
    taxonomy::NodeId,
    text::CharSpan,
};
use rusqlite::{Connection, Row, types::Type};
use std::{
    collections::{HashMap, HashSet},
    ops::Deref,
};

/// What a person says about an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Correction {
    /// It is of another kind or has another label.
    Relabel {
        /// The right kind.
        kind: ElementKind,
        /// The right label.
        label: String,
        /// The right node, for emotions and topics.
        taxonomy: Option<NodeId>,
    },
    /// It is not there.
    Delete,
    /// It is there, but is not the speaker's.
    NotMe,
    /// Where an action stands now.
    Status(ActionStatus),
}

impl Correction {
    const fn word(&self) -> &'static str {
        match self {
            Self::Relabel { .. } => "relabel",
            Self::Delete => "delete",
            Self::NotMe => "not_me",
            Self::Status(_) => "status",
        }
    }
}

/// What the element was when it was corrected, to find it again where its id is lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Original {
    /// The run that had found it.
    pub run: RunId,
    /// In which revision of the transcript.
    pub revision: u32,
    /// Its kind.
    pub kind: ElementKind,
    /// Its label.
    pub label: String,
    /// Its node.
    pub taxonomy: Option<NodeId>,
    /// Its strongest evidence: where.
    pub span: CharSpan,
    /// Its strongest evidence: the words.
    pub quote: String,
}

/// A correction as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredCorrection {
    /// Counts up; a later correction of the same sort holds.
    pub number: i64,
    /// Whose session.
    pub session: SessionId,
    /// Which element.
    pub element: ElementId,
    /// What the person said.
    pub correction: Correction,
    /// What was there before.
    pub original: Original,
    /// When.
    pub at: Timestamp,
}

const COLUMNS: &str = "id, session_id, element_id, change, kind, label, taxonomy, status, \
     original_run, original_revision, original_kind, original_label, original_taxonomy, \
     original_start, original_end, original_quote, at";

/// A change that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown correction")]
struct UnknownChange;

fn read(row: &Row<'_>) -> rusqlite::Result<StoredCorrection> {
    let correction = match row.get_ref(3)?.as_str()? {
        "relabel" => Correction::Relabel {
            kind: column::word(row, 4)?,
            label: row.get(5)?,
            taxonomy: row.get::<_, Option<String>>(6)?.map(NodeId::new),
        },
        "delete" => Correction::Delete,
        "not_me" => Correction::NotMe,
        "status" => Correction::Status(column::word(row, 7)?),
        _ => {
            let error = Box::new(UnknownChange);
            return Err(rusqlite::Error::FromSqlConversionFailure(3, Type::Text, error));
        }
    };
    Ok(StoredCorrection {
        number: row.get(0)?,
        session: SessionId::new(column::uuid(row, 1)?),
        element: ElementId::new(column::uuid(row, 2)?),
        correction,
        original: Original {
            run: RunId::new(column::uuid(row, 8)?),
            revision: column::count(row, 9)?,
            kind: column::word(row, 10)?,
            label: row.get(11)?,
            taxonomy: row.get::<_, Option<String>>(12)?.map(NodeId::new),
            span: CharSpan { start: column::count(row, 13)?, end: column::count(row, 14)? },
            quote: row.get(15)?,
        },
        at: column::time(row, 16)?,
    })
}

/// Reads corrections.
#[derive(Clone, Copy)]
pub struct Corrections<'c> {
    conn: &'c Connection,
}

impl<'c> Corrections<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// The corrections of a session that hold, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of_session(&self, session: SessionId) -> Result<Vec<StoredCorrection>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM corrections WHERE session_id = ?1 AND undone_at IS NULL
             ORDER BY id"
        );
        column::rows(self.conn, &sql, &[session.uuid().as_bytes()], read)
    }
}

/// Writes corrections.
#[derive(Clone, Copy)]
pub struct CorrectionsMut<'c> {
    read: Corrections<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for CorrectionsMut<'c> {
    type Target = Corrections<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> CorrectionsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: Corrections::new(conn), clock }
    }

    /// Adds a correction with its provenance, brings search up to date, and gives its number.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] without such an element, or the database's failure.
    pub fn add(&self, element: ElementId, correction: &Correction) -> Result<i64, VaultError> {
        let elements = Elements::new(self.conn);
        let place = elements.place(element)?;
        let original = self.original(element, place.run)?;
        let (kind, label, taxonomy) = match correction {
            Correction::Relabel { kind, label, taxonomy } => {
                (Some(kind.as_str()), Some(label), taxonomy.as_ref().map(NodeId::as_str))
            }
            _ => (None, None, None),
        };
        let status = match correction {
            Correction::Status(status) => Some(status.as_str()),
            _ => None,
        };
        column::execute(
            self.conn,
            "INSERT INTO corrections (session_id, element_id, change, kind, label, taxonomy,
                 status, original_run, original_revision, original_kind, original_label,
                 original_taxonomy, original_start, original_end, original_quote, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            &[
                place.session.uuid().as_bytes(),
                element.uuid().as_bytes(),
                &correction.word(),
                &kind,
                &label,
                &taxonomy,
                &status,
                original.run.uuid().as_bytes(),
                &original.revision,
                &original.kind.as_str(),
                &original.label,
                &original.taxonomy.as_ref().map(NodeId::as_str),
                &column::stored(original.span.start),
                &column::stored(original.span.end),
                &original.quote,
                &column::micros(self.clock.now()),
            ],
        )?;
        let number = self.conn.last_insert_rowid();
        search::refresh(self.conn, place.session)?;
        Ok(number)
    }

    /// Takes one correction back and brings search up to date.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn undo(&self, number: i64) -> Result<(), VaultError> {
        let sql = "SELECT session_id FROM corrections WHERE id = ?1 AND undone_at IS NULL";
        let session = column::row(self.conn, sql, &[&number], |row| column::uuid(row, 0))?
            .map(SessionId::new)
            .ok_or(VaultError::NotFound("correction"))?;
        let sql = "UPDATE corrections SET undone_at = ?2 WHERE id = ?1";
        column::execute(self.conn, sql, &[&number, &column::micros(self.clock.now())])?;
        search::refresh(self.conn, session)
    }

    fn original(&self, element: ElementId, run: RunId) -> Result<Original, VaultError> {
        column::row(
            self.conn,
            "SELECT v.revision, e.kind, e.label, e.taxonomy, v.start, v.end, v.quote
             FROM elements AS e JOIN evidence AS v ON v.element_key = e.key
             WHERE e.run_id = ?1 AND e.id = ?2
             ORDER BY v.revision DESC, v.position LIMIT 1",
            &[run.uuid().as_bytes(), element.uuid().as_bytes()],
            |row| {
                Ok(Original {
                    run,
                    revision: column::count(row, 0)?,
                    kind: column::word(row, 1)?,
                    label: row.get(2)?,
                    taxonomy: row.get::<_, Option<String>>(3)?.map(NodeId::new),
                    span: CharSpan { start: column::count(row, 4)?, end: column::count(row, 5)? },
                    quote: row.get(6)?,
                })
            },
        )?
        .ok_or(VaultError::NotFound("element"))
    }
}

/// What only another kind has goes; an action that nobody spoke of again is open.
fn fit_to_kind(element: &mut Element) {
    if element.kind != ElementKind::Emotion {
        element.intensity = None;
    }
    if element.kind != ElementKind::Belief {
        element.stance = None;
    }
    if element.kind == ElementKind::Action {
        element.status.get_or_insert(ActionStatus::Open);
    } else {
        (element.status, element.due) = (None, None);
    }
}

/// Elements and relationships as the person sees them: relabelled, without what was deleted or is
/// not the speaker's, and without links to those.
pub(crate) fn corrected(
    elements: Vec<Element>,
    relationships: Vec<Relationship>,
    corrections: Vec<StoredCorrection>,
) -> (Vec<Element>, Vec<Relationship>) {
    let mut by_element: HashMap<ElementId, Vec<Correction>> = HashMap::new();
    for it in corrections {
        by_element.entry(it.element).or_default().push(it.correction);
    }
    let elements: Vec<Element> = elements
        .into_iter()
        .filter_map(|mut element| {
            for correction in by_element.remove(&element.id).unwrap_or_default() {
                element.corrected = true;
                match correction {
                    Correction::Relabel { kind, label, taxonomy } => {
                        (element.kind, element.label, element.taxonomy) = (kind, label, taxonomy);
                        fit_to_kind(&mut element);
                    }
                    Correction::Status(status) => element.status = Some(status),
                    Correction::Delete | Correction::NotMe => return None,
                }
            }
            Some(element)
        })
        .collect();
    let kept: HashSet<ElementId> = elements.iter().map(|element| element.id).collect();
    let mut relationships = relationships;
    relationships.retain(|it| kept.contains(&it.from) && kept.contains(&it.to));
    (elements, relationships)
}
