//! The sound system of this computer: PulseAudio (PipeWire speaks it too), else ALSA, and what cpal
//! offers on other systems.

use super::{
    feed::{StreamAlarm, StreamFeed, StreamFormat, StreamReader, stream_channel},
    host::{AudioError, AudioHost, DeviceId, InputDevice, InputStream, OpenStream},
};
use cpal::{
    BufferSize, Device, ErrorKind, FromSample, I24, SampleFormat, SizedSample, StreamConfig, U24,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long opening may take: a busy computer's sound server may need seconds.
pub(crate) const OPEN_TIMEOUT: Duration = Duration::from_secs(4);

/// Callbacks a second: short enough that a kill loses little, long enough to cost nothing.
const CALLBACKS_PER_SECOND: u32 = 25;

/// How long a poorer sound system stands in for a server that was too slow to answer. Each look for the
/// server costs cpal a thread where it hangs.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Microphones through cpal.
#[derive(Default)]
pub struct CpalHost {
    host: Mutex<Option<Found>>,
}

/// The sound system that answered.
struct Found {
    host: Arc<cpal::Host>,
    at: Instant,
}

impl Found {
    fn now() -> Self {
        Self { host: Arc::new(cpal::default_host()), at: Instant::now() }
    }

    /// Whether a better one may answer by now. Not while one of its streams runs: its microphone would
    /// look like one that was unplugged.
    fn stood_in_long_enough(&self) -> bool {
        self.at.elapsed() >= LOOK_AGAIN_AFTER
            && Arc::strong_count(&self.host) == 1
            && cpal::available_hosts().first() != Some(&self.host.id())
    }
}

impl std::fmt::Debug for CpalHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CpalHost").finish_non_exhaustive()
    }
}

struct CpalStream {
    _stream: cpal::Stream,
    _host: Arc<cpal::Host>,
}

impl InputStream for CpalStream {}

impl CpalHost {
    /// Connects when it is first asked for something.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn host(&self) -> Arc<cpal::Host> {
        keep_alsa_quiet();
        let mut found = self.host.lock().unwrap_or_else(PoisonError::into_inner);
        if found.as_ref().is_some_and(Found::stood_in_long_enough) {
            *found = None;
        }
        Arc::clone(&found.get_or_insert_with(Found::now).host)
    }

    /// Maps an error. After one that says the server is gone, the next call connects anew.
    fn mapped(&self, error: &cpal::Error) -> AudioError {
        if matches!(error.kind(), ErrorKind::StreamInvalidated | ErrorKind::HostUnavailable) {
            *self.host.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        match error.kind() {
            ErrorKind::DeviceNotAvailable => AudioError::NoDevice,
            ErrorKind::PermissionDenied => AudioError::Permission,
            ErrorKind::DeviceBusy => AudioError::Busy,
            ErrorKind::UnsupportedConfig => AudioError::Format,
            ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated => AudioError::Unavailable,
            _ => AudioError::Failed,
        }
    }

    fn described(&self, device: &Device, default: Option<&str>) -> Result<InputDevice, AudioError> {
        let id = device.id().map_err(|e| self.mapped(&e))?.to_string();
        let name = device.description().map_err(|e| self.mapped(&e))?.name().to_owned();
        Ok(InputDevice { is_default: default == Some(&id), id: DeviceId::new(id), name })
    }
}

fn default_id(host: &cpal::Host) -> Option<String> {
    Some(host.default_input_device()?.id().ok()?.to_string())
}

impl AudioHost for CpalHost {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        let host = self.host();
        let default = default_id(&host);
        let devices = host.input_devices().map_err(|e| self.mapped(&e))?;
        Ok(devices
            .filter_map(|device| self.described(&device, default.as_deref()).ok())
            .filter(|device| is_microphone(device.id.as_str()))
            .collect())
    }

    fn open(&self, device: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        let host = self.host();
        let found = match device {
            Some(id) => id.as_str().parse().ok().and_then(|id| host.device_by_id(&id)),
            None => host.default_input_device(),
        };
        let Some(found) = found else {
            // A server that died looks like a computer without microphones: connect anew next time.
            *self.host.lock().unwrap_or_else(PoisonError::into_inner) = None;
            return Err(AudioError::NoDevice);
        };
        let supported = found.default_input_config().map_err(|e| self.mapped(&e))?;
        let config = supported.config();
        let format = StreamFormat { rate_hz: config.sample_rate, n_channels: config.channels };
        let short = BufferSize::Fixed((config.sample_rate / CALLBACKS_PER_SECOND).max(1));
        let sample_format = supported.sample_format();
        let (stream, reader) =
            build(&found, StreamConfig { buffer_size: short, ..config }, format, sample_format)
                .or_else(|_| build(&found, config, format, sample_format))
                .map_err(|e| self.mapped(&e))?;
        stream.play().map_err(|e| self.mapped(&e))?;
        let device = self.described(&found, default_id(&host).as_deref())?;
        let stream = Box::new(CpalStream { _stream: stream, _host: host });
        Ok(OpenStream { stream, reader, format, device })
    }
}

