//! Access tokens: JWT, HS256 only, ten minutes, held in Rust and never given to the web view.
//!
//! A token says who may do what. It opens no vault: that takes a slot.

use jiff::Timestamp;
use journey_domain::{account::Role, ids::AccountId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How long an access token lives, in seconds.
pub const ACCESS_TOKEN_LIFE_S: i64 = 600;

/// How far two clocks on one computer may disagree, in seconds.
const LEEWAY_S: i64 = 5;

const ISSUER: &str = "insight-journey";
const AUDIENCE: &str = "insight-journey:commands";

/// An access token. Has no Debug of its content and cannot be serialised.
#[derive(Clone)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// Wraps a token as it came in; nothing is checked yet.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(token.into())
    }
}

#[cfg(test)]
impl AccessToken {
    /// Its text, to look for where it must not stand.
    pub(crate) fn reveal(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// What a token says. Every field is required: a token without one is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    iss: String,
    aud: String,
    /// Whose token it is.
    pub sub: AccountId,
    /// The role at the time of minting; the gate asks the accounts store again.
    pub role: Role,
    /// Identity of the token.
    pub jti: Uuid,
    /// The refresh-token family it was minted from.
    pub fam: Uuid,
    /// The account's epoch; disabling, role changes and password changes raise it.
    pub epoch: u64,
    iat: i64,
    nbf: i64,
    exp: i64,
}

/// Why a token is refused. Says no more than a person needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not signed by this installation with the pinned algorithm, or a claim is missing or wrong.
    #[error("the sign-in is not valid")]
    Invalid,
    /// Its ten minutes are over.
    #[error("the sign-in has expired")]
    Expired,
}

/// What a token is minted for.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Whose.
    pub account: AccountId,
    /// Present role.
    pub role: Role,
    /// Present epoch.
    pub epoch: u64,
    /// The refresh-token family.
    pub family: Uuid,
}

/// Makes and checks access tokens with one signing key.
pub struct TokenMint {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl TokenMint {
    /// A mint over the installation's signing key.
    #[must_use]
    pub fn new(signing_key: &[u8; 32]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(signing_key),
            decoding: DecodingKey::from_secret(signing_key),
        }
    }

    /// A fresh token.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] when signing fails, which it does not with a 32-byte key.
    pub fn mint(
        &self,
        subject: Subject,
        jti: Uuid,
        now: Timestamp,
    ) -> Result<AccessToken, TokenError> {
        let now = now.as_second();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: subject.account,
            role: subject.role,
            jti,
            fam: subject.family,
            epoch: subject.epoch,
            iat: now,
            nbf: now,
            exp: now + ACCESS_TOKEN_LIFE_S,
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map(AccessToken::new)
            .map_err(|_| TokenError::Invalid)
    }

    /// Checks signature, algorithm, issuer, audience and times.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn check(&self, token: &AccessToken, now: Timestamp) -> Result<Claims, TokenError> {
        let claims = self.check_signature(token)?;
        let now = now.as_second();
        if claims.iat > now.saturating_add(LEEWAY_S) {
            return Err(TokenError::Invalid);
        }
        if now >= claims.exp.saturating_add(LEEWAY_S) {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// Everything but the present time: for making the next token of a sign-in that still holds.
    ///
    /// # Errors
    /// [`TokenError::Invalid`].
    pub(crate) fn check_signature(&self, token: &AccessToken) -> Result<Claims, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // Times are compared with the injected clock below, not with the library's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims =
            jsonwebtoken::decode::<Claims>(token.0.expose_secret(), &self.decoding, &validation)
                .map_err(|_| TokenError::Invalid)?
                .claims;
        let sane = claims.exp.checked_sub(claims.iat) == Some(ACCESS_TOKEN_LIFE_S)
            && claims.nbf == claims.iat;
        if !sane {
            return Err(TokenError::Invalid);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    const KEY: [u8; 32] = [7; 32];

    fn subject() -> Subject {
        Subject {
            account: AccountId::new(Uuid::from_u128(1)),
            role: Role::Regular,
            epoch: 3,
            family: Uuid::from_u128(2),
        }
    }

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn signed(claims: &Value, header: &Header, key: &[u8]) -> AccessToken {
        AccessToken::new(
            jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key)).unwrap(),
        )
    }

