//! Slowing down whoever guesses, and nobody else.
//!
//! Each name has its own growing delay. All names together make the delays start earlier, which a
//! name without failures never notices: others are not locked out. A try counts as failed from the
//! moment it begins, so that neither many tries at once nor a killed process gets any for nothing;
//! tries of one name take turns, so that right ones at once never count against each other.

use super::{AccountsError, AccountsStore, installation::MarkKey, turn::Turn};
use crate::table::column;
use hmac::Mac as _;
use jiff::{SignedDuration, Timestamp};
use journey_domain::account::AccountName;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::time::Duration;

/// Failures without any delay.
const N_FREE: u32 = 3;

/// The same while somebody tries many names.
const N_FREE_WHEN_HOT: u32 = 1;

/// The longest delay after one failure.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// After so long without a try the failures are forgotten.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// From so many failures over all names on, delays start earlier.
const HOT: u32 = 30;

/// How often one failure of all names together is forgotten.
const COOLS_EVERY_S: i64 = 10;

/// Rows that are kept; the oldest go.
const MAX_ROWS: i64 = 10_000;

/// The bucket of all names together.
const EVERYBODY: [u8; 32] = [0; 32];

/// A try that counts as failed until it is said to have succeeded.
#[must_use]
pub(super) struct Attempt {
    bucket: [u8; 32],
    _turn: Turn,
}

/// How long to wait after so many failures.
fn delay_after(failures: u32, hot: bool) -> Duration {
    let free = if hot { N_FREE_WHEN_HOT } else { N_FREE };
    if failures < free {
        return Duration::ZERO;
    }
    let doublings = (failures - free).min(16);
    Duration::from_secs(1 << doublings).min(LONGEST)
}

#[derive(Clone, Copy)]
struct Tries {
    failures: u32,
    last_at: Timestamp,
}

impl Tries {
    const NONE: Self = Self { failures: 0, last_at: Timestamp::UNIX_EPOCH };

    /// A clock that was set back counts as no time at all, so a delay never grows by it.
    fn since(self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.last_at).max(SignedDuration::ZERO)
    }

    fn wait(self, now: Timestamp, hot: bool) -> Duration {
        let since = self.since(now);
        if since >= FORGOTTEN_AFTER {
            return Duration::ZERO;
        }
        delay_after(self.failures, hot).saturating_sub(since.unsigned_abs())
    }

    fn failures(self, now: Timestamp) -> u32 {
        if self.since(now) >= FORGOTTEN_AFTER { 0 } else { self.failures }
    }

    fn cooled(self, now: Timestamp) -> u32 {
        let n_cooled = self.since(now).as_secs() / COOLS_EVERY_S;
        self.failures.saturating_sub(u32::try_from(n_cooled).unwrap_or(u32::MAX))
    }
}

impl AccountsStore {
    /// Lets a try begin once no other of this name is under way, or says how long to wait.
    pub(super) fn begin_attempt(
        &self,
        name: &AccountName,
    ) -> Result<Result<Attempt, Duration>, AccountsError> {
        let bucket = self.read(|conn| bucket(conn, name))?;
        let turn = self.turn(&bucket);
        let now = self.now();
        self.write(|conn| {
            let all = get(conn, &EVERYBODY)?.cooled(now);
            let own = get(conn, &bucket)?;
            let wait = own.wait(now, all >= HOT);
            if !wait.is_zero() {
                return Ok(Err(wait));
            }
            put(conn, &bucket, own.failures(now).saturating_add(1), now)?;
            put(conn, &EVERYBODY, all.saturating_add(1), now)?;
            prune(conn, now)?;
            Ok(Ok(Attempt { bucket, _turn: turn }))
        })
    }

    /// The try was no failure: the name's failures are forgotten.
    pub(super) fn attempt_succeeded(&self, attempt: &Attempt) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| {
            conn.prepare_cached("DELETE FROM sign_in_tries WHERE bucket = ?1")?
                .execute([attempt.bucket])?;
            uncount(conn, &EVERYBODY, now)
        })
    }

    /// Nothing was tried after all, such as when the disk failed.
    pub(super) fn attempt_withdrawn(&self, attempt: &Attempt) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| {
            uncount(conn, &attempt.bucket, now)?;
            uncount(conn, &EVERYBODY, now)
        })
    }
}

fn bucket(conn: &Connection, name: &AccountName) -> Result<[u8; 32], AccountsError> {
    let mut mac = MarkKey::of(conn)?.mark(b"name ");
    mac.update(name.folded().as_bytes());
    Ok(mac.finalize().into_bytes().into())
}

fn get(conn: &Connection, bucket: &[u8; 32]) -> Result<Tries, AccountsError> {
    let found = conn
        .prepare_cached("SELECT failures, last_at FROM sign_in_tries WHERE bucket = ?1")?
        .query_row([bucket], |row| {
            Ok(Tries { failures: column::count(row, 0)?, last_at: column::time(row, 1)? })
        })
        .optional()?;
    Ok(found.unwrap_or(Tries::NONE))
}

fn put(
    conn: &Connection,
    bucket: &[u8; 32],
    failures: u32,
    now: Timestamp,
) -> Result<(), AccountsError> {
    conn.prepare_cached(
        "INSERT INTO sign_in_tries (bucket, failures, last_at) VALUES (?1, ?2, ?3)
         ON CONFLICT (bucket) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at",
    )?
    .execute(params![bucket, failures, column::micros(now)])?;
    Ok(())
}

fn uncount(conn: &Connection, bucket: &[u8; 32], now: Timestamp) -> Result<(), AccountsError> {
    let failures = get(conn, bucket)?.failures(now).saturating_sub(1);
    put(conn, bucket, failures, now)
}

fn prune(conn: &Connection, now: Timestamp) -> Result<(), AccountsError> {
    let oldest = now.saturating_sub(FORGOTTEN_AFTER).map_or(i64::MIN, column::micros);
    conn.prepare_cached("DELETE FROM sign_in_tries WHERE last_at < ?1 AND bucket <> ?2")?
        .execute(params![oldest, EVERYBODY])?;
    conn.prepare_cached(
        "DELETE FROM sign_in_tries WHERE bucket IN
         (SELECT bucket FROM sign_in_tries ORDER BY last_at DESC LIMIT -1 OFFSET ?1)",
    )?
    .execute([MAX_ROWS])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delays_grow_from_nothing_to_a_quarter_of_an_hour() {
        let seconds: Vec<u64> = (0..16).map(|n| delay_after(n, false).as_secs()).collect();
        assert_eq!(seconds, [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(delay_after(u32::MAX, true), LONGEST);
    }

    #[test]
    fn a_name_without_failures_waits_for_nobody() {
        assert_eq!(Tries::NONE.wait(Timestamp::UNIX_EPOCH, true), Duration::ZERO);
        assert_eq!(delay_after(0, true), Duration::ZERO);
    }

    proptest! {
        #[test]
        fn a_clock_that_jumps_never_makes_a_wait_longer_than_the_delay(
            failures in 0u32..100, last in -1_000_000i64..1_000_000, now in -1_000_000i64..1_000_000,
        ) {
            let tries = Tries { failures, last_at: Timestamp::from_second(last).unwrap() };
            let wait = tries.wait(Timestamp::from_second(now).unwrap(), false);
            prop_assert!(wait <= delay_after(failures, false));
        }
    }
}
