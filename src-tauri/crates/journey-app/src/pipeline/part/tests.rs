use super::TextPart;
use crate::{
    person::{NOW, Person, no_vault},
    pipeline::transcribe::Recogniser,
    views::HoleView,
};
use jiff::Timestamp;
use journey_domain::{
    analysis::{AnalyserIdentity, Analysis},
    error_code::ErrorCode,
    ids::{RunId, SessionId},
    ports::CancelToken,
    run::{Reused, Run, Substitute, WhySubstitute},
    session::{Hole, HoleStage, Source},
    text::IndexedText,
    transcript::{SpokenSegment, Transcript, Word},
};
use journey_speech::engine::{
    Heard, Language, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome,
};
use journey_vault::{NewRun, NewTranscript};
use std::{
    path::Path,
    sync::{Arc, Mutex},
};

const SEEN: &str = "I felt proud of the talk today.";
const UNSEEN: &str = "I am so angry at my brother because he lied to me again.";

fn hole(stage: HoleStage, ms: (u64, u64), chars: (usize, usize)) -> Hole {
    Hole {
        stage,
        start_ms: ms.0,
        end_ms: ms.1,
        start: chars.0,
        end: chars.1,
        reason: "the provider gave up".into(),
    }
}

fn run(session: SessionId, id: RunId, holes: Vec<Hole>) -> Run {
    Run {
        id,
        session,
        transcript_revision: 1,
        analyser: AnalyserIdentity {
            provider: "on-device".into(),
            model: "test".into(),
            prompt_version: "1".into(),
            prompt_hash: "00".into(),
            taxonomy_version: "emotions.v1+topics.v1".into(),
        },
        started_at: Timestamp::from_second(NOW).unwrap(),
        duration_ms: 1,
        tokens_in: 0,
        tokens_out: 0,
        cost_usd: None,
        rejected: 0,
        holes,
        substitutes: Vec::new(),
        reused: Default::default(),
    }
}

/// Runs what waits for a session.
fn work(person: &Person, id: SessionId) {
    person.app.finish_jobs(&person.me.open, id, &CancelToken::new()).unwrap();
}

#[test]
fn a_part_that_was_not_analysed_is_analysed_alone_and_added() {
    let person = Person::new();
    let text = format!("{SEEN} {UNSEEN}");
    let n_seen = SEEN.chars().count();
    let missing = hole(HoleStage::Analyse, (0, 0), (n_seen + 1, text.chars().count()));
    let id = RunId::new(person.uuid());
    let kept = person.element(id, "proud of the talk", &text, "proud of the talk");
    let session = person.written(&text);
    person
        .me
        .vault()
        .write(|write| {
            write.store_run(&NewRun {
                run: &Run { reused: Reused::All, ..run(session, id, vec![missing.clone()]) },
                elements: std::slice::from_ref(&kept),
                relationships: &[],
                accept: true,
                job: None,
            })
        })
        .map_err(no_vault)
        .unwrap();
    let before = person.app.session_page(&person.me, &session.to_string()).unwrap().session;
    assert!(before.coverage.analysed < 1.0);
    person
        .app
        .queue_part(&person.me, &session.to_string(), &before.coverage.holes[0], None)
        .unwrap();
    work(&person, session);
    let after = person.app.session_page(&person.me, &session.to_string()).unwrap().session;
    assert_eq!((after.coverage.analysed, after.coverage.holes.len()), (1.0, 0));
    assert!(after.elements.iter().any(|it| it.id == kept.id.to_string()), "what was found stays");
    // The run's analyser was another model: the part, and what was found there, say who read it.
    let read: Vec<_> = after.coverage.substitutes.iter().map(|it| (it.start, it.end)).collect();
    assert_eq!(read, [(n_seen + 1, text.chars().count())]);
    let why = after.coverage.substitutes.iter().map(|it| it.why.as_str());
    assert_eq!(why.collect::<Vec<_>>(), ["was_missing"], "no answer was found unusable");
    assert_eq!(after.run.as_ref().unwrap().model, "test");
    assert_eq!(after.run.as_ref().unwrap().reused, "some", "the part was answered anew");
    let found_by = |it: &crate::views::ElementView| it.found_by.clone();
    assert!(
        after.elements.iter().all(|it| found_by(it).is_some() != (it.id == kept.id.to_string()))
    );
    let indexed = IndexedText::new(&text);
    let new: Vec<_> = after.elements.iter().filter(|it| it.id != kept.id.to_string()).collect();
    assert!(new.iter().any(|it| it.kind == "emotion"), "{new:?}");
    for it in new.iter().flat_map(|element| &element.evidence) {
        assert!(it.start > n_seen, "only the part was looked at: {it:?}");
        let span = journey_domain::text::CharSpan { start: it.start, end: it.end };
        assert_eq!(indexed.slice(span), Some(it.quote.as_str()));
    }
    // Asked again, it is said that nothing is missing.
    let again =
        person.app.queue_part(&person.me, &session.to_string(), &HoleView::from(&missing), None);
    assert_eq!(again.unwrap_err().code, ErrorCode::NotFound);
}

