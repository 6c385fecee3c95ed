//! The reader of sealed files, opened for fuzzing.

use super::{
    MediaFile, MediaKey,
    container::Content,
    read::{PcmReader, Sealed, Walk},
};
use journey_domain::ids::RecordingId;
use rustix::fs::{MemfdFlags, memfd_create};
use std::{fs::File, io::Write as _, path::PathBuf};
use uuid::Uuid;

/// Under which key the kept inputs are sealed.
pub(crate) const KEY: MediaKey = MediaKey::new(&[0x77; 32]);

/// Whose they are.
pub(crate) const RECORDING: u128 = 7;

/// A file of these bytes, read for playing and for rescue; gives whether it is whole.
pub(crate) fn read(bytes: &[u8]) -> bool {
    let file = MediaFile {
        path: PathBuf::new(),
        key: &KEY,
        recording: RecordingId::new(Uuid::from_u128(RECORDING)),
    };
    let sealed = || {
        let memory = memfd_create("media", MemfdFlags::CLOEXEC).expect("memory");
        let mut opened = File::from(memory);
        opened.write_all(bytes).expect("memory");
        Sealed::from_file(opened, &file, Content::Samples).ok()
    };
    let Some(strict) = sealed() else { return false };
    let whole = Walk::strict(&strict).ok();
    let is_whole = whole.is_some();
    let found = sealed()
        .and_then(|sealed| Walk::lenient(&sealed).ok().map(|walk| PcmReader::new(sealed, walk)));
    let readers = whole.map(|walk| PcmReader::new(strict, walk)).into_iter().chain(found);
    for mut reader in readers {
        // Two bytes a sample, and holes read as silence.
        let n_samples = usize::try_from(reader.n_samples()).expect("no more than was written");
        assert!(!is_whole || n_samples <= bytes.len(), "more sound than there are bytes");
        let mut samples = vec![1; n_samples.min(1 << 20)];
        drop(reader.read(0, &mut samples));
    }
    is_whole
}
