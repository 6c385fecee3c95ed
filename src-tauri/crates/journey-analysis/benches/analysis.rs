//! What an analysis costs: words a second on this device, and what a provider is sent for each word.
//!
//! `cargo bench -p journey-analysis --bench analysis`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at once")]

use journey_analysis::{
    AnalysisContext, OnDeviceAnalyser,
    provider::{ProviderConfig, ProviderKind, count_tokens, preview},
    taxonomy_files::EmotionPack,
};
use journey_domain::{analysis::AnalysisInput, transcript::Transcript};
use std::{
    collections::BTreeSet,
    path::Path,
    time::{Duration, Instant},
};

const N_RUNS: usize = 15;

fn main() {
    let reflections = reflections();
    on_device(&reflections);
    prompt(&reflections);
    prefix();
}

/// The labelled reflections of the tests, as one text.
fn reflections() -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/reflections/dev");
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "txt"));
    paths.sort();
    paths.iter().map(|p| std::fs::read_to_string(p).unwrap() + "\n\n").collect()
}

fn input(transcript: &Transcript) -> AnalysisInput<'_> {
    AnalysisInput { transcript, said_on: jiff::civil::date(2026, 11, 24) }
}

/// So many words of the reflections, repeated as often as it takes.
fn words(text: &str, n: usize) -> String {
    text.split(' ').cycle().take(n).collect::<Vec<_>>().join(" ")
}

fn on_device(reflections: &str) {
    let analyser = OnDeviceAnalyser::new().unwrap();
    let transcript = Transcript::from_text(1, Some("en".into()), words(reflections, 10_000));
    let mut times: Vec<Duration> = (0..N_RUNS)
        .map(|_| {
            let began = Instant::now();
            let found =
                analyser.analyse_now(&input(&transcript), &AnalysisContext::default()).unwrap();
            assert!(!found.elements.is_empty());
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let median = times.get(N_RUNS / 2).copied().unwrap_or_default();
    println!(
        "on device: 10,000 words in {:.0} ms, {:.0} words a second (median of {N_RUNS})",
        median.as_secs_f64() * 1e3,
        10_000.0 / median.as_secs_f64()
    );
}

fn config() -> ProviderConfig {
    ProviderConfig {
        kind: ProviderKind::OpenAi,
        base_url: "https://api.openai.com/v1".into(),
        model: "gpt-4.1-mini".into(),
        key: None,
        temperature: None,
        time_limit: Duration::from_secs(60),
        cost_limit_usd: None,
        pseudonyms: Vec::new(),
        allowed_hosts: vec!["api.openai.com".into()],
        emotions: EmotionPack::default(),
    }
}

fn prompt(reflections: &str) {
    for n_words in [300, 2_000, 10_000] {
        let text = words(reflections, n_words);
        let transcript = Transcript::from_text(1, Some("en".into()), text);
        let requests = preview(&config(), &input(&transcript)).unwrap();
        let n_tokens: u64 = requests
            .iter()
            .map(|r| {
                let body: serde_json::Value = serde_json::from_slice(&r.body).unwrap();
                let messages = body.get("messages").and_then(|m| m.as_array()).unwrap();
                let texts = messages.iter().filter_map(|m| m.get("content")?.as_str());
                texts.map(count_tokens).sum::<u64>()
            })
            .sum();
        println!(
            "prompt: {n_words} words in {} requests, {n_tokens} tokens, {:.2} tokens a word",
            requests.len(),
            n_tokens as f64 / n_words as f64
        );
    }
}

fn prefix() {
    let mut heads: BTreeSet<Vec<u8>> = BTreeSet::new();
    for i in 0..100 {
        let text = format!("Day {i} was a long one. I felt {i} things.");
        let transcript = Transcript::from_text(1, Some("en".into()), text);
        let body = preview(&config(), &input(&transcript)).unwrap().swap_remove(0).body;
        let end = body.windows(10).position(|w| w == b"Said on 20").unwrap_or(body.len());
        heads.extend(body.get(..end).map(<[u8]>::to_vec));
    }
    let bytes = heads.iter().map(Vec::len).max().unwrap_or(0);
    println!("prefix: {} different in 100 sessions, {bytes} bytes", heads.len());
}
