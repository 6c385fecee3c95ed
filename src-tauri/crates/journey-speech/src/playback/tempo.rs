//! From 16 kHz at the speed of speech to the speaker's rate at the person's tempo, pitch unchanged.

use journey_domain::timeline::SAMPLE_RATE_HZ;
use rubato::{
    Fft, FixedSync, Indexing, Resampler as _, audioadapter_buffers::direct::SequentialSlice,
};
use std::num::{NonZeroU16, NonZeroU32};
use wsola::TimeStretch;

/// The slowest and the fastest tempo.
pub(super) const TEMPO: std::ops::RangeInclusive<f32> = 0.5..=2.0;

/// Why sound cannot be brought to a speaker's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sound cannot be brought to the speaker's rate")]
pub(super) struct NoSuchRate;

/// Changes tempo, then rate. At tempo 1 and 16 kHz samples pass unchanged.
pub(super) struct Tempo {
    stretch: Option<TimeStretch>,
    rate: Option<ToRate>,
    stretched: Vec<f32>,
}

impl Tempo {
    pub(super) fn new(tempo: f32, rate_hz: u32) -> Result<Self, NoSuchRate> {
        let stretch = if (tempo - 1.0).abs() < 0.01 {
            None
        } else {
            let from_hz = NonZeroU32::new(SAMPLE_RATE_HZ).ok_or(NoSuchRate)?;
            let mut stretch = TimeStretch::new(from_hz, NonZeroU16::MIN).map_err(|_| NoSuchRate)?;
            stretch.set_tempo(tempo);
            Some(stretch)
        };
        let rate = match rate_hz {
            SAMPLE_RATE_HZ => None,
            other => Some(ToRate::new(other)?),
        };
        Ok(Self { stretch, rate, stretched: Vec::new() })
    }

    /// Takes samples and appends what is ready.
    pub(super) fn push(&mut self, samples: &[i16], out: &mut Vec<f32>) {
        let loud = samples.iter().map(|&sample| f32::from(sample) / 32_768.0);
        self.stretched.clear();
        match &mut self.stretch {
            None => self.stretched.extend(loud),
            Some(stretch) => {
                let loud: Vec<f32> = loud.collect();
                stretch.push(&loud);
                pull(stretch, &mut self.stretched);
            }
        }
        self.hand_on(out);
    }

    /// Appends what is left.
    pub(super) fn finish(&mut self, out: &mut Vec<f32>) {
        self.stretched.clear();
        if let Some(stretch) = &mut self.stretch {
            stretch.set_draining();
            pull(stretch, &mut self.stretched);
        }
        self.hand_on(out);
        if let Some(rate) = &mut self.rate {
            rate.finish(out);
        }
    }

    fn hand_on(&mut self, out: &mut Vec<f32>) {
        match &mut self.rate {
            Some(rate) => rate.push(&self.stretched, out),
            None => out.extend_from_slice(&self.stretched),
        }
    }
}

fn pull(stretch: &mut TimeStretch, out: &mut Vec<f32>) {
    let mut block = vec![0.0; stretch.min_output_buff_size()];
    while let Ok(n) = stretch.pull(&mut block) {
        out.extend(block.iter().take(n));
        if n == 0 {
            break;
        }
    }
}

/// From 16 kHz to another rate, aligned: the delay of the filter is cut off.
struct ToRate {
    fft: Fft<f32>,
    rate_hz: u32,
    waiting: Vec<f32>,
    made: Vec<f32>,
    n_to_skip: usize,
    n_fed: u64,
    n_out: u64,
}

impl ToRate {
    fn new(rate_hz: u32) -> Result<Self, NoSuchRate> {
        let from_hz = SAMPLE_RATE_HZ as usize;
        let transform = |n_frames| {
            Fft::new(from_hz, rate_hz as usize, n_frames, 1, FixedSync::Both)
                .map_err(|_| NoSuchRate)
        };
        let mut fft = transform(from_hz / 50)?;
        if !fft.output_frames_next().is_multiple_of(2) {
            // Half of it is the delay, which has to be a whole sample.
            fft = transform(2 * fft.input_frames_next())?;
        }
        Ok(Self {
            waiting: Vec::with_capacity(fft.input_frames_max()),
            made: vec![0.0; fft.output_frames_max()],
            n_to_skip: fft.output_delay(),
            rate_hz,
            n_fed: 0,
            n_out: 0,
            fft,
        })
    }

