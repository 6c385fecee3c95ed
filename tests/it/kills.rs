//! Processes that are killed: a recording at any moment, the worker in the middle of its job.

use crate::{
    microphone::{signal, until},
    real_time::Watch,
    support::{PASSWORD, Program, sample_model, samples, speech, word_error_rate},
};
use journey_app::{
    App, KdfCost, Ports, access::Unlocked, data_dir::DataDir, gate::command::Command as Gated,
    import::ImportOptions, record::RecordOptions, review::SessionQuery, views::SessionSummary,
};
use journey_domain::ports::{CancelToken, LockReason, NoEvents};
use journey_speech::{
    capture::{
        AudioError, AudioHost, DeviceId, InputDevice, InputStream, OpenStream,
        feed::{StreamFormat, stream_channel},
    },
    engine::{
        Heard, ModelFile, SpeechEngine, SpeechError, TranscribeOptions, TranscribeOutcome,
        WorkerEngine,
    },
    worker::WorkerCommand,
};
use std::{
    fs::{self, File},
    num::NonZeroUsize,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// The folder of a process that records until it is killed.
const KILLED: &str = "JOURNEY_TEST_KILLED";
/// The title of its session.
const TITLE: &str = "JOURNEY_TEST_KILLED_TITLE";

/// Vaults at work side by side, and kills in each.
const N_VAULTS: u64 = 5;
const N_KILLS: u64 = 10;
/// A microphone that comes later than this does not catch up.
const LATE: Duration = Duration::from_millis(50);
/// The most that a kill may cost.
const MOST_LOST_MS: u64 = 250;

/// A microphone that hears the sample, and notes in a file how much of it it has delivered: the
/// file outlives the process.
struct NotingHost {
    sound: Arc<Vec<i16>>,
    note: Arc<File>,
}

struct NoStream;
impl InputStream for NoStream {}

impl AudioHost for NotingHost {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        Ok(vec![noting_device()])
    }

    fn open(&self, _: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        let format = StreamFormat { rate_hz: 16_000, n_channels: 1 };
        let (mut feed, _, reader) = stream_channel(format);
        let (sound, note) = (Arc::clone(&self.sound), Arc::clone(&self.note));
        thread::spawn(move || {
            let mut due = Instant::now();
            for (n, block) in sound.chunks(160).cycle().enumerate() {
                let now = Instant::now();
                thread::sleep(due.saturating_duration_since(now));
                // It has heard nothing while the computer stood still.
                due = due.max(now.checked_sub(LATE).unwrap_or(due)) + Duration::from_millis(10);
                feed.push(block);
                let delivered_ms = 10 * (n as u64 + 1);
                note.write_all_at(&delivered_ms.to_le_bytes(), 0).unwrap();
            }
        });
        Ok(OpenStream { stream: Box::new(NoStream), reader, format, device: noting_device() })
    }
}

fn noting_device() -> InputDevice {
    InputDevice { id: DeviceId::new("noting"), name: "noting".to_owned(), is_default: true }
}

fn delivered_ms(folder: &Path) -> u64 {
    let bytes = fs::read(folder.join("delivered")).unwrap_or_default();
    bytes.try_into().map_or(0, u64::from_le_bytes)
}

/// The program's core over its real parts, except for the microphone, and with a password that
/// costs the least that is allowed.
fn app(folder: &Path, engine: Option<Arc<dyn SpeechEngine>>) -> App {
    app_with(folder, engine, worker())
}

fn app_with(folder: &Path, engine: Option<Arc<dyn SpeechEngine>>, worker: WorkerCommand) -> App {
    let data_dir = DataDir::new(folder.join("data"));
    let mut ports = Ports::real(&data_dir, Arc::new(NoEvents)).unwrap();
    let note = File::create(folder.join("delivered")).unwrap();
    let sound = Arc::new(samples(&speech("session.wav")));
    ports.audio = Arc::new(NotingHost { sound, note: Arc::new(note) });
    ports.worker = worker;
    ports.engine = engine.unwrap_or_else(|| Arc::new(worker_engine()));
    ports.kdf = Some(KdfCost::FLOOR);
    App::open(data_dir, ports).unwrap()
}

fn worker() -> WorkerCommand {
    WorkerCommand::new(env!("CARGO_BIN_EXE_insight-journey-worker"), Vec::<String>::new())
}

