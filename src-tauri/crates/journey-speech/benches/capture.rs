//! Bench A1: what the audio callback and the writer behind it cost.
//!
//! A driver calls the real callback with 480 frames at 48 kHz stereo while the real writer's work
//! (level, mono, 16 kHz, 16 bits) is done on another thread, and two threads keep the processor
//! busy. Prints allocations and drops, the 99.9th percentile of the callback, and the share of one
//! core that a second of sound costs.
//!
//! `cargo bench -p journey-speech --bench capture [-- SECONDS]`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at once")]
#![allow(
    clippy::disallowed_methods,
    unreachable_pub,
    missing_docs,
    reason = "its report is shared with other benchmarks"
)]

#[path = "../../../../benches/report.rs"]
mod report;

use journey_speech::{
    capture::feed::{AfterRead, StreamFormat, stream_channel},
    level::{LevelMeter, LevelReading},
    resample::Resampler,
    vad::{SpeechDetector, VadOptions},
};
use report::Row;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const FORMAT: StreamFormat = StreamFormat { rate_hz: 48_000, n_channels: 2 };
const CALLBACK: Duration = Duration::from_millis(10);

fn main() {
    let n_seconds = std::env::args().skip(1).find_map(|it| it.parse::<u64>().ok()).unwrap_or(60);
    let block: Vec<f32> = (0..960).map(|i| (i as f32 * 0.05).sin() * 0.3).collect();
    callback(n_seconds, &block);
    writer(n_seconds, &block);
    detector(n_seconds);
}

fn callback(n_seconds: u64, block: &[f32]) {
    let (mut feed, _, mut reader) = stream_channel(FORMAT);
    let over = Arc::new(AtomicBool::new(false));
    let hogs: Vec<_> = (0..2)
        .map(|_| {
            let over = Arc::clone(&over);
            thread::spawn(move || while !over.load(Ordering::Relaxed) {})
        })
        .collect();
    let done = Arc::clone(&over);
    let reading = thread::spawn(move || {
        let mut samples = Vec::new();
        let mut n_dropped = 0;
        while !done.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
            while let AfterRead::Dropped(n) = reader.read(&mut samples) {
                n_dropped += n;
            }
        }
        n_dropped + reader.dropped_at_the_end()
    });
    let n_calls = n_seconds * 100;
    let mut times = Vec::with_capacity(usize::try_from(n_calls).unwrap());
    let mut n_allocations = 0;
    let mut next = Instant::now();
    for _ in 0..n_calls {
        next += CALLBACK;
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let mut took = Duration::ZERO;
        let counted = allocation_counter::measure(|| {
            let started = Instant::now();
            feed.push(block);
            took = started.elapsed();
        });
        n_allocations += counted.count_total;
        times.push(took);
    }
    over.store(true, Ordering::Relaxed);
    for hog in hogs {
        hog.join().unwrap();
    }
    let n_dropped = reading.join().unwrap();
    times.sort_unstable();
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).unwrap().as_nanos();
    let none = |workload: &str, n: f64| {
        Row { workload, ours: n, unit: "", reference: None, goal: Some(("0", n == 0.0)) }.tell();
    };
    let calls = format!("allocations in {n_calls} callbacks, two busy threads beside");
    none(&calls, n_allocations as f64);
    none("frames dropped in them", n_dropped as f64);
    let slow_us = at(0.999) as f64 / 1000.0;
    Row {
        workload: "a callback at the 99.9th percentile",
        ours: slow_us,
        unit: "us",
        reference: Some(at(0.5) as f64 / 1000.0),
        goal: Some(("at most 50 us", slow_us <= 50.0)),
    }
    .tell();
}

fn writer(n_seconds: u64, block: &[f32]) {
    let (mut feed, _, mut reader) = stream_channel(FORMAT);
    let mut meter = LevelMeter::new(96_000, Arc::new(LevelReading::silent()));
    let mut resampler = Resampler::new(FORMAT.rate_hz).unwrap();
    let (mut samples, mut mono, mut out) = (Vec::new(), Vec::new(), Vec::new());
    let started = Instant::now();
    for _ in 0..n_seconds * 100 {
        feed.push(block);
        reader.read(&mut samples);
        meter.measure(&samples);
        mono.clear();
        mono.extend(samples.chunks_exact(2).map(|it| it.iter().sum::<f32>() / 2.0));
        out.clear();
        resampler.push(&mono, &mut out).unwrap();
        std::hint::black_box(&out);
    }
    tell("capture: level, mono, 16 kHz; of one core", started.elapsed(), n_seconds);
}

fn detector(n_seconds: u64) {
    let block: Vec<i16> = (0..1600).map(|i| ((i * 7919) % 4001 - 2000) as i16).collect();
    let mut detector = SpeechDetector::new(VadOptions::default());
    let mut regions = Vec::new();
    let started = Instant::now();
    for _ in 0..n_seconds * 10 {
        detector.push(&block, &mut regions);
    }
    tell("speech detector; of one core", started.elapsed(), n_seconds);
}

fn tell(what: &str, took: Duration, n_seconds: u64) {
    let share = 100.0 * took.as_secs_f64() / n_seconds as f64;
    Row {
        workload: what,
        ours: share,
        unit: "% core",
        reference: None,
        goal: Some(("at most 2 %", share <= 2.0)),
    }
    .tell();
}
