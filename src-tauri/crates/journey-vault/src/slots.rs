//! `vault.json`: who can open a vault, and how.
//!
//! A slot holds both keys of the vault, sealed with XChaCha20-Poly1305 under a key that a password, a
//! recovery code or a session key gives. Its associated data are the vault's id and everything that
//! the slot says of itself, so that a changed slot, or one from another vault, does not open.
//!
//! The file also holds, readable, the name of the account: a vault folder that is found without its
//! row in the accounts store becomes an account under that name. Nothing else in it tells of the
//! person.
//!
//! # Two files
//!
//! `vault.json` is replaced atomically and `vault.json.previous` kept for the day when a disk eats
//! the first. What a person took back (an old password, an old code, a session) must not live on in
//! the copy: after such a change the copy is made equal to the new file. The counter `revocations`
//! tells an interrupted change, and the next unlocking finishes it.

mod folder;
mod header;
mod kdf;
mod recovery_code;
mod seal;
mod session_key;

pub use folder::{SessionSlots, SlotError, UnlockError, VaultFolder, burn_equal_time};
pub use kdf::{KdfCost, KdfError};
pub use recovery_code::{BadRecoveryCode, RecoveryCode};
pub use session_key::{Client, SessionKey};

pub(crate) use folder::Draft;
pub(crate) use header::{BadHeader, Header};

#[cfg(test)]
pub(crate) use kdf::CALLS as KDF_CALLS;

#[cfg(test)]
mod tests;