#[test]
fn each_piece_of_a_part_that_was_read_later_has_the_times_of_its_own_words() {
    let whole = Transcript::from_speech(
        1,
        Some("en".into()),
        Some("test".into()),
        [spoken("I was glad.", 0), spoken("It rained.", 1_000), spoken("I slept well.", 2_000)],
    );
    let n_chars = whole.text.chars().count();
    let missing = hole(HoleStage::Analyse, (0, 9_000), (0, n_chars));
    let person = Person::new();
    let id = RunId::new(person.uuid());
    let read = run(person.session(Source::Text), id, vec![missing.clone()]);
    let piece = whole.clone();
    let part = TextPart { hole: missing, piece, run: read, relationships: Vec::new() };
    let between = whole.segments[1].span;
    let still_missing = hole(HoleStage::Analyse, (0, 0), (between.start, between.end));
    let analysis = Analysis { holes: vec![still_missing], ..Analysis::default() };
    let reader = AnalyserIdentity { model: "another".into(), ..part.run.analyser.clone() };
    let read = part.credited(analysis, &reader, &whole).substitutes;
    let times: Vec<_> = read.iter().map(|it| (it.start_ms, it.end_ms)).collect();
    assert_eq!(times, [(0, 290), (2_000, 2_290)]);
    assert!(read.iter().all(|it| it.why == WhySubstitute::WasMissing));
}

#[test]
fn a_part_that_another_analyser_read_is_marked_where_it_stands_after_an_edit() {
    let person = Person::new();
    let text = format!("{SEEN} {UNSEEN}");
    let session = person.written(&text);
    let id = RunId::new(person.uuid());
    let kept = person.element(id, "proud of the talk", &text, "proud of the talk");
    let n_seen = SEEN.chars().count();
    let part = Substitute {
        provider: "on-device".into(),
        model: "test".into(),
        start_ms: 0,
        end_ms: 0,
        start: n_seen + 1,
        end: text.chars().count(),
        why: WhySubstitute::UnusableAnswer,
        reason: "the answer could not be used".into(),
    };
    let mut read = run(session, id, Vec::new());
    read.substitutes = vec![part];
    person
        .me
        .vault()
        .write(|write| {
            write.store_run(&NewRun {
                run: &read,
                elements: std::slice::from_ref(&kept),
                relationships: &[],
                accept: true,
                job: None,
            })
        })
        .map_err(no_vault)
        .unwrap();
    let id = session.to_string();
    let edited = format!("It was a long one. {text}");
    person.app.edit_transcript(&person.me, &id, 1, &edited).unwrap();
    let read_by_another = |shown: &crate::views::SessionView, text: &str| -> Vec<String> {
        let parts = shown.coverage.substitutes.iter();
        parts.map(|it| text.chars().skip(it.start).take(it.end - it.start).collect()).collect()
    };
    let page = person.app.session_page(&person.me, &id).unwrap().session;
    for shown in [page, person.app.show(&person.me, &id).unwrap()] {
        assert_eq!(read_by_another(&shown, &edited), [UNSEEN]);
    }
    // What the person writes in between, nobody read.
    let edited = edited.replace("angry at my brother", "angry, and tired of it all, at my brother");
    person.app.edit_transcript(&person.me, &id, 2, &edited).unwrap();
    let page = person.app.session_page(&person.me, &id).unwrap().session;
    let (first, last) = UNSEEN.split_once(" at my").unwrap();
    assert_eq!(read_by_another(&page, &edited), [first, &format!("at my{last}")]);
}

