//! Providers through the command line: nothing leaves unasked, what leaves stands in the ledger.

use crate::{
    microphone::signal,
    support::{Program, describe},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    process::Stdio,
    sync::{Arc, Mutex},
    thread,
};

/// A server on this computer that speaks OpenAI's protocol. Keeps the bodies it received.
struct Server {
    address: String,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// One that answers every analysis with `findings`.
    fn start(findings: &Value) -> Self {
        let content = findings.to_string();
        Self::answering(move |_, _| Ok(content.clone()))
    }

    /// One that is asked what to answer to each body and its number, from 0: the model's words, or a
    /// status and an error.
    fn answering(
        answer: impl Fn(&str, usize) -> Result<String, (u16, &'static str)> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = received.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (head, body) = request(&mut stream);
                let (status, kind, text) = if head.starts_with("GET") {
                    let models =
                        json!({"object": "list", "data": [{"id": "m", "object": "model"}]});
                    (200, "application/json", models.to_string())
                } else {
                    let sent = String::from_utf8_lossy(&body).into_owned();
                    let mut kept = kept.lock().unwrap();
                    let said = answer(&sent, kept.len());
                    kept.push(body);
                    drop(kept);
                    match said {
                        Ok(content) if sent.contains("\"stream\":true") => {
                            (200, "text/event-stream", stream_of(&content))
                        }
                        Ok(content) => (200, "application/json", whole(&content)),
                        Err((status, words)) => {
                            let error = json!({"error": {"message": words}});
                            (status, "application/json", error.to_string())
                        }
                    }
                };
                let answer = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                    text.len()
                );
                // A client that has heard enough may hang up.
                drop(stream.write_all(answer.as_bytes()));
            }
        });
        Self { address, received }
    }

    fn bodies(&self) -> Vec<Vec<u8>> {
        self.received.lock().unwrap().clone()
    }
}

const USAGE: [u64; 3] = [90_000, 20, 90_020];

fn usage() -> Value {
    json!({"prompt_tokens": USAGE[0], "completion_tokens": USAGE[1], "total_tokens": USAGE[2]})
}

fn stream_of(content: &str) -> String {
    let chunk = json!({
        "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": usage()
    });
    format!("data: {chunk}\n\ndata: [DONE]\n\n")
}

fn whole(content: &str) -> String {
    json!({
        "id": "1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
        "usage": usage()
    })
    .to_string()
}

fn element(kind: &str, label: &str, sentence: u32, quote: &str) -> Value {
    json!({
        "kind": kind, "taxonomy": null, "label": label, "sentences": [sentence], "quote": quote,
        "intensity": 3, "confidence": 0.9, "polarity": "affirmed", "holder": "self",
        "stance": null, "due": null, "status": null
    })
}

fn findings(elements: &[Value]) -> String {
    json!({ "elements": elements, "relationships": [] }).to_string()
}

fn ids(session: &Value) -> Vec<&str> {
    session["elements"].as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect()
}

fn request(stream: &mut impl Read) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut block = [0; 4096];
    loop {
        let head_end = bytes.windows(4).position(|w| w == b"\r\n\r\n");
        if let Some(end) = head_end {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("content-length:"))
                .map_or(0, |n| n.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                let original = String::from_utf8_lossy(&bytes[..end]).into_owned();
                return (original, bytes[end + 4..end + 4 + length].to_vec());
            }
        }
        let n = stream.read(&mut block).unwrap();
        assert!(n > 0, "the request broke off");
        bytes.extend_from_slice(&block[..n]);
    }
}

fn set_up(program: &Program, server: &Server) {
    program.ok(&["settings", "set", "provider_base_url", &server.address]);
    program.ok(&["settings", "set", "provider_model", "m"]);
    program.ok(&["provider", "use", "compatible"]);
}

