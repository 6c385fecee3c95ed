//! Backups, and bringing one back.

use crate::desktop::{chooser, desk::Desk};
use journey_app::{
    error::Result,
    gate::command::Command,
    views::window::{BackupDone, BackupState, RestoreDone},
};
use tauri::{State, WebviewWindow};

/// When the last backup was made.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn backup_state(desk: State<'_, Desk>) -> Result<BackupState> {
    desk.unlocked(Command::BackupState, |app, me| app.backup_state(me)).await
}

/// Writes a backup where the person chooses; `None` when they closed the chooser.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn backup(
    desk: State<'_, Desk>,
    window: WebviewWindow,
    passphrase: String,
) -> Result<Option<BackupDone>> {
    let name = desk.unlocked(Command::Backup, |app, me| Ok(app.backup_name(me))).await?;
    let Some(to) = chooser::backup_to(&window, &name).await else { return Ok(None) };
    desk.unlocked(Command::Backup, move |app, me| {
        app.backup_in_window(me, &to, &passphrase).map(Some)
    })
    .await
}

/// Brings back the backup that the person chooses; `None` when they closed the chooser.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn restore(
    desk: State<'_, Desk>,
    window: WebviewWindow,
    passphrase: String,
) -> Result<Option<RestoreDone>> {
    desk.public(Command::Restore, |_| Ok(())).await?;
    let Some(from) = chooser::backup_from(&window).await else { return Ok(None) };
    desk.restore(from, passphrase).await.map(Some)
}
