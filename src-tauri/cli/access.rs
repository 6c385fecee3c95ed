//! Who is asking: the sign-in that stays on this computer, or a password with each command.

use super::secrets::{Secret, Secrets};
use journey_app::{
    App,
    access::{Caller, Client, Unlocked},
    error::{CommandError, Result},
    gate::{command::Command, token::AccessToken},
};
use secrecy::ExposeSecret;
use std::io::{self, IsTerminal};

/// The way to a caller for each command.
pub(crate) struct Access<'a> {
    pub(crate) app: &'a App,
    pub(crate) secrets: Secrets,
}

impl Access<'_> {
    /// A caller who is signed in.
    pub(crate) fn signed_in(&self, command: Command) -> Result<Caller> {
        let token = self.token()?;
        self.app.signed_in(command, &token)
    }

    /// A caller whose vault is open.
    pub(crate) fn unlocked(&self, command: Command) -> Result<Unlocked> {
        let token = self.token()?;
        self.app.unlocked(command, &token)
    }

    /// A password given with the command wins over the sign-in that stays; a prompt comes last.
    fn token(&self) -> Result<AccessToken> {
        if self.secrets.has(Secret::Password) {
            let name = self.account_name()?;
            let password = self.secrets.get(Secret::Password)?;
            return self.app.sign_in_once(&name, password.expose_secret());
        }
        if let Some(token) = self.app.resume(Client::CommandLine)? {
            return Ok(token);
        }
        if !io::stdin().is_terminal() {
            return Err(CommandError::not_signed_in());
        }
        let name = self.account_name()?;
        let password = self.secrets.get(Secret::Password)?;
        self.app.sign_in_once(&name, password.expose_secret())
    }

    /// The account of the environment, or the only one there is.
    fn account_name(&self) -> Result<String> {
        if let Some(name) = self.secrets.account() {
            return Ok(name.to_owned());
        }
        self.app.only_account_name()?.ok_or_else(|| {
            CommandError::not_signed_in().hint(
                "Sign in with `insight-journey sign-in NAME`, or set INSIGHT_JOURNEY_ACCOUNT.",
            )
        })
    }
}
