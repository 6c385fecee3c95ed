//! A microphone without hardware, and the program while it runs.

use crate::{
    after_silence::after_silence,
    support::{Program, describe, root},
};
use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};
use tempfile::TempDir;

/// A bound against hanging for ever, not a measurement.
const PATIENCE: Duration = Duration::from_secs(300);

/// A sound server of its own with a microphone that hears what is played; gone when dropped.
pub struct Microphone {
    dir: TempDir,
    /// Sound runs in real time: one test at a time, so that none of them comes late.
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());

impl Microphone {
    /// Starts the server and plugs the microphone in.
    pub fn plugged_in() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let it = Self { dir: tempfile::tempdir().unwrap(), _alone: alone };
        it.script("start", None);
        it.script("plug", None);
        it
    }

    /// Speaks a recording into it, to the end.
    pub fn hear(&self, file: &Path) {
        self.script("play", Some(&after_silence(file, self.dir.path())));
    }

    /// Takes it away; the server keeps another source.
    pub fn unplug(&self) {
        self.script("unplug", None);
    }

    /// Lets a program hear this microphone and no other.
    pub fn given_to(&self, mut command: Command) -> Command {
        command.env("XDG_RUNTIME_DIR", self.dir.path());
        command
    }

    fn script(&self, action: &str, file: Option<&Path>) {
        let script = root().join("tests/support/virtual-microphone.sh");
        let status = Command::new(script).arg(action).arg(self.dir.path()).args(file).status();
        // A second panic while one is told of would end all tests.
        assert!(
            status.is_ok_and(|status| status.success()) || std::thread::panicking(),
            "virtual-microphone.sh {action} failed: is PulseAudio there?"
        );
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.script("stop", None);
    }
}

/// The program at work, with what it says to a person. Killed when dropped.
pub struct AtWork {
    child: Child,
    said: Receiver<String>,
    heard: Vec<String>,
}

impl AtWork {
    /// Starts it.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, said, heard: Vec::new() }
    }

    /// Starts `record` with more words and waits until sound is being kept.
    #[track_caller]
    pub fn recording(program: &Program, microphone: &Microphone, words: &[&str]) -> Self {
        let mut all = vec!["record"];
        all.extend(words);
        let mut it = Self::start(microphone.given_to(program.command(&all)));
        it.says("Recording from");
        it
    }

    /// Waits for a line with these words on standard error.
    #[track_caller]
    pub fn says(&mut self, words: &str) -> String {
        while let Ok(line) = self.said.recv_timeout(PATIENCE) {
            self.heard.push(line.clone());
            if line.contains(words) {
                return line;
            }
        }
        panic!("it never said {words:?}, but: {:#?}", self.heard);
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal such as `KILL`.
    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// Waits for its end.
    pub fn end(mut self) -> Output {
        let mut stdout = Vec::new();
        self.child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        self.heard.extend(self.said.iter());
        Output { status, stdout, stderr: self.heard.join("\n").into_bytes() }
    }

    /// Waits for its end, which must be a good one.
    #[track_caller]
    pub fn ends_well(self) -> Output {
        let output = self.end();
        assert!(output.status.success(), "{}", describe(&output));
        output
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Sends a signal to a process; one that is gone already is no matter.
pub fn signal(pid: u32, name: &str) {
    let _sent = Command::new("kill").args(["-s", name, &pid.to_string()]).output().unwrap();
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        if is_so() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("never so: {what}");
}
