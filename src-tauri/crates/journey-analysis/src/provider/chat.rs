//! The chat protocols: OpenAI's, which compatible servers share, and Ollama's own.

use super::{
    config::ProviderKind,
    error::ProviderError,
    http::Answer,
    prompt::{Message, Role},
    tokens, wire,
};
use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessageArgs, ChatCompletionRequestMessage,
    ChatCompletionRequestSystemMessage, ChatCompletionRequestUserMessage,
    ChatCompletionStreamOptions, CreateChatCompletionRequest, ResponseFormat,
    ResponseFormatJsonSchema,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most tokens of one answer.
pub(crate) const MAX_TOKENS_OUT: u32 = 16_384;
/// Most tokens of one answer of a local model; its context must hold them too.
const MAX_TOKENS_OUT_LOCAL: u32 = 4_096;

/// What a server is known to take; learnt from what it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Takes {
    pub(crate) schema: bool,
    pub(crate) stream: bool,
    pub(crate) temperature: bool,
    /// `max_completion_tokens`, else the older `max_tokens`.
    pub(crate) new_limit: bool,
}

impl Takes {
    pub(crate) fn of(kind: ProviderKind, model: &str) -> Self {
        // Reasoning models refuse a temperature.
        let reasons = ["gpt-5", "o1", "o3", "o4"].iter().any(|p| model.starts_with(p));
        Self {
            schema: true,
            stream: true,
            temperature: kind != ProviderKind::OpenAi || !reasons,
            new_limit: kind == ProviderKind::OpenAi,
        }
    }

    /// What is left out next time after a refusal with these words; `None` where they name nothing
    /// that could be left out.
    pub(crate) fn without(self, words: &str) -> Option<Self> {
        let words = words.to_lowercase();
        let names = |list: &[&str]| list.iter().any(|name| words.contains(name));
        if self.temperature && names(&["temperature"]) {
            Some(Self { temperature: false, ..self })
        } else if self.new_limit && names(&["max_completion_tokens"]) {
            Some(Self { new_limit: false, ..self })
        } else if !self.new_limit && names(&["max_tokens"]) {
            Some(Self { new_limit: true, ..self })
        } else if self.schema && names(&["response_format", "schema", "grammar", "format"]) {
            Some(Self { schema: false, ..self })
        } else if self.stream && names(&["stream"]) {
            Some(Self { stream: false, ..self })
        } else {
            None
        }
    }
}

/// The path below the base address to which messages are posted.
pub(crate) const fn path(kind: ProviderKind) -> &'static str {
    match kind {
        ProviderKind::OpenAi | ProviderKind::Compatible => "/chat/completions",
        ProviderKind::Ollama => "/api/chat",
    }
}

/// A hash of what is asked, whichever parameters the server takes, in hexadecimal.
pub(crate) fn hash(
    url: &str,
    model: &str,
    temperature: Option<f32>,
    messages: &[Message],
) -> String {
    let mut sha = Sha256::new();
    let temperature = temperature.map(|t| t.to_string()).unwrap_or_default();
    let texts = messages.iter().map(|m| m.text.as_str());
    for part in [url, model, temperature.as_str()].into_iter().chain(texts) {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part.as_bytes());
    }
    sha.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// The bytes of a request.
pub(crate) fn body(
    kind: ProviderKind,
    model: &str,
    temperature: Option<f32>,
    takes: Takes,
    messages: &[Message],
) -> Vec<u8> {
    let temperature = temperature.filter(|_| takes.temperature);
    let bytes = match kind {
        ProviderKind::OpenAi | ProviderKind::Compatible => {
            serde_json::to_vec(&openai_request(kind, model, temperature, takes, messages))
        }
        ProviderKind::Ollama => {
            serde_json::to_vec(&ollama_request(model, temperature, takes, messages))
        }
    };
    // Strings and numbers alone: there is nothing in it that JSON could not write.
    bytes.unwrap_or_default()
}

fn openai_request(
    kind: ProviderKind,
    model: &str,
    temperature: Option<f32>,
    takes: Takes,
    messages: &[Message],
) -> CreateChatCompletionRequest {
    let mut request = CreateChatCompletionRequest {
        messages: messages.iter().map(openai_message).collect(),
        model: model.to_owned(),
        temperature,
        ..CreateChatCompletionRequest::default()
    };
    if takes.schema {
        request.response_format = Some(ResponseFormat::JsonSchema {
            json_schema: ResponseFormatJsonSchema {
                name: "analysis".to_owned(),
                schema: wire::schema().clone(),
                strict: Some(true),
                ..ResponseFormatJsonSchema::default()
            },
        });
    }
    if takes.stream {
        request.stream = Some(true);
        request.stream_options =
            Some(ChatCompletionStreamOptions { include_usage: Some(true), ..Default::default() });
    }
    if takes.new_limit {
        request.max_completion_tokens = Some(MAX_TOKENS_OUT);
    } else {
        #[allow(deprecated, reason = "compatible servers know the older name only")]
        {
            request.max_tokens = Some(MAX_TOKENS_OUT_LOCAL);
        }
    }
    if kind == ProviderKind::OpenAi {
        request.store = Some(false);
    }
    request
}

fn openai_message(message: &Message) -> ChatCompletionRequestMessage {
    let text = message.text.clone();
    match message.role {
        Role::System => {
            ChatCompletionRequestSystemMessage { content: text.into(), name: None }.into()
        }
        Role::User => ChatCompletionRequestUserMessage { content: text.into(), name: None }.into(),
        Role::Assistant => ChatCompletionRequestAssistantMessageArgs::default()
            .content(text)
            .build()
            .unwrap_or_default()
            .into(),
    }
}

