//! What the documents say is what the program does.

use crate::support::root;
use journey_app::{
    gate::command::{Command, RateClass},
    settings::{Kind, SETTINGS, Scope, Setting},
};
use journey_domain::account::Permission;
use std::{collections::BTreeSet, fmt::Write as _, fs};

/// Compares with the file; `UPDATE_DOCS=1` writes it.
#[track_caller]
fn is_as_written(path: &str, wanted: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, wanted).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is out of step with the program: run UPDATE_DOCS=1 cargo test --test it documents, \
         and look at what changed"
    );
}

fn takes(setting: &Setting) -> String {
    let kind = match setting.kind {
        Kind::Flag => "true or false".to_owned(),
        Kind::Number { min, max } => format!("{min} to {max}"),
        Kind::Amount { max } => format!("0 to {max}"),
        Kind::OneOf(words) => words.join(", "),
        Kind::Text { max_chars } => format!("text, at most {max_chars} characters"),
        Kind::SomeOf(words) => format!("list of {}", words.join(", ")),
        Kind::Names { max_entries } => {
            format!("list of at most {max_entries} names, each alone or as `name=sent instead`")
        }
        Kind::Hosts { max_entries } => format!("list of at most {max_entries} hosts, without port"),
        Kind::Address => "address: https, or http on this computer".to_owned(),
        Kind::SpokenLanguage => "auto, or a language's code".to_owned(),
        Kind::ModelName => "a speech model's name".to_owned(),
        Kind::Country => "two letters".to_owned(),
        Kind::TimeOfDay => "time of day, such as 07:30".to_owned(),
    };
    if setting.optional { format!("{kind}; or none") } else { kind }
}

#[test]
fn every_setting_stands_in_its_document_with_what_it_takes_and_its_default() {
    let mut text = String::from(
        "# Settings\n\nChanged in the window, or with `insight-journey settings set KEY VALUE`. \
         Secrets are no settings: a provider's key lies in the vault (`provider set-key`).\n",
    );
    for (scope, title, about) in [
        (Scope::Personal, "Personal", "Kept in the own vault, for nobody else to see."),
        (
            Scope::System,
            "Of the computer",
            "For all accounts; an admin changes them with `--system`. Each change is in the audit \
             log, by name.",
        ),
    ] {
        write!(text, "\n## {title}\n\n{about}\n\n").unwrap();
        text.push_str("| setting | takes | default | |\n|---|---|---|---|\n");
        for setting in SETTINGS.iter().filter(|setting| setting.scope == scope) {
            let default = setting.default.replace("null", "none");
            writeln!(
                text,
                "| `{}` | {} | `{default}` | {} |",
                setting.key,
                takes(setting),
                setting.help
            )
            .unwrap();
        }
    }
    is_as_written("docs/settings.md", &text);
}

#[test]
fn every_command_stands_in_its_document_with_who_may_give_it() {
    let mut text = String::from(
        "# Who may give which command\n\nWindow and command line ask one gate. \"Own\" means: with \
         the own vault open, and for it alone; an admin has no way into another's.\n\n\
         | command | nobody signed in | regular | admin | limit |\n|---|---|---|---|---|\n",
    );
    for command in Command::ALL {
        let (nobody, regular, admin) = match command.permission() {
            Permission::Public => ("yes", "yes", "yes"),
            Permission::SignedIn => ("no", "yes", "yes"),
            Permission::Unlocked => ("no", "own", "own"),
            Permission::Admin => ("no", "no", "yes"),
        };
        let limit = format!("{:?}", command.rate_class()).to_lowercase();
        writeln!(text, "| {} | {nobody} | {regular} | {admin} | {limit} |", command.word())
            .unwrap();
    }
    text.push_str("\nCommands a minute, for each account, with the setting as it comes:\n\n");
    text.push_str("| limit | commands a minute |\n|---|---|\n");
    let set = SETTINGS.iter().find(|setting| setting.key == "commands_per_minute").unwrap();
    for class in RateClass::ALL {
        let most = class.per_minute(set.default.parse().unwrap());
        writeln!(text, "| {} | {most} |", format!("{class:?}").to_lowercase()).unwrap();
    }
    is_as_written("docs/commands.md", &text);
}

#[test]
fn every_test_that_security_md_names_is_there() {
    let security = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let names: BTreeSet<&str> = security
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| {
            code.matches('_').count() >= 3 && code.chars().all(|c| c.is_alphanumeric() || c == '_')
        })
        .collect();
    assert!(names.len() >= 20, "each line of the table names its test: {names:?}");
    let mut all = String::new();
    for (_, text) in crate::architecture::sources() {
        all.push_str(&text);
    }
    for entry in fs::read_dir(root().join("tests/it")).unwrap() {
        all.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    for name in names {
        assert!(all.contains(&format!("fn {name}(")), "there is no test {name}");
    }
    // No line of the table without a test.
    let table = security.split("|---|---|---|\n").nth(1).unwrap();
    for line in table.lines().take_while(|line| line.starts_with('|')) {
        let shown_by = line.trim_end_matches('|').rsplit('|').next().unwrap();
        assert!(shown_by.contains('`'), "nothing shows: {line}");
    }
}
