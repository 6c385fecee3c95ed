//! The engine that keeps one worker process with its model loaded.

use super::{
    Heard, Language, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome,
    noise::is_noise_mark,
    pieces::{MAX_PIECE_SAMPLES, quiet_cut},
};
use crate::{
    loop_detector::mark_repetitions,
    whisper::model_file::Identity,
    worker::{
        Hello, WorkerCommand, WorkerMode,
        process::{POLL, Waited, WorkerProcess},
        protocol::{Failure, FromWorker, ToWorker, to_payload},
    },
};
use journey_domain::{
    ports::CancelToken,
    timeline::SAMPLES_PER_MS,
    transcript::{SpokenSegment, Word},
};
use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

/// How long a worker may get nothing done, for the smallest model.
const STALL_LIMIT: Duration = Duration::from_secs(30);

/// Model bytes for which a stalled worker is given one more second: nothing is reported within one
/// encoder pass, and that of a 3 GB model takes minutes on one slow core.
const BYTES_PER_MORE_SECOND: u64 = 10_000_000;

/// How long a cancelled worker may take to say so, in polls: 700 ms. whisper.cpp looks between two
/// passes only; a worker in a longer one is ended, and its warm model with it.
const CANCEL_POLLS: u32 = 14;

/// Threads that leave one physical core to the rest of the computer; at least 1.
#[must_use]
pub fn default_threads() -> NonZeroUsize {
    NonZeroUsize::new(num_cpus::get_physical().saturating_sub(1)).unwrap_or(NonZeroUsize::MIN)
}

/// A [`SpeechEngine`] over a worker process, one job at a time.
#[derive(Debug)]
pub struct WorkerEngine {
    command: WorkerCommand,
    n_threads: NonZeroUsize,
    stall_limit: Duration,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// How long an unused worker is kept.
    idle: Duration,
    /// Of the worker that runs, warm or at work; 0 for none.
    pid: AtomicU32,
}

#[derive(Debug, Default)]
struct State {
    warm: Option<Warm>,
    hello: Option<Hello>,
    busy: bool,
    release_when_done: bool,
    closing: bool,
    watched: bool,
    /// Counts jobs, so that the watcher of idle time sees whether there was one.
    n_jobs: u64,
}

#[derive(Debug)]
struct Warm {
    process: WorkerProcess,
    model: Identity,
    hello: Option<Hello>,
    /// Whether it has ended its last job and can take another.
    free: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits for the turn; gives the warm worker where there is one.
    fn begin(&self, cancel: &CancelToken) -> Result<(Option<Warm>, u64), SpeechError> {
        let mut state = self.lock();
        while state.busy {
            if cancel.is_cancelled() {
                return Err(SpeechError::Cancelled);
            }
            state = self.wait(state, POLL);
        }
        state.busy = true;
        state.n_jobs += 1;
        Ok((state.warm.take(), state.n_jobs))
    }

    /// Ends the turn; `warm` is kept for the next one.
    fn end(self: &Arc<Self>, warm: Option<Warm>) {
        let mut state = self.lock();
        state.busy = false;
        let released = std::mem::take(&mut state.release_when_done);
        let dropped = if released || state.closing {
            warm
        } else {
            state.warm = warm;
            None
        };
        if state.warm.is_none() {
            self.pid.store(0, Ordering::Relaxed);
        }
        let watch = state.warm.is_some() && !state.watched;
        state.watched |= watch;
        drop(state);
        self.changed.notify_all();
        drop(dropped);
        if watch {
            let shared = Arc::clone(self);
            thread::spawn(move || shared.watch_idle());
        }
    }

    /// Lets the worker go when no job came for the idle time.
    fn watch_idle(&self) {
        let mut state = self.lock();
        let mut seen = state.n_jobs;
        let mut waited = Duration::ZERO;
        let step = self.idle.min(Duration::from_secs(1));
        while !state.closing && state.warm.is_some() | state.busy {
            let (next, timeout) =
                self.changed.wait_timeout(state, step).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if state.busy || state.n_jobs != seen {
                seen = state.n_jobs;
                waited = Duration::ZERO;
            } else if timeout.timed_out() {
                waited += step;
            }
            if waited >= self.idle {
                break;
            }
        }
        state.watched = false;
        let dropped = if state.busy { None } else { state.warm.take() };
        if dropped.is_some() {
            self.pid.store(0, Ordering::Relaxed);
        }
        drop(state);
        drop(dropped);
    }
}

