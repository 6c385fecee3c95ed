#![allow(
    clippy::significant_drop_tightening,
    clippy::type_complexity,
    reason = "a fake may hold its lock to the end of a call"
)]

use super::{
    event::{CaptureEvent, RecordingState, RecordingSummary, StopReason},
    feed::{StreamAlarm, StreamFeed, StreamFormat, stream_channel},
    host::{AudioError, AudioHost, DeviceId, InputDevice, InputStream, OpenStream},
    machine::{Background, Machine},
    options::{CaptureOptions, CaptureParts},
    recorder::Recorder,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use journey_domain::{
    ports::{Clock, SegmentSink, SinkError},
    timeline::{LossReason, Mark, MarkKind, Timeline},
};
use proptest::prelude::*;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const STEP_MS: u64 = 20;

/// Time that passes only when a test says so: awake, of the wall, and asleep where the system tells.
#[derive(Default)]
struct FakeClock(Mutex<(Duration, Duration, Option<Duration>)>);

impl FakeClock {
    fn pass(&self, awake_ms: u64, asleep_ms: u64) {
        let mut times = self.0.lock().unwrap();
        times.0 += Duration::from_millis(awake_ms);
        times.1 += Duration::from_millis(awake_ms + asleep_ms);
        if let Some(asleep) = &mut times.2 {
            *asleep += Duration::from_millis(asleep_ms);
        }
    }

    /// From now on the system tells of sleep.
    fn tells_of_sleep(&self) {
        self.0.lock().unwrap().2 = Some(Duration::ZERO);
    }

    /// Somebody sets the clock forward.
    fn set_forward(&self, ms: u64) {
        self.0.lock().unwrap().1 += Duration::from_millis(ms);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        let wall = SignedDuration::try_from(self.0.lock().unwrap().1).unwrap();
        Timestamp::UNIX_EPOCH.checked_add(wall).unwrap()
    }
    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap().0
    }
    fn asleep(&self) -> Option<Duration> {
        self.0.lock().unwrap().2
    }
    fn time_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

struct Speaker {
    device: DeviceId,
    feed: StreamFeed,
    alarm: StreamAlarm,
}

struct HostState {
    devices: Vec<&'static str>,
    /// Opens, and never calls back.
    mute: Option<&'static str>,
    format: StreamFormat,
    playing: Option<Speaker>,
    refuses: Option<AudioError>,
    n_opened: usize,
    n_frames: u64,
}

/// A sound system that does what a test says.
struct FakeHost(Arc<Mutex<HostState>>);

struct FakeStream(Arc<Mutex<HostState>>, usize);

impl InputStream for FakeStream {}

impl Drop for FakeStream {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap();
        if state.n_opened == self.1 {
            state.playing = None;
        }
    }
}

impl AudioHost for FakeHost {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        let state = self.0.lock().unwrap();
        Ok(state
            .devices
            .iter()
            .enumerate()
            .map(|(i, name)| InputDevice {
                id: DeviceId::new(*name),
                name: (*name).to_owned(),
                is_default: i == 0,
            })
            .collect())
    }

    fn open(&self, device: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        let devices = self.devices()?;
        let mut state = self.0.lock().unwrap();
        if let Some(error) = state.refuses {
            return Err(error);
        }
        let found = match device {
            Some(id) => devices.into_iter().find(|it| it.id == *id),
            None => devices.into_iter().next(),
        };
        let device = found.ok_or(AudioError::NoDevice)?;
        let (feed, alarm, reader) = stream_channel(state.format);
        if state.mute.is_some_and(|mute| device.id == DeviceId::new(mute)) {
            let stream = Box::new(FakeStream(Arc::clone(&self.0), 0));
            return Ok(OpenStream { stream, reader, format: state.format, device });
        }
        state.n_opened += 1;
        state.playing = Some(Speaker { device: device.id.clone(), feed, alarm });
        let stream = Box::new(FakeStream(Arc::clone(&self.0), state.n_opened));
        Ok(OpenStream { stream, reader, format: state.format, device })
    }
}

#[derive(Default)]
struct SinkState {
    samples: Vec<i16>,
    marks: Vec<Mark>,
    n_synced: usize,
    n_syncs_asked: usize,
    is_full: bool,
    /// Whether what it is asked to sync is not synced yet.
    is_slow: bool,
    is_finished: bool,
}

struct FakeSink(Arc<Mutex<SinkState>>);

