//! Training of [`LinearModel`]s: repeatable to the bit for one seed.

#![allow(clippy::indexing_slicing, reason = "dense numeric loops over rows sized by this module")]

use crate::{
    features::{Families, Feature},
    linear::{BadModel, IDF_STEPS, Label, LinearModel, logistic},
};
use std::collections::HashMap;

/// One labelled text.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its features.
    pub features: Vec<Feature>,
    /// Which labels it has, one bit each.
    pub labels: u64,
    /// How much it counts; 1 for most.
    pub weight: f32,
}

/// How to train.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Passes over the data.
    pub epochs: usize,
    /// Step size of AdaGrad.
    pub rate: f32,
    /// L2 penalty per example.
    pub decay: f32,
    /// Features seen in fewer examples are left out.
    pub min_examples: u32,
    /// At most so many features are kept, the most telling ones.
    pub max_features: usize,
    /// How much more a positive example of a rare label counts, 0 for not at all: its weight is
    /// (share of negatives / share of positives) to this power.
    pub balance: f32,
    /// How freely a weight may grow whose feature tells nothing of the label by itself; what tells
    /// more grows more freely (NB-SVM: S. Wang and C. Manning, ACL 2012).
    pub least_scale: f32,
    /// Of the generator that orders examples.
    pub seed: u64,
}

/// Features with their document frequencies: the columns of the weights.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    position: HashMap<u32, u32>,
    prints: Vec<u32>,
    idf: Vec<u8>,
    counts: Vec<u32>,
}

/// Weights before they are rounded.
#[derive(Clone, Debug)]
pub struct Weights {
    n_labels: usize,
    bias: Vec<f32>,
    rows: Vec<f32>,
}

/// An example as positions and values, normalised to length 1.
pub type Row = Vec<(u32, f32)>;

impl Vocabulary {
    /// All features that at least `min_examples` examples have.
    #[must_use]
    pub fn of<'e>(examples: impl IntoIterator<Item = &'e Example>, min_examples: u32) -> Self {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        let mut n_examples = 0;
        for example in examples {
            n_examples += 1;
            for feature in &example.features {
                *counts.entry(feature.print).or_default() += 1;
            }
        }
        let kept: Vec<(u32, u32)> =
            counts.into_iter().filter(|(_, n)| *n >= min_examples).collect();
        Self::new(kept, n_examples)
    }

    fn new(mut kept: Vec<(u32, u32)>, n_examples: usize) -> Self {
        kept.sort_unstable();
        let idf = |n: u32| {
            let idf = ((1.0 + n_examples as f32) / (1.0 + n as f32)).ln() + 1.0;
            (idf * IDF_STEPS).round().clamp(1.0, 255.0) as u8
        };
        Self {
            position: kept.iter().enumerate().map(|(i, (print, _))| (*print, i as u32)).collect(),
            prints: kept.iter().map(|(print, _)| *print).collect(),
            idf: kept.iter().map(|(_, n)| idf(*n)).collect(),
            counts: kept.iter().map(|(_, n)| *n).collect(),
        }
    }

    /// How many features.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.prints.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }

    /// The `n` features whose weights move scores most over the data.
    #[must_use]
    pub fn most_telling(&self, weights: &Weights, n: usize, n_examples: usize) -> Self {
        let l = weights.n_labels;
        let mut worth: Vec<(f32, usize)> = (0..self.len())
            .map(|i| {
                let size: f32 = weights.rows[i * l..(i + 1) * l].iter().map(|w| w * w).sum();
                ((self.counts[i] as f32).sqrt() * f32::from(self.idf[i]) * size.sqrt(), i)
            })
            .collect();
        worth.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let kept = worth.iter().take(n).map(|&(_, i)| (self.prints[i], self.counts[i])).collect();
        Self::new(kept, n_examples)
    }

    /// The example in this vocabulary.
    #[must_use]
    pub fn row(&self, features: &[Feature]) -> Row {
        let mut row: Row = features
            .iter()
            .filter_map(|f| {
                let at = *self.position.get(&f.print)?;
                Some((at, f.weight * f32::from(self.idf[at as usize]) / IDF_STEPS))
            })
            .collect();
        let norm = row.iter().map(|(_, v)| v * v).sum::<f32>().sqrt();
        if norm > 0.0 {
            for (_, value) in &mut row {
                *value /= norm;
            }
        }
        row
    }
}

