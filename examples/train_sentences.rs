//! Trains the sentence model (insight, belief, challenge, action and what goes with them) and the
//! model of the borders between units, both on `data/elements`.
//!
//! `cargo run --release --example train_sentences [-- OUT_DIR]` prints what grammar and words add on
//! the dev part; with OUT_DIR it writes sentences.v1.bin and borders.v1.bin there.

#![allow(clippy::print_stdout, reason = "a program that prints its measurements")]
#![allow(clippy::indexing_slicing, reason = "tables sized by the number of labels")]

use journey_language::{
    clauses::{BORDER, border_features, is_filler},
    linear::{LinearModel, logistic},
    measure::{Counts, best_threshold},
    sentence::{Parts, SENTENCE, by_grammar, features, unit},
    token::tokens,
    train::{
        Example, LabelSettings, Random, Row, Settings, Vocabulary, Weights, calibrate, fit,
        quantise,
    },
};
use std::{error::Error, fs, path::Path};

/// The four kinds first, then stances, then what tells near misses apart.
const LABELS: [&str; 12] = [
    "insight",
    "belief",
    "challenge",
    "action",
    "self",
    "others",
    "world",
    "future",
    "other",
    "done",
    "dropped",
    "supposed",
];
const FOLDS: usize = 5;

struct Sentence {
    text: String,
    labels: u64,
}

fn read(path: &Path) -> Result<Vec<Sentence>, Box<dyn Error>> {
    let mut sentences = Vec::new();
    for line in fs::read_to_string(path)?.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [kinds, holder, polarity, stance, text] = columns[..] else {
            return Err(format!("not five columns: {line}").into());
        };
        let action = kinds.split(',').any(|k| k == "action");
        let has = |label: &str| match label {
            "other" => holder == "other",
            "done" => action && polarity == "past",
            "dropped" => action && polarity == "negated",
            "supposed" => polarity == "hypothetical",
            _ => kinds.split(',').any(|k| k == label) || stance == label,
        };
        let labels = LABELS.iter().enumerate().map(|(i, label)| u64::from(has(label)) << i).sum();
        sentences.push(Sentence { text: text.to_owned(), labels });
    }
    Ok(sentences)
}

fn examples(sentences: &[Sentence], parts: Parts) -> Vec<Example> {
    sentences
        .iter()
        .map(|s| {
            let all = tokens(&s.text);
            let whole = unit(&all, 0..all.len());
            Example { features: features(&all, &whole, parts), labels: s.labels, weight: 1.0 }
        })
        .collect()
}

fn train(examples: &[Example], n_labels: usize, settings: Settings) -> (Vocabulary, Weights) {
    let all = Vocabulary::of(examples, settings.min_examples);
    let targets: Vec<Vec<f32>> = examples
        .iter()
        .map(|e| (0..n_labels).map(|l| (e.labels >> l & 1) as f32).collect())
        .collect();
    let importance: Vec<f32> = examples.iter().map(|e| e.weight).collect();
    let rows =
        |v: &Vocabulary| -> Vec<Row> { examples.iter().map(|e| v.row(&e.features)).collect() };
    let first = fit(&all, &rows(&all), &targets, &importance, n_labels, settings);
    if all.len() <= settings.max_features {
        return (all, first);
    }
    let kept = all.most_telling(&first, settings.max_features, examples.len());
    let weights = fit(&kept, &rows(&kept), &targets, &importance, n_labels, settings);
    (kept, weights)
}

/// Trains with calibration and thresholds from five-fold answers.
fn model(
    taught: &[Example],
    names: &[&str],
    settings: Settings,
    families: journey_language::features::Families,
) -> Result<LinearModel, Box<dyn Error>> {
    let n = names.len();
    let mut scores: Vec<Vec<f32>> = vec![Vec::new(); taught.len()];
    for fold in 0..FOLDS {
        let part: Vec<Example> = taught
            .iter()
            .enumerate()
            .filter(|(i, _)| i % FOLDS != fold)
            .map(|(_, e)| e.clone())
            .collect();
        let (vocabulary, weights) = train(&part, n, settings);
        for (i, example) in taught.iter().enumerate().filter(|(i, _)| i % FOLDS == fold) {
            scores[i] = weights.scores(&vocabulary.row(&example.features));
        }
    }
    let labels: Vec<LabelSettings> = names
        .iter()
        .enumerate()
        .map(|(label, name)| {
            let scored: Vec<(f32, bool)> = scores
                .iter()
                .zip(taught)
                .map(|(s, e)| (s[label], e.labels >> label & 1 == 1))
                .collect();
            let (slope, offset) = calibrate(&scored);
            let answers: Vec<(f32, bool)> =
                scored.iter().map(|(s, r)| (logistic(slope * s + offset), *r)).collect();
            LabelSettings {
                name: (*name).to_owned(),
                slope,
                offset,
                threshold: best_threshold(&answers),
            }
        })
        .collect();
    let (vocabulary, weights) = train(taught, n, settings);
    Ok(quantise(families, &vocabulary, &weights, None, &labels)?)
}

