//! Use-cases that only the window has: its lists, its recording, its queue.

mod background;
mod backup;
mod drafts;
pub mod help;
mod models;
mod orders;
mod playback;
mod providers;
mod questions;
pub mod queue;
mod recording;
mod reminders;
mod review;
mod settings;
#[cfg(test)]
mod tests;

pub use backup::backup_is_due;
pub use recording::Frames;
pub use reminders::{Reminded, Reminder, ReminderPlan, due};
pub use settings::Wishes;

pub(crate) use models::Downloads;
pub(crate) use orders::Imports;
pub(crate) use playback::Player;
pub(crate) use recording::Noted;
pub(crate) use reminders::Reminders;
