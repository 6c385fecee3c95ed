//! No way past the gate: every word of the command line and every command of the window asks it, and
//! what stands behind it can be had from nowhere else.

use crate::support::root;
use journey_app::gate::command::Command;
use journey_domain::account::Permission;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

fn text_of(folder: &str) -> String {
    fn collect(path: &Path, text: &mut String) {
        if path.is_dir() {
            let mut entries: Vec<_> =
                fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
            entries.sort();
            entries.iter().for_each(|entry| collect(entry, text));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(path).unwrap();
            text.push_str(source.split("\n#[cfg(test)]").next().unwrap());
            text.push('\n');
        }
    }
    let mut text = String::new();
    let path = root().join(folder);
    for path in [path.clone(), path.with_extension("rs")] {
        if path.exists() {
            collect(&path, &mut text);
        }
    }
    text
}

/// The word at the start of `text`.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Every function in `text` by name, with all its text, whatever it is a part of.
fn functions(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (at, _) in text.match_indices("fn ") {
        let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
        let indent: String = text[line..at].chars().take_while(|c| *c == ' ').collect();
        let Some(end) = text[at..].find(&format!("\n{indent}}}")) else { continue };
        found.insert(word(&text[at + 3..]).to_owned(), text[at..at + end].to_owned());
    }
    found
}

/// The commands of the table that `text` names, with the word before the bracket in front of each.
fn asked(text: &str, table: &str) -> Vec<(String, Command)> {
    text.match_indices(table)
        .map(|(at, _)| {
            let name = word(&text[at + table.len()..]);
            let before = text[..at].trim_end().trim_end_matches('(');
            let way = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            let command = Command::ALL.iter().find(|command| format!("{command:?}") == name);
            (way.to_owned(), *command.unwrap_or_else(|| panic!("{name} is not in the table")))
        })
        .collect()
}

#[track_caller]
fn fits(where_from: &str, way: &str, command: Command) {
    let needs = command.permission();
    let fits = match way {
        "public" | "unlocked_if_any" | "signed_in_if_any" => needs == Permission::Public,
        "signed_in" | "signed_in_unasked" => needs != Permission::Unlocked,
        "unlocked" => true,
        _ => true,
    };
    assert!(fits, "{where_from}: {command:?} needs {needs:?} and asks as {way}");
}

#[test]
fn every_command_of_the_window_passes_the_gate_as_its_line_in_the_table_says() {
    let commands = text_of("src-tauri/desktop/commands");
    let desk = functions(&text_of("src-tauri/desktop/desk"));
    let all = functions(&commands);
    let mut declared = BTreeSet::new();
    for chunk in commands.split("#[tauri::command").skip(1) {
        let at = chunk.find("fn ").unwrap();
        let name = word(&chunk[at + 3..]);
        declared.insert(name.to_owned());
        let body = &all[name];
        let mut ways = asked(body, "Command::");
        if ways.is_empty() {
            // Handed on to the desk, which asks.
            let called: Vec<&str> = body
                .match_indices("desk")
                .filter_map(|(at, _)| {
                    let rest = body[at + 4..].trim_start().strip_prefix('.')?;
                    Some(word(rest))
                })
                .collect();
            assert!(!called.is_empty(), "{name} goes past the gate");
            for method in called {
                let found = asked(&desk[method], "Command::");
                assert!(!found.is_empty(), "{name} calls {method}, which goes past the gate");
                ways.extend(found);
            }
        }
        for (way, command) in ways {
            fits(name, &way, command);
        }
    }
    let handler = commands.split("generate_handler![").nth(1).unwrap();
    let handler = handler.split(']').next().unwrap();
    let handled: BTreeSet<String> = handler
        .split(',')
        .filter_map(|path| path.trim().rsplit("::").next())
        .filter(|name| !name.is_empty())
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(handled, declared, "what the window hands out is what was looked at");
    assert!(handled.len() > 50);
}

