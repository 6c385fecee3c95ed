//! A written reflection in the person's own editor.
//!
//! An editor needs a file. It lies in memory where the system has a place for that, is readable by
//! the person alone, and is wiped and removed when the editor closes.

use journey_app::error::{CommandError, Result};
use std::{
    fs,
    io::{Seek, Write},
    path::PathBuf,
    process::Command,
};

/// Opens the editor on an empty page and gives back what was written.
pub(super) fn edit() -> Result<String> {
    let failed = |_| {
        CommandError::usage("the editor could not be opened")
            .hint("Set VISUAL or EDITOR, or pipe the text: insight-journey write < note.txt")
    };
    let folder = in_memory_folder().unwrap_or_else(std::env::temp_dir);
    let mut page = tempfile::Builder::new()
        .prefix("reflection-")
        .suffix(".md")
        .tempfile_in(folder)
        .map_err(failed)?;
    let editor = editor_command();
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or("nano");
    let mut editor = Command::new(program);
    editor.args(words).arg(page.path());
    let status = super::secrets::withhold_from(&mut editor).status().map_err(failed)?;
    let text = fs::read_to_string(page.path()).map_err(failed)?;
    wipe(&mut page, text.len()).map_err(failed)?;
    if !status.success() || text.trim().is_empty() {
        return Err(CommandError::usage("nothing was written").hint("The vault is as it was."));
    }
    Ok(text)
}

fn wipe(page: &mut tempfile::NamedTempFile, n_bytes: usize) -> std::io::Result<()> {
    page.rewind()?;
    page.write_all(&vec![0; n_bytes])?;
    page.as_file().sync_all()
}

fn in_memory_folder() -> Option<PathBuf> {
    let folder = PathBuf::from("/dev/shm");
    folder.is_dir().then_some(folder)
}

#[expect(clippy::disallowed_methods, reason = "the edge where the environment is read")]
fn editor_command() -> String {
    std::env::var("VISUAL")
        .or_else(|_| std::env::var("EDITOR"))
        .ok()
        .filter(|editor| !editor.trim().is_empty())
        .unwrap_or_else(|| "nano".to_owned())
}
