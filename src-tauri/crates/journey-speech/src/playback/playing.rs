//! One run of playing, on a thread of its own.

use super::{
    host::{AudioOutput, OpenOutput, OutputError, OutputStream},
    queue::OutputQueue,
    speech_only::SpeechOnly,
    tempo::{TEMPO, Tempo},
};
use journey_domain::timeline::{SAMPLE_RATE_HZ, SAMPLES_PER_MS};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Positions told in a second of playing, at most.
const TOLD_PER_SECOND: u64 = 15;

/// How much sound is read at a time: 20 ms.
const BLOCK_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 50;

/// How long to wait for a sound system that takes nothing before looking again whether to stop.
const LOOK_PAUSE: Duration = Duration::from_millis(200);

/// A stream that stumbled and has taken nothing for so long does not go on. A busy computer may need
/// seconds.
const STUMBLE_PATIENCE: Duration = Duration::from_secs(5);

/// Closing the speaker is waited for so long.
const CLOSE_PATIENCE: Duration = Duration::from_millis(500);

/// The sound could not be read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sound cannot be read any further")]
pub struct SoundGone;

/// What is played: 16 kHz mono, one sample for each sixteenth of a millisecond of session time,
/// from where playing begins.
pub trait Sound: Send {
    /// Fills `out` as far as there is sound; 0 at the end.
    ///
    /// # Errors
    /// [`SoundGone`]; playing ends there.
    fn next(&mut self, out: &mut [i16]) -> Result<usize, SoundGone>;
}

/// How to play.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlayOptions {
    /// Where the sound begins, in milliseconds of the session.
    pub from_ms: u64,
    /// Where to stop, in milliseconds of the session; `None` at the end of the sound.
    pub to_ms: Option<u64>,
    /// 1 is as spoken; 0.5 to 2.
    pub tempo: f32,
    /// Whether to leave out where nobody speaks.
    pub skips_silence: bool,
}

/// What is told while it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayEvent {
    /// What is heard now, in milliseconds of the session. At most 15 for a second of playing.
    Position(u64),
    /// It was played to its end, which is at this millisecond of the session.
    Ended(u64),
    /// The sound system or the sound gave out at this millisecond of the session.
    Failed(u64),
}

/// Who is told, from the playing thread. Must not stop the playing itself.
pub type PlayListener = Box<dyn FnMut(PlayEvent) + Send>;

#[derive(Debug, Default)]
struct Shared {
    position_ms: AtomicU64,
    stop: AtomicBool,
    is_over: AtomicBool,
}

/// Something that plays. Dropping it stops it.
#[derive(Debug)]
pub struct Playing {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Playing {
    /// Opens the speaker and begins.
    ///
    /// # Errors
    /// [`OutputError`].
    pub fn start(
        output: &dyn AudioOutput,
        sound: Box<dyn Sound>,
        options: PlayOptions,
        listener: PlayListener,
    ) -> Result<Self, OutputError> {
        let OpenOutput { stream, queue } = output.open()?;
        let tempo = options.tempo.clamp(*TEMPO.start(), *TEMPO.end());
        let shared = Arc::new(Shared::default());
        shared.position_ms.store(options.from_ms, Ordering::Release);
        let limit = options.to_ms.map(|to| to.saturating_sub(options.from_ms) * SAMPLES_PER_MS);
        let feeder = Feeder {
            tempo: Tempo::new(tempo, queue.rate_hz()).map_err(|_| OutputError::Format)?,
            speech: options.skips_silence.then(SpeechOnly::new),
            samples_per_frame: f64::from(SAMPLE_RATE_HZ) * f64::from(tempo)
                / f64::from(queue.rate_hz()),
            from_ms: options.from_ms,
            n_left: limit.unwrap_or(u64::MAX),
            n_read: 0,
            n_kept: 0,
            kept: VecDeque::new(),
            ready: Vec::new(),
            n_pushed: 0,
            total: None,
            silent_before_end: None,
            told_at: 0,
            stumble: None,
            stream: Some(stream),
            queue,
            sound,
            listener,
            shared: Arc::clone(&shared),
        };
        let thread = std::thread::Builder::new()
            .name("playback".to_owned())
            .spawn(move || feeder.run())
            .map_err(|_| OutputError::Failed)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// What is heard now, in milliseconds of the session.
    #[must_use]
    pub fn position_ms(&self) -> u64 {
        self.shared.position_ms.load(Ordering::Acquire)
    }

    /// Whether it has ended by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.shared.is_over.load(Ordering::Acquire)
    }

