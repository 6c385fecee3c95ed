//! The decoding itself, inside the worker process.

use super::{
    MediaInfo,
    opus::{OPUS_RATE_HZ, OpusTrack},
    recorded, sniff,
};
use crate::{
    resample::Resampler,
    worker::{
        protocol::{Failure, FromWorker, to_payload},
        reporter::Reporter,
    },
};
use std::{fs::File, os::unix::fs::FileExt};
use symphonia::core::{
    codecs::{
        CodecParameters,
        audio::{
            AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known,
        },
    },
    errors::Error,
    formats::{FormatOptions, FormatReader, Track, TrackType, probe::Hint},
    io::MediaSourceStream,
    meta::MetadataOptions,
    packet::Packet,
    units::{Duration, TimeBase},
};

/// Samples in a block: one second.
const BLOCK_SAMPLES: usize = 16_000;
/// Errors in a row after which the rest of a file counts as lost.
const MAX_ERRORS_IN_A_ROW: u32 = 1000;
/// Channels beyond which a header is taken for damaged.
const MAX_CHANNELS: usize = 64;

/// Decodes a file and reports blocks, and what came of it.
pub(crate) fn run(file: File, extension: Option<&str>, reporter: &Reporter) {
    reporter.send(&decode(file, extension, reporter).unwrap_or_else(FromWorker::Failed));
}

fn decode(file: File, extension: Option<&str>, reporter: &Reporter) -> Result<FromWorker, Failure> {
    let mut head = [0; 16];
    let n_head = file.read_at(&mut head, 0).map_err(|_| Failure::Internal)?;
    let known = sniff::is_known(head.get(..n_head).unwrap_or_default());
    // An MP3 stream may begin with rubbish; no other kind is searched for by its name.
    if !known && extension.is_none_or(|e| !e.eq_ignore_ascii_case("mp3")) {
        return Err(Failure::UnknownFormat);
    }
    let created = recorded::of_mp4(&file);
    let mut hint = Hint::new();
    if let Some(extension) = extension {
        hint.with_extension(extension);
    }
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let probed = symphonia::default::get_probe().probe(
        &hint,
        stream,
        FormatOptions::default(),
        MetadataOptions::default(),
    );
    let mut format = probed.map_err(|error| match error {
        Error::Unsupported(_) if !known => Failure::UnknownFormat,
        _ => Failure::DamagedMedia,
    })?;
    let track = sound_track(format.as_ref())?.clone();
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(Failure::NoAudioTrack);
    };
    let mut decoder = Decoder::new(parameters)?;
    let tagged = format.metadata().skip_to_latest().and_then(recorded::of_tags);
    reporter.send(&FromWorker::Media(MediaInfo {
        container: format.format_info().short_name.to_owned(),
        codec: codec_name(parameters.codec),
        rate_hz: parameters.sample_rate.unwrap_or_default(),
        n_channels: parameters.channels.as_ref().map_or(0, |c| c.count() as u32),
        claimed_ms: claimed_ms(&track, parameters),
        recorded_unix_s: created.or(tagged),
    }));
    let mut output = Output::new(reporter);
    let cut_off = decode_packets(format.as_mut(), &track, &mut decoder, &mut output)?;
    output.finish()?;
    Ok(FromWorker::Decoded { lost_samples: output.n_lost, cut_off })
}

/// The track to hear: the default one with sound, or the first whose coding is known.
fn sound_track(format: &dyn FormatReader) -> Result<&Track, Failure> {
    format
        .default_track(TrackType::Audio)
        .or_else(|| format.first_track(TrackType::Audio))
        .ok_or(Failure::NoAudioTrack)
}

