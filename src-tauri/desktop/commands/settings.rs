//! Settings, models, records.

use crate::desktop::desk::Desk;
use journey_app::{
    error::Result,
    gate::command::Command,
    views::{AuditList, DoctorView, window::CrisisHelp},
};
use tauri::State;

/// Personal settings as one object.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn settings_get(desk: State<'_, Desk>) -> Result<serde_json::Value> {
    desk.unlocked(Command::Settings, move |app, me| app.settings_object(me)).await
}

/// Changes a personal setting.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn settings_set(
    desk: State<'_, Desk>,
    key: String,
    value: serde_json::Value,
) -> Result<serde_json::Value> {
    desk.set_setting(key, value).await
}

/// The computer's settings as one object.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn system_settings_get(desk: State<'_, Desk>) -> Result<serde_json::Value> {
    desk.signed_in(Command::SystemSettings, move |app, me| app.system_object(me)).await
}

/// Changes a setting of the computer.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn system_settings_set(
    desk: State<'_, Desk>,
    key: String,
    value: serde_json::Value,
) -> Result<serde_json::Value> {
    desk.signed_in(Command::ChangeSystemSetting, move |app, me| {
        app.set_system_setting(me, &key, &value).and_then(|_| app.system_object(me))
    })
    .await
}

/// Who did what.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn audit(desk: State<'_, Desk>) -> Result<AuditList> {
    desk.signed_in(Command::Audit, move |app, me| app.audit(me)).await
}

/// Health checks.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn doctor(desk: State<'_, Desk>) -> Result<DoctorView> {
    desk.unlocked(Command::Doctor, move |app, me| Ok(app.doctor(Some(me)))).await
}

/// Help lines.
#[tauri::command(rename_all = "snake_case")]
pub(crate) async fn crisis_help(
    desk: State<'_, Desk>,
    country: Option<String>,
) -> Result<CrisisHelp> {
    desk.public(Command::AppReady, move |_| {
        Ok(journey_app::window::help::lines(country.as_deref()))
    })
    .await
}
