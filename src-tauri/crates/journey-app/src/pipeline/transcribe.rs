//! Sound to text.
//!
//! Speech is found first, packed into groups of at most half a minute, and each group goes to the
//! recogniser by itself. Every finished group is durable, so that a job that was killed goes on from
//! its last group. While recording the same code is fed from the microphone.

use super::{
    ASK_PAUSE, StepError, cancelled,
    estimate::Teller,
    groups::{Pieces, SpeechGroup},
    is_called_off, keep,
    sound::{SoundReader, damaged_parts},
};
use crate::{App, error::CommandError, open_vault::OpenVault, title};
use journey_domain::{
    ids::{RecordingId, SessionId},
    job::{Job, JobKind},
    ports::CancelToken,
    session::HoleStage,
    session::Source,
    timeline::{SAMPLE_RATE_HZ, SAMPLES_PER_MS, Timeline},
    transcript::{SpokenSegment, Transcript},
};
use journey_speech::{
    engine::{
        Heard, Language, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome,
    },
    loop_detector,
    vad::UtteranceGroup,
};
use journey_vault::{
    NewTranscript, SessionDetail, VaultError,
    table::{
        recordings::{Recording, RecordingKind, RecordingState},
        transcripts::PartialWindow,
    },
};
use std::ops::Range;

/// How much sound is read at a time: one second.
const BLOCK_SAMPLES: usize = SAMPLE_RATE_HZ as usize;

/// The model that transcribes, and how.
#[derive(Clone)]
pub(crate) struct Recogniser {
    pub(crate) model: ModelFile,
    pub(crate) name: String,
    pub(crate) language: Language,
    pub(crate) uses_vad: bool,
}

/// Runs the job: from the last finished group to a stored transcript.
pub(super) fn run(
    app: &App,
    open: &OpenVault,
    job: &Job,
    cancel: &CancelToken,
) -> Result<(), StepError> {
    let detail = open.vault.read(|read| read.session(job.session))?;
    if let Some(part) = job.part_of(HoleStage::Transcribe)
        && detail.transcript.is_some()
    {
        return super::part::transcribe(app, open, job, part, cancel);
    }
    let recording = sound_of(&detail).map_err(StepError::lasting)?;
    let recogniser =
        app.recogniser(open, detail.stored.language.as_deref()).map_err(StepError::lasting)?;
    let ports = app.ports();

    // Work of another model or of another recording is no use for going on.
    let partial = open.vault.read(|read| read.transcripts().partial(job.session))?;
    let usable = partial.as_ref().is_some_and(|p| {
        p.windows.iter().all(|w| w.recording == recording.id && w.model == recogniser.name)
    });
    if partial.is_some() && !usable {
        open.vault.write(|write| write.transcripts().clear_partial(job.session))?;
    }
    let first_sample =
        partial.filter(|_| usable).and_then(|p| p.resume_at()).map_or(0, |(_, sample)| sample);

    let total = recording.n_samples.max(1);
    let share = |sample: u64| sample as f32 / total as f32;
    let mut teller = Teller::new(ports, job, share(first_sample));
    teller.tell(share(first_sample), "listening to the recording");
    let mut reader = SoundReader::open(&open.vault, recording, first_sample)?;
    let damage = reader.damage(recording.n_samples);
    let mut asked = ports.clock.monotonic();
    let mut stopped = || {
        let now = ports.clock.monotonic();
        if now.saturating_sub(asked) >= ASK_PAUSE {
            asked = now;
            if is_called_off(open, job) {
                cancel.cancel();
            }
        }
        cancel.is_cancelled()
    };

    let mut keeper =
        Windows { open, session: job.session, recording: recording.id, recogniser: &recogniser };
    let mut pieces = Pieces::starting_at(first_sample, recogniser.uses_vad);
    let mut block = vec![0; BLOCK_SAMPLES];
    let mut ready = Vec::new();
    loop {
        let n_read = reader.next(&mut block)?;
        match block.get(..n_read).filter(|b| !b.is_empty()) {
            Some(samples) => pieces.push(samples, &mut ready),
            None => pieces.finish(&mut ready),
        }
        for group in ready.drain(..) {
            if stopped() {
                return Err(StepError::lasting(cancelled()));
            }
            let n_samples = group.samples.len() as f32;
            keeper.transcribe(&*ports.engine, &group, cancel, &mut |done| {
                teller.tell(share(group.start()) + done * n_samples / total as f32, "transcribing");
            })?;
        }
        if n_read == 0 {
            break;
        }
    }
    if first_sample < recording.n_samples {
        keeper.nothing_more(recording.n_samples)?;
    }
    if stopped() {
        return Err(StepError::lasting(cancelled()));
    }
    store(app, open, job.session, recording, &recogniser, Some(job), &damage)?;
    // Making the sound smaller takes its time, and nobody waits for it.
    app.announce_job(open, job.id);
    app.announce(job.session);
    keep::compress(open, recording);
    Ok(())
}

