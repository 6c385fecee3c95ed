//! The content of `vault.json`.

use super::{
    RecoveryCode,
    kdf::{KdfCost, SALT_BYTES},
    seal::{Sealed, check_value, key_from_random},
    session_key::{Client, SessionKey},
};
use crate::keys::VaultKeys;
use journey_domain::{account::AccountName, ports::Random};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The format that this version writes.
const FORMAT: u32 = 1;

/// No honest file comes near.
pub(super) const MAX_FILE_BYTES: u64 = 64 * 1024;

/// One password, two clients, a few codes: no honest file has more.
const MAX_SLOTS: usize = 32;

/// Codes that are good at one time; making another drops the oldest.
const MAX_RECOVERY_SLOTS: usize = 4;

/// Everything in `vault.json`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    format: u32,
    vault: Uuid,
    name: String,
    revocations: u64,
    #[serde(with = "hex_bytes")]
    check: [u8; 16],
    slots: Vec<Slot>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
enum Slot {
    Password {
        #[serde(with = "hex_bytes")]
        salt: [u8; SALT_BYTES],
        cost: KdfCost,
        sealed: Sealed,
    },
    Recovery {
        #[serde(with = "hex_bytes")]
        salt: [u8; SALT_BYTES],
        sealed: Sealed,
    },
    Session {
        client: Client,
        #[serde(with = "hex_bytes")]
        salt: [u8; SALT_BYTES],
        sealed: Sealed,
    },
}

/// Why a file is not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    /// Cut, changed, foreign.
    Damaged,
    /// A newer version wrote it.
    Newer {
        /// Its format.
        found: u32,
    },
}

/// Why no slot opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotFailure {
    /// There is no slot of that kind.
    NoSlot,
    /// There is one, and it does not open with this.
    Wrong,
    /// What the slot asks for is not believed, or there is no memory.
    Kdf(super::KdfError),
}

impl Header {
    /// A header without slots.
    pub(super) fn new(vault: Uuid, name: &AccountName, keys: &VaultKeys) -> Self {
        Self {
            format: FORMAT,
            vault,
            name: name.as_str().to_owned(),
            revocations: 0,
            check: check_value(keys, vault.as_bytes()),
            slots: Vec::new(),
        }
    }

    /// Reads a file's content.
    pub(crate) fn parse(content: &[u8]) -> Result<Self, BadHeader> {
        #[derive(Deserialize)]
        struct FormatOnly {
            format: u32,
        }
        let FormatOnly { format } =
            serde_json::from_slice(content).map_err(|_| BadHeader::Damaged)?;
        if format > FORMAT {
            return Err(BadHeader::Newer { found: format });
        }
        let header: Self = serde_json::from_slice(content).map_err(|_| BadHeader::Damaged)?;
        let costs_are_sane = header.slots.iter().all(|slot| match slot {
            Slot::Password { cost, .. } => cost.is_sane(),
            _ => true,
        });
        let sane = format == FORMAT
            && header.slots.len() <= MAX_SLOTS
            && costs_are_sane
            && AccountName::new(&header.name).is_ok();
        if sane { Ok(header) } else { Err(BadHeader::Damaged) }
    }

    /// The file's content.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The name that the account had.
    pub(crate) fn name(&self) -> Option<AccountName> {
        AccountName::new(&self.name).ok()
    }

    /// Gives the account another name.
    pub(crate) fn set_name(&mut self, name: &AccountName) {
        name.as_str().clone_into(&mut self.name);
    }

    /// How often something was taken back.
    pub(super) const fn revocations(&self) -> u64 {
        self.revocations
    }

    /// Whether the keys are this vault's.
    pub(super) fn fits(&self, keys: &VaultKeys) -> bool {
        // Not secret-dependent work on secrets: who has the keys has the vault.
        check_value(keys, self.vault.as_bytes()) == self.check
    }

    /// What the password slot costs.
    pub(crate) fn password_cost(&self) -> Option<KdfCost> {
        self.slots.iter().find_map(|slot| match slot {
            Slot::Password { cost, .. } => Some(*cost),
            _ => None,
        })
    }

