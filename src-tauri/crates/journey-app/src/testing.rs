//! What the tests of this crate share: a data directory with an app whose clock, keychain,
//! microphone and recogniser do as they are told.

use crate::{
    App, Ports,
    access::Client,
    data_dir::DataDir,
    gate::{command::Command, token::AccessToken},
    system::{SystemIds, SystemRandom},
};
use jiff::{Timestamp, tz::TimeZone};
use journey_domain::ports::{
    CancelToken, Clock, Event, EventSink, Random, SecretStore, SecretStoreError,
};
use journey_speech::{
    capture::{
        AudioError, AudioHost, DeviceId, InputDevice, InputStream, OpenStream,
        feed::{StreamFormat, stream_channel},
    },
    engine::{Heard, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome},
    worker::WorkerCommand,
};
use journey_vault::KdfCost;
use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Good enough for the strength check, and nobody's.
pub(crate) const PASSWORD: &str = "walnut-harbour-Nineteen-kites";

/// Stands still, a few days after its beginning, until it is told to go on.
pub(crate) struct HandClock {
    hand_ms: AtomicU64,
    runs: AtomicBool,
    made: Instant,
}

impl HandClock {
    fn new() -> Self {
        let hand_ms = AtomicU64::new(100 * 60 * 60 * 1000);
        Self { hand_ms, runs: AtomicBool::new(false), made: Instant::now() }
    }

    pub(crate) fn skip(&self, by: Duration) {
        self.hand_ms.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }

    /// Goes by itself from now on, as a recording needs.
    pub(crate) fn run(&self) {
        self.runs.store(true, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        let new_year = Timestamp::from_second(1_767_225_600).unwrap();
        new_year + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        let by_hand = Duration::from_millis(self.hand_ms.load(Ordering::SeqCst));
        let by_itself = self.runs.load(Ordering::SeqCst).then(|| self.made.elapsed());
        by_hand + by_itself.unwrap_or_default()
    }

    fn time_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

/// What a keychain may be like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mood {
    Well,
    /// Answers every question with this.
    Fails(SecretStoreError),
    /// Gives what it has, takes nothing.
    ReadOnly,
    /// Has something else under every name.
    Gives(Vec<u8>),
}

/// A keychain in any mood; remembers every secret that it was ever given.
pub(crate) struct Keychain {
    mood: Mutex<Mood>,
    entries: Mutex<HashMap<String, Vec<u8>>>,
    pub(crate) seen: Mutex<Vec<Vec<u8>>>,
}

impl Keychain {
    pub(crate) fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn wipe(&self) {
        self.entries.lock().unwrap().clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.lock().unwrap().is_empty()
    }
}

impl SecretStore for Keychain {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        match &*self.mood.lock().unwrap() {
            Mood::Fails(error) => Err(*error),
            Mood::Gives(value) => Ok(Some(value.clone())),
            Mood::Well | Mood::ReadOnly => Ok(self.entries.lock().unwrap().get(name).cloned()),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretStoreError> {
        match &*self.mood.lock().unwrap() {
            Mood::Fails(error) => Err(*error),
            Mood::ReadOnly => Err(SecretStoreError::Denied),
            Mood::Well | Mood::Gives(_) => {
                self.seen.lock().unwrap().push(secret.to_vec());
                self.entries.lock().unwrap().insert(name.to_owned(), secret.to_vec());
                Ok(())
            }
        }
    }

    fn delete(&self, name: &str) -> Result<(), SecretStoreError> {
        match &*self.mood.lock().unwrap() {
            Mood::Fails(error) => Err(*error),
            Mood::ReadOnly => Err(SecretStoreError::Denied),
            Mood::Well | Mood::Gives(_) => {
                self.entries.lock().unwrap().remove(name);
                Ok(())
            }
        }
    }

    fn describe(&self) -> &'static str {
        "a keychain of the tests"
    }
}

/// The system's randomness; remembers all that was drawn of it, keys among it.
#[derive(Default)]
pub(crate) struct Drawn(pub(crate) Mutex<Vec<Vec<u8>>>);

impl Random for Drawn {
    fn fill(&self, buffer: &mut [u8]) {
        SystemRandom.fill(buffer);
        self.0.lock().unwrap().push(buffer.to_vec());
    }
}

/// A microphone that hums, or says what it was given, ten times as fast as people do, and is silent
/// after it.
#[derive(Default)]
pub(crate) struct Hum {
    pub(crate) says: Mutex<Option<Vec<i16>>>,
    /// While this is locked, the sound system does not say which microphones there are.
    pub(crate) devices_hang: Mutex<()>,
    pub(crate) n_asked: AtomicUsize,
}

struct HumStream(Arc<AtomicBool>);

impl InputStream for HumStream {}

impl Drop for HumStream {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn hum() -> InputDevice {
    InputDevice { id: DeviceId::new("test:hum"), name: "Hum".into(), is_default: true }
}

impl AudioHost for Hum {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        self.n_asked.fetch_add(1, Ordering::SeqCst);
        drop(self.devices_hang.lock().unwrap());
        Ok(vec![hum()])
    }

