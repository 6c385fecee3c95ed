//! The trees of emotions and topics as a person changed them.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    open_vault::OpenVault,
    views::{TaxonomyChangeView, TaxonomyList, TaxonomyNodeView, TaxonomyView},
};
use journey_analysis::taxonomy_files::{self, EmotionPack};
use journey_domain::{
    element::ElementKind,
    taxonomy::{
        MAX_DEPTH, Node, NodeId, Taxonomy,
        changes::{MAX_NAME_CHARS, OwnNode, Regrading, TaxonomyChange, is_own, own_id},
    },
};
use journey_vault::{Read, Write, table::taxonomy_edits::Tree};
use std::collections::{BTreeSet, HashMap};

/// Both trees, in the order in which they are shown.
const TREES: [Tree; 2] = [Tree::Emotions, Tree::Topics];

/// Most changes that hold at once; each is looked at for every element that is shown.
const MAX_CHANGES: usize = 500;

/// Most parts of one split, and most words of a part.
const MAX_PARTS: usize = 50;

/// A node as a person orders it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewNode {
    /// Name for people.
    pub name: String,
    /// Words by which what was found is moved there; without any, the name is the word.
    pub words: Vec<String>,
    /// One line; without one, it is said to be the person's own.
    pub definition: Option<String>,
}

impl NewNode {
    /// Reads `NAME` or `NAME=word,other words`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (name, words) = text.split_once('=').unwrap_or((text, ""));
        let words = words.split(',').map(str::trim).filter(|w| !w.is_empty());
        Self {
            name: name.trim().to_owned(),
            words: words.map(ToOwned::to_owned).collect(),
            definition: None,
        }
    }
}

fn tree(name: &str) -> Result<Tree> {
    name.parse().map_err(|_| {
        CommandError::usage("there is no such taxonomy").hint("It is emotions or topics.")
    })
}

const fn kind_of(tree: Tree) -> ElementKind {
    match tree {
        Tree::Emotions => ElementKind::Emotion,
        Tree::Topics => ElementKind::Topic,
    }
}

/// A checked name: on one line, not too long, not in use in the tree.
fn name(text: &str, shown: &Taxonomy) -> Result<String> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let n_chars = name.chars().count();
    if n_chars == 0 || n_chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        return Err(CommandError::usage(format!("a name has 1 to {MAX_NAME_CHARS} characters")));
    }
    let lower = name.to_lowercase();
    if shown.nodes.iter().any(|n| n.name.to_lowercase() == lower) {
        return Err(CommandError::usage("another node has this name already")
            .hint("`insight-journey taxonomy merge` makes two nodes one."));
    }
    Ok(name)
}

/// A tree as shipped and as shown.
struct Shown {
    tree: Tree,
    shipped: &'static Taxonomy,
    shown: Taxonomy,
    regrading: Regrading,
}

impl Shown {
    /// The shown node of an id, or of a name that only one has.
    fn node(&self, wanted: &str) -> Option<&Node> {
        let lower = wanted.trim().to_lowercase();
        let nodes = || self.shown.nodes.iter();
        nodes().find(|n| n.id.as_str() == lower).or_else(|| {
            let mut named = nodes().filter(|n| n.name.to_lowercase() == lower);
            named.next().filter(|_| named.next().is_none())
        })
    }

    /// Its name without the person's renaming.
    fn own_or_shipped_name(&self, id: &NodeId) -> String {
        let own = self.regrading.changes().iter().flat_map(|c| c.own_nodes());
        let own = own.filter(|n| n.id == *id).map(|n| n.name.clone()).next();
        own.or_else(|| self.shipped.node(id).map(|n| n.name.clone())).unwrap_or_default()
    }

    fn new_node(
        &self,
        parent: Option<&NodeId>,
        new: &NewNode,
        taken: &mut BTreeSet<NodeId>,
    ) -> Result<OwnNode> {
        let name = name(&new.name, &self.shown)?;
        let line = new.definition.as_deref().unwrap_or("One of mine.");
        let definition: String = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if new.words.len() > MAX_PARTS || definition.chars().count() > 200 {
            return Err(CommandError::usage("these are too many words for one node"));
        }
        let mut words: Vec<String> = new.words.iter().map(|w| w.to_lowercase()).collect();
        if words.is_empty() {
            words.push(name.to_lowercase());
        }
        let id = own_id(parent, &name, taken);
        if id.depth() > MAX_DEPTH {
            return Err(CommandError::usage(format!("a tree has at most {MAX_DEPTH} levels"))
                .hint("Add it one level higher."));
        }
        taken.insert(id.clone());
        let parent_name = parent.map(|p| self.own_or_shipped_name(p)).unwrap_or_default();
        Ok(OwnNode { id, name, definition, words, parent_name })
    }
}

fn no_node() -> CommandError {
    CommandError::not_found("there is no such node").hint("`insight-journey taxonomy` lists them.")
}

