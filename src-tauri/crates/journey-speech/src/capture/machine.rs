//! The course of a recording, one step at a time.
//!
//! It owns no thread and reads time from the clock that it was given: the writer thread steps it
//! every few milliseconds, and tests step it through hours in an instant.

use super::{
    event::{CaptureEvent, RecordingState, RecordingSummary, StopReason},
    host::{AudioError, AudioHost, DeviceId, InputDevice, InputStream, OpenStream},
    live::LiveSamples,
    options::{CaptureOptions, CaptureParts},
    outbox::{Outbox, loss_reason},
    run::Run,
};
use crate::{
    level::LevelReading,
    vad::{SpeechDetector, SpeechRegion, VadOptions},
};
use jiff::Timestamp;
use journey_domain::{
    ports::Clock,
    timeline::{LossReason, Mark, MarkKind, SAMPLE_RATE_HZ, SAMPLES_PER_MS},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
        mpsc::{Receiver, TryRecvError, channel},
    },
    time::Duration,
};

/// How often captured sound is handed to the disk.
const WRITE_EVERY: Duration = Duration::from_millis(100);
/// How often the disk is asked to make it survive a power cut.
const SYNC_EVERY: Duration = Duration::from_millis(500);
/// A callback that is silent for longer is a lost microphone.
const SILENT_CALLBACK: Duration = Duration::from_millis(500);
/// More than this between two steps says that the computer had no time for the writer, and so perhaps none
/// for the callback either: it is no silence of the microphone.
const LONG_STEP: Duration = Duration::from_millis(100);
/// Sound that a busy computer hands over late comes within this time after the first of it.
const LATE_SOUND: Duration = Duration::from_secs(1);
/// A microphone that was opened may take this long to its first callback: a sound server that was asleep
/// takes a second or two to wake. Until then nothing was lost, and the time is in a gap.
const FIRST_CALLBACK: Duration = Duration::from_secs(3);
/// Whoever waits longer than this for the first sound is told.
pub(super) const SLOW_OPENING: Duration = Duration::from_millis(800);
/// A shorter silence of the callback may be the wait for the next one on a busy computer, and is not
/// marked where the microphone is closed for another reason.
const BETWEEN_CALLBACKS: Duration = Duration::from_millis(200);
/// How often the list of microphones is read.
const LIST_EVERY: Duration = Duration::from_millis(400);
/// An attempt to open that takes longer is given up: more than the sound system's own limit for one try.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// A resumed microphone may take this long to open before the wait counts as a loss.
const RESUME_GRACE: Duration = Duration::from_millis(1500);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(2);
const CHECK_DISK_EVERY: Duration = Duration::from_secs(1);
/// How often writing is tried again after a failure.
const RETRY_WRITE_EVERY: Duration = Duration::from_millis(500);
/// How much sound waits in memory while writing fails.
const MAX_WAITING: usize = 30 * SAMPLE_RATE_HZ as usize;
/// Zeros for this long are no signal.
const NO_SIGNAL_SAMPLES: u64 = 5 * SAMPLE_RATE_HZ as u64;
/// Wall time running ahead of monotonic time by more than this is a sleep.
const SLEEP: Duration = Duration::from_secs(2);
const CLIPPING_TOLD_EVERY: Duration = Duration::from_secs(10);

/// Runs a call that may block, on another thread.
pub(super) type Background = Arc<dyn Fn(Box<dyn FnOnce() + Send>) + Send + Sync>;

/// What others may see of a running recording.
#[derive(Debug)]
pub(super) struct Progress {
    state: AtomicU8,
    n_samples: AtomicU64,
    n_dropped: AtomicU64,
}

impl Progress {
    pub(super) const fn new() -> Self {
        Self {
            state: AtomicU8::new(RecordingState::Opening as u8),
            n_samples: AtomicU64::new(0),
            n_dropped: AtomicU64::new(0),
        }
    }

    pub(super) fn state(&self) -> RecordingState {
        [
            RecordingState::Opening,
            RecordingState::Recording,
            RecordingState::Paused,
            RecordingState::WithoutDevice,
            RecordingState::WithoutSpace,
        ]
        .into_iter()
        .find(|state| *state as u8 == self.state.load(Ordering::Acquire))
        .unwrap_or(RecordingState::Finished)
    }