#[test]
fn nothing_is_sent_before_it_was_asked_for_and_everything_sent_is_in_the_ledger() {
    let server = Server::start(&json!({ "elements": [], "relationships": [] }));
    let program = Program::with_account();
    set_up(&program, &server);
    let session = program.write("I met Wilhelmina at the station and felt calm.");
    assert_eq!(session["status"], "transcribed", "an unseen text was sent");
    assert!(server.bodies().is_empty());
    let id = session["id"].as_str().unwrap();
    let note = program.home().join("note.txt");
    fs::write(&note, "I met a heron.").unwrap();
    let note = fs::File::open(note).unwrap();
    let told = program.command(&["write"]).stdin(note).output().unwrap();
    assert!(told.status.success(), "{}", describe(&told));
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.contains("Not analysed: nothing is sent until you order"), "{told}");
    let list = program.ok(&["provider", "list"]);
    assert_eq!(list.matches("stays on this computer").count(), 1, "{list}");
    assert!(server.bodies().is_empty());

    let preview = program.json(&["preview", id]);
    assert!(server.bodies().is_empty(), "a preview sent something");
    let analysed = program.json(&["analyse", id]);
    assert_eq!(analysed["status"], "analysed", "{analysed}");
    let bodies = server.bodies();
    assert!(!bodies.is_empty());
    assert_eq!(preview["requests"][0]["body"].as_str().unwrap().as_bytes(), bodies[0]);

    let ledger = program.json(&["ledger"]);
    let lines = ledger["ledger"].as_array().unwrap();
    assert_eq!(lines.len(), bodies.len());
    for (line, body) in lines.iter().rev().zip(&bodies) {
        let whole = program.json(&["ledger", line["id"].as_str().unwrap()]);
        let kept = &whole["ledger"][0];
        assert_eq!(kept["body"].as_str().unwrap().as_bytes(), body);
        assert_eq!(kept["status"], 200);
        assert_eq!(kept["session"], id);
    }

    program.ok(&["delete", id]);
    let after = program.json(&["ledger", lines[0]["id"].as_str().unwrap()]);
    assert!(after["ledger"][0]["body"].is_null(), "the body outlived its session");
    assert_eq!(after["ledger"][0]["bytes_out"], bodies[bodies.len() - 1].len());
}

