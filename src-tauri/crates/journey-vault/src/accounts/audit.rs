//! Who did what, when. Never what was said.

use super::{AccountsError, AccountsStore};
use crate::table::column;
use jiff::{SignedDuration, Timestamp};
use journey_domain::ids::AccountId;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::HashMap;

/// How many entries are kept; the oldest go.
const MAX_ENTRIES: i64 = 50_000;

/// For so long after the first, one line stands for all that are alike.
const FOLDED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Among so many of the newest lines; a name that nobody has shall cost no more than one that is known.
const FOLDED_AMONG: i64 = 1000;

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        /// What was done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum AuditAction { $($(#[$doc])* $variant),+ }

        impl AuditAction {
            /// The word that is stored and shown.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

actions! {
    /// Signed in with a password, to stay or in the window.
    SignedIn = "signed_in",
    /// Gave the password with a command, where nothing keeps a sign-in. One line stands for all of an
    /// hour that nothing else came between.
    SignedInForCommand = "signed_in_for_command",
    /// A sign-in failed. An unknown name is not kept: it may have been a password.
    SignInFailed = "sign_in_failed",
    /// Signed out.
    SignedOut = "signed_out",
    /// A refresh token was used twice, and its family ended.
    TokenReused = "token_reused",
    /// An account was made.
    AccountCreated = "account_created",
    /// An account got another role.
    RoleChanged = "role_changed",
    /// An account was disabled.
    AccountDisabled = "account_disabled",
    /// An account was enabled.
    AccountEnabled = "account_enabled",
    /// An account was removed and its vault set aside.
    AccountSetAside = "account_set_aside",
    /// An owner erased the own account and vault.
    AccountErased = "account_erased",
    /// A password was changed.
    PasswordChanged = "password_changed",
    /// A password was set with a recovery code.
    Recovered = "recovered",
    /// A recovery code was made.
    RecoveryCodeMade = "recovery_code_made",
    /// A recovery code was written down, and the ones before it no longer work.
    RecoveryCodeConfirmed = "recovery_code_confirmed",
    /// The list of accounts was lost and made anew from the vault folders.
    AccountsRebuilt = "accounts_rebuilt",
    /// A vault folder without an account got one.
    AccountAdopted = "account_adopted",
    /// A system setting was changed.
    SystemSettingChanged = "system_setting_changed",
    /// Personal settings were changed; which, not to what.
    SettingChanged = "setting_changed",
    /// A backup was written.
    BackedUp = "backed_up",
    /// A backup was restored.
    Restored = "restored",
    /// A session was erased.
    SessionErased = "session_erased",
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number; later ones are greater.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who, where someone was signed in.
    pub actor: Option<AccountId>,
    /// The name at the time.
    pub actor_name: Option<String>,
    /// The word of an [`AuditAction`], or of one of a later version.
    pub action: String,
    /// Whose account it was about, if anyone's.
    pub subject: Option<AccountId>,
    /// The name at the time.
    pub subject_name: Option<String>,
    /// Which setting, which role; never content.
    pub detail: Option<String>,
    /// How often it was done.
    pub times: u32,
    /// When it was done last, where that was more than once.
    pub last_at: Option<Timestamp>,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// What is on it.
    pub entries: Vec<AuditEntry>,
    /// What to give as `before` for the next one; `None` at the end.
    pub next: Option<i64>,
}

impl AccountsStore {
    /// Adds a line.
    ///
    /// # Errors
    /// The store's failure.
    pub fn audit(
        &self,
        actor: Option<AccountId>,
        action: AuditAction,
        subject: Option<AccountId>,
        detail: Option<&str>,
    ) -> Result<(), AccountsError> {
        let now = self.now();
        self.write(|conn| append(conn, now, actor, action, subject, detail))
    }

    /// The log, newest first; `of` limits it to what one account did or what was done to it.
    ///
    /// # Errors
    /// The store's failure.
    pub fn audit_page(
        &self,
        of: Option<AccountId>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<AuditPage, AccountsError> {
        let of = of.map(|id| id.uuid().into_bytes());
        let mut entries = self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT id, at, actor_id, actor_name, action, subject_id, subject_name, detail,
                        times, last_at
                 FROM audit
                 WHERE id < ?1 AND (?2 IS NULL OR actor_id = ?2 OR subject_id = ?2)
                 ORDER BY id DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(
                params![before.unwrap_or(i64::MAX), of, i64::from(limit) + 1],
                |row| {
                    Ok(AuditEntry {
                        id: row.get(0)?,
                        at: column::time(row, 1)?,
                        actor: column::uuid_opt(row, 2)?.map(AccountId::new),
                        actor_name: row.get(3)?,
                        action: row.get(4)?,
                        subject: column::uuid_opt(row, 5)?.map(AccountId::new),
                        subject_name: row.get(6)?,
                        detail: row.get(7)?,
                        times: column::count(row, 8)?,
                        last_at: column::time_opt(row, 9)?,
                    })
                },
            )?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let next = if more { entries.last().map(|entry| entry.id) } else { None };
        Ok(AuditPage { entries, next })
    }
}

impl AccountsStore {
    /// When each account was last signed in to, by password or recovery code; an account of whose
    /// sign-ins the log no longer knows is not in it.
    ///
    /// # Errors
    /// The store's failure.
    pub fn last_sign_ins(&self) -> Result<HashMap<AccountId, Timestamp>, AccountsError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached(
                "SELECT actor_id, max(coalesce(last_at, at)) FROM audit
                 WHERE action IN (?1, ?2, ?3) AND actor_id IS NOT NULL GROUP BY actor_id",
            )?;
            let words = [
                AuditAction::SignedIn.as_str(),
                AuditAction::SignedInForCommand.as_str(),
                AuditAction::Recovered.as_str(),
            ];
            let rows = statement.query_map(words, |row| {
                Ok((AccountId::new(column::uuid(row, 0)?), column::time(row, 1)?))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// The same for what is done again and again: one line stands for all of an hour, unless something else
/// came between that the account did or that was done to it. Without an account it is nobody's whose name is
/// known: what was typed as one.
pub(super) fn append_or_fold(
    conn: &Connection,
    now: Timestamp,
    account: Option<AccountId>,
    action: AuditAction,
) -> Result<(), AccountsError> {
    let since = now.saturating_sub(FOLDED_WITHIN).map_or(i64::MIN, column::micros);
    let n_folded = conn
        .prepare_cached(
            "UPDATE audit SET times = times + 1, last_at = ?1
             WHERE id = (SELECT id FROM audit
                         WHERE id > (SELECT max(id) FROM audit) - ?5
                           AND (actor_id = ?2 OR subject_id = ?2
                                OR ?2 IS NULL AND actor_id IS NULL AND subject_id IS NULL
                                   AND action = ?3)
                         ORDER BY id DESC LIMIT 1)
               AND action = ?3 AND at BETWEEN ?4 AND ?1",
        )?
        .execute(params![
            column::micros(now),
            account.map(|id| id.uuid().into_bytes()),
            action.as_str(),
            since,
            FOLDED_AMONG
        ])?;
    if n_folded == 0 {
        append(conn, now, account, action, account, None)?;
    }
    Ok(())
}

/// Adds a line within a transaction that changes more.
pub(super) fn append(
    conn: &Connection,
    now: Timestamp,
    actor: Option<AccountId>,
    action: AuditAction,
    subject: Option<AccountId>,
    detail: Option<&str>,
) -> Result<(), AccountsError> {
    let named = |id: Option<AccountId>| -> Result<_, AccountsError> {
        let Some(id) = id.map(|id| id.uuid().into_bytes()) else { return Ok((None, None)) };
        let name: Option<String> = conn
            .prepare_cached("SELECT name FROM accounts WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok((Some(id), name))
    };
    let (actor_id, actor_name) = named(actor)?;
    let (subject_id, subject_name) = named(subject)?;
    conn.prepare_cached(
        "INSERT INTO audit (at, actor_id, actor_name, action, subject_id, subject_name, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        column::micros(now),
        actor_id,
        actor_name,
        action.as_str(),
        subject_id,
        subject_name,
        detail
    ])?;
    conn.prepare_cached("DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?1")?
        .execute([MAX_ENTRIES])?;
    Ok(())
}
