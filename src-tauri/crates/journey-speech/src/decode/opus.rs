//! Opus, which symphonia names and does not decode.
//!
//! opus-decoder is pure Rust without unsafe code, so a hostile stream meets no C.

use opus_decoder::{OpusDecoder, OpusError, OpusMultistreamDecoder};

/// Opus always counts at this rate.
pub(super) const OPUS_RATE_HZ: u32 = 48_000;
/// Longest packet: 120 ms.
const MAX_FRAMES: usize = OPUS_RATE_HZ as usize * 120 / 1000;

/// A decoder for one Opus track.
pub(super) struct OpusTrack {
    streams: Streams,
    n_channels: usize,
    gain: f32,
    /// Frames that are still to be thrown away at the start, as the header says.
    pub(super) to_skip: usize,
    pcm: Vec<f32>,
}

enum Streams {
    One(Box<OpusDecoder>),
    Many(Box<OpusMultistreamDecoder>),
}

impl OpusTrack {
    /// A decoder by the track's `OpusHead` (RFC 7845, 5.1), or by its channels where there is none.
    pub(super) fn new(head: Option<&[u8]>, n_channels: usize) -> Result<Self, OpusError> {
        let header = head.and_then(Header::read);
        let n_channels = header.as_ref().map_or(n_channels, |h| h.n_channels);
        let streams = match header.as_ref().and_then(|h| h.mapping.as_ref()) {
            Some((n_streams, n_coupled, mapping)) => {
                Streams::Many(Box::new(OpusMultistreamDecoder::new(
                    OPUS_RATE_HZ,
                    n_channels,
                    *n_streams,
                    *n_coupled,
                    mapping,
                )?))
            }
            None => Streams::One(Box::new(OpusDecoder::new(OPUS_RATE_HZ, n_channels)?)),
        };
        Ok(Self {
            streams,
            n_channels,
            gain: header.as_ref().map_or(1.0, |h| h.gain),
            to_skip: header.map_or(0, |h| h.pre_skip),
            pcm: vec![0.0; MAX_FRAMES * n_channels],
        })
    }

    pub(super) const fn n_channels(&self) -> usize {
        self.n_channels
    }

    /// Interleaved samples of a packet.
    pub(super) fn decode(&mut self, packet: &[u8]) -> Result<&[f32], OpusError> {
        let n_frames = match &mut self.streams {
            Streams::One(one) => one.decode_float(packet, &mut self.pcm, false)?,
            Streams::Many(many) => many.decode_float(packet, &mut self.pcm, false)?,
        };
        let pcm =
            self.pcm.get_mut(..n_frames * self.n_channels).ok_or(OpusError::BufferTooSmall)?;
        if self.gain != 1.0 {
            pcm.iter_mut().for_each(|sample| *sample *= self.gain);
        }
        Ok(pcm)
    }
}

struct Header {
    n_channels: usize,
    pre_skip: usize,
    gain: f32,
    /// Streams, coupled streams, and which of their channels goes where.
    mapping: Option<(usize, usize, Vec<u8>)>,
}

impl Header {
    fn read(head: &[u8]) -> Option<Self> {
        let rest = head.strip_prefix(b"OpusHead")?;
        let [version, channels, s0, s1, _, _, _, _, g0, g1, family, rest @ ..] = rest else {
            return None;
        };
        // An MP4 file has version 0 and big-endian numbers, which symphonia hands on as they are.
        let (pre_skip, gain) = if *version == 0 {
            (u16::from_be_bytes([*s0, *s1]), i16::from_be_bytes([*g0, *g1]))
        } else {
            (u16::from_le_bytes([*s0, *s1]), i16::from_le_bytes([*g0, *g1]))
        };
        let n_channels = usize::from(*channels);
        let mapping = match (family, rest) {
            (0, _) => None,
            (_, [n_streams, n_coupled, mapping @ ..]) => {
                let mapping = mapping.get(..n_channels)?.to_vec();
                Some((usize::from(*n_streams), usize::from(*n_coupled), mapping))
            }
            _ => return None,
        };
        // The gain is in 1/256 dB.
        let gain_db = f32::from(gain) / 256.0;
        Some(Self {
            n_channels,
            pre_skip: usize::from(pre_skip),
            gain: if gain_db == 0.0 { 1.0 } else { 10f32.powf(gain_db / 20.0) },
            mapping,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn a_header_says_channels_skip_gain_and_mapping() {
        let stereo = b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0";
        let header = Header::read(stereo).unwrap();
        assert_eq!((header.n_channels, header.pre_skip), (2, 312));
        assert!(header.mapping.is_none() && header.gain == 1.0);
        let surround = b"OpusHead\x01\x03\0\0\0\0\0\0\0\x06\x01\x02\x01\0\x02\x01";
        let header = Header::read(surround).unwrap();
        assert_eq!(header.mapping, Some((2, 1, vec![0, 2, 1])));
        assert!((header.gain - 1.9953).abs() < 1e-3);
        let in_mp4 = Header::read(b"OpusHead\0\x01\x01\x38\0\0\xbb\x80\0\0\0").unwrap();
        assert_eq!(in_mp4.pre_skip, 312);
        assert!(Header::read(b"OpusHead\x01\x03\0\0\0\0\0\0\0\0\x01\x02").is_none());
    }
}
