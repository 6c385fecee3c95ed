//! Paths and sounds that several tests share.

use journey_speech::worker::WorkerCommand;
use std::path::{Path, PathBuf};

/// The worker of this crate.
pub fn worker() -> WorkerCommand {
    WorkerCommand::new(env!("CARGO_BIN_EXE_journey-speech-worker"), Vec::<String>::new())
}

/// The project's top folder.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// The sample model.
pub fn model_path() -> PathBuf {
    top().join("assets/models/ggml-mini-reflection.en.bin")
}

/// A recording and the words that are spoken in it.
pub fn recording(name: &str) -> (Vec<i16>, String) {
    let dir = top().join("tests/data/speech");
    let wav = std::fs::read(dir.join(format!("{name}.wav"))).unwrap();
    let text = std::fs::read_to_string(dir.join(format!("{name}.txt"))).unwrap();
    (samples_of_wav(&wav), text.trim().to_owned())
}

/// The samples of a plain 16-bit mono file: its `data` chunk.
pub fn samples_of_wav(wav: &[u8]) -> Vec<i16> {
    let at = wav.windows(4).position(|w| w == b"data").unwrap() + 4;
    let n = u32::from_le_bytes(wav[at..at + 4].try_into().unwrap()) as usize;
    wav[at + 4..at + 4 + n].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// Sends a signal such as `KILL` to a process.
pub fn signal(pid: u32, name: &str) {
    let sent = std::process::Command::new("kill").args(["-s", name, &pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Waits until something is so; fails after two minutes.
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..2400 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("still not so: {what}");
}

/// The first `n` samples of a plain 16-bit mono file.
pub fn samples_of_wav_start(wav: &[u8], n: usize) -> Vec<i16> {
    samples_of_wav(wav).into_iter().take(n).collect()
}
