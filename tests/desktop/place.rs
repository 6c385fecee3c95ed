//! Where a window stands in these tests: a home, a display, a session bus with a keychain, a
//! microphone. All of its own, all gone when dropped.

use crate::driver::Driver;
use after_silence::after_silence;
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    ops::Deref,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread,
    time::Duration,
};
use tempfile::TempDir;

#[path = "../support/after_silence.rs"]
mod after_silence;

/// How often something is looked for, and how long in between: for two minutes, a bound against hanging
/// for ever.
const N_LOOKS: u32 = 2400;
const PAUSE: Duration = Duration::from_millis(50);

/// Good enough for the strength check, and nobody's.
pub const PASSWORD: &str = "walnut-harbour-Nineteen-kites";

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A computer on which the program runs.
pub struct Place {
    _turn: Turn,
    home: TempDir,
    _display: Group,
    number: String,
    microphone: bool,
}

/// What is told of in real time has the computer for itself; everything else shares it.
static TURNS: RwLock<()> = RwLock::new(());

enum Turn {
    Shared { _held: RwLockReadGuard<'static, ()> },
    Alone { _held: RwLockWriteGuard<'static, ()> },
}

impl Turn {
    fn shared() -> Self {
        Self::Shared { _held: TURNS.read().unwrap_or_else(PoisonError::into_inner) }
    }

    fn alone() -> Self {
        Self::Alone { _held: TURNS.write().unwrap_or_else(PoisonError::into_inner) }
    }
}

/// A process and its children; ended when dropped.
struct Group(Child);

impl Group {
    /// Whether the process has ended by itself.
    fn is_over(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        drop(Command::new("kill").args(["--", &group]).stderr(Stdio::null()).status());
        drop(self.0.wait());
    }
}

/// What listens to the loudspeaker.
pub struct Ear {
    file: PathBuf,
    _recorder: Group,
}

impl Ear {
    /// The loudest sample that was heard, of 32767. Listens on until one is louder than `awaited`:
    /// sound comes late on a busy computer.
    pub fn loudest(self, awaited: u16) -> u16 {
        let loudest = || {
            let heard = std::fs::read(&self.file).unwrap();
            let samples = heard.chunks_exact(2).map(|it| i16::from_le_bytes([it[0], it[1]]));
            samples.map(i16::unsigned_abs).max().unwrap_or_default()
        };
        for _ in 0..N_LOOKS / 2 {
            if loudest() > awaited {
                break;
            }
            thread::sleep(PAUSE);
        }
        loudest()
    }
}

/// The open window.
pub struct Window {
    driver: Driver,
    _processes: Group,
}

impl Deref for Window {
    type Target = Driver;
    fn deref(&self) -> &Driver {
        &self.driver
    }
}

/// A driver that waits for somebody to open a window through it.
pub struct Starter<'a> {
    place: &'a Place,
    port: u16,
    processes: Group,
}

impl Starter<'_> {
    /// Opens a program's window.
    pub fn open(mut self, program: &str, args: &[&str]) -> Window {
        let mut started = Driver::start(self.port, program, args);
        if started.is_err() && self.had_no_port() {
            (self.port, self.processes) = self.place.listening_driver();
            started = Driver::start(self.port, program, args);
        }
        let driver = started.unwrap_or_else(|error| {
            panic!("the window does not start (scripts/setup test): {error}")
        });
        Window { driver, _processes: self.processes }
    }

    /// Whether the driver has ended, which it does where another took its port before it; on a busy
    /// computer it may be late to see that.
    fn had_no_port(&mut self) -> bool {
        (0..N_LOOKS).any(|_| {
            let is_over = self.processes.is_over();
            if !is_over {
                thread::sleep(PAUSE);
            }
            is_over
        })
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.driver.end();
    }
}

impl Place {
    /// A computer with a display of 1280 x 900.
    pub fn new() -> Self {
        Self::at(Turn::shared())
    }

