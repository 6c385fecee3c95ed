//! The wire types: what the command line prints as JSON and the window gets over IPC.
//!
//! Field names and meaning are a contract (docs/json.md); TypeScript types are generated from here.

mod account;
pub(crate) mod from_domain;
mod session;
mod system;
mod taxonomy;
mod thread;
pub mod window;

pub use account::*;
pub use session::*;
pub use system::*;
pub use taxonomy::*;
pub use thread::*;