    fn good_claims() -> Value {
        let at = now().as_second();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": Uuid::from_u128(1), "role": "regular",
            "jti": Uuid::from_u128(9), "fam": Uuid::from_u128(2), "epoch": 3,
            "iat": at, "nbf": at, "exp": at + ACCESS_TOKEN_LIFE_S,
        })
    }

    #[test]
    fn a_minted_token_is_good_for_ten_minutes_and_five_seconds() {
        let mint = TokenMint::new(&KEY);
        let token = mint.mint(subject(), Uuid::from_u128(9), now()).unwrap();
        let claims = mint.check(&token, now()).unwrap();
        assert_eq!((claims.sub, claims.epoch), (subject().account, 3));
        assert!(mint.check(&token, now() + 604.seconds()).is_ok());
        assert_eq!(mint.check(&token, now() + 605.seconds()), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_from_the_future_is_refused() {
        let mint = TokenMint::new(&KEY);
        let token = mint.mint(subject(), Uuid::from_u128(9), now()).unwrap();
        assert!(mint.check(&token, now() - 5.seconds()).is_ok());
        assert_eq!(mint.check(&token, now() - 6.seconds()), Err(TokenError::Invalid));
    }

    #[test]
    fn another_key_another_algorithm_and_none_are_refused() {
        let mint = TokenMint::new(&KEY);
        let hs256 = Header::new(Algorithm::HS256);
        assert!(mint.check(&signed(&good_claims(), &hs256, &KEY), now()).is_ok());
        for token in [
            signed(&good_claims(), &hs256, &[8; 32]),
            signed(&good_claims(), &Header::new(Algorithm::HS384), &KEY),
            signed(&good_claims(), &Header::new(Algorithm::HS512), &KEY),
        ] {
            assert_eq!(mint.check(&token, now()), Err(TokenError::Invalid));
        }
        // {"alg":"none","typ":"JWT"} with the payload of a good token and no signature.
        let good = signed(&good_claims(), &hs256, &KEY);
        let payload = good.0.expose_secret().split('.').nth(1).unwrap().to_owned();
        for signature in ["", "AAAA"] {
            let none = AccessToken::new(format!(
                "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.{signature}"
            ));
            assert_eq!(mint.check(&none, now()), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn every_claim_is_required_and_typed() {
        let mint = TokenMint::new(&KEY);
        let header = Header::new(Algorithm::HS256);
        let good = good_claims();
        for claim in good.as_object().unwrap().keys() {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(claim);
            let mut as_text = good.clone();
            let text = match &good[claim] {
                Value::Number(n) => json!(n.to_string()),
                _ => json!(17),
            };
            as_text[claim] = text;
            for bad in [without, as_text] {
                assert_eq!(
                    mint.check(&signed(&bad, &header, &KEY), now()),
                    Err(TokenError::Invalid),
                    "{claim}"
                );
            }
        }
        for (claim, value) in [
            ("aud", json!("someone else")),
            ("iss", json!("someone else")),
            ("role", json!("owner")),
            ("exp", json!(i64::MAX)),
            ("exp", json!(now().as_second() + 86_400)),
        ] {
            let mut bad = good.clone();
            bad[claim] = value;
            assert_eq!(mint.check(&signed(&bad, &header, &KEY), now()), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn a_token_is_not_in_its_debug_text() {
        let token = AccessToken::new("secret".to_owned());
        assert!(!format!("{token:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn no_text_is_a_token(text in "\\PC{0,80}", at in 0usize..400, byte in any::<u8>()) {
            let mint = TokenMint::new(&KEY);
            prop_assert!(mint.check(&AccessToken::new(text), now()).is_err());
            let token = mint.mint(subject(), Uuid::from_u128(9), now()).unwrap();
            let mut bytes = token.0.expose_secret().as_bytes().to_vec();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            if let Ok(changed) = String::from_utf8(bytes) {
                // The last character of a base64 signature has bits that do not count.
                if at + 1 < changed.len() {
                    prop_assert!(mint.check(&AccessToken::new(changed), now()).is_err());
                }
            }
        }
    }
}
