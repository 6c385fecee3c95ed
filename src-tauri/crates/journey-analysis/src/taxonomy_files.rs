//! The taxonomies that ship with the program.

use journey_domain::taxonomy::{Node, NodeId, Taxonomy, TaxonomyError};
use std::sync::LazyLock;

/// Why a taxonomy file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadTaxonomyError {
    /// Not JSON of the right shape.
    #[error("the taxonomy file is not of the expected shape")]
    Shape(#[source] serde_json::Error),
    /// The tree is not well formed.
    #[error(transparent)]
    Tree(#[from] TaxonomyError),
}

/// Reads and checks a taxonomy file.
///
/// # Errors
/// [`LoadTaxonomyError`].
pub fn load(json: &str) -> Result<Taxonomy, LoadTaxonomyError> {
    let taxonomy: Taxonomy = serde_json::from_str(json).map_err(LoadTaxonomyError::Shape)?;
    taxonomy.validate()?;
    Ok(taxonomy)
}

/// A file of the program itself; tests hold that each is well formed.
fn shipped(version: &str, json: &str) -> Taxonomy {
    load(json).unwrap_or_else(|_| Taxonomy { version: version.to_owned(), nodes: Vec::new() })
}

macro_rules! asset {
    ($name:literal) => {
        include_str!(concat!("../../../../assets/taxonomies/", $name, ".json"))
    };
}

static EMOTIONS: LazyLock<Taxonomy> =
    LazyLock::new(|| shipped("emotions.v1", asset!("emotions.v1")));
static TOPICS: LazyLock<Taxonomy> = LazyLock::new(|| shipped("topics.v1", asset!("topics.v1")));
static GOEMOTIONS: LazyLock<Taxonomy> =
    LazyLock::new(|| shipped("goemotions.v1", asset!("goemotions.v1")));

/// The emotions that the program knows by itself.
#[must_use]
pub fn emotions() -> &'static Taxonomy {
    &EMOTIONS
}

/// The topics that the program knows by itself.
#[must_use]
pub fn topics() -> &'static Taxonomy {
    &TOPICS
}

/// GoEmotions' 27 as a second pack of emotions.
#[must_use]
pub fn goemotions() -> &'static Taxonomy {
    &GOEMOTIONS
}

/// The node of `taxonomy` to which a GoEmotions label maps; `None` for neutral and unknown ones.
#[must_use]
pub fn node_of_goemotion<'t>(taxonomy: &'t Taxonomy, label: &str) -> Option<&'t Node> {
    taxonomy.nodes.iter().find(|node| node.goemotions.iter().any(|l| l == label))
}

/// The node that a model means by `label`: an id, the end of an id, or a name; `unmapped` for
/// anything else, so that no model grows the tree.
#[must_use]
pub fn resolve(taxonomy: &Taxonomy, label: &str) -> NodeId {
    let label = label.trim().to_lowercase();
    let nodes = || taxonomy.nodes.iter();
    nodes()
        .find(|n| n.id.as_str() == label)
        .or_else(|| nodes().find(|n| n.name.to_lowercase() == label))
        .or_else(|| nodes().find(|n| n.id.as_str().rsplit('.').next() == Some(label.as_str())))
        .or_else(|| node_of_goemotion(taxonomy, &label))
        .map_or_else(NodeId::unmapped, |n| n.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn roots(taxonomy: &Taxonomy) -> Vec<&str> {
        taxonomy.nodes.iter().filter(|n| n.id.depth() == 1).map(|n| n.id.as_str()).collect()
    }

    #[test]
    fn shipped_trees_are_well_formed() {
        for json in [asset!("emotions.v1"), asset!("topics.v1"), asset!("goemotions.v1")] {
            load(json).unwrap();
        }
        assert_eq!(roots(emotions()), ["joy", "love", "surprise", "anger", "sadness", "fear"]);
        assert_eq!(roots(topics()).len(), 14);
    }

    #[test]
    fn every_emotion_has_its_numbers_and_its_place_in_the_other_schemes() {
        let plutchik: BTreeSet<&str> =
            ["joy", "trust", "fear", "surprise", "sadness", "disgust", "anger", "anticipation"]
                .into();
        let ekman: BTreeSet<&str> =
            ["joy", "fear", "surprise", "sadness", "disgust", "anger"].into();
        for node in &emotions().nodes {
            assert!(node.valence.is_some() && node.arousal.is_some(), "{}", node.id);
            assert!(plutchik.contains(node.plutchik.as_deref().unwrap()), "{}", node.id);
            assert!(ekman.contains(node.ekman.as_deref().unwrap()), "{}", node.id);
        }
    }

    #[test]
    fn each_goemotions_label_maps_to_exactly_one_node() {
        for taxonomy in [emotions(), goemotions()] {
            let labels: Vec<&String> = taxonomy.nodes.iter().flat_map(|n| &n.goemotions).collect();
            assert_eq!(labels.len(), 27);
            assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), 27);
        }
    }

    #[test]
    fn unknown_labels_go_to_unmapped() {
        assert!(resolve(emotions(), "hangry").is_unmapped());
        assert_eq!(resolve(emotions(), "Worry").as_str(), "fear.anxiety.worry");
        assert_eq!(resolve(emotions(), "realization").as_str(), "surprise.realisation");
    }

    #[test]
    fn a_damaged_file_is_refused() {
        assert!(matches!(load("{"), Err(LoadTaxonomyError::Shape(_))));
        let orphan = r#"{"version":"x","nodes":[{"id":"a.b","name":"B","definition":"B."}]}"#;
        assert!(matches!(load(orphan), Err(LoadTaxonomyError::Tree(_))));
    }
}
