//! What goes on while a vault is open in the window: files are taken in, jobs are run, and a window
//! that nobody uses is locked.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    open_vault::OpenVault,
};
use journey_domain::{
    job::JobKind,
    ports::{Event, LockReason},
};
use journey_vault::Lease;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::RecvTimeoutError,
    },
    thread::Scope,
    time::Duration,
};

/// How often a thread with nothing to do looks again.
const LOOK_PAUSE: Duration = Duration::from_millis(150);

/// How long to leave a vault alone whose jobs cannot be asked for.
const TROUBLE_PAUSE: Duration = Duration::from_secs(2);

/// Most analyses that wait for a server at once.
const MOST_WAITING: usize = 4;

impl App {
    /// Works on whatever waits in the open vault until it is closed. Does nothing when that is
    /// under way already, or no vault is open.
    pub fn work_in_background(&self) {
        let Some(open) = self.slot().clone() else { return };
        self.touch(&open);
        if !open.begin_background() {
            return;
        }
        self.resume_downloads(&open);
        self.resume_imports(&open);
        let (app, watched) = (self.clone(), Arc::clone(&open));
        let spawned = std::thread::Builder::new()
            .name("background".to_owned())
            .spawn(move || app.work_until_closed(&open));
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread for background work");
        }
        self.settle_in_background(&watched);
        // Apart from the work: a window is left alone just as well while a long job runs.
        let (app, open) = (self.clone(), Arc::downgrade(&watched));
        let spawned = std::thread::Builder::new().name("idle-lock".to_owned()).spawn(move || {
            while let Some(open) = open.upgrade().filter(|open| !open.closing().is_cancelled()) {
                app.lock_if_idle(&open);
                drop(open);
                std::thread::sleep(LOOK_PAUSE);
            }
        });
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread for the idle lock");
            self.close(LockReason::Idle);
        }
    }

    /// Brings to its end what the vault could not take at once: what was left when it was opened, and
    /// what is left from now on.
    fn settle_in_background(&self, open: &Arc<OpenVault>) {
        let Some(signals) = open.settling() else { return };
        let (app, open) = (self.clone(), Arc::downgrade(open));
        let settle = move || {
            while let Some(open) = open.upgrade().filter(|open| !open.closing().is_cancelled()) {
                let settled = app.settle(&open);
                drop(open);
                let next = if settled {
                    signals.recv().map_err(|_| RecvTimeoutError::Disconnected)
                } else {
                    signals.recv_timeout(TROUBLE_PAUSE)
                };
                if next == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("settling".to_owned()).spawn(settle) {
            tracing::error!(%error, "no thread to settle what is left");
        }
    }

    /// Puts the idle lock off.
    pub fn note_use(&self, me: &Unlocked) {
        self.touch(&me.open);
    }

    fn touch(&self, open: &OpenVault) {
        open.touch(self.ports().clock.monotonic());
    }

    fn work_until_closed(&self, open: &Arc<OpenVault>) {
        let mut lease = None;
        let waiting = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            while !open.closing().is_cancelled() {
                if let Some(lease) = &lease {
                    self.wait_for_servers(scope, open, lease, &waiting);
                }
                let worked = self.import_next(open) || self.work_once(open, &mut lease);
                if !worked && !self.weave_next(open) {
                    std::thread::sleep(LOOK_PAUSE);
                }
            }
        });
    }

    /// Where analyses only wait for a server, several wait at once beside this computer's own work.
    fn wait_for_servers<'s, 'e: 's>(
        &'e self,
        scope: &'s Scope<'s, 'e>,
        open: &'e OpenVault,
        lease: &Arc<Lease>,
        waiting: &'e AtomicUsize,
    ) {
        if !self.analyses_elsewhere(open) {
            return;
        }
        let now = self.ports().clock.now();
        let due = open.vault.read(|read| read.jobs().n_due(JobKind::Analyse, now)).unwrap_or(0);
        for _ in 0..due {
            if waiting.load(Ordering::Acquire) >= MOST_WAITING {
                break;
            }
            waiting.fetch_add(1, Ordering::AcqRel);
            let lease = Arc::clone(lease);
            scope.spawn(move || {
                let kinds = [JobKind::Analyse];
                while !open.closing().is_cancelled() {
                    match self.run_next_job(open, &lease, &kinds) {
                        Ok(true) => {}
                        Ok(false) => break,
                        Err(error) => {
                            tracing::warn!(code = ?error.code, "an analysis cannot be asked for");
                            break;
                        }
                    }
                }
                waiting.fetch_sub(1, Ordering::AcqRel);
            });
        }
    }

    /// One job; `false` when there was none or it could not be asked for.
    fn work_once(&self, open: &OpenVault, lease: &mut Option<Arc<Lease>>) -> bool {
        match self.try_work(open, lease) {
            Ok(worked) => worked,
            Err(error) => {
                tracing::warn!(code = ?error.code, "the jobs cannot be asked for");
                std::thread::sleep(TROUBLE_PAUSE);
                false
            }
        }
    }

    /// The threads of a few sessions that have none yet; `false` when there were none.
    fn weave_next(&self, open: &OpenVault) -> bool {
        match self.weave_some(open) {
            Ok(wove) => {
                if wove {
                    self.ports().events.emit(Event::ThreadsChanged);
                }
                wove
            }
            Err(error) => {
                tracing::warn!(code = ?error.code, "the threads cannot be made");
                std::thread::sleep(TROUBLE_PAUSE);
                false
            }
        }
    }

    fn try_work(&self, open: &OpenVault, lease: &mut Option<Arc<Lease>>) -> Result<bool> {
        if lease.is_none() {
            // Another process may work on this vault: then it does what the window orders, too.
            let Some(taken) = open.vault.try_lease()? else { return Ok(false) };
            open.vault.write(|write| {
                write.jobs().requeue_interrupted(&taken).map_err(CommandError::from)
            })?;
            *lease = Some(Arc::new(taken));
        }
        // Analyses that wait for a server are taken by others, so that speech need not wait for them.
        let kinds: &[JobKind] = if self.analyses_elsewhere(open) {
            &[JobKind::Transcribe]
        } else {
            &[JobKind::Transcribe, JobKind::Analyse]
        };
        lease.as_ref().map_or(Ok(false), |lease| self.run_next_job(open, lease, kinds))
    }

    fn lock_if_idle(&self, open: &OpenVault) {
        let minutes = self.number(open, "idle_lock_minutes").unwrap_or_default();
        let idle = self.ports().clock.monotonic().saturating_sub(open.last_use());
        if minutes > 0
            && idle >= Duration::from_secs(60 * minutes)
            && open.running().is_none()
            && !open.player().sounds()
        {
            tracing::info!("locked after a while without use");
            self.close(LockReason::Idle);
        }
    }
}
