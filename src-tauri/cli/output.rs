//! What people and scripts see: tables and colour on a terminal, plain text in a pipe, JSON on
//! request, errors as one sentence and what to do next.

use comfy_table::{ContentArrangement, Table, presets};
use journey_app::error::{CommandError, Result};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// A terminal that says that it is narrower, in characters, is not believed.
const NARROWEST: u16 = 20;
const USUAL_WIDTH: u16 = 100;

/// How results are printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    terminal: bool,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet, terminal: io::stdout().is_terminal() }
    }

    /// Whether progress bars make sense: a person watches and did not ask for silence.
    pub(crate) fn shows_progress(self) -> bool {
        !self.quiet && !self.json && io::stderr().is_terminal()
    }

    /// Prints a document as JSON, or what `people` makes of it.
    pub(crate) fn print<T: Serialize>(
        self,
        document: &T,
        people: impl FnOnce(&T, Style) -> String,
    ) -> Result<()> {
        let mut text = if self.json {
            serde_json::to_string_pretty(document)
                .map_err(|error| CommandError::internal(&error))?
        } else {
            people(document, Style { colour: self.terminal })
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        write_out(&text)
    }

    /// One line about what was done; nothing with `--json` and `--quiet`.
    pub(crate) fn say(self, line: &str) -> Result<()> {
        if self.json || self.quiet {
            return Ok(());
        }
        write_out(&format!("{line}\n"))
    }

    /// One line on standard error that is not an error.
    pub(crate) fn remark(self, line: &str) {
        if !self.json && !self.quiet {
            // Nobody to tell when standard error is closed.
            writeln!(io::stderr(), "{line}").ok();
        }
    }

    /// An error: one sentence and what to do next.
    pub(crate) fn error(self, error: &CommandError) {
        let mut stderr = io::stderr().lock();
        if self.json {
            let document = serde_json::json!({ "error": {
                "code": error.code, "message": error.message, "hint": error.hint,
            }});
            writeln!(stderr, "{document}").ok();
            return;
        }
        let mut sentence = String::from("insight-journey: ");
        sentence.push_str(&error.message);
        if !error.message.ends_with(['.', '?', '!']) {
            sentence.push('.');
        }
        if let Some(hint) = &error.hint {
            sentence.push(' ');
            sentence.push_str(hint);
        }
        writeln!(stderr, "{sentence}").ok();
    }
}

/// A closed pipe (`… | head`) is no error.
fn write_out(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| CommandError::internal(&error)),
    }
}

/// Colour on a terminal, none in a pipe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) colour: bool,
}

impl Style {
    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// A table with a head, fitted to the terminal; tab-separated in a pipe.
    pub(crate) fn table(self, head: &[&str], rows: Vec<Vec<String>>) -> String {
        if !self.colour {
            return rows.into_iter().map(|row| plain(&row.join("\t")) + "\n").collect();
        }
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(head)
            .add_rows(rows.into_iter().map(|row| row.into_iter().map(|cell| plain(&cell))));
        // Some terminals do not tell their width.
        if table.width().is_none_or(|width| width < NARROWEST) {
            table.set_width(USUAL_WIDTH);
        }
        let mut text = String::new();
        for (n, line) in table.lines().enumerate() {
            let line = line.trim_end();
            // Escape codes within a cell would count as its width.
            text.push_str(&if n == 0 { self.dim(line) } else { line.to_owned() });
            text.push('\n');
        }
        if text.is_empty() {
            text.push('\n');
        }
        text
    }
}

/// What comes from a person or a file cannot steer the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
    }

    #[test]
    fn a_pipe_gets_tabs_and_no_colour() {
        let style = Style { colour: false };
        assert_eq!(style.table(&["A", "B"], vec![vec!["1".into(), "2".into()]]), "1\t2\n");
        assert_eq!(style.bold("x"), "x");
    }
}
