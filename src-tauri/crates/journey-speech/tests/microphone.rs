//! The real way in and out: a PulseAudio server, a source that a recording is played into, a speaker
//! whose monitor is listened to, cpal.
//!
//! Each test runs the recorder in a process of its own: the sound server is found through the
//! environment, which a process reads for all its threads. Without PulseAudio these tests fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test that panics is a test that fails"
)]

use jiff::{Timestamp, tz::TimeZone};
use journey_domain::{
    ports::{Clock, SegmentSink, SinkError},
    timeline::{LossReason, Mark, MarkKind},
};
use journey_speech::{
    capture::{
        AudioHost, CaptureEvent, CaptureOptions, CaptureParts, CpalHost, Recorder, RecordingHandle,
        RecordingState,
    },
    playback::{CpalOutput, PlayEvent, PlayOptions, Playing, Sound, SoundGone},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::{Duration, Instant},
};

#[path = "../../../../tests/support/real_time.rs"]
mod real_time;

const RUNTIME_DIR: &str = "JOURNEY_TEST_MICROPHONE";

/// A sound server and its microphone, gone when dropped.
struct VirtualMicrophone {
    dir: tempfile::TempDir,
}

impl VirtualMicrophone {
    fn start() -> Self {
        let it = Self { dir: tempfile::tempdir().unwrap() };
        it.run("start", None);
        it.run("plug", None);
        it
    }

    fn run(&self, action: &str, file: Option<&Path>) {
        run_script(self.dir.path(), action, file);
    }
}

impl Drop for VirtualMicrophone {
    fn drop(&mut self) {
        self.run("stop", None);
    }
}

