//! Each provider's own address and model. The settings hold those of one provider; those of the
//! others are kept beside them, so that changing to and fro loses nothing.

use crate::{
    App,
    access::Unlocked,
    analysing::{ON_DEVICE, host_of, is_this_computer, kind_of},
    error::{CommandError, Result},
    open_vault::OpenVault,
    settings::{self, Scope},
    views::window::ProviderRows,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whose the address and model in the settings are.
const OWNER: &str = "provider_place_of";

/// Where those of another provider are kept.
fn kept(name: &str) -> String {
    format!("provider_place.{name}")
}

/// Where a provider is and which of its models is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Its address; `None` for the usual one.
    pub(crate) base_url: Option<String>,
    /// The model; `None` for the usual one.
    pub(crate) model: Option<String>,
}

impl App {
    /// The place of a provider.
    pub(crate) fn provider_place(&self, open: &OpenVault, name: &str) -> Result<Place> {
        if self.place_owner(open)?.is_some_and(|owner| owner != name) {
            let stored = open
                .vault
                .read(|read| read.settings().get(&kept(name)))
                .map_err(CommandError::from)?;
            return Ok(stored.and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default());
        }
        self.place_in_settings(open)
    }

    fn place_in_settings(&self, open: &OpenVault) -> Result<Place> {
        Ok(Place {
            base_url: self.text_setting(open, "provider_base_url")?,
            model: self.text_setting(open, "provider_model")?,
        })
    }

    /// Whose the settings are: of whoever they were kept for, else of the provider in use.
    fn place_owner(&self, open: &OpenVault) -> Result<Option<String>> {
        let stored =
            open.vault.read(|read| read.settings().get(OWNER)).map_err(CommandError::from)?;
        let named = stored.and_then(|v| v.as_str().map(ToOwned::to_owned));
        let in_use = self.text_setting(open, "provider")?;
        Ok(named.or(in_use).filter(|name| name != ON_DEVICE))
    }

    /// Makes the settings those of another provider; what they were is kept.
    pub(crate) fn take_place(&self, me: &Unlocked, name: &str) -> Result<()> {
        if name == ON_DEVICE {
            return Ok(());
        }
        let owner = self.place_owner(&me.open)?;
        if let Some(owner) = owner.filter(|owner| owner != name) {
            let (before, after) =
                (self.place_in_settings(&me.open)?, self.provider_place(&me.open, name)?);
            self.keep_place(me, &owner, &before)?;
            self.place_to_settings(me, &after)?;
        }
        me.vault()
            .write(|write| write.settings().set(OWNER, &name.into()))
            .map_err(CommandError::from)
    }

    fn keep_place(&self, me: &Unlocked, name: &str, place: &Place) -> Result<()> {
        let value = serde_json::to_value(place).map_err(|e| CommandError::internal(&e))?;
        me.vault()
            .write(|write| write.settings().set(&kept(name), &value))
            .map_err(CommandError::from)
    }

    fn place_to_settings(&self, me: &Unlocked, place: &Place) -> Result<()> {
        let value = |text: &Option<String>| text.clone().map_or(Value::Null, Value::String);
        self.set_setting(me, "provider_base_url", &value(&place.base_url))?;
        self.set_setting(me, "provider_model", &value(&place.model)).map(drop)
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
        base_url.map(check_address).transpose()?;
        let place = Place {
            base_url: base_url.map(ToOwned::to_owned),
            model: model.map(ToOwned::to_owned),
        };
        for (key, text) in
            [("provider_base_url", &place.base_url), ("provider_model", &place.model)]
        {
            let value = text.clone().map_or(Value::Null, Value::String);
            settings::find(key, Scope::Personal)?.check(&value)?;
        }
        if self.place_owner(&me.open)?.is_none_or(|owner| owner == name) {
            self.place_to_settings(me, &place)?;
            self.take_place(me, name)?;
        } else {
            self.keep_place(me, name, &place)?;
        }
        self.provider_rows(me)
    }
}

fn check_address(base_url: &str) -> Result<()> {
    let host = host_of(base_url)?;
    let is_safe = base_url.starts_with("https://")
        || base_url.starts_with("http://") && is_this_computer(&host);
    if is_safe {
        return Ok(());
    }
    Err(CommandError::usage("this address cannot be used").hint(
        "It begins with https://, or with http:// for a server on this computer, such as \
         http://localhost:8080/v1.",
    ))
}
