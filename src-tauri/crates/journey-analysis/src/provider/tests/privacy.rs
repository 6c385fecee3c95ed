//! What leaves: exactly what the ledger says, to the host that was named, without listed names.

use super::*;

#[tokio::test]
async fn the_ledger_equals_byte_for_byte_what_the_server_received() {
    let server = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(any()).respond_with(whole("nothing")).up_to_n_times(1).mount(&server).await;
    Mock::given(any()).respond_with(whole(&reply(&[]))).mount(&server).await;
    let mut config = config(ProviderKind::OpenAi, &format!("{}/v1", server.uri()));
    config.pseudonyms = vec!["Laura".into(), "São Paulo".into()];
    let text = format!("{TEXT} LAURA's house in são paulo, with Laura. ").repeat(300);
    let (found, ledger) = run(config, limits(), &text).await;
    found.unwrap();
    let received = server.received_requests().await.unwrap();
    let mut got: Vec<Vec<u8>> = received.iter().map(|r| r.body.clone()).collect();
    let mut rows = ledger.bodies();
    got.sort();
    rows.sort();
    assert!(got.len() > 4);
    assert_eq!(got, rows);
    for (request, outcome) in ledger.rows.lock().unwrap().iter() {
        assert_eq!(request.target, "POST /v1/chat/completions");
        assert!(request.host.starts_with("127.0.0.1:") && outcome.is_some());
        let sent = String::from_utf8(request.body.clone()).unwrap();
        assert!(!sent.contains(KEY));
        let lower = sent.to_lowercase();
        assert!(!lower.contains("laura") && !lower.contains("são paulo"));
        assert!(sent.contains("Name1"));
    }
    assert!(
        received.iter().all(|r| r.headers["authorization"] == format!("Bearer {KEY}").as_str())
    );
}

#[test]
fn requests_are_of_the_published_form_with_nothing_that_it_does_not_know() {
    use async_openai::types::chat::CreateChatCompletionRequest;
    let transcript = Transcript::from_text(1, Some("en".into()), TEXT.to_owned());
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    for model in ["gpt-4.1-mini", "gpt-5-mini", "o4-mini"] {
        for kind in [ProviderKind::OpenAi, ProviderKind::Compatible] {
            let mut config = config(kind, "http://127.0.0.1:1/v1");
            config.model = model.to_owned();
            let body = preview(&config, &input).unwrap().swap_remove(0).body;
            let sent: serde_json::Value = serde_json::from_slice(&body).unwrap();
            let known: CreateChatCompletionRequest = serde_json::from_slice(&body).unwrap();
            let again = serde_json::to_vec(&known).unwrap();
            assert_eq!(
                serde_json::from_slice::<serde_json::Value>(&again).unwrap(),
                sent,
                "{model}"
            );
            let takes_temperature = model.starts_with("gpt-4") || kind == ProviderKind::Compatible;
            assert_eq!(sent.get("temperature").is_some(), takes_temperature, "{model}");
            assert!(sent.get("seed").is_none() && sent.get("tools").is_none(), "{model}");
        }
    }
}

#[tokio::test]
async fn names_are_put_back_before_the_quote_is_checked() {
    let found = element("action", "Call Name1", 3, "I will call Name1 tomorrow");
    let server = serving(whole(&reply(&[found]))).await;
    let mut config = config(ProviderKind::OpenAi, &server.uri());
    config.pseudonyms = vec!["Laura".into()];
    let found = run(config, limits(), TEXT).await.0.unwrap();
    assert_eq!(found.elements[0].label, "Call Laura");
    assert_eq!(found.elements[0].evidence[0].state.as_str(), "verified");
}

#[tokio::test]
async fn the_preview_is_what_is_sent() {
    let server = serving(whole(&reply(&[]))).await;
    let text = TEXT.repeat(400);
    let transcript = Transcript::from_text(1, None, text.clone());
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    let shown = preview(&config(ProviderKind::OpenAi, &server.uri()), &input).unwrap();
    let (_, ledger) = run(config(ProviderKind::OpenAi, &server.uri()), limits(), &text).await;
    let mut shown: Vec<Vec<u8>> = shown.into_iter().map(|r| r.body).collect();
    let mut sent = ledger.bodies();
    shown.sort();
    sent.sort();
    assert_eq!(shown, sent);
}

