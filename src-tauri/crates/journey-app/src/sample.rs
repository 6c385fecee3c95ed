//! Made-up sessions of somebody who does not exist: to look around in before there is an account,
//! and for tests, measurements and pictures. The same seed makes the same vault.

mod day;
mod sentences;

use crate::{
    App, Ports,
    access::Unlocked,
    data_dir::DataDir,
    error::{CommandError, Result},
    gate::{command::Command, token::AccessToken},
    threads::weave,
};
use day::{Day, Maker};
use jiff::Timestamp;
use journey_domain::{
    ports::{Event, EventSink, LockReason, SecretStore, SecretStoreError},
    session::CaptureState,
};
use journey_vault::{KdfCost, NewRun, NewTranscript, VaultError, Write};
use serde_json::json;
use std::{fmt::Write as _, sync::Arc};
use tempfile::TempDir;

/// Sessions written in one transaction.
const BATCH: usize = 100;

/// The person of the sample.
const NAME: &str = "Mira";

/// How much there is to look around in.
const LOOK_AROUND: (usize, u32) = (60, 1);

/// Which sessions to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleOptions {
    /// The same seed makes the same sessions.
    pub seed: u64,
    /// How many.
    pub sessions: usize,
    /// Over how many years.
    pub years: u32,
    /// When the newest may be.
    pub until: Timestamp,
}

impl App {
    /// Adds made-up sessions to a vault, threads and all.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn add_sample_sessions(&self, me: &Unlocked, options: &SampleOptions) -> Result<()> {
        let zone = self.ports().clock.time_zone();
        let mut maker = Maker::new(options, zone)?;
        loop {
            let batch: Vec<Day> = maker.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            me.vault().write(|write| {
                batch.iter().try_for_each(|day| {
                    store(write, day)?;
                    weave(write, day.session.id)
                })
            })?;
        }
        self.announce_list();
        Ok(())
    }
}

/// A day as it stands before its threads are made.
fn store(write: &Write<'_>, day: &Day) -> std::result::Result<(), VaultError> {
    let id = day.session.id;
    write.sessions().create(&day.session)?;
    if day.recovered {
        let duration_ms = day.session.duration_ms;
        write.sessions().set_capture(id, CaptureState::Recovered, duration_ms, &[])?;
    }
    write.store_transcript(&NewTranscript {
        session: id,
        transcript: &day.transcript,
        holes: &[],
        job: None,
        anchors: None,
    })?;
    write.store_run(&NewRun {
        run: &day.run,
        elements: &day.elements,
        relationships: &day.relationships,
        accept: true,
        job: None,
    })?;
    write.sessions().add_tags(id, &day.tags)?;
    if day.favourite {
        write.sessions().set_favourite(id, true)?;
    }
    Ok(())
}

/// A small vault to look around in. It lies in a folder of its own, under a key that is kept nowhere
/// else, and goes away with this.
pub struct SampleVault {
    app: App,
    token: AccessToken,
    _dir: TempDir,
}

impl SampleVault {
    /// Makes it. No account of this computer is looked at or changed.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn open(beside: &App) -> Result<Self> {
        let ports = beside.ports();
        let dir = tempfile::Builder::new()
            .prefix("insight-journey-sample-")
            .tempdir()
            .map_err(|error| crate::app::io_error(&error, "making the sample"))?;
        let now = ports.clock.now();
        let mut password = String::new();
        let mut random = [0; 16];
        ports.random.fill(&mut random);
        for byte in random {
            // Writing into a string does not fail.
            let _ = write!(password, "{byte:02x}");
        }
        let ports = Ports {
            keychain: Arc::new(Nothing),
            events: Arc::new(WithoutLock(Arc::clone(&ports.events))),
            kdf: Some(ports.kdf.unwrap_or(KdfCost::FLOOR)),
            ..ports.clone()
        };
        let app = App::open(DataDir::new(dir.path().to_owned()), ports)?;
        app.create_account(None, NAME, false, &password)?;
        let token = app.sign_in_window(NAME, &password, false)?;
        let me = app.unlocked(Command::ChangeSetting, &token)?;
        let (sessions, years) = LOOK_AROUND;
        app.add_sample_sessions(&me, &SampleOptions { seed: 1, sessions, years, until: now })?;
        for key in ["sample", "setup_done"] {
            app.set_setting(&me, key, &json!(true))?;
        }
        Ok(Self { app, token, _dir: dir })
    }

    /// The app over it.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Who looks around.
    #[must_use]
    pub const fn token(&self) -> &AccessToken {
        &self.token
    }
}

impl Drop for SampleVault {
    fn drop(&mut self) {
        self.app.close(LockReason::Asked);
    }
}

/// No keychain: nobody stays signed in to a sample.
struct Nothing;

impl SecretStore for Nothing {
    fn get(&self, _: &str) -> std::result::Result<Option<Vec<u8>>, SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn set(&self, _: &str, _: &[u8]) -> std::result::Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn delete(&self, _: &str) -> std::result::Result<(), SecretStoreError> {
        Err(SecretStoreError::Absent)
    }

    fn describe(&self) -> &'static str {
        "none"
    }
}

/// Leaving the sample locks nobody out.
struct WithoutLock(Arc<dyn EventSink>);

impl EventSink for WithoutLock {
    fn emit(&self, event: Event) {
        if !matches!(event, Event::Locked(_)) {
            self.0.emit(event);
        }
    }
}

#[cfg(test)]
impl App {
    /// The same sessions as a version that knew no threads left them.
    pub(crate) fn add_unwoven_sessions(&self, me: &Unlocked, options: &SampleOptions) {
        let zone = self.ports().clock.time_zone();
        let days: Result<Vec<Day>> = Maker::new(options, zone).map(Iterator::collect);
        let stored = days.and_then(|days| {
            let all = |write: &Write<'_>| days.iter().try_for_each(|day| store(write, day));
            me.vault().write(all).map_err(CommandError::from)
        });
        assert!(stored.is_ok(), "{stored:?}");
    }
}

pub(crate) fn broken() -> CommandError {
    CommandError::internal(&"the sample's sentences are not in order")
}

#[cfg(test)]
mod tests;
