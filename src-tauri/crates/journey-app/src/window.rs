//! Use-cases that only the window has: its lists, its recording, its queue.

mod background;
pub mod help;
mod orders;
mod questions;
pub mod queue;
mod recording;
mod review;
mod settings;

pub use recording::Frames;

pub(crate) use orders::Imports;
pub(crate) use recording::Noted;