#[tokio::test]
async fn the_prefix_is_the_same_for_every_session() {
    let server = serving(whole(&reply(&[]))).await;
    let mut heads = std::collections::BTreeSet::new();
    for i in 0..100 {
        let transcript = Transcript::from_text(1, None, format!("Day {i} was long."));
        let said_on = jiff::civil::date(2026, 1, 1 + (i % 28) as i8);
        let input = AnalysisInput { transcript: &transcript, said_on };
        let parts = preview(&config(ProviderKind::OpenAi, &server.uri()), &input).unwrap();
        let body = String::from_utf8(parts[0].body.clone()).unwrap();
        let end = body.find("Said on 2026-01").unwrap();
        heads.insert(body[..end].to_owned());
    }
    assert_eq!(heads.len(), 1);
    assert!(heads.first().unwrap().len() > 5_000);
}

#[tokio::test]
async fn a_key_goes_to_no_other_host_and_is_never_told() {
    let ledger = Arc::new(Recorded::default());
    let mut foreign = config(ProviderKind::OpenAi, "http://127.0.0.1:9/v1");
    foreign.key = Some(ProviderKey { host: "api.openai.com".into(), secret: KEY.into() });
    let made = ProviderAnalyser::new(foreign, ports(&ledger));
    assert!(matches!(made, Err(ProviderError::ForeignKey)));

    let words = format!("bad key {KEY}");
    let no = serde_json::json!({"error":{"message": words}});
    let server = serving(ResponseTemplate::new(401).set_body_json(no)).await;
    let config = config(ProviderKind::OpenAi, &server.uri());
    assert!(!format!("{config:?}").contains(KEY));
    let error = test_provider(&config, &ports(&ledger), &Default::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "the provider answered with status 401: bad key [key]");
    assert!(error.hint().unwrap().contains("key"));
}

#[tokio::test]
async fn an_error_that_repeats_the_transcript_is_not_passed_on() {
    let words = format!("cannot read: {TEXT}");
    let no = serde_json::json!({"error":{"message": words}});
    let server = serving(ResponseTemplate::new(400).set_body_json(no)).await;
    let found = run(config(ProviderKind::OpenAi, &server.uri()), limits(), TEXT).await.0;
    assert!(!found.unwrap_err().to_string().contains("boss"));
}

#[tokio::test]
async fn a_probe_finds_local_servers_and_keeps_to_its_leave() {
    let list = serde_json::json!({"data":[{"id":"llama"}],"object":"list"});
    let server = serving(ResponseTemplate::new(200).set_body_json(list)).await;
    let ledger = Arc::new(Recorded::default());
    let port = server.address().port();
    let places = [(9, ProviderKind::Ollama), (port, ProviderKind::Compatible)];
    let found =
        probe::probe(&places, &ports(&ledger), limits(), &Default::default()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].models, ["llama"]);
    assert_eq!(ledger.bodies().len(), 2);

    let mut elsewhere = ports(&ledger);
    elsewhere.consent = Consent::for_analysis("api.openai.com", None);
    let refused = probe::probe(&places, &elsewhere, limits(), &Default::default()).await;
    assert!(matches!(refused, Err(ProviderError::NoConsent)));
    assert_eq!(ledger.bodies().len(), 2);
}

#[derive(Default)]
struct Kept(Mutex<std::collections::HashMap<String, String>>);

impl journey_domain::ports::Replies for Kept {
    fn kept(&self, hash: &str) -> Option<String> {
        self.0.lock().unwrap().get(hash).cloned()
    }
    fn keep(&self, _: journey_domain::ids::SessionId, hash: &str, answer: &str) {
        self.0.lock().unwrap().insert(hash.to_owned(), answer.to_owned());
    }
}

#[tokio::test]
async fn what_was_answered_before_in_halves_or_after_a_repair_is_not_asked_again() {
    let server = MockServer::start().await;
    let once = |answer: ResponseTemplate| Mock::given(any()).respond_with(answer).up_to_n_times(1);
    once(finished(&good(), "length")).mount(&server).await;
    once(whole("{")).mount(&server).await;
    Mock::given(any()).respond_with(whole(&good())).mount(&server).await;
    let ledger = Arc::new(Recorded::default());
    let kept = Arc::new(Kept::default());
    let transcript = Transcript::from_text(1, Some("en".into()), TEXT.to_owned());
    let mut runs = Vec::new();
    for _ in 0..2 {
        let session = journey_domain::ids::SessionId::new(uuid::Uuid::from_u128(7));
        let ports = ProviderPorts {
            replies: Some(kept.clone()),
            consent: Consent::for_analysis("127.0.0.1", Some(session)),
            ..ports(&ledger)
        };
        let config = config(ProviderKind::OpenAi, &server.uri());
        let analyser = ProviderAnalyser::with_limits(config, ports, limits()).unwrap();
        let said_on = jiff::civil::date(2026, 11, 24);
        let input = AnalysisInput { transcript: &transcript, said_on };
        runs.push(analyser.analyse(input, &AnalysisContext::default()).await.unwrap());
    }
    assert_eq!(ledger.bodies().len(), 4, "cut, then two halves of which one was repaired");
    assert_eq!(runs[0].elements, runs[1].elements);
    assert_eq!((runs[1].tokens_in, runs[1].tokens_out), (0, 0));
}