    /// Stops it, closes the speaker, and gives where it stood. Nothing is told after this.
    #[must_use]
    pub fn stop(mut self) -> u64 {
        self.end();
        self.position_ms()
    }

    fn end(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic there has closed the speaker just as well.
            drop(thread.join());
        }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.end();
    }
}

/// A stretch of what is played: from this kept sample on, it is that sample of the sound.
struct Place {
    kept: u64,
    sample: u64,
}

/// The last trouble of the stream that nothing was taken after.
struct Stumble {
    n_taken: u64,
    since: Instant,
}

/// What there is to do after a step of feeding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fed {
    /// Feed on.
    Block,
    /// The ring is full, or there is no more sound: wait until it is taken.
    Enough,
}

struct Feeder {
    stream: Option<Box<dyn OutputStream>>,
    queue: OutputQueue,
    sound: Box<dyn Sound>,
    listener: PlayListener,
    shared: Arc<Shared>,
    tempo: Tempo,
    speech: Option<SpeechOnly>,
    samples_per_frame: f64,
    from_ms: u64,
    /// Samples until the place where to stop.
    n_left: u64,
    n_read: u64,
    n_kept: u64,
    kept: VecDeque<Place>,
    ready: Vec<f32>,
    n_pushed: u64,
    /// All frames there will be, once that is known.
    total: Option<u64>,
    silent_before_end: Option<u64>,
    told_at: u64,
    stumble: Option<Stumble>,
}

impl Drop for Feeder {
    /// Closes the speaker. A sound system that hangs keeps nobody for long; one that is well is waited
    /// for, since a speaker that plays for one program alone could not be opened again before.
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        let (tell, closed) = mpsc::channel();
        let close = move || {
            drop(stream);
            // Nobody waits any more where it took long.
            tell.send(()).ok();
        };
        if std::thread::Builder::new().name("speaker-close".to_owned()).spawn(close).is_ok() {
            closed.recv_timeout(CLOSE_PATIENCE).ok();
        }
    }
}

impl Feeder {
    fn run(mut self) {
        self.queue.wake(std::thread::current());
        let event = loop {
            if self.shared.stop.load(Ordering::Acquire) {
                return;
            }
            let fed = self.feed_block();
            let (position, n_played) = self.note_position();
            if fed.is_err() || self.stream_is_dead() {
                break PlayEvent::Failed(position);
            }
            if self.was_heard_to_the_end() {
                let end = self.from_ms + self.n_read / SAMPLES_PER_MS;
                self.shared.position_ms.store(end, Ordering::Release);
                break PlayEvent::Ended(end);
            }
            self.tell(position, n_played);
            if fed == Ok(Fed::Enough) {
                std::thread::park_timeout(LOOK_PAUSE);
            }
        };
        // Who sees that it is over and stops it is told the end all the same.
        let is_stopped = self.shared.stop.load(Ordering::Acquire);
        self.shared.is_over.store(true, Ordering::Release);
        if !is_stopped {
            (self.listener)(event);
        }
    }

