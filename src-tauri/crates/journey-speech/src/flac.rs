//! Lossless storage of 16 kHz mono sound as FLAC.
//!
//! Sound is coded frame by frame, so that memory stays flat whatever the length. The header tells
//! the length, which is known beforehand, so that nothing written has to be written over: sealed
//! files cannot be. It tells no checksum of the whole; every frame has its own.

use flacenc::{
    bitsink::ByteSink,
    component::{BitRepr, StreamInfo},
    config,
    error::{Verified, Verify},
    source::{Fill, FrameBuf},
};
use std::io::{self, Read, Seek, Write};
use symphonia::core::{
    audio::{Audio, GenericAudioBufferRef},
    codecs::audio::{AudioDecoder, AudioDecoderOptions},
    errors::Error as SymphoniaError,
    formats::{FormatOptions, FormatReader, TrackType},
    io::{MediaSourceStream, ReadOnlySource},
};

/// Samples in a frame: the size that FLAC's own encoder uses, a quarter of a second here.
const FRAME_SAMPLES: usize = 4096;
const RATE_HZ: usize = 16_000;
const BITS: usize = 16;
/// Length of the marker and the one metadata block.
const HEADER_BYTES: usize = 42;
/// Where the header has the number of samples, 36 bits, the upper four after as many of other use.
const TOTAL_AT: usize = 21;

/// Why sound could not be coded or decoded.
#[derive(Debug, thiserror::Error)]
pub enum FlacError {
    /// The encoder refused.
    #[error("the sound could not be compressed: {0}")]
    Encode(String),
    /// The stream is damaged or not FLAC of 16-bit mono sound.
    #[error("the stored sound is damaged")]
    Damaged,
    /// There were more or fewer samples than told.
    #[error("the sound has another length than was told")]
    Length,
    /// Reading or writing failed.
    #[error("the stored sound could not be read or written")]
    Io(#[from] io::Error),
}

/// Writes samples as they come.
pub struct FlacWriter<W: Write> {
    writer: W,
    config: Verified<config::Encoder>,
    info: StreamInfo,
    frame: FrameBuf,
    pending: Vec<i32>,
    n_frames: usize,
    n_left: u64,
}

impl<W: Write> FlacWriter<W> {
    /// Begins a stream of exactly `n_samples`.
    ///
    /// # Errors
    /// [`FlacError::Io`], [`FlacError::Encode`].
    pub fn new(mut writer: W, n_samples: u64) -> Result<Self, FlacError> {
        let config = config::Encoder::default().into_verified().map_err(|(_, e)| encode(e))?;
        let mut info = StreamInfo::new(RATE_HZ, 1, BITS).map_err(encode)?;
        info.set_block_sizes(FRAME_SAMPLES, FRAME_SAMPLES).map_err(encode)?;
        info.set_total_samples(usize::try_from(n_samples).map_err(encode)?);
        write_header(&mut writer, &info)?;
        Ok(Self {
            writer,
            config,
            info,
            frame: FrameBuf::with_size(1, FRAME_SAMPLES).map_err(encode)?,
            pending: Vec::with_capacity(FRAME_SAMPLES),
            n_frames: 0,
            n_left: n_samples,
        })
    }

    /// Adds samples.
    ///
    /// # Errors
    /// [`FlacError`], also for more samples than were told; the stream is of no use then.
    pub fn write(&mut self, mut samples: &[i16]) -> Result<(), FlacError> {
        self.n_left = self.n_left.checked_sub(samples.len() as u64).ok_or(FlacError::Length)?;
        while !samples.is_empty() {
            let room = FRAME_SAMPLES - self.pending.len();
            let (now, later) = samples.split_at(room.min(samples.len()));
            self.pending.extend(now.iter().map(|&s| i32::from(s)));
            samples = later;
            if self.pending.len() == FRAME_SAMPLES {
                self.write_frame()?;
            }
        }
        Ok(())
    }

    /// Writes the rest and hands the writer back at the stream's end.
    ///
    /// # Errors
    /// [`FlacError`], also for fewer samples than were told.
    pub fn finish(mut self) -> Result<W, FlacError> {
        if self.n_left > 0 {
            return Err(FlacError::Length);
        }
        if !self.pending.is_empty() {
            self.frame.resize(self.pending.len());
            self.write_frame()?;
        }
        self.writer.flush()?;
        Ok(self.writer)
    }

