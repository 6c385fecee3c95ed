//! The pages' types are those of the core, and the window's handlers are those of the table.

use journey_app::wire::{self, WireCommand};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages(name: &str) -> PathBuf {
    root().join("ui/src/lib/api/gen").join(name)
}

#[test]
fn the_pages_types_are_generated_from_the_core() {
    let files = [("views.ts", wire::views_file()), ("commands.ts", wire::commands_file())];
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        for (name, file) in &files {
            fs::write(pages(name), file).unwrap();
        }
        let formatted = Command::new(root().join("ui/node_modules/.bin/prettier"))
            .current_dir(root().join("ui"))
            .args(["--write", "src/lib/api/gen"])
            .status();
        assert!(formatted.is_ok_and(|it| it.success()), "run `npm --prefix ui ci` first");
    }
    for (name, file) in &files {
        let stored = fs::read_to_string(pages(name)).unwrap();
        let (stored, wanted) = (wire::without_format(&stored), wire::without_format(file));
        let differs = stored.bytes().zip(wanted.bytes()).position(|(a, b)| a != b);
        let near = |text: &str| -> String {
            text.chars().skip(differs.unwrap_or_default().saturating_sub(30)).take(80).collect()
        };
        assert!(
            stored == wanted,
            "{name} is out of date (UPDATE_BINDINGS=1 cargo test --test it bindings):\n{}\n{}",
            near(&stored),
            near(&wanted)
        );
    }
}

#[test]
fn every_name_in_the_pages_types_is_declared() {
    let views = wire::views_file();
    let code: String =
        views.lines().filter(|line| !line.trim_start().starts_with(['*', '/'])).collect();
    let code: String = code.split('"').step_by(2).collect();
    for word in code.split(|c: char| !c.is_alphanumeric()) {
        let is_name = word.starts_with(|c: char| c.is_ascii_uppercase());
        let is_known = word == "Array" || views.contains(&format!("type {word} "));
        assert!(!is_name || is_known, "{word} is used and not declared");
    }
}

/// Name, arguments and result of a handler as they are written.
type Signature = (Vec<(String, String)>, String);

/// Every handler in the window's sources.
fn handlers() -> BTreeMap<String, Signature> {
    let mut found = BTreeMap::new();
    for file in fs::read_dir(root().join("src-tauri/desktop/commands")).unwrap() {
        let source = fs::read_to_string(file.unwrap().path()).unwrap();
        for part in source.split("#[tauri::command(rename_all = \"snake_case\")]").skip(1) {
            let part = part.split_once("fn ").unwrap().1;
            let (name, rest) = part.split_once('(').unwrap();
            let (arguments, rest) = rest.split_once(") ->").unwrap();
            let result = rest.split_once(" {").unwrap().0.trim();
            let result = result.strip_prefix("Result<").and_then(|it| it.strip_suffix('>'));
            let arguments = between_commas(arguments)
                .into_iter()
                .map(|it| it.split_once(':').map(|(n, t)| (n.to_owned(), t.to_owned())).unwrap())
                .filter(|(_, kind)| !kind.starts_with("State<") && kind != "WebviewWindow")
                .collect();
            let result = solid(result.unwrap_or_else(|| panic!("{name} gives no Result")));
            assert!(found.insert(name.to_owned(), (arguments, result)).is_none(), "{name} twice");
        }
    }
    found
}

fn solid(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Parts between the commas that stand in no brackets.
fn between_commas(text: &str) -> Vec<String> {
    let (mut parts, mut part, mut depth) = (Vec::new(), String::new(), 0);
    for c in text.chars().filter(|c| !c.is_whitespace()).chain(std::iter::once(',')) {
        match c {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

fn signature(command: &WireCommand) -> Signature {
    let arguments = command.arguments.iter().map(|it| (it.name.to_owned(), solid(it.rust)));
    (arguments.collect(), solid(command.rust))
}

#[test]
fn the_table_has_every_handler_and_no_other_command_with_its_arguments_and_result() {
    let table: BTreeMap<String, Signature> =
        wire::commands().iter().map(|it| (it.name.to_owned(), signature(it))).collect();
    let handlers = handlers();
    for (name, handler) in &handlers {
        assert_eq!(table.get(name), Some(handler), "{name}");
    }
    let unhandled: Vec<&String> =
        table.keys().filter(|name| !handlers.contains_key(*name)).collect();
    assert!(unhandled.is_empty(), "{unhandled:?}");
}

#[test]
fn no_command_of_the_window_takes_a_path_and_nothing_that_it_gets_names_one() {
    let names_a_file = |name: &str| {
        ["path", "file", "folder", "dir"]
            .iter()
            .any(|word| name.split('_').any(|it| it.starts_with(word)))
    };
    for command in wire::commands() {
        for argument in command.arguments {
            assert!(!names_a_file(argument.name), "{}: {}", command.name, argument.name);
        }
    }
    let views = wire::views_file();
    let fields = views.lines().filter_map(|line| line.trim().split_once(':').map(|(name, _)| name));
    // The name alone, without its folder, to tell the person where the backup is.
    let found: Vec<&str> = fields.filter(|name| names_a_file(name)).collect();
    assert_eq!(found, ["file_name"]);
    // A dialog that answers by itself is in no release.
    let chooser = fs::read_to_string(root().join("src-tauri/desktop/chooser.rs")).unwrap();
    let (before, _) = chooser.split_once("INSIGHT_JOURNEY_TEST_CHOICE").unwrap();
    assert!(before.rsplit_once("fn ").unwrap().0.contains("#[cfg(debug_assertions)]"));
    let reads_it = crate::architecture::sources()
        .into_iter()
        .filter(|(_, text)| text.contains("INSIGHT_JOURNEY_TEST_CHOICE"))
        .map(|(path, _)| path);
    assert_eq!(reads_it.collect::<Vec<_>>(), [Path::new("src-tauri/desktop/chooser.rs")]);
}

#[test]
fn every_handler_is_registered() {
    let list = fs::read_to_string(root().join("src-tauri/desktop/commands.rs")).unwrap();
    let registered: Vec<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_suffix(',')?.split_once("::"))
        .map(|(_, name)| name)
        .collect();
    let mut handlers: Vec<String> = handlers().into_keys().collect();
    let mut registered: Vec<String> = registered.into_iter().map(ToOwned::to_owned).collect();
    handlers.sort();
    registered.sort();
    assert_eq!(registered, handlers);
}

#[test]
fn every_event_that_the_window_sends_is_in_the_table() {
    let table: Vec<&str> = wire::events().iter().map(|it| it.name).collect();
    let source = fs::read_to_string(root().join("src-tauri/desktop/events.rs")).unwrap();
    let sent: Vec<&str> =
        source.split(".send(\"").skip(1).filter_map(|it| it.split('"').next()).collect();
    assert!(!sent.is_empty());
    for name in sent {
        assert!(table.contains(&name), "{name}");
    }
}
