//! The one gate in front of every command: token, role, rate, before any work.

pub mod command;
pub mod token;

use crate::{
    App, Ports,
    access::{Caller, Unlocked, accounts_error},
    error::{CommandError, Result},
};
use command::{Command, RateClass};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    state::keyed::DefaultKeyedStateStore,
};
use journey_domain::{
    account::{Permission, Role},
    error_code::ErrorCode,
    ids::AccountId,
};
use journey_vault::{AccountsStore, FamilyId, StoredAccount};
use std::num::NonZeroU32;
use token::{AccessToken, Subject, TokenError, TokenMint};

type Limited = (AccountId, RateClass);
type Limiter = RateLimiter<Limited, DefaultKeyedStateStore<Limited>, DefaultClock>;

/// Mints access tokens and lets callers through.
pub struct Gate {
    mint: TokenMint,
    limiter: Limiter,
}

impl Gate {
    /// A gate with the installation's signing key and the computer's limits.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub(crate) fn new(accounts: &AccountsStore, commands_per_minute: u32) -> Result<Self> {
        let key = accounts.signing_key().map_err(|e| accounts_error(&e))?;
        let per_minute = NonZeroU32::new(commands_per_minute).unwrap_or(NonZeroU32::MIN);
        Ok(Self {
            mint: TokenMint::new(key.as_bytes()),
            limiter: RateLimiter::keyed(Quota::per_minute(per_minute)),
        })
    }

    pub(crate) fn mint(
        &self,
        ports: &Ports,
        account: &StoredAccount,
        family: FamilyId,
    ) -> Result<AccessToken> {
        let subject = Subject {
            account: account.account.id,
            role: account.account.role,
            epoch: account.session_epoch,
            family: family.uuid(),
        };
        self.mint
            .mint(subject, ports.ids.next(), ports.clock.now())
            .map_err(|error| CommandError::internal(&error))
    }

    /// The account of a valid token, as it stands now: a role change or disabling takes effect at
    /// the next call.
    pub(crate) fn account(
        &self,
        ports: &Ports,
        accounts: &AccountsStore,
        token: &AccessToken,
        may_be_old: bool,
    ) -> Result<(StoredAccount, FamilyId)> {
        let claims = match self.mint.check(token, ports.clock.now()) {
            Err(TokenError::Expired) if may_be_old => {
                self.mint.check_signature(token).map_err(refused)?
            }
            other => other.map_err(refused)?,
        };
        let family = FamilyId::new(claims.fam);
        let account = accounts
            .find_account(claims.sub)
            .map_err(|e| accounts_error(&e))?
            .filter(|found| !found.account.disabled && found.session_epoch == claims.epoch)
            .ok_or_else(|| refused(TokenError::Invalid))?;
        if !accounts.family_lives(family).map_err(|e| accounts_error(&e))? {
            return Err(refused(TokenError::Invalid));
        }
        Ok((account, family))
    }

    fn within_limits(&self, account: AccountId, command: Command) -> Result<()> {
        self.limiter.check_key(&(account, command.rate_class())).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            CommandError::new(ErrorCode::RateLimited, "too many commands in a short time")
                .hint(format!("Try again in {} s.", wait.as_secs() + 1))
        })
    }
}

fn refused(error: TokenError) -> CommandError {
    CommandError::new(ErrorCode::NotSignedIn, error.to_string())
        .hint("Sign in with `insight-journey sign-in NAME`.")
}

fn not_declared(command: Command) -> CommandError {
    CommandError::internal(&format!("the command {} needs more than it asked for", command.word()))
}

impl App {
    /// Lets a command through that anyone may give.
    ///
    /// # Errors
    /// When the command needs more.
    pub fn public(&self, command: Command) -> Result<()> {
        match command.permission() {
            Permission::Public => Ok(()),
            _ => Err(not_declared(command)),
        }
    }

    /// Lets a command of somebody through who is signed in, and an admin's only for an admin.
    ///
    /// # Errors
    /// Not signed in, not allowed, too often.
    pub fn signed_in(&self, command: Command, token: &AccessToken) -> Result<Caller> {
        let (account, family) =
            self.gate().account(self.ports(), self.access().accounts(), token, false)?;
        self.gate().within_limits(account.account.id, command)?;
        match command.permission() {
            Permission::Public | Permission::SignedIn => {}
            Permission::Admin if account.account.role == Role::Admin => {}
            Permission::Admin => {
                return Err(CommandError::new(ErrorCode::NotAllowed, "only an admin may do this")
                    .hint("Ask an admin of this computer."));
            }
            Permission::Unlocked => return Err(not_declared(command)),
        }
        Ok(Caller::new(account.account, family))
    }

    /// Lets a command of somebody through whose vault is open.
    ///
    /// # Errors
    /// Not signed in, locked, too often.
    pub fn unlocked(&self, command: Command, token: &AccessToken) -> Result<Unlocked> {
        let (account, family) =
            self.gate().account(self.ports(), self.access().accounts(), token, false)?;
        self.gate().within_limits(account.account.id, command)?;
        if command.permission() == Permission::Admin && account.account.role != Role::Admin {
            return Err(CommandError::new(ErrorCode::NotAllowed, "only an admin may do this")
                .hint("Ask an admin of this computer."));
        }
        let open = self
            .slot()
            .as_ref()
            .filter(|open| open.account.id == account.account.id)
            .cloned()
            .ok_or_else(|| {
                CommandError::new(ErrorCode::NotSignedIn, "the vault is locked")
                    .hint("Unlock it with the password.")
            })?;
        Ok(Unlocked { caller: Caller::new(account.account, family), open })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_word_of_its_own() {
        for (i, command) in Command::ALL.iter().enumerate() {
            assert!(
                Command::ALL[..i].iter().all(|c| c.word() != command.word()),
                "{}",
                command.word()
            );
        }
    }
}
