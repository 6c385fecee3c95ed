mod leaving;
mod orders;

use super::*;
use crate::{
    person::{Person, no_vault},
    pipeline::transcribe::Recogniser,
};
use journey_speech::engine::{
    Language, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome,
};
use journey_vault::Vault;
use std::{
    path::Path,
    sync::{Arc, Mutex, mpsc},
    thread,
};

/// Says when it begins, waits until it may go on, and fails.
struct Waiting {
    begun: Mutex<mpsc::Sender<()>>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl SpeechEngine for Waiting {
    fn transcribe(
        &self,
        _: &ModelFile,
        _: &[i16],
        _: &TranscribeOptions,
        _: &mut dyn FnMut(journey_speech::engine::Heard),
        _: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        self.begun.lock().unwrap().send(()).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
        Err(SpeechError::Failed)
    }

    fn release(&self) {}
}

#[test]
fn a_job_whose_failure_could_not_be_written_runs_again_when_it_can() {
    let (begin, begun) = mpsc::channel();
    let (release, go_on) = mpsc::channel();
    let engine = Arc::new(Waiting { begun: Mutex::new(begin), go_on: Mutex::new(go_on) });
    let person = Person::with(|ports| ports.engine = engine);
    let open = &person.me.open;
    let session = person.recorded(&[700; 16_000], &[]);
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../assets/models/ggml-mini-reflection.en.bin");
    open.recognise_with(Recogniser {
        model: ModelFile::open(&model).unwrap(),
        name: "test".into(),
        language: Language::Auto,
        uses_vad: false,
    });
    let order = || open.vault.write(|write| write.jobs().enqueue(session, JobKind::Transcribe));
    let job = order().map_err(no_vault).unwrap();
    let state = || open.vault.read(|read| read.jobs().get(job.id)).map_err(no_vault).unwrap().state;
    let lease = open.vault.try_lease().unwrap().unwrap();
    let run = || person.app.run_next_job(open, &lease, &[JobKind::Transcribe]);

    // Another process keeps the database to itself for longer than anybody waits.
    let ports = person.app.ports().vault();
    let other = Vault::open(open.vault.dir(), &open.keys, ports).unwrap();
    thread::scope(|scope| {
        let running = scope.spawn(run);
        begun.recv().unwrap();
        let failed = other.write(|_| {
            release.send(()).unwrap();
            Ok::<_, VaultError>(running.join().unwrap())
        });
        assert_eq!(failed.unwrap().unwrap_err().code, ErrorCode::Busy);
    });
    assert_eq!(state(), JobState::Running, "nobody could write what became of it");

    release.send(()).unwrap();
    assert!(run().unwrap(), "it is taken up again");
    begun.recv().unwrap();
    assert!(matches!(state(), JobState::Parked { .. } | JobState::Waiting { .. }));
}
