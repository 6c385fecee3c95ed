//! Builds what the window needs from tauri.conf.json.

fn main() {
    tauri_build::build();
}
