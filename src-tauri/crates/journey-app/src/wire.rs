//! What goes between the core and the window's pages: every command with its arguments and result,
//! every event, and their shapes as TypeScript. The pages' types are generated from here, and a test
//! holds the window's handlers to it.

mod shapes;

use crate::{
    error::CommandError,
    settings::{Kind, SETTINGS, Scope},
    views::{window::*, *},
};
use std::{fmt::Write as _, marker::PhantomData};
use ts_rs::{Config, TS};

/// An argument of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// The handler's type, as written there.
    pub rust: &'static str,
    /// The page's type.
    pub typescript: String,
}

/// A command of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireCommand {
    /// Its name, which is the handler's.
    pub name: &'static str,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// What the handler gives, as written there, without the possible error.
    pub rust: &'static str,
    /// What the page gets.
    pub typescript: String,
}

/// An event of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireEvent {
    /// Its name.
    pub name: &'static str,
    /// What the page gets.
    pub typescript: String,
}

/// Stands for the window's channel, on which values of this type are sent.
#[allow(dead_code, reason = "only its name is used")]
struct Channel<T>(PhantomData<T>);

impl<T: TS> TS for Channel<T> {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(config: &Config) -> String {
        T::name(config)
    }

    fn inline(config: &Config) -> String {
        T::name(config)
    }
}

fn config() -> Config {
    // All numbers stay below 2^53.
    Config::new().with_large_int("number")
}

macro_rules! typescript {
    ($config:ident, $type:ty) => {
        <$type as TS>::name(&$config)
    };
    ($config:ident, $type:ty, $typescript:literal) => {
        $typescript.to_owned()
    };
}

macro_rules! commands {
    ($($name:ident($($argument:ident: $type:ty $(as $typescript:literal)?),*) -> $result:ty $(as $got:literal)?;)+) => {
        /// All commands.
        #[must_use]
        pub fn commands() -> Vec<WireCommand> {
            let config = config();
            vec![$(WireCommand {
                name: stringify!($name),
                arguments: vec![$(Argument {
                    name: stringify!($argument),
                    rust: stringify!($type),
                    typescript: typescript!(config, $type $(, $typescript)?),
                }),*],
                rust: stringify!($result),
                typescript: typescript!(config, $result $(, $got)?),
            }),+]
        }
    };
}

macro_rules! events {
    ($($name:ident: $type:ty $(as $typescript:literal)?;)+) => {
        /// All events.
        #[must_use]
        pub fn events() -> Vec<WireEvent> {
            let config = config();
            vec![$(WireEvent {
                name: stringify!($name),
                typescript: typescript!(config, $type $(, $typescript)?),
            }),+]
        }
    };
}

