//! Somebody signed in on a computer whose world is scripted, for tests of what a session goes through.

use crate::{App, ModelHost, Ports, access::Unlocked, data_dir::DataDir, gate::command::Command};
use jiff::{Timestamp, tz::TimeZone};
use journey_domain::{
    analysis::AnalyserIdentity,
    element::{Element, ElementKind, Evidence, EvidenceState, Relationship, RelationshipKind},
    ids::{ElementId, RelationshipId, RunId, SessionId},
    ports::{
        CancelToken, Clock, Event, EventSink, Ids as _, SecretStore, SecretStoreError,
        SegmentSink as _,
    },
    run::Run,
    session::{CaptureState, Source},
    text::IndexedText,
    timeline::{Mark, Timeline},
    transcript::Transcript,
};
use journey_speech::{
    capture::{AudioError, AudioHost, DeviceId, InputDevice, OpenStream},
    engine::{Heard, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome},
    playback::{
        AudioOutput, OpenOutput, OutputError, OutputStream,
        queue::{OutputAlarm, OutputTap, output_channel},
    },
    worker::WorkerCommand,
};
use journey_vault::{
    KdfCost, NewRun, NewTranscript, VaultError,
    table::{recordings::RecordingState, sessions::NewSession},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

pub(crate) const PASSWORD: &str = "harbour lantern sevenfold quilt";

/// 2026-11-27T12:00:00Z in seconds.
pub(crate) const NOW: i64 = 1_795_780_800;

/// A clock that moves a millisecond each time it is asked.
struct SteppingClock(AtomicI64);

impl Clock for SteppingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.fetch_add(1, Ordering::Relaxed) as u64)
    }

    fn time_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

struct NoKeychain;

impl SecretStore for NoKeychain {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn set(&self, _: &str, _: &[u8]) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn delete(&self, _: &str) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn describe(&self) -> &'static str {
        "none"
    }
}

struct NoMicrophone;

impl AudioHost for NoMicrophone {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        Ok(Vec::new())
    }

    fn open(&self, _: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        Err(AudioError::NoDevice)
    }
}

/// Understands nothing.
struct Deaf;

impl SpeechEngine for Deaf {
    fn transcribe(
        &self,
        _: &ModelFile,
        _: &[i16],
        _: &TranscribeOptions,
        _: &mut dyn FnMut(Heard),
        _: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        Err(SpeechError::Failed)
    }

    fn release(&self) {}
}

/// A speaker at 16 kHz that takes samples when the test says so.
#[derive(Default)]
pub(crate) struct Speaker {
    tap: Mutex<Option<OutputTap>>,
    alarm: Mutex<Option<OutputAlarm>>,
    pub(crate) refuses: Mutex<Option<OutputError>>,
}

struct Open;

impl OutputStream for Open {}

impl AudioOutput for Speaker {
    fn open(&self) -> Result<OpenOutput, OutputError> {
        if let Some(error) = *self.refuses.lock().unwrap() {
            return Err(error);
        }
        let (tap, alarm, queue) = output_channel(16_000);
        *self.tap.lock().unwrap() = Some(tap);
        *self.alarm.lock().unwrap() = Some(alarm);
        Ok(OpenOutput { stream: Box::new(Open), queue })
    }
}

impl Speaker {
    /// It goes away while it plays.
    pub(crate) fn is_unplugged(&self) {
        self.alarm.lock().unwrap().take().expect("the speaker was opened").stream_failed();
    }

    /// Takes samples while `wants_more` says so for how many there are.
    pub(crate) fn hear_while(&self, mut wants_more: impl FnMut(usize) -> bool) -> Vec<i16> {
        let mut tap = self.tap.lock().unwrap().take().expect("the speaker was opened");
        let mut heard: Vec<i16> = Vec::new();
        let mut buffer = [0.0_f32; 160];
        while wants_more(heard.len()) {
            let n = tap.n_ready().min(buffer.len());
            tap.fill(&mut buffer[..n], 1, 0);
            heard.extend(buffer[..n].iter().map(|sample| (sample * 32_768.0) as i16));
            std::thread::yield_now();
        }
        heard
    }
}

/// Every event in the order in which it came.
#[derive(Default)]
pub(crate) struct Told(Mutex<Vec<Event>>);

