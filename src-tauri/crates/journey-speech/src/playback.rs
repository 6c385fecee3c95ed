//! Playing: from the sealed file to the loudspeaker, without a plain copy on the way but in memory.
//!
//! ```text
//! sound (decrypted block by block) -> silence left out -> tempo -> the speaker's rate
//!                                  -> lock-free ring -> audio callback
//! ```
//!
//! A [`Playing`] runs once, from its beginning to its end or until it is stopped. Pausing, another
//! place and another tempo are a new one: nothing that lies in the ring is ever heard at the wrong
//! time.

pub mod cpal_output;
pub mod host;
pub mod playing;
pub mod queue;

mod speech_only;
mod tempo;

#[cfg(test)]
mod tests;

pub use cpal_output::CpalOutput;
pub use host::{AudioOutput, OpenOutput, OutputError, OutputStream};
pub use playing::{PlayEvent, PlayListener, PlayOptions, Playing, Sound, SoundGone};
