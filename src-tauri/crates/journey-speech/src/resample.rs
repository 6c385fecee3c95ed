//! Any sample rate to 16 kHz, 16 bits, mono, as a stream.

use journey_domain::timeline::SAMPLE_RATE_HZ;
use rubato::{
    Fft, FixedSync, Indexing, Resampler as _, WindowFunction,
    audioadapter_buffers::direct::SequentialSlice,
};

/// Lowest rate that is taken, in Hz. Below it speech cannot be recognised.
pub const MIN_RATE_HZ: u32 = 4_000;
/// Highest rate that is taken, in Hz: four times the studio rate of 192 kHz.
pub const MAX_RATE_HZ: u32 = 768_000;

/// Why a stream cannot be resampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResampleError {
    /// A rate outside [`MIN_RATE_HZ`]..=[`MAX_RATE_HZ`].
    #[error("a sample rate of {0} Hz is not supported")]
    Rate(u32),
    /// The filter refused its input.
    #[error("resampling failed")]
    Filter,
}

/// Turns mono samples of one rate into 16 kHz samples of 16 bits.
///
/// The output depends on the samples alone, never on how they were cut into pushes. After
/// [`flush`](Self::flush) exactly `round(n * 16000 / rate)` samples have come out for `n` that went
/// in, aligned to them: the delay of the filter is cut off.
#[derive(Debug)]
pub struct Resampler {
    rate_hz: u32,
    filter: Option<Filter>,
}

#[derive(Debug)]
struct Filter {
    fft: Fft<f32>,
    waiting: Vec<f32>,
    made: Vec<f32>,
    n_to_skip: usize,
    n_fed: u64,
    n_out: u64,
}

impl Resampler {
    /// A resampler from `rate_hz`; at 16 kHz samples pass unchanged.
    ///
    /// # Errors
    /// [`ResampleError::Rate`] outside the supported range.
    pub fn new(rate_hz: u32) -> Result<Self, ResampleError> {
        if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate_hz) {
            return Err(ResampleError::Rate(rate_hz));
        }
        let filter = if rate_hz == SAMPLE_RATE_HZ {
            None
        } else {
            let mut fft = transform(rate_hz, rate_hz as usize / 50)?;
            if !fft.input_frames_next().is_multiple_of(2) {
                // Half of it is the delay, which has to be a whole sample.
                fft = transform(rate_hz, 2 * fft.input_frames_next())?;
            }
            Some(Filter {
                waiting: Vec::with_capacity(fft.input_frames_max()),
                made: vec![0.0; fft.output_frames_max()],
                n_to_skip: fft.output_delay(),
                n_fed: 0,
                n_out: 0,
                fft,
            })
        };
        Ok(Self { rate_hz, filter })
    }

    /// Rate of the input, in Hz.
    #[must_use]
    pub const fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// Takes mono samples (full scale is ±1) and appends what is ready to `out`.
    ///
    /// # Errors
    /// [`ResampleError::Filter`], which no input is known to cause.
    pub fn push(&mut self, mut samples: &[f32], out: &mut Vec<i16>) -> Result<(), ResampleError> {
        let Some(filter) = &mut self.filter else {
            out.extend(samples.iter().copied().map(to_i16));
            return Ok(());
        };
        filter.n_fed += samples.len() as u64;
        while !samples.is_empty() {
            let missing = filter.fft.input_frames_next() - filter.waiting.len();
            let (head, tail) = samples.split_at(missing.min(samples.len()));
            filter.waiting.extend_from_slice(head);
            samples = tail;
            if filter.waiting.len() == filter.fft.input_frames_next() {
                filter.run(None, u64::MAX, out)?;
                filter.waiting.clear();
            }
        }
        Ok(())
    }

    /// Appends the tail that the filter still holds, and starts anew.
    ///
    /// # Errors
    /// [`ResampleError::Filter`], which no input is known to cause.
    pub fn flush(&mut self, out: &mut Vec<i16>) -> Result<(), ResampleError> {
        let rate = u64::from(self.rate_hz);
        let Some(filter) = &mut self.filter else {
            return Ok(());
        };
        let due = (filter.n_fed * u64::from(SAMPLE_RATE_HZ) + rate / 2) / rate;
        while filter.n_out < due {
            let n_waiting = filter.waiting.len();
            filter.run(Some(n_waiting), due, out)?;
            filter.waiting.clear();
        }
        filter.fft.reset();
        filter.waiting.clear();
        filter.n_to_skip = filter.fft.output_delay();
        filter.n_fed = 0;
        filter.n_out = 0;
        Ok(())
    }
}

/// A filter over `n_frames` or a few more. 20 ms are sharp enough to keep speech up to 7 kHz.
fn transform(rate_hz: u32, n_frames: usize) -> Result<Fft<f32>, ResampleError> {
    Fft::new_custom(
        rate_hz as usize,
        SAMPLE_RATE_HZ as usize,
        n_frames,
        1,
        1,
        WindowFunction::BlackmanHarris2,
        FixedSync::Both,
    )
    .map_err(|_| ResampleError::Rate(rate_hz))
}

