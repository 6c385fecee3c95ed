//! The one gate in front of every command: token, role, rate, before any work.

pub mod command;
mod limits;
pub mod token;

use crate::{
    App, Ports,
    access::{Caller, Unlocked, accounts_error},
    error::{CommandError, Result},
};
use command::{Command, RateClass, not_declared};
use jiff::Timestamp;
use journey_domain::{
    account::{Permission, Role},
    error_code::ErrorCode,
    ids::AccountId,
    ports::Clock,
};
use journey_vault::{AccountsStore, FamilyId, StoredAccount};
pub(crate) use limits::ProviderCalls;
use limits::{Counts, PerMinute};
use std::sync::Arc;
use token::{AccessToken, Subject, TokenError, TokenMint};

/// Whose commands are counted together; those of nobody in particular count as one.
type Giver = Option<AccountId>;

/// Mints access tokens and lets callers through.
pub struct Gate {
    mint: TokenMint,
    commands: [(RateClass, PerMinute<Giver>); 4],
    counts: Counts,
}

impl Gate {
    /// A gate with the installation's signing key.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub(crate) fn new(accounts: &AccountsStore, clock: &Arc<dyn Clock>) -> Result<Self> {
        let key = accounts.signing_key().map_err(|e| accounts_error(&e))?;
        let class = |class| (class, PerMinute::new(clock.clone()));
        Ok(Self {
            mint: TokenMint::new(key.as_bytes()),
            commands: [
                class(RateClass::Read),
                class(RateClass::Write),
                class(RateClass::Heavy),
                class(RateClass::SignIn),
            ],
            counts: Counts::new(accounts.data_dir()),
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

    /// What an account does counts together in all processes. What nobody in particular asks for
    /// counts in each by itself: else whoever starts many would keep others from the door.
    fn within_limits(
        &self,
        giver: Giver,
        command: Command,
        per_minute: u32,
        now: Timestamp,
    ) -> Result<()> {
        let class = command.rate_class();
        let per_minute = class.per_minute(per_minute);
        let counted = giver.and_then(|account| {
            // Where the file cannot be used, this process counts for itself.
            self.counts.take(account, class as u32, per_minute, now).ok()
        });
        let taken = counted.unwrap_or_else(|| {
            self.commands
                .iter()
                .filter(|(of, _)| *of == class)
                .try_for_each(|(_, limit)| limit.take(&giver, per_minute))
        });
        taken.map_err(|wait| {
            CommandError::new(ErrorCode::RateLimited, "too many commands in a short time")
                .hint(format!("Try again in {} s.", limits::seconds(wait)))
        })
    }
}

fn refused(error: TokenError) -> CommandError {
    CommandError::new(ErrorCode::NotSignedIn, error.to_string())
        .hint("Sign in with `insight-journey sign-in NAME`.")
}

impl App {
    /// Lets a command through that anyone may give.
    ///
    /// # Errors
    /// When the command needs more; too often.
    pub fn public(&self, command: Command) -> Result<()> {
        command.open_to_anyone()?;
        self.within_limits(None, command)
    }

    fn within_limits(&self, giver: Giver, command: Command) -> Result<()> {
        let per_minute = self.system_number("commands_per_minute")?;
        self.gate().within_limits(giver, command, per_minute, self.ports().clock.now())?;
        tracing::debug!(command = command.word(), "let through");
        Ok(())
    }

    /// Lets a command of somebody through who is signed in, and an admin's only for an admin.
    ///
    /// # Errors
    /// Not signed in, not allowed, too often.
    pub fn signed_in(&self, command: Command, token: &AccessToken) -> Result<Caller> {
        let (account, family) =
            self.gate().account(self.ports(), self.access().accounts(), token, false)?;
        self.within_limits(Some(account.account.id), command)?;
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
        self.within_limits(Some(account.account.id), command)?;
        if command.permission() == Permission::Admin && account.account.role != Role::Admin {
            return Err(CommandError::new(ErrorCode::NotAllowed, "only an admin may do this")
                .hint("Ask an admin of this computer."));
        }
        let open = self
            .slot()
            .as_ref()
            .filter(|open| open.account.id == account.account.id)
            .cloned()
            .ok_or_else(CommandError::locked)?;
        Ok(Unlocked { caller: Caller::new(account.account, family), open })
    }
}

#[cfg(test)]
mod tests;
