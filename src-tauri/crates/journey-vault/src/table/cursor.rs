//! Places in a list, as text that means nothing to whoever carries it.

use crate::VaultError;

/// Numbers of a place, joined with the list's letter so that one list's cursor does not fit another.
pub(crate) fn encode(list: char, parts: &[u128]) -> String {
    let mut text = String::from(list);
    for part in parts {
        text.push_str(&format!("-{part:x}"));
    }
    text
}

/// The numbers of a place.
pub(crate) fn decode<const N: usize>(list: char, cursor: &str) -> Result<[u128; N], VaultError> {
    let rest = cursor.strip_prefix(list).ok_or(VaultError::BadCursor)?;
    let mut parts = rest.split('-').skip(1);
    let mut numbers = [0; N];
    for number in &mut numbers {
        let digits = parts.next().ok_or(VaultError::BadCursor)?;
        *number = u128::from_str_radix(digits, 16).map_err(|_| VaultError::BadCursor)?;
    }
    if parts.next().is_some() || !(rest.is_empty() || rest.starts_with('-')) {
        return Err(VaultError::BadCursor);
    }
    Ok(numbers)
}

/// A signed number as a part.
pub(crate) const fn part(number: i64) -> u128 {
    number.cast_unsigned() as u128
}

/// The signed number of a part.
pub(crate) fn signed(part: u128) -> Result<i64, VaultError> {
    u64::try_from(part).map(u64::cast_signed).map_err(|_| VaultError::BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(a: i64, b: u128) {
            let [x, y] = decode::<2>('s', &encode('s', &[part(a), b])).unwrap();
            prop_assert_eq!((signed(x).unwrap(), y), (a, b));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}") {
            drop(decode::<2>('s', &text));
        }
    }

    #[test]
    fn another_lists_cursor_is_refused() {
        assert!(decode::<1>('s', &encode('q', &[1])).is_err());
        assert!(decode::<2>('s', &encode('s', &[1])).is_err());
        assert!(decode::<1>('s', &encode('s', &[1, 2])).is_err());
    }
}
