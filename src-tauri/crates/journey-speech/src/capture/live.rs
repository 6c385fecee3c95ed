//! Captured samples for readers that follow a running recording.
//!
//! The last minutes are kept in memory, bounded by time. A reader asks for samples from a position;
//! it holds the lock only while it clones a few pointers, so that it cannot hold up the writer. One
//! that falls behind further than what is kept is told how many samples it missed, and reads those
//! from the sealed file.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Samples of a running recording, for any number of readers.
#[derive(Clone, Debug)]
pub struct LiveSamples(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    kept: Mutex<Kept>,
    more: Condvar,
}

#[derive(Debug)]
struct Kept {
    blocks: VecDeque<Block>,
    n_kept: usize,
    max_kept: usize,
    end: u64,
    ended: bool,
}

#[derive(Clone, Debug)]
struct Block {
    first_sample: u64,
    samples: Arc<[i16]>,
}

/// What [`LiveSamples::read_from`] gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveRead {
    /// Position in the recorded file of the first of `samples`.
    pub first_sample: u64,
    /// 16 kHz mono.
    pub samples: Vec<i16>,
    /// How many samples between the position asked for and `first_sample` are no longer kept.
    pub n_missed: u64,
    /// Whether the recording has ended and `samples` reaches its end.
    pub ended: bool,
}

impl LiveSamples {
    /// Keeps at most `max_kept` samples.
    #[must_use]
    pub fn new(max_kept: usize) -> Self {
        Self(Arc::new(Shared {
            kept: Mutex::new(Kept {
                blocks: VecDeque::new(),
                n_kept: 0,
                max_kept,
                end: 0,
                ended: false,
            }),
            more: Condvar::new(),
        }))
    }

    /// How many samples have been written to the recording.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.lock().end
    }

    /// Everything written from `position` on that is still kept; empty where there is nothing yet.
    #[must_use]
    pub fn read_from(&self, position: u64) -> LiveRead {
        Self::collect(position, self.lock())
    }

    /// Like [`read_from`](Self::read_from), after waiting until there is something beyond
    /// `position`, the recording has ended, or `timeout` is over.
    #[must_use]
    pub fn wait_from(&self, position: u64, timeout: Duration) -> LiveRead {
        let (kept, _) = self
            .0
            .more
            .wait_timeout_while(self.lock(), timeout, |kept| kept.end <= position && !kept.ended)
            .unwrap_or_else(PoisonError::into_inner);
        Self::collect(position, kept)
    }

    fn collect(position: u64, kept: MutexGuard<'_, Kept>) -> LiveRead {
        let n_before = kept
            .blocks
            .partition_point(|block| block.first_sample + block.samples.len() as u64 <= position);
        let blocks: Vec<Block> = kept.blocks.iter().skip(n_before).cloned().collect();
        let (ended, end) = (kept.ended, kept.end);
        drop(kept);
        let first_sample = blocks.first().map_or(end, |block| block.first_sample).max(position);
        let mut samples = Vec::new();
        for block in &blocks {
            let n_skipped = usize::try_from(position.saturating_sub(block.first_sample));
            samples.extend(block.samples.iter().skip(n_skipped.unwrap_or(usize::MAX)));
        }
        LiveRead { first_sample, n_missed: first_sample.saturating_sub(position), samples, ended }
    }

    pub(crate) fn push(&self, samples: &[i16]) {
        let mut kept = self.lock();
        let first_sample = kept.end;
        kept.end += samples.len() as u64;
        kept.n_kept += samples.len();
        kept.blocks.push_back(Block { first_sample, samples: samples.into() });
        while kept.n_kept > kept.max_kept
            && let Some(oldest) = kept.blocks.pop_front()
        {
            kept.n_kept -= oldest.samples.len();
        }
        drop(kept);
        self.0.more.notify_all();
    }

    pub(crate) fn end_here(&self) {
        self.lock().ended = true;
        self.0.more.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics while it holds the lock; a poisoned one would still be consistent.
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reader_that_waits_is_woken_by_samples_and_by_the_end() {
        let live = LiveSamples::new(100);
        let writer = live.clone();
        let thread = std::thread::spawn(move || {
            writer.push(&[1, 2, 3]);
            writer.end_here();
        });
        let read = live.wait_from(0, Duration::from_secs(60));
        assert_eq!(read.samples, [1, 2, 3]);
        assert!(live.wait_from(3, Duration::from_secs(60)).ended);
        thread.join().unwrap();
    }

    #[test]
    fn a_reader_far_behind_is_told_what_it_missed() {
        let live = LiveSamples::new(4);
        live.push(&[1, 2, 3]);
        live.push(&[4, 5, 6]);
        let read = live.read_from(1);
        assert_eq!((read.first_sample, read.n_missed), (3, 2));
        assert_eq!(read.samples, [4, 5, 6]);
    }

    proptest! {
        #[test]
        fn any_reader_gets_every_sample_at_its_position_or_is_told(
            blocks in prop::collection::vec((0usize..50, any::<bool>()), 1..30),
            max_kept in 1usize..200,
        ) {
            let live = LiveSamples::new(max_kept);
            let (mut n, mut position) = (0i16, 0u64);
            let mut n_known = 0;
            for (len, then_read) in blocks {
                let block: Vec<i16> = (n..n + len as i16).collect();
                n += len as i16;
                live.push(&block);
                if then_read {
                    let read = live.read_from(position);
                    for (i, sample) in read.samples.iter().enumerate() {
                        prop_assert_eq!(u64::from(sample.unsigned_abs()), read.first_sample + i as u64);
                    }
                    n_known += read.n_missed + read.samples.len() as u64;
                    position = read.first_sample + read.samples.len() as u64;
                    prop_assert_eq!(n_known, position);
                }
            }
            prop_assert!(live.read_from(0).samples.len() <= max_kept);
        }
    }
}
