//! The command line as people and scripts use it: words, JSON, exit codes.

use crate::support::{PASSWORD, Program, describe, root, speech, word_error_rate};
use serde_json::Value;
use std::fs;

/// What must hold for every session object, wherever it is printed.
#[track_caller]
pub fn check_session(session: &Value) {
    for key in [
        "id",
        "title",
        "recorded_at",
        "source",
        "duration_ms",
        "status",
        "recovered",
        "tags",
        "favourite",
        "coverage",
        "transcript",
        "run",
        "elements",
        "relationships",
        "error",
    ] {
        assert!(session.get(key).is_some(), "a session without {key}");
    }
    assert_eq!(session["id"].as_str().unwrap().as_bytes()[14], b'7', "not a UUID v7");
    assert!(session["recorded_at"].as_str().unwrap().ends_with('Z'));
    let text: Vec<char> =
        session["transcript"]["text"].as_str().unwrap_or_default().chars().collect();
    let spoken = !session["duration_ms"].is_null();
    let mut ids = Vec::new();
    let mut topics = Vec::new();
    for element in session["elements"].as_array().unwrap() {
        ids.push(element["id"].as_str().unwrap());
        let kind = element["kind"].as_str().unwrap();
        assert!(["emotion", "topic", "insight", "belief", "challenge", "action"].contains(&kind));
        let has_node = matches!(kind, "emotion" | "topic");
        assert_eq!(element["taxonomy"].is_string(), has_node, "{element}");
        if kind == "topic" {
            topics.push(element["taxonomy"].as_str().unwrap());
        }
        let label = element["label"].as_str().unwrap();
        assert!(!label.is_empty() && label.chars().count() <= 80);
        let confidence = element["confidence"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&confidence));
        if kind == "emotion" {
            assert!((1..=5).contains(&element["intensity"].as_i64().unwrap()));
        }
        let evidence = element["evidence"].as_array().unwrap();
        assert!(!evidence.is_empty());
        for place in evidence {
            let start = place["start"].as_u64().unwrap() as usize;
            let end = place["end"].as_u64().unwrap() as usize;
            assert!(start < end);
            let quote: String = text[start..end].iter().collect();
            assert_eq!(quote, place["quote"].as_str().unwrap());
            assert_eq!(place["start_ms"].is_u64(), spoken);
            assert!(["verified", "repaired"].contains(&place["state"].as_str().unwrap()));
        }
    }
    let mut once = topics.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), topics.len(), "a topic stands twice");
    for link in session["relationships"].as_array().unwrap() {
        assert!(ids.contains(&link["from"].as_str().unwrap()));
        assert!(ids.contains(&link["to"].as_str().unwrap()));
    }
    for segment in session["transcript"]["segments"].as_array().into_iter().flatten() {
        let keys: Vec<&String> = segment.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["end_ms", "probability", "start_ms", "text"]);
    }
}

