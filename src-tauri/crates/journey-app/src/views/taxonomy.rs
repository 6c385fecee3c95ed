//! The trees of emotions and topics.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Both trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TaxonomyList {
    /// Emotions, then topics.
    pub taxonomies: Vec<TaxonomyView>,
}

/// A tree as the person changed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct TaxonomyView {
    /// `emotions` or `topics`.
    #[ts(type = "\"emotions\" | \"topics\"")]
    pub taxonomy: String,
    /// Of the shipped tree, such as `emotions.v1`.
    pub version: String,
    /// Parents before children.
    pub nodes: Vec<TaxonomyNodeView>,
    /// The person's changes that hold, oldest first.
    pub changes: Vec<TaxonomyChangeView>,
}

/// A node with what was found at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TaxonomyNodeView {
    /// Stable.
    pub id: String,
    /// Null for a root.
    pub parent: Option<String>,
    /// For people.
    pub name: String,
    /// One line.
    pub definition: String,
    /// Whether the person added it.
    pub own: bool,
    /// Elements at it.
    pub elements: usize,
    /// Elements at nodes below it.
    pub elements_below: usize,
}

/// A change of a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TaxonomyChangeView {
    /// `rename`, `merge`, `split` or `add`.
    pub change: String,
    /// When, RFC 3339.
    pub at: String,
}
