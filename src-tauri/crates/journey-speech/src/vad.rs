//! Where somebody speaks: a stream of 16 kHz samples in, padded regions of speech out.

pub mod group;

use earshot::Detector;
use journey_domain::timeline::SAMPLES_PER_MS;
use std::collections::VecDeque;

pub use group::{GroupOptions, UtteranceGroup, UtteranceGrouper};

/// Samples that are judged together: 16 ms.
const FRAME: usize = 256;

/// A voiced stretch shorter than this is a click: the shortest words last 100 ms.
const MIN_VOICED_FRAMES: u32 = 3;

/// Where a region grows too long, it is cut at the quietest place of this many frames: 5 s.
const CUT_WITHIN_FRAMES: usize = 312;

/// A stretch of speech, with its padding. Regions of one stream follow each other without overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeechRegion {
    /// First sample.
    pub start: u64,
    /// Behind the last sample.
    pub end: u64,
}

impl SpeechRegion {
    /// Length in samples.
    #[must_use]
    pub const fn n_samples(&self) -> u64 {
        self.end - self.start
    }
}

/// How speech is told from silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VadOptions {
    /// From which score (0 to 1) a frame is speech.
    pub threshold: f32,
    /// Kept before speech, in milliseconds: soft beginnings score low.
    pub pad_before_ms: u64,
    /// Kept after speech, in milliseconds.
    pub pad_after_ms: u64,
    /// Longest region, in milliseconds; longer speech is cut at its quietest place.
    pub max_region_ms: u64,
}

impl Default for VadOptions {
    /// Low threshold and padding that keep every word of the test recordings.
    fn default() -> Self {
        Self { threshold: 0.3, pad_before_ms: 200, pad_after_ms: 300, max_region_ms: 27_000 }
    }
}

/// Finds speech in a stream.
pub struct SpeechDetector {
    options: VadOptions,
    detector: Box<Detector>,
    frame: Vec<i16>,
    n_judged: u64,
    last_end: u64,
    open: Option<Open>,
    short_pause: Option<u64>,
}

impl std::fmt::Debug for SpeechDetector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpeechDetector").field("n_judged", &self.n_judged).finish_non_exhaustive()
    }
}

struct Open {
    start: u64,
    voiced_end: u64,
    n_voiced: u32,
    /// End and loudness of the last frames.
    recent: VecDeque<(u64, u64)>,
}

impl SpeechDetector {
    /// A detector at sample 0 of a stream.
    #[must_use]
    pub fn new(options: VadOptions) -> Self {
        Self {
            options,
            detector: Detector::default_boxed(),
            frame: Vec::with_capacity(FRAME),
            n_judged: 0,
            last_end: 0,
            open: None,
            short_pause: None,
        }
    }

    /// Ends regions at pauses of so many samples from now on, inside the pause; `None` for those that leave
    /// room for the padding of both sides. Scores stay high for some 130 ms after speech, so that 150 ms
    /// are a pause of twice that and no part of a word.
    pub fn end_at_pauses_of(&mut self, n_samples: Option<u64>) {
        self.short_pause = n_samples;
    }

    /// Samples from the beginning of the region that is open to the present end; 0 in silence.
    #[must_use]
    pub fn n_open(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| self.n_judged - open.start)
    }

    /// Takes samples of any number and appends the regions that have ended.
    pub fn push(&mut self, mut samples: &[i16], regions: &mut Vec<SpeechRegion>) {
        while !samples.is_empty() {
            let (head, tail) = samples.split_at((FRAME - self.frame.len()).min(samples.len()));
            self.frame.extend_from_slice(head);
            samples = tail;
            if self.frame.len() == FRAME {
                self.judge(FRAME as u64, regions);
            }
        }
    }

    /// Appends the region that is still open at the end of the stream, and starts anew.
    pub fn finish(&mut self, regions: &mut Vec<SpeechRegion>) {
        let n_rest = self.frame.len();
        if n_rest > 0 {
            self.frame.resize(FRAME, 0);
            self.judge(n_rest as u64, regions);
        }
        if let Some(open) = self.open.take() {
            self.close(&open, self.options.pad_after_ms * SAMPLES_PER_MS, regions);
        }
        self.detector.reset();
        self.n_judged = 0;
        self.last_end = 0;
    }

    /// Whether somebody speaks at the present end.
    #[must_use]
    pub fn is_speaking(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.n_voiced >= MIN_VOICED_FRAMES)
    }

    /// Everything before this sample is decided: no later region begins before it.
    #[must_use]
    pub fn decided_until(&self) -> u64 {
        match &self.open {
            Some(open) => open.start,
            None => {
                let before = self.options.pad_before_ms * SAMPLES_PER_MS;
                self.n_judged.saturating_sub(before).max(self.last_end)
            }
        }
    }

    fn judge(&mut self, n_valid: u64, regions: &mut Vec<SpeechRegion>) {
        let is_voiced = self.detector.predict_i16(&self.frame) >= self.options.threshold;
        let loudness = self.frame.iter().map(|s| u64::from(s.unsigned_abs())).sum();
        self.frame.clear();
        let frame_start = self.n_judged;
        self.n_judged += n_valid;
        let pad_before = self.options.pad_before_ms * SAMPLES_PER_MS;
        let pad_after = self.options.pad_after_ms * SAMPLES_PER_MS;
        if self.open.is_none() && is_voiced {
            self.open = Some(Open {
                start: frame_start.saturating_sub(pad_before).max(self.last_end),
                voiced_end: self.n_judged,
                n_voiced: 0,
                recent: VecDeque::with_capacity(CUT_WITHIN_FRAMES),
            });
        }
        let Some(mut open) = self.open.take() else { return };
        if is_voiced {
            open.voiced_end = self.n_judged;
            open.n_voiced += 1;
        }
        if open.recent.len() == CUT_WITHIN_FRAMES {
            open.recent.pop_front();
        }
        open.recent.push_back((self.n_judged, loudness));
        // Speech that begins sooner than this would share its padding.
        let n_silent = self.n_judged - open.voiced_end;
        if n_silent >= pad_after + pad_before {
            self.close(&open, pad_after, regions);
            return;
        }
        if self.short_pause.is_some_and(|pause| n_silent >= pause) {
            self.close(&open, n_silent / 3, regions);
            return;
        }
        if self.n_judged - open.start >= self.options.max_region_ms * SAMPLES_PER_MS {
            open = self.cut(open, regions);
        }
        self.open = Some(open);
    }

    fn close(&mut self, open: &Open, pad_after: u64, regions: &mut Vec<SpeechRegion>) {
        if open.n_voiced < MIN_VOICED_FRAMES {
            return;
        }
        let end = (open.voiced_end + pad_after).min(self.n_judged);
        regions.push(SpeechRegion { start: open.start, end });
        self.last_end = end;
    }

    /// Ends a region at its quietest recent frame and goes on with the rest.
    fn cut(&mut self, open: Open, regions: &mut Vec<SpeechRegion>) -> Open {
        let quietest = open.recent.iter().min_by_key(|(_, loudness)| *loudness);
        let end = quietest.map_or(self.n_judged, |(end, _)| *end);
        regions.push(SpeechRegion { start: open.start, end });
        self.last_end = end;
        Open {
            start: end,
            voiced_end: open.voiced_end.max(end),
            // What goes on was speech before the cut: however short its rest, it is kept.
            n_voiced: MIN_VOICED_FRAMES,
            recent: open.recent.into_iter().filter(|(at, _)| *at > end).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