impl Filter {
    /// One transform. `n_valid` is set where the input is shorter than a transform.
    fn run(
        &mut self,
        n_valid: Option<usize>,
        due: u64,
        out: &mut Vec<i16>,
    ) -> Result<(), ResampleError> {
        let n_made = self.made.len();
        let input = SequentialSlice::new(&self.waiting, 1, self.waiting.len())
            .map_err(|_| ResampleError::Filter)?;
        let mut output = SequentialSlice::new_mut(&mut self.made, 1, n_made)
            .map_err(|_| ResampleError::Filter)?;
        let indexing = Indexing { partial_len: n_valid, ..Indexing::default() };
        let (_, n_new) = self
            .fft
            .process_into_buffer(&input, &mut output, Some(&indexing))
            .map_err(|_| ResampleError::Filter)?;
        let n_skipped = self.n_to_skip.min(n_new);
        self.n_to_skip -= n_skipped;
        let n_due = usize::try_from(due.saturating_sub(self.n_out)).unwrap_or(usize::MAX);
        let before = out.len();
        out.extend(self.made.iter().take(n_new).skip(n_skipped).take(n_due).copied().map(to_i16));
        self.n_out += (out.len() - before) as u64;
        Ok(())
    }
}

/// Full scale ±1 to 16 bits, rounded and limited; what is not a number becomes silence.
#[must_use]
pub fn to_i16(sample: f32) -> i16 {
    // `as` saturates, and makes 0 of NaN.
    (sample * 32_768.0).round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sine(rate_hz: u32, hz: f64, n: usize) -> Vec<f32> {
        (0..n)
            .map(|i| {
                0.5 * (std::f64::consts::TAU * hz * i as f64 / f64::from(rate_hz)).sin() as f32
            })
            .collect()
    }

    fn resampled(rate_hz: u32, samples: &[f32], cuts: &[usize]) -> Vec<i16> {
        let mut resampler = Resampler::new(rate_hz).unwrap();
        let (mut out, mut rest) = (Vec::new(), samples);
        for cut in cuts.iter().cycle().map(|c| c + 1) {
            if rest.is_empty() {
                break;
            }
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            resampler.push(head, &mut out).unwrap();
            rest = tail;
        }
        resampler.flush(&mut out).unwrap();
        out
    }

    #[test]
    fn a_tone_keeps_its_place_its_pitch_and_its_level() {
        for rate in [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000] {
            let out = resampled(rate, &sine(rate, 440.0, rate as usize), &[479]);
            let wanted = sine(16_000, 440.0, 16_000);
            assert_eq!(out.len(), 16_000, "at {rate} Hz");
            let worst = out
                .iter()
                .zip(&wanted)
                .skip(400)
                .take(15_200)
                .map(|(got, want)| (f32::from(*got) / 32_768.0 - want).abs())
                .fold(0.0, f32::max);
            assert!(worst < 0.01, "{worst} off at {rate} Hz");
        }
    }

    #[test]
    fn what_is_above_the_new_range_is_removed_and_not_folded_back() {
        let out = resampled(48_000, &sine(48_000, 11_000.0, 48_000), &[479]);
        let loudest = out.iter().skip(400).take(15_200).map(|s| s.unsigned_abs()).max().unwrap();
        assert!(loudest < 50, "{loudest}");
    }

    #[test]
    fn sixteen_bits_at_sixteen_kilohertz_pass_unchanged() {
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let floats: Vec<f32> = samples.iter().map(|s| f32::from(*s) / 32_768.0).collect();
        assert_eq!(resampled(16_000, &floats, &[99]), samples);
    }

    #[test]
    fn broken_samples_become_silence_or_full_scale() {
        assert_eq!([f32::NAN, 9.0, f32::NEG_INFINITY].map(to_i16), [0, i16::MAX, i16::MIN]);
    }

    #[test]
    fn absurd_rates_are_refused() {
        for rate in [0, 1, 3_999, 768_001, u32::MAX] {
            assert_eq!(Resampler::new(rate).unwrap_err(), ResampleError::Rate(rate));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_cutting_of_the_input_gives_the_same_samples_and_the_due_number(
            rate in prop::sample::select(vec![8_000u32, 16_000, 44_100, 48_000, 96_000]),
            n in 0usize..12_000,
            cuts in prop::collection::vec(0usize..3_000, 1..8),
        ) {
            let samples = sine(rate, 300.0, n);
            let out = resampled(rate, &samples, &cuts);
            prop_assert_eq!(&out, &resampled(rate, &samples, &[usize::MAX - 1]));
            let due = (n as f64 * 16_000.0 / f64::from(rate)).round() as usize;
            prop_assert_eq!(out.len(), due);
        }
    }
}