impl SegmentSink for FakeSink {
    fn append(&mut self, samples: &[i16]) -> Result<(), SinkError> {
        let mut state = self.0.lock().unwrap();
        if state.is_full {
            return Err(SinkError::DiskFull);
        }
        state.samples.extend_from_slice(samples);
        Ok(())
    }
    fn mark(&mut self, mark: &Mark) -> Result<(), SinkError> {
        let mut state = self.0.lock().unwrap();
        if state.is_full {
            return Err(SinkError::DiskFull);
        }
        state.marks.push(mark.clone());
        Ok(())
    }
    fn sync(&mut self) -> Result<bool, SinkError> {
        let mut state = self.0.lock().unwrap();
        state.n_syncs_asked += 1;
        if !state.is_slow {
            state.n_synced = state.samples.len();
        }
        Ok(!state.is_slow)
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        let mut state = self.0.lock().unwrap();
        if state.is_full {
            return Err(SinkError::DiskFull);
        }
        state.is_finished = true;
        Ok(())
    }
}

/// What comes out of the fake microphone.
#[derive(Clone, Copy, PartialEq)]
enum Sound {
    Tone,
    Zeros,
    Nothing,
}

struct Studio {
    clock: Arc<FakeClock>,
    host: Arc<Mutex<HostState>>,
    sink: Arc<Mutex<SinkState>>,
    events: Arc<Mutex<Vec<(u64, CaptureEvent)>>>,
    free: Arc<Mutex<u64>>,
    machine: Machine,
    sound: Sound,
    /// Awake time when the session began.
    began_ms: Option<u64>,
}

fn inline() -> Background {
    Arc::new(|job| job())
}

impl Studio {
    fn new() -> Self {
        Self::with(CaptureOptions::default(), None, inline())
    }

    fn with(options: CaptureOptions, device: Option<&str>, background: Background) -> Self {
        Self::before(options, device, background, None)
    }

    /// Whose default microphone opens and gives nothing.
    fn with_mute() -> Self {
        Self::before(CaptureOptions::default(), None, inline(), Some("built-in"))
    }

    fn before(
        options: CaptureOptions,
        device: Option<&str>,
        background: Background,
        mute: Option<&'static str>,
    ) -> Self {
        let clock = Arc::new(FakeClock::default());
        let host = Arc::new(Mutex::new(HostState {
            devices: vec!["built-in", "headset"],
            mute,
            format: StreamFormat { rate_hz: 48_000, n_channels: 2 },
            playing: None,
            refuses: None,
            n_opened: 0,
            n_frames: 0,
        }));
        let sink = Arc::new(Mutex::new(SinkState::default()));
        let events = Arc::new(Mutex::new(Vec::new()));
        let free = Arc::new(Mutex::new(u64::MAX / 4));
        let (heard, told_free, told_at) =
            (Arc::clone(&events), Arc::clone(&free), Arc::clone(&clock));
        let audio: Arc<dyn AudioHost> = Arc::new(FakeHost(Arc::clone(&host)));
        let device = device.map(DeviceId::new);
        let open = audio.open(device.as_ref()).unwrap();
        let parts = CaptureParts {
            host: audio,
            clock: Arc::<FakeClock>::clone(&clock),
            sink: Box::new(FakeSink(Arc::clone(&sink))),
            free_space: Box::new(move || Ok(*told_free.lock().unwrap())),
            listener: Box::new(move |event| {
                let at = told_at.monotonic().as_millis() as u64;
                heard.lock().unwrap().push((at, event));
            }),
        };
        let machine =
            Machine::new(parts, device, open, Duration::ZERO, options, background).unwrap();
        let sound = Sound::Tone;
        Self { clock, host, sink, events, free, machine, sound, began_ms: None }
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms / STEP_MS {
            self.play(STEP_MS);
            self.machine.step();
            self.look_whether_it_began(STEP_MS);
        }
    }

    fn look_whether_it_began(&mut self, ago_ms: u64) {
        if self.began_ms.is_none() && self.machine.progress().state() != RecordingState::Opening {
            self.began_ms = Some(self.now_ms() - ago_ms);
        }
    }

    /// Lets time pass and the microphone play, without the writer.
    fn play(&mut self, ms: u64) {
        self.clock.pass(ms, 0);
        let state = &mut *self.host.lock().unwrap();
        let n_frames = u64::from(state.format.rate_hz) * ms / 1000;
        let n_channels = usize::from(state.format.n_channels);
        let Some(speaker) = &mut state.playing else { return };
        if self.sound == Sound::Nothing {
            return;
        }
        let block: Vec<f32> = (state.n_frames..state.n_frames + n_frames)
            .flat_map(|i| {
                let tone = 0.3 * (i as f32 * 0.05).sin();
                vec![if self.sound == Sound::Tone { tone } else { 0.0 }; n_channels]
            })
            .collect();
        state.n_frames += n_frames;
        speaker.feed.push(&block);
    }

    fn unplug(&self, name: &str) {
        self.host.lock().unwrap().devices.retain(|it| *it != name);
    }

    fn now_ms(&self) -> u64 {
        self.clock.monotonic().as_millis() as u64
    }

    fn when(&self, event: &CaptureEvent) -> Option<u64> {
        self.events.lock().unwrap().iter().find(|(_, it)| it == event).map(|(at, _)| *at)
    }

