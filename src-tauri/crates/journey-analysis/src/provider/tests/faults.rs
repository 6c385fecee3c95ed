//! Every way in which a service fails: bounded calls, no part of an answer kept, no panic.

use super::*;
use std::{
    io::{Read, Write},
    net::TcpListener,
};
use tokio_rustls::rustls;

/// Whole answers that are not of the form asked for, each with its name.
fn unusable() -> Vec<(&'static str, String)> {
    let good = good();
    vec![
        ("garbage", "\u{0}\u{1}not json at all".into()),
        ("cut", good[..good.len() / 2].into()),
        ("empty", String::new()),
        ("deep", "[".repeat(10_000)),
        ("deep objects", "{\"a\":".repeat(10_000)),
        ("other shape", r#"{"answer": 42}"#.into()),
        ("wrong type", good.replace("0.9", "\"high\"")),
        ("unknown kind", good.replace("emotion", "prophecy")),
        ("not a number", good.replace("0.9", "NaN")),
        ("too large a number", good.replace("0.9", "1e999")),
        ("doubled key", good.replacen("\"kind\"", "\"kind\":\"topic\",\"kind\"", 1)),
        ("words", "I cannot help with that.".into()),
    ]
}

#[tokio::test]
async fn a_good_answer_is_found_verified_and_counted() {
    let server = serving(whole(&good())).await;
    let (found, ledger) = run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await;
    let found = found.unwrap();
    assert_eq!(found.elements.len(), 2);
    assert_eq!(found.elements[0].taxonomy.as_ref().unwrap().as_str(), "joy.calm");
    assert_eq!((found.tokens_in, found.tokens_out), (9000, 50));
    assert!((found.cost_usd.unwrap() - (9000.0 * 0.4 + 50.0 * 1.6) / 1e6).abs() < 1e-12);
    assert_eq!(ledger.outcomes(), ["answered"]);
}

#[tokio::test]
async fn thoughts_and_fences_around_an_answer_are_passed_over() {
    let content = format!("<think>{{hm}}</think>\nHere:\n```json\n{}\n```", good());
    let server = serving(whole(&content)).await;
    let found = run(config(ProviderKind::Compatible, &server.uri()), limits(), TEXT).await.0;
    assert_eq!(found.unwrap().elements.len(), 2);
}

#[tokio::test]
async fn streamed_answers_of_both_protocols_are_read() {
    let text = good();
    let (a, b) = text.split_at(text.len() / 3);
    let piece = |s: &str| serde_json::json!({"choices":[{"delta":{"content":s}}]}).to_string();
    let body = format!(
        ": hello\n\ndata: {}\n\ndata: {}\n\ndata: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\ndata: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":9000,\"completion_tokens\":7}}}}\n\ndata: [DONE]\n\n",
        piece(a),
        piece(b)
    );
    let server = serving(ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")).await;
    let found = run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await.0.unwrap();
    assert_eq!((found.elements.len(), found.tokens_out), (2, 7));

    let line = |s: &str| serde_json::json!({"message":{"content":s},"done":false}).to_string();
    let end = r#"{"message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":9000,"eval_count":9}"#;
    let body = format!("{}\n{}\n{end}\n", line(a), line(b));
    let server =
        serving(ResponseTemplate::new(200).set_body_raw(body, "application/x-ndjson")).await;
    let (found, ledger) = run(config(ProviderKind::Ollama, &server.uri()), limits(), TEXT).await;
    let found = found.unwrap();
    assert_eq!((found.elements.len(), found.tokens_out), (2, 9));
    let sent: serde_json::Value = serde_json::from_slice(&ledger.bodies()[0]).unwrap();
    assert!(sent["options"]["num_ctx"].as_u64().unwrap() > 4_096 && sent["format"].is_object());
}

#[tokio::test]
async fn a_server_that_silently_cuts_the_text_is_an_error() {
    let line = serde_json::json!({"message":{"content": good()},"done":true,"prompt_eval_count":500,"eval_count":9});
    let server = serving(ResponseTemplate::new(200).set_body_json(line)).await;
    let found = run(config(ProviderKind::Ollama, &server.uri()), limits(), TEXT).await.0;
    let error = found.unwrap_err();
    assert!(error.to_string().contains("silently cut"), "{error}");
}

#[tokio::test]
async fn each_status_has_its_number_of_calls_and_its_own_words() {
    let quota = serde_json::json!({"error":{"message":"nothing left","code":"insufficient_quota"}});
    let plain = serde_json::json!({"error":{"message":"the service's own words"}});
    use journey_domain::error_code::ErrorCode::{Network, Provider, RateLimited};
    for (status, body, calls) in [
        (400, &plain, 1),
        (401, &plain, 1),
        (403, &plain, 1),
        (404, &plain, 1),
        (429, &quota, 1),
        (429, &plain, 4),
        (408, &plain, 4),
        (409, &plain, 4),
        (500, &plain, 4),
        (502, &plain, 4),
        (503, &plain, 4),
    ] {
        let template = ResponseTemplate::new(status).set_body_json(body);
        let server = serving(template).await;
        let (found, ledger) =
            run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await;
        let error = found.unwrap_err();
        let words = body["error"]["message"].as_str().unwrap();
        assert!(error.to_string().contains(words), "{status}: {error}");
        let code = if calls == 1 {
            Provider
        } else if status == 429 {
            RateLimited
        } else {
            Network
        };
        assert_eq!(error.code(), code, "{status}");
        assert_eq!(ledger.bodies().len(), calls, "{status}");
        assert_eq!(server.received_requests().await.unwrap().len(), calls, "{status}");
    }
}

#[tokio::test]
async fn no_further_part_is_asked_about_after_a_refused_key() {
    let server = serving(ResponseTemplate::new(401)).await;
    let text = TEXT.repeat(1_000);
    let (found, ledger) = run(config(ProviderKind::OpenAi, &server.uri()), limits(), &text).await;
    assert!(found.unwrap_err().to_string().contains("401"));
    assert_eq!(ledger.bodies().len(), 1);
}

#[tokio::test]
async fn a_service_that_stays_down_is_left_alone_after_some_windows() {
    let server = serving(ResponseTemplate::new(503)).await;
    let text = TEXT.repeat(2_000);
    let (found, ledger) = run(config(ProviderKind::OpenAi, &server.uri()), limits(), &text).await;
    assert!(found.is_err());
    // One window alone, then three at once, four tries each.
    assert!(ledger.bodies().len() <= 16, "{}", ledger.bodies().len());
}

#[tokio::test]
async fn every_form_of_retry_after_is_survived() {
    for form in ["1", "Sun, 06 Nov 1994 08:49:37 GMT", "99999999999", "-3", "never", ""] {
        let server = MockServer::start().await;
        let busy = ResponseTemplate::new(429).insert_header("retry-after", form);
        Mock::given(any()).respond_with(busy).up_to_n_times(2).mount(&server).await;
        Mock::given(any()).respond_with(whole(&good())).mount(&server).await;
        let (found, ledger) =
            run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await;
        assert_eq!(found.unwrap().elements.len(), 2, "{form}");
        assert_eq!(ledger.bodies().len(), 3, "{form}");
    }
}

#[tokio::test]
async fn an_unusable_answer_is_shown_back_once_and_then_read_on_the_device() {
    for (name, content) in unusable() {
        let server = serving(whole(&content)).await;
        let (found, ledger) =
            run(config(ProviderKind::Compatible, &server.uri()), limits(), TEXT).await;
        let found = found.unwrap();
        assert_eq!(ledger.bodies().len(), 2, "{name}");
        assert!(found.holes.is_empty(), "{name}");
        let [part] = found.substitutes.as_slice() else { panic!("{name}: not said who read it") };
        assert_eq!((part.provider.as_str(), part.start), ("on-device", 0), "{name}");
        assert!(part.reason.contains("could not be used twice"), "{name}: {}", part.reason);
        let by = |e: &journey_domain::analysis::ElementDraft| e.found_by.clone();
        assert!(found.elements.iter().all(|e| by(e).as_deref() == Some("on-device")), "{name}");
        let sent = String::from_utf8(ledger.bodies()[1].clone()).unwrap();
        assert!(sent.contains("That answer could not be used"), "{name}");
    }
}

#[tokio::test]
async fn a_repaired_answer_counts() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(whole("{")).up_to_n_times(1).mount(&server).await;
    Mock::given(any()).respond_with(whole(&good())).mount(&server).await;
    let found = run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await.0;
    assert_eq!(found.unwrap().elements.len(), 2);
}

#[tokio::test]
async fn refusals_and_length_stops_are_their_own_outcomes() {
    let refused = ResponseTemplate::new(200).set_body_json(serde_json::json!({
        "choices":[{"message":{"refusal":"I will not"},"finish_reason":"stop"}]}));
    for (template, words, most) in [
        (refused, "declined", 1),
        (finished(&good(), "content_filter"), "declined", 1),
        (finished(&good(), "length"), "cut off at its greatest length", 3),
    ] {
        let server = serving(template).await;
        let (found, ledger) =
            run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await;
        let error = found.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(ledger.bodies().len(), most);
    }
}

#[tokio::test]
async fn bodies_that_are_no_answer_are_refused_without_repeats() {
    for template in [
        ResponseTemplate::new(200).set_body_raw("<html>Sign in</html>", "text/html"),
        ResponseTemplate::new(200).set_body_raw(vec![0xff, 0xfe, 0], "application/json"),
        ResponseTemplate::new(200).set_body_raw("{".repeat(100_000), "application/json"),
        ResponseTemplate::new(302).insert_header("location", "https://evil.test/"),
    ] {
        let server = serving(template).await;
        let (found, ledger) =
            run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await;
        assert!(found.is_err());
        assert_eq!(ledger.bodies().len(), 1);
    }
}

#[tokio::test]
async fn parameters_that_a_server_does_not_take_are_left_out() {
    let server = MockServer::start().await;
    for words in ["unsupported parameter: temperature", "response_format is not supported"] {
        let no = ResponseTemplate::new(400)
            .set_body_json(serde_json::json!({"error":{"message": words}}));
        Mock::given(any()).respond_with(no).up_to_n_times(1).mount(&server).await;
    }
    Mock::given(any()).respond_with(whole(&good())).mount(&server).await;
    let (found, ledger) = run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await;
    assert_eq!(found.unwrap().elements.len(), 2);
    let last: serde_json::Value = serde_json::from_slice(&ledger.bodies()[2]).unwrap();
    assert!(last.get("temperature").is_none() && last.get("response_format").is_none());
}

#[tokio::test]
async fn a_failed_part_is_a_hole_with_its_reason() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(whole(&good())).up_to_n_times(1).mount(&server).await;
    let refused =
        serde_json::json!({"choices":[{"message":{"refusal":"no"},"finish_reason":"stop"}]});
    let template = ResponseTemplate::new(200).set_body_json(refused);
    Mock::given(any()).respond_with(template).mount(&server).await;
    let text = format!("{TEXT} {}", "It rained all day long. ".repeat(600));
    let found = run(config(ProviderKind::OpenAi, &server.uri()), limits(), &text).await.0.unwrap();
    assert_eq!(found.elements.len(), 2);
    assert!(found.holes.len() >= 2 && found.holes[0].reason.contains("declined"));
    assert_eq!(found.holes.last().unwrap().end, text.trim_end().chars().count());
}

