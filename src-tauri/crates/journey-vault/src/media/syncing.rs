//! Making a file survive a power cut while it goes on being written: a slow disk holds up no append.

use super::storage::Storage;
use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// A disk that takes longer for one sync hangs.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A thread that syncs a file each time it is asked to.
pub(super) struct Syncing {
    storage: Arc<dyn Storage>,
    patience: Duration,
    wanted: SyncSender<()>,
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    has_failed: bool,
}

#[derive(Default)]
struct Shared(Mutex<State>);

#[derive(Default)]
struct State {
    /// The end of the file, in bytes, when it was last asked.
    wanted: u64,
    /// Up to here it survives a power cut.
    synced: u64,
    /// When the sync that is under way began.
    began: Option<Instant>,
    /// What a sync failed with, until somebody is told.
    failure: Option<io::Error>,
    ends: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Syncing {
    /// Starts the thread. It ends once this is gone and no sync is under way any more.
    pub(super) fn start(storage: Arc<dyn Storage>, patience: Duration) -> io::Result<Self> {
        // Whatever waits here begins after all that is written by now: more than one has no use.
        let (wanted, asked) = sync_channel(1);
        let shared = Arc::<Shared>::default();
        let (of_thread, disk) = (Arc::clone(&shared), Arc::clone(&storage));
        let sync = move || sync_when_asked(&*disk, &asked, &of_thread);
        let thread = thread::Builder::new().name("media-sync".to_owned()).spawn(sync)?;
        Ok(Self { storage, patience, wanted, shared, thread, has_failed: false })
    }

    /// Whether the file up to `end` survives a power cut by now. Where it does not, that is asked for,
    /// and waited for only after a failure: what failed is not said to work before it does.
    ///
    /// # Errors
    /// What an earlier sync failed with, or that one hangs; nothing is asked for then.
    pub(super) fn ask(&mut self, end: u64) -> io::Result<bool> {
        let mut state = self.shared.lock();
        if let Some(error) = state.failure.take() {
            self.has_failed = true;
            return Err(error);
        }
        if state.began.is_some_and(|it| it.elapsed() >= self.patience) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if state.synced >= end {
            return Ok(true);
        }
        let is_asked_for = state.wanted >= end;
        state.wanted = end;
        drop(state);
        if self.has_failed {
            self.storage.sync_data()?;
            self.has_failed = false;
            self.shared.lock().synced = end;
            return Ok(true);
        }
        if !is_asked_for {
            // Where one waits already it will do; the thread ends with this alone.
            self.wanted.try_send(()).ok();
        }
        Ok(false)
    }

    /// Waits until nothing is being synced any more, and lets go what waits.
    ///
    /// # Errors
    /// What one of them failed with.
    pub(super) fn end(self) -> io::Result<()> {
        self.shared.lock().ends = true;
        drop(self.wanted);
        if self.thread.join().is_err() {
            return Err(io::ErrorKind::Other.into());
        }
        self.shared.lock().failure.take().map_or(Ok(()), Err)
    }
}

fn sync_when_asked(storage: &dyn Storage, asked: &Receiver<()>, shared: &Shared) {
    for () in asked {
        let mut state = shared.lock();
        if state.ends {
            return;
        }
        let wanted = state.wanted;
        state.began = Some(Instant::now());
        drop(state);
        let synced = storage.sync_data();
        let mut state = shared.lock();
        state.began = None;
        match synced {
            Ok(()) => state.synced = state.synced.max(wanted),
            Err(error) => state.failure = Some(error),
        }
    }
}
