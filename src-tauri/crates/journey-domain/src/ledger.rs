//! What is recorded of every request that leaves the machine.

use crate::ids::{LedgerId, SessionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A request as it is about to be sent. Never holds a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingRequest {
    /// For which session, if any.
    pub session: Option<SessionId>,
    /// What for, such as `analyse` or `model download`.
    pub purpose: &'static str,
    /// `https`, `http`, `bolt`.
    pub scheme: String,
    /// Host and port.
    pub host: String,
    /// Method and path, such as `POST /v1/chat/completions`.
    pub target: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// The outcome of a request for which there was no connection: nothing of it left.
pub const NOT_SENT: &str = "not sent";

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestOutcome {
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// `answered`, `refused`, `timed out`, `cancelled`, [`NOT_SENT`], …
    pub outcome: String,
    /// Bytes received.
    pub bytes_in: u64,
    /// Tokens sent, as the provider counted them.
    pub tokens_in: Option<u64>,
    /// Tokens received, as the provider counted them.
    pub tokens_out: Option<u64>,
    /// In US dollars, where a dated price is known.
    pub cost_usd: Option<f64>,
}

/// One line of the ledger as read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Identity.
    pub id: LedgerId,
    /// For which session; `None` also after that session was erased.
    pub session: Option<SessionId>,
    /// What for.
    pub purpose: String,
    /// `https`, `http`, `bolt`.
    pub scheme: String,
    /// Host and port.
    pub host: String,
    /// Method and path.
    pub target: String,
    /// When it was written, which is before it was sent.
    pub at: Timestamp,
    /// Length of the body in bytes.
    pub bytes_out: u64,
    /// SHA-256 of the body, in hexadecimal.
    pub body_sha256: String,
    /// The body as sent; `None` after its session was erased.
    pub body: Option<Vec<u8>>,
    /// `None` while it is under way, and for one that the program did not live to see answered.
    pub outcome: Option<RequestOutcome>,
}

impl LedgerEntry {
    /// Whether anything of it may have left the machine.
    #[must_use]
    pub fn left(&self) -> bool {
        self.outcome.as_ref().is_none_or(|it| it.outcome != NOT_SENT)
    }
}
