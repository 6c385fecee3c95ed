//! Tests of the real window: the built program on a display, a session bus, a keychain and a
//! microphone of its own, driven through WebKit's own WebDriver. Nothing is mocked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::significant_drop_tightening,
    missing_docs,
    unreachable_pub,
    reason = "a test that panics is a test that fails"
)]

mod administration;
mod alone;
mod around;
mod driver;
mod main_job;
mod pages;
mod place;
#[path = "../support/real_time.rs"]
mod real_time;
