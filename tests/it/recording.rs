//! The main job with the real program, a real sound server and the sample's speech model.

use crate::{
    microphone::{AtWork, Microphone, until},
    real_time::in_real_time,
    support::{BINARY, Program, bare_whisper, describe, speech, word_error_rate},
};
use serde_json::Value;
use std::{fs, io::Write as _, path::PathBuf, process::Command};

/// The newest session.
fn newest(program: &Program) -> Value {
    let page = program.json(&["sessions"]);
    let id = page["sessions"][0]["id"].as_str().expect("a session").to_owned();
    program.json(&["show", &id])
}

fn text(session: &Value) -> &str {
    session["transcript"]["text"].as_str().unwrap_or_default()
}

/// Holes of the capture: what was lost and why.
fn lost(session: &Value) -> Vec<String> {
    let holes = session["coverage"]["holes"].as_array().unwrap();
    let of_capture = holes.iter().filter(|hole| hole["stage"] == "capture");
    of_capture.map(|hole| hole["reason"].as_str().unwrap().to_owned()).collect()
}

/// How much of the session's time they take.
fn lost_ms(session: &Value) -> u64 {
    let holes = session["coverage"]["holes"].as_array().unwrap();
    let of_capture = holes.iter().filter(|hole| hole["stage"] == "capture");
    let at = |hole: &Value, end: &str| hole[end].as_u64().unwrap();
    of_capture.map(|hole| at(hole, "end_ms") - at(hole, "start_ms")).sum()
}

#[test]
fn what_is_said_into_the_microphone_is_found_again_by_another_process() {
    in_real_time(|| {
        let (program, microphone) = (Program::with_model(), Microphone::plugged_in());
        // A sound server under load may answer too late at first.
        until("the microphone is the default one", || {
            let list =
                microphone.given_to(program.command(&["devices", "--json"])).output().unwrap();
            // Where it failed it printed no list.
            serde_json::from_slice::<Value>(&list.stdout).is_ok_and(|list| {
                let first = &list["devices"][0];
                first["default"] == true && first["id"] == "pulseaudio:vmic.monitor"
            })
        });
        let devices = microphone.given_to(program.command(&["devices"])).output().unwrap();
        let devices = String::from_utf8_lossy(&devices.stdout).into_owned();
        assert!(
            devices.contains("*\tMonitor of Null Output\tpulseaudio:vmic.monitor"),
            "{devices}"
        );

        let words = ["--seconds", "16", "--title", "Spoken aloud"];
        let recording = AtWork::recording(&program, &microphone, &words);
        microphone.hear(&speech("short.wav"));
        let output = recording.ends_well();
        assert!(String::from_utf8_lossy(&output.stdout).contains("Spoken aloud"));

        let said = fs::read_to_string(speech("short.txt")).unwrap();
        let session = newest(&program);
        crate::command_line::check_session(&session);
        assert_eq!(
            (&session["source"], &session["status"]),
            (&"microphone".into(), &"analysed".into())
        );
        assert_eq!(session["recovered"], false);
        // A sound server under load may open late, which is marked and counted as session time.
        let heard_ms = session["duration_ms"].as_u64().unwrap() - lost_ms(&session);
        // It may end late on a busy computer, and never early.
        assert!((15_950..26_000).contains(&heard_ms), "{session}");
        let bare = word_error_rate(&said, &bare_whisper(&speech("short.wav")));
        let heard = word_error_rate(&said, text(&session));
        assert!(heard <= bare + 2.0, "{heard} % against {bare} %: {}", text(&session));
        let kinds: Vec<&Value> =
            session["elements"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
        assert!(kinds.contains(&&"emotion".into()), "{kinds:?}");
        let hits = program.json(&["search", "children"]);
        assert_eq!(hits["hits"][0]["session"], session["id"]);
    });
}

#[test]
fn interrupting_ends_the_recording_and_not_the_work_on_it() {
    in_real_time(|| {
        let (program, microphone) = (Program::with_model(), Microphone::plugged_in());
        let recording = AtWork::recording(&program, &microphone, &[]);
        microphone.hear(&speech("short.wav"));
        recording.signal("INT");
        let output = recording.ends_well();
        assert!(String::from_utf8_lossy(&output.stderr).contains("Stopped; finishing."));
        let session = newest(&program);
        assert_eq!(session["status"], "analysed");
        assert!(text(&session).contains("read a book"), "{}", text(&session));
    });
}

#[test]
fn a_microphone_that_is_unplugged_leaves_a_marked_gap_in_a_session_that_goes_on() {
    in_real_time(|| {
        let (program, microphone) = (Program::with_model(), Microphone::plugged_in());
        let mut recording = AtWork::recording(&program, &microphone, &[]);
        microphone.hear(&speech("short.wav"));
        microphone.unplug();
        recording.says("The microphone is gone");
        recording.says("Recording from");
        recording.signal("INT");
        recording.ends_well();
        let session = newest(&program);
        assert!(lost(&session).contains(&"the microphone was lost".to_owned()), "{session}");
        assert!(text(&session).contains("read a book"), "{}", text(&session));
    });
}

#[test]
fn without_a_microphone_the_reason_is_said_and_nothing_is_left() {
    let program = Program::with_account();
    let nowhere = tempfile::tempdir().unwrap();
    let output = program
        .command(&["record", "--seconds", "1", "--json"])
        .env("XDG_RUNTIME_DIR", nowhere.path())
        .env("PULSE_SERVER", format!("unix:{}/nobody", nowhere.path().display()))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "microphone", "{error}");
    assert!(!error["error"]["hint"].as_str().unwrap().is_empty());
    assert_eq!(program.json(&["sessions"])["sessions"], serde_json::json!([]));
}

