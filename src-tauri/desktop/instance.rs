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
    fs::{self, File, OpenOptions, TryLockError},
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    time::Duration,
};

/// What a second process may ask of the window.
const SHOW: &str = "show";
const TOGGLE: &str = "toggle";

/// Longest path that every system takes for a socket, in bytes.
const MAX_SOCKET_PATH: usize = 100;

/// How often a window that holds the lock is asked to show itself, and how long to wait in between.
const N_TRIES: u32 = 50;
const TRY_PAUSE: Duration = Duration::from_millis(100);

/// How long the other side may take.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// How long it may take to begin or end a recording: a sound system that was asleep wakes slowly.
const TOGGLE_LIMIT: Duration = Duration::from_secs(30);

fn socket(data_dir: &DataDir) -> PathBuf {
    data_dir.path().join("window.sock")
}

/// Why another process got no answer from the window.
#[derive(Debug)]
enum Unheard {
    /// There is none, or none that listens.
    NoWindow,
    /// It was told, and says nothing.
    NoAnswer,
}

fn ask(data_dir: &DataDir, word: &str, limit: Duration) -> std::result::Result<String, Unheard> {
    let mut stream = with_short_path(&socket(data_dir), |path| UnixStream::connect(path))
        .map_err(|_| Unheard::NoWindow)?;
    let mut say = || {
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        writeln!(stream, "{word}")?;
        let mut answer = String::new();
        BufReader::new((&stream).take(1000)).read_line(&mut answer)?;
        std::io::Result::Ok(answer.trim().to_owned())
    };
    // An empty line is a window that went away.
    say().ok().filter(|answer| !answer.is_empty()).ok_or(Unheard::NoAnswer)
}

/// The right to be the only window of a data directory; given back when the process ends, however it
/// ends.
pub(super) struct Instance {
    listener: UnixListener,
    lock: File,
}

/// The first window, or `None` when another one was brought to the front.
pub(super) fn first(data_dir: &DataDir) -> Result<Option<Instance>> {
    let failed = |error: std::io::Error| {
        CommandError::new(ErrorCode::Io, "the data directory cannot be used")
            .hint(format!("Check its permissions and free space ({}).", error.kind()))
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(data_dir.path()).map_err(failed)?;
    // The lock decides, not the socket file: that one outlives a window that was killed.
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(data_dir.path().join("window.lock"))
        .map_err(failed)?;
    for _ in 0..N_TRIES {
        match lock.try_lock() {
            Ok(()) => {
                let listener = listener(data_dir).map_err(failed)?;
                return Ok(Some(Instance { listener, lock }));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            // The other one may have the lock and not yet its socket, or be about to end.
            Err(TryLockError::WouldBlock) if ask(data_dir, SHOW, TIME_LIMIT).is_ok() => {
                return Ok(None);
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(TRY_PAUSE),
        }
    }
    Err(CommandError::new(ErrorCode::Busy, "the window is open already and does not answer")
        .hint("Close it, or end its process, and try again."))
}

fn listener(data_dir: &DataDir) -> std::io::Result<UnixListener> {
    let path = socket(data_dir);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = with_short_path(&path, |path| UnixListener::bind(path))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// A socket's path may have a hundred characters; a folder may have more. Seen through an open folder
/// the path is always short.
fn with_short_path<T>(
    path: &Path,
    act: impl FnOnce(&Path) -> std::io::Result<T>,
) -> std::io::Result<T> {
    use std::os::fd::AsRawFd as _;
    if path.as_os_str().len() <= MAX_SOCKET_PATH || !cfg!(target_os = "linux") {
        return act(path);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return act(path) };
    let folder = File::open(folder)?;
    act(&PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name))
}

impl Instance {
    /// Answers other processes for as long as the window lives.
    pub(super) fn listen(self, handle: tauri::AppHandle, desk: Desk) {
        let Self { listener, lock } = self;
        let spawned = std::thread::Builder::new().name("instance".to_owned()).spawn(move || {
            // Named here, so that it moves into the thread and is held as long as somebody answers.
            let _held = lock;
            for stream in listener.incoming().flatten() {
                // A caller that goes away in mid-sentence concerns nobody else.
                drop(answer(stream, &handle, &desk));
            }
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread for other processes");
        }
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
    toggle_within(data_dir, TOGGLE_LIMIT)
}

fn toggle_within(data_dir: &DataDir, limit: Duration) -> Result<String> {
    let line = ask(data_dir, TOGGLE, limit).map_err(|unheard| match unheard {
        Unheard::NoWindow => CommandError::not_found("there is no open window")
            .hint("Open it with `insight-journey`, or record here with `insight-journey record`."),
        Unheard::NoAnswer => {
            CommandError::new(ErrorCode::Busy, "the open window does not answer yet")
                .hint("It may still do what it was asked: look at it before you ask again.")
        }
    })?;
    match line.strip_prefix("error ") {
        Some(message) => Err(CommandError::new(ErrorCode::Busy, message)),
        None => Ok(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers one caller as a window would.
    fn answer_once(instance: &Instance) -> String {
        let (stream, _) = instance.listener.accept().unwrap();
        let mut word = String::new();
        BufReader::new(&stream).read_line(&mut word).unwrap();
        writeln!(&stream, "shown").unwrap();
        word.trim().to_owned()
    }

    #[test]
    fn a_window_that_takes_its_time_is_no_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::new(folder.path().to_owned());
        let none = toggle_within(&data_dir, TIME_LIMIT).unwrap_err();
        assert_eq!(none.code, ErrorCode::NotFound);

        let instance = first(&data_dir).unwrap().unwrap();
        // Connected, and never answered.
        let busy = toggle_within(&data_dir, Duration::from_millis(20)).unwrap_err();
        assert_eq!(busy.code, ErrorCode::Busy);
        assert!(busy.hint.is_some_and(|hint| !hint.contains("record here")));
        drop(instance.listener.accept().unwrap());

        std::thread::scope(|scope| {
            let asks = scope.spawn(|| toggle(&data_dir));
            let (stream, _) = instance.listener.accept().unwrap();
            let mut word = String::new();
            BufReader::new(&stream).read_line(&mut word).unwrap();
            assert_eq!(word.trim(), TOGGLE);
            assert!(!asks.is_finished(), "it waits");
            writeln!(&stream, "recording").unwrap();
            assert_eq!(asks.join().unwrap().unwrap(), "recording");
        });
    }

    #[test]
    fn of_many_windows_started_at_once_one_opens_and_is_brought_to_the_front_by_the_others() {
        let folder = tempfile::tempdir().unwrap();
        for data_dir in [folder.path().join("data"), folder.path().join("d".repeat(150))] {
            let data_dir = DataDir::new(data_dir);
            // A window that was killed leaves its socket file.
            fs::create_dir(data_dir.path()).unwrap();
            fs::write(socket(&data_dir), b"").unwrap();
            let n_first = std::thread::scope(|scope| {
                let all: Vec<_> = (0..8)
                    .map(|_| {
                        scope.spawn(|| {
                            let instance = first(&data_dir).unwrap();
                            if let Some(instance) = &instance {
                                assert!((0..7).all(|_| answer_once(instance) == SHOW));
                            }
                            instance.is_some()
                        })
                    })
                    .collect();
                all.into_iter().map(|it| it.join().unwrap()).filter(|it| *it).count()
            });
            assert_eq!(n_first, 1);
            let mode = fs::metadata(socket(&data_dir)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            // It is over, so the next one is the first again.
            assert!(first(&data_dir).unwrap().is_some());
        }
    }
}