    /// Whether both would take the same password, so that trying the second adds nothing.
    pub(super) fn has_password_slot_of(&self, other: &Self) -> bool {
        let password = |header: &Self| {
            header.slots.iter().find(|slot| matches!(slot, Slot::Password { .. })).cloned()
        };
        self.vault == other.vault && password(self) == password(other)
    }

    pub(super) fn open_with_password(
        &self,
        password: &SecretString,
    ) -> Result<VaultKeys, SlotFailure> {
        let found = self.slots.iter().find_map(|slot| match slot {
            Slot::Password { salt, cost, sealed } => Some((salt, cost, sealed)),
            _ => None,
        });
        let (salt, cost, sealed) = found.ok_or(SlotFailure::NoSlot)?;
        let kek = cost.derive(password, salt).map_err(SlotFailure::Kdf)?;
        sealed.open(&kek, &self.bound_to_password(salt, *cost)).ok_or(SlotFailure::Wrong)
    }

    pub(super) fn open_with_recovery(&self, code: &RecoveryCode) -> Result<VaultKeys, SlotFailure> {
        let mut failure = SlotFailure::NoSlot;
        for slot in &self.slots {
            if let Slot::Recovery { salt, sealed } = slot {
                failure = SlotFailure::Wrong;
                let kek = key_from_random(code.as_bytes(), salt, RECOVERY_PURPOSE);
                if let Some(keys) = sealed.open(&kek, &self.bound_to_recovery(salt)) {
                    return Ok(keys);
                }
            }
        }
        Err(failure)
    }

    pub(crate) fn open_with_session(
        &self,
        client: Client,
        key: &SessionKey,
    ) -> Result<VaultKeys, SlotFailure> {
        let found = self.slots.iter().find_map(|slot| match slot {
            Slot::Session { client: of, salt, sealed } if *of == client => Some((salt, sealed)),
            _ => None,
        });
        let (salt, sealed) = found.ok_or(SlotFailure::NoSlot)?;
        let kek = key_from_random(key.as_bytes(), salt, SESSION_PURPOSE);
        sealed.open(&kek, &self.bound_to_session(client, salt)).ok_or(SlotFailure::Wrong)
    }

    /// Replaces the password slot.
    pub(super) fn set_password(
        &mut self,
        keys: &VaultKeys,
        password: &SecretString,
        cost: KdfCost,
        random: &dyn Random,
    ) -> Result<(), SlotFailure> {
        let salt = fresh_salt(random);
        let kek = cost.derive(password, &salt).map_err(SlotFailure::Kdf)?;
        let sealed = Sealed::seal(keys, &kek, &self.bound_to_password(&salt, cost), random)
            .ok_or(SlotFailure::Wrong)?;
        self.slots.retain(|slot| !matches!(slot, Slot::Password { .. }));
        self.slots.insert(0, Slot::Password { salt, cost, sealed });
        self.revocations = self.revocations.saturating_add(1);
        Ok(())
    }

    /// Adds a recovery slot; `alone` drops all others. Where there are too many, the oldest stays: it is
    /// the one that somebody is known to have written down.
    pub(super) fn add_recovery(
        &mut self,
        keys: &VaultKeys,
        alone: bool,
        random: &dyn Random,
    ) -> Result<RecoveryCode, SlotFailure> {
        let code = RecoveryCode::generate(random);
        let salt = fresh_salt(random);
        let kek = key_from_random(code.as_bytes(), &salt, RECOVERY_PURPOSE);
        let sealed = Sealed::seal(keys, &kek, &self.bound_to_recovery(&salt), random)
            .ok_or(SlotFailure::Wrong)?;
        let mut n_to_drop = self
            .slots
            .iter()
            .filter(|slot| matches!(slot, Slot::Recovery { .. }))
            .count()
            .saturating_sub(if alone { 0 } else { MAX_RECOVERY_SLOTS - 1 });
        if n_to_drop > 0 {
            self.revocations = self.revocations.saturating_add(1);
        }
        let mut spares_one = !alone;
        self.slots.retain(|slot| {
            if !matches!(slot, Slot::Recovery { .. }) || std::mem::take(&mut spares_one) {
                return true;
            }
            let goes = n_to_drop > 0;
            n_to_drop -= usize::from(goes);
            !goes
        });
        self.slots.push(Slot::Recovery { salt, sealed });
        Ok(code)
    }

