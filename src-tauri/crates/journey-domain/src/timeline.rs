//! The timeline of a recording: sound, pauses and losses in the order in which they happened.
//!
//! The recorded file holds captured samples only. Session time runs through sound and losses, and
//! stands still in pauses, so that a time in a transcript says how far into the session it was.

use crate::{
    session::{Hole, HoleStage},
    transcript::TimeSpan,
};
use serde::{Deserialize, Serialize};

/// Samples per second of everything that is captured and recognised: 16 kHz, mono, 16 bits.
pub const SAMPLE_RATE_HZ: u32 = 16_000;

/// Samples per millisecond at [`SAMPLE_RATE_HZ`].
pub const SAMPLES_PER_MS: u64 = SAMPLE_RATE_HZ as u64 / 1000;

/// Something that happened between two samples of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// How many samples had been captured before it.
    pub at_sample: u64,
    /// What happened.
    pub kind: MarkKind,
}

/// What a [`Mark`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum MarkKind {
    /// The person paused; session time stood still.
    Paused {
        /// How long, in milliseconds.
        duration_ms: u64,
    },
    /// Sound was lost; session time went on.
    Lost {
        /// How long, in milliseconds.
        duration_ms: u64,
        /// Why.
        reason: LossReason,
    },
    /// The microphone delivered only zeros; the zeros are part of the recording.
    NoSignal {
        /// How long, in milliseconds.
        duration_ms: u64,
    },
}

/// Why sound was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossReason {
    /// The microphone went away.
    DeviceLost,
    /// The computer could not keep up.
    Overrun,
    /// The disk was full.
    DiskFull,
    /// Writing failed for another reason than a full disk.
    WriteFailed,
    /// The computer slept.
    Suspended,
}

impl LossReason {
    /// In words for a person.
    #[must_use]
    pub const fn as_sentence(self) -> &'static str {
        match self {
            Self::DeviceLost => "the microphone was lost",
            Self::Overrun => "the computer could not keep up",
            Self::DiskFull => "the disk was full",
            Self::WriteFailed => "the recording could not be written",
            Self::Suspended => "the computer was asleep",
        }
    }
}

/// One stretch of session time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// Captured sound.
    Sound {
        /// Session time.
        time: TimeSpan,
        /// First sample in the recorded file.
        first_sample: u64,
    },
    /// Sound that was lost.
    Lost {
        /// Session time.
        time: TimeSpan,
        /// Why.
        reason: LossReason,
    },
}

/// The stretches of a recording, in order, without overlap or hole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    stretches: Vec<Stretch>,
    duration_ms: u64,
    captured_ms: u64,
}

impl Timeline {
    /// Builds it from the marks of a recording of `n_samples`.
    ///
    /// Marks out of order or beyond the end are moved to where they can be.
    #[must_use]
    pub fn new(n_samples: u64, marks: &[Mark]) -> Self {
        let mut it = Self::default();
        let mut sample = 0;
        for mark in marks {
            let at = mark.at_sample.clamp(sample, n_samples);
            it.push_sound(sample, at);
            sample = at;
            if let MarkKind::Lost { duration_ms, reason } = mark.kind
                && duration_ms > 0
            {
                let time = TimeSpan {
                    start_ms: it.duration_ms,
                    end_ms: it.duration_ms.saturating_add(duration_ms),
                };
                it.duration_ms = time.end_ms;
                it.stretches.push(Stretch::Lost { time, reason });
            }
        }
        it.push_sound(sample, n_samples);
        it
    }

    fn push_sound(&mut self, from: u64, to: u64) {
        let ms = (to - from) / SAMPLES_PER_MS;
        if ms == 0 {
            return;
        }
        let time = TimeSpan { start_ms: self.duration_ms, end_ms: self.duration_ms + ms };
        self.duration_ms += ms;
        self.captured_ms += ms;
        self.stretches.push(Stretch::Sound { time, first_sample: from });
    }

    /// The stretches in order.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// Length of session time in milliseconds.
    #[must_use]
    pub const fn duration_ms(&self) -> u64 {
        self.duration_ms
    }

    /// Share of session time with sound, 0 to 1; 1 for an empty recording.
    #[must_use]
    pub fn captured_share(&self) -> f64 {
        if self.duration_ms == 0 { 1.0 } else { self.captured_ms as f64 / self.duration_ms as f64 }
    }

    /// The session time of a sample of the recorded file, in milliseconds.
    #[must_use]
    pub fn ms_of_sample(&self, sample: u64) -> u64 {
        let mut at = 0;
        for stretch in &self.stretches {
            if let Stretch::Sound { time, first_sample } = stretch {
                if sample < *first_sample {
                    break;
                }
                at = (time.start_ms + (sample - first_sample) / SAMPLES_PER_MS).min(time.end_ms);
            }
        }
        at
    }

