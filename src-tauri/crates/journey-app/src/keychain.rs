//! The operating system's keychain behind the [`SecretStore`] port.
//!
//! Keychains hang, lock and vanish. Each call therefore runs on a thread of its own with a time
//! limit, and a keychain that failed costs a password prompt, never data.

use journey_domain::ports::{SecretStore, SecretStoreError};
use std::{sync::mpsc, time::Duration};

/// How long a keychain may take. A prompt of the desktop may be open meanwhile.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The keychain of the desktop session (Secret Service, macOS Keychain, Windows Credential Manager).
#[derive(Clone, Debug)]
pub struct DesktopKeychain {
    service: String,
}

impl DesktopKeychain {
    /// Entries are kept under `service`, one service per data directory.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into() }
    }

    fn ask<T: Send + 'static>(
        &self,
        name: &str,
        question: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<T, SecretStoreError> {
        let (service, name) = (self.service.clone(), name.to_owned());
        let (reply, answer) = mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                let result =
                    keyring::Entry::new(&service, &name).and_then(|entry| question(&entry));
                // The asker may have given up waiting.
                reply.send(result).ok();
            })
            .map_err(|_| SecretStoreError::Failed)?;
        match answer.recv_timeout(TIME_LIMIT) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(map_error(&error)),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(SecretStoreError::TimedOut),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(SecretStoreError::Failed),
        }
    }
}

/// Never includes the library's text: it is localised and may carry names.
fn map_error(error: &keyring::Error) -> SecretStoreError {
    match error {
        keyring::Error::NoStorageAccess(_) => SecretStoreError::Denied,
        keyring::Error::PlatformFailure(_) => SecretStoreError::Absent,
        _ => SecretStoreError::Failed,
    }
}

impl SecretStore for DesktopKeychain {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        self.ask(name, |entry| match entry.get_secret() {
            Ok(secret) => Ok(Some(secret)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretStoreError> {
        let secret = zeroize::Zeroizing::new(secret.to_vec());
        self.ask(name, move |entry| entry.set_secret(&secret))
    }

    fn delete(&self, name: &str) -> Result<(), SecretStoreError> {
        self.ask(name, |entry| match entry.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(error),
        })
    }

    fn describe(&self) -> &'static str {
        "desktop keychain"
    }
}

/// Stands in where there is no keychain at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKeychain;

impl SecretStore for NoKeychain {
    fn get(&self, _name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn set(&self, _name: &str, _secret: &[u8]) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn delete(&self, _name: &str) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn describe(&self) -> &'static str {
        "no keychain"
    }
}