impl Told {
    pub(crate) fn take(&self) -> Vec<Event> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl EventSink for Told {
    fn emit(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

/// Somebody signed in, alone on a computer that goes away with them.
pub(crate) struct Person {
    pub(crate) app: App,
    pub(crate) me: Unlocked,
    pub(crate) speaker: Arc<Speaker>,
    pub(crate) told: Arc<Told>,
    _dir: TempDir,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other ports than usual.
    pub(crate) fn with(change: impl FnOnce(&mut Ports)) -> Self {
        let dir = TempDir::new().unwrap();
        let (speaker, told): (Arc<Speaker>, Arc<Told>) = Default::default();
        let mut ports = Ports {
            clock: Arc::new(SteppingClock(AtomicI64::new(NOW * 1_000))),
            ids: Arc::new(crate::system::SystemIds),
            random: Arc::new(crate::system::SystemRandom),
            keychain: Arc::new(NoKeychain),
            audio: Arc::new(NoMicrophone),
            speaker: speaker.clone(),
            engine: Arc::new(Deaf),
            models: ModelHost::catalogue(),
            worker: WorkerCommand::new("no-such-program", ["worker"]),
            events: told.clone(),
            kdf: Some(KdfCost::for_tests()),
        };
        change(&mut ports);
        let app = App::open(DataDir::new(dir.path().to_owned()), ports).unwrap();
        app.create_account(None, "Mira", false, PASSWORD).unwrap();
        let token = app.sign_in_once("Mira", PASSWORD).unwrap();
        let me = app.unlocked(Command::Show, &token).unwrap();
        told.take();
        Self { app, me, speaker, told, _dir: dir }
    }

    pub(crate) fn uuid(&self) -> uuid::Uuid {
        crate::system::SystemIds.next()
    }

    /// A session without anything.
    pub(crate) fn session(&self, source: Source) -> SessionId {
        let new = NewSession {
            id: SessionId::new(self.uuid()),
            title: "A day".into(),
            title_generated: true,
            recorded_at: Timestamp::from_second(NOW).unwrap(),
            time_zone: "UTC".into(),
            source,
            language: None,
            duration_ms: None,
            capture: CaptureState::Finished,
        };
        self.me.vault().write(|write| write.sessions().create(&new)).map_err(no_vault).unwrap();
        new.id
    }

    /// A session with this sound in it.
    pub(crate) fn recorded(&self, samples: &[i16], marks: &[Mark]) -> SessionId {
        let session = self.session(Source::Microphone);
        let vault = self.me.vault();
        let (recording, mut file) = vault.begin_recording(session).unwrap();
        file.append(samples).unwrap();
        file.finish().unwrap();
        let n_samples = samples.len() as u64;
        let duration_ms = Timeline::new(n_samples, marks).duration_ms();
        vault
            .write(|write| {
                write.recordings().seal(
                    recording.id,
                    RecordingState::Finished,
                    n_samples,
                    0,
                    marks,
                )?;
                write.sessions().set_capture(
                    session,
                    CaptureState::Finished,
                    Some(duration_ms),
                    &[],
                )
            })
            .map_err(no_vault)
            .unwrap();
        session
    }

    /// A written session that nobody has analysed.
    pub(crate) fn written(&self, text: &str) -> SessionId {
        let session = self.session(Source::Text);
        let transcript = Transcript::from_text(1, Some("en".into()), text.into());
        self.me
            .vault()
            .write(|write| {
                write.store_transcript(&NewTranscript {
                    session,
                    transcript: &transcript,
                    holes: &[],
                    job: None,
                    anchors: None,
                })
            })
            .map_err(no_vault)
            .unwrap();
        session
    }

    /// A written session whose accepted run found each quote of its text, labelled as given, each
    /// linked to the next.
    pub(crate) fn analysed(&self, text: &str, found: &[(&str, &str)]) -> SessionId {
        let session = self.written(text);
        self.run_over(session, text, found);
        session
    }

    /// The same of another run over the first revision, which is `text`; it is accepted.
    pub(crate) fn run_over(&self, session: SessionId, text: &str, found: &[(&str, &str)]) -> RunId {
        let run = RunId::new(self.uuid());
        let elements: Vec<Element> =
            found.iter().map(|(label, quote)| self.element(run, label, text, quote)).collect();
        let relationships: Vec<Relationship> = elements
            .windows(2)
            .map(|pair| Relationship {
                id: RelationshipId::new(self.uuid()),
                run,
                from: pair[0].id,
                to: pair[1].id,
                kind: RelationshipKind::About,
                confidence: 0.5,
                evidence: pair[0].evidence.clone(),
            })
            .collect();
        let run = Run {
            id: run,
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
            duration_ms: 5,
            tokens_in: 0,
            tokens_out: 0,
            cost_usd: None,
            rejected: 0,
            holes: Vec::new(),
            substitutes: Vec::new(),
            reused: Default::default(),
        };
        self.me
            .vault()
            .write(|write| {
                write.store_run(&NewRun {
                    run: &run,
                    elements: &elements,
                    relationships: &relationships,
                    accept: true,
                    job: None,
                })
            })
            .map_err(no_vault)
            .unwrap();
        run.id
    }

    /// An element whose evidence is where `quote` first stands in `text`.
    pub(crate) fn element(&self, run: RunId, label: &str, text: &str, quote: &str) -> Element {
        let at = text.find(quote).expect("the quote stands in the text");
        let span = IndexedText::new(text).span_of_bytes(at, at + quote.len()).unwrap();
        Element {
            id: ElementId::new(self.uuid()),
            run,
            kind: ElementKind::Insight,
            label: label.into(),
            taxonomy: None,
            intensity: None,
            confidence: 0.5,
            stance: None,
            status: None,
            due: None,
            evidence: vec![Evidence {
                span,
                quote: quote.into(),
                time: None,
                state: EvidenceState::Verified,
            }],
            corrected: false,
            found_by: None,
        }
    }
}

/// Names the error's type, which closures over the vault leave open.
pub(crate) fn no_vault(error: VaultError) -> VaultError {
    error
}
