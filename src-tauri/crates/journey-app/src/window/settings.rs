//! Settings as one object, which is what a page of switches wants.

use crate::{
    App,
    access::{Caller, Unlocked},
    error::Result,
    views::window::{ModelRow, ModelRows},
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

    /// The speech models, for the page that chooses one.
    ///
    /// # Errors
    /// When the folder of models cannot be read.
    pub fn model_rows(&self, me: &Unlocked) -> Result<ModelRows> {
        let list = self.models(Some(me))?;
        let largest = list.models.iter().map(|m| m.bytes).max().unwrap_or(1).max(1) as f32;
        let models = list
            .models
            .into_iter()
            .map(|m| ModelRow {
                title: m.name.clone(),
                english_only: m.languages == "en",
                speed: m.speed.unwrap_or_default(),
                // Larger models hear better; how much better depends on the voice.
                accuracy: (m.bytes as f32 / largest).powf(0.25),
                recommended: m.recommended,
                state: if m.installed { "installed" } else { "available" }.to_owned(),
                fraction: None,
                in_use: m.in_use,
                error: None,
                bytes: m.bytes,
                name: m.name,
            })
            .collect();
        Ok(ModelRows { models })
    }
}
