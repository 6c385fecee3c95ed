//! What the window's commands work with: the app, and the access token that never leaves Rust.

use super::surroundings::Surroundings;
use journey_app::{
    App,
    access::{Caller, Client, Unlocked},
    error::{CommandError, Result},
    gate::{command::Command, token::AccessToken},
    sample::SampleVault,
    views::{
        AccountCreated,
        window::{AccountState, RecordingView, RestoreDone},
    },
    window::Reminder,
};
use journey_domain::{error_code::ErrorCode, ports::LockReason};
use serde_json::Value;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tauri::AppHandle;

/// The window's own client.
const CLIENT: Client = Client::Desktop;

/// Shared by all commands.
#[derive(Clone)]
pub(crate) struct Desk(Arc<Inside>);

struct Inside {
    app: App,
    around: Surroundings,
    token: Mutex<Option<AccessToken>>,
    sample: Mutex<Option<Sample>>,
}

/// The sample while somebody looks around in it. What happens there stays there.
struct Sample {
    vault: SampleVault,
    token: Option<AccessToken>,
}

impl Desk {
    pub(super) fn new(app: App, around: Surroundings) -> Self {
        Self(Arc::new(Inside { app, around, token: Mutex::default(), sample: Mutex::default() }))
    }

    fn sample(&self) -> MutexGuard<'_, Option<Sample>> {
        self.0.sample.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The app that commands go to: the sample's while it is open.
    fn app(&self) -> App {
        self.sample().as_ref().map_or_else(|| self.0.app.clone(), |it| it.vault.app().clone())
    }

    /// Remembers who is signed in; `None` forgets.
    pub(super) fn keep(&self, token: Option<AccessToken>) {
        match self.sample().as_mut() {
            Some(sample) => sample.token = token,
            None => *self.0.token.lock().unwrap_or_else(PoisonError::into_inner) = token,
        }
    }

    fn kept(&self) -> Option<AccessToken> {
        match self.sample().as_ref() {
            Some(sample) => sample.token.clone(),
            None => self.0.token.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Closes the sample; whether it was open. It is gone afterwards.
    fn leave_sample(&self) -> bool {
        let sample = self.sample().take();
        sample.is_some()
    }

    /// Makes a sample to look around in.
    pub(super) async fn open_sample(&self) -> Result<AccountState> {
        self.at_the_door(|desk| {
            desk.0.app.public(Command::Sample)?;
            let vault = SampleVault::open(&desk.0.app)?;
            let token = Some(vault.token().clone());
            desk.leave_sample();
            *desk.sample() = Some(Sample { vault, token });
            Ok(())
        })
        .await
    }

    /// Goes back to where the person was before the sample.
    pub(super) async fn close_sample(&self) -> Result<AccountState> {
        self.at_the_door(|desk| {
            desk.0.app.public(Command::Sample)?;
            desk.leave_sample();
            Ok(())
        })
        .await
    }

    fn token(&self) -> Result<AccessToken> {
        let token = self.kept().ok_or_else(CommandError::not_signed_in)?;
        // A token lives ten minutes; the app makes the next one while the sign-in holds.
        let fresh = self.app().refreshed(&token);
        match &fresh {
            Ok(fresh) => self.keep(Some(fresh.clone())),
            Err(error) if error.code == ErrorCode::NotSignedIn => {
                self.keep(None);
                self.app().close(LockReason::Revoked);
            }
            Err(_) => {}
        }
        fresh
    }

    /// A command that anyone may give.
    pub(super) async fn public<T: Send + 'static>(
        &self,
        command: Command,
        work: impl FnOnce(&App) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let desk = self.clone();
        blocking(move || {
            desk.app().public(command)?;
            work(&desk.app())
        })
        .await
    }

    /// A command of somebody who is signed in.
    pub(super) async fn signed_in<T: Send + 'static>(
        &self,
        command: Command,
        work: impl FnOnce(&App, &Caller) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let desk = self.clone();
        blocking(move || {
            let caller = desk.app().signed_in(command, &desk.token()?)?;
            work(&desk.app(), &caller)
        })
        .await
    }

