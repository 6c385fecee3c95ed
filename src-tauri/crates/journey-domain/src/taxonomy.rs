//! Versioned hierarchies of emotions and topics.

pub mod changes;

use serde::{Deserialize, Serialize};
use std::{collections::HashMap, fmt};

/// A node's stable id: a dotted path of lower-case words, such as `fear.anxiety.worry`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(String);

impl NodeId {
    /// Wraps an id.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// Where labels go that no node fits.
    #[must_use]
    pub fn unmapped() -> Self {
        Self("unmapped".to_owned())
    }

    /// Whether it is [`NodeId::unmapped`].
    #[must_use]
    pub fn is_unmapped(&self) -> bool {
        self.0 == "unmapped"
    }

    /// The id as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 1 for a root.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.split('.').count()
    }

    /// The first part of the path.
    #[must_use]
    pub fn root(&self) -> &str {
        self.0.split('.').next().unwrap_or(&self.0)
    }

    /// The id without its last part; `None` for a root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('.').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// Whether `self` is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({})", self.0)
    }
}

/// One node of a taxonomy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Stable id.
    pub id: NodeId,
    /// Name for people.
    pub name: String,
    /// One line.
    pub definition: String,
    /// -1 (unpleasant) to 1 (pleasant); emotions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valence: Option<f32>,
    /// -1 (calm) to 1 (agitated); emotions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arousal: Option<f32>,
    /// GoEmotions labels that map here; emotions only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goemotions: Vec<String>,
    /// Plutchik's nearest primary emotion; emotions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plutchik: Option<String>,
    /// Ekman's nearest basic emotion; emotions only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ekman: Option<String>,
}

/// A whole hierarchy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taxonomy {
    /// Name and version, such as `emotions.v1`.
    pub version: String,
    /// Parents before children.
    pub nodes: Vec<Node>,
}

/// Deepest level of a node.
pub const MAX_DEPTH: usize = 3;

/// Why a taxonomy file is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TaxonomyError {
    /// The same id twice.
    #[error("the id {0} stands twice")]
    Duplicate(NodeId),
    /// A child without its parent.
    #[error("{0} has no parent before it")]
    Orphan(NodeId),
    /// Deeper than [`MAX_DEPTH`].
    #[error("{0} is deeper than {MAX_DEPTH} levels")]
    TooDeep(NodeId),
    /// An id with other characters than `a-z`, `0-9`, `_`, `-` and dots between them.
    #[error("{0} is not a valid id")]
    BadId(NodeId),
    /// Name or definition missing, or a number out of range.
    #[error("{0} lacks a name or a one-line definition, or a number of it is out of range")]
    Incomplete(NodeId),
}

impl Taxonomy {
    /// Checks ids, parents, depth, names, definitions and ranges.
    ///
    /// # Errors
    /// The first [`TaxonomyError`] met.
    pub fn validate(&self) -> Result<(), TaxonomyError> {
        let mut seen = HashMap::new();
        for node in &self.nodes {
            let id = &node.id;
            let well_formed = id.as_str().split('.').all(|part| {
                !part.is_empty()
                    && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
            });
            if !well_formed || id.is_unmapped() {
                return Err(TaxonomyError::BadId(id.clone()));
            }
            if id.depth() > MAX_DEPTH {
                return Err(TaxonomyError::TooDeep(id.clone()));
            }
            if let Some(parent) = id.parent()
                && !seen.contains_key(&parent)
            {
                return Err(TaxonomyError::Orphan(id.clone()));
            }
            let in_range = |v: Option<f32>| v.is_none_or(|v| (-1.0..=1.0).contains(&v));
            let complete = !node.name.trim().is_empty()
                && !node.definition.trim().is_empty()
                && !node.definition.contains('\n')
                && in_range(node.valence)
                && in_range(node.arousal);
            if !complete {
                return Err(TaxonomyError::Incomplete(id.clone()));
            }
            if seen.insert(id.clone(), ()).is_some() {
                return Err(TaxonomyError::Duplicate(id.clone()));
            }
        }
        Ok(())
    }

    /// The node of an id.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&Node> {
        self.nodes.iter().find(|node| &node.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taxonomy(ids: &[&str]) -> Taxonomy {
        let nodes = ids
            .iter()
            .map(|id| Node {
                id: NodeId::new(*id),
                name: (*id).to_owned(),
                definition: "A test.".to_owned(),
                valence: None,
                arousal: None,
                goemotions: Vec::new(),
                plutchik: None,
                ekman: None,
            })
            .collect();
        Taxonomy { version: "test.v1".to_owned(), nodes }
    }

    #[test]
    fn malformed_trees_are_refused() {
        assert_eq!(taxonomy(&["fear", "fear.worry"]).validate(), Ok(()));
        assert_eq!(
            taxonomy(&["fear", "fear"]).validate(),
            Err(TaxonomyError::Duplicate(NodeId::new("fear")))
        );
        assert_eq!(
            taxonomy(&["fear.worry"]).validate(),
            Err(TaxonomyError::Orphan(NodeId::new("fear.worry")))
        );
        assert_eq!(
            taxonomy(&["a", "a.b", "a.b.c", "a.b.c.d"]).validate(),
            Err(TaxonomyError::TooDeep(NodeId::new("a.b.c.d")))
        );
        assert_eq!(
            taxonomy(&["unmapped"]).validate(),
            Err(TaxonomyError::BadId(NodeId::unmapped()))
        );
    }

    #[test]
    fn within_follows_whole_words_of_the_path() {
        let fear = NodeId::new("fear");
        assert!(NodeId::new("fear.worry").is_within(&fear));
        assert!(!NodeId::new("fearless").is_within(&fear));
    }
}
