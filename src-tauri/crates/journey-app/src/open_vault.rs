//! A vault while it is open: whose it is, what runs on it.

use crate::{
    pipeline::transcribe::Recogniser,
    record::{Running, Unsettled},
};
use journey_analysis::provider::Turns;
use journey_domain::{
    account::Account,
    ids::{JobId, SessionId},
    job::JobEvent,
    ports::CancelToken,
};
use journey_vault::{Vault, VaultKeys};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    time::Duration,
};

/// One person's open vault.
pub(crate) struct OpenVault {
    /// Whose.
    pub(crate) account: Account,
    /// The store itself; closed and wiped when the last user of this lets go.
    pub(crate) vault: Arc<Vault>,
    /// What opens its slots and its backup; wiped with this.
    pub(crate) keys: VaultKeys,
    tokens: Mutex<HashMap<JobId, CancelToken>>,
    unnoted: Mutex<Vec<(JobId, JobEvent)>>,
    turns: Arc<Turns>,
    imports: crate::window::Imports,
    recording: Mutex<Option<Running>>,
    starting: AtomicBool,
    last_words: Mutex<HashSet<SessionId>>,
    unsettled: Mutex<Vec<Unsettled>>,
    settle: Sender<()>,
    settling: Mutex<Option<Receiver<()>>>,
    recogniser: Mutex<Option<Recogniser>>,
    noted: Arc<Mutex<crate::window::Noted>>,
    microphone_test: Mutex<Option<CancelToken>>,
    player: crate::window::Player,
    works: AtomicBool,
    last_use: Mutex<Duration>,
    closing: CancelToken,
}

