//! The commands that an account gives, counted in a file that all processes share: a loop of short
//! processes counts like one that lives long.
//!
//! A count says nothing but when a limit will have recovered. A file that is missing, damaged or in
//! somebody's hands costs no more than that: each process then counts for itself.

use super::carried::{self, Until};
use jiff::Timestamp;
use journey_domain::ids::AccountId;
use rustix::fs::OFlags;
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// Account, class, limit (of 4 bytes) and state (of 8).
const RECORD: usize = 16 + 4 + 4 + 8;

/// Most records that are looked at: far more than accounts that give commands in one minute.
const MAX_RECORDS: usize = 1000;

/// How often another process is waited for, and how long in between. It holds the file for some
/// microseconds.
const N_TRIES: u32 = 100;
const TRY_PAUSE: Duration = Duration::from_millis(1);

/// The file.
pub(in crate::gate) struct Counts(PathBuf);

impl Counts {
    pub(in crate::gate) fn new(data_dir: &Path) -> Self {
        Self(data_dir.join("limits"))
    }

    /// Takes one of the `per_minute` commands of this class that the account has.
    ///
    /// # Errors
    /// The file cannot be used.
    pub(in crate::gate) fn take(
        &self,
        account: AccountId,
        class: u32,
        per_minute: u32,
        now: Timestamp,
    ) -> io::Result<Result<(), Duration>> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&self.0)?;
        lock(&file)?;
        let mut bytes = Vec::new();
        (&mut file).take((MAX_RECORDS * RECORD) as u64).read_to_end(&mut bytes)?;
        let mut whose = account.uuid().as_bytes().to_vec();
        whose.extend_from_slice(&class.to_le_bytes());
        let records = bytes.chunks_exact(RECORD);
        let place = records.clone().position(|record| record.starts_with(&whose));
        let mut record = whose;
        record.extend_from_slice(&per_minute.to_le_bytes());
        // A limit that changed holds at once, and counts anew.
        let kept = place
            .and_then(|n| records.clone().nth(n))
            .filter(|found| found.starts_with(&record))
            .map_or(Until::default(), until);
        let taken = match carried::take(kept, now, super::quota(per_minute)) {
            Ok(taken) => taken,
            Err(wait) => return Ok(Err(wait)),
        };
        // One that has recovered whole counts no more than none.
        let past = |found: &[u8]| i128::from(until(found).0) <= now.as_nanosecond();
        let free = || records.clone().position(past).unwrap_or(records.len());
        let place = place.unwrap_or_else(free);
        if place >= MAX_RECORDS {
            return Err(io::ErrorKind::StorageFull.into());
        }
        record.extend_from_slice(&taken.0.to_le_bytes());
        file.seek(SeekFrom::Start((place * RECORD) as u64))?;
        file.write_all(&record)?;
        Ok(Ok(()))
    }
}

fn until(record: &[u8]) -> Until {
    let state = record.last_chunk().copied().unwrap_or_default();
    Until(u64::from_le_bytes(state))
}

/// Let go of when the file is closed.
fn lock(file: &File) -> io::Result<()> {
    for _ in 0..N_TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(TRY_PAUSE),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::ErrorKind::WouldBlock.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use uuid::Uuid;

    fn account(n: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(n))
    }

    fn now() -> Timestamp {
        "2026-11-27T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn each_account_and_class_counts_alone_and_what_has_recovered_takes_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let counts = Counts::new(folder.path());
        let take = |who, class, at| counts.take(account(who), class, 2, at).unwrap();
        for who in [1, 2] {
            for class in [0, 1] {
                assert_eq!(take(who, class, now()), Ok(()));
                assert_eq!(take(who, class, now()), Ok(()));
                assert_eq!(take(who, class, now()), Err(Duration::from_secs(30)));
            }
        }
        assert_eq!(take(1, 0, now() + 30.seconds()), Ok(()));
        // Another limit counts anew, and at once.
        assert_eq!(counts.take(account(1), 0, 1, now()).unwrap(), Ok(()));
        assert!(counts.take(account(1), 0, 1, now()).unwrap().is_err());
        for who in 3..5000 {
            let later = now() + i64::try_from(who).unwrap().minutes();
            assert_eq!(take(who, 0, later), Ok(()));
        }
        assert_eq!(std::fs::metadata(folder.path().join("limits")).unwrap().len(), 4 * 32);
    }

    #[test]
    fn all_at_once_take_no_more_than_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let n_taken: usize = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let counts = Counts::new(folder.path());
                        // A file that others held for too long is no answer.
                        let take = || {
                            loop {
                                if let Ok(taken) = counts.take(account(1), 0, 50, now()) {
                                    break taken;
                                }
                            }
                        };
                        (0..20).filter(|_| take().is_ok()).count()
                    })
                })
                .collect();
            all.into_iter().map(|it| it.join().unwrap()).sum()
        });
        assert_eq!(n_taken, 50);
    }

    #[test]
    fn a_damaged_file_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limits");
        let counts = Counts::new(folder.path());
        for bytes in [vec![0xff; 31], vec![0xff; 33], vec![0; 64], vec![0xff; 100_000]] {
            std::fs::write(&path, &bytes).unwrap();
            let taken = counts.take(account(1), 0, 2, now());
            assert!(matches!(taken, Ok(Ok(())) | Err(_)), "{} bytes: {taken:?}", bytes.len());
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(counts.take(account(1), 0, 2, now()).is_err());
    }
}
