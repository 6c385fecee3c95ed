//! One request: within the leave, in the ledger before it is sent, and bounded in time and size.

use super::{
    address::{Address, CheckedResolver},
    error::{NO_CONNECTION, ProviderError},
};
use journey_domain::{
    consent::Consent,
    ledger::{NOT_SENT, OutgoingRequest, RequestOutcome},
    ports::{CancelToken, Ledger},
};
use reqwest::{
    Method, Response,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

/// How often a cancellation is looked for.
const TICK: Duration = Duration::from_millis(50);

/// Bounds of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Until there is a connection.
    pub(crate) connect: Duration,
    /// Until the answer begins.
    pub(crate) first_byte: Duration,
    /// Between two pieces of an answer.
    pub(crate) idle: Duration,
    /// Longest answer, in bytes.
    pub(crate) body: usize,
    /// Longest streamed answer with its frames, in bytes: each token comes in some 300 of them.
    pub(crate) stream: usize,
    /// First pause before asking again; doubles each time.
    pub(crate) backoff: Duration,
    /// Longest pause, whatever the server asks for.
    pub(crate) longest_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(60),
            idle: Duration::from_secs(20),
            body: 2 << 20,
            stream: 8 << 20,
            backoff: Duration::from_millis(500),
            longest_pause: Duration::from_secs(120),
        }
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) is_event_stream: bool,
}

/// What the ledger is told of an answer beside its size.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) tokens_in: Option<u64>,
    pub(crate) tokens_out: Option<u64>,
    pub(crate) cost_usd: Option<f64>,
}

/// The one way out of this crate.
pub(crate) struct Http {
    client: reqwest::Client,
    pub(crate) address: Address,
    key: Option<SecretString>,
    consent: Consent,
    ledger: Arc<dyn Ledger>,
    pub(crate) limits: Limits,
}

