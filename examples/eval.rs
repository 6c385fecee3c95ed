//! Measures the on-device analyser: `scripts/eval [--goemotions DIR] [--dev] [--show] [--speed] [--read FILE]`.

#![allow(clippy::print_stdout, reason = "a program that prints its measurements")]
#![allow(clippy::indexing_slicing, reason = "tables sized by the number of labels")]

use journey_analysis::{
    AnalysisContext, OnDeviceAnalyser,
    eval::{Labelled, Score, pair},
};
use journey_domain::{
    analysis::{Analysis, AnalysisInput},
    element::ElementKind,
    text::IndexedText,
    transcript::Transcript,
};
use journey_language::{
    features::of_text,
    measure::{Counts, best_threshold, calibration_error},
};
use std::{collections::BTreeSet, error::Error, fs, path::Path, time::Instant};

const GROUPS: [(&str, &[usize]); 7] = [
    ("anger", &[2, 3, 10]),
    ("disgust", &[11]),
    ("fear", &[14, 19]),
    ("joy", &[17, 1, 4, 13, 15, 18, 20, 23, 21, 0, 8, 5]),
    ("sadness", &[25, 9, 12, 16, 24]),
    ("surprise", &[26, 22, 6, 7]),
    ("neutral", &[27]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let analyser = OnDeviceAnalyser::new()?;
    if let Some(at) = arguments.iter().position(|a| a == "--read") {
        return read(&analyser, arguments.get(at + 1).ok_or("--read needs a file")?);
    }
    let show = arguments.iter().any(|a| a == "--show");
    let only_dev = arguments.iter().any(|a| a == "--dev");
    for part in ["dev", "dev2", "test"] {
        if (show || only_dev) && part == "test" {
            break;
        }
        reflections(&analyser, part, show)?;
    }
    passages(&analyser)?;
    if arguments.iter().any(|a| a == "--speed") {
        speed(&analyser)?;
    }
    if let Some(at) = arguments.iter().position(|a| a == "--goemotions") {
        let folder = arguments.get(at + 1).ok_or("--goemotions needs a folder")?;
        goemotions(&analyser, Path::new(folder))?;
    }
    Ok(())
}

/// What is found in one text, in the order of the text.
fn read(analyser: &OnDeviceAnalyser, path: &str) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let transcript = Transcript::from_text(1, None, text.clone());
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    let analysis = analyser.analyse_now(&input, &AnalysisContext::default())?;
    let indexed = IndexedText::new(&text);
    for (i, e) in analysis.elements.iter().enumerate() {
        let quote = indexed.slice(e.evidence[0].span).unwrap_or_default();
        println!(
            "{i:2} {:9} {:.2} {:20} {} | {quote}",
            e.kind.as_str(),
            e.confidence,
            e.taxonomy.as_ref().map_or(e.stance.map_or("", |s| s.as_str()), |t| t.as_str()),
            e.label,
        );
    }
    for link in &analysis.relationships {
        let quote = indexed.slice(link.evidence[0].span).unwrap_or_default();
        println!("   {} {} {} | {quote}", link.from, link.kind.as_str(), link.to);
    }
    for hole in &analysis.holes {
        println!("   not analysed: {}", hole.reason);
    }
    Ok(())
}