/// Reads to the end; says whether the file broke off before it.
fn decode_packets(
    format: &mut dyn FormatReader,
    track: &Track,
    decoder: &mut Decoder,
    output: &mut Output<'_>,
) -> Result<bool, Failure> {
    let mut n_errors = 0;
    loop {
        output.reporter.tick();
        if n_errors > MAX_ERRORS_IN_A_ROW {
            return Ok(true);
        }
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return Ok(false),
            Err(Error::DecodeError(_)) => {
                n_errors += 1;
                continue;
            }
            Err(Error::ResetRequired) => {
                // A chained stream: its next link has tracks of its own, and is not gone into.
                return Ok(true);
            }
            Err(_) => return Ok(true),
        };
        if packet.track_id != track.id {
            continue;
        }
        match decoder.decode(&packet, track.time_base, output) {
            Ok(()) => n_errors = 0,
            Err(DecodeStep::Lost) => {
                n_errors += 1;
                output.silence(packet.dur, track.time_base)?;
            }
            Err(DecodeStep::Failed(failure)) => return Err(failure),
        }
    }
}

enum Decoder {
    Symphonia(Box<dyn AudioDecoder>, Vec<f32>),
    Opus(Box<OpusTrack>),
}

enum DecodeStep {
    /// The packet is damaged.
    Lost,
    Failed(Failure),
}

impl From<Failure> for DecodeStep {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Decoder {
    fn new(parameters: &AudioCodecParameters) -> Result<Self, Failure> {
        let unsupported = || Failure::UnsupportedCodec { codec: codec_name(parameters.codec) };
        let n_channels = parameters.channels.as_ref().map_or(1, |c| c.count());
        if n_channels > MAX_CHANNELS {
            return Err(Failure::DamagedMedia);
        }
        if parameters.codec == well_known::CODEC_ID_OPUS {
            let opus = OpusTrack::new(parameters.extra_data.as_deref(), n_channels);
            return Ok(Self::Opus(Box::new(opus.map_err(|_| unsupported())?)));
        }
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| match error {
                Error::Unsupported(_) => unsupported(),
                _ => Failure::DamagedMedia,
            })?;
        Ok(Self::Symphonia(decoder, Vec::new()))
    }

    fn decode(
        &mut self,
        packet: &Packet,
        time_base: Option<TimeBase>,
        output: &mut Output<'_>,
    ) -> Result<(), DecodeStep> {
        match self {
            Self::Symphonia(decoder, samples) => {
                let sound = decoder.decode(packet).map_err(|error| match error {
                    Error::ResetRequired => DecodeStep::Failed(Failure::DamagedMedia),
                    _ => DecodeStep::Lost,
                })?;
                let (rate, n_channels) = (sound.spec().rate(), sound.spec().channels().count());
                sound.copy_to_vec_interleaved(samples);
                output.push(samples, n_channels, rate)?;
            }
            Self::Opus(opus) => {
                let n_channels = opus.n_channels();
                let trimmed = frames_of(packet.trim_start, time_base, OPUS_RATE_HZ);
                let to_skip = opus.to_skip;
                let sound = opus.decode(&packet.data).map_err(|_| DecodeStep::Lost)?;
                let n_frames = sound.len() / n_channels;
                let start = to_skip.max(trimmed).min(n_frames);
                let end = n_frames
                    .saturating_sub(frames_of(packet.trim_end, time_base, OPUS_RATE_HZ))
                    .max(start);
                let kept = sound.get(start * n_channels..end * n_channels);
                output.push(kept.unwrap_or_default(), n_channels, OPUS_RATE_HZ)?;
                opus.to_skip = to_skip.saturating_sub(n_frames);
            }
        }
        Ok(())
    }
}

/// A span of a track in frames of a rate, at most 10 seconds: it comes from a foreign file.
fn frames_of(span: Duration, time_base: Option<TimeBase>, rate: u32) -> usize {
    let seconds =
        time_base.and_then(|base| base.calc_duration(span)).map_or(0.0, |time| time.as_secs_f64());
    (seconds.clamp(0.0, 10.0) * f64::from(rate)).round() as usize
}

