//! What is spent around a provider: from its answer's last byte to stored elements, and how long ten
//! sessions wait together.
//!
//! `cargo bench -p journey-app --bench analysing`

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark may stop at once")]

use journey_app::{
    App, Ports,
    data_dir::DataDir,
    gate::{command::Command, token::AccessToken},
};
use journey_domain::ports::{CancelToken, NoEvents};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

const PASSWORD: &str = "walnut-harbour-Nineteen-kites";

fn main() {
    last_byte_to_stored();
    ten_sessions();
    new_session_among_many();
}

/// A server that answers each analysis with `content` after a while and notes when it was through.
fn server(content: String, latency: Duration) -> (String, Arc<Mutex<Instant>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1", listener.local_addr().unwrap());
    let sent = Arc::new(Mutex::new(Instant::now()));
    let noted = sent.clone();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (content, noted) = (content.clone(), noted.clone());
            thread::spawn(move || {
                read_request(&mut stream);
                thread::sleep(latency);
                let chunk = json!({
                    "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": "stop"}],
                    "usage": {"prompt_tokens": 90_000, "completion_tokens": 20}
                });
                let body = format!("data: {chunk}\n\ndata: [DONE]\n\n");
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                drop(
                    stream
                        .write_all(head.as_bytes())
                        .and_then(|()| stream.write_all(body.as_bytes())),
                );
                *noted.lock().unwrap() = Instant::now();
            });
        }
    });
    (address, sent)
}

fn read_request(stream: &mut TcpStream) {
    let mut bytes = Vec::new();
    let mut block = [0; 65_536];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|l| l.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |n| n.trim().parse().unwrap_or(0));
            if body.len() >= length {
                return;
            }
        }
        match stream.read(&mut block) {
            Ok(n) if n > 0 => bytes.extend_from_slice(block.get(..n).unwrap_or_default()),
            _ => return,
        }
    }
}

/// A vault whose analyses go to `address`.
fn app(home: &tempfile::TempDir, address: &str) -> (App, AccessToken) {
    let data_dir = DataDir::new(home.path().join("data"));
    let ports = Ports::real(&data_dir, Arc::new(NoEvents)).unwrap();
    let app = App::open(data_dir, ports).unwrap();
    app.create_account(None, "ada", false, PASSWORD).unwrap();
    let token = app.sign_in_window("ada", PASSWORD, false).unwrap();
    let me = app.unlocked(Command::ChangeSetting, &token).unwrap();
    for (key, value) in
        [("provider_base_url", address), ("provider_model", "m"), ("provider", "compatible")]
    {
        app.set_setting(&me, key, &Value::from(value)).unwrap();
    }
    (app, token)
}

/// A hundred sentences of one request, with ten elements each.
fn thousand() -> (String, String) {
    let kinds = ["insight", "belief", "challenge", "action"];
    let mut text = String::new();
    let mut elements = Vec::new();
    for i in 0..100 {
        let words: Vec<String> = (0..10).map(|k| format!("word{i}x{k}")).collect();
        text.push_str(&format!("I {}. ", words.join(" ")));
        elements.extend(words.iter().enumerate().map(|(k, said)| {
            json!({
                "kind": kinds.get(k % 4), "taxonomy": null, "label": said, "sentences": [i + 1],
                "quote": said, "intensity": null, "confidence": 0.9, "polarity": "affirmed",
                "holder": "self", "stance": null, "due": null, "status": null
            })
        }));
    }
    (text, json!({ "elements": elements, "relationships": [] }).to_string())
}

fn last_byte_to_stored() {
    let (text, content) = thousand();
    let (address, sent) = server(content, Duration::ZERO);
    let home = tempfile::tempdir().unwrap();
    let (app, token) = app(&home, &address);
    let me = app.unlocked(Command::Analyse, &token).unwrap();
    let mut times = Vec::new();
    for i in 0..9 {
        let session =
            app.write(&me, &format!("{text}Day {i}."), None, &CancelToken::new()).unwrap();
        let done = app.analyse(&me, &session.id, None, &CancelToken::new()).unwrap();
        let stored_by = sent.lock().unwrap().elapsed();
        times.push((stored_by, done.session.elements.len()));
    }
    times.sort_unstable();
    let (median, n) = times.get(times.len() / 2).copied().unwrap_or_default();
    println!(
        "reply: {n} elements stored, threaded and read back {:.0} ms after the last byte (median of {})",
        median.as_secs_f64() * 1e3,
        times.len()
    );
}

fn ten_sessions() {
    let content = json!({ "elements": [], "relationships": [] }).to_string();
    let (address, _) = server(content, Duration::from_secs(1));
    let home = tempfile::tempdir().unwrap();
    let (app, token) = app(&home, &address);
    let me = app.unlocked(Command::Analyse, &token).unwrap();
    let ids: Vec<String> = (0..10)
        .map(|i| {
            let text = format!("Day {i} was long.");
            app.write(&me, &text, None, &CancelToken::new()).unwrap().id
        })
        .collect();
    for id in &ids {
        app.queue_analysis(&me, id, None).unwrap();
    }
    let began = Instant::now();
    app.work_in_background();
    while !ids.iter().all(|id| app.show(&me, id).unwrap().status == "analysed") {
        thread::sleep(Duration::from_millis(10));
    }
    println!("queue: 10 sessions at 1 s of latency in {:.2} s", began.elapsed().as_secs_f64());
}

/// Writing, analysing and threading one more session must not cost more the more there are.
fn new_session_among_many() {
    let home = tempfile::tempdir().unwrap();
    let (app, token) = app(&home, "http://127.0.0.1:9/v1");
    let me = app.unlocked(Command::Write, &token).unwrap();
    app.set_setting(&me, "provider", &Value::from("on-device")).unwrap();
    let mut times: Vec<Duration> = Vec::new();
    for i in 0..1_000 {
        let text =
            format!("I'm going to call dentist number {i} tomorrow. I can't say no to my boss.");
        let began = Instant::now();
        app.write(&me, &text, None, &CancelToken::new()).unwrap();
        times.push(began.elapsed());
    }
    let median = |range: std::ops::Range<usize>| {
        let mut part = times.get(range).unwrap_or_default().to_vec();
        part.sort_unstable();
        part.get(part.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    let (early, late) = (median(20..70), median(950..1_000));
    let n = app.threads(&me).unwrap().threads.len();
    println!(
        "threads: a new session takes {early:.1} ms among 50 and {late:.1} ms among 1,000 ({n} threads)"
    );
}
