//! The operating system's keychain behind the [`SecretStore`] port.
//!
//! Keychains hang, lock and vanish. Each call therefore runs on a thread of its own with a time
//! limit, and a keychain that failed costs a password prompt, never data.

use journey_domain::ports::{SecretStore, SecretStoreError};
#[cfg(target_os = "linux")]
use keyring::{credential::CredentialApi, keyutils::KeyutilsCredential};
use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

/// How the kernel's keyring is called.
pub(crate) const KERNEL: &str = "the kernel's keyring, until the computer restarts";

/// How long a keychain may take. A prompt of the desktop may be open meanwhile.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// How often a keychain is asked that the session bus finds too slow, and for how long it is begun anew:
/// with two seconds of the bus for each question the answer is there within [`TIME_LIMIT`].
const N_QUESTIONS: usize = 4;
const ASKING: Duration = Duration::from_secs(6);

/// One that was given up is not waited for again so soon.
const NOT_AGAIN: Duration = Duration::from_secs(30);

/// Where a secret is kept.
trait Place: Send + Sync {
    fn get(&self, service: &str, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError>;
    fn set(&self, service: &str, name: &str, secret: &[u8]) -> Result<(), SecretStoreError>;
    fn delete(&self, service: &str, name: &str) -> Result<(), SecretStoreError>;
}

/// The keychain of the desktop session (Secret Service, macOS Keychain, Windows Credential Manager),
/// and the kernel's keyring, which forgets at the next restart, where there is none.
#[derive(Clone)]
pub struct DesktopKeychain {
    service: String,
    calls: Bounded,
    desktop: Arc<dyn Place>,
    kernel: Arc<dyn Place>,
    /// Whether the kernel answered last.
    is_kernel: Arc<AtomicBool>,
}

impl DesktopKeychain {
    /// Entries are kept under `service`, one service per data directory.
    #[must_use]
    pub fn new(service: impl Into<String>) -> Self {
        Self::of(service.into(), Arc::new(Desktop::default()), Arc::new(Kernel::default()))
    }

    fn of(service: String, desktop: Arc<dyn Place>, kernel: Arc<dyn Place>) -> Self {
        Self { service, calls: Bounded::default(), desktop, kernel, is_kernel: Arc::default() }
    }

    fn ask<T: Send + 'static>(
        &self,
        name: &str,
        question: impl FnOnce(&Self, &str) -> Result<T, SecretStoreError> + Send + 'static,
    ) -> Result<T, SecretStoreError> {
        let (this, name) = (self.clone(), name.to_owned());
        self.calls.ask(TIME_LIMIT, move || question(&this, &name))
    }

    /// What the kernel says where the desktop has no keychain.
    fn or_kernel<T>(
        &self,
        of_desktop: Result<T, SecretStoreError>,
        of_kernel: impl FnOnce() -> Result<T, SecretStoreError>,
    ) -> Result<T, SecretStoreError> {
        let is_absent = matches!(of_desktop, Err(SecretStoreError::Absent));
        self.is_kernel.store(is_absent, Ordering::Release);
        if is_absent { of_kernel() } else { of_desktop }
    }
}

/// The keychain of the desktop session.
#[derive(Default)]
struct Desktop {
    /// When it was given up last.
    late_at: Mutex<Option<Instant>>,
}

impl Desktop {
    /// What it says; nothing where there is no entry. Asks again where the bus gave up on an answer: after
    /// two seconds, which a busy computer may need. Each question may be asked twice.
    fn ask<T>(
        &self,
        question: impl Fn() -> keyring::Result<T>,
    ) -> Result<Option<T>, SecretStoreError> {
        let late_at = *self.late_at.lock().unwrap_or_else(PoisonError::into_inner);
        if late_at.is_some_and(|it| it.elapsed() < NOT_AGAIN) {
            return Err(SecretStoreError::TimedOut);
        }
        let began = Instant::now();
        for _ in 0..N_QUESTIONS {
            match question() {
                Ok(answer) => return Ok(Some(answer)),
                Err(keyring::Error::NoEntry) => return Ok(None),
                Err(error) if is_late(&error) && began.elapsed() < ASKING => {}
                Err(error) if is_late(&error) => break,
                Err(error) => return Err(map_error(&error)),
            }
        }
        *self.late_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Err(SecretStoreError::TimedOut)
    }
}

impl Place for Desktop {
    fn get(&self, service: &str, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        self.ask(|| keyring::Entry::new(service, name)?.get_secret())
    }

    fn set(&self, service: &str, name: &str, secret: &[u8]) -> Result<(), SecretStoreError> {
        self.ask(|| keyring::Entry::new(service, name)?.set_secret(secret)).map(drop)
    }

    fn delete(&self, service: &str, name: &str) -> Result<(), SecretStoreError> {
        self.ask(|| keyring::Entry::new(service, name)?.delete_credential()).map(drop)
    }
}

/// The kernel's keyring of this user.
#[derive(Default)]
struct Kernel {
    /// Whether it keeps anything, once that was tried.
    keeps: OnceLock<bool>,
}

