//! Each provider's own address and model. The settings hold those of the provider in use; those of
//! the others are kept beside them, so that changing to and fro loses nothing, and what was set for one
//! is never asked of another.
//!
//! While the built-in analyser is in use, what is set belongs to nobody: to the provider that is used
//! next. OpenAI has a place of its own, and a key that was entered for it, so until it is used it is
//! asked there alone.

use crate::{
    App,
    access::Unlocked,
    analysing::{ON_DEVICE, kind_of},
    error::{CommandError, Result},
    open_vault::OpenVault,
    settings::{self, Scope},
    views::window::ProviderRows,
};
use journey_vault::AuditAction;
use serde::Serialize;
use serde_json::Value;

const PROVIDER: &str = "provider";
const BASE_URL: &str = "provider_base_url";
const MODEL: &str = "provider_model";

/// Under this, earlier versions kept whose the address and the model in the settings are.
const OWNER: &str = "provider_place_of";

/// Where those of a provider that is not in use are kept.
fn kept(name: &str) -> String {
    format!("provider_place.{name}")
}

/// Where a provider is and which of its models is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Place {
    /// Its address; `None` for the usual one.
    pub(crate) base_url: Option<String>,
    /// The model; `None` for the usual one.
    pub(crate) model: Option<String>,
}

impl Place {
    fn or(self, other: Self) -> Self {
        Self { base_url: self.base_url.or(other.base_url), model: self.model.or(other.model) }
    }

    /// As it was kept. What cannot be read stands for an address that cannot be asked: the usual one
    /// would be another server than the person chose.
    fn read(stored: &Value) -> Self {
        let text = |key: &str| match stored.get(key) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        if stored.is_object() {
            Self { base_url: text("base_url"), model: text("model") }
        } else {
            Self { base_url: Some(stored.to_string()), model: None }
        }
    }

    fn values(&self) -> [(&'static str, Value); 2] {
        let value = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        [(BASE_URL, value(&self.base_url)), (MODEL, value(&self.model))]
    }
}

impl App {
    /// Whose the address and the model in the settings are; `None` while they are nobody's yet.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn provider_in_use(&self, me: &Unlocked) -> Result<Option<String>> {
        self.place_owner(&me.open)
    }

    fn place_owner(&self, open: &OpenVault) -> Result<Option<String>> {
        Ok(self.text_setting(open, PROVIDER)?.filter(|name| name != ON_DEVICE))
    }

    /// The place of a provider.
    pub(crate) fn provider_place(&self, open: &OpenVault, name: &str) -> Result<Place> {
        match self.place_owner(open)? {
            Some(owner) if owner == name => self.place_in_settings(open),
            None if name != "openai" => {
                Ok(self.place_in_settings(open)?.or(self.kept_place(open, name)?))
            }
            _ => self.kept_place(open, name),
        }
    }

    fn place_in_settings(&self, open: &OpenVault) -> Result<Place> {
        Ok(Place {
            base_url: self.text_setting(open, BASE_URL)?,
            model: self.text_setting(open, MODEL)?,
        })
    }

    fn kept_place(&self, open: &OpenVault, name: &str) -> Result<Place> {
        let stored =
            open.vault.read(|read| read.settings().get(&kept(name))).map_err(CommandError::from)?;
        Ok(stored.as_ref().map(Place::read).unwrap_or_default())
    }

    /// Brings in order what an earlier version left: the address and the model in the settings may be
    /// those of a provider that is not in use. They go to where its own are kept.
    ///
    /// # Errors
    /// The vault's failure.
    pub(crate) fn separate_places(&self, open: &OpenVault) -> Result<()> {
        let stored =
            open.vault.read(|read| read.settings().get(OWNER)).map_err(CommandError::from)?;
        let Some(stored) = stored else { return Ok(()) };
        let in_use = self.place_owner(open)?;
        let owner = stored.as_str().filter(|name| kind_of(name).is_ok_and(|kind| kind.is_some()));
        let moved = match owner.filter(|owner| in_use.as_deref() != Some(owner)) {
            Some(owner) => {
                let after = match &in_use {
                    Some(name) => self.kept_place(open, name)?,
                    None => Place::default(),
                };
                let before = serde_json::to_value(self.place_in_settings(open)?)
                    .map_err(|e| CommandError::internal(&e))?;
                Some((kept(owner), before, after))
            }
            None => None,
        };
        open.vault
            .write(|write| {
                let settings = write.settings();
                if let Some((kept, before, after)) = &moved {
                    settings.set(kept, before)?;
                    for (key, value) in after.values() {
                        settings.set(key, &value)?;
                    }
                }
                settings.remove(OWNER)
            })
            .map_err(CommandError::from)
    }

    /// Puts a provider in use, and its place into the settings; that of the one before is kept. All of
    /// it at once: no moment knows one provider with another's address.
    pub(crate) fn change_provider(&self, me: &Unlocked, name: &str) -> Result<()> {
        let owner = self.place_owner(&me.open)?;
        if owner.as_deref() == Some(name) || owner.is_none() && name == ON_DEVICE {
            return Ok(());
        }
        let before = self.place_in_settings(&me.open)?;
        let after = match &owner {
            _ if name == ON_DEVICE => Place::default(),
            Some(_) => self.kept_place(&me.open, name)?,
            None => before.clone().or(self.kept_place(&me.open, name)?),
        };
        let of_owner = serde_json::to_value(&before).map_err(|e| CommandError::internal(&e))?;
        me.vault().write(|write| {
            let settings = write.settings();
            if let Some(owner) = &owner {
                settings.set(&kept(owner), &of_owner)?;
            }
            for (key, value) in after.values() {
                settings.set(key, &value)?;
            }
            settings.set(PROVIDER, &name.into()).map_err(CommandError::from)
        })?;
        let changed = [(PROVIDER, true)]
            .into_iter()
            .chain(before.values().into_iter().zip(after.values()).map(|(b, a)| (a.0, a.1 != b.1)));
        for (key, _) in changed.filter(|(_, is_changed)| *is_changed) {
            self.audit_event(&me.caller, AuditAction::SettingChanged, Some(key));
        }
        Ok(())
    }

    /// Gives a provider an address and a model; `None` for the usual ones.
    ///
    /// # Errors
    /// A usage error for the on-device one, and for an address that may not be asked.
    pub fn configure_provider(
        &self,
        me: &Unlocked,
        name: &str,
        base_url: Option<&str>,
        model: Option<&str>,
    ) -> Result<ProviderRows> {
        if kind_of(name)?.is_none() {
            return Err(CommandError::usage("the on-device analyser has nothing to set"));
        }
        let place = Place {
            base_url: base_url.map(ToOwned::to_owned),
            model: model.map(ToOwned::to_owned),
        };
        for (key, value) in place.values() {
            settings::find(key, Scope::Personal)?.check(&value)?;
        }
        if self.place_owner(&me.open)?.is_some_and(|owner| owner == name) {
            for (key, value) in place.values() {
                self.set_setting(me, key, &value)?;
            }
        } else {
            let value = serde_json::to_value(&place).map_err(|e| CommandError::internal(&e))?;
            me.vault()
                .write(|write| write.settings().set(&kept(name), &value))
                .map_err(CommandError::from)?;
        }
        self.provider_rows(me)
    }
}
