//! An app with one person in it, and servers on this computer.

use crate::{
    App, ModelHost, Ports, access::Unlocked, data_dir::DataDir, gate::command::Command,
    gate::token::AccessToken, system::SystemClock,
};
use jiff::{Timestamp, tz::TimeZone};
use journey_domain::ports::{Clock, Event, EventSink, SecretStore, SecretStoreError};
use journey_speech::models::download::Source;
use journey_vault::KdfCost;
use sha2::{Digest as _, Sha256};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};
use tempfile::TempDir;

pub(super) const PASSWORD: &str = "walnut-harbour-Nineteen-kites";

/// How long something may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait for an event before looking without one.
const LOOK: Duration = Duration::from_millis(100);

/// A clock whose day is set; its monotonic time runs.
pub(super) struct SetClock {
    now: Mutex<Timestamp>,
    running: SystemClock,
}

impl SetClock {
    pub(super) fn set(&self, now: &str) {
        *self.now.lock().unwrap() = now.parse().unwrap();
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.running.monotonic()
    }

    fn time_zone(&self) -> TimeZone {
        TimeZone::get("Europe/Vienna").unwrap()
    }
}

/// What was told, to be waited for.
#[derive(Default)]
pub(super) struct Heard {
    events: Mutex<Vec<Event>>,
    more: Condvar,
}

impl EventSink for Heard {
    fn emit(&self, event: Event) {
        self.events.lock().unwrap().push(event);
        self.more.notify_all();
    }
}

impl Heard {
    pub(super) fn all(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    /// Looks again after each event until something is so.
    pub(super) fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let mut n_seen = usize::MAX;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            // Events are throttled: what they tell of may go on a little after the last one.
            n_seen = self
                .more
                .wait_timeout_while(self.events.lock().unwrap(), LOOK, |events| {
                    events.len() == n_seen
                })
                .unwrap()
                .0
                .len();
            if let Some(found) = look() {
                return found;
            }
        }
        panic!("still not so: {what}")
    }
}

/// A computer without a keychain.
struct NoKeychain;

impl SecretStore for NoKeychain {
    fn get(&self, _name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn set(&self, _name: &str, _secret: &[u8]) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn delete(&self, _name: &str) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn describe(&self) -> &'static str {
        "none"
    }
}

/// An app with the account `ada`, who is signed in.
pub(super) struct Home {
    pub(super) app: App,
    pub(super) clock: Arc<SetClock>,
    pub(super) heard: Arc<Heard>,
    token: Mutex<AccessToken>,
    dir: TempDir,
}

impl Home {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut Ports)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(dir.path().join("data"));
        let heard = Arc::new(Heard::default());
        let clock = Arc::new(SetClock {
            now: Mutex::new("2026-11-27T17:00:00Z".parse().unwrap()),
            running: SystemClock::new(),
        });
        let mut ports = Ports::real(&data_dir, heard.clone()).unwrap();
        ports.clock = clock.clone();
        ports.keychain = Arc::new(NoKeychain);
        ports.kdf = Some(KdfCost::for_tests());
        change(&mut ports);
        let app = App::open(data_dir, ports).unwrap();
        app.create_account(None, "ada", false, PASSWORD).unwrap();
        let token = Mutex::new(app.sign_in_window("ada", PASSWORD, false).unwrap());
        Self { app, clock, heard, token, dir }
    }

    pub(super) fn me(&self) -> Unlocked {
        let fresh = self.app.refreshed(&self.token.lock().unwrap()).unwrap();
        *self.token.lock().unwrap() = fresh.clone();
        self.app.unlocked(Command::Review, &fresh).unwrap()
    }

    /// Signs in again and goes on with what waits.
    pub(super) fn unlock(&self) {
        self.unlock_as("ada");
    }

    pub(super) fn unlock_as(&self, name: &str) {
        *self.token.lock().unwrap() = self.app.sign_in_window(name, PASSWORD, false).unwrap();
        self.app.work_in_background();
    }

    pub(super) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.dir.path().to_owned()
    }
}

/// A request as it came: its first line and headers, in lower case.
pub(super) struct Asked {
    pub(super) line: String,
    pub(super) headers: Vec<String>,
}

fn asked(stream: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let line = lines.next()?;
    let headers = lines.take_while(|l| !l.is_empty()).map(|l| l.to_lowercase()).collect();
    Some(Asked { line, headers })
}

/// Answers every request on a port of this computer, each on its own thread.
pub(super) fn serve(
    answer: impl Fn(&Asked, &mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                if let Some(asked) = asked(&stream) {
                    // A caller that went away is what some tests are about.
                    drop(answer(&asked, &mut stream));
                }
            });
        }
    });
    format!("http://{address}")
}

/// Sends zeros for `tiny-q5_1`, as many as that model has bytes, and stops at a mark until it is
/// let go on.
#[derive(Clone)]
pub(super) struct ModelServer {
    pub(super) url: String,
    ranges: Arc<Mutex<Vec<Option<u64>>>>,
    mark: Arc<(Mutex<u64>, Condvar)>,
}

/// The model that it has, and its length.
pub(super) const MODEL: &str = "tiny-q5_1";
pub(super) const MODEL_BYTES: u64 = 32_152_673;

const PIECE: u64 = 1 << 16;

impl ModelServer {
    pub(super) fn new(stops_at: u64) -> Self {
        let ranges = Arc::<Mutex<Vec<_>>>::default();
        let mark = Arc::new((Mutex::new(stops_at), Condvar::new()));
        let (seen, stop) = (Arc::clone(&ranges), Arc::clone(&mark));
        let url = serve(move |asked, stream| {
            let from = asked
                .headers
                .iter()
                .find_map(|h| h.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok());
            seen.lock().unwrap().push(from);
            let at = from.unwrap_or(0);
            let (status, range) = match from {
                Some(at) => (
                    "206 Partial Content",
                    format!("Content-Range: bytes {at}-{}/{MODEL_BYTES}\r\n", MODEL_BYTES - 1),
                ),
                None => ("200 OK", String::new()),
            };
            write!(
                stream,
                "HTTP/1.1 {status}\r\nETag: \"one\"\r\n{range}Content-Length: {}\r\n\
                 Connection: close\r\n\r\n",
                MODEL_BYTES - at
            )?;
            let mut sent = at;
            while sent < MODEL_BYTES {
                let n = PIECE.min(MODEL_BYTES - sent);
                let (limit, moved) = &*stop;
                drop(moved.wait_while(limit.lock().unwrap(), |limit| sent + n > *limit).unwrap());
                stream.write_all(&vec![0; n as usize])?;
                sent += n;
            }
            Ok(())
        });
        Self { url, ranges, mark }
    }

    /// Lets everything through from now on.
    pub(super) fn go_on(&self) {
        *self.mark.0.lock().unwrap() = u64::MAX;
        self.mark.1.notify_all();
    }

    /// From which byte each request asked.
    pub(super) fn asked_from(&self) -> Vec<Option<u64>> {
        self.ranges.lock().unwrap().clone()
    }

    /// The host as a port.
    pub(super) fn host(&self) -> ModelHost {
        let url = self.url.clone();
        let zeros = vec![0_u8; MODEL_BYTES as usize];
        let sha256: String =
            Sha256::digest(&zeros).iter().map(|byte| format!("{byte:02x}")).collect();
        ModelHost::new(["127.0.0.1".to_owned()], move |model| Source {
            url: format!("{url}/{}", model.file_name),
            file_name: model.file_name.to_owned(),
            size_bytes: model.size_bytes,
            sha256: sha256.clone(),
        })
    }
}