    fn events(&self) -> Vec<CaptureEvent> {
        self.events.lock().unwrap().iter().map(|(_, it)| it.clone()).collect()
    }

    fn n_written_ms(&self) -> u64 {
        self.sink.lock().unwrap().samples.len() as u64 / 16
    }

    fn stop(self) -> (RecordingSummary, SinkState) {
        let summary = self.machine.finish(StopReason::Asked);
        let sink = std::mem::take(&mut *self.sink.lock().unwrap());
        assert_eq!(summary.n_samples, sink.samples.len() as u64);
        (summary, sink)
    }
}

fn lost(reason: LossReason, marks: &[Mark]) -> u64 {
    marks
        .iter()
        .map(|mark| match mark.kind {
            MarkKind::Lost { duration_ms, reason: why } if why == reason => duration_ms,
            _ => 0,
        })
        .sum()
}

fn paused(marks: &[Mark]) -> u64 {
    marks
        .iter()
        .map(|mark| match mark.kind {
            MarkKind::Paused { duration_ms } => duration_ms,
            _ => 0,
        })
        .sum()
}

#[track_caller]
fn assert_near(got: u64, want: u64, tolerance: u64) {
    assert!(got.abs_diff(want) <= tolerance, "{got} ms instead of {want} ms");
}

#[test]
fn what_is_spoken_is_written_within_150_ms_and_synced_within_650() {
    let mut studio = Studio::new();
    studio.run(1000);
    for _ in 0..100 {
        studio.run(20);
        assert!(studio.now_ms() - studio.n_written_ms() <= 150);
        let n_synced = studio.sink.lock().unwrap().n_synced as u64;
        assert!(studio.now_ms() - n_synced / 16 <= 650);
    }
    let (summary, sink) = studio.stop();
    assert_eq!(summary.n_samples, 3000 * 16);
    assert!(summary.marks.is_empty() && sink.is_finished);
}

#[test]
fn a_pause_closes_the_microphone_and_is_marked_with_its_length() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.machine.pause();
    assert!(studio.host.lock().unwrap().playing.is_none());
    assert_eq!(studio.machine.progress().state(), RecordingState::Paused);
    studio.run(3000);
    studio.machine.resume();
    studio.run(500);
    let (summary, sink) = studio.stop();
    assert_eq!(
        summary.marks,
        [Mark { at_sample: 16_000, kind: MarkKind::Paused { duration_ms: 3000 } }]
    );
    assert_eq!(summary.n_samples, 1500 * 16);
    assert_eq!(sink.marks, summary.marks);
}

#[test]
fn time_before_the_first_sound_is_neither_lost_nor_a_part_of_the_session() {
    let mut studio = Studio::new();
    studio.sound = Sound::Nothing;
    studio.run(2500);
    assert_eq!(studio.machine.progress().state(), RecordingState::Opening);
    assert!(studio.when(&CaptureEvent::Opening).expect("it is told") <= 1000);
    studio.sound = Sound::Tone;
    studio.run(1000);
    assert_eq!(studio.machine.progress().state(), RecordingState::Recording);
    assert_eq!(studio.events(), [CaptureEvent::Opening]);
    let (summary, _) = studio.stop();
    assert_eq!(summary.marks, []);
    assert_eq!(summary.n_samples, 1000 * 16);
}

#[test]
fn a_microphone_that_opens_and_gives_nothing_is_told_of_and_another_is_taken() {
    let mut studio = Studio::with_mute();
    studio.run(6000);
    assert!(studio.when(&CaptureEvent::Opening).expect("it is told") <= 1000);
    let name = "headset".to_owned();
    assert_eq!(
        studio.events(),
        [CaptureEvent::Opening, CaptureEvent::DeviceSilent, CaptureEvent::DeviceChanged { name }]
    );
    let (summary, _) = studio.stop();
    assert_eq!(summary.marks, []);
    assert!(summary.n_samples > 2000 * 16);
}

#[test]
fn a_microphone_that_does_not_come_back_after_a_pause_is_told_of_within_a_second() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.machine.pause();
    studio.run(3000);
    studio.sound = Sound::Nothing;
    studio.machine.resume();
    let resumed_at = studio.now_ms();
    studio.run(1000);
    let told_at = studio.when(&CaptureEvent::Opening).expect("it is told");
    assert!((resumed_at..=resumed_at + 1000).contains(&told_at), "{told_at}");
}

#[test]
fn the_present_microphone_stays_until_another_one_gives_sound() {
    let mut studio = Studio::new();
    studio.host.lock().unwrap().mute = Some("headset");
    studio.run(1000);
    studio.machine.set_device(Some(DeviceId::new("headset")));
    studio.run(5000);
    assert_eq!(studio.events(), [CaptureEvent::DeviceRefused]);
    let (summary, _) = studio.stop();
    assert_eq!(summary.marks, []);
    assert_eq!(summary.n_samples, 6000 * 16);
}

