//! The lock-free way from the audio callback to the writer.
//!
//! The callback converts samples and pushes them into a ring that was allocated when the stream was
//! opened. It allocates nothing, locks nothing and never waits: where the ring is full, whole frames
//! are dropped, counted, and their place is told through a second ring.

use cpal::FromSample;
use rtrb::{Consumer, Producer, RingBuffer};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Seconds of sound that fit between callback and writer.
pub const RING_SECONDS: usize = 4;

/// Gaps that may wait to be told; more of them at once are told as one.
const N_GAPS: usize = 64;

/// The shape of what a microphone delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamFormat {
    /// Frames per second.
    pub rate_hz: u32,
    /// Samples in a frame, at least 1.
    pub n_channels: u16,
}

#[derive(Clone, Copy, Debug)]
struct Gap {
    /// Frames that had been pushed before it.
    at_frame: u64,
    n_frames: u64,
}

#[derive(Debug, Default)]
struct Signals {
    n_callbacks: AtomicU64,
    n_dropped: AtomicU64,
    n_xruns: AtomicU64,
    failed: AtomicBool,
    closed: AtomicBool,
}

/// The callback's end.
#[derive(Debug)]
pub struct StreamFeed {
    samples: Producer<f32>,
    gaps: Producer<Gap>,
    signals: Arc<Signals>,
    n_channels: usize,
    n_pushed: u64,
    n_dropped_in_a_row: u64,
}

/// The error callback's end.
#[derive(Clone, Debug)]
pub struct StreamAlarm(Arc<Signals>);

/// The writer's end.
#[derive(Debug)]
pub struct StreamReader {
    samples: Consumer<f32>,
    gaps: Consumer<Gap>,
    signals: Arc<Signals>,
    n_channels: usize,
    n_read: u64,
    n_told: u64,
}

/// Makes the three ends of a stream, with room for [`RING_SECONDS`].
#[must_use]
pub fn stream_channel(format: StreamFormat) -> (StreamFeed, StreamAlarm, StreamReader) {
    let n_channels = usize::from(format.n_channels.max(1));
    let (samples_in, samples_out) =
        RingBuffer::new(format.rate_hz as usize * n_channels * RING_SECONDS);
    let (gaps_in, gaps_out) = RingBuffer::new(N_GAPS);
    let signals = Arc::new(Signals::default());
    (
        StreamFeed {
            samples: samples_in,
            gaps: gaps_in,
            signals: Arc::clone(&signals),
            n_channels,
            n_pushed: 0,
            n_dropped_in_a_row: 0,
        },
        StreamAlarm(Arc::clone(&signals)),
        StreamReader {
            samples: samples_out,
            gaps: gaps_out,
            signals,
            n_channels,
            n_read: 0,
            n_told: 0,
        },
    )
}

impl StreamFeed {
    /// Takes interleaved samples of any format. For the audio callback: no allocation, no lock, no
    /// waiting. Samples after the last whole frame are left out.
    pub fn push<T>(&mut self, interleaved: &[T])
    where
        T: Copy,
        f32: FromSample<T>,
    {
        self.signals.n_callbacks.fetch_add(1, Ordering::Release);
        if self.signals.closed.load(Ordering::Acquire) {
            return;
        }
        let n_frames = interleaved.len() / self.n_channels;
        let n_taken = if self.told_of_gap() {
            n_frames.min(self.samples.slots() / self.n_channels)
        } else {
            0
        };
        if n_taken > 0
            && let Ok(chunk) = self.samples.write_chunk_uninit(n_taken * self.n_channels)
        {
            chunk.fill_from_iter(interleaved.iter().map(|sample| f32::from_sample_(*sample)));
            self.n_pushed += n_taken as u64;
        }
        let n_dropped = (n_frames - n_taken) as u64;
        if n_dropped > 0 {
            self.n_dropped_in_a_row += n_dropped;
            self.signals.n_dropped.fetch_add(n_dropped, Ordering::Release);
        }
    }

    /// Tells of frames dropped before; false where they cannot be told of yet, or where there is
    /// still no room after them.
    fn told_of_gap(&mut self) -> bool {
        if self.n_dropped_in_a_row == 0 {
            return true;
        }
        if self.samples.slots() < self.n_channels {
            return false;
        }
        let gap = Gap { at_frame: self.n_pushed, n_frames: self.n_dropped_in_a_row };
        let told = self.gaps.push(gap).is_ok();
        if told {
            self.n_dropped_in_a_row = 0;
        }
        told
    }
}

impl StreamAlarm {
    /// The stream is dead.
    pub fn stream_failed(&self) {
        self.0.failed.store(true, Ordering::Release);
    }

    /// The sound system lost samples before they came here.
    pub fn xrun(&self) {
        self.0.n_xruns.fetch_add(1, Ordering::Release);
    }
}

/// What one [`StreamReader::read`] found after the samples that it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterRead {
    /// Nothing: the ring is empty.
    Empty,
    /// This many frames were dropped there; there may be more samples after it.
    Dropped(u64),
}

