//! What a person sees of a run: after corrections and changes to the taxonomies, with one topic for
//! each node.

use super::{
    corrections::{Corrections, corrected},
    elements::Elements,
    taxonomy_edits::TaxonomyEdits,
};
use crate::VaultError;
use journey_domain::{
    element::{Element, ElementKind, Relationship},
    ids::{ElementId, RunId, SessionId},
    taxonomy::changes::Regrading,
};
use rusqlite::Connection;
use std::collections::HashMap;

/// The elements of a run in a revision of the transcript.
pub(crate) fn elements(
    conn: &Connection,
    session: SessionId,
    run: RunId,
    revision: u32,
) -> Result<Vec<Element>, VaultError> {
    let found = Elements::new(conn).of_run(run, revision)?;
    let regrading = TaxonomyEdits::new(conn).regrading()?;
    shown(conn, session, &regrading, found, Vec::new()).map(|it| it.0)
}

/// The same without their evidence, unless the changes to the taxonomies look at words.
pub(crate) fn outlines(
    conn: &Connection,
    session: SessionId,
    regrading: &Regrading,
    run: RunId,
    revision: u32,
) -> Result<Vec<Element>, VaultError> {
    let found = Elements::new(conn);
    let elements = if regrading.needs_words() {
        found.of_run(run, revision)?
    } else {
        found.outlines_of_run(run, revision)?
    };
    shown(conn, session, regrading, elements, Vec::new()).map(|it| it.0)
}

/// The elements with their evidence and the links between them.
pub(crate) fn findings(
    conn: &Connection,
    session: SessionId,
    run: RunId,
    revision: u32,
) -> Result<(Vec<Element>, Vec<Relationship>), VaultError> {
    let found = Elements::new(conn);
    let elements = found.of_run(run, revision)?;
    let relationships = found.relationships_of_run(run, revision)?;
    shown(conn, session, &TaxonomyEdits::new(conn).regrading()?, elements, relationships)
}

fn shown(
    conn: &Connection,
    session: SessionId,
    regrading: &Regrading,
    elements: Vec<Element>,
    relationships: Vec<Relationship>,
) -> Result<(Vec<Element>, Vec<Relationship>), VaultError> {
    let corrections = Corrections::new(conn).of_session(session)?;
    let (mut elements, relationships) = corrected(elements, relationships, corrections);
    elements.iter_mut().for_each(|element| regrading.regrade(element));
    Ok(one_topic_a_node(elements, relationships))
}

/// Topics that a correction or a change put at one node become the first of them, with the evidence
/// of all. What another analyser found stays apart: whoever found a topic found all of its evidence.
fn one_topic_a_node(
    elements: Vec<Element>,
    mut relationships: Vec<Relationship>,
) -> (Vec<Element>, Vec<Relationship>) {
    let mut kept: Vec<Element> = Vec::with_capacity(elements.len());
    let mut places: HashMap<(String, String, Option<String>), usize> = HashMap::new();
    let mut became: HashMap<ElementId, ElementId> = HashMap::new();
    for element in elements {
        let node = element.taxonomy.as_ref().filter(|_| element.kind == ElementKind::Topic);
        let Some(node) = node else {
            kept.push(element);
            continue;
        };
        let place = (node.as_str().to_owned(), element.label.clone(), element.found_by.clone());
        let known = places.get(&place).copied();
        match known.and_then(|at| kept.get_mut(at)) {
            Some(first) => {
                became.insert(element.id, first.id);
                first.confidence = first.confidence.max(element.confidence);
                first.corrected |= element.corrected;
                for evidence in element.evidence {
                    if !first.evidence.iter().any(|e| e.span.overlaps(evidence.span)) {
                        first.evidence.push(evidence);
                    }
                }
            }
            None => {
                places.insert(place, kept.len());
                kept.push(element);
            }
        }
    }
    if !became.is_empty() {
        for link in &mut relationships {
            link.from = became.get(&link.from).copied().unwrap_or(link.from);
            link.to = became.get(&link.to).copied().unwrap_or(link.to);
        }
        let mut seen = std::collections::HashSet::new();
        relationships.retain(|it| it.from != it.to && seen.insert((it.from, it.to, it.kind)));
    }
    (kept, relationships)
}
