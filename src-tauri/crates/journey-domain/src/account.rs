//! People who may sign in on this computer.

use crate::ids::AccountId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What an account may do beyond its own vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Manages accounts and system settings. Cannot read anyone else's vault.
    Admin,
    /// Uses the own vault.
    Regular,
}

impl Role {
    /// The word that is stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Regular => "regular",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "admin" => Ok(Self::Admin),
            "regular" => Ok(Self::Regular),
            _ => Err(UnknownRole),
        }
    }
}

/// A word that names no role.
#[derive(Debug, thiserror::Error)]
#[error("the role is neither admin nor regular")]
pub struct UnknownRole;

/// The name a person signs in with: 1 to 64 characters, no control characters, trimmed.
///
/// Compared without regard to case, kept as written.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountName(String);

impl AccountName {
    /// Longest name, in characters.
    pub const MAX_CHARS: usize = 64;

    /// Checks and trims a name.
    ///
    /// # Errors
    /// [`InvalidAccountName`] when it is empty, too long or holds control characters.
    pub fn new(name: &str) -> Result<Self, InvalidAccountName> {
        let name = name.trim();
        let n_chars = name.chars().count();
        if n_chars == 0 || n_chars > Self::MAX_CHARS || name.chars().any(char::is_control) {
            return Err(InvalidAccountName);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Debug for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountName(…)")
    }
}

/// A name that cannot be an account's.
#[derive(Debug, thiserror::Error)]
#[error("a name has 1 to 64 characters and no control characters")]
pub struct InvalidAccountName;

/// One account as the accounts store knows it; holds nothing that a person said.
#[derive(Clone, Debug)]
pub struct Account {
    /// Identity; also the name of the vault's folder.
    pub id: AccountId,
    /// The name to sign in with.
    pub name: AccountName,
    /// What it may do.
    pub role: Role,
    /// A disabled account cannot sign in.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a command needs before it does any work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Anyone at this computer.
    Public,
    /// A valid access token.
    SignedIn,
    /// A valid access token and an unlocked vault.
    Unlocked,
    /// A valid access token of an admin.
    Admin,
}
