//! Every word of the command line, given by everybody there can be, to the real program.

use crate::support::{PASSWORD, Program, describe};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    process::Output,
    sync::atomic::{AtomicUsize, Ordering},
};

/// What a word needs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Needs {
    Nobody,
    Somebody,
    /// The own vault.
    Own,
    Admin,
}

/// Each word with arguments: `SESSION`, `ELEMENT`, `RUN` and `THREAD` stand for somebody's objects.
const WORDS: &[(&str, Needs)] = &[
    ("try", Needs::Nobody),
    ("account create eve", Needs::Nobody),
    ("account list", Needs::Nobody),
    ("account role ada regular", Needs::Admin),
    ("account disable ada", Needs::Admin),
    ("account enable ada", Needs::Admin),
    ("account delete ada", Needs::Admin),
    ("account delete ada --erase", Needs::Own),
    ("account recover ada", Needs::Nobody),
    ("account password", Needs::Own),
    ("account recovery-code", Needs::Own),
    ("sign-in ada", Needs::Nobody),
    ("sign-out", Needs::Nobody),
    ("whoami", Needs::Nobody),
    ("record --seconds 1", Needs::Own),
    ("devices", Needs::Nobody),
    ("import /nonexistent.txt", Needs::Own),
    ("write", Needs::Own),
    ("sessions", Needs::Own),
    ("show SESSION", Needs::Own),
    ("rename SESSION another", Needs::Own),
    ("tag SESSION mine", Needs::Own),
    ("favourite SESSION", Needs::Own),
    ("delete SESSION", Needs::Own),
    ("transcribe SESSION", Needs::Own),
    ("analyse SESSION", Needs::Own),
    ("preview SESSION", Needs::Own),
    ("runs SESSION", Needs::Own),
    ("runs accept SESSION RUN", Needs::Own),
    ("diff SESSION RUN RUN", Needs::Own),
    ("element correct ELEMENT --label mine", Needs::Own),
    ("element delete ELEMENT", Needs::Own),
    ("element not-me ELEMENT", Needs::Own),
    ("thread list", Needs::Own),
    ("thread confirm THREAD", Needs::Own),
    ("thread reject THREAD", Needs::Own),
    ("thread merge THREAD THREAD", Needs::Own),
    ("thread undo", Needs::Own),
    ("taxonomy", Needs::Own),
    ("taxonomy rename joy.calm stillness", Needs::Own),
    ("taxonomy merge joy.calm joy.relief", Needs::Own),
    ("taxonomy split joy.calm one two", Needs::Own),
    ("taxonomy add joy joy.mine", Needs::Own),
    ("taxonomy undo", Needs::Own),
    ("search calm", Needs::Own),
    ("model list", Needs::Nobody),
    ("model download base.en", Needs::Somebody),
    ("model add /nonexistent.bin", Needs::Somebody),
    ("model use base.en", Needs::Own),
    ("model remove base.en", Needs::Somebody),
    ("provider list", Needs::Own),
    ("provider use ollama", Needs::Own),
    ("provider set-key openai", Needs::Own),
    ("provider test", Needs::Own),
    ("provider probe", Needs::Own),
    ("ledger", Needs::Own),
    ("ledger SESSION", Needs::Own),
    ("backup /nonexistent/backup.journey", Needs::Own),
    ("restore /nonexistent/backup.journey", Needs::Nobody),
    ("settings get", Needs::Own),
    ("settings set theme dark", Needs::Own),
    ("settings get --system", Needs::Somebody),
    ("settings set log_level debug --system", Needs::Admin),
    ("audit", Needs::Somebody),
    ("doctor", Needs::Nobody),
];

/// The words under a word, as its help lists them.
fn listed(program: &Program, above: &[&str]) -> Vec<String> {
    let mut args = above.to_vec();
    args.push("--help");
    let help = program.ok(&args);
    let Some((_, list)) = help.split_once("Commands:\n") else { return Vec::new() };
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| *word != "help")
        .map(ToOwned::to_owned)
        .collect()
}

