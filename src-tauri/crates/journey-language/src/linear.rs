//! A multi-label linear model in a compact file, and its answers.
//!
//! File, little-endian: `JLM1`, families (3 bytes), number of labels (u16), number of features (u32);
//! per label its name (u8 length, UTF-8), bias, scale, calibration slope and offset, threshold (f32
//! each); mixing flag (u8) and, where set, labels × (labels + 1) f32; fingerprints (u32 each,
//! ascending), inverse document frequencies (u8 each, 1/16), weights (i8, feature by feature).
//! A weight `q` stands for `scale · q·|q| / 127²`: fine steps near zero, where most weights are.

#![allow(
    clippy::indexing_slicing,
    reason = "rows are sized once by the constructor; this is the inner loop of the model"
)]

use crate::features::{Families, Feature};

/// Why a model file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadModel;

impl std::fmt::Display for BadModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the model file is damaged")
    }
}

impl std::error::Error for BadModel {}

/// What is known of one label.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Score without any feature.
    pub bias: f32,
    /// Size of the largest weight.
    pub scale: f32,
    /// Calibration: probability = logistic(slope · score + offset).
    pub slope: f32,
    /// See [`Label::slope`].
    pub offset: f32,
    /// From which probability the label is given.
    pub threshold: f32,
}

/// A model, ready to answer.
#[derive(Clone, Debug)]
pub struct LinearModel {
    /// Which features it reads.
    pub families: Families,
    /// Its labels, in the order of its answers.
    pub labels: Vec<Label>,
    /// Second step: labels × (labels + 1), what each label's probability adds to each score.
    pub mixing: Option<Vec<f32>>,
    prints: Vec<u32>,
    idf: Vec<u8>,
    weights: Vec<i8>,
    /// Open addressing over `prints`: position + 1, 0 for a free slot.
    slots: Vec<u32>,
}

/// Steps of the stored inverse document frequency.
pub const IDF_STEPS: f32 = 16.0;

impl LinearModel {
    /// Builds a model of its parts; `weights` is feature by feature and as long as both lists say.
    ///
    /// # Errors
    /// [`BadModel`] where lengths do not fit or fingerprints are not ascending.
    pub fn new(
        families: Families,
        labels: Vec<Label>,
        mixing: Option<Vec<f32>>,
        prints: Vec<u32>,
        idf: Vec<u8>,
        weights: Vec<i8>,
    ) -> Result<Self, BadModel> {
        let n = labels.len();
        let fits = idf.len() == prints.len()
            && weights.len() == prints.len() * n
            && n > 0
            && mixing.as_ref().is_none_or(|m| m.len() == n * (n + 1))
            && prints.windows(2).all(|pair| pair[0] < pair[1])
            && labels.iter().all(|l| {
                [l.bias, l.scale, l.slope, l.offset, l.threshold].iter().all(|v| v.is_finite())
            });
        if !fits {
            return Err(BadModel);
        }
        let size = (prints.len().max(1) * 2).next_power_of_two();
        let mut slots = vec![0_u32; size];
        for (position, &print) in prints.iter().enumerate() {
            let mut slot = print as usize & (size - 1);
            while slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            slots[slot] = position as u32 + 1;
        }
        Ok(Self { families, labels, mixing, prints, idf, weights, slots })
    }

    /// How many features have weights.
    #[must_use]
    pub const fn n_features(&self) -> usize {
        self.prints.len()
    }