#[test]
fn what_was_not_recorded_cannot_be_worked_on_again() {
    let person = Person::new();
    let session = person.session(Source::Microphone);
    let missing = hole(HoleStage::Capture, (100, 900), (0, 0));
    person
        .me
        .vault()
        .write(|write| {
            write.sessions().set_holes(session, HoleStage::Capture, std::slice::from_ref(&missing))
        })
        .map_err(no_vault)
        .unwrap();
    let refused =
        person.app.queue_part(&person.me, &session.to_string(), &HoleView::from(&missing), None);
    assert_eq!(refused.unwrap_err().code, ErrorCode::Usage);
}

/// Understands one sentence in whatever it is given, or fails; notes how much it was given.
struct Hears {
    sentence: Option<&'static str>,
    given: Arc<Mutex<Vec<Vec<i16>>>>,
}

impl SpeechEngine for Hears {
    fn transcribe(
        &self,
        _: &ModelFile,
        audio: &[i16],
        _: &TranscribeOptions,
        on_heard: &mut dyn FnMut(Heard),
        _: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        self.given.lock().unwrap().push(audio.to_vec());
        let sentence = self.sentence.ok_or(SpeechError::Failed)?;
        on_heard(Heard::Final(spoken(sentence, 100)));
        Ok(TranscribeOutcome::default())
    }

    fn release(&self) {}
}

fn spoken(text: &str, start_ms: u64) -> SpokenSegment {
    let word = |(i, word): (usize, &str)| Word {
        text: word.into(),
        start_ms: start_ms + 100 * i as u64,
        end_ms: start_ms + 100 * i as u64 + 90,
        probability: 0.9,
    };
    let words: Vec<Word> = text.split_whitespace().enumerate().map(word).collect();
    let end_ms = words.last().map_or(start_ms, |word| word.end_ms);
    SpokenSegment { text: text.into(), start_ms, end_ms, probability: 0.9, words, repeated: false }
}

/// Three seconds of sound; the second between was not transcribed.
fn with_a_missing_second(person: &Person) -> (SessionId, Hole, Vec<i16>) {
    let samples: Vec<i16> = (0..48_000).map(|i| (i % 3_000) as i16).collect();
    let session = person.recorded(&samples, &[]);
    let missing = hole(HoleStage::Transcribe, (1_000, 2_000), (0, 0));
    let transcript = Transcript::from_speech(
        1,
        Some("en".into()),
        Some("test".into()),
        [spoken("I was glad.", 0), spoken("I slept well.", 2_100)],
    );
    let id = RunId::new(person.uuid());
    let elements = [
        person.element(id, "joy", &transcript.text, "I was glad"),
        person.element(id, "rest", &transcript.text, "slept well"),
    ];
    person
        .me
        .vault()
        .write(|write| {
            write.store_transcript(&NewTranscript {
                session,
                transcript: &transcript,
                holes: std::slice::from_ref(&missing),
                job: None,
                anchors: None,
            })?;
            write.store_run(&NewRun {
                run: &run(session, id, Vec::new()),
                elements: &elements,
                relationships: &[],
                accept: true,
                job: None,
            })
        })
        .map_err(no_vault)
        .unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../assets/models/ggml-mini-reflection.en.bin");
    person.me.open.recognise_with(Recogniser {
        model: ModelFile::open(&model).unwrap(),
        name: "test".into(),
        language: Language::Auto,
        uses_vad: false,
    });
    // Only the transcription is looked at here: a provider that is not asked unseen.
    let ollama = serde_json::json!("ollama");
    person.app.set_setting(&person.me, "provider", &ollama).unwrap();
    (session, missing, samples)
}