#[test]
fn names_on_the_list_never_leave() {
    let server = Server::start(&json!({ "elements": [], "relationships": [] }));
    let program = Program::with_account();
    set_up(&program, &server);
    program.ok(&["settings", "set", "pseudonyms", r#"["Wilhelmina"]"#]);
    program.ok(&["settings", "set", "use_pseudonyms", "true"]);
    let session = program.write("Wilhelmina called. I like Wilhelmina's garden.");
    program.ok(&["analyse", session["id"].as_str().unwrap()]);
    let bodies = server.bodies();
    assert!(!bodies.is_empty());
    for body in bodies {
        assert!(!String::from_utf8_lossy(&body).to_lowercase().contains("wilhelmina"));
    }
}

#[test]
fn a_host_that_no_admin_allowed_is_not_asked() {
    let program = Program::with_account();
    program.ok(&["settings", "set", "provider_base_url", "https://collector.example/v1"]);
    program.ok(&["settings", "set", "provider_model", "m"]);
    program.ok(&["provider", "use", "compatible"]);
    let session = program.write("A quiet day.");
    let (analysed, code) = program.stage_fails(&["analyse", session["id"].as_str().unwrap()]);
    assert_eq!((&analysed["status"], code.as_str()), (&json!("transcribed"), "not_allowed"));
    assert!(analysed["error"]["message"].as_str().unwrap().len() > 10, "{analysed}");
    assert_eq!(program.json(&["ledger"])["ledger"], json!([]), "a request stands in the ledger");
}

#[test]
fn a_key_is_kept_and_never_shown() {
    let program = Program::with_account();
    let key = "sk-canary-0123456789abcdef";
    program.ok_with(&["provider", "set-key", "openai"], &[("OPENAI_API_KEY", key)]);
    let list = program.json(&["provider", "list"]);
    let openai = &list["providers"][1];
    assert_eq!((&openai["name"], &openai["has_key"]), (&json!("openai"), &json!(true)));
    assert!(!list.to_string().contains(key));
    for (path, bytes) in program.files() {
        assert!(!bytes.windows(key.len()).any(|w| w == key.as_bytes()), "{}", path.display());
    }
}

const DAY: &str = "I felt really calm this morning. I am not good enough for this job. I will call Laura tomorrow.";

fn of_the_day() -> String {
    findings(&[
        element("emotion", "Calm", 1, "I felt really calm"),
        element(
            "belief",
            "I am not good enough for this job",
            2,
            "I am not good enough for this job",
        ),
        element("action", "Call Laura", 3, "I will call Laura tomorrow"),
    ])
}

#[test]
fn analysing_the_same_again_sends_nothing_and_changes_nothing() {
    let server = Server::answering(|_, _| Ok(of_the_day()));
    let program = Program::with_account();
    set_up(&program, &server);
    let id = program.write(DAY)["id"].as_str().unwrap().to_owned();
    let first = program.json(&["analyse", &id]);
    assert_eq!(first["elements"].as_array().unwrap().len(), 3, "{first}");
    let again = program.json(&["analyse", &id]);
    assert_eq!(server.bodies().len(), 1, "the same was asked again");
    assert_eq!(program.json(&["ledger"])["ledger"].as_array().unwrap().len(), 1);
    assert_ne!(first["run"]["id"], again["run"]["id"]);
    assert_eq!(first["elements"], again["elements"]);
    let (a, b) = (first["run"]["id"].as_str().unwrap(), again["run"]["id"].as_str().unwrap());
    assert_eq!(program.json(&["diff", &id, a, b])["changes"], json!([]));
    assert_eq!(
        (&first["run"]["reused"], &again["run"]["reused"]),
        (&json!("nothing"), &json!("all"))
    );
    assert!(first["run"]["cost_usd"].is_null() && again["run"]["cost_usd"].is_null(), "{again}");
    let told = program.ok(&["analyse", &id]);
    assert!(told.contains("said to the same before: nothing was sent."), "{told}");
    let runs = program.json(&["runs", &id]);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&runs["runs"][2]["accepted"], &runs["runs"][2]["tokens_in"]),
        (&json!(true), &json!(0))
    );
}

#[test]
fn another_analysis_tells_what_it_changed_and_how_to_keep_the_earlier_one() {
    let server = Server::answering(|_, n| {
        Ok(match n {
            0 => of_the_day(),
            _ => findings(&[element("emotion", "Calm", 1, "I felt really calm")]),
        })
    });
    let program = Program::with_account();
    set_up(&program, &server);
    let id = program.write(DAY)["id"].as_str().unwrap().to_owned();
    let first = program.json(&["analyse", &id])["run"]["id"].as_str().unwrap().to_owned();
    assert!(program.ok(&["analyse", &id]).contains("Analysed again: nothing changed."));
    // The model's name is part of what is asked: now the service is asked anew.
    program.ok(&["settings", "set", "provider_model", "gpt-4.1"]);
    let told = program.ok(&["analyse", &id]);
    assert!(told.contains("0 added, 2 removed, 0 changed. Both analyses are kept."), "{told}");
    let back = told.lines().find(|line| line.contains("runs accept")).unwrap();
    let words: Vec<&str> = back.split_whitespace().collect();
    let order = words.iter().position(|word| *word == "runs").unwrap();
    program.ok(&words[order..]);
    let shown = program.json(&["show", &id]);
    assert_eq!(shown["elements"].as_array().unwrap().len(), 3, "{shown}");
    assert_ne!(shown["run"]["id"], first.as_str());
}

