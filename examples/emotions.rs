//! Emotions of each line on standard input, as one line of JSON each.
//!
//! `cargo run --release --example emotions`

use journey_language::{linear::LinearModel, lines::answer};
use std::io::{self, BufReader};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let model = LinearModel::from_bytes(include_bytes!("../assets/models/emotions.v1.bin"))?;
    Ok(answer(&model, BufReader::new(io::stdin()), io::stdout())?)
}
