//! Sound that the person does not want to keep: deleted, but only where its words are.

use crate::{App, error::CommandError, open_vault::OpenVault};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// Which sound may go.
struct Rule {
    /// Only what was begun before.
    before: Timestamp,
    /// Only of sessions that were analysed.
    analysed_only: bool,
}

/// Deletes what the setting `retention` says is no longer wanted; gives how many recordings.
///
/// A session keeps its sound as long as a part of it was not transcribed, a stage failed, or a job
/// waits for it.
pub(crate) fn apply(app: &App, open: &OpenVault) -> Result<usize, CommandError> {
    let now = app.ports().clock.now();
    let rule = match app.text_setting(open, "retention")?.as_deref() {
        Some("until_analysed") => Rule { before: now, analysed_only: true },
        Some("days") => {
            let days = i64::try_from(app.number(open, "retention_days")?).unwrap_or(i64::MAX / 24);
            let age = SignedDuration::from_hours(days.saturating_mul(24).min(24 * 3650));
            Rule { before: now - age, analysed_only: false }
        }
        _ => return Ok(0),
    };
    let done = open.vault.read(|read| {
        read.recordings().written_down(rule.before, rule.analysed_only).map_err(CommandError::from)
    })?;
    open.vault.write(|write| {
        done.iter().try_for_each(|recording| write.recordings().forget(recording.id))
    })?;
    let sessions: BTreeSet<_> = done.iter().map(|recording| recording.session).collect();
    for session in sessions {
        open.vault.sweep_session_media(session)?;
    }
    Ok(done.len())
}