/// The right to begin a recording.
pub(crate) struct Starting<'o>(&'o AtomicBool);

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl OpenVault {
    pub(crate) fn new(account: Account, vault: Vault, keys: VaultKeys) -> Self {
        let (settle, settling) = mpsc::channel();
        Self {
            account,
            vault: Arc::new(vault),
            keys,
            tokens: Mutex::default(),
            unnoted: Mutex::default(),
            turns: Arc::default(),
            imports: crate::window::Imports::default(),
            recording: Mutex::default(),
            starting: AtomicBool::new(false),
            last_words: Mutex::default(),
            unsettled: Mutex::default(),
            settle,
            settling: Mutex::new(Some(settling)),
            recogniser: Mutex::default(),
            noted: Arc::default(),
            microphone_test: Mutex::default(),
            player: crate::window::Player::default(),
            works: AtomicBool::new(false),
            last_use: Mutex::default(),
            closing: CancelToken::new(),
        }
    }

    /// The token of a job that is about to run here; cancelled when the vault is being closed.
    pub(crate) fn token_of(&self, job: JobId) -> CancelToken {
        let token = lock(&self.tokens).entry(job).or_default().clone();
        // Closing is said before the tokens are gone through: this one is either among them or sees it.
        if self.closing.is_cancelled() {
            token.cancel();
        }
        token
    }

    /// Asks a job to stop; `false` where it does not run in this process.
    pub(crate) fn cancel_here(&self, job: JobId) -> bool {
        lock(&self.tokens).get(&job).inspect(|token| token.cancel()).is_some()
    }

    pub(crate) fn forget_token(&self, job: JobId) {
        lock(&self.tokens).remove(&job);
    }

    /// Keeps what happened to a job until the vault can be written again.
    pub(crate) fn note_later(&self, job: JobId, event: JobEvent) {
        lock(&self.unnoted).push((job, event));
    }

    /// What [`note_later`](Self::note_later) kept; it is the caller's from here on.
    pub(crate) fn take_unnoted(&self) -> Vec<(JobId, JobEvent)> {
        std::mem::take(&mut *lock(&self.unnoted))
    }

    /// Asks the running jobs of a session to stop.
    pub(crate) fn cancel_jobs_of(&self, session: SessionId) {
        let jobs = self.vault.read(|read| read.jobs().of_session(session)).unwrap_or_default();
        let tokens = lock(&self.tokens);
        for job in jobs {
            if let Some(token) = tokens.get(&job.id) {
                token.cancel();
            }
        }
    }

    /// Whose turn it is to ask a provider.
    pub(crate) const fn turns(&self) -> &Arc<Turns> {
        &self.turns
    }

    /// Transcribes with this from now on, whatever the settings say.
    pub(crate) fn recognise_with(&self, recogniser: Recogniser) {
        *lock(&self.recogniser) = Some(recogniser);
    }

    /// What [`recognise_with`](Self::recognise_with) chose.
    pub(crate) fn chosen_recogniser(&self) -> Option<Recogniser> {
        lock(&self.recogniser).clone()
    }

    /// The recording that is under way. Held for moments only: the meter, a stop and a lock wait for it.
    pub(crate) fn running(&self) -> MutexGuard<'_, Option<Running>> {
        lock(&self.recording)
    }

    /// The right to begin a recording, until it is dropped; `None` while one begins or is under way.
    pub(crate) fn begin_recording(&self) -> Option<Starting<'_>> {
        if self.starting.swap(true, Ordering::AcqRel) {
            return None;
        }
        // From here on it is this one's to give back.
        let starting = Starting(&self.starting);
        self.running().is_none().then_some(starting)
    }

    /// Whether a recording is under way or begins.
    pub(crate) fn records(&self) -> bool {
        self.starting.load(Ordering::Acquire) || self.running().is_some()
    }

    pub(crate) fn is_recording(&self, session: SessionId) -> bool {
        self.running().as_ref().is_some_and(|running| running.session() == session)
    }

    /// Notes whether the last words of a recording that is over are still being understood.
    pub(crate) fn hears_out(&self, session: SessionId, goes_on: bool) {
        let mut sessions = lock(&self.last_words);
        if goes_on {
            sessions.insert(session);
        } else {
            sessions.remove(&session);
        }
    }

    pub(crate) fn is_heard_out(&self, session: SessionId) -> bool {
        !lock(&self.last_words).contains(&session)
    }

    /// What the vault could not take yet.
    pub(crate) fn unsettled(&self) -> MutexGuard<'_, Vec<Unsettled>> {
        lock(&self.unsettled)
    }

    /// Has what could not be written now tried again soon, where anybody works in the background.
    pub(crate) fn settle_soon(&self) {
        // The receiver lives as long as this, or as long as whoever took it.
        self.settle.send(()).ok();
    }

    /// Where [`settle_soon`](Self::settle_soon) is heard; for the first who asks.
    pub(crate) fn settling(&self) -> Option<Receiver<()>> {
        lock(&self.settling).take()
    }

    /// The files that wait to be taken in.
    pub(crate) const fn imports(&self) -> &crate::window::Imports {
        &self.imports
    }

    /// Set when the vault is being closed: background work stops at the next chance.
    pub(crate) const fn closing(&self) -> &CancelToken {
        &self.closing
    }

    /// Asks background work to stop, running jobs too.
    pub(crate) fn begin_closing(&self) {
        self.closing.cancel();
        self.player.stop();
        lock(&self.microphone_test).take().iter().for_each(CancelToken::cancel);
        lock(&self.tokens).values().for_each(CancelToken::cancel);
    }

    /// Whether the caller is the first to work in the background.
    pub(crate) fn begin_background(&self) -> bool {
        !self.works.swap(true, Ordering::AcqRel)
    }

    /// What the recording told last.
    pub(crate) const fn noted(&self) -> &Arc<Mutex<crate::window::Noted>> {
        &self.noted
    }

    /// What is being played.
    pub(crate) const fn player(&self) -> &crate::window::Player {
        &self.player
    }

    /// Ends the microphone test that is under way; the next is ended by `stop`.
    pub(crate) fn microphone_test(&self, stop: Option<CancelToken>) {
        let before = std::mem::replace(&mut *lock(&self.microphone_test), stop);
        before.iter().for_each(CancelToken::cancel);
    }

    /// The person did something, at this monotonic time.
    pub(crate) fn touch(&self, now: Duration) {
        *lock(&self.last_use) = now;
    }

    /// When the person last did something, monotonic.
    pub(crate) fn last_use(&self) -> Duration {
        *lock(&self.last_use)
    }
}