fn reflections(analyser: &OnDeviceAnalyser, part: &str, show: bool) -> Result<(), Box<dyn Error>> {
    let folder = Path::new("tests/data/reflections").join(part);
    let mut names: Vec<_> =
        fs::read_dir(&folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    names.retain(|p| p.extension().is_some_and(|e| e == "txt"));
    names.sort();
    let mut score = Score::default();
    for path in &names {
        let text = fs::read_to_string(path)?;
        let labels: Labelled =
            serde_json::from_str(&fs::read_to_string(path.with_extension("json"))?)?;
        let transcript = Transcript::from_text(1, None, text.clone());
        let input =
            AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
        let analysis = analyser.analyse_now(&input, &AnalysisContext::default())?;
        score.add(&text, &labels, &analysis);
        if show {
            let pairs = pair(&text, &labels, &analysis);
            let indexed = IndexedText::new(&text);
            println!("== {}", path.display());
            for (j, e) in analysis.elements.iter().enumerate() {
                let right = pairs.values().any(|p| *p == j);
                let quote = indexed.slice(e.evidence[0].span).unwrap_or_default();
                println!(
                    "{} {:9} {:.2} {:20} {quote}",
                    if right { "+" } else { "!" },
                    e.kind.as_str(),
                    e.confidence,
                    e.taxonomy.as_ref().map_or("", |t| t.as_str())
                );
            }
            for (i, label) in
                labels.elements.iter().enumerate().filter(|(i, _)| !pairs.contains_key(i))
            {
                let _ = i;
                println!(
                    "- {:9}      {:20} {}",
                    label.kind.as_str(),
                    label.taxonomy.as_deref().unwrap_or(""),
                    label.quote
                );
            }
            show_links(&text, &labels, &analysis);
        }
    }
    println!("reflections, {part} ({}):", names.len());
    let mut sum = 0.0;
    for (kind, counts) in &score.kinds {
        sum += counts.f1();
        line(kind.as_str(), *counts);
    }
    println!("  mean F1 {:.3}", sum / score.kinds.len().max(1) as f64);
    line("relations", score.relationships);
    Ok(())
}

/// The links between findings that are right: given and meant (+), given alone (!), meant alone (-).
fn show_links(text: &str, labels: &Labelled, analysis: &Analysis) {
    let pairs = pair(text, labels, analysis);
    let quote_of = |at: usize| {
        let label = pairs.iter().find(|(_, found)| **found == at).map(|(label, _)| *label);
        label.and_then(|l| labels.elements.get(l)).map_or("", |l| l.quote.as_str())
    };
    let meant: Vec<_> = labels
        .relationships
        .iter()
        .filter_map(|l| Some((*pairs.get(&l.from)?, *pairs.get(&l.to)?, l.kind)))
        .collect();
    let judged = |at: &usize| pairs.values().any(|found| found == at);
    let given: Vec<_> = analysis
        .relationships
        .iter()
        .filter(|l| judged(&l.from) && judged(&l.to))
        .map(|l| (l.from, l.to, l.kind))
        .collect();
    for link in given.iter().chain(meant.iter().filter(|m| !given.contains(m))) {
        let mark = match (given.contains(link), meant.contains(link)) {
            (true, true) => "+",
            (true, false) => "!",
            _ => "-",
        };
        let kind_of = |at: usize| analysis.elements.get(at).map_or("", |e| e.kind.as_str());
        let (from, to) = (link.0, link.1);
        println!(
            "{mark} link {} {} {}: {} > {}",
            kind_of(from),
            link.2.as_str(),
            kind_of(to),
            quote_of(from),
            quote_of(to)
        );
    }
}

/// Topics, by domain of life, and feelings, by root, on the passages that the models of sentences and topics were
/// trained on: what they find there flatters.
fn passages(analyser: &OnDeviceAnalyser) -> Result<(), Box<dyn Error>> {
    let file = fs::read_to_string("data/elements/passages.tsv")?;
    let rows: Vec<Vec<&str>> = file.lines().skip(1).map(|l| l.split('\t').collect()).collect();
    let (mut topics, mut feelings) = (Counts::default(), Counts::default());
    for passage in rows.chunk_by(|a, b| a[0] == b[0]) {
        let text = passage.iter().map(|r| r[7]).collect::<Vec<_>>().join(" ");
        let transcript = Transcript::from_text(1, None, text);
        let input =
            AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
        let analysis = analyser.analyse_now(&input, &AnalysisContext::default())?;
        let roots = |kind: ElementKind| -> BTreeSet<String> {
            let of_kind = analysis.elements.iter().filter(|e| e.kind == kind);
            of_kind.filter_map(|e| e.taxonomy.as_ref()).map(|t| t.root().to_owned()).collect()
        };
        let root = |node: &str| node.split('.').next().unwrap_or(node).to_owned();
        let wanted: BTreeSet<String> = passage[0][1].split(',').map(root).collect();
        count(&roots(ElementKind::Topic), &wanted, &mut topics);
        let wanted: BTreeSet<String> =
            passage.iter().map(|r| r[6]).filter(|e| *e != "-").map(root).collect();
        count(&roots(ElementKind::Emotion), &wanted, &mut feelings);
    }
    println!("passages of data/elements:");
    line("emotion", feelings);
    line("topic", topics);
    let mut topics = Counts::default();
    for row in fs::read_to_string("data/topics/passages.tsv")?.lines().skip(1) {
        let (wanted, text) = row.split_once('\t').ok_or("a line without a tab")?;
        let transcript = Transcript::from_text(1, None, text.to_owned());
        let input =
            AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
        let analysis = analyser.analyse_now(&input, &AnalysisContext::default())?;
        let nodes = analysis.elements.iter().filter(|e| e.kind == ElementKind::Topic);
        let found = nodes.filter_map(|e| e.taxonomy.as_ref()).map(|t| t.root().to_owned());
        count(&found.collect(), &wanted.split(',').map(str::to_owned).collect(), &mut topics);
    }
    println!("passages of data/topics:");
    line("topic", topics);
    Ok(())
}

fn count(found: &BTreeSet<String>, wanted: &BTreeSet<String>, counts: &mut Counts) {
    for node in found.union(wanted) {
        counts.add(found.contains(node), wanted.contains(node));
    }
}

/// The dev reflections over and over, 10,000 words: the median of 20 runs on one core.
fn speed(analyser: &OnDeviceAnalyser) -> Result<(), Box<dyn Error>> {
    let mut words: Vec<String> = Vec::new();
    for i in 1..=32 {
        let text = fs::read_to_string(format!("tests/data/reflections/dev/{i:03}.txt"))?;
        words.extend(text.split(' ').map(str::to_owned));
    }
    let text = words.iter().cycle().take(10_000).map(String::as_str).collect::<Vec<_>>().join(" ");
    let transcript = Transcript::from_text(1, None, text);
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    let mut times = Vec::new();
    for _ in 0..20 {
        let started = Instant::now();
        analyser.analyse_now(&input, &AnalysisContext::default())?;
        times.push(started.elapsed());
    }
    times.sort();
    println!("10,000 words in {:.1} ms", times[10].as_secs_f64() * 1000.0);
    Ok(())
}

fn line(name: &str, counts: Counts) {
    println!(
        "  {name:10} precision {:.3}  recall {:.3}  F1 {:.3}",
        counts.precision(),
        counts.recall(),
        counts.f1()
    );
}

fn goemotions(analyser: &OnDeviceAnalyser, folder: &Path) -> Result<(), Box<dyn Error>> {
    let model = analyser.emotion_model();
    let n = model.labels.len();
    let mut rows: Vec<(Vec<f32>, u64)> = Vec::new();
    for line in fs::read_to_string(folder.join("dev.tsv"))?.lines() {
        let mut columns = line.split('\t');
        let (Some(text), Some(labels)) = (columns.next(), columns.next()) else { continue };
        let mut bits = 0;
        for label in labels.split(',') {
            bits |= 1_u64 << label.parse::<u32>()?;
        }
        rows.push((model.probabilities(&of_text(text, model.families)), bits));
    }
    let mut counts = vec![Counts::default(); n];
    let mut error = 0.0;
    for label in 0..n {
        let answers: Vec<(f32, bool)> =
            rows.iter().map(|(p, bits)| (p[label], bits >> label & 1 == 1)).collect();
        error += calibration_error(&answers) / n as f64;
        for (p, right) in answers {
            counts[label].add(p >= model.labels[label].threshold, right);
        }
    }
    println!("GoEmotions, dev ({} comments):", rows.len());
    println!(
        "  macro F1 over {n} labels {:.3}",
        counts.iter().map(|c| c.f1()).sum::<f64>() / n as f64
    );
    println!("  calibration error {error:.4}");
    let (mut by_labels, mut by_sum) = (0.0, 0.0);
    for (_, group) in GROUPS {
        let answers: Vec<(f32, bool)> = rows
            .iter()
            .map(|(p, bits)| {
                (
                    1.0 - group.iter().map(|&l| 1.0 - p[l]).product::<f32>(),
                    group.iter().any(|&l| bits >> l & 1 == 1),
                )
            })
            .collect();
        let threshold = best_threshold(&answers);
        let (mut labels, mut sum) = (Counts::default(), Counts::default());
        for ((p, right), (all, _)) in answers.iter().zip(&rows) {
            labels.add(group.iter().any(|&l| all[l] >= model.labels[l].threshold), *right);
            sum.add(*p >= threshold, *right);
        }
        by_labels += labels.f1() / GROUPS.len() as f64;
        by_sum += sum.f1() / GROUPS.len() as f64;
    }
    println!(
        "  macro F1 over Ekman's groups {by_labels:.3} by the labels given, {by_sum:.3} by a threshold per group set on dev itself"
    );
    Ok(())
}