    fn position(&self, print: u32) -> Option<usize> {
        let mask = self.slots.len() - 1;
        let mut slot = print as usize & mask;
        loop {
            match self.slots[slot] {
                0 => return None,
                found if self.prints[found as usize - 1] == print => {
                    return Some(found as usize - 1);
                }
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    /// Raw scores, one per label.
    #[must_use]
    pub fn scores(&self, features: &[Feature]) -> Vec<f32> {
        let n = self.labels.len();
        let mut sums = vec![0.0_f32; n];
        let mut norm = 0.0_f32;
        for feature in features {
            let Some(at) = self.position(feature.print) else { continue };
            let value = feature.weight * f32::from(self.idf[at]) / IDF_STEPS;
            norm += value * value;
            for (sum, &q) in sums.iter_mut().zip(&self.weights[at * n..(at + 1) * n]) {
                let q = i16::from(q);
                *sum += value * f32::from(q * q.abs());
            }
        }
        let norm = if norm > 0.0 { norm.sqrt().recip() } else { 0.0 };
        let mut scores: Vec<f32> = sums
            .iter()
            .zip(&self.labels)
            .map(|(sum, label)| label.bias + sum * norm * label.scale / (127.0 * 127.0))
            .collect();
        if let Some(mixing) = &self.mixing {
            mix(mixing, &mut scores);
        }
        scores
    }

    /// Calibrated probabilities, one per label.
    #[must_use]
    pub fn probabilities(&self, features: &[Feature]) -> Vec<f32> {
        let mut values = self.scores(features);
        for (value, label) in values.iter_mut().zip(&self.labels) {
            *value = logistic(label.slope * *value + label.offset);
        }
        values
    }

    /// The positions of the labels given at these probabilities.
    pub fn given<'a>(&'a self, probabilities: &'a [f32]) -> impl Iterator<Item = usize> + 'a {
        probabilities
            .iter()
            .zip(&self.labels)
            .enumerate()
            .filter(|(_, (p, label))| **p >= label.threshold)
            .map(|(i, _)| i)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`BadModel`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadModel> {
        let mut reader = Reader(bytes);
        if reader.take(4)? != b"JLM1" {
            return Err(BadModel);
        }
        let [pieces_to, trigrams, gaps] = reader.array()?;
        let families = Families {
            pieces_to: usize::from(pieces_to),
            trigrams: trigrams != 0,
            gaps: gaps != 0,
        };
        let n_labels = usize::from(u16::from_le_bytes(reader.array()?));
        let n_features = u32::from_le_bytes(reader.array()?) as usize;
        let mut labels = Vec::with_capacity(n_labels);
        for _ in 0..n_labels {
            let [length] = reader.array()?;
            let name = std::str::from_utf8(reader.take(usize::from(length))?)
                .map_err(|_| BadModel)?
                .to_owned();
            labels.push(Label {
                name,
                bias: reader.f32()?,
                scale: reader.f32()?,
                slope: reader.f32()?,
                offset: reader.f32()?,
                threshold: reader.f32()?,
            });
        }
        let mixing = match reader.array()? {
            [0] => None,
            [_] => Some(
                (0..n_labels * (n_labels + 1)).map(|_| reader.f32()).collect::<Result<_, _>>()?,
            ),
        };
        let prints = reader
            .take(n_features.checked_mul(4).ok_or(BadModel)?)?
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| u32::from_le_bytes(*b))
            .collect();
        let idf = reader.take(n_features)?.to_vec();
        let weights = reader
            .take(n_features.checked_mul(n_labels).ok_or(BadModel)?)?
            .iter()
            .map(|&b| b.cast_signed())
            .collect();
        if !reader.0.is_empty() {
            return Err(BadModel);
        }
        Self::new(families, labels, mixing, prints, idf, weights)
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = b"JLM1".to_vec();
        let f = self.families;
        out.extend([f.pieces_to as u8, u8::from(f.trigrams), u8::from(f.gaps)]);
        out.extend((self.labels.len() as u16).to_le_bytes());
        out.extend((self.prints.len() as u32).to_le_bytes());
        for label in &self.labels {
            out.push(label.name.len() as u8);
            out.extend(label.name.as_bytes());
            for value in [label.bias, label.scale, label.slope, label.offset, label.threshold] {
                out.extend(value.to_le_bytes());
            }
        }
        out.push(u8::from(self.mixing.is_some()));
        for value in self.mixing.iter().flatten() {
            out.extend(value.to_le_bytes());
        }
        out.extend(self.prints.iter().flat_map(|p| p.to_le_bytes()));
        out.extend(&self.idf);
        out.extend(self.weights.iter().map(|w| w.cast_unsigned()));
        out
    }
}

/// Adds to each score what the probabilities of all labels say about it.
pub fn mix(mixing: &[f32], scores: &mut [f32]) {
    let n = scores.len();
    let before: Vec<f32> = scores.iter().map(|&s| logistic(s)).collect();
    for (label, score) in scores.iter_mut().enumerate() {
        let row = &mixing[label * (n + 1)..(label + 1) * (n + 1)];
        *score += row[n] + row.iter().zip(&before).map(|(w, p)| w * p).sum::<f32>();
    }
}

/// The logistic function.
#[must_use]
pub fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, n: usize) -> Result<&'b [u8], BadModel> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(BadModel)?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadModel> {
        self.take(N)?.try_into().map_err(|_| BadModel)
    }

    fn f32(&mut self) -> Result<f32, BadModel> {
        Ok(f32::from_le_bytes(self.array()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{EMOTION, of_text};

    fn model() -> LinearModel {
        let features = of_text("glad", EMOTION);
        let prints: Vec<u32> = features.iter().map(|f| f.print).collect();
        let label = |name: &str| Label {
            name: name.into(),
            bias: -1.0,
            scale: 4.0,
            slope: 1.0,
            offset: 0.0,
            threshold: 0.5,
        };
        let weights = prints.iter().flat_map(|_| [127, -20]).collect();
        let idf = vec![16; prints.len()];
        LinearModel::new(EMOTION, vec![label("joy"), label("fear")], None, prints, idf, weights)
            .unwrap()
    }

    #[test]
    fn a_file_reads_back_to_the_same_answers() {
        let model = model();
        let again = LinearModel::from_bytes(&model.to_bytes()).unwrap();
        let features = of_text("so glad!", EMOTION);
        assert_eq!(model.probabilities(&features), again.probabilities(&features));
        let p = again.probabilities(&features);
        assert_eq!(again.given(&p).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn a_cut_or_lengthened_file_is_refused() {
        let bytes = model().to_bytes();
        for n in 0..bytes.len() {
            assert!(LinearModel::from_bytes(&bytes[..n]).is_err(), "{n}");
        }
        assert!(LinearModel::from_bytes(&[bytes, vec![0]].concat()).is_err());
    }
}
