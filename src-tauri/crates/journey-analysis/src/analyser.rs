//! What every analyser does, the one on the device and those elsewhere.

use journey_domain::{
    analysis::{AnalyserIdentity, Analysis, AnalysisInput},
    error_code::ErrorCode,
    ports::CancelToken,
};
use std::{fmt, future::Future, pin::Pin, sync::Arc};

/// A future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Takes how far an analysis is, 0 to 1, and a few words for a person without private content.
pub type ProgressSink = Arc<dyn Fn(f32, &str) + Send + Sync>;

/// How an analysis is stopped and watched.
#[derive(Clone)]
pub struct AnalysisContext {
    /// Asked between windows and sentences.
    pub cancel: CancelToken,
    /// Must not block.
    pub progress: ProgressSink,
}

impl Default for AnalysisContext {
    fn default() -> Self {
        Self { cancel: CancelToken::new(), progress: Arc::new(|_, _| {}) }
    }
}

impl fmt::Debug for AnalysisContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnalysisContext").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

/// Why there is no analysis.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// Stopped on request.
    #[error("the analysis was cancelled")]
    Cancelled,
    /// A provider failed; the message is its own, shortened, without private content.
    #[error("{message}")]
    Provider {
        /// Provider, network, or what else it was.
        code: ErrorCode,
        /// What happened.
        message: String,
        /// What the person can do.
        hint: Option<String>,
    },
    /// A file that ships with the program is damaged.
    #[error("the built-in model cannot be read")]
    DamagedModel,
}

impl AnalysisError {
    /// The code under which it reaches people and scripts.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Cancelled => ErrorCode::Cancelled,
            Self::Provider { code, .. } => *code,
            Self::DamagedModel => ErrorCode::Internal,
        }
    }

    /// What the person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Cancelled => None,
            Self::Provider { hint, .. } => hint.as_deref(),
            Self::DamagedModel => Some("Install the program again."),
        }
    }
}

/// Finds elements and links in a transcript.
pub trait Analyser: Send + Sync {
    /// Who analyses, as kept with the run.
    fn identity(&self) -> AnalyserIdentity;

    /// Analyses one transcript. A part that fails is a hole of the result, not an error.
    ///
    /// # Errors
    /// [`AnalysisError`] when nothing could be analysed.
    fn analyse<'a>(
        &'a self,
        input: AnalysisInput<'a>,
        context: &'a AnalysisContext,
    ) -> BoxFuture<'a, Result<Analysis, AnalysisError>>;
}
