//! Passwords, codes and keys: from standard input, the environment or a prompt; never an argument.

use journey_app::error::{CommandError, Result};
use journey_domain::error_code::ErrorCode;
use secrecy::SecretString;
use std::{
    collections::HashMap,
    io::{self, BufRead, IsTerminal},
    process::Command,
};
use zeroize::Zeroizing;

/// Which secret is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Secret {
    /// The signed-in person's.
    Password,
    /// The one being set.
    NewPassword,
    /// Opens the vault when the password is forgotten.
    RecoveryCode,
    /// Of a backup archive.
    BackupPassphrase,
    /// An analysis provider's.
    ProviderKey,
}

impl Secret {
    const ALL: [Self; 5] = [
        Self::Password,
        Self::NewPassword,
        Self::RecoveryCode,
        Self::BackupPassphrase,
        Self::ProviderKey,
    ];

    const fn variable(self) -> &'static str {
        match self {
            Self::Password => "INSIGHT_JOURNEY_PASSWORD",
            Self::NewPassword => "INSIGHT_JOURNEY_NEW_PASSWORD",
            Self::RecoveryCode => "INSIGHT_JOURNEY_RECOVERY_CODE",
            Self::BackupPassphrase => "INSIGHT_JOURNEY_BACKUP_PASSPHRASE",
            Self::ProviderKey => "OPENAI_API_KEY",
        }
    }

    const fn prompt(self) -> &'static str {
        match self {
            Self::Password => "Password: ",
            Self::NewPassword => "New password: ",
            Self::RecoveryCode => "Recovery code: ",
            Self::BackupPassphrase => "Passphrase of the backup: ",
            Self::ProviderKey => "Key: ",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Password => "the password",
            Self::NewPassword => "the new password",
            Self::RecoveryCode => "the recovery code",
            Self::BackupPassphrase => "the passphrase of the backup",
            Self::ProviderKey => "the key",
        }
    }
}

/// Takes the secrets out of the environment that a program started from here would inherit.
pub(crate) fn withhold_from(command: &mut Command) -> &mut Command {
    for secret in Secret::ALL {
        command.env_remove(secret.variable());
    }
    command
}

/// Whether the environment holds a secret.
#[expect(clippy::disallowed_methods, reason = "the edge where the environment is read")]
pub(crate) fn stand_in_environment() -> bool {
    Secret::ALL.into_iter().any(|secret| std::env::var_os(secret.variable()).is_some())
}

/// Where secrets come from in this call.
pub(crate) struct Secrets {
    from_environment: HashMap<Secret, SecretString>,
    account: Option<String>,
    from_stdin: bool,
}

impl Secrets {
    /// Reads the environment once. Child processes get none of it: the worker starts with an empty
    /// environment, the editor and the window without these variables.
    #[expect(clippy::disallowed_methods, reason = "the edge where the environment is read")]
    pub(crate) fn new(from_stdin: bool) -> Self {
        let from_environment = Secret::ALL
            .into_iter()
            .filter_map(|secret| {
                let value = std::env::var(secret.variable()).ok().filter(|v| !v.is_empty())?;
                Some((secret, value.into()))
            })
            .collect();
        let account = std::env::var("INSIGHT_JOURNEY_ACCOUNT").ok().filter(|v| !v.is_empty());
        Self { from_environment, account, from_stdin }
    }

    /// The account named by the environment.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Whether a password can be had without asking a person.
    pub(crate) fn has(&self, secret: Secret) -> bool {
        self.from_stdin || self.from_environment.contains_key(&secret)
    }

    /// The secret: with `--password-stdin` the next line, else the environment, else a prompt.
    pub(crate) fn get(&self, secret: Secret) -> Result<SecretString> {
        if self.from_stdin && secret != Secret::ProviderKey {
            return next_line(secret);
        }
        if let Some(value) = self.from_environment.get(&secret) {
            return Ok(value.clone());
        }
        if !io::stdin().is_terminal() {
            if secret == Secret::ProviderKey {
                return next_line(secret);
            }
            return Err(CommandError::usage(format!("{} is needed", secret.name())).hint(format!(
                "Set {} or give it as a line of standard input with --password-stdin.",
                secret.variable()
            )));
        }
        prompt(secret.prompt())
    }

    /// A secret that is being set: asked twice when it is typed.
    pub(crate) fn get_new(&self, secret: Secret) -> Result<SecretString> {
        use secrecy::ExposeSecret;
        let typed = !self.has(secret) && io::stdin().is_terminal();
        let first = self.get(secret)?;
        if typed {
            let second = prompt("Once more: ")?;
            if first.expose_secret() != second.expose_secret() {
                return Err(CommandError::usage("the two do not match").hint("Try again."));
            }
        }
        Ok(first)
    }
}

fn next_line(secret: Secret) -> Result<SecretString> {
    let mut line = Zeroizing::new(String::new());
    let n_bytes = io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|_| CommandError::usage("standard input could not be read"))?;
    if n_bytes == 0 {
        return Err(CommandError::usage(format!("{} is missing on standard input", secret.name()))
            .hint("Give one secret a line: the current one (if needed), then the new one."));
    }
    Ok(line.trim_end_matches(['\n', '\r']).to_owned().into())
}

fn prompt(text: &str) -> Result<SecretString> {
    rpassword::prompt_password(text).map(Into::into).map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted => CommandError::new(ErrorCode::Cancelled, "stopped"),
        _ => CommandError::usage("nothing could be asked at this terminal")
            .hint("Give it as a line of standard input with --password-stdin."),
    })
}
