//! Sealing a recording that was being written when the program ended.

use super::{
    MediaError, MediaFile,
    container::{Content, HEADER_BYTES},
    read::{Sealed, Walk},
    write::Tail,
};
use journey_domain::{
    ports::Random,
    timeline::{LossReason, Mark, MarkKind, SAMPLES_PER_MS},
};
use std::{
    fs::{self, OpenOptions},
    io,
    ops::Range,
    sync::Arc,
};

/// What was saved of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// How many samples.
    pub n_samples: u64,
    /// Pauses and losses.
    pub marks: Vec<Mark>,
    /// Samples before the end that do not pass their check; for a file that was cut, none.
    pub damage: Vec<Range<u64>>,
}

impl Recovered {
    /// With what its writer knew: its marks are those of the file and the ones that the file could
    /// not take any more. Of `n_samples` that were written, those that are gone are lost.
    #[must_use]
    pub(crate) fn with_known(mut self, n_samples: u64, marks: Vec<Mark>) -> Self {
        if !marks.is_empty() {
            self.marks = marks;
        }
        let n_gone = n_samples.saturating_sub(self.n_samples);
        if n_gone > 0 {
            let duration_ms = n_gone.div_ceil(SAMPLES_PER_MS);
            let kind = MarkKind::Lost { duration_ms, reason: LossReason::WriteFailed };
            let behind = self.marks.partition_point(|mark| mark.at_sample <= self.n_samples);
            self.marks.insert(behind, Mark { at_sample: self.n_samples, kind });
        }
        self
    }
}

/// Cuts a torn last chunk off and writes the missing end. For a recording that the database names
/// as unfinished only.
pub(crate) fn recover(file: &MediaFile<'_>, random: &dyn Random) -> Result<Recovered, MediaError> {
    let opened = match OpenOptions::new().read(true).write(true).open(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Tail::create(file, Content::Samples, random)?.finish()?;
            return Ok(Recovered { n_samples: 0, marks: Vec::new(), damage: Vec::new() });
        }
        other => other?,
    };
    if opened.metadata()?.len() < HEADER_BYTES as u64 {
        // Cut before its first sample: there is nothing in it to lose.
        fs::remove_file(&file.path)?;
        return recover(file, random);
    }
    let sealed = Sealed::from_file(opened.try_clone()?, file, Content::Samples)?;
    let walk = Walk::lenient(&sealed)?;
    if !walk.complete {
        let cipher = sealed.cipher().clone();
        let tail = Tail::resume(Arc::new(opened), cipher, walk.end, walk.sequence, walk.n_samples);
        let mut tail = tail;
        tail.finish()?;
    }
    Ok(Recovered { n_samples: walk.n_samples, marks: walk.marks, damage: walk.damage })
}
