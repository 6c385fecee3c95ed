//! What this computer plays on, through cpal.

use super::{
    host::{AudioOutput, OpenOutput, OutputError, OutputStream},
    queue::{OutputAlarm, OutputTap, output_channel},
};
use crate::capture::cpal_host::{OPEN_TIMEOUT, ends_a_stream, keep_alsa_quiet};
use cpal::{
    BufferSize, Device, ErrorKind, FromSample, I24, OutputCallbackInfo, SampleFormat, SizedSample,
    StreamConfig, U24,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};

/// Callbacks a second: what is ready is taken at once, and so much of it that a busy computer makes
/// no gaps.
const CALLBACKS_PER_SECOND: u32 = 4;

/// The default speaker, found anew each time: it may have changed since.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpalOutput;

struct CpalStream {
    _stream: cpal::Stream,
    _host: cpal::Host,
}

impl OutputStream for CpalStream {}

fn mapped(error: &cpal::Error) -> OutputError {
    match error.kind() {
        ErrorKind::DeviceNotAvailable => OutputError::NoDevice,
        ErrorKind::DeviceBusy => OutputError::Busy,
        ErrorKind::UnsupportedConfig => OutputError::Format,
        ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated => OutputError::Unavailable,
        _ => OutputError::Failed,
    }
}

impl AudioOutput for CpalOutput {
    fn open(&self) -> Result<OpenOutput, OutputError> {
        keep_alsa_quiet();
        let host = cpal::default_host();
        let device = host.default_output_device().ok_or(OutputError::NoDevice)?;
        let supported = device.default_output_config().map_err(|error| match mapped(&error) {
            // A name without a device behind it, as ALSA's `default` on a computer without sound.
            OutputError::Failed => OutputError::NoDevice,
            other => other,
        })?;
        let (config, format) = (supported.config(), supported.sample_format());
        let rate_hz = config.sample_rate;
        let short = BufferSize::Fixed((rate_hz / CALLBACKS_PER_SECOND).max(1));
        let (tap, alarm, queue) = output_channel(rate_hz);
        let first =
            build(&device, StreamConfig { buffer_size: short, ..config }, format, tap, alarm);
        let (stream, queue) = match first {
            Ok(stream) => (stream, queue),
            Err(_) => {
                let (tap, alarm, queue) = output_channel(rate_hz);
                let built = build(&device, config, format, tap, alarm);
                (built.map_err(|error| mapped(&error))?, queue)
            }
        };
        stream.play().map_err(|error| mapped(&error))?;
        Ok(OpenOutput { stream: Box::new(CpalStream { _stream: stream, _host: host }), queue })
    }
}

fn build(
    device: &Device,
    config: StreamConfig,
    format: SampleFormat,
    tap: OutputTap,
    alarm: OutputAlarm,
) -> Result<cpal::Stream, cpal::Error> {
    match format {
        SampleFormat::F32 => build_as::<f32>(device, config, tap, alarm),
        SampleFormat::F64 => build_as::<f64>(device, config, tap, alarm),
        SampleFormat::I8 => build_as::<i8>(device, config, tap, alarm),
        SampleFormat::I16 => build_as::<i16>(device, config, tap, alarm),
        SampleFormat::I24 => build_as::<I24>(device, config, tap, alarm),
        SampleFormat::I32 => build_as::<i32>(device, config, tap, alarm),
        SampleFormat::I64 => build_as::<i64>(device, config, tap, alarm),
        SampleFormat::U8 => build_as::<u8>(device, config, tap, alarm),
        SampleFormat::U16 => build_as::<u16>(device, config, tap, alarm),
        SampleFormat::U24 => build_as::<U24>(device, config, tap, alarm),
        SampleFormat::U32 => build_as::<u32>(device, config, tap, alarm),
        SampleFormat::U64 => build_as::<u64>(device, config, tap, alarm),
        _ => Err(cpal::Error::new(ErrorKind::UnsupportedConfig)),
    }
}

fn build_as<T>(
    device: &Device,
    config: StreamConfig,
    mut tap: OutputTap,
    alarm: OutputAlarm,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + FromSample<f32> + Send + 'static,
{
    let (n_channels, rate_hz) = (config.channels, config.sample_rate);
    device.build_output_stream::<T, _, _>(
        config,
        move |samples, info| tap.fill(samples, n_channels, latency(info, rate_hz)),
        move |error| match error.kind() {
            kind if ends_a_stream(kind) => alarm.stream_failed(),
            // The stream lives on after these.
            ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
            _ => alarm.stream_stumbled(),
        },
        Some(OPEN_TIMEOUT),
    )
}

/// How long what is written now is on its way, in frames.
fn latency(info: &OutputCallbackInfo, rate_hz: u32) -> u64 {
    let at = info.timestamp();
    let way = at.playback.duration_since(at.callback);
    u64::try_from(way.as_micros()).unwrap_or(0).saturating_mul(u64::from(rate_hz)) / 1_000_000
}
