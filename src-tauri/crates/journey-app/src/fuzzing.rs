//! What fuzzing calls with whatever it makes up. Each function panics when a promise is broken.

use crate::{
    gate::token::{ACCESS_TOKEN_LIFE_S, AccessToken, TokenMint},
    settings::SETTINGS,
};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

const KEY: [u8; 32] = [7; 32];

/// 2026-11-24T12:00:00Z.
const NOW_S: i64 = 1_795_521_600;

/// A token as somebody may hand it over; and, were the signing key known, any claims under it.
pub fn token(bytes: &[u8]) {
    let mint = TokenMint::new(&KEY);
    let now = Timestamp::from_second(NOW_S).expect("a time of this century");
    let text = String::from_utf8_lossy(bytes).into_owned();
    // Whether it is taken depends on its signature; it must be survived.
    drop(mint.check(&AccessToken::new(text), now));
    if let Ok(claims) = serde_json::from_slice::<Value>(bytes) {
        let signed = jsonwebtoken::encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &EncodingKey::from_secret(&KEY),
        );
        if let Ok(signed) = signed
            && mint.check(&AccessToken::new(signed), now).is_ok()
        {
            let claim = |name: &str| claims.get(name).cloned().unwrap_or_default();
            let number = |name: &str| claim(name).as_i64().expect("a time is a whole number");
            assert_eq!(number("exp") - number("iat"), ACCESS_TOKEN_LIFE_S, "another life");
            assert_eq!(number("nbf"), number("iat"), "another beginning");
            assert!(number("iat") <= NOW_S + 5 && number("exp") + 5 > NOW_S, "not now");
            assert!(["admin", "regular"].iter().any(|role| claim("role") == *role), "no role");
        }
    }
}

/// A value as it is typed, and as a page sends it, for every setting there is.
pub fn setting(bytes: &[u8]) {
    let typed = String::from_utf8_lossy(bytes);
    let sent: Option<Value> = serde_json::from_slice(bytes).ok();
    for setting in SETTINGS {
        if let Ok(value) = setting.parse(&typed) {
            assert!(setting.check(&value).is_ok(), "{} took what it refuses", setting.key);
            let kept: Value = serde_json::from_str(&value.to_string()).expect("JSON that was made");
            assert!(setting.check(&kept).is_ok(), "{} keeps what it refuses", setting.key);
        }
        if let Some(value) = &sent {
            // Taken or refused, with words.
            if let Err(error) = setting.check(value) {
                assert!(!error.message.is_empty() && error.hint.is_some());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::replay;

    #[test]
    fn every_kept_input_and_its_neighbours_are_survived() {
        replay("token", 1000, token);
        replay("setting", 100, setting);
    }
}
