//! A missing part of a session, worked on alone: everything else stays as it is.

use super::{
    StepError, cancelled,
    elements::{Found, stored_elements},
    estimate::Teller,
    groups::Pieces,
    sound::{SoundReader, damaged_parts},
    transcribe::{self, Windows},
};
use crate::{App, editing, error::CommandError, open_vault::OpenVault, threads::weave};
use journey_analysis::revision::Revision;
use journey_domain::{
    analysis::{AnalyserIdentity, Analysis},
    element::{Element, Relationship},
    error_code::ErrorCode,
    ids::{RelationshipId, RunId},
    job::{Job, JobEvent, JobKind},
    ports::{CancelToken, Ids},
    run::{Reused, Run, Substitute, WhySubstitute},
    session::{Hole, HoleStage},
    text::{CharSpan, IndexedText},
    timeline::{SAMPLE_RATE_HZ, Timeline},
    transcript::{SpokenSegment, Transcript},
};
use journey_speech::loop_detector;
use journey_vault::{Anchors, NewTranscript, SessionDetail};

/// A part of a text that the accepted run did not see.
pub(super) struct TextPart {
    hole: Hole,
    /// The part as a text of its own.
    pub(super) piece: Transcript,
    /// The run that it is added to.
    run: Run,
    relationships: Vec<Relationship>,
}

impl TextPart {
    /// `None` where the run did not read this revision, or the part is not of this text: then the
    /// whole is analysed.
    pub(super) fn of(detail: &SessionDetail, hole: Hole, links: Vec<Relationship>) -> Option<Self> {
        let (transcript, run) = (detail.transcript.as_ref()?, detail.run.clone()?);
        if run.transcript_revision != transcript.revision || !run.holes.contains(&hole) {
            return None;
        }
        let text = IndexedText::new(&transcript.text);
        let slice = text.slice(CharSpan::new(hole.start, hole.end)?)?;
        let language = transcript.language.clone();
        let piece = Transcript::from_text(transcript.revision, language, slice.to_owned());
        Some(Self { hole, piece, run, relationships: links })
    }

    /// Moves what was found in the piece to its place in the whole.
    pub(super) fn placed(&self, mut analysis: Analysis, whole: &Transcript) -> Analysis {
        let moved = |span: CharSpan| CharSpan {
            start: span.start + self.hole.start,
            end: span.end + self.hole.start,
        };
        let elements = analysis.elements.iter_mut().map(|it| &mut it.evidence);
        let links = analysis.relationships.iter_mut().map(|it| &mut it.evidence);
        for evidence in elements.chain(links) {
            for it in evidence {
                it.span = moved(it.span);
            }
        }
        for hole in &mut analysis.holes {
            let span = moved(CharSpan { start: hole.start, end: hole.end });
            (hole.start, hole.end) = (span.start, span.end);
            if let Some(time) = whole.time_of(span) {
                (hole.start_ms, hole.end_ms) = (time.start_ms, time.end_ms);
            }
        }
        for it in &mut analysis.substitutes {
            let span = moved(CharSpan { start: it.start, end: it.end });
            (it.start, it.end) = (span.start, span.end);
            if let Some(time) = whole.time_of(span) {
                (it.start_ms, it.end_ms) = (time.start_ms, time.end_ms);
            }
        }
        analysis
    }

