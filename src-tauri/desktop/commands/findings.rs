//! Transcripts, analyses and corrections.

use crate::desktop::desk::Desk;
use journey_app::{
    error::Result,
    gate::command::Command,
    views::{
        HoleView,
        window::{Diff, EditedPage, QueuedJob, RunRows, SessionPageView, TaxonomyTree},
    },
};
use tauri::State;

/// Stores an edited text as a new revision.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn transcript_edit(
    desk: State<'_, Desk>,
    id: String,
    revision: u32,
    text: String,
) -> Result<EditedPage> {
    desk.unlocked(Command::Edit, move |app, me| app.edit_in_window(me, &id, revision, &text)).await
}

/// Transcribes again.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn transcribe(desk: State<'_, Desk>, id: String) -> Result<QueuedJob> {
    desk.unlocked(Command::Transcribe, move |app, me| app.queue_transcription(me, &id)).await
}

/// Analyses again.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn analyse(
    desk: State<'_, Desk>,
    id: String,
    provider: Option<String>,
) -> Result<QueuedJob> {
    desk.unlocked(Command::Analyse, move |app, me| app.queue_analysis(me, &id, provider.as_deref()))
        .await
}

/// Works on a missing part alone.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn retry_part(
    desk: State<'_, Desk>,
    id: String,
    hole: HoleView,
    provider: Option<String>,
) -> Result<QueuedJob> {
    desk.unlocked(Command::Transcribe, move |app, me| {
        app.queue_part(me, &id, &hole, provider.as_deref())
    })
    .await
}

/// The analyses of a session.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn runs(desk: State<'_, Desk>, id: String) -> Result<RunRows> {
    desk.unlocked(Command::Runs, move |app, me| app.run_rows(me, &id)).await
}

/// What one run changes.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn diff(
    desk: State<'_, Desk>,
    id: String,
    from: String,
    to: String,
) -> Result<Diff> {
    desk.unlocked(Command::Runs, move |app, me| {
        app.diff(me, &id, &from, &to).map(|changes| Diff { changes })
    })
    .await
}

/// Shows this run from now on.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn accept_run(
    desk: State<'_, Desk>,
    id: String,
    run: String,
) -> Result<SessionPageView> {
    desk.unlocked(Command::AcceptRun, move |app, me| {
        app.accept_run(me, &id, &run).and_then(|_| app.session_page(me, &id))
    })
    .await
}

/// Another kind or label.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn element_correct(
    desk: State<'_, Desk>,
    id: String,
    kind: String,
    label: String,
    taxonomy: Option<String>,
) -> Result<SessionPageView> {
    desk.unlocked(Command::CorrectElement, move |app, me| {
        app.correct_element(me, &id, Some(&kind), Some(taxonomy.as_deref().unwrap_or(&label)))
            .and_then(|s| app.session_page(me, &s.id))
    })
    .await
}

/// It was not said.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn element_delete(desk: State<'_, Desk>, id: String) -> Result<SessionPageView> {
    desk.unlocked(Command::CorrectElement, move |app, me| {
        app.delete_element(me, &id).and_then(|s| app.session_page(me, &s.id))
    })
    .await
}

/// It was said of somebody else.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn element_not_me(desk: State<'_, Desk>, id: String) -> Result<SessionPageView> {
    desk.unlocked(Command::CorrectElement, move |app, me| {
        app.element_not_me(me, &id).and_then(|s| app.session_page(me, &s.id))
    })
    .await
}

/// Takes the last correction back.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn element_restore(desk: State<'_, Desk>, id: String) -> Result<SessionPageView> {
    desk.unlocked(Command::CorrectElement, move |app, me| {
        app.restore_element(me, &id).and_then(|s| app.session_page(me, &s.id))
    })
    .await
}

/// A tree of emotions or topics.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn taxonomy(desk: State<'_, Desk>, name: String) -> Result<TaxonomyTree> {
    desk.unlocked(Command::Taxonomy, move |app, me| app.taxonomy_tree(me, &name)).await
}
