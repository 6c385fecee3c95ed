//! File choosers, opened by the core: paths never enter the page.

//!
//! A build for development chooses by itself where its tests say what: nobody sits in front of them.

use rfd::AsyncFileDialog;
use std::path::PathBuf;
use tauri::WebviewWindow;

/// What imports read; the content decides in the end, so any file may be chosen.
const READABLE: [&str; 22] = [
    "wav", "mp3", "m4a", "aac", "flac", "ogg", "oga", "opus", "caf", "aiff", "mp4", "m4v", "mov",
    "mkv", "webm", "txt", "md", "srt", "vtt", "text", "markdown", "wma",
];

/// The ending of a backup's name.
const BACKUP: &str = "journey";

fn dialog(window: &WebviewWindow, title: &str) -> AsyncFileDialog {
    AsyncFileDialog::new().set_title(title).set_parent(window)
}

/// The paths that a test wrote down, one a line, before the chooser was asked for; `None` without one.
#[cfg(debug_assertions)]
#[expect(clippy::disallowed_methods, reason = "only for tests, and in no release")]
fn said_by_a_test() -> Option<Vec<PathBuf>> {
    let file = std::env::var_os("INSIGHT_JOURNEY_TEST_CHOICE")?;
    let lines = std::fs::read_to_string(file).unwrap_or_default();
    Some(lines.lines().map(PathBuf::from).collect())
}

#[cfg(not(debug_assertions))]
const fn said_by_a_test() -> Option<Vec<PathBuf>> {
    None
}

fn one_said_by_a_test() -> Option<PathBuf> {
    said_by_a_test()?.into_iter().next()
}

/// Files to import; none when the person closed the chooser.
pub(super) async fn recordings(window: &WebviewWindow) -> Vec<PathBuf> {
    if let Some(said) = said_by_a_test() {
        return said;
    }
    let chosen = dialog(window, "Import recordings and texts")
        .add_filter("Sound, film and text", &READABLE)
        .add_filter("All files", &["*"])
        .pick_files()
        .await;
    chosen.unwrap_or_default().iter().map(|file| file.path().to_owned()).collect()
}

/// A speech model that the person has.
pub(super) async fn model(window: &WebviewWindow) -> Option<PathBuf> {
    if let Some(said) = one_said_by_a_test() {
        return Some(said);
    }
    let chosen = dialog(window, "Add a speech model")
        .add_filter("Speech models (ggml)", &["bin"])
        .add_filter("All files", &["*"])
        .pick_file()
        .await;
    chosen.map(|file| file.path().to_owned())
}

/// Where a backup goes. A name without an ending gets the usual one.
pub(super) async fn backup_to(window: &WebviewWindow, name: &str) -> Option<PathBuf> {
    if let Some(said) = one_said_by_a_test() {
        return Some(said);
    }
    let chosen = dialog(window, "Keep a backup")
        .set_file_name(format!("{name}.{BACKUP}"))
        .add_filter("Backups", &[BACKUP])
        .save_file()
        .await?;
    let path = chosen.path().to_owned();
    Some(if path.extension().is_none() { path.with_extension(BACKUP) } else { path })
}

/// The backup to bring back.
pub(super) async fn backup_from(window: &WebviewWindow) -> Option<PathBuf> {
    if let Some(said) = one_said_by_a_test() {
        return Some(said);
    }
    let chosen = dialog(window, "Bring a backup back")
        .add_filter("Backups", &[BACKUP])
        .add_filter("All files", &["*"])
        .pick_file()
        .await;
    chosen.map(|file| file.path().to_owned())
}
