//! Finds emotions, topics, insights, beliefs, challenges and actions in a transcript.
//!
//! Architecture invariant: no element leaves this crate without a span that was checked here.

pub mod analyser;
mod attribution;
pub mod eval;
pub mod evidence;
pub mod merge;
pub mod on_device;
pub mod provider;
pub mod revision;
pub mod sentences;
pub mod taxonomy_files;
pub mod threads;

#[cfg(any(test, feature = "fuzzing"))]
#[allow(clippy::panic, clippy::expect_used, reason = "a broken promise is what fuzzing looks for")]
pub mod fuzzing;
#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;

pub use analyser::{Analyser, AnalysisContext, AnalysisError, BoxFuture};
pub use on_device::OnDeviceAnalyser;