#[test]
fn every_word_of_the_command_line_passes_the_gate() {
    let args = text_of("src-tauri/cli/args");
    let commands = text_of("src-tauri/cli");
    // Each arm of a match over words, with everything up to the next one.
    let mut arms: Vec<(String, String, usize)> = Vec::new();
    for (at, _) in commands.match_indices("Command::") {
        let line = commands[..at].rfind('\n').map_or(0, |n| n + 1);
        let kind = commands[line..at].trim_start();
        let kind = kind.strip_prefix("if let ").unwrap_or(kind);
        let kind = kind.strip_prefix("(Some(").unwrap_or(kind);
        if !kind.chars().all(char::is_alphanumeric) {
            continue;
        }
        let variant = word(&commands[at + 9..]);
        arms.push((format!("{kind}Command"), variant.to_owned(), line));
    }
    let text_after = |n: usize| {
        let end = arms.get(n + 1).map_or(commands.len(), |arm| arm.2);
        &commands[arms[n].2..end]
    };
    let mut n_words = 0;
    for part in args.split("enum ").skip(1).filter(|part| word(part).ends_with("Command")) {
        let kind = word(part);
        let body = part.split("\n}").next().unwrap();
        for line in body.lines().filter_map(|line| line.strip_prefix("    ")) {
            if !line.starts_with(char::is_uppercase) || word(line) == "Worker" {
                continue;
            }
            let variant = word(line);
            let of_it: Vec<usize> = arms
                .iter()
                .enumerate()
                .filter(|(_, arm)| arm.0 == kind && arm.1 == variant)
                .map(|(n, _)| n)
                .collect();
            // A group of words: each of them is looked at by itself, and so is what is asked for all.
            let group = ["Command)", "Args)"].iter().any(|end| line.contains(end));
            let asks = of_it.iter().any(|n| {
                let text = text_after(*n);
                text.contains("Gated::") || text.contains("(&access")
            });
            let asked_for_all = arms.iter().enumerate().any(|(n, arm)| {
                let outer = args.contains(&format!("    {}({kind})", arm.1));
                outer && text_after(n).contains("Gated::")
            });
            // A function for one group that asks before it looks which of them it is.
            let asked_before = of_it.iter().any(|n| {
                let begins = commands[..arms[*n].2].rfind("\nfn ").map_or(0, |at| at + 1);
                let first = arms.iter().find(|arm| arm.0 == kind && arm.2 > begins).unwrap().2;
                let words = &commands[begins..first];
                !words.starts_with("fn run(") && words.contains("Gated::")
            });
            assert!(
                group || asks || asked_for_all || asked_before,
                "{kind}::{variant} goes past the gate"
            );
            n_words += 1;
        }
    }
    assert!(n_words > 45, "{n_words}");
    for (way, command) in asked(&commands, "Gated::") {
        fits("the command line", &way, command);
    }
}

/// What needs nobody: each opens nothing of anybody's, and is asked for by a command that anyone may
/// give.
const AT_THE_DOOR: &[&str] = &[
    "accounts",
    "any_account",
    "close",
    "devices",
    "taxonomy_tree",
    "log_level",
    "only_account_name",
    "only_admins_make_accounts",
    "open",
    "public",
    "recover_account",
    "refreshed",
    "resume",
    "sign_in",
    "sign_in_once",
    "sign_in_window",
    "sign_out",
    "signed_in",
    "unlocked",
    "who",
    "work_in_background",
];

/// What the shells show of themselves, with nothing that was said: tray, notifications, the clock.
const IN_THE_SHELL: &[&str] = &["recording_now", "reminders_due", "time_zone", "wishes"];

#[test]
fn no_use_case_can_be_called_without_somebody_whom_the_gate_let_through() {
    let text = text_of("src-tauri/crates/journey-app/src");
    let mut n_behind = 0;
    for part in text.split("\nimpl App {").skip(1) {
        let part = part.split("\n}\n").next().unwrap();
        for (at, _) in part.match_indices("\n    pub fn ") {
            let signature = part[at + 12..].split(" {\n").next().unwrap();
            let name = word(signature);
            let takes_somebody = ["Caller", "Unlocked"].iter().any(|who| signature.contains(who));
            assert!(
                takes_somebody || AT_THE_DOOR.contains(&name) || IN_THE_SHELL.contains(&name),
                "App::{name} takes nobody: anybody could call it"
            );
            n_behind += usize::from(takes_somebody);
        }
    }
    assert!(n_behind > 60, "{n_behind}");
}

#[test]
fn only_the_gate_makes_callers() {
    for (path, text) in crate::architecture::sources() {
        let path = path.to_string_lossy().into_owned();
        if path.contains("journey-app/src/gate") || path.contains("tests") {
            continue;
        }
        for maker in ["Caller::new(", "Caller {", "Unlocked {"] {
            let made = text.lines().any(|line| {
                let declares = ["struct", "impl", "->"].iter().any(|word| line.contains(word));
                line.contains(maker) && !declares
            });
            assert!(!made, "{path} makes a {maker}");
        }
    }
}
