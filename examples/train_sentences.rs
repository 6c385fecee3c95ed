//! Trains the sentence model (insight, belief, challenge, action and what goes with them) and the
//! model of the borders between units, both on `data/elements`.
//!
//! `cargo run --release --example train_sentences [-- OUT_DIR]` prints what grammar and words add on
//! the dev part; with OUT_DIR it writes sentences.v1.bin and borders.v1.bin there. Weights come from
//! single sentences and from passages; calibration and thresholds from five-fold answers on passages
//! alone, where statements are as rare as in life.

#![allow(clippy::print_stdout, reason = "a program that prints its measurements")]
#![allow(clippy::indexing_slicing, reason = "tables sized by the number of labels")]

use journey_analysis::on_device::units_of_speech;
use journey_language::{
    clauses::{BORDER, border_features, is_filler},
    features::Families,
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

/// A label with fewer examples in passages than this is calibrated on all sentences.
const FEW: usize = 10;

#[derive(Clone)]
struct Sentence {
    text: String,
    labels: u64,
    /// Which passage it stands in; none for a single sentence.
    passage: Option<usize>,
}

fn labels(kinds: &str, holder: &str, polarity: &str, stance: &str) -> u64 {
    let action = kinds.split(',').any(|k| k == "action");
    let has = |label: &str| match label {
        "other" => holder == "other",
        "done" => action && polarity == "past",
        "dropped" => action && polarity == "negated",
        "supposed" => polarity == "hypothetical",
        _ => kinds.split(',').any(|k| k == label) || stance == label,
    };
    LABELS.iter().enumerate().map(|(i, label)| u64::from(has(label)) << i).sum()
}

fn read(path: &Path) -> Result<Vec<Sentence>, Box<dyn Error>> {
    let mut sentences = Vec::new();
    for line in fs::read_to_string(path)?.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (passage, kinds, holder, polarity, stance, text) = match columns[..] {
            [kinds, holder, polarity, stance, text] => {
                (None, kinds, holder, polarity, stance, text)
            }
            [passage, _, kinds, holder, polarity, stance, _, text] => {
                (Some(passage.parse()?), kinds, holder, polarity, stance, text)
            }
            _ => return Err(format!("neither five nor eight columns: {line}").into()),
        };
        let labels = labels(kinds, holder, polarity, stance);
        sentences.push(Sentence { text: text.to_owned(), labels, passage });
    }
    Ok(sentences)
}

/// A unit of a text as the analyser parts it.
struct Parted {
    /// Its words with a question mark that ends it.
    text: String,
    /// Where each of its words stands, in bytes.
    words: Vec<(usize, usize)>,
}

fn parted(text: &str, border: &LinearModel) -> Vec<Parted> {
    let mut found = Vec::new();
    for (tokens, ranges) in units_of_speech(text, border) {
        for range in ranges {
            let asked = tokens.get(range.end).filter(|t| t.word.starts_with('?'));
            let words: Vec<(usize, usize)> =
                tokens[range].iter().filter(|t| t.is_word()).map(|t| (t.start, t.end)).collect();
            let (Some(&(start, _)), Some(&(_, end))) = (words.first(), words.last()) else {
                continue;
            };
            let text = text[start..asked.map_or(end, |t| t.end)].to_owned();
            found.push(Parted { text, words });
        }
    }
    found
}

/// The units that the analyser would make of each passage, with the labels of the sentences whose
/// words they mostly hold; those that are a sentence of their own are left out.
fn as_parted(passages: &[Sentence], border: &LinearModel) -> Vec<Sentence> {
    let mut found = Vec::new();
    for group in passages.chunk_by(|a, b| a.passage == b.passage) {
        let mut text = String::new();
        let mut places = Vec::new();
        for sentence in group {
            if !text.is_empty() {
                text.push(' ');
            }
            let start = text.len();
            text.push_str(&sentence.text);
            let words = tokens(&sentence.text).iter().filter(|t| t.is_word()).count();
            places.push((start, text.len(), words, sentence.labels));
        }
        for part in parted(&text, border) {
            let mut labels = 0;
            let mut whole = false;
            for &(start, end, n, of_sentence) in &places {
                let shared = part.words.iter().filter(|w| w.0 >= start && w.1 <= end).count();
                if 5 * shared >= 3 * n {
                    labels |= of_sentence;
                }
                whole |= shared == n && n == part.words.len();
            }
            if !whole {
                found.push(Sentence { text: part.text, labels, passage: group[0].passage });
            }
        }
    }
    found
}

