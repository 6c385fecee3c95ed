//! What is being played.

use crate::ids::SessionId;

/// Where playing stands. Carries no private content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaybackState {
    /// Which session; `None` before anything was played.
    pub session: Option<SessionId>,
    /// Whether it sounds.
    pub playing: bool,
    /// On the session's timeline, in milliseconds.
    pub position_ms: u64,
    /// 1 is as spoken.
    pub rate: f32,
    /// Whether silence is left out.
    pub skip_silence: bool,
    /// Whether it stopped because the speaker or the sound gave out.
    pub broke_off: bool,
}
