//! What can go wrong with a provider.

use crate::analyser::AnalysisError;
use journey_domain::{error_code::ErrorCode, ports::LedgerError};
use std::time::Duration;

/// There was no server to send anything to.
pub(crate) const NO_CONNECTION: &str = "no connection";

/// Why a provider gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The address is none that may be asked.
    #[error("the provider's address cannot be used: {0}")]
    Address(&'static str),
    /// The leave does not name the host.
    #[error("there is no leave to send anything to this host")]
    NoConsent,
    /// The key was entered for another host.
    #[error("the key was entered for another host")]
    ForeignKey,
    /// The ledger could not be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The HTTP client could not be made.
    #[error("the network client could not be started")]
    Client,
    /// Stopped on request.
    #[error("the analysis was cancelled")]
    Cancelled,
    /// No connection, or it broke.
    #[error("the provider could not be reached: {0}")]
    Network(&'static str),
    /// Nothing came for too long.
    #[error("the provider did not answer in time")]
    Stalled,
    /// The service said no. The message is its own, shortened.
    #[error("the provider answered with status {status}: {message}")]
    Status {
        /// HTTP status.
        status: u16,
        /// The service's own words.
        message: String,
        /// Whether the account has nothing left to spend.
        quota: bool,
    },
    /// A redirect, which is never followed.
    #[error("the provider sent the request elsewhere, which is not followed")]
    Redirected,
    /// More than is read.
    #[error("the provider's answer was too large")]
    TooLarge,
    /// Not an answer of this protocol.
    #[error("the provider's answer was not of the expected form")]
    NotAnAnswer,
    /// The model declined.
    #[error("the model declined to analyse this part")]
    Refused,
    /// The answer was cut at its greatest length.
    #[error("the model's answer was cut off at its greatest length")]
    CutAtLength,
    /// The server read less than was sent.
    #[error("the server silently cut the text: it read {read} tokens of some {sent}")]
    CutPrompt {
        /// Tokens it says it read.
        read: u64,
        /// Tokens of what was sent, as counted here.
        sent: u64,
    },
    /// The session's time is over.
    #[error("the time limit of the analysis is reached")]
    TimeLimit,
    /// The session's money is spent.
    #[error("the cost limit of the analysis is reached")]
    CostLimit,
    /// As many requests began as a minute may see.
    #[error("the limit of calls to providers is reached; try again in {try_again_s} s")]
    CallLimit {
        /// When the next may begin, in seconds from now.
        try_again_s: u64,
    },
    /// The provider failed before; it is not asked again for now.
    #[error("the provider failed several times and is not asked again for now")]
    CircuitOpen,
}

/// Whole seconds after which it is worth another try.
pub(super) const fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + (wait.subsec_nanos() > 0) as u64
}

impl ProviderError {
    pub(super) const fn call_limit(wait: Duration) -> Self {
        Self::CallLimit { try_again_s: whole_seconds(wait) }
    }

    /// Whether asking again can help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Network(_) | Self::Stalled | Self::CircuitOpen => true,
            Self::Status { status, quota, .. } => {
                !*quota && matches!(*status, 408 | 409 | 425 | 429 | 500..=599)
            }
            _ => false,
        }
    }

    /// Whether the server may have read what was sent, and count it, though no whole answer came.
    #[must_use]
    pub(crate) fn may_be_billed(&self) -> bool {
        match self {
            Self::Network(words) => *words != NO_CONNECTION,
            Self::Stalled | Self::TimeLimit | Self::TooLarge | Self::Cancelled => true,
            _ => false,
        }
    }

    /// Whether no other part of the session can fare better.
    #[must_use]
    pub(crate) const fn ends_the_session(&self) -> bool {
        match self {
            Self::Status { status, quota, .. } => *quota || matches!(*status, 400..=407 | 410),
            Self::Address(_)
            | Self::NoConsent
            | Self::ForeignKey
            | Self::Ledger(_)
            | Self::Client
            | Self::Cancelled
            | Self::Redirected
            | Self::TimeLimit
            | Self::CostLimit
            | Self::CallLimit { .. }
            | Self::CircuitOpen => true,
            _ => false,
        }
    }

    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Address(_) => ErrorCode::Usage,
            Self::NoConsent | Self::ForeignKey => ErrorCode::NotAllowed,
            Self::Ledger(_) => ErrorCode::Io,
            Self::Network(_) | Self::Stalled | Self::CircuitOpen | Self::Client => {
                ErrorCode::Network
            }
            Self::CallLimit { .. } | Self::Status { status: 429, quota: false, .. } => {
                ErrorCode::RateLimited
            }
            Self::Status { .. } if self.is_passing() => ErrorCode::Network,
            _ => ErrorCode::Provider,
        }
    }

    /// What the person can do.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Status { quota: true, .. } => "Check the balance of the account at the provider.",
            Self::Status { status: 401 | 403, .. } => "Check the key and what it is allowed to do.",
            Self::Status { status: 404, .. } => "Check the model's name and the address.",
            Self::ForeignKey => "Enter the key again for this address.",
            Self::Address(_) => "Use an https address, or http for a server on this computer.",
            Self::Network(_) | Self::Stalled | Self::CircuitOpen => {
                "Check the connection and whether the server runs, then analyse again."
            }
            Self::CutPrompt { .. } => "Choose a model with a larger context.",
            Self::CallLimit { .. } => {
                "Wait so long, or ask an admin for a higher provider_calls_per_minute."
            }
            Self::TimeLimit | Self::CostLimit => "Raise the limit in the settings.",
            _ => return None,
        })
    }
}

impl From<ProviderError> for AnalysisError {
    fn from(error: ProviderError) -> Self {
        if matches!(error, ProviderError::Cancelled) {
            return Self::Cancelled;
        }
        Self::Provider {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
        }
    }
}