    /// A command of somebody whose vault is open.
    pub(super) async fn unlocked<T: Send + 'static>(
        &self,
        command: Command,
        work: impl FnOnce(&App, &Unlocked) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let desk = self.clone();
        blocking(move || {
            let me = desk.app().unlocked(command, &desk.token()?)?;
            desk.app().note_use(&me);
            work(&desk.app(), &me)
        })
        .await
    }

    /// Where the person stands; takes up a sign-in that was kept.
    pub(super) async fn resume(&self) -> Result<AccountState> {
        self.at_the_door(|desk| {
            if desk.kept().is_none() {
                desk.app().public(Command::AccountState)?;
                desk.keep(desk.app().resume(CLIENT)?);
            }
            Ok(())
        })
        .await
    }

    /// Makes an account; the first person on this computer is signed in at once.
    pub(super) async fn create_account(
        &self,
        name: String,
        password: String,
        admin: bool,
    ) -> Result<AccountCreated> {
        let desk = self.clone();
        blocking(move || {
            // Somebody who has looked around enough makes an account of their own.
            desk.leave_sample();
            let app = desk.app();
            app.public(Command::AccountCreate)?;
            let maker = match desk.kept() {
                Some(_) => Some(app.signed_in(Command::AccountCreate, &desk.token()?)?),
                None => None,
            };
            let created = app.create_account(maker.as_ref(), &name, admin, &password)?;
            if maker.is_none() {
                desk.keep(Some(app.sign_in_window(&name, &password, false)?));
                app.work_in_background();
            }
            Ok(created)
        })
        .await
    }

    /// Signs in and opens the vault.
    pub(super) async fn sign_in(
        &self,
        name: String,
        password: String,
        stay: bool,
    ) -> Result<AccountState> {
        self.at_the_door(move |desk| {
            desk.leave_sample();
            desk.app().public(Command::SignIn)?;
            desk.keep(Some(desk.app().sign_in_window(&name, &password, stay)?));
            Ok(())
        })
        .await
    }

    /// Signs out and closes the vault.
    pub(super) async fn sign_out(&self) -> Result<AccountState> {
        self.at_the_door(|desk| {
            if desk.leave_sample() {
                return Ok(());
            }
            let app = desk.app();
            app.public(Command::SignOut)?;
            let caller = desk.token().and_then(|token| app.signed_in(Command::SignOut, &token));
            app.sign_out(CLIENT)?;
            if let Ok(caller) = caller {
                app.leave(&caller);
            }
            desk.keep(None);
            Ok(())
        })
        .await
    }

    /// Closes the vault; the password opens it again.
    pub(super) async fn lock(&self) -> Result<AccountState> {
        self.at_the_door(|desk| {
            if desk.leave_sample() {
                return Ok(());
            }
            desk.app().public(Command::Lock)?;
            desk.app().close(LockReason::Asked);
            Ok(())
        })
        .await
    }

    /// Another password for the own vault; this window stays signed in.
    pub(super) async fn change_password(&self, password: String, new: String) -> Result<()> {
        let desk = self.clone();
        self.unlocked(Command::AccountPassword, move |app, me| {
            app.set_password(me, &password, &new)?;
            desk.keep(Some(app.signed_in_again(me, CLIENT)?));
            Ok(())
        })
        .await
    }

    /// Erases the own account and vault for good.
    pub(super) async fn erase_everything(&self, password: String) -> Result<AccountState> {
        self.at_the_door(move |desk| {
            if desk.leave_sample() {
                return Ok(());
            }
            let app = desk.app();
            let me = app.unlocked(Command::AccountErase, &desk.token()?)?;
            app.check_password(&me, &password)?;
            let name = me.caller().account().name.as_str().to_owned();
            app.erase_account(me, &name)?;
            desk.keep(None);
            Ok(())
        })
        .await
    }

    /// Does something at the door, and says where the person stands afterwards.
    async fn at_the_door(
        &self,
        work: impl FnOnce(&Self) -> Result<()> + Send + 'static,
    ) -> Result<AccountState> {
        let desk = self.clone();
        blocking(move || {
            work(&desk)?;
            desk.app().work_in_background();
            desk.follow_wishes();
            // A sign-in that no longer holds is none.
            let caller = desk
                .token()
                .ok()
                .and_then(|token| desk.app().signed_in(Command::Whoami, &token).ok());
            desk.app().account_state(caller.as_ref())
        })
        .await
    }

    /// Changes a personal setting; what concerns the desktop around the window follows at once.
    pub(super) async fn set_setting(&self, key: String, value: Value) -> Result<Value> {
        let desk = self.clone();
        self.unlocked(Command::ChangeSetting, move |app, me| {
            if let ("shortcut", Some(keys)) = (key.as_str(), value.as_str()) {
                Surroundings::check_shortcut(keys)?;
            }
            app.set_setting(me, &key, &value)?;
            desk.follow_wishes();
            app.settings_object(me)
        })
        .await
    }

    /// While the vault is locked the desktop stays as it was.
    fn follow_wishes(&self) {
        if let Some(wishes) = self.0.app.wishes() {
            self.0.around.follow(&wishes);
        }
    }

    /// Starts or stops recording from the tray or by the shortcut.
    pub(super) fn toggle_from_outside(&self, handle: &AppHandle) {
        let (desk, handle) = (self.clone(), handle.clone());
        tauri::async_runtime::spawn_blocking(move || match desk.toggle_recording() {
            Ok("recording") => desk.0.around.tell("Recording", "Speak when you are ready."),
            Ok(_) => desk.0.around.tell("The recording is kept", "It stands among your sessions."),
            Err(error) => {
                // A locked vault needs its password: the window asks for it.
                super::show(&handle);
                super::events::send(&handle, "notice", error);
            }
        });
    }

    /// Locks from the tray.
    pub(super) fn lock_from_outside(&self) {
        let desk = self.clone();
        tauri::async_runtime::spawn_blocking(move || {
            if desk.0.app.public(Command::Lock).is_ok() {
                desk.0.app.close(LockReason::Asked);
            }
        });
    }

    /// What to remind of now.
    pub(super) fn reminders(&self) -> Vec<Reminder> {
        self.0.app.reminders_due()
    }

    /// From a tray, a shortcut or another process.
    pub(super) fn toggle_recording(&self) -> Result<&'static str> {
        let me = self.app().unlocked(Command::Record, &self.token()?)?;
        self.app().toggle_recording(&me)
    }

    /// Makes an account from a backup; whoever is signed in did it.
    pub(super) async fn restore(&self, from: PathBuf, passphrase: String) -> Result<RestoreDone> {
        let desk = self.clone();
        blocking(move || {
            desk.leave_sample();
            let app = desk.app();
            app.public(Command::Restore)?;
            let by = match desk.kept() {
                Some(_) => Some(app.signed_in(Command::Restore, &desk.token()?)?),
                None => None,
            };
            app.restore_in_window(by.as_ref(), &from, &passphrase)
        })
        .await
    }

    /// Takes in files that were dropped on the window.
    pub(super) fn take_dropped(&self, paths: Vec<PathBuf>) -> Result<()> {
        let me = self.app().unlocked(Command::Import, &self.token()?)?;
        self.app().note_use(&me);
        self.app().queue_imports(&me, paths).map(drop)
    }

    /// The recording under way.
    pub(super) fn recording(&self) -> Option<RecordingView> {
        self.app().recording_now()
    }

    /// Seals a running recording and closes the vault: the process ends, or the computer sleeps.
    pub(super) fn close(&self, reason: LockReason) {
        self.leave_sample();
        self.0.app.close(reason);
    }
}

/// The vault blocks; the window's own threads must not.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tauri::async_runtime::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(CommandError::internal(&error)))
}
