//! Tests of the whole program: one binary, one module a file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a test that panics is a test that fails"
)]

mod accounts;
mod architecture;
mod backup;
mod command_line;
mod documents;
mod forgotten;
mod gate;
mod hardening;
mod providers;
mod support;
mod taxonomies;
mod threads;
