//! Who is asking: the sign-in that stays on this computer, or a password with each command.

use super::secrets::{Secret, Secrets};
use journey_app::{
    App,
    access::{Caller, Client, Unlocked},
    error::{CommandError, Result},
    gate::{command::Command, token::AccessToken},
};
use journey_domain::error_code::ErrorCode;
use secrecy::{ExposeSecret, SecretString};
use std::{
    cell::RefCell,
    io::{self, IsTerminal},
};

/// The way to a caller for each command.
pub(crate) struct Access<'a> {
    pub(crate) app: &'a App,
    pub(crate) secrets: Secrets,
    given: RefCell<Option<SecretString>>,
}

impl<'a> Access<'a> {
    pub(crate) const fn new(app: &'a App, secrets: Secrets) -> Self {
        Self { app, secrets, given: RefCell::new(None) }
    }

    /// A command that anyone may give.
    pub(crate) fn public(&self, command: Command) -> Result<()> {
        self.app.public(command)
    }

    /// A command that anyone may give, and what it is for whoever has an open vault.
    pub(crate) fn unlocked_if_any(&self, command: Command) -> Result<Option<Unlocked>> {
        self.public(command)?;
        self.if_any(self.unlocked(command))
    }

    /// A caller who is signed in.
    pub(crate) fn signed_in(&self, command: Command) -> Result<Caller> {
        let token = self.token()?;
        self.app.signed_in(command, &token)
    }

    /// Whoever is signed in, for a command that anyone may give. The very first person on this
    /// computer has nobody to be asked for.
    pub(crate) fn signed_in_if_any(&self, command: Command) -> Result<Option<Caller>> {
        if !self.app.any_account()? {
            return Ok(None);
        }
        self.if_any(self.signed_in(command))
    }

    /// Nobody is nobody; but who gives a password that is wrong is told so.
    fn if_any<T>(&self, caller: Result<T>) -> Result<Option<T>> {
        let refused = [ErrorCode::WrongPassword, ErrorCode::RateLimited, ErrorCode::Cancelled];
        match caller {
            Ok(caller) => Ok(Some(caller)),
            Err(error) if refused.contains(&error.code) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Somebody whom the gate lets through without anything being asked at the terminal.
    pub(crate) fn signed_in_unasked(&self, command: Command) -> Option<Caller> {
        let token = if self.secrets.has(Secret::Password) {
            self.sign_in_with_password().ok()
        } else {
            self.app.resume(Client::CommandLine).ok().flatten()
        };
        self.app.signed_in(command, &token?).ok()
    }

    /// A caller whose vault is open.
    pub(crate) fn unlocked(&self, command: Command) -> Result<Unlocked> {
        let token = self.token()?;
        self.app.unlocked(command, &token)
    }

    /// The signed-in person's password, asked again before something that cannot be undone.
    pub(crate) fn password(&self) -> Result<SecretString> {
        match &*self.given.borrow() {
            Some(given) => Ok(given.clone()),
            None => self.secrets.get(Secret::Password),
        }
    }

    fn sign_in_with_password(&self) -> Result<AccessToken> {
        let name = self.account_name()?;
        let password = self.secrets.get(Secret::Password)?;
        let token = self.app.sign_in_once(&name, password.expose_secret())?;
        // A line of standard input is read once.
        *self.given.borrow_mut() = Some(password);
        Ok(token)
    }

    /// A password given with the command wins over the sign-in that stays; a prompt comes last.
    fn token(&self) -> Result<AccessToken> {
        if self.secrets.has(Secret::Password) {
            return self.sign_in_with_password();
        }
        if let Some(token) = self.app.resume(Client::CommandLine)? {
            return Ok(token);
        }
        if !io::stdin().is_terminal() {
            return Err(CommandError::not_signed_in());
        }
        self.sign_in_with_password()
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
