//! Settings: one table of keys, types, defaults and help; personal ones live in the vault, system
//! ones in the accounts store.

use crate::error::{CommandError, Result};
use serde_json::Value;

/// Whose setting it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One person's, kept in the vault.
    Personal,
    /// The computer's, an admin's to change.
    System,
}

/// What values a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number within bounds.
    Number {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// Free text of at most this many characters; empty stands for "none".
    Text {
        /// Longest, in characters.
        max_chars: usize,
    },
    /// A list of texts.
    List {
        /// Most entries.
        max_entries: usize,
    },
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Dotted name.
    pub key: &'static str,
    /// Whose.
    pub scope: Scope,
    /// What it takes.
    pub kind: Kind,
    /// JSON of the value when nothing was set.
    pub default: &'static str,
    /// What it does and what it may be.
    pub help: &'static str,
}

use Kind::{Flag, List, Number, OneOf, Text};
use Scope::{Personal, System};

/// All settings there are.
pub const SETTINGS: &[Setting] = &[
    Setting { key: "speech.model", scope: Personal, kind: Text { max_chars: 80 }, default: "\"\"", help: "The speech model to transcribe with; empty for the best one installed." },
    Setting { key: "speech.language", scope: Personal, kind: Text { max_chars: 8 }, default: "\"auto\"", help: "The language that is spoken (such as en, de), or auto." },
    Setting { key: "speech.vad", scope: Personal, kind: Flag, default: "true", help: "Leave silence out before transcribing; saves time and invented words." },
    Setting { key: "speech.live", scope: Personal, kind: Flag, default: "true", help: "Transcribe while recording." },
    Setting { key: "recording.device", scope: Personal, kind: Text { max_chars: 200 }, default: "\"\"", help: "The microphone's id; empty for the system's default." },
    Setting { key: "recording.stop_after_silence_min", scope: Personal, kind: Number { min: 0, max: 240 }, default: "0", help: "Stop a recording after so many minutes of silence; 0 for never." },
    Setting { key: "recording.disk_floor_mb", scope: Personal, kind: Number { min: 0, max: 100_000 }, default: "200", help: "Recording pauses with a warning below this much free disk space, in megabytes." },
    Setting { key: "retention", scope: Personal, kind: OneOf(&["keep", "days", "until-analysed"]), default: "\"keep\"", help: "What happens to sound once its transcript is complete: keep, days, until-analysed." },
    Setting { key: "retention.days", scope: Personal, kind: Number { min: 1, max: 3650 }, default: "30", help: "With retention = days: how many days sound is kept." },
    Setting { key: "analysis.provider", scope: Personal, kind: OneOf(&["on-device", "openai", "compatible", "ollama"]), default: "\"on-device\"", help: "Who analyses: on-device, openai, compatible or ollama." },
    Setting { key: "analysis.model", scope: Personal, kind: Text { max_chars: 120 }, default: "\"\"", help: "The provider's model; empty for its default." },
    Setting { key: "analysis.base_url", scope: Personal, kind: Text { max_chars: 300 }, default: "\"\"", help: "The address of a compatible or local server." },
    Setting { key: "analysis.temperature", scope: Personal, kind: Text { max_chars: 8 }, default: "\"\"", help: "Sent where the model takes it; empty for the model's own." },
    Setting { key: "analysis.max_cost_usd", scope: Personal, kind: Text { max_chars: 12 }, default: "\"0.50\"", help: "At most so many US dollars for one session." },
    Setting { key: "analysis.time_limit_s", scope: Personal, kind: Number { min: 10, max: 7200 }, default: "600", help: "At most so many seconds for the analysis of one session." },
    Setting { key: "analysis.pseudonyms", scope: Personal, kind: List { max_entries: 500 }, default: "[]", help: "Names and places that are replaced before anything is sent." },
    Setting { key: "analysis.preview_always", scope: Personal, kind: Flag, default: "false", help: "Show what would be sent before every sending." },
    Setting { key: "taxonomy.emotions", scope: Personal, kind: OneOf(&["emotions.v1", "goemotions.v1"]), default: "\"emotions.v1\"", help: "The emotion taxonomy in use." },
    Setting { key: "theme", scope: Personal, kind: OneOf(&["system", "light", "dark", "contrast"]), default: "\"system\"", help: "How the window looks." },
    Setting { key: "text_size_percent", scope: Personal, kind: Number { min: 80, max: 150 }, default: "100", help: "Size of text in the window, in percent." },
    Setting { key: "reduced_motion", scope: Personal, kind: Flag, default: "false", help: "No motion in the window." },
    Setting { key: "idle_lock_min", scope: Personal, kind: Number { min: 0, max: 1440 }, default: "15", help: "Lock the vault after so many minutes without use; 0 for never." },
    Setting { key: "streak", scope: Personal, kind: Flag, default: "true", help: "Show how many days in a row had a reflection." },
    Setting { key: "crisis_page", scope: Personal, kind: Flag, default: "true", help: "Show help lines when words of crisis appear." },
    Setting { key: "guiding_question", scope: Personal, kind: Flag, default: "true", help: "Offer a question before recording." },
    Setting { key: "notifications", scope: Personal, kind: Flag, default: "false", help: "Show notifications of the desktop." },
    Setting { key: "reminder.reflect", scope: Personal, kind: Text { max_chars: 5 }, default: "\"\"", help: "Remind to reflect at this local time (HH:MM); empty for never." },
    Setting { key: "reminder.backup_days", scope: Personal, kind: Number { min: 0, max: 365 }, default: "30", help: "Remind to back up when the last backup is so many days old; 0 for never." },
    Setting { key: "first_run_done", scope: Personal, kind: Flag, default: "false", help: "Whether the first steps were shown." },
    Setting { key: "system.who_creates_accounts", scope: System, kind: OneOf(&["anyone", "admins"]), default: "\"anyone\"", help: "Who may create accounts on this computer." },
    Setting { key: "system.allowed_providers", scope: System, kind: List { max_entries: 20 }, default: "[\"on-device\",\"openai\",\"compatible\",\"ollama\"]", help: "The analysis providers people may choose." },
    Setting { key: "system.allowed_hosts", scope: System, kind: List { max_entries: 100 }, default: "[\"api.openai.com\"]", help: "The hosts that analysis may talk to; this computer itself is always allowed." },
    Setting { key: "system.commands_per_second", scope: System, kind: Number { min: 1, max: 10_000 }, default: "200", help: "How many commands a second one account may give." },
    Setting { key: "system.provider_calls_per_minute", scope: System, kind: Number { min: 1, max: 10_000 }, default: "60", help: "How many provider calls a minute one account may make." },
    Setting { key: "system.default_model", scope: System, kind: Text { max_chars: 80 }, default: "\"\"", help: "The speech model for accounts that chose none." },
    Setting { key: "system.log_level", scope: System, kind: OneOf(&["error", "warn", "info", "debug"]), default: "\"info\"", help: "How much is written to the log." },
];

