//! Playing.

use crate::desktop::desk::Desk;
use journey_app::{
    error::Result,
    gate::command::Command,
    views::window::{Playback, Waveform},
};
use tauri::State;

/// The loudness of a session, for drawing.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn waveform(
    desk: State<'_, Desk>,
    id: String,
    buckets: usize,
) -> Result<Waveform> {
    desk.unlocked(Command::Playback, move |app, me| app.waveform(me, &id, buckets)).await
}

/// Plays a session, or a part of it.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn play(
    desk: State<'_, Desk>,
    id: String,
    from_ms: Option<u64>,
    to_ms: Option<u64>,
) -> Result<Playback> {
    desk.unlocked(Command::Playback, move |app, me| app.play(me, &id, from_ms, to_ms)).await
}

/// Stops the sound and keeps the place.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn pause(desk: State<'_, Desk>) -> Result<Playback> {
    desk.unlocked(Command::Playback, move |app, me| Ok(app.pause_playback(me))).await
}

/// Goes to another place.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn seek(desk: State<'_, Desk>, position_ms: u64) -> Result<Playback> {
    desk.unlocked(Command::Playback, move |app, me| app.seek(me, position_ms)).await
}

/// Another tempo, with or without silence.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn playback_set(
    desk: State<'_, Desk>,
    rate: f32,
    skip_silence: bool,
) -> Result<Playback> {
    desk.unlocked(Command::Playback, move |app, me| app.set_playback(me, rate, skip_silence)).await
}

/// What is being played.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn playback_state(desk: State<'_, Desk>) -> Result<Playback> {
    desk.unlocked(Command::Playback, move |app, me| Ok(app.playback_state(me))).await
}
