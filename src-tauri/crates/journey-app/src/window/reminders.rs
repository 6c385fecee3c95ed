//! When to remind: to reflect at the hour that the person set, and to back up.

use super::backup::backup_is_due;
use crate::{App, error::Result, open_vault::OpenVault};
use jiff::{
    SignedDuration, Timestamp, ZonedDateTime,
    civil::{Date, Time},
};
use journey_domain::ids::AccountId;
use journey_vault::VaultError;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};

/// After how many days a backup that is still due is reminded of again: nobody is nagged.
const BACK_UP_AGAIN_DAYS: i64 = 7;

/// Under which key the vault keeps what was reminded of. No setting: nobody changes it.
const REMINDED: &str = "reminded";

/// What to remind of: to reflect at most once a day, to back up at most once a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reminder {
    /// Nothing was said or written today, and the hour is there.
    Reflect,
    /// The last backup is old.
    BackUp,
}

/// What reminders follow from. Holds hours and days, nothing that was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReminderPlan {
    /// Whether the person wants notifications at all.
    pub notifications: bool,
    /// Local time of the reminder to reflect.
    pub reflect_at: Option<Time>,
    /// How old a backup may be, in days; 0 for never.
    pub backup_days: u64,
    /// When something was said or written last.
    pub last_session: Option<Timestamp>,
    /// When something was said or written first.
    pub first_session: Option<Timestamp>,
    /// When the last backup was made.
    pub last_backup: Option<Timestamp>,
}

/// On which local day was reminded last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminded {
    /// To reflect.
    pub reflect: Option<Date>,
    /// To back up.
    pub back_up: Option<Date>,
}

impl Reminded {
    /// Of each the later day.
    fn later(self, other: Self) -> Self {
        Self { reflect: self.reflect.max(other.reflect), back_up: self.back_up.max(other.back_up) }
    }
}

/// What is due now. Pure: whoever reminds remembers that it did.
#[must_use]
pub fn due(plan: &ReminderPlan, before: &Reminded, now: &ZonedDateTime) -> Vec<Reminder> {
    if !plan.notifications {
        return Vec::new();
    }
    let today = now.date();
    let on_day = |at: Timestamp| at.to_zoned_datetime(now.time_zone().clone()).date();
    let reflect = plan.reflect_at.is_some_and(|at| now.time() >= at)
        && plan.last_session.map(on_day) != Some(today)
        && before.reflect != Some(today);
    let back_up =
        backup_is_due(plan.backup_days, plan.last_backup, plan.first_session, now.timestamp())
            && before.back_up.is_none_or(|day| {
                today.duration_since(day) >= SignedDuration::from_hours(24 * BACK_UP_AGAIN_DAYS)
            });
    [(reflect, Reminder::Reflect), (back_up, Reminder::BackUp)]
        .into_iter()
        .filter_map(|(is_due, reminder)| is_due.then_some(reminder))
        .collect()
}

/// Whose reminders, what they follow from, and which were given. Kept while the vault is locked.
#[derive(Default)]
pub(crate) struct Reminders(Mutex<Option<(AccountId, ReminderPlan, Reminded)>>);

impl Reminders {
    fn with<T>(
        &self,
        work: impl FnOnce(&mut Option<(AccountId, ReminderPlan, Reminded)>) -> T,
    ) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whoever signed out is not reminded any more.
    pub(crate) fn forget(&self) {
        self.with(|kept| *kept = None);
    }
}

impl App {
    /// What to remind of now; what is given here is not given again so soon. While the vault is
    /// locked, what was known before counts; after signing out nothing does.
    #[must_use]
    pub fn reminders_due(&self) -> Vec<Reminder> {
        let open = self.slot().clone();
        let fresh = open.as_ref().and_then(|open| {
            let plan = self.reminder_plan(open);
            if let Err(error) = &plan {
                tracing::warn!(code = ?error.code, "reminders could not be planned");
            }
            plan.ok().map(|(plan, given)| (open.account.id, plan, given))
        });
        let clock = &self.ports().clock;
        let now = clock.now().to_zoned_datetime(clock.time_zone());
        let (reminders, given) = self.reminders().with(|kept| {
            if let Some((account, plan, stored)) = fresh {
                let before = kept.take().filter(|(of, ..)| *of == account);
                let given = before.map_or(stored, |(.., given)| given.later(stored));
                *kept = Some((account, plan, given));
            }
            let Some((_, plan, given)) = kept.as_mut() else { return Default::default() };
            let reminders = due(plan, given, &now);
            for reminder in &reminders {
                match reminder {
                    Reminder::Reflect => given.reflect = Some(now.date()),
                    Reminder::BackUp => given.back_up = Some(now.date()),
                }
            }
            (reminders, *given)
        });
        if let Some(open) = open.filter(|_| !reminders.is_empty()) {
            note(&open, &given);
        }
        reminders
    }

