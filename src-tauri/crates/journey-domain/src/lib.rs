//! The words of Insight Journey as types: what a session, a transcript, an element and its evidence
//! are, which states they may be in, and the ports through which the world comes in.
//!
//! Architecture invariant: no I/O, no clock, no randomness, no async runtime. Time and ids are
//! arguments.

pub mod account;
pub mod analysis;
pub mod consent;
pub mod element;
pub mod error_code;
pub mod ids;
pub mod job;
pub mod ledger;
pub mod playback;
pub mod ports;
pub mod run;
pub mod session;
pub mod taxonomy;
pub mod text;
pub mod timeline;
pub mod transcript;
