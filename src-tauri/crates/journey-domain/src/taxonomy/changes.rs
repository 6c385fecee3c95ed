//! A person's changes to the taxonomies: what they do to a tree, and to what was found before.
//!
//! Nothing that was found is rewritten. What is shown is computed from what was found and the
//! changes that hold, so taking a change back shows exactly what was shown before it.

use super::{MAX_DEPTH, Node, NodeId, Taxonomy};
use crate::element::{Element, ElementKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Last parts of ids that begin so are a person's own; no shipped id does.
const OWN_PREFIX: &str = "own-";

/// Longest name of a node, in characters.
pub const MAX_NAME_CHARS: usize = 40;

/// A node that a person added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnNode {
    /// Below its parent, with a last part that no shipped node has.
    pub id: NodeId,
    /// Name for people.
    pub name: String,
    /// One line.
    pub definition: String,
    /// Words, each lower case, by which what was found is moved here.
    pub words: Vec<String>,
    /// The name of its parent without renaming; empty for a root.
    pub parent_name: String,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum TaxonomyChange {
    /// A node gets another name.
    Rename {
        /// Which.
        node: NodeId,
        /// The new name.
        name: String,
    },
    /// A node and all below it become another.
    Merge {
        /// What goes.
        from: NodeId,
        /// What it becomes.
        into: NodeId,
        /// The name of that without renaming.
        into_name: String,
    },
    /// Own nodes take, by their words, part of what stands at a node.
    Split {
        /// Which node.
        node: NodeId,
        /// The new nodes: below it, or beside it where it stands on the last level.
        parts: Vec<OwnNode>,
    },
    /// An own node, which takes by its words what stands at its parent or fits no node.
    Add {
        /// The new node.
        node: OwnNode,
        /// Among which elements what fits no node is looked for.
        kind: ElementKind,
    },
}

impl TaxonomyChange {
    /// The word under which it is listed.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Rename { .. } => "rename",
            Self::Merge { .. } => "merge",
            Self::Split { .. } => "split",
            Self::Add { .. } => "add",
        }
    }

    /// The own nodes that it makes.
    #[must_use]
    pub fn own_nodes(&self) -> &[OwnNode] {
        match self {
            Self::Split { parts, .. } => parts,
            Self::Add { node, .. } => std::slice::from_ref(node),
            Self::Rename { .. } | Self::Merge { .. } => &[],
        }
    }

    /// Where what it moves comes from and goes to, `from` being within the first.
    fn moves(&self) -> Vec<(&NodeId, &NodeId)> {
        match self {
            Self::Rename { .. } => Vec::new(),
            Self::Merge { from, into, .. } => vec![(from, into)],
            Self::Split { node, parts } => parts.iter().map(|p| (node, &p.id)).collect(),
            Self::Add { .. } => Vec::new(),
        }
    }
}

/// An id for an own node of this name below `parent` that no node of `taken` has.
#[must_use]
pub fn own_id(parent: Option<&NodeId>, name: &str, taken: &BTreeSet<NodeId>) -> NodeId {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    let above = parent.map(|p| format!("{p}.")).unwrap_or_default();
    (0..=taken.len())
        .map(|n| match (slug, n) {
            ("", n) => format!("{above}{OWN_PREFIX}{}", n + 1),
            (slug, 0) => format!("{above}{OWN_PREFIX}{slug}"),
            (slug, n) => format!("{above}{OWN_PREFIX}{slug}-{}", n + 1),
        })
        .map(NodeId::new)
        .find(|id| !taken.contains(id))
        .unwrap_or_else(NodeId::unmapped)
}

/// Whether a person made this node.
#[must_use]
pub fn is_own(id: &NodeId) -> bool {
    id.as_str().rsplit('.').next().is_some_and(|last| last.starts_with(OWN_PREFIX))
}

/// The changes that hold, ready to be applied.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regrading {
    changes: Vec<TaxonomyChange>,
    names: BTreeMap<NodeId, String>,
    own: BTreeSet<NodeId>,
    /// Own nodes whose making was taken back: what a person had moved there goes to their parents.
    gone: BTreeMap<NodeId, String>,
}

impl Regrading {
    /// For changes in the order in which they were made; the flag says whether each holds.
    #[must_use]
    pub fn new(changes: impl IntoIterator<Item = (TaxonomyChange, bool)>) -> Self {
        let mut it = Self::default();
        for (change, holds) in changes {
            for node in change.own_nodes() {
                if holds {
                    it.own.insert(node.id.clone());
                } else {
                    it.gone.insert(node.id.clone(), node.parent_name.clone());
                }
            }
            if !holds {
                continue;
            }
            if let TaxonomyChange::Rename { node, name } = &change {
                it.names.insert(node.clone(), name.clone());
            }
            it.changes.push(change);
        }
        it
    }

