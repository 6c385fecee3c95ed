//! Transcription while recording, with the real recogniser and a microphone that speaks fast.

use crate::support::{PASSWORD, bare_whisper, sample_model, samples, speech, word_error_rate};
use journey_app::{
    App, KdfCost, Ports,
    access::Unlocked,
    data_dir::DataDir,
    gate::command::Command as Gated,
    record::{RecordOptions, Told},
    review::SessionQuery,
    views::{SegmentView, SessionView},
};
use journey_domain::{
    error_code::ErrorCode,
    ports::{CancelToken, Event, EventSink},
};
use journey_speech::{
    capture::{
        AudioError, AudioHost, DeviceId, InputDevice, InputStream, OpenStream,
        feed::{StreamFormat, stream_channel},
    },
    engine::{
        Heard, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome,
        WorkerEngine, default_threads,
    },
    worker::WorkerCommand,
};
use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// How much faster than people it speaks.
const SPEED: u32 = 4;

struct FastTalker {
    sound: Arc<Vec<i16>>,
    said_all: Arc<AtomicBool>,
    /// Blocks said so far: whoever opens it again hears how it goes on.
    n_said: Arc<AtomicUsize>,
    /// How often it was opened. Only the last one is spoken to.
    n_opened: Arc<AtomicUsize>,
}

struct NoStream;
impl InputStream for NoStream {}

fn talker() -> InputDevice {
    InputDevice { id: DeviceId::new("talker"), name: "talker".to_owned(), is_default: true }
}

impl AudioHost for FastTalker {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        Ok(vec![talker()])
    }

    fn open(&self, _: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        let format = StreamFormat { rate_hz: 16_000, n_channels: 1 };
        let (mut feed, _, reader) = stream_channel(format);
        let (sound, said_all) = (Arc::clone(&self.sound), Arc::clone(&self.said_all));
        let (n_said, n_opened) = (Arc::clone(&self.n_said), Arc::clone(&self.n_opened));
        let me = n_opened.fetch_add(1, Ordering::AcqRel) + 1;
        thread::spawn(move || {
            let is_heard = || n_opened.load(Ordering::Acquire) == me;
            while is_heard() {
                let n = n_said.fetch_add(1, Ordering::AcqRel);
                let Some(block) = sound.chunks(320).nth(n) else { break };
                feed.push(block);
                thread::sleep(Duration::from_millis(20) / SPEED);
            }
            // A callback that fell silent would be a lost microphone.
            while is_heard() {
                said_all.store(true, Ordering::Release);
                feed.push(&[0i16; 160]);
                thread::sleep(Duration::from_millis(10));
            }
        });
        Ok(OpenStream { stream: Box::new(NoStream), reader, format, device: talker() })
    }
}

/// A microphone that opens and never gives anything.
struct Mute;

impl AudioHost for Mute {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        Ok(vec![talker()])
    }

    fn open(&self, _: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        let format = StreamFormat { rate_hz: 16_000, n_channels: 1 };
        let (_, _, reader) = stream_channel(format);
        Ok(OpenStream { stream: Box::new(NoStream), reader, format, device: talker() })
    }
}

/// The real recogniser, which notes how much sound it was given at once, and when.
struct Noting {
    engine: WorkerEngine,
    said_all: Arc<AtomicBool>,
    /// Samples, and whether everything had been said then.
    given: Mutex<Vec<(usize, bool)>>,
}

impl SpeechEngine for Noting {
    fn transcribe(
        &self,
        model: &ModelFile,
        audio: &[i16],
        options: &TranscribeOptions,
        on_heard: &mut dyn FnMut(Heard),
        cancel: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        let is_over = self.said_all.load(Ordering::Acquire);
        self.given.lock().unwrap().push((audio.len(), is_over));
        self.engine.transcribe(model, audio, options, on_heard, cancel)
    }

    fn release(&self) {
        self.engine.release();
    }
}

struct Nobody;
impl EventSink for Nobody {
    fn emit(&self, _: Event) {}
}

struct Studio {
    app: App,
    me: Unlocked,
    engine: Arc<Noting>,
    said_all: Arc<AtomicBool>,
    _home: tempfile::TempDir,
}

impl Studio {
    fn speaking(sound: Vec<i16>) -> Self {
        let said_all = Arc::new(AtomicBool::new(false));
        let talker = FastTalker {
            sound: Arc::new(sound),
            said_all: Arc::clone(&said_all),
            n_said: Arc::default(),
            n_opened: Arc::default(),
        };
        Self::with(Arc::new(talker), said_all)
    }

