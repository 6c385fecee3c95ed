//! Settings: one table of keys, types, defaults and help; personal ones live in the vault, system
//! ones in the accounts store.

use crate::error::{CommandError, Result};
use journey_analysis::provider::{CHOSEN, ProviderError, host_of};
use journey_speech::{models::installed::can_be_named, whisper::knows_language};
use serde_json::Value;

/// Longest name that is replaced, or that is sent for one, in characters.
const MAX_NAME_CHARS: usize = 80;

/// Most names that are replaced.
pub(crate) const MAX_NAMES: usize = 500;

/// Longest address of a provider, in characters.
const MAX_ADDRESS_CHARS: usize = 300;

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
    /// Several of a few words.
    SomeOf(&'static [&'static str]),
    /// Names that are replaced, each alone or as `name=what is sent for it`.
    Names {
        /// Most entries.
        max_entries: usize,
    },
    /// Hosts, without scheme and port.
    Hosts {
        /// Most entries.
        max_entries: usize,
    },
    /// An address that may be asked: https, or http on this computer.
    Address,
    /// A language that is spoken, or `auto`.
    SpokenLanguage,
    /// A name that a speech model can have.
    ModelName,
    /// Two capital letters.
    Country,
}

/// The providers there are, the built-in one first.
pub(crate) const PROVIDERS: &[&str] = &["on-device", "openai", "compatible", "ollama"];

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

use Kind::{
    Address, Amount, Country, Flag, Hosts, ModelName, Names, Number, OneOf, SomeOf, SpokenLanguage,
    Text, TimeOfDay,
};
use Scope::{Personal, System};

/// All settings there are.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "speech_model",
        scope: Personal,
        kind: ModelName,
        optional: true,
        default: r#"null"#,
        help: "The speech model to transcribe with; none for the best one installed.",
    },
    Setting {
        key: "speech_language",
        scope: Personal,
        kind: SpokenLanguage,
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
        kind: OneOf(PROVIDERS),
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
        help: "The model of the provider in use, or of the one that is used next; none for its usual one.",
    },
    Setting {
        key: "provider_base_url",
        scope: Personal,
        kind: Address,
        optional: true,
        default: r#"null"#,
        help: "The address of the provider in use, or of the one that is used next: https, or http on this computer; none for its usual one.",
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
        kind: Names { max_entries: MAX_NAMES },
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
        kind: OneOf(&["en"]),
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
        kind: Country,
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
        kind: SomeOf(PROVIDERS),
        optional: false,
        default: r#"["on-device","openai","compatible","ollama"]"#,
        help: "The analysis providers people may choose.",
    },
    Setting {
        key: "allowed_hosts",
        scope: System,
        kind: Hosts { max_entries: 100 },
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
        kind: ModelName,
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
            SomeOf(words) => entries(value, words.len(), |s| words.contains(&s)),
            Names { max_entries } => entries(value, max_entries, are_names),
            Hosts { max_entries } => entries(value, max_entries, is_host),
            Address => value.as_str().is_some_and(|s| address_fault(s).is_none()),
            SpokenLanguage => value.as_str().is_some_and(|s| s == "auto" || knows_language(s)),
            ModelName => value.as_str().is_some_and(can_be_named),
            Country => value.as_str().is_some_and(|s| {
                s.len() == 2 && s.bytes().all(|letter| letter.is_ascii_uppercase())
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
            SomeOf(words) => format!("a list, as JSON, of {}", words.join(", ")),
            Names { max_entries } => format!(
                "a list of at most {max_entries} names, as JSON: [\"Ada\",\"Bob{CHOSEN}Tom\"]; a \
                 name has letters, and at most {MAX_NAME_CHARS} characters"
            ),
            Hosts { max_entries } => format!(
                "a list of at most {max_entries} hosts without port, as JSON: [\"api.openai.com\"]"
            ),
            Address => match value.as_str().and_then(address_fault) {
                Some(fault) => format!("no such address: {fault}"),
                None => "an address".to_owned(),
            },
            SpokenLanguage => "auto, or the code of a language such as en or de".to_owned(),
            ModelName => "the name of a speech model, as `model list` shows it".to_owned(),
            Country => "a country's two letters, such as AT".to_owned(),
        };
        let or_none = match self.kind {
            Address => "",
            _ if self.optional => ", or none",
            _ => "",
        };
        Err(CommandError::usage(format!("{} takes {wanted}{or_none}", self.key)).hint(self.help))
    }

    /// What a stored value means here, also one of another version. One that no longer fits counts as
    /// not set, but never so that more leaves this computer than was meant: of a list the entries that
    /// can be used stay, and an address is kept as it is, to end in an error where it is asked.
    pub(crate) fn read(&self, stored: Option<Value>) -> Value {
        let Some(stored) = stored else { return self.default_value() };
        match self.kind {
            SomeOf(words) => of_entries(&stored, |s| words.contains(&s).then_some(s)),
            Hosts { .. } => of_entries(&stored, |s| is_host(s).then_some(s)),
            Names { .. } => of_entries(&stored, usable_names),
            Address if !stored.is_null() => match stored {
                Value::String(address) => address.into(),
                other => other.to_string().into(),
            },
            _ if self.check(&stored).is_ok() => stored,
            _ => self.default_value(),
        }
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
            Country => Value::String(typed.to_ascii_uppercase()),
            Text { .. } | OneOf(_) | TimeOfDay | Address | SpokenLanguage | ModelName => {
                Value::String(typed.to_owned())
            }
            Amount { .. } | Flag | Number { .. } | SomeOf(_) | Names { .. } | Hosts { .. } => {
                serde_json::from_str(typed).unwrap_or_else(|_| Value::String(typed.to_owned()))
            }
        };
        self.check(&value)?;
        Ok(value)
    }
}

