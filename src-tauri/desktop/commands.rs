//! Every command of the window: the gate, a use-case, what comes back.

mod capture;
mod door;
mod findings;
mod sessions;
mod settings;
mod streams;

use tauri::{Wry, ipc::Invoke};

/// The table of all commands.
pub(super) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        door::app_ready,
        door::account_state,
        door::password_strength,
        door::account_create,
        door::sign_in,
        door::sign_out,
        door::lock,
        door::recover,
        door::whoami,
        door::change_password,
        door::new_recovery_code,
        door::erase_everything,
        door::accounts_list,
        door::account_role,
        door::account_disable,
        door::account_enable,
        door::account_delete,
        streams::microphone_test_start,
        streams::microphone_test_stop,
        streams::record_start,
        streams::record_watch,
        sessions::sessions,
        sessions::session,
        sessions::rename,
        sessions::tag,
        sessions::favourite,
        sessions::bin,
        sessions::unbin,
        sessions::erase,
        sessions::bin_list,
        sessions::search,
        sessions::tags,
        sessions::calendar,
        sessions::on_this_day,
        sessions::streak,
        findings::transcribe,
        findings::analyse,
        findings::runs,
        findings::diff,
        findings::accept_run,
        findings::element_correct,
        findings::element_delete,
        findings::element_not_me,
        findings::element_restore,
        findings::taxonomy,
        capture::devices,
        capture::record_state,
        capture::record_device,
        capture::record_pause,
        capture::record_resume,
        capture::record_stop,
        capture::write,
        capture::import_paths,
        capture::queue,
        capture::cancel_job,
        capture::questions,
        settings::settings_get,
        settings::settings_set,
        settings::system_settings_get,
        settings::system_settings_set,
        settings::models,
        settings::model_use,
        settings::model_remove,
        settings::ledger,
        settings::audit,
        settings::doctor,
        settings::crisis_help,
    ]
}
