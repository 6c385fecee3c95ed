//! Emotions of each line on standard input, as one line of JSON each.
//!
//! `cargo run --release --example emotions`

use journey_language::{features::of_text, linear::LinearModel};
use std::{
    fmt::Write as _,
    io::{self, BufRead, Write},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = LinearModel::from_bytes(include_bytes!("../assets/models/emotions.v1.bin"))?;
    let mut out = io::stdout();
    let mut input = io::BufReader::new(io::stdin());
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&bytes);
        let probabilities =
            model.probabilities(&of_text(text.trim_end_matches(['\n', '\r']), model.families));
        let mut line = String::from("{\"labels\":[");
        for (i, label) in model.given(&probabilities).enumerate() {
            let comma = if i > 0 { "," } else { "" };
            let name = model.labels.get(label).map_or("", |l| l.name.as_str());
            write!(line, "{comma}\"{name}\"")?;
        }
        line.push_str("],\"probabilities\":{");
        for (i, (label, p)) in model.labels.iter().zip(&probabilities).enumerate() {
            let comma = if i > 0 { "," } else { "" };
            write!(line, "{comma}\"{}\":{p:.4}", label.name)?;
        }
        line.push_str("}}");
        writeln!(out, "{line}")?;
        out.flush()?;
    }
}
