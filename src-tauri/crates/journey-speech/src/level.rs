//! How loud the microphone is: peak, mean, clipping, and whether there is a signal at all.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

/// What digital silence reads as, in dB below full scale.
pub const SILENCE_DBFS: f32 = -120.0;

/// A sample this close to full scale was cut off: the largest value of 16 bits is 0.99997.
const CLIPPED: f32 = 0.9999;

/// One reading of the meter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Loudest sample of the last window, in dB below full scale.
    pub peak_dbfs: f32,
    /// Root mean square of the last window, in dB below full scale.
    pub rms_dbfs: f32,
    /// Whether a sample was cut off within the last second.
    pub clipping: bool,
    /// Whether there were only zeros for five seconds or more.
    pub no_signal: bool,
}

/// Measures windows of 50 ms and keeps the last one for readers on other threads.
#[derive(Debug)]
pub struct LevelMeter {
    reading: Arc<LevelReading>,
    window: usize,
    clip_hold: usize,
    n_in_window: usize,
    peak: f32,
    sum_of_squares: f64,
    n_since_clip: usize,
}

/// The last window of a [`LevelMeter`].
#[derive(Debug)]
pub struct LevelReading {
    peak: AtomicU32,
    rms: AtomicU32,
    clipping: AtomicBool,
    no_signal: AtomicBool,
}

impl LevelReading {
    /// A reading of silence, before anything was measured.
    #[must_use]
    pub fn silent() -> Self {
        Self {
            peak: AtomicU32::new(0),
            rms: AtomicU32::new(0),
            clipping: AtomicBool::new(false),
            no_signal: AtomicBool::new(false),
        }
    }

    /// The last window.
    #[must_use]
    pub fn get(&self) -> Level {
        Level {
            peak_dbfs: dbfs(f32::from_bits(self.peak.load(Ordering::Relaxed))),
            rms_dbfs: dbfs(f32::from_bits(self.rms.load(Ordering::Relaxed))),
            clipping: self.clipping.load(Ordering::Relaxed),
            no_signal: self.no_signal.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn set_no_signal(&self, no_signal: bool) {
        self.no_signal.store(no_signal, Ordering::Relaxed);
    }

    pub(crate) fn clear(&self) {
        self.peak.store(0, Ordering::Relaxed);
        self.rms.store(0, Ordering::Relaxed);
        self.clipping.store(false, Ordering::Relaxed);
    }
}

impl LevelMeter {
    /// A meter for samples at `rate_hz` (all channels together) that writes to `reading`.
    #[must_use]
    pub fn new(rate_hz: u32, reading: Arc<LevelReading>) -> Self {
        let rate = rate_hz.max(20) as usize;
        Self {
            reading,
            window: rate / 20,
            clip_hold: rate,
            n_in_window: 0,
            peak: 0.0,
            sum_of_squares: 0.0,
            n_since_clip: rate,
        }
    }

    /// Measures samples (full scale is ±1). Returns whether one of them was cut off.
    pub fn measure(&mut self, samples: &[f32]) -> bool {
        let mut clipped = false;
        for sample in samples {
            let size = sample.abs();
            self.peak = self.peak.max(size);
            self.sum_of_squares += f64::from(*sample) * f64::from(*sample);
            self.n_since_clip = if size >= CLIPPED { 0 } else { self.n_since_clip + 1 };
            clipped |= size >= CLIPPED;
            self.n_in_window += 1;
            if self.n_in_window == self.window {
                self.publish();
            }
        }
        clipped
    }

    fn publish(&mut self) {
        let rms = (self.sum_of_squares / self.n_in_window as f64).sqrt() as f32;
        self.reading.peak.store(self.peak.to_bits(), Ordering::Relaxed);
        self.reading.rms.store(rms.to_bits(), Ordering::Relaxed);
        self.reading.clipping.store(self.n_since_clip < self.clip_hold, Ordering::Relaxed);
        self.n_in_window = 0;
        self.peak = 0.0;
        self.sum_of_squares = 0.0;
    }
}

fn dbfs(size: f32) -> f32 {
    if size > 0.0 { (20.0 * size.log10()).max(SILENCE_DBFS) } else { SILENCE_DBFS }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(samples: &[f32]) -> Level {
        let reading = Arc::new(LevelReading::silent());
        LevelMeter::new(16_000, Arc::clone(&reading)).measure(samples);
        reading.get()
    }

    #[test]
    fn half_of_full_scale_reads_six_decibels_below_it() {
        let level = level_of(&[0.5; 800]);
        assert!((level.peak_dbfs + 6.02).abs() < 0.01);
        assert!((level.rms_dbfs + 6.02).abs() < 0.01);
        assert!(!level.clipping);
    }

    #[test]
    fn zeros_read_as_silence() {
        assert_eq!(level_of(&[0.0; 800]).peak_dbfs, SILENCE_DBFS);
    }

    #[test]
    fn a_cut_off_sample_shows_for_one_second() {
        let mut samples = vec![0.1; 8_000];
        samples[10] = 32_767.0 / 32_768.0;
        assert!(level_of(&samples).clipping);
        samples.resize(16_800, 0.1);
        assert!(!level_of(&samples).clipping);
    }
}