/// The sound of a session, or why there is none.
pub(crate) fn sound_of(detail: &SessionDetail) -> Result<&Recording, CommandError> {
    transcribable(&detail.recordings).ok_or_else(|| {
        if detail.stored.session.source == Source::Text {
            return CommandError::not_found("this session was written, so there is no sound")
                .hint("Only what was spoken or imported as sound can be transcribed.");
        }
        CommandError::not_found("the sound of this session is no longer kept")
            .hint("The setting retention had it deleted once its transcript was complete.")
    })
}

/// The sound to transcribe: the captured samples, or their lossless copy, once they are whole.
pub(crate) fn transcribable(recordings: &[Recording]) -> Option<&Recording> {
    let whole = || recordings.iter().filter(|r| r.state != RecordingState::Writing);
    let of_kind = |kind| whole().find(move |r| r.kind == kind);
    of_kind(RecordingKind::Captured).or_else(|| of_kind(RecordingKind::KeptFlac))
}

/// What was recognised in one group.
pub(crate) struct GroupText {
    /// Where its speech lies.
    pub(crate) regions: UtteranceGroup,
    /// Times are those of the recorded samples.
    pub(crate) segments: Vec<SpokenSegment>,
    language: Option<String>,
}

/// Keeps what was recognised, window by window.
pub(crate) struct Windows<'a> {
    pub(crate) open: &'a OpenVault,
    pub(crate) session: SessionId,
    pub(crate) recording: RecordingId,
    pub(crate) recogniser: &'a Recogniser,
}

impl Windows<'_> {
    /// Recognises one group and makes the result durable. Times are those of the recorded samples;
    /// they find their place on the timeline when the transcript is stored.
    pub(crate) fn transcribe(
        &mut self,
        engine: &dyn SpeechEngine,
        group: &SpeechGroup,
        cancel: &CancelToken,
        on_progress: &mut dyn FnMut(f32),
    ) -> Result<Vec<SpokenSegment>, StepError> {
        match self.hear(engine, group, cancel, on_progress) {
            Ok(heard) => self.keep(heard),
            Err((error, segments)) => {
                // What the worker had finished before it died is kept; the next try goes on there.
                if let Some(last) = segments.last().filter(|_| error.is_passing()) {
                    let end = last.end_ms * SAMPLES_PER_MS;
                    self.append(end, None, segments)?;
                }
                Err(speech_error(&error))
            }
        }
    }

    /// Recognises one group and keeps nothing yet; with an error come the segments that were heard before
    /// it.
    pub(crate) fn hear(
        &self,
        engine: &dyn SpeechEngine,
        group: &SpeechGroup,
        cancel: &CancelToken,
        on_progress: &mut dyn FnMut(f32),
    ) -> Result<GroupText, (SpeechError, Vec<SpokenSegment>)> {
        let options =
            TranscribeOptions { language: self.recogniser.language.clone(), offset_ms: 0 };
        let mut segments = Vec::new();
        let outcome = engine.transcribe(
            &self.recogniser.model,
            &group.samples,
            &options,
            &mut |heard| match heard {
                Heard::Final(mut segment) => {
                    group.place(&mut segment);
                    segments.push(segment);
                }
                Heard::Progress(share) => on_progress(share),
                Heard::Provisional(_) => {}
            },
            cancel,
        );
        match outcome {
            Ok(TranscribeOutcome { language }) => {
                Ok(GroupText { regions: group.regions().clone(), segments, language })
            }
            Err(error) => Err((error, segments)),
        }
    }

    /// Makes durable what was recognised.
    pub(crate) fn keep(&self, heard: GroupText) -> Result<Vec<SpokenSegment>, StepError> {
        self.append(heard.regions.end(), heard.language, heard.segments.clone())?;
        Ok(heard.segments)
    }

    /// Notes that there is no speech from the last group to `end_sample`.
    pub(crate) fn nothing_more(&mut self, end_sample: u64) -> Result<(), StepError> {
        self.append(end_sample, None, Vec::new())
    }

    fn append(
        &self,
        end_sample: u64,
        language: Option<String>,
        segments: Vec<SpokenSegment>,
    ) -> Result<(), StepError> {
        let window = PartialWindow {
            recording: self.recording,
            end_sample,
            model: self.recogniser.name.clone(),
            language,
            segments,
        };
        Ok(self
            .open
            .vault
            .write(|write| write.transcripts().append_partial(self.session, &window))?)
    }
}