    fn open(&self, _device: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        let format = StreamFormat { rate_hz: 16_000, n_channels: 1 };
        let (mut feed, _alarm, reader) = stream_channel(format);
        let closed = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&closed);
        let said = self.says.lock().unwrap().clone();
        std::thread::spawn(move || {
            for block in said.iter().flat_map(|said| said.chunks(160)) {
                feed.push(block);
                std::thread::sleep(Duration::from_millis(1));
            }
            let loud = if said.is_some() { 0.0 } else { 0.1 };
            let block: Vec<f32> = (0..160).map(|n| (n as f32 * 0.2).sin() * loud).collect();
            while !stop.load(Ordering::SeqCst) {
                feed.push(&block);
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        Ok(OpenStream { stream: Box::new(HumStream(closed)), reader, format, device: hum() })
    }
}

/// A recogniser that hears nothing, and hears it only once it may.
pub(crate) struct PatientEngine {
    may_finish: AtomicBool,
    pub(crate) n_begun: AtomicUsize,
    pub(crate) n_cancelled: AtomicUsize,
}

impl PatientEngine {
    pub(crate) fn finish(&self) {
        self.may_finish.store(true, Ordering::SeqCst);
    }
}

impl SpeechEngine for PatientEngine {
    fn transcribe(
        &self,
        _model: &ModelFile,
        _audio: &[i16],
        _options: &TranscribeOptions,
        _on_heard: &mut dyn FnMut(Heard),
        cancel: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        self.n_begun.fetch_add(1, Ordering::SeqCst);
        while !self.may_finish.load(Ordering::SeqCst) {
            if cancel.is_cancelled() {
                self.n_cancelled.fetch_add(1, Ordering::SeqCst);
                return Err(SpeechError::Cancelled);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(TranscribeOutcome::default())
    }

    fn release(&self) {}
}

struct Told(Mutex<mpsc::Sender<Event>>);

impl EventSink for Told {
    fn emit(&self, event: Event) {
        // Nobody listens any more when the test is over.
        self.0.lock().unwrap().send(event).ok();
    }
}

/// A data directory of its own, and the app on it.
pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) keychain: Arc<Keychain>,
    pub(crate) random: Arc<Drawn>,
    pub(crate) engine: Arc<PatientEngine>,
    pub(crate) microphone: Arc<Hum>,
    pub(crate) events: mpsc::Receiver<Event>,
    ports: Ports,
    dir: TempDir,
}

impl House {
    /// Without any account.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(HandClock::new());
        let keychain = Arc::new(Keychain {
            mood: Mutex::new(Mood::Well),
            entries: Mutex::default(),
            seen: Mutex::default(),
        });
        let engine = Arc::new(PatientEngine {
            may_finish: AtomicBool::new(false),
            n_begun: AtomicUsize::new(0),
            n_cancelled: AtomicUsize::new(0),
        });
        let random = Arc::new(Drawn::default());
        let microphone = Arc::new(Hum::default());
        let (tell, events) = mpsc::channel();
        let data_dir = DataDir::new(dir.path().join("data"));
        let real = Ports::real(&data_dir, Arc::new(Told(Mutex::new(tell)))).unwrap();
        let ports = Ports {
            clock: clock.clone(),
            ids: Arc::new(SystemIds),
            random: random.clone(),
            keychain: keychain.clone(),
            audio: microphone.clone(),
            engine: engine.clone(),
            worker: WorkerCommand::new("/nonexistent", [""; 0]),
            kdf: Some(KdfCost::for_tests()),
            ..real
        };
        let app = App::open(data_dir, ports.clone()).unwrap();
        Self { app, clock, keychain, random, engine, microphone, events, ports, dir }
    }

    /// With an admin `ada` and a regular `ben`, of one password.
    pub(crate) fn with_two() -> Self {
        let house = Self::new();
        for name in ["ada", "ben"] {
            house.app.create_account(None, name, false, PASSWORD).unwrap();
        }
        house
    }

    /// Another process on the same data directory.
    pub(crate) fn another_process(&self) -> App {
        App::open(self.app.data_dir().clone(), self.ports.clone()).unwrap()
    }

    pub(crate) fn sign_in(&self, name: &str) -> AccessToken {
        self.app.sign_in_window(name, PASSWORD, false).unwrap()
    }

    pub(crate) fn sign_in_and_stay(&self, name: &str) -> bool {
        self.app.sign_in(name, PASSWORD, Client::Desktop).unwrap()
    }

    pub(crate) fn unlocked(&self, token: &AccessToken) -> crate::access::Unlocked {
        self.app.unlocked(Command::Sessions, token).unwrap()
    }

    /// Everything that lies in the data directory.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    found.push((path, bytes));
                }
            }
        }
        found
    }
}

/// Waits for what another thread does; a minute is far more than it takes.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it never came to be: {what}");
}