/// A microphone that gives one block and is dead from then on.
#[derive(Default)]
struct ShortOfBreath(AtomicBool);

impl AudioHost for ShortOfBreath {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        let id = DeviceId::new("short");
        Ok(vec![InputDevice { id, name: "short".to_owned(), is_default: true }])
    }

    fn open(&self, _: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        // On a busy computer its loss may be seen before the stop: opened again it would give more.
        if self.0.swap(true, Ordering::SeqCst) {
            return Err(AudioError::NoDevice);
        }
        let format = StreamFormat { rate_hz: 16_000, n_channels: 1 };
        let (mut feed, _, reader) = stream_channel(format);
        feed.push(&[1000i16; 640]);
        let host = Arc::new(Mutex::new(HostState {
            devices: Vec::new(),
            mute: None,
            format,
            playing: None,
            refuses: None,
            n_opened: 0,
            n_frames: 0,
        }));
        let device = self.devices()?.remove(0);
        Ok(OpenStream { stream: Box::new(FakeStream(host, 0)), reader, format, device })
    }
}

struct RunningClock(std::time::Instant);

impl Clock for RunningClock {
    #[expect(clippy::disallowed_methods, reason = "a clock has to read time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
    fn time_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

#[test]
fn a_loss_right_before_the_stop_is_marked() {
    let sink = Arc::new(Mutex::new(SinkState::default()));
    let clock = Arc::new(RunningClock(std::time::Instant::now()));
    let parts = CaptureParts {
        host: Arc::new(ShortOfBreath::default()),
        clock,
        sink: Box::new(FakeSink(Arc::clone(&sink))),
        free_space: Box::new(|| Ok(u64::MAX)),
        listener: Box::new(|_| {}),
    };
    let recording = Recorder::start(parts, None, CaptureOptions::default()).unwrap();
    while recording.state() == RecordingState::Opening {
        std::thread::yield_now();
    }
    let summary = recording.stop().unwrap();
    assert_eq!(summary.n_samples, 640);
    assert!(lost(LossReason::DeviceLost, &summary.marks) >= 200, "{:?}", summary.marks);
}

#[track_caller]
fn check_loss(break_it: impl FnOnce(&mut Studio)) {
    let mut studio = Studio::with(CaptureOptions::default(), Some("headset"), inline());
    studio.run(3000);
    let broken_at = studio.now_ms();
    break_it(&mut studio);
    studio.run(1000);
    let noticed_at = studio.when(&CaptureEvent::DeviceLost).expect("the loss is told");
    assert!(noticed_at - broken_at <= 1000, "noticed after {} ms", noticed_at - broken_at);
    studio.sound = Sound::Tone;
    studio.run(3000);
    let name = "built-in".to_owned();
    assert!(studio.when(&CaptureEvent::DeviceChanged { name }).is_some());
    assert_eq!(studio.machine.progress().state(), RecordingState::Recording);
    let (until, n_written) = (studio.now_ms(), studio.n_written_ms());
    let (summary, _) = studio.stop();
    let gone = lost(LossReason::DeviceLost, &summary.marks);
    assert_near(summary.n_samples / 16 + gone, until, 45);
    assert!(n_written > 5000);
}

#[test]
fn a_microphone_whose_callback_falls_silent_is_lost_within_a_second() {
    check_loss(|studio| {
        studio.unplug("headset");
        studio.host.lock().unwrap().playing = None;
    });
}

#[test]
fn a_microphone_that_reports_an_error_is_lost_at_once() {
    check_loss(|studio| {
        studio.unplug("headset");
        studio.host.lock().unwrap().playing.as_ref().unwrap().alarm.stream_failed();
    });
}

#[test]
fn a_microphone_that_vanishes_from_the_list_is_lost_though_its_callback_goes_on() {
    check_loss(|studio| studio.unplug("headset"));
}

#[test]
fn a_chosen_microphone_that_only_stumbled_is_opened_again() {
    let mut studio = Studio::with(CaptureOptions::default(), Some("headset"), inline());
    studio.run(1000);
    studio.host.lock().unwrap().playing.as_ref().unwrap().alarm.stream_failed();
    studio.run(1000);
    let playing = studio.host.lock().unwrap().playing.as_ref().unwrap().device.clone();
    assert_eq!(playing, DeviceId::new("headset"));
}

#[test]
fn a_loss_that_a_pause_or_the_end_comes_before_is_marked_all_the_same() {
    for leave in [Machine::pause, |_: &mut Machine| {}] {
        let mut studio = Studio::new();
        studio.run(1000);
        studio.host.lock().unwrap().playing = None;
        studio.run(300);
        leave(&mut studio.machine);
        let (summary, _) = studio.stop();
        assert_eq!(lost(LossReason::DeviceLost, &summary.marks), 300);
        assert_eq!(summary.n_samples, 1000 * 16);
    }
}

#[test]
fn without_any_microphone_the_session_goes_on_until_one_comes() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.host.lock().unwrap().devices.clear();
    studio.host.lock().unwrap().playing = None;
    studio.run(10_000);
    assert_eq!(studio.machine.progress().state(), RecordingState::WithoutDevice);
    studio.host.lock().unwrap().devices.push("usb");
    studio.run(4000);
    let told = studio.events();
    let n_lost = told.iter().filter(|it| **it == CaptureEvent::DeviceLost).count();
    assert_eq!(n_lost, 1);
    assert!(told.contains(&CaptureEvent::DeviceChanged { name: "usb".to_owned() }));
    let (summary, _) = studio.stop();
    assert_near(summary.n_samples / 16 + lost(LossReason::DeviceLost, &summary.marks), 15_000, 25);
}