/// Gives `work` each item, some at the same time: most of a command is deriving a key.
fn each<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::SeqCst)) {
                    work(item);
                }
            });
        }
    });
}

#[track_caller]
fn refused(words: &str, output: &Output, exit: i32, code: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let error: Value = serde_json::from_str(stderr.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{words} ({error}): {}", describe(output)));
    assert_eq!(output.status.code(), Some(exit), "{words}: {}", describe(output));
    assert_eq!(error["error"]["code"], code, "{words}: {error}");
}

#[test]
fn every_word_is_refused_to_whoever_may_not_give_it_and_changes_nothing() {
    let mut program = Program::new();
    let mut given = BTreeSet::new();
    for word in listed(&program, &[]) {
        let under = listed(&program, &[&word]);
        given.extend(under.iter().map(|second| format!("{word} {second}")));
        given.insert(word);
    }
    let known = |word: &String| WORDS.iter().any(|(words, _)| words.starts_with(word.as_str()));
    let unknown: Vec<_> = given.iter().filter(|word| !known(word)).collect();
    assert!(given.len() > 50 && unknown.is_empty(), "not in the table: {unknown:?}");

    program.sign_up();
    for name in ["ben", "eve"] {
        let new = [("INSIGHT_JOURNEY_NEW_PASSWORD", PASSWORD)];
        program.ok_with(&["account", "create", name], &new);
    }
    program.ok(&["account", "disable", "eve"]);
    let session =
        program.write("I'm going to call the dentist tomorrow morning. I felt calm there.");
    let thread = program.json(&["thread", "list"])["threads"][0]["id"].clone();
    let object = |word: &str| match word {
        "SESSION" => session["id"].as_str().unwrap().to_owned(),
        "ELEMENT" => session["elements"][0]["id"].as_str().unwrap().to_owned(),
        "RUN" => session["run"]["id"].as_str().unwrap().to_owned(),
        "THREAD" => thread.as_str().unwrap().to_owned(),
        other => other.to_owned(),
    };
    let as_json = |words: &str| {
        let mut args: Vec<String> = words.split(' ').map(object).collect();
        args.push("--json".to_owned());
        program.command(&args)
    };
    let by = |name: &str, words: &str| {
        as_json(words).env("INSIGHT_JOURNEY_ACCOUNT", name).output().unwrap()
    };
    let of = |chosen: fn(&str, Needs) -> bool| -> Vec<&str> {
        WORDS
            .iter()
            .filter(|(words, needs)| chosen(words, *needs))
            .map(|(words, _)| *words)
            .collect()
    };

    // Nobody signed in.
    each(&of(|_, needs| needs != Needs::Nobody), |words| {
        let stranger = as_json(words).env_remove("INSIGHT_JOURNEY_PASSWORD").output().unwrap();
        refused(words, &stranger, 3, "not_signed_in");
    });
    // A regular: what is an admin's, and what is in another's vault.
    each(&of(|_, needs| needs == Needs::Admin), |words| {
        refused(words, &by("ben", words), 4, "not_allowed");
    });
    let names_an_object = |words: &str, _| words.contains(char::is_uppercase);
    each(&of(names_an_object), |words| {
        refused(words, &by("ben", words), 5, "not_found");
    });
    refused("erase", &by("ben", "account delete ada --erase"), 4, "not_allowed");
    // An admin has no way into another's vault either, and a disabled account none into its own.
    refused("erase", &by("ada", "account delete ben --erase"), 4, "not_allowed");
    each(&["sessions", "audit", "settings get --system", "account enable eve"], |words| {
        refused(words, &by("eve", words), 4, "not_allowed");
    });
    assert_eq!(program.json(&["show", session["id"].as_str().unwrap()]), session);
}