/// Makes 16 kHz mono blocks of whatever comes.
struct Output<'a> {
    reporter: &'a Reporter,
    resampler: Option<Resampler>,
    mono: Vec<f32>,
    ready: Vec<i16>,
    /// Samples, at 16 kHz, that stand for damaged packets.
    n_lost: u64,
}

impl<'a> Output<'a> {
    const fn new(reporter: &'a Reporter) -> Self {
        Self { reporter, resampler: None, mono: Vec::new(), ready: Vec::new(), n_lost: 0 }
    }

    fn push(&mut self, sound: &[f32], n_channels: usize, rate: u32) -> Result<(), Failure> {
        if sound.is_empty() || n_channels == 0 {
            return Ok(());
        }
        self.mono.clear();
        self.mono.extend(
            sound.chunks_exact(n_channels).map(|f| f.iter().sum::<f32>() / n_channels as f32),
        );
        let resampler = match &mut self.resampler {
            Some(resampler) if resampler.rate_hz() == rate => resampler,
            // A stream may change its rate on the way.
            other => {
                if let Some(mut old) = other.take() {
                    old.flush(&mut self.ready).map_err(|_| Failure::Internal)?;
                }
                other.insert(Resampler::new(rate).map_err(|_| Failure::DamagedMedia)?)
            }
        };
        resampler.push(&self.mono, &mut self.ready).map_err(|_| Failure::Internal)?;
        self.send(BLOCK_SAMPLES);
        Ok(())
    }

    /// Keeps the place of a damaged packet, so that times stay right.
    fn silence(&mut self, span: Duration, time_base: Option<TimeBase>) -> Result<(), Failure> {
        let Some(rate) = self.resampler.as_ref().map(Resampler::rate_hz) else { return Ok(()) };
        let n_frames = frames_of(span, time_base, rate);
        self.n_lost += n_frames as u64 * 16_000 / u64::from(rate);
        self.push(&vec![0.0; n_frames], 1, rate)
    }

    fn finish(&mut self) -> Result<(), Failure> {
        if let Some(mut resampler) = self.resampler.take() {
            resampler.flush(&mut self.ready).map_err(|_| Failure::Internal)?;
        }
        self.send(1);
        Ok(())
    }

    fn send(&mut self, least: usize) {
        if self.ready.len() < least {
            return;
        }
        for block in self.ready.chunks(BLOCK_SAMPLES) {
            self.reporter.send_with(&FromWorker::Block, &to_payload(block));
        }
        self.ready.clear();
    }
}

fn claimed_ms(track: &Track, parameters: &AudioCodecParameters) -> Option<u64> {
    if let (Some(duration), Some(base)) = (track.duration, track.time_base) {
        return u64::try_from(base.calc_duration(duration)?.as_millis()).ok();
    }
    let rate = u64::from(parameters.sample_rate?);
    track.num_frames?.checked_mul(1000)?.checked_div(rate)
}

/// The coding's short name; of those that are not decoded, the ones that are met in recordings.
fn codec_name(id: AudioCodecId) -> String {
    use well_known as known;
    if id == known::CODEC_ID_OPUS {
        return "opus".to_owned();
    }
    if let Some(decoder) = symphonia::default::get_codecs().get_audio_decoder(id) {
        return decoder.codec.info.short_name.to_owned();
    }
    let name = match id {
        known::CODEC_ID_AC3 => "AC-3",
        known::CODEC_ID_EAC3 => "E-AC-3",
        known::CODEC_ID_DCA => "DTS",
        known::CODEC_ID_WMA => "WMA",
        known::CODEC_ID_SPEEX => "Speex",
        known::CODEC_ID_MP1 | known::CODEC_ID_MP2 => "MPEG layer 1 or 2",
        known::CODEC_ID_WAVPACK => "WavPack",
        known::CODEC_ID_TRUEHD => "TrueHD",
        known::CODEC_ID_TTA => "TTA",
        _ => "something unknown",
    };
    name.to_owned()
}