#[test]
fn a_new_microphone_may_have_another_format() {
    for (rate_hz, n_channels) in [(8_000, 1), (44_100, 8), (96_000, 2), (16_000, 1)] {
        let mut studio = Studio::new();
        studio.run(1000);
        {
            let mut host = studio.host.lock().unwrap();
            host.format = StreamFormat { rate_hz, n_channels };
            host.playing.as_ref().unwrap().alarm.stream_failed();
        }
        studio.machine.step();
        studio.run(2000);
        let (summary, _) = studio.stop();
        assert_eq!(summary.n_samples, 3000 * 16, "at {rate_hz} Hz, {n_channels} channels");
    }
}

#[test]
fn another_microphone_takes_over_without_a_gap() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.machine.set_device(Some(DeviceId::new("headset")));
    studio.run(1000);
    let name = "headset".to_owned();
    assert_eq!(studio.events(), [CaptureEvent::DeviceChanged { name }]);
    let (summary, _) = studio.stop();
    assert!(summary.marks.is_empty());
    assert_eq!(summary.n_samples, 2000 * 16);
}

#[test]
fn a_microphone_that_cannot_be_opened_leaves_the_present_one() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.machine.set_device(Some(DeviceId::new("nowhere")));
    studio.run(1000);
    assert_eq!(studio.events(), [CaptureEvent::DeviceRefused]);
    assert_eq!(studio.stop().0.n_samples, 2000 * 16);
}

#[test]
fn zeros_are_no_signal_after_five_seconds_and_are_marked() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.sound = Sound::Zeros;
    studio.run(6000);
    assert_near(studio.when(&CaptureEvent::NoSignal).unwrap(), 6000, 60);
    assert!(studio.machine.level().get().no_signal);
    studio.sound = Sound::Tone;
    studio.run(1000);
    assert!(!studio.machine.level().get().no_signal);
    assert!(studio.when(&CaptureEvent::SignalBack).is_some());
    let (summary, sink) = studio.stop();
    let [Mark { at_sample, kind: MarkKind::NoSignal { duration_ms } }] = summary.marks[..] else {
        panic!("{:?}", summary.marks)
    };
    assert_near(at_sample / 16, 1000, 30);
    assert_near(duration_ms, 6000, 60);
    assert_eq!(sink.samples.len(), 8000 * 16);
}

#[test]
fn what_a_slow_disk_has_not_synced_is_asked_for_again_until_it_has_also_in_a_pause() {
    let mut studio = Studio::new();
    studio.sink.lock().unwrap().is_slow = true;
    studio.run(1000);
    studio.machine.pause();
    studio.run(1000);
    let asked_in = |studio: &mut Studio, ms| {
        let n_before = studio.sink.lock().unwrap().n_syncs_asked;
        studio.run(ms);
        studio.sink.lock().unwrap().n_syncs_asked - n_before
    };
    assert!((3..=5).contains(&asked_in(&mut studio, 2000)));
    studio.sink.lock().unwrap().is_slow = false;
    studio.run(1000);
    assert_eq!(asked_in(&mut studio, 2000), 0);
    let (summary, sink) = studio.stop();
    assert_eq!(sink.n_synced as u64, summary.n_samples);
}

#[test]
fn a_disk_that_is_full_for_a_while_costs_nothing() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.sink.lock().unwrap().is_full = true;
    studio.run(20_000);
    studio.sink.lock().unwrap().is_full = false;
    studio.run(2000);
    assert_eq!(studio.events(), [CaptureEvent::DiskFull, CaptureEvent::DiskBack]);
    let (summary, _) = studio.stop();
    assert_eq!(summary.n_samples, 23_000 * 16);
    assert!(summary.marks.is_empty() && summary.failure.is_none());
}

#[test]
fn a_disk_that_stays_full_costs_what_does_not_fit_into_memory_and_it_is_marked() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.sink.lock().unwrap().is_full = true;
    studio.run(50_000);
    assert_eq!(studio.machine.progress().state(), RecordingState::WithoutSpace);
    assert!(studio.host.lock().unwrap().playing.is_none());
    studio.sink.lock().unwrap().is_full = false;
    studio.run(2000);
    assert_eq!(studio.machine.progress().state(), RecordingState::Recording);
    let (summary, sink) = studio.stop();
    let gone = lost(LossReason::DiskFull, &summary.marks);
    assert_near(gone, 20_000, 1000);
    assert_near(summary.n_samples / 16 + gone, 53_000, 25);
    assert_eq!(sink.marks, summary.marks);
}

