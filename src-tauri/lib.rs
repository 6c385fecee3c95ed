//! Insight Journey: the shell around the core. Chooses between window, command line and worker.
//!
//! Architecture invariant: nothing here knows how a thing is done. Commands hand their words to a
//! use-case of `journey-app` and print or return what comes back.

mod cli;
mod desktop;
mod log;
mod start;

pub use start::run;
