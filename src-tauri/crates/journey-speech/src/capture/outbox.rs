//! What was captured and is on its way to the disk, in order.

use super::live::LiveSamples;
use journey_domain::{
    ports::{SegmentSink, SinkError},
    timeline::{LossReason, Mark, MarkKind, SAMPLES_PER_MS},
};
use std::collections::VecDeque;

enum Item {
    Samples(Vec<i16>),
    Mark(Mark),
}

/// Queue in front of the sink. Normally empty after each [`drain`](Self::drain); while the sink
/// fails it holds what was spoken meanwhile.
pub(super) struct Outbox {
    sink: Box<dyn SegmentSink>,
    live: LiveSamples,
    waiting: VecDeque<Item>,
    n_waiting: usize,
    n_written: u64,
    is_synced: bool,
    last_mark_at: u64,
    marks: Vec<Mark>,
}

impl Outbox {
    pub(super) fn new(sink: Box<dyn SegmentSink>, live: LiveSamples) -> Self {
        Self {
            sink,
            live,
            waiting: VecDeque::new(),
            n_waiting: 0,
            n_written: 0,
            is_synced: true,
            last_mark_at: 0,
            marks: Vec::new(),
        }
    }

    pub(super) fn live(&self) -> LiveSamples {
        self.live.clone()
    }

    /// Position after everything that was put in.
    pub(super) const fn end(&self) -> u64 {
        self.n_written + self.n_waiting as u64
    }

    pub(super) const fn n_written(&self) -> u64 {
        self.n_written
    }

    pub(super) const fn n_waiting(&self) -> usize {
        self.n_waiting
    }

    pub(super) fn put_samples(&mut self, samples: Vec<i16>) {
        if !samples.is_empty() {
            self.n_waiting += samples.len();
            self.waiting.push_back(Item::Samples(samples));
        }
    }

    /// Marks stay in order: one that belongs before the last one goes to the same place.
    pub(super) fn put_mark(&mut self, mut mark: Mark) {
        mark.at_sample = mark.at_sample.max(self.last_mark_at);
        self.last_mark_at = mark.at_sample;
        self.waiting.push_back(Item::Mark(mark));
    }

    /// Writes what is waiting. On an error the rest stays and can be tried again.
    pub(super) fn drain(&mut self) -> Result<(), SinkError> {
        while let Some(item) = self.waiting.front() {
            match item {
                Item::Samples(samples) => {
                    self.sink.append(samples)?;
                    self.is_synced = false;
                    self.n_written += samples.len() as u64;
                    self.n_waiting -= samples.len();
                    self.live.push(samples);
                }
                Item::Mark(mark) => {
                    self.sink.mark(mark)?;
                    self.is_synced = false;
                    self.marks.push(mark.clone());
                }
            }
            self.waiting.pop_front();
        }
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<(), SinkError> {
        if !self.is_synced {
            self.is_synced = self.sink.sync()?;
        }
        Ok(())
    }

    /// Seals the recording. What cannot be written any more becomes a loss in the marks.
    pub(super) fn finish(mut self) -> (u64, Vec<Mark>, Option<SinkError>) {
        let failure = self.drain().and_then(|()| self.sink.finish()).err();
        let reason = failure.as_ref().map(loss_reason).unwrap_or(LossReason::WriteFailed);
        for item in self.waiting {
            let kind = match item {
                Item::Samples(samples) => {
                    MarkKind::Lost { duration_ms: samples.len() as u64 / SAMPLES_PER_MS, reason }
                }
                Item::Mark(mark) => mark.kind,
            };
            self.marks.push(Mark { at_sample: self.n_written, kind });
        }
        self.live.end_here();
        (self.n_written, self.marks, failure)
    }
}

/// What a failure of the sink is called in a mark.
pub(super) const fn loss_reason(error: &SinkError) -> LossReason {
    match error {
        SinkError::DiskFull => LossReason::DiskFull,
        SinkError::Io(_) | SinkError::Seal => LossReason::WriteFailed,
    }
}
