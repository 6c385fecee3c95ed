//! Recording, writing, importing.

use crate::desktop::{chooser, desk::Desk};
use journey_app::{
    error::Result,
    gate::command::Command,
    views::{
        DeviceList,
        window::{DraftView, Questions, Queue, RecordingView, Stopped},
    },
};
use tauri::{State, WebviewWindow};

/// The microphones.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn devices(desk: State<'_, Desk>) -> Result<DeviceList> {
    desk.public(Command::Devices, move |app| app.devices()).await
}

/// The recording under way.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn record_state(desk: State<'_, Desk>) -> Result<Option<RecordingView>> {
    desk.unlocked(Command::Record, move |app, me| Ok(app.recording_view(me))).await
}

/// Another microphone.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn record_device(desk: State<'_, Desk>, device: String) -> Result<RecordingView> {
    desk.unlocked(Command::Record, move |app, me| app.change_device(me, &device)).await
}

/// Pauses.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn record_pause(desk: State<'_, Desk>) -> Result<RecordingView> {
    desk.unlocked(Command::Record, move |app, me| app.pause_recording(me)).await
}

/// Goes on.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn record_resume(desk: State<'_, Desk>) -> Result<RecordingView> {
    desk.unlocked(Command::Record, move |app, me| app.resume_recording(me)).await
}

/// Seals the recording.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn record_stop(desk: State<'_, Desk>) -> Result<Stopped> {
    desk.unlocked(Command::Record, move |app, me| app.stop_window_recording(me)).await
}

/// A written reflection.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn write(
    desk: State<'_, Desk>,
    title: Option<String>,
    text: String,
) -> Result<Stopped> {
    desk.unlocked(Command::Write, move |app, me| app.write_in_window(me, &text, title.as_deref()))
        .await
}

/// What was typed and is not kept yet.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn draft_get(
    desk: State<'_, Desk>,
    session: Option<String>,
) -> Result<Option<DraftView>> {
    desk.unlocked(Command::Draft, move |app, me| app.draft(me, session.as_deref())).await
}

/// Remembers what is being typed.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn draft_set(
    desk: State<'_, Desk>,
    session: Option<String>,
    revision: Option<u32>,
    title: String,
    text: String,
) -> Result<()> {
    desk.unlocked(Command::ChangeDraft, move |app, me| {
        app.set_draft(me, session.as_deref(), revision, &title, &text)
    })
    .await
}

/// Imports files that the person chooses.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn import_choose(desk: State<'_, Desk>, window: WebviewWindow) -> Result<Queue> {
    desk.unlocked(Command::Import, |_, _| Ok(())).await?;
    let paths = chooser::recordings(&window).await;
    if paths.is_empty() {
        return desk.unlocked(Command::Review, |app, me| app.queue(me)).await;
    }
    desk.unlocked(Command::Import, move |app, me| app.queue_imports(me, paths)).await
}

/// What is being worked on.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn queue(desk: State<'_, Desk>) -> Result<Queue> {
    desk.unlocked(Command::Review, move |app, me| app.queue(me)).await
}

/// Stops a stage of work.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn cancel_job(desk: State<'_, Desk>, job: String) -> Result<()> {
    desk.unlocked(Command::CancelJob, move |app, me| app.cancel_job(me, &job)).await
}

/// Questions to begin with.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn questions(desk: State<'_, Desk>, limit: usize) -> Result<Questions> {
    desk.unlocked(Command::Review, move |app, me| Ok(app.questions(me, limit))).await
}
