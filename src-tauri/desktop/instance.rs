//! One window for each data directory: a second start brings the first window to the front, and
//! `record --toggle` reaches the open window. Both go through a socket file in the data directory
//! that only its owner can open.

use super::desk::Desk;
use journey_app::{
    data_dir::DataDir,
    error::{CommandError, Result},
};
use journey_domain::error_code::ErrorCode;
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{DirBuilderExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::PathBuf,
    time::Duration,
};

/// What a second process may ask of the window.
const SHOW: &str = "show";
const TOGGLE: &str = "toggle";

/// How long the other side may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

fn socket(data_dir: &DataDir) -> PathBuf {
    data_dir.path().join("window.sock")
}

fn ask(data_dir: &DataDir, word: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket(data_dir))?;
    stream.set_read_timeout(Some(TIME_LIMIT))?;
    stream.set_write_timeout(Some(TIME_LIMIT))?;
    writeln!(stream, "{word}")?;
    let mut answer = String::new();
    BufReader::new(stream.take(1000)).read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

/// The listener of the first window, or `None` when another one was brought to the front.
pub(super) fn first(data_dir: &DataDir) -> Result<Option<UnixListener>> {
    let failed = |error: std::io::Error| {
        CommandError::new(ErrorCode::Io, "the data directory cannot be used")
            .hint(format!("Check its permissions and free space ({}).", error.kind()))
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir.path()).map_err(failed)?;
    if ask(data_dir, SHOW).is_ok() {
        return Ok(None);
    }
    // Nobody answers: a socket file left by a window that was killed.
    let path = socket(data_dir);
    if path.exists() {
        fs::remove_file(&path).map_err(failed)?;
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(Some(listener))
}

/// Answers other processes for as long as the window lives.
pub(super) fn listen(listener: UnixListener, handle: tauri::AppHandle, desk: Desk) {
    let spawned = std::thread::Builder::new().name("instance".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // A caller that goes away in mid-sentence concerns nobody else.
            drop(answer(stream, &handle, &desk));
        }
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread for other processes");
    }
}

fn answer(mut stream: UnixStream, handle: &tauri::AppHandle, desk: &Desk) -> std::io::Result<()> {
    stream.set_read_timeout(Some(TIME_LIMIT))?;
    let mut word = String::new();
    BufReader::new(stream.try_clone()?.take(100)).read_line(&mut word)?;
    let said = match word.trim() {
        SHOW => {
            super::show(handle);
            "shown".to_owned()
        }
        TOGGLE => match desk.toggle_recording() {
            Ok(line) => line.to_owned(),
            Err(error) => format!("error {}", error.message),
        },
        _ => "error unknown word".to_owned(),
    };
    writeln!(stream, "{said}")
}

/// Starts or stops the recording of the open window, from another process.
pub(crate) fn toggle(data_dir: &DataDir) -> Result<String> {
    let line = ask(data_dir, TOGGLE).map_err(|_| {
        CommandError::not_found("there is no open window")
            .hint("Open it with `insight-journey`, or record here with `insight-journey record`.")
    })?;
    match line.strip_prefix("error ") {
        Some(message) => Err(CommandError::new(ErrorCode::Busy, message)),
        None => Ok(line),
    }
}
