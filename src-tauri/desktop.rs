//! The window: commands of a few lines over the use-cases, events from the core, nothing else.

mod chooser;
mod commands;
mod desk;
mod dragging;
mod events;
mod instance;
mod placement;
mod surroundings;
#[cfg(target_os = "linux")]
mod suspend;

use crate::{cli::secrets, log};
use desk::Desk;
use events::WindowEvents;
use journey_app::{
    App, Ports,
    data_dir::DataDir,
    error::{CommandError, Result},
};
use journey_domain::ports::LockReason;
use std::{process::ExitCode, sync::Arc, time::Duration};
use surroundings::Surroundings;
use tauri::{Manager, WebviewUrl, WebviewWindowBuilder};

pub(crate) use instance::toggle;

/// How often reminders are thought of.
const REMINDER_PAUSE: Duration = Duration::from_secs(20);

/// The label of the only window.
pub(crate) const MAIN: &str = "main";

/// Opens the window, or brings the one that is open on this data directory to the front.
pub(crate) fn open(data_dir: &DataDir) -> Result<ExitCode> {
    if !has_display() {
        return Err(CommandError::usage("there is no display for the window").hint(
            "`insight-journey try` shows the main job without one; `--help` lists the commands.",
        ));
    }
    prepare_environment();
    let Some(instance) = instance::first(data_dir)? else {
        return Ok(ExitCode::SUCCESS);
    };
    let around = Surroundings::default();
    let events = Arc::new(WindowEvents::new(around.clone()));
    let app = App::open(data_dir.clone(), Ports::real(data_dir, events.clone())?)?;
    log::begin(&app, data_dir);
    let desk = Desk::new(app, around.clone());
    let kept_in = data_dir.clone();
    let for_exit = desk.clone();
    let window = tauri::Builder::default()
        .manage(desk.clone())
        .invoke_handler(commands::handler())
        .setup(move |tauri_app| {
            events.attach(tauri_app.handle().clone(), desk.clone());
            around.attach(tauri_app.handle().clone(), desk.clone());
            let window = WebviewWindowBuilder::new(tauri_app, MAIN, WebviewUrl::default())
                .title("Insight Journey")
                .inner_size(1200.0, 800.0)
                .min_inner_size(720.0, 560.0)
                .visible(false)
                .on_navigation(is_own_page)
                .on_download(|_, _| false)
                .build()?;
            tauri_app.manage(placement::take_up(&window, &kept_in));
            window.show()?;
            dragging::listen(&window, desk.clone());
            lock_before_sleep(&desk);
            remind(&desk);
            instance.listen(tauri_app.handle().clone(), desk);
            Ok(())
        })
        .build(tauri::generate_context!())
        .map_err(|error| CommandError::internal(&error))?;
    window.run(move |handle, event| {
        if let tauri::RunEvent::ExitRequested { .. } = event {
            if let Some(keeper) = handle.try_state::<placement::Keeper>() {
                keeper.keep();
            }
            for_exit.close(LockReason::Asked);
        }
    });
    Ok(ExitCode::SUCCESS)
}

/// A computer that sleeps holds no open vault.
#[cfg(target_os = "linux")]
fn lock_before_sleep(desk: &Desk) {
    let desk = desk.clone();
    suspend::watch(journey_app::system::SystemClock::new(), move || {
        desk.close(LockReason::Suspend);
    });
}

#[cfg(not(target_os = "linux"))]
fn lock_before_sleep(_desk: &Desk) {}

/// Reminds for as long as the window lives.
fn remind(desk: &Desk) {
    let desk = desk.clone();
    let spawned = std::thread::Builder::new().name("reminders".to_owned()).spawn(move || {
        loop {
            desk.reminders().into_iter().for_each(Surroundings::remind);
            std::thread::sleep(REMINDER_PAUSE);
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread for reminders");
    }
}

/// The window shows its own pages and goes nowhere else.
fn is_own_page(url: &tauri::Url) -> bool {
    matches!(
        (url.scheme(), url.host_str()),
        ("tauri", Some("localhost")) | ("http" | "https", Some("tauri.localhost"))
    ) || (cfg!(dev) && url.host_str() == Some("localhost"))
}

#[expect(clippy::disallowed_methods, reason = "the edge where the environment is read")]
fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()))
}

/// What WebKit is told through its environment, where the person has not chosen otherwise: with its
/// DMABUF renderer some graphics drivers show an empty window; its memory monitor reads the whole map of
/// the page's process every 30 s in the thread that draws, which costs a frame each time.
const TOLD_TO_WEBKIT: [&str; 2] =
    ["WEBKIT_DISABLE_DMABUF_RENDERER", "WEBKIT_DISABLE_MEMORY_PRESSURE_MONITOR"];

/// Starts the program over in the environment that the window is to have, if it is another: the web
/// view's processes inherit it, so no secret may stand in it. Restarting is the only safe way to change
/// it.
#[expect(clippy::disallowed_methods, reason = "the edge where the environment is read")]
fn prepare_environment() {
    use std::os::unix::process::CommandExt as _;
    let untold: Vec<&str> = TOLD_TO_WEBKIT
        .into_iter()
        .filter(|name| cfg!(target_os = "linux") && std::env::var_os(name).is_none())
        .collect();
    if untold.is_empty() && !secrets::stand_in_environment() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let mut again = std::process::Command::new(program);
        again.args(std::env::args_os().skip(1)).envs(untold.into_iter().map(|name| (name, "1")));
        // Only returns when it failed; then the window opens as it is.
        drop(secrets::withhold_from(&mut again).exec());
    }
}

/// Brings the window to the front.
pub(crate) fn show(handle: &tauri::AppHandle) {
    if let Some(window) = handle.get_webview_window(MAIN) {
        // A window manager may refuse; the window is there all the same.
        drop(window.show());
        drop(window.unminimize());
        drop(window.set_focus());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_goes_to_no_page_but_its_own() {
        for own in ["tauri://localhost/", "tauri://localhost/index.html#/record"] {
            assert!(is_own_page(&own.parse().unwrap()), "{own}");
        }
        for foreign in [
            "https://example.org/",
            "http://localhost/",
            "http://127.0.0.1:1420/",
            "http://tauri.localhost.example.org/",
            "https://example.org/tauri.localhost",
            "https://tauri.localhost@example.org/",
            "tauri://example.org/",
            "tauri://localhost.example.org/",
            "file:///etc/passwd",
            "data:text/html,<script>1</script>",
            "javascript:alert(1)",
            "blob:tauri://localhost/1",
            "about:blank",
            "ipc://localhost/sign_in",
            "asset://localhost/etc/passwd",
            "view-source:tauri://localhost/",
        ] {
            assert!(!is_own_page(&foreign.parse().unwrap()), "{foreign}");
        }
    }
}