    fn push(&mut self, mut samples: &[f32], out: &mut Vec<f32>) {
        self.n_fed += samples.len() as u64;
        while !samples.is_empty() {
            let missing = self.fft.input_frames_next() - self.waiting.len();
            let (head, tail) = samples.split_at(missing.min(samples.len()));
            self.waiting.extend_from_slice(head);
            samples = tail;
            if self.waiting.len() == self.fft.input_frames_next() {
                self.run(u64::MAX, out);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<f32>) {
        let due = self.n_fed * u64::from(self.rate_hz) / u64::from(SAMPLE_RATE_HZ);
        while self.n_out < due {
            let before = self.n_out;
            self.waiting.resize(self.fft.input_frames_next(), 0.0);
            self.run(due, out);
            // Two runs bring out whatever the filter holds; without progress there is nothing.
            if self.n_out == before && self.n_to_skip == 0 {
                break;
            }
        }
    }

    fn run(&mut self, due: u64, out: &mut Vec<f32>) {
        let n_made = self.made.len();
        let processed = SequentialSlice::new(&self.waiting, 1, self.waiting.len())
            .ok()
            .zip(SequentialSlice::new_mut(&mut self.made, 1, n_made).ok())
            .and_then(|(input, mut output)| {
                self.fft.process_into_buffer(&input, &mut output, Some(&Indexing::default())).ok()
            });
        self.waiting.clear();
        let n_new = processed.map_or(0, |(_, n_new)| n_new);
        let n_skipped = self.n_to_skip.min(n_new);
        self.n_to_skip -= n_skipped;
        let n_due = usize::try_from(due.saturating_sub(self.n_out)).unwrap_or(usize::MAX);
        let before = out.len();
        out.extend(self.made.iter().take(n_new).skip(n_skipped).take(n_due));
        self.n_out += (out.len() - before) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tone(hz: f64, n: usize) -> Vec<i16> {
        (0..n)
            .map(|i| {
                let turn = std::f64::consts::TAU * hz * i as f64 / f64::from(SAMPLE_RATE_HZ);
                (12_000.0 * turn.sin()) as i16
            })
            .collect()
    }

    fn through(tempo: f32, rate_hz: u32, samples: &[i16], block: usize) -> Vec<f32> {
        let mut it = Tempo::new(tempo, rate_hz).unwrap();
        let mut out = Vec::new();
        for part in samples.chunks(block) {
            it.push(part, &mut out);
        }
        it.finish(&mut out);
        out
    }

    /// Upward crossings of zero.
    fn crossings(samples: &[f32]) -> usize {
        samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    }

    #[test]
    fn at_the_speed_of_speech_and_16_khz_samples_pass_unchanged() {
        let samples = tone(440.0, 16_000);
        let expected: Vec<f32> = samples.iter().map(|s| f32::from(*s) / 32_768.0).collect();
        assert_eq!(through(1.0, 16_000, &samples, 777), expected);
    }

    #[test]
    fn another_rate_keeps_length_pitch_and_place() {
        for rate_hz in [8_000_u32, 22_050, 44_100, 48_000, 96_000] {
            let out = through(1.0, rate_hz, &tone(440.0, 16_000), 320);
            assert_eq!(out.len(), rate_hz as usize, "at {rate_hz} Hz");
            let worst = (rate_hz as usize / 10..rate_hz as usize * 9 / 10)
                .map(|i| {
                    let turn = std::f64::consts::TAU * 440.0 * i as f64 / f64::from(rate_hz);
                    (f64::from(out[i]) - 12_000.0 / 32_768.0 * turn.sin()).abs()
                })
                .fold(0.0, f64::max);
            assert!(worst < 0.01, "{worst} off at {rate_hz} Hz");
        }
    }

    #[test]
    fn another_tempo_changes_the_length_and_keeps_the_pitch() {
        for tempo in [0.5_f32, 0.75, 1.25, 1.5, 2.0] {
            let out = through(tempo, 16_000, &tone(220.0, 32_000), 320);
            let seconds = out.len() as f64 / 16_000.0;
            assert!((seconds - 2.0 / f64::from(tempo)).abs() < 0.06, "{seconds} s at {tempo}");
            let hz = crossings(&out) as f64 / seconds;
            assert!((hz - 220.0).abs() < 6.0, "{hz} Hz at {tempo}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn any_cutting_gives_the_same_sound(n in 0_usize..8_000, block in 1_usize..3_000) {
            let samples = tone(300.0, n);
            let whole = through(1.0, 48_000, &samples, usize::MAX);
            prop_assert_eq!(whole.len(), n * 3);
            prop_assert_eq!(through(1.0, 48_000, &samples, block), whole);
        }
    }
}
