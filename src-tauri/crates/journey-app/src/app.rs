//! The composer: ports in, use-cases out.

use crate::{
    access::Access,
    data_dir::DataDir,
    error::{CommandError, Result},
    gate::Gate,
    keychain::DesktopKeychain,
    open_vault::OpenVault,
    speech::ModelHost,
    system::{SystemClock, SystemIds, SystemRandom},
    window::{Downloads, Reminders},
};
use journey_domain::{
    error_code::ErrorCode,
    ids::{AccountId, JobId, SessionId},
    ports::{Clock, Event, EventSink, Ids, Random, SecretStore},
};
use journey_speech::{
    capture::{AudioHost, CpalHost},
    engine::{SpeechEngine, WorkerEngine, default_threads},
    playback::{AudioOutput, CpalOutput},
    worker::WorkerCommand,
};
use journey_vault::{KdfCost, VaultPorts};
use std::{
    env::consts::EXE_SUFFIX,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A speech model that nobody used for so long gives its memory back.
const WORKER_IDLE: Duration = Duration::from_secs(300);

/// Everything that comes in from the world. Real ones in the program; tests choose what to replace.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Identifiers.
    pub ids: Arc<dyn Ids>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The keychain.
    pub keychain: Arc<dyn SecretStore>,
    /// Microphones.
    pub audio: Arc<dyn AudioHost>,
    /// The speaker.
    pub speaker: Arc<dyn AudioOutput>,
    /// Transcription.
    pub engine: Arc<dyn SpeechEngine>,
    /// Where speech models are fetched from.
    pub models: ModelHost,
    /// How the decoding process is started.
    pub worker: WorkerCommand,
    /// Who is told of progress and changes.
    pub events: Arc<dyn EventSink>,
    /// What deriving a key from a password costs; `None` measures it once on this computer.
    pub kdf: Option<KdfCost>,
}

impl Ports {
    /// The computer's own.
    ///
    /// # Errors
    /// When the program cannot find its own file, beside which its worker lies.
    pub fn real(data_dir: &DataDir, events: Arc<dyn EventSink>) -> Result<Self> {
        let program = std::env::current_exe().map_err(|error| CommandError::internal(&error))?;
        let worker = worker_command(program);
        Ok(Self {
            clock: Arc::new(SystemClock::new()),
            ids: Arc::new(SystemIds),
            random: Arc::new(SystemRandom),
            keychain: Arc::new(DesktopKeychain::new(format!(
                "insight-journey {}",
                data_dir.path().display()
            ))),
            audio: Arc::new(CpalHost::new()),
            speaker: Arc::new(CpalOutput),
            engine: Arc::new(WorkerEngine::new(worker.clone(), default_threads(), WORKER_IDLE)),
            models: ModelHost::catalogue(),
            worker,
            events,
            kdf: None,
        })
    }

    /// What a vault needs of them.
    #[must_use]
    pub fn vault(&self) -> VaultPorts {
        VaultPorts { clock: self.clock.clone(), ids: self.ids.clone(), random: self.random.clone() }
    }
}

/// The small program beside this one, else this one in its other mode: the window's libraries, which
/// the same binary is linked with, would take 60 MB of each worker's memory.
fn worker_command(program: PathBuf) -> WorkerCommand {
    let small = program.with_file_name(format!("insight-journey-worker{EXE_SUFFIX}"));
    if small.is_file() {
        WorkerCommand::new(small, Vec::<String>::new())
    } else {
        WorkerCommand::new(program, ["worker"])
    }
}

/// The program without a window and without a terminal. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct App(Arc<Inside>);

struct Inside {
    data_dir: DataDir,
    ports: Ports,
    access: Access,
    gate: Gate,
    open: Mutex<Option<Arc<OpenVault>>>,
    downloads: Downloads,
    reminders: Reminders,
    interrupted_imports: Mutex<Vec<(AccountId, PathBuf)>>,
    runtime: tokio::runtime::Runtime,
}

impl App {
    /// Opens the accounts store of a data directory; no vault yet.
    ///
    /// # Errors
    /// When the data directory or the accounts store cannot be used.
    pub fn open(data_dir: DataDir, ports: Ports) -> Result<Self> {
        let access = Access::open(&data_dir, &ports)?;
        let gate = Gate::new(access.accounts(), &ports.clock)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .thread_name("network")
            .build()
            .map_err(|error| CommandError::internal(&error))?;
        Ok(Self(Arc::new(Inside {
            data_dir,
            ports,
            access,
            gate,
            open: Mutex::default(),
            downloads: Downloads::default(),
            reminders: Reminders::default(),
            interrupted_imports: Mutex::default(),
            runtime,
        })))
    }

    /// The zone of this computer's clocks.
    #[must_use]
    pub fn time_zone(&self) -> jiff::tz::TimeZone {
        self.ports().clock.time_zone()
    }

    pub(crate) fn data_dir(&self) -> &DataDir {
        &self.0.data_dir
    }

    /// Makes the data directory, for its owner's eyes alone.
    pub(crate) fn make_data_dir(&self) -> Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(self.data_dir().path())
            .map_err(|error| io_error(&error, "making the data directory"))
    }

    pub(crate) fn ports(&self) -> &Ports {
        &self.0.ports
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn downloads(&self) -> &Downloads {
        &self.0.downloads
    }

    pub(crate) fn reminders(&self) -> &Reminders {
        &self.0.reminders
    }

    /// Files that a lock kept from being taken in, and whose they are.
    pub(crate) fn interrupted_imports(&self) -> MutexGuard<'_, Vec<(AccountId, PathBuf)>> {
        self.0.interrupted_imports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn runtime(&self) -> &tokio::runtime::Runtime {
        &self.0.runtime
    }

    pub(crate) fn slot(&self) -> std::sync::MutexGuard<'_, Option<Arc<OpenVault>>> {
        self.0.open.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Tells that a session changed.
    pub(crate) fn announce(&self, id: SessionId) {
        self.ports().events.emit(Event::SessionChanged(id));
    }

    /// Tells where a job stands.
    pub(crate) fn announce_job(&self, open: &OpenVault, id: JobId) {
        // One that went away with its session has nobody who looks at it.
        if let Ok(job) = open.vault.read(|read| read.jobs().get(id)) {
            self.ports().events.emit(Event::JobChanged(job));
        }
    }

    /// Tells that the list changed.
    pub(crate) fn announce_list(&self) {
        self.ports().events.emit(Event::SessionsChanged);
    }
}

/// What a person gets for a failure of the disk.
pub(crate) fn io_error(error: &std::io::Error, doing: &str) -> CommandError {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => {
            CommandError::not_found("there is no such file").hint("Check the path.")
        }
        ErrorKind::PermissionDenied => {
            CommandError::new(ErrorCode::Io, format!("{doing} is not allowed"))
                .hint("Check the permissions of the file and its folder.")
        }
        ErrorKind::StorageFull => CommandError::new(ErrorCode::DiskFull, "the disk is full")
            .hint("Free some space and try again."),
        kind => CommandError::new(ErrorCode::Io, format!("{doing} failed ({kind})"))
            .hint("Check the disk and try again."),
    }
}
