//! Settings as one object, which is what a page of switches wants.

use crate::{
    App,
    access::{Caller, Unlocked},
    error::Result,
};
use serde_json::{Map, Value};

impl App {
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
