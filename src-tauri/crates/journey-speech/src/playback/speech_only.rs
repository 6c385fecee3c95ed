//! Leaves out where nobody speaks.

use crate::vad::{SpeechDetector, SpeechRegion, VadOptions};

/// How far it looks ahead, in milliseconds: longer speech is handed on in pieces, without a seam.
const LOOK_AHEAD_MS: u64 = 2_000;

/// A stretch of kept sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Its first sample in the stream that came in.
    pub(super) start: u64,
    /// The samples.
    pub(super) samples: Vec<i16>,
}

/// Takes sound and gives the speech of it.
pub(super) struct SpeechOnly {
    detector: SpeechDetector,
    waiting: Vec<i16>,
    /// Where the first of `waiting` stood.
    from: u64,
    regions: Vec<SpeechRegion>,
}

impl SpeechOnly {
    pub(super) fn new() -> Self {
        let options = VadOptions { max_region_ms: LOOK_AHEAD_MS, ..VadOptions::default() };
        Self {
            detector: SpeechDetector::new(options),
            waiting: Vec::new(),
            from: 0,
            regions: Vec::new(),
        }
    }

    /// Takes samples and appends what has turned out to be speech.
    pub(super) fn push(&mut self, samples: &[i16], kept: &mut Vec<Kept>) {
        self.waiting.extend_from_slice(samples);
        self.detector.push(samples, &mut self.regions);
        self.take(kept);
        self.forget(self.detector.decided_until());
    }

    /// Appends the speech at the end of the stream.
    pub(super) fn finish(&mut self, kept: &mut Vec<Kept>) {
        self.detector.finish(&mut self.regions);
        self.take(kept);
        self.waiting.clear();
    }

    fn take(&mut self, kept: &mut Vec<Kept>) {
        for region in self.regions.drain(..) {
            let at = |position: u64| {
                usize::try_from(position.saturating_sub(self.from)).unwrap_or(usize::MAX)
            };
            let end = at(region.end).min(self.waiting.len());
            if let Some(samples) = self.waiting.get(at(region.start)..end) {
                kept.push(Kept { start: region.start, samples: samples.to_vec() });
            }
        }
    }

    fn forget(&mut self, until: u64) {
        let n_done = usize::try_from(until.saturating_sub(self.from)).unwrap_or(usize::MAX);
        let n_done = n_done.min(self.waiting.len());
        self.waiting.drain(..n_done);
        self.from += n_done as u64;
    }
}