#[test]
fn try_shows_the_sample_without_account_and_leaves_nothing_behind() {
    let program = Program::new();
    let document = program.json(&["try"]);
    let session = &document["sessions"][0];
    check_session(session);
    assert_eq!(session["status"], "analysed");
    let said = fs::read_to_string(speech("session.txt")).unwrap();
    let heard = session["transcript"]["text"].as_str().unwrap();
    assert!(word_error_rate(&said, heard) <= 4.0, "{heard}");
    let kinds: Vec<&str> = session["elements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"emotion") && kinds.contains(&"topic"), "{kinds:?}");
    assert_eq!(document["warnings"][0]["code"], "sample_model");
    assert!(!program.data_dir().exists(), "try made a data directory");
    assert_eq!(fs::read_dir(program.temp_dir()).unwrap().count(), 0, "try left files behind");
}

#[test]
fn try_reads_a_text_file_of_ones_own() {
    let program = Program::new();
    let file = program.home().join("note.txt");
    fs::write(
        &file,
        "\u{feff}I was so anxious before the exam.\r\n\r\nTomorrow I will call my mother.\n",
    )
    .unwrap();
    let document = program.json(&["try", file.to_str().unwrap()]);
    let session = &document["sessions"][0];
    check_session(session);
    assert_eq!(
        session["transcript"]["text"],
        "I was so anxious before the exam.\n\nTomorrow I will call my mother.\n"
    );
    assert_eq!(session["transcript"]["segments"].as_array().unwrap().len(), 2);
    assert!(session["duration_ms"].is_null() && session["transcript"]["model"].is_null());
    assert_eq!(document["warnings"], serde_json::json!([]));
}

#[test]
fn a_reflection_is_written_found_marked_and_erased() {
    let program = Program::with_account();
    let session = program.write("I felt really proud of the pottery class today.");
    check_session(&session);
    let id = session["id"].as_str().unwrap().to_owned();
    assert_eq!(session["source"], "text");
    assert_eq!(session["status"], "analysed");

    let shown = program.json(&["show", &id]);
    assert_eq!(shown, session);
    assert_eq!(program.json(&["show", &id[..13]]), session, "a unique prefix is enough");

    let hits = program.json(&["search", "pottery"]);
    assert_eq!(hits["hits"][0]["session"], id.as_str());
    assert!(hits["ranked"].as_u64().unwrap() >= 1);

    let renamed = program.json(&["rename", &id, "Clay", "evening"]);
    assert_eq!(renamed["title"], "Clay evening");
    let tagged = program.json(&["tag", &id, "craft", "joyful"]);
    assert_eq!(tagged["tags"], serde_json::json!(["craft", "joyful"]));
    let untagged = program.json(&["tag", &id, "--remove", "joyful"]);
    assert_eq!(untagged["tags"], serde_json::json!(["craft"]));
    assert_eq!(program.json(&["favourite", &id])["favourite"], true);
    let list = program.json(&["sessions", "--tag", "craft"]);
    assert_eq!(list["sessions"][0]["id"], id.as_str());
    assert!(list["next"].is_null());

    program.ok(&["delete", &id]);
    program.fails(&["show", &id], 5, "not_found");
    assert_eq!(program.json(&["search", "pottery"])["hits"], serde_json::json!([]));
    assert_eq!(program.json(&["sessions"])["sessions"], serde_json::json!([]));
}

#[test]
fn the_list_of_sessions_comes_in_pages_without_gap_or_repeat() {
    let program = Program::with_account();
    let mut written: Vec<String> = (0..5)
        .map(|i| program.write(&format!("Entry number {i}."))["id"].as_str().unwrap().to_owned())
        .collect();
    written.reverse();
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut args = vec!["sessions", "--limit", "2"];
        if let Some(cursor) = &after {
            args.extend(["--after", cursor]);
        }
        let page = program.json(&args);
        for session in page["sessions"].as_array().unwrap() {
            seen.push(session["id"].as_str().unwrap().to_owned());
        }
        match page["next"].as_str() {
            Some(cursor) => after = Some(cursor.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, written);
}

#[test]
fn exit_codes_say_what_kind_of_failure_it_was() {
    let program = Program::with_account();
    let stranger = Program::new();
    stranger.fails(&["sessions"], 3, "not_signed_in");
    program.fails(&["show", "01900000-0000-7000-8000-000000000000"], 5, "not_found");
    program.fails(&["show", "0190"], 2, "usage");
    program.fails(&["sessions", "--from", "2026-13-01"], 2, "usage");
    program.fails(&["import", "/no/such/file.wav"], 1, "not_found");
    // What is named and is not there is "not found" whatever it is; one of a few words is wrong usage.
    let nobody = "01900000-0000-7000-8000-000000000000";
    for args in [
        &["analyse", nobody][..],
        &["runs", nobody],
        &["element", "delete", nobody],
        &["thread", "confirm", nobody],
        &["ledger", nobody],
        &["model", "use", "nosuch"],
        &["model", "add", "/no/such.bin"],
        &["settings", "set", "speech_model", "nosuch"],
        &["account", "disable", "nobody"],
        &["record", "--device", "nosuch", "--seconds", "1"],
        &["restore", "/no/such.journey"],
        &["backup", "/no/such/folder/ada.journey"],
        &["try", "/no/such.txt"],
    ] {
        program.fails(args, 5, "not_found");
    }
    for args in [
        &["provider", "use", "nosuch"][..],
        &["taxonomy", "nosuch"],
        &["settings", "get", "nosuch"],
        &["settings", "set", "provider_base_url", "https://ada:hunter2@api.example/v1"],
    ] {
        program.fails(args, 2, "usage");
    }
    stranger.fails(&["whoami"], 3, "not_signed_in");
    let folder = program.fails(&["model", "add", "."], 1, "bad_file");
    assert!(folder["hint"].as_str().unwrap().contains("not its folder"), "{folder}");
    let pipe = program.home().join("pipe.wav");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    program.fails(&["import", pipe.to_str().unwrap()], 1, "bad_file");
    let wrong = program
        .command(&["sessions", "--json"])
        .env("INSIGHT_JOURNEY_PASSWORD", "wrong")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(3), "{}", describe(&wrong));
    for args in [&["frobnicate"][..], &["show"], &["record", "--seconds", "0"]] {
        let output = program.run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", describe(&output));
    }
}

#[test]
fn a_stage_that_fails_is_an_error_and_what_is_kept_of_an_import_says_what_is_missing() {
    let program = Program::with_account();
    let short = speech("short.wav");
    let output = program.run(&["import", short.to_str().unwrap()]);
    assert!(output.status.success(), "{}", describe(&output));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("no speech model"), "{told}");
    let document = program.json(&["import", short.to_str().unwrap()]);
    assert_eq!(document["warnings"][0]["code"], "no_model");
    let id = document["sessions"][0]["id"].as_str().unwrap();
    let (session, code) = program.stage_fails(&["transcribe", id]);
    check_session(&session);
    assert_eq!((code.as_str(), &session["error"]["code"]), ("no_model", &"no_model".into()));
}

