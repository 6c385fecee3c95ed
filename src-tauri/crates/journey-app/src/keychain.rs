//! The operating system's keychain behind the [`SecretStore`] port.
//!
//! Keychains hang, lock and vanish. Each call therefore runs on a thread of its own with a time
//! limit, and a keychain that failed costs a password prompt, never data.

use journey_domain::ports::{SecretStore, SecretStoreError};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

/// How long a keychain may take. A prompt of the desktop may be open meanwhile.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The keychain of the desktop session (Secret Service, macOS Keychain, Windows Credential Manager).
#[derive(Clone, Debug)]
pub struct DesktopKeychain {
    service: String,
    calls: Bounded,
}

impl DesktopKeychain {
    /// Entries are kept under `service`, one service per data directory.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self { service: service.into(), calls: Bounded::default() }
    }

    fn ask<T: Send + 'static>(
        &self,
        name: &str,
        question: impl FnOnce(&keyring::Entry) -> keyring::Result<T> + Send + 'static,
    ) -> Result<T, SecretStoreError> {
        let (service, name) = (self.service.clone(), name.to_owned());
        self.calls.ask(TIME_LIMIT, move || {
            keyring::Entry::new(&service, &name)
                .and_then(|entry| question(&entry))
                .map_err(|error| map_error(&error))
        })
    }
}

/// Calls that may never come back, each on a thread of its own. While one hangs the others are
/// answered at once: a dead keychain costs one wait, not one for each question.
#[derive(Clone, Debug, Default)]
struct Bounded {
    hanging: Arc<AtomicUsize>,
}

impl Bounded {
    fn ask<T: Send + 'static>(
        &self,
        limit: Duration,
        question: impl FnOnce() -> Result<T, SecretStoreError> + Send + 'static,
    ) -> Result<T, SecretStoreError> {
        if self.hanging.load(Ordering::Acquire) > 0 {
            return Err(SecretStoreError::TimedOut);
        }
        let (reply, answer) = mpsc::sync_channel(1);
        let hanging = Arc::clone(&self.hanging);
        std::thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                let answer = question();
                // The asker may have given up waiting, and counted this call as hanging.
                if reply.send(answer).is_err() {
                    hanging.fetch_sub(1, Ordering::AcqRel);
                }
            })
            .map_err(|_| SecretStoreError::Failed)?;
        match answer.recv_timeout(limit) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                self.hanging.fetch_add(1, Ordering::AcqRel);
                // What came in between was answered to nobody: then nothing hangs.
                match answer.try_recv() {
                    Ok(answer) => {
                        self.hanging.fetch_sub(1, Ordering::AcqRel);
                        answer
                    }
                    Err(_) => Err(SecretStoreError::TimedOut),
                }
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keychain_that_hangs_is_waited_for_once_and_used_again_when_it_is_back() {
        let calls = Bounded::default();
        let (release, held) = mpsc::channel::<()>();
        let (gone, finished) = mpsc::channel::<()>();
        let limit = Duration::from_millis(20);
        let hung = calls.ask(limit, move || {
            held.recv().ok();
            // Told when this closure, and with it the call, is over.
            drop(gone);
            Ok(())
        });
        assert_eq!(hung, Err(SecretStoreError::TimedOut));
        for _ in 0..100 {
            let asked = calls.ask(limit, || -> Result<(), _> { panic!("it was asked again") });
            assert_eq!(asked, Err(SecretStoreError::TimedOut));
        }
        release.send(()).unwrap();
        assert!(finished.recv().is_err());
        while calls.hanging.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
        assert_eq!(calls.ask(Duration::from_secs(60), || Ok(7)), Ok(7));
    }

    #[test]
    fn a_keychain_that_falls_over_is_one_that_failed() {
        let fallen = Bounded::default()
            .ask(Duration::from_secs(60), || -> Result<(), _> { std::panic::panic_any(()) });
        assert_eq!(fallen, Err(SecretStoreError::Failed));
    }
}