/// An example and the fold it is left out of; sentences of one passage share a fold.
struct Taught {
    example: Example,
    fold: usize,
    in_passage: bool,
}

fn examples(sentences: &[Sentence], parts: Parts) -> Vec<Taught> {
    sentences
        .iter()
        .enumerate()
        .map(|(i, s)| {
            let all = tokens(&s.text);
            let whole = unit(&all, 0..all.len());
            let features = features(&all, &whole, parts);
            Taught {
                example: Example { features, labels: s.labels, weight: 1.0 },
                fold: s.passage.unwrap_or(i) % FOLDS,
                in_passage: s.passage.is_some(),
            }
        })
        .collect()
}

fn train(examples: &[&Example], n_labels: usize, settings: Settings) -> (Vocabulary, Weights) {
    let all = Vocabulary::of(examples.iter().copied(), settings.min_examples);
    let targets: Vec<Vec<f32>> = examples
        .iter()
        .map(|e| (0..n_labels).map(|l| (e.labels >> l & 1) as f32).collect())
        .collect();
    let importance: Vec<f32> = examples.iter().map(|e| e.weight).collect();
    let weights = |v: &Vocabulary| {
        let rows: Vec<Row> = examples.iter().map(|e| v.row(&e.features)).collect();
        fit(v, &rows, &targets, &importance, n_labels, settings)
    };
    let first = weights(&all);
    if all.len() <= settings.max_features {
        return (all, first);
    }
    let kept = all.most_telling(&first, settings.max_features, examples.len());
    let weights = weights(&kept);
    (kept, weights)
}

