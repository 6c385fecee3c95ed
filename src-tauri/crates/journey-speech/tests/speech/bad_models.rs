//! Damaged and foreign model files: refused with a reason, or the end of a worker and nothing more.

use crate::given;
use journey_domain::ports::CancelToken;
use journey_speech::engine::{
    ModelFile, ModelKind, SpeechEngine, SpeechError, TranscribeOptions, WorkerEngine,
};
use std::{num::NonZeroUsize, path::Path, time::Duration};

fn open_bytes(dir: &Path, bytes: &[u8]) -> Result<ModelFile, String> {
    let path = dir.join("model.bin");
    std::fs::write(&path, bytes).unwrap();
    ModelFile::open(&path).map_err(|bad| bad.reason)
}

#[test]
fn the_sample_model_is_english_and_sound() {
    let model = ModelFile::open(&given::model_path()).unwrap();
    assert_eq!(model.kind(), ModelKind::English);
    assert_eq!(model.size_bytes(), 7_962_678);
    assert_eq!(model.n_audio_layers(), 4);
}

#[test]
fn a_model_cut_off_anywhere_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(given::model_path()).unwrap();
    for percent in 0..100 {
        let cut = &whole[..whole.len() * percent / 100];
        let reason = open_bytes(dir.path(), cut).unwrap_err();
        assert!(!reason.is_empty());
    }
    let reason = open_bytes(dir.path(), &whole[..whole.len() - 1]).unwrap_err();
    assert_eq!(reason, "it is cut off");
}

#[test]
fn foreign_files_are_refused_for_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(open_bytes(dir.path(), b"").unwrap_err(), "it is empty");
    let foreign = "it is not a speech model in whisper.cpp's format";
    let wav = std::fs::read(given::top().join("tests/data/speech/short.wav")).unwrap();
    for bytes in [&b"x"[..], b"GGUF\x03\0\0\0", &wav] {
        assert_eq!(open_bytes(dir.path(), bytes).unwrap_err(), foreign);
    }
    let whole = std::fs::read(given::model_path()).unwrap();
    let mut longer = whole.clone();
    longer.extend_from_slice(&whole[..40]);
    assert!(open_bytes(dir.path(), &longer).is_err());
    assert_eq!(ModelFile::open(dir.path()).unwrap_err().reason, "it is not a file");
    let nowhere = ModelFile::open(&dir.path().join("nowhere")).unwrap_err();
    assert_eq!(nowhere.reason, "there is no such file");
}

#[test]
fn every_flipped_byte_of_the_header_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(given::model_path()).unwrap();
    for at in 0..56 {
        // The two high bytes of the version of the quantisation mean nothing to whisper.cpp.
        let mut bytes = whole.clone();
        bytes[at] ^= 0x41;
        assert!(open_bytes(dir.path(), &bytes).is_err(), "byte {at}");
    }
}

#[test]
fn a_model_with_flipped_bytes_costs_at_most_a_job() {
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(given::model_path()).unwrap();
    let (audio, _) = given::recording("short");
    let engine = WorkerEngine::new(given::worker(), NonZeroUsize::MIN, Duration::from_secs(60))
        .with_stall_limit(Duration::from_secs(5));
    let mut random = 88_172_645_463_325_252_u64;
    let (mut n_refused, mut n_ran) = (0, 0);
    for nth in 0..24 {
        let mut bytes = whole.clone();
        for _ in 0..=nth {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let at = random as usize % bytes.len();
            bytes[at] ^= 1 << (random >> 40 & 7);
        }
        match open_bytes(dir.path(), &bytes) {
            Err(_) => n_refused += 1,
            Ok(model) => {
                let options = TranscribeOptions::default();
                let cancel = CancelToken::new();
                let outcome =
                    engine.transcribe(&model, &audio[..32_000], &options, &mut |_| {}, &cancel);
                n_ran += usize::from(outcome.is_ok());
                if let Err(error) = outcome {
                    assert!(!error.to_string().is_empty());
                    assert!(!matches!(error, SpeechError::Io(_)), "{error}");
                }
            }
        }
    }
    assert!(n_refused > 0 && n_ran > 0, "{n_refused} refused, {n_ran} ran");
}

#[test]
fn a_model_that_is_refused_late_kills_its_worker_alone() {
    // The file changes between the check and the worker that loads it.
    let dir = tempfile::tempdir().unwrap();
    let whole = std::fs::read(given::model_path()).unwrap();
    let model = open_bytes(dir.path(), &whole).unwrap();
    let (audio, said) = given::recording("short");
    let engine = WorkerEngine::new(given::worker(), NonZeroUsize::MIN, Duration::from_secs(60))
        .with_stall_limit(Duration::from_secs(5));
    let options = TranscribeOptions::default();
    for keep in [4, 60, 70_000, 900_000, 5_000_000] {
        let file = std::fs::OpenOptions::new().write(true).open(dir.path().join("model.bin"));
        let file = file.unwrap();
        file.set_len(keep).unwrap();
        let outcome = engine.transcribe(&model, &audio, &options, &mut |_| {}, &CancelToken::new());
        assert!(outcome.is_err(), "{keep} bytes");
        engine.release();
    }
    let engine = engine.with_stall_limit(Duration::from_secs(60));
    let model = ModelFile::open(&given::model_path()).unwrap();
    let mut heard = String::new();
    let mut on_heard = |h| {
        if let journey_speech::engine::Heard::Final(segment) = h {
            heard.push_str(&segment.text);
        }
    };
    engine.transcribe(&model, &audio, &options, &mut on_heard, &CancelToken::new()).unwrap();
    assert_eq!(heard.trim(), said);
}
