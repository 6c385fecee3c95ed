//! Fetching a model: resumable, checked, and never without leave and a line in the ledger.
//!
//! The proxy variables of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) are honoured;
//! the ledger names the host that is asked for, whichever way the bytes take.

mod error;
mod http;
mod partial;

pub use error::DownloadError;

use http::{Asked, Client};
use journey_domain::{
    consent::Consent,
    ledger::RequestOutcome,
    ports::{CancelToken, Ledger},
};
use partial::Partial;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// A file to fetch, known beforehand to the byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is; https, or http on the loopback interface.
    pub url: String,
    /// Under which name it is stored.
    pub file_name: String,
    /// Length in bytes.
    pub size_bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// How long to wait and how often to try.
#[derive(Clone, Debug)]
pub struct DownloadOptions {
    /// Silence after which a connection counts as stalled.
    pub stall: Duration,
    /// Attempts in a row that may bring nothing new.
    pub n_attempts: u32,
    /// Wait before the second attempt; doubles with each further one.
    pub backoff: Duration,
    /// Longest wait that a server may ask for before it is told as an error.
    pub longest_wait: Duration,
}

impl Default for DownloadOptions {
    fn default() -> Self {
        Self {
            stall: Duration::from_secs(30),
            n_attempts: 5,
            backoff: Duration::from_secs(1),
            longest_wait: Duration::from_secs(60),
        }
    }
}

/// What a download works with beside its source.
pub struct DownloadPorts<'a> {
    /// The person's leave.
    pub consent: &'a Consent,
    /// Written before each request.
    pub ledger: &'a dyn Ledger,
    /// Stops it; what has come so far stays and is gone on from next time.
    pub cancel: &'a CancelToken,
}

/// Free space to leave on the disk beyond the model itself, in bytes.
const SPARE_BYTES: u64 = 100_000_000;

/// How many bytes of `source` an unfinished download left in `dir`; `None` where none did.
#[must_use]
pub fn kept_bytes(source: &Source, dir: &Path) -> Option<u64> {
    Some(partial::path(source, dir).metadata().ok()?.len())
}

/// Fetches `source` into `dir`, going on from an earlier partial file, and returns its path.
///
/// `progress` gets the bytes there are and their total. Pausing is cancelling: the partial file
/// stays.
///
/// # Errors
/// [`DownloadError`]; a partial file that cannot become right is deleted.
pub async fn download(
    source: &Source,
    dir: &Path,
    ports: &DownloadPorts<'_>,
    options: &DownloadOptions,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<PathBuf, DownloadError> {
    let mut partial = Partial::open(source, dir).await?;
    let needed = source.size_bytes.saturating_sub(partial.len()).saturating_add(SPARE_BYTES);
    let free = super::installed::free_bytes(dir)?;
    if free < needed {
        return Err(DownloadError::NoSpace { needed, free });
    }
    let client = Client::new(options.stall)?;
    progress(partial.len(), source.size_bytes);
    let mut n_failed = 0;
    while partial.len() < source.size_bytes {
        let before = partial.len();
        let error = match attempt(source, &client, &mut partial, ports, progress).await {
            Ok(()) => continue,
            Err(error) => error,
        };
        partial.flush()?;
        if !error.is_passing() {
            if error.spoils_partial() {
                partial.discard()?;
            }
            return Err(error);
        }
        n_failed = if partial.len() > before { 1 } else { n_failed + 1 };
        let asked = error.retry_after();
        if n_failed >= options.n_attempts || asked.is_some_and(|t| t > options.longest_wait) {
            return Err(error);
        }
        let doubled = options.backoff.saturating_mul(1 << (n_failed - 1).min(6));
        http::pause(asked.unwrap_or(doubled), ports.cancel).await?;
    }
    partial.finish()
}

async fn attempt(
    source: &Source,
    client: &Client,
    partial: &mut Partial,
    ports: &DownloadPorts<'_>,
    progress: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<(), DownloadError> {
    let from = partial.len();
    let Asked { mut answer, row, status } =
        client.ask(&source.url, from, partial.etag(), ports).await?;
    let mut n_received: u64 = 0;
    let result = async {
        http::check(&answer, source.size_bytes, from)?;
        if status == 200 && from > 0 {
            partial.restart()?;
        }
        partial.remember_etag(http::etag(&answer).as_deref())?;
        loop {
            let piece = client.watched(answer.chunk(), ports.cancel).await?;
            let piece = piece.map_err(|e| DownloadError::from_reqwest(&e))?;
            let Some(piece) = piece else { break };
            n_received += piece.len() as u64;
            partial.append(&piece)?;
            progress(partial.len(), source.size_bytes);
        }
        if partial.len() < source.size_bytes {
            return Err(DownloadError::CutOff);
        }
        Ok(())
    }
    .await;
    let outcome = match &result {
        Ok(()) => "answered",
        Err(error) => error.outcome(),
    };
    ports.ledger.came_back(
        row,
        &RequestOutcome {
            status: Some(status),
            outcome: outcome.to_owned(),
            bytes_in: n_received,
            tokens_in: None,
            tokens_out: None,
            cost_usd: None,
        },
    )?;
    if status == 416 {
        partial.restart()?;
    }
    result
}