    /// The sample of the recorded file at a session time; the next one when sound was lost there.
    #[must_use]
    pub fn sample_of_ms(&self, ms: u64) -> u64 {
        let mut after = 0;
        for stretch in &self.stretches {
            if let Stretch::Sound { time, first_sample } = stretch {
                if ms < time.end_ms {
                    return first_sample + ms.saturating_sub(time.start_ms) * SAMPLES_PER_MS;
                }
                after = first_sample + (time.end_ms - time.start_ms) * SAMPLES_PER_MS;
            }
        }
        after
    }

    /// The losses as holes of a session's coverage.
    #[must_use]
    pub fn holes(&self) -> Vec<Hole> {
        self.stretches
            .iter()
            .filter_map(|stretch| match stretch {
                Stretch::Lost { time, reason } => Some(Hole {
                    stage: HoleStage::Capture,
                    start_ms: time.start_ms,
                    end_ms: time.end_ms,
                    start: 0,
                    end: 0,
                    reason: reason.as_sentence().to_owned(),
                }),
                Stretch::Sound { .. } => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_mark() -> impl Strategy<Value = Mark> {
        let kind = prop_oneof![
            (0u64..100_000).prop_map(|duration_ms| MarkKind::Paused { duration_ms }),
            (0u64..100_000).prop_map(|duration_ms| MarkKind::NoSignal { duration_ms }),
            (0u64..100_000).prop_map(|duration_ms| MarkKind::Lost {
                duration_ms,
                reason: LossReason::DeviceLost
            }),
        ];
        (0u64..2_000_000, kind).prop_map(|(at_sample, kind)| Mark { at_sample, kind })
    }

    proptest! {
        #[test]
        fn any_sequence_of_pauses_and_losses_gives_a_timeline_without_overlap_or_hole(
            n_samples in 0u64..1_000_000,
            marks in prop::collection::vec(any_mark(), 0..12),
        ) {
            let timeline = Timeline::new(n_samples, &marks);
            let mut at = 0;
            let mut sample = 0;
            for stretch in timeline.stretches() {
                let time = match stretch {
                    Stretch::Sound { time, first_sample } => {
                        prop_assert!(*first_sample >= sample);
                        sample = first_sample + (time.end_ms - time.start_ms) * SAMPLES_PER_MS;
                        time
                    }
                    Stretch::Lost { time, .. } => time,
                };
                prop_assert_eq!(time.start_ms, at);
                prop_assert!(time.end_ms > time.start_ms);
                at = time.end_ms;
            }
            prop_assert_eq!(at, timeline.duration_ms());
            prop_assert!(sample <= n_samples);
            let lost: u64 = marks.iter().map(|m| match m.kind {
                MarkKind::Lost { duration_ms, .. } => duration_ms,
                _ => 0,
            }).sum();
            // Each mark may cut one millisecond's worth of samples off a stretch.
            let sound = timeline.duration_ms() - lost;
            prop_assert!(sound <= n_samples / SAMPLES_PER_MS);
            prop_assert!(sound + marks.len() as u64 + 1 >= n_samples / SAMPLES_PER_MS);
        }

        #[test]
        fn session_time_never_runs_backwards_along_the_samples(
            marks in prop::collection::vec(any_mark(), 0..8),
            samples in prop::collection::vec(0u64..1_000_000, 2),
        ) {
            let timeline = Timeline::new(1_000_000, &marks);
            let (a, b) = (samples[0].min(samples[1]), samples[0].max(samples[1]));
            prop_assert!(timeline.ms_of_sample(a) <= timeline.ms_of_sample(b));
        }
    }

    #[test]
    fn a_pause_stops_session_time_and_a_loss_does_not() {
        let second = u64::from(SAMPLE_RATE_HZ);
        let marks = [
            Mark { at_sample: second, kind: MarkKind::Paused { duration_ms: 9000 } },
            Mark {
                at_sample: 2 * second,
                kind: MarkKind::Lost { duration_ms: 500, reason: LossReason::DeviceLost },
            },
        ];
        let timeline = Timeline::new(3 * second, &marks);
        assert_eq!(timeline.duration_ms(), 3500);
        assert_eq!(timeline.ms_of_sample(2 * second + 16), 2501);
        assert_eq!(timeline.sample_of_ms(2200), 2 * second);
        assert_eq!(timeline.holes().len(), 1);
    }
}