impl Weights {
    /// Raw scores of one row.
    #[must_use]
    pub fn scores(&self, row: &Row) -> Vec<f32> {
        let mut scores = self.bias.clone();
        for &(at, value) in row {
            let at = at as usize * self.n_labels;
            for (score, w) in scores.iter_mut().zip(&self.rows[at..at + self.n_labels]) {
                *score += value * w;
            }
        }
        scores
    }
}

/// SplitMix64: a small generator whose numbers depend on its seed alone.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Puts `items` in a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = (self.next() % (i as u64 + 1)) as usize;
            items.swap(i, j);
        }
    }
}

/// How freely each weight may grow: `least` and the size of the log of how much likelier the feature
/// is with the label than without, as naive Bayes counts it.
fn scales(
    vocabulary: &Vocabulary,
    rows: &[Row],
    targets: &[Vec<f32>],
    n_labels: usize,
    least: f32,
) -> Vec<f32> {
    let n = n_labels;
    let mut with = vec![1.0_f32; vocabulary.len() * n];
    let mut all = vec![0.0_f32; vocabulary.len()];
    let mut label_mass = vec![0.0_f32; n];
    let mut mass = 0.0_f32;
    for (row, target) in rows.iter().zip(targets) {
        for &(at, _) in row {
            all[at as usize] += 1.0;
            for (count, t) in with[at as usize * n..(at as usize + 1) * n].iter_mut().zip(target) {
                *count += t;
            }
        }
        mass += 1.0;
        for (sum, t) in label_mass.iter_mut().zip(target) {
            *sum += t;
        }
    }
    with.iter()
        .enumerate()
        .map(|(i, &count)| {
            let (at, label) = (i / n, i % n);
            let yes = count / (label_mass[label] + 1.0);
            // One was added to each count, so what is left never falls below one either.
            let no = (all[at] - count + 2.0).max(1.0) / (mass - label_mass[label] + 1.0);
            least + (yes / no).ln().abs()
        })
        .collect()
}

/// Trains one logistic regression per label over common rows. Each weight is learnt as a multiple of
/// its scale, so that the penalty bears less on what tells more.
#[must_use]
pub fn fit(
    vocabulary: &Vocabulary,
    rows: &[Row],
    targets: &[Vec<f32>],
    example_weights: &[f32],
    n_labels: usize,
    settings: Settings,
) -> Weights {
    let scales = scales(vocabulary, rows, targets, n_labels, settings.least_scale);
    let n = rows.len().max(1) as f32;
    let mut weights = Weights {
        n_labels,
        bias: vec![0.0; n_labels],
        rows: vec![0.0; vocabulary.len() * n_labels],
    };
    let mut squares = vec![1e-6_f32; vocabulary.len() * n_labels];
    let mut bias_squares = vec![1e-6_f32; n_labels];
    let mut boost = vec![1.0_f32; n_labels];
    for label in 0..n_labels {
        let positives: f32 = targets.iter().map(|t| t[label]).sum::<f32>().max(1.0);
        boost[label] = ((n - positives).max(1.0) / positives).powf(settings.balance);
        weights.bias[label] = (positives * boost[label] / (n - positives).max(1.0)).ln();
    }
    let mut random = Random(settings.seed);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut gradient = vec![0.0_f32; n_labels];
    for epoch in 0..settings.epochs {
        random.shuffle(&mut order);
        // Smaller steps towards the end let the weights settle.
        let rate = settings.rate * (1.0 - 0.9 * epoch as f32 / settings.epochs as f32);
        for &i in &order {
            let row = &rows[i];
            let scores = weights.scores(row);
            for (label, g) in gradient.iter_mut().enumerate() {
                let target = targets[i][label];
                let importance = example_weights[i] * (1.0 + (boost[label] - 1.0) * target);
                *g = importance * (logistic(scores[label]) - target);
                bias_squares[label] += *g * *g;
                weights.bias[label] -= 0.1 * rate * *g / bias_squares[label].sqrt();
            }
            for &(at, value) in row {
                let decay = settings.decay * n / vocabulary.counts[at as usize] as f32;
                let at = at as usize * n_labels;
                let w = &mut weights.rows[at..at + n_labels];
                let s = &mut squares[at..at + n_labels];
                // A step on the multiple is a step on the weight times the scale.
                let scales = &scales[at..at + n_labels];
                for (((w, s), g), c) in w.iter_mut().zip(s).zip(&gradient).zip(scales) {
                    let g = g * value * c + decay * *w / c;
                    *s += g * g;
                    *w -= rate * g * c / s.sqrt();
                }
            }
        }
    }
    weights
}