impl Http {
    pub(crate) fn new(
        address: Address,
        key: Option<SecretString>,
        consent: Consent,
        ledger: Arc<dyn Ledger>,
        limits: Limits,
    ) -> Result<Self, ProviderError> {
        let mut builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(limits.connect)
            .dns_resolver(Arc::new(CheckedResolver { loopback: address.is_loopback() }))
            .user_agent(concat!("insight-journey/", env!("CARGO_PKG_VERSION")));
        if address.is_loopback() {
            // What is meant for this computer must not travel to a proxy.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|_| ProviderError::Client)?;
        Ok(Self { client, address, key, consent, ledger, limits })
    }

    /// Sends one request and reads the answer. `count` looks into an answer for the ledger;
    /// `heard` is called with the bytes so far.
    pub(crate) async fn call(
        &self,
        (method, path): (Method, &str),
        body: Vec<u8>,
        time_left: Duration,
        cancel: &CancelToken,
        heard: &(dyn Fn(usize) + Sync),
        count: &(dyn Fn(&Answer) -> Counted + Sync),
    ) -> Result<Answer, ProviderError> {
        if cancel.is_cancelled() {
            return Err(ProviderError::Cancelled);
        }
        let url = self.address.join(path);
        let row = self.ledger.about_to_send(&OutgoingRequest {
            session: self.consent.session(),
            purpose: self.consent.purpose().name(),
            scheme: self.address.scheme().to_owned(),
            host: self.address.host_and_port(),
            target: format!("{method} {}", url.path()),
            body: body.clone(),
        })?;
        let mut request = self.client.request(method, url);
        if !body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        if let Some(value) = self.key.as_ref().and_then(bearer) {
            request = request.header(AUTHORIZATION, value);
        }
        // Writing the row may have waited for the vault; whoever stopped it meanwhile sends nothing.
        let is_sent = !cancel.is_cancelled();
        let result = if is_sent {
            tokio::time::timeout(time_left, self.read(request, cancel, heard))
                .await
                .unwrap_or(Err(ProviderError::TimeLimit))
        } else {
            Err(ProviderError::Cancelled)
        };
        let outcome = match &result {
            Ok(answer) => {
                let counted = count(answer);
                RequestOutcome {
                    status: Some(answer.status),
                    outcome: if answer.status < 300 { "answered" } else { "refused" }.to_owned(),
                    bytes_in: answer.body.len() as u64,
                    tokens_in: counted.tokens_in,
                    tokens_out: counted.tokens_out,
                    cost_usd: counted.cost_usd,
                }
            }
            Err(error) => RequestOutcome {
                status: None,
                outcome: match error {
                    ProviderError::Cancelled if !is_sent => NOT_SENT,
                    ProviderError::Cancelled => "cancelled",
                    ProviderError::Stalled | ProviderError::TimeLimit => "timed out",
                    ProviderError::TooLarge => "too large",
                    ProviderError::Redirected => "redirected",
                    ProviderError::Network(NO_CONNECTION) => NOT_SENT,
                    _ => "failed",
                }
                .to_owned(),
                bytes_in: 0,
                tokens_in: None,
                tokens_out: None,
                cost_usd: None,
            },
        };
        self.ledger.came_back(row, &outcome)?;
        result
    }

    async fn read(
        &self,
        request: reqwest::RequestBuilder,
        cancel: &CancelToken,
        heard: &(dyn Fn(usize) + Sync),
    ) -> Result<Answer, ProviderError> {
        let mut response = watched(request.send(), self.limits.first_byte, cancel)
            .await?
            .map_err(|e| reason(&e))?;
        if response.status().is_redirection() {
            return Err(ProviderError::Redirected);
        }
        let is_event_stream =
            header(&response, CONTENT_TYPE).is_some_and(|kind| kind.contains("event-stream"));
        let most = if is_event_stream { self.limits.stream } else { self.limits.body };
        if response.content_length().is_some_and(|length| length > most as u64) {
            return Err(ProviderError::TooLarge);
        }
        let status = response.status().as_u16();
        let retry_after = header(&response, RETRY_AFTER);
        let mut body = Vec::new();
        while let Some(piece) =
            watched(response.chunk(), self.limits.idle, cancel).await?.map_err(|e| reason(&e))?
        {
            if body.len() + piece.len() > most {
                return Err(ProviderError::TooLarge);
            }
            body.extend_from_slice(&piece);
            heard(body.len());
        }
        Ok(Answer { status, retry_after, body, is_event_stream })
    }

    /// `text` without the key, should a server repeat it.
    pub(crate) fn without_key(&self, text: &str) -> String {
        match self.key.as_ref().map(|key| key.expose_secret().trim()) {
            Some(key) if !key.is_empty() => text.replace(key, "[key]"),
            _ => text.to_owned(),
        }
    }
}

fn bearer(key: &SecretString) -> Option<HeaderValue> {
    let mut value =
        HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn header(response: &Response, name: reqwest::header::HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

fn reason(error: &reqwest::Error) -> ProviderError {
    // A connection that takes too long is both.
    if error.is_connect() {
        ProviderError::Network(NO_CONNECTION)
    } else if error.is_timeout() {
        ProviderError::Stalled
    } else {
        ProviderError::Network("the connection broke off")
    }
}

/// The result of `future`, unless it takes longer than `limit` or is cancelled.
async fn watched<F: Future>(
    future: F,
    limit: Duration,
    cancel: &CancelToken,
) -> Result<F::Output, ProviderError> {
    let mut future: Pin<&mut F> = pin!(future);
    let mut waited = Duration::ZERO;
    while waited < limit {
        if cancel.is_cancelled() {
            return Err(ProviderError::Cancelled);
        }
        let tick = TICK.min(limit);
        if let Ok(result) = tokio::time::timeout(tick, future.as_mut()).await {
            return Ok(result);
        }
        waited += tick;
    }
    Err(ProviderError::Stalled)
}

/// Waits, unless cancelled.
pub(crate) async fn pause(time: Duration, cancel: &CancelToken) -> Result<(), ProviderError> {
    match watched(std::future::pending::<()>(), time, cancel).await {
        Err(ProviderError::Cancelled) => Err(ProviderError::Cancelled),
        _ => Ok(()),
    }
}
