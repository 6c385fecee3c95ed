//! Where the window was and how large: kept in the data directory, taken up at the next start.

use journey_app::data_dir::DataDir;
use serde::{Deserialize, Serialize};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tauri::{PhysicalPosition, PhysicalSize, WebviewWindow, WindowEvent};

/// Smallest window that is taken up again, in physical pixels.
const SMALLEST: (u32, u32) = (480, 360);

/// How much of the window must lie on a monitor for its place to be taken up, in physical pixels:
/// enough to see it and to move it.
const SEEN: i32 = 120;

/// Place and size in physical pixels, of the window that is not maximised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Placement {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    maximised: bool,
}

/// A monitor, in physical pixels.
#[derive(Clone, Copy, Debug)]
struct Area {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
}

impl Placement {
    /// Whether enough of it can be seen on one of the monitors.
    fn is_seen(&self, monitors: &[Area]) -> bool {
        let overlap = |from: i32, length: u32, on: i32, room: u32| {
            let end = i64::from(from) + i64::from(length);
            let border = i64::from(on) + i64::from(room);
            end.min(border) - i64::from(from.max(on))
        };
        monitors.iter().any(|m| {
            overlap(self.x, self.width, m.x, m.width) >= i64::from(SEEN)
                && overlap(self.y, self.height, m.y, m.height) >= i64::from(SEEN)
                // The bar by which a window is moved is its upper end.
                && self.y >= m.y - SEEN / 4
        })
    }
}

fn file(data_dir: &DataDir) -> PathBuf {
    data_dir.path().join("window.json")
}

/// What was kept, where it is usable.
fn kept(text: &str) -> Option<Placement> {
    let kept: Placement = serde_json::from_str(text).ok()?;
    (kept.width >= SMALLEST.0 && kept.height >= SMALLEST.1).then_some(kept)
}

/// What was noted last, to be written when the window goes, whichever way it does.
pub(super) struct Keeper {
    file: PathBuf,
    now: Arc<Mutex<Option<Placement>>>,
}

impl Keeper {
    /// Writes it. A place that cannot be kept is no reason to stay.
    pub(super) fn keep(&self) {
        let last = *self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(text) = last.and_then(|last| serde_json::to_string(&last).ok()) else { return };
        if let Err(error) = std::fs::write(&self.file, text) {
            tracing::info!(%error, "the window's place was not kept");
        }
    }
}

/// Puts a window that is not shown yet where it was, and notes from now on where it goes.
pub(super) fn take_up(window: &WebviewWindow, data_dir: &DataDir) -> Keeper {
    let file = file(data_dir);
    let before = std::fs::read_to_string(&file).ok().and_then(|text| kept(&text));
    if let Some(before) = before {
        put(window, &before);
    }
    let now = Arc::new(Mutex::new(before));
    let (watched, noted) = (window.clone(), Arc::clone(&now));
    window.on_window_event(move |event| {
        let is_told = matches!(
            event,
            WindowEvent::Resized(_) | WindowEvent::Moved(_) | WindowEvent::CloseRequested { .. }
        );
        if is_told {
            note(&watched, &noted);
        }
    });
    Keeper { file, now }
}

fn put(window: &WebviewWindow, before: &Placement) {
    let monitors: Vec<Area> = window
        .available_monitors()
        .unwrap_or_default()
        .iter()
        .map(|m| Area {
            x: m.position().x,
            y: m.position().y,
            width: m.size().width,
            height: m.size().height,
        })
        .collect();
    // A window manager that has its own mind gets its way.
    drop(window.set_size(PhysicalSize::new(before.width, before.height)));
    if before.is_seen(&monitors) {
        drop(window.set_position(PhysicalPosition::new(before.x, before.y)));
    }
    if before.maximised {
        drop(window.maximize());
    }
}

/// A maximised window keeps the place to which it goes back.
fn note(window: &WebviewWindow, now: &Mutex<Option<Placement>>) {
    let maximised = window.is_maximized().unwrap_or_default();
    let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
    if maximised {
        if let Some(now) = now.as_mut() {
            now.maximised = true;
        }
        return;
    }
    if let (Ok(size), Ok(place), Ok(false)) =
        (window.inner_size(), window.outer_position(), window.is_minimized())
    {
        *now = Some(Placement {
            x: place.x,
            y: place.y,
            width: size.width,
            height: size.height,
            maximised,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Area = Area { x: 0, y: 0, width: 1920, height: 1080 };
    const LEFT_OF_IT: Area = Area { x: -1280, y: 100, width: 1280, height: 1024 };

    fn at(x: i32, y: i32) -> Placement {
        Placement { x, y, width: 1200, height: 800, maximised: false }
    }

    #[test]
    fn a_place_is_taken_up_only_where_the_window_can_be_seen_and_moved() {
        assert!(at(300, 200).is_seen(&[SCREEN]));
        assert!(at(-1000, 200).is_seen(&[SCREEN]));
        assert!(at(-1200, 300).is_seen(&[SCREEN, LEFT_OF_IT]));
        for gone in [at(-1200, 300), at(1900, 0), at(0, 1000), at(100, -700), at(i32::MAX, 0)] {
            assert!(!gone.is_seen(&[SCREEN]), "{gone:?}");
        }
        assert!(!at(0, 0).is_seen(&[]));
    }

    #[test]
    fn a_file_that_makes_no_sense_is_as_none() {
        assert_eq!(kept("no"), None);
        assert_eq!(kept(r#"{"x":0,"y":0,"width":1,"height":1,"maximised":false}"#), None);
        let good = serde_json::to_string(&at(3, 4)).unwrap();
        assert_eq!(kept(&good), Some(at(3, 4)));
    }
}