#[tokio::test]
async fn a_part_that_fails_for_a_passing_reason_is_asked_about_again_alone() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(whole(&good())).up_to_n_times(1).mount(&server).await;
    let down = ResponseTemplate::new(503);
    Mock::given(any()).respond_with(down).up_to_n_times(4).mount(&server).await;
    Mock::given(any()).respond_with(whole(&reply(&[]))).mount(&server).await;
    let text = format!("{TEXT} {}", "It rained all day long. ".repeat(200));
    let (found, ledger) = run(config(ProviderKind::OpenAi, &server.uri()), limits(), &text).await;
    assert!(found.unwrap().holes.is_empty());
    assert_eq!(ledger.bodies().len(), 6);
}

#[tokio::test]
async fn a_full_ledger_stops_every_request() {
    let server = serving(whole(&good())).await;
    let ledger = Arc::new(Recorded { is_full: true, ..Recorded::default() });
    let config = config(ProviderKind::OpenAi, &server.uri());
    let analyser = ProviderAnalyser::with_limits(config, ports(&ledger), limits()).unwrap();
    let transcript = Transcript::from_text(1, None, TEXT.to_owned());
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    assert!(analyser.analyse(input, &AnalysisContext::default()).await.is_err());
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn limits_of_money_and_a_cancellation_stop_before_anything_is_sent() {
    let server = serving(whole(&good())).await;
    let mut poor = config(ProviderKind::OpenAi, &server.uri());
    poor.cost_limit_usd = Some(0.000_1);
    let (found, ledger) = run(poor, limits(), TEXT).await;
    assert!(found.unwrap_err().to_string().contains("cost limit"));
    assert!(ledger.bodies().is_empty());

    let ledger = Arc::new(Recorded::default());
    let config = config(ProviderKind::OpenAi, &server.uri());
    let analyser = ProviderAnalyser::with_limits(config, ports(&ledger), limits()).unwrap();
    let transcript = Transcript::from_text(1, None, TEXT.to_owned());
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    let context = AnalysisContext::default();
    context.cancel.cancel();
    let found = analyser.analyse(input, &context).await;
    assert!(matches!(found, Err(AnalysisError::Cancelled)));
    assert!(ledger.bodies().is_empty());
}

/// A bare server: hands each connection to `answer` once its request's head has come.
fn bare(answer: fn(&mut std::net::TcpStream)) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut some = [0; 65_536];
                if stream.read(&mut some).is_ok() {
                    answer(&mut stream);
                }
            });
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_stalled_and_endless_answers_are_bounded() {
    let short = Limits {
        first_byte: Duration::from_millis(300),
        idle: Duration::from_millis(300),
        ..limits()
    };
    let broken = bare(|s| {
        s.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"choices\":").ok();
    });
    let stalled = bare(|s| {
        s.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{").ok();
        std::thread::park();
    });
    let silent = bare(|_| std::thread::park());
    let endless = bare(|s| {
        s.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").ok();
        let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
        while s.write_all(piece.as_bytes()).is_ok() {}
    });
    let huge = bare(|s| {
        s.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n").ok();
        std::thread::park();
    });
    // Nobody listens there, and nobody else can have it.
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = format!("http://{}", taken.local_addr().unwrap());
    // Closed with the request still unread, which resets the connection.
    let reset = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                stream.peek(&mut [0]).ok();
            }
        });
        url
    };
    let no_tls = bare(|s| {
        s.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok();
    })
    .replace("http://", "https://");
    for (name, url, calls) in [
        ("broken", broken, 4),
        ("stalled", stalled, 4),
        ("silent", silent, 4),
        ("endless", endless, 1),
        ("huge", huge, 1),
        ("closed", closed, 4),
        ("reset", reset, 4),
        ("no TLS", no_tls, 4),
    ] {
        let limits = if matches!(name, "stalled" | "silent") { short } else { limits() };
        let (found, ledger) = run(config(ProviderKind::OpenAi, &url), limits, TEXT).await;
        let error = found.expect_err(name);
        assert_eq!(ledger.bodies().len(), calls, "{name}: {error}");
        assert!(ledger.outcomes().iter().all(|o| o != "open"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whose_name_nobody_knows_is_tried_again_and_said() {
    // The top-level domain that never exists (RFC 2606).
    let host = "nothing.invalid";
    let mut config = config(ProviderKind::OpenAi, &format!("https://{host}/v1"));
    config.allowed_hosts = vec![host.to_owned()];
    config.key = Some(ProviderKey { host: host.into(), secret: SecretString::from(KEY) });
    let (found, ledger) = run(config, limits(), TEXT).await;
    let error = found.expect_err("no such host");
    assert_eq!(error.code(), journey_domain::error_code::ErrorCode::Network, "{error}");
    assert_eq!(ledger.bodies().len(), 4);
    assert!(ledger.outcomes().iter().all(|o| o != "open"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_to_a_server_whose_certificate_nobody_vouches_for() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (heard, mut greeted) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let heard = heard.clone();
            heard.send("a connection").ok();
            let accepted = acceptor.accept(stream);
            tokio::spawn(async move {
                if accepted.await.is_ok() {
                    heard.send("a conversation").ok();
                }
            });
        }
    });
    let mut config = config(ProviderKind::OpenAi, &format!("https://localhost:{port}/v1"));
    config.allowed_hosts = vec!["localhost".to_owned()];
    config.key = Some(ProviderKey { host: "localhost".into(), secret: SecretString::from(KEY) });
    let (found, ledger) = run(config, limits(), TEXT).await;
    let error = found.expect_err("a certificate of its own");
    assert_eq!(error.code(), journey_domain::error_code::ErrorCode::Network, "{error}");
    assert!((1..=4).contains(&ledger.bodies().len()));
    let mut told = Vec::new();
    while let Ok(word) = greeted.try_recv() {
        told.push(word);
    }
    assert!(!told.is_empty() && told.iter().all(|word| *word == "a connection"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_drips_for_ever_ends_with_the_sessions_time() {
    let dripping = bare(|s| {
        s.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\n").ok();
        while s.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let mut short = config(ProviderKind::OpenAi, &dripping);
    short.time_limit = Duration::from_millis(700);
    let (found, ledger) = run(short, limits(), TEXT).await;
    assert!(found.unwrap_err().to_string().contains("time limit"));
    assert_eq!(ledger.outcomes(), ["timed out"]);
}

/// Cancels as soon as a request stands in the ledger, which is before it is sent.
struct Cancelling {
    rows: Recorded,
    token: journey_domain::ports::CancelToken,
}

impl Ledger for Cancelling {
    fn about_to_send(&self, request: &OutgoingRequest) -> Result<LedgerId, LedgerError> {
        let id = self.rows.about_to_send(request);
        self.token.cancel();
        id
    }

    fn came_back(&self, id: LedgerId, outcome: &RequestOutcome) -> Result<(), LedgerError> {
        self.rows.came_back(id, outcome)
    }
}

/// Analyses a long text with this ledger.
async fn analysed(
    url: &str,
    ledger: Arc<dyn Ledger>,
    context: &AnalysisContext,
) -> Result<Analysis, AnalysisError> {
    let ports = ProviderPorts { ledger, ..ports(&Arc::default()) };
    let analyser =
        ProviderAnalyser::with_limits(config(ProviderKind::OpenAi, url), ports, limits()).unwrap();
    let transcript = Transcript::from_text(1, None, TEXT.repeat(600));
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    analyser.analyse(input, context).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_ends_when_the_analysis_is_cancelled() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (context, ledger) = (AnalysisContext::default(), Arc::new(Recorded::default()));
    let token = context.cancel.clone();
    // Takes the request, and never answers.
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        token.cancel();
        std::future::pending::<()>().await;
    });
    let found = analysed(&url, ledger.clone(), &context).await;
    assert!(matches!(found, Err(AnalysisError::Cancelled)));
    assert_eq!(ledger.outcomes(), ["cancelled"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_the_ledger_is_not_sent_once_it_is_cancelled() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let context = AnalysisContext::default();
    let ledger = Arc::new(Cancelling { rows: Recorded::default(), token: context.cancel.clone() });
    let found = analysed(&url, ledger.clone(), &context).await;
    assert!(matches!(found, Err(AnalysisError::Cancelled)));
    assert_eq!(ledger.rows.outcomes(), ["not sent"]);
    let nobody = listener.accept().unwrap_err();
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock, "nobody connected");
}

#[tokio::test]
async fn money_that_runs_out_on_the_way_leaves_holes_and_keeps_what_was_found() {
    let server = serving(whole(&good())).await;
    let mut poor = config(ProviderKind::OpenAi, &server.uri());
    // Enough for one request with what is kept back for it, not for a second.
    poor.cost_limit_usd = Some(0.017);
    let text = format!("{TEXT} {}", "It rained all day long. ".repeat(400));
    let (found, ledger) = run(poor, limits(), &text).await;
    let found = found.unwrap();
    assert_eq!((found.elements.len(), ledger.bodies().len()), (2, 1));
    assert!(!found.holes.is_empty());
    assert!(found.holes.iter().all(|h| h.reason.contains("cost limit")), "{:?}", found.holes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_broke_off_or_came_without_a_count_is_counted_against_the_cost_limit() {
    let sentences = split(TEXT);
    let window = windows::windows(&sentences, 10_000)[0];
    let text_of = |id: u32| {
        let span = sentences[id as usize - 1].span;
        IndexedText::new(TEXT).slice(span).unwrap().to_owned()
    };
    let said_on = jiff::civil::date(2026, 11, 24);
    let messages = prompt::messages(Default::default(), &window, said_on, &text_of);
    let tokens_in = messages.iter().map(|m| tokens::count_tokens(&m.text)).sum();
    let price = prices::price("openai", "gpt-4.1-mini").unwrap();
    let most = price.cost(tokens_in, u64::from(chat::MAX_TOKENS_OUT / 2));

    let halved = bare(|s| {
        s.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{\"choices\":").ok();
    });
    let uncounted = bare(|s| {
        let body = r#"{"choices":[{"message":{"content":"{"},"finish_reason":"stop"}]}"#;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
        s.write_all(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes())
            .ok();
    });
    let unread = bare(|s| {
        s.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok();
    });
    for (url, share, calls) in [(halved, 2.5, 2), (uncounted, 1.5, 1), (unread, 1.5, 4)] {
        let mut poor = config(ProviderKind::OpenAi, &url);
        poor.cost_limit_usd = Some(most * share);
        let (found, ledger) = run(poor, limits(), TEXT).await;
        let error = found.unwrap_err().to_string();
        assert_eq!(ledger.bodies().len(), calls, "{error}");
        assert_eq!(error.contains("cost limit"), calls < 4, "{error}");
    }
}
