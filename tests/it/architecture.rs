//! The invariants of ARCHITECTURE.md, held against the build's own metadata and sources.

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// For each crate of the workspace, the names of its ordinary dependencies.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let names = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|d| d["kind"].is_null())
                .map(|d| d["name"].as_str().unwrap().to_owned())
                .collect();
            (package["name"].as_str().unwrap().to_owned(), names)
        })
        .collect()
}

fn users_of(name: &str) -> Vec<String> {
    dependencies()
        .into_iter()
        .filter(|(_, d)| d.contains(name))
        .map(|(package, _)| package)
        .collect()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

pub fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    rust_files(&root().join("src-tauri"), &mut files);
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            (path.strip_prefix(root()).unwrap().to_owned(), text)
        })
        .collect()
}

#[test]
fn siblings_never_import_each_other() {
    let siblings = ["journey-vault", "journey-speech", "journey-analysis"];
    let dependencies = dependencies();
    for sibling in siblings {
        for other in siblings.iter().chain(&["journey-app", "insight-journey"]) {
            assert!(!dependencies[sibling].contains(*other), "{sibling} imports {other}");
        }
    }
    assert!(dependencies["journey-domain"].iter().all(|d| !d.starts_with("journey-")));
}

#[test]
fn the_domain_knows_no_runtime_and_no_world() {
    let allowed = ["jiff", "serde", "serde_json", "thiserror", "uuid"];
    let dependencies = dependencies();
    let others: Vec<&String> =
        dependencies["journey-domain"].iter().filter(|d| !allowed.contains(&d.as_str())).collect();
    assert!(others.is_empty(), "{others:?}");
    for (path, text) in
        sources().iter().filter(|(p, _)| p.to_string_lossy().contains("journey-domain"))
    {
        for word in ["std::fs", "std::net", "std::env", "std::process", "Instant::now"] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn the_language_crate_uses_the_standard_library_alone() {
    assert!(dependencies()["journey-language"].is_empty());
}

#[test]
fn only_the_vault_knows_sql() {
    assert_eq!(users_of("rusqlite"), ["journey-vault"]);
}

#[test]
fn only_speech_knows_the_recogniser() {
    assert_eq!(users_of("whisper-rs"), ["journey-speech"]);
    assert_eq!(users_of("cpal"), ["journey-speech"]);
}

#[test]
fn only_the_root_knows_tauri() {
    let dependencies = dependencies();
    for (package, names) in &dependencies {
        let knows = names.iter().any(|d| d == "tauri" || d.starts_with("tauri-plugin"));
        assert_eq!(knows, package == "insight-journey", "{package}");
    }
}

#[test]
fn only_analysis_and_the_model_download_can_open_a_connection() {
    assert_eq!(users_of("reqwest"), ["journey-analysis", "journey-speech"]);
    assert_eq!(users_of("async-openai"), ["journey-analysis"]);
    assert!(users_of("neo4rs").is_empty());
    for (path, text) in sources() {
        let path = path.to_string_lossy().into_owned();
        if path.contains("journey-speech/src") && text.contains("reqwest::") {
            assert!(
                path.contains("/models"),
                "{path} opens connections outside the model download"
            );
        }
        // Tests may listen on this computer.
        if path.contains("/src/") && !path.contains("tests") {
            let code = text.split("#[cfg(test)]").next().unwrap();
            for word in ["TcpStream::connect", "UdpSocket::bind"] {
                assert!(!code.contains(word), "{path} uses {word}");
            }
        }
    }
}

#[test]
fn the_window_reaches_the_core_through_one_file() {
    let mut stack = vec![root().join("ui/src")];
    let mut importers = Vec::new();
    while let Some(folder) = stack.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else if fs::read_to_string(&path)
                .is_ok_and(|t| t.contains("from '@tauri-apps") || t.contains("from \"@tauri-apps"))
            {
                importers.push(path.strip_prefix(root()).unwrap().display().to_string());
            }
        }
    }
    assert_eq!(importers, ["ui/src/lib/api/tauri.ts"]);
}