fn entries(value: &Value, most: usize, fits: impl Fn(&str) -> bool) -> bool {
    value.as_array().is_some_and(|list| {
        list.len() <= most && list.iter().all(|v| v.as_str().is_some_and(&fits))
    })
}

fn of_entries<'v>(stored: &'v Value, usable: impl Fn(&'v str) -> Option<&'v str>) -> Value {
    let list = stored.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).filter_map(usable).collect()
}

/// An entry of a list of names as far as it can be used: a name whose stand-in is none takes the usual
/// one.
fn usable_names(entry: &str) -> Option<&str> {
    let (name, chosen) = entry.split_once(CHOSEN).unwrap_or((entry, ""));
    let entry = if is_name(chosen) { entry } else { name };
    name.chars().any(char::is_alphanumeric).then_some(entry)
}

/// Whether something can stand as a name, or for one.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
        && !text.contains(CHOSEN)
        && !text.chars().any(char::is_control)
        && text.chars().count() <= MAX_NAME_CHARS
}

fn are_names(entry: &str) -> bool {
    match entry.split_once(CHOSEN) {
        Some((name, chosen)) => is_name(name) && is_name(chosen),
        None => is_name(entry),
    }
}

fn is_host(entry: &str) -> bool {
    let in_address = if entry.contains(':') { format!("[{entry}]") } else { entry.to_owned() };
    // One host each; a star would only seem to allow more.
    !entry.contains('*')
        && host_of(&format!("https://{in_address}"))
            .is_ok_and(|host| host.eq_ignore_ascii_case(entry))
}

/// Why no provider may be asked at this address.
fn address_fault(address: &str) -> Option<String> {
    if address.chars().count() > MAX_ADDRESS_CHARS {
        return Some(format!("it is longer than {MAX_ADDRESS_CHARS} characters"));
    }
    match host_of(address) {
        Ok(_) => None,
        Err(ProviderError::Address(fault)) => Some(fault.to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn taken(scope: Scope, key: &str, typed: &str) -> bool {
        let Err(error) = find(key, scope).unwrap().parse(typed) else { return true };
        assert!(error.message.starts_with(key) && error.hint.is_some(), "{error:?}");
        assert!(!error.message.contains("hunter2"), "a password is told again");
        false
    }

    #[test]
    fn what_could_never_be_used_is_not_taken_as_a_setting() {
        for (scope, key, fine, wrong) in [
            (
                Personal,
                "provider_base_url",
                &["https://api.example/v1", "http://localhost:8080/v1", "http://[::1]:9"][..],
                &[
                    "https://ada:hunter2@api.example/v1",
                    "http://api.example/v1",
                    "https://169.254.169.254/",
                    "https://api.example/?key=hunter2",
                    "ftp://localhost/",
                    "nonsense",
                ][..],
            ),
            (Personal, "speech_language", &["auto", "en", "de"], &["klingon", "xx", "EN", "e n"]),
            (Personal, "speech_model", &["base.en", "my-own.en"], &["../x", "a b", "-", "Big.EN"]),
            (System, "default_model", &["base.en"], &["/etc/passwd", "a/b"]),
            (Personal, "language", &["en"], &["klingon"]),
            (Personal, "country", &["AT", "at"], &["A", "AUT", "A1"]),
            (
                Personal,
                "pseudonyms",
                &[r#"["Ada","Bob=Tom"]"#],
                &[r#"["!"]"#, r#"["a=b=c"]"#, r#"["a="]"#],
            ),
            (System, "allowed_providers", &["[]", r#"["openai"]"#], &[r#"["claude"]"#]),
            (
                System,
                "allowed_hosts",
                &[r#"["api.openai.com","::1","10.0.0.7"]"#],
                &[
                    r#"["https://x.example"]"#,
                    r#"["x.example:443"]"#,
                    r#"["169.254.169.254"]"#,
                    r#"["*"]"#,
                ],
            ),
        ] {
            for typed in fine {
                assert!(taken(scope, key, typed), "{key} {typed}");
            }
            for typed in wrong {
                assert!(!taken(scope, key, typed), "{key} {typed}");
            }
        }
    }

    #[test]
    fn a_stored_list_loses_what_no_longer_fits_and_keeps_the_rest() {
        let long = "Ada ".repeat(40);
        for (scope, key, stored, read) in [
            (
                Personal,
                "pseudonyms",
                json!(["Ada=", "Bob=Tom", "Eve=a=b", "Zoe", "!", 7, long]),
                json!(["Ada", "Bob=Tom", "Eve", "Zoe", long]),
            ),
            (System, "allowed_providers", json!(["claude", "ollama"]), json!(["ollama"])),
            (System, "allowed_providers", json!(["claude"]), json!([])),
            (System, "allowed_hosts", json!(["x.example:443", "y.example"]), json!(["y.example"])),
            (System, "allowed_hosts", json!(["*"]), json!([])),
            (System, "allowed_hosts", json!("y.example"), json!([])),
        ] {
            assert_eq!(find(key, scope).unwrap().read(Some(stored)), read, "{key}");
        }
        for setting in SETTINGS {
            assert_eq!(setting.read(None), setting.default_value(), "{}", setting.key);
        }
    }

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
