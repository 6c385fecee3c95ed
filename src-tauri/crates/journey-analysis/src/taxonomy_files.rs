//! The taxonomies that ship with the program.

use journey_domain::taxonomy::{Node, NodeId, Taxonomy, TaxonomyError};
use std::{collections::BTreeMap, sync::LazyLock};

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

/// The trees of emotions from which a person may choose one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmotionPack {
    /// The program's own.
    #[default]
    Emotions,
    /// GoEmotions' 27.
    GoEmotions,
}

/// A word that names no [`EmotionPack`].
#[derive(Debug, thiserror::Error)]
#[error("there is no such pack of emotions")]
pub struct UnknownPack;

impl std::str::FromStr for EmotionPack {
    type Err = UnknownPack;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "emotions.v1" => Ok(Self::Emotions),
            "goemotions.v1" => Ok(Self::GoEmotions),
            _ => Err(UnknownPack),
        }
    }
}

impl EmotionPack {
    /// The tree.
    #[must_use]
    pub fn taxonomy(self) -> &'static Taxonomy {
        match self {
            Self::Emotions => emotions(),
            Self::GoEmotions => goemotions(),
        }
    }

    /// The versions of this pack and the topics, as kept with a run.
    #[must_use]
    pub fn versions(self) -> String {
        format!("{}+{}", self.taxonomy().version, topics().version)
    }

    /// The node of this pack for one of the program's own emotions. Every one has one: its own or an
    /// ancestor's label of GoEmotions, else the nearest feeling of the same basic emotion.
    #[must_use]
    pub fn node_for(self, own: &NodeId) -> Option<&'static Node> {
        static NEAREST: LazyLock<BTreeMap<NodeId, &'static Node>> = LazyLock::new(|| {
            emotions().nodes.iter().filter_map(|n| Some((n.id.clone(), nearest(n)?))).collect()
        });
        match self {
            Self::Emotions => emotions().node(own),
            Self::GoEmotions => NEAREST.get(own).copied(),
        }
    }
}

fn nearest(node: &Node) -> Option<&'static Node> {
    let mut above = Some(node.id.clone());
    while let Some(id) = above {
        let labels = emotions().node(&id).map(|n| n.goemotions.as_slice()).unwrap_or_default();
        if let Some(found) = labels.first().and_then(|l| node_of_goemotion(goemotions(), l)) {
            return Some(found);
        }
        above = id.parent().filter(|parent| parent.depth() > 1);
    }
    let distance = |other: &Node| {
        let part = |a: Option<f32>, b: Option<f32>| a.zip(b).map_or(2.0, |(a, b)| (a - b).powi(2));
        part(node.valence, other.valence) + part(node.arousal, other.arousal)
    };
    let leaves = || goemotions().nodes.iter().filter(|n| !n.goemotions.is_empty());
    let same_basic = leaves().filter(|n| n.ekman == node.ekman);
    same_basic
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
        .or_else(|| leaves().min_by(|a, b| distance(a).total_cmp(&distance(b))))
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
    fn every_emotion_has_a_place_in_every_pack() {
        for node in &emotions().nodes {
            let go = EmotionPack::GoEmotions.node_for(&node.id);
            assert_eq!(go.unwrap().goemotions.len(), 1, "{}", node.id);
            assert_eq!(EmotionPack::Emotions.node_for(&node.id), Some(node));
        }
        let of = |id| EmotionPack::GoEmotions.node_for(&NodeId::new(id)).unwrap().id.to_string();
        assert_eq!(of("joy.contentment.approval"), "positive.approval");
        assert_eq!(of("fear"), "negative.fear");
    }

    #[test]
    fn malformed_trees_are_refused_by_the_loader() {
        let file = |nodes: &str| format!(r#"{{"version":"x","nodes":[{nodes}]}}"#);
        let node = |id: &str| format!(r#"{{"id":"{id}","name":"N","definition":"A line."}}"#);
        let list = |ids: &[&str]| ids.iter().map(|id| node(id)).collect::<Vec<_>>().join(",");
        assert!(load(&file(&list(&["a", "a.b", "a.b.c"]))).is_ok());
        for ids in [
            &["a", "a"][..],
            &["a", "a.b.c"],
            &["a.b", "a"],
            &["a", "a.b", "a.b.c", "a.b.c.d"],
            &["A"],
            &["a b"],
            &["unmapped"],
            &["a."],
            &[""],
        ] {
            let loaded = load(&file(&list(ids)));
            assert!(matches!(loaded, Err(LoadTaxonomyError::Tree(_))), "{ids:?}");
        }
        for bad in [
            r#"{"id":"a","name":"","definition":"A line."}"#,
            r#"{"id":"a","name":"N","definition":"Two\nlines."}"#,
            r#"{"id":"a","name":"N","definition":"A line.","valence":1.5}"#,
        ] {
            assert!(load(&file(bad)).is_err(), "{bad}");
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
