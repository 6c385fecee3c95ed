//! The desktop around the window: what is wanted of it and is not there costs the window nothing.

use crate::place::Place;
use serde_json::json;

#[test]
fn the_window_works_with_a_tray_a_shortcut_and_notifications_wanted_where_nobody_offers_them() {
    let place = Place::new();
    place.command_line(&["account", "create", "ada"]);
    for (key, value) in [
        ("setup_done", "true"),
        ("tray", "true"),
        ("notifications", "true"),
        ("shortcut", "Ctrl+Alt+J"),
    ] {
        place.command_line(&["settings", "set", key, value]);
    }
    let window = place.open_signed_in();

    // The web view's processes are told what makes the window draw everywhere and without a hitch.
    let told = place.environments("WebKitWebProces");
    assert!(!told.is_empty(), "the page has no process");
    for environment in told {
        for name in ["WEBKIT_DISABLE_DMABUF_RENDERER", "WEBKIT_DISABLE_MEMORY_PRESSURE_MONITOR"] {
            assert!(environment.contains(&format!("{name}=1")), "{environment:?}");
        }
    }

    // Files are queued by the core; the page learns of each what became of it.
    window.link("Record").click();
    let (note, gone) = (place.data_dir().join("../walk.md"), place.data_dir().join("../gone.md"));
    std::fs::write(&note, "# A walk\n\nI felt calm by the river.").unwrap();
    place.chooses(&[&note, &gone]);
    window.button("Import recordings or text").click();
    window.sees("gone.md");
    window.sees("There is no such file. Check the path.");
    window.link("Sessions").click();
    window.sees("A walk");

    // A second start brings this window to the front and ends.
    assert_eq!(place.command_line(&[]), "");

    window.go("#/settings/care");
    window.sees("Keep an icon in the system tray");
    let refused = window.script_later(
        "const [done] = arguments;
         __TAURI_INTERNALS__.invoke('settings_set', { key: 'shortcut', value: 'J' })
           .then(() => done('taken'), (error) => done(error.message));",
        &[],
    );
    assert_eq!(refused, "a shortcut needs Ctrl, Alt, Shift or the system's key");
    let settings = window.order("settings_set", &json!({ "key": "tray", "value": false }));
    assert_eq!((&settings["tray"], &settings["shortcut"]), (&json!(false), &json!("Ctrl+Alt+J")));
}
