//! Accounts through the command line: who gets in, who does not, and who stays in.

use crate::{
    real_time::in_real_time,
    support::{PASSWORD, Program, describe},
};
use serde_json::{Value, json};
use std::{
    process::{Command, Stdio},
    time::Instant,
};

const OTHER: &str = "granite-teacup-Seventy-owls";

fn create(program: &Program, name: &str) -> Value {
    let text = program.ok_with(
        &["account", "create", name, "--json"],
        &[("INSIGHT_JOURNEY_NEW_PASSWORD", PASSWORD)],
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_first_account_is_an_admin_and_gets_a_recovery_code_once() {
    let program = Program::new();
    let first = create(&program, "ada");
    assert_eq!(first["account"]["role"], "admin");
    assert!(first["recovery_code"].as_str().unwrap().len() >= 26);
    assert_eq!(create(&program, "ben")["account"]["role"], "regular");
    let list = program.json(&["account", "list"]);
    let names: Vec<&str> =
        list["accounts"].as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["ada", "ben"]);
    assert!(!list.to_string().contains("recovery"));
}

#[test]
fn a_list_of_accounts_gives_anyone_names_and_an_admin_the_rest() {
    let program = Program::with_account();
    create(&program, "ben");
    let list = |account: &str, password: &str| {
        let output = program
            .command(&["account", "list", "--json"])
            .env("INSIGHT_JOURNEY_ACCOUNT", account)
            .env("INSIGHT_JOURNEY_PASSWORD", password)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", describe(&output));
        let list: Value = serde_json::from_slice(&output.stdout).unwrap();
        list["accounts"].as_array().unwrap().clone()
    };
    let names = [json!({ "name": "ada" }), json!({ "name": "ben" })];
    assert_eq!(list("", ""), names);
    assert_eq!(list("ben", PASSWORD), names);
    assert_eq!(list("ada", "a wrong one"), names);
    let rows = list("ada", PASSWORD);
    assert_eq!((&rows[0]["role"], &rows[1]["role"]), (&json!("admin"), &json!("regular")));
    assert!(rows.iter().all(|row| row["last_sign_in"].is_string()), "{rows:?}");
}

#[test]
fn weak_passwords_and_taken_names_are_refused() {
    let program = Program::new();
    for weak in ["short", "password123", "insight-journey", "aaaaaaaaaaaaaaaa"] {
        let output = program
            .command(&["account", "create", "ada", "--json"])
            .env("INSIGHT_JOURNEY_NEW_PASSWORD", weak)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{weak}: {}", describe(&output));
        assert!(!String::from_utf8_lossy(&output.stderr).contains(weak));
    }
    create(&program, "ada");
    let taken = program
        .command(&["account", "create", "ADA", "--json"])
        .env("INSIGHT_JOURNEY_NEW_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    assert_eq!(taken.status.code(), Some(1), "{}", describe(&taken));
}

#[test]
fn an_admin_cannot_read_and_a_regular_cannot_manage() {
    let program = Program::with_account();
    program.write("Only for me: the heron by the lock.");
    create(&program, "ben");
    let ben = [("INSIGHT_JOURNEY_ACCOUNT", "ben"), ("INSIGHT_JOURNEY_PASSWORD", PASSWORD)];
    let found = program.ok_with(&["search", "heron", "--json"], &ben);
    assert_eq!(serde_json::from_str::<Value>(&found).unwrap()["hits"], serde_json::json!([]));
    for args in [
        &["account", "role", "ada", "regular"][..],
        &["account", "disable", "ada"],
        &["account", "delete", "ada"],
        &["settings", "set", "log_level", "debug", "--system"],
    ] {
        let output = program.command(args).envs(ben).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{args:?}: {}", describe(&output));
    }
    let last = program.run(&["account", "disable", "ada"]);
    assert!(!last.status.success(), "the last admin was disabled");
    program.ok(&["account", "disable", "ben"]);
    let out = program.command(&["sessions"]).envs(ben).output().unwrap();
    assert!(!out.status.success(), "a disabled account got in");
    program.ok(&["account", "enable", "ben"]);
    program.ok_with(&["sessions"], &ben);
}

#[test]
fn the_recovery_code_opens_what_the_forgotten_password_closed() {
    let program = Program::new();
    let code = create(&program, "ada")["recovery_code"].as_str().unwrap().to_owned();
    let me =
        |password| [("INSIGHT_JOURNEY_ACCOUNT", "ada"), ("INSIGHT_JOURNEY_PASSWORD", password)];
    program.ok_with(&["settings", "set", "theme", "dark"], &me(PASSWORD));
    program.ok_with(
        &["account", "recover", "ada"],
        &[
            ("INSIGHT_JOURNEY_RECOVERY_CODE", code.to_lowercase().as_str()),
            ("INSIGHT_JOURNEY_NEW_PASSWORD", OTHER),
        ],
    );
    let old = program.command(&["sessions"]).envs(me(PASSWORD)).output().unwrap();
    assert_eq!(old.status.code(), Some(3), "{}", describe(&old));
    let theme = program.ok_with(&["settings", "get", "theme", "--json"], &me(OTHER));
    assert!(theme.contains("dark"));
}

#[test]
fn changing_the_password_keeps_the_vault_and_its_words() {
    let program = Program::with_account();
    let id = program.write("The bread rose well.")["id"].as_str().unwrap().to_owned();
    program.ok_with(&["account", "password"], &[("INSIGHT_JOURNEY_NEW_PASSWORD", OTHER)]);
    assert_eq!(program.run(&["show", &id]).status.code(), Some(3));
    program.ok_with(&["show", &id], &[("INSIGHT_JOURNEY_PASSWORD", OTHER)]);
}

#[test]
fn guessing_is_slowed_down_and_says_when_to_try_again() {
    let program = Program::with_account();
    let mut limited = None;
    for _ in 0..12 {
        let output = program
            .command(&["sessions", "--json"])
            .env("INSIGHT_JOURNEY_PASSWORD", "wrong")
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if stderr.contains("rate_limited") {
            limited = Some(stderr);
            break;
        }
        assert_eq!(output.status.code(), Some(3), "{stderr}");
    }
    assert!(limited.expect("guessing was never slowed down").contains("hint"));
}

/// So many commands at once, each a process; their exit codes and what they said on standard error.
fn at_once(program: &Program, n: usize, password: &str) -> Vec<(Option<i32>, String)> {
    let all: Vec<_> = (0..n)
        .map(|_| {
            let mut command = program.command(&["sessions", "--json"]);
            command
                .env("INSIGHT_JOURNEY_PASSWORD", password)
                .env_remove("DBUS_SESSION_BUS_ADDRESS");
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    all.into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
        })
        .collect()
}

#[test]
fn right_commands_at_once_all_get_in_and_guesses_at_once_are_no_more_than_in_turn() {
    let program = Program::with_account();
    for (code, said) in at_once(&program, 5, PASSWORD) {
        assert_eq!(code, Some(0), "{said}");
    }
    // They are one line of the log, which has room for what matters.
    let audit = program.json(&["audit"]);
    let lines = audit["audit"].as_array().unwrap();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(
        (&lines[0]["what"], &lines[0]["times"]),
        (&json!("signed_in_for_command"), &json!(6))
    );
    assert_eq!((&lines[1]["what"], &lines[1]["times"]), (&json!("account_created"), &json!(1)));

    let began = Instant::now();
    let guesses = at_once(&program, 24, "wrong");
    let took_s = began.elapsed().as_secs();
    let is_refused = |said: &str| said.contains("rate_limited") && said.contains("try again in ");
    let n_tried = guesses.iter().filter(|(_, said)| said.contains("wrong_password")).count();
    let n_refused = guesses.iter().filter(|(_, said)| is_refused(said)).count();
    assert_eq!(n_tried + n_refused, 24, "{guesses:?}");
    // Three are free; each further one takes twice as long a wait as the one before. Ten take two
    // minutes, which a slow computer may have spent.
    let most = (3 + (took_s + 1).ilog2() as usize).max(9);
    assert!((3..=most).contains(&n_tried), "{n_tried} were tried in {took_s} s");
}

#[test]
fn the_log_tells_who_did_what_to_whom_and_never_what_was_said() {
    let program = Program::with_account();
    create(&program, "ben");
    let id = program.write("The heron stood by the lock.")["id"].as_str().unwrap().to_owned();
    program.ok(&["delete", &id]);
    for words in ["role ben admin", "role ben regular", "disable ben", "enable ben"] {
        let args: Vec<&str> = ["account"].into_iter().chain(words.split(' ')).collect();
        program.ok(&args);
    }
    let of = |name: &'static str, password: &'static str| {
        [("INSIGHT_JOURNEY_ACCOUNT", name), ("INSIGHT_JOURNEY_PASSWORD", password)]
    };
    for (name, password) in [("ben", "a wrong one"), ("nobody", "whatever")] {
        let output = program.command(&["sessions"]).envs(of(name, password)).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{}", describe(&output));
    }
    program.ok_with(&["settings", "set", "pseudonyms", r#"["Heron"]"#], &of("ben", PASSWORD));
    program.ok(&["settings", "set", "log_level", "debug", "--system"]);
    let passphrase = [("INSIGHT_JOURNEY_BACKUP_PASSPHRASE", "copper-lantern-eleven-rivers")];
    let file = program.home().join("ada.journey");
    program.ok_with(&["backup", file.to_str().unwrap()], &passphrase);
    program.ok_with(&["restore", file.to_str().unwrap(), "--as", "cara"], &passphrase);
    program.ok(&["account", "recovery-code"]);
    program.ok_with(&["account", "password"], &[("INSIGHT_JOURNEY_NEW_PASSWORD", OTHER)]);

    let log = |name, password| {
        let text = program.ok_with(&["audit", "--json"], &of(name, password));
        assert!(!text.to_lowercase().contains("heron"), "{text}");
        let log: Value = serde_json::from_str(&text).unwrap();
        let lines = log["audit"].as_array().unwrap().iter().rev();
        let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        lines
            .filter(|line| line["what"] != "signed_in_for_command")
            .map(|line| ["who", "what", "on"].map(|key| word(&line[key])).join(" "))
            .collect::<Vec<_>>()
    };
    program.ok_with(&["account", "delete", "cara"], &of("ada", OTHER));
    let of_ben = [
        "ada account_created ben (regular)",
        "ada role_changed ben (admin)",
        "ada role_changed ben (regular)",
        "ada account_disabled ben",
        "ada account_enabled ben",
        "- sign_in_failed ben",
        "ben setting_changed pseudonyms",
    ];
    assert_eq!(log("ben", PASSWORD), of_ben);
    let all = log("ada", OTHER);
    for line in of_ben.iter().chain(&[
        "ada session_erased -",
        "- sign_in_failed -",
        "ada system_setting_changed log_level",
        "ada backed_up -",
        "- restored cara",
        "ada recovery_code_made ada",
        "ada recovery_code_confirmed ada",
        "ada password_changed ada",
        "ada account_set_aside cara",
    ]) {
        assert!(all.iter().any(|it| it == line), "{line} is not in {all:?}");
    }
}

#[test]
fn with_a_keychain_one_stays_signed_in_until_signing_out_and_all_commands_count_together() {
    // A session bus gives up on a keychain that is kept from running.
    in_real_time(|| {
        let program = Program::with_account();
        let script = r#"
            printf 'keyring\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
            insight sign-in ada --json || exit 11
            unset INSIGHT_JOURNEY_PASSWORD INSIGHT_JOURNEY_ACCOUNT
            insight whoami || exit 12
            insight sessions --json || exit 13
            insight sessions --json || exit 14
            insight settings set commands_per_minute 10 --system || exit 17
            refused() {
                local said
                said=$(insight sessions --json 2>&1 >/dev/null) || printf '%s\n' "$said"
            }
            # At once: one after another they may be no faster than what is allowed.
            for round in $(seq 1 5); do
                all=$(for n in $(seq 1 12); do refused & done; wait)
                [ -z "$all" ] || break
            done
            [ -n "$all" ] || exit 18
            while read -r said; do
                [[ $said == *'"rate_limited"'*'Try again in '* ]] || exit 18
            done <<<"$all"
            insight settings set commands_per_minute 6000 --system || exit 19
            insight sign-out || exit 15
            insight sessions --json && exit 16
            exit 0
        "#;
        let script = format!(
            "insight() {{ '{}' \"$@\"; }}\n{script}",
            env!("CARGO_BIN_EXE_insight-journey")
        );
        let template = program.command(&["--version"]);
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "bash", "-c", &script]).env_clear();
        for (key, value) in template.get_envs() {
            if let Some(value) = value {
                command.env(key, value);
            }
        }
        command.env("XDG_RUNTIME_DIR", program.temp_dir());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", describe(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("ada (admin)"));
    });
}

#[test]
fn without_a_keychain_the_kernel_keeps_the_sign_in_or_each_command_takes_the_password() {
    let program = Program::with_account();
    let given = |args: &[&str]| {
        let mut command = program.command(args);
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
        command
    };
    let signed_in = given(&["sign-in", "ada"]).output().unwrap();
    assert!(signed_in.status.success(), "{}", describe(&signed_in));
    // A container may keep its processes from the kernel's keyrings.
    let stays = String::from_utf8_lossy(&signed_in.stdout).contains("you stay signed in");
    let check_without_password = |code: i32| {
        let output = given(&["sessions"]).env_remove("INSIGHT_JOURNEY_PASSWORD").output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", describe(&output));
    };
    check_without_password(if stays { 0 } else { 3 });
    let doctor = given(&["doctor", "--json"]).output().unwrap();
    let doctor: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let keychain = doctor["checks"].as_array().unwrap().iter().find(|it| it["name"] == "keychain");
    let said = keychain.unwrap()["measured"].as_str().unwrap();
    assert_eq!(said.contains("until the computer restarts"), stays, "{said}");
    assert!(given(&["sign-out"]).status().unwrap().success());
    check_without_password(3);
}
