//! The vault's failures as what a person gets.

use crate::error::CommandError;
use journey_vault::VaultError;

impl From<VaultError> for CommandError {
    fn from(error: VaultError) -> Self {
        let it = Self::new(error.code(), error.to_string());
        match error.hint() {
            Some(hint) => it.hint(hint),
            None => it,
        }
    }
}
