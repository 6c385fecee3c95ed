//! A person's changes to the taxonomies, in order, each of which can be taken back.

use super::column;
use crate::VaultError;
use jiff::Timestamp;
use journey_domain::{
    element::UnknownWord,
    ports::Clock,
    taxonomy::{
        NodeId,
        changes::{Regrading, TaxonomyChange},
    },
};
use rusqlite::{Connection, Row};
use serde_json::Value;
use std::{ops::Deref, str::FromStr};

/// Which of the two trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// Emotions.
    Emotions,
    /// Topics.
    Topics,
}

impl Tree {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Emotions => "emotions",
            Self::Topics => "topics",
        }
    }
}

impl FromStr for Tree {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "emotions" => Ok(Self::Emotions),
            "topics" => Ok(Self::Topics),
            _ => Err(UnknownWord("taxonomy")),
        }
    }
}

/// One change: a rename, merge, split or addition.
#[derive(Clone, Debug, PartialEq)]
pub struct TaxonomyEdit {
    /// Counts up; the order in which changes hold.
    pub number: i64,
    /// Which tree.
    pub tree: Tree,
    /// What changes, in the form of whoever applies it.
    pub edit: Value,
    /// When it was made.
    pub at: Timestamp,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> rusqlite::Result<TaxonomyEdit> {
    Ok(TaxonomyEdit {
        number: row.get(0)?,
        tree: column::word(row, 1)?,
        edit: column::json(row, 2)?,
        at: column::time(row, 3)?,
        undone_at: column::time_opt(row, 4)?,
    })
}

/// Reads changes to the taxonomies.
#[derive(Clone, Copy)]
pub struct TaxonomyEdits<'c> {
    conn: &'c Connection,
}

impl<'c> TaxonomyEdits<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// All changes of both trees, ready to be applied; those that a newer version made in a form that
    /// is not known here are passed over.
    ///
    /// # Errors
    /// The database's failure.
    pub fn regrading(&self) -> Result<Regrading, VaultError> {
        let rows = column::rows(
            self.conn,
            "SELECT edit, undone_at IS NULL FROM taxonomy_edits ORDER BY id",
            &[],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)),
        )?;
        Ok(Regrading::new(rows.into_iter().filter_map(|(edit, holds)| {
            Some((serde_json::from_str::<TaxonomyChange>(&edit).ok()?, holds))
        })))
    }

    /// The ids of every node that a person ever added.
    ///
    /// # Errors
    /// The database's failure.
    pub fn own_ids(&self) -> Result<Vec<NodeId>, VaultError> {
        let sql = "SELECT edit FROM taxonomy_edits ORDER BY id";
        let edits = column::rows(self.conn, sql, &[], |row| row.get::<_, String>(0))?;
        let changes = edits.iter().filter_map(|e| serde_json::from_str::<TaxonomyChange>(e).ok());
        Ok(changes
            .flat_map(|c| c.own_nodes().iter().map(|n| n.id.clone()).collect::<Vec<_>>())
            .collect())
    }

    /// The changes of a tree that hold, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn in_force(&self, tree: Tree) -> Result<Vec<TaxonomyEdit>, VaultError> {
        column::rows(
            self.conn,
            "SELECT id, taxonomy, edit, at, undone_at FROM taxonomy_edits
             WHERE taxonomy = ?1 AND undone_at IS NULL ORDER BY id",
            &[&tree.as_str()],
            read,
        )
    }
}

/// Writes changes to the taxonomies.
#[derive(Clone, Copy)]
pub struct TaxonomyEditsMut<'c> {
    read: TaxonomyEdits<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for TaxonomyEditsMut<'c> {
    type Target = TaxonomyEdits<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> TaxonomyEditsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: TaxonomyEdits::new(conn), clock }
    }

    /// Adds a change and gives its number.
    ///
    /// # Errors
    /// The database's failure.
    pub fn add(&self, tree: Tree, edit: &Value) -> Result<i64, VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO taxonomy_edits (taxonomy, edit, at) VALUES (?1, ?2, ?3)",
            &[&tree.as_str(), &column::to_json(edit)?, &column::micros(self.clock.now())],
        )?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Takes the last change that holds back, of `tree` or of either, and gives it.
    ///
    /// # Errors
    /// The database's failure.
    pub fn undo_last(&self, tree: Option<Tree>) -> Result<Option<TaxonomyEdit>, VaultError> {
        column::row(
            self.conn,
            "UPDATE taxonomy_edits SET undone_at = ?1
             WHERE id = (SELECT max(id) FROM taxonomy_edits
                         WHERE undone_at IS NULL AND (?2 IS NULL OR taxonomy = ?2))
             RETURNING id, taxonomy, edit, at, undone_at",
            &[&column::micros(self.clock.now()), &tree.map(Tree::as_str)],
            read,
        )
    }
}