#[test]
fn what_cannot_be_written_at_the_end_is_marked_as_lost() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.sink.lock().unwrap().is_full = true;
    studio.run(5000);
    let (summary, sink) = studio.stop();
    assert!(matches!(summary.failure, Some(SinkError::DiskFull)));
    assert!(!sink.is_finished);
    let gone = lost(LossReason::DiskFull, &summary.marks);
    assert_near(summary.n_samples / 16 + gone, 6000, 25);
}

#[test]
fn capturing_stands_still_below_the_floor_and_goes_on_above_it() {
    let mut studio = Studio::new();
    studio.run(1000);
    *studio.free.lock().unwrap() = 250_000_000;
    studio.run(1500);
    *studio.free.lock().unwrap() = 100_000_000;
    studio.run(5000);
    assert!(studio.host.lock().unwrap().playing.is_none());
    *studio.free.lock().unwrap() = 500_000_000;
    studio.run(2500);
    let name = "built-in".to_owned();
    assert_eq!(
        studio.events(),
        [
            CaptureEvent::DiskLow,
            CaptureEvent::DiskFull,
            CaptureEvent::DiskBack,
            CaptureEvent::DeviceChanged { name }
        ]
    );
    let (summary, _) = studio.stop();
    let gone = lost(LossReason::DiskFull, &summary.marks);
    assert_near(gone, 5000, 1100);
    assert_near(summary.n_samples / 16 + gone, 10_000, 25);
}

#[test]
fn without_a_floor_free_space_is_never_asked_for() {
    let options = CaptureOptions { disk_floor_bytes: 0, ..CaptureOptions::default() };
    let mut studio = Studio::with(options, None, inline());
    *studio.free.lock().unwrap() = 0;
    studio.run(5000);
    assert!(studio.events().is_empty());
    assert_eq!(studio.stop().0.n_samples, 5000 * 16);
}

#[test]
fn a_sleep_of_the_computer_is_marked_with_its_length() {
    for tells in [false, true] {
        let mut studio = Studio::new();
        if tells {
            studio.clock.tells_of_sleep();
        }
        studio.run(1000);
        studio.clock.pass(0, 60_000);
        studio.run(1000);
        assert_eq!(studio.events(), [CaptureEvent::Suspended]);
        let (summary, _) = studio.stop();
        assert_eq!(lost(LossReason::Suspended, &summary.marks), 60_000);
        assert_eq!(summary.n_samples, 2000 * 16);
    }
}

#[test]
fn a_clock_that_is_set_forward_is_no_sleep() {
    let mut studio = Studio::new();
    studio.clock.tells_of_sleep();
    studio.run(1000);
    studio.clock.set_forward(60_000);
    studio.run(1000);
    assert!(studio.events().is_empty());
    let (summary, _) = studio.stop();
    assert_eq!(lost(LossReason::Suspended, &summary.marks), 0);
    assert_eq!(summary.n_samples, 2000 * 16);
}

#[test]
fn a_writer_that_was_held_up_too_long_marks_what_the_ring_could_not_take() {
    let mut studio = Studio::new();
    studio.run(1000);
    for _ in 0..300 {
        studio.play(20);
    }
    studio.run(1000);
    let (summary, _) = studio.stop();
    // The block that came before the writer woke up found no room either.
    assert_eq!(summary.dropped_frames, 48_000 * 2 + 960);
    assert_eq!(lost(LossReason::Overrun, &summary.marks), 2020);
    assert_eq!(summary.n_samples, 5980 * 16);
}

#[test]
fn a_writer_that_was_held_up_finds_all_that_the_microphone_gave_meanwhile() {
    let mut studio = Studio::new();
    studio.run(1000);
    for _ in 0..100 {
        studio.play(20);
    }
    studio.run(1000);
    assert_eq!(studio.events(), []);
    let (summary, _) = studio.stop();
    assert_eq!(summary.marks, []);
    assert_eq!(summary.n_samples, 4000 * 16);
}

#[test]
fn a_computer_that_stood_still_is_not_a_microphone_that_was_lost() {
    let mut studio = Studio::new();
    studio.run(1000);
    // Nothing ran, and the sound system let that time go.
    studio.clock.pass(2000, 0);
    studio.machine.step();
    studio.run(300);
    assert_eq!(studio.events(), [], "the rest may come yet");
    studio.run(1700);
    let events = studio.events();
    assert!(matches!(events[..], [CaptureEvent::Overrun { n_frames: 96_000 }]), "{events:?}");
    assert_eq!(studio.host.lock().unwrap().n_opened, 1, "it was not opened again");
    let (summary, sink) = studio.stop();
    let kind = MarkKind::Lost { duration_ms: 2000, reason: LossReason::Overrun };
    let [Mark { at_sample, kind: marked }] = &summary.marks[..] else {
        panic!("{:?}", summary.marks)
    };
    assert_eq!(*marked, kind);
    assert_near(at_sample / 16, 1000, 20);
    assert_eq!(sink.marks, summary.marks);
    assert_eq!(summary.n_samples, 3000 * 16);
}

