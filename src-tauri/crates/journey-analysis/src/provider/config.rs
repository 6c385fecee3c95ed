//! What a provider is made from.

use super::{
    error::ProviderError,
    turns::{CallLimit, Turns},
};
use crate::{analyser::Analyser, taxonomy_files::EmotionPack};
use journey_domain::{
    consent::Consent,
    ports::{Clock, Ledger, Random, Replies},
};
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};

/// Which protocol a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderKind {
    /// OpenAI itself.
    OpenAi,
    /// A server that speaks OpenAI's protocol: llama-server, LM Studio, vLLM, OpenRouter.
    Compatible,
    /// Ollama's own protocol, which alone takes the size of the context.
    Ollama,
}

impl ProviderKind {
    /// The word of the settings, as kept with a run.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Compatible => "compatible",
            Self::Ollama => "ollama",
        }
    }

    /// The address where none is set.
    #[must_use]
    pub const fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::OpenAi => Some("https://api.openai.com/v1"),
            Self::Compatible => None,
            Self::Ollama => Some("http://127.0.0.1:11434"),
        }
    }

    /// Most characters of transcript in one request. A local context is small.
    pub(crate) const fn window_chars(self) -> usize {
        match self {
            Self::OpenAi | Self::Compatible => 12_000,
            Self::Ollama => 6_000,
        }
    }
}

/// A key, bound to the host it was entered for.
pub struct ProviderKey {
    /// The host, without port.
    pub host: String,
    /// The key itself.
    pub secret: SecretString,
}

impl std::fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderKey").field("host", &self.host).finish_non_exhaustive()
    }
}

/// A provider as the person's settings name it.
#[derive(Debug)]
pub struct ProviderConfig {
    /// Which protocol.
    pub kind: ProviderKind,
    /// For OpenAI's protocol with its version, such as `https://api.openai.com/v1`; for Ollama
    /// without a path.
    pub base_url: String,
    /// The model's name.
    pub model: String,
    /// `None` for servers that ask for none.
    pub key: Option<ProviderKey>,
    /// 0 to 2; sent only where the model takes it.
    pub temperature: Option<f32>,
    /// For the whole analysis of one session.
    pub time_limit: Duration,
    /// In US dollars for one session; without a known price it cannot be held.
    pub cost_limit_usd: Option<f64>,
    /// Names and places that are replaced before anything is sent.
    pub pseudonyms: Vec<String>,
    /// The hosts, without port, that settings allow.
    pub allowed_hosts: Vec<String>,
    /// The feelings that the model is offered.
    pub emotions: EmotionPack,
}

/// What a provider reaches the world through.
pub struct ProviderPorts {
    /// Written before each request and after it.
    pub ledger: Arc<dyn Ledger>,
    /// Leave for the host and, for the ledger, the session.
    pub consent: Consent,
    /// For limits and dates.
    pub clock: Arc<dyn Clock>,
    /// For pauses.
    pub random: Arc<dyn Random>,
    /// Shared by all analyses of a person, so that together they keep to what a provider bears.
    pub turns: Arc<Turns>,
    /// How many requests a minute may begin.
    pub calls: Arc<dyn CallLimit>,
    /// Answers to what was asked before; `None` to ask anew each time.
    pub replies: Option<Arc<dyn Replies>>,
    /// Reads the parts whose answers stay unreadable.
    pub on_device: Arc<dyn Analyser>,
}

impl std::fmt::Debug for ProviderPorts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderPorts").field("consent", &self.consent).finish_non_exhaustive()
    }
}

impl ProviderConfig {
    /// The key, if it was entered for `host`.
    pub(crate) fn key_for(&self, host: &str) -> Result<Option<SecretString>, ProviderError> {
        match &self.key {
            None => Ok(None),
            Some(key) if key.host.eq_ignore_ascii_case(host) => Ok(Some(key.secret.clone())),
            Some(_) => Err(ProviderError::ForeignKey),
        }
    }
}
