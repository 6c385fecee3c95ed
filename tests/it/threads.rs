//! Threads on the command line: the same words join, alike ones are asked about, opposites never meet.

use crate::support::Program;
use serde_json::Value;

fn threads(program: &Program) -> Vec<Value> {
    program.json(&["thread", "list"])["threads"].as_array().unwrap().clone()
}

fn of_kind<'v>(threads: &'v [Value], kind: &str) -> Vec<&'v Value> {
    threads.iter().filter(|t| t["kind"] == kind).collect()
}

/// Writes a reflection and makes its one element of a kind this kind and label.
fn say(program: &Program, text: &str, kind: &str, label: &str) -> Value {
    let session = program.write(text);
    let elements = session["elements"].as_array().unwrap();
    let element = elements
        .iter()
        .find(|e| e["kind"] == kind)
        .or_else(|| elements.iter().find(|e| e["taxonomy"].is_null()))
        .unwrap_or_else(|| panic!("nothing to go on in {session}"));
    let id = element["id"].as_str().unwrap();
    program.json(&["element", "correct", id, "--kind", kind, "--label", label])
}

const STATEMENT: &str = "I'm going to call the dentist tomorrow morning.";

#[test]
fn the_same_action_in_two_sessions_is_one_thread() {
    let program = Program::with_account();
    let first = say(&program, STATEMENT, "action", "Call the dentist");
    let second = say(&program, STATEMENT, "action", "call, um, the dentist!");
    let all = threads(&program);
    let actions = of_kind(&all, "action");
    assert_eq!(actions.len(), 1, "{actions:?}");
    assert_eq!(actions[0]["sessions"], 2);
    assert_eq!(actions[0]["state"], "open");
    let sessions: Vec<&Value> =
        actions[0]["elements"].as_array().unwrap().iter().map(|e| &e["session"]).collect();
    assert_eq!(sessions, [&first["id"], &second["id"]]);
    assert!(program.ok(&["thread", "list"]).contains("2 sessions"));

    program.ok(&["delete", first["id"].as_str().unwrap()]);
    let left = threads(&program);
    assert_eq!(of_kind(&left, "action")[0]["sessions"], 1);
    program.ok(&["delete", second["id"].as_str().unwrap()]);
    assert!(threads(&program).is_empty(), "a thread outlived its words");
}

#[test]
fn beliefs_that_are_only_alike_are_asked_about_merged_and_parted_again() {
    let program = Program::with_account();
    say(&program, STATEMENT, "belief", "I have to earn my rest every day");
    say(&program, STATEMENT, "belief", "I had to earn my rest every single day");
    let before = threads(&program);
    let beliefs = of_kind(&before, "belief");
    assert_eq!(beliefs.len(), 2, "beliefs were merged unasked");
    let suggestion = &beliefs[0]["suggestions"][0];
    assert_eq!(suggestion["thread"], beliefs[1]["id"]);

    let id = beliefs[0]["id"].as_str().unwrap();
    let confirmed = program.json(&["thread", "confirm", id]);
    assert_eq!(confirmed["threads"][0]["sessions"], 2);
    let merged = threads(&program);
    assert_eq!(of_kind(&merged, "belief").len(), 1);
    assert_eq!(merged[0]["suggestions"], serde_json::json!([]));
    program.fails(&["thread", "confirm", id], 5, "not_found");

    program.ok(&["thread", "undo"]);
    assert_eq!(threads(&program), before, "undoing left something behind");
    let other = beliefs[1]["id"].as_str().unwrap();
    program.fails(&["thread", "reject", id, id], 5, "not_found");
    program.ok(&["thread", "reject", id, other]);
    assert!(threads(&program).iter().all(|t| t["suggestions"] == serde_json::json!([])));
    program.ok(&["thread", "undo"]);
    assert_eq!(threads(&program), before);
    program.fails(&["thread", "undo"], 5, "not_found");
}

#[test]
fn opposites_are_never_suggested_and_only_a_person_merges_what_is_not_alike() {
    let program = Program::with_account();
    say(&program, STATEMENT, "belief", "I am not good enough for this job");
    say(&program, STATEMENT, "belief", "I am good enough for this job");
    say(&program, STATEMENT, "challenge", "I cannot say no to people");
    let all = threads(&program);
    assert!(all.iter().all(|t| t["suggestions"] == serde_json::json!([])), "{all:?}");
    let beliefs = of_kind(&all, "belief");
    assert_eq!(beliefs.len(), 2);
    let (one, other) = (beliefs[0]["id"].as_str().unwrap(), beliefs[1]["id"].as_str().unwrap());
    let challenge = of_kind(&all, "challenge")[0]["id"].as_str().unwrap();
    program.fails(&["thread", "merge", one, challenge], 2, "usage");
    program.fails(&["thread", "merge", one, one], 2, "usage");
    program.ok(&["thread", "merge", one, other]);
    assert_eq!(of_kind(&threads(&program), "belief").len(), 1);
    program.ok(&["thread", "undo"]);
    assert_eq!(of_kind(&threads(&program), "belief").len(), 2);
}

#[test]
fn a_thread_follows_corrections_and_the_run_that_holds() {
    let program = Program::with_account();
    let session = say(&program, STATEMENT, "belief", "Teeth matter");
    let element = session["elements"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["kind"] == "belief")
        .unwrap()["id"]
        .as_str()
        .unwrap();
    let before = threads(&program);
    assert_eq!(of_kind(&before, "belief").len(), 1);
    program.ok(&["analyse", session["id"].as_str().unwrap()]);
    assert_eq!(threads(&program), before, "analysing the same again changed a thread");
    program.ok(&["element", "not-me", element]);
    assert!(of_kind(&threads(&program), "belief").is_empty());
}
