//! The process itself: what it leaves readable, what its children get, what it notes.

use crate::support::{PASSWORD, Program, describe, root};
use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

/// A program on a terminal of its own, as a person would start it.
fn on_a_terminal(program: &Program, args: &str) -> Command {
    let template = program.command(&["--version"]);
    let mut command = Command::new("script");
    let line = format!("'{}' {args}", env!("CARGO_BIN_EXE_insight-journey"));
    command.args(["-qec", &line, "/dev/null"]).env_clear();
    for (key, value) in template.get_envs() {
        if let Some(value) = value {
            command.env(key, value);
        }
    }
    command
}

#[test]
fn an_editor_gets_no_secret_and_the_program_leaves_no_memory_behind() {
    let program = Program::with_account();
    let (editor, told) = (program.home().join("editor"), program.home().join("told"));
    fs::write(
        &editor,
        format!(
            "#!/bin/sh\nenv > '{0}'\ncat /proc/$PPID/limits /proc/$PPID/status >> '{0}'\n\
             cat /proc/$PPID/cmdline /proc/$$/cmdline >> '{0}'\necho >> '{0}'\n\
             ls -l \"$1\" >> '{0}'\necho 'The tide was out.' > \"$1\"\n",
            told.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).unwrap();
    let output = on_a_terminal(&program, "write --json")
        .env("EDITOR", format!("sh {}", editor.display()))
        .env("INSIGHT_JOURNEY_NEW_PASSWORD", "canary-new")
        .env("INSIGHT_JOURNEY_RECOVERY_CODE", "canary-code")
        .env("INSIGHT_JOURNEY_BACKUP_PASSPHRASE", "canary-passphrase")
        .env("OPENAI_API_KEY", "canary-key")
        .env("HARMLESS", "is-kept")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", describe(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("The tide was out."));
    let told = fs::read_to_string(told).unwrap();
    assert!(told.contains("HARMLESS=is-kept"));
    for secret in ["canary", PASSWORD] {
        assert!(!told.contains(secret), "the editor got {secret}");
    }
    let line = |start: &str| told.lines().find(|line| line.starts_with(start)).unwrap();
    let core: Vec<&str> = line("Max core file size").split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "a crash would write the keys to a core file");
    assert_eq!(line("Umask:").split_whitespace().nth(1), Some("0077"));
    assert!(line("-rw").starts_with("-rw------- "), "others could read the page");
}

