//! One row for each figure: on the screen as a line of a table, and as JSON where
//! `JOURNEY_BENCH_RESULTS` names a file.

use std::{fs::OpenOptions, io::Write as _};

/// What was measured, against what, and what was wanted.
pub struct Row<'a> {
    /// What was done.
    pub workload: &'a str,
    /// The figure, in `unit`.
    pub ours: f64,
    /// What the figure counts.
    pub unit: &'a str,
    /// The same figure of whoever it is compared with.
    pub reference: Option<f64>,
    /// The goal in words, and whether it was reached.
    pub goal: Option<(&'a str, bool)>,
}

impl Row<'_> {
    /// Prints it and keeps it.
    pub fn tell(&self) {
        let ratio = self.reference.filter(|it| *it > 0.0).map(|it| self.ours / it);
        let number = |it: Option<f64>| it.map_or_else(|| "-".to_owned(), |it| format!("{it:.3}"));
        let (goal, met) = self.goal.unwrap_or(("-", true));
        println!(
            "{:<58} {:>11} {:<8} {:>11} {:>7}  {:<20} {}",
            self.workload,
            number(Some(self.ours)),
            self.unit,
            number(self.reference),
            number(ratio),
            goal,
            if met { "" } else { "MISSED" }
        );
        let line = serde_json::json!({
            "workload": self.workload, "ours": self.ours, "unit": self.unit,
            "reference": self.reference, "ratio": ratio,
            "goal": self.goal.map(|(words, _)| words), "met": self.goal.map(|(_, met)| met),
        });
        let Some(path) = std::env::var_os("JOURNEY_BENCH_RESULTS") else { return };
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        writeln!(file, "{line}").unwrap();
    }
}
