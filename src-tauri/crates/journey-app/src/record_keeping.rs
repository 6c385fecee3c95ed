//! Settings, the ledger and the audit log.

use crate::{
    App,
    access::{Caller, Unlocked},
    error::{CommandError, Result},
    open_vault::OpenVault,
    review::find,
    settings::{self, SETTINGS, Scope, Setting},
    views::{LedgerList, LedgerView, SettingList, SettingView},
};
use journey_domain::ledger::LedgerEntry;
use journey_vault::{AuditAction, table::sessions::SessionFilter};
use serde_json::Value;

/// Most lines of the ledger that are printed at once.
const MAX_LEDGER_LINES: usize = 1000;

impl App {
    /// Personal settings, or one of them.
    ///
    /// # Errors
    /// A usage error for an unknown key.
    pub fn settings(&self, me: &Unlocked, key: Option<&str>) -> Result<SettingList> {
        list(key, Scope::Personal, |setting| self.value(&me.open, setting))
    }

    /// Changes a personal setting.
    ///
    /// # Errors
    /// A usage error for an unknown key or a value that does not fit.
    pub fn set_setting(&self, me: &Unlocked, key: &str, value: &Value) -> Result<SettingList> {
        let setting = settings::find(key, Scope::Personal)?;
        setting.check(value)?;
        self.is_here(key, value)?;
        if let ("provider", Some(name)) = (key, value.as_str()) {
            self.change_provider(me, name)?;
            return self.settings(me, Some(key));
        }
        self.store_setting(me, setting, value)?;
        self.settings(me, Some(key))
    }

    /// Stores a value that was checked.
    pub(crate) fn store_setting(
        &self,
        me: &Unlocked,
        setting: &Setting,
        value: &Value,
    ) -> Result<()> {
        let key = setting.key;
        let before = self.value(&me.open, setting)?;
        me.vault().write(|write| write.settings().set(key, value).map_err(CommandError::from))?;
        if before != *value {
            self.audit_event(&me.caller, AuditAction::SettingChanged, Some(key));
        }
        Ok(())
    }

    /// Refuses what names something that is not here, as the words that are made for it do.
    ///
    /// # Errors
    /// Not found for a speech model; not allowed for a provider.
    pub(crate) fn is_here(&self, key: &str, value: &Value) -> Result<()> {
        match (key, value.as_str()) {
            ("provider", Some(name)) => self.provider_is_allowed(name),
            ("speech_model", Some(name)) => self.open_model(name),
            ("default_model", Some(name)) => self.open_model(name).or_else(|error| {
                // It may be named before it is fetched.
                self.catalogue_model(name).map(drop).map_err(|_| error)
            }),
            _ => Ok(()),
        }
    }

    /// The computer's settings, or one of them.
    ///
    /// # Errors
    /// A usage error for an unknown key.
    pub fn system_settings(&self, _me: &Caller, key: Option<&str>) -> Result<SettingList> {
        list(key, Scope::System, |setting| self.system_value_of(setting.key))
    }

    /// A personal setting that is a flag.
    pub(crate) fn flag(&self, open: &OpenVault, key: &str) -> Result<bool> {
        Ok(self.value(open, settings::find(key, Scope::Personal)?)?.as_bool().unwrap_or_default())
    }

    /// A personal setting that is a number; 0 for none.
    pub(crate) fn number(&self, open: &OpenVault, key: &str) -> Result<u64> {
        Ok(self.value(open, settings::find(key, Scope::Personal)?)?.as_u64().unwrap_or_default())
    }

    /// A personal setting that is an amount; `None` for no limit.
    pub(crate) fn amount(&self, open: &OpenVault, key: &str) -> Result<Option<f64>> {
        Ok(self.value(open, settings::find(key, Scope::Personal)?)?.as_f64())
    }

    /// A personal setting that is a list.
    pub(crate) fn list_setting(&self, open: &OpenVault, key: &str) -> Result<Vec<String>> {
        let value = self.value(open, settings::find(key, Scope::Personal)?)?;
        Ok(texts(&value))
    }