    /// The changes that hold, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[TaxonomyChange] {
        &self.changes
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.gone.is_empty()
    }

    /// Whether any change looks at words, which only the evidence has.
    #[must_use]
    pub fn needs_words(&self) -> bool {
        !self.own.is_empty()
    }

    /// Shows an element of an emotion or topic at the node where the person's changes put it.
    pub fn regrade(&self, element: &mut Element) {
        if self.is_empty() {
            return;
        }
        let Some(found) = &element.taxonomy else { return };
        let quotes = || element.evidence.iter().map(|e| e.quote.as_str());
        let (id, label) = self.place(element.kind, found, &element.label, quotes);
        (element.taxonomy, element.label) = (Some(id), label);
    }

    /// Where what was found at `found` with this label and these quotes stands, and its name.
    pub fn place<'q, Q: Iterator<Item = &'q str>>(
        &self,
        kind: ElementKind,
        found: &NodeId,
        label: &str,
        quotes: impl Fn() -> Q,
    ) -> (NodeId, String) {
        let (mut id, mut base) = (found.clone(), label.to_owned());
        while let Some(parent_name) = self.gone.get(&id).filter(|_| !self.own.contains(&id)) {
            match id.parent() {
                Some(parent) => (id, base) = (parent, parent_name.clone()),
                None => {
                    id = NodeId::unmapped();
                    break;
                }
            }
        }
        let says = |node: &OwnNode| {
            let mut words = node.words.iter();
            words.any(|word| holds(label, word) || quotes().any(|quote| holds(quote, word)))
        };
        for change in &self.changes {
            match change {
                TaxonomyChange::Rename { .. } => {}
                TaxonomyChange::Merge { from, into, into_name } if id.is_within(from) => {
                    (id, base) = (into.clone(), into_name.clone());
                }
                TaxonomyChange::Merge { .. } => {}
                TaxonomyChange::Split { node, parts } => {
                    if let Some(part) = parts.iter().find(|p| p.id == id || *node == id && says(p))
                    {
                        (id, base) = (part.id.clone(), part.name.clone());
                    }
                }
                TaxonomyChange::Add { node, kind: of } => {
                    let open =
                        id.is_unmapped() && kind == *of || node.id.parent().as_ref() == Some(&id);
                    if node.id == id || open && says(node) {
                        (id, base) = (node.id.clone(), node.name.clone());
                    }
                }
            }
        }
        let name = self.names.get(&id).cloned().unwrap_or(base);
        (id, name)
    }

    /// Whether `change`, one of those that hold, may move or rename what was found at `found`.
    #[must_use]
    pub fn touches(&self, change: &TaxonomyChange, found: &NodeId) -> bool {
        let mut reached: BTreeSet<&NodeId> = BTreeSet::from([found]);
        let parent = found.parent();
        if is_own(found) {
            reached.extend(parent.as_ref());
        }
        let mut is_moved = false;
        for each in &self.changes {
            for (from, into) in each.moves() {
                if reached.iter().any(|id| id.is_within(from)) {
                    is_moved |= each == change;
                    reached.insert(into);
                }
            }
            if let TaxonomyChange::Add { node, .. } = each {
                let above = node.id.parent();
                let meets = |id: &&NodeId| id.is_unmapped() || Some(*id) == above.as_ref();
                if reached.iter().any(meets) || reached.contains(&node.id) {
                    is_moved |= each == change;
                    reached.insert(&node.id);
                }
            }
        }
        match change {
            TaxonomyChange::Rename { node, .. } => reached.contains(node),
            _ => is_moved || change.own_nodes().iter().any(|n| n.id == *found),
        }
    }

    /// A shipped tree as the person changed it. Changes of nodes that it does not have are passed
    /// over, so they outlive an upgrade that takes nodes away.
    #[must_use]
    pub fn shown(&self, shipped: &Taxonomy) -> Taxonomy {
        let mut nodes = shipped.nodes.clone();
        let roots: BTreeSet<String> = nodes.iter().map(|n| n.id.root().to_owned()).collect();
        for change in &self.changes {
            match change {
                TaxonomyChange::Rename { .. } => {}
                TaxonomyChange::Merge { from, into, .. } => {
                    if nodes.iter().any(|n| n.id == *into) && !into.is_within(from) {
                        nodes.retain(|n| !n.id.is_within(from));
                    }
                }
                TaxonomyChange::Split { parts, .. } => {
                    parts.iter().for_each(|part| insert(&mut nodes, part));
                }
                TaxonomyChange::Add { node, kind } => {
                    let is_here = match node.id.parent() {
                        Some(_) => true,
                        None => is_of(*kind, &roots),
                    };
                    if is_here {
                        insert(&mut nodes, node);
                    }
                }
            }
        }
        for node in &mut nodes {
            if let Some(name) = self.names.get(&node.id) {
                node.name.clone_from(name);
            }
        }
        Taxonomy { version: shipped.version.clone(), nodes }
    }
}

/// Whether a tree with these roots is the one of topics or of emotions: only topics have `work`.
fn is_of(kind: ElementKind, roots: &BTreeSet<String>) -> bool {
    roots.contains("work") == (kind == ElementKind::Topic)
}

/// Puts an own node behind everything below its parent, where there is such a parent.
fn insert(nodes: &mut Vec<Node>, own: &OwnNode) {
    let parent = own.id.parent();
    let at = match &parent {
        Some(parent) => match nodes.iter().rposition(|n| n.id.is_within(parent)) {
            Some(last) if nodes.iter().any(|n| n.id == *parent) => last + 1,
            _ => return,
        },
        None => nodes.len(),
    };
    if own.id.depth() > MAX_DEPTH || nodes.iter().any(|n| n.id == own.id) {
        return;
    }
    nodes.insert(
        at,
        Node {
            id: own.id.clone(),
            name: own.name.clone(),
            definition: own.definition.clone(),
            valence: None,
            arousal: None,
            goemotions: Vec::new(),
            plutchik: None,
            ekman: None,
        },
    );
}

/// Whether `text` has `words` as whole words, in any case.
fn holds(text: &str, words: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        text.to_lowercase()
            .split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’'))
            .filter(|w| !w.is_empty())
            .map(|w| w.replace('’', "'"))
            .collect()
    };
    let (text, words) = (plain(text), plain(words));
    let fits = |given: &String, want: &String| {
        given == want || given.strip_suffix("'s").is_some_and(|bare| bare == want)
    };
    !words.is_empty()
        && text.windows(words.len()).any(|w| w.iter().zip(&words).all(|(a, b)| fits(a, b)))
}

#[cfg(test)]
mod tests;
