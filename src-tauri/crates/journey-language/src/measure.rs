//! Precision, recall, F1, calibration error and the choice of thresholds.

/// Hits, false alarms and misses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Given and right.
    pub hits: u32,
    /// Given and wrong.
    pub false_alarms: u32,
    /// Right and not given.
    pub misses: u32,
}

impl Counts {
    /// Adds one decision.
    pub const fn add(&mut self, given: bool, right: bool) {
        match (given, right) {
            (true, true) => self.hits += 1,
            (true, false) => self.false_alarms += 1,
            (false, true) => self.misses += 1,
            (false, false) => {}
        }
    }

    /// Share of given labels that are right; 0 where none was given.
    #[must_use]
    pub fn precision(self) -> f64 {
        ratio(self.hits, self.hits + self.false_alarms)
    }

    /// Share of right labels that were given; 0 where there is none.
    #[must_use]
    pub fn recall(self) -> f64 {
        ratio(self.hits, self.hits + self.misses)
    }

    /// Harmonic mean of both.
    #[must_use]
    pub fn f1(self) -> f64 {
        ratio(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)
    }
}

fn ratio(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}

/// Expected calibration error of one label over ten equal bins of probability.
#[must_use]
pub fn calibration_error(answers: &[(f32, bool)]) -> f64 {
    let mut bins = [(0_u32, 0.0_f64, 0_u32); 10];
    for &(p, right) in answers {
        if let Some(bin) = bins.get_mut(((p * 10.0) as usize).min(9)) {
            bin.0 += 1;
            bin.1 += f64::from(p);
            bin.2 += u32::from(right);
        }
    }
    let total = answers.len().max(1) as f64;
    bins.iter().map(|&(_, sum, right)| (sum - f64::from(right)).abs() / total).sum()
}

/// The threshold with the best F1 of a smoothed curve, so that a rare label does not follow one
/// lucky example: each candidate is judged by the mean F1 of the candidates near it.
#[must_use]
pub fn best_threshold(answers: &[(f32, bool)]) -> f32 {
    const STEPS: usize = 120;
    // Even steps on the logit scale from 0.01 to 0.95 keep rare labels apart.
    let at = |step: usize| {
        let logit = -4.6 + 7.5 * step as f32 / STEPS as f32;
        1.0 / (1.0 + (-logit).exp())
    };
    let curve: Vec<f64> = (0..=STEPS)
        .map(|step| {
            let threshold = at(step);
            let mut counts = Counts::default();
            for &(p, right) in answers {
                counts.add(p >= threshold, right);
            }
            counts.f1()
        })
        .collect();
    let smooth = |step: usize| {
        let near =
            curve.get(step.saturating_sub(4)..(step + 5).min(curve.len())).unwrap_or_default();
        near.iter().sum::<f64>() / near.len().max(1) as f64
    };
    (0..=STEPS).max_by(|&a, &b| smooth(a).total_cmp(&smooth(b))).map_or(0.5, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threshold_parts_what_can_be_parted() {
        let answers: Vec<(f32, bool)> = (0..100).map(|i| (i as f32 / 100.0, i >= 60)).collect();
        let threshold = best_threshold(&answers);
        assert!((0.5..0.7).contains(&threshold), "{threshold}");
    }

    #[test]
    fn honest_probabilities_have_no_calibration_error() {
        let honest: Vec<(f32, bool)> = (0..100).map(|i| (0.25, i % 4 == 0)).collect();
        assert!(calibration_error(&honest) < 1e-6);
        let boasting: Vec<(f32, bool)> = (0..100).map(|i| (0.95, i % 4 == 0)).collect();
        assert!(calibration_error(&boasting) > 0.6);
    }
}
