//! From a stream of samples to pieces of speech that the recogniser takes at once.

use journey_domain::{
    timeline::{SAMPLE_RATE_HZ, SAMPLES_PER_MS},
    transcript::SpokenSegment,
};
use journey_speech::vad::{
    GroupOptions, SpeechDetector, SpeechRegion, UtteranceGroup, UtteranceGrouper, VadOptions,
};

/// While recording, so much silence closes a group: text comes soon, and the recogniser, which
/// always works through a whole window of 30 s, is not called for every breath.
const LIVE_SILENCE_SAMPLES: u64 = 2 * SAMPLE_RATE_HZ as u64;

/// Speech for one call of the recogniser, with its place in the recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SpeechGroup {
    /// The joined speech, 16 kHz mono.
    pub(crate) samples: Vec<i16>,
    regions: UtteranceGroup,
}

impl SpeechGroup {
    /// Everything from `start` on, as it is.
    pub(crate) fn whole(start: u64, samples: Vec<i16>) -> Self {
        let end = start + samples.len() as u64;
        let regions = UtteranceGroup { regions: vec![SpeechRegion { start, end }] };
        Self { samples, regions }
    }

    /// First sample in the recording.
    pub(crate) fn start(&self) -> u64 {
        self.regions.start()
    }

    /// One past the last sample in the recording.
    pub(crate) fn end(&self) -> u64 {
        self.regions.end()
    }

    /// The sample of the recording at a time of the joined speech.
    pub(crate) fn sample_at(&self, ms: u64) -> u64 {
        self.regions.position_of(ms * SAMPLES_PER_MS)
    }

    /// Moves a segment's times from the joined speech to the recording, in milliseconds of its
    /// samples.
    pub(crate) fn place(&self, segment: &mut SpokenSegment) {
        // An end at the border of two regions belongs to the first of them.
        let end_at = |ms: u64| match ms {
            0 => self.start() / SAMPLES_PER_MS,
            ms => self.sample_at(ms - 1) / SAMPLES_PER_MS + 1,
        };
        let start_at = |ms: u64| self.sample_at(ms) / SAMPLES_PER_MS;
        segment.start_ms = start_at(segment.start_ms);
        segment.end_ms = end_at(segment.end_ms).max(segment.start_ms);
        for word in &mut segment.words {
            word.start_ms = start_at(word.start_ms);
            word.end_ms = end_at(word.end_ms).max(word.start_ms);
        }
    }
}

/// Collects samples and gives groups of speech as they close.
pub(crate) struct Groups {
    detector: SpeechDetector,
    grouper: UtteranceGrouper,
    /// Where the detector's sample 0 lies in the recording.
    base: u64,
    /// Samples that may still be needed, the first of them at `kept_from` of the detector.
    kept: Vec<i16>,
    kept_from: u64,
    regions: Vec<SpeechRegion>,
}

impl Groups {
    /// For a recording that is complete: groups packed to the full.
    pub(crate) fn starting_at(first_sample: u64) -> Self {
        Self::new(first_sample, GroupOptions::default())
    }

    /// For a recording that goes on: groups close in pauses.
    pub(crate) fn live() -> Self {
        let close_after = Some(LIVE_SILENCE_SAMPLES);
        Self::new(0, GroupOptions { close_after, ..GroupOptions::default() })
    }

    fn new(base: u64, options: GroupOptions) -> Self {
        Self {
            detector: SpeechDetector::new(VadOptions::default()),
            grouper: UtteranceGrouper::new(options),
            base,
            kept: Vec::new(),
            kept_from: 0,
            regions: Vec::new(),
        }
    }

    /// Takes samples and appends the groups that have closed.
    pub(crate) fn push(&mut self, samples: &[i16], ready: &mut Vec<SpeechGroup>) {
        self.kept.extend_from_slice(samples);
        self.detector.push(samples, &mut self.regions);
        self.take_regions(ready);
        let closed = self.grouper.silent_until(self.detector.decided_until());
        self.emit(closed, ready);
        self.forget();
    }

