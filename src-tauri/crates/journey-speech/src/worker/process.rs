//! The program's end of a worker process.

use super::{
    WorkerCommand, WorkerMode,
    protocol::{FromWorker, ToWorker, read_frame, write_frame},
};
use command_fds::{CommandFdExt, FdMapping};
use std::{
    fs::File,
    io,
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender},
    thread,
    time::Duration,
};

/// The descriptor under which a worker finds its input.
pub(super) const INPUT_FD: i32 = 3;

/// How often a waiting program looks whether it was cancelled.
pub(crate) const POLL: Duration = Duration::from_millis(50);

/// Messages that may wait unread; then the worker waits.
const MAX_UNREAD: usize = 16;

/// A running worker. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    child: Child,
    to: Sender<Vec<u8>>,
    from: Receiver<(FromWorker, Vec<u8>)>,
    watch: Watch,
}

/// Counts how long a worker got nothing done.
#[derive(Debug)]
struct Watch {
    limit: Duration,
    stalled: Duration,
    ticks: Option<u64>,
}

/// For the recogniser. Every piece takes some 200 MB of buffers anew, whose pages the kernel clears
/// first: 2 % of all processor time with glibc's defaults. So what was freed is kept in one heap until
/// the process ends, but for buffers over 32 MB: most of their pages are never touched, and kept they
/// would take 60 MB more. (Large pages cost more than they spare where memory is fragmented: the kernel
/// moves others about to make one, 1 to 2 s in 33 of recognition.) Another C library passes over what
/// it does not know.
const MEMORY_SETTINGS: &str = "glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=33554432:\
                               glibc.malloc.trim_threshold=1099511627776";

/// What waiting for a worker gives.
#[derive(Debug)]
pub(crate) enum Waited {
    Message(FromWorker, Vec<u8>),
    /// Nothing yet.
    Nothing,
    /// Nothing got done for the limit.
    Stalled,
    /// The worker is gone.
    Gone,
}

impl WorkerProcess {
    /// Starts a worker with `input` as its one file. It is given up as hung after `stall_limit`
    /// without progress.
    pub(crate) fn start(
        command: &WorkerCommand,
        mode: &WorkerMode,
        memory_limit: u64,
        input: &File,
        stall_limit: Duration,
    ) -> io::Result<Self> {
        let mut start = Command::new(&command.program);
        start
            .args(&command.args)
            .args(mode.to_args())
            .arg(memory_limit.to_string())
            .env_clear()
            .envs((*mode == WorkerMode::Transcribe).then_some(("GLIBC_TUNABLES", MEMORY_SETTINGS)))
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        start
            .fd_mappings(vec![FdMapping {
                parent_fd: input.try_clone()?.into(),
                child_fd: INPUT_FD,
            }])
            .map_err(io::Error::other)?;
        let mut child = start.spawn()?;
        // The command holds a copy of the input's descriptor until it is dropped.
        drop(start);
        let (Some(mut stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (to, outgoing) = mpsc::channel::<Vec<u8>>();
        // A stopped worker does not read: writing must not block whoever waits for it.
        thread::spawn(move || {
            for frame in outgoing {
                if io::Write::write_all(&mut stdin, &frame).is_err() {
                    break;
                }
            }
        });
        let (incoming, from): (SyncSender<(FromWorker, Vec<u8>)>, _) =
            mpsc::sync_channel(MAX_UNREAD);
        thread::spawn(move || {
            while let Ok(Some(frame)) = read_frame(&mut stdout) {
                if incoming.send(frame).is_err() {
                    break;
                }
            }
        });
        let watch = Watch { limit: stall_limit, stalled: Duration::ZERO, ticks: None };
        Ok(Self { child, to, from, watch })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Hands a message to the worker; a dead one is noticed when waiting.
    pub(crate) fn send(&self, message: &ToWorker, payload: &[u8]) -> io::Result<()> {
        let mut frame = Vec::with_capacity(payload.len() + 256);
        write_frame(&mut frame, message, payload)?;
        let _gone = self.to.send(frame);
        Ok(())
    }

    /// Waits a moment for a message.
    pub(crate) fn wait(&mut self) -> Waited {
        match self.from.recv_timeout(POLL) {
            Ok((FromWorker::Alive { ticks }, _)) => {
                if self.watch.ticks != Some(ticks) {
                    self.watch.ticks = Some(ticks);
                    self.watch.stalled = Duration::ZERO;
                }
                Waited::Nothing
            }
            Ok((message, payload)) => {
                self.watch.stalled = Duration::ZERO;
                Waited::Message(message, payload)
            }
            Err(RecvTimeoutError::Timeout) => {
                self.watch.stalled += POLL;
                if self.watch.stalled >= self.watch.limit {
                    Waited::Stalled
                } else {
                    Waited::Nothing
                }
            }
            Err(RecvTimeoutError::Disconnected) => Waited::Gone,
        }
    }

    /// Starts counting idle time anew, for a new job.
    pub(crate) fn begin_job(&mut self) {
        self.watch.stalled = Duration::ZERO;
        self.watch.ticks = None;
    }

    /// Whether it is gone.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The signal that ended a worker that is gone.
    pub(crate) fn signal(&mut self) -> Option<i32> {
        // Its output is closed, so it is ending; a worker that only closed its output is ended.
        for _ in 0..100 {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.signal(),
                Ok(None) => thread::sleep(POLL),
                Err(_) => return None,
            }
        }
        None
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}