    fn write_frame(&mut self) -> Result<(), FlacError> {
        self.frame.fill_interleaved(&self.pending).map_err(encode)?;
        self.pending.clear();
        let frame =
            flacenc::encode_fixed_size_frame(&self.config, &self.frame, self.n_frames, &self.info)
                .map_err(encode)?;
        self.n_frames += 1;
        let mut sink = ByteSink::new();
        frame.write(&mut sink).map_err(encode)?;
        self.writer.write_all(sink.as_slice())?;
        Ok(())
    }
}

/// Marker and the one metadata block, 42 bytes whatever it says.
fn write_header(writer: &mut impl Write, info: &StreamInfo) -> Result<(), FlacError> {
    let mut sink = ByteSink::new();
    info.write(&mut sink).map_err(encode)?;
    // 0x80: last metadata block, of type STREAMINFO; then its length of 34 bytes.
    writer.write_all(b"fLaC\x80\x00\x00\x22")?;
    writer.write_all(sink.as_slice())?;
    Ok(())
}

fn encode(error: impl std::fmt::Display) -> FlacError {
    FlacError::Encode(error.to_string())
}

/// Reads the samples of a stream made by [`FlacWriter`], one after the other.
pub struct FlacReader {
    // `None` for a stream without samples.
    frames: Option<Frames>,
    total: Option<u64>,
    // Samples up to the end of the last frame that was decoded or passed over.
    n_passed: u64,
    block: Vec<i16>,
    used: usize,
}

struct Frames {
    reader: symphonia::default::formats::FlacReader<'static>,
    decoder: Box<dyn AudioDecoder>,
    #[cfg(test)]
    n_decoded: usize,
}

impl FlacReader {
    /// Opens a stream.
    ///
    /// # Errors
    /// [`FlacError::Damaged`], [`FlacError::Io`].
    pub fn new(mut source: impl Read + Seek + Send + Sync + 'static) -> Result<Self, FlacError> {
        let mut header = [0; HEADER_BYTES];
        source.read_exact(&mut header).map_err(|e| decode(SymphoniaError::IoError(e)))?;
        // The writer always states the number; a stream of none is right, and symphonia refuses it.
        if let Some([high, low @ ..]) = header.get(TOTAL_AT..TOTAL_AT + 5)
            && high & 0x0F == 0
            && low == [0; 4]
        {
            return Ok(Self { frames: None, total: None, n_passed: 0, block: Vec::new(), used: 0 });
        }
        source.rewind()?;
        let source = ReadOnlySource::new(source);
        let stream = MediaSourceStream::new(Box::new(source), Default::default());
        let reader =
            symphonia::default::formats::FlacReader::try_new(stream, FormatOptions::default())
                .map_err(decode)?;
        let track = reader.default_track(TrackType::Audio).ok_or(FlacError::Damaged)?;
        let params =
            track.codec_params.as_ref().and_then(|p| p.audio()).ok_or(FlacError::Damaged)?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(decode)?;
        let total = track.num_frames;
        let frames = Some(Frames {
            reader,
            decoder,
            #[cfg(test)]
            n_decoded: 0,
        });
        Ok(Self { frames, total, n_passed: 0, block: Vec::new(), used: 0 })
    }

    /// Fills `out` with the next samples; gives how many, 0 at the end.
    ///
    /// # Errors
    /// [`FlacError::Damaged`], [`FlacError::Io`]; samples given before are right, checked frame by
    /// frame.
    pub fn read(&mut self, out: &mut [i16]) -> Result<usize, FlacError> {
        if self.used == self.block.len() && !self.next_frame(0)? {
            return Ok(0);
        }
        let ready = self.block.get(self.used..).unwrap_or_default();
        let n_read = ready.len().min(out.len());
        for (to, from) in out.iter_mut().zip(ready) {
            *to = *from;
        }
        self.used += n_read;
        Ok(n_read)
    }

    /// Goes on at a later sample; the end for one beyond it. What lies before it is passed over, frame
    /// by frame, and not decoded.
    ///
    /// # Errors
    /// [`FlacError::Damaged`], [`FlacError::Io`].
    pub fn skip_to(&mut self, sample: u64) -> Result<(), FlacError> {
        loop {
            let at = self.n_passed - (self.block.len() - self.used) as u64;
            let missing = sample.saturating_sub(at);
            if missing == 0 {
                return Ok(());
            }
            if self.used == self.block.len() {
                if !self.next_frame(sample)? {
                    return Ok(());
                }
                continue;
            }
            let ready = (self.block.len() - self.used) as u64;
            self.used += usize::try_from(missing.min(ready)).unwrap_or_default();
        }
    }

