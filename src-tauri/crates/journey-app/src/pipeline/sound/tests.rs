use crate::{
    person::{Person, no_vault},
    pipeline::transcribe::Recogniser,
    views::HoleView,
};
use journey_domain::{
    ids::SessionId,
    job::JobKind,
    ports::CancelToken,
    session::{Hole, HoleStage, Status},
    timeline::SAMPLES_PER_MS,
    transcript::SpokenSegment,
};
use journey_speech::engine::{
    Heard, Language, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome,
};
use serde_json::json;
use std::{fs, path::Path, sync::Arc};

/// Understands the same word in whatever it is given.
struct OneWord;

impl SpeechEngine for OneWord {
    fn transcribe(
        &self,
        _: &ModelFile,
        _: &[i16],
        _: &TranscribeOptions,
        on_heard: &mut dyn FnMut(Heard),
        _: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        on_heard(Heard::Final(SpokenSegment {
            text: "Hello.".into(),
            start_ms: 0,
            end_ms: 300,
            probability: 0.9,
            words: Vec::new(),
            repeated: false,
        }));
        Ok(TranscribeOutcome::default())
    }

    fn release(&self) {}
}

/// Samples of one chunk of a sealed file, and its bytes with head and seal.
const CHUNK_SAMPLES: usize = 32 * 1024;
const CHUNK_BYTES: usize = 2 * CHUNK_SAMPLES;

fn holes(person: &Person, session: SessionId) -> Vec<Hole> {
    person
        .me
        .vault()
        .read(|read| Ok(read.sessions().get(session)?.session.holes))
        .map_err(no_vault)
        .unwrap()
}

#[test]
fn damaged_sound_is_a_hole_of_the_transcript_and_is_kept() {
    let person = Person::with(|ports| ports.engine = Arc::new(OneWord));
    let (app, me) = (&person.app, &person.me);
    let session = person.recorded(&vec![500; 4 * CHUNK_SAMPLES], &[]);
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../assets/models/ggml-mini-reflection.en.bin");
    me.open.recognise_with(Recogniser {
        model: ModelFile::open(&model).unwrap(),
        name: "test".into(),
        language: Language::Auto,
        uses_vad: false,
    });
    app.set_setting(me, "retention", &json!("until_analysed")).unwrap();
    let file = me.vault().dir().join("media").join(session.to_string()).join("1.seg");
    let mut bytes = fs::read(&file).unwrap();
    bytes[CHUNK_BYTES + CHUNK_BYTES / 2] ^= 1;
    fs::write(&file, bytes).unwrap();

    let work = |id| app.finish_jobs(&me.open, id, &CancelToken::new()).unwrap();
    me.vault()
        .write(|write| write.jobs().enqueue(session, JobKind::Transcribe))
        .map_err(no_vault)
        .unwrap();
    work(session);
    let status = app.show(me, &session.to_string()).unwrap().status;
    assert_eq!(status, Status::Analysed.as_str());
    let chunk_ms = CHUNK_SAMPLES as u64 / SAMPLES_PER_MS;
    let missing = holes(&person, session);
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].stage, HoleStage::Transcribe);
    assert_eq!((missing[0].start_ms, missing[0].end_ms), (chunk_ms, 2 * chunk_ms));
    assert!(file.exists(), "what could not be heard is not let go");

    // Heard again it is silence, and as missing as before.
    app.queue_part(me, &session.to_string(), &HoleView::from(&missing[0]), None).unwrap();
    work(session);
    assert_eq!(holes(&person, session), missing);
    assert!(file.exists());
}
