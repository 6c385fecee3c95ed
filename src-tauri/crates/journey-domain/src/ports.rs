//! The seams through which clock, randomness, secrets, disk and network come in.

use crate::{
    ids::LedgerId,
    job::{Job, Progress},
    ledger::{OutgoingRequest, RequestOutcome},
    timeline::Mark,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// Wall and monotonic time.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// Time since an arbitrary fixed moment; never runs backwards.
    fn monotonic(&self) -> Duration;
    /// How long the computer has slept since a fixed moment; `None` where the system does not tell, so that
    /// only a jump of [`Clock::now`] shows it.
    fn asleep(&self) -> Option<Duration> {
        None
    }
    /// The person's zone.
    fn time_zone(&self) -> TimeZone;
}

/// Fresh identifiers.
pub trait Ids: Send + Sync {
    /// A UUID v7.
    fn next(&self) -> Uuid;
}

/// Cryptographic randomness.
pub trait Random: Send + Sync {
    /// Fills `buffer`.
    fn fill(&self, buffer: &mut [u8]);
}

/// Why the operating system's keychain gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretStoreError {
    /// There is none on this computer.
    #[error("there is no keychain on this computer")]
    Absent,
    /// It is locked, or the person refused.
    #[error("the keychain is locked or refused access")]
    Denied,
    /// It did not answer in time.
    #[error("the keychain did not answer in time")]
    TimedOut,
    /// It failed in another way.
    #[error("the keychain failed")]
    Failed,
}

/// The operating system's keychain: a convenience whose loss costs a password prompt, never data.
pub trait SecretStore: Send + Sync {
    /// The secret under `name`, or `None` where there is none.
    ///
    /// # Errors
    /// [`SecretStoreError`] when the keychain cannot be asked.
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, SecretStoreError>;
    /// Stores a secret, replacing an older one.
    ///
    /// # Errors
    /// [`SecretStoreError`] when the keychain cannot be asked.
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), SecretStoreError>;
    /// Forgets a secret; fine when there is none.
    ///
    /// # Errors
    /// [`SecretStoreError`] when the keychain cannot be asked.
    fn delete(&self, name: &str) -> Result<(), SecretStoreError>;
    /// What kind of keychain it is, for `doctor`.
    fn describe(&self) -> &'static str;
}

/// Why captured sound could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// Another failure of the disk.
    #[error("writing the recording failed")]
    Io(#[source] std::io::Error),
    /// Sealing failed.
    #[error("sealing the recording failed")]
    Seal,
}

/// Where captured sound goes while it is being spoken: sealed, append-only.
pub trait SegmentSink: Send {
    /// Appends 16 kHz mono samples. They survive a kill of the program once this returns.
    ///
    /// # Errors
    /// [`SinkError`]; what was appended before stays readable.
    fn append(&mut self, samples: &[i16]) -> Result<(), SinkError>;
    /// Records a pause or loss at the present end.
    ///
    /// # Errors
    /// [`SinkError`]; what was appended before stays readable.
    fn mark(&mut self, mark: &Mark) -> Result<(), SinkError>;
    /// Whether everything appended survives a power cut by now. Where it does not, that is begun, and the
    /// disk need not be waited for: ask again.
    ///
    /// # Errors
    /// [`SinkError`], also of what was begun before; nothing is begun then.
    fn sync(&mut self) -> Result<bool, SinkError>;
    /// Seals the recording with its last chunk and syncs it.
    ///
    /// # Errors
    /// [`SinkError`]; the recording can still be recovered.
    fn finish(&mut self) -> Result<(), SinkError>;
}

/// Why the ledger could not be written; nothing may be sent then.
#[derive(Debug, thiserror::Error)]
#[error("the ledger could not be written, so nothing was sent")]
pub struct LedgerError;

/// The record of every request that leaves the machine.
pub trait Ledger: Send + Sync {
    /// Makes the row durable. To be called before the first byte is sent.
    ///
    /// # Errors
    /// [`LedgerError`]: the request must not be sent.
    fn about_to_send(&self, request: &OutgoingRequest) -> Result<LedgerId, LedgerError>;
    /// Adds what came of it.
    ///
    /// # Errors
    /// [`LedgerError`].
    fn came_back(&self, id: LedgerId, outcome: &RequestOutcome) -> Result<(), LedgerError>;
}

/// Answers of providers by the hash of what was asked, so that asking the same again costs nothing.
///
/// Losing one costs a request and nothing else, so neither way has an error.
pub trait Replies: Send + Sync {
    /// The answer to what has this hash, if it is kept.
    fn kept(&self, hash: &str) -> Option<String>;
    /// Keeps an answer as long as its session.
    fn keep(&self, session: crate::ids::SessionId, hash: &str, answer: &str);
}

/// What the core tells whoever is watching. Carries ids and progress, never private content.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A stage moved on.
    Progress(Progress),
    /// A stage was ordered, or stands still: done, failed, cancelled or waiting for another try.
    JobChanged(Job),
    /// Something about a session changed; ask again.
    SessionChanged(crate::ids::SessionId),
    /// The list of sessions changed; ask again.
    SessionsChanged,
    /// Threads of sessions that had none were made; ask for them again.
    ThreadsChanged,
    /// A file was taken in, waits or failed; ask for the queue again.
    QueueChanged,
    /// A recording began, ended or was paused; ask again.
    RecordingChanged,
    /// A speech model came, went or is on its way; ask again.
    ModelsChanged,
    /// Playing moved on, stopped or began; at most 15 a second.
    Playback(crate::playback::PlaybackState),
    /// The vault was locked.
    Locked(LockReason),
}

/// Why a vault was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LockReason {
    /// The person asked for it.
    Asked,
    /// Nobody used the window for a while.
    Idle,
    /// The computer goes to sleep.
    Suspend,
    /// The sign-in no longer holds.
    Revoked,
}

/// Where events go: progress bars, the window, or nowhere.
pub trait EventSink: Send + Sync {
    /// Must not block.
    fn emit(&self, event: Event);
}

/// A sink that drops everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn emit(&self, _event: Event) {}
}

impl<T: EventSink + ?Sized> EventSink for Arc<T> {
    fn emit(&self, event: Event) {
        (**self).emit(event);
    }
}

/// Asks a running stage to stop. Cheap to clone; all clones share the request.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<std::sync::atomic::AtomicBool>);

impl CancelToken {
    /// A token that nobody has cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks to stop.
    pub fn cancel(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Release);
    }

    /// Whether stopping was asked for.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Acquire)
    }
}
