//! Messages between the program and its worker.
//!
//! A frame is two little-endian u32 (length of header, length of payload), a JSON header and a
//! payload of 16-bit little-endian samples.

use crate::decode::MediaInfo;
use journey_domain::transcript::Word;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, Read, Write};

/// Longest header that is read: far above any segment's words.
const MAX_HEADER_BYTES: usize = 4 << 20;
/// Longest payload that is read: a 10-minute piece is 19.2 MB.
const MAX_PAYLOAD_BYTES: usize = 32 << 20;

/// What the program tells its worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToWorker {
    /// Recognise the samples in the payload.
    Transcribe {
        /// Number of the job, counted up from 1.
        job: u64,
        /// ISO 639-1 code; found out where absent.
        language: Option<String>,
        /// Threads to compute with.
        n_threads: usize,
    },
    /// Stop a job.
    Cancel {
        /// Its number.
        job: u64,
    },
}

/// What the worker tells the program.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromWorker {
    /// Sent first.
    Hello(Hello),
    /// Sent each second; `ticks` stands still when no work is getting done.
    Alive { ticks: u64 },
    /// The model is loaded.
    Loaded,
    /// A window is done. Times from the start of the job's samples.
    Provisional { text: String, start_ms: u64, end_ms: u64 },
    /// A segment with its words, after the whole job.
    Final { text: String, start_ms: u64, end_ms: u64, probability: f32, words: Vec<Word> },
    /// Share of the job that is done.
    Progress { share: f32 },
    /// The job is done.
    Done { language: Option<String> },
    /// The job failed.
    Failed(Failure),
    /// What a media file says about itself.
    Media(MediaInfo),
    /// Decoded samples are in the payload.
    Block,
    /// A media file is decoded; damaged packets became `lost_samples` of silence.
    Decoded { lost_samples: u64, cut_off: bool },
}

/// How a worker is confined.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Whether it can open no file but the one it was given.
    pub files_denied: bool,
    /// Whether it can open no socket and start no program.
    pub network_denied: bool,
    /// Its limit of memory in bytes, where one applies.
    pub memory_limit: Option<u64>,
}

/// Why a worker could not do its job.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Failure {
    UnsupportedCpu { missing: String },
    OutOfMemory,
    ModelRefused,
    UnknownLanguage { code: String },
    Cancelled,
    Recognition,
    UnknownFormat,
    NoAudioTrack,
    UnsupportedCodec { codec: String },
    DamagedMedia,
    Internal,
}

/// Writes one frame and flushes.
pub(crate) fn write_frame(
    to: &mut (impl Write + ?Sized),
    header: &impl Serialize,
    payload: &[u8],
) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    to.write_all(&length(header.len())?.to_le_bytes())?;
    to.write_all(&length(payload.len())?.to_le_bytes())?;
    to.write_all(&header)?;
    to.write_all(payload)?;
    to.flush()
}

/// Reads one frame; `None` at the end of the stream.
pub(crate) fn read_frame<T: DeserializeOwned>(
    from: &mut impl Read,
) -> io::Result<Option<(T, Vec<u8>)>> {
    let Some(n_header) = read_length(from)? else { return Ok(None) };
    let n_payload = read_length(from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
    if n_header > MAX_HEADER_BYTES || n_payload > MAX_PAYLOAD_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a message is too long"));
    }
    let mut header = vec![0; n_header];
    from.read_exact(&mut header)?;
    let mut payload = vec![0; n_payload];
    from.read_exact(&mut payload)?;
    Ok(Some((serde_json::from_slice(&header)?, payload)))
}

fn length(n: usize) -> io::Result<u32> {
    u32::try_from(n)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "a message is too long"))
}

fn read_length(from: &mut impl Read) -> io::Result<Option<usize>> {
    let mut bytes = [0; 4];
    match from.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(u32::from_le_bytes(bytes) as usize)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Samples as a payload.
pub(crate) fn to_payload(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|s| s.to_le_bytes()).collect()
}

/// The samples of a payload.
pub(crate) fn from_payload(payload: &[u8]) -> impl Iterator<Item = i16> {
    let (pairs, _) = payload.as_chunks::<2>();
    pairs.iter().map(|pair| i16::from_le_bytes(*pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_as_it_was_written() {
        let mut wire = Vec::new();
        write_frame(&mut wire, &ToWorker::Cancel { job: 7 }, &to_payload(&[1, -2, i16::MIN]))
            .unwrap();
        let mut wire = wire.as_slice();
        let (header, payload) = read_frame::<ToWorker>(&mut wire).unwrap().unwrap();
        assert!(matches!(header, ToWorker::Cancel { job: 7 }));
        assert!(from_payload(&payload).eq([1, -2, i16::MIN]));
        assert!(read_frame::<ToWorker>(&mut wire).unwrap().is_none());
    }

    #[test]
    fn an_absurd_length_is_refused_before_memory_is_taken() {
        let wire = [0, 0, 0, 0, 255, 255, 255, 255, 1];
        assert!(read_frame::<ToWorker>(&mut wire.as_slice()).is_err());
    }
}