impl WorkerEngine {
    /// An engine; no process is started before the first call. The model's memory is given back
    /// after `idle` without work.
    #[must_use]
    pub fn new(command: WorkerCommand, n_threads: NonZeroUsize, idle: Duration) -> Self {
        let shared = Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            idle,
            pid: AtomicU32::new(0),
        };
        Self { command, n_threads, stall_limit: STALL_LIMIT, shared: Arc::new(shared) }
    }

    /// Sets how long a worker may get nothing done before it counts as hung; 30 s, and more for
    /// big models, unless set.
    #[must_use]
    pub const fn with_stall_limit(mut self, limit: Duration) -> Self {
        self.stall_limit = limit;
        self
    }

    /// The process id of the worker, where one runs.
    #[must_use]
    pub fn worker_pid(&self) -> Option<u32> {
        Some(self.shared.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0)
    }

    /// How the last worker was confined, where there was one.
    #[must_use]
    pub fn confinement(&self) -> Option<Hello> {
        self.shared.lock().hello.clone()
    }

    fn start(&self, model: &ModelFile) -> Result<Warm, SpeechError> {
        let size = model.size_bytes();
        // Weights, buffers of the same order, and the reserves of the allocator for each thread.
        let memory_limit = size.saturating_mul(3).saturating_add(2 << 30);
        let more = Duration::from_secs(size / BYTES_PER_MORE_SECOND);
        let process = WorkerProcess::start(
            &self.command,
            &WorkerMode::Transcribe,
            memory_limit,
            model.file(),
            self.stall_limit + more,
        )
        .map_err(SpeechError::Io)?;
        self.shared.pid.store(process.pid(), Ordering::Relaxed);
        Ok(Warm { process, model: model.identity(), hello: None, free: false })
    }

    /// Has one piece recognised. The worker stays usable after `Ok` and after a quick cancel.
    fn piece(
        &self,
        warm: &mut Warm,
        job: u64,
        samples: &[i16],
        sending: &mut Sending<'_>,
        cancel: &CancelToken,
    ) -> Result<Option<String>, SpeechError> {
        let language = match &sending.options.language {
            Language::Auto => None,
            Language::Fixed(code) => Some(code.clone()),
        };
        let order = ToWorker::Transcribe { job, language, n_threads: self.n_threads.get() };
        warm.free = false;
        warm.process.begin_job();
        warm.process.send(&order, &to_payload(samples)).map_err(SpeechError::Io)?;
        let mut n_polls_cancelled = 0;
        loop {
            if cancel.is_cancelled() {
                if n_polls_cancelled == 0 {
                    warm.process.send(&ToWorker::Cancel { job }, &[]).map_err(SpeechError::Io)?;
                }
                n_polls_cancelled += 1;
                if n_polls_cancelled > CANCEL_POLLS {
                    return Err(SpeechError::Cancelled);
                }
            }
            match warm.process.wait() {
                Waited::Message(FromWorker::Hello(hello), _) => warm.hello = Some(hello),
                Waited::Message(FromWorker::Provisional { text, start_ms, end_ms }, _) => {
                    sending.provisional(text, start_ms, end_ms);
                }
                Waited::Message(
                    FromWorker::Final { text, start_ms, end_ms, probability, words },
                    _,
                ) => sending.settled(text, start_ms, end_ms, probability, words),
                Waited::Message(FromWorker::Progress { share }, _) => sending.progress(share),
                Waited::Message(FromWorker::Done { language }, _) => {
                    warm.free = true;
                    return Ok(language);
                }
                Waited::Message(FromWorker::Failed(failure), _) => {
                    warm.free =
                        matches!(failure, Failure::Cancelled | Failure::UnknownLanguage { .. });
                    return Err(failure.into());
                }
                Waited::Message(..) | Waited::Nothing => {}
                Waited::Stalled => return Err(SpeechError::Hung),
                Waited::Gone => {
                    return Err(SpeechError::WorkerDied { signal: warm.process.signal() });
                }
            }
        }
    }
}

impl Drop for WorkerEngine {
    fn drop(&mut self) {
        let warm = {
            let mut state = self.shared.lock();
            state.closing = true;
            state.warm.take()
        };
        self.shared.changed.notify_all();
        drop(warm);
    }
}

