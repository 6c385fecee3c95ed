//! What a reflection is about, by families of words.

use super::{lexicon::Lexicon, passage::Piece};
use crate::taxonomy_files;
use journey_domain::{
    analysis::{CheckedSpan, ElementDraft},
    element::{ElementKind, EvidenceState},
    taxonomy::NodeId,
};
use std::collections::{BTreeMap, BTreeSet};

/// From which weight a domain of life is a topic of the reflection.
const ENOUGH: f64 = 2.4;

/// In a short text less is enough: this much per word, but never below [`LEAST`].
const PER_WORD: f64 = 0.016;

/// See [`PER_WORD`].
const LEAST: f64 = 1.3;

/// Share of the heaviest topic below which another is only mentioned.
const SHARE: f64 = 0.25;

/// At most so many pieces of evidence for one topic.
const MAX_EVIDENCE: usize = 3;

/// The words found for one node or domain.
#[derive(Default)]
struct Words {
    /// Their places, as unit and word, each once.
    places: BTreeSet<(usize, usize)>,
    /// The distinct ones.
    distinct: BTreeSet<String>,
}

impl Words {
    fn add(&mut self, place: (usize, usize), phrase: &str) {
        self.places.insert(place);
        if !self.distinct.contains(phrase) {
            self.distinct.insert(phrase.to_owned());
        }
    }

    /// The same word again says less than another word of the family.
    fn weight(&self) -> f64 {
        let n = self.distinct.len();
        n as f64 + 0.4 * self.places.len().saturating_sub(n) as f64
    }
}

#[derive(Default)]
struct Domain {
    all: Words,
    nodes: BTreeMap<String, Words>,
}

/// Finds the topics of a whole text, one per domain of life, at the second level where that is plain.
pub(crate) fn find(pieces: &[Piece<'_>], lexicon: &Lexicon) -> Vec<ElementDraft> {
    let mut domains: BTreeMap<String, Domain> = BTreeMap::new();
    let mut n_words = 0;
    for piece in pieces {
        let words = piece.words();
        n_words += words.len();
        for (entry, found) in lexicon.find(&words) {
            let root = entry.name.split('.').next().unwrap_or_default();
            let phrase = words.get(found.start..found.end).unwrap_or_default().join(" ");
            let domain = domains.entry(root.to_owned()).or_default();
            let place = (piece.number, found.start);
            domain.all.add(place, &phrase);
            domain.nodes.entry(entry.name.clone()).or_default().add(place, &phrase);
        }
    }
    let weight = |d: &Domain| d.all.weight();
    let heaviest = domains.values().map(weight).fold(0.0, f64::max);
    let enough = (PER_WORD * n_words as f64).clamp(LEAST, ENOUGH);
    domains
        .iter()
        .filter(|(_, domain)| weight(domain) >= enough.max(SHARE * heaviest))
        .filter_map(|(root, domain)| {
            let special = domain
                .nodes
                .iter()
                .filter(|(name, _)| name.contains('.'))
                .max_by(|a, b| a.1.weight().total_cmp(&b.1.weight()).then(b.0.cmp(a.0)))
                .filter(|(_, words)| 2 * words.places.len() >= domain.all.places.len());
            let id = NodeId::new(special.map_or(root.as_str(), |(name, _)| name.as_str()));
            let node = taxonomy_files::topics().node(&id)?;
            let confidence = (weight(domain) / (weight(domain) + 2.0) * 100.0).round() / 100.0;
            Some(ElementDraft {
                kind: ElementKind::Topic,
                label: node.name.clone(),
                taxonomy: Some(id),
                intensity: None,
                confidence: confidence as f32,
                stance: None,
                status: None,
                due: None,
                evidence: evidence(domain, pieces),
            })
        })
        .collect()
}

/// The units with most of the domain's words, the first of equals first.
fn evidence(domain: &Domain, pieces: &[Piece<'_>]) -> Vec<CheckedSpan> {
    let mut per_unit: BTreeMap<usize, usize> = BTreeMap::new();
    for (unit, _) in &domain.all.places {
        *per_unit.entry(*unit).or_default() += 1;
    }
    let mut units: Vec<(usize, usize)> = per_unit.into_iter().collect();
    units.sort_by_key(|&(unit, n)| (std::cmp::Reverse(n), unit));
    units
        .iter()
        .take(MAX_EVIDENCE)
        .filter_map(|(unit, _)| pieces.get(*unit))
        .map(|piece| CheckedSpan { span: piece.span, state: EvidenceState::Verified })
        .collect()
}
