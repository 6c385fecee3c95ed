//! Trains what decides which domains of life a reflection is about, on every labelled text but the test part.
//!
//! `cargo run --release -p journey-analysis --example train_topics [-- OUT_DIR]` prints five-fold answers, part
//! by part; with OUT_DIR it writes topics.v1.tsv there. One logistic regression over the clues of all domains,
//! with a number of its own for each, by gradient descent: the same input gives the same bytes. No text is in
//! two folds; the threshold is the one that suits the five-fold answers.

#![allow(clippy::print_stdout, reason = "a program that prints its measurements")]
#![allow(clippy::indexing_slicing, reason = "tables sized by the number of clues")]

use journey_analysis::{OnDeviceAnalyser, eval::Labelled, on_device::CLUES};
use journey_domain::element::ElementKind;
use journey_language::measure::Counts;
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Write as _,
    fs,
    path::Path,
};

const FOLDS: usize = 5;

/// Passes over all texts.
const PASSES: usize = 1500;

/// Step of the descent, on means over rows.
const STEP: f64 = 0.8;

/// How strongly weights of clues, and numbers of domains, are held near 0.
const HOLD: (f64, f64) = (0.0005, 0.004);

/// As in the analyser.
const MAX_TOPICS: usize = 3;

struct Text {
    part: &'static str,
    wanted: BTreeSet<String>,
    clues: Vec<(String, [f64; CLUES.len()])>,
}

#[derive(Default)]
struct Model {
    clues: [f64; CLUES.len()],
    domains: BTreeMap<String, f64>,
}

impl Model {
    fn probability(&self, domain: &str, clues: &[f64; CLUES.len()]) -> f64 {
        let own = self.domains.get(domain).copied().unwrap_or(0.0);
        let sum: f64 = self.clues.iter().zip(clues).map(|(weight, clue)| weight * clue).sum();
        1.0 / (1.0 + (-(own + sum)).exp())
    }

    fn fit(texts: &[&Text]) -> Self {
        let mut model = Self::default();
        let n_rows = texts.iter().map(|t| t.clues.len()).sum::<usize>().max(1) as f64;
        for _ in 0..PASSES {
            let mut step = Self::default();
            for text in texts {
                for (domain, clues) in &text.clues {
                    let wanted = f64::from(u8::from(text.wanted.contains(domain)));
                    let off = (model.probability(domain, clues) - wanted) / n_rows;
                    for (sum, clue) in step.clues.iter_mut().zip(clues) {
                        *sum += off * clue;
                    }
                    *step.domains.entry(domain.clone()).or_default() += off;
                }
            }
            for (weight, step) in model.clues.iter_mut().zip(step.clues) {
                *weight -= STEP * (step + HOLD.0 * *weight);
            }
            for (domain, step) in step.domains {
                let own = model.domains.entry(domain).or_default();
                // A domain is in few rows: its number moves as fast as those of the clues.
                *own -= STEP * (4.0 * step + HOLD.1 * *own);
            }
        }
        model
    }

    fn topics(&self, text: &Text, threshold: f64) -> BTreeSet<String> {
        let mut found: Vec<(f64, &str)> =
            text.clues.iter().map(|(d, clues)| (self.probability(d, clues), d.as_str())).collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        found.retain(|(p, _)| *p >= threshold);
        found.into_iter().take(MAX_TOPICS).map(|(_, d)| d.to_owned()).collect()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let texts = texts(&OnDeviceAnalyser::new()?)?;
    let mut answers: Vec<(usize, Model)> = Vec::new();
    for fold in 0..FOLDS {
        let seen: Vec<&Text> =
            texts.iter().enumerate().filter(|(i, _)| i % FOLDS != fold).map(|(_, t)| t).collect();
        answers.push((fold, Model::fit(&seen)));
    }
    let score = |threshold: f64, part: Option<&str>| {
        let mut counts = Counts::default();
        for (i, text) in texts.iter().enumerate() {
            if part.is_none_or(|part| part == text.part) {
                let found = answers[i % FOLDS].1.topics(text, threshold);
                for domain in found.union(&text.wanted) {
                    counts.add(found.contains(domain), text.wanted.contains(domain));
                }
            }
        }
        counts
    };
    let threshold = (15..60)
        .map(|n| f64::from(n) / 100.0)
        .max_by(|a, b| score(*a, None).f1().total_cmp(&score(*b, None).f1()))
        .unwrap_or(0.5);
    println!("domains of life, five-fold, threshold {threshold}:");
    for part in [None, Some("dev"), Some("dev2"), Some("passages"), Some("topics")] {
        let counts = score(threshold, part);
        println!(
            "  {:10} precision {:.3}  recall {:.3}  F1 {:.3}",
            part.unwrap_or("all"),
            counts.precision(),
            counts.recall(),
            counts.f1()
        );
    }
    let Some(out) = std::env::args().nth(1) else { return Ok(()) };
    let model = Model::fit(&texts.iter().collect::<Vec<_>>());
    let mut file = String::from(
        "# What each clue weighs, what is added for each domain, and from which probability.\n",
    );
    for (name, weight) in CLUES.iter().zip(model.clues) {
        writeln!(file, "{name}\t{weight:.4}")?;
    }
    for (domain, own) in &model.domains {
        writeln!(file, "{domain}\t{own:.4}")?;
    }
    writeln!(file, "threshold\t{threshold}")?;
    fs::write(Path::new(&out).join("topics.v1.tsv"), file)?;
    Ok(())
}

fn texts(analyser: &OnDeviceAnalyser) -> Result<Vec<Text>, Box<dyn Error>> {
    let root = |node: &str| node.split('.').next().unwrap_or(node).to_owned();
    let mut texts = Vec::new();
    let mut add = |part, text: &str, wanted: BTreeSet<String>| {
        texts.push(Text { part, wanted, clues: analyser.topic_clues(text) });
    };
    for part in ["dev", "dev2"] {
        let folder = Path::new("tests/data/reflections").join(part);
        let mut names: Vec<_> =
            fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
        names.retain(|p| p.extension().is_some_and(|e| e == "txt"));
        names.sort();
        for path in names {
            let labels: Labelled =
                serde_json::from_str(&fs::read_to_string(path.with_extension("json"))?)?;
            let topics = labels.elements.iter().filter(|e| e.kind == ElementKind::Topic);
            let wanted = topics.filter_map(|e| e.taxonomy.as_deref()).map(root).collect();
            add(part, &fs::read_to_string(&path)?, wanted);
        }
    }
    let file = fs::read_to_string("data/elements/passages.tsv")?;
    let rows: Vec<Vec<&str>> = file.lines().skip(1).map(|l| l.split('\t').collect()).collect();
    for passage in rows.chunk_by(|a, b| a[0] == b[0]) {
        let text = passage.iter().map(|r| r[7]).collect::<Vec<_>>().join(" ");
        add("passages", &text, passage[0][1].split(',').filter(|t| *t != "-").map(root).collect());
    }
    for line in fs::read_to_string("data/topics/passages.tsv")?.lines().skip(1) {
        let (topics, text) = line.split_once('\t').ok_or("a line without a tab")?;
        add("topics", text, topics.split(',').map(root).collect());
    }
    Ok(texts)
}