commands! {
    app_ready() -> ();

    account_state() -> AccountState;
    password_strength(name: String, password: String) -> PasswordStrength;
    account_create(name: String, password: String, admin: bool) -> AccountCreated;
    sign_in(name: String, password: String, stay: bool) -> AccountState;
    sign_out() -> AccountState;
    lock() -> AccountState;
    recover(name: String, recovery_code: String, new_password: String) -> AccountState;
    whoami() -> AccountView;
    change_password(password: String, new_password: String) -> ();
    new_recovery_code(password: String) -> RecoveryCodeView;
    confirm_recovery_code(recovery_code: String) -> ();
    erase_everything(password: String) -> AccountState;
    accounts_list() -> AccountRows;
    account_role(name: String, role: String as "Role") -> AccountRows;
    account_disable(name: String) -> AccountRows;
    account_enable(name: String) -> AccountRows;
    account_delete(name: String) -> AccountRows;

    devices() -> DeviceList;
    microphone_test_start(device: Option<String>, channel: Channel<RecordingFrame>) -> ();
    microphone_test_stop() -> ();
    record_start(device: Option<String>, channel: Channel<RecordingFrame>) -> RecordingView;
    record_watch(channel: Channel<RecordingFrame>) -> Option<RecordingView>;
    record_state() -> Option<RecordingView>;
    record_device(device: String) -> RecordingView;
    record_pause() -> RecordingView;
    record_resume() -> RecordingView;
    record_stop() -> Stopped;

    write(title: Option<String>, text: String) -> Stopped;
    draft_get(session: Option<String>) -> Option<DraftView>;
    draft_set(session: Option<String>, revision: Option<u32>, title: String, text: String) -> ();
    import_choose() -> Queue;
    queue() -> Queue;
    cancel_job(job: String) -> ();

    sessions(filter: WindowFilter, limit: usize, after: Option<String>) -> SessionRows;
    session(id: String) -> SessionPageView;
    rename(id: String, title: String) -> ();
    tag(id: String, tags: Vec<String>) -> ();
    favourite(id: String, favourite: bool) -> ();
    bin(id: String) -> ();
    unbin(id: String) -> ();
    erase(id: String) -> ();
    bin_list() -> BinRows;

    transcript_edit(id: String, revision: u32, text: String) -> EditedPage;
    transcribe(id: String) -> QueuedJob;
    analyse(id: String, provider: Option<String>) -> QueuedJob;
    retry_part(id: String, hole: HoleView, provider: Option<String>) -> QueuedJob;
    runs(id: String) -> RunRows;
    diff(id: String, from: String, to: String) -> Diff;
    accept_run(id: String, run: String) -> SessionPageView;
    element_correct(
        id: String,
        kind: String as "ElementKind",
        label: String,
        taxonomy: Option<String>
    ) -> SessionPageView;
    element_delete(id: String) -> SessionPageView;
    element_not_me(id: String) -> SessionPageView;
    element_restore(id: String) -> SessionPageView;

    search(
        query: String,
        kind: Option<String> as "ElementKind | null",
        from: Option<String>,
        to: Option<String>,
        limit: usize,
        after: Option<String>
    ) -> SearchResult;

    models() -> ModelRows;
    model_download(name: String) -> ();
    model_pause(name: String) -> ();
    model_add() -> ModelRows;
    model_use(name: String) -> ModelRows;
    model_remove(name: String) -> ModelRows;

    providers() -> ProviderRows;
    provider_use(name: String) -> ProviderRows;
    provider_set_key(name: String, key: Option<String>) -> ProviderRows;
    provider_configure(
        name: String,
        base_url: Option<String>,
        model: Option<String>
    ) -> ProviderRows;
    provider_test(name: String) -> ProviderAnswer;
    provider_probe() -> ProviderRows;

    preview(id: String, provider: Option<String>) -> Preview;
    ledger(id: Option<String>) -> LedgerList;
    ledger_body(id: String) -> LedgerView;
    pseudonyms() -> Replacements;
    pseudonym_set(original: String, replacement: String) -> Replacements;
    pseudonym_remove(original: String) -> Replacements;

    settings_get() -> serde_json::Value as "PersonalSettings";
    settings_set(
        key: String,
        value: serde_json::Value as "SettingValue"
    ) -> serde_json::Value as "PersonalSettings";
    system_settings_get() -> serde_json::Value as "SystemSettings";
    system_settings_set(
        key: String,
        value: serde_json::Value as "SettingValue"
    ) -> serde_json::Value as "SystemSettings";
    audit() -> AuditList;
    backup_state() -> BackupState;
    backup(passphrase: String) -> Option<BackupDone>;
    restore(passphrase: String) -> Option<RestoreDone>;
    doctor() -> DoctorView;

    calendar(year: i32) -> Calendar;
    on_this_day() -> SessionRows;
    streak() -> Streak;
    tags() -> TagRows;
    questions(limit: usize) -> Questions;
    crisis_help(country: Option<String>) -> CrisisHelp;
    taxonomy(name: String as "\"emotions\" | \"topics\"") -> TaxonomyTree;
    taxonomy_nodes(name: String as "\"emotions\" | \"topics\"") -> TaxonomyView;
    taxonomy_rename(node: String, name: String) -> TaxonomyView;
    taxonomy_merge(from: String, into: String) -> TaxonomyView;
    taxonomy_split(node: String, name: String, words: Vec<String>) -> TaxonomyView;
    taxonomy_add(parent: String, name: String, words: Vec<String>) -> TaxonomyView;
    taxonomy_undo() -> TaxonomyView;
    threads(limit: usize) -> ThreadPage;
    thread_places(id: String, limit: usize) -> ThreadPlaces;
    thread_confirm(id: String, others: Vec<String>) -> ();
    thread_reject(id: String, others: Vec<String>) -> ();
    thread_undo() -> ();

    waveform(id: String, buckets: usize) -> Waveform;
    play(id: String, from_ms: Option<u64>, to_ms: Option<u64>) -> Playback;
    pause() -> Playback;
    seek(position_ms: u64) -> Playback;
    playback_set(rate: f32, skip_silence: bool) -> Playback;
    playback_state() -> Playback;

    sample_open() -> AccountState;
    sample_close() -> AccountState;
}

events! {
    progress: QueuedJob;
    session_changed: () as "{ id: string }";
    sessions_changed: ();
    threads_changed: ();
    queue_changed: ();
    locked: () as "{ reason: \"asked\" | \"idle\" | \"suspend\" | \"revoked\" }";
    recording: Option<RecordingView>;
    playback: Playback;
    models_changed: ();
    files_dragged: () as "{ phase: \"over\" | \"left\" | \"dropped\"; count: number }";
    open_page: () as "{ page: string }";
    notice: CommandError;
}

/// Says that a file is not to be edited.
const GENERATED: &str = "// Generated from the core. `UPDATE_BINDINGS=1 cargo test --test it bindings` writes it anew.\n\n";

