//! A recording's samples along its session's timeline: a pause is no time, a loss is silence.

use crate::pipeline::{StepError, sound::SoundReader};
use journey_domain::timeline::{SAMPLES_PER_MS, Stretch, Timeline};
use journey_speech::playback::{Sound, SoundGone};
use journey_vault::{Vault, table::recordings::Recording};
use std::collections::VecDeque;

/// What comes next.
enum Part {
    Sound { first_sample: u64, n_left: u64 },
    Silence { n_left: u64 },
}

/// Reads from a place of the timeline to its end.
pub(super) struct AlongTimeline {
    reader: SoundReader,
    parts: VecDeque<Part>,
}

impl AlongTimeline {
    /// Begins at `from_ms` of the session.
    pub(super) fn open(
        vault: &Vault,
        recording: &Recording,
        timeline: &Timeline,
        from_ms: u64,
    ) -> Result<Self, StepError> {
        let parts: VecDeque<Part> = timeline
            .stretches()
            .iter()
            .filter_map(|stretch| {
                let (time, first_sample) = match stretch {
                    Stretch::Sound { time, first_sample } => (time, Some(*first_sample)),
                    Stretch::Lost { time, .. } => (time, None),
                };
                let start_ms = time.start_ms.max(from_ms);
                let n_left = time.end_ms.checked_sub(start_ms).filter(|n| *n > 0)? * SAMPLES_PER_MS;
                Some(match first_sample {
                    Some(first) => Part::Sound {
                        first_sample: first + (start_ms - time.start_ms) * SAMPLES_PER_MS,
                        n_left,
                    },
                    None => Part::Silence { n_left },
                })
            })
            .collect();
        let first_sample = parts.iter().find_map(|part| match part {
            Part::Sound { first_sample, .. } => Some(*first_sample),
            Part::Silence { .. } => None,
        });
        let reader = SoundReader::open(vault, recording, first_sample.unwrap_or_default())?;
        Ok(Self { reader, parts })
    }
}

impl Sound for AlongTimeline {
    fn next(&mut self, out: &mut [i16]) -> Result<usize, SoundGone> {
        let Some(part) = self.parts.front_mut() else { return Ok(0) };
        let n_left = match part {
            Part::Sound { n_left, .. } | Part::Silence { n_left } => n_left,
        };
        let n_wanted = usize::try_from(*n_left).unwrap_or(usize::MAX).min(out.len());
        let wanted = out.get_mut(..n_wanted).unwrap_or_default();
        let n_given = match part {
            Part::Silence { n_left } => {
                wanted.fill(0);
                *n_left -= n_wanted as u64;
                n_wanted
            }
            Part::Sound { first_sample, n_left } => {
                self.reader.skip_to(*first_sample).map_err(|_| SoundGone)?;
                let n_read = self.reader.next(wanted).map_err(|_| SoundGone)?;
                *first_sample += n_read as u64;
                *n_left -= n_read as u64;
                if n_read == 0 {
                    // The file is shorter than was noted: the times of what follows still hold.
                    *part = Part::Silence { n_left: *n_left };
                    return self.next(out);
                }
                n_read
            }
        };
        if matches!(part, Part::Sound { n_left: 0, .. } | Part::Silence { n_left: 0 }) {
            self.parts.pop_front();
        }
        Ok(n_given)
    }
}
