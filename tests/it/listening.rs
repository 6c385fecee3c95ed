//! Speech to text as the whole program does it, against whisper.cpp alone; damaged models and files.

use crate::support::{
    Program, bare_whisper, describe, sample_model, speech, word_error_rate, words,
};
use serde_json::Value;
use std::fs;

fn imported_text(program: &Program, name: &str) -> String {
    let document = program.json(&["import", speech(name).to_str().unwrap(), "--no-analyse"]);
    let text = &document["sessions"][0]["transcript"]["text"];
    text.as_str().unwrap_or_else(|| panic!("{document}")).to_owned()
}

#[test]
fn the_whole_way_hears_as_well_as_whisper_alone() {
    let program = Program::with_model();
    for name in ["short", "session"] {
        let wav = speech(&format!("{name}.wav"));
        let said = fs::read_to_string(speech(&format!("{name}.txt"))).unwrap();
        let alone = bare_whisper(&wav);

        program.ok(&["settings", "set", "speech_vad", "false"]);
        let whole = imported_text(&program, &format!("{name}.wav"));
        assert_eq!(words(&whole), words(&alone), "{name}, in one piece");

        program.ok(&["settings", "set", "speech_vad", "true"]);
        let heard = imported_text(&program, &format!("{name}.wav"));
        let (bare, ours) = (word_error_rate(&said, &alone), word_error_rate(&said, &heard));
        assert!(ours <= bare + 2.0, "{name}: {ours} % against {bare} %: {heard}");
    }
    assert_eq!(imported_text(&program, "silence.wav"), "");
}

#[test]
fn a_model_that_is_cut_or_foreign_is_refused_with_the_reason() {
    let program = Program::with_account();
    let whole = fs::read(sample_model()).unwrap();
    let offered: [(&str, &[u8]); 4] = [
        ("cut", &whole[..whole.len() / 2]),
        ("beginning", &whole[..100]),
        ("empty", b""),
        ("foreign", b"\x7fELF is no speech model, however long this file may be"),
    ];
    for (name, bytes) in offered {
        let path = program.home().join(format!("ggml-{name}.en.bin"));
        fs::write(&path, bytes).unwrap();
        program.fails(&["model", "add", path.to_str().unwrap()], 1, "bad_model");
    }
    let list = program.json(&["model", "list"]);
    let installed = list["models"].as_array().unwrap().iter().filter(|m| m["installed"] == true);
    assert_eq!(installed.count(), 0);
}

#[test]
fn a_model_that_is_damaged_later_costs_a_try_and_no_sound() {
    let program = Program::with_model();
    let models = program.data_dir().join("models");
    let path = fs::read_dir(&models)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "bin"))
        .unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    let output = program.run(&["import", speech("short.wav").to_str().unwrap(), "--json"]);
    let document: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", describe(&output)));
    let session = &document["sessions"][0];
    assert_eq!(session["error"]["code"], "bad_model", "{}", describe(&output));
    let id = session["id"].as_str().unwrap();

    fs::write(&path, &whole).unwrap();
    let session = program.json(&["transcribe", id]);
    assert!(session["error"].is_null(), "{session}");
    let said = fs::read_to_string(speech("short.txt")).unwrap();
    assert_eq!(word_error_rate(&said, session["transcript"]["text"].as_str().unwrap()), 0.0);
}

#[test]
fn hostile_and_broken_files_get_one_sentence_and_leave_no_half_session() {
    let program = Program::with_account();
    let wav = fs::read(speech("short.wav")).unwrap();
    let mut claims_gigabytes = wav[..2000].to_vec();
    claims_gigabytes[4..8].fill(0xff);
    claims_gigabytes[24..28].fill(0xff);
    let noise: Vec<u8> =
        (0..40_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut lying_film = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2\xff\xff\xff\xffmoov".to_vec();
    lying_film.extend(&noise[..4000]);
    let mut lying_ogg = b"OggS\0\x02".to_vec();
    lying_ogg.extend(&noise[..4000]);
    let files: [(&str, &[u8]); 8] = [
        ("empty.wav", b""),
        ("head.wav", &wav[..44]),
        ("gigabytes.wav", &claims_gigabytes),
        ("noise.mp3", &noise),
        ("noise.flac", &noise),
        ("film.mp4", &lying_film),
        ("voice.ogg", &lying_ogg),
        ("page.m4a", b"<html><body>404</body></html>"),
    ];
    for (name, bytes) in files {
        let path = program.home().join(name);
        fs::write(&path, bytes).unwrap();
        let output = program.run(&["import", path.to_str().unwrap(), "--json"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", describe(&output));
        let stderr = String::from_utf8_lossy(&output.stderr);
        let error: Value = serde_json::from_str(stderr.trim())
            .unwrap_or_else(|_| panic!("{name}: {}", describe(&output)));
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(name) && !message.contains("panicked"), "{message}");
        let code = error["error"]["code"].as_str().unwrap();
        assert!(["bad_file", "unsupported"].contains(&code), "{name}: {error}");
    }
    assert_eq!(program.json(&["sessions"])["sessions"], serde_json::json!([]));
    let media =
        program.files().into_iter().filter(|(path, _)| path.to_string_lossy().contains("/media/"));
    assert_eq!(media.count(), 0, "sound of a refused file is left");
}
