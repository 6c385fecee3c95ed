//! Every page of the real window, in both themes and two widths: nobody is kept out, nothing is cut
//! off. With INSIGHT_JOURNEY_SCREENSHOTS=DIR each is photographed (scripts/screenshots).

use crate::{
    driver::{CONTROL, ESCAPE},
    main_job::{confirm_recovery_code, make_account},
    place::{Place, Window},
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const SIZES: [(u32, u32); 2] = [(1200, 800), (760, 600)];

/// Name of the picture, and the page's address.
const PAGES: [(&str, &str); 21] = [
    ("journey", "#/journey"),
    ("sessions", "#/sessions"),
    ("record", "#/record"),
    ("write", "#/record?write=1"),
    ("search-empty", "#/search"),
    ("search", "#/search?q=work"),
    ("threads", "#/threads"),
    ("bin", "#/bin"),
    ("privacy", "#/privacy"),
    ("settings-look", "#/settings/look"),
    ("settings-recording", "#/settings/recording"),
    ("settings-speech", "#/settings/speech"),
    ("settings-analysis", "#/settings/analysis"),
    ("settings-words", "#/settings/words"),
    ("settings-care", "#/settings/care"),
    ("settings-account", "#/settings/account"),
    ("settings-health", "#/settings/health"),
    ("settings-accounts", "#/settings/accounts"),
    ("settings-system", "#/settings/system"),
    ("settings-log", "#/settings/audit"),
    ("help", "#/help"),
];

#[test]
fn every_page_is_accessible_and_fits_in_both_themes_and_two_widths() {
    let place = Place::with_microphone();
    place.has_speech_model();
    let folder = std::env::var_os("INSIGHT_JOURNEY_SCREENSHOTS").map(PathBuf::from);
    let look = |window: &Window, name: &str, theme: &str, (width, height): (u32, u32)| {
        window.settles();
        fits(window, name);
        accessible(window, &format!("{name} in the {theme} theme at {width}"));
        if let Some(folder) = &folder {
            let file: &Path = &folder.join(format!("{name}-{theme}-{width}.png"));
            place.picture(width, height, file);
        }
    };

    // The door, before anybody is here.
    let window = place.open();
    for size in SIZES {
        window.resize(size.0, size.1);
        window.heading("A place to say what is on your mind");
        look(&window, "welcome", "light", size);
    }
    look_around(&window, &look);
    first_run(&window, &look);
    drop(window);

    place.has_a_year();
    place.command_line(&["account", "create", "tomas"]);
    let window = place.open();
    for size in SIZES {
        window.resize(size.0, size.1);
        window.heading("Welcome back");
        look(&window, "sign-in", "light", size);
    }
    drop(window);

    let window = place.open_signed_in();
    let filter = json!({ "text": null, "tags": [], "favourite": false });
    let list = window.order("sessions", &json!({ "filter": filter, "limit": 20, "after": null }));
    let id = |at: usize| list["sessions"][at]["id"].as_str().unwrap().to_owned();
    let (spoken, binned) = (id(0), id(9));
    window.order("bin", &json!({ "id": binned }));
    let session = format!("#/session/{spoken}");

    for theme in ["Light", "Dark"] {
        window.go("#/settings/look");
        window.choose("Theme", theme);
        let theme = theme.to_lowercase();
        window.css(&format!("html[data-theme={theme}]"));
        for size in SIZES {
            window.resize(size.0, size.1);
            for (name, hash) in PAGES.iter().chain([&("session", session.as_str())]) {
                window.go(hash);
                look(&window, name, &theme, size);
            }
            on_a_session(&window, &session, |name| look(&window, name, &theme, size));
            window.press(&[CONTROL, 'k']);
            window.css("[role=combobox]");
            look(&window, "palette", &theme, size);
            window.press(&[ESCAPE]);
            window.go("#/journey");
            window.settles();
            window.script("document.activeElement?.blur()", &[]);
            window.press(&['?']);
            window.css("dialog[open]");
            look(&window, "keys", &theme, size);
            window.press(&[ESCAPE]);
        }
    }
}

/// Every step of the first run, and pages on which there is nothing yet.
fn first_run(window: &Window, look: &impl Fn(&Window, &str, &str, (u32, u32))) {
    let step = |name: &str| {
        for (width, height) in SIZES {
            window.resize(width, height);
            look(window, name, "light", (width, height));
        }
    };
    window.button("Make your notebook").click();
    window.field("Your name here");
    step("first-run-account");
    // The step begins anew: what is written there goes with it.
    window.button("Back").click();
    make_account(window);
    window.heading("Write this recovery code down");
    step("first-run-code");
    confirm_recovery_code(window);
    window.heading("Say something");
    step("first-run-microphone");
    window.button("Continue").click();
    window.heading("How speech becomes text");
    step("first-run-model");
    window.button("Continue").click();
    window.heading("How elements are found");
    step("first-run-analysis");
    window.button("Begin").click();
    window.button("Start recording");
    window.resize(SIZES[0].0, SIZES[0].1);
    for theme in ["Dark", "Light"] {
        window.go("#/settings/look");
        window.choose("Theme", theme);
        let theme = theme.to_lowercase();
        window.css(&format!("html[data-theme={theme}]"));
        for name in ["journey", "sessions", "threads", "search", "bin", "record", "privacy"] {
            window.go(&format!("#/{name}"));
            look(window, &format!("empty-{name}"), &theme, SIZES[0]);
        }
    }
}

/// What opens over a session.
fn on_a_session(window: &Window, session: &str, look: impl Fn(&str)) {
    window.go(session);
    window.settles();
    for (item, name) in [
        ("Analyses", "session-analyses"),
        ("See what would be sent", "session-preview"),
        ("What was sent", "session-sent"),
    ] {
        window.button("More for this session").click();
        window.menu_item(item).click();
        window.css("dialog[open]");
        look(name);
        window.press(&[ESCAPE]);
    }
    window.button("More for this session").click();
    window.menu_item("Edit transcript").click();
    window.css("main textarea");
    look("session-edit");
    window.go("#/sessions");
    window.settles();
}

/// The sample notebook, in which one can look around before there is an account.
fn look_around(window: &Window, look: &impl Fn(&Window, &str, &str, (u32, u32))) {
    window.resize(SIZES[0].0, SIZES[0].1);
    window.button("Look around first").click();
    window.sees("You are looking at the sample notebook.");
    // Not by a click: the pointer would lie on the rail in every picture.
    window.go("#/sessions");
    // The page before it has such links, too.
    window.heading("Sessions");
    let first = window.css("main a[href*='#/session/']").property("hash");
    for theme in ["Dark", "Light"] {
        window.go("#/settings/look");
        window.choose("Theme", theme);
        let theme = theme.to_lowercase();
        window.css(&format!("html[data-theme={theme}]"));
        for (name, hash) in [
            ("sample-journey", "#/journey"),
            ("sample-sessions", "#/sessions"),
            ("sample-session", first.as_str().unwrap()),
            ("sample-search", "#/search?q=work"),
            ("sample-threads", "#/threads"),
        ] {
            window.go(hash);
            look(window, name, &theme, SIZES[0]);
        }
    }
    window.button("Leave it").click();
    window.heading("A place to say what is on your mind");
}

/// Nothing needs to be scrolled sideways.
#[track_caller]
fn fits(window: &Window, name: &str) {
    let wide = window.script(
        "return [document.documentElement, ...document.querySelectorAll('main, main *')]
           .filter((it) => it.scrollWidth > it.clientWidth + 1 && it.clientWidth > 0)
           .filter((it) => it === document.documentElement
             || ['auto', 'scroll'].includes(getComputedStyle(it).overflowX))
           .filter((it) => !['TEXTAREA', 'PRE'].includes(it.tagName))
           .map((it) => it.tagName + '.' + it.className)",
        &[],
    );
    assert_eq!(wide, json!([]), "{name} is wider than its place");
}

/// axe finds nothing, colour contrast as it is drawn included.
#[track_caller]
fn accessible(window: &Window, name: &str) {
    window.script(
        concat!(
            "if (window.axe === undefined) { ",
            include_str!("../../ui/node_modules/axe-core/axe.min.js"),
            " }"
        ),
        &[],
    );
    let found = window.script_later(
        "const [done] = arguments;
         axe.run(document).then(
           ({ passes, violations }) => done({ passes: passes.length, violations: violations.map(
             (it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`) }),
           (error) => done(String(error)));",
        &[],
    );
    assert!(found["passes"].as_u64().is_some_and(|n| n > 10), "axe did not run on {name}: {found}");
    assert_eq!(found["violations"], Value::Array(Vec::new()), "{name}");
}
