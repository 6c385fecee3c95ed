//! Trains the emotion model on GoEmotions.
//!
//! `cargo run --release --example train_emotions -- DIR [OUT]`: DIR holds train.tsv, dev.tsv and
//! labels.txt; the model is written to OUT where given. Weights come from train alone. Calibration
//! and thresholds come from five-fold answers on train, so that dev measures what none of them saw.

#![allow(clippy::print_stdout, reason = "a program that prints its measurements")]
#![allow(clippy::indexing_slicing, reason = "tables sized by the number of labels")]

use journey_language::{
    features::{EMOTION, of_text},
    linear::{LinearModel, logistic},
    measure::{Counts, best_threshold, calibration_error},
    train::{Example, LabelSettings, Row, Settings, Vocabulary, Weights, calibrate, fit, quantise},
};
use std::{error::Error, fs, path::Path, time::Instant};

const FOLDS: usize = 5;

/// Ekman's groups over label positions, neutral the last.
const GROUPS: [&[usize]; 7] = [
    &[2, 3, 10],
    &[11],
    &[14, 19],
    &[17, 1, 4, 13, 15, 18, 20, 23, 21, 0, 8, 5],
    &[25, 9, 12, 16, 24],
    &[26, 22, 6, 7],
    &[27],
];

type Texts = Vec<(String, u64)>;

fn read(path: &Path) -> Result<Texts, Box<dyn Error>> {
    let mut texts = Vec::new();
    for line in fs::read_to_string(path)?.lines() {
        let mut columns = line.split('\t');
        let (Some(text), Some(labels)) = (columns.next(), columns.next()) else { continue };
        let mut bits = 0;
        for label in labels.split(',') {
            bits |= 1_u64 << label.parse::<u32>()?;
        }
        texts.push((text.to_owned(), bits));
    }
    Ok(texts)
}

fn examples(texts: &Texts) -> Vec<Example> {
    texts
        .iter()
        .map(|(text, labels)| Example {
            features: of_text(text, EMOTION),
            labels: *labels,
            weight: 1.0,
        })
        .collect()
}

fn targets(examples: &[Example], n: usize) -> Vec<Vec<f32>> {
    examples.iter().map(|e| (0..n).map(|l| (e.labels >> l & 1) as f32).collect()).collect()
}

fn train(examples: &[Example], n_labels: usize, settings: Settings) -> (Vocabulary, Weights) {
    let all = Vocabulary::of(examples, settings.min_examples);
    let goals = targets(examples, n_labels);
    let importance: Vec<f32> = examples.iter().map(|e| e.weight).collect();
    let rows =
        |v: &Vocabulary| -> Vec<Row> { examples.iter().map(|e| v.row(&e.features)).collect() };
    let short = Settings { epochs: 3, ..settings };
    let vocabulary = if all.len() > settings.max_features {
        let first = fit(&all, &rows(&all), &goals, &importance, n_labels, short);
        all.most_telling(&first, settings.max_features, examples.len())
    } else {
        all
    };
    let weights = fit(&vocabulary, &rows(&vocabulary), &goals, &importance, n_labels, settings);
    (vocabulary, weights)
}

