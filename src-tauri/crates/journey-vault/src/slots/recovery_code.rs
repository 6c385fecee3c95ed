//! The code that opens a vault when its password is forgotten.
//!
//! Seven groups of five characters in Crockford's base32. The first four of a group are random (140
//! bits in all), the fifth is its check character, which also depends on the group's place: a wrong
//! character, two that changed places and two groups that changed places are all found, and the
//! wrong group is named.

use journey_domain::ports::Random;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Crockford's alphabet: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const N_GROUPS: usize = 7;
const N_RANDOM: usize = 4;

/// A recovery code, wiped when dropped. Shown once, never stored.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RecoveryCode([[u8; N_RANDOM]; N_GROUPS]);

/// What was typed is no recovery code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecoveryCode {
    /// It has more or fewer characters.
    #[error("a recovery code has 7 groups of 5 characters")]
    Length,
    /// A character that no code has, or a group whose check character does not fit.
    #[error("group {0} of the recovery code is mistyped")]
    Group(
        /// Which group, from 1.
        usize,
    ),
}

impl RecoveryCode {
    /// A fresh code.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let mut code = Self([[0; N_RANDOM]; N_GROUPS]);
        for group in &mut code.0 {
            random.fill(group);
            for symbol in group {
                *symbol &= 31;
            }
        }
        code
    }

    /// Reads what a person typed: case, spaces and dashes do not count, O is 0, I and L are 1.
    ///
    /// # Errors
    /// [`BadRecoveryCode`] says which group is wrong.
    pub fn parse(typed: &str) -> Result<Self, BadRecoveryCode> {
        let mut symbols: Zeroizing<Vec<Option<u8>>> = Zeroizing::new(
            typed
                .chars()
                .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '–' | '—' | '_'))
                .take(N_GROUPS * (N_RANDOM + 1) + 1)
                .map(symbol)
                .collect(),
        );
        if symbols.len() != N_GROUPS * (N_RANDOM + 1) {
            return Err(BadRecoveryCode::Length);
        }
        let mut code = Self([[0; N_RANDOM]; N_GROUPS]);
        let groups = symbols.chunks_exact(N_RANDOM + 1).zip(&mut code.0).enumerate();
        for (group_idx, (typed, group)) in groups {
            let wrong = BadRecoveryCode::Group(group_idx + 1);
            let (check, random) = typed.split_last().ok_or(wrong)?;
            for (to, from) in group.iter_mut().zip(random) {
                *to = from.ok_or(wrong)?;
            }
            if *check != Some(check_symbol(group_idx, group)) {
                return Err(wrong);
            }
        }
        symbols.zeroize();
        Ok(code)
    }

    /// The code as it is shown to the person, this once.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(N_GROUPS * (N_RANDOM + 2)));
        for (group_idx, group) in self.0.iter().enumerate() {
            if group_idx > 0 {
                text.push('-');
            }
            for &symbol in group.iter().chain([&check_symbol(group_idx, group)]) {
                text.extend(ALPHABET.get(usize::from(symbol)).copied().map(char::from));
            }
        }
        text
    }

    /// What the slot's key is derived from.
    pub(super) const fn as_bytes(&self) -> &[u8] {
        self.0.as_flattened()
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

fn symbol(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    let at = ALPHABET.iter().position(|&known| char::from(known) == c)?;
    u8::try_from(at).ok()
}

/// A linear code over GF(32): the symbols weighted 2, 4, 8, 16 and a constant for the place. Weights
/// that differ make two exchanged symbols visible.
fn check_symbol(group_idx: usize, group: &[u8; N_RANDOM]) -> u8 {
    let place = u8::try_from(group_idx + 1).unwrap_or_default();
    let (sum, _) = group.iter().fold((place, 1), |(sum, weight), &symbol| {
        let weight = times(weight, 2);
        (sum ^ times(symbol, weight), weight)
    });
    sum
}

/// Multiplication in GF(32) modulo x^5 + x^2 + 1.
fn times(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b > 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a <<= 1;
        if a & 32 != 0 {
            a ^= 0b10_0101;
        }
        b >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code() -> impl Strategy<Value = RecoveryCode> {
        any::<[[u8; N_RANDOM]; N_GROUPS]>()
            .prop_map(|groups| RecoveryCode(groups.map(|group| group.map(|symbol| symbol & 31))))
    }

    proptest! {
        #[test]
        fn a_code_is_read_however_it_is_typed(code in code(), spaced in any::<bool>(), lower in any::<bool>()) {
            let mut typed = code.reveal().to_string();
            if lower {
                typed = typed.to_lowercase().replace('0', "o").replace('1', "l");
            }
            if spaced {
                typed = format!(" {} ", typed.replace('-', "  "));
            } else {
                typed = typed.replace('1', "I").replace('0', "O");
            }
            prop_assert_eq!(RecoveryCode::parse(&typed).unwrap().0, code.0);
        }

        #[test]
        fn every_single_typo_is_found_and_its_group_named(code in code(), at in 0usize..35, to in 0u8..32) {
            let mut typed: Vec<u8> = code.reveal().bytes().filter(|&c| c != b'-').collect();
            let wrong = ALPHABET[usize::from(to)];
            prop_assume!(typed[at] != wrong);
            typed[at] = wrong;
            let typed = String::from_utf8(typed).unwrap();
            prop_assert_eq!(RecoveryCode::parse(&typed).err(), Some(BadRecoveryCode::Group(at / 5 + 1)));
        }

        #[test]
        fn two_exchanged_characters_of_a_group_are_found(code in code(), group in 0usize..7, a in 0usize..5, b in 0usize..5) {
            let mut typed: Vec<u8> = code.reveal().bytes().filter(|&c| c != b'-').collect();
            prop_assume!(typed[group * 5 + a] != typed[group * 5 + b]);
            typed.swap(group * 5 + a, group * 5 + b);
            let typed = String::from_utf8(typed).unwrap();
            prop_assert_eq!(RecoveryCode::parse(&typed).err(), Some(BadRecoveryCode::Group(group + 1)));
        }

        #[test]
        fn two_exchanged_groups_are_found(code in code(), a in 0usize..7, b in 0usize..7) {
            prop_assume!(a != b);
            let shown = code.reveal();
            let mut groups: Vec<&str> = shown.split('-').collect();
            groups.swap(a, b);
            prop_assert!(RecoveryCode::parse(&groups.join("-")).is_err());
        }

        #[test]
        fn no_text_makes_the_parser_fail(typed in "\\PC{0,80}") {
            prop_assert!(RecoveryCode::parse(&typed).is_err());
        }
    }

    #[test]
    fn a_code_has_at_least_128_random_bits() {
        let code = RecoveryCode([[7; N_RANDOM]; N_GROUPS]);
        assert!(code.as_bytes().len() * 5 >= 128);
    }

    #[test]
    fn a_missing_or_added_character_is_said_to_be_one() {
        let code = RecoveryCode([[7; N_RANDOM]; N_GROUPS]).reveal();
        assert_eq!(RecoveryCode::parse(&code[1..]).err(), Some(BadRecoveryCode::Length));
        assert_eq!(
            RecoveryCode::parse(&format!("{}A", *code)).err(),
            Some(BadRecoveryCode::Length)
        );
        assert_eq!(RecoveryCode::parse("").err(), Some(BadRecoveryCode::Length));
    }

    #[test]
    fn a_code_is_not_in_its_debug_text() {
        let code = RecoveryCode([[7; N_RANDOM]; N_GROUPS]);
        assert_eq!(format!("{code:?}"), "RecoveryCode(…)");
    }
}
