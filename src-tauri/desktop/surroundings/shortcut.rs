//! Keys that start and stop recording from anywhere on the desktop (X11, Windows, macOS).

use super::no_shortcut;
use crate::desktop::desk::Desk;
use global_hotkey::{GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState, hotkey::HotKey};
use journey_app::error::{CommandError, Result};
use tauri::AppHandle;

/// The shortcut that is in force.
#[derive(Default)]
pub(super) struct Shortcut {
    manager: Option<GlobalHotKeyManager>,
    set: Option<HotKey>,
}

/// Reads keys such as `Ctrl+Alt+R`. One key alone would be taken away from every other program.
pub(super) fn parse(keys: &str) -> Result<HotKey> {
    let key: HotKey = keys.parse().map_err(|_| no_shortcut("these keys are no shortcut"))?;
    if key.mods.is_empty() {
        return Err(no_shortcut("a shortcut needs Ctrl, Alt, Shift or the system's key"));
    }
    Ok(key)
}

impl Shortcut {
    /// Puts these keys in the place of those before.
    pub(super) fn set(
        &mut self,
        keys: Option<&str>,
        handle: &AppHandle,
        desk: &Desk,
    ) -> Result<()> {
        let wanted = keys.map(parse).transpose()?;
        if wanted == self.set {
            return Ok(());
        }
        if let (Some(manager), Some(before)) = (&self.manager, self.set.take())
            && let Err(error) = manager.unregister(before)
        {
            tracing::warn!(%error, "the shortcut before was not given back");
        }
        let Some(wanted) = wanted else { return Ok(()) };
        let manager = self.manager(handle, desk)?;
        manager.register(wanted).map_err(|error| {
            tracing::warn!(%error, "the shortcut was not taken");
            no_shortcut("another program has this shortcut, or there can be none here")
        })?;
        self.set = Some(wanted);
        Ok(())
    }

    fn manager(&mut self, handle: &AppHandle, desk: &Desk) -> Result<&GlobalHotKeyManager> {
        if self.manager.is_none() {
            let manager = GlobalHotKeyManager::new().map_err(|error| {
                tracing::warn!(%error, "no shortcuts");
                no_shortcut("this desktop has no shortcuts for programs")
            })?;
            let (handle, desk) = (handle.clone(), desk.clone());
            GlobalHotKeyEvent::set_event_handler(Some(move |event: GlobalHotKeyEvent| {
                if event.state == HotKeyState::Pressed {
                    desk.toggle_from_outside(&handle);
                }
            }));
            self.manager = Some(manager);
        }
        self.manager.as_ref().ok_or_else(|| CommandError::internal(&"no shortcuts"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_one_alone_is_refused() {
        for good in ["Ctrl+Alt+R", "shift+super+F9", "CmdOrCtrl+Shift+J"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in ["R", "", "Ctrl+", "Ctrl+Alt", "Ctrl+R+S", "nonsense+R"] {
            let error = parse(bad).unwrap_err();
            assert!(error.hint.is_some_and(|hint| hint.contains("record --toggle")), "{bad}");
        }
    }
}