#[cfg(target_os = "linux")]
impl Kernel {
    /// Where the kernel lets nobody near its keyrings, as in many containers, or where no login gave
    /// this process one that lasts, there is none.
    fn entry(&self, service: &str, name: &str) -> Result<KeyutilsCredential, SecretStoreError> {
        let open = |name: &str| KeyutilsCredential::new_with_target(None, service, name);
        let keeps = self.keeps.get_or_init(|| {
            // Of this process alone: another one tries, too.
            let name = format!("probe {}", std::process::id());
            open(&name).is_ok_and(|probe| {
                let keeps = probe.set_secret(b"probe").is_ok() && probe.get_secret().is_ok();
                // Half kept is not kept, and nothing of it stays.
                probe.delete_credential().ok();
                keeps
            })
        });
        match open(name) {
            Ok(entry) if *keeps => Ok(entry),
            _ => Err(SecretStoreError::Absent),
        }
    }
}

#[cfg(target_os = "linux")]
impl Place for Kernel {
    fn get(&self, service: &str, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        match self.entry(service, name)?.get_secret() {
            Ok(secret) => Ok(Some(secret)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(map_error(&error)),
        }
    }

    fn set(&self, service: &str, name: &str, secret: &[u8]) -> Result<(), SecretStoreError> {
        self.entry(service, name)?.set_secret(secret).map_err(|error| map_error(&error))
    }

    fn delete(&self, service: &str, name: &str) -> Result<(), SecretStoreError> {
        match self.entry(service, name)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(map_error(&error)),
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Place for Kernel {
    fn get(&self, _service: &str, _name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn set(&self, _service: &str, _name: &str, _secret: &[u8]) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn delete(&self, _service: &str, _name: &str) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
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
        let (reply, answer) = mpsc::sync_channel(0);
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
        error if is_late(error) => SecretStoreError::TimedOut,
        keyring::Error::PlatformFailure(_) => SecretStoreError::Absent,
        _ => SecretStoreError::Failed,
    }
}

/// Whether a keychain is there and has not answered in time. It may have done what it was asked.
#[cfg(target_os = "linux")]
fn is_late(error: &keyring::Error) -> bool {
    let keyring::Error::PlatformFailure(error) = error else { return false };
    let of_bus = error.source().and_then(|it| it.downcast_ref::<dbus::Error>());
    of_bus.and_then(dbus::Error::name) == Some("org.freedesktop.DBus.Error.NoReply")
}

#[cfg(not(target_os = "linux"))]
const fn is_late(_: &keyring::Error) -> bool {
    false
}

impl SecretStore for DesktopKeychain {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
        self.ask(name, |it, name| {
            let of_kernel = it.kernel.get(&it.service, name);
            // It is only there while it is newer than what the desktop may still have.
            if let Ok(Some(_)) = of_kernel {
                it.is_kernel.store(true, Ordering::Release);
                return of_kernel;
            }
            it.or_kernel(it.desktop.get(&it.service, name), || of_kernel)
        })
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretStoreError> {
        let secret = zeroize::Zeroizing::new(secret.to_vec());
        self.ask(name, move |it, name| {
            let mut of_desktop = it.desktop.set(&it.service, name, &secret);
            match of_desktop {
                Ok(()) => drop(it.kernel.delete(&it.service, name)),
                // The kernel's is taken for the newer one, whatever became of the desktop's.
                Err(SecretStoreError::TimedOut) => of_desktop = Err(SecretStoreError::Absent),
                Err(_) => {}
            }
            it.or_kernel(of_desktop, || it.kernel.set(&it.service, name, &secret))
        })
    }

    fn delete(&self, name: &str) -> Result<(), SecretStoreError> {
        self.ask(name, |it, name| {
            let of_kernel = it.kernel.delete(&it.service, name);
            it.or_kernel(it.desktop.delete(&it.service, name), || of_kernel)
        })
    }

    fn describe(&self) -> &'static str {
        if self.is_kernel.load(Ordering::Acquire) { KERNEL } else { "desktop keychain" }
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
    use std::collections::HashMap;

    /// A keychain, or none.
    #[derive(Default)]
    struct Kept {
        is_absent: AtomicBool,
        is_late: AtomicBool,
        entries: Mutex<HashMap<String, Vec<u8>>>,
    }

    impl Kept {
        fn entries(
            &self,
        ) -> Result<std::sync::MutexGuard<'_, HashMap<String, Vec<u8>>>, SecretStoreError> {
            if self.is_absent.load(Ordering::SeqCst) {
                return Err(SecretStoreError::Absent);
            }
            if self.is_late.load(Ordering::SeqCst) {
                return Err(SecretStoreError::TimedOut);
            }
            Ok(self.entries.lock().unwrap())
        }
    }

    impl Place for Kept {
        fn get(&self, _: &str, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError> {
            Ok(self.entries()?.get(name).cloned())
        }
        fn set(&self, _: &str, name: &str, secret: &[u8]) -> Result<(), SecretStoreError> {
            self.entries()?.insert(name.to_owned(), secret.to_vec());
            Ok(())
        }
        fn delete(&self, _: &str, name: &str) -> Result<(), SecretStoreError> {
            self.entries()?.remove(name);
            Ok(())
        }
    }

    #[cfg(target_os = "linux")]
    fn late() -> keyring::Error {
        #[derive(Debug, thiserror::Error)]
        #[error("as the library wraps it")]
        struct Wrapped(#[source] dbus::Error);

        let name = "org.freedesktop.DBus.Error.NoReply";
        let error = dbus::Error::new_custom(name, "did not receive a reply");
        keyring::Error::PlatformFailure(Box::new(Wrapped(error)))
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_keychain_that_is_late_is_asked_again_and_is_not_taken_for_none() {
        let n_asked = AtomicUsize::new(0);
        let ask = |desktop: &Desktop, n_late: usize| {
            n_asked.store(0, Ordering::SeqCst);
            desktop.ask(|| {
                let n_before = n_asked.fetch_add(1, Ordering::SeqCst);
                if n_before < n_late { Err(late()) } else { Ok(n_before) }
            })
        };
        let desktop = Desktop::default();
        assert_eq!(ask(&desktop, 0), Ok(Some(0)));
        assert_eq!(ask(&desktop, 3), Ok(Some(3)));
        assert_eq!(ask(&desktop, 100), Err(SecretStoreError::TimedOut));
        assert_eq!(n_asked.load(Ordering::SeqCst), N_QUESTIONS);
        // One that is dead costs one wait, not one for each question.
        assert_eq!(ask(&desktop, 0), Err(SecretStoreError::TimedOut));
        assert_eq!(n_asked.load(Ordering::SeqCst), 0);
        assert_eq!(map_error(&late()), SecretStoreError::TimedOut);
        let none = keyring::Error::PlatformFailure("no session bus".into());
        assert_eq!(map_error(&none), SecretStoreError::Absent);
    }

    #[test]
    fn the_kernel_keeps_what_the_desktop_cannot_and_the_newest_is_given_wherever_it_lies() {
        let (desktop, kernel) = (Arc::new(Kept::default()), Arc::new(Kept::default()));
        let it = DesktopKeychain::of("x".to_owned(), desktop.clone(), kernel.clone());
        let is_there = |is: bool| desktop.is_absent.store(!is, Ordering::SeqCst);
        it.set("a", b"1").unwrap();
        assert!(kernel.entries().unwrap().is_empty() && it.describe() == "desktop keychain");
        // The session bus is gone, and comes back with what is old by then.
        is_there(false);
        assert_eq!(it.get("a"), Ok(None));
        it.set("a", b"2").unwrap();
        assert_eq!((it.get("a"), it.describe()), (Ok(Some(b"2".to_vec())), KERNEL));
        is_there(true);
        assert_eq!(it.get("a"), Ok(Some(b"2".to_vec())));
        it.set("a", b"3").unwrap();
        assert_eq!(it.get("a"), Ok(Some(b"3".to_vec())));
        assert!(kernel.entries().unwrap().is_empty());
        // A late one may have what is old, too.
        desktop.is_late.store(true, Ordering::SeqCst);
        it.set("a", b"5").unwrap();
        assert_eq!(it.get("a"), Ok(Some(b"5".to_vec())));
        desktop.is_late.store(false, Ordering::SeqCst);
        assert_eq!(it.get("a"), Ok(Some(b"5".to_vec())));
        // Forgotten everywhere.
        is_there(false);
        it.set("a", b"4").unwrap();
        is_there(true);
        it.delete("a").unwrap();
        assert_eq!(it.get("a"), Ok(None));
        // Neither is there.
        is_there(false);
        kernel.is_absent.store(true, Ordering::SeqCst);
        assert_eq!(it.get("a"), Err(SecretStoreError::Absent));
        assert_eq!(it.set("a", b"5"), Err(SecretStoreError::Absent));
        assert_eq!(it.delete("a"), Err(SecretStoreError::Absent));
    }

    #[test]
    fn the_real_kernel_keeps_a_secret_until_it_is_deleted_or_there_is_none() {
        let service = format!("insight-journey test {}", std::process::id());
        let kernel = Kernel::default();
        match kernel.set(&service, "a", &[0, 255, 7]) {
            Ok(()) => {
                assert_eq!(kernel.get(&service, "a"), Ok(Some(vec![0, 255, 7])));
                kernel.set(&service, "a", b"another").unwrap();
                assert_eq!(kernel.get(&service, "a"), Ok(Some(b"another".to_vec())));
                kernel.delete(&service, "a").unwrap();
                assert_eq!(kernel.get(&service, "never"), Ok(None));
            }
            // In a container, or where no login made this process.
            Err(error) => {
                assert_eq!(error, SecretStoreError::Absent);
                assert_eq!(kernel.get(&service, "a"), Err(SecretStoreError::Absent));
                assert_eq!(kernel.delete(&service, "a"), Err(SecretStoreError::Absent));
            }
        }
    }

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
