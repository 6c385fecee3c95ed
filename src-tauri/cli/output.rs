//! What people and scripts see: tables and colour on a terminal, plain text in a pipe, JSON on
//! request, errors as one sentence and what to do next.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use journey_app::error::{CommandError, Result};
use journey_domain::error_code::ErrorCode;
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
    colour: bool,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        let terminal = io::stdout().is_terminal();
        Self { json, quiet, terminal, colour: terminal && colours_wanted() }
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
        match write_out(&self.text(document, people)?) {
            // A closed pipe (`… | head`) is no error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result.map_err(|error| not_written(&error)),
        }
    }

    /// The same for what is never shown again: where nobody took it, `advice` says how to get another.
    pub(crate) fn print_once<T: Serialize>(
        self,
        document: &T,
        people: impl FnOnce(&T, Style) -> String,
        advice: &str,
    ) -> Result<()> {
        write_out(&self.text(document, people)?).map_err(|error| not_written(&error).hint(advice))
    }

    fn text<T: Serialize>(
        self,
        document: &T,
        people: impl FnOnce(&T, Style) -> String,
    ) -> Result<String> {
        let mut text = if self.json {
            serde_json::to_string_pretty(document)
                .map_err(|error| CommandError::internal(&error))?
        } else {
            people(document, Style { colour: self.colour, table: self.terminal })
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }

    /// One line about what was done, as `document` with `--json`; nothing with `--quiet`.
    pub(crate) fn done(self, document: &serde_json::Value, line: &str) -> Result<()> {
        if self.quiet && !self.json {
            return Ok(());
        }
        self.print(document, |_, _| line.to_owned())
    }

    /// One line on standard error that is not an error.
    pub(crate) fn remark(self, line: &str) {
        if !self.quiet {
            self.warn(line);
        }
    }

    /// The same for what should be known even by who asked for results only; with `--json` it
    /// stands in the document.
    pub(crate) fn warn(self, line: &str) {
        if !self.json {
            // Nobody to tell when standard error is closed.
            writeln!(io::stderr(), "{}", plain(line)).ok();
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
        sentence.push_str(&one_line(&error.message));
        if !error.message.ends_with(['.', '?', '!']) {
            sentence.push('.');
        }
        if let Some(hint) = &error.hint {
            sentence.push(' ');
            sentence.push_str(&one_line(hint));
        }
        writeln!(stderr, "{sentence}").ok();
    }
}

fn write_out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
}

fn not_written(error: &io::Error) -> CommandError {
    let why = error.kind();
    CommandError::new(ErrorCode::Io, format!("standard output could not be written ({why})"))
        .hint("What was ordered is done; only its result was not shown.")
}

/// Whether the terminal is one with colours, as its owner says.
#[expect(clippy::disallowed_methods, reason = "the edge where the environment is read")]
fn colours_wanted() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_colour && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// Colour and tables on a terminal, neither in a pipe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) colour: bool,
    pub(crate) table: bool,
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
        if !self.table {
            let line = |row: Vec<String>| {
                let cells: Vec<String> = row.iter().map(|cell| one_line(cell)).collect();
                cells.join("\t") + "\n"
            };
            return rows.into_iter().map(line).collect();
        }
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(head)
            .add_rows(rows.into_iter().map(|row| row.into_iter().map(|cell| plain(&cell))));
        // An id over two lines cannot be copied.
        for (n, name) in head.iter().enumerate() {
            if *name == "id"
                && let Some(column) = table.column_mut(n)
            {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
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

/// What comes from a person or a file cannot steer the terminal, nor show letters in another order.
pub(crate) fn plain(text: &str) -> String {
    let steers =
        |c: char| c.is_control() && c != '\n' && c != '\t' || journey_app::review::reorders(c);
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// The same on one line.
fn one_line(text: &str) -> String {
    plain(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPE: Style = Style { colour: false, table: false };

    #[test]
    fn a_title_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(plain("photo\u{202e}gpj.exe"), "photo\u{fffd}gpj.exe");
    }

    #[test]
    fn a_pipe_gets_tabs_and_no_colour() {
        assert_eq!(PIPE.table(&["A", "B"], vec![vec!["1\t\n".into(), "2".into()]]), "1  \t2\n");
        assert_eq!(PIPE.bold("x"), "x");
    }

    #[test]
    fn an_id_stays_on_one_line_however_long_the_rest_is() {
        let style = Style { colour: false, table: true };
        let id = "0198c0de-0123-7abc";
        let rows = vec![vec![id.to_owned(), "many words ".repeat(40), "tag ".repeat(60)]];
        assert!(style.table(&["id", "title", "tags"], rows).contains(id));
    }
}
