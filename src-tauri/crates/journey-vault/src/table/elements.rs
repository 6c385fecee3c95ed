//! Elements, their evidence and the relationships between them, as runs found them.

use super::column;
use crate::VaultError;
use journey_domain::{
    element::{Element, Evidence, Intensity, Relationship},
    ids::{ElementId, RelationshipId, RunId, SessionId},
    taxonomy::NodeId,
    text::{CharSpan, IndexedText},
    transcript::TimeSpan,
};
use rusqlite::{Connection, Row};
use std::{collections::HashMap, ops::Deref};

/// Where an element stands: its session and the newest run that found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementPlace {
    /// The element.
    pub element: ElementId,
    /// Its session.
    pub session: SessionId,
    /// The accepted run if that found it, else the newest that did.
    pub run: RunId,
}

fn read_element(row: &Row<'_>) -> rusqlite::Result<(i64, Element)> {
    let intensity: Option<u8> = row.get(6)?;
    let due: Option<String> = row.get(10)?;
    let element = Element {
        id: ElementId::new(column::uuid(row, 1)?),
        run: RunId::new(column::uuid(row, 2)?),
        kind: column::word(row, 3)?,
        label: row.get(4)?,
        taxonomy: row.get::<_, Option<String>>(5)?.map(NodeId::new),
        intensity: intensity.map(|number| Intensity::clamped(number.into())),
        confidence: row.get(7)?,
        stance: column::word_opt(row, 8)?,
        status: column::word_opt(row, 9)?,
        due: due.and_then(|text| text.parse().ok()),
        evidence: Vec::new(),
        corrected: false,
        found_by: row.get(11)?,
    };
    Ok((row.get(0)?, element))
}

fn read_relationship(row: &Row<'_>) -> rusqlite::Result<(i64, Relationship)> {
    let relationship = Relationship {
        id: RelationshipId::new(column::uuid(row, 1)?),
        run: RunId::new(column::uuid(row, 2)?),
        from: ElementId::new(column::uuid(row, 3)?),
        to: ElementId::new(column::uuid(row, 4)?),
        kind: column::word(row, 5)?,
        confidence: row.get(6)?,
        evidence: Vec::new(),
    };
    Ok((row.get(0)?, relationship))
}

fn read_evidence(row: &Row<'_>) -> rusqlite::Result<(i64, Evidence)> {
    let time = match (column::count_opt(row, 4)?, column::count_opt(row, 5)?) {
        (Some(start_ms), Some(end_ms)) => Some(TimeSpan { start_ms, end_ms }),
        _ => None,
    };
    let evidence = Evidence {
        span: CharSpan { start: column::count(row, 1)?, end: column::count(row, 2)? },
        quote: row.get(3)?,
        time,
        state: column::word(row, 6)?,
    };
    Ok((row.get(0)?, evidence))
}

fn by_key(rows: Vec<(i64, Evidence)>) -> HashMap<i64, Vec<Evidence>> {
    let mut grouped: HashMap<i64, Vec<Evidence>> = HashMap::new();
    for (key, evidence) in rows {
        grouped.entry(key).or_default().push(evidence);
    }
    grouped
}

/// What run ?1 found has evidence in the revision that it read, and after an edit of the transcript
/// some of it in revision ?2 too.
pub(crate) const OUTLINES: &str = "SELECT e.key, e.id, e.run_id, e.kind, e.label, e.taxonomy,
         e.intensity, e.confidence, e.stance, e.status, e.due, e.found_by
     FROM runs AS r CROSS JOIN elements AS e ON e.run_id = r.id
     WHERE r.id = ?1 AND (r.transcript_revision = ?2 OR EXISTS (
         SELECT 1 FROM evidence AS v WHERE v.element_key = e.key AND v.revision = ?2))
     ORDER BY e.key";

/// What is kept of every node.
pub(crate) const AT_NODES: &str = "SELECT node, n FROM node_counts WHERE n > 0";

/// Reads elements and relationships as they were found, before a person's corrections.
#[derive(Clone, Copy)]
pub struct Elements<'c> {
    conn: &'c Connection,
}