fn worker_engine() -> WorkerEngine {
    WorkerEngine::new(worker(), NonZeroUsize::MIN, Duration::from_secs(60))
}

fn unlocked(app: &App) -> Unlocked {
    let token = app.sign_in_once("ada", PASSWORD).unwrap();
    app.unlocked(Gated::Record, &token).unwrap()
}

fn with_model(folder: &Path, engine: Option<Arc<dyn SpeechEngine>>) -> (App, Unlocked) {
    let app = app(folder, engine);
    let me = unlocked(&app);
    app.add_model(&me, &sample_model()).unwrap();
    (app, me)
}

/// Runs in a process of its own, until it is killed.
fn record_for_ever(folder: &Path) {
    let app = app(folder, None);
    let me = unlocked(&app);
    let options = RecordOptions { title: std::env::var(TITLE).ok(), ..RecordOptions::default() };
    app.record(&me, options, &CancelToken::new(), |_| {}).unwrap();
}

/// Understands nothing, and never ends.
struct Endless;

impl SpeechEngine for Endless {
    fn transcribe(
        &self,
        _: &ModelFile,
        _: &[i16],
        _: &TranscribeOptions,
        _: &mut dyn FnMut(Heard),
        _: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        loop {
            thread::park();
        }
    }

    fn release(&self) {}
}

/// Numbers that look random and are the same each time.
fn scattered(seed: u64) -> u64 {
    let mut it = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    it ^ (it >> 31)
}

/// A recording that was killed.
struct Kill {
    seed: u64,
    /// How much the microphone had delivered.
    delivered_ms: u64,
    /// Whether the computer stood still: what it had no time to write is then no telling.
    stood_still: bool,
}