/// The setting of a key.
///
/// # Errors
/// A usage error for an unknown key.
pub fn find(key: &str, scope: Scope) -> Result<&'static Setting> {
    SETTINGS.iter().find(|s| s.key == key && s.scope == scope).ok_or_else(|| {
        let elsewhere = SETTINGS.iter().any(|s| s.key == key);
        let error = CommandError::usage("there is no such setting");
        if elsewhere && scope == Scope::Personal {
            error.hint("It is a setting of the whole computer: add --system (admins only).")
        } else {
            error.hint("`insight-journey settings get` lists them.")
        }
    })
}

impl Setting {
    /// The value when nothing was set.
    #[must_use]
    pub fn default_value(&self) -> Value {
        serde_json::from_str(self.default).unwrap_or(Value::Null)
    }

    /// Checks a value.
    ///
    /// # Errors
    /// A usage error that says what the setting takes.
    pub fn check(&self, value: &Value) -> Result<()> {
        let fits = match self.kind {
            Flag => value.is_boolean(),
            Number { min, max } => value.as_i64().is_some_and(|n| (min..=max).contains(&n)),
            OneOf(words) => value.as_str().is_some_and(|s| words.contains(&s)),
            Text { max_chars } => value
                .as_str()
                .is_some_and(|s| s.chars().count() <= max_chars && !s.chars().any(char::is_control)),
            List { max_entries } => value.as_array().is_some_and(|list| {
                list.len() <= max_entries
                    && list.iter().all(|v| v.as_str().is_some_and(|s| s.chars().count() <= 200))
            }),
        };
        if fits {
            return Ok(());
        }
        let wanted = match self.kind {
            Flag => "true or false".to_owned(),
            Number { min, max } => format!("a whole number from {min} to {max}"),
            OneOf(words) => format!("one of {}", words.join(", ")),
            Text { max_chars } => format!("a text of at most {max_chars} characters"),
            List { max_entries } => {
                format!("a list of at most {max_entries} short texts, as JSON: [\"one\",\"two\"]")
            }
        };
        Err(CommandError::usage(format!("{} takes {wanted}", self.key)).hint(self.help))
    }

    /// Reads a value as it is typed on the command line: text needs no quotes.
    ///
    /// # Errors
    /// A usage error that says what the setting takes.
    pub fn parse(&self, typed: &str) -> Result<Value> {
        let value = match self.kind {
            Text { .. } | OneOf(_) => Value::String(typed.to_owned()),
            Flag | Number { .. } | List { .. } => {
                serde_json::from_str(typed).unwrap_or_else(|_| Value::String(typed.to_owned()))
            }
        };
        self.check(&value)?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_default_is_valid_and_every_key_stands_once() {
        for (i, setting) in SETTINGS.iter().enumerate() {
            setting.check(&setting.default_value()).unwrap();
            assert!(SETTINGS[..i].iter().all(|s| s.key != setting.key), "{}", setting.key);
            assert!(!setting.help.is_empty());
        }
    }

    #[test]
    fn values_out_of_bounds_are_refused_with_what_is_taken() {
        let size = find("text_size_percent", Scope::Personal).unwrap();
        assert_eq!(size.parse("120").unwrap(), Value::from(120));
        for wrong in ["79", "151", "big", "1e2", "-3", ""] {
            assert!(size.parse(wrong).unwrap_err().message.contains("80 to 150"), "{wrong}");
        }
    }

    #[test]
    fn a_system_setting_is_not_a_personal_one() {
        let error = find("system.log_level", Scope::Personal).unwrap_err();
        assert!(error.hint.unwrap().contains("--system"));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_taken_or_refused_but_never_stored_out_of_bounds(typed in "\\PC{0,40}") {
            for setting in SETTINGS {
                if let Ok(value) = setting.parse(&typed) {
                    prop_assert!(setting.check(&value).is_ok());
                }
            }
        }
    }
}
