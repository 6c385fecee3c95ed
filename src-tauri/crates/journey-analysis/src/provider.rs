//! Analysis by a model elsewhere: OpenAI, a server that speaks its protocol, or Ollama.
//!
//! Numbered sentences go out; kinds, sentence numbers and quotes come back, and every quote is
//! checked here before it counts. Each request needs the person's leave and stands in the ledger
//! before its first byte is sent.
//!
//! ```ignore
//! let config = ProviderConfig {
//!     kind: ProviderKind::OpenAi,
//!     base_url: "https://api.openai.com/v1".into(),
//!     model: "gpt-4.1-mini".into(),
//!     key: Some(ProviderKey { host: "api.openai.com".into(), secret }),
//!     temperature: None,
//!     time_limit: Duration::from_secs(600),
//!     cost_limit_usd: Some(0.5),
//!     pseudonyms: vec!["Anna".into()],
//!     allowed_hosts: vec!["api.openai.com".into()],
//!     emotions: EmotionPack::default(),
//! };
//! let ports = ProviderPorts {
//!     ledger,                                                     // Arc<dyn Ledger> over the vault
//!     consent: Consent::for_analysis("api.openai.com", Some(session)),
//!     clock, random,
//!     turns, calls,                                               // one `Turns` for all sessions
//!     replies: Some(vault),                                       // asking the same again is free
//!     on_device: Arc::new(OnDeviceAnalyser::new()?),
//! };
//! let parts = preview(&config, &AnalysisInput { transcript: &transcript, said_on });
//! // … shown to the person, who agrees …
//! let analyser = ProviderAnalyser::new(config, ports)?;           // one for each session
//! let analysis = analyser.analyse(AnalysisInput { transcript: &transcript, said_on }, &context).await?;
//! // Settings page: test_provider(config, ports, &cancel).await and probe_local(ports, &cancel).await
//! ```

mod address;
mod chat;
mod config;
mod error;
mod findings;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod http;
mod prices;
mod probe;
mod prompt;
mod pseudonyms;
mod retry;
mod session;
#[cfg(test)]
mod tests;
mod tokens;
mod turns;
mod windows;
mod wire;

pub use address::host_of;
pub use config::{ProviderConfig, ProviderKey, ProviderKind, ProviderPorts};
pub use error::ProviderError;
pub use probe::{LocalServer, TestReport, probe_local, test_provider};
pub use pseudonyms::{CHOSEN, Pseudonyms, candidates};
pub use tokens::count_tokens;
pub use turns::{CallLimit, Turns};

use crate::{
    analyser::{Analyser, AnalysisContext, AnalysisError, BoxFuture},
    evidence::EvidenceCheck,
    sentences::split,
};
use address::Address;
use chat::Takes;
use findings::Checked;
use http::{Http, Limits};
use journey_domain::{
    analysis::{AnalyserIdentity, Analysis, AnalysisInput},
    text::IndexedText,
};
use prices::Price;
use prompt::Message;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Analyses by asking a provider. Made anew for each session, whose leave it holds.
pub struct ProviderAnalyser {
    config: ProviderConfig,
    ports: ProviderPorts,
    http: Http,
    names: Pseudonyms,
    price: Option<Price>,
    takes: Mutex<Takes>,
}

impl std::fmt::Debug for ProviderAnalyser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderAnalyser").field("kind", &self.config.kind).finish_non_exhaustive()
    }
}

impl ProviderAnalyser {
    /// Checks address, leave and key. Sends nothing.
    ///
    /// # Errors
    /// [`ProviderError`] where the address may not be asked or the key belongs to another host.
    pub fn new(config: ProviderConfig, ports: ProviderPorts) -> Result<Self, ProviderError> {
        Self::with_limits(config, ports, Limits::default())
    }

    pub(crate) fn with_limits(
        config: ProviderConfig,
        ports: ProviderPorts,
        mut limits: Limits,
    ) -> Result<Self, ProviderError> {
        let http = connect(&config, &ports, &mut limits)?;
        let names = Pseudonyms::new(&config.pseudonyms);
        let price = prices::price(config.kind.name(), &config.model);
        let takes = Mutex::new(Takes::of(config.kind, &config.model));
        Ok(Self { config, ports, http, names, price, takes })
    }