/// The file of shapes.
#[must_use]
pub fn views_file() -> String {
    let mut file = GENERATED.to_owned();
    for (name, words) in shapes::closed_sets() {
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        // Writing into a string does not fail.
        let _ = writeln!(file, "export type {name} = {};", words.join(" | "));
    }
    file.push_str("export type SettingValue = string | number | boolean | null | Array<string>;\n");
    for (name, scope) in [("PersonalSettings", Scope::Personal), ("SystemSettings", Scope::System)]
    {
        let _ = writeln!(
            file,
            "/** Every setting of this scope by its key. */\nexport type {name} = {{"
        );
        for setting in SETTINGS.iter().filter(|setting| setting.scope == scope) {
            let typescript = setting_type(setting.kind);
            let or_none = if setting.optional { " | null" } else { "" };
            let _ =
                writeln!(file, "/** {} */\n{}: {typescript}{or_none};", setting.help, setting.key);
        }
        file.push_str("};\n");
    }
    for (docs, declaration) in shapes::declarations(&config()) {
        let _ = writeln!(file, "{docs}export {declaration}");
    }
    short_comments(&file)
}

fn setting_type(kind: Kind) -> String {
    match kind {
        Kind::Flag => "boolean".to_owned(),
        Kind::Number { .. } | Kind::Amount { .. } => "number".to_owned(),
        Kind::OneOf(words) => {
            words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" | ")
        }
        Kind::Text { .. }
        | Kind::TimeOfDay
        | Kind::Address
        | Kind::SpokenLanguage
        | Kind::ModelName
        | Kind::Country => "string".to_owned(),
        Kind::SomeOf(_) | Kind::Names { .. } | Kind::Hosts { .. } => "Array<string>".to_owned(),
    }
}

/// The file of commands and events.
#[must_use]
pub fn commands_file() -> String {
    let known = shapes::names(&config());
    let seen = |typescript: &str| prefixed(typescript, &known);
    let mut file = format!("{GENERATED}import type * as V from \"./views\";\n\n");
    file.push_str("/** What each command takes and gives. */\nexport type CommandMap = {\n");
    for command in commands() {
        let arguments: Vec<String> = command
            .arguments
            .iter()
            .map(|it| format!("{}: {}", it.name, seen(&it.typescript)))
            .collect();
        let arguments = match arguments.as_slice() {
            [] => "Record<string, never>".to_owned(),
            some => format!("{{ {} }}", some.join("; ")),
        };
        let result = seen(&command.typescript);
        let _ = writeln!(file, "{}: {{ args: {arguments}; result: {result} }};", command.name);
    }
    file.push_str("};\n\n/** What each event carries. */\nexport type EventMap = {\n");
    for event in events() {
        let _ = writeln!(file, "{}: {};", event.name, seen(&event.typescript));
    }
    file.push_str("};\n");
    file
}

/// Names of the other file get its prefix; words in quotation marks stay.
fn prefixed(typescript: &str, known: &[String]) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in typescript.chars().chain(std::iter::once(' ')) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if known.contains(&word) {
            out.push_str("V.");
        }
        out.push_str(&word);
        word.clear();
        out.push(c);
    }
    out.truncate(out.trim_end().len());
    out
}

/// Comments of one line on one line.
fn short_comments(file: &str) -> String {
    let lines: Vec<&str> = file.lines().map(str::trim_end).collect();
    let mut out = String::with_capacity(file.len());
    let mut rest = lines.as_slice();
    while let [line, tail @ ..] = rest {
        rest = tail;
        if let (true, [text, end, after @ ..]) = (line.trim() == "/**", tail)
            && end.trim() == "*/"
        {
            let text = text.trim().trim_start_matches('*').trim();
            // Writing into a string does not fail.
            let _ = writeln!(out, "/** {text} */");
            rest = after;
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// A file without what formatting may change: white space, separators at ends, leading bars,
/// quotation marks around keys.
#[must_use]
pub fn without_format(file: &str) -> String {
    let solid: String = file.chars().filter(|c| !c.is_whitespace()).collect();
    let same = [(",", ";"), (";}", "}"), ("=|", "="), (":|", ":"), (";|", ";"), ("(|", "(")];
    let solid = same.iter().fold(solid, |text, (from, to)| text.replace(from, to));
    let parts: Vec<&str> = solid.split('"').collect();
    let mut out = String::with_capacity(solid.len());
    for (position, part) in parts.iter().enumerate() {
        let is_quoted = position % 2 == 1;
        let is_key = parts.get(position + 1).is_some_and(|after| after.starts_with(':'));
        match (is_quoted, is_key) {
            (true, false) => {
                let _ = write!(out, "\"{part}\"");
            }
            _ => out.push_str(part),
        }
    }
    out
}
