//! Making a key from a password.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use journey_domain::ports::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use zeroize::{Zeroize, Zeroizing};

/// What argon2id spends on one password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KdfCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// The step in which memory is chosen, in KiB.
const MEMORY_STEP_KIB: u32 = 16 * 1024;

/// Most memory that calibration chooses, in KiB: an eighth of a small computer's.
const MOST_CALIBRATED_KIB: u32 = 512 * 1024;

/// The time one password should take: the middle of 0.5 to 1 s.
const TARGET: Duration = Duration::from_millis(750);

impl KdfCost {
    /// The least that a vault may have: 64 MiB and three passes, three times the memory that OWASP
    /// asks for.
    pub const FLOOR: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

    /// Most memory that is believed when a file says so, in KiB: a hostile header must not make this
    /// program ask for gigabytes.
    const MAX_MEMORY_KIB: u32 = 1024 * 1024;

    /// Most passes that are believed.
    const MAX_PASSES: u32 = 24;

    /// Most lanes that are believed.
    const MAX_LANES: u32 = 4;

    /// Next to nothing, for tests, which hand it in where the program hands in
    /// [`KdfCost::calibrated`]. A vault that was made with it is raised at its next sign-in.
    #[must_use]
    pub const fn for_tests() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }

    /// What takes this computer 0.5 to 1 s, and never less than [`KdfCost::FLOOR`]. Measures by
    /// deriving one key.
    ///
    /// # Errors
    /// [`KdfError`] when there is not even memory for the least.
    pub fn calibrated(clock: &dyn Clock) -> Result<Self, KdfError> {
        let start = clock.monotonic();
        Self::FLOOR.derive(&SecretString::from("calibration"), &[0; SALT_BYTES])?;
        Ok(Self::for_floor_time(clock.monotonic().saturating_sub(start)))
    }

    /// What to spend where the least takes `floor_time`: more memory first, then more passes.
    fn for_floor_time(floor_time: Duration) -> Self {
        let factor = TARGET.as_secs_f64() / floor_time.as_secs_f64().max(0.001);
        let wanted_kib = f64::from(Self::FLOOR.memory_kib) * factor;
        let memory_kib = if wanted_kib >= f64::from(MOST_CALIBRATED_KIB) {
            MOST_CALIBRATED_KIB
        } else {
            // Fits, since it is below the limit above.
            (wanted_kib as u32 / MEMORY_STEP_KIB * MEMORY_STEP_KIB).max(Self::FLOOR.memory_kib)
        };
        let left = wanted_kib / f64::from(memory_kib);
        let passes = (f64::from(Self::FLOOR.passes) * left).floor();
        let passes = (passes as u32).clamp(Self::FLOOR.passes, Self::MAX_PASSES);
        Self { memory_kib, passes, lanes: 1 }
    }

    /// Whether `self` should be raised to `wanted`.
    pub(crate) const fn is_weaker_than(self, wanted: Self) -> bool {
        self.memory_kib < wanted.memory_kib || self.passes < wanted.passes
    }

    /// At least as much as both.
    pub(crate) fn at_least(self, other: Self) -> Self {
        Self {
            memory_kib: self.memory_kib.max(other.memory_kib),
            passes: self.passes.max(other.passes),
            lanes: self.lanes,
        }
    }

    /// Whether a header with these numbers is believed.
    pub(crate) const fn is_sane(self) -> bool {
        self.lanes >= 1
            && self.lanes <= Self::MAX_LANES
            && self.passes >= 1
            && self.passes <= Self::MAX_PASSES
            && self.memory_kib >= 8 * self.lanes
            && self.memory_kib <= Self::MAX_MEMORY_KIB
    }

    /// The numbers as they are bound to a slot.
    pub(super) fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        for (to, number) in
            bytes.chunks_exact_mut(4).zip([self.memory_kib, self.passes, self.lanes])
        {
            to.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// argon2id of a password. Never asks for more memory than is believed of a file.
    pub(super) fn derive(
        self,
        password: &SecretString,
        salt: &[u8; SALT_BYTES],
    ) -> Result<Zeroizing<[u8; 32]>, KdfError> {
        if !self.is_sane() {
            return Err(KdfError::Refused);
        }
        #[cfg(test)]
        CALLS.with(|calls| calls.borrow_mut().push(self));
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32))
            .map_err(|_| KdfError::Refused)?;
        let mut memory = Memory::new(params.block_count())?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(
                password.expose_secret().as_bytes(),
                salt,
                key.as_mut(),
                &mut memory.0,
            )
            .map_err(|_| KdfError::Refused)?;
        Ok(key)
    }
}

#[cfg(test)]
thread_local! {
    /// Every derivation of this thread, so that tests can count instead of timing.
    pub(crate) static CALLS: std::cell::RefCell<Vec<KdfCost>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Bytes of salt in a password slot.
pub(super) const SALT_BYTES: usize = 16;

/// Why no key could be made from a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KdfError {
    /// The parameters are not ones that this program would choose or believe.
    #[error("the parameters of the password are not believable")]
    Refused,
    /// There is not enough memory.
    #[error("there is not enough memory to check a password")]
    Memory,
}

/// argon2's working memory, wiped when it is given back.
struct Memory(Vec<Block>);

impl Memory {
    fn new(n_blocks: usize) -> Result<Self, KdfError> {
        let mut blocks = Vec::new();
        // A failed reservation is an error here, where a failed allocation would end the process.
        blocks.try_reserve_exact(n_blocks).map_err(|_| KdfError::Memory)?;
        blocks.resize(n_blocks, Block::new());
        Ok(Self(blocks))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(Zeroize::zeroize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slow_computer_still_spends_the_least_and_a_fast_one_more() {
        let cost = |ms| KdfCost::for_floor_time(Duration::from_millis(ms));
        assert_eq!(cost(5_000), KdfCost::FLOOR);
        assert_eq!(cost(750), KdfCost::FLOOR);
        assert_eq!(cost(193), KdfCost { memory_kib: 240 * 1024, passes: 3, lanes: 1 });
        assert_eq!(cost(50), KdfCost { memory_kib: 512 * 1024, passes: 5, lanes: 1 });
        assert_eq!(cost(0).passes, KdfCost::MAX_PASSES);
    }

    #[test]
    fn parameters_that_ask_for_gigabytes_are_refused_before_any_memory_is_asked_for() {
        let bombs = [
            KdfCost { memory_kib: u32::MAX, passes: 1, lanes: 1 },
            KdfCost { memory_kib: KdfCost::MAX_MEMORY_KIB + 1, passes: 1, lanes: 1 },
            KdfCost { memory_kib: 64 * 1024, passes: u32::MAX, lanes: 1 },
            KdfCost { memory_kib: 64 * 1024, passes: 3, lanes: u32::MAX },
            KdfCost { memory_kib: 0, passes: 0, lanes: 0 },
        ];
        for bomb in bombs {
            CALLS.with(|calls| calls.borrow_mut().clear());
            let refused = bomb.derive(&SecretString::from("p"), &[0; SALT_BYTES]);
            assert_eq!(refused.err(), Some(KdfError::Refused));
            assert!(CALLS.with(|calls| calls.borrow().is_empty()));
        }
    }

    proptest! {
        #[test]
        fn what_is_calibrated_is_believed_and_at_least_the_least(micros in 0u64..20_000_000) {
            let cost = KdfCost::for_floor_time(Duration::from_micros(micros));
            prop_assert!(cost.is_sane());
            prop_assert!(!cost.is_weaker_than(KdfCost::FLOOR));
        }
    }
}
