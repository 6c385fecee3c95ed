//! Asking a provider whether it would answer, and this computer which servers it runs. Both only
//! when the person orders it.

use super::{
    chat,
    config::{ProviderConfig, ProviderKind, ProviderPorts},
    connect,
    error::ProviderError,
    http::{Answer, Counted, Limits},
    turns::take_at_once,
};
use crate::taxonomy_files::EmotionPack;
use journey_domain::ports::CancelToken;
use reqwest::Method;
use std::time::Duration;

/// The usual ports of local servers.
const LOCAL: [(u16, ProviderKind); 4] = [
    (11_434, ProviderKind::Ollama),
    (1_234, ProviderKind::Compatible),
    (8_080, ProviderKind::Compatible),
    (8_000, ProviderKind::Compatible),
];

/// Most models that are listed of one server.
const MAX_MODELS: usize = 500;

/// What a provider said when it was tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    /// The models it names.
    pub models: Vec<String>,
    /// Whether the chosen model is among them.
    pub has_model: bool,
}

/// A server that answered on this computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalServer {
    /// Which protocol.
    pub kind: ProviderKind,
    /// Its base address.
    pub base_url: String,
    /// The models it names.
    pub models: Vec<String>,
}

/// Asks the provider for its models: shows that the address, the key and the model are right.
/// Sends nothing of the person's words.
///
/// # Errors
/// [`ProviderError`], with the service's own words in [`ProviderError::Status`];
/// [`ProviderError::CallLimit`] says when to try again.
pub async fn test_provider(
    config: &ProviderConfig,
    ports: &ProviderPorts,
    cancel: &CancelToken,
) -> Result<TestReport, ProviderError> {
    let limits = Limits { first_byte: Duration::from_secs(15), ..Limits::default() };
    take_at_once(&*ports.calls)?;
    let models = models(config, ports, limits, cancel).await?;
    // Ollama names a model with its tag.
    let has_model = models.iter().any(|m| {
        *m == config.model || m.strip_suffix(":latest").is_some_and(|m| m == config.model)
    });
    Ok(TestReport { models, has_model })
}

/// Servers on the usual ports of this computer. The leave must name `127.0.0.1`.
///
/// # Errors
/// [`ProviderError::NoConsent`] without that leave, [`ProviderError::Ledger`],
/// [`ProviderError::CallLimit`], or [`ProviderError::Cancelled`]; a port on which nothing answers is no error.
pub async fn probe_local(
    ports: &ProviderPorts,
    cancel: &CancelToken,
) -> Result<Vec<LocalServer>, ProviderError> {
    // A server of this computer that is there answers at once.
    let limits = Limits {
        connect: Duration::from_millis(500),
        first_byte: Duration::from_secs(2),
        idle: Duration::from_secs(2),
        ..Limits::default()
    };
    probe(&LOCAL, ports, limits, cancel).await
}

pub(super) async fn probe(
    places: &[(u16, ProviderKind)],
    ports: &ProviderPorts,
    limits: Limits,
    cancel: &CancelToken,
) -> Result<Vec<LocalServer>, ProviderError> {
    take_at_once(&*ports.calls)?;
    let mut found = Vec::new();
    for &(port, kind) in places {
        let path = if kind == ProviderKind::Ollama { "" } else { "/v1" };
        let base_url = format!("http://127.0.0.1:{port}{path}");
        let config = ProviderConfig {
            kind,
            base_url,
            model: String::new(),
            key: None,
            temperature: None,
            time_limit: Duration::from_secs(5),
            cost_limit_usd: None,
            pseudonyms: Vec::new(),
            allowed_hosts: vec!["127.0.0.1".to_owned()],
            emotions: EmotionPack::default(),
        };
        match models(&config, ports, limits, cancel).await {
            Ok(models) => found.push(LocalServer { kind, base_url: config.base_url, models }),
            Err(
                error @ (ProviderError::NoConsent
                | ProviderError::Ledger(_)
                | ProviderError::Cancelled),
            ) => return Err(error),
            Err(_) => {}
        }
    }
    Ok(found)
}

async fn models(
    config: &ProviderConfig,
    ports: &ProviderPorts,
    mut limits: Limits,
    cancel: &CancelToken,
) -> Result<Vec<String>, ProviderError> {
    let http = connect(config, ports, &mut limits)?;
    let path = match config.kind {
        ProviderKind::Ollama => "/api/tags",
        ProviderKind::OpenAi | ProviderKind::Compatible => "/models",
    };
    let nothing = |_: &Answer| Counted::default();
    let asked = (Method::GET, path);
    let answer = http.call(asked, Vec::new(), config.time_limit, cancel, &|_| {}, &nothing).await?;
    if !(200..300).contains(&answer.status) {
        let (words, quota) = chat::error_words(&answer.body);
        let message = http.without_key(&words);
        return Err(ProviderError::Status { status: answer.status, message, quota });
    }
    let value: serde_json::Value =
        serde_json::from_slice(&answer.body).map_err(|_| ProviderError::NotAnAnswer)?;
    let list = value.get("data").or_else(|| value.get("models")).and_then(|l| l.as_array());
    let name = |m: &serde_json::Value| {
        m.get("id").or_else(|| m.get("name")).and_then(|n| n.as_str()).map(str::to_owned)
    };
    Ok(list.ok_or(ProviderError::NotAnAnswer)?.iter().filter_map(name).take(MAX_MODELS).collect())
}
