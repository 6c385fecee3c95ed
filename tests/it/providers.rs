//! Providers through the command line: nothing leaves unasked, what leaves stands in the ledger.

use crate::support::Program;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

/// A server on this computer that speaks OpenAI's protocol and answers every analysis with
/// `findings`. Keeps the bodies it received.
struct Server {
    address: String,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    fn start(findings: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let (kept, content) = (received.clone(), findings.to_string());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (head, body) = request(&mut stream);
                if head.starts_with("POST") {
                    kept.lock().unwrap().push(body);
                }
                let chunk = json!({
                    "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
                    "choices": [{"index": 0, "delta": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 900, "completion_tokens": 20, "total_tokens": 920}
                });
                let whole = json!({
                    "id": "1", "object": "chat.completion", "created": 1, "model": "m",
                    "choices": [{"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 900, "completion_tokens": 20, "total_tokens": 920}
                });
                let (kind, text) = if head.starts_with("GET") {
                    (
                        "application/json",
                        json!({"object": "list", "data": [{"id": "m", "object": "model"}]})
                            .to_string(),
                    )
                } else if head.contains("stream")
                    || kept
                        .lock()
                        .unwrap()
                        .last()
                        .is_some_and(|b| b.windows(13).any(|w| w == b"\"stream\":true"))
                {
                    ("text/event-stream", format!("data: {chunk}\n\ndata: [DONE]\n\n"))
                } else {
                    ("application/json", whole.to_string())
                };
                let answer = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
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
    let analysed = program.json(&["analyse", session["id"].as_str().unwrap()]);
    assert_eq!(analysed["status"], "transcribed");
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
