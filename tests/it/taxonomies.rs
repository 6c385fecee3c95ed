//! A person's changes to the taxonomies: history shows at the new places, and undoing them shows it
//! as it was.

use crate::{command_line::check_session, support::Program};
use serde_json::{Value, json};

const TEXT: &str = "I was really lonely on Sunday. My boss moved the deadline again and the whole team worked late at the office. I am so anxious before the exam.";

fn shown(program: &Program, id: &str) -> Value {
    let session = program.json(&["show", id]);
    check_session(&session);
    session["elements"].clone()
}

fn node<'t>(tree: &'t Value, id: &str) -> &'t Value {
    tree["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|n| n["id"] == id)
        .unwrap_or_else(|| panic!("no {id} in {tree}"))
}

fn total(tree: &Value) -> u64 {
    tree["nodes"].as_array().unwrap().iter().map(|n| n["elements"].as_u64().unwrap()).sum()
}

#[test]
fn renaming_merging_splitting_and_adding_regrade_history_and_undoing_all_restores_it() {
    let program = Program::with_account();
    let session = program.write(TEXT);
    let id = session["id"].as_str().unwrap();
    let before = shown(&program, id);
    let trees = program.json(&["taxonomy"]);
    let emotions = &trees["taxonomies"][0];
    assert_eq!(
        (&emotions["taxonomy"], &emotions["version"]),
        (&json!("emotions"), &json!("emotions.v1"))
    );
    let felt = before.as_array().unwrap().iter().filter(|e| e["kind"] == "emotion").count();
    assert_eq!(total(emotions), felt as u64);
    assert!(felt >= 2, "{before}");

    let renamed = program.json(&["taxonomy", "rename", "sadness.loneliness", "Solitude"]);
    assert_eq!(node(&renamed, "sadness.loneliness")["name"], "Solitude");
    let after = shown(&program, id);
    let lonely = after.as_array().unwrap().iter().find(|e| e["taxonomy"] == "sadness.loneliness");
    assert_eq!(lonely.unwrap()["label"], "Solitude");
    assert_eq!(program.json(&["search", "Solitude"])["hits"].as_array().unwrap().len(), 1);

    let merged = program.json(&["taxonomy", "merge", "Solitude", "fear"]);
    assert!(merged["nodes"].as_array().unwrap().iter().all(|n| n["id"] != "sadness.loneliness"));
    assert_eq!(total(&merged), felt as u64, "an element went missing from the tree");
    let after = shown(&program, id);
    assert!(
        after.as_array().unwrap().iter().any(|e| e["taxonomy"] == "fear" && e["label"] == "Fear")
    );

    let anxious = node(&merged, "fear.anxiety")["elements"].as_u64().unwrap();
    assert!(anxious > 0);
    let split = program.json(&["taxonomy", "split", "fear.anxiety", "Exam nerves=exam,test"]);
    let own = node(&split, "fear.anxiety.own-exam-nerves");
    assert_eq!((&own["own"], &own["elements"]), (&json!(true), &json!(1)));
    assert!(shown(&program, id).to_string().contains("Exam nerves"));

    let topics = program.json(&["taxonomy", "add", "work.colleagues", "The late crew=late"]);
    assert_eq!(node(&topics, "work.colleagues.own-the-late-crew")["parent"], "work.colleagues");
    assert_eq!(topics["changes"][0]["change"], "add");

    for (args, exit) in [
        (&["taxonomy", "rename", "fear", "Joy"][..], 2),
        (&["taxonomy", "rename", "fear", " "], 2),
        (&["taxonomy", "rename", "no-such", "X"], 5),
        (&["taxonomy", "merge", "fear", "fear.anxiety"], 2),
        (&["taxonomy", "merge", "fear", "work"], 5),
        (&["taxonomy", "add", "work.colleagues.own-the-late-crew", "Deeper"], 2),
        (&["taxonomy", "colours"], 2),
    ] {
        let code = if exit == 5 { "not_found" } else { "usage" };
        program.fails(args, exit, code);
    }
    for _ in 0..4 {
        program.ok(&["taxonomy", "undo"]);
    }
    program.fails(&["taxonomy", "undo"], 5, "not_found");
    assert_eq!(shown(&program, id), before);
    assert_eq!(program.json(&["taxonomy"]), trees);
    assert_eq!(program.json(&["search", "Solitude"])["hits"], json!([]));
}

#[test]
fn an_element_is_corrected_to_a_node_of_ones_own_and_falls_back_when_that_is_taken_back() {
    let program = Program::with_account();
    let session = program.write(TEXT);
    let topic =
        session["elements"].as_array().unwrap().iter().find(|e| e["kind"] == "topic").unwrap();
    let element = topic["id"].as_str().unwrap();
    program.ok(&["taxonomy", "add", "home", "Pottery"]);
    let corrected = program.json(&["element", "correct", element, "--label", "Pottery"]);
    let of = |session: &Value| {
        let elements = session["elements"].as_array().unwrap().clone();
        let it = elements.into_iter().find(|e| e["id"] == element).unwrap();
        (it["taxonomy"].clone(), it["label"].clone())
    };
    assert_eq!(of(&corrected), (json!("home.own-pottery"), json!("Pottery")));
    program.ok(&["taxonomy", "undo"]);
    let shown = program.json(&["show", session["id"].as_str().unwrap()]);
    assert_eq!(of(&shown), (json!("home"), json!("Home")));
}

#[test]
fn goemotions_are_what_the_analyser_finds_when_they_are_chosen() {
    let program = Program::with_account();
    program.ok(&["settings", "set", "emotion_taxonomy", "goemotions.v1"]);
    let session = program.write(TEXT);
    check_session(&session);
    let tree = program.json(&["taxonomy", "emotions"]);
    assert_eq!(tree["version"], "goemotions.v1");
    let felt: Vec<&Value> =
        session["elements"].as_array().unwrap().iter().filter(|e| e["kind"] == "emotion").collect();
    assert!(!felt.is_empty());
    for feeling in felt {
        assert!(node(&tree, feeling["taxonomy"].as_str().unwrap())["elements"].as_u64() > Some(0));
    }
}
