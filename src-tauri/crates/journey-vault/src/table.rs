//! The tables of a vault, one module each: its struct, a handle that reads, a handle that writes.
//!
//! A [`Read`](crate::Read) gives reading handles only, so what was opened to read cannot write.

pub mod analysis_cache;
pub mod corrections;
pub mod drafts;
pub mod elements;
pub mod jobs;
pub mod ledger;
pub mod overview;
pub mod recordings;
pub mod runs;
pub mod search;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod taxonomy_edits;
pub mod threads;
pub mod transcripts;

pub(crate) mod column;
mod cursor;
pub(crate) mod marks;
pub(crate) mod shown;

#[cfg(test)]
mod tests;