#[test]
fn a_part_that_was_not_transcribed_is_transcribed_alone_and_put_in() {
    let given: Arc<Mutex<Vec<Vec<i16>>>> = Arc::default();
    let engine = Hears { sentence: Some("It rained."), given: Arc::clone(&given) };
    let person = Person::with(|ports| ports.engine = Arc::new(engine));
    let (session, missing, samples) = with_a_missing_second(&person);
    let id = session.to_string();
    person.app.queue_part(&person.me, &id, &HoleView::from(&missing), None).unwrap();
    work(&person, session);
    assert_eq!(*given.lock().unwrap(), [samples[16_000..32_000].to_vec()]);
    let page = person.app.session_page(&person.me, &id).unwrap();
    let transcript = page.session.transcript.unwrap();
    assert_eq!(transcript.text, "I was glad. It rained. I slept well.");
    assert_eq!(transcript.revision, 2);
    let starts: Vec<_> = transcript.segments.iter().map(|it| it.start_ms.unwrap()).collect();
    assert_eq!(starts, [0, 1_100, 2_100]);
    assert!(page.session.coverage.holes.is_empty());
    let quotes: Vec<&str> =
        page.session.elements.iter().map(|it| it.evidence[0].quote.as_str()).collect();
    assert_eq!(quotes, ["I was glad", "slept well"]);
}

#[test]
fn a_part_that_fails_again_leaves_everything_as_it_was() {
    let engine = Hears { sentence: None, given: Arc::default() };
    let person = Person::with(|ports| ports.engine = Arc::new(engine));
    let (session, missing, _) = with_a_missing_second(&person);
    let id = session.to_string();
    person.app.queue_part(&person.me, &id, &HoleView::from(&missing), None).unwrap();
    work(&person, session);
    let page = person.app.session_page(&person.me, &id).unwrap();
    assert_eq!(page.session.coverage.holes, [HoleView::from(&missing)]);
    assert_eq!(page.session.transcript.unwrap().revision, 1);
    assert_eq!(page.session.elements.len(), 2);
    assert!(page.session.error.is_some());
}

#[test]
fn a_second_transcription_that_fails_takes_nothing_away() {
    let engine = Hears { sentence: None, given: Arc::default() };
    let person = Person::with(|ports| ports.engine = Arc::new(engine));
    let (session, missing, _) = with_a_missing_second(&person);
    let id = session.to_string();
    person.app.queue_transcription(&person.me, &id).unwrap();
    work(&person, session);
    let page = person.app.session_page(&person.me, &id).unwrap().session;
    assert!(page.error.is_some());
    assert_eq!(page.transcript.unwrap().revision, 1);
    assert_eq!(page.coverage.holes, [HoleView::from(&missing)], "what was heard is not missing");
}

#[test]
fn all_of_a_session_is_no_part_of_it() {
    let person = Person::new();
    let (session, missing, _) = with_a_missing_second(&person);
    let whole = Hole { start_ms: 0, end_ms: 60_000, ..missing };
    person
        .me
        .vault()
        .write(|write| {
            write.sessions().set_holes(session, HoleStage::Transcribe, std::slice::from_ref(&whole))
        })
        .map_err(no_vault)
        .unwrap();
    person.app.queue_part(&person.me, &session.to_string(), &HoleView::from(&whole), None).unwrap();
    let jobs = person.me.vault().read(|read| read.jobs().of_session(session)).unwrap();
    assert_eq!(jobs[0].order.part, None);
}