#[test]
fn what_the_sound_system_kept_while_the_computer_stood_still_is_not_called_lost() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.clock.pass(2000, 0);
    studio.machine.step();
    // It comes faster than time passes.
    for _ in 0..20 {
        studio.run(20);
        for _ in 0..5 {
            studio.play(20);
            studio.clock.0.lock().unwrap().0 -= Duration::from_millis(20);
            studio.clock.0.lock().unwrap().1 -= Duration::from_millis(20);
        }
        studio.machine.step();
    }
    studio.run(2000);
    assert_eq!(studio.events(), []);
    let (summary, _) = studio.stop();
    assert_eq!(summary.marks, []);
    assert_eq!(summary.n_samples, 5400 * 16);
}

#[test]
fn what_is_missing_when_the_stop_comes_right_after_is_marked() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.clock.pass(2000, 0);
    studio.play(20);
    let (summary, _) = studio.stop();
    assert_eq!(lost(LossReason::Overrun, &summary.marks), 2000);
    assert_eq!(summary.n_samples, 1020 * 16);
}

#[test]
fn a_microphone_that_falls_silent_is_lost_also_for_a_writer_that_is_often_held_up() {
    let mut studio = Studio::new();
    studio.run(1000);
    studio.sound = Sound::Nothing;
    for _ in 0..10 {
        studio.clock.pass(300, 0);
        studio.machine.step();
    }
    let noticed_at = studio.when(&CaptureEvent::DeviceLost).expect("the loss is told");
    assert!(noticed_at <= 3000, "noticed after {} ms", noticed_at - 1000);
    studio.sound = Sound::Tone;
    studio.run(3000);
    let until = studio.now_ms();
    let (summary, _) = studio.stop();
    let gone = lost(LossReason::DeviceLost, &summary.marks);
    assert_near(summary.n_samples / 16 + gone, until, 45);
}

#[test]
fn long_silence_ends_the_recording_where_that_is_wanted() {
    let limit = Some(Duration::from_secs(120));
    let options = CaptureOptions { stop_after_silence: limit, ..CaptureOptions::default() };
    let mut studio = Studio::with(options, None, inline());
    studio.sound = Sound::Zeros;
    studio.run(119_000);
    assert!(studio.machine.stopped().is_none());
    studio.run(2000);
    assert_eq!(studio.machine.stopped(), Some(StopReason::LongSilence));
    assert!(studio.when(&CaptureEvent::LongSilence).is_some());
}

#[test]
fn clipping_is_told_now_and_then_and_not_for_every_sample() {
    let mut studio = Studio::new();
    for _ in 0..50 {
        studio.clock.pass(20, 0);
        let block = [1.0f32; 960 * 2];
        studio.host.lock().unwrap().playing.as_mut().unwrap().feed.push(&block);
        studio.machine.step();
    }
    assert_eq!(studio.events(), [CaptureEvent::Clipping]);
    assert!(studio.machine.level().get().clipping);
}

#[test]
fn a_sound_system_that_hangs_does_not_hold_up_the_recording() {
    let kept: Arc<Mutex<Vec<Box<dyn FnOnce() + Send>>>> = Arc::default();
    let keeper = Arc::clone(&kept);
    let hangs: Background = Arc::new(move |job| keeper.lock().unwrap().push(job));
    let mut studio = Studio::with(CaptureOptions::default(), None, hangs);
    studio.run(3000);
    assert_near(studio.n_written_ms(), 3000, 20);
    assert_eq!(kept.lock().unwrap().len(), 1, "one question for the list at a time");
    studio.sound = Sound::Nothing;
    studio.run(1000);
    assert!(studio.when(&CaptureEvent::DeviceLost).is_some());
    studio.run(10_000);
    assert_eq!(studio.stop().0.n_samples, 3000 * 16);
}

#[test]
fn readers_get_the_samples_that_were_written() {
    let mut studio = Studio::new();
    let live = studio.machine.live();
    studio.run(2000);
    let read = live.read_from(0);
    assert_eq!(read.samples, studio.sink.lock().unwrap().samples);
    assert!(!read.ended);
    let (summary, _) = studio.stop();
    let rest = live.read_from(read.samples.len() as u64);
    assert!(rest.ended);
    assert_eq!(read.samples.len() + rest.samples.len(), summary.n_samples as usize);
}

