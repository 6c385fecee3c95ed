//! The sound of a recording from any sample on, whatever form it is kept in.

use super::StepError;
use crate::error::CommandError;
use journey_domain::{
    error_code::ErrorCode,
    session::{Hole, HoleStage},
    timeline::Timeline,
};
use journey_speech::flac::FlacReader;
use journey_vault::{
    Vault, VaultError,
    media::PcmReader,
    table::recordings::{Recording, RecordingKind},
};
use std::ops::Range;

/// Reads 16 kHz mono samples one after the other.
pub(crate) enum SoundReader {
    /// As captured.
    Captured {
        /// The sealed file.
        reader: Box<PcmReader>,
        /// The next sample.
        at: u64,
    },
    /// From the lossless copy.
    Flac(Box<FlacReader>),
}

impl SoundReader {
    /// Begins at `first_sample`. Damaged parts of a captured file are silence.
    pub(crate) fn open(
        vault: &Vault,
        recording: &Recording,
        first_sample: u64,
    ) -> Result<Self, StepError> {
        match recording.kind {
            RecordingKind::Captured => Ok(Self::Captured {
                reader: Box::new(vault.open_pcm_lenient(recording)?),
                at: first_sample,
            }),
            RecordingKind::KeptFlac | RecordingKind::KeptOriginal => {
                let mut reader =
                    FlacReader::new(vault.open_kept(recording)?).map_err(|e| flac_error(&e))?;
                reader.skip_to(first_sample).map_err(|e| flac_error(&e))?;
                Ok(Self::Flac(Box::new(reader)))
            }
        }
    }

    /// Fills `out` as far as there is sound; 0 at the end.
    pub(crate) fn next(&mut self, out: &mut [i16]) -> Result<usize, StepError> {
        match self {
            Self::Captured { reader, at } => {
                let n_read = reader.read(*at, out).map_err(VaultError::from)?;
                *at += n_read as u64;
                Ok(n_read)
            }
            Self::Flac(reader) => reader.read(out).map_err(|e| flac_error(&e)),
        }
    }

    /// Which of a recording's `n_samples` are missing or damaged, and read as silence.
    pub(crate) fn damage(&self, n_samples: u64) -> Vec<Range<u64>> {
        match self {
            Self::Captured { reader, .. } => {
                let end = reader.n_samples();
                let cut_off = (end < n_samples).then_some(end..n_samples);
                reader.damage().iter().cloned().chain(cut_off).collect()
            }
            Self::Flac(_) => Vec::new(),
        }
    }

    /// Goes on at a later sample.
    pub(crate) fn skip_to(&mut self, sample: u64) -> Result<(), StepError> {
        match self {
            Self::Captured { at, .. } => *at = sample.max(*at),
            Self::Flac(reader) => reader.skip_to(sample).map_err(|e| flac_error(&e))?,
        }
        Ok(())
    }
}

/// Damaged samples as holes: nobody can say what was spoken there.
pub(crate) fn damaged_parts(timeline: &Timeline, damage: &[Range<u64>]) -> Vec<Hole> {
    let hole = |samples: &Range<u64>| Hole {
        stage: HoleStage::Transcribe,
        start_ms: timeline.ms_of_sample(samples.start),
        end_ms: timeline.ms_of_sample(samples.end.saturating_sub(1)) + 1,
        start: 0,
        end: 0,
        reason: "the recording is damaged there".to_owned(),
    };
    damage.iter().filter(|samples| !samples.is_empty()).map(hole).collect()
}

fn flac_error(error: &journey_speech::flac::FlacError) -> StepError {
    StepError::lasting(
        CommandError::new(ErrorCode::BadFile, error.to_string())
            .hint("Restore a backup; the transcript is as it was."),
    )
}

#[cfg(test)]
mod tests;