#[test]
fn erasing_a_session_asks_first_where_there_is_somebody_to_ask() {
    let program = Program::with_account();
    let ids: Vec<String> = ["The tide was out.", "The tide was in.", "No tide."]
        .iter()
        .map(|text| program.write(text)["id"].as_str().unwrap().to_owned())
        .collect();
    let answering = |args: &str, answer: &str| {
        let mut child = on_a_terminal(&program, args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(answer.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for answer in ["\n", "n\n", "yesterday\n"] {
        let (code, said) = answering(&format!("delete {}", ids[0]), answer);
        assert!(said.contains("Erase \"The tide was out\" for good? [y/N]"), "{said}");
        assert!(code == Some(130) && said.contains("nothing was erased"), "{code:?} {said}");
    }
    program.ok(&["show", &ids[0]]);
    assert_eq!(answering(&format!("delete {}", ids[0]), "y\n").0, Some(0));
    let (code, said) = answering(&format!("delete {} --yes", ids[1]), "");
    assert!(code == Some(0) && !said.contains("[y/N]"), "{said}");
    // A script is asked nothing.
    program.ok(&["delete", &ids[2]]);
    assert_eq!(program.json(&["sessions"])["sessions"], serde_json::json!([]));
}

#[test]
fn the_log_says_as_much_as_the_admin_wants_and_only_its_owner_may_read_it() {
    let program = Program::with_account();
    let log = || {
        let mut text = String::new();
        for entry in fs::read_dir(program.data_dir().join("logs")).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            text.push_str(&fs::read_to_string(path).unwrap());
        }
        text
    };
    program.ok(&["sessions"]);
    assert!(!log().contains("command=\"sessions\""), "debug is not the default");
    program.ok(&["settings", "set", "log_level", "debug", "--system"]);
    program.ok(&["sessions"]);
    assert!(log().contains("command=\"sessions\""));
    program.ok(&["settings", "set", "log_level", "error", "--system"]);
    let before = log();
    program.ok(&["sessions"]);
    assert_eq!(log(), before);
}

#[test]
fn every_file_and_folder_is_its_owner_s_alone_whatever_the_umask_was() {
    let program = Program::with_model();
    let script = format!(
        "umask 000; echo 'A heron.' | '{0}' write --json && '{0}' backup backup.age --json",
        env!("CARGO_BIN_EXE_insight-journey")
    );
    let template = program.command(&["--version"]);
    let mut command = Command::new("bash");
    command.args(["-c", &script]).current_dir(program.home()).env_clear();
    for (key, value) in template.get_envs() {
        if let Some(value) = value {
            command.env(key, value);
        }
    }
    command.env("INSIGHT_JOURNEY_BACKUP_PASSPHRASE", "copper-lantern-eleven");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", describe(&output));
    let mut folders = vec![program.data_dir()];
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&program.home().join("backup.age")), 0o600);
    while let Some(folder) = folders.pop() {
        assert_eq!(mode(&folder) & 0o077, 0, "{}", folder.display());
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
}

#[test]
fn every_program_that_is_started_gets_no_secret_of_the_environment() {
    for (path, text) in crate::architecture::sources() {
        let path = path.to_string_lossy().into_owned();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let starts = code.contains("process::Command::new(")
            || (code.contains("Command::new(") && code.contains("process::{")
                || code.contains("process::Command;"))
                && code.contains("Command::new(");
        if starts && !path.contains("/tests") && !path.contains("testing") {
            let withholds = code.contains("withhold_from") || code.contains("env_clear()");
            assert!(withholds, "{path} starts a program with the whole environment");
        }
    }
}

#[test]
fn no_secret_stands_in_any_file_log_or_answer_after_all_that_can_go_wrong() {
    const KEY: &str = "sk-canary-7Hq2vR9wZx4Lm8Tn";
    const PASSPHRASE: &str = "canary-lantern-eleven-rivers";
    const NEW: &str = "canary-teacup-Seventy-owls";
    const WORDS: [&str; 3] = ["quixotic", "wombat", "flugelhorn"];
    let program = Program::with_account();
    program.ok(&["settings", "set", "log_level", "debug", "--system"]);
    let code = program.ok_with(&["account", "recovery-code", "--json"], &[]);
    let code: serde_json::Value = serde_json::from_str(&code).unwrap();
    let code = code["recovery_code"].as_str().unwrap().to_owned();
    // From here on nothing may print or keep a secret, whether it works or not.
    let mut said = Vec::new();
    let mut run = |args: &[&str], environment: &[(&str, &str)], works: Option<bool>| {
        let output = program.command(args).envs(environment.iter().copied()).output().unwrap();
        if let Some(works) = works {
            assert_eq!(output.status.success(), works, "{args:?}: {}", describe(&output));
        }
        said.extend(output.stdout);
        said.extend(output.stderr);
    };
    let words = WORDS.join(" ");
    let session = program.write(&format!("I dreamt of a {words} again."));
    let id = session["id"].as_str().unwrap();
    run(&["provider", "set-key", "openai"], &[("OPENAI_API_KEY", KEY)], Some(true));
    run(&["provider", "set-key", "compatible"], &[("OPENAI_API_KEY", KEY)], Some(false));
    // Nobody listens there.
    for (key, value) in [("provider_base_url", "http://127.0.0.1:9/v1"), ("provider_model", "m")] {
        run(&["settings", "set", key, value], &[], Some(true));
    }
    run(&["provider", "set-key", "compatible"], &[("OPENAI_API_KEY", KEY)], Some(true));
    run(&["provider", "use", "compatible"], &[], Some(true));
    run(&["provider", "list", "--json"], &[], Some(true));
    run(&["provider", "test", "--json"], &[], Some(false));
    run(&["settings", "get", "--json"], &[], Some(true));
    run(&["settings", "get", "--system", "--json"], &[], Some(true));
    run(&["settings", "set", "theme", KEY], &[], Some(false));
    run(&["sessions", "--json"], &[("INSIGHT_JOURNEY_PASSWORD", NEW)], Some(false));
    let wrong_code =
        [("INSIGHT_JOURNEY_RECOVERY_CODE", KEY), ("INSIGHT_JOURNEY_NEW_PASSWORD", NEW)];
    run(&["account", "recover", "ada"], &wrong_code, Some(false));
    let right_code =
        [("INSIGHT_JOURNEY_RECOVERY_CODE", code.as_str()), ("INSIGHT_JOURNEY_NEW_PASSWORD", NEW)];
    run(&["account", "recover", "ada"], &right_code, Some(true));
    let me = [
        ("INSIGHT_JOURNEY_PASSWORD", NEW),
        ("INSIGHT_JOURNEY_BACKUP_PASSPHRASE", PASSPHRASE),
        ("OPENAI_API_KEY", KEY),
    ];
    let backup = program.home().join("backup.age");
    let backup = backup.to_str().unwrap();
    run(&["backup", backup], &me, Some(true));
    run(&["backup", backup], &me, Some(false));
    run(&["restore", backup, "--as", "other"], &me, Some(true));
    run(&["restore", backup, "--as", "other"], &me, Some(false));
    let cut = program.home().join("cut.age");
    fs::write(&cut, &fs::read(backup).unwrap()[..5000]).unwrap();
    run(&["restore", cut.to_str().unwrap(), "--as", "third"], &me, Some(false));
    run(&["import", root().join("Cargo.lock").to_str().unwrap()], &me, None);
    run(&["audit", "--json"], &me, Some(true));
    run(&["doctor", "--json"], &me, None);
    run(&["ledger", "--json"], &me, Some(true));
    // An analysis that fails notes in the vault what it would have sent, and nowhere else.
    let asked = program.command(&["analyse", id, "--json"]).envs(me).output().unwrap();
    assert!(String::from_utf8_lossy(&asked.stdout).contains("error"), "{}", describe(&asked));
    let hex = |text: &str| text.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let compact: String = code.chars().filter(|c| c.is_alphanumeric()).collect();
    let mut canaries: Vec<String> =
        [PASSWORD, NEW, PASSPHRASE, KEY, &code, &compact, &compact.to_lowercase()]
            .map(Into::into)
            .to_vec();
    canaries.extend([PASSWORD, NEW, PASSPHRASE, KEY].map(hex));
    let holds = |bytes: &[u8], canary: &str| {
        bytes.windows(canary.len()).any(|window| window == canary.as_bytes())
    };
    for canary in &canaries {
        assert!(!holds(&said, canary), "{canary} was printed");
    }
    assert!(!holds(&asked.stderr, KEY) && !holds(&asked.stdout, KEY));
    for (path, bytes) in program.files() {
        let words = WORDS.iter().map(|word| (*word).to_owned());
        for canary in canaries.iter().cloned().chain(words) {
            assert!(!holds(&bytes, &canary), "{canary} stands in {}", path.display());
        }
    }
    let n_logs = fs::read_dir(program.data_dir().join("logs")).unwrap().count();
    assert!(n_logs >= 1, "the log was looked through");
    // The sound system keeps a folder of its own there.
    let left = fs::read_dir(program.temp_dir()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| !name.to_string_lossy().starts_with("pulse-")).collect();
    assert!(left.is_empty(), "temporary files are left: {left:?}");
}