    fn at(turn: Turn) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut display = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("Xvfb is installed (scripts/setup test)");
        let mut number = String::new();
        // The server writes its number once it is ready.
        BufReader::new(display.stdout.take().unwrap()).read_line(&mut number).unwrap();
        let number = format!(":{}", number.trim());
        Self { _turn: turn, home, _display: Group(display), number, microphone: false }
    }

    /// The same, with a microphone that hears what `says` plays.
    pub fn with_microphone() -> Self {
        Self::new().and_microphone()
    }

    /// The same, while no other window is open.
    pub fn alone_with_microphone() -> Self {
        Self::at(Turn::alone()).and_microphone()
    }

    fn and_microphone(mut self) -> Self {
        self.microphone = true;
        self.sound("start", None);
        self.sound("plug", None);
        self
    }

    fn sound(&self, action: &str, file: Option<&Path>) {
        let status = Command::new(root().join("tests/support/virtual-microphone.sh"))
            .arg(action)
            .arg(self.runtime_dir())
            .args(file)
            .status();
        // A second panic while one is told of would end all tests.
        assert!(
            status.is_ok_and(|status| status.success()) || thread::panicking(),
            "virtual-microphone.sh {action} failed: is PulseAudio installed?"
        );
    }

    /// Says a recording into the microphone, to its end.
    pub fn says(&self, recording: &Path) {
        self.sound("play", Some(&after_silence(recording, self.home.path())));
    }

    /// Listens to what the loudspeaker plays from now on, and does so already.
    pub fn listen(&self) -> Ear {
        let file = self.home.path().join("heard.raw");
        let recorder = self
            .command("parec")
            .args(["--device=vmic.monitor", "--raw", "--format=s16le", "--latency-msec=20"])
            .stdout(std::fs::File::create(&file).unwrap())
            .process_group(0)
            .spawn()
            .expect("pulseaudio-utils is installed (scripts/setup test)");
        let ear = Ear { file, _recorder: Group(recorder) };
        for _ in 0..N_LOOKS {
            if std::fs::metadata(&ear.file).is_ok_and(|heard| heard.len() > 0) {
                return ear;
            }
            thread::sleep(PAUSE);
        }
        panic!("nobody listens to the loudspeaker");
    }

    fn runtime_dir(&self) -> PathBuf {
        self.home.path().join("run")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// A process on this computer, with nothing of the caller's environment.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("XDG_RUNTIME_DIR", self.runtime_dir())
            .env("DISPLAY", &self.number)
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            .env("NO_AT_BRIDGE", "1")
            .env("INSIGHT_JOURNEY_DATA_DIR", self.data_dir())
            .env("INSIGHT_JOURNEY_TEST_CHOICE", self.choice())
            .stdin(Stdio::null());
        command
    }

    fn choice(&self) -> PathBuf {
        self.home.path().join("choice")
    }

    /// What the person chooses the next time that a file is asked for.
    pub fn chooses(&self, files: &[&Path]) {
        let lines: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
        std::fs::write(self.choice(), lines.join("\n")).unwrap();
    }

    /// Puts the small model that the tests' speech was made for where models are kept.
    pub fn has_speech_model(&self) {
        let models = self.data_dir().join("models");
        std::fs::create_dir_all(&models).unwrap();
        let model = root().join("assets/models/ggml-mini-reflection.en.bin");
        std::fs::copy(model, models.join("hand-mini-reflection.en.bin")).unwrap();
    }

    /// The environments of the running processes with this name that were started from here.
    pub fn environments(&self, name: &str) -> Vec<Vec<String>> {
        let ours = format!("HOME={}", self.home.path().display());
        let found = std::fs::read_dir("/proc").unwrap().filter_map(|process| {
            let process = process.ok()?.path();
            if std::fs::read_to_string(process.join("comm")).ok()?.trim() != name {
                return None;
            }
            let environment = std::fs::read_to_string(process.join("environ")).ok()?;
            Some(environment.split('\0').map(str::to_owned).collect::<Vec<_>>())
        });
        found.filter(|environment| environment.contains(&ours)).collect()
    }

    /// Runs a command of the program's command line as `ada` and gives what it printed.
    #[track_caller]
    pub fn command_line(&self, args: &[&str]) -> String {
        let output = self
            .command(env!("CARGO_BIN_EXE_insight-journey"))
            .args(args)
            .env("INSIGHT_JOURNEY_ACCOUNT", "ada")
            .env("INSIGHT_JOURNEY_PASSWORD", PASSWORD)
            .env("INSIGHT_JOURNEY_NEW_PASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{args:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// A recording and reflections of a year in the notebook of `ada`, whose first run is past.
    pub fn has_a_year(&self) {
        const DAYS: [&str; 9] = [
            "2025-11-27T20:20:00Z",
            "2026-09-03T07:05:00Z",
            "2026-10-12T21:12:00Z",
            "2026-10-29T12:00:00Z",
            "2026-11-10T18:30:00Z",
            "2026-11-18T08:15:00Z",
            "2026-11-21T22:05:00Z",
            "2026-11-24T07:40:00Z",
            "2026-11-26T19:10:00Z",
        ];
        for (day, number) in DAYS.iter().zip(1..) {
            let file = root().join(format!("tests/data/reflections/dev/{number:03}.txt"));
            self.command_line(&["import", file.to_str().unwrap(), "--at", day]);
        }
        let recording = root().join("assets/samples/reflection.flac");
        let file = recording.to_str().unwrap();
        self.command_line(&["import", file, "--at", "2026-11-27T08:10:00Z"]);
    }

    /// Opens the window and signs `ada` in.
    pub fn open_signed_in(&self) -> Window {
        let window = self.open();
        let name = window.field("Name");
        if name.property("value") == "" {
            name.type_text("ada");
        }
        window.field("Password").type_text(PASSWORD);
        window.button("Sign in").click();
        window.link("Sessions");
        window
    }

    /// Opens the window.
    pub fn open(&self) -> Window {
        self.starter().open(env!("CARGO_BIN_EXE_insight-journey"), &[])
    }

    /// Something that opens one window.
    pub fn starter(&self) -> Starter<'_> {
        let (port, processes) = self.listening_driver();
        Starter { place: self, port, processes }
    }

    /// A driver, once somebody listens on its port, or once it ended because that was another.
    fn listening_driver(&self) -> (u16, Group) {
        std::fs::create_dir_all(self.runtime_dir()).unwrap();
        let port = free_port();
        // One session bus for the driver and the window, with an unlocked keychain on it.
        let script = format!(
            "gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 && \
             exec WebKitWebDriver --port={port}"
        );
        let log = std::fs::File::create(self.home.path().join("window.log")).unwrap();
        let mut processes = self
            .command("dbus-run-session")
            .args(["--", "sh", "-c", &script])
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("dbus and gnome-keyring are installed (scripts/setup test)");
        // The keychain's own password.
        processes.stdin.take().unwrap().write_all(b"keychain").unwrap();
        let mut processes = Group(processes);
        // The driver says so nowhere else.
        for _ in 0..N_LOOKS {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() || processes.is_over() {
                return (port, processes);
            }
            thread::sleep(PAUSE);
        }
        panic!("WebKitWebDriver did not start (scripts/setup test)");
    }

    /// What the display shows at the window's place, as a PNG.
    pub fn picture(&self, width: u32, height: u32, file: &Path) {
        let status = self
            .command("import")
            .args(["-window", "root", "-crop", &format!("{width}x{height}+0+0"), "+repage"])
            .args(["-define", "png:compression-level=9"])
            .arg(file)
            .status()
            .expect("ImageMagick is installed (scripts/setup test)");
        assert!(status.success());
    }
}

/// The last lines of the program's log and of what the window printed, for whoever reads why a test
/// failed.
fn last_lines(home: &Path) -> String {
    let logs = std::fs::read_dir(home.join("data/logs")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = logs.map(|it| it.path()).collect();
    files.push(home.join("window.log"));
    let mut text = String::new();
    for file in files {
        let written = std::fs::read(&file).unwrap_or_default();
        let written = String::from_utf8_lossy(&written);
        let lines: Vec<&str> = written.lines().collect();
        let last = lines[lines.len().saturating_sub(40)..].join("\n");
        text.push_str(&format!("--- {}\n{last}\n", file.display()));
    }
    text
}

impl Drop for Place {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", last_lines(self.home.path()));
        }
        if self.microphone {
            self.sound("stop", None);
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
