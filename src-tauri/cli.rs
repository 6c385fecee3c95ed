//! The command line: words in, a use-case, a table or a document out.

mod access;
mod args;
mod commands;
mod editor;
mod output;
mod progress;
mod render;
pub(crate) mod secrets;

use args::Cli;
use clap::{Parser, error::ErrorKind};
use journey_app::{
    data_dir::DataDir,
    error::{CommandError, Result},
};
use output::Output;
use std::{ffi::OsString, process::ExitCode};

/// Parses the words and does what they say.
pub(crate) fn run(words: Vec<OsString>) -> ExitCode {
    let json = words.iter().any(|word| word == "--json");
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return wrong_words(&error, json),
    };
    let output = Output::new(cli.json, cli.quiet);
    match start(cli, output) {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.code.exit_code())
        }
    }
}

fn start(cli: Cli, output: Output) -> Result<ExitCode> {
    let data_dir =
        cli.data_dir.clone().map_or_else(default_data_dir, |path| Ok(DataDir::new(path)))?;
    match cli.command {
        None => crate::desktop::open(&data_dir),
        Some(command) => {
            let secrets = secrets::Secrets::new(cli.password_stdin);
            commands::run(command, &data_dir, secrets, output)
        }
    }
}

fn default_data_dir() -> Result<DataDir> {
    dirs::data_dir().map(|path| DataDir::new(path.join("insight-journey"))).ok_or_else(|| {
        CommandError::usage("there is no home folder to keep data in")
            .hint("Name a folder with --data-dir or INSIGHT_JOURNEY_DATA_DIR.")
    })
}

/// Help and version as clap has them; wrong words as one sentence, like every other error.
fn wrong_words(error: &clap::Error, json: bool) -> ExitCode {
    let output = Output::new(json, false);
    match error.kind() {
        ErrorKind::DisplayVersion if json => {
            let version = serde_json::json!({ "version": env!("CARGO_PKG_VERSION") });
            output.print(&version, |_, _| String::new()).ok();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A closed pipe is no error.
            error.print().ok();
            ExitCode::SUCCESS
        }
        kind => {
            output.error(&wrong_words_error(&error.to_string(), kind));
            ExitCode::from(2)
        }
    }
}

/// Clap's first paragraph is what is wrong, over several lines; its last words say how it is right.
fn wrong_words_error(text: &str, kind: ErrorKind) -> CommandError {
    let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
    let command: Vec<&str> = usage
        .unwrap_or("insight-journey")
        .split_whitespace()
        .take_while(|word| !word.starts_with(['[', '<', '-']))
        .collect();
    let help = format!("See `{} --help`.", command.join(" "));
    if kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return CommandError::usage(format!("`{}` needs a further word", command.join(" ")))
            .hint(help);
    }
    let sentence: Vec<&str> =
        text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let sentence = sentence.join(" ");
    let sentence = sentence.trim_start_matches("error: ");
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    let hint = match (tip, usage) {
        (Some(tip), _) => format!("Tip: {tip}. {help}"),
        (None, Some(usage)) => format!("Usage: {usage}. {help}"),
        (None, None) => help,
    };
    CommandError::usage(sentence).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str]) -> CommandError {
        let words = ["insight-journey"].iter().chain(words);
        let error = Cli::try_parse_from(words).unwrap_err();
        wrong_words_error(&error.to_string(), error.kind())
    }

    #[test]
    fn wrong_words_are_one_sentence_that_names_what_is_missing() {
        for (words, part, hint) in [
            (&["show"][..], "<ID>", "insight-journey show --help"),
            (&["account"], "`insight-journey account` needs", "insight-journey account --help"),
            (&["account", "role", "ada", "boss"], "possible values: admin, regular", "--help"),
            (&["sesions"], "'sesions'", "'sessions'"),
            (&["sessions", "--limit", "-1"], "-1", "--help"),
        ] {
            let error = said(words);
            assert!(error.message.contains(part), "{words:?}: {}", error.message);
            assert!(!error.message.contains('\n'), "{words:?}: {}", error.message);
            let given = error.hint.unwrap();
            assert!(given.contains(hint) && !given.contains('\n'), "{words:?}: {given}");
        }
    }
}