fn report(name: &str, decide: impl Fn(usize) -> [bool; 4], truth: &[Sentence]) {
    let mut counts = [Counts::default(); 4];
    for (i, sentence) in truth.iter().enumerate() {
        for (label, (count, given)) in counts.iter_mut().zip(decide(i)).enumerate() {
            count.add(given, sentence.labels >> label & 1 == 1);
        }
    }
    print!("{name:10}");
    for (count, label) in counts.iter().zip(LABELS) {
        print!("  {label} P {:.2} R {:.2} F1 {:.3}", count.precision(), count.recall(), count.f1());
    }
    println!("  mean F1 {:.3}", counts.iter().map(|c| c.f1()).sum::<f64>() / 4.0);
}

/// Ordinary sentences run together as a recogniser writes them; each place between two words is an
/// example.
fn borders(sentences: &[Sentence], seed: u64) -> Vec<Example> {
    const JOINS: [&str; 10] =
        ["and", "so", "but", "and then", "um", "and um", "so yeah", "yeah", "anyway", "uh"];
    let mut random = Random(seed);
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    random.shuffle(&mut order);
    let mut examples = Vec::new();
    for group in order.chunks(6) {
        let mut words: Vec<String> = Vec::new();
        let mut starts = Vec::new();
        for &i in group {
            starts.push(words.len());
            let all = tokens(&sentences[i].text);
            let own =
                all.iter().filter(|t| t.is_word() && !is_filler(&t.word)).map(|t| t.word.clone());
            if random.next() % 10 < 4 && !words.is_empty() {
                let join = JOINS[(random.next() % JOINS.len() as u64) as usize];
                words.extend(join.split(' ').filter(|w| !is_filler(w)).map(str::to_owned));
            }
            words.extend(own);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for at in 1..words.len() {
            let border = starts.contains(&at);
            examples.push(Example {
                features: border_features(&words, at),
                labels: u64::from(border),
                weight: 1.0,
            });
        }
    }
    examples
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str, default: f32| -> f32 {
        arguments
            .iter()
            .filter_map(|a| a.split_once('='))
            .find(|(n, _)| *n == name)
            .and_then(|(_, v)| v.parse().ok())
            .unwrap_or(default)
    };
    let folder = Path::new("data/elements");
    let taught = read(&folder.join("train.tsv"))?;
    let dev = read(&folder.join("dev.tsv"))?;
    let settings = Settings {
        epochs: option("epochs", 14.0) as usize,
        rate: option("rate", 0.3),
        decay: option("decay", 2e-5),
        min_examples: option("min", 2.0) as u32,
        max_features: option("max", 40_000.0) as usize,
        balance: option("balance", 0.0),
        seed: 5,
    };
    report(
        "grammar",
        |i| {
            let all = tokens(&dev[i].text);
            by_grammar(&unit(&all, 0..all.len()).reading)
        },
        &dev,
    );
    let mut whole = None;
    for (name, parts) in [("tags", Parts::Grammar), ("words", Parts::Words), ("both", Parts::Both)]
    {
        if parts != Parts::Both && option("quick", 0.0) > 0.0 {
            continue;
        }
        let model = model(&examples(&taught, parts), &LABELS, settings, SENTENCE)?;
        let asked = examples(&dev, parts);
        report(
            name,
            |i| {
                let p = model.probabilities(&asked[i].features);
                let mut given = [false; 4];
                for label in model.given(&p).filter(|l| *l < 4) {
                    given[label] = true;
                }
                given
            },
            &dev,
        );
        whole = Some(model);
    }
    let border_settings =
        Settings { epochs: 8, rate: 0.3, decay: 1e-6, max_features: 30_000, ..settings };
    let border = model(&borders(&taught, 3), &["border"], border_settings, BORDER)?;
    let mut count = Counts::default();
    for example in borders(&dev, 4) {
        let p = border.probabilities(&example.features);
        count.add(border.given(&p).next().is_some(), example.labels == 1);
    }
    println!(
        "borders on dev: P {:.3} R {:.3} F1 {:.3}",
        count.precision(),
        count.recall(),
        count.f1()
    );
    if let Some(out) = arguments.first().filter(|a| !a.contains('=')) {
        let out = Path::new(out);
        fs::write(out.join("borders.v1.bin"), border.to_bytes())?;
        if let Some(model) = whole {
            fs::write(out.join("sentences.v1.bin"), model.to_bytes())?;
        }
    }
    Ok(())
}
