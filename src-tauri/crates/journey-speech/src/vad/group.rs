//! Packs regions of speech into groups that a recogniser takes at once.

use super::SpeechRegion;
use journey_domain::timeline::SAMPLE_RATE_HZ;

/// How regions are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupOptions {
    /// Most speech in one group, in samples. The recogniser's window is 30 s. A single region that
    /// is longer makes a group of its own.
    pub max_samples: u64,
    /// Silence, in samples, after which a group is closed although there is room; `None` packs to
    /// the full. While recording, a short one brings text soon.
    pub close_after: Option<u64>,
    /// Speech, in samples, from which on a group is closed by the end of any region; `None` packs to the
    /// full. While recording, it bounds what is left to do at the end.
    pub enough_samples: Option<u64>,
}

impl Default for GroupOptions {
    /// Groups of up to 28 s, packed to the full.
    fn default() -> Self {
        let max_samples = 28 * SAMPLE_RATE_HZ as u64;
        Self { max_samples, close_after: None, enough_samples: None }
    }
}

/// Speech for one call of the recogniser: regions in order, to be joined without the silence
/// between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UtteranceGroup {
    /// At least one.
    pub regions: Vec<SpeechRegion>,
}

impl UtteranceGroup {
    /// Samples of speech.
    #[must_use]
    pub fn n_samples(&self) -> u64 {
        self.regions.iter().map(SpeechRegion::n_samples).sum()
    }

    /// First sample in the recording; 0 for an empty group.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.regions.first().map_or(0, |region| region.start)
    }

    /// Behind the last sample in the recording; 0 for an empty group.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.regions.last().map_or(0, |region| region.end)
    }

    /// Where in the recording the sample at `offset` of the joined speech lies; the end for an
    /// offset beyond it.
    #[must_use]
    pub fn position_of(&self, mut offset: u64) -> u64 {
        for region in &self.regions {
            if offset < region.n_samples() {
                return region.start + offset;
            }
            offset -= region.n_samples();
        }
        self.end()
    }
}

/// Collects regions into groups.
#[derive(Debug)]
pub struct UtteranceGrouper {
    options: GroupOptions,
    open: UtteranceGroup,
}

impl UtteranceGrouper {
    /// Nothing collected yet.
    #[must_use]
    pub const fn new(options: GroupOptions) -> Self {
        Self { options, open: UtteranceGroup { regions: Vec::new() } }
    }

    /// Changes from how much speech on the end of any region closes a group.
    pub const fn set_enough(&mut self, n_samples: Option<u64>) {
        self.options.enough_samples = n_samples;
    }

    /// From how much speech on the end of any region closes a group.
    #[must_use]
    pub const fn enough(&self) -> Option<u64> {
        self.options.enough_samples
    }

    /// What is collected and not yet given.
    #[must_use]
    pub const fn collected(&self) -> &UtteranceGroup {
        &self.open
    }

    /// Adds the next region; gives the group before it where that is closed by it.
    pub fn push(&mut self, region: SpeechRegion) -> Option<UtteranceGroup> {
        let closed = self.silent_until(region.start).or_else(|| {
            let is_full = self.open.n_samples() + region.n_samples() > self.options.max_samples;
            if is_full { self.finish() } else { None }
        });
        self.open.regions.push(region);
        closed
    }

    /// Says that no region begins before `position`; gives the group that is closed by so much
    /// silence, or that has enough.
    pub fn silent_until(&mut self, position: u64) -> Option<UtteranceGroup> {
        let silent = position.saturating_sub(self.open.end());
        let is_closed = self.options.close_after.is_some_and(|limit| silent >= limit)
            || self.options.enough_samples.is_some_and(|enough| self.open.n_samples() >= enough);
        is_closed.then(|| self.finish()).flatten()
    }

    /// Gives what is collected.
    pub fn finish(&mut self) -> Option<UtteranceGroup> {
        let group = std::mem::take(&mut self.open);
        (!group.regions.is_empty()).then_some(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_sample_of_speech_is_in_exactly_one_group_in_order(
            lengths in prop::collection::vec((0u64..40_000, 1u64..500_000), 0..40),
            close_after in prop::option::of(1u64..60_000),
            enough_samples in prop::option::of(1u64..500_000),
        ) {
            let options = GroupOptions { close_after, enough_samples, ..GroupOptions::default() };
            let mut grouper = UtteranceGrouper::new(options);
            let (mut position, mut regions, mut groups) = (0, Vec::new(), Vec::new());
            for (gap, n) in lengths {
                let region = SpeechRegion { start: position + gap, end: position + gap + n };
                groups.extend(grouper.silent_until(region.start));
                groups.extend(grouper.push(region));
                position = region.end;
                regions.push(region);
            }
            groups.extend(grouper.finish());
            prop_assert!(grouper.finish().is_none());
            let grouped: Vec<_> = groups.iter().flat_map(|g| g.regions.clone()).collect();
            prop_assert_eq!(grouped, regions);
            for group in &groups {
                prop_assert!(group.n_samples() <= options.max_samples || group.regions.len() == 1);
                prop_assert_eq!(group.position_of(0), group.start());
                prop_assert_eq!(group.position_of(group.n_samples() - 1), group.end() - 1);
                prop_assert_eq!(group.position_of(u64::MAX), group.end());
            }
        }
    }

    #[test]
    fn a_group_that_has_enough_is_closed_by_the_end_of_any_region() {
        let options = GroupOptions { enough_samples: Some(100), ..GroupOptions::default() };
        let mut grouper = UtteranceGrouper::new(options);
        assert!(grouper.push(SpeechRegion { start: 0, end: 60 }).is_none());
        assert!(grouper.silent_until(60).is_none());
        assert!(grouper.push(SpeechRegion { start: 60, end: 120 }).is_none());
        assert_eq!(grouper.push(SpeechRegion { start: 120, end: 130 }).unwrap().end(), 120);
        assert!(grouper.silent_until(1_000_000).is_none());
    }

    #[test]
    fn silence_closes_a_group_before_it_is_full() {
        let options = GroupOptions { close_after: Some(100), ..GroupOptions::default() };
        let mut grouper = UtteranceGrouper::new(options);
        assert!(grouper.push(SpeechRegion { start: 0, end: 50 }).is_none());
        assert!(grouper.silent_until(149).is_none());
        assert_eq!(grouper.silent_until(150).unwrap().end(), 50);
        assert!(grouper.silent_until(1_000_000).is_none());
    }
}