    /// Drops every recovery slot but that of `code`.
    pub(super) fn keep_recovery_alone(&mut self, code: &RecoveryCode) -> Result<(), SlotFailure> {
        let is_of_code = |slot: &Slot| match slot {
            Slot::Recovery { salt, sealed } => {
                let kek = key_from_random(code.as_bytes(), salt, RECOVERY_PURPOSE);
                Some(sealed.open(&kek, &self.bound_to_recovery(salt)).is_some())
            }
            _ => None,
        };
        let fits: Vec<Option<bool>> = self.slots.iter().map(is_of_code).collect();
        if !fits.contains(&Some(true)) {
            return Err(SlotFailure::Wrong);
        }
        if fits.contains(&Some(false)) {
            self.revocations = self.revocations.saturating_add(1);
        }
        let mut fits = fits.into_iter();
        self.slots.retain(|_| fits.next().flatten() != Some(false));
        Ok(())
    }

    /// Adds the session slot of a client, in place of an older one.
    pub(super) fn add_session(
        &mut self,
        keys: &VaultKeys,
        client: Client,
        random: &dyn Random,
    ) -> Result<SessionKey, SlotFailure> {
        let key = SessionKey::generate(random);
        let salt = fresh_salt(random);
        let kek = key_from_random(key.as_bytes(), &salt, SESSION_PURPOSE);
        let sealed = Sealed::seal(keys, &kek, &self.bound_to_session(client, &salt), random)
            .ok_or(SlotFailure::Wrong)?;
        self.remove_sessions(|of| of == client);
        self.slots.push(Slot::Session { client, salt, sealed });
        Ok(key)
    }

    /// Takes session slots away; says whether there were any.
    pub(super) fn remove_sessions(&mut self, which: impl Fn(Client) -> bool) -> bool {
        let n_before = self.slots.len();
        self.slots.retain(|slot| !matches!(slot, Slot::Session { client, .. } if which(*client)));
        let removed = self.slots.len() < n_before;
        if removed {
            self.revocations = self.revocations.saturating_add(1);
        }
        removed
    }

    /// What may leave this computer: no session slots.
    pub(crate) fn without_sessions(&self) -> Self {
        let mut it = self.clone();
        it.remove_sessions(|_| true);
        it
    }

    fn bound_to_password(&self, salt: &[u8], cost: KdfCost) -> Vec<u8> {
        self.bound_to(b"password", &[salt, &cost.to_bytes()])
    }

    fn bound_to_recovery(&self, salt: &[u8]) -> Vec<u8> {
        self.bound_to(b"recovery", &[salt])
    }

    fn bound_to_session(&self, client: Client, salt: &[u8]) -> Vec<u8> {
        self.bound_to(b"session-", &[salt, client.as_str().as_bytes()])
    }

    /// Every part but the last has one length per kind, so that no two slots are bound to the same.
    fn bound_to(&self, kind: &[u8; 8], parts: &[&[u8]]) -> Vec<u8> {
        let mut bytes = b"insight-journey slot 1".to_vec();
        bytes.extend_from_slice(self.vault.as_bytes());
        bytes.extend_from_slice(kind);
        for part in parts {
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

const RECOVERY_PURPOSE: &[u8] = b"insight-journey recovery slot 1";
const SESSION_PURPOSE: &[u8] = b"insight-journey session slot 1";

fn fresh_salt(random: &dyn Random) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    salt
}

/// Fixed-length bytes as hexadecimal text.
pub(super) mod hex_bytes {
    use super::Zeroizing;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut text = Zeroizing::new(String::with_capacity(2 * N));
        for byte in bytes {
            for digit in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(digit.into(), 16));
            }
        }
        serializer.serialize_str(&text)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom("not that many bytes in hexadecimal");
        if text.len() != 2 * N || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(bytes)
    }
}
