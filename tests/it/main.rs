//! Tests of the whole program: one binary, one module a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::significant_drop_tightening,
    missing_docs,
    unreachable_pub,
    reason = "a test that panics is a test that fails"
)]

mod accounts;
#[path = "../support/after_silence.rs"]
mod after_silence;
mod along;
mod architecture;
mod backup;
mod bindings;
mod command_line;
mod documents;
mod doors;
mod forgotten;
mod gate;
mod hardening;
mod kills;
mod listening;
mod microphone;
mod providers;
#[path = "../support/real_time.rs"]
mod real_time;
mod recording;
mod support;
mod taxonomies;
mod threads;
