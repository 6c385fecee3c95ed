//! The lock-free way to the audio callback.
//!
//! The callback takes samples out of a ring that was allocated when the stream was opened. It
//! allocates nothing, locks nothing and never waits: where the ring is empty, it gives silence.

use cpal::FromSample;
use rtrb::{Consumer, Producer, RingBuffer};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::Thread,
};

/// Most samples that wait, as a part of a second: enough for a busy computer, little to fill when
/// playing begins.
const RING_PARTS: usize = 2;

#[derive(Debug, Default)]
struct Signals {
    n_played: AtomicU64,
    n_silent: AtomicU64,
    latency_frames: AtomicU64,
    failed: AtomicBool,
    stumbled: AtomicBool,
    feeder: OnceLock<Thread>,
}

/// The callback's end.
#[derive(Debug)]
pub struct OutputTap {
    samples: Consumer<f32>,
    signals: Arc<Signals>,
}

/// The error callback's end.
#[derive(Clone, Debug)]
pub struct OutputAlarm(Arc<Signals>);

/// The end of whoever plays.
#[derive(Debug)]
pub struct OutputQueue {
    samples: Producer<f32>,
    signals: Arc<Signals>,
    rate_hz: u32,
}

/// Makes the three ends of a stream of mono samples at this rate, in Hz.
#[must_use]
pub fn output_channel(rate_hz: u32) -> (OutputTap, OutputAlarm, OutputQueue) {
    let (samples_in, samples_out) = RingBuffer::new((rate_hz as usize / RING_PARTS).max(1));
    let signals = Arc::new(Signals::default());
    (
        OutputTap { samples: samples_out, signals: Arc::clone(&signals) },
        OutputAlarm(Arc::clone(&signals)),
        OutputQueue { samples: samples_in, signals, rate_hz },
    )
}

impl OutputTap {
    /// How many samples wait to be taken.
    #[must_use]
    pub fn n_ready(&self) -> usize {
        self.samples.slots()
    }

    /// Fills interleaved frames of any format, the same in each channel. `latency_frames` says how
    /// long what is taken now is on its way to the ear.
    pub fn fill<T>(&mut self, interleaved: &mut [T], n_channels: u16, latency_frames: u64)
    where
        T: Copy + FromSample<f32>,
    {
        let n_channels = usize::from(n_channels.max(1));
        let n_frames = interleaved.len() / n_channels;
        let n_ready = self.samples.slots().min(n_frames);
        let mut frames = interleaved.chunks_mut(n_channels);
        if let Ok(ready) = self.samples.read_chunk(n_ready) {
            // The zip stops at the samples' end without taking another frame.
            for (sample, frame) in ready.into_iter().zip(&mut frames) {
                frame.fill(T::from_sample_(sample));
            }
        }
        for frame in frames {
            frame.fill(T::from_sample_(0.0));
        }
        let signals = &self.signals;
        signals.latency_frames.store(latency_frames, Ordering::Release);
        signals.n_silent.fetch_add((n_frames - n_ready) as u64, Ordering::Release);
        signals.n_played.fetch_add(n_ready as u64, Ordering::Release);
        if let Some(feeder) = signals.feeder.get() {
            feeder.unpark();
        }
    }
}

impl OutputAlarm {
    /// Something went wrong; the stream may go on.
    pub fn stream_stumbled(&self) {
        self.0.stumbled.store(true, Ordering::Release);
    }

    /// The stream is dead.
    pub fn stream_failed(&self) {
        self.0.failed.store(true, Ordering::Release);
        if let Some(feeder) = self.0.feeder.get() {
            feeder.unpark();
        }
    }
}

impl OutputQueue {
    /// Frames per second.
    #[must_use]
    pub const fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// From now on this thread is woken whenever samples were taken.
    pub(super) fn wake(&self, feeder: Thread) {
        // Set once: one feeder for each stream.
        drop(self.signals.feeder.set(feeder));
    }

    /// How many samples there is room for.
    pub(super) fn room(&self) -> usize {
        self.samples.slots()
    }

    /// Adds samples as far as there is room; gives how many.
    pub(super) fn push(&mut self, samples: &[f32]) -> usize {
        let n_taken = self.samples.slots().min(samples.len());
        match self.samples.write_chunk_uninit(n_taken) {
            Ok(chunk) => chunk.fill_from_iter(samples.iter().copied()),
            Err(_) => 0,
        }
    }

    /// Frames of sound taken so far.
    pub(super) fn n_played(&self) -> u64 {
        self.signals.n_played.load(Ordering::Acquire)
    }

    /// Frames of silence given because nothing was there.
    pub(super) fn n_silent(&self) -> u64 {
        self.signals.n_silent.load(Ordering::Acquire)
    }

    /// How long what was taken last is on its way, in frames; at most a second is believed.
    pub(super) fn latency_frames(&self) -> u64 {
        self.signals.latency_frames.load(Ordering::Acquire).min(u64::from(self.rate_hz))
    }

    /// Whether the stream stumbled since this was last asked.
    pub(super) fn stumbled(&self) -> bool {
        self.signals.stumbled.swap(false, Ordering::AcqRel)
    }

    pub(super) fn has_failed(&self) -> bool {
        self.signals.failed.load(Ordering::Acquire)
    }
}