    /// Appends what is left at the end of the recording.
    pub(crate) fn finish(&mut self, ready: &mut Vec<SpeechGroup>) {
        self.detector.finish(&mut self.regions);
        self.take_regions(ready);
        let last = self.grouper.finish();
        self.emit(last, ready);
        self.kept.clear();
    }

    /// Speech that has not closed yet, from its first sample on; empty in silence.
    pub(crate) fn pending(&self) -> &[i16] {
        let open = self.grouper.collected();
        let has_speech = !open.regions.is_empty() || self.detector.is_speaking();
        let from = match open.regions.first() {
            Some(region) => region.start,
            None => self.detector.decided_until(),
        };
        let skip = usize::try_from(from.saturating_sub(self.kept_from)).unwrap_or(usize::MAX);
        if has_speech { self.kept.get(skip..).unwrap_or_default() } else { &[] }
    }

    fn take_regions(&mut self, ready: &mut Vec<SpeechGroup>) {
        for region in std::mem::take(&mut self.regions) {
            let closed = self.grouper.push(region);
            self.emit(closed, ready);
        }
    }

    fn emit(&self, closed: Option<UtteranceGroup>, ready: &mut Vec<SpeechGroup>) {
        let Some(group) = closed else { return };
        let mut samples = Vec::new();
        let mut regions = UtteranceGroup::default();
        for region in group.regions {
            let at = |position: u64| {
                usize::try_from(position.saturating_sub(self.kept_from)).unwrap_or(usize::MAX)
            };
            let end = at(region.end).min(self.kept.len());
            let Some(part) = self.kept.get(at(region.start)..end) else { continue };
            samples.extend_from_slice(part);
            let start = self.base + region.start;
            regions.regions.push(SpeechRegion { start, end: start + part.len() as u64 });
        }
        if !samples.is_empty() {
            ready.push(SpeechGroup { samples, regions });
        }
    }

    /// Lets go of samples that no group can need any more.
    fn forget(&mut self) {
        let open = self.grouper.collected();
        let needed = match open.regions.first() {
            Some(region) => region.start,
            None => self.detector.decided_until(),
        };
        let n_done = usize::try_from(needed.saturating_sub(self.kept_from)).unwrap_or(usize::MAX);
        let n_done = n_done.min(self.kept.len());
        self.kept.drain(..n_done);
        self.kept_from += n_done as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn session() -> Vec<i16> {
        let wav = include_bytes!("../../../../../tests/data/speech/session.wav");
        wav[44..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
    }

    fn groups(samples: &[i16], block: usize, mut groups: Groups) -> Vec<SpeechGroup> {
        let mut ready = Vec::new();
        for part in samples.chunks(block) {
            groups.push(part, &mut ready);
        }
        groups.finish(&mut ready);
        ready
    }

    #[test]
    fn groups_hold_the_recordings_own_samples_in_order() {
        let recording = session();
        let mut end = 0;
        for group in groups(&recording, 16_000, Groups::starting_at(0)) {
            assert!(group.start() >= end && group.samples.len() <= 28 * 16_000);
            end = group.end();
            let n = group.samples.len() as u64 / SAMPLES_PER_MS;
            for ms in [0, 1, n / 3, n / 2, n - 1] {
                let at = group.sample_at(ms) as usize;
                assert_eq!(recording[at], group.samples[(ms * SAMPLES_PER_MS) as usize]);
            }
        }
        assert!(end > 0);
    }

    #[test]
    fn what_is_collected_while_recording_stays_bounded() {
        let mut groups = Groups::live();
        let mut ready = Vec::new();
        for part in session().chunks(1600) {
            groups.push(part, &mut ready);
            ready.clear();
            assert!(groups.kept.len() <= 60 * 16_000);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn any_block_size_gives_the_same_groups(block in 100usize..40_000) {
            let recording = &session()[..30 * 16_000];
            let expected = groups(recording, 16_000, Groups::starting_at(0));
            prop_assert_eq!(groups(recording, block, Groups::starting_at(0)), expected);
        }
    }
}
