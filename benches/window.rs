//! How fast the window is: its start against an empty Tauri window, how long pages take to open and
//! whether frames are dropped while scrolling, with 10,000 sessions; and how large its pages are.
//!
//! `cargo bench -p insight-journey --bench window [-- start | pages | scroll | bundle]`
//!
//! Needs the [test] section of scripts/system-packages: a display, a session bus, WebKitWebDriver.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::significant_drop_tightening,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark prints its figures and may stop at once; parts of the tests are shared"
)]

#[path = "../tests/desktop/driver.rs"]
mod driver;
#[path = "../tests/desktop/place.rs"]
mod place;
mod report;

use journey_app::{App, Ports, data_dir::DataDir, gate::command::Command, sample::SampleOptions};
use journey_domain::ports::{LockReason, NoEvents};
use place::{PASSWORD, Place, Window};
use report::Row;
use serde_json::{Value, json};
use std::{fs, sync::Arc, time::Instant};

/// How many sessions the vault holds, over five years.
const SESSIONS: usize = 10_000;

/// How often a start and a page are measured.
const TIMES: usize = 7;

/// How often each way of scrolling is measured, ours and a plain list in turn. All count.
const TURNS: usize = 3;

/// Frames of each way of scrolling.
const FRAMES: usize = 600;

/// The heading of the empty window.
const EMPTY: &str = "Nothing";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("empty") => return empty_window(""),
        Some("plain") => return empty_window(plain_list().leak()),
        _ => {}
    }
    let wants = |name: &str| {
        let mut named = args.iter().filter(|word| !word.starts_with("--")).peekable();
        named.peek().is_none() || named.any(|word| word == name)
    };
    if wants("bundle") {
        bundle();
    }
    if wants("start") {
        start();
    }
    if wants("pages") || wants("scroll") {
        let place = Place::new();
        fill(&place);
        let window = place.open_signed_in();
        window.resize(1200, 800);
        if wants("pages") {
            pages(&window);
        }
        if wants("scroll") {
            scroll(&place, &window);
        }
    }
}