#[derive(Serialize)]
struct OllamaRequest<'a> {
    model: &'a str,
    messages: Vec<OllamaMessage<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static serde_json::Value>,
    options: OllamaOptions,
}

#[derive(Serialize)]
struct OllamaMessage<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct OllamaOptions {
    num_ctx: u64,
    num_predict: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
}

fn ollama_request<'a>(
    model: &'a str,
    temperature: Option<f32>,
    takes: Takes,
    messages: &'a [Message],
) -> OllamaRequest<'a> {
    let prompt: u64 = messages.iter().map(|m| tokens::at_most(&m.text)).sum();
    OllamaRequest {
        model,
        messages: messages
            .iter()
            .map(|m| OllamaMessage {
                role: match m.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                },
                content: &m.text,
            })
            .collect(),
        stream: takes.stream,
        format: takes.schema.then(wire::schema),
        options: OllamaOptions {
            num_ctx: (prompt + u64::from(MAX_TOKENS_OUT_LOCAL)).next_multiple_of(1_024),
            num_predict: MAX_TOKENS_OUT_LOCAL,
            temperature,
        },
    }
}

/// What a model said, and what it was counted as.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) tokens_in: Option<u64>,
    pub(crate) tokens_out: Option<u64>,
    pub(crate) end: End,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    /// It broke off without saying so.
    #[default]
    Missing,
    Complete,
    Length,
    Refused,
}

#[derive(Deserialize)]
struct OpenAiPiece {
    #[serde(default)]
    choices: Vec<OpenAiChoice>,
    #[serde(default)]
    usage: Option<OpenAiUsage>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct OpenAiChoice {
    #[serde(default, alias = "message")]
    delta: OpenAiContent,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct OpenAiContent {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct OpenAiUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

#[derive(Deserialize)]
struct OllamaPiece {
    #[serde(default)]
    message: OpenAiContent,
    #[serde(default)]
    done: bool,
    #[serde(default)]
    done_reason: Option<String>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
    #[serde(default)]
    eval_count: Option<u64>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

/// Reads an answer, streamed or not. Nothing is taken from one that is not complete.
pub(crate) fn read(kind: ProviderKind, answer: &Answer) -> Result<Said, ProviderError> {
    let text = std::str::from_utf8(&answer.body).map_err(|_| ProviderError::NotAnAnswer)?;
    let mut said = Said::default();
    let bad = |_| ProviderError::NotAnAnswer;
    match kind {
        ProviderKind::Ollama => {
            for line in text.lines().filter(|l| !l.trim().is_empty()) {
                said.add_ollama(&serde_json::from_str(line).map_err(bad)?)?;
            }
        }
        _ if answer.is_event_stream => {
            for line in text.lines() {
                let Some(data) = line.strip_prefix("data:").map(str::trim) else { continue };
                if data != "[DONE]" {
                    said.add_openai(serde_json::from_str(data).map_err(bad)?)?;
                }
            }
        }
        _ => said.add_openai(serde_json::from_str(text).map_err(bad)?)?,
    }
    Ok(said)
}

impl Said {
    fn add_openai(&mut self, piece: OpenAiPiece) -> Result<(), ProviderError> {
        if piece.error.is_some() {
            return Err(ProviderError::Network("the server broke off its answer"));
        }
        if let Some(usage) = piece.usage {
            self.tokens_in = Some(usage.prompt_tokens);
            self.tokens_out = Some(usage.completion_tokens);
        }
        let Some(choice) = piece.choices.into_iter().next() else { return Ok(()) };
        self.text.push_str(choice.delta.content.as_deref().unwrap_or_default());
        if choice.delta.refusal.is_some_and(|r| !r.is_empty()) {
            self.end = End::Refused;
        }
        match choice.finish_reason.as_deref() {
            None => {}
            Some("length") => self.end = End::Length,
            Some("content_filter") => self.end = End::Refused,
            Some(_) if self.end == End::Missing => self.end = End::Complete,
            Some(_) => {}
        }
        Ok(())
    }

    fn add_ollama(&mut self, piece: &OllamaPiece) -> Result<(), ProviderError> {
        if piece.error.is_some() {
            return Err(ProviderError::Network("the server broke off its answer"));
        }
        self.text.push_str(piece.message.content.as_deref().unwrap_or_default());
        self.tokens_in = piece.prompt_eval_count.or(self.tokens_in);
        self.tokens_out = piece.eval_count.or(self.tokens_out);
        if piece.done {
            let length = piece.done_reason.as_deref() == Some("length");
            self.end = if length { End::Length } else { End::Complete };
        }
        Ok(())
    }
}

/// The service's own words in an error body, and whether they say that nothing is left to spend.
pub(crate) fn error_words(body: &[u8]) -> (String, bool) {
    let text = String::from_utf8_lossy(body);
    let value: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let error = value.as_ref().and_then(|v| v.get("error"));
    let field = |name: &str| error.and_then(|e| e.get(name)).and_then(serde_json::Value::as_str);
    let words = field("message")
        .or_else(|| error.and_then(serde_json::Value::as_str))
        .or_else(|| value.as_ref()?.get("message")?.as_str())
        .unwrap_or(if text.trim_start().starts_with('<') { "a web page" } else { &text });
    let spent = ["insufficient_quota", "billing_hard_limit_reached", "insufficient_credits"];
    let quota = ["code", "type"].iter().any(|f| field(f).is_some_and(|c| spent.contains(&c)));
    let words: String =
        words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    (words.trim().to_owned(), quota)
}
