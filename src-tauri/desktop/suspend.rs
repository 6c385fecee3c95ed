//! Locks before the computer sleeps. Where the login manager tells (logind), it is asked to wait for
//! the lock; where nobody tells, the lock comes right after waking, seen by the clocks.

use dbus::{arg::OwnedFd, blocking::Connection, message::MatchRule};
use journey_domain::ports::Clock;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const LOGIND: &str = "org.freedesktop.login1";
const LOGIND_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// How often the clocks are compared.
const TICK: Duration = Duration::from_secs(2);

/// How long the login manager may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Less than this between the clocks is no sleep.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

/// Calls `lock` whenever the computer goes to sleep or has slept, for as long as the process lives.
pub(super) fn watch(clock: impl Clock + 'static, lock: impl Fn() + Send + Sync + 'static) {
    let spawned = std::thread::Builder::new().name("suspend".to_owned()).spawn(move || {
        let bus = Connection::new_system()
            .inspect_err(|error| tracing::info!(%error, "no login manager tells of sleep"))
            .ok();
        let asleep = || clock.asleep().unwrap_or_default();
        watch_on(bus, asleep, &Arc::new(lock), &AtomicBool::new(false));
    });
    if let Err(error) = spawned {
        tracing::warn!(%error, "no thread to watch for sleep");
    }
}

/// The loop, until `ended` is set.
fn watch_on(
    mut bus: Option<Connection>,
    asleep: impl Fn() -> Duration,
    lock: &Arc<impl Fn() + Send + Sync + 'static>,
    ended: &AtomicBool,
) {
    // What the signal said last: `true` before sleep, `false` after.
    let told = Arc::new(AtomicBool::new(false));
    let going = Arc::new(AtomicBool::new(false));
    if let Some(connection) = &bus
        && let Err(error) = listen(connection, &told, &going)
    {
        tracing::info!(%error, "the login manager does not tell of sleep");
        bus = None;
    }
    let mut delay = bus.as_ref().and_then(ask_to_wait);
    let mut slept = asleep();
    while !ended.load(Ordering::Acquire) {
        match &bus {
            Some(connection) => {
                if let Err(error) = connection.process(TICK) {
                    tracing::info!(%error, "the login manager is gone");
                    bus = None;
                }
            }
            None => std::thread::sleep(TICK),
        }
        if told.swap(false, Ordering::AcqRel) {
            if going.load(Ordering::Acquire) {
                lock();
                // Letting go of it lets the computer sleep.
                delay = None;
            } else {
                delay = bus.as_ref().and_then(ask_to_wait);
            }
        }
        let now = asleep();
        if now.saturating_sub(slept) >= SHORTEST_SLEEP {
            slept = now;
            lock();
        }
    }
    drop(delay);
}

fn listen(
    connection: &Connection,
    told: &Arc<AtomicBool>,
    going: &Arc<AtomicBool>,
) -> Result<(), dbus::Error> {
    let rule = MatchRule::new_signal(MANAGER, "PrepareForSleep").with_sender(LOGIND);
    let (told, going) = (Arc::clone(told), Arc::clone(going));
    connection.add_match(rule, move |(is_going,): (bool,), _, _| {
        going.store(is_going, Ordering::Release);
        told.store(true, Ordering::Release);
        true
    })?;
    Ok(())
}

/// Held while the computer may not sleep yet; `None` where nobody grants it.
fn ask_to_wait(connection: &Connection) -> Option<OwnedFd> {
    let manager = connection.with_proxy(LOGIND, LOGIND_PATH, ANSWER);
    let what = ("sleep", "Insight Journey", "Seals a recording and locks the vault", "delay");
    let granted: Result<(OwnedFd,), _> = manager.method_call(MANAGER, "Inhibit", what);
    granted
        .inspect_err(|error| tracing::info!(%error, "sleep does not wait for the lock"))
        .map(|(delay,)| delay)
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbus::{
        Message,
        channel::{Channel, Sender as _},
    };
    use std::{
        io::{BufRead as _, BufReader},
        process::{Child, Command, Stdio},
        sync::{Mutex, mpsc},
    };

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A message bus of the test's own.
    struct Bus {
        daemon: Child,
        address: String,
    }

    impl Bus {
        fn start() -> Self {
            let mut daemon = Command::new("dbus-daemon")
                .args(["--session", "--nofork", "--print-address"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let mut address = String::new();
            BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
            Self { daemon, address: address.trim().to_owned() }
        }

        fn connect(&self) -> Connection {
            let mut channel = Channel::open_private(&self.address).unwrap();
            channel.register().unwrap();
            Connection::from(channel)
        }
    }

    impl Drop for Bus {
        fn drop(&mut self) {
            self.daemon.kill().ok();
            self.daemon.wait().ok();
        }
    }

    fn counting() -> (Arc<impl Fn() + Send + Sync + 'static>, mpsc::Receiver<()>) {
        let (tell, told) = mpsc::channel();
        let tell = Mutex::new(tell);
        (Arc::new(move || tell.lock().unwrap().send(()).unwrap()), told)
    }

    #[test]
    fn the_login_manager_is_asked_to_wait_and_its_signal_locks() {
        let bus = Bus::start();
        let manager = bus.connect();
        manager.request_name(LOGIND, false, true, false).unwrap();
        let (lock, locked) = counting();
        let ended = Arc::new(AtomicBool::new(false));
        let (connection, over) = (bus.connect(), Arc::clone(&ended));
        let watching = std::thread::spawn(move || {
            watch_on(Some(connection), || Duration::ZERO, &lock, &over);
        });
        // The first call that comes is the wish to be waited for.
        let (asked, was_asked) = mpsc::channel();
        let receive = dbus::channel::MatchingReceiver::start_receive(
            &manager,
            MatchRule::new_method_call(),
            Box::new(move |message: Message, connection: &Connection| {
                let words: (String, String, String, String) = message.read4().unwrap();
                let refused = message
                    .error(&"org.freedesktop.DBus.Error.AccessDenied".into(), c"not in a test");
                connection.send(refused).unwrap();
                asked.send((message.member().unwrap().to_string(), words.0, words.3)).unwrap();
                true
            }),
        );
        let wish = loop {
            manager.process(Duration::from_millis(50)).unwrap();
            if let Ok(wish) = was_asked.try_recv() {
                break wish;
            }
        };
        assert_eq!(wish, ("Inhibit".to_owned(), "sleep".to_owned(), "delay".to_owned()));
        let signal = Message::new_signal(LOGIND_PATH, MANAGER, "PrepareForSleep").unwrap();
        manager.send(signal.append1(true)).unwrap();
        manager.channel().flush();
        locked.recv_timeout(PATIENCE).unwrap();
        ended.store(true, Ordering::Release);
        drop((receive, bus));
        watching.join().unwrap();
    }

    #[test]
    fn where_nobody_tells_of_sleep_the_clocks_do() {
        let (lock, locked) = counting();
        let (ended, n_asked) = (Arc::new(AtomicBool::new(false)), Mutex::new(0_u64));
        let over = Arc::clone(&ended);
        let watching = std::thread::spawn(move || {
            // Awake at first; ten minutes asleep from the second look on.
            let asleep = || {
                let mut n = n_asked.lock().unwrap();
                *n += 1;
                Duration::from_secs(if *n < 2 { 0 } else { 600 })
            };
            watch_on(None, asleep, &lock, &over);
        });
        locked.recv_timeout(PATIENCE).unwrap();
        ended.store(true, Ordering::Release);
        watching.join().unwrap();
        assert!(locked.try_recv().is_err(), "one sleep locks once");
    }
}
