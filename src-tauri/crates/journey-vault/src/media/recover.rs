//! Sealing a recording that was being written when the program ended.

use super::{
    MediaError, MediaFile,
    container::{Content, HEADER_BYTES},
    read::{Sealed, Walk},
    write::Tail,
};
use journey_domain::{ports::Random, timeline::Mark};
use std::{
    fs::{self, OpenOptions},
    io,
    ops::Range,
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
        let tail = Tail::resume(Box::new(opened), cipher, walk.end, walk.sequence, walk.n_samples);
        let mut tail = tail;
        tail.finish()?;
    }
    Ok(Recovered { n_samples: walk.n_samples, marks: walk.marks, damage: walk.damage })
}
