//! The desktop around the window: tray, a shortcut that works everywhere, notifications. None of it
//! is sure to be there, so a failure is logged and nothing else: the window does without.

mod notify;
mod shortcut;
mod tray;

use super::desk::Desk;
use journey_app::{
    error::{CommandError, Result},
    window::{Reminder, Wishes},
};
use shortcut::Shortcut;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use tauri::{AppHandle, Manager as _};
use tray::Tray;

/// Shared by all who have something to show there.
#[derive(Clone, Default)]
pub(super) struct Surroundings(Arc<Inside>);

#[derive(Default)]
struct Inside {
    at: OnceLock<(AppHandle, Desk)>,
    tray: Mutex<Option<Tray>>,
    shortcut: Mutex<Shortcut>,
    notifies: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Surroundings {
    pub(super) fn attach(&self, handle: AppHandle, desk: Desk) {
        // Set once, at start.
        drop(self.0.at.set((handle, desk)));
    }

    /// Whether these keys can be a shortcut at all.
    pub(super) fn check_shortcut(keys: &str) -> Result<()> {
        shortcut::parse(keys).map(drop)
    }

    /// Does what the person wants; what does not work here is left out.
    pub(super) fn follow(&self, wishes: &Wishes) {
        self.0.notifies.store(wishes.notifications, Ordering::Relaxed);
        let Some((handle, desk)) = self.0.at.get().cloned() else { return };
        let (it, wishes) = (self.clone(), wishes.clone());
        // Menus, icons and, on some systems, hot keys belong to the main thread.
        let done = handle.clone().run_on_main_thread(move || {
            it.show_tray(&handle, &desk, wishes.tray);
            let outcome = lock(&it.0.shortcut).set(wishes.shortcut.as_deref(), &handle, &desk);
            if let Err(error) = outcome {
                tracing::warn!(message = %error.message, "no shortcut");
                super::events::send(&handle, "notice", error);
            }
        });
        if let Err(error) = done {
            tracing::warn!(%error, "the desktop around the window was not reached");
        }
    }

    #[expect(clippy::significant_drop_tightening, reason = "shown and noted in one turn")]
    fn show_tray(&self, handle: &AppHandle, desk: &Desk, wanted: bool) {
        let mut tray = lock(&self.0.tray);
        match (wanted, tray.is_some()) {
            (true, false) => {
                *tray = tray::show(handle, desk, desk.recording().is_some());
            }
            (false, true) => {
                *tray = None;
                tray::remove(handle);
            }
            _ => {}
        }
    }

    /// A recording began or ended.
    pub(super) fn recording(&self, is_on: bool) {
        if let Some(tray) = lock(&self.0.tray).as_ref() {
            tray.recording(is_on);
        }
    }

    /// Something that a person who looks elsewhere may want to know; never what was said.
    pub(super) fn tell(&self, title: &str, words: &str) {
        let Some((handle, _)) = self.0.at.get() else { return };
        let is_seen = handle
            .get_webview_window(super::MAIN)
            .is_some_and(|window| window.is_focused().unwrap_or_default());
        if self.0.notifies.load(Ordering::Relaxed) && !is_seen {
            notify::show(title, words);
        }
    }

    /// A reminder that the person asked for.
    pub(super) fn remind(reminder: Reminder) {
        match reminder {
            Reminder::Reflect => {
                notify::show("A moment to reflect", "How was today? A minute is enough.");
            }
            Reminder::BackUp => notify::show(
                "Time for a backup",
                "The last one is a while ago. Privacy in Insight Journey makes a new one.",
            ),
        }
    }
}

/// What a person gets for a shortcut that does not work here.
fn no_shortcut(message: &str) -> CommandError {
    CommandError::usage(message.to_owned()).hint(
        "Choose other keys, such as Ctrl+Alt+R. On Wayland, let the desktop's own settings run \
         `insight-journey record --toggle`.",
    )
}
