//! The one gate in front of every command: token, role, rate, before any work.

pub mod command;
pub mod token;