#[test]
fn every_command_that_only_does_something_prints_a_document_too() {
    let program = Program::with_account();
    let other = "granite-teacup-Seventy-owls";
    let created = program
        .command(&["account", "create", "ben", "--json"])
        .env("INSIGHT_JOURNEY_NEW_PASSWORD", other)
        .output()
        .unwrap();
    let created: Value = serde_json::from_slice(&created.stdout).unwrap();
    let of = |args: &[&str], more: &[(&str, &str)]| -> Value {
        let text = program.ok_with(args, more);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?} ({e}): {text}"))
    };
    let signed_in = of(&["sign-in", "ada", "--json"], &[]);
    assert_eq!(signed_in["name"], "ada");
    assert!(signed_in["stays_signed_in"].is_boolean());
    assert_eq!(of(&["sign-out", "--json"], &[])["signed_out"], true);
    let of_another = program
        .command(&["account", "recover", "ada", "--json"])
        .env("INSIGHT_JOURNEY_RECOVERY_CODE", created["recovery_code"].as_str().unwrap())
        .env("INSIGHT_JOURNEY_NEW_PASSWORD", other)
        .output()
        .unwrap();
    assert_eq!(of_another.status.code(), Some(3), "{}", describe(&of_another));
    assert!(String::from_utf8_lossy(&of_another.stderr).contains("recovery code is wrong"));
    let recovered = of(
        &["account", "recover", "ben", "--json"],
        &[
            ("INSIGHT_JOURNEY_RECOVERY_CODE", created["recovery_code"].as_str().unwrap()),
            ("INSIGHT_JOURNEY_NEW_PASSWORD", PASSWORD),
        ],
    );
    assert_eq!(recovered["password_changed"], true);
    assert_eq!(of(&["account", "delete", "ben", "--json"], &[])["set_aside"], "ben");
    let changed =
        of(&["account", "password", "--json"], &[("INSIGHT_JOURNEY_NEW_PASSWORD", other)]);
    assert_eq!(changed["password_changed"], true);
    let erased = of(
        &["account", "delete", "ada", "--erase", "--json"],
        &[("INSIGHT_JOURNEY_PASSWORD", other)],
    );
    assert_eq!(erased["erased"], "ada");
    assert!(program.json(&["--version"])["version"].is_string());
}

#[test]
fn a_recovery_code_that_nobody_could_see_is_told_to_be_lost_and_the_old_one_works() {
    let program = Program::with_account();
    let code = program.json(&["account", "recovery-code"])["recovery_code"].clone();
    for args in [&["account", "create", "zoe"][..], &["account", "recovery-code"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program
            .command(args)
            .env("INSIGHT_JOURNEY_NEW_PASSWORD", "granite-teacup-Seventy-owls")
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("standard output could not be written"), "{told}");
        assert!(told.contains("insight-journey account recovery-code"), "{told}");
    }
    program.ok_with(
        &["account", "recover", "ada"],
        &[
            ("INSIGHT_JOURNEY_RECOVERY_CODE", code.as_str().unwrap()),
            ("INSIGHT_JOURNEY_NEW_PASSWORD", "granite-teacup-Seventy-owls"),
        ],
    );
}

