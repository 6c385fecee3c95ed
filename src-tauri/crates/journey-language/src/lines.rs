//! A model's answers to lines of text, for programs that ask from outside.

use crate::{features::of_text, linear::LinearModel};
use std::io::{self, BufRead, Write};

/// Answers each line, empty ones included, with one line of JSON: the labels given, and the probability of
/// every label. Bytes that are no UTF-8 are read as unknown letters.
///
/// # Errors
/// Those of reading and writing.
pub fn answer(
    model: &LinearModel,
    mut input: impl BufRead,
    mut output: impl Write,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if input.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\n', '\r']);
        let probabilities = model.probabilities(&of_text(text, model.families));
        let given = model
            .given(&probabilities)
            .filter_map(|label| model.labels.get(label))
            .map(|label| format!("\"{}\"", label.name));
        let all = model
            .labels
            .iter()
            .zip(&probabilities)
            .map(|(label, p)| format!("\"{}\":{p:.4}", label.name));
        let (given, all): (Vec<_>, Vec<_>) = (given.collect(), all.collect());
        writeln!(
            output,
            "{{\"labels\":[{}],\"probabilities\":{{{}}}}}",
            given.join(","),
            all.join(",")
        )?;
        output.flush()?;
    }
}
