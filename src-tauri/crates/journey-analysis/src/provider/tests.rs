//! Providers against a mock server on the loopback: what is asked, recorded, kept and lost.

mod faults;
mod injections;
mod privacy;
mod replies;
mod spoiled;

use super::*;
use crate::on_device::OnDeviceAnalyser;
use jiff::{Timestamp, tz::TimeZone};
use journey_domain::{
    analysis::AnalysisInput,
    consent::Consent,
    ids::LedgerId,
    ledger::{OutgoingRequest, RequestOutcome},
    ports::{Clock, Ledger, LedgerError, Random},
    transcript::Transcript,
};
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

const KEY: &str = "sk-canary-key-4711";

#[derive(Default)]
struct Recorded {
    rows: Mutex<Vec<(OutgoingRequest, Option<RequestOutcome>)>>,
    is_full: bool,
}

impl Ledger for Recorded {
    fn about_to_send(&self, request: &OutgoingRequest) -> Result<LedgerId, LedgerError> {
        if self.is_full {
            return Err(LedgerError);
        }
        let mut rows = self.rows.lock().unwrap();
        rows.push((request.clone(), None));
        let at = rows.len() as u128 - 1;
        drop(rows);
        Ok(LedgerId::new(uuid::Uuid::from_u128(at)))
    }

    fn came_back(&self, id: LedgerId, outcome: &RequestOutcome) -> Result<(), LedgerError> {
        let at = id.uuid().as_u128() as usize;
        self.rows.lock().unwrap()[at].1 = Some(outcome.clone());
        Ok(())
    }
}

impl Recorded {
    fn bodies(&self) -> Vec<Vec<u8>> {
        self.rows.lock().unwrap().iter().map(|(r, _)| r.body.clone()).collect()
    }

    fn outcomes(&self) -> Vec<String> {
        let rows = self.rows.lock().unwrap();
        rows.iter().map(|(_, o)| o.as_ref().map_or("open".into(), |o| o.outcome.clone())).collect()
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
    fn time_zone(&self) -> TimeZone {
        TimeZone::UTC
    }
}

impl Random for Still {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

struct NoLimit;

impl CallLimit for NoLimit {
    fn take(&self) -> Result<(), Duration> {
        Ok(())
    }
}

fn ports(ledger: &Arc<Recorded>) -> ProviderPorts {
    ProviderPorts {
        ledger: ledger.clone(),
        consent: Consent::for_analysis("127.0.0.1", None),
        clock: Arc::new(Still),
        random: Arc::new(Still),
        turns: Arc::default(),
        calls: Arc::new(NoLimit),
        replies: None,
        on_device: Arc::new(OnDeviceAnalyser::new().unwrap()),
    }
}

fn config(kind: ProviderKind, base_url: &str) -> ProviderConfig {
    ProviderConfig {
        kind,
        base_url: base_url.to_owned(),
        model: "gpt-4.1-mini".to_owned(),
        key: Some(ProviderKey { host: "127.0.0.1".into(), secret: SecretString::from(KEY) }),
        temperature: Some(0.2),
        time_limit: Duration::from_secs(30),
        cost_limit_usd: None,
        pseudonyms: Vec::new(),
        allowed_hosts: vec!["127.0.0.1".to_owned()],
        emotions: Default::default(),
    }
}

/// Short enough to wait for, long enough for a busy machine.
fn limits() -> Limits {
    Limits {
        first_byte: Duration::from_secs(20),
        idle: Duration::from_secs(20),
        backoff: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        ..Limits::default()
    }
}

async fn run(
    config: ProviderConfig,
    limits: Limits,
    text: &str,
) -> (Result<Analysis, AnalysisError>, Arc<Recorded>) {
    let ledger = Arc::new(Recorded::default());
    let host = config.allowed_hosts.first().map_or("127.0.0.1", String::as_str);
    let ports = ProviderPorts { consent: Consent::for_analysis(host, None), ..ports(&ledger) };
    let analyser = ProviderAnalyser::with_limits(config, ports, limits).unwrap();
    let transcript = Transcript::from_text(1, Some("en".into()), text.to_owned());
    let input = AnalysisInput { transcript: &transcript, said_on: jiff::civil::date(2026, 11, 24) };
    let result = analyser.analyse(input, &AnalysisContext::default()).await;
    (result, ledger)
}

async fn serving(response: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(response).mount(&server).await;
    server
}

fn element(kind: &str, label: &str, id: u32, quote: &str) -> serde_json::Value {
    serde_json::json!({
        "kind": kind, "taxonomy": null, "label": label, "sentences": [id], "quote": quote,
        "intensity": 3, "confidence": 0.9, "polarity": "affirmed", "holder": "self",
        "stance": null, "due": null, "status": null,
    })
}

fn reply(elements: &[serde_json::Value]) -> String {
    serde_json::json!({ "elements": elements, "relationships": [] }).to_string()
}

/// A chat answer that is not streamed.
fn whole(content: &str) -> ResponseTemplate {
    finished(content, "stop")
}

fn finished(content: &str, reason: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(serde_json::json!({
        "id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": content},
                     "finish_reason": reason}],
        "usage": {"prompt_tokens": 9000, "completion_tokens": 50, "total_tokens": 9050},
    }))
}

const TEXT: &str =
    "I felt really calm this morning. My boss shouted at me. I will call Laura tomorrow.";

fn good() -> String {
    reply(&[
        element("emotion", "Calm", 1, "I felt really calm"),
        element("action", "Call Laura", 3, "I will call Laura tomorrow"),
    ])
}
