//! What a reflection is about, by families of words.

use super::{
    lexicon::{Entry, Lexicon},
    passage::Piece,
};
use crate::taxonomy_files;
use journey_domain::{
    analysis::{CheckedSpan, ElementDraft},
    element::{ElementKind, EvidenceState},
    taxonomy::NodeId,
};
use journey_language::{grammar::Holder, phrases::Found};
use std::collections::BTreeMap;

/// From which weight a domain of life is a topic of the reflection.
const ENOUGH: f64 = 3.4;

/// In a short text less is enough: this much per word, but never below [`LEAST`].
const PER_WORD: f64 = 0.02;

/// See [`PER_WORD`].
const LEAST: f64 = 2.4;

/// Share of the heaviest topic below which another is only mentioned.
const SHARE: f64 = 0.5;

/// What the same words said again add, as a share of their weight.
const AGAIN: f64 = 0.4;

/// People are what a reflection turns on even where they are named once: their words weigh more.
const PEOPLE: f64 = 1.6;

/// What counts of a word in what somebody else says, does or feels: that is seldom what the speaker
/// reflects on.
const OTHERS: f64 = 0.7;

/// What the first thing said adds: people begin with what is on their mind.
const OPENING: f64 = 0.5;

/// At most so many topics, the heaviest ones.
const MAX_TOPICS: usize = 3;

/// Share of its domain from which a node of the second level is named instead of the domain.
const SPECIAL: f64 = 0.6;

/// At most so many pieces of evidence for one topic.
const MAX_EVIDENCE: usize = 3;

/// The words found for one node or domain.
#[derive(Default)]
struct Words {
    /// Their places, as unit and word, each once, with their weights.
    places: BTreeMap<(usize, usize), f64>,
    /// The distinct ones: how much one mention weighs, and how many there are.
    distinct: BTreeMap<String, (f64, usize)>,
}

impl Words {
    fn add(&mut self, place: (usize, usize), phrase: &str, weight: f64) {
        let known = self.places.get(&place).copied().unwrap_or(0.0);
        if known >= weight {
            return;
        }
        self.places.insert(place, weight);
        let entry = self.distinct.entry(phrase.to_owned()).or_insert((0.0, 0));
        entry.0 = entry.0.max(weight);
        entry.1 += usize::from(known == 0.0);
    }

    /// The same word again says less than another word of the family.
    fn weight(&self) -> f64 {
        self.distinct
            .values()
            .map(|&(weight, n)| weight * (1.0 + AGAIN * n.saturating_sub(1).min(3) as f64))
            .sum()
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
        let reading = &piece.unit.reading;
        let of_others = reading.reported || reading.holder == Holder::Other;
        let share = if of_others { OTHERS } else { 1.0 };
        for (entry, found) in mentions(&words, lexicon) {
            let phrase = words.get(found.start..found.end).unwrap_or_default().join(" ");
            let domain = domains.entry(root(&entry.name).to_owned()).or_default();
            let place = (piece.number, found.start);
            let weight = entry.columns.first().and_then(|w| w.parse().ok()).unwrap_or(1.0);
            let weight: f64 = share * weight;
            domain.all.add(place, &phrase, weight);
            domain.nodes.entry(entry.name.clone()).or_default().add(place, &phrase, weight);
        }
    }
    let weighed = |root: &str, d: &Domain| {
        let opens = d.all.places.keys().next().is_some_and(|(unit, _)| *unit == 0);
        d.all.weight() * if of_people(root) { PEOPLE } else { 1.0 }
            + if opens { OPENING } else { 0.0 }
    };
    let mut found: Vec<(f64, &str, &Domain)> =
        domains.iter().map(|(root, d)| (weighed(root, d), root.as_str(), d)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let heaviest = found.first().map_or(0.0, |f| f.0);
    let enough = (PER_WORD * n_words as f64).clamp(LEAST, ENOUGH).max(SHARE * heaviest);
    found.retain(|f| f.0 >= enough);
    found.truncate(MAX_TOPICS);
    found.sort_by(|a, b| a.1.cmp(b.1));
    found
        .into_iter()
        .filter_map(|(_, root, domain)| {
            let weight = domain.all.weight();
            let special = domain
                .nodes
                .iter()
                .filter(|(name, _)| name.contains('.'))
                .max_by(|a, b| a.1.weight().total_cmp(&b.1.weight()).then(b.0.cmp(a.0)))
                .filter(|(_, words)| words.weight() >= SPECIAL * weight);
            let (name, words) = special.map_or((root, &domain.all), |(name, w)| (name.as_str(), w));
            let id = NodeId::new(name);
            let node = taxonomy_files::topics().node(&id)?;
            Some(ElementDraft {
                kind: ElementKind::Topic,
                label: node.name.clone(),
                taxonomy: Some(id),
                intensity: None,
                confidence: ((weight / (weight + 3.0) * 100.0).round() / 100.0) as f32,
                stance: None,
                status: None,
                due: None,
                evidence: evidence(words, pieces),
                found_by: None,
            })
        })
        .collect()
}

/// The words of one unit that tell of a domain of life; of words within longer ones the longer count
/// ("food bank" is no bank).
pub(crate) fn mentions<'l>(words: &[&str], lexicon: &'l Lexicon) -> Vec<(&'l Entry, Found)> {
    let all = lexicon.find(words);
    all.iter()
        .filter(|(_, f)| {
            !all.iter().any(|(_, o)| {
                o.start < f.end && f.start < o.end && o.end - o.start > f.end - f.start
            })
        })
        .copied()
        .collect()
}

fn of_people(root: &str) -> bool {
    matches!(root, "family" | "relationships" | "friendship")
}

/// The domain of life that a node belongs to.
pub(crate) fn root(node: &str) -> &str {
    node.split('.').next().unwrap_or(node)
}

/// The units with most of the topic's words, the first of equals first.
fn evidence(words: &Words, pieces: &[Piece<'_>]) -> Vec<CheckedSpan> {
    let mut per_unit: BTreeMap<usize, f64> = BTreeMap::new();
    for ((unit, _), weight) in &words.places {
        *per_unit.entry(*unit).or_default() += weight;
    }
    let mut units: Vec<(usize, f64)> = per_unit.into_iter().collect();
    units.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    units
        .iter()
        .take(MAX_EVIDENCE)
        .filter_map(|(unit, _)| pieces.get(*unit))
        .map(|piece| CheckedSpan { span: piece.span, state: EvidenceState::Verified })
        .collect()
}
