//! A sign in the tray: start or stop recording, open the window, lock, quit.

use crate::desktop::desk::Desk;
use std::{
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};
use tauri::{
    AppHandle, Wry,
    menu::{Menu, MenuItem, PredefinedMenuItem},
    tray::TrayIconBuilder,
};

const ID: &str = "main";
const START: &str = "Start recording";
const STOP: &str = "Stop recording";

/// What is shown there.
pub(super) struct Tray {
    toggle: MenuItem<Wry>,
}

impl Tray {
    /// Says what a click on the first line does.
    pub(super) fn recording(&self, is_on: bool) {
        if let Err(error) = self.toggle.set_text(if is_on { STOP } else { START }) {
            tracing::debug!(%error, "the tray was not told");
        }
    }
}

/// Shows it, where there is a tray. Called on the main thread.
pub(super) fn show(handle: &AppHandle, desk: &Desk, is_recording: bool) -> Option<Tray> {
    // The tray's library is loaded when it is first used, and its loader panics where it is absent.
    match quietly(|| build(handle, desk, is_recording)) {
        Ok(Ok(tray)) => Some(tray),
        Ok(Err(error)) => {
            tracing::warn!(%error, "no tray");
            None
        }
        Err(_) => {
            tracing::warn!("no tray: its library is not on this computer");
            None
        }
    }
}

/// What `work` gives, or the panic that ended it, of which nobody is told: it was foreseen.
fn quietly<T>(work: impl FnOnce() -> T) -> thread::Result<T> {
    let (before, here) = (Arc::new(panic::take_hook()), thread::current().id());
    let others = Arc::clone(&before);
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != here {
            others(info);
        }
    }));
    let result = catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(Box::new(move |info| before(info)));
    result
}

/// Takes it away.
pub(super) fn remove(handle: &AppHandle) {
    drop(handle.remove_tray_by_id(ID));
}

fn build(handle: &AppHandle, desk: &Desk, is_recording: bool) -> tauri::Result<Tray> {
    let item = |id: &str, text: &str| MenuItem::with_id(handle, id, text, true, None::<&str>);
    let toggle = item("toggle", if is_recording { STOP } else { START })?;
    let menu = Menu::with_items(
        handle,
        &[
            &toggle,
            &item("show", "Open Insight Journey")?,
            &item("lock", "Lock")?,
            &PredefinedMenuItem::separator(handle)?,
            &item("quit", "Quit")?,
        ],
    )?;
    let desk = desk.clone();
    let mut builder = TrayIconBuilder::with_id(ID)
        .menu(&menu)
        .tooltip("Insight Journey")
        .on_menu_event(move |handle, event| match event.id().as_ref() {
            "toggle" => desk.toggle_from_outside(handle),
            "show" => crate::desktop::show(handle),
            "lock" => desk.lock_from_outside(),
            "quit" => handle.exit(0),
            _ => {}
        });
    if let Some(icon) = handle.default_window_icon() {
        builder = builder.icon(icon.clone());
    }
    builder.build(handle)?;
    Ok(Tray { toggle })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_that_was_foreseen_is_an_answer() {
        assert_eq!(quietly(|| 3).unwrap(), 3);
        assert!(quietly(|| -> u8 { panic!("no library") }).is_err());
        assert_eq!(quietly(|| 4).unwrap(), 4);
    }
}
