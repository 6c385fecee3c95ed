//! The person's own words for feelings and topics, and what came up again across sessions.

use crate::desktop::desk::Desk;
use journey_app::{
    error::Result,
    gate::command::Command,
    taxonomies::NewNode,
    views::{TaxonomyView, ThreadPage, ThreadPlaces},
};
use tauri::State;

/// A tree with what was found at its nodes.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn taxonomy_nodes(desk: State<'_, Desk>, name: String) -> Result<TaxonomyView> {
    desk.unlocked(Command::Taxonomy, move |app, me| app.taxonomy(me, &name)).await
}

/// Another name for a node.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn taxonomy_rename(
    desk: State<'_, Desk>,
    node: String,
    name: String,
) -> Result<TaxonomyView> {
    desk.unlocked(Command::ChangeTaxonomy, move |app, me| app.rename_node(me, &node, &name)).await
}

/// Makes a node another.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn taxonomy_merge(
    desk: State<'_, Desk>,
    from: String,
    into: String,
) -> Result<TaxonomyView> {
    desk.unlocked(Command::ChangeTaxonomy, move |app, me| app.merge_nodes(me, &from, &into)).await
}

/// Takes a part out of a node, by words.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn taxonomy_split(
    desk: State<'_, Desk>,
    node: String,
    name: String,
    words: Vec<String>,
) -> Result<TaxonomyView> {
    let part = NewNode { name, words, definition: None };
    desk.unlocked(Command::ChangeTaxonomy, move |app, me| app.split_node(me, &node, &[part])).await
}

/// Adds a node below another, or to a tree.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn taxonomy_add(
    desk: State<'_, Desk>,
    parent: String,
    name: String,
    words: Vec<String>,
) -> Result<TaxonomyView> {
    let node = NewNode { name, words, definition: None };
    desk.unlocked(Command::ChangeTaxonomy, move |app, me| app.add_node(me, &parent, &node)).await
}

/// Takes the last change of a tree back.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn taxonomy_undo(desk: State<'_, Desk>) -> Result<TaxonomyView> {
    desk.unlocked(Command::ChangeTaxonomy, move |app, me| app.undo_taxonomy(me)).await
}

/// What came up in more than one session, and what may be the same.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn threads(desk: State<'_, Desk>, limit: usize) -> Result<ThreadPage> {
    desk.unlocked(Command::Threads, move |app, me| app.thread_page(me, limit)).await
}

/// Where a thread came up.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn thread_places(
    desk: State<'_, Desk>,
    id: String,
    limit: usize,
) -> Result<ThreadPlaces> {
    desk.unlocked(Command::Threads, move |app, me| app.thread_places(me, &id, limit)).await
}

/// They are the same.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn thread_confirm(
    desk: State<'_, Desk>,
    id: String,
    others: Vec<String>,
) -> Result<()> {
    desk.unlocked(Command::ChangeThread, move |app, me| {
        app.confirm_thread(me, &id, &others).map(drop)
    })
    .await
}

/// They are not.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn thread_reject(
    desk: State<'_, Desk>,
    id: String,
    others: Vec<String>,
) -> Result<()> {
    desk.unlocked(Command::ChangeThread, move |app, me| {
        app.reject_thread(me, &id, &others).map(drop)
    })
    .await
}

/// Takes the last of these decisions back.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn thread_undo(desk: State<'_, Desk>) -> Result<()> {
    desk.unlocked(Command::ChangeThread, move |app, me| app.undo_thread(me).map(drop)).await
}
