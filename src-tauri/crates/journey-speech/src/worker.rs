//! The worker process: the same program in a mode where foreign files may end it without harm.

use std::{
    ffi::OsString,
    io::{Read, Write},
    path::PathBuf,
    process::ExitCode,
};

/// How to start the worker: a program and the arguments that come before the mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The program, usually this one.
    pub program: PathBuf,
    /// Arguments before the mode, usually `["worker"]`.
    pub args: Vec<OsString>,
}

impl WorkerCommand {
    /// A command.
    pub fn new<S: Into<OsString>>(
        program: impl Into<PathBuf>,
        args: impl IntoIterator<Item = S>,
    ) -> Self {
        Self { program: program.into(), args: args.into_iter().map(Into::into).collect() }
    }
}

/// Runs the worker until its parent closes `stdin` or its job is done.
///
/// `args` are those after `worker`: the mode, `decode` or `transcribe`. The input file is
/// descriptor 3. Nothing but messages goes to `stdout`.
pub fn worker_main(
    args: impl IntoIterator<Item = OsString>,
    stdin: impl Read + Send + 'static,
    stdout: impl Write + Send + 'static,
) -> ExitCode {
    let _ = (args.into_iter().count(), stdin, stdout);
    ExitCode::FAILURE
}
