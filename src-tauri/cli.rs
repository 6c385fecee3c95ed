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

/// Clap's own text for people; the contract's document for scripts.
fn wrong_words(error: &clap::Error, json: bool) -> ExitCode {
    let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if is_answer || !json {
        // A closed pipe is no error.
        error.print().ok();
        return if is_answer { ExitCode::SUCCESS } else { ExitCode::from(2) };
    }
    let first = error.to_string();
    let sentence = first.lines().next().unwrap_or_default().trim_start_matches("error: ");
    Output::new(true, false)
        .error(&CommandError::usage(sentence).hint("See `insight-journey --help`."));
    ExitCode::from(2)
}