    fn with(audio: Arc<dyn AudioHost>, said_all: Arc<AtomicBool>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(home.path().join("data"));
        let worker = WorkerCommand::new(env!("CARGO_BIN_EXE_insight-journey-worker"), [""; 0]);
        let engine = Arc::new(Noting {
            engine: WorkerEngine::new(worker, default_threads(), Duration::from_secs(60)),
            said_all: Arc::clone(&said_all),
            given: Mutex::default(),
        });
        let ports = Ports {
            engine: engine.clone(),
            kdf: Some(KdfCost::FLOOR),
            audio,
            ..Ports::real(&data_dir, Arc::new(Nobody)).unwrap()
        };
        let app = App::open(data_dir, ports).unwrap();
        app.create_account(None, "ada", false, PASSWORD).unwrap();
        let token = app.sign_in_once("ada", PASSWORD).unwrap();
        let me = app.unlocked(Gated::Record, &token).unwrap();
        app.add_model(&me, &sample_model()).unwrap();
        Self { app, me, engine, said_all, _home: home }
    }

    /// Records until everything is said.
    fn record(&self) -> SessionView {
        let stop = CancelToken::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                while !self.said_all.load(Ordering::Acquire) {
                    thread::sleep(Duration::from_millis(5));
                }
                stop.cancel();
            });
            self.app.record(&self.me, RecordOptions::default(), &stop, |_| {}).unwrap()
        })
    }
}

/// The loudest sample of a stretch of the sound.
fn loudest(sound: &[i16], segment: &SegmentView) -> u16 {
    let at = |ms: Option<u64>| (ms.unwrap() as usize * 16).min(sound.len());
    sound[at(segment.start_ms)..at(segment.end_ms)]
        .iter()
        .map(|s| s.unsigned_abs())
        .max()
        .unwrap_or(0)
}

#[test]
fn what_is_heard_while_it_is_spoken_is_as_good_as_what_whisper_hears_in_the_whole() {
    let said = fs::read_to_string(speech("session.txt")).unwrap();
    let bare = word_error_rate(&said, &bare_whisper(&speech("session.wav")));
    let sound = samples(&speech("session.wav"));
    // A second of a busy computer is four of this speech, which is what waits for the writer at most.
    let (studio, session) = (0..3)
        .find_map(|n| {
            let studio = Studio::speaking(sound.clone());
            let session = studio.record();
            let is_whole = session.coverage.holes.iter().all(|hole| hole.stage != "capture");
            (is_whole || n == 2).then_some((studio, session))
        })
        .unwrap();
    assert!(session.error.is_none(), "{:?}", session.error);
    let transcript = session.transcript.unwrap();
    let heard = word_error_rate(&said, &transcript.text);
    assert!(heard <= bare + 2.0, "{heard} % against {bare} %: {}", transcript.text);

    assert!(transcript.segments.is_sorted_by_key(|s| s.start_ms));
    let end_ms = sound.len() as u64 / 16;
    for segment in &transcript.segments {
        assert!(segment.end_ms.unwrap() <= end_ms + 500, "{segment:?}");
        assert!(loudest(&sound, segment) > 1000, "nobody speaks there: {segment:?}");
    }

    // How much a busy computer leaves for the end when somebody speaks so fast is measured, not tested.
    let given = studio.engine.given.lock().unwrap();
    assert!(given.iter().any(|(_, is_over)| !is_over), "nothing was heard before the end");
}

#[test]
fn a_microphone_that_never_gives_sound_is_told_of_and_leaves_no_session() {
    let studio = Studio::with(Arc::new(Mute), Arc::default());
    let (stop, mut told) = (CancelToken::new(), Vec::new());
    let recorded = studio.app.record(&studio.me, RecordOptions::default(), &stop, |it| {
        if matches!(it, Told::Warning(_)) {
            stop.cancel();
        }
        told.push(it);
    });
    let error = recorded.unwrap_err();
    assert_eq!(error.code, ErrorCode::Microphone);
    assert!(error.message.contains("nothing was recorded"), "{error:?}");
    assert!(
        matches!(&told[..], [Told::Warning(words), .., Told::Stopped] if words.contains("takes long")),
        "{told:?}"
    );
    let began = told.iter().any(|it| matches!(it, Told::Started { .. }));
    assert!(!began, "it was never recording: {told:?}");
    let page = studio.app.sessions(&studio.me, &SessionQuery::default()).unwrap();
    assert!(page.sessions.is_empty());
}
