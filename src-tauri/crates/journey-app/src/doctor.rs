//! Is everything in order? Each check says what it found and what to do.

use crate::{
    App,
    access::Unlocked,
    days::for_people,
    keychain::KERNEL,
    views::{CheckView, DoctorView},
};
use journey_domain::ports::SecretStoreError;
use journey_vault::VaultError;
use std::{os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

/// Warn below this much free space, in bytes.
const LOW_SPACE_BYTES: u64 = 1_000_000_000;

/// How long the microphone is listened to.
const LISTEN: Duration = Duration::from_millis(500);

fn check(
    name: &str,
    state: &str,
    measured: impl Into<String>,
    advice: impl Into<String>,
) -> CheckView {
    CheckView {
        name: name.to_owned(),
        state: state.to_owned(),
        measured: measured.into(),
        advice: advice.into(),
    }
}

impl App {
    /// Checks the vault (when it is open), disk, permissions, microphone, model and keychain.
    #[must_use]
    pub fn doctor(&self, me: Option<&Unlocked>) -> DoctorView {
        let checks = vec![
            vault_check(me),
            self.disk_check(),
            self.permission_check(),
            self.microphone_check(),
            self.model_check(me),
            self.keychain_check(),
            self.backup_check(me),
        ];
        DoctorView { checks }
    }

    fn disk_check(&self) -> CheckView {
        let path = existing(self.data_dir().path());
        match rustix::fs::statvfs(path) {
            Ok(stat) => {
                let free = stat.f_bavail.saturating_mul(stat.f_frsize);
                let measured = format!("{:.1} GB free", free as f64 / 1e9);
                if free < LOW_SPACE_BYTES {
                    check(
                        "disk",
                        "warning",
                        measured,
                        "Free some space: an hour of recording takes up to 115 MB.",
                    )
                } else {
                    check("disk", "ok", measured, "")
                }
            }
            Err(error) => check("disk", "failed", error.to_string(), "Check the disk."),
        }
    }

    fn permission_check(&self) -> CheckView {
        let path = self.data_dir().path();
        let Ok(metadata) = path.metadata() else {
            return check("permissions", "skipped", "there is no data directory yet", "");
        };
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 == 0 {
            check("permissions", "ok", "the data directory is yours alone", "")
        } else {
            check(
                "permissions",
                "warning",
                format!("others on this computer may look into the data directory ({mode:o})"),
                format!("Run: chmod 700 '{}'", path.display()),
            )
        }
    }

    fn microphone_check(&self) -> CheckView {
        let devices = match self.ports().audio.devices() {
            Ok(devices) => devices,
            Err(error) => {
                return check(
                    "microphone",
                    "failed",
                    error.to_string(),
                    crate::record::sentence(error.hint()),
                );
            }
        };
        if devices.is_empty() {
            return check(
                "microphone",
                "warning",
                "no microphone was found",
                "Plug one in to record; writing and importing work without.",
            );
        }
        match self.listen(LISTEN) {
            Ok(level) if level.peak_dbfs > -119.0 => check(
                "microphone",
                "ok",
                format!("it hears something ({:.0} dB peak)", level.peak_dbfs),
                "",
            ),
            Ok(_) => check(
                "microphone",
                "warning",
                "it opens and delivers only silence",
                "Check that it is not muted, and which one the system uses.",
            ),
            Err(error) => {
                check("microphone", "failed", error.message, error.hint.unwrap_or_default())
            }
        }
    }

    fn model_check(&self, me: Option<&Unlocked>) -> CheckView {
        let models = match self.models(me) {
            Ok(list) => list.models,
            Err(error) => {
                return check("model", "failed", error.message, error.hint.unwrap_or_default());
            }
        };
        let Some(used) = models.iter().find(|m| m.in_use) else {
            return check(
                "model",
                "warning",
                "no speech model is installed",
                "Get one with `insight-journey model download base.en`; writing works without.",
            );
        };
        match self.open_model(&used.name) {
            Ok(()) if used.state == "damaged" => {
                check("model", "failed", format!("{} is damaged", used.name), "Download it again.")
            }
            Ok(()) => check("model", "ok", format!("{} can be used", used.name), ""),
            Err(error) => check("model", "failed", error.message, error.hint.unwrap_or_default()),
        }
    }

    fn backup_check(&self, me: Option<&Unlocked>) -> CheckView {
        let Some(me) = me else {
            return check("backup", "skipped", "nobody is signed in", "");
        };
        let overdue = self.backup_overdue_days(me);
        match (overdue, self.last_backup(&me.open)) {
            (Ok(Some(days)), Ok(last)) => {
                let measured = match last {
                    Some(_) => format!("the last backup is {days} days old"),
                    None => format!("{days} days of sessions were never backed up"),
                };
                check("backup", "warning", measured, "Run `insight-journey backup FILE`.")
            }
            (Ok(None), Ok(Some(at))) => {
                check("backup", "ok", format!("last on {}", for_people(&at.to_string())), "")
            }
            (Ok(None), Ok(None)) => check("backup", "ok", "nothing old enough to need one", ""),
            (Err(error), _) | (_, Err(error)) => {
                check("backup", "failed", error.message, error.hint.unwrap_or_default())
            }
        }
    }

    fn keychain_check(&self) -> CheckView {
        let keychain = &self.ports().keychain;
        match keychain.get("doctor") {
            Ok(_) if keychain.describe() == KERNEL => check(
                "keychain",
                "warning",
                KERNEL,
                "A sign-in is kept no longer; a keychain of the desktop would keep it.",
            ),
            Ok(_) => check("keychain", "ok", keychain.describe(), ""),
            Err(SecretStoreError::Absent) => check(
                "keychain",
                "warning",
                "there is none on this computer",
                "You cannot stay signed in: each command and each start asks for the password.",
            ),
            Err(error) => check(
                "keychain",
                "warning",
                error.to_string(),
                "Unlock it to stay signed in; the password works all the same.",
            ),
        }
    }
}

fn vault_check(me: Option<&Unlocked>) -> CheckView {
    let Some(me) = me else {
        return check(
            "vault",
            "skipped",
            "nobody is signed in",
            "Sign in to have the vault checked.",
        );
    };
    match me.vault().check_database() {
        Ok(wrong) if wrong.is_empty() => match me.vault().check_search() {
            Ok(true) => check("vault", "ok", "every page passes its check", ""),
            Ok(false) => match me.vault().rebuild_search() {
                Ok(()) => {
                    check("vault", "ok", "the search index was out of step and was made anew", "")
                }
                Err(error) => check("vault", "failed", error.to_string(), "Restore a backup."),
            },
            // It gave way to whoever writes.
            Err(VaultError::Busy) => check(
                "vault",
                "ok",
                "every page passes its check; the search index is in use",
                "Check again when nothing is under way.",
            ),
            Err(error) => check("vault", "failed", error.to_string(), "Restore a backup."),
        },
        Ok(wrong) => check(
            "vault",
            "failed",
            format!("{} damaged places", wrong.len()),
            "Restore a backup; until then, export what can be read.",
        ),
        Err(error) => check("vault", "failed", error.to_string(), "Restore a backup."),
    }
}

/// The nearest folder that exists.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"))
}