    /// A setting of the computer that is a list.
    pub(crate) fn system_list(&self, key: &str) -> Result<Vec<String>> {
        Ok(texts(&self.system_value_of(key)?))
    }

    /// A personal setting that is text.
    pub(crate) fn text_setting(&self, open: &OpenVault, key: &str) -> Result<Option<String>> {
        let value = self.value(open, settings::find(key, Scope::Personal)?)?;
        Ok(value.as_str().map(ToOwned::to_owned))
    }

    fn value(&self, open: &OpenVault, setting: &Setting) -> Result<Value> {
        let stored =
            open.vault.read(|read| read.settings().get(setting.key).map_err(CommandError::from))?;
        Ok(setting.read(stored))
    }

    /// What left this machine: the newest lines, or one whole.
    ///
    /// # Errors
    /// Not found.
    pub fn ledger(&self, me: &Unlocked, id: Option<&str>) -> Result<LedgerList> {
        me.vault().read(|read| {
            let ledger = match id {
                Some(id) => {
                    let entry = read.ledger().get(read.ledger().find(id)?)?;
                    vec![line(&entry, true)]
                }
                None => {
                    let page = read.ledger().list(MAX_LEDGER_LINES, None)?;
                    page.items.iter().map(|entry| line(entry, false)).collect()
                }
            };
            Ok(LedgerList { ledger })
        })
    }

    /// What left this machine for one session, newest first.
    pub(crate) fn ledger_of_session(&self, me: &Unlocked, session: &str) -> Result<LedgerList> {
        me.vault().read(|read| {
            let session = find(read, session)?;
            let entries = read.ledger().of_session(session)?;
            let ledger = entries.iter().rev().map(|entry| line(entry, false)).collect();
            Ok(LedgerList { ledger })
        })
    }

    /// The transcripts of the newest sessions, as many as that.
    pub(crate) fn newest_texts(&self, me: &Unlocked, n: usize) -> Result<Vec<String>> {
        me.vault().read(|read| {
            let page = read.sessions().list(&SessionFilter::default(), n, None)?;
            let mut texts = Vec::new();
            for session in page.items {
                texts.extend(read.transcripts().current(session.id)?.map(|t| t.text));
            }
            Ok(texts)
        })
    }
}

fn texts(value: &Value) -> Vec<String> {
    let list = value.as_array().into_iter().flatten();
    list.filter_map(|v| v.as_str().map(ToOwned::to_owned)).collect()
}

fn list(
    key: Option<&str>,
    scope: Scope,
    value_of: impl Fn(&Setting) -> Result<Value>,
) -> Result<SettingList> {
    let wanted: Vec<&Setting> = match key {
        Some(key) => vec![settings::find(key, scope)?],
        None => SETTINGS.iter().filter(|s| s.scope == scope).collect(),
    };
    let settings = wanted
        .into_iter()
        .map(|setting| {
            Ok(SettingView {
                key: setting.key.to_owned(),
                value: value_of(setting)?,
                default: setting.default_value(),
                help: setting.help.to_owned(),
            })
        })
        .collect::<Result<_>>()?;
    Ok(SettingList { settings })
}

fn line(entry: &LedgerEntry, with_body: bool) -> LedgerView {
    let outcome = entry.outcome.as_ref();
    LedgerView {
        id: entry.id.to_string(),
        session: entry.session.map(|id| id.to_string()),
        purpose: entry.purpose.clone(),
        host: format!("{}://{}", entry.scheme, entry.host),
        target: entry.target.clone(),
        at: entry.at.to_string(),
        bytes_out: entry.bytes_out,
        body_sha256: entry.body_sha256.clone(),
        body: entry
            .body
            .as_ref()
            .filter(|_| with_body)
            .map(|body| String::from_utf8_lossy(body).into_owned()),
        outcome: outcome.map(|o| o.outcome.clone()),
        status: outcome.and_then(|o| o.status),
        bytes_in: outcome.map_or(0, |o| o.bytes_in),
        tokens_in: outcome.and_then(|o| o.tokens_in),
        tokens_out: outcome.and_then(|o| o.tokens_out),
        cost_usd: outcome.and_then(|o| o.cost_usd),
    }
}
