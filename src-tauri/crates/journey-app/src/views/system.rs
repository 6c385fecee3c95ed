//! Devices, models, health, settings, and what left the machine.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A microphone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeviceView {
    /// Stays the same while the device does.
    pub id: String,
    /// For people.
    pub name: String,
    /// Whether the system uses it by default.
    pub default: bool,
}

/// All microphones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DeviceList {
    /// The default first.
    pub devices: Vec<DeviceView>,
}

/// A speech model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelView {
    /// Name to give to `model use`.
    pub name: String,
    /// Size on disk.
    #[ts(type = "number")]
    pub bytes: u64,
    /// `en` or `multilingual`.
    pub languages: String,
    /// Whether it is on this computer.
    pub installed: bool,
    /// `verified`, `added by hand`, `damaged`, `partial` or `not installed`.
    pub state: String,
    /// Whether transcription uses it.
    pub in_use: bool,
    /// Whether it is the one for this computer.
    pub recommended: bool,
    /// Rough speed on this computer: minutes of speech per minute of work.
    pub speed: Option<f32>,
}

/// All speech models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct ModelList {
    /// Smallest first.
    pub models: Vec<ModelView>,
}

/// One health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CheckView {
    /// What was checked.
    pub name: String,
    /// `ok`, `warning`, `failed` or `skipped`.
    #[ts(type = "\"ok\" | \"warning\" | \"failed\" | \"skipped\"")]
    pub state: String,
    /// What was found.
    pub measured: String,
    /// What to do; empty when all is well.
    pub advice: String,
}

/// All health checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DoctorView {
    /// In the order in which they were made.
    pub checks: Vec<CheckView>,
}

/// A setting with its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SettingView {
    /// Dotted name.
    pub key: String,
    /// Present value.
    #[ts(type = "unknown")]
    pub value: serde_json::Value,
    /// Value when nothing was set.
    #[ts(type = "unknown")]
    pub default: serde_json::Value,
    /// What it does and what it may be.
    pub help: String,
}

/// Several settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct SettingList {
    /// By name.
    pub settings: Vec<SettingView>,
}

/// A request that left this machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LedgerView {
    /// UUID v7.
    pub id: String,
    /// Session id; null where it was not for one, or after it was erased.
    pub session: Option<String>,
    /// What for.
    pub purpose: String,
    /// Scheme, host and port.
    pub host: String,
    /// Method and path.
    pub target: String,
    /// When it was recorded, which is before it was sent.
    pub at: String,
    /// Length of the body.
    #[ts(type = "number")]
    pub bytes_out: u64,
    /// SHA-256 of the body, hexadecimal.
    pub body_sha256: String,
    /// The body as sent; null after its session was erased, and in lists.
    pub body: Option<String>,
    /// What came back; null while under way.
    pub outcome: Option<String>,
    /// HTTP status.
    pub status: Option<u16>,
    /// Bytes received.
    #[ts(type = "number")]
    pub bytes_in: u64,
    /// Tokens sent.
    #[ts(type = "number | null")]
    pub tokens_in: Option<u64>,
    /// Tokens received.
    #[ts(type = "number | null")]
    pub tokens_out: Option<u64>,
    /// Null without a dated price.
    pub cost_usd: Option<f64>,
}

/// The ledger, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct LedgerList {
    /// Its lines.
    pub ledger: Vec<LedgerView>,
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AuditView {
    /// When.
    pub at: String,
    /// Who did it; null for the program itself.
    pub who: Option<String>,
    /// What was done.
    pub what: String,
    /// To whom or what.
    pub on: Option<String>,
    /// How often; more than 1 where one line stands for what was done again and again.
    pub times: u32,
    /// When it was done last, where that was more than once.
    pub last_at: Option<String>,
}

/// The audit log, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AuditList {
    /// Its lines.
    pub audit: Vec<AuditView>,
}

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BackupView {
    /// The archive.
    pub file: String,
    /// How many files it holds.
    #[ts(type = "number")]
    pub files: u64,
    /// How many bytes they have.
    #[ts(type = "number")]
    pub bytes: u64,
    /// When it was made.
    pub at: String,
}

/// An analysis provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProviderView {
    /// Its name.
    pub name: String,
    /// Whether it analyses.
    pub in_use: bool,
    /// Whether an admin allows it.
    pub allowed: bool,
    /// Whether it wants a key.
    pub needs_key: bool,
    /// Whether a key is kept in the vault.
    pub has_key: bool,
    /// Where requests go; null for nowhere.
    pub base_url: Option<String>,
}

/// The analysis providers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProviderList {
    /// The on-device one first.
    pub providers: Vec<ProviderView>,
}

/// What a provider said to a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProviderTestView {
    /// One sentence.
    pub message: String,
    /// The models it names.
    pub models: Vec<String>,
}

/// A server that answered on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LocalServerView {
    /// The provider to `use` for it.
    pub provider: String,
    /// What to set as `provider_base_url`.
    pub base_url: String,
    /// The models it names.
    pub models: Vec<String>,
}

/// The servers that answered on this computer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LocalServerList {
    /// In the order of their ports.
    pub servers: Vec<LocalServerView>,
}

/// A request as it would be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewedRequestView {
    /// Where to.
    pub url: String,
    /// Length of the body.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Byte for byte.
    pub body: String,
}

/// What an analysis would send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviewView {
    /// Who would analyse.
    pub provider: String,
    /// The first request of each part; empty where nothing would leave this computer.
    pub requests: Vec<PreviewedRequestView>,
}
