//! Measures an analysis against labelled reflections.

use journey_domain::{
    analysis::{Analysis, ElementDraft},
    element::{ElementKind, RelationshipKind},
    text::{CharSpan, IndexedText},
};
use journey_language::measure::Counts;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The labels of one reflection, as in `tests/data/reflections`.
#[derive(Debug, Deserialize)]
pub struct Labelled {
    /// What is in it.
    pub elements: Vec<LabelledElement>,
    /// What hangs together.
    pub relationships: Vec<LabelledLink>,
}

/// One labelled element.
#[derive(Debug, Deserialize)]
pub struct LabelledElement {
    /// Which of the six.
    pub kind: ElementKind,
    /// Node of an emotion or topic.
    pub taxonomy: Option<String>,
    /// Exact words.
    pub quote: String,
}

/// One labelled link.
#[derive(Debug, Deserialize)]
pub struct LabelledLink {
    /// Position of its start.
    pub from: usize,
    /// Position of its end.
    pub to: usize,
    /// What it says.
    pub kind: RelationshipKind,
}

/// Counts per kind of element, and of relationships found.
#[derive(Debug, Default)]
pub struct Score {
    /// Per kind.
    pub kinds: BTreeMap<ElementKind, Counts>,
    /// Relationships whose two ends were found.
    pub relationships: Counts,
}

impl Score {
    /// Adds one reflection.
    ///
    /// An element is right where kind and words meet: one of its quotes shares words with the label's,
    /// and for emotions and topics the node is the label's, below it, or its parent; for topics the
    /// node alone decides. Each label is met once.
    pub fn add(&mut self, text: &str, labels: &Labelled, analysis: &Analysis) {
        let pairs = pair(text, labels, analysis);
        for (i, found) in analysis.elements.iter().enumerate() {
            let right = pairs.values().any(|j| *j == i);
            self.kinds.entry(found.kind).or_default().add(true, right);
        }
        for (i, label) in labels.elements.iter().enumerate() {
            if !pairs.contains_key(&i) {
                self.kinds.entry(label.kind).or_default().add(false, true);
            }
        }
        let meant: Vec<(usize, usize, RelationshipKind)> = labels
            .relationships
            .iter()
            .filter_map(|l| Some((*pairs.get(&l.from)?, *pairs.get(&l.to)?, l.kind)))
            .collect();
        // A link from or to something that is itself wrong has been counted there.
        let judged = |at: &usize| pairs.values().any(|j| j == at);
        for link in analysis.relationships.iter().filter(|l| judged(&l.from) && judged(&l.to)) {
            self.relationships.add(true, meant.contains(&(link.from, link.to, link.kind)));
        }
        let given = |m: &(usize, usize, RelationshipKind)| {
            analysis.relationships.iter().any(|l| (l.from, l.to, l.kind) == *m)
        };
        for missed in meant.iter().filter(|m| !given(m)) {
            self.relationships.add(given(missed), true);
        }
    }
}

/// Which element meets which label, both by position.
#[must_use]
pub fn pair(text: &str, labels: &Labelled, analysis: &Analysis) -> BTreeMap<usize, usize> {
    let indexed = IndexedText::new(text);
    let mut pairs = BTreeMap::new();
    for (i, label) in labels.elements.iter().enumerate() {
        let span = text
            .find(&label.quote)
            .and_then(|at| indexed.span_of_bytes(at, at + label.quote.len()));
        let best = analysis
            .elements
            .iter()
            .enumerate()
            .filter(|(j, found)| found.kind == label.kind && !pairs.values().any(|p| p == j))
            .filter(|(_, found)| same_node(label, found))
            .map(|(j, found)| (j, span.map_or(0, |s| shared(s, found))))
            .filter(|(_, n)| label.kind == ElementKind::Topic || *n > 0)
            .max_by_key(|&(j, n)| (n, std::cmp::Reverse(j)));
        if let Some((j, _)) = best {
            pairs.insert(i, j);
        }
    }
    pairs
}

fn shared(span: CharSpan, found: &ElementDraft) -> usize {
    found
        .evidence
        .iter()
        .map(|e| e.span.end.min(span.end).saturating_sub(e.span.start.max(span.start)))
        .max()
        .unwrap_or(0)
}

fn same_node(label: &LabelledElement, found: &ElementDraft) -> bool {
    match (&label.taxonomy, &found.taxonomy) {
        (Some(wanted), Some(node)) => {
            let below = |a: &str, b: &str| {
                a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'))
            };
            below(node.as_str(), wanted) || below(wanted, node.as_str())
        }
        (None, None) => true,
        _ => false,
    }
}
