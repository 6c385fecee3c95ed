//! One opened microphone, from its ring to 16 kHz mono.

use super::{
    feed::{AfterRead, StreamFormat, StreamReader},
    host::{AudioError, InputDevice, InputStream, OpenStream},
};
use crate::{
    level::{LevelMeter, LevelReading},
    resample::{ResampleError, Resampler},
};
use std::{sync::Arc, time::Duration};

pub(super) struct Run {
    pub(super) device: InputDevice,
    /// Whether the device has been seen in the list: only then does its absence mean something.
    pub(super) was_listed: bool,
    /// Whether somebody is to be told of this microphone when its sound arrives.
    pub(super) announce: bool,
    stream: Box<dyn InputStream>,
    reader: StreamReader,
    format: StreamFormat,
    resampler: Resampler,
    meter: LevelMeter,
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    n_callbacks: u64,
}

/// What one [`Run::pump`] found.
pub(super) struct Pumped {
    /// How much sound came in.
    pub(super) duration: Duration,
    /// Whether some of it was cut off.
    pub(super) clipped: bool,
    /// Frames missing behind it, and how long that was. There may be more sound after them.
    pub(super) dropped: Option<(u64, Duration)>,
}

impl Run {
    pub(super) fn new(
        open: OpenStream,
        announce: bool,
        level: Arc<LevelReading>,
    ) -> Result<Self, AudioError> {
        let OpenStream { stream, reader, format, device } = open;
        let resampler = Resampler::new(format.rate_hz).map_err(|_| AudioError::Format)?;
        let n_samples_per_second =
            format.rate_hz.saturating_mul(u32::from(format.n_channels.max(1)));
        Ok(Self {
            device,
            was_listed: false,
            announce,
            stream,
            reader,
            format,
            resampler,
            meter: LevelMeter::new(n_samples_per_second, level),
            interleaved: Vec::new(),
            mono: Vec::new(),
            n_callbacks: 0,
        })
    }

    /// Whether the callback was called since this was last asked.
    pub(super) fn called(&mut self) -> bool {
        let n_callbacks = self.reader.n_callbacks();
        let called = n_callbacks != self.n_callbacks;
        self.n_callbacks = n_callbacks;
        called
    }

    pub(super) fn called_ever(&self) -> bool {
        self.n_callbacks > 0
    }

    /// How many callbacks had come when [`called`](Self::called) was last asked.
    pub(super) const fn n_callbacks(&self) -> u64 {
        self.n_callbacks
    }

    pub(super) fn failed(&self) -> bool {
        self.reader.failed()
    }

    /// Frames in a second.
    pub(super) const fn rate_hz(&self) -> u32 {
        self.format.rate_hz
    }

    pub(super) fn n_xruns(&self) -> u64 {
        self.reader.n_xruns()
    }

    /// Moves what has arrived into `out`, up to the next place where frames were dropped; there the
    /// filter is flushed, so that what follows starts afresh.
    pub(super) fn pump(&mut self, out: &mut Vec<i16>) -> Result<Pumped, ResampleError> {
        let after = self.reader.read(&mut self.interleaved);
        let clipped = self.meter.measure(&self.interleaved);
        let n_channels = usize::from(self.format.n_channels.max(1));
        let n_frames = self.interleaved.len() / n_channels;
        if n_channels == 1 {
            self.resampler.push(&self.interleaved, out)?;
        } else {
            self.mono.clear();
            self.mono.extend(
                self.interleaved
                    .chunks_exact(n_channels)
                    .map(|frame| frame.iter().sum::<f32>() / n_channels as f32),
            );
            self.resampler.push(&self.mono, out)?;
        }
        let dropped = match after {
            AfterRead::Empty => None,
            AfterRead::Dropped(n) => {
                self.resampler.flush(out)?;
                Some((n, self.duration_of(n)))
            }
        };
        Ok(Pumped { duration: self.duration_of(n_frames as u64), clipped, dropped })
    }

    /// Appends what the filter still holds.
    pub(super) fn flush(&mut self, out: &mut Vec<i16>) -> Result<(), ResampleError> {
        self.resampler.flush(out)
    }

    /// From here on the callback takes nothing more; what it took before can still be pumped.
    pub(super) fn close(&self) {
        self.reader.close();
    }

    /// The open microphone, to be dropped, and the frames that were dropped at the very end.
    pub(super) fn into_parts(self) -> (Box<dyn InputStream>, u64, Duration) {
        let n_dropped = self.reader.dropped_at_the_end();
        let duration = self.duration_of(n_dropped);
        (self.stream, n_dropped, duration)
    }

    fn duration_of(&self, n_frames: u64) -> Duration {
        let rate = u64::from(self.format.rate_hz.max(1));
        Duration::from_nanos(n_frames.saturating_mul(1_000_000_000) / rate)
    }
}
