//! Accounts.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// An account; nothing that its owner said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccountView {
    /// UUID v7.
    pub id: String,
    /// The name to sign in with.
    pub name: String,
    /// `admin` or `regular`.
    #[ts(type = "Role")]
    pub role: String,
    /// Whether it may not sign in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(optional, as = "Option<bool>")]
    pub disabled: bool,
}

/// What `account create` prints. The recovery code is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccountCreated {
    /// The new account.
    pub account: AccountView,
    /// Opens the vault when the password is forgotten.
    pub recovery_code: String,
}

/// All that anyone may know of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccountNameView {
    /// The name to sign in with.
    pub name: String,
}

/// The accounts as anyone may see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AccountList {
    /// By name.
    pub accounts: Vec<AccountNameView>,
}

/// Whether someone is signed in, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WhoView {
    /// Who, if anyone.
    pub account: Option<AccountView>,
    /// Whether the vault is open.
    pub unlocked: bool,
    /// Whether there is any account on this computer.
    pub any_account: bool,
    /// Whether the sign-in outlives the process.
    pub stays_signed_in: bool,
}