#[test]
fn toggling_without_a_window_says_how_to_record() {
    let error = Program::with_account().fails(&["record", "--toggle"], 5, "not_found");
    assert!(error["hint"].as_str().unwrap().contains("insight-journey record"), "{error}");
}

/// A data directory that can be filled up.
enum Disk {
    /// A few megabytes of their own.
    Small { dir: PathBuf },
    /// Where mounting is not allowed: files of the program that may not grow.
    Limited,
}

impl Disk {
    fn under(program: &Program) -> Self {
        let dir = program.data_dir();
        fs::create_dir_all(&dir).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m,mode=700", "tmpfs"])
            .arg(&dir)
            .output()
            .is_ok_and(|output| output.status.success());
        if mounted {
            return Self::Small { dir };
        }
        fs::remove_dir(&dir).unwrap();
        Self::Limited
    }

    /// What the program says when nothing more can be written.
    fn complaint(&self) -> &'static str {
        match self {
            Self::Small { .. } => "The disk is full",
            Self::Limited => "Writing fails",
        }
    }

    fn fill(&self, recording: &AtWork) {
        match self {
            Self::Small { dir } => {
                let mut ballast = fs::File::create(dir.join("ballast")).unwrap();
                while ballast.write_all(&[0; 4096]).is_ok() {}
            }
            Self::Limited => limit_files(recording.pid(), "1:unlimited"),
        }
    }

    fn free(&self, recording: Option<&AtWork>) {
        match (self, recording) {
            (Self::Small { dir }, _) => fs::remove_file(dir.join("ballast")).unwrap(),
            (Self::Limited, Some(recording)) => {
                limit_files(recording.pid(), "unlimited:unlimited");
            }
            (Self::Limited, None) => {}
        }
    }
}

fn limit_files(pid: u32, bytes: &str) {
    let set = Command::new("prlimit")
        .args([format!("--pid={pid}"), format!("--fsize={bytes}")])
        .status()
        .unwrap();
    assert!(set.success());
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Self::Small { dir } = self {
            let _unmounted = Command::new("umount").arg("--lazy").arg(dir).output();
        }
    }
}

/// Records as a program that gets an error, and no signal, from a file that may not grow.
fn recording_to_the_end_of_space(program: &Program, microphone: &Microphone) -> AtWork {
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap "" XFSZ; exec "$0" record"#, BINARY]);
    program.surround(&mut command);
    let mut recording = AtWork::start(microphone.given_to(command));
    recording.says("Recording from");
    recording
}

#[test]
fn a_disk_that_is_full_while_recording_costs_nothing_that_came_before() {
    in_real_time(|| {
        let mut program = Program::new();
        let disk = Disk::under(&program);
        program.sign_up();
        program.ok(&["settings", "set", "disk_floor_mb", "0"]);
        let microphone = Microphone::plugged_in();

        // Full for a while: what is spoken waits in memory, and nothing is missing in the end.
        let mut recording = recording_to_the_end_of_space(&program, &microphone);
        disk.fill(&recording);
        recording.says(disk.complaint());
        microphone.hear(&speech("short.wav"));
        disk.free(Some(&recording));
        recording.says("Recording again");
        recording.signal("INT");
        recording.ends_well();
        let session = newest(&program);
        assert!(session["duration_ms"].as_u64().unwrap() > 6_000, "{session}");
        assert!(!lost(&session).iter().any(|reason| reason.contains("disk")), "{session}");

        // Full to the end: this is said, and what came before is there.
        let mut recording = recording_to_the_end_of_space(&program, &microphone);
        microphone.hear(&speech("short.wav"));
        disk.fill(&recording);
        recording.says(disk.complaint());
        recording.signal("INT");
        let output = recording.end();
        assert_eq!(output.status.code(), Some(1), "{}", describe(&output));
        disk.free(None);
        let session = newest(&program);
        assert!(session["duration_ms"].as_u64().unwrap() > 6_000, "{session}");
        assert_eq!(session["recovered"], true, "{session}");
        let doctor = program.json(&["doctor"]);
        let checks = doctor["checks"].as_array().unwrap();
        assert!(checks.iter().any(|c| c["name"] == "vault" && c["state"] == "ok"), "{doctor}");
    });
}
