//! From a stream of samples to pieces of speech that the recogniser takes at once.

use journey_domain::{
    timeline::{SAMPLE_RATE_HZ, SAMPLES_PER_MS},
    transcript::SpokenSegment,
};
use journey_speech::{
    engine::{Piece, PieceCutter},
    vad::{
        GroupOptions, SpeechDetector, SpeechRegion, UtteranceGroup, UtteranceGrouper, VadOptions,
    },
};
use std::time::Duration;

/// While recording, so much silence closes a group: text comes soon, and the recogniser, which
/// always works through a whole window of 30 s, is not called for every breath.
const LIVE_SILENCE_SAMPLES: u64 = 2 * SAMPLE_RATE_HZ as u64;

/// While recording, so much speech is closed by any pause, so that little is left at the end: the first for
/// a recogniser that takes less than half of the time of the speech for it, the second for a slower one.
/// Shorter groups cost more windows for the same speech.
const ENOUGH_SAMPLES: u64 = 6 * SAMPLE_RATE_HZ as u64;
const ENOUGH_FOR_SLOW_SAMPLES: u64 = 12 * SAMPLE_RATE_HZ as u64;

/// A speaker who pauses less than the detector's padding is parted at shorter pauses the longer it goes on:
/// 370 and 290 ms of those that are heard, because the detector hangs on to speech for a while.
const LONG_SAMPLES: u64 = 10 * SAMPLE_RATE_HZ as u64;
const SHORT_PAUSE_SAMPLES: u64 = 240 * SAMPLES_PER_MS;
const LONGER_SAMPLES: u64 = 16 * SAMPLE_RATE_HZ as u64;
const SHORTER_PAUSE_SAMPLES: u64 = 160 * SAMPLES_PER_MS;

/// While recording, how much is looked at before the next pause is chosen.
const LIVE_STEP: usize = SAMPLE_RATE_HZ as usize / 10;

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

    /// Where its speech lies.
    pub(crate) const fn regions(&self) -> &UtteranceGroup {
        &self.regions
    }

    /// Whether its speech begins with all of this.
    pub(crate) fn begins_with(&self, part: &UtteranceGroup) -> bool {
        self.regions.regions.starts_with(&part.regions)
    }

    /// What comes after a part that it begins with; `None` where nothing does.
    pub(crate) fn after(mut self, part: &UtteranceGroup) -> Option<Self> {
        let n_part = usize::try_from(part.n_samples()).ok()?.min(self.samples.len());
        self.samples.drain(..n_part);
        self.regions.regions.drain(..part.regions.len().min(self.regions.regions.len()));
        (!self.samples.is_empty()).then_some(self)
    }

    /// First sample in the recording.
    pub(crate) fn start(&self) -> u64 {
        self.regions.start()
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

/// How a recogniser keeps up with somebody who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Takes at most half of the time that the speech took.
    Fast,
    /// Takes more, and keeps up.
    Slow,
    /// Does not keep up: it gets groups packed to the full, which cost it the least.
    Behind,
}

