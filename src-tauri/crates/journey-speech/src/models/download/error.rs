//! Why a model could not be fetched, in words for a person.

use journey_domain::{error_code::ErrorCode, ledger::NOT_SENT, ports::LedgerError};
use std::{error::Error, io, time::Duration};

/// Why a model could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The person's leave does not name this host, or the address is neither https nor loopback.
    #[error("the download leads to {host}, which was not agreed to")]
    HostNotAllowed {
        /// The host, or the address where it has none.
        host: String,
    },
    /// More than five redirects.
    #[error("the server keeps sending the download elsewhere")]
    TooManyRedirects,
    /// No connection.
    #[error("the server could not be reached")]
    Offline,
    /// The certificate was not accepted.
    #[error("the secure connection was not accepted")]
    Tls,
    /// A proxy wants a name and a password.
    #[error("the proxy refused the connection")]
    Proxy,
    /// 401 or 403.
    #[error("the server refused the download (status {0})")]
    Refused(u16),
    /// 404 or 410.
    #[error("the server does not have this model any more")]
    NotFound,
    /// 429, or another answer that names a time.
    #[error("the server is busy{}", .retry_after.map(|t| format!(" and asks to wait {} seconds", t.as_secs())).unwrap_or_default())]
    Throttled {
        /// How long to wait, where the server says so.
        retry_after: Option<Duration>,
    },
    /// Another status.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// The server has no such part; the file is fetched from its start.
    #[error("the server could not go on from where the download stood")]
    BadRange,
    /// A page instead of a model.
    #[error("the server sent a web page instead of the model")]
    WrongContent,
    /// The length differs from the catalogue's.
    #[error("the file on the server is not the one in the catalogue: its size differs")]
    WrongSize,
    /// The SHA-256 differs from the catalogue's.
    #[error("the download is damaged or not the file in the catalogue; it was deleted")]
    WrongHash,
    /// Nothing came for too long.
    #[error("the download stalled")]
    Stalled,
    /// The connection ended before the file did.
    #[error("the connection broke off")]
    CutOff,
    /// The disk is too small.
    #[error("the disk has {} MB free, and the model needs {} MB", .free / 1_000_000, .needed.div_ceil(1_000_000))]
    NoSpace {
        /// Bytes needed.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// Another process is fetching the same model.
    #[error("this model is being downloaded already")]
    Busy,
    /// Stopped on request; what has come stays.
    #[error("the download was stopped")]
    Cancelled,
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Reading or writing failed.
    #[error("the download could not be stored")]
    Io(#[source] io::Error),
}

impl From<io::Error> for DownloadError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull {
            Self::NoSpace { needed: 0, free: 0 }
        } else {
            Self::Io(error)
        }
    }
}

impl DownloadError {
    pub(super) fn from_reqwest(error: &reqwest::Error) -> Self {
        let mut source = error.source();
        let mut said = String::new();
        while let Some(inner) = source {
            said.push_str(&inner.to_string().to_ascii_lowercase());
            source = inner.source();
        }
        if said.contains("certificate") {
            Self::Tls
        } else if said.contains("proxy") || said.contains("tunnel") {
            Self::Proxy
        } else if error.is_connect() {
            Self::Offline
        } else {
            Self::CutOff
        }
    }

    /// The code under which it reaches people.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NoSpace { .. } => ErrorCode::DiskFull,
            Self::Busy => ErrorCode::Busy,
            Self::Cancelled => ErrorCode::Cancelled,
            Self::WrongContent | Self::WrongSize | Self::WrongHash => ErrorCode::BadModel,
            Self::NotFound => ErrorCode::NotFound,
            Self::HostNotAllowed { .. } => ErrorCode::NotAllowed,
            Self::Ledger(_) | Self::Io(_) => ErrorCode::Io,
            _ => ErrorCode::Network,
        }
    }

    /// What a person can do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Offline => Some("Check the network and order the download again: it goes on."),
            Self::Tls => Some(
                "A firewall or virus scanner may be reading secure connections. Fetch the file in a browser and add it with `model add FILE`.",
            ),
            Self::Proxy => Some("Check HTTPS_PROXY, or add the file by hand: `model add FILE`."),
            Self::Refused(_) | Self::NotFound | Self::WrongContent | Self::WrongSize => {
                Some("Fetch the file in a browser and add it with `model add FILE`.")
            }
            Self::Throttled { .. } | Self::Stalled | Self::CutOff => {
                Some("Order the download again later: it goes on from where it stands.")
            }
            Self::WrongHash => Some("Order the download again; it starts afresh."),
            Self::NoSpace { .. } => Some("Free some space, or choose a smaller model."),
            _ => None,
        }
    }

    pub(super) const fn is_passing(&self) -> bool {
        match self {
            Self::Offline
            | Self::Throttled { .. }
            | Self::Stalled
            | Self::CutOff
            | Self::BadRange => true,
            Self::Status(status) => *status >= 500,
            _ => false,
        }
    }

    pub(super) const fn spoils_partial(&self) -> bool {
        matches!(self, Self::WrongSize)
    }

    pub(super) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// As the ledger tells it.
    pub(super) const fn outcome(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Stalled => "timed out",
            Self::Refused(_) | Self::Throttled { .. } => "refused",
            Self::Offline => NOT_SENT,
            _ => "failed",
        }
    }
}