fn macro_f1<'e>(
    answers: &[Vec<f32>],
    truth: impl IntoIterator<Item = &'e Example>,
    thresholds: &[f32],
) -> (f64, f64, Vec<Counts>) {
    let mut counts = vec![Counts::default(); thresholds.len()];
    let mut groups = [Counts::default(); GROUPS.len()];
    for (answer, example) in answers.iter().zip(truth) {
        let given: Vec<bool> = answer.iter().zip(thresholds).map(|(p, t)| p >= t).collect();
        for (label, count) in counts.iter_mut().enumerate() {
            count.add(given[label], example.labels >> label & 1 == 1);
        }
        for (group, count) in GROUPS.iter().zip(&mut groups) {
            count.add(
                group.iter().any(|&l| given[l]),
                group.iter().any(|&l| example.labels >> l & 1 == 1),
            );
        }
    }
    let mean = |c: &[Counts]| c.iter().map(|c| c.f1()).sum::<f64>() / c.len() as f64;
    (mean(&counts), mean(&groups), counts)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(arguments.first().ok_or("give the folder with train.tsv and dev.tsv")?);
    let option = |name: &str, default: f32| -> f32 {
        arguments
            .iter()
            .filter_map(|a| a.split_once('='))
            .find(|(n, _)| *n == name)
            .and_then(|(_, v)| v.parse().ok())
            .unwrap_or(default)
    };
    let names: Vec<String> =
        fs::read_to_string(folder.join("labels.txt"))?.lines().map(str::to_owned).collect();
    let n = names.len();
    let settings = Settings {
        epochs: option("epochs", 12.0) as usize,
        rate: option("rate", 0.5),
        decay: option("decay", 1e-4),
        min_examples: option("min", 3.0) as u32,
        max_features: option("max", 120_000.0) as usize,
        balance: option("balance", 0.2),
        least_scale: option("least", 0.6),
        seed: 111,
    };
    let started = Instant::now();
    let taught = examples(&read(&folder.join("train.tsv"))?);
    let dev = examples(&read(&folder.join("dev.tsv"))?);
    println!("read after {:.1} s", started.elapsed().as_secs_f32());

    let mut out_of_fold: Vec<Vec<f32>> = vec![Vec::new(); taught.len()];
    let folds = option("folds", FOLDS as f32) as usize;
    for fold in 0..folds {
        let part: Vec<Example> = taught
            .iter()
            .enumerate()
            .filter(|(i, _)| i % FOLDS != fold)
            .map(|(_, e)| e.clone())
            .collect();
        let (vocabulary, weights) = train(&part, n, settings);
        for (i, example) in taught.iter().enumerate().filter(|(i, _)| i % FOLDS == fold) {
            out_of_fold[i] = weights.scores(&vocabulary.row(&example.features));
        }
    }
    println!("folds after {:.1} s", started.elapsed().as_secs_f32());
    let (vocabulary, weights) = train(&taught, n, settings);
    println!("{} features after {:.1} s", vocabulary.len(), started.elapsed().as_secs_f32());
    let dev_scores: Vec<Vec<f32>> =
        dev.iter().map(|e| weights.scores(&vocabulary.row(&e.features))).collect();

    let (basis_scores, basis): (Vec<&Vec<f32>>, Vec<&Example>) = if folds == 0 {
        (dev_scores.iter().collect(), dev.iter().collect())
    } else {
        out_of_fold.iter().zip(&taught).filter(|(s, _)| !s.is_empty()).unzip()
    };
    let mut labels = Vec::new();
    for (label, name) in names.iter().enumerate() {
        let scored: Vec<(f32, bool)> = basis_scores
            .iter()
            .zip(&basis)
            .map(|(s, e)| (s[label], e.labels >> label & 1 == 1))
            .collect();
        let (slope, offset) = calibrate(&scored);
        let answers: Vec<(f32, bool)> =
            scored.iter().map(|(s, right)| (logistic(slope * s + offset), *right)).collect();
        labels.push(LabelSettings {
            name: name.clone(),
            slope,
            offset,
            threshold: best_threshold(&answers),
        });
    }
    let thresholds: Vec<f32> = labels.iter().map(|l| l.threshold).collect();
    let in_folds: Vec<Vec<f32>> = basis_scores
        .iter()
        .map(|s| s.iter().zip(&labels).map(|(s, l)| logistic(l.slope * s + l.offset)).collect())
        .collect();
    let (f1, ekman, _) = macro_f1(&in_folds, basis.iter().copied(), &thresholds);
    println!("five-fold answers on train: macro F1 {f1:.4}, Ekman {ekman:.4}");
    let honest = |scores: &[f32]| -> Vec<f32> {
        scores.iter().zip(&labels).map(|(s, l)| logistic(l.slope * s + l.offset)).collect()
    };
    let before: Vec<Vec<f32>> = dev_scores.iter().map(|s| honest(s)).collect();
    let (f1, ekman, _) = macro_f1(&before, &dev, &thresholds);
    println!("dev, unrounded: macro F1 {f1:.4}, Ekman {ekman:.4}");

    let model = quantise(EMOTION, &vocabulary, &weights, None, &labels)?;
    let bytes = model.to_bytes();
    let model = LinearModel::from_bytes(&bytes)?;
    let answers: Vec<Vec<f32>> = dev.iter().map(|e| model.probabilities(&e.features)).collect();
    let (f1, ekman, counts) = macro_f1(&answers, &dev, &thresholds);
    let ece: f64 = (0..n)
        .map(|label| {
            let pairs: Vec<(f32, bool)> = answers
                .iter()
                .zip(&dev)
                .map(|(a, e)| (a[label], e.labels >> label & 1 == 1))
                .collect();
            calibration_error(&pairs)
        })
        .sum::<f64>()
        / n as f64;
    println!(
        "dev: macro F1 {f1:.4}, Ekman {ekman:.4}, calibration error {ece:.4}, {} bytes",
        bytes.len()
    );
    if option("show", 0.0) > 0.0 {
        for (label, count) in labels.iter().zip(&counts) {
            println!("{:16} {:.3} at {:.3}", label.name, count.f1(), label.threshold);
        }
    }
    if let Some(out) = arguments.get(1).filter(|a| !a.contains('=')) {
        fs::write(out, bytes)?;
    }
    println!("done after {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}