    fn reminder_plan(&self, open: &OpenVault) -> Result<(ReminderPlan, Reminded)> {
        let at = self.text_setting(open, "remind_reflect")?;
        let (first_session, last_session, given) = open.vault.read(|read| {
            let sessions = read.sessions();
            let given = read.settings().get(REMINDED)?;
            Ok::<_, VaultError>((sessions.first_came_in()?, sessions.newest()?, given))
        })?;
        let plan = ReminderPlan {
            notifications: self.flag(open, "notifications")?,
            reflect_at: at.and_then(|at| Time::strptime("%H:%M", at).ok()),
            backup_days: self.number(open, "remind_backup_days")?,
            last_session,
            first_session,
            last_backup: self.last_backup(open)?,
        };
        let given = given.and_then(|value| serde_json::from_value(value).ok());
        Ok((plan, given.unwrap_or_default()))
    }
}

/// A reminder that cannot be noted comes again at the next start.
fn note(open: &OpenVault, given: &Reminded) {
    let value = serde_json::to_value(given).unwrap_or_default();
    if let Err(error) = open.vault.write(|write| write.settings().set(REMINDED, &value)) {
        tracing::info!(%error, "what was reminded of was not noted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// In Vienna, an hour ahead of UTC.
    fn zoned(text: &str) -> ZonedDateTime {
        at(text).to_zoned_datetime(TimeZone::get("Europe/Vienna").unwrap())
    }

    fn evening() -> ReminderPlan {
        ReminderPlan {
            notifications: true,
            reflect_at: Some(Time::constant(20, 30, 0, 0)),
            backup_days: 30,
            last_session: Some(at("2026-11-26T22:59:00Z")),
            first_session: Some(at("2026-11-01T10:00:00Z")),
            last_backup: Some(at("2026-11-20T10:00:00Z")),
        }
    }

    #[test]
    fn the_reminder_to_reflect_comes_at_its_local_hour_on_a_day_without_a_session() {
        let before = Reminded::default();
        assert!(due(&evening(), &before, &zoned("2026-11-27T19:29:59Z")).is_empty());
        let now = zoned("2026-11-27T19:30:00Z");
        assert_eq!(due(&evening(), &before, &now), [Reminder::Reflect]);
        let said_today = ReminderPlan {
            // Half past midnight there, the day before in UTC.
            last_session: Some(at("2026-11-26T23:30:00Z")),
            ..evening()
        };
        assert!(due(&said_today, &before, &now).is_empty());
        let nothing_ever = ReminderPlan { last_session: None, ..evening() };
        assert_eq!(due(&nothing_ever, &before, &now), [Reminder::Reflect]);
    }

    #[test]
    fn nobody_is_reminded_twice_a_day_of_a_backup_twice_a_week_or_against_their_wish() {
        let now = zoned("2026-12-27T20:00:00Z");
        let all = [Reminder::Reflect, Reminder::BackUp];
        assert_eq!(due(&evening(), &Reminded::default(), &now), all);
        let today = Some(now.date());
        let given = Reminded { reflect: today, back_up: today };
        assert!(due(&evening(), &given, &now).is_empty());
        let reflect = [Reminder::Reflect];
        assert_eq!(due(&evening(), &given, &zoned("2026-12-28T20:00:00Z")), reflect);
        assert_eq!(due(&evening(), &given, &zoned("2027-01-03T20:00:00Z")), all);
        let quiet = ReminderPlan { notifications: false, ..evening() };
        assert!(due(&quiet, &Reminded::default(), &now).is_empty());
        let neither = ReminderPlan { reflect_at: None, backup_days: 0, ..evening() };
        assert!(due(&neither, &Reminded::default(), &now).is_empty());
    }
}