/// The texts that a request holds besides what is the same for every session.
fn sent(config: &ProviderConfig, text: &str) -> String {
    let transcript = Transcript::from_text(1, Some("en".into()), text.to_owned());
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    let parts = preview(config, &input).unwrap();
    let body = |part: &PreviewedRequest| -> serde_json::Value {
        serde_json::from_slice(&part.body).unwrap()
    };
    let texts =
        parts.iter().map(|p| body(p)["messages"][1]["content"].as_str().unwrap().to_owned());
    texts.collect()
}

#[test]
fn no_form_in_which_a_listed_name_is_written_leaves() {
    // Unpunctuated speech is cut after at most 400 characters: here between the two words.
    let cut = format!("{}Anna Maria came by", "go on ".repeat(65));
    assert_eq!(split(&cut).len(), 2);
    for (name, text, told) in [
        ("Sgt. Miller", "I met Sgt. Miller at noon. It was loud.", &["Miller", "Sgt"][..]),
        ("Dr. St. John", "Then Dr. St. John. He came. So did Dr. St.\nJohn.", &["John"]),
        ("Anna Maria", &cut, &["Anna", "Maria"]),
        ("Anna Maria", "With Anna  \n Maria and Anna\u{a0}Maria and Anna\u{7}Maria.", &["Maria"]),
        (
            "Anna",
            "I saw An\u{ad}na and A\u{200b}nna and Ann\u{200d}a and An\u{fe0f}na.",
            &["nna", "An"],
        ),
        ("Zoë", "I saw Zoe\u{308} and ZOE\u{308}'s dog.", &["Zo", "ZO"]),
        ("Zoe\u{308}", "I saw Zoë and ZOË.", &["Zo", "ZO"]),
        ("Việt", "I saw Vi\u{ea}\u{323}t and Vie\u{323}\u{302}t and Vie\u{302}\u{323}t.", &["Vi"]),
        ("O'Brien", "I met O’Brien and OʼBRIEN and O'Brien.", &["rien", "RIEN"]),
        ("O’Brien", "I met O'Brien.", &["rien"]),
        ("Strauß", "I met STRAUSS and Strauß.", &["trau", "TRAU"]),
        ("Anna-Lena", "I met Anna\u{2010}Lena and Anna\u{2011}Lena.", &["Lena"]),
        ("Anna", "I met Ａｎｎａ.", &["ｎｎ"]),
    ] {
        let mut config = config(ProviderKind::OpenAi, "http://127.0.0.1:9/v1");
        config.pseudonyms = vec![name.to_owned()];
        let sent = sent(&config, text);
        assert!(sent.contains("Name1"), "{sent}");
        for part in told {
            assert!(!sent.contains(part), "{part:?} of {name:?} left: {sent}");
        }
        let names = Pseudonyms::new([name]);
        assert_eq!(names.found_in(text).len(), 1, "the preview does not say so: {text}");
    }
}

#[test]
fn what_only_holds_the_letters_of_a_name_is_left_as_it_is() {
    let names = Pseudonyms::new(["Ann", "Jose"]);
    let text = "Hannah, Anna, An n, Ann\u{ad}a, Ann\u{301}, Josef and Jose\u{301} sang";
    assert_eq!(names.hide(text), text);
}

#[tokio::test]
async fn a_quote_with_a_name_that_runs_over_a_sentences_end_is_found() {
    let text = "Today I had lunch with Sgt. Miller at noon. I felt calm.";
    let found = element("action", "Lunch with Name1", 1, "I had lunch with Name1");
    let server = serving(whole(&reply(&[found]))).await;
    let mut config = config(ProviderKind::OpenAi, &server.uri());
    config.pseudonyms = vec!["Sgt. Miller".into()];
    let found = run(config, limits(), text).await.0.unwrap();
    assert_eq!(found.rejected, 0);
    let span = found.elements[0].evidence[0].span;
    let quote = IndexedText::new(text).slice(span);
    assert_eq!(quote, Some("I had lunch with Sgt. Miller"));
    assert_eq!(found.elements[0].label, "Lunch with Sgt. Miller");
}