impl App {
    /// The pack of emotions that the settings name.
    pub(crate) fn emotion_pack(&self, open: &OpenVault) -> Result<EmotionPack> {
        let name = self.text_setting(open, "emotion_taxonomy")?;
        Ok(name.and_then(|name| name.parse().ok()).unwrap_or_default())
    }

    fn shown_tree(&self, open: &OpenVault, read: &Read<'_>, tree: Tree) -> Result<Shown> {
        let shipped = match tree {
            Tree::Emotions => self.emotion_pack(open)?.taxonomy(),
            Tree::Topics => taxonomy_files::topics(),
        };
        let regrading = read.taxonomy_edits().regrading()?;
        Ok(Shown { tree, shipped, shown: regrading.shown(shipped), regrading })
    }

    /// The nodes of a kind as they are shown, for corrections and menus.
    pub(crate) fn shown_nodes(&self, open: &OpenVault, kind: ElementKind) -> Result<Vec<Node>> {
        let tree = if kind == ElementKind::Topic { Tree::Topics } else { Tree::Emotions };
        open.vault.read(|read| Ok(self.shown_tree(open, read, tree)?.shown.nodes))
    }

    /// Both trees with what was found at their nodes.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn taxonomies(&self, me: &Unlocked) -> Result<TaxonomyList> {
        let taxonomies = TREES
            .iter()
            .map(|tree| self.taxonomy(me, tree.as_str()))
            .collect::<Result<Vec<_>>>()?;
        Ok(TaxonomyList { taxonomies })
    }

    /// One tree with what was found at its nodes.
    ///
    /// # Errors
    /// A usage error for an unknown tree.
    pub fn taxonomy(&self, me: &Unlocked, which: &str) -> Result<TaxonomyView> {
        let tree = tree(which)?;
        me.vault().read(|read| {
            let it = self.shown_tree(&me.open, read, tree)?;
            let counts = read.elements().n_at_nodes()?;
            let changes = read
                .taxonomy_edits()
                .in_force(tree)?
                .into_iter()
                .filter_map(|edit| {
                    let change: TaxonomyChange = serde_json::from_value(edit.edit).ok()?;
                    Some(TaxonomyChangeView {
                        change: change.word().to_owned(),
                        at: edit.at.to_string(),
                    })
                })
                .collect();
            Ok(view(&it, &counts, changes))
        })
    }

    /// Gives a node another name.
    ///
    /// # Errors
    /// Not found; a usage error for a bad name or one in use.
    pub fn rename_node(&self, me: &Unlocked, node: &str, new_name: &str) -> Result<TaxonomyView> {
        self.change_taxonomy(me, |read| {
            let it = self.tree_of(&me.open, read, node)?;
            let node = it.node(node).ok_or_else(no_node)?.id.clone();
            let name = name(new_name, &it.shown)?;
            Ok((it.tree, TaxonomyChange::Rename { node, name }))
        })
    }

    /// Makes a node and all below it another.
    ///
    /// # Errors
    /// Not found; a usage error where one holds the other or they are of two trees.
    pub fn merge_nodes(&self, me: &Unlocked, from: &str, into: &str) -> Result<TaxonomyView> {
        self.change_taxonomy(me, |read| {
            let it = self.tree_of(&me.open, read, from)?;
            let from = it.node(from).ok_or_else(no_node)?.id.clone();
            let into = it
                .node(into)
                .ok_or_else(|| no_node().hint("Both must be of the same tree."))?
                .id
                .clone();
            if into.is_within(&from) {
                return Err(CommandError::usage("a node cannot become one of its own parts"));
            }
            let into_name = it.own_or_shipped_name(&into);
            Ok((it.tree, TaxonomyChange::Merge { from, into, into_name }))
        })
    }

    /// Takes what stands at a node apart by words.
    ///
    /// # Errors
    /// Not found; a usage error for a bad name or one in use.
    pub fn split_node(&self, me: &Unlocked, node: &str, parts: &[NewNode]) -> Result<TaxonomyView> {
        self.change_taxonomy(me, |read| {
            let it = self.tree_of(&me.open, read, node)?;
            let node = it.node(node).ok_or_else(no_node)?.id.clone();
            if parts.is_empty() || parts.len() > MAX_PARTS {
                return Err(CommandError::usage(format!("a split has 1 to {MAX_PARTS} parts"))
                    .hint("Each is NAME=word,word."));
            }
            let above = if node.depth() < MAX_DEPTH { Some(node.clone()) } else { node.parent() };
            let mut taken = self.taken(read, &it)?;
            let mut names = BTreeSet::new();
            let parts = parts
                .iter()
                .map(|part| {
                    let made = it.new_node(above.as_ref(), part, &mut taken)?;
                    if !names.insert(made.name.to_lowercase()) {
                        return Err(CommandError::usage("two parts have the same name"));
                    }
                    Ok(made)
                })
                .collect::<Result<_>>()?;
            Ok((it.tree, TaxonomyChange::Split { node, parts }))
        })
    }

    /// Adds a node below another, or to a tree as a root.
    ///
    /// # Errors
    /// Not found; a usage error for a bad name, one in use, or a fourth level.
    pub fn add_node(&self, me: &Unlocked, parent: &str, new: &NewNode) -> Result<TaxonomyView> {
        self.change_taxonomy(me, |read| {
            let as_root = parent.parse::<Tree>().ok();
            let it = match as_root {
                Some(tree) => self.shown_tree(&me.open, read, tree)?,
                None => self.tree_of(&me.open, read, parent)?,
            };
            let above = match as_root {
                Some(_) => None,
                None => Some(it.node(parent).ok_or_else(no_node)?.id.clone()),
            };
            let mut taken = self.taken(read, &it)?;
            let node = it.new_node(above.as_ref(), new, &mut taken)?;
            Ok((it.tree, TaxonomyChange::Add { node, kind: kind_of(it.tree) }))
        })
    }

    /// Takes the last change back.
    ///
    /// # Errors
    /// Nothing to take back.
    pub fn undo_taxonomy(&self, me: &Unlocked) -> Result<TaxonomyView> {
        let tree = me.vault().write(|write| {
            let before = write.read().taxonomy_edits().regrading()?;
            let edit = write
                .taxonomy_edits()
                .undo_last(None)?
                .ok_or_else(|| CommandError::not_found("there is nothing to take back"))?;
            if let Ok(change) = serde_json::from_value::<TaxonomyChange>(edit.edit) {
                write.refresh_regraded(|node| before.touches(&change, node))?;
            }
            Ok::<_, CommandError>(edit.tree)
        })?;
        self.announce_list();
        self.taxonomy(me, tree.as_str())
    }

    fn change_taxonomy(
        &self,
        me: &Unlocked,
        change: impl FnOnce(&Read<'_>) -> Result<(Tree, TaxonomyChange)>,
    ) -> Result<TaxonomyView> {
        let tree = me.vault().write(|write: &Write<'_>| {
            let (tree, change) = change(&write.read())?;
            let edit =
                serde_json::to_value(&change).map_err(|error| CommandError::internal(&error))?;
            write.taxonomy_edits().add(tree, &edit)?;
            let after = write.read().taxonomy_edits().regrading()?;
            if after.changes().len() > MAX_CHANGES {
                return Err(CommandError::usage("there are too many changes of the taxonomies"));
            }
            write.refresh_regraded(|node| after.touches(&change, node))?;
            Ok(tree)
        })?;
        self.announce_list();
        self.taxonomy(me, tree.as_str())
    }

    /// The tree in which a node stands.
    fn tree_of(&self, open: &OpenVault, read: &Read<'_>, node: &str) -> Result<Shown> {
        for tree in TREES {
            let it = self.shown_tree(open, read, tree)?;
            if it.node(node).is_some() {
                return Ok(it);
            }
        }
        Err(no_node())
    }

    /// Ids that a new node may not have: shown ones, merged ones, and those of own nodes that were
    /// taken back, so that no id ever means two things.
    fn taken(&self, read: &Read<'_>, it: &Shown) -> Result<BTreeSet<NodeId>> {
        let mut taken: BTreeSet<NodeId> = it.shown.nodes.iter().map(|n| n.id.clone()).collect();
        taken.extend(it.shipped.nodes.iter().map(|n| n.id.clone()));
        taken.extend(read.taxonomy_edits().own_ids()?);
        Ok(taken)
    }
}

fn view(
    it: &Shown,
    counts: &HashMap<NodeId, usize>,
    changes: Vec<TaxonomyChangeView>,
) -> TaxonomyView {
    let nodes = it
        .shown
        .nodes
        .iter()
        .map(|node| TaxonomyNodeView {
            id: node.id.to_string(),
            parent: node.id.parent().map(|p| p.to_string()),
            name: node.name.clone(),
            definition: node.definition.clone(),
            own: is_own(&node.id),
            elements: counts.get(&node.id).copied().unwrap_or(0),
            elements_below: counts
                .iter()
                .filter(|(id, _)| **id != node.id && id.is_within(&node.id))
                .map(|(_, n)| n)
                .sum(),
        })
        .collect();
    TaxonomyView {
        taxonomy: it.tree.as_str().to_owned(),
        version: it.shown.version.clone(),
        nodes,
        changes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_a_name_with_its_words() {
        let part = NewNode::parse("Late nights=late, after ten ,");
        assert_eq!(
            (part.name.as_str(), part.words),
            ("Late nights", vec!["late".to_owned(), "after ten".to_owned()])
        );
        assert_eq!(NewNode::parse("Sam").words, [""; 0]);
    }
}
