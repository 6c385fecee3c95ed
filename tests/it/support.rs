//! Running the real program against a data directory of its own.

use serde_json::Value;
use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// Good enough for the strength check, and nobody's.
pub const PASSWORD: &str = "walnut-harbour-Nineteen-kites";

/// The program's file.
pub const BINARY: &str = env!("CARGO_BIN_EXE_insight-journey");

/// The program with a fresh data directory and nothing of the caller's environment.
pub struct Program {
    home: TempDir,
    account: Option<String>,
}

impl Program {
    /// A data directory without any account.
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), account: None }
    }

    /// A data directory with the account `ada`, the sample speech model in use.
    pub fn with_account() -> Self {
        let mut program = Self::new();
        program.sign_up();
        program
    }

    /// Makes the account `ada`, who gives each command from now on.
    pub fn sign_up(&mut self) {
        self.ok_with(&["account", "create", "ada"], &[("INSIGHT_JOURNEY_NEW_PASSWORD", PASSWORD)]);
        self.account = Some("ada".to_owned());
    }

    /// The same, with the sample's speech model added by hand.
    pub fn with_model() -> Self {
        let program = Self::with_account();
        program.ok(&["model", "add", sample_model().to_str().unwrap()]);
        program.ok(&["model", "use", "mini-reflection.en"]);
        program
    }

    pub fn data_dir(&self) -> PathBuf {
        self.home.path().join("data")
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A command that has not run yet.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(args);
        self.surround(&mut command);
        command
    }

    /// Gives a command this program's surroundings and nothing of the caller's.
    pub fn surround(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home.path())
            .env("TMPDIR", self.temp_dir())
            .env("TZ", "UTC")
            .env("INSIGHT_JOURNEY_DATA_DIR", self.data_dir())
            .stdin(Stdio::null());
        if let Some(account) = &self.account {
            command
                .env("INSIGHT_JOURNEY_ACCOUNT", account)
                .env("INSIGHT_JOURNEY_PASSWORD", PASSWORD);
        }
    }

    /// Where this program's temporary files go, so that a test can look at what is left there.
    pub fn temp_dir(&self) -> PathBuf {
        let path = self.home.path().join("tmp");
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// Runs it, whatever comes.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs it and expects success; gives standard output.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        self.ok_with(args, &[])
    }

    /// Runs it with more environment and expects success.
    #[track_caller]
    pub fn ok_with(&self, args: &[&str], environment: &[(&str, &str)]) -> String {
        let output = self.command(args).envs(environment.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{args:?} failed: {}", describe(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it with `--json` and expects one document.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let text = self.ok(&all);
        serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{args:?} printed no JSON ({e}): {text}"))
    }

    /// Runs it with `--json` and expects that its stage fails: the session, and the error's code.
    #[track_caller]
    pub fn stage_fails(&self, args: &[&str]) -> (Value, String) {
        let mut all = args.to_vec();
        all.push("--json");
        let output = self.run(&all);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", describe(&output));
        let session = serde_json::from_slice(&output.stdout).unwrap();
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        (session, error["error"]["code"].as_str().unwrap().to_owned())
    }

    /// Runs it with `--json` and expects this exit code and error code; gives the error.
    #[track_caller]
    pub fn fails(&self, args: &[&str], exit: i32, code: &str) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let output = self.run(&all);
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {}", describe(&output));
        let stderr = String::from_utf8_lossy(&output.stderr);
        let line = stderr.lines().last().unwrap_or_default();
        let document: Value =
            serde_json::from_str(line).unwrap_or_else(|e| panic!("{args:?} ({e}): {stderr}"));
        let error = document["error"].clone();
        assert_eq!(error["code"], code, "{args:?}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.contains("panicked") && !message.contains('\n'));
        error
    }

    /// Runs it with this standard input.
    #[track_caller]
    pub fn ok_with_input(&self, args: &[&str], input: &str) -> String {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?} failed: {}", describe(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Writes a reflection and gives its session.
    #[track_caller]
    pub fn write(&self, text: &str) -> Value {
        serde_json::from_str(&self.ok_with_input(&["write", "--json"], text)).unwrap()
    }

    /// Every file under the home, with its bytes.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut stack = vec![self.home.path().to_owned()];
        while let Some(folder) = stack.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    stack.push(path);
                } else if path.is_file() {
                    let bytes = std::fs::read(&path).unwrap();
                    found.push((path, bytes));
                }
            }
        }
        found
    }
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A recording with its exact text.
pub fn speech(name: &str) -> PathBuf {
    root().join("tests/data/speech").join(name)
}

/// The sample's speech model.
pub fn sample_model() -> PathBuf {
    root().join("assets/models/ggml-mini-reflection.en.bin")
}

/// The samples of a plain 16-bit mono file, as in `tests/data/speech`.
pub fn samples(wav: &Path) -> Vec<i16> {
    let bytes = std::fs::read(wav).unwrap();
    let at = bytes.windows(4).position(|w| w == b"data").unwrap() + 8;
    bytes[at..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// What whisper.cpp alone makes of a recording, with the program's settings and nothing around it.
pub fn bare_whisper(wav: &Path) -> String {
    use journey_speech::whisper;
    whisper_rs::install_logging_hooks();
    let context =
        whisper_rs::WhisperContext::new_with_params(sample_model(), whisper::context_parameters())
            .unwrap();
    let audio: Vec<f32> = samples(wav).iter().map(|s| f32::from(*s) / 32768.0).collect();
    let mut state = context.create_state().unwrap();
    state.full(whisper::parameters(Some("en"), 1), &audio).unwrap();
    let texts = state.as_iter().map(|s| s.to_str_lossy().unwrap().trim().to_owned());
    texts.collect::<Vec<_>>().join(" ")
}

/// All that a process said.
pub fn describe(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Words without case and punctuation, for word error rates.
pub fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(|w| {
            w.chars()
                .filter(|c| c.is_alphanumeric() || *c == '\'')
                .collect::<String>()
                .to_lowercase()
        })
        .filter(|w| !w.is_empty())
        .collect()
}

/// Word error rate in percent: edits to turn `heard` into `said`, divided by the words said.
pub fn word_error_rate(said: &str, heard: &str) -> f64 {
    let (said, heard) = (words(said), words(heard));
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, s) in said.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, h) in heard.iter().enumerate() {
            let change = diagonal + usize::from(s != h);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    100.0 * row[heard.len()] as f64 / said.len().max(1) as f64
}
