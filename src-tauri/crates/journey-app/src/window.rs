//! Use-cases that only the window has: its lists, its recording, its queue, playback.

pub mod help;
pub mod playback;
pub mod queue;
mod questions;
mod recording;
mod review;
mod settings;