/// Slope and offset that turn scores into honest probabilities (Platt's method, by Newton's steps).
#[must_use]
pub fn calibrate(scores: &[(f32, bool)]) -> (f32, f32) {
    let positives = scores.iter().filter(|(_, right)| *right).count() as f64;
    let negatives = scores.len() as f64 - positives;
    // Platt's smoothed targets keep rare labels from certainty.
    let (yes, no) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let (mut a, mut b) = (1.0_f64, 0.0_f64);
    for _ in 0..30 {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (1e-3 * (a - 1.0), 0.0, 1e-3, 0.0, 1e-9);
        for &(score, right) in scores {
            let s = f64::from(score);
            let p = 1.0 / (1.0 + (-(a * s + b)).exp());
            let d = p - if right { yes } else { no };
            let v = (p * (1.0 - p)).max(1e-9);
            ga += d * s;
            gb += d;
            haa += v * s * s;
            hab += v * s;
            hbb += v;
        }
        let det = haa * hbb - hab * hab;
        if det.abs() < 1e-12 {
            break;
        }
        let (da, db) = ((hbb * ga - hab * gb) / det, (haa * gb - hab * ga) / det);
        a -= da.clamp(-1.0, 1.0);
        b -= db.clamp(-2.0, 2.0);
    }
    (a.max(0.05) as f32, b as f32)
}

/// What remains to be known of a label once its weights are trained.
#[derive(Clone, Debug)]
pub struct LabelSettings {
    /// Its name.
    pub name: String,
    /// Calibration.
    pub slope: f32,
    /// Calibration.
    pub offset: f32,
    /// From which probability it is given.
    pub threshold: f32,
}

/// Rounds trained weights into a model.
///
/// # Errors
/// [`BadModel`] where the parts do not fit.
pub fn quantise(
    families: Families,
    vocabulary: &Vocabulary,
    weights: &Weights,
    mixing: Option<Vec<f32>>,
    settings: &[LabelSettings],
) -> Result<LinearModel, BadModel> {
    let n = weights.n_labels;
    let labels: Vec<Label> = settings
        .iter()
        .enumerate()
        .map(|(label, s)| Label {
            name: s.name.clone(),
            bias: weights.bias[label],
            scale: weights.rows.iter().skip(label).step_by(n).fold(1e-6, |m, w| m.max(w.abs())),
            slope: s.slope,
            offset: s.offset,
            threshold: s.threshold,
        })
        .collect();
    let rounded = weights
        .rows
        .iter()
        .enumerate()
        .map(|(i, w)| {
            let part = w / labels[i % n].scale;
            (part.abs().sqrt() * 127.0).round().copysign(part) as i8
        })
        .collect();
    LinearModel::new(
        families,
        labels,
        mixing,
        vocabulary.prints.clone(),
        vocabulary.idf.clone(),
        rounded,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{EMOTION, of_text};

    fn trained() -> LinearModel {
        let texts = [
            ("what a lovely day", 1),
            ("lovely, thank you", 1),
            ("this is awful", 2),
            ("awful awful mess", 2),
            ("a day", 0),
            ("this is it", 0),
        ];
        let examples: Vec<Example> = texts
            .iter()
            .map(|&(text, labels)| Example {
                features: of_text(text, EMOTION),
                labels,
                weight: 1.0,
            })
            .collect();
        let settings = Settings {
            epochs: 40,
            rate: 0.5,
            decay: 0.0,
            min_examples: 1,
            max_features: 9999,
            balance: 0.0,
            least_scale: 0.5,
            seed: 7,
        };
        let vocabulary = Vocabulary::of(&examples, 1);
        let rows: Vec<Row> = examples.iter().map(|e| vocabulary.row(&e.features)).collect();
        let targets: Vec<Vec<f32>> =
            examples.iter().map(|e| (0..2).map(|l| (e.labels >> l & 1) as f32).collect()).collect();
        let weights = fit(&vocabulary, &rows, &targets, &[1.0; 6], 2, settings);
        let labels = ["good", "bad"].map(|name| LabelSettings {
            name: name.into(),
            slope: 1.0,
            offset: 0.0,
            threshold: 0.5,
        });
        quantise(EMOTION, &vocabulary, &weights, None, &labels).unwrap()
    }

    #[test]
    fn what_it_was_taught_it_tells_of_new_words_too() {
        let model = trained();
        let good = model.probabilities(&of_text("lovely mess? no, lovely evening", EMOTION));
        assert!(good[0] > 0.5 && good[1] < good[0], "{good:?}");
    }

    #[test]
    fn training_twice_gives_the_same_bytes() {
        assert_eq!(trained().to_bytes(), trained().to_bytes());
    }
}
