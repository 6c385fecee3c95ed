//! The codes under which errors reach people and scripts.

use serde::{Deserialize, Serialize};

/// Stable codes; a message may be reworded, a code stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The words of a command or a value are wrong.
    Usage,
    /// Nobody is signed in, or the vault is locked.
    NotSignedIn,
    /// Signed in, but not allowed.
    NotAllowed,
    /// No such session, account, model, file.
    NotFound,
    /// A shortened id fits several.
    Ambiguous,
    /// Name or password is wrong.
    WrongPassword,
    /// Too many tries; says when to try again.
    RateLimited,
    /// The file is damaged or not of its kind.
    BadFile,
    /// The file is of a kind that cannot be read.
    Unsupported,
    /// No speech model is installed.
    NoModel,
    /// The speech model is damaged or foreign.
    BadModel,
    /// The transcription process died or hung.
    WorkerFailed,
    /// No microphone, or it was refused.
    Microphone,
    /// Nothing to play sound on, or it failed.
    Speaker,
    /// The text was changed elsewhere since it was read.
    RevisionConflict,
    /// The disk is full or nearly so.
    DiskFull,
    /// The vault is damaged, foreign or of a newer version.
    Vault,
    /// The analysis provider failed or refused.
    Provider,
    /// The network failed.
    Network,
    /// Another process holds what is needed.
    Busy,
    /// Stopped on request.
    Cancelled,
    /// The thing exists already.
    Exists,
    /// Reading or writing failed.
    Io,
    /// Something this program did not foresee.
    Internal,
}

impl ErrorCode {
    /// The exit code of the command line for this error.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage | Self::Ambiguous => 2,
            Self::NotSignedIn | Self::WrongPassword => 3,
            Self::NotAllowed => 4,
            Self::NotFound => 5,
            Self::Cancelled => 130,
            _ => 1,
        }
    }
}
