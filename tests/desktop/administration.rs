//! The pages of an administrator: other people's accounts, and what holds for the whole computer.

use crate::main_job::confirm_recovery_code;
use crate::place::{PASSWORD, Place, Window};
use serde_json::{Value, json};
use std::{thread, time::Duration};

#[test]
fn an_administrator_makes_and_disables_an_account_and_sets_what_holds_for_everyone() {
    let place = Place::new();
    place.command_line(&["account", "create", "ada"]);
    place.command_line(&["settings", "set", "setup_done", "true"]);
    let window = place.open_signed_in();

    window.go("#/settings/accounts");
    window.button("Make a new notebook").click();
    window.field("Name").type_text("tomas");
    window.field("Password").type_text("seven kind herons waded home");
    window.button("Create").click();
    confirm_recovery_code(&window);
    window.sees("tomas");
    becomes("regular", || of_tomas(&window, "role"));
    window.choose("Role: tomas", "Administrator");
    window.button("Disable").click();
    window.sees("disabled");
    becomes("admin", || of_tomas(&window, "role"));
    becomes(true, || of_tomas(&window, "disabled"));
    window.button("Enable").click();
    window.button("Disable");

    window.go("#/settings/system");
    window.choose("Who may make accounts", "Administrators");
    // Backspace over the old number, the new one, Tab: a field that is left empty is refused.
    window.field("Provider calls a minute").type_text("\u{e003}\u{e003}12\u{e004}");
    becomes("admin", || of_the_computer(&window, "who_may_create"));
    becomes(12, || of_the_computer(&window, "provider_calls_per_minute"));

    // Nobody else makes one at the door any more; who was made gets in.
    window.button("Lock").click();
    window.button("Someone else").click();
    assert!(!window.text().contains("Make a new notebook"));
    window.field("Name").type_text("tomas");
    window.field("Password").type_text(PASSWORD);
    window.button("Sign in").click();
    window.sees("he name or the password is wrong");
    window.field("Password").type_text("seven kind herons waded home");
    window.button("Sign in").click();
    window.heading("Say something");
}

fn of_tomas(window: &Window, what: &str) -> Value {
    let list = window.order("accounts_list", &json!({}));
    let accounts = list["accounts"].as_array().unwrap();
    accounts.iter().find(|it| it["name"] == "tomas").unwrap()[what].clone()
}

fn of_the_computer(window: &Window, what: &str) -> Value {
    window.order("system_settings_get", &json!({}))[what].clone()
}

/// Waits until what was ordered on the page is done: nothing on it says so.
#[track_caller]
fn becomes(wanted: impl Into<Value>, look: impl Fn() -> Value) {
    let wanted = wanted.into();
    for _ in 0..100 {
        if look() == wanted {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(look(), wanted);
}
