//! Every command there is, with what it needs. A command that is not in this table cannot be given.

use crate::error::{CommandError, Result};
use journey_domain::account::Permission;

/// How costly a command is; each class has its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateClass {
    /// Looks something up.
    Read,
    /// Changes something.
    Write,
    /// Takes the processor, the disk or a provider for a while.
    Heavy,
    /// Tries a password or a code; limited by its own growing delays.
    SignIn,
}

impl RateClass {
    /// All classes.
    pub const ALL: &'static [Self] = &[Self::Read, Self::Write, Self::Heavy, Self::SignIn];

    /// How many commands of this class a minute may be given where `commands_per_minute` is the
    /// computer's setting: what is costly has a smaller part of it, and everybody has a few.
    #[must_use]
    pub const fn per_minute(self, commands_per_minute: u32) -> u32 {
        let part = match self {
            Self::Read | Self::Write => commands_per_minute,
            Self::Heavy => commands_per_minute / 10,
            Self::SignIn => commands_per_minute / 20,
        };
        if part < FEWEST_PER_MINUTE { FEWEST_PER_MINUTE } else { part }
    }
}

/// No class has fewer, however low the setting is.
const FEWEST_PER_MINUTE: u32 = 10;

macro_rules! commands {
    ($($variant:ident $word:literal $permission:ident $rate:ident),+ $(,)?) => {
        /// One command of the window or the command line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each is named by its word")]
        pub enum Command { $($variant),+ }

        impl Command {
            /// All commands.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word under which it is counted and logged.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What it needs before any work is done.
            #[must_use]
            pub const fn permission(self) -> Permission {
                match self { $(Self::$variant => Permission::$permission),+ }
            }

            /// Refuses a command that not anyone may give.
            ///
            /// # Errors
            /// A command that needs a sign-in was asked for without one.
            pub fn open_to_anyone(self) -> Result<()> {
                match self.permission() {
                    Permission::Public => Ok(()),
                    _ => Err(not_declared(self)),
                }
            }

            /// Which limit it counts against.
            #[must_use]
            pub const fn rate_class(self) -> RateClass {
                match self { $(Self::$variant => RateClass::$rate),+ }
            }
        }
    };
}

/// A command is called in a way that its line in the table does not allow.
pub(super) fn not_declared(command: Command) -> CommandError {
    CommandError::internal(&format!("the command {} needs more than it asked for", command.word()))
}

commands! {
    AppReady "app_ready" Public Read,
    AccountState "account_state" Public Read,
    PasswordStrength "password_strength" Public Read,
    AccountCreate "account_create" Public SignIn,
    AccountNames "account_names" Public Read,
    AccountsList "accounts_list" Admin Read,
    AccountRole "account_role" Admin Write,
    AccountDisable "account_disable" Admin Write,
    AccountEnable "account_enable" Admin Write,
    AccountDelete "account_delete" Admin Write,
    AccountErase "account_erase" Unlocked Heavy,
    AccountRecover "recover" Public SignIn,
    AccountPassword "password_change" Unlocked SignIn,
    RecoveryCode "recovery_code" Unlocked SignIn,
    ConfirmRecoveryCode "recovery_code_confirm" Unlocked Write,
    SignIn "sign_in" Public SignIn,
    SignOut "sign_out" Public Write,
    Whoami "whoami" Public Read,
    Lock "lock" Public Write,
    Sample "sample" Public Heavy,
    Devices "devices" Public Read,
    Try "try" Public Heavy,
    Record "record" Unlocked Write,
    MicrophoneTest "microphone_test" Unlocked Write,
    Import "import" Unlocked Heavy,
    Write "write" Unlocked Write,
    Draft "draft" Unlocked Read,
    ChangeDraft "draft_change" Unlocked Write,
    Sessions "sessions" Unlocked Read,
    Show "show" Unlocked Read,
    Rename "rename" Unlocked Write,
    Tag "tag" Unlocked Write,
    Favourite "favourite" Unlocked Write,
    Bin "bin" Unlocked Write,
    Delete "delete" Unlocked Write,
    Edit "edit" Unlocked Write,
    Transcribe "transcribe" Unlocked Heavy,
    Analyse "analyse" Unlocked Heavy,
    CancelJob "cancel_job" Unlocked Write,
    Preview "preview" Unlocked Read,
    Runs "runs" Unlocked Read,
    AcceptRun "accept_run" Unlocked Write,
    CorrectElement "element_correct" Unlocked Write,
    Threads "threads" Unlocked Read,
    ChangeThread "thread_change" Unlocked Write,
    Search "search" Unlocked Read,
    Review "review" Unlocked Read,
    Playback "playback" Unlocked Read,
    Taxonomy "taxonomy" Unlocked Read,
    ChangeTaxonomy "taxonomy_change" Unlocked Write,
    Models "models" Public Read,
    ModelDownload "model_download" SignedIn Heavy,
    ModelAdd "model_add" SignedIn Heavy,
    ModelUse "model_use" Unlocked Write,
    ModelRemove "model_remove" SignedIn Write,
    Providers "providers" Unlocked Read,
    ProviderUse "provider_use" Unlocked Write,
    ProviderSetKey "provider_set_key" Unlocked Write,
    ProviderTest "provider_test" Unlocked Heavy,
    ProviderConfigure "provider_configure" Unlocked Write,
    ProviderProbe "provider_probe" Unlocked Heavy,
    Pseudonyms "pseudonyms" Unlocked Read,
    ChangePseudonym "pseudonym_change" Unlocked Write,
    Ledger "ledger" Unlocked Read,
    Settings "settings" Unlocked Read,
    ChangeSetting "setting_change" Unlocked Write,
    SystemSettings "system_settings" SignedIn Read,
    ChangeSystemSetting "system_setting_change" Admin Write,
    BackupState "backup_state" Unlocked Read,
    Backup "backup" Unlocked Heavy,
    Restore "restore" Public Heavy,
    Audit "audit" SignedIn Read,
    Doctor "doctor" Public Heavy,
}