/// Puts the finished windows together: marks repetitions, places times on the timeline, stores the
/// transcript with title, job and the next job in one transaction.
pub(crate) fn store(
    app: &App,
    open: &OpenVault,
    session: SessionId,
    recording: &Recording,
    recogniser: &Recogniser,
    job: Option<&Job>,
    damage: &[Range<u64>],
) -> Result<(), StepError> {
    let partial = open.vault.read(|read| read.transcripts().partial(session))?;
    let mut segments: Vec<SpokenSegment> =
        partial.iter().flat_map(|p| p.segments().cloned()).collect();
    let language =
        partial.iter().flat_map(|p| p.windows.iter().filter_map(|w| w.language.clone())).next().or(
            match &recogniser.language {
                Language::Fixed(code) => Some(code.clone()),
                Language::Auto => None,
            },
        );
    loop_detector::mark_repetitions(&mut segments);
    let timeline = Timeline::new(recording.n_samples, &recording.marks);
    for segment in &mut segments {
        place(segment, &timeline);
    }
    let transcript = Transcript::from_speech(1, language, Some(recogniser.name.clone()), segments);
    let holes = damaged_parts(&timeline, damage);
    let stored = open.vault.read(|read| read.sessions().get(session))?;
    let zone = jiff::tz::TimeZone::get(&stored.session.time_zone)
        .unwrap_or_else(|_| app.ports().clock.time_zone());
    let suggested = title::from_text(&transcript.text, stored.session.recorded_at, &zone);
    let order = app.automatic_order(open).map_err(StepError::lasting)?;
    let analyses = job.is_none_or(|job| !job.order.leaves_unanalysed)
        && app.analyses_unasked(open).map_err(StepError::lasting)?;
    open.vault.write(|write| {
        write.store_transcript(&NewTranscript {
            session,
            transcript: &transcript,
            holes: &holes,
            job: job.map(|j| j.id),
            anchors: None,
        })?;
        write.sessions().suggest_title(session, &suggested)?;
        if analyses {
            write.jobs().order(session, JobKind::Analyse, &order)?;
        }
        Ok::<_, VaultError>(())
    })?;
    Ok(())
}

/// From milliseconds of recorded samples to milliseconds of the session.
pub(super) fn place(segment: &mut SpokenSegment, timeline: &Timeline) {
    let at = |ms: u64| timeline.ms_of_sample(ms * SAMPLES_PER_MS);
    segment.start_ms = at(segment.start_ms);
    segment.end_ms = at(segment.end_ms).max(segment.start_ms);
    for word in &mut segment.words {
        word.start_ms = at(word.start_ms);
        word.end_ms = at(word.end_ms).max(word.start_ms);
    }
}

pub(super) fn speech_error(error: &SpeechError) -> StepError {
    let passing = error.is_passing();
    let it = CommandError::new(error.code(), error.to_string());
    let error = match error.hint() {
        Some(hint) => it.hint(hint),
        None => it,
    };
    if passing { StepError::passing(error) } else { StepError::lasting(error) }
}