fn build(
    device: &Device,
    config: StreamConfig,
    format: StreamFormat,
    sample_format: SampleFormat,
) -> Result<(cpal::Stream, StreamReader), cpal::Error> {
    let (feed, alarm, reader) = stream_channel(format);
    let stream = match sample_format {
        SampleFormat::F32 => build_as::<f32>(device, config, feed, alarm),
        SampleFormat::F64 => build_as::<f64>(device, config, feed, alarm),
        SampleFormat::I8 => build_as::<i8>(device, config, feed, alarm),
        SampleFormat::I16 => build_as::<i16>(device, config, feed, alarm),
        SampleFormat::I24 => build_as::<I24>(device, config, feed, alarm),
        SampleFormat::I32 => build_as::<i32>(device, config, feed, alarm),
        SampleFormat::I64 => build_as::<i64>(device, config, feed, alarm),
        SampleFormat::U8 => build_as::<u8>(device, config, feed, alarm),
        SampleFormat::U16 => build_as::<u16>(device, config, feed, alarm),
        SampleFormat::U24 => build_as::<U24>(device, config, feed, alarm),
        SampleFormat::U32 => build_as::<u32>(device, config, feed, alarm),
        SampleFormat::U64 => build_as::<u64>(device, config, feed, alarm),
        _ => Err(cpal::Error::new(ErrorKind::UnsupportedConfig)),
    }?;
    Ok((stream, reader))
}

fn build_as<T>(
    device: &Device,
    config: StreamConfig,
    mut feed: StreamFeed,
    alarm: StreamAlarm,
) -> Result<cpal::Stream, cpal::Error>
where
    T: SizedSample + Send + 'static,
    f32: FromSample<T>,
{
    device.build_input_stream::<T, _, _>(
        config,
        move |samples, _| feed.push(samples),
        move |error| match error.kind() {
            ErrorKind::Xrun => alarm.xrun(),
            kind if ends_a_stream(kind) => alarm.stream_failed(),
            // The stream lives on. A silent change of device is seen in the list, a stream that is
            // dead all the same by the callbacks that do not come.
            _ => {}
        },
        Some(OPEN_TIMEOUT),
    )
}

/// Whether nothing more can come through a stream after this error. A busy sound server makes ALSA
/// report others by the hundred while a stream starts or stumbles, and goes on a moment later.
pub(crate) const fn ends_a_stream(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::DeviceNotAvailable
            | ErrorKind::StreamInvalidated
            | ErrorKind::HostUnavailable
            | ErrorKind::PermissionDenied
            | ErrorKind::UnsupportedConfig
            | ErrorKind::UnsupportedOperation
    )
}

/// alsa-lib explains each failure in many lines on standard error, of which a person gets one
/// sentence from us. Its handler belongs to the thread that asks.
#[cfg(target_os = "linux")]
pub(crate) fn keep_alsa_quiet() {
    thread_local! {
        static QUIET: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }
    if !QUIET.replace(true) {
        // What could not be kept quiet is only ugly.
        drop(alsa::Output::local_error_handler());
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) const fn keep_alsa_quiet() {}

/// ALSA lists its converters and sinks among the devices. A microphone is a card, or the name that
/// stands for the default one.
fn is_microphone(id: &str) -> bool {
    const CARDS: [&str; 7] =
        ["hw:", "plughw:", "sysdefault", "default", "front:", "dsnoop:", "usbstream:"];
    id.strip_prefix("alsa:").is_none_or(|name| CARDS.iter().any(|card| name.starts_with(card)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn converters_and_sinks_are_no_microphones() {
        for id in ["alsa:null", "alsa:jack", "alsa:speexrate", "alsa:upmix", "alsa:lavrate"] {
            assert!(!is_microphone(id), "{id}");
        }
        for id in ["alsa:hw:CARD=PCH,DEV=0", "alsa:default", "pulseaudio:vmic.monitor"] {
            assert!(is_microphone(id), "{id}");
        }
    }
}
