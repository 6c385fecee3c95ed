//! One try at a time for each name, over all threads and processes.
//!
//! A try counts as failed until it has succeeded. Without turns, somebody whose scripts give the right
//! password several times at once would be taken for a guesser; with them, tries at once are tries one
//! after another, which is also the most that a guesser gets.

use super::AccountsStore;
use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt as _,
    sync::mpsc,
    thread,
    time::Duration,
};

/// Names share so many locks: a name has no file of its own, since what was typed as a name may have
/// been a password, and nobody shall fill the folder. Who shares one merely waits a moment longer.
const N_LANES: u8 = 16;

/// How long a turn is waited for. Then the count of tries in the database holds alone: a process
/// that was stopped in the midst of its try keeps nobody out.
const PATIENCE: Duration = Duration::from_secs(30);

/// Given back when dropped, and by the operating system when the process ends.
pub(super) struct Turn {
    _file: Option<File>,
}

impl AccountsStore {
    /// Waits until nobody else tries this name. A disk that takes no lock keeps nobody out: the count of
    /// tries holds alone then, too.
    pub(super) fn turn(&self, bucket: &[u8; 32]) -> Turn {
        let lane = bucket.first().map_or(0, |byte| byte % N_LANES);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.dir.join(format!("sign-in-{lane}.lock")));
        Turn { _file: file.and_then(|file| locked(file, PATIENCE)).unwrap_or_default() }
    }
}

/// The locked file, or `None` when another has held it for all of `patience`.
fn locked(file: File, patience: Duration) -> io::Result<Option<File>> {
    match file.try_lock() {
        Ok(()) => return Ok(Some(file)),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let (tell, told) = mpsc::channel();
    thread::Builder::new().name("sign-in turn".to_owned()).spawn(move || {
        // Nobody listens any more once it took too long; the lock goes with the file then.
        if file.lock().is_ok() {
            tell.send(file).ok();
        }
    })?;
    Ok(told.recv_timeout(patience).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_that_never_comes_is_not_waited_for_for_ever() {
        let dir = tempfile::TempDir::new().unwrap();
        let open = || File::create(dir.path().join("lock")).unwrap();
        let stuck = locked(open(), PATIENCE).unwrap().unwrap();
        assert!(locked(open(), Duration::from_millis(20)).unwrap().is_none());
        drop(stuck);
        // The one that gave up does not keep it either.
        assert!(locked(open(), PATIENCE).unwrap().is_some());
    }
}