#[test]
fn the_window_may_do_little() {
    let config: Value =
        serde_json::from_str(&fs::read_to_string(root().join("tauri.conf.json")).unwrap()).unwrap();
    let app = &config["app"];
    assert_eq!(app["withGlobalTauri"], false);
    let security = &app["security"];
    assert_eq!(security["assetProtocol"]["enable"], false);
    for (directive, sources) in security["csp"].as_object().unwrap() {
        let sources = sources.as_str().unwrap();
        for loose in ["unsafe-inline", "unsafe-eval", "*", "https:"] {
            assert!(!sources.contains(loose), "{directive} allows {loose}");
        }
    }
    assert_eq!(security["csp"]["default-src"], "'none'");
    for capability in security["capabilities"].as_array().unwrap() {
        for permission in capability["permissions"].as_array().unwrap() {
            let permission = permission.as_str().unwrap();
            assert!(permission.starts_with("core:"), "the window has {permission}");
            for family in ["fs:", "shell:", "http:", "core:default", "core:webview"] {
                assert!(!permission.starts_with(family), "the window has {permission}");
            }
        }
        assert!(capability.get("remote").is_none());
    }
}

#[test]
fn no_page_holds_a_script_and_no_plugin_opens_the_window_further() {
    let page = fs::read_to_string(root().join("ui/index.html")).unwrap().to_lowercase();
    for tag in page.split('<').skip(1) {
        let is_script = tag.starts_with("script");
        let (head, body) = tag.split_once('>').unwrap();
        assert!(!is_script || (head.contains(" src=\"/") && body.trim().is_empty()), "<{tag}");
        assert!(!tag.starts_with("style") && !tag.starts_with("iframe"), "<{tag}");
        assert!(!head.contains(" style=") && !head.contains(" on"), "<{head}>");
    }
    let config: Value =
        serde_json::from_str(&fs::read_to_string(root().join("tauri.conf.json")).unwrap()).unwrap();
    assert!(config.get("plugins").is_none());
    let security = &config["app"]["security"];
    for (directive, wanted) in [
        ("script-src", "'self'"),
        ("style-src", "'self'"),
        ("connect-src", "ipc: http://ipc.localhost"),
        ("base-uri", "'none'"),
        ("form-action", "'none'"),
        ("frame-ancestors", "'none'"),
    ] {
        assert_eq!(security["csp"][directive], wanted, "{directive}");
    }
    assert_eq!(security["freezePrototype"], true);
    assert!(security.get("dangerousDisableAssetCspModification").is_none());
    assert!(
        !root().join("src-tauri/capabilities").exists(),
        "all of them stand in tauri.conf.json"
    );
    for (package, names) in dependencies() {
        for name in names {
            assert!(!name.starts_with("tauri-plugin"), "{package} uses {name}");
        }
    }
    for (path, text) in sources() {
        let opens =
            ["dangerous_remote", ".eval(", "devtools(true)"].iter().any(|w| text.contains(w));
        assert!(!opens || !path.starts_with("src-tauri/desktop"), "{}", path.display());
    }
}

#[test]
fn versions_with_known_holes_are_not_in_the_lock_file() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let versions = |name: &str| -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        let mut lines = lock.lines();
        while let Some(line) = lines.next() {
            if line == format!("name = \"{name}\"") {
                let version =
                    lines.next().unwrap().trim_start_matches("version = \"").trim_end_matches('"');
                let numbers = version.split(['-', '+']).next().unwrap();
                found.push(numbers.split('.').map(|n| n.parse().unwrap()).collect());
            }
        }
        found
    };
    for (name, floor) in
        [("tauri", vec![2, 11, 1]), ("jsonwebtoken", vec![10, 3, 0]), ("symphonia", vec![0, 6, 1])]
    {
        let found = versions(name);
        assert!(!found.is_empty() && found.iter().all(|v| *v >= floor), "{name} {found:?}");
    }
}

#[test]
fn no_file_says_whose_machine_it_was_written_on() {
    let output = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    for name in String::from_utf8(output.stdout).unwrap().lines() {
        let Ok(text) = fs::read_to_string(root().join(name)) else { continue };
        for folder in ["work", "root", "farm"] {
            let path = format!("/{folder}/");
            let told = text.lines().any(|line| {
                line.find(&path).is_some_and(|at| {
                    let before = line[..at].chars().next_back();
                    before.is_none_or(|c| c.is_whitespace() || "\"'`=:(".contains(c))
                })
            });
            assert!(!told, "{name} holds a path of one machine ({path})");
        }
    }
}