    pub(super) fn n_samples(&self) -> u64 {
        self.n_samples.load(Ordering::Acquire)
    }

    pub(super) fn n_dropped(&self) -> u64 {
        self.n_dropped.load(Ordering::Acquire)
    }
}

/// What the clocks showed.
#[derive(Clone, Copy, Debug)]
struct Moment {
    wall: Timestamp,
    awake: Duration,
    asleep: Option<Duration>,
}

impl Moment {
    fn of(clock: &dyn Clock, awake: Duration) -> Self {
        Self { wall: clock.now(), awake, asleep: clock.asleep() }
    }

    /// How long the computer slept from `before` on; told by the wall clock where nothing else does.
    fn slept_since(&self, before: Self) -> Duration {
        if let (Some(now), Some(then)) = (self.asleep, before.asleep) {
            return now.saturating_sub(then);
        }
        let passed = Duration::try_from(self.wall.duration_since(before.wall)).unwrap_or_default();
        passed.saturating_sub(self.awake.saturating_sub(before.awake))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GapKind {
    /// Before the first sound: no part of the session.
    Opening,
    Paused,
    Lost(LossReason),
}

/// Time without sound, until sound comes again.
#[derive(Debug)]
struct Gap {
    kind: GapKind,
    since: Duration,
    /// Time asleep meanwhile, which the monotonic clock does not see.
    slept: Duration,
    /// When the person wanted sound again.
    resumed_at: Option<Duration>,
    told_slow: bool,
    told_silent: bool,
}

impl Gap {
    const fn new(kind: GapKind, since: Duration) -> Self {
        let slept = Duration::ZERO;
        Self { kind, since, slept, resumed_at: None, told_slow: false, told_silent: false }
    }

    /// Since when a person waits for sound who has not been told that a microphone is gone.
    const fn waits_since(&self) -> Option<Duration> {
        match self.kind {
            GapKind::Opening => Some(self.since),
            GapKind::Paused => self.resumed_at,
            GapKind::Lost(_) => None,
        }
    }
}

struct Opening {
    answer: Receiver<Result<OpenStream, AudioError>>,
    since: Duration,
    /// A present microphone plays on until this one is there.
    is_switch: bool,
}

/// A microphone that is to take over with its first callback.
struct Coming {
    run: Run,
    since: Duration,
}

/// Sound that did not come in time. Where the computer stood still it may come yet.
struct Overdue {
    /// Where in the recording it is missing.
    at_sample: u64,
    /// When sound last came before.
    since: Duration,
    noticed_at: Duration,
    /// How much has come since.
    came: Duration,
    /// Frames of the microphone in a second.
    rate_hz: u32,
}

struct Zeros {
    from: u64,
    n: u64,
}

struct Quiet {
    detector: SpeechDetector,
    regions: Vec<SpeechRegion>,
    n_since_speech: u64,
    limit: u64,
}

struct Failing {
    reason: LossReason,
    next_try: Duration,
}

pub(super) struct Machine {
    host: Arc<dyn AudioHost>,
    clock: Arc<dyn Clock>,
    free_space: super::FreeSpace,
    listener: super::CaptureListener,
    background: Background,
    options: CaptureOptions,
    outbox: Outbox,
    level: Arc<LevelReading>,
    progress: Arc<Progress>,

    chosen: Option<DeviceId>,
    run: Option<Run>,
    opening: Option<Opening>,
    coming: Option<Coming>,
    /// The one that was opened last and gave nothing.
    silent: Option<DeviceId>,
    n_attempts: u32,
    retry_at: Duration,
    backoff: Duration,
    list: Option<Receiver<Result<Vec<InputDevice>, AudioError>>>,
    listed_at: Duration,

    is_paused: bool,
    is_below_floor: bool,
    is_memory_full: bool,
    failing: Option<Failing>,
    told_disk_low: bool,
    gap: Option<Gap>,

    /// Captured and not yet handed over.
    block: Vec<i16>,
    zeros: Option<Zeros>,
    quiet: Option<Quiet>,
    n_dropped: u64,
    n_xruns: u64,
    stop: Option<StopReason>,

    heard_at: Duration,
    /// How long the writer has looked for sound since, but for what it was held up itself.
    looked: Duration,
    /// How much sound came in then.
    heard: Duration,
    overdue: Option<Overdue>,
    written_at: Duration,
    synced_at: Duration,
    disk_checked_at: Duration,
    clipping_told_at: Option<Duration>,
    stepped_at: Moment,
}

impl Machine {
    /// A recording from an open microphone; `opening_at` is the monotonic time when opening it began. Where
    /// that is long ago the listener knows.
    pub(super) fn new(
        parts: CaptureParts,
        chosen: Option<DeviceId>,
        open: OpenStream,
        opening_at: Duration,
        options: CaptureOptions,
        background: Background,
    ) -> Result<Self, AudioError> {
        let CaptureParts { host, clock, sink, free_space, listener } = parts;
        let level = Arc::new(LevelReading::silent());
        let n_live = options.live_window.as_secs().saturating_mul(u64::from(SAMPLE_RATE_HZ));
        let live = LiveSamples::new(usize::try_from(n_live).unwrap_or(usize::MAX));
        let run = Run::new(open, false, Arc::clone(&level))?;
        let now = clock.monotonic();
        let mut gap = Gap::new(GapKind::Opening, opening_at);
        gap.told_slow = now.saturating_sub(opening_at) >= SLOW_OPENING;
        let quiet = options.stop_after_silence.map(|limit| Quiet {
            detector: SpeechDetector::new(VadOptions::default()),
            regions: Vec::new(),
            n_since_speech: 0,
            limit: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) * SAMPLES_PER_MS,
        });
        Ok(Self {
            stepped_at: Moment::of(&*clock, now),
            host,
            clock,
            free_space,
            listener,
            background,
            options,
            outbox: Outbox::new(sink, live),
            level,
            progress: Arc::new(Progress::new()),
            chosen,
            run: Some(run),
            opening: None,
            coming: None,
            silent: None,
            n_attempts: 0,
            retry_at: now,
            backoff: FIRST_BACKOFF,
            list: None,
            listed_at: now,
            is_paused: false,
            is_below_floor: false,
            is_memory_full: false,
            failing: None,
            told_disk_low: false,
            gap: Some(gap),
            block: Vec::new(),
            zeros: None,
            quiet,
            n_dropped: 0,
            n_xruns: 0,
            stop: None,
            heard_at: now,
            looked: Duration::ZERO,
            heard: Duration::ZERO,
            overdue: None,
            written_at: now,
            synced_at: now,
            disk_checked_at: now,
            clipping_told_at: None,
        })
    }

    pub(super) fn live(&self) -> LiveSamples {
        self.outbox.live()
    }

    pub(super) fn level(&self) -> Arc<LevelReading> {
        Arc::clone(&self.level)
    }

    pub(super) fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Set when the recording ended by itself.
    pub(super) const fn stopped(&self) -> Option<StopReason> {
        self.stop
    }

    /// Closes the microphone; session time stands still.
    pub(super) fn pause(&mut self) {
        if self.is_paused {
            return;
        }
        let now = self.clock.monotonic();
        self.notice_sleep(now);
        self.is_paused = true;
        self.stop_opening(now);
        self.leave_run(now);
        self.set_gap(GapKind::Paused, now);
        self.write(now);
        self.tell_progress();
    }

    /// Opens it again.
    pub(super) fn resume(&mut self) {
        if !self.is_paused {
            return;
        }
        let now = self.clock.monotonic();
        self.is_paused = false;
        if let Some(reason) = self.held() {
            self.set_gap(GapKind::Lost(reason), now);
        } else if let Some(gap) = &mut self.gap {
            gap.resumed_at = Some(now);
        }
        self.open_soon(now);
        self.reopen(now);
        self.tell_progress();
    }

    /// Changes to another microphone. The present one plays on until the new one is open.
    pub(super) fn set_device(&mut self, device: Option<DeviceId>) {
        let now = self.clock.monotonic();
        self.chosen = device;
        if self.run.is_some() {
            self.open(now, self.chosen.clone(), true);
        } else {
            self.opening = None;
            self.silent = None;
            self.open_soon(now);
        }
    }

    /// Takes in what has arrived; whether that was anything, or there is nothing to wait for.
    pub(super) fn hears(&mut self) -> bool {
        let now = self.clock.monotonic();
        let before = self.run.as_ref().map(Run::n_callbacks);
        self.pump(now);
        let expects = self.gap.as_ref().is_none_or(|gap| gap.kind == GapKind::Opening);
        !expects || self.run.is_none() || self.run.as_ref().map(Run::n_callbacks) != before
    }

    /// Moves everything on to the present moment.
    pub(super) fn step(&mut self) {
        let now = self.clock.monotonic();
        self.looked += now.saturating_sub(self.stepped_at.awake).min(LONG_STEP);
        self.notice_sleep(now);
        self.take_opened(now);
        self.take_coming(now);
        self.pump(now);
        self.watch(now);
        if self.overdue.as_ref().is_some_and(|it| now.saturating_sub(it.noticed_at) >= LATE_SOUND) {
            self.mark_overdue();
        }
        self.reopen(now);
        self.tell_slow(now);
        if now.saturating_sub(self.written_at) >= WRITE_EVERY {
            self.write(now);
        }
        if now.saturating_sub(self.disk_checked_at) >= CHECK_DISK_EVERY {
            self.check_disk(now);
        }
        self.tell_progress();
    }

    /// Seals the recording.
    pub(super) fn finish(mut self, reason: StopReason) -> RecordingSummary {
        let now = self.clock.monotonic();
        self.notice_sleep(now);
        self.stop_opening(now);
        self.leave_run(now);
        self.end_gap(now);
        self.hand_over();
        self.end_zeros();
        self.progress.state.store(RecordingState::Finished as u8, Ordering::Release);
        let (n_samples, marks, failure) = self.outbox.finish();
        self.progress.n_samples.store(n_samples, Ordering::Release);
        RecordingSummary {
            n_samples,
            marks,
            dropped_frames: self.n_dropped,
            n_xruns: self.n_xruns,
            stop_reason: reason,
            failure,
        }
    }

    /// Why capturing stands still although the person wants it.
    fn held(&self) -> Option<LossReason> {
        if self.is_below_floor {
            Some(LossReason::DiskFull)
        } else if self.is_memory_full {
            Some(self.failing.as_ref().map_or(LossReason::DiskFull, |failing| failing.reason))
        } else {
            None
        }
    }

    fn notice_sleep(&mut self, now: Duration) {
        let before = std::mem::replace(&mut self.stepped_at, Moment::of(&*self.clock, now));
        let slept = self.stepped_at.slept_since(before);
        if slept <= SLEEP {
            return;
        }
        if let Some(gap) = &mut self.gap {
            gap.slept += slept;
            return;
        }
        // What is in the ring was heard before.
        self.pump(now);
        self.flush_run();
        self.mark_silence(now);
        self.mark(MarkKind::Lost { duration_ms: as_ms(slept), reason: LossReason::Suspended });
        self.tell(CaptureEvent::Suspended);
    }

    fn pump(&mut self, now: Duration) {
        // Each turn ends at a place where frames were dropped; the ring holds few of those.
        let mut fresh = Vec::new();
        loop {
            let Some(run) = &mut self.run else { return };
            fresh.clear();
            if run.called() {
                let is_late = now.saturating_sub(self.heard_at) > SILENT_CALLBACK;
                if is_late && self.gap.is_none() && self.overdue.is_none() {
                    self.overdue = Some(Overdue {
                        at_sample: self.outbox.end() + self.block.len() as u64,
                        since: self.heard_at,
                        noticed_at: now,
                        came: Duration::ZERO,
                        rate_hz: run.rate_hz(),
                    });
                }
                self.heard_at = now;
                self.looked = Duration::ZERO;
            }
            let Ok(pumped) = run.pump(&mut fresh) else {
                self.lose(now);
                return;
            };
            if let Some(overdue) = &mut self.overdue {
                // What was dropped has a mark of its own.
                overdue.came += pumped.duration + pumped.dropped.unwrap_or_default().1;
            }
            let announced = !pumped.duration.is_zero() && std::mem::take(&mut run.announce);
            let name = announced.then(|| run.device.name.clone());
            if !pumped.duration.is_zero() {
                self.heard = pumped.duration;
                self.end_gap(now.saturating_sub(pumped.duration));
                self.backoff = FIRST_BACKOFF;
                self.n_attempts = 0;
                self.silent = None;
            }
            if let Some(name) = name {
                self.tell(CaptureEvent::DeviceChanged { name });
            }
            if pumped.clipped {
                self.tell_clipping(now);
            }
            self.absorb(&fresh);
            let Some((n_frames, duration)) = pumped.dropped else { return };
            self.overrun(n_frames, duration);
        }
    }

    fn overrun(&mut self, n_frames: u64, duration: Duration) {
        self.n_dropped += n_frames;
        let kind =
            MarkKind::Lost { duration_ms: as_ms(duration).max(1), reason: LossReason::Overrun };
        self.mark(kind);
        self.tell(CaptureEvent::Overrun { n_frames });
    }

    /// Marks what was overdue and has not come, where it is missing.
    fn mark_overdue(&mut self) {
        let Some(Overdue { at_sample, since, came, rate_hz, .. }) = self.overdue.take() else {
            return;
        };
        let missing = self.heard_at.saturating_sub(since).saturating_sub(came);
        if missing <= SILENT_CALLBACK {
            return;
        }
        let duration_ms = as_ms(missing);
        let n_frames = duration_ms.saturating_mul(u64::from(rate_hz)) / 1000;
        self.n_dropped += n_frames;
        self.hand_over();
        self.end_zeros();
        let kind = MarkKind::Lost { duration_ms, reason: LossReason::Overrun };
        self.outbox.put_mark(Mark { at_sample, kind });
        self.tell(CaptureEvent::Overrun { n_frames });
    }

    fn absorb(&mut self, samples: &[i16]) {
        if samples.is_empty() {
            return;
        }
        let first = self.outbox.end() + self.block.len() as u64;
        for (position, sample) in (first..).zip(samples) {
            if *sample == 0 {
                let zeros = self.zeros.get_or_insert(Zeros { from: position, n: 0 });
                zeros.n += 1;
                if zeros.n == NO_SIGNAL_SAMPLES {
                    self.level.set_no_signal(true);
                    (self.listener)(CaptureEvent::NoSignal);
                }
            } else if self.zeros.is_some() {
                self.end_zeros();
            }
        }
        self.block.extend_from_slice(samples);
        if let Some(quiet) = &mut self.quiet {
            quiet.detector.push(samples, &mut quiet.regions);
            let spoken = !quiet.regions.is_empty() || quiet.detector.is_speaking();
            quiet.regions.clear();
            quiet.n_since_speech =
                if spoken { 0 } else { quiet.n_since_speech + samples.len() as u64 };
            if quiet.n_since_speech >= quiet.limit && self.stop.is_none() {
                self.stop = Some(StopReason::LongSilence);
                self.tell(CaptureEvent::LongSilence);
            }
        }
    }

    fn end_zeros(&mut self) {
        if let Some(Zeros { from, n }) = self.zeros.take()
            && n >= NO_SIGNAL_SAMPLES
        {
            let duration_ms = n / SAMPLES_PER_MS;
            self.outbox
                .put_mark(Mark { at_sample: from, kind: MarkKind::NoSignal { duration_ms } });
            self.level.set_no_signal(false);
            self.tell(CaptureEvent::SignalBack);
        }
    }

    fn flush_run(&mut self) {
        let mut tail = Vec::new();
        // A filter that fails has nothing to give.
        if let Some(run) = &mut self.run
            && run.flush(&mut tail).is_ok()
        {
            self.absorb(&tail);
        }
    }

    /// Takes what the microphone still gave and closes it.
    fn close_run(&mut self, now: Duration) {
        if let Some(run) = &self.run {
            run.close();
        }
        self.pump(now);
        self.flush_run();
        let Some(run) = self.run.take() else { return };
        self.n_xruns += run.n_xruns();
        let (stream, n_dropped, duration) = run.into_parts();
        if let Some(overdue) = &mut self.overdue {
            overdue.came += duration;
        }
        self.mark_overdue();
        if n_dropped > 0 {
            self.overrun(n_dropped, duration);
        }
        self.level.clear();
        self.drop_stream(stream);
    }

    /// Closing may hang when the sound system does.
    fn drop_stream(&self, stream: Box<dyn InputStream>) {
        (self.background)(Box::new(move || drop(stream)));
    }

    /// Closes it for another reason than its loss. The loss may have gone unnoticed so far.
    fn leave_run(&mut self, now: Duration) {
        if self.run.is_some() {
            self.close_run(now);
            self.mark_silence(now);
        }
    }

    /// Marks the time since the callback last gave something, where no gap covers it.
    fn mark_silence(&mut self, now: Duration) {
        self.mark_overdue();
        let silent = now.saturating_sub(self.heard_at);
        let ordinary = (self.heard * 2).clamp(BETWEEN_CALLBACKS, SILENT_CALLBACK);
        if self.gap.is_none() && silent > ordinary {
            let reason = LossReason::DeviceLost;
            self.mark(MarkKind::Lost { duration_ms: as_ms(silent), reason });
            self.heard_at = now;
            self.looked = Duration::ZERO;
        }
    }

    fn watch(&mut self, now: Duration) {
        let listed = self.read_list(now);
        let Some(run) = &mut self.run else { return };
        let is_gone = match listed {
            Some(devices) => {
                let is_listed = devices.iter().any(|device| device.id == run.device.id);
                run.was_listed |= is_listed;
                run.was_listed && !is_listed
            }
            None => false,
        };
        let patience = if run.called_ever() { SILENT_CALLBACK } else { FIRST_CALLBACK };
        if is_gone || run.failed() || self.looked > patience {
            self.lose(now);
        }
    }

    /// Asks for the list now and then; the answer comes in a later step.
    fn read_list(&mut self, now: Duration) -> Option<Vec<InputDevice>> {
        let answer = self.list.as_ref().map(Receiver::try_recv);
        match answer {
            Some(Err(TryRecvError::Empty)) => return None,
            Some(_) => self.list = None,
            None => {}
        }
        if self.list.is_none()
            && self.run.is_some()
            && now.saturating_sub(self.listed_at) >= LIST_EVERY
        {
            self.listed_at = now;
            let (sender, receiver) = channel();
            let host = Arc::clone(&self.host);
            (self.background)(Box::new(move || {
                // Nobody waits for it any more when the recording is over.
                drop(sender.send(host.devices()));
            }));
            self.list = Some(receiver);
        }
        answer?.ok()?.ok()
    }

    fn lose(&mut self, now: Duration) {
        let since = self.heard_at;
        let device = self.run.as_ref().map(|run| run.device.id.clone());
        self.close_run(now);
        let Some(gap) = &mut self.gap else {
            self.tell(CaptureEvent::DeviceLost);
            self.set_gap(GapKind::Lost(LossReason::DeviceLost), since);
            self.open_soon(now);
            return;
        };
        // It gave nothing, or this gap would have ended.
        let is_news = gap.waits_since().is_some() && !std::mem::replace(&mut gap.told_silent, true);
        self.silent = device;
        if is_news {
            self.tell(CaptureEvent::DeviceSilent);
        }
        self.retry_later(now);
    }

    /// Tells a person who waits for the first sound, or for more after a pause, that it takes long.
    fn tell_slow(&mut self, now: Duration) {
        let Some(gap) = &mut self.gap else { return };
        let is_slow =
            gap.waits_since().is_some_and(|since| now.saturating_sub(since) >= SLOW_OPENING);
        if is_slow && !std::mem::replace(&mut gap.told_slow, true) {
            self.tell(CaptureEvent::Opening);
        }
    }

    fn open_soon(&mut self, now: Duration) {
        self.retry_at = now;
        self.backoff = FIRST_BACKOFF;
        self.n_attempts = 0;
    }

    fn retry_later(&mut self, now: Duration) {
        self.retry_at = now + self.backoff;
        self.backoff = (self.backoff * 2).min(MAX_BACKOFF);
        self.n_attempts += 1;
    }

    fn reopen(&mut self, now: Duration) {
        let wanted = !self.is_paused && self.held().is_none();
        let is_opening = self.opening.is_some() || self.coming.is_some();
        if wanted && self.run.is_none() && !is_opening && now >= self.retry_at {
            // The chosen one first: it may only have stumbled. Then whatever the system offers, but for
            // one that was opened and gave nothing.
            if self.n_attempts.is_multiple_of(2) {
                self.open(now, self.chosen.clone(), false);
            } else if let Some(silent) = self.silent.clone() {
                self.answer(now, false, move |host| open_another(host, &silent));
            } else {
                self.open(now, None, false);
            }
            self.take_opened(now);
        }
    }

    fn open(&mut self, now: Duration, device: Option<DeviceId>, is_switch: bool) {
        self.answer(now, is_switch, move |host| host.open(device.as_ref()));
    }

    fn answer(
        &mut self,
        now: Duration,
        is_switch: bool,
        open: impl FnOnce(&dyn AudioHost) -> Result<OpenStream, AudioError> + Send + 'static,
    ) {
        let (sender, receiver) = channel();
        let host = Arc::clone(&self.host);
        (self.background)(Box::new(move || {
            // A stream that nobody waits for any more is closed here.
            drop(sender.send(open(&*host)));
        }));
        self.opening = Some(Opening { answer: receiver, since: now, is_switch });
    }

    /// Opens nothing any more; a microphone that is about to take over and has begun to does so.
    fn stop_opening(&mut self, now: Duration) {
        self.opening = None;
        self.take_coming(now);
        if let Some(coming) = self.coming.take() {
            self.drop_stream(coming.run.into_parts().0);
        }
    }

    fn take_opened(&mut self, now: Duration) {
        let Some(opening) = &self.opening else { return };
        let is_switch = opening.is_switch;
        let answer = match opening.answer.try_recv() {
            Err(TryRecvError::Empty) if now.saturating_sub(opening.since) < OPEN_TIMEOUT => return,
            Err(_) => Err(AudioError::Unavailable),
            Ok(answer) => answer,
        };
        self.opening = None;
        let is_lost = |gap: &Gap| matches!(gap.kind, GapKind::Lost(_)) || gap.told_silent;
        let announce = is_switch || self.gap.as_ref().is_some_and(is_lost);
        match answer.and_then(|open| Run::new(open, announce, Arc::clone(&self.level))) {
            Ok(run) if is_switch && self.run.is_some() => {
                if let Some(before) = self.coming.replace(Coming { run, since: now }) {
                    self.drop_stream(before.run.into_parts().0);
                }
            }
            Ok(run) => self.begin_run(run, now),
            Err(_) if is_switch && self.run.is_some() => self.tell(CaptureEvent::DeviceRefused),
            Err(_) => self.retry_later(now),
        }
    }

    fn begin_run(&mut self, run: Run, now: Duration) {
        self.leave_run(now);
        self.run = Some(run);
        self.heard_at = now;
        self.looked = Duration::ZERO;
        self.listed_at = now;
        self.list = None;
    }

    /// Lets a microphone take over that has given its first sound, or where there is no other.
    fn take_coming(&mut self, now: Duration) {
        let Some(mut coming) = self.coming.take() else { return };
        if coming.run.called() || self.run.is_none() {
            self.begin_run(coming.run, now);
        } else if coming.run.failed() || now.saturating_sub(coming.since) > FIRST_CALLBACK {
            self.drop_stream(coming.run.into_parts().0);
            self.tell(CaptureEvent::DeviceRefused);
        } else {
            self.coming = Some(coming);
        }
    }

    fn write(&mut self, now: Duration) {
        self.hand_over();
        self.written_at = now;
        if self.failing.as_ref().is_some_and(|failing| now < failing.next_try) {
            self.bound_memory(now);
            return;
        }
        let is_sync_due = now.saturating_sub(self.synced_at) >= SYNC_EVERY;
        let written = self.outbox.drain().and_then(|()| {
            if is_sync_due {
                self.synced_at = now;
                self.outbox.sync()?;
            }
            Ok(())
        });
        match written {
            Ok(()) => {
                if self.failing.take().is_some() {
                    self.is_memory_full = false;
                    self.open_soon(now);
                    self.tell(CaptureEvent::DiskBack);
                }
            }
            Err(error) => {
                let reason = loss_reason(&error);
                if self.failing.is_none() {
                    self.tell(match reason {
                        LossReason::DiskFull => CaptureEvent::DiskFull,
                        _ => CaptureEvent::WriteFailed,
                    });
                }
                self.failing = Some(Failing { reason, next_try: now + RETRY_WRITE_EVERY });
                self.bound_memory(now);
            }
        }
    }

    fn bound_memory(&mut self, now: Duration) {
        if self.outbox.n_waiting() < MAX_WAITING || self.is_memory_full {
            return;
        }
        self.is_memory_full = true;
        self.hold(now);
    }

    fn hold(&mut self, now: Duration) {
        self.stop_opening(now);
        self.leave_run(now);
        if let Some(reason) = self.held()
            && !self.is_paused
        {
            self.set_gap(GapKind::Lost(reason), now);
        }
    }

    fn check_disk(&mut self, now: Duration) {
        self.disk_checked_at = now;
        let floor = self.options.disk_floor_bytes;
        if floor == 0 {
            return;
        }
        // A disk that cannot be asked is found out by writing.
        let Ok(free) = (self.free_space)() else { return };
        if free < floor && !self.is_below_floor {
            self.is_below_floor = true;
            self.tell(CaptureEvent::DiskFull);
            self.hold(now);
        } else if self.is_below_floor && free >= floor + floor / 20 {
            self.is_below_floor = false;
            self.open_soon(now);
            self.tell(CaptureEvent::DiskBack);
        }
        let is_low = free < floor + floor / 2;
        if is_low && !self.told_disk_low && !self.is_below_floor {
            self.tell(CaptureEvent::DiskLow);
        }
        self.told_disk_low = is_low;
    }

    fn set_gap(&mut self, kind: GapKind, since: Duration) {
        if self.gap.as_ref().is_some_and(|gap| gap.kind == kind && gap.resumed_at.is_none()) {
            return;
        }
        self.end_gap(since);
        self.gap = Some(Gap::new(kind, since));
    }

    fn end_gap(&mut self, until: Duration) {
        let Some(Gap { kind, since, slept, resumed_at, .. }) = self.gap.take() else { return };
        let until = until.max(since);
        let passed = until - since + slept;
        match kind {
            GapKind::Opening => {}
            GapKind::Lost(reason) => {
                self.mark(MarkKind::Lost { duration_ms: as_ms(passed), reason });
            }
            GapKind::Paused => {
                let late = resumed_at
                    .map(|resumed_at| until.saturating_sub(resumed_at))
                    .filter(|late| *late > RESUME_GRACE)
                    .unwrap_or_default();
                self.mark(MarkKind::Paused { duration_ms: as_ms(passed.saturating_sub(late)) });
                let reason = LossReason::DeviceLost;
                self.mark(MarkKind::Lost { duration_ms: as_ms(late), reason });
            }
        }
    }

    /// Puts a mark behind everything captured so far.
    fn mark(&mut self, kind: MarkKind) {
        self.hand_over();
        self.end_zeros();
        let (MarkKind::Paused { duration_ms }
        | MarkKind::Lost { duration_ms, .. }
        | MarkKind::NoSignal { duration_ms }) = kind;
        if duration_ms > 0 {
            self.outbox.put_mark(Mark { at_sample: self.outbox.end(), kind });
        }
    }

    fn hand_over(&mut self) {
        self.outbox.put_samples(std::mem::take(&mut self.block));
    }

    fn tell(&self, event: CaptureEvent) {
        (self.listener)(event);
    }

    fn tell_clipping(&mut self, now: Duration) {
        let due = self
            .clipping_told_at
            .is_none_or(|told_at| now.saturating_sub(told_at) >= CLIPPING_TOLD_EVERY);
        if due {
            self.clipping_told_at = Some(now);
            self.tell(CaptureEvent::Clipping);
        }
    }

    fn tell_progress(&self) {
        let state = if self.is_paused {
            RecordingState::Paused
        } else if self.held().is_some() {
            RecordingState::WithoutSpace
        } else {
            match self.gap.as_ref().map(|gap| gap.kind) {
                None => RecordingState::Recording,
                Some(GapKind::Opening) => RecordingState::Opening,
                Some(_) => RecordingState::WithoutDevice,
            }
        };
        self.progress.state.store(state as u8, Ordering::Release);
        self.progress.n_samples.store(self.outbox.n_written(), Ordering::Release);
        self.progress.n_dropped.store(self.n_dropped, Ordering::Release);
    }
}

/// Opens the default microphone, or any, but not this one; this one where there is no other.
fn open_another(host: &dyn AudioHost, silent: &DeviceId) -> Result<OpenStream, AudioError> {
    let mut others = host.devices()?;
    others.retain(|device| device.id != *silent);
    others.sort_by_key(|device| !device.is_default);
    host.open(others.first().map(|device| &device.id))
}

fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
