//! The pages of an administrator: other people's accounts, and what holds for the whole computer.

use crate::main_job::confirm_recovery_code;
use crate::place::{PASSWORD, Place, Window};
use serde_json::{Value, json};

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
    assert_eq!(of_tomas(&window, "role"), "regular");
    window.choose("Role: tomas", "Administrator");
    window.button("Disable").click();
    window.sees("disabled");
    assert_eq!(
        (of_tomas(&window, "role"), of_tomas(&window, "disabled")),
        (json!("admin"), json!(true))
    );
    window.button("Enable").click();
    window.button("Disable");

    window.go("#/settings/system");
    window.choose("Who may make accounts", "Administrators");
    // Ctrl A, the number, Tab: left empty it would be refused and the stored one come back.
    window.field("Provider calls a minute").type_text("\u{e009}a\u{e000}12\u{e004}");
    window.settles();
    let settings = window.order("system_settings_get", &json!({}));
    assert_eq!(
        (&settings["who_may_create"], &settings["provider_calls_per_minute"]),
        (&json!("admin"), &json!(12))
    );

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
    window.settles();
    let list = window.order("accounts_list", &json!({}));
    let accounts = list["accounts"].as_array().unwrap();
    accounts.iter().find(|it| it["name"] == "tomas").unwrap()[what].clone()
}
