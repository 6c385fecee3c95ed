//! One request with its redirects, each within the person's leave and in the ledger.

use super::{DownloadError, DownloadPorts};
use journey_domain::{
    ids::LedgerId,
    ledger::{OutgoingRequest, RequestOutcome},
    ports::CancelToken,
};
use reqwest::{
    Response, StatusCode, Url,
    header::{
        CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, IF_RANGE, LOCATION, RANGE, RETRY_AFTER,
    },
    redirect::Policy,
};
use std::{
    future::Future,
    pin::{Pin, pin},
    time::Duration,
};

/// Redirects followed in one request; model hosts use one or two.
const MAX_REDIRECTS: u32 = 5;
/// How often a cancellation is looked for.
const TICK: Duration = Duration::from_millis(50);

pub(super) struct Client {
    inner: reqwest::Client,
    stall: Duration,
}

/// An answer whose outcome is still to be told to the ledger.
pub(super) struct Asked {
    pub(super) answer: Response,
    pub(super) row: LedgerId,
    pub(super) status: u16,
}

impl Client {
    pub(super) fn new(stall: Duration) -> Result<Self, DownloadError> {
        let inner = reqwest::Client::builder()
            .redirect(Policy::none())
            .user_agent(concat!("insight-journey/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| DownloadError::Tls)?;
        Ok(Self { inner, stall })
    }

    /// Asks for the bytes from `from` on.
    pub(super) async fn ask(
        &self,
        url: &str,
        from: u64,
        etag: Option<&str>,
        ports: &DownloadPorts<'_>,
    ) -> Result<Asked, DownloadError> {
        let mut url = parse(url)?;
        for _ in 0..=MAX_REDIRECTS {
            let host = allowed_host(&url, ports)?;
            let row = ports.ledger.about_to_send(&OutgoingRequest {
                session: None,
                purpose: ports.consent.purpose().name(),
                scheme: url.scheme().to_owned(),
                host,
                target: format!("GET {}", url.path()),
                body: Vec::new(),
            })?;
            let mut request = self.inner.get(url.clone());
            if from > 0 {
                request = request.header(RANGE, format!("bytes={from}-"));
                if let Some(etag) = etag {
                    request = request.header(IF_RANGE, etag);
                }
            }
            let sent = match self.watched(request.send(), ports.cancel).await {
                Ok(sent) => sent.map_err(|e| DownloadError::from_reqwest(&e)),
                Err(error) => Err(error),
            };
            let answer = match sent {
                Ok(answer) => answer,
                Err(error) => {
                    ports.ledger.came_back(row, &without_body(None, error.outcome()))?;
                    return Err(error);
                }
            };
            let status = answer.status();
            if !status.is_redirection() {
                return Ok(Asked { answer, row, status: status.as_u16() });
            }
            ports.ledger.came_back(row, &without_body(Some(status.as_u16()), "redirected"))?;
            let target = header(&answer, &LOCATION).unwrap_or_default();
            url = url.join(target).map_err(|_| not_allowed(target))?;
        }
        Err(DownloadError::TooManyRedirects)
    }

    /// The result of `future`, unless nothing comes for too long or it is cancelled.
    pub(super) async fn watched<F: Future>(
        &self,
        future: F,
        cancel: &CancelToken,
    ) -> Result<F::Output, DownloadError> {
        let mut future: Pin<&mut F> = pin!(future);
        let mut waited = Duration::ZERO;
        while waited < self.stall {
            if cancel.is_cancelled() {
                return Err(DownloadError::Cancelled);
            }
            let tick = TICK.min(self.stall);
            if let Ok(result) = tokio::time::timeout(tick, future.as_mut()).await {
                return Ok(result);
            }
            waited += tick;
        }
        Err(DownloadError::Stalled)
    }
}

/// Waits, unless cancelled.
pub(super) async fn pause(time: Duration, cancel: &CancelToken) -> Result<(), DownloadError> {
    let mut left = time;
    while !left.is_zero() {
        if cancel.is_cancelled() {
            return Err(DownloadError::Cancelled);
        }
        let tick = TICK.min(left);
        tokio::time::sleep(tick).await;
        left -= tick;
    }
    Ok(())
}

/// Whether the answer is the file, from the byte asked for.
pub(super) fn check(answer: &Response, size: u64, from: u64) -> Result<(), DownloadError> {
    let status = answer.status();
    match status {
        StatusCode::OK | StatusCode::PARTIAL_CONTENT => {}
        StatusCode::RANGE_NOT_SATISFIABLE => return Err(DownloadError::BadRange),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(DownloadError::Refused(status.as_u16()));
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(DownloadError::NotFound),
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => return Err(DownloadError::Proxy),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            let seconds = header(answer, &RETRY_AFTER).and_then(|text| text.trim().parse().ok());
            return Err(DownloadError::Throttled { retry_after: seconds.map(Duration::from_secs) });
        }
        _ => return Err(DownloadError::Status(status.as_u16())),
    }
    if header(answer, &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html")) {
        return Err(DownloadError::WrongContent);
    }
    let expected = if status == StatusCode::PARTIAL_CONTENT {
        let range =
            header(answer, &CONTENT_RANGE).and_then(range).ok_or(DownloadError::BadRange)?;
        if range.0 != from {
            return Err(DownloadError::BadRange);
        }
        if range.1.is_some_and(|total| total != size) {
            return Err(DownloadError::WrongSize);
        }
        size - from.min(size)
    } else {
        size
    };
    // A body that is shorter than promised breaks off; one that promises another length is another
    // file.
    if answer.content_length().is_some_and(|length| length != expected) {
        return Err(DownloadError::WrongSize);
    }
    Ok(())
}

/// A strong entity tag; weak ones may not stand in `If-Range`.
pub(super) fn etag(answer: &Response) -> Option<String> {
    header(answer, &ETAG).filter(|tag| tag.starts_with('"')).map(str::to_owned)
}

/// First byte and total of `bytes 5-9/10`.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, rest) = text.strip_prefix("bytes ")?.split_once('-')?;
    let (_, total) = rest.split_once('/')?;
    Some((first.trim().parse().ok()?, total.trim().parse().ok()))
}

fn header<'a>(answer: &'a Response, name: &HeaderName) -> Option<&'a str> {
    answer.headers().get(name)?.to_str().ok()
}

fn parse(url: &str) -> Result<Url, DownloadError> {
    Url::parse(url).map_err(|_| not_allowed(url))
}

fn not_allowed(host: &str) -> DownloadError {
    DownloadError::HostNotAllowed { host: host.to_owned() }
}

/// Host and port, where the leave names the host and the way there is safe.
fn allowed_host(url: &Url, ports: &DownloadPorts<'_>) -> Result<String, DownloadError> {
    let host = url.host_str().unwrap_or_default();
    let is_safe = match url.scheme() {
        "https" => true,
        "http" => matches!(host, "127.0.0.1" | "[::1]" | "localhost"),
        _ => false,
    };
    if !is_safe || !ports.consent.allows(host) {
        return Err(not_allowed(host));
    }
    Ok(format!("{host}:{}", url.port_or_known_default().unwrap_or_default()))
}

fn without_body(status: Option<u16>, outcome: &str) -> RequestOutcome {
    RequestOutcome {
        status,
        outcome: outcome.to_owned(),
        bytes_in: 0,
        tokens_in: None,
        tokens_out: None,
        cost_usd: None,
    }
}
