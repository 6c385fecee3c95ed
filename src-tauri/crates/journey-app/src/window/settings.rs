//! Settings as one object, which is what a page of switches wants.

use crate::{
    App,
    access::{Caller, Unlocked},
    error::Result,
};
use serde_json::{Map, Value};

/// What of the settings concerns the desktop around the window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Whether a sign is wanted in the tray.
    pub tray: bool,
    /// Whether notifications are wanted.
    pub notifications: bool,
    /// The shortcut that starts and stops recording from anywhere.
    pub shortcut: Option<String>,
}

impl App {
    /// What the person whose vault is open wants of the desktop.
    #[must_use]
    pub fn wishes(&self) -> Option<Wishes> {
        let open = self.slot().clone()?;
        Some(Wishes {
            tray: self.flag(&open, "tray").unwrap_or_default(),
            notifications: self.flag(&open, "notifications").unwrap_or_default(),
            shortcut: self.text_setting(&open, "shortcut").ok().flatten(),
        })
    }

    /// Personal settings by key.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn settings_object(&self, me: &Unlocked) -> Result<Value> {
        let list = self.settings(me, None)?;
        let object: Map<String, Value> =
            list.settings.into_iter().map(|s| (s.key, s.value)).collect();
        Ok(object.into())
    }

    /// The computer's settings by key.
    ///
    /// # Errors
    /// The accounts store's failure.
    pub fn system_object(&self, me: &Caller) -> Result<Value> {
        let list = self.system_settings(me, None)?;
        let object: Map<String, Value> =
            list.settings.into_iter().map(|s| (s.key, s.value)).collect();
        Ok(object.into())
    }
}