    /// What the run had found, and what this part adds to it.
    pub(super) fn joined(
        &self,
        before: &[Element],
        analysis: &Analysis,
        whole: &Transcript,
        run: RunId,
        ids: &dyn Ids,
    ) -> Found {
        let mut found = stored_elements(analysis, whole, run, &[], ids);
        let known = |new: &Element| {
            before.iter().find(|old| {
                old.kind == new.kind
                    && old.label == new.label
                    && old.evidence.iter().any(|a| new.evidence.iter().any(|b| a.span == b.span))
            })
        };
        for link in &mut found.relationships {
            for end in [&mut link.from, &mut link.to] {
                let new = found.elements.iter().find(|it| it.id == *end);
                if let Some(old) = new.and_then(known) {
                    *end = old.id;
                }
            }
        }
        found.relationships.retain(|link| link.from != link.to);
        found.elements.retain(|new| known(new).is_none());
        let kept = before.iter().cloned().map(|it| Element { run, ..it });
        found.elements = kept.chain(found.elements).collect();
        let kept = self.relationships.iter().cloned().map(|it| Relationship {
            id: RelationshipId::new(ids.next()),
            run,
            ..it
        });
        found.relationships = kept.chain(found.relationships).collect();
        found
    }

    /// The run keeps its name; where another analyser read the part, that is said of the part and of what
    /// was found there.
    pub(super) fn credited(
        &self,
        mut analysis: Analysis,
        reader: &AnalyserIdentity,
        whole: &Transcript,
    ) -> Analysis {
        let own = &self.run.analyser;
        if (&own.provider, &own.model) != (&reader.provider, &reader.model) {
            for element in &mut analysis.elements {
                element.found_by.get_or_insert_with(|| reader.provider.clone());
            }
            // Pieces that yet another one read, or nobody, are said already; the rest is the reader's.
            let others = analysis.substitutes.iter().map(|it| (it.start, it.end));
            let missing = analysis.holes.iter().map(|it| (it.start, it.end));
            let end = (self.hole.end, self.hole.end);
            let mut said: Vec<(usize, usize)> = others.chain(missing).chain([end]).collect();
            said.sort_unstable();
            let mut from = self.hole.start;
            for (start, end) in said {
                if start > from {
                    let time = whole.time_of(CharSpan { start: from, end: start });
                    let (start_ms, end_ms) = time
                        .map_or((self.hole.start_ms, self.hole.end_ms), |it| {
                            (it.start_ms, it.end_ms)
                        });
                    analysis.substitutes.push(Substitute {
                        provider: reader.provider.clone(),
                        model: reader.model.clone(),
                        start_ms,
                        end_ms,
                        start: from,
                        end: start,
                        why: WhySubstitute::WasMissing,
                        reason: "this part was missing and was analysed later".to_owned(),
                    });
                }
                from = from.max(end);
            }
        }
        analysis.substitutes.extend(self.run.substitutes.iter().cloned());
        analysis.substitutes.sort_by_key(|it| it.start);
        analysis
    }

    /// Who analysed the rest.
    pub(super) fn analyser(&self) -> &AnalyserIdentity {
        &self.run.analyser
    }

    /// How much of the rest came from kept answers.
    pub(super) const fn reused(&self) -> Reused {
        self.run.reused
    }

    /// What is missing afterwards.
    pub(super) fn holes(&self, new: Vec<Hole>) -> Vec<Hole> {
        self.run.holes.iter().filter(|it| **it != self.hole).cloned().chain(new).collect()
    }
}