    /// Fills the ring by a block. Where reading is slower than playing the ring never fills: whoever
    /// stops it must not wait for the sound's end.
    fn feed_block(&mut self) -> Result<Fed, SoundGone> {
        if self.queue.room() == 0 {
            return Ok(Fed::Enough);
        }
        let n_pushed = self.queue.push(&self.ready);
        self.ready.drain(..n_pushed);
        self.n_pushed += n_pushed as u64;
        if !self.ready.is_empty() || self.total.is_some() {
            return Ok(Fed::Enough);
        }
        self.read_on()?;
        Ok(Fed::Block)
    }

    fn read_on(&mut self) -> Result<(), SoundGone> {
        let mut block = [0; BLOCK_SAMPLES];
        let n_wanted = usize::try_from(self.n_left).unwrap_or(usize::MAX).min(BLOCK_SAMPLES);
        let n_read = match block.get_mut(..n_wanted).filter(|wanted| !wanted.is_empty()) {
            Some(wanted) => self.sound.next(wanted)?,
            None => 0,
        };
        let samples = block.get(..n_read).unwrap_or_default();
        let mut kept = Vec::new();
        match &mut self.speech {
            Some(speech) if n_read == 0 => speech.finish(&mut kept),
            Some(speech) => speech.push(samples, &mut kept),
            None if n_read > 0 => {
                if self.kept.is_empty() {
                    self.kept.push_back(Place { kept: 0, sample: 0 });
                }
                self.n_kept += n_read as u64;
                self.tempo.push(samples, &mut self.ready);
            }
            None => {}
        }
        for it in kept {
            self.kept.push_back(Place { kept: self.n_kept, sample: it.start });
            self.n_kept += it.samples.len() as u64;
            self.tempo.push(&it.samples, &mut self.ready);
        }
        self.n_read += n_read as u64;
        self.n_left -= n_read as u64;
        if n_read == 0 {
            self.tempo.finish(&mut self.ready);
            self.total = Some(self.n_pushed + self.ready.len() as u64);
        }
        Ok(())
    }

    /// What is heard now, in milliseconds of the session, and the frames played until then.
    fn note_position(&mut self) -> (u64, u64) {
        let n_played = self.queue.n_played();
        let heard = n_played.saturating_sub(self.queue.latency_frames());
        let kept = (heard as f64 * self.samples_per_frame) as u64;
        while self.kept.get(1).is_some_and(|next| next.kept <= kept) {
            self.kept.pop_front();
        }
        let sample =
            self.kept.front().map_or(0, |place| place.sample + kept.saturating_sub(place.kept));
        let position = self.from_ms + sample.min(self.n_read) / SAMPLES_PER_MS;
        self.shared.position_ms.store(position, Ordering::Release);
        (position, n_played)
    }

    /// A busy sound system stumbles and goes on: only what takes nothing more is dead.
    fn stream_is_dead(&mut self) -> bool {
        if self.queue.has_failed() {
            return true;
        }
        let n_taken = self.queue.n_played() + self.queue.n_silent();
        let stumbled = self.queue.stumbled();
        self.stumble = match self.stumble.take().filter(|it| it.n_taken == n_taken) {
            None if stumbled => Some(Stumble { n_taken, since: Instant::now() }),
            going_on => going_on,
        };
        self.stumble.as_ref().is_some_and(|it| it.since.elapsed() >= STUMBLE_PATIENCE)
    }

    /// The last frame is taken, and as much time has passed as it is on its way.
    fn was_heard_to_the_end(&mut self) -> bool {
        if self.total.is_none_or(|total| self.queue.n_played() < total) {
            return false;
        }
        let now = self.queue.n_silent();
        let before = *self.silent_before_end.get_or_insert(now);
        now - before >= self.queue.latency_frames()
    }

    fn tell(&mut self, position: u64, n_played: u64) {
        let pause = u64::from(self.queue.rate_hz()) / TOLD_PER_SECOND;
        if n_played >= self.told_at + pause.max(1) {
            self.told_at = n_played;
            (self.listener)(PlayEvent::Position(position));
        }
    }
}
