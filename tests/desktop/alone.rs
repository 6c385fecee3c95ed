//! The window needs no network, and what runs in it could not reach one.

use crate::place::{Place, root};
use serde_json::json;
use std::{net::TcpListener, process::Command};

#[test]
fn nothing_in_the_window_reaches_a_host_even_if_a_page_tries() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    listener.set_nonblocking(true).unwrap();
    let place = Place::new();
    let window = place.open();
    window.heading("A place to say what is on your mind");

    let directives = [
        "connect-src",
        "img-src",
        "script-src-elem",
        "style-src-elem",
        "font-src",
        "media-src",
        "frame-src",
    ];
    let stopped = window.script_later(include_str!("reach.js"), &[json!(host), json!(directives)]);
    let stopped: Vec<&str> =
        stopped.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    for directive in directives {
        assert!(stopped.contains(&directive), "{directive} let a request pass: {stopped:?}");
    }
    // Leaving for another page, or opening one, is refused by the window itself.
    for way in ["location.href = arguments[0]", "window.open(arguments[0])"] {
        window.script(way, &[json!(format!("http://{host}/"))]);
        window.heading("A place to say what is on your mind");
    }
    assert_eq!(window.address(), "tauri://localhost");
    assert!(listener.accept().is_err(), "a request left the window");
}

/// Set in the process that has no network.
const CUT_OFF: &str = "JOURNEY_TEST_CUT_OFF";

#[test]
fn sessions_are_made_and_reviewed_with_the_network_cut() {
    if std::env::var_os(CUT_OFF).is_none() {
        // The whole of it, driver and all, in a network namespace with nothing but loopback.
        let this = std::env::current_exe().unwrap();
        let test = "alone::sessions_are_made_and_reviewed_with_the_network_cut";
        let output = Command::new("unshare")
            .args(["--map-root-user", "--net", "sh", "-c"])
            .arg("ip link set lo up && exec \"$0\" --exact \"$1\" --nocapture")
            .arg(this)
            .arg(test)
            .env(CUT_OFF, "yes")
            .output()
            .expect("util-linux and iproute2 are installed (scripts/setup test)");
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && out.contains("1 passed"), "{out}{err}");
        return;
    }
    let devices = std::fs::read_to_string("/proc/net/dev").unwrap();
    assert_eq!(devices.lines().skip(2).count(), 1, "there is more than loopback: {devices}");

    let place = Place::new();
    place.has_speech_model();
    place.command_line(&["account", "create", "ada"]);
    place.command_line(&["settings", "set", "setup_done", "true"]);
    let window = place.open_signed_in();

    // A file: read, transcribed and analysed here.
    window.link("Record").click();
    place.chooses(&[&root().join("tests/data/speech/short.wav")]);
    window.button("Import recordings or text").click();
    window.link("Sessions").click();
    window.sees("Hurt");
    window.css("main a[href*='#/session/']").click();
    let words = window.css("article[aria-label=Transcript]").text();
    assert!(words.contains("I was hurt when my children shouted at me"), "{words}");
    window.button("Emotion: Hurt");

    // Written words.
    window.go("#/record?write=1");
    window.field("Your words").type_text("I am proud that I finished the fence. I feel calm now.");
    window.button("Keep this").click();
    let words = window.css("article[aria-label=Transcript]").text();
    assert!(words.contains("finished the fence"), "{words}");
    window.button("Emotion: Pride");

    // And found again.
    window.go("#/search?q=fence");
    window.sees("matches");
    window.go("#/privacy");
    window.sees("Nothing has ever left this computer");
}