impl SpeechEngine for WorkerEngine {
    fn transcribe(
        &self,
        model: &ModelFile,
        audio: &[i16],
        options: &TranscribeOptions,
        on_heard: &mut dyn FnMut(Heard),
        cancel: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        if audio.is_empty() {
            return Ok(TranscribeOutcome::default());
        }
        let (warm, first_job) = self.shared.begin(cancel)?;
        // One that was ended while nobody needed it is no longer there to be asked.
        let mut warm = warm
            .filter(|w| w.model == model.identity())
            .and_then(|mut w| (!w.process.has_ended()).then_some(w));
        let mut sending = Sending {
            options,
            on_heard,
            n_done: 0,
            n_piece: 0,
            n_samples: audio.len(),
            unsettled: Vec::new(),
            settled: Vec::new(),
        };
        let mut answer = Ok(None);
        let mut rest = audio;
        let mut job = first_job;
        while !rest.is_empty() {
            let now = rest.len().min(MAX_PIECE_SAMPLES);
            let (mut piece, mut later) = rest.split_at(now);
            if !later.is_empty() {
                (piece, later) = rest.split_at(quiet_cut(piece));
            }
            sending.n_piece = piece.len();
            let step = match warm.take().map_or_else(|| self.start(model), Ok) {
                Ok(mut worker) => {
                    let step = self.piece(&mut worker, job, piece, &mut sending, cancel);
                    self.shared.lock().hello = worker.hello.clone();
                    warm = Some(worker).filter(|w| w.free);
                    step
                }
                Err(error) => Err(error),
            };
            sending.finish_piece(step.is_ok());
            match step {
                Ok(language) => answer = answer.map(|known: Option<String>| known.or(language)),
                Err(error) => {
                    answer = Err(error);
                    break;
                }
            }
            rest = later;
            job += 1;
        }
        self.shared.lock().n_jobs = job;
        self.shared.end(warm);
        answer.map(|language| TranscribeOutcome { language })
    }

    fn release(&self) {
        let warm = {
            let mut state = self.shared.lock();
            state.release_when_done = state.busy;
            state.warm.take()
        };
        if warm.is_some() {
            self.shared.pid.store(0, Ordering::Relaxed);
        }
        drop(warm);
    }
}

/// Hands segments on, with their times on the session's line.
struct Sending<'a> {
    options: &'a TranscribeOptions,
    on_heard: &'a mut dyn FnMut(Heard),
    n_done: usize,
    n_piece: usize,
    n_samples: usize,
    /// Provisional segments that have no final one yet.
    unsettled: Vec<SpokenSegment>,
    settled: Vec<SpokenSegment>,
}

impl Sending<'_> {
    fn offset_ms(&self) -> u64 {
        self.options.offset_ms + self.n_done as u64 / SAMPLES_PER_MS
    }

    fn provisional(&mut self, text: String, start_ms: u64, end_ms: u64) {
        let at = self.offset_ms();
        let segment = SpokenSegment {
            text,
            start_ms: at + start_ms,
            end_ms: at + end_ms,
            probability: 0.0,
            words: Vec::new(),
            repeated: false,
        };
        if !is_noise_mark(&segment.text) {
            (self.on_heard)(Heard::Provisional(segment.clone()));
        }
        self.unsettled.push(segment);
    }

    fn settled(
        &mut self,
        text: String,
        start_ms: u64,
        end_ms: u64,
        probability: f32,
        mut words: Vec<Word>,
    ) {
        let at = self.offset_ms();
        for word in &mut words {
            word.start_ms += at;
            word.end_ms += at;
        }
        self.settled.push(SpokenSegment {
            text,
            start_ms: at + start_ms,
            end_ms: at + end_ms,
            probability,
            words,
            repeated: false,
        });
    }

    fn progress(&mut self, share: f32) {
        let done = self.n_done as f32 + share * self.n_piece as f32;
        (self.on_heard)(Heard::Progress(done / self.n_samples as f32));
    }

    /// Gives out what is to be kept of the piece: all of it, or of a broken one what was heard.
    fn finish_piece(&mut self, whole: bool) {
        let unsettled = std::mem::take(&mut self.unsettled);
        let settled = std::mem::take(&mut self.settled);
        let mut kept = if whole { settled } else { unsettled };
        mark_repetitions(&mut kept);
        for segment in kept {
            if !is_noise_mark(&segment.text) {
                (self.on_heard)(Heard::Final(segment));
            }
        }
        self.n_done += self.n_piece;
    }
}

impl From<Failure> for SpeechError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::UnsupportedCpu { missing } => Self::UnsupportedCpu { missing },
            Failure::OutOfMemory => Self::OutOfMemory,
            Failure::ModelRefused => Self::BadModel(super::BadModel {
                reason: "whisper.cpp refused it, so it is damaged or of another kind".to_owned(),
            }),
            Failure::UnknownLanguage { code } => Self::UnknownLanguage { code },
            Failure::Cancelled => Self::Cancelled,
            _ => Self::Failed,
        }
    }
}