/// The least that a Tauri program can be: one window with one heading, and so much under it.
fn empty_window(rest: &'static str) {
    tauri::Builder::default()
        .register_uri_scheme_protocol("empty", move |_, _| {
            let page =
                format!("<!doctype html><title>-</title><main><h1>{EMPTY}</h1>{rest}</main>");
            let answer = tauri::http::Response::builder().header("Content-Type", "text/html");
            answer.body(page.into_bytes()).unwrap()
        })
        .setup(|app| {
            let url = tauri::WebviewUrl::CustomProtocol("empty://localhost/".parse()?);
            tauri::WebviewWindowBuilder::new(app, "main", url).inner_size(1200.0, 800.0).build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
        .unwrap();
}

/// A box that scrolls, with rows of plain text, all of them there.
fn plain_list() -> String {
    let row = "<li data-session style=height:73px>Something that was said</li>";
    let rows = row.repeat(SESSIONS);
    format!("<div style=height:600px;overflow-y:auto><div><ul>{rows}</ul></div></div>")
}

fn bundle() {
    let dist = place::root().join("ui/dist");
    let files = fs::read_dir(dist.join("assets")).unwrap().chain(fs::read_dir(dist).unwrap());
    let bytes: u64 = files
        .map(|it| it.unwrap().metadata().unwrap())
        .filter(|it| it.is_file())
        .map(|it| it.len())
        .sum();
    tell("the pages, all of them", bytes as f64 / 1000.0, "kB", None, None);
}

/// The words that open a window of this program, with WebKit told what the app tells it.
fn reference(kind: &str) -> [String; 4] {
    let own = std::env::current_exe().unwrap();
    [
        "WEBKIT_DISABLE_DMABUF_RENDERER=1".to_owned(),
        "WEBKIT_DISABLE_MEMORY_PRESSURE_MONITOR=1".to_owned(),
        own.to_str().unwrap().to_owned(),
        kind.to_owned(),
    ]
}

fn start() {
    let place = Place::new();
    place.command_line(&["account", "create", "ada"]);
    let empty_args = reference("empty");
    let empty_args = empty_args.each_ref().map(String::as_str);
    let (mut ours, mut empty) = (Vec::new(), Vec::new());
    let (mut our_paint, mut empty_paint) = (Vec::new(), Vec::new());
    // In turn, so that whatever else this computer does meets both; the first of each warms up.
    for n in 0..=TIMES {
        let program = env!("CARGO_BIN_EXE_insight-journey");
        let (window, seconds) = opens(&place, program, &[], "Welcome back");
        let paint = first_paint(&window);
        drop(window);
        let (window, of_empty) = opens(&place, "/usr/bin/env", &empty_args, EMPTY);
        if n > 0 {
            ours.push(1000.0 * seconds);
            our_paint.push(paint);
            empty.push(1000.0 * of_empty);
            empty_paint.push(first_paint(&window));
        }
    }
    let (ours, empty) = (median(&mut ours), median(&mut empty));
    tell("start to the sign-in page, against an empty window", ours, "ms", Some(empty), None);
    let (ours, empty) = (median(&mut our_paint), median(&mut empty_paint));
    tell("first picture after a page begins to load", ours, "ms", Some(empty), None);
}

/// A program's window, and the seconds until it showed `heading`.
fn opens(place: &Place, program: &str, args: &[&str], heading: &str) -> (Window, f64) {
    let starter = place.starter();
    let began = Instant::now();
    let window = starter.open(program, args);
    window.heading(heading);
    (window, began.elapsed().as_secs_f64())
}

fn first_paint(window: &Window) -> f64 {
    let found = window.script_later(
        "const [done] = arguments;
         const look = () => {
           const it = performance.getEntriesByName('first-contentful-paint')[0];
           it ? done(it.startTime) : requestAnimationFrame(look);
         };
         look();",
        &[],
    );
    found.as_f64().unwrap()
}

/// The account `ada` with five years of sessions.
fn fill(place: &Place) {
    let data_dir = DataDir::new(place.data_dir());
    let ports = Ports::real(&data_dir, Arc::new(NoEvents)).unwrap();
    let until = ports.clock.now();
    let app = App::open(data_dir, ports).unwrap();
    app.create_account(None, "ada", false, PASSWORD).unwrap();
    let me = app.unlocked(Command::Write, &app.sign_in_once("ada", PASSWORD).unwrap()).unwrap();
    let options = SampleOptions { seed: 1, sessions: SESSIONS, years: 5, until };
    app.add_sample_sessions(&me, &options).unwrap();
    app.set_setting(&me, "setup_done", &true.into()).unwrap();
    drop(me);
    app.close(LockReason::Asked);
}

/// From the wish for a page to the frame in which it stands.
fn pages(window: &Window) {
    let list = window.order("sessions", &json!({ "filter": filter(), "limit": 1, "after": null }));
    let session = format!("#/session/{}", list["sessions"][0]["id"].as_str().unwrap());
    let pages = [
        ("journey", "#/journey", "main svg [data-day]"),
        ("sessions", "#/sessions", "main [data-session]"),
        ("sessions of a feeling", "#/sessions?feeling=fear", "main [data-session]"),
        ("sessions with a tag", "#/sessions?tag=work", "main [data-session]"),
        ("a session", session.as_str(), "main [data-at]"),
        ("search", "#/search?q=work", "main [data-hit]"),
        ("what came up again", "#/threads", "main summary"),
        ("record", "#/record", "main button"),
        ("write", "#/record?write=1", "main textarea"),
        ("bin", "#/bin", "main h1"),
        ("privacy", "#/privacy", "main h2"),
        ("someone to talk to", "#/help", "main select"),
        ("settings: look", "#/settings/look", "main select"),
        ("settings: recording", "#/settings/recording", "main select"),
        ("settings: speech to text", "#/settings/speech", "main select"),
        ("settings: analysis", "#/settings/analysis", "main input[type=radio]"),
        ("settings: feelings and topics", "#/settings/words", "main .tree"),
        ("settings: care", "#/settings/care", "main select"),
        ("settings: account", "#/settings/account", "main select"),
        ("settings: health check, before its results", "#/settings/health", "main [role=status]"),
        ("settings: log", "#/settings/audit", "main td"),
        ("settings: accounts", "#/settings/accounts", "main section li"),
        ("settings: this computer", "#/settings/system", "main textarea"),
    ];
    for (name, hash, ready) in pages {
        let mut times: Vec<f64> = (0..=TIMES)
            .map(|_| {
                window.go(if hash == "#/help" { "#/bin" } else { "#/help" });
                window.settles();
                let time = window.script_later(
                    "const [hash, ready, done] = arguments;
                     const from = performance.now();
                     location.hash = hash;
                     const look = () => {
                       const stands = document.querySelector(ready)
                         && (hash.endsWith('/health') || !document.querySelector('main [aria-busy=true]'));
                       if (stands) done(performance.now() - from);
                       else requestAnimationFrame(look);
                     };
                     requestAnimationFrame(() => requestAnimationFrame(look));",
                    &[json!(hash), json!(ready)],
                );
                time.as_f64().unwrap()
            })
            .skip(1)
            .collect();
        let time = median(&mut times);
        tell(&format!("opening: {name}"), time, "ms", None, Some(("100 ms", time < 100.0)));
    }
}

fn filter() -> Value {
    json!({ "from": null, "to": null, "tag": null, "favourite": null, "emotion": null })
}

/// Time between frames while the list moves, at the pace of reading, of looking for something, and of
/// dragging the bar from one end to the other; beside it what rows do that are nothing but text.
fn scroll(place: &Place, window: &Window) {
    let args = reference("plain");
    let plain = place.starter().open("/usr/bin/env", &args.each_ref().map(String::as_str));
    plain.heading(EMPTY);
    plain.resize(1200, 800);
    for (name, step) in [("reading", 6), ("looking", 60), ("flinging", 1200)] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..TURNS {
            window.go("#/help");
            window.settles();
            window.go("#/sessions");
            window.settles();
            ours.push(frames(window, step));
            theirs.push(frames(&plain, step));
        }
        let all = |turns: &[Vec<f64>]| turns.iter().map(|it| dropped(it)).collect::<Vec<_>>();
        let (n_ours, n_theirs) = (all(&ours), all(&theirs));
        eprintln!("scrolling, {name}: dropped in each turn {n_ours:?}, of plain text {n_theirs:?}");
        for (what, share) in [("median", 0.5), ("99th percentile", 0.99)] {
            let at = |turns: &[Vec<f64>]| {
                let each = turns.iter().map(|it| it[((it.len() - 1) as f64 * share) as usize]);
                each.fold(f64::MAX, f64::min)
            };
            let workload = format!("scrolling, {name}: between frames, {what}");
            tell(&workload, at(&ours), "ms", Some(at(&theirs)), None);
        }
        let (n_ours, n_theirs) = (n_ours.iter().sum::<usize>(), n_theirs.iter().sum::<usize>());
        let workload = format!("scrolling, {name}: of {} frames, dropped", TURNS * FRAMES);
        let goal = Some(("none", n_ours == 0));
        tell(&workload, n_ours as f64, "frames", Some(n_theirs as f64), goal);
    }
}

/// Frames come every 16.7 ms; one that is more than half as late again was dropped.
fn dropped(gaps: &[f64]) -> usize {
    gaps.iter().filter(|it| **it > 25.0).count()
}

/// Milliseconds between frames, sorted, while what is in the window moves.
fn frames(window: &Window, step: usize) -> Vec<f64> {
    let frames = window.script_later(
        "const [step, n, done] = arguments;
         const box = document.querySelector('main [data-session]').closest('ul').parentElement.parentElement;
         box.scrollTop = 0;
         const gaps = [];
         let last = null;
         const move = (now) => {
           if (last !== null) gaps.push(now - last);
           last = now;
           if (gaps.length === n) return done(gaps);
           box.scrollTop += step;
           requestAnimationFrame(move);
         };
         requestAnimationFrame(move);",
        &[json!(step), json!(FRAMES)],
    );
    let mut gaps: Vec<f64> =
        frames.as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect();
    gaps.sort_by(f64::total_cmp);
    gaps
}

fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn tell(workload: &str, ours: f64, unit: &str, reference: Option<f64>, goal: Option<(&str, bool)>) {
    Row { workload, ours, unit, reference, goal }.tell();
}
