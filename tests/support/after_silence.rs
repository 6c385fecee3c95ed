//! Recordings as a virtual microphone speaks them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The recording, in a file of `folder`, after a moment of silence in which a sound server under load
/// finds its rhythm. A plain 16-bit mono file of 16 kHz, as in `tests/data/speech`.
pub fn after_silence(recording: &Path, folder: &Path) -> PathBuf {
    let mut wav = fs::read(recording).unwrap();
    let silence = [0; 2 * 16_000 * 3 / 2];
    wav.splice(44..44, silence);
    let n_bytes = wav.len() as u32;
    wav[4..8].copy_from_slice(&(n_bytes - 8).to_le_bytes());
    wav[40..44].copy_from_slice(&(n_bytes - 44).to_le_bytes());
    let played = folder.join("played.wav");
    fs::write(&played, wav).unwrap();
    played
}