    /// Decodes the next frame that does not end before this sample; `false` at the end.
    fn next_frame(&mut self, sample: u64) -> Result<bool, FlacError> {
        let Some(frames) = &mut self.frames else { return Ok(false) };
        loop {
            let Some(packet) = frames.reader.next_packet().map_err(decode)? else {
                let is_whole = self.total.is_none_or(|total| total == self.n_passed);
                return if is_whole { Ok(false) } else { Err(FlacError::Damaged) };
            };
            let end = self.n_passed + packet.dur.get();
            if end <= sample {
                self.n_passed = end;
                continue;
            }
            let decoded = frames.decoder.decode(&packet).map_err(decode)?;
            let GenericAudioBufferRef::S32(buffer) = decoded else {
                return Err(FlacError::Damaged);
            };
            let plane = buffer.plane(0).ok_or(FlacError::Damaged)?;
            self.block.clear();
            // Decoded samples stand in the upper 16 of 32 bits.
            self.block.extend(plane.iter().map(|&s| (s >> 16) as i16));
            self.n_passed += self.block.len() as u64;
            self.used = 0;
            #[cfg(test)]
            {
                frames.n_decoded += 1;
            }
            return Ok(true);
        }
    }
}

fn decode(error: SymphoniaError) -> FlacError {
    match error {
        SymphoniaError::IoError(e) if e.kind() != io::ErrorKind::UnexpectedEof => FlacError::Io(e),
        _ => FlacError::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn decoded(bytes: Vec<u8>) -> Result<Vec<i16>, FlacError> {
        let mut reader = FlacReader::new(Cursor::new(bytes))?;
        let (mut samples, mut block) = (Vec::new(), [0; 777]);
        loop {
            match reader.read(&mut block)? {
                0 => return Ok(samples),
                n => samples.extend_from_slice(&block[..n]),
            }
        }
    }

    fn encoded(samples: &[i16], block: usize) -> Vec<u8> {
        let mut flac = FlacWriter::new(Vec::new(), samples.len() as u64).unwrap();
        for part in samples.chunks(block) {
            flac.write(part).unwrap();
        }
        flac.finish().unwrap()
    }

    #[test]
    fn a_length_that_does_not_hold_is_refused() {
        let mut flac = FlacWriter::new(Vec::<u8>::new(), 10).unwrap();
        assert!(matches!(flac.write(&[0; 11]), Err(FlacError::Length)));
        let flac = FlacWriter::new(Vec::<u8>::new(), 10).unwrap();
        assert!(matches!(flac.finish(), Err(FlacError::Length)));
    }

    #[test]
    fn silence_of_no_length_has_a_header_alone() {
        let bytes = encoded(&[], 1);
        assert_eq!(bytes.len(), 42);
        assert!(decoded(bytes).unwrap().is_empty());
    }

    #[test]
    fn a_cut_stream_is_told_as_damaged() {
        let samples: Vec<i16> = (0..20_000).map(|i| (i * 37 % 1000) as i16).collect();
        let mut bytes = encoded(&samples, 1000);
        bytes.truncate(bytes.len() - 500);
        assert!(matches!(decoded(bytes), Err(FlacError::Damaged)));
    }

    #[test]
    fn what_is_skipped_is_not_decoded() {
        let samples: Vec<i16> = (0..60 * 16_000).map(|i| (i * 37 % 1000) as i16).collect();
        let mut reader = FlacReader::new(Cursor::new(encoded(&samples, 4_000))).unwrap();
        let last = samples.len() - 16_000;
        reader.skip_to(last as u64).unwrap();
        let (mut rest, mut block) = (Vec::new(), [0; 777]);
        loop {
            match reader.read(&mut block).unwrap() {
                0 => break,
                n => rest.extend_from_slice(&block[..n]),
            }
        }
        assert_eq!(rest, samples[last..]);
        let n_decoded = reader.frames.unwrap().n_decoded;
        assert!((1..=6).contains(&n_decoded), "{n_decoded} frames for a second");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn every_sample_comes_back_whatever_the_blocks(
            samples in prop::collection::vec(any::<i16>(), 0..9000),
            block in 1_usize..5000,
        ) {
            prop_assert_eq!(decoded(encoded(&samples, block)).unwrap(), samples);
        }

        #[test]
        fn reading_goes_on_at_any_later_sample(
            n_samples in 1usize..20_000,
            first in 0usize..22_000,
            before in 0usize..5000,
        ) {
            let samples: Vec<i16> = (0..n_samples).map(|i| (i * 37 % 1000) as i16).collect();
            let mut reader = FlacReader::new(Cursor::new(encoded(&samples, 4000))).unwrap();
            let n_before = reader.read(&mut vec![0; before]).unwrap();
            reader.skip_to(first as u64).unwrap();
            let from = first.max(n_before).min(n_samples);
            let mut next = [0; 1];
            let n_read = reader.read(&mut next).unwrap();
            prop_assert_eq!(n_read == 0, from == n_samples);
            if n_read > 0 {
                prop_assert_eq!(next[0], samples[from]);
            }
        }
    }
}
