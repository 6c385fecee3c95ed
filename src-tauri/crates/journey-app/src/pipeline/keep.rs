//! What is kept of a recording once it is transcribed: the same samples, losslessly smaller.

use super::sound::SoundReader;
use crate::{open_vault::OpenVault, record::RecordingLock};
use journey_speech::flac::FlacWriter;
use journey_vault::{
    VaultError,
    media::{BlobWriter, PcmReader},
    table::recordings::{Recording, RecordingKind, RecordingState},
};

/// Replaces captured samples by a FLAC of them. A failure leaves the samples as they are: this
/// saves space and is never a reason to lose or to bother.
pub(crate) fn compress(open: &OpenVault, recording: &Recording) {
    if recording.kind != RecordingKind::Captured || recording.n_samples == 0 {
        return;
    }
    if let Err(error) = try_compress(open, recording) {
        tracing::warn!(recording = %recording.id, error, "the sound stays uncompressed");
    }
}

fn try_compress(open: &OpenVault, recording: &Recording) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    // Damaged samples must not be replaced by a copy in which they are silence.
    let mut reader = open.vault.open_pcm(recording).map_err(|e| text(&e))?;
    // Until it is done, so that nobody takes the copy for one that was left by a crash.
    let _lock = RecordingLock::shared(open.vault.dir()).map_err(|e| e.message)?;
    let (kept, blob) = open
        .vault
        .begin_kept(recording.session, RecordingKind::KeptFlac, "audio/flac")
        .map_err(|e| text(&e))?;
    let replaced = replace(open, recording, (&mut reader, &kept, blob));
    if replaced.is_err() {
        // What cannot be removed now goes when the vault is opened next.
        drop(open.vault.write(|write| write.recordings().forget(kept.id)));
    }
    let swept = open.vault.sweep_session_media(recording.session);
    replaced.and(swept.map(drop).map_err(|e| text(&e)))
}

/// Fills the copy, and lets the samples go when it is the same.
fn replace(
    open: &OpenVault,
    recording: &Recording,
    (reader, kept, blob): (&mut PcmReader, &Recording, BlobWriter),
) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let mut flac = FlacWriter::new(blob, recording.n_samples).map_err(|e| text(&e))?;
    let mut block = vec![0; 16_000];
    let mut at = 0;
    loop {
        let n_read = reader.read(at, &mut block).map_err(|e| text(&e))?;
        let Some(samples) = block.get(..n_read).filter(|s| !s.is_empty()) else { break };
        flac.write(samples).map_err(|e| text(&e))?;
        at += n_read as u64;
    }
    let mut blob = flac.finish().map_err(|e| text(&e))?;
    let n_bytes = blob.finish().map_err(|e| text(&e))?;
    if at != recording.n_samples || !is_same(open, recording, kept)? {
        return Err("the copy is not the same".to_owned());
    }
    open.vault
        .write(|write| {
            write.recordings().seal(
                kept.id,
                RecordingState::Finished,
                recording.n_samples,
                n_bytes,
                &recording.marks,
            )?;
            write.recordings().forget(recording.id)
        })
        .map_err(|e: VaultError| text(&e))
}

/// Reads the copy back beside the samples before they are let go.
fn is_same(open: &OpenVault, captured: &Recording, kept: &Recording) -> Result<bool, String> {
    let mut a = SoundReader::open(&open.vault, captured, 0).map_err(|e| e.error.message)?;
    let mut b = SoundReader::open(&open.vault, kept, 0).map_err(|e| e.error.message)?;
    let (mut x, mut y) = (vec![0; 16_000], vec![0; 16_000]);
    loop {
        let n_x = fill(&mut a, &mut x)?;
        let n_y = fill(&mut b, &mut y)?;
        if n_x != n_y || x.get(..n_x) != y.get(..n_y) {
            return Ok(false);
        }
        if n_x == 0 {
            return Ok(true);
        }
    }
}

fn fill(reader: &mut SoundReader, out: &mut [i16]) -> Result<usize, String> {
    let mut filled = 0;
    while let Some(rest) = out.get_mut(filled..).filter(|r| !r.is_empty()) {
        match reader.next(rest).map_err(|e| e.error.message)? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}