fn killed_recording(folder: &Path, test: &str, seed: u64) -> Kill {
    drop(fs::remove_file(folder.join("delivered")));
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(KILLED, folder)
        .env(TITLE, format!("kill {seed}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Sound is delivered for a while before it is seen here.
    let watch = Watch::start();
    until("sound is delivered", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself, seed {seed}");
        delivered_ms(folder) > 0
    });
    thread::sleep(Duration::from_millis(scattered(seed) % 1500));
    child.kill().unwrap();
    child.wait().unwrap();
    Kill { seed, delivered_ms: delivered_ms(folder), stood_still: watch.stood_still() }
}

#[test]
fn fifty_kills_at_random_moments_of_a_recording_cost_a_quarter_of_a_second_each_at_most() {
    const TEST: &str = "kills::fifty_kills_at_random_moments_of_a_recording_cost_a_quarter_of_a_second_each_at_most";
    if let Some(folder) = std::env::var_os(KILLED) {
        return record_for_ever(Path::new(&folder));
    }
    thread::scope(|scope| {
        for vault in 0..N_VAULTS {
            scope.spawn(move || {
                let home = tempfile::tempdir().unwrap();
                let folder = home.path();
                app(folder, None).create_account(None, "ada", false, PASSWORD).unwrap();
                let mut due: Vec<u64> = (0..N_KILLS).map(|n| vault * N_KILLS + n).collect();
                let mut n_killed = 0;
                for _ in 0..6 {
                    let kill = |seed: &u64| killed_recording(folder, TEST, *seed);
                    let kills: Vec<Kill> = due.iter().map(kill).collect();
                    n_killed += kills.len();
                    due = check_kept(folder, &kills);
                }
                assert!(due.is_empty(), "the computer stood still again and again: {due:?}");
                check_recovered(folder, n_killed);
            });
        }
    });
}

/// None of them lost too much; gives new seeds for those that the computer had no time for.
fn check_kept(folder: &Path, kills: &[Kill]) -> Vec<u64> {
    let app = app(folder, None);
    let found = sessions(&app, &unlocked(&app));
    let mut said = String::new();
    let mut again = Vec::new();
    for Kill { seed, delivered_ms, stood_still } in kills {
        let session = found.iter().find(|it| it.title == format!("kill {seed}"));
        let kept_ms = session.and_then(|it| it.duration_ms).unwrap_or(0);
        let lost_ms = delivered_ms.saturating_sub(kept_ms);
        said.push_str(&format!("seed {seed}: {lost_ms} ms of {delivered_ms} ms lost\n"));
        if lost_ms > MOST_LOST_MS {
            assert!(*stood_still, "{said}");
            again.push(seed + N_VAULTS * N_KILLS);
        }
    }
    again
}

/// Each recording is offered as recovered, and can be transcribed.
fn check_recovered(folder: &Path, n_killed: usize) {
    let (app, me) = with_model(folder, None);
    let found = sessions(&app, &me);
    assert!(found.len() <= n_killed, "a session too many");
    for session in found {
        let seed = session.title;
        let session = app.transcribe(&me, &session.id, &CancelToken::new()).unwrap();
        assert!(session.recovered, "{seed}");
        assert!(session.error.is_none(), "{seed}: {:?}", session.error);
        assert_eq!(session.coverage.transcribed, 1.0, "{seed}");
    }
}

fn sessions(app: &App, me: &Unlocked) -> Vec<SessionSummary> {
    let query = SessionQuery { limit: 50, ..SessionQuery::default() };
    app.sessions(me, &query).unwrap().sessions
}

/// Hands on to a worker, notes what it was given, and has it killed in its second piece of work,
/// before it has heard anything of that.
struct Killing {
    inner: WorkerEngine,
    given: Mutex<Vec<usize>>,
}

impl SpeechEngine for Killing {
    fn transcribe(
        &self,
        model: &ModelFile,
        audio: &[i16],
        options: &TranscribeOptions,
        on_heard: &mut dyn FnMut(Heard),
        cancel: &CancelToken,
    ) -> Result<TranscribeOutcome, SpeechError> {
        let n_calls = {
            let mut given = self.given.lock().unwrap();
            given.push(audio.len());
            given.len()
        };
        if n_calls == 2 {
            let pid = self.inner.worker_pid().unwrap();
            signal(pid, "STOP");
            thread::spawn(move || {
                thread::sleep(UNTIL_ASKED);
                signal(pid, "KILL");
            });
        }
        self.inner.transcribe(model, audio, options, on_heard, cancel)
    }

    fn release(&self) {
        self.inner.release();
    }
}

/// Within this time a worker that stands still has been handed its piece.
const UNTIL_ASKED: Duration = Duration::from_millis(500);

#[test]
fn a_job_whose_worker_is_killed_goes_on_from_its_last_window() {
    let home = tempfile::tempdir().unwrap();
    let engine = Arc::new(Killing { inner: worker_engine(), given: Mutex::default() });
    app(home.path(), None).create_account(None, "ada", false, PASSWORD).unwrap();
    let (app, me) = with_model(home.path(), Some(engine.clone()));
    let import = || {
        let options = ImportOptions { analyse: false, ..ImportOptions::default() };
        let file = speech("session.wav");
        let (session, _) = app.import(&me, &file, &options, &CancelToken::new()).unwrap();
        assert!(session.error.is_none(), "{:?}", session.error);
        let given = std::mem::take(&mut *engine.given.lock().unwrap());
        (session.transcript.unwrap().text, given)
    };
    engine.given.lock().unwrap().extend([0, 0]);
    let (undisturbed, due) = import();
    let due = &due[2..];
    assert!(due.len() > 2, "too short to tell: {due:?}");
    // One that was dead before it was asked is replaced at once, and was not killed in mid-job.
    let mut tries = (0..5).map(|_| {
        let (disturbed, tried) = import();
        assert_eq!(disturbed, undisturbed);
        tried
    });
    let tried = tries.find(|tried| tried != due).expect("five workers were killed too early");
    // The second piece twice and none of the others; what comes after it may be cut elsewhere.
    let total = |pieces: &[usize]| pieces.iter().sum::<usize>();
    assert_eq!(tried[..2], due[..2]);
    assert!(total(&tried).abs_diff(total(due) + due[1]) < 16_000, "{tried:?} {due:?}");
}

/// The workers for transcription that a process has started.
fn workers_of(parent: u32) -> Vec<u32> {
    let everyone = fs::read_dir("/proc").unwrap().flatten();
    let pids = everyone.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let transcribes = |pid: &u32| {
        let of = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
        of("status").lines().any(|line| line == format!("PPid:\t{parent}"))
            && of("cmdline").contains("transcribe")
    };
    pids.filter(transcribes).collect()
}

/// Imports the long recording and kills its first worker; whether another one took over.
fn import_whose_worker_is_killed() -> (Output, bool) {
    let program = Program::with_model();
    let file: PathBuf = speech("session.wav");
    let child = program
        .command(&["import", file.to_str().unwrap(), "--no-analyse", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id();
    let import = thread::spawn(move || child.wait_with_output().unwrap());
    let mut first = None;
    until("a worker is at work", || {
        first = workers_of(pid).first().copied();
        first.is_some() || import.is_finished()
    });
    if let Some(first) = first {
        signal(first, "KILL");
    }
    let mut is_replaced = false;
    until("another worker takes over", || {
        is_replaced = workers_of(pid).first().is_some_and(|it| Some(*it) != first);
        is_replaced || import.is_finished()
    });
    (import.join().unwrap(), is_replaced)
}

#[test]
fn an_import_whose_worker_is_killed_ends_with_all_its_words() {
    let said = fs::read_to_string(speech("session.txt")).unwrap();
    // On a busy computer the import may be over before its worker is found or killed.
    let is_replaced = (0..10).any(|_| {
        let (output, is_replaced) = import_whose_worker_is_killed();
        assert!(output.status.success());
        let done: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = done["sessions"][0]["transcript"]["text"].as_str().unwrap();
        assert!(word_error_rate(&said, text) <= 4.0, "{text}");
        is_replaced
    });
    assert!(is_replaced, "no other worker took over");
}

#[test]
fn an_import_under_way_outlives_the_unlocking_of_another_process() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    app(folder, None).create_account(None, "ada", false, PASSWORD).unwrap();
    // A worker that begins to decode when the gate is there.
    let gate = folder.join("gate");
    let held = "until [ -e \"$0\" ]; do /bin/sleep 0.02; done; exec \"$@\"";
    let args = ["-c", held, gate.to_str().unwrap(), env!("CARGO_BIN_EXE_insight-journey-worker")];
    let importing = app_with(folder, None, WorkerCommand::new("/bin/sh", args));
    let me = unlocked(&importing);
    importing.add_model(&me, &sample_model()).unwrap();
    let options = ImportOptions { analyse: false, ..ImportOptions::default() };
    let (seen, imported) = thread::scope(|scope| {
        let file = speech("short.wav");
        let importing = &importing;
        let (me, options) = (&me, &options);
        let import = scope.spawn(move || importing.import(me, &file, options, &CancelToken::new()));
        until("the import has begun", || sessions(importing, me).len() == 1);
        let other = app(folder, None);
        let seen = sessions(&other, &unlocked(&other)).len();
        File::create(&gate).unwrap();
        (seen, import.join().unwrap())
    });
    assert_eq!(seen, 1, "it was taken for one that was killed");
    let (session, _) = imported.unwrap();
    assert!(session.error.is_none(), "{:?}", session.error);
    assert_eq!(session.coverage.transcribed, 1.0);
}

#[test]
fn a_recording_whose_stop_is_killed_is_transcribed_after_the_next_unlock() {
    const TEST: &str =
        "kills::a_recording_whose_stop_is_killed_is_transcribed_after_the_next_unlock";
    if let Some(folder) = std::env::var_os(KILLED) {
        // Sealed after two seconds, and then the last words are waited for.
        let (app, me) = with_model(Path::new(&folder), Some(Arc::new(Endless)));
        let options = RecordOptions { max_seconds: Some(2), ..RecordOptions::default() };
        app.record(&me, options, &CancelToken::new(), |_| {}).unwrap();
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let watching = app(folder, None);
    watching.create_account(None, "ada", false, PASSWORD).unwrap();
    let me = unlocked(&watching);
    let newest = |app: &App, me: &Unlocked| {
        let query = SessionQuery { limit: 1, ..SessionQuery::default() };
        app.sessions(me, &query).unwrap().sessions.pop()
    };
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST])
        .env(KILLED, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the recording is sealed", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        newest(&watching, &me).is_some_and(|session| session.duration_ms.is_some())
    });
    child.kill().unwrap();
    child.wait().unwrap();

    let next = app(folder, None);
    let me = unlocked(&next);
    next.work_in_background();
    until("it is transcribed", || {
        newest(&next, &me).is_some_and(|session| session.status != "captured")
    });
    let session = next.show(&me, &newest(&next, &me).unwrap().id).unwrap();
    assert!(!session.transcript.unwrap().text.is_empty());
    assert!(!session.recovered, "it was sealed");
    next.close(LockReason::Asked);
}
