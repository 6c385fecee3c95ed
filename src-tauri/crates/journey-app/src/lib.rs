//! The only composer: accounts, vault, speech and analysis put together into use-cases that the
//! window and the command line share.
//!
//! Architecture invariant: knows no window and no terminal; everything it needs from the world is
//! handed to [`App::open`].

pub mod access;
pub mod data_dir;
pub mod days;
pub mod doctor;
pub mod editing;
pub mod error;
pub mod gate;
pub mod import;
pub mod keychain;
pub mod record;
pub mod review;
pub mod run_diff;
pub mod sample;
pub mod settings;
pub mod system;
pub mod taxonomies;
pub mod title;
pub mod try_it;
pub mod views;
pub mod window;
pub mod wire;

mod analysing;
mod app;
mod backing_up;
mod findings;
mod from_vault;
mod open_vault;
#[cfg(test)]
mod person;
mod pipeline;
mod provider_places;
mod record_keeping;
mod speech;
mod threads;

pub use analysing::{Changed, Reanalysed, takes_key};
pub use app::{App, Ports};
pub use backing_up::{backup_can_go, backup_is_there};
pub use journey_vault::KdfCost;
pub use speech::ModelHost;

#[cfg(any(test, feature = "fuzzing"))]
#[allow(clippy::panic, clippy::expect_used, reason = "a broken promise is what fuzzing looks for")]
pub mod fuzzing;
#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod testing;
