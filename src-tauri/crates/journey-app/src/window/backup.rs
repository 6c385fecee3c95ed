//! Backups from the window.

use crate::{
    App,
    access::{Caller, Unlocked},
    app::io_error,
    error::Result,
    views::window::{BackupDone, BackupState, RestoreDone},
};
use jiff::{SignedDuration, Timestamp};
use journey_domain::ports::CancelToken;
use std::path::Path;

/// Ends the name of a backup that is being written over an older one.
const BEING_WRITTEN: &str = "being-written";

impl App {
    /// When the last backup was made, and whether it is time for another.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn backup_state(&self, me: &Unlocked) -> Result<BackupState> {
        let last = self.last_backup(&me.open)?;
        let days = self.number(&me.open, "remind_backup_days")?;
        let oldest = me.vault().read(|read| read.sessions().first_came_in())?;
        Ok(BackupState {
            last_at: last.map(|at| at.to_string()),
            due: backup_is_due(days, last, oldest, self.ports().clock.now()),
        })
    }

    /// What to call the next backup, without its ending: whose it is and the day.
    #[must_use]
    pub fn backup_name(&self, me: &Unlocked) -> String {
        let clock = &self.ports().clock;
        let day = clock.now().to_zoned_datetime(clock.time_zone()).date();
        let name: String = me
            .caller
            .account()
            .name
            .as_str()
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '-' })
            .collect();
        format!("{}-{day}", name.to_lowercase())
    }

    /// Writes a backup where the person chose, in place of an older one there only once it is whole.
    ///
    /// # Errors
    /// As [`App::backup`].
    pub fn backup_in_window(
        &self,
        me: &Unlocked,
        to: &Path,
        passphrase: &str,
    ) -> Result<BackupDone> {
        let done = if to.exists() {
            let mut name = to.file_name().unwrap_or_default().to_owned();
            name.push(".");
            name.push(BEING_WRITTEN);
            let fresh = to.with_file_name(name);
            let done = self.backup(me, &fresh, passphrase, &CancelToken::new())?;
            std::fs::rename(&fresh, to).map_err(|e| io_error(&e, "replacing the backup"))?;
            done
        } else {
            self.backup(me, to, passphrase, &CancelToken::new())?
        };
        Ok(BackupDone {
            file_name: to.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            bytes: done.bytes,
            at: done.at,
        })
    }

    /// Brings a backup back as an account of its own.
    ///
    /// # Errors
    /// As [`App::restore`]; exists when that account is here.
    pub fn restore_in_window(
        &self,
        by: Option<&Caller>,
        from: &Path,
        passphrase: &str,
    ) -> Result<RestoreDone> {
        let account = self.restore(by, from, None, passphrase)?;
        Ok(RestoreDone { account })
    }
}

/// Whether a backup is due: the last one, or without one the first session, is so many days old.
/// 0 days: never.
#[must_use]
pub fn backup_is_due(
    days: u64,
    last: Option<Timestamp>,
    first_session: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    let (Some(first), true) = (first_session, days > 0) else { return false };
    let hours = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(24);
    now.duration_since(last.unwrap_or(first)) >= SignedDuration::from_hours(hours)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_backup_is_due_so_many_days_after_the_last_or_after_the_first_session() {
        let first = Some(at("2026-10-01T08:00:00Z"));
        let now = at("2026-11-27T08:00:00Z");
        assert!(!backup_is_due(0, None, first, now), "switched off");
        assert!(!backup_is_due(30, None, None, now), "nothing to lose yet");
        assert!(backup_is_due(30, None, first, now));
        assert!(!backup_is_due(30, Some(at("2026-10-28T08:00:01Z")), first, now));
        assert!(backup_is_due(30, Some(at("2026-10-28T08:00:00Z")), first, now));
    }
}
