//! Who analyses, and what may leave this computer.

use crate::desktop::desk::Desk;
use journey_app::{
    error::Result,
    gate::command::Command,
    views::{
        LedgerList, LedgerView,
        window::{Preview, ProviderAnswer, ProviderRows, Replacements},
    },
};
use tauri::State;

/// The analysis providers.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn providers(desk: State<'_, Desk>) -> Result<ProviderRows> {
    desk.unlocked(Command::Providers, |app, me| app.provider_rows(me)).await
}

/// Analyses with this one from now on.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn provider_use(desk: State<'_, Desk>, name: String) -> Result<ProviderRows> {
    desk.unlocked(Command::ProviderUse, move |app, me| {
        app.use_provider(me, &name).and_then(|_| app.provider_rows(me))
    })
    .await
}

/// Keeps a provider's key in the vault, or forgets it.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn provider_set_key(
    desk: State<'_, Desk>,
    name: String,
    key: Option<String>,
) -> Result<ProviderRows> {
    desk.unlocked(Command::ProviderSetKey, move |app, me| app.change_provider_key(me, &name, key))
        .await
}

/// Sets a provider's address and model.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn provider_configure(
    desk: State<'_, Desk>,
    name: String,
    base_url: Option<String>,
    model: Option<String>,
) -> Result<ProviderRows> {
    desk.unlocked(Command::ProviderConfigure, move |app, me| {
        app.configure_provider(me, &name, base_url.as_deref(), model.as_deref())
    })
    .await
}

/// Asks a provider whether it would answer.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn provider_test(desk: State<'_, Desk>, name: String) -> Result<ProviderAnswer> {
    desk.unlocked(Command::ProviderTest, move |app, me| app.ask_provider(me, &name)).await
}

/// Looks for servers on this computer.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn provider_probe(desk: State<'_, Desk>) -> Result<ProviderRows> {
    desk.unlocked(Command::ProviderProbe, |app, me| app.probe_providers(me)).await
}

/// What an analysis would send.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn preview(
    desk: State<'_, Desk>,
    id: String,
    provider: Option<String>,
) -> Result<Preview> {
    desk.unlocked(Command::Preview, move |app, me| {
        app.preview_in_window(me, &id, provider.as_deref())
    })
    .await
}

/// What left this machine, for one session or for all.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn ledger(desk: State<'_, Desk>, id: Option<String>) -> Result<LedgerList> {
    desk.unlocked(Command::Ledger, move |app, me| app.ledger_rows(me, id.as_deref())).await
}

/// One line of the ledger with its body.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn ledger_body(desk: State<'_, Desk>, id: String) -> Result<LedgerView> {
    desk.unlocked(Command::Ledger, move |app, me| app.ledger_body(me, &id)).await
}

/// Other names.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn pseudonyms(desk: State<'_, Desk>) -> Result<Replacements> {
    desk.unlocked(Command::Pseudonyms, |app, me| app.pseudonyms(me)).await
}

/// Sends another name instead of this one.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn pseudonym_set(
    desk: State<'_, Desk>,
    original: String,
    replacement: String,
) -> Result<Replacements> {
    desk.unlocked(Command::ChangePseudonym, move |app, me| {
        app.set_pseudonym(me, &original, &replacement)
    })
    .await
}

/// Sends this name as it is.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn pseudonym_remove(
    desk: State<'_, Desk>,
    original: String,
) -> Result<Replacements> {
    desk.unlocked(Command::ChangePseudonym, move |app, me| app.remove_pseudonym(me, &original))
        .await
}
