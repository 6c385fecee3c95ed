//! Making a file survive a power cut while it goes on being written: a slow disk holds up no append.

use super::storage::Storage;
use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

/// A thread that syncs a file each time it is asked to.
pub(super) struct Syncing {
    wanted: SyncSender<()>,
    failure: Arc<Failure>,
    thread: JoinHandle<()>,
}

/// What a sync failed with, until somebody is told.
#[derive(Default)]
struct Failure(Mutex<Option<io::Error>>);

impl Failure {
    fn slot(&self) -> MutexGuard<'_, Option<io::Error>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) -> io::Result<()> {
        self.slot().take().map_or(Ok(()), Err)
    }
}

impl Syncing {
    /// Starts the thread; it ends with this.
    pub(super) fn start(storage: Arc<dyn Storage>) -> io::Result<Self> {
        // Whatever waits here begins after all that is written by now: more than one has no use.
        let (wanted, asked) = sync_channel(1);
        let failure = Arc::<Failure>::default();
        let failed = Arc::clone(&failure);
        let sync = move || sync_when_asked(&*storage, &asked, &failed);
        let thread = thread::Builder::new().name("media-sync".to_owned()).spawn(sync)?;
        Ok(Self { wanted, failure, thread })
    }

    /// Asks for a sync of what is written by now, and waits for none.
    ///
    /// # Errors
    /// What an earlier one failed with; nothing is asked for then.
    pub(super) fn ask(&self) -> io::Result<()> {
        self.failure.tell()?;
        // Where one waits already it will do; the thread ends with this alone.
        self.wanted.try_send(()).ok();
        Ok(())
    }

    /// Waits until nothing is being synced any more.
    ///
    /// # Errors
    /// What one of them failed with.
    pub(super) fn end(self) -> io::Result<()> {
        drop(self.wanted);
        if self.thread.join().is_err() {
            return Err(io::ErrorKind::Other.into());
        }
        self.failure.tell()
    }
}

fn sync_when_asked(storage: &dyn Storage, asked: &Receiver<()>, failed: &Failure) {
    for () in asked {
        if let Err(error) = storage.sync_data() {
            *failed.slot() = Some(error);
        }
    }
}