impl<'c> Elements<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// What a run found, with its evidence in a revision of the transcript, in the order in which
    /// it was stored. Elements without evidence in that revision are left out.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of_run(&self, run: RunId, revision: u32) -> Result<Vec<Element>, VaultError> {
        let elements = column::rows(
            self.conn,
            "SELECT key, id, run_id, kind, label, taxonomy, intensity, confidence, stance, status,
                 due, found_by
             FROM elements WHERE run_id = ?1 ORDER BY key",
            &[run.uuid().as_bytes()],
            read_element,
        )?;
        let mut evidence = by_key(column::rows(
            self.conn,
            "SELECT v.element_key, v.start, v.end, v.quote, v.start_ms, v.end_ms, v.state
             FROM elements AS e JOIN evidence AS v ON v.element_key = e.key
             WHERE e.run_id = ?1 AND v.revision = ?2 ORDER BY v.element_key, v.position",
            &[run.uuid().as_bytes(), &revision],
            read_evidence,
        )?);
        let placed = elements.into_iter().filter_map(|(key, element)| {
            let evidence = evidence.remove(&key)?;
            Some(Element { evidence, ..element })
        });
        Ok(placed.collect())
    }

    /// Whether anything that a run found has evidence in a revision of the transcript.
    ///
    /// # Errors
    /// The database's failure.
    pub fn stand(&self, run: RunId, revision: u32) -> Result<bool, VaultError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM elements AS e JOIN evidence AS v
                       ON v.element_key = e.key AND v.revision = ?2 WHERE e.run_id = ?1)";
        let found =
            column::row(self.conn, sql, &[run.uuid().as_bytes(), &revision], |row| row.get(0))?;
        Ok(found.unwrap_or_default())
    }

    /// The same elements without their evidence.
    ///
    /// # Errors
    /// The database's failure.
    pub(crate) fn outlines_of_run(
        &self,
        run: RunId,
        revision: u32,
    ) -> Result<Vec<Element>, VaultError> {
        let elements =
            column::rows(self.conn, OUTLINES, &[run.uuid().as_bytes(), &revision], read_element)?;
        Ok(elements.into_iter().map(|(_, element)| element).collect())
    }

    /// The relationships that a run found, with their evidence in a revision of the transcript.
    /// Those whose evidence stands in another revision alone are left out.
    ///
    /// # Errors
    /// The database's failure.
    pub fn relationships_of_run(
        &self,
        run: RunId,
        revision: u32,
    ) -> Result<Vec<Relationship>, VaultError> {
        let relationships = column::rows(
            self.conn,
            "SELECT r.key, r.id, r.run_id, r.from_id, r.to_id, r.kind, r.confidence
             FROM relationships AS r
             WHERE r.run_id = ?1 AND (
                 EXISTS (SELECT 1 FROM relationship_evidence AS v
                         WHERE v.relationship_key = r.key AND v.revision = ?2)
                 OR NOT EXISTS (SELECT 1 FROM relationship_evidence AS v
                                WHERE v.relationship_key = r.key))
             ORDER BY r.key",
            &[run.uuid().as_bytes(), &revision],
            read_relationship,
        )?;
        let mut evidence = by_key(column::rows(
            self.conn,
            "SELECT v.relationship_key, v.start, v.end, v.quote, v.start_ms, v.end_ms, v.state
             FROM relationships AS r JOIN relationship_evidence AS v ON v.relationship_key = r.key
             WHERE r.run_id = ?1 AND v.revision = ?2 ORDER BY v.relationship_key, v.position",
            &[run.uuid().as_bytes(), &revision],
            read_evidence,
        )?);
        let placed = relationships.into_iter().map(|(key, relationship)| Relationship {
            evidence: evidence.remove(&key).unwrap_or_default(),
            ..relationship
        });
        Ok(placed.collect())
    }

    /// The element whose id begins with `prefix` (at least 8 characters).
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Ambiguous`], [`VaultError::BadId`].
    pub fn find(&self, prefix: &str) -> Result<ElementId, VaultError> {
        column::id_by_prefix(
            self.conn,
            "SELECT DISTINCT id FROM elements WHERE id BETWEEN ?1 AND ?2 LIMIT 2",
            prefix,
            "element",
        )
        .map(ElementId::new)
    }

    /// Each session with the nodes of emotions and topics that its accepted run found or a person's
    /// correction names, before changes to the taxonomies.
    ///
    /// # Errors
    /// The database's failure.
    pub(crate) fn nodes_in_use(&self) -> Result<Vec<(SessionId, NodeId)>, VaultError> {
        column::rows(
            self.conn,
            "SELECT a.session_id, e.taxonomy FROM accepted_runs AS a
             JOIN elements AS e ON e.run_id = a.run_id AND e.taxonomy IS NOT NULL
             UNION
             SELECT session_id, taxonomy FROM corrections
             WHERE taxonomy IS NOT NULL AND undone_at IS NULL",
            &[],
            |row| {
                Ok((SessionId::new(column::uuid(row, 0)?), NodeId::new(row.get::<_, String>(1)?)))
            },
        )
    }

    /// How many emotions and topics stand at each node outside the bin, as a person sees them: in the
    /// newest text, after corrections and changes to the taxonomies.
    ///
    /// # Errors
    /// The database's failure.
    pub fn n_at_nodes(&self) -> Result<HashMap<NodeId, usize>, VaultError> {
        let counts = column::rows(self.conn, AT_NODES, &[], |row| {
            Ok((NodeId::new(row.get::<_, String>(0)?), column::count(row, 1)?))
        })?;
        Ok(counts.into_iter().collect())
    }

    /// In which session an element stands.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn place(&self, element: ElementId) -> Result<ElementPlace, VaultError> {
        column::row(
            self.conn,
            "SELECT r.session_id, r.id FROM elements AS e JOIN runs AS r ON r.id = e.run_id
             LEFT JOIN accepted_runs AS a ON a.run_id = r.id
             WHERE e.id = ?1 ORDER BY a.run_id IS NULL, r.started_at DESC LIMIT 1",
            &[element.uuid().as_bytes()],
            |row| {
                Ok(ElementPlace {
                    element,
                    session: SessionId::new(column::uuid(row, 0)?),
                    run: RunId::new(column::uuid(row, 1)?),
                })
            },
        )?
        .ok_or(VaultError::NotFound("element"))
    }
}

/// Writes elements, for [`Write::store_run`](crate::Write::store_run).
#[derive(Clone, Copy)]
pub(crate) struct ElementsMut<'c> {
    read: Elements<'c>,
}

impl<'c> Deref for ElementsMut<'c> {
    type Target = Elements<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> ElementsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { read: Elements::new(conn) }
    }

    pub(crate) fn insert(
        &self,
        element: &Element,
        revision: u32,
        text: &IndexedText<'_>,
    ) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO elements (run_id, id, kind, label, taxonomy, intensity, confidence,
                 stance, status, due, found_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            &[
                element.run.uuid().as_bytes(),
                element.id.uuid().as_bytes(),
                &element.kind.as_str(),
                &element.label,
                &element.taxonomy.as_ref().map(NodeId::as_str),
                &element.intensity.map(Intensity::get),
                &element.confidence,
                &element.stance.map(|stance| stance.as_str()),
                &element.status.map(|status| status.as_str()),
                &element.due.map(|due| due.to_string()),
                &element.found_by,
            ],
        )?;
        if element.evidence.is_empty() {
            return Err(VaultError::Refused("an element has no evidence"));
        }
        let key = self.conn.last_insert_rowid();
        self.insert_evidence(Owner::Element, key, revision, &element.evidence, text)
    }

    pub(crate) fn insert_relationship(
        &self,
        relationship: &Relationship,
        revision: u32,
        text: &IndexedText<'_>,
    ) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO relationships (run_id, id, from_id, to_id, kind, confidence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                relationship.run.uuid().as_bytes(),
                relationship.id.uuid().as_bytes(),
                relationship.from.uuid().as_bytes(),
                relationship.to.uuid().as_bytes(),
                &relationship.kind.as_str(),
                &relationship.confidence,
            ],
        )?;
        let key = self.conn.last_insert_rowid();
        self.insert_evidence(Owner::Relationship, key, revision, &relationship.evidence, text)
    }

    /// Places an element of a run in another revision of the transcript.
    pub(crate) fn anchor(
        &self,
        run: RunId,
        element: ElementId,
        revision: u32,
        evidence: &[Evidence],
        text: &IndexedText<'_>,
    ) -> Result<(), VaultError> {
        let sql = "SELECT key FROM elements WHERE run_id = ?1 AND id = ?2";
        let (run, element) = (run.uuid(), element.uuid());
        let key =
            column::row(self.conn, sql, &[run.as_bytes(), element.as_bytes()], |row| row.get(0))?
                .ok_or(VaultError::NotFound("element"))?;
        self.insert_evidence(Owner::Element, key, revision, evidence, text)
    }

    /// Places a relationship of a run in another revision of the transcript.
    pub(crate) fn anchor_relationship(
        &self,
        run: RunId,
        relationship: RelationshipId,
        revision: u32,
        evidence: &[Evidence],
        text: &IndexedText<'_>,
    ) -> Result<(), VaultError> {
        let sql = "SELECT key FROM relationships WHERE run_id = ?1 AND id = ?2";
        let (run, relationship) = (run.uuid(), relationship.uuid());
        let key = column::row(self.conn, sql, &[run.as_bytes(), relationship.as_bytes()], |row| {
            row.get(0)
        })?
        .ok_or(VaultError::NotFound("relationship"))?;
        self.insert_evidence(Owner::Relationship, key, revision, evidence, text)
    }

    fn insert_evidence(
        &self,
        owner: Owner,
        key: i64,
        revision: u32,
        evidence: &[Evidence],
        text: &IndexedText<'_>,
    ) -> Result<(), VaultError> {
        for (position, it) in evidence.iter().enumerate() {
            if text.slice(it.span) != Some(&it.quote) {
                return Err(VaultError::Refused("a quote does not stand in the transcript"));
            }
            column::execute(
                self.conn,
                owner.insert(),
                &[
                    &key,
                    &revision,
                    &column::stored(position),
                    &column::stored(it.span.start),
                    &column::stored(it.span.end),
                    &it.quote,
                    &it.time.map(|time| column::stored(time.start_ms)),
                    &it.time.map(|time| column::stored(time.end_ms)),
                    &it.state.as_str(),
                ],
            )?;
        }
        Ok(())
    }
}

/// Whose evidence.
#[derive(Clone, Copy)]
enum Owner {
    Element,
    Relationship,
}

impl Owner {
    const fn insert(self) -> &'static str {
        match self {
            Self::Element => {
                "INSERT INTO evidence (element_key, revision, position, start, end, quote,
                     start_ms, end_ms, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            }
            Self::Relationship => {
                "INSERT INTO relationship_evidence (relationship_key, revision, position, start,
                     end, quote, start_ms, end_ms, state)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            }
        }
    }
}