/// Trains with calibration and thresholds from five-fold answers, those on passages where there are
/// any; also the thresholds that suit single sentences.
fn model(
    taught: &[Taught],
    names: &[&str],
    settings: Settings,
    families: Families,
) -> Result<(LinearModel, Vec<f32>), Box<dyn Error>> {
    let n = names.len();
    let mut scores: Vec<Vec<f32>> = vec![Vec::new(); taught.len()];
    for fold in 0..FOLDS {
        let part: Vec<&Example> =
            taught.iter().filter(|t| t.fold != fold).map(|t| &t.example).collect();
        let (vocabulary, weights) = train(&part, n, settings);
        for (scores, t) in scores.iter_mut().zip(taught).filter(|(_, t)| t.fold == fold) {
            *scores = weights.scores(&vocabulary.row(&t.example.features));
        }
    }
    let scored = |label: usize, in_passage: bool| -> Vec<(f32, bool)> {
        scores
            .iter()
            .zip(taught)
            .filter(|(_, t)| t.in_passage == in_passage)
            .map(|(s, t)| (s[label], t.example.labels >> label & 1 == 1))
            .collect()
    };
    let (mut labels, mut for_single) = (Vec::new(), Vec::new());
    for (label, name) in names.iter().enumerate() {
        let mut in_passages = scored(label, true);
        if in_passages.iter().filter(|(_, right)| *right).count() < FEW {
            in_passages.extend(scored(label, false));
        }
        let (slope, offset) = calibrate(&in_passages);
        let honest = |scored: Vec<(f32, bool)>| -> Vec<(f32, bool)> {
            scored.into_iter().map(|(s, r)| (logistic(slope * s + offset), r)).collect()
        };
        let answers = honest(in_passages);
        let threshold = best_threshold(&answers);
        let mut count = Counts::default();
        for (p, right) in &answers {
            count.add(*p >= threshold, *right);
        }
        println!(
            "  {name:10} on passages, five-fold: P {:.2} R {:.2} F1 {:.3} at {threshold:.2}",
            count.precision(),
            count.recall(),
            count.f1()
        );
        for_single.push(best_threshold(&honest(scored(label, false))));
        labels.push(LabelSettings { name: (*name).to_owned(), slope, offset, threshold });
    }
    let all: Vec<&Example> = taught.iter().map(|t| &t.example).collect();
    let (vocabulary, weights) = train(&all, n, settings);
    Ok((quantise(families, &vocabulary, &weights, None, &labels)?, for_single))
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

/// Sentences run together as a recogniser writes them; each place between two words is an example.
/// Single sentences are joined at random, passages as they were spoken.
fn borders(sentences: &[Sentence], seed: u64) -> Vec<Taught> {
    const JOINS: [&str; 10] =
        ["and", "so", "but", "and then", "um", "and um", "so yeah", "yeah", "anyway", "uh"];
    let mut random = Random(seed);
    let mut single: Vec<&Sentence> = sentences.iter().filter(|s| s.passage.is_none()).collect();
    random.shuffle(&mut single);
    let passages: Vec<&Sentence> = sentences.iter().filter(|s| s.passage.is_some()).collect();
    let groups = single.chunks(6).chain(passages.chunk_by(|a, b| a.passage == b.passage));
    let mut examples = Vec::new();
    for (number, group) in groups.enumerate() {
        let passage = group.first().and_then(|s| s.passage);
        let mut words: Vec<String> = Vec::new();
        let mut starts = Vec::new();
        for sentence in group {
            starts.push(words.len());
            if passage.is_none() && random.next() % 10 < 4 && !words.is_empty() {
                let join = JOINS[(random.next() % JOINS.len() as u64) as usize];
                words.extend(join.split(' ').filter(|w| !is_filler(w)).map(str::to_owned));
            }
            let all = tokens(&sentence.text);
            let own = all.iter().filter(|t| t.is_word() && !is_filler(&t.word));
            words.extend(own.map(|t| t.word.clone()));
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for at in 1..words.len() {
            examples.push(Taught {
                example: Example {
                    features: border_features(&words, at),
                    labels: u64::from(starts.contains(&at)),
                    weight: 1.0,
                },
                fold: passage.unwrap_or(number) % FOLDS,
                in_passage: passage.is_some(),
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
    let mut taught = read(&folder.join("train.tsv"))?;
    let dev = read(&folder.join("dev.tsv"))?;
    let passages = read(&folder.join("passages.tsv"))?;
    taught.extend(passages.iter().cloned());
    let settings = Settings {
        epochs: option("epochs", 14.0) as usize,
        rate: option("rate", 0.3),
        decay: option("decay", 6e-5),
        min_examples: option("min", 2.0) as u32,
        max_features: option("max", 40_000.0) as usize,
        balance: option("balance", 0.0),
        least_scale: option("least", 0.3),
        seed: 5,
    };
    let border_settings =
        Settings { epochs: 8, rate: 0.3, decay: 1e-6, max_features: 30_000, ..settings };
    let (border, _) = model(&borders(&taught, 3), &["border"], border_settings, BORDER)?;
    let mut count = Counts::default();
    for asked in borders(&dev, 4) {
        let p = border.probabilities(&asked.example.features);
        count.add(border.given(&p).next().is_some(), asked.example.labels == 1);
    }
    println!(
        "borders on dev: P {:.3} R {:.3} F1 {:.3}",
        count.precision(),
        count.recall(),
        count.f1()
    );
    let parted = as_parted(&passages, &border);
    println!("{} sentences, {} units of passages that are none", taught.len(), parted.len());
    taught.extend(parted);
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
        let (model, thresholds) = model(&examples(&taught, parts), &LABELS, settings, SENTENCE)?;
        let asked = examples(&dev, parts);
        report(
            name,
            |i| {
                let p = model.probabilities(&asked[i].example.features);
                std::array::from_fn(|label| p[label] >= thresholds[label])
            },
            &dev,
        );
        whole = Some(model);
    }
    if let Some(out) = arguments.first().filter(|a| !a.contains('=')) {
        let out = Path::new(out);
        fs::write(out.join("borders.v1.bin"), border.to_bytes())?;
        if let Some(model) = whole {
            fs::write(out.join("sentences.v1.bin"), model.to_bytes())?;
        }
    }
    Ok(())
}
