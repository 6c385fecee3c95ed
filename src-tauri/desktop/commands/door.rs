//! Who is here: accounts, signing in, locking.

use crate::desktop::desk::Desk;
use journey_app::{
    error::Result,
    gate::command::Command,
    views::{
        AccountCreated, AccountView,
        window::{AccountRows, AccountState, PasswordStrength, RecoveryCodeView},
    },
};
use tauri::State;

/// The window stands and asks for its first page.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn app_ready(desk: State<'_, Desk>) -> Result<()> {
    desk.public(Command::AppReady, |_| Ok(())).await
}

/// Where the person stands; resumes a sign-in that was kept.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn account_state(desk: State<'_, Desk>) -> Result<AccountState> {
    desk.resume().await
}

/// How good a password is.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn password_strength(
    desk: State<'_, Desk>,
    name: String,
    password: String,
) -> Result<PasswordStrength> {
    desk.public(Command::PasswordStrength, move |_| {
        Ok(journey_app::access::strength(&password, &name))
    })
    .await
}

/// Makes an account and signs it in when nobody is.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn account_create(
    desk: State<'_, Desk>,
    name: String,
    password: String,
    admin: bool,
) -> Result<AccountCreated> {
    desk.create_account(name, password, admin).await
}

/// Signs in and opens the vault.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn sign_in(
    desk: State<'_, Desk>,
    name: String,
    password: String,
    stay: bool,
) -> Result<AccountState> {
    desk.sign_in(name, password, stay).await
}

/// Signs out and closes the vault.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn sign_out(desk: State<'_, Desk>) -> Result<AccountState> {
    desk.sign_out().await
}

/// Closes the vault; the sign-in stays, the password opens it again.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn lock(desk: State<'_, Desk>) -> Result<AccountState> {
    desk.lock().await
}

/// Sets a new password with the recovery code, and signs in.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn recover(
    desk: State<'_, Desk>,
    name: String,
    recovery_code: String,
    new_password: String,
) -> Result<AccountState> {
    let (who, password) = (name.clone(), new_password.clone());
    desk.public(Command::AccountRecover, move |app| {
        app.recover_account(&name, &recovery_code, &new_password)
    })
    .await?;
    desk.sign_in(who, password, false).await
}

/// A small made-up vault to look around in, without an account.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn sample_open(desk: State<'_, Desk>) -> Result<AccountState> {
    desk.open_sample().await
}

/// Back to where the person was.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn sample_close(desk: State<'_, Desk>) -> Result<AccountState> {
    desk.close_sample().await
}

/// Who is signed in.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn whoami(desk: State<'_, Desk>) -> Result<AccountView> {
    desk.signed_in(Command::Whoami, |_, me| Ok(me.account().into())).await
}

/// Another password for the own vault.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn change_password(
    desk: State<'_, Desk>,
    password: String,
    new_password: String,
) -> Result<()> {
    desk.change_password(password, new_password).await
}

/// Another recovery code for the own vault, to be written down; the old one works until then.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn new_recovery_code(
    desk: State<'_, Desk>,
    password: String,
) -> Result<RecoveryCodeView> {
    desk.unlocked(Command::RecoveryCode, move |app, me| {
        Ok(RecoveryCodeView { recovery_code: app.new_recovery_code(me, &password)? })
    })
    .await
}

/// The new recovery code is written down; the old one stops working.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn confirm_recovery_code(
    desk: State<'_, Desk>,
    recovery_code: String,
) -> Result<()> {
    desk.unlocked(Command::ConfirmRecoveryCode, move |app, me| {
        app.confirm_recovery_code(me, &recovery_code)
    })
    .await
}

/// Erases the own account and vault for good.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn erase_everything(
    desk: State<'_, Desk>,
    password: String,
) -> Result<AccountState> {
    desk.erase_everything(password).await
}

/// All accounts.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn accounts_list(desk: State<'_, Desk>) -> Result<AccountRows> {
    desk.signed_in(Command::AccountsList, |app, me| app.account_rows(me)).await
}

/// Changes what an account may do.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn account_role(
    desk: State<'_, Desk>,
    name: String,
    role: String,
) -> Result<AccountRows> {
    desk.signed_in(Command::AccountRole, move |app, me| {
        let role = role
            .parse()
            .map_err(|_| journey_app::error::CommandError::usage("there is no such role"))?;
        app.set_role(me, &name, role)?;
        app.account_rows(me)
    })
    .await
}

/// Keeps an account from signing in.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn account_disable(desk: State<'_, Desk>, name: String) -> Result<AccountRows> {
    desk.signed_in(Command::AccountDisable, move |app, me| {
        app.set_disabled(me, &name, true)?;
        app.account_rows(me)
    })
    .await
}

/// Lets an account sign in again.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn account_enable(desk: State<'_, Desk>, name: String) -> Result<AccountRows> {
    desk.signed_in(Command::AccountEnable, move |app, me| {
        app.set_disabled(me, &name, false)?;
        app.account_rows(me)
    })
    .await
}

/// Sets an account's vault aside.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn account_delete(desk: State<'_, Desk>, name: String) -> Result<AccountRows> {
    desk.signed_in(Command::AccountDelete, move |app, me| {
        app.set_account_aside(me, &name)?;
        app.account_rows(me)
    })
    .await
}