fn run_script(dir: &Path, action: &str, file: Option<&Path>) {
    let script = root().join("tests/support/virtual-microphone.sh");
    let status = Command::new(script).arg(action).arg(dir).args(file).status();
    // A second panic while one is told of would end all tests.
    assert!(
        status.is_ok_and(|status| status.success()) || std::thread::panicking(),
        "virtual-microphone.sh {action} failed: is PulseAudio installed?"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// One test at a time, so that none of them keeps another from running in time.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs `inside` in a child of this test binary that sees the virtual microphone alone.
fn with_microphone(test: &str, inside: impl FnOnce(&Path)) {
    if let Some(dir) = std::env::var_os(RUNTIME_DIR) {
        inside(Path::new(&dir));
        return;
    }
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    real_time::in_real_time(|| {
        let microphone = VirtualMicrophone::start();
        let dir = microphone.dir.path();
        let out = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env_remove("PULSE_SERVER")
            .env_remove("PULSE_RUNTIME_PATH")
            .env("XDG_RUNTIME_DIR", dir)
            .env("HOME", dir)
            .env(RUNTIME_DIR, dir)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}\n{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    });
}

struct RealClock(Instant);

impl Clock for RealClock {
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

struct Collected(Arc<Mutex<Vec<i16>>>);

impl SegmentSink for Collected {
    fn append(&mut self, samples: &[i16]) -> Result<(), SinkError> {
        self.0.lock().unwrap().extend_from_slice(samples);
        Ok(())
    }
    fn mark(&mut self, _: &Mark) -> Result<(), SinkError> {
        Ok(())
    }
    fn sync(&mut self) -> Result<bool, SinkError> {
        Ok(true)
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

type Events = Arc<Mutex<Vec<(Instant, CaptureEvent)>>>;

fn record(host: Arc<dyn AudioHost>) -> (RecordingHandle, Arc<Mutex<Vec<i16>>>, Events) {
    let (samples, events) = (Arc::default(), Events::default());
    (record_to(host, &samples, &events), samples, events)
}

fn record_to(
    host: Arc<dyn AudioHost>,
    samples: &Arc<Mutex<Vec<i16>>>,
    events: &Events,
) -> RecordingHandle {
    let heard = Arc::clone(events);
    let parts = CaptureParts {
        host,
        clock: Arc::new(RealClock(Instant::now())),
        sink: Box::new(Collected(Arc::clone(samples))),
        free_space: Box::new(|| Ok(u64::MAX)),
        listener: Box::new(move |event| heard.lock().unwrap().push((Instant::now(), event))),
    };
    Recorder::start(parts, None, CaptureOptions::default()).unwrap()
}

fn wait_for(what: &str, mut found: impl FnMut() -> bool) {
    // A bound against hanging for ever, not a measurement.
    for _ in 0..1500 {
        if found() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("never came: {what}");
}

/// Loudness of each 20 ms.
fn envelope(samples: &[i16]) -> Vec<f64> {
    samples
        .chunks(320)
        .map(|block| block.iter().map(|s| f64::from(*s).abs()).sum::<f64>() / block.len() as f64)
        .collect()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mean = |it: &[f64]| it.iter().sum::<f64>() / n as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let covariance: f64 = a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum();
    let spread = |it: &[f64], mean: f64| it.iter().map(|x| (x - mean).powi(2)).sum::<f64>().sqrt();
    covariance / (spread(a, mean_a) * spread(b, mean_b))
}

#[test]
fn what_is_played_is_what_is_recorded() {
    with_microphone("what_is_played_is_what_is_recorded", |dir| {
        let host = Arc::new(CpalHost::new());
        let devices = host.devices().unwrap();
        let default = devices.iter().find(|it| it.is_default).expect("a default microphone");
        assert!(default.id.as_str().ends_with("vmic.monitor"), "{devices:?}");
        assert_eq!(devices, host.devices().unwrap(), "ids are stable");

        let (recording, samples, _) = record(host);
        let file = root().join("tests/data/speech/short.wav");
        run_script(dir, "play", Some(&file));
        let n_then = samples.lock().unwrap().len();
        wait_for("the end of the sound", || samples.lock().unwrap().len() > n_then + 8000);
        recording.pause();
        let n_paused = samples.lock().unwrap().len();
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(samples.lock().unwrap().len(), n_paused, "nothing is captured in a pause");
        recording.resume();
        wait_for("sound after the pause", || samples.lock().unwrap().len() > n_paused + 1600);
        let summary = recording.stop().unwrap();
        assert!(summary.failure.is_none());
        assert_eq!(summary.dropped_frames, 0);
        assert!(summary.marks.iter().any(|it| matches!(it.kind, MarkKind::Paused { .. })));
        // A busy sound server may take its time to open the microphone again after the pause, which
        // is marked there; anywhere else nothing may be lost.
        let paused_at = summary
            .marks
            .iter()
            .find(|it| matches!(it.kind, MarkKind::Paused { .. }))
            .map(|it| it.at_sample);
        assert!(
            summary
                .marks
                .iter()
                .filter(|it| matches!(it.kind, MarkKind::Lost { .. }))
                .all(|it| Some(it.at_sample) == paused_at),
            "{:?}",
            summary.marks
        );

        assert_heard(&samples.lock().unwrap(), &samples_of(&file));
    });
}

fn samples_of(file: &Path) -> Vec<i16> {
    let bytes = std::fs::read(file).unwrap();
    bytes[44..].chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]])).collect()
}

#[track_caller]
fn assert_heard(heard: &[i16], played: &[i16]) {
    let best = likeness(heard, played);
    assert!(best > 0.95, "the loudness over time agrees by {best} only");
}

/// How well the loudness of what was played is found again in what was heard.
fn likeness(heard: &[i16], played: &[i16]) -> f64 {
    let played = envelope(played);
    // Blocks of the one may begin anywhere within blocks of the other.
    (0..320)
        .step_by(40)
        .flat_map(|offset| {
            let heard = envelope(heard.get(offset..).unwrap_or_default());
            (0..heard.len().saturating_sub(played.len()))
                .map(|shift| correlation(&heard[shift..], &played))
                .collect::<Vec<_>>()
        })
        .fold(0.0, f64::max)
}

struct Samples(std::vec::IntoIter<i16>);

impl Sound for Samples {
    fn next(&mut self, out: &mut [i16]) -> Result<usize, SoundGone> {
        let mut n = 0;
        for (to, from) in out.iter_mut().zip(&mut self.0) {
            *to = from;
            n += 1;
        }
        Ok(n)
    }
}

#[test]
fn what_is_played_back_comes_out_of_the_speaker() {
    with_microphone("what_is_played_back_comes_out_of_the_speaker", |_| {
        // The speaker's monitor is the microphone.
        let (recording, heard, _) = record(Arc::new(CpalHost::new()));
        wait_for("the open microphone", || heard.lock().unwrap().len() > 8_000);
        let samples = samples_of(&root().join("tests/data/speech/short.wav"));
        let duration_ms = samples.len() as u64 / 16;
        let (told, events) = mpsc::channel();
        let options = PlayOptions { from_ms: 100, to_ms: None, tempo: 1.0, skips_silence: false };
        let sound = Box::new(Samples(samples.clone().into_iter()));
        let listener = Box::new(move |event| {
            let _ = told.send(event);
        });
        let playing = Playing::start(&CpalOutput, sound, options, listener).unwrap();
        wait_for("the end of the sound", || playing.is_over());
        assert_eq!(playing.stop(), 100 + duration_ms);
        let events: Vec<PlayEvent> = events.into_iter().collect();
        assert_eq!(events.last(), Some(&PlayEvent::Ended(100 + duration_ms)));
        assert!(events.len() as u64 <= 15 * duration_ms / 1_000 + 2, "{}", events.len());
        let n_then = heard.lock().unwrap().len();
        wait_for("the last of it", || heard.lock().unwrap().len() > n_then + 8_000);
        assert!(recording.stop().unwrap().failure.is_none());
        // Second by second, and some of them whole: a busy sound server makes gaps in the others.
        let heard = heard.lock().unwrap();
        let pieces: Vec<f64> =
            samples.chunks_exact(16_000).map(|piece| likeness(&heard, piece)).collect();
        let n_heard = pieces.iter().filter(|likeness| **likeness > 0.95).count();
        assert!(n_heard >= 2, "{pieces:?}");
    });
}

#[test]
fn a_microphone_that_has_to_wake_up_is_waited_for_and_not_lost() {
    with_microphone("a_microphone_that_has_to_wake_up_is_waited_for_and_not_lost", |dir| {
        run_script(dir, "sleep", None);
        let (samples, events) = (Arc::default(), Events::default());
        let recording = std::thread::scope(|scope| {
            let starting = scope.spawn(|| record_to(Arc::new(CpalHost::new()), &samples, &events));
            wait_for("news that it takes long", || {
                events.lock().unwrap().iter().any(|(_, it)| *it == CaptureEvent::Opening)
            });
            assert!(samples.lock().unwrap().is_empty());
            run_script(dir, "wake", None);
            starting.join().unwrap()
        });
        wait_for("sound", || samples.lock().unwrap().len() > 16_000);
        assert_eq!(recording.state(), RecordingState::Recording);
        let summary = recording.stop().unwrap();
        assert_eq!(summary.marks, [], "what came before the first sound is no part of it");
    });
}

#[test]
fn a_microphone_that_is_unplugged_is_noticed_and_replaced() {
    with_microphone("a_microphone_that_is_unplugged_is_noticed_and_replaced", |dir| {
        let (recording, samples, events) = record(Arc::new(CpalHost::new()));
        wait_for("sound", || samples.lock().unwrap().len() > 16_000);
        let unplugging_at = Instant::now();
        run_script(dir, "unplug", None);
        let told = |wanted: fn(&CaptureEvent) -> bool| {
            let events = events.lock().unwrap();
            events.iter().find(|(_, it)| wanted(it)).map(|(at, _)| *at)
        };
        wait_for("news of the loss", || told(|it| *it == CaptureEvent::DeviceLost).is_some());
        let lost_at = told(|it| *it == CaptureEvent::DeviceLost).unwrap();
        println!("noticed {} ms after unplugging", (lost_at - unplugging_at).as_millis());
        wait_for("the other microphone", || {
            told(|it| matches!(it, CaptureEvent::DeviceChanged { .. })).is_some()
        });
        let n_then = samples.lock().unwrap().len();
        wait_for("sound from it", || samples.lock().unwrap().len() > n_then + 16_000);
        let summary = recording.stop().unwrap();
        let gap = summary.marks.iter().find_map(|mark| match mark.kind {
            MarkKind::Lost { duration_ms, reason: LossReason::DeviceLost } => Some(duration_ms),
            _ => None,
        });
        println!("a gap of {gap:?} ms");
        assert!(gap.is_some(), "the gap is marked: {:?}", summary.marks);
    });
}