#[derive(Clone, Debug)]
enum Act {
    Run(u64),
    Pause,
    Resume,
    Unplug,
    Plug,
    Fail,
    FillDisk,
    FreeDisk,
    Sleep(u64),
    Choose(&'static str),
    Silence(bool),
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (1u64..400).prop_map(|n| Act::Run(n * STEP_MS)),
        1 => Just(Act::Pause),
        2 => Just(Act::Resume),
        1 => Just(Act::Unplug),
        2 => Just(Act::Plug),
        1 => Just(Act::Fail),
        1 => Just(Act::FillDisk),
        2 => Just(Act::FreeDisk),
        1 => (3_000u64..60_000).prop_map(Act::Sleep),
        1 => prop::sample::select(vec!["headset", "built-in"]).prop_map(Act::Choose),
        1 => any::<bool>().prop_map(Act::Silence),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_course_of_pauses_and_losses_accounts_for_all_time(
        acts in prop::collection::vec(any_act(), 1..25),
    ) {
        let mut studio = Studio::new();
        let (mut asleep, mut n_acts, mut n_unplugged) = (0, 1, 0);
        let mut asleep_before = 0;
        for act in acts {
            n_acts += 1;
            studio.look_whether_it_began(0);
            if studio.began_ms.is_none() {
                asleep_before = asleep;
            }
            match act {
                Act::Run(ms) => studio.run(ms),
                Act::Pause => studio.machine.pause(),
                Act::Resume => studio.machine.resume(),
                Act::Unplug => {
                    n_unplugged += 1;
                    studio.host.lock().unwrap().devices.clear();
                    studio.host.lock().unwrap().playing = None;
                }
                Act::Plug => {
                    studio.host.lock().unwrap().devices = vec!["built-in", "headset"];
                }
                Act::Fail => {
                    if let Some(speaker) = &studio.host.lock().unwrap().playing {
                        speaker.alarm.stream_failed();
                    }
                }
                Act::FillDisk => studio.sink.lock().unwrap().is_full = true,
                Act::FreeDisk => studio.sink.lock().unwrap().is_full = false,
                Act::Sleep(ms) => {
                    studio.clock.pass(0, ms);
                    asleep += ms;
                }
                Act::Choose(name) => studio.machine.set_device(Some(DeviceId::new(name))),
                Act::Silence(silent) => {
                    studio.sound = if silent { Sound::Zeros } else { Sound::Tone };
                }
            }
        }
        // The session begins with the first sound.
        studio.look_whether_it_began(0);
        let now_ms = studio.now_ms();
        let passed = match studio.began_ms {
            Some(began_ms) => now_ms - began_ms + asleep - asleep_before,
            None => 0,
        };
        let (summary, sink) = studio.stop();
        let marks = &summary.marks;
        prop_assert!(marks.windows(2).all(|two| two[0].at_sample <= two[1].at_sample));
        prop_assert!(marks.iter().all(|mark| mark.at_sample <= summary.n_samples));
        prop_assert!(sink.marks.len() <= marks.len() && sink.marks == marks[..sink.marks.len()]);
        prop_assert_eq!(summary.failure.is_none(), sink.is_finished);
        let timeline = Timeline::new(summary.n_samples, marks);
        let told = timeline.duration_ms() + paused(marks);
        // Each gap is measured to a step of 20 ms, and each mark to a millisecond. A loss that a
        // pause, another microphone or the end comes before within 200 ms is not seen.
        prop_assert!(
            told.abs_diff(passed) <= 25 * n_acts + 200 * n_unplugged + marks.len() as u64,
            "{} ms told of {} ms: {:?}", told, passed, marks
        );
    }

    #[test]
    fn any_cutting_of_the_callback_gives_the_same_recording(
        n_frames in prop::collection::vec(0usize..3000, 1..30),
        rate_hz in prop::sample::select(vec![8_000u32, 16_000, 44_100, 48_000, 96_000]),
        n_channels in 1u16..4,
    ) {
        let total: usize = n_frames.iter().sum();
        let sound: Vec<i16> = (0..total * usize::from(n_channels))
            .map(|i| ((i * i) % 30_011) as i16)
            .collect();
        let recorded = |cuts: &[usize]| {
            let mut studio = Studio::new();
            let mut rest = &sound[..];
            studio.host.lock().unwrap().format = StreamFormat { rate_hz, n_channels };
            studio.machine.set_device(None);
            for n in cuts {
                let (head, tail) = rest.split_at(n * usize::from(n_channels));
                rest = tail;
                studio.clock.pass(20, 0);
                studio.machine.step();
                studio.host.lock().unwrap().playing.as_mut().unwrap().feed.push(head);
            }
            studio.stop().1.samples
        };
        let due = (total as f64 * 16_000.0 / f64::from(rate_hz)).round() as usize;
        let cut = recorded(&n_frames);
        prop_assert_eq!(cut.len(), due);
        if total <= rate_hz as usize * 4 {
            prop_assert_eq!(cut, recorded(&[total]));
        }
    }
}
