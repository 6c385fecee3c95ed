//! Benches T1 and T2, and how the main job grows: the whole pipeline over its real parts, against a
//! bare call of whisper.cpp.
//!
//! `cargo bench -p journey-app --bench main_job [-- overhead | stop [MINUTES ...] | soak | import |
//! undetected]`
//!
//! The worker is this program, as it is the program itself in the packaged one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints its figures and may stop at once"
)]

mod report;
mod shaped_model;

use journey_app::{
    App, KdfCost, Ports, access::Unlocked, data_dir::DataDir, gate::command::Command as Gated,
    import::ImportOptions, record::RecordOptions,
};
use journey_domain::{
    job::{JobKind, JobState},
    ports::{CancelToken, Event, EventSink},
};
use journey_speech::{
    capture::{
        AudioError, AudioHost, DeviceId, InputDevice, InputStream, OpenStream,
        feed::{StreamFormat, stream_channel},
    },
    engine::{SpeechEngine as _, WorkerEngine, default_threads},
    vad::{GroupOptions, SpeechDetector, UtteranceGrouper, VadOptions},
    whisper,
    worker::{WorkerCommand, worker_main},
};
use report::Row;
use std::{
    fs,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

const PASSWORD: &str = "walnut-harbour-Nineteen-kites";
const SAMPLES_PER_MINUTE: usize = 60 * 16_000;

/// How fast the made-up microphone speaks, but for its last seconds: less than the recogniser of the
/// sample's model hears on one slow core, which would only fall behind.
const SPEED: u32 = 6;
/// Where in the session, in samples, a recording ends whose end is timed.
const BREAKS_OFF_AT: usize = 16_000 * 127 / 10;
const TAIL: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    match args.get(1).and_then(|word| word.to_str()) {
        Some("worker") => {
            let rest = args.into_iter().skip(2);
            return worker_main(rest, std::io::stdin(), std::io::stdout());
        }
        Some("bare") => {
            bare(Path::new(&args[2]), Path::new(&args[3]));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let wants = |name: &str| {
        let mut named =
            args.iter().skip(1).filter(|word| !word.to_string_lossy().starts_with("--"));
        named.clone().next().is_none() || named.any(|word| word == name)
    };
    if wants("overhead") {
        overhead(2);
    }
    if wants("stop") {
        let asked: Vec<usize> =
            args.iter().filter_map(|word| word.to_str()?.parse().ok()).collect();
        stop(if asked.is_empty() { &[1, 5, 30] } else { &asked });
    }
    if wants("soak") {
        soak(60);
    }
    if wants("import") {
        import(&[1, 10, 100]);
    }
    if wants("undetected") {
        import_without_detection(&[10, 30]);
    }
    ExitCode::SUCCESS
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn sample_model() -> PathBuf {
    top().join("assets/models/ggml-mini-reflection.en.bin")
}

/// The sample session over and over, for so many minutes.
fn speech(minutes: usize) -> Vec<i16> {
    let session = session();
    session.into_iter().cycle().take(minutes * SAMPLES_PER_MINUTE).collect()
}

/// The same with an end that is the same for every length: in the middle of its fourth sentence.
fn speech_that_breaks_off(minutes: usize) -> Vec<i16> {
    let session = session();
    let (n, n_whole) = (minutes * SAMPLES_PER_MINUTE, session.len());
    let skipped = (BREAKS_OFF_AT + n_whole - n % n_whole) % n_whole;
    session.into_iter().cycle().skip(skipped).take(n).collect()
}

fn session() -> Vec<i16> {
    let bytes = fs::read(top().join("tests/data/speech/session.wav")).unwrap();
    bytes[44..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

fn write_wav(path: &Path, samples: &[i16]) {
    let mut file = BufWriter::new(fs::File::create(path).unwrap());
    let n_bytes = u32::try_from(samples.len() * 2).unwrap();
    file.write_all(b"RIFF").unwrap();
    file.write_all(&(36 + n_bytes).to_le_bytes()).unwrap();
    file.write_all(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data")
        .unwrap();
    file.write_all(&n_bytes.to_le_bytes()).unwrap();
    for sample in samples {
        file.write_all(&sample.to_le_bytes()).unwrap();
    }
    file.flush().unwrap();
}

/// Processor time of this process and of the children that have ended.
fn cpu() -> Duration {
    cpu_of("self", 4)
}

/// User and system time of a process, and with 4 fields those of its ended children.
fn cpu_of(pid: &str, n_fields: usize) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(n_fields).map(|n| n.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// A line of a process's status, in MB; 0 for one that is gone.
fn memory(pid: &str, line: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let found = status.lines().find_map(|it| it.strip_prefix(line));
    let kib = found.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0 / 1e6
}

/// Nothing but whisper.cpp, over pieces of sound in a file.
fn bare(model: &Path, file: &Path) {
    let context =
        whisper_rs::WhisperContext::new_with_params(model, whisper::context_parameters()).unwrap();
    let mut state = context.create_state().unwrap();
    let bytes = fs::read(file).unwrap();
    let mut rest = &bytes[..];
    let mut n_chars = 0;
    while let Some((n, more)) = rest.split_first_chunk::<8>() {
        let (piece, after) = more.split_at(usize::try_from(u64::from_le_bytes(*n)).unwrap());
        rest = after;
        let audio: Vec<f32> = piece
            .chunks_exact(2)
            .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0)
            .collect();
        state.full(whisper::parameters(Some("en"), default_threads().get()), &audio).unwrap();
        n_chars += state.as_iter().map(|it| it.to_str_lossy().unwrap().len()).sum::<usize>();
    }
    assert!(n_chars > 0);
    println!("{}", memory("self", "VmHWM:"));
}

/// Runs [`bare`] in a process of its own: seconds of processor time, and the most memory it had.
fn bare_cost(model: &Path, pieces: &[Vec<i16>]) -> (f64, f64) {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut out = BufWriter::new(file.as_file());
    for piece in pieces {
        out.write_all(&(piece.len() as u64 * 2).to_le_bytes()).unwrap();
        for sample in piece {
            out.write_all(&sample.to_le_bytes()).unwrap();
        }
    }
    out.flush().unwrap();
    drop(out);
    let before = cpu();
    let output = Command::new(std::env::current_exe().unwrap())
        .arg("bare")
        .args([model, file.path()])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    let most = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    ((cpu() - before).as_secs_f64(), most)
}

/// What the pipeline hands to the recogniser at once.
fn groups(samples: &[i16]) -> Vec<Vec<i16>> {
    let mut detector = SpeechDetector::new(VadOptions::default());
    let mut grouper = UtteranceGrouper::new(GroupOptions::default());
    let (mut regions, mut found) = (Vec::new(), Vec::new());
    detector.push(samples, &mut regions);
    detector.finish(&mut regions);
    for region in regions {
        found.extend(grouper.push(region));
    }
    found.extend(grouper.finish());
    let part = |from: u64, to: u64| &samples[from as usize..(to as usize).min(samples.len())];
    found
        .into_iter()
        .map(|group| group.regions.iter().flat_map(|r| part(r.start, r.end)).copied().collect())
        .collect()
}

/// A microphone that speaks faster than people do, and says when it has said all.
struct FastHost {
    sound: Arc<Vec<i16>>,
    said_all: Arc<AtomicBool>,
    n_said: Arc<AtomicU64>,
}

struct NoStream;
impl InputStream for NoStream {}

fn device() -> InputDevice {
    InputDevice { id: DeviceId::new("fast"), name: "fast".to_owned(), is_default: true }
}

impl AudioHost for FastHost {
    fn devices(&self) -> Result<Vec<InputDevice>, AudioError> {
        Ok(vec![device()])
    }

    fn open(&self, _: Option<&DeviceId>) -> Result<OpenStream, AudioError> {
        let format = StreamFormat { rate_hz: 16_000, n_channels: 1 };
        let (mut feed, _, reader) = stream_channel(format);
        let (sound, said_all) = (Arc::clone(&self.sound), Arc::clone(&self.said_all));
        let n_said = Arc::clone(&self.n_said);
        thread::spawn(move || {
            let n_fast = sound.len().saturating_sub(TAIL.as_secs() as usize * 16_000);
            let mut due = Instant::now();
            for (n, block) in sound.chunks(160).enumerate() {
                let block_time = Duration::from_millis(10);
                due += if n * 160 < n_fast { block_time / SPEED } else { block_time };
                thread::sleep(due.saturating_duration_since(Instant::now()));
                feed.push(block);
                n_said.store((n as u64 + 1) * 160, Ordering::Relaxed);
            }
            said_all.store(true, Ordering::Release);
            // A callback that fell silent would be a lost microphone.
            loop {
                thread::sleep(Duration::from_millis(10));
                feed.push(&[0i16; 160]);
            }
        });
        Ok(OpenStream { stream: Box::new(NoStream), reader, format, device: device() })
    }
}

/// Notes when a transcript was committed.
#[derive(Default)]
struct Committed(Mutex<Option<Instant>>);

impl EventSink for Committed {
    fn emit(&self, event: Event) {
        if let Event::JobChanged(job) = event
            && job.kind == JobKind::Transcribe
            && job.state == JobState::Done
        {
            self.0.lock().unwrap().get_or_insert_with(Instant::now);
        }
    }
}

/// A vault with the model in use, and all that is measured about it.
struct Bench {
    home: TempDir,
    app: App,
    me: Unlocked,
    engine: Arc<WorkerEngine>,
    committed: Arc<Committed>,
    said_all: Arc<AtomicBool>,
    n_said: Arc<AtomicU64>,
}

impl Bench {
    fn new(model: &Path, sound: Vec<i16>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(home.path().join("data"));
        let committed = Arc::new(Committed::default());
        let (said_all, n_said) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let mut ports = Ports::real(&data_dir, committed.clone()).unwrap();
        let worker = WorkerCommand::new(std::env::current_exe().unwrap(), ["worker"]);
        let engine =
            Arc::new(WorkerEngine::new(worker, default_threads(), Duration::from_secs(300)));
        ports.engine = engine.clone();
        ports.kdf = Some(KdfCost::FLOOR);
        ports.audio = Arc::new(FastHost {
            sound: Arc::new(sound),
            said_all: Arc::clone(&said_all),
            n_said: Arc::clone(&n_said),
        });
        let app = App::open(data_dir, ports).unwrap();
        app.create_account(None, "ada", false, PASSWORD).unwrap();
        let token = app.sign_in_once("ada", PASSWORD).unwrap();
        let me = app.unlocked(Gated::Record, &token).unwrap();
        app.add_model(&me, model).unwrap();
        Self { home, app, me, engine, committed, said_all, n_said }
    }

    fn import(&self, file: &Path) {
        let options = ImportOptions { analyse: false, ..ImportOptions::default() };
        let (session, _) = self.app.import(&self.me, file, &options, &CancelToken::new()).unwrap();
        assert!(session.error.is_none(), "{:?}", session.error);
        assert!(session.transcript.unwrap().text.len() > 100);
    }

    /// The most memory of this process above what it has now, and of the worker, while `work` is
    /// done.
    fn most_memory(&self, work: impl FnOnce()) -> (f64, f64) {
        let over = AtomicBool::new(false);
        let before = memory("self", "VmRSS:");
        thread::scope(|scope| {
            let watching = scope.spawn(|| {
                let (mut own, mut workers) = (0.0f64, 0.0f64);
                while !over.load(Ordering::Relaxed) {
                    own = own.max(memory("self", "VmRSS:"));
                    if let Some(pid) = self.engine.worker_pid() {
                        workers = workers.max(memory(&pid.to_string(), "VmHWM:"));
                    }
                    thread::sleep(Duration::from_millis(10));
                }
                (own - before, workers)
            });
            work();
            over.store(true, Ordering::Relaxed);
            watching.join().unwrap()
        })
    }
}

/// How often the pipeline and the bare recogniser are measured, in turns. The least of each counts: what
/// a neighbour on the same core adds is neither's.
const N_TURNS: usize = 3;

/// T1: what the pipeline adds to the recogniser.
fn overhead(minutes: usize) {
    let samples = speech(minutes);
    let pieces = groups(&samples);
    let folder = tempfile::tempdir().unwrap();
    let shaped = folder.path().join("ggml-shaped-base.en.bin");
    let model = std::env::var_os("JOURNEY_BENCH_MODEL").map_or_else(
        || {
            shaped_model::write(&shaped, &sample_model());
            shaped.clone()
        },
        PathBuf::from,
    );
    let file = folder.path().join("speech.wav");
    write_wav(&file, &samples);
    let (whole_s, whole_mb) = bare_cost(&model, &[samples]);
    let (mut grouped_s, mut grouped_mb) = (f64::MAX, 0.0f64);
    let mut ours_s = f64::MAX;
    for _ in 0..N_TURNS {
        let (bare_s, bare_mb) = bare_cost(&model, &pieces);
        (grouped_s, grouped_mb) = (grouped_s.min(bare_s), grouped_mb.max(bare_mb));
        let bench = Bench::new(&model, Vec::new());
        let before = cpu();
        bench.import(&file);
        bench.engine.release();
        let turn_s = (cpu() - before).as_secs_f64();
        eprintln!("processor time: bare {bare_s:.1} s, ours {turn_s:.1} s");
        ours_s = ours_s.min(turn_s);
    }
    // By itself, since looking at the memory a hundred times a second takes 1 % of a processor.
    let bench = Bench::new(&model, Vec::new());
    let (own_mb, worker_mb) = bench.most_memory(|| bench.import(&file));
    let ours_mb = own_mb + worker_mb;
    Row {
        workload: &format!("processor time, {minutes} min imported; bare: whole file"),
        ours: ours_s,
        unit: "s",
        reference: Some(whole_s),
        goal: Some(("ratio <= 1.03", ours_s / whole_s <= 1.03)),
    }
    .tell();
    Row {
        workload: "the same; bare: the same speech in the same pieces",
        ours: ours_s,
        unit: "s",
        reference: Some(grouped_s),
        goal: Some(("ratio <= 1.03", ours_s / grouped_s <= 1.03)),
    }
    .tell();
    let bare_mb = grouped_mb.max(whole_mb);
    Row {
        workload: "memory: the worker, and what the program takes more",
        ours: ours_mb,
        unit: "MB",
        reference: Some(bare_mb),
        goal: Some(("at most 60 MB more", ours_mb - bare_mb <= 60.0)),
    }
    .tell();
}

impl Bench {
    /// Processor time of the worker so far, in seconds.
    fn worker_cpu(&self) -> f64 {
        self.engine.worker_pid().map_or(0.0, |pid| cpu_of(&pid.to_string(), 2).as_secs_f64())
    }

    /// Records everything that the microphone says; when it was stopped, the worker's processor time
    /// after that in seconds, and the memory of the program and of the worker in MB, each minute of the
    /// recording.
    fn record(&self, minutes: usize) -> (Instant, f64, Vec<(f64, f64)>) {
        let cancel = CancelToken::new();
        let mut kept = None;
        let watched = thread::scope(|scope| {
            let watching = scope.spawn(|| {
                let mut series = Vec::new();
                while !self.said_all.load(Ordering::Acquire) {
                    let n_minutes =
                        self.n_said.load(Ordering::Relaxed) as usize / SAMPLES_PER_MINUTE;
                    if n_minutes > series.len() {
                        let worker = self.engine.worker_pid();
                        let worker = worker.map_or(0.0, |pid| memory(&pid.to_string(), "VmRSS:"));
                        series.push((memory("self", "VmRSS:"), worker));
                    }
                    thread::sleep(Duration::from_millis(10));
                }
                let (stopped_at, used) = (Instant::now(), self.worker_cpu());
                cancel.cancel();
                (stopped_at, used, series)
            });
            let session =
                self.app.record(&self.me, RecordOptions::default(), &cancel, |_| {}).unwrap();
            kept = session.duration_ms;
            assert!(session.error.is_none(), "{:?}", session.error);
            watching.join().unwrap()
        });
        let (kept, said) = (kept.unwrap(), (minutes * SAMPLES_PER_MINUTE) as u64 / 16);
        assert!(kept + 1 >= said, "sound is missing: {kept} ms of {said}");
        let (stopped_at, used, series) = watched;
        (stopped_at, self.worker_cpu() - used, series)
    }
}

/// T2: from stop to the committed transcript, with transcription while recording.
fn stop(lengths: &[usize]) {
    let mut tails = Vec::new();
    for minutes in lengths {
        let bench = Bench::new(&sample_model(), speech_that_breaks_off(*minutes));
        let (stopped_at, worker_s, _) = bench.record(*minutes);
        let committed_at = bench.committed.0.lock().unwrap().unwrap();
        let tail = (committed_at - stopped_at).as_secs_f64();
        tails.push((*minutes as f64, tail));
        Row {
            workload: &format!("stop to committed transcript, {minutes} min recorded"),
            ours: tail,
            unit: "s",
            reference: None,
            goal: Some(("below 2 s", tail < 2.0)),
        }
        .tell();
        Row {
            workload: "processor time of the worker meanwhile",
            ours: worker_s,
            unit: "s",
            reference: None,
            goal: None,
        }
        .tell();
    }
    if let [(first, a), .., (last, b)] = tails[..] {
        let slope_ms = 1000.0 * (b - a) / (last - first);
        Row {
            workload: "slope of that over the length",
            ours: slope_ms,
            unit: "ms/min",
            reference: None,
            goal: Some(("at most 1 ms/min", slope_ms <= 1.0)),
        }
        .tell();
    }
}

/// A2: memory while recording for long.
fn soak(minutes: usize) {
    let bench = Bench::new(&sample_model(), speech(minutes));
    let (_, _, series) = bench.record(minutes);
    // The last five minutes of sound are kept for the listener, and all buffers have had their size.
    let settled = series.len() / 6;
    for (name, of) in [("the program", 0), ("the worker", 1)] {
        let series: Vec<f64> = series.iter().map(|it| if of == 0 { it.0 } else { it.1 }).collect();
        let shown: Vec<String> = series.iter().step_by(5).map(|mb| format!("{mb:.1}")).collect();
        eprintln!("{name}, MB each five minutes: {}", shown.join(" "));
        let growth = 60.0 * slope(&series[settled..]);
        Row {
            workload: &format!("growth of {name} while recording {minutes} min"),
            ours: growth,
            unit: "MB/h",
            reference: None,
            goal: Some(("flat: at most 5", growth <= 5.0)),
        }
        .tell();
    }
}

/// Least squares: how much a series grows a step.
fn slope(series: &[f64]) -> f64 {
    let n = series.len() as f64;
    let (mean_x, mean_y) = ((n - 1.0) / 2.0, series.iter().sum::<f64>() / n);
    let (mut above, mut below) = (0.0, 0.0);
    for (i, y) in series.iter().enumerate() {
        let x = i as f64 - mean_x;
        above += x * (y - mean_y);
        below += x * x;
    }
    above / below
}

/// The same without looking for speech: everything goes to the recogniser, in bounded pieces.
fn import_without_detection(lengths: &[usize]) {
    let mut most = Vec::new();
    for minutes in lengths {
        let bench = Bench::new(&sample_model(), Vec::new());
        bench.app.set_setting(&bench.me, "speech_vad", &serde_json::json!(false)).unwrap();
        let file = bench.home.path().join("speech.wav");
        write_wav(&file, &speech(*minutes));
        let (own_mb, worker_mb) = bench.most_memory(|| bench.import(&file));
        eprintln!("{minutes} min: {own_mb:.0} MB of the program, {worker_mb:.0} MB of the worker");
        most.push(own_mb + worker_mb);
    }
    if let [first, .., last] = most[..] {
        Row {
            workload: "import of 30 min against 10 without speech detection, memory",
            ours: last,
            unit: "MB",
            reference: Some(first),
            goal: Some(("flat: at most 10 more", last - first <= 10.0)),
        }
        .tell();
    }
}

/// How importing grows with the length of the file.
fn import(lengths: &[usize]) {
    let mut costs = Vec::new();
    for minutes in lengths {
        let bench = Bench::new(&sample_model(), Vec::new());
        let file = bench.home.path().join("speech.wav");
        write_wav(&file, &speech(*minutes));
        let before = cpu();
        let (own_mb, worker_mb) = bench.most_memory(|| bench.import(&file));
        bench.engine.release();
        let cost = (cpu() - before).as_secs_f64() / *minutes as f64;
        costs.push((cost, own_mb + worker_mb));
        Row {
            workload: &format!("import of {minutes} min, processor time per minute of sound"),
            ours: cost,
            unit: "s/min",
            reference: None,
            goal: None,
        }
        .tell();
    }
    if let [.., (cost, memory), (last_cost, last_memory)] = costs[..] {
        Row {
            workload: "import of 100 min against 10 min, processor time per minute",
            ours: last_cost,
            unit: "s/min",
            reference: Some(cost),
            goal: Some(("linear: ratio <= 1.1", last_cost <= 1.1 * cost)),
        }
        .tell();
        Row {
            workload: "import of 100 min against 10 min, most memory",
            ours: last_memory,
            unit: "MB",
            reference: Some(memory),
            goal: Some(("flat: at most 10 more", last_memory - memory <= 10.0)),
        }
        .tell();
    }
}
