//! Commands with a channel: the level meter and the words as they are understood.

use crate::desktop::desk::Desk;
use journey_app::{
    error::Result,
    gate::command::Command,
    views::window::{RecordingFrame, RecordingView},
};
use tauri::{State, ipc::Channel};

/// Begins to record.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn record_start(
    desk: State<'_, Desk>,
    device: Option<String>,
    channel: Channel<RecordingFrame>,
) -> Result<RecordingView> {
    desk.unlocked(Command::Record, move |app, me| {
        app.start_window_recording(me, device, frames(channel))
    })
    .await
}

/// Joins a recording that is under way.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn record_watch(
    desk: State<'_, Desk>,
    channel: Channel<RecordingFrame>,
) -> Result<Option<RecordingView>> {
    desk.unlocked(Command::Record, move |app, me| Ok(app.watch_recording(me, frames(channel))))
        .await
}

/// Listens to a microphone without keeping anything.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn microphone_test_start(
    desk: State<'_, Desk>,
    device: Option<String>,
    channel: Channel<RecordingFrame>,
) -> Result<()> {
    desk.unlocked(Command::MicrophoneTest, move |app, me| {
        app.start_microphone_test(me, device.as_deref(), frames(channel))
    })
    .await
}

/// Stops listening.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn microphone_test_stop(desk: State<'_, Desk>) -> Result<()> {
    desk.unlocked(Command::MicrophoneTest, |app, me| {
        app.stop_microphone_test(me);
        Ok(())
    })
    .await
}

/// `false` once the page is gone.
fn frames(channel: Channel<RecordingFrame>) -> Box<dyn Fn(RecordingFrame) -> bool + Send> {
    Box::new(move |frame| channel.send(frame).is_ok())
}
