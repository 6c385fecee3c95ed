//! Speech models.

use crate::desktop::{chooser, desk::Desk};
use journey_app::{error::Result, gate::command::Command, views::window::ModelRows};
use tauri::{State, WebviewWindow};

/// The speech models.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn models(desk: State<'_, Desk>) -> Result<ModelRows> {
    desk.unlocked(Command::Models, move |app, me| app.model_rows(me)).await
}

/// Fetches a model, or goes on with it.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn model_download(desk: State<'_, Desk>, name: String) -> Result<()> {
    desk.unlocked(Command::ModelDownload, move |app, me| app.start_model_download(me, &name)).await
}

/// Stops a download for now.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn model_pause(desk: State<'_, Desk>, name: String) -> Result<()> {
    desk.unlocked(Command::ModelDownload, move |app, me| {
        app.pause_model_download(me, &name);
        Ok(())
    })
    .await
}

/// Adds a model file that the person chooses.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn model_add(desk: State<'_, Desk>, window: WebviewWindow) -> Result<ModelRows> {
    desk.unlocked(Command::ModelAdd, |_, _| Ok(())).await?;
    let file = chooser::model(&window).await;
    desk.unlocked(Command::ModelAdd, move |app, me| match file {
        Some(file) => app.add_model_in_window(me, &file),
        None => app.model_rows(me),
    })
    .await
}

/// Transcribes with this model from now on.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn model_use(desk: State<'_, Desk>, name: String) -> Result<ModelRows> {
    desk.unlocked(Command::ModelUse, move |app, me| {
        app.use_model(me, &name).and_then(|_| app.model_rows(me))
    })
    .await
}

/// Removes a model.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn model_remove(desk: State<'_, Desk>, name: String) -> Result<ModelRows> {
    desk.unlocked(Command::ModelRemove, move |app, me| {
        app.remove_model(me, &name).and_then(|_| app.model_rows(me))
    })
    .await
}