/// Transcribes a part of a recording whose rest has a transcript.
pub(super) fn transcribe(
    app: &App,
    open: &OpenVault,
    job: &Job,
    part: &Hole,
    cancel: &CancelToken,
) -> Result<(), StepError> {
    let detail = open.vault.read(|read| read.session(job.session))?;
    let Some(before) = &detail.transcript else {
        return Err(StepError::lasting(CommandError::not_found("there is no transcript yet")));
    };
    let recording = transcribe::sound_of(&detail).map_err(StepError::lasting)?;
    let recogniser =
        app.recogniser(open, detail.stored.language.as_deref()).map_err(StepError::lasting)?;
    let timeline = Timeline::new(recording.n_samples, &recording.marks);
    let (first, end) = (timeline.sample_of_ms(part.start_ms), timeline.sample_of_ms(part.end_ms));
    let mut teller = Teller::new(app.ports(), job, 0.0);
    teller.tell(0.0, "listening to the missing part");

    let listener =
        Windows { open, session: job.session, recording: recording.id, recogniser: &recogniser };
    let mut reader = SoundReader::open(&open.vault, recording, first)?;
    let damaged = damaged_parts(&timeline, &reader.damage(recording.n_samples));
    let mut pieces = Pieces::starting_at(first, recogniser.uses_vad);
    let mut block = vec![0; SAMPLE_RATE_HZ as usize];
    let n_total = end.saturating_sub(first);
    let (mut n_left, mut ready) = (n_total, Vec::new());
    let mut segments: Vec<SpokenSegment> = Vec::new();
    loop {
        let n_wanted = usize::try_from(n_left).map_or(block.len(), |n| n.min(block.len()));
        let n_read = reader.next(block.get_mut(..n_wanted).unwrap_or_default())?;
        n_left = n_left.saturating_sub(n_read as u64);
        match block.get(..n_read).filter(|it| !it.is_empty()) {
            Some(samples) => pieces.push(samples, &mut ready),
            None => pieces.finish(&mut ready),
        }
        for group in ready.drain(..) {
            if cancel.is_cancelled() {
                return Err(StepError::lasting(cancelled()));
            }
            let n_before = group.start().saturating_sub(first) as f32;
            let n_samples = group.samples.len() as f32;
            let mut told = |share: f32| {
                let done = (n_before + share * n_samples) / n_total.max(1) as f32;
                teller.tell(done, "transcribing");
            };
            let heard = listener
                .hear(&*app.ports().engine, &group, cancel, &mut told)
                .map_err(|(error, _)| transcribe::speech_error(&error))?;
            segments.extend(heard.segments);
        }
        if n_read == 0 {
            break;
        }
    }
    loop_detector::mark_repetitions(&mut segments);
    for segment in &mut segments {
        transcribe::place(segment, &timeline);
    }
    let after = before.with_spoken(segments);
    let mut holes: Vec<Hole> = detail
        .stored
        .session
        .holes
        .iter()
        .filter(|it| it.stage == HoleStage::Transcribe && *it != part)
        .cloned()
        .collect();
    // Damage reads as silence; that nobody is heard there does not mean that nobody spoke.
    let still_missing =
        |it: &Hole| it.start_ms < part.end_ms && part.start_ms < it.end_ms && !holes.contains(it);
    let still_missing: Vec<Hole> = damaged.into_iter().filter(still_missing).collect();
    holes.extend(still_missing);
    let order = app.automatic_order(open).map_err(StepError::lasting)?;
    let analyses =
        !job.order.leaves_unanalysed && app.analyses_unasked(open).map_err(StepError::lasting)?;
    open.vault.write(|write| -> Result<(), StepError> {
        let read = write.read();
        if read.transcripts().current(job.session)?.as_ref() != Some(before) {
            return Err(StepError::passing(CommandError::new(
                ErrorCode::RevisionConflict,
                "the text was changed while a part of it was transcribed",
            )));
        }
        if after.text == before.text {
            // Nobody speaks there: nothing is missing any more.
            write.sessions().set_holes(job.session, HoleStage::Transcribe, &holes)?;
            write.jobs().apply(job.id, JobEvent::Succeeded)?;
            return Ok(());
        }
        let comparison = Revision::new(before, &after.text);
        let placed = editing::placed(&read, job.session, before, &comparison, &after)?;
        write.store_transcript(&NewTranscript {
            session: job.session,
            transcript: &after,
            holes: &holes,
            job: Some(job.id),
            anchors: placed.as_ref().map(|it| Anchors {
                run: it.run,
                elements: &it.elements,
                relationships: &it.relationships,
            }),
        })?;
        weave(write, job.session)?;
        if analyses {
            write.jobs().order(job.session, JobKind::Analyse, &order)?;
        }
        Ok(())
    })?;
    Ok(())
}

impl From<CommandError> for StepError {
    fn from(error: CommandError) -> Self {
        Self::lasting(error)
    }
}

#[cfg(test)]
mod tests;