impl StreamReader {
    /// Replaces the content of `interleaved` with what has arrived, up to the next gap.
    pub fn read(&mut self, interleaved: &mut Vec<f32>) -> AfterRead {
        interleaved.clear();
        // The number of samples is read before the gaps: a gap that is told after the count lies
        // behind those samples.
        let n_frames = (self.samples.slots() / self.n_channels) as u64;
        let gap = self.gaps.peek().ok().copied();
        let until_gap = gap.map_or(u64::MAX, |gap| gap.at_frame - self.n_read);
        let n_taken = n_frames.min(until_gap);
        let n_samples = usize::try_from(n_taken).unwrap_or(0) * self.n_channels;
        if let Ok(chunk) = self.samples.read_chunk(n_samples) {
            let (head, tail) = chunk.as_slices();
            interleaved.extend_from_slice(head);
            interleaved.extend_from_slice(tail);
            chunk.commit_all();
        }
        self.n_read += n_taken;
        match gap {
            Some(gap) if gap.at_frame == self.n_read => {
                // The peek above succeeded and there is no other reader.
                let _ = self.gaps.pop();
                self.n_told += gap.n_frames;
                AfterRead::Dropped(gap.n_frames)
            }
            _ => AfterRead::Empty,
        }
    }

    /// Frames that were dropped at the very end and not told of as a gap.
    #[must_use]
    pub fn dropped_at_the_end(&self) -> u64 {
        self.signals.n_dropped.load(Ordering::Acquire).saturating_sub(self.n_told)
    }

    /// How often the callback was called.
    #[must_use]
    pub fn n_callbacks(&self) -> u64 {
        self.signals.n_callbacks.load(Ordering::Acquire)
    }

    /// How many times the sound system lost samples before the callback.
    #[must_use]
    pub fn n_xruns(&self) -> u64 {
        self.signals.n_xruns.load(Ordering::Acquire)
    }

    /// Whether the stream reported its death.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.signals.failed.load(Ordering::Acquire)
    }

    /// From here on the callback takes nothing more.
    pub fn close(&self) {
        self.signals.closed.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FORMAT: StreamFormat = StreamFormat { rate_hz: 10, n_channels: 2 };

    #[test]
    fn a_full_ring_drops_whole_frames_and_tells_where() {
        let (mut feed, _, mut reader) = stream_channel(FORMAT);
        feed.push(&[0.25f32; 100]);
        feed.push(&[0.5f32; 6]);
        let mut samples = Vec::new();
        assert_eq!(reader.read(&mut samples), AfterRead::Empty);
        assert_eq!(samples.len(), 80);
        assert_eq!(reader.dropped_at_the_end(), 13);
        feed.push(&[0.75f32; 4]);
        assert_eq!(reader.read(&mut samples), AfterRead::Dropped(13));
        assert!(samples.is_empty());
        assert_eq!(reader.read(&mut samples), AfterRead::Empty);
        assert_eq!(samples, [0.75; 4]);
        assert_eq!(reader.dropped_at_the_end(), 0);
    }

    #[test]
    fn every_format_arrives_at_full_scale_one() {
        let (mut feed, _, mut reader) = stream_channel(FORMAT);
        feed.push(&[i16::MIN, 0]);
        feed.push(&[i32::MIN, 0]);
        feed.push(&[0u16, 1 << 15]);
        feed.push(&[0u8, 1 << 7]);
        feed.push(&[cpal::I24::new(-(1 << 23)).unwrap(), cpal::I24::new(0).unwrap()]);
        feed.push(&[-1.0f64, 0.0]);
        let mut samples = Vec::new();
        reader.read(&mut samples);
        assert_eq!(samples, [-1.0, 0.0].repeat(6));
    }

    #[test]
    fn a_closed_stream_takes_nothing_more() {
        let (mut feed, _, mut reader) = stream_channel(FORMAT);
        reader.close();
        feed.push(&[0.5f32; 4]);
        let mut samples = Vec::new();
        assert_eq!(reader.read(&mut samples), AfterRead::Empty);
        assert!(samples.is_empty());
        assert_eq!(reader.n_callbacks(), 1);
    }

    proptest! {
        #[test]
        fn every_frame_is_read_or_counted_at_its_place(
            steps in prop::collection::vec((0usize..60, any::<bool>()), 1..40),
        ) {
            let (mut feed, _, mut reader) = stream_channel(FORMAT);
            let (mut next, mut expected) = (0u32, 0u32);
            let mut samples = Vec::new();
            for (n_frames, then_read) in steps {
                let block: Vec<f32> =
                    (next..next + n_frames as u32).flat_map(|i| [i as f32, -(i as f32)]).collect();
                next += n_frames as u32;
                feed.push(&block);
                // Until the ring is empty, which the reader says.
                loop {
                    if !then_read {
                        break;
                    }
                    let after = reader.read(&mut samples);
                    for frame in samples.chunks_exact(2) {
                        prop_assert_eq!(frame, [expected as f32, -(expected as f32)]);
                        expected += 1;
                    }
                    match after {
                        AfterRead::Dropped(n) => expected += n as u32,
                        AfterRead::Empty => break,
                    }
                }
            }
            loop {
                let after = reader.read(&mut samples);
                expected += samples.len() as u32 / 2;
                match after {
                    AfterRead::Dropped(n) => expected += n as u32,
                    AfterRead::Empty => break,
                }
            }
            prop_assert_eq!(u64::from(expected) + reader.dropped_at_the_end(), u64::from(next));
        }
    }
}
