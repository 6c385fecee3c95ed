//! The one error that leaves this crate: a code, one clear sentence, and what to do next.

use journey_domain::error_code::ErrorCode;
use serde::{Deserialize, Serialize};

/// What a person or a script gets when something did not work.
///
/// The message never holds private content: no transcript text, no names, no keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, ts_rs::TS)]
#[error("{message}")]
pub struct CommandError {
    /// Stable; to branch on.
    #[ts(type = "ErrorCode")]
    pub code: ErrorCode,
    /// What happened, one sentence.
    pub message: String,
    /// What to do next, one sentence.
    pub hint: Option<String>,
}

impl CommandError {
    /// An error without advice.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None }
    }

    /// The same error with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Wrong words or values.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Usage, message)
    }

    /// No such thing.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        Self::new(ErrorCode::NotSignedIn, "you are not signed in")
            .hint("Sign in with `insight-journey sign-in NAME`.")
    }

    /// The vault is closed.
    #[must_use]
    pub fn locked() -> Self {
        Self::new(ErrorCode::NotSignedIn, "the vault is locked")
            .hint("Unlock it with the password.")
    }

    /// Something unforeseen; the details go to the log, not to the person.
    #[must_use]
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "internal error");
        Self::new(ErrorCode::Internal, "something went wrong that should not have")
            .hint("Try again; `insight-journey doctor` shows what is out of order.")
    }
}

/// The result of every use-case.
pub type Result<T> = std::result::Result<T, CommandError>;
