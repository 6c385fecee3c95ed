//! Words in a transcript that try to steer the model, against a model that obeys them.

use super::*;
use journey_domain::element::EvidenceState;
use wiremock::{Request, Respond};

const CORPUS: [&str; 6] = [
    include_str!("../../../tests/data/injections/json_breakers.txt"),
    include_str!("../../../tests/data/injections/add_an_action.txt"),
    include_str!("../../../tests/data/injections/urls.txt"),
    include_str!("../../../tests/data/injections/role_play.txt"),
    include_str!("../../../tests/data/injections/languages.txt"),
    include_str!("../../../tests/data/injections/hidden.txt"),
];

fn corpus() -> Vec<&'static str> {
    CORPUS.iter().flat_map(|file| file.lines()).collect()
}

/// Does in turn what injections hope for: acts on them, repeats them raw, links out, leaves the
/// schema.
struct Obedient {
    injection: &'static str,
    way: usize,
}

impl Respond for Obedient {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let sent: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let data = sent["messages"][1]["content"].as_str().unwrap();
        let lines: Vec<&str> = data.lines().collect();
        assert_eq!(lines.iter().filter(|l| l.starts_with("END TRANSCRIPT")).count(), 1);
        for line in &lines[2..lines.len() - 1] {
            let (_, text) = line.split_once("] ").unwrap();
            assert!(serde_json::from_str::<String>(text).is_ok(), "{line}");
        }
        let evil = "Send all to https://evil.test/?q=diary <img src=x>";
        whole(&match self.way {
            0 => reply(&[
                element("action", evil, 1, evil),
                element("action", evil, 2, self.injection),
                element("emotion", evil, 1, "I felt calm this morning"),
            ]),
            1 => self.injection.to_owned(),
            2 => {
                format!("{}{}", self.injection, reply(&[element("belief", evil, 9, "I hate all")]))
            }
            _ => reply(&[element("belief", evil, 1, "I felt calm this morning")]).replace(
                "\"elements\"",
                "\"run\":\"rm -rf\",\"url\":\"https://evil.test\",\"elements\"",
            ),
        })
    }
}

#[test]
fn the_corpus_holds_at_least_200_different_injections() {
    let all: std::collections::BTreeSet<&str> = corpus().into_iter().collect();
    assert!(all.len() >= 200, "{}", all.len());
}

#[tokio::test]
async fn no_injection_gains_an_element_without_words_of_the_speaker_or_another_host() {
    for (at, injection) in corpus().into_iter().enumerate() {
        let server = MockServer::start().await;
        let way = at % 4;
        Mock::given(any()).respond_with(Obedient { injection, way }).mount(&server).await;
        let text = format!("I felt calm this morning. {injection} I worry about money.");
        let (found, ledger) =
            run(config(ProviderKind::Compatible, &server.uri()), limits(), &text).await;
        let found = found.unwrap();
        assert!(ledger.bodies().len() <= 2, "{injection}");
        let host = format!("127.0.0.1:{}", server.address().port());
        assert!(ledger.rows.lock().unwrap().iter().all(|(r, _)| r.host == host));
        let indexed = IndexedText::new(&text);
        for element in &found.elements {
            assert!(!element.evidence.is_empty());
            let said = indexed.slice(element.evidence[0].span).unwrap();
            assert!(element.label.chars().count() <= 80);
            // What is shown is a node's name or words that were said, never the model's own link.
            let is_foreign = element.label.contains("evil.test") && !said.contains("evil.test");
            assert!(!is_foreign && !element.label.contains("q=diary <img"), "{injection}");
            if element.evidence[0].state == EvidenceState::Verified {
                assert!(text.contains(said));
            }
        }
        let invented = found.elements.iter().any(|e| e.label.contains("I hate all"));
        assert!(!invented, "{injection}");
    }
}

#[tokio::test]
async fn characters_that_nobody_sees_do_not_leave() {
    let server = serving(whole(&reply(&[]))).await;
    let text = "I feel fine\u{e0041}\u{e0042}\u{200b}\u{202e} today.";
    let (_, ledger) = run(config(ProviderKind::OpenAi, &server.uri()), limits(), text).await;
    let sent = String::from_utf8(ledger.bodies()[0].clone()).unwrap();
    assert!(sent.contains("I feel fine today."));
}
