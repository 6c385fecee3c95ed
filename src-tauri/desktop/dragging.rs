//! Files that are dragged onto the window and dropped there: taken by the core, so that no path
//! enters the page.

use super::{desk::Desk, events::send};
use serde_json::json;
use tauri::{DragDropEvent, Manager as _, WebviewWindow, WindowEvent};

/// Tells the page how many files are over it, and takes in what is dropped.
pub(super) fn listen(window: &WebviewWindow, desk: Desk) {
    let handle = window.app_handle().clone();
    window.on_window_event(move |event| {
        let WindowEvent::DragDrop(dragged) = event else { return };
        let (phase, count) = match dragged {
            DragDropEvent::Enter { paths, .. } => ("over", paths.len()),
            DragDropEvent::Drop { paths, .. } => ("dropped", paths.len()),
            DragDropEvent::Leave => ("left", 0),
            _ => return,
        };
        send(&handle, "files_dragged", json!({ "phase": phase, "count": count }));
        if let DragDropEvent::Drop { paths, .. } = dragged
            && !paths.is_empty()
        {
            let (handle, desk, paths) = (handle.clone(), desk.clone(), paths.clone());
            tauri::async_runtime::spawn_blocking(move || {
                if let Err(error) = desk.take_dropped(paths) {
                    send(&handle, "notice", error);
                }
            });
        }
    });
}
