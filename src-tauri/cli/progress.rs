//! Progress events as bars on a terminal.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use journey_domain::{
    ids::JobId,
    job::JobKind,
    ports::{Event, EventSink},
};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// One bar a job; finished ones disappear, so that the result stands alone.
pub(crate) struct Bars {
    all: MultiProgress,
    of_job: Mutex<HashMap<JobId, ProgressBar>>,
}

impl Bars {
    pub(crate) fn new() -> Self {
        Self { all: MultiProgress::new(), of_job: Mutex::default() }
    }
}

const fn verb(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Transcribe => "Transcribing",
        JobKind::Analyse => "Analysing",
        JobKind::Sync => "Syncing",
    }
}

impl EventSink for Bars {
    fn emit(&self, event: Event) {
        let mut bars = self.of_job.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = match event {
            Event::Progress(progress) => progress,
            Event::JobChanged(job) if job.is_settled() => {
                if let Some(bar) = bars.remove(&job.id) {
                    bar.finish_and_clear();
                }
                return;
            }
            _ => return,
        };
        let bar = bars.entry(progress.job).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::new(1000));
            if let Ok(style) =
                ProgressStyle::with_template("{prefix:13} {bar:30} {percent:>3} %  {msg}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(verb(progress.kind));
            bar
        });
        let bar = bar.clone();
        drop(bars);
        let left =
            progress.remaining_ms.map(|ms| format!("{} left", super::render::clock(ms + 999)));
        bar.set_message(left.unwrap_or(progress.message));
        bar.set_position((f64::from(progress.fraction.clamp(0.0, 1.0)) * 1000.0) as u64);
    }
}