impl Pace {
    /// Of a recogniser that took so long for so much speech.
    pub(crate) fn of(spent: Duration, n_samples: usize) -> Self {
        let spoken = Duration::from_millis(n_samples as u64 / SAMPLES_PER_MS);
        if spent * 2 <= spoken {
            Self::Fast
        } else if spent <= spoken * 4 / 5 {
            Self::Slow
        } else {
            Self::Behind
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
    is_live: bool,
}

impl Groups {
    /// For a recording that is complete: groups packed to the full.
    pub(crate) fn starting_at(first_sample: u64) -> Self {
        Self::new(first_sample, GroupOptions::default())
    }

    /// For a recording that goes on: groups close in pauses.
    pub(crate) fn live() -> Self {
        let close_after = Some(LIVE_SILENCE_SAMPLES);
        let mut it = Self::new(0, GroupOptions { close_after, ..GroupOptions::default() });
        it.is_live = true;
        it.suit(Pace::Fast);
        it
    }

    /// Packs groups of a recording that goes on as suits the recogniser.
    pub(crate) fn suit(&mut self, pace: Pace) {
        self.grouper.set_enough(match pace {
            _ if !self.is_live => None,
            Pace::Fast => Some(ENOUGH_SAMPLES),
            Pace::Slow => Some(ENOUGH_FOR_SLOW_SAMPLES),
            Pace::Behind => None,
        });
    }

    fn new(base: u64, options: GroupOptions) -> Self {
        Self {
            detector: SpeechDetector::new(VadOptions::default()),
            grouper: UtteranceGrouper::new(options),
            base,
            kept: Vec::new(),
            kept_from: 0,
            regions: Vec::new(),
            is_live: false,
        }
    }

    /// Takes samples and appends the groups that have closed.
    pub(crate) fn push(&mut self, samples: &[i16], ready: &mut Vec<SpeechGroup>) {
        let step = if self.is_live { LIVE_STEP } else { samples.len().max(1) };
        for samples in samples.chunks(step) {
            if self.is_live {
                self.detector.end_at_pauses_of(self.pause_that_ends());
            }
            self.kept.extend_from_slice(samples);
            self.detector.push(samples, &mut self.regions);
            self.take_regions(ready);
            let closed = self.grouper.silent_until(self.detector.decided_until());
            self.emit(closed, ready);
            self.forget();
        }
    }

    /// The more speech has gathered, the shorter the pause at which it is parted.
    fn pause_that_ends(&self) -> Option<u64> {
        let enough = self.grouper.enough()?;
        match self.grouper.collected().n_samples() + self.detector.n_open() {
            n if n < enough.max(LONG_SAMPLES) => None,
            n if n < LONGER_SAMPLES => Some(SHORT_PAUSE_SAMPLES),
            _ => Some(SHORTER_PAUSE_SAMPLES),
        }
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

    /// Where speech that has not closed yet has ended; `None` in silence and while somebody speaks.
    pub(crate) fn ended_at(&self) -> Option<u64> {
        let collected = self.grouper.collected();
        let has_ended = !collected.regions.is_empty() && !self.detector.is_speaking();
        has_ended.then(|| self.base + collected.end())
    }

    /// Speech that has ended but may belong together with what comes next; `None` while somebody speaks.
    pub(crate) fn ended(&self) -> Option<SpeechGroup> {
        if self.detector.is_speaking() {
            return None;
        }
        self.cut_out(self.grouper.collected().clone())
    }

    fn take_regions(&mut self, ready: &mut Vec<SpeechGroup>) {
        for region in std::mem::take(&mut self.regions) {
            let closed = self.grouper.push(region);
            self.emit(closed, ready);
        }
    }

    fn emit(&self, closed: Option<UtteranceGroup>, ready: &mut Vec<SpeechGroup>) {
        ready.extend(closed.and_then(|group| self.cut_out(group)));
    }

    fn cut_out(&self, group: UtteranceGroup) -> Option<SpeechGroup> {
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
        (!samples.is_empty()).then_some(SpeechGroup { samples, regions })
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

/// What the recogniser gets of a recording that is complete.
pub(crate) enum Pieces {
    /// Its speech, in groups.
    Speech(Box<Groups>),
    /// All of it, in pieces that bound the memory.
    Everything {
        /// Cuts them.
        cutter: PieceCutter,
        /// Where its sample 0 lies in the recording.
        base: u64,
    },
}

impl Pieces {
    /// From `first_sample` on.
    pub(crate) fn starting_at(first_sample: u64, speech_only: bool) -> Self {
        if speech_only {
            return Self::Speech(Box::new(Groups::starting_at(first_sample)));
        }
        Self::Everything { cutter: PieceCutter::new(), base: first_sample }
    }

    /// Takes samples and appends the pieces that are whole.
    pub(crate) fn push(&mut self, samples: &[i16], ready: &mut Vec<SpeechGroup>) {
        match self {
            Self::Speech(groups) => groups.push(samples, ready),
            Self::Everything { cutter, base } => {
                let whole = |it: Piece| SpeechGroup::whole(*base + it.first_sample, it.samples);
                ready.extend(cutter.push(samples).into_iter().map(whole));
            }
        }
    }

    /// Appends what is left at the end.
    pub(crate) fn finish(&mut self, ready: &mut Vec<SpeechGroup>) {
        match self {
            Self::Speech(groups) => groups.finish(ready),
            Self::Everything { cutter, base } => {
                let whole = |it: Piece| SpeechGroup::whole(*base + it.first_sample, it.samples);
                ready.extend(cutter.finish().map(whole));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use journey_speech::engine::MAX_PIECE_SAMPLES;
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
            end = group.regions.end();
            let n = group.samples.len() as u64 / SAMPLES_PER_MS;
            for ms in [0, 1, n / 3, n / 2, n - 1] {
                let at = group.sample_at(ms) as usize;
                assert_eq!(recording[at], group.samples[(ms * SAMPLES_PER_MS) as usize]);
            }
        }
        assert!(end > 0);
    }

    /// The session without its pauses but for so many samples of each.
    fn hurried(pause: usize) -> Vec<i16> {
        let session = session();
        let (mut spoken, mut n_quiet) = (Vec::new(), 0);
        for block in session.chunks(160) {
            let is_quiet = block.iter().all(|s| s.unsigned_abs() < 300);
            n_quiet = if is_quiet { n_quiet + block.len() } else { 0 };
            if n_quiet <= pause {
                spoken.extend_from_slice(block);
            }
        }
        spoken
    }

    #[test]
    fn what_waits_for_the_recogniser_while_recording_stays_short() {
        // As it was spoken, and by somebody who pauses for 400 ms at most.
        for recording in [session(), hurried(400 * 16)] {
            let mut groups = Groups::live();
            let mut ready = Vec::new();
            let mut most = 0;
            for part in recording.chunks(1600) {
                groups.push(part, &mut ready);
                most = most.max(groups.pending().len());
                assert!(groups.kept.len() <= 30 * 16_000);
            }
            groups.finish(&mut ready);
            let longest = ready.iter().map(|g| g.samples.len()).max().unwrap();
            assert!(longest <= 16 * 16_000, "{} s", longest / 16_000);
            assert!(most <= 18 * 16_000, "{} s", most / 16_000);
            // Each window of the recogniser costs the same, however little is in it.
            let n_speech: usize = ready.iter().map(|g| g.samples.len()).sum();
            assert!(ready.len() <= n_speech / (5 * 16_000) + 1, "{} groups", ready.len());
        }
    }

    #[test]
    fn whoever_falls_behind_gets_groups_packed_to_the_full() {
        let mut groups = Groups::live();
        groups.suit(Pace::Behind);
        let mut ready = Vec::new();
        groups.push(&hurried(1600 * 6), &mut ready);
        groups.finish(&mut ready);
        assert!(ready.iter().any(|g| g.samples.len() > 20 * 16_000));
    }

    #[test]
    fn what_has_ended_is_what_closes_if_nothing_more_is_said() {
        let recording = session();
        let (mut groups, mut ready) = (Groups::live(), Vec::new());
        let mut ended = None;
        for part in recording.chunks(1600) {
            groups.push(part, &mut ready);
            ended = groups.ended();
            if ended.is_some() {
                break;
            }
        }
        let ended = ended.expect("somebody stops speaking");
        for _ in 0..30 {
            groups.push(&[0; 1600], &mut ready);
        }
        assert_eq!(ready, std::slice::from_ref(&ended));

        // And what it begins with if more is said.
        let whole = SpeechGroup {
            samples: ended.samples.iter().chain(&[1, 2, 3]).copied().collect(),
            regions: UtteranceGroup {
                regions: [
                    ended.regions.regions.clone(),
                    vec![SpeechRegion { start: 9_999_997, end: 10_000_000 }],
                ]
                .concat(),
            },
        };
        assert!(whole.begins_with(ended.regions()) && !ended.begins_with(whole.regions()));
        let rest = whole.after(ended.regions()).unwrap();
        assert_eq!((rest.samples.as_slice(), rest.start()), ([1, 2, 3].as_slice(), 9_999_997));
        assert!(ended.clone().after(ended.regions()).is_none());
    }

    #[test]
    fn a_recording_that_is_heard_whole_comes_in_pieces_of_bounded_length() {
        let minute: Vec<i16> = (0..60 * 16_000).map(|i| (i % 1009) as i16).collect();
        let mut pieces = Pieces::starting_at(5, false);
        let (mut ready, mut end, mut n_heard) = (Vec::new(), 5, 0);
        for n in 0..=32 {
            if n < 32 {
                pieces.push(&minute, &mut ready);
            } else {
                pieces.finish(&mut ready);
            }
            for piece in ready.drain(..) {
                assert_eq!(piece.start(), end);
                assert!(piece.samples.len() <= MAX_PIECE_SAMPLES);
                end = piece.regions.end();
                n_heard += piece.samples.len();
            }
        }
        assert_eq!((n_heard, end), (32 * minute.len(), 5 + 32 * minute.len() as u64));
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