    fn takes(&self) -> MutexGuard<'_, Takes> {
        self.takes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn body(&self, messages: &[Message]) -> Vec<u8> {
        let takes = *self.takes();
        let ProviderConfig { kind, model, temperature, .. } = &self.config;
        chat::body(*kind, model, *temperature, takes, messages)
    }
}

/// A checked way to the provider. A model on this computer may think longer before it answers.
fn connect(
    config: &ProviderConfig,
    ports: &ProviderPorts,
    limits: &mut Limits,
) -> Result<Http, ProviderError> {
    let address = Address::new(&config.base_url, &config.allowed_hosts, &ports.consent)?;
    if address.is_loopback() && limits.first_byte == Limits::default().first_byte {
        limits.first_byte = config.time_limit;
        limits.idle = config.time_limit;
    }
    let key = config.key_for(address.host())?;
    Http::new(address, key, ports.consent.clone(), ports.ledger.clone(), *limits)
}

impl Analyser for ProviderAnalyser {
    fn identity(&self) -> AnalyserIdentity {
        AnalyserIdentity {
            provider: self.config.kind.name().to_owned(),
            model: self.config.model.clone(),
            prompt_version: prompt::VERSION.to_owned(),
            prompt_hash: prompt::hash(self.config.emotions),
            taxonomy_version: self.config.emotions.versions(),
        }
    }

    fn analyse<'a>(
        &'a self,
        input: AnalysisInput<'a>,
        context: &'a AnalysisContext,
    ) -> BoxFuture<'a, Result<Analysis, AnalysisError>> {
        Box::pin(session::analyse(self, input, context))
    }
}

/// One request as it would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewedRequest {
    /// Where to: the address with its path.
    pub url: String,
    /// Host without port.
    pub host: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// What previewed requests would take, at most about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Tokens sent.
    pub tokens: u64,
    /// US dollars, with the longest answers; `None` without a dated price.
    pub cost_usd: Option<f64>,
}

/// What these requests would take.
#[must_use]
pub fn estimate(config: &ProviderConfig, requests: &[PreviewedRequest]) -> Estimate {
    let bodies = requests.iter().map(|r| String::from_utf8_lossy(&r.body));
    let tokens = bodies.map(|body| tokens::at_most(&body)).sum();
    let answers = requests.len() as u64 * u64::from(chat::MAX_TOKENS_OUT / 2);
    let price = prices::price(config.kind.name(), &config.model);
    Estimate { tokens, cost_usd: price.map(|price| price.cost(tokens, answers)) }
}

/// The first request of each part of a transcript, as it would be sent. Sends nothing and needs no
/// leave. Further requests, after a failure or an unreadable answer, hold the same transcript text.
///
/// # Errors
/// [`ProviderError::Address`] where the address may not be asked.
pub fn preview(
    config: &ProviderConfig,
    input: &AnalysisInput<'_>,
) -> Result<Vec<PreviewedRequest>, ProviderError> {
    let host = reqwest::Url::parse(&config.base_url)
        .ok()
        .and_then(|url| url.host_str().map(|h| h.trim_matches(['[', ']']).to_ascii_lowercase()))
        .ok_or(ProviderError::Address("it names no host"))?;
    let leave = journey_domain::consent::Consent::for_analysis(host.clone(), None);
    let address = Address::new(&config.base_url, std::slice::from_ref(&host), &leave)?;
    let text = &input.transcript.text;
    let names = Pseudonyms::new(&config.pseudonyms).for_text(text);
    let sentences = split(text);
    let checked = Checked {
        text: IndexedText::new(text),
        sentences: &sentences,
        evidence: EvidenceCheck::new(text, &sentences),
        names: &names,
        named: names.in_text(text),
        pack: config.emotions,
    };
    let takes = Takes::of(config.kind, &config.model);
    let requests = windows::windows(&sentences, config.kind.window_chars())
        .iter()
        .map(|window| {
            let text_of = |id: u32| session::sentence_text(&checked, &sentences, id);
            let messages = prompt::messages(config.emotions, window, input.said_on, &text_of);
            PreviewedRequest {
                url: address.join(chat::path(config.kind)).to_string(),
                host: address.host().to_owned(),
                body: chat::body(config.kind, &config.model, config.temperature, takes, &messages),
            }
        })
        .collect();
    Ok(requests)
}