#[test]
fn a_data_directory_that_is_none_is_named_with_what_to_do() {
    let program = Program::new();
    let file = program.home().join("note.txt");
    fs::write(&file, "x").unwrap();
    let inside = file.join("data");
    for path in [file, inside] {
        let error = program.fails(&["sessions", "--data-dir", path.to_str().unwrap()], 1, "io");
        assert_eq!(error["message"], "the data directory is not a folder");
        assert!(error["hint"].as_str().unwrap().contains("--data-dir"));
    }
}

#[test]
fn a_correction_of_the_kind_keeps_the_label_that_was_corrected_before() {
    let program = Program::with_account();
    let session = program.write("I felt really proud of the pottery class today.");
    let element = session["elements"].as_array().unwrap().iter().find(|e| e["kind"] == "emotion");
    let id = element.unwrap()["id"].as_str().unwrap();
    let of = |session: &Value| {
        let elements = session["elements"].as_array().unwrap().clone();
        elements.into_iter().find(|e| e["id"] == id).unwrap()
    };
    program.ok(&["element", "correct", id, "--label", "Relief"]);
    let action = of(&program.json(&["element", "correct", id, "--kind", "action"]));
    assert_eq!((&action["kind"], &action["label"]), (&"action".into(), &"Relief".into()));
    assert_eq!((&action["status"], &action["intensity"]), (&"open".into(), &Value::Null));
    let error = program.fails(&["element", "correct", id, "--kind", "topic"], 2, "usage");
    assert!(error["hint"].as_str().unwrap().contains("--label"), "{error}");
    let shown = program.ok(&["show", session["id"].as_str().unwrap()]);
    assert!(shown.contains(&id[..28]), "{shown}");
    program.ok(&["element", "delete", &id[..28]]);
    program.fails(&["element", "delete", id], 5, "not_found");
}

#[test]
fn a_day_that_was_named_is_counted_from_the_day_where_it_was_said() {
    let program = Program::with_account();
    let note = program.home().join("note.txt");
    fs::write(&note, "I will call my mother tomorrow.").unwrap();
    for (at, due) in [
        ("2026-11-20T23:30:00-05:00", "2026-11-21"),
        ("2026-11-21T04:30:00Z", "2026-11-22"),
        ("2026-11-21T09:30:00+05:30", "2026-11-22"),
    ] {
        let document = program.json(&["import", note.to_str().unwrap(), "--at", at]);
        let elements = document["sessions"][0]["elements"].as_array().unwrap().clone();
        let action = elements.iter().find(|e| e["kind"] == "action").unwrap();
        assert_eq!(action["due"], due, "{at}");
    }
}

#[test]
fn what_people_read_says_why_a_list_is_empty_and_a_wrong_password_is_never_ignored() {
    let program = Program::with_account();
    program.write("I felt really proud of the pottery class today.");
    assert!(!program.ok(&["sessions", "--tag", "nope"]).contains("No sessions yet"));
    program.fails(&["sessions", "--from", "2026-11-02", "--to", "2026-11-01"], 2, "usage");
    let found = program.run(&["search", "pottery"]);
    assert!(!String::from_utf8_lossy(&found.stdout).contains("ranked"), "{}", describe(&found));
    program.fails(&["rename", "01900000", "photo\u{202e}gpj"], 2, "usage");
    for args in [&["doctor", "--json"][..], &["account", "create", "zoe", "--json"]] {
        let output = program
            .command(args)
            .env("INSIGHT_JOURNEY_PASSWORD", "wrong")
            .env("INSIGHT_JOURNEY_NEW_PASSWORD", "granite-teacup-Seventy-owls")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(3), "{args:?}: {}", describe(&output));
    }
    let fresh = Program::new().run(&["account", "list"]);
    assert_eq!(String::from_utf8_lossy(&fresh.stderr), "", "a library spoke to the person");
}

