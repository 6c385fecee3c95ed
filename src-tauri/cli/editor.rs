//! A written reflection in the person's own editor.
//!
//! An editor needs a file. It lies in memory where the system has a place for that, is readable by
//! the person alone, and is wiped and removed once the vault holds what was written; until then it
//! is the only place of these words, so every failure keeps it and says where it is.

use journey_app::error::{CommandError, Result};
use std::{
    fs::{self, OpenOptions, Permissions},
    io::Write,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::NamedTempFile;

/// A page that a person wrote on.
pub(super) struct Page {
    file: NamedTempFile,
    text: String,
}

impl Page {
    /// What stands on it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The vault holds it: nothing of it stays behind.
    pub(super) fn wipe(self) {
        wipe(self.file.path()).ok();
    }

    /// It was not taken over: it stays, and the error says where.
    pub(super) fn keep(self, error: CommandError) -> CommandError {
        keep(self.file, error)
    }
}

/// Opens the editor on an empty page and gives back what was written.
pub(super) fn edit() -> Result<Page> {
    edit_with(&editor_command(), &in_memory_folder().unwrap_or_else(std::env::temp_dir))
}

fn edit_with(editor: &str, folder: &Path) -> Result<Page> {
    let not_opened = |_| {
        CommandError::usage("the editor could not be opened")
            .hint("Set VISUAL or EDITOR, or pipe the text: insight-journey write < note.txt")
    };
    let file = tempfile::Builder::new()
        .prefix("reflection-")
        .suffix(".md")
        .tempfile_in(folder)
        .map_err(not_opened)?;
    let mut words = editor.split_whitespace();
    let mut editor = Command::new(words.next().unwrap_or("nano"));
    editor.args(words).arg(file.path());
    let status = super::secrets::withhold_from(&mut editor).status().map_err(not_opened)?;
    // By its name: many editors write another file and give it the name of the old one.
    let Ok(bytes) = fs::read(file.path()) else {
        return Err(CommandError::usage("nothing was written").hint("The vault is as it was."));
    };
    if bytes.trim_ascii().is_empty() {
        return Err(CommandError::usage("nothing was written").hint("The vault is as it was."));
    }
    if !status.success() {
        return Err(keep(file, CommandError::usage("the editor ended with an error")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Page { file, text }),
        Err(_) => Err(keep(file, CommandError::usage("the text is not UTF-8"))),
    }
}

fn keep(file: NamedTempFile, mut error: CommandError) -> CommandError {
    let path = file.path().to_owned();
    // Also where the editor put another file in its place.
    fs::set_permissions(&path, Permissions::from_mode(0o600)).ok();
    if file.keep().is_err() {
        return error;
    }
    let path = path.display();
    let kept = format!(
        "What you wrote is in {path}, readable by you alone: take it up with \
         `insight-journey write < {path}` before this computer is restarted, then delete it."
    );
    error.hint = Some(match error.hint {
        Some(hint) => format!("{hint} {kept}"),
        None => kept,
    });
    error
}

fn wipe(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let n_bytes = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    file.write_all(&vec![0; n_bytes])?;
    file.sync_all()
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::OpenOptionsExt as _;
    use tempfile::TempDir;

    /// An editor that does as told, and the folder of its pages.
    fn editor(script: &str) -> (TempDir, TempDir, String) {
        let (tools, pages) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let path = tools.path().join("editor");
        let mut file =
            OpenOptions::new().create_new(true).write(true).mode(0o700).open(&path).unwrap();
        writeln!(file, "#!/bin/sh\n{script}").unwrap();
        drop(file);
        // By its interpreter: a file that was open for writing may be refused as a program.
        (tools, pages, format!("sh {}", path.display()))
    }

    fn pages(folder: &TempDir) -> Vec<PathBuf> {
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_was_written_is_kept_and_named_when_the_editor_fails_or_spoils_it() {
        for (script, words) in [
            ("echo 'I felt calm.' > \"$1\"; exit 1", b"I felt calm.\n".as_slice()),
            ("printf 'caf\\351' > \"$1\"", b"caf\xe9"),
            // Another file in its place, open to all.
            ("rm \"$1\"; umask 000; echo x > \"$1\"; exit 3", b"x\n"),
        ] {
            let (_tools, folder, editor) = editor(script);
            let error = edit_with(&editor, folder.path()).err().unwrap();
            let left = pages(&folder);
            assert_eq!(left.len(), 1, "{script}");
            assert_eq!(fs::read(&left[0]).unwrap(), words, "{script}");
            let mode = left[0].metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{script}");
            let hint = error.hint.unwrap();
            assert!(hint.contains(left[0].to_str().unwrap()), "{hint}");
        }
    }

    #[test]
    fn a_page_that_the_vault_took_over_goes_and_one_that_it_refused_stays() {
        let (_tools, folder, editor) = editor("echo 'I felt calm.' > \"$1\"");
        let page = edit_with(&editor, folder.path()).ok().unwrap();
        assert_eq!(page.text(), "I felt calm.\n");
        page.wipe();
        assert_eq!(pages(&folder).len(), 0);
        let page = edit_with(&editor, folder.path()).ok().unwrap();
        let error = page.keep(CommandError::usage("the disk is full").hint("Free some space."));
        let left = pages(&folder);
        assert_eq!(fs::read(&left[0]).unwrap(), b"I felt calm.\n");
        let hint = error.hint.unwrap();
        assert!(hint.starts_with("Free some space.") && hint.contains("insight-journey write <"));
    }

    #[test]
    fn an_empty_page_leaves_nothing_behind() {
        let (_tools, folder, editor) = editor("exit 1");
        assert!(edit_with(&editor, folder.path()).is_err());
        assert!(pages(&folder).is_empty());
    }
}
