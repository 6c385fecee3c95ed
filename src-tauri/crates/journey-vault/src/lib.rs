//! One person's encrypted store: the database, the sealed media, and the keys that open them.
//!
//! Architecture invariant: the only crate that knows the database. Its rows are its own; what goes
//! in and out are the domain's types.

pub mod accounts;
pub mod backup;
mod durable;
pub mod error;
mod keyed;
pub mod keys;
pub mod media;
pub mod slots;
pub mod table;
pub mod vault;

pub use accounts::{
    AccountsError, AccountsStore, AuditAction, AuditEntry, AuditPage, CreateAccountError,
    CreatedAccount, FamilyId, NewAccount, Opened, Opening, RefreshError, RefreshToken, Refreshed,
    RotationLock, SignInError, SignInFor, SignedIn, SigningKey, StoredAccount, device_id,
};
pub use backup::{
    BackupCost, BackupError, BackupRequest, BackupSummary, RestoreError, RestoreRequest, back_up,
};
pub use error::VaultError;
pub use keys::VaultKeys;
pub use slots::{
    BadRecoveryCode, Client, KdfCost, KdfError, RecoveryCode, SessionKey, SessionSlots, SlotError,
    UnlockError, VaultFolder, burn_equal_time,
};
pub use table::recordings::RecordingsMut;
pub use vault::{
    Page, Vault, VaultPorts,
    handles::{Anchors, NewRun, NewTranscript, Read, SessionDetail, Write},
    lease::Lease,
    open::OpenError,
};

#[cfg(any(test, feature = "fuzzing"))]
#[allow(clippy::panic, clippy::expect_used, reason = "a broken promise is what fuzzing looks for")]
pub mod fuzzing;

#[cfg(test)]
#[path = "../../../../fuzz/replay.rs"]
mod replay;
#[cfg(test)]
mod testing;
