//! The worker process: the same program in a mode where foreign files may end it without harm.
//!
//! It gets its one file as descriptor 3 and messages on its standard input, and answers on its
//! standard output. It ends when its input is closed, so it never outlives the program: a parent
//! death signal would also fire when only the thread that started the worker ends.

use crate::{decode, whisper};
use protocol::{FromWorker, ToWorker, read_frame};
use reporter::{Reporter, end_at_once};
use std::{
    ffi::OsString,
    fs::File,
    io::{Read, Write},
    path::PathBuf,
    process::ExitCode,
    sync::mpsc::{self, Receiver},
    thread,
};

pub(crate) mod cpu;
pub(crate) mod process;
pub(crate) mod protocol;
pub(crate) mod reporter;
mod sandbox;

pub use protocol::Hello;

/// Where a worker finds its input again, by path.
#[cfg(target_os = "linux")]
pub(crate) const INPUT_PATH: &str = "/proc/self/fd/3";
/// Where a worker finds its input again, by path.
#[cfg(not(target_os = "linux"))]
pub(crate) const INPUT_PATH: &str = "/dev/fd/3";

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

/// What a worker is started for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WorkerMode {
    /// Decode one media file.
    Decode {
        /// What its name ended with.
        extension: Option<String>,
    },
    /// Load a model and recognise speech until told to stop.
    Transcribe,
}

impl WorkerMode {
    fn to_args(&self) -> Vec<OsString> {
        match self {
            Self::Decode { extension } => {
                vec!["decode".into(), extension.clone().unwrap_or_default().into()]
            }
            Self::Transcribe => vec!["transcribe".into()],
        }
    }

    fn from_args(args: &mut impl Iterator<Item = OsString>) -> Option<(Self, u64)> {
        let mode = match args.next()?.to_str()? {
            "decode" => {
                let extension = args.next()?.into_string().ok().filter(|e| !e.is_empty());
                Self::Decode { extension }
            }
            "transcribe" => Self::Transcribe,
            _ => return None,
        };
        Some((mode, args.next()?.to_str()?.parse().ok()?))
    }
}

/// Runs the worker until its parent closes `stdin` or its job is done.
///
/// `args` are those after `worker`: the mode (`decode` or `transcribe`) and what belongs to it. The
/// input file is descriptor 3. Nothing but messages goes to `stdout`.
pub fn worker_main(
    args: impl IntoIterator<Item = OsString>,
    stdin: impl Read + Send + 'static,
    stdout: impl Write + Send + 'static,
) -> ExitCode {
    let Some((mode, memory_limit)) = WorkerMode::from_args(&mut args.into_iter()) else {
        return ExitCode::from(2);
    };
    let Ok(input) = File::open(INPUT_PATH) else { return ExitCode::from(2) };
    let too_big = mode == WorkerMode::Transcribe && !whisper::fits_in_memory(&input);
    let readable = (mode == WorkerMode::Transcribe).then_some(&input);
    let hello = sandbox::confine(memory_limit, readable);
    let reporter = Reporter::new(stdout);
    reporter.send(&FromWorker::Hello(hello));
    reporter.beat();
    let orders = listen(stdin);
    match mode {
        WorkerMode::Decode { extension } => {
            decode::media::run(input, extension.as_deref(), &reporter);
        }
        WorkerMode::Transcribe => {
            drop(input);
            whisper::serve(too_big, &orders, &reporter);
        }
    }
    ExitCode::SUCCESS
}

/// Reads orders on a thread of its own; the end of the input ends the worker.
fn listen(mut stdin: impl Read + Send + 'static) -> Receiver<(ToWorker, Vec<u8>)> {
    let (to, orders) = mpsc::channel();
    thread::spawn(move || {
        while let Ok(Some((order, payload))) = read_frame(&mut stdin) {
            if let ToWorker::Cancel { job } = order {
                whisper::cancel(job);
            } else if to.send((order, payload)).is_err() {
                break;
            }
        }
        end_at_once();
    });
    orders
}
