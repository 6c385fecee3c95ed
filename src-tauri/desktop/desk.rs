//! What the window's commands work with: the app, and the access token that never leaves Rust.

use super::surroundings::Surroundings;
use journey_app::{
    App,
    access::{Caller, Client, Unlocked},
    error::{CommandError, Result},
    gate::{command::Command, token::AccessToken},
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
    sync::{Arc, Mutex, PoisonError},
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
}

impl Desk {
    pub(super) fn new(app: App, around: Surroundings) -> Self {
        Self(Arc::new(Inside { app, around, token: Mutex::default() }))
    }

    /// Remembers who is signed in; `None` forgets.
    pub(super) fn keep(&self, token: Option<AccessToken>) {
        *self.0.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    fn kept(&self) -> Option<AccessToken> {
        self.0.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn token(&self) -> Result<AccessToken> {
        let token = self.kept().ok_or_else(CommandError::not_signed_in)?;
        // A token lives ten minutes; the app makes the next one while the sign-in holds.
        let fresh = self.0.app.refreshed(&token);
        match &fresh {
            Ok(fresh) => self.keep(Some(fresh.clone())),
            Err(error) if error.code == ErrorCode::NotSignedIn => {
                self.keep(None);
                self.0.app.close(LockReason::Revoked);
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
            desk.0.app.public(command)?;
            work(&desk.0.app)
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
            let caller = desk.0.app.signed_in(command, &desk.token()?)?;
            work(&desk.0.app, &caller)
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
            let me = desk.0.app.unlocked(command, &desk.token()?)?;
            desk.0.app.note_use(&me);
            work(&desk.0.app, &me)
        })
        .await
    }

    /// Where the person stands; takes up a sign-in that was kept.
    pub(super) async fn resume(&self) -> Result<AccountState> {
        self.at_the_door(|desk| {
            if desk.kept().is_none() {
                desk.0.app.public(Command::AccountState)?;
                desk.keep(desk.0.app.resume(CLIENT)?);
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
            let app = &desk.0.app;
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
            desk.0.app.public(Command::SignIn)?;
            desk.keep(Some(desk.0.app.sign_in_window(&name, &password, stay)?));
            Ok(())
        })
        .await
    }

    /// Signs out and closes the vault.
    pub(super) async fn sign_out(&self) -> Result<AccountState> {
        self.at_the_door(|desk| {
            let app = &desk.0.app;
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
            desk.0.app.public(Command::Lock)?;
            desk.0.app.close(LockReason::Asked);
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
            let app = &desk.0.app;
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
            desk.0.app.work_in_background();
            desk.follow_wishes();
            // A sign-in that no longer holds is none.
            let caller = desk
                .token()
                .ok()
                .and_then(|token| desk.0.app.signed_in(Command::Whoami, &token).ok());
            desk.0.app.account_state(caller.as_ref())
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
            Ok(_) => desk.0.around.tell("The recording is kept", "It is being transcribed."),
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
        let me = self.0.app.unlocked(Command::Record, &self.token()?)?;
        self.0.app.toggle_recording(&me)
    }

    /// Makes an account from a backup; whoever is signed in did it.
    pub(super) async fn restore(&self, from: PathBuf, passphrase: String) -> Result<RestoreDone> {
        let desk = self.clone();
        blocking(move || {
            let app = &desk.0.app;
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
        let me = self.0.app.unlocked(Command::Import, &self.token()?)?;
        self.0.app.note_use(&me);
        self.0.app.queue_imports(&me, paths).map(drop)
    }

    /// The recording under way.
    pub(super) fn recording(&self) -> Option<RecordingView> {
        self.0.app.recording_now()
    }

    /// Seals a running recording and closes the vault: the process ends, or the computer sleeps.
    pub(super) fn close(&self, reason: LockReason) {
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
