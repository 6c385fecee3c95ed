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
    /// A number from 0 to `max`.
    Amount {
        /// Largest.
        max: f64,
    },
    /// One of a few words.
    OneOf(&'static [&'static str]),
    /// Text of 1 to `max_chars` characters.
    Text {
        /// Longest, in characters.
        max_chars: usize,
    },
    /// A local time, `HH:MM`.
    TimeOfDay,
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
    /// Whether it may be `null`: nothing chosen, or switched off.
    pub optional: bool,
    /// JSON of the value when nothing was set.
    pub default: &'static str,
    /// What it does and what it may be.
    pub help: &'static str,
}

use Kind::{Amount, Flag, List, Number, OneOf, Text, TimeOfDay};
use Scope::{Personal, System};

/// All settings there are.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "speech_model",
        scope: Personal,
        kind: Text { max_chars: 80 },
        optional: true,
        default: r#"null"#,
        help: "The speech model to transcribe with; none for the best one installed.",
    },
    Setting {
        key: "speech_language",
        scope: Personal,
        kind: Text { max_chars: 8 },
        optional: false,
        default: r#""auto""#,
        help: "The language that is spoken (such as en, de), or auto.",
    },
    Setting {
        key: "speech_vad",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"true"#,
        help: "Leave silence out before transcribing; saves time and invented words.",
    },
    Setting {
        key: "speech_live",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"true"#,
        help: "Transcribe while recording.",
    },
    Setting {
        key: "device",
        scope: Personal,
        kind: Text { max_chars: 200 },
        optional: true,
        default: r#"null"#,
        help: "The microphone's id; none for the system's default.",
    },
    Setting {
        key: "stop_on_silence_minutes",
        scope: Personal,
        kind: Number { min: 1, max: 240 },
        optional: true,
        default: r#"null"#,
        help: "Stop a recording after so many minutes of silence; none for never.",
    },
    Setting {
        key: "disk_floor_mb",
        scope: Personal,
        kind: Number { min: 0, max: 100_000 },
        optional: false,
        default: r#"200"#,
        help: "Recording pauses with a warning below this much free disk space, in megabytes.",
    },
    Setting {
        key: "retention",
        scope: Personal,
        kind: OneOf(&["keep", "days", "until_analysed"]),
        optional: false,
        default: r#""keep""#,
        help: "What happens to sound once its transcript is complete: keep, days, until_analysed.",
    },
    Setting {
        key: "retention_days",
        scope: Personal,
        kind: Number { min: 1, max: 3650 },
        optional: false,
        default: r#"30"#,
        help: "With retention = days: how many days sound is kept.",
    },
    Setting {
        key: "provider",
        scope: Personal,
        kind: OneOf(&["on-device", "openai", "compatible", "ollama"]),
        optional: false,
        default: r#""on-device""#,
        help: "Who analyses: on-device, openai, compatible or ollama.",
    },
    Setting {
        key: "provider_model",
        scope: Personal,
        kind: Text { max_chars: 120 },
        optional: true,
        default: r#"null"#,
        help: "The provider's model; none for its default.",
    },
    Setting {
        key: "provider_base_url",
        scope: Personal,
        kind: Text { max_chars: 300 },
        optional: true,
        default: r#"null"#,
        help: "The address of a compatible or local server.",
    },
    Setting {
        key: "provider_temperature",
        scope: Personal,
        kind: Amount { max: 2.0 },
        optional: true,
        default: r#"null"#,
        help: "How freely the model words its answer, 0 to 2; sent where the model takes it, none for its own.",
    },
    Setting {
        key: "cost_limit_usd",
        scope: Personal,
        kind: Amount { max: 1000.0 },
        optional: true,
        default: r#"0.5"#,
        help: "At most so many US dollars for one session; none for no limit.",
    },
    Setting {
        key: "time_limit_s",
        scope: Personal,
        kind: Number { min: 10, max: 7200 },
        optional: false,
        default: r#"600"#,
        help: "At most so many seconds for the analysis of one session.",
    },
    Setting {
        key: "use_pseudonyms",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"false"#,
        help: "Replace names and places before anything is sent.",
    },
    Setting {
        key: "pseudonyms",
        scope: Personal,
        kind: List { max_entries: 500 },
        optional: false,
        default: r#"[]"#,
        help: "Names and places that are replaced before anything is sent.",
    },
    Setting {
        key: "preview_before_sending",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"true"#,
        help: "Show what would be sent before the first sending.",
    },
    Setting {
        key: "emotion_taxonomy",
        scope: Personal,
        kind: OneOf(&["emotions.v1", "goemotions.v1"]),
        optional: false,
        default: r#""emotions.v1""#,
        help: "The emotion taxonomy in use.",
    },
    Setting {
        key: "theme",
        scope: Personal,
        kind: OneOf(&["system", "light", "dark"]),
        optional: false,
        default: r#""system""#,
        help: "How the window looks.",
    },
    Setting {
        key: "contrast",
        scope: Personal,
        kind: OneOf(&["system", "more"]),
        optional: false,
        default: r#""system""#,
        help: "More contrast in the window.",
    },
    Setting {
        key: "text_size",
        scope: Personal,
        kind: Number { min: 80, max: 150 },
        optional: false,
        default: r#"100"#,
        help: "Size of text in the window, in percent.",
    },
    Setting {
        key: "motion",
        scope: Personal,
        kind: OneOf(&["system", "reduced"]),
        optional: false,
        default: r#""system""#,
        help: "Less motion in the window.",
    },
    Setting {
        key: "language",
        scope: Personal,
        kind: Text { max_chars: 8 },
        optional: false,
        default: r#""en""#,
        help: "The language of the window.",
    },
    Setting {
        key: "idle_lock_minutes",
        scope: Personal,
        kind: Number { min: 1, max: 1440 },
        optional: true,
        default: r#"15"#,
        help: "Lock the vault after so many minutes without use; none for never.",
    },
    Setting {
        key: "streak",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"true"#,
        help: "Show how many weeks in a row had a reflection.",
    },
    Setting {
        key: "care",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"true"#,
        help: "Show help lines when words of crisis appear.",
    },
    Setting {
        key: "country",
        scope: Personal,
        kind: Text { max_chars: 2 },
        optional: true,
        default: r#"null"#,
        help: "The country of the help lines, such as AT.",
    },
    Setting {
        key: "ask_questions",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"true"#,
        help: "Offer a question before recording.",
    },
    Setting {
        key: "notifications",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"false"#,
        help: "Show notifications of the desktop.",
    },
    Setting {
        key: "remind_reflect",
        scope: Personal,
        kind: TimeOfDay,
        optional: true,
        default: r#"null"#,
        help: "Remind to reflect at this local time (HH:MM); none for never.",
    },
    Setting {
        key: "remind_backup_days",
        scope: Personal,
        kind: Number { min: 1, max: 365 },
        optional: true,
        default: r#"30"#,
        help: "Remind to back up when the last backup is so many days old; none for never.",
    },
    Setting {
        key: "tray",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"false"#,
        help: "Keep a sign in the tray.",
    },
    Setting {
        key: "shortcut",
        scope: Personal,
        kind: Text { max_chars: 60 },
        optional: true,
        default: r#"null"#,
        help: "Keys that start and stop recording from anywhere, such as Ctrl+Alt+R; none for none.",
    },
    Setting {
        key: "sample",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"false"#,
        help: "Whether this vault is the sample.",
    },
    Setting {
        key: "setup_done",
        scope: Personal,
        kind: Flag,
        optional: false,
        default: r#"false"#,
        help: "Whether the first steps were shown.",
    },
    Setting {
        key: "who_may_create",
        scope: System,
        kind: OneOf(&["anyone", "admin"]),
        optional: false,
        default: r#""anyone""#,
        help: "Who may create accounts on this computer.",
    },
    Setting {
        key: "allowed_providers",
        scope: System,
        kind: List { max_entries: 20 },
        optional: false,
        default: r#"["on-device","openai","compatible","ollama"]"#,
        help: "The analysis providers people may choose.",
    },
    Setting {
        key: "allowed_hosts",
        scope: System,
        kind: List { max_entries: 100 },
        optional: false,
        default: r#"["api.openai.com"]"#,
        help: "The hosts that analysis may talk to; this computer itself is always allowed.",
    },
    Setting {
        key: "commands_per_minute",
        scope: System,
        kind: Number { min: 10, max: 1_000_000 },
        optional: false,
        default: r#"6000"#,
        help: "How many commands a minute one account may give, window and command line together.",
    },
    Setting {
        key: "provider_calls_per_minute",
        scope: System,
        kind: Number { min: 1, max: 10_000 },
        optional: false,
        default: r#"60"#,
        help: "How many provider calls one account may begin in any minute.",
    },
    Setting {
        key: "default_model",
        scope: System,
        kind: Text { max_chars: 80 },
        optional: true,
        default: r#"null"#,
        help: "The speech model for accounts that chose none.",
    },
    Setting {
        key: "log_level",
        scope: System,
        kind: OneOf(&["error", "warn", "info", "debug"]),
        optional: false,
        default: r#""info""#,
        help: "How much is written to the log.",
    },
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
        if value.is_null() && self.optional {
            return Ok(());
        }
        let fits = match self.kind {
            Amount { max } => value.as_f64().is_some_and(|n| (0.0..=max).contains(&n)),
            Flag => value.is_boolean(),
            Number { min, max } => value.as_i64().is_some_and(|n| (min..=max).contains(&n)),
            OneOf(words) => value.as_str().is_some_and(|s| words.contains(&s)),
            Text { max_chars } => value.as_str().is_some_and(|s| {
                (1..=max_chars).contains(&s.chars().count()) && !s.chars().any(char::is_control)
            }),
            TimeOfDay => value
                .as_str()
                .is_some_and(|s| s.len() == 5 && jiff::civil::Time::strptime("%H:%M", s).is_ok()),
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
            Amount { max } => format!("a number from 0 to {max}"),
            Number { min, max } => format!("a whole number from {min} to {max}"),
            OneOf(words) => format!("one of {}", words.join(", ")),
            Text { max_chars } => format!("a text of at most {max_chars} characters"),
            TimeOfDay => "a time such as 20:30".to_owned(),
            List { max_entries } => {
                format!("a list of at most {max_entries} short texts, as JSON: [\"one\",\"two\"]")
            }
        };
        let or_none = if self.optional { ", or none" } else { "" };
        Err(CommandError::usage(format!("{} takes {wanted}{or_none}", self.key)).hint(self.help))
    }

    /// Reads a value as it is typed on the command line: text needs no quotes.
    ///
    /// # Errors
    /// A usage error that says what the setting takes.
    pub fn parse(&self, typed: &str) -> Result<Value> {
        if self.optional && matches!(typed, "" | "none" | "null") {
            return Ok(Value::Null);
        }
        let value = match self.kind {
            Text { .. } | OneOf(_) | TimeOfDay => Value::String(typed.to_owned()),
            Amount { .. } | Flag | Number { .. } | List { .. } => {
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
        let size = find("text_size", Scope::Personal).unwrap();
        assert_eq!(size.parse("120").unwrap(), Value::from(120));
        for wrong in ["79", "151", "big", "1e2", "-3", ""] {
            assert!(size.parse(wrong).unwrap_err().message.contains("80 to 150"), "{wrong}");
        }
    }

    #[test]
    fn a_system_setting_is_not_a_personal_one() {
        let error = find("log_level", Scope::Personal).unwrap_err();
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
