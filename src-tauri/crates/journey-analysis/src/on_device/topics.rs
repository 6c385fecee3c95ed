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

/// What the same words said again add, as a share of their weight.
const AGAIN: f64 = 0.4;

/// What counts of a word in what somebody else says, does or feels: that is seldom what the speaker
/// reflects on.
const OTHERS: f64 = 0.7;

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

/// What speaks for a domain of life, each by a name of the model's file: how much is said of it; its share of
/// all that is told of domains; how far it is before the strongest other one, and before the third; how much
/// is said of it for the length of the text; in which share of the units; whether it comes first; by how many
/// different words.
pub const CLUES: [&str; 8] =
    ["amount", "share", "lead", "lead-third", "density", "spread", "opens", "variety"];

/// Below this many words a text is as good as this long: one word of three is no sign of density.
const SHORT_TEXT: f64 = 20.0;

/// Density beyond this says nothing more.
const MAX_DENSITY: f64 = 2.0;

/// What clues weigh, learnt from labelled texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct TopicModel {
    clues: [f64; CLUES.len()],
    /// What is added for each domain.
    domains: BTreeMap<String, f64>,
    /// From which probability a domain is a topic.
    threshold: f64,
}

impl TopicModel {
    /// Reads tab-separated lines of name and number; `None` where a clue or the threshold is missing.
    pub(crate) fn parse(file: &str) -> Option<Self> {
        let mut numbers = BTreeMap::new();
        for line in file.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
            let (name, number) = line.split_once('\t')?;
            numbers.insert(name.to_owned(), number.trim().parse::<f64>().ok()?);
        }
        let mut clues = [0.0; CLUES.len()];
        for (slot, name) in clues.iter_mut().zip(CLUES) {
            *slot = numbers.remove(name)?;
        }
        Some(Self { clues, threshold: numbers.remove("threshold")?, domains: numbers })
    }

    fn probability(&self, domain: &str, clues: &[f64; CLUES.len()]) -> f64 {
        let own = self.domains.get(domain).copied().unwrap_or(0.0);
        let sum: f64 = self.clues.iter().zip(clues).map(|(weight, clue)| weight * clue).sum();
        1.0 / (1.0 + (-(own + sum)).exp())
    }
}

fn domains(pieces: &[Piece<'_>], lexicon: &Lexicon) -> (BTreeMap<String, Domain>, usize) {
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
    (domains, n_words)
}

/// The clues of each domain that is mentioned.
pub(crate) fn clues(pieces: &[Piece<'_>], lexicon: &Lexicon) -> Vec<(String, [f64; CLUES.len()])> {
    let (domains, n_words) = domains(pieces, lexicon);
    clues_of(&domains, n_words, pieces.len())
        .into_iter()
        .map(|(name, clues)| (name.to_owned(), clues))
        .collect()
}

fn clues_of(
    domains: &BTreeMap<String, Domain>,
    n_words: usize,
    n_units: usize,
) -> Vec<(&str, [f64; CLUES.len()])> {
    let mut amounts: Vec<f64> = domains.values().map(|d| d.all.weight()).collect();
    let total: f64 = amounts.iter().sum();
    amounts.sort_by(|a, b| b.total_cmp(a));
    let at = |i: usize| amounts.get(i).copied().unwrap_or(0.0);
    domains
        .iter()
        .map(|(name, domain)| {
            let amount = domain.all.weight();
            let other = if amount >= at(0) { at(1) } else { at(0) };
            let mut units: Vec<usize> = domain.all.places.keys().map(|(unit, _)| *unit).collect();
            units.dedup();
            let clues = [
                amount.ln_1p(),
                amount / total.max(f64::MIN_POSITIVE),
                amount.ln_1p() - other.ln_1p(),
                amount.ln_1p() - at(2).ln_1p(),
                (amount / (n_words as f64 + SHORT_TEXT).sqrt()).min(MAX_DENSITY),
                units.len() as f64 / n_units.max(1) as f64,
                f64::from(u8::from(units.first() == Some(&0))),
                (domain.all.distinct.len() as f64).ln_1p(),
            ];
            (name.as_str(), clues)
        })
        .collect()
}

/// Finds the topics of a whole text, one per domain of life, at the second level where that is plain.
pub(crate) fn find(
    pieces: &[Piece<'_>],
    lexicon: &Lexicon,
    model: &TopicModel,
) -> Vec<ElementDraft> {
    let (domains, n_words) = domains(pieces, lexicon);
    let mut found: Vec<(f64, &str)> = clues_of(&domains, n_words, pieces.len())
        .into_iter()
        .map(|(name, clues)| (model.probability(name, &clues), name))
        .filter(|(probability, _)| *probability >= model.threshold)
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    found.truncate(MAX_TOPICS);
    found.sort_by(|a, b| a.1.cmp(b.1));
    found
        .into_iter()
        .filter_map(|(probability, root)| {
            let domain = domains.get(root)?;
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
                confidence: ((probability * 100.0).round() / 100.0) as f32,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_clue_or_with_words_for_a_number_is_no_model() {
        let whole: String = CLUES.iter().map(|name| format!("{name}\t0.5\n")).collect();
        let whole = format!("# note\n{whole}work\t-1\nthreshold\t0.3\n");
        let model = TopicModel::parse(&whole).unwrap();
        assert!((model.threshold - 0.3).abs() < 1e-9 && model.domains.len() == 1);
        assert!(TopicModel::parse(&whole.replace("density", "weather")).is_none());
        assert!(TopicModel::parse(&whole.replace("0.3", "many")).is_none());
    }
}
