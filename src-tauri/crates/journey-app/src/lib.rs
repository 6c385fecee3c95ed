//! The only composer: accounts, vault, speech and analysis put together into use-cases that the
//! window and the command line share.
//!
//! Architecture invariant: knows no window and no terminal; everything it needs from the world is
//! handed to `App::open`.

pub mod error;
pub mod gate;
pub mod keychain;
pub mod run_diff;
pub mod settings;
pub mod system;
pub mod title;
pub mod views;