#[test]
fn one_bad_file_of_several_does_not_stop_the_rest() {
    let program = Program::with_account();
    let (good, bad) = (program.home().join("good.txt"), program.home().join("bad.wav"));
    fs::write(&good, "I am grateful for the rain.").unwrap();
    fs::write(&bad, b"this is no sound").unwrap();
    let output = program.run(&["import", bad.to_str().unwrap(), good.to_str().unwrap(), "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["sessions"].as_array().unwrap().len(), 1);
    check_session(&document["sessions"][0]);
    assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 1);
    assert_eq!(
        program.json(&["sessions"])["sessions"].as_array().unwrap().len(),
        1,
        "no half session"
    );
}

#[test]
fn imported_speech_is_transcribed_with_the_model_that_was_added() {
    let program = Program::with_model();
    let document = program.json(&[
        "import",
        speech("short.wav").to_str().unwrap(),
        "--at",
        "2026-03-01T10:00:00Z",
    ]);
    let session = &document["sessions"][0];
    check_session(session);
    assert_eq!(session["recorded_at"], "2026-03-01T10:00:00Z");
    assert_eq!((&session["source"], &session["status"]), (&"audio".into(), &"analysed".into()));
    let said = fs::read_to_string(speech("short.txt")).unwrap();
    assert!(word_error_rate(&said, session["transcript"]["text"].as_str().unwrap()) <= 2.0);
    let duration = session["duration_ms"].as_u64().unwrap();
    assert!((6_300..=6_600).contains(&duration), "{duration}");
    assert_eq!(session["coverage"]["transcribed"], 1.0);
}

#[test]
fn help_names_every_command_and_the_readme_every_first_step() {
    let help = Program::new().ok(&["--help"]);
    for word in ["try", "record", "import", "write", "search", "show", "doctor", "model"] {
        assert!(help.contains(&format!("  {word}")), "{word}");
    }
    assert!(!help.contains("worker"));
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for command in
        ["scripts/run", "scripts/run try", "scripts/test", "account create", "model download"]
    {
        assert!(readme.contains(command), "the README does not show {command}");
    }
}

#[test]
fn nothing_that_was_said_stands_readable_in_any_file() {
    let program = Program::with_model();
    let canary = "xylophonic zeppelin marmalade";
    program.write(&format!("I was thinking about the {canary} all day."));
    program.ok(&["import", speech("short.wav").to_str().unwrap()]);
    program.ok(&["search", "zeppelin"]);
    let pcm = fs::read(speech("short.wav")).unwrap();
    // Half a second from the middle of the recording, where it is not silent.
    let sound = &pcm[pcm.len() / 2..pcm.len() / 2 + 64];
    let said = fs::read_to_string(speech("short.txt")).unwrap();
    let spoken: Vec<&str> = said.split('.').map(str::trim).filter(|s| s.len() > 12).collect();
    for (path, bytes) in program.files() {
        let holds =
            |needle: &[u8]| bytes.windows(needle.len()).any(|w| w.eq_ignore_ascii_case(needle));
        for word in ["xylophonic", "zeppelin", "marmalade", PASSWORD] {
            assert!(!holds(word.as_bytes()), "{word} stands in {}", path.display());
        }
        for sentence in &spoken {
            assert!(!holds(sentence.as_bytes()), "a sentence stands in {}", path.display());
        }
        assert!(
            !bytes.windows(sound.len()).any(|w| w == sound),
            "sound stands in {}",
            path.display()
        );
        assert!(!bytes.starts_with(b"SQLite format 3"), "{} is not encrypted", path.display());
    }
}

#[test]
fn sound_is_let_go_once_it_was_analysed_if_the_person_wants_that() {
    let program = Program::with_model();
    let media = |program: &Program| {
        program
            .files()
            .iter()
            .filter(|(path, _)| path.extension().is_some_and(|e| e == "seg"))
            .count()
    };
    program.ok(&["settings", "set", "retention", "until_analysed"]);
    let short = speech("short.wav");
    let imported = program.json(&["import", short.to_str().unwrap()]);
    let id = imported["sessions"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(imported["sessions"][0]["status"], "analysed");
    assert_eq!(media(&program), 0);
    assert_eq!(program.json(&["show", &id])["transcript"], imported["sessions"][0]["transcript"]);
    program.fails(&["transcribe", &id], 5, "not_found");
    assert_eq!(program.json(&["show", &id])["coverage"]["transcribed"], 1.0);

    program.ok(&["settings", "set", "retention", "keep"]);
    program.ok(&["import", short.to_str().unwrap()]);
    assert!(media(&program) > 0);
}
