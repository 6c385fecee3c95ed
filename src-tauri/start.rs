//! Window, command line or worker.

use crate::cli;
use journey_app::system::harden_process;
use std::{ffi::OsString, process::ExitCode};

/// Runs the program with the process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    harden_process();
    let args: Vec<OsString> = std::env::args_os().collect();
    // The worker must start in a fraction of a second and know nothing of the rest.
    if args.get(1).is_some_and(|word| word == "worker") {
        let rest = args.into_iter().skip(2);
        return journey_speech::worker::worker_main(rest, std::io::stdin(), std::io::stdout());
    }
    cli::run(args)
}
