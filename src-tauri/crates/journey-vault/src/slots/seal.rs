//! Sealing the two keys of a vault into a slot.

use crate::keys::VaultKeys;
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use journey_domain::ports::Random;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Both keys and the tag.
const SEALED_BYTES: usize = 64 + 16;

/// The keys, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    #[serde(with = "super::header::hex_bytes")]
    nonce: [u8; 24],
    #[serde(with = "super::header::hex_bytes")]
    keys: [u8; SEALED_BYTES],
}

impl Sealed {
    /// Seals, or `None` when the cipher fails, which it does not for so short a message.
    pub(super) fn seal(
        keys: &VaultKeys,
        kek: &[u8; 32],
        bound_to: &[u8],
        random: &dyn Random,
    ) -> Option<Self> {
        let mut nonce = [0; 24];
        random.fill(&mut nonce);
        let mut plain = Zeroizing::new([0_u8; 64]);
        for (to, from) in plain.iter_mut().zip(keys.database().iter().chain(keys.media())) {
            *to = *from;
        }
        let payload = Payload { msg: plain.as_slice(), aad: bound_to };
        let sealed =
            XChaCha20Poly1305::new(kek.into()).encrypt(&XNonce::from(nonce), payload).ok()?;
        Some(Self { nonce, keys: sealed.try_into().ok()? })
    }

    /// The keys, or `None` when the key, the slot or what it is bound to is another.
    pub(super) fn open(&self, kek: &[u8; 32], bound_to: &[u8]) -> Option<VaultKeys> {
        let payload = Payload { msg: self.keys.as_slice(), aad: bound_to };
        let plain = XChaCha20Poly1305::new(kek.into())
            .decrypt(&XNonce::from(self.nonce), payload)
            .ok()
            .map(Zeroizing::new)?;
        let (database, media) = plain.split_at_checked(32)?;
        Some(VaultKeys::from_bytes(database.try_into().ok()?, media.try_into().ok()?))
    }
}

/// The key that a random secret gives: no stretching, since there is nothing to guess.
pub(super) fn key_from_random(secret: &[u8], salt: &[u8], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    // Fails for outputs above 8 KiB only.
    if Hkdf::<Sha256>::new(Some(salt), secret).expand(purpose, key.as_mut()).is_err() {
        unreachable!("32 bytes are within what HKDF gives");
    }
    key
}

/// What tells, without a database, that the keys are those of this vault.
pub(super) fn check_value(keys: &VaultKeys, vault: &[u8; 16]) -> [u8; 16] {
    let mut both = Zeroizing::new([0_u8; 64]);
    for (to, from) in both.iter_mut().zip(keys.database().iter().chain(keys.media())) {
        *to = *from;
    }
    let whole = key_from_random(both.as_slice(), vault, b"insight-journey vault check 1");
    let mut value = [0; 16];
    for (to, from) in value.iter_mut().zip(whole.iter()) {
        *to = *from;
    }
    value
}