#[test]
fn corrections_hold_when_a_later_analysis_finds_loses_and_finds_again() {
    // The model's name is part of what is asked, so each analysis asks anew.
    let server = Server::answering(|_, n| {
        Ok(match n {
            1 => findings(&[element("emotion", "Calm", 1, "I felt really calm")]),
            _ => of_the_day(),
        })
    });
    let program = Program::with_account();
    set_up(&program, &server);
    let id = program.write(DAY)["id"].as_str().unwrap().to_owned();
    let first = program.json(&["analyse", &id]);
    let of = |kind: &str| {
        let all = first["elements"].as_array().unwrap();
        all.iter().find(|e| e["kind"] == kind).unwrap()["id"].as_str().unwrap().to_owned()
    };
    program.ok(&["element", "correct", &of("emotion"), "--label", "Relief"]);
    program.ok(&["element", "not-me", &of("belief")]);
    program.ok(&[
        "element",
        "correct",
        &of("action"),
        "--kind",
        "challenge",
        "--label",
        "Calling Laura",
    ]);
    let corrected = program.json(&["show", &id]);
    let labels = |session: &Value| -> Vec<String> {
        session["elements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| format!("{} {}", e["kind"].as_str().unwrap(), e["label"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(labels(&corrected), ["emotion Relief", "challenge Calling Laura"]);
    program.ok(&["settings", "set", "provider_model", "m2"]);
    assert_eq!(labels(&program.json(&["analyse", &id])), ["emotion Relief"]);
    program.ok(&["settings", "set", "provider_model", "m3"]);
    let third = program.json(&["analyse", &id]);
    assert_eq!(labels(&third), labels(&corrected), "a correction was forgotten");
    assert_eq!(ids(&third), ids(&corrected));

    let runs = program.json(&["runs", &id]);
    let run = |n: usize| runs["runs"][n]["id"].as_str().unwrap().to_owned();
    let changes = program.json(&["diff", &id, &run(1), &run(2)]);
    let added = changes["changes"].as_array().unwrap();
    assert!(added.len() == 2 && added.iter().all(|c| c["change"] == "added"), "{changes}");
    let kept = program.json(&["runs", "accept", &id, &run(1)]);
    assert_eq!(kept["run"]["id"].as_str().unwrap(), run(1));
    assert_eq!(labels(&kept), ["emotion Relief"]);
}

#[test]
fn a_part_that_was_read_on_this_device_is_marked_as_such_wherever_it_is_shown() {
    let server = Server::answering(|sent, _| match sent {
        sent if sent.contains("[300]") => Ok("I would rather not answer in JSON.".to_owned()),
        _ => Ok(calm()),
    });
    let program = Program::with_account();
    set_up(&program, &server);
    let text = format!("{} I am so proud of my sister, and I will call her tomorrow.", long_day());
    let id = program.write(&text)["id"].as_str().unwrap().to_owned();
    let session = program.json(&["analyse", &id]);
    assert_eq!(server.bodies().len(), 4, "one question for each part, and one attempt to mend it");
    assert_eq!(session["coverage"]["analysed"], 1.0);
    let parts = session["coverage"]["substitutes"].as_array().unwrap();
    assert_eq!(parts.len(), 1, "{parts:?}");
    let part = &parts[0];
    assert_eq!(
        (&part["provider"], &session["run"]["provider"]),
        (&json!("on-device"), &json!("compatible"))
    );
    assert_eq!(part["why"], "unusable_answer");
    assert!(part["reason"].as_str().unwrap().contains("could not be used twice"), "{part}");
    let (start, end) = (part["start"].as_u64().unwrap(), part["end"].as_u64().unwrap());
    assert!(start > 0 && end == text.chars().count() as u64, "{part}");
    let elements = session["elements"].as_array().unwrap();
    let inside = |e: &Value| e["evidence"][0]["start"].as_u64().unwrap() >= start;
    assert!(elements.iter().any(inside), "{elements:?}");
    for element in elements {
        let by = if inside(element) { json!("on-device") } else { Value::Null };
        assert_eq!(element["found_by"], by, "{element}");
    }
    assert_eq!(program.json(&["show", &id])["coverage"], session["coverage"]);
    let told = program.ok(&["show", &id]);
    assert!(told.contains("Read by on-device, not by compatible (characters "), "{told}");
    assert!(told.contains("found by on-device"), "{told}");
    // What was answered is kept; the part that was not is asked about again.
    let again = program.json(&["analyse", &id]);
    assert_eq!((&again["run"]["reused"], server.bodies().len()), (&json!("some"), 6));
    assert_eq!(ids(&again), ids(&session));
}

#[test]
fn a_service_that_fails_is_asked_as_often_as_one_layer_of_tries_allows_and_again_when_ordered() {
    let server = Server::answering(|_, n| match n {
        0..4 => Err((503, "back soon")),
        _ => Ok(of_the_day()),
    });
    let program = Program::with_account();
    set_up(&program, &server);
    let id = program.write(DAY)["id"].as_str().unwrap().to_owned();
    let (failed, code) = program.stage_fails(&["analyse", &id]);
    assert_eq!(code, "network");
    assert!(failed["error"]["message"].as_str().unwrap().contains("back soon"), "{failed}");
    assert_eq!(server.bodies().len(), 4, "the job multiplied the tries");
    assert_eq!(program.json(&["ledger"])["ledger"].as_array().unwrap().len(), 4);
    let then = program.json(&["analyse", &id]);
    assert_eq!((&then["error"], then["elements"].as_array().unwrap().len()), (&Value::Null, 3));
    assert_eq!(server.bodies().len(), 5);
    // Where nobody answers it is no other: as many tries, and what was found stays.
    program.ok(&["settings", "set", "provider_base_url", "http://127.0.0.1:9/v1"]);
    let (away, code) = program.stage_fails(&["analyse", &id]);
    assert_eq!((code.as_str(), &away["elements"]), ("network", &then["elements"]));
    assert_eq!(program.json(&["ledger"])["ledger"].as_array().unwrap().len(), 9);
}

/// Three windows long, with one feeling in the first.
fn long_day() -> String {
    format!("I felt really calm this morning. {}", "It rained all day long. ".repeat(310))
}

fn calm() -> String {
    findings(&[element("emotion", "Calm", 1, "I felt really calm")])
}

#[test]
fn a_run_that_finds_nothing_or_reads_less_deletes_nothing() {
    let server = Server::answering(|sent, _| match sent {
        sent if sent.contains("\"m2\"") => Ok(findings(&[])),
        sent if sent.contains("\"m3\"") && sent.contains("[300]") => Err((422, "not this part")),
        _ => Ok(calm()),
    });
    let program = Program::with_account();
    set_up(&program, &server);
    let id = program.write(&long_day())["id"].as_str().unwrap().to_owned();
    let first = program.json(&["analyse", &id]);
    assert_eq!(first["coverage"]["analysed"], 1.0);
    for (model, words) in [("m2", None), ("m3", Some("the earlier one is still shown"))] {
        program.ok(&["settings", "set", "provider_model", model]);
        let after = match words {
            None => program.json(&["analyse", &id]),
            Some(_) => program.stage_fails(&["analyse", &id]).0,
        };
        assert_eq!(after["elements"], first["elements"], "{model} took elements away");
        assert_eq!(after["run"]["id"], first["run"]["id"]);
        let said = after["error"]["message"].as_str();
        assert_eq!(said.is_some(), words.is_some(), "{said:?}");
        assert!(words.is_none_or(|w| said.unwrap().contains(w)));
    }
    let runs = program.json(&["runs", &id]);
    let last = runs["runs"][2]["id"].as_str().unwrap();
    let accepted = program.json(&["runs", "accept", &id, last]);
    assert_eq!(accepted["run"]["id"], last);
    assert!(accepted["error"].is_null() && accepted["coverage"]["analysed"].as_f64() < Some(1.0));
}

#[test]
fn a_part_that_failed_is_a_hole_and_is_asked_about_alone_the_next_time() {
    let server = Server::answering(|sent, n| {
        if sent.contains("[300]") && n < 3 {
            return Err((422, "this part is too sad to read"));
        }
        Ok(calm())
    });
    let program = Program::with_account();
    set_up(&program, &server);
    let text =
        format!("I felt really calm this morning. {}", "It rained all day long. ".repeat(310));
    let id = program.write(&text)["id"].as_str().unwrap().to_owned();
    let first = program.json(&["analyse", &id]);
    let sent = server.bodies().len();
    assert_eq!(first["status"], "analysed", "{}", first["error"]);
    assert_eq!(first["elements"].as_array().unwrap().len(), 1);
    let holes = first["coverage"]["holes"].as_array().unwrap();
    assert!(holes.len() == 1 && holes[0]["stage"] == "analyse", "{holes:?}");
    assert!(holes[0]["reason"].as_str().unwrap().contains("too sad to read"));
    assert!(first["coverage"]["analysed"].as_f64().unwrap() < 1.0);

    let second = program.json(&["analyse", &id]);
    assert_eq!(second["coverage"]["holes"], json!([]));
    assert_eq!(second["coverage"]["analysed"], 1.0);
    assert_eq!(ids(&second), ids(&first));
    assert_eq!(server.bodies().len(), sent + 1, "parts that were answered were asked about again");
}

#[test]
fn a_test_of_the_provider_gives_its_own_words_sends_none_of_the_persons_and_keeps_the_limit() {
    let server = Server::start(&json!({}));
    let program = Program::with_account();
    set_up(&program, &server);
    program.write("I feel utterly secret today.");
    let tested = program.json(&["provider", "test"]);
    assert_eq!(tested["models"], json!(["m"]));
    assert!(tested["message"].as_str().unwrap().contains("has the model m"));
    assert!(server.bodies().is_empty());
    program.ok(&["settings", "set", "provider_base_url", "http://127.0.0.1:9/v1"]);
    let error = program.fails(&["provider", "test"], 1, "network");
    assert!(error["hint"].as_str().unwrap().contains("whether the server runs"));
    // The limit holds over all processes of the account, and says when to try again.
    program.ok(&["settings", "set", "provider_calls_per_minute", "1", "--system"]);
    // On a busy computer a minute may pass between two of them.
    let said = (0..10).find_map(|_| {
        let output = program.run(&["provider", "test", "--json"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code() == Some(1) && said.contains("rate_limited")).then_some(said)
    });
    assert!(said.expect("the limit never held").contains("try again in "));
}

#[test]
fn a_test_of_a_provider_that_says_nothing_hears_ctrl_c() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let program = Program::with_account();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    program.ok(&["settings", "set", "provider_base_url", &address]);
    program.ok(&["settings", "set", "provider_model", "m"]);
    program.ok(&["provider", "use", "compatible"]);
    let child = program
        .command(&["provider", "test", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut asking, _) = listener.accept().unwrap();
    request(&mut asking);
    signal(child.id(), "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", describe(&output));
    let line = &program.json(&["ledger"])["ledger"][0];
    assert_eq!(
        (&line["purpose"], &line["outcome"]),
        (&json!("provider test"), &json!("cancelled")),
        "{line}"
    );
}

#[test]
fn the_feelings_that_a_provider_is_offered_are_those_of_the_chosen_pack() {
    let server = Server::answering(|_, _| {
        let mut nervous = element("emotion", "x", 1, "I felt so nervous");
        nervous["taxonomy"] = "negative.nervousness".into();
        Ok(findings(&[nervous]))
    });
    let program = Program::with_account();
    set_up(&program, &server);
    program.ok(&["settings", "set", "emotion_taxonomy", "goemotions.v1"]);
    let id = program.write("I felt so nervous.")["id"].as_str().unwrap().to_owned();
    let session = program.json(&["analyse", &id]);
    assert_eq!(session["elements"][0]["taxonomy"], "negative.nervousness");
    assert_eq!(session["elements"][0]["label"], "Nervousness");
    let sent = String::from_utf8(server.bodies()[0].clone()).unwrap();
    assert!(sent.contains("ambiguous.curiosity") && !sent.contains("fear.anxiety"));
}

#[test]
fn what_others_said_is_not_stored_as_the_speakers_whatever_the_model_claims() {
    let server = Server::answering(|_, _| {
        Ok(findings(&[
            element("belief", "I will never be good enough", 1, "you will never be good enough"),
            element("belief", "I am good enough", 2, "I am not good enough"),
            element("emotion", "Loneliness", 3, "My sister was really lonely"),
            element("insight", "Joined", 2, "My mother said I am not good enough"),
            element("action", "Buy stock", 4, "buy stock"),
            element("belief", "І am not good enough", 2, "І am not gооd enough"),
            element("belief", "x", 4_000_000_000, "I am not good enough"),
        ]))
    });
    let program = Program::with_account();
    set_up(&program, &server);
    let text = "My mother said \"you will never be good enough\". I am not good enough. My sister was really lonely.";
    let id = program.write(text)["id"].as_str().unwrap().to_owned();
    let session = program.json(&["analyse", &id]);
    let elements = session["elements"].as_array().unwrap();
    assert_eq!(elements.len(), 1, "{elements:?}");
    assert_eq!(elements[0]["label"], "I am not good enough");
    assert_eq!(program.json(&["runs", &id])["runs"][0]["rejected"], 6);
}

#[test]
fn openai_is_asked_at_the_address_of_the_settings_with_a_key_that_goes_nowhere_else() {
    let server = Server::answering(|_, _| Ok(of_the_day()));
    let program = Program::with_account();
    let key = [("OPENAI_API_KEY", "sk-canary-0123456789abcdef")];
    program.ok_with(&["provider", "set-key", "openai"], &key);
    program.ok(&["settings", "set", "provider_base_url", &server.address]);
    program.ok(&["settings", "set", "provider_model", "gpt-4.1-mini"]);
    program.ok(&["settings", "set", "provider_temperature", "0.2"]);
    program.ok(&["provider", "use", "openai"]);
    let id = program.write(DAY)["id"].as_str().unwrap().to_owned();
    let (refused, code) = program.stage_fails(&["analyse", &id]);
    assert_eq!(code, refused["error"]["code"].as_str().unwrap());
    assert!(refused["error"]["message"].as_str().unwrap().contains("another host"), "{refused}");
    assert!(server.bodies().is_empty(), "a key went to a host it was not entered for");

    program.ok_with(&["provider", "set-key", "openai"], &key);
    let analysed = program.json(&["analyse", &id]);
    assert_eq!(analysed["run"]["provider"], "openai", "{}", analysed["error"]);
    assert!(analysed["run"]["cost_usd"].as_f64() > Some(0.0));
    let sent: Value = serde_json::from_slice(&server.bodies()[0]).unwrap();
    assert_eq!((&sent["temperature"], &sent["store"]), (&json!(0.2), &json!(false)));
    assert_eq!(sent["response_format"]["json_schema"]["strict"], true);

    // A newer model refuses a temperature, so it is not sent to it.
    program.ok(&["settings", "set", "provider_model", "gpt-5-mini"]);
    program.ok(&["analyse", &id]);
    let sent: Value = serde_json::from_slice(&server.bodies()[1]).unwrap();
    assert!(sent.get("temperature").is_none() && sent.get("seed").is_none());
}
