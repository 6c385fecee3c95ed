//! Speech models: which there are, which one transcribes, fetching one that the person orders.

use crate::{
    App,
    access::Unlocked,
    app::io_error,
    data_dir::DataDir,
    error::{CommandError, Result},
    open_vault::OpenVault,
    pipeline::transcribe::Recogniser,
    views::{ModelList, ModelView},
};
use journey_domain::{consent::Consent, error_code::ErrorCode, job::JobEvent, ports::CancelToken};
use journey_speech::{
    engine::{Language, ModelFile, ModelKind},
    models::{
        catalogue::{self, CatalogueModel, Languages},
        download::{DownloadOptions, DownloadPorts, Source, download},
        installed::{InstalledError, InstalledModel, InstalledModels, ModelState},
    },
};
use serde_json::Value;
use std::{path::Path, sync::Arc};

/// How many minutes of speech `tiny` does in a minute on one core, roughly: measured with one
/// thread on a 2-core machine.
const TINY_SPEED_PER_CORE: f32 = 12.0;

/// Where speech models are fetched from, and which hosts may send them.
#[derive(Clone)]
pub struct ModelHost {
    hosts: Vec<String>,
    source: Arc<dyn Fn(&CatalogueModel) -> Source + Send + Sync>,
}

impl ModelHost {
    /// The catalogue's own.
    #[must_use]
    pub fn catalogue() -> Self {
        Self::new(catalogue::HOSTS.map(ToOwned::to_owned), CatalogueModel::source)
    }

    /// Another one: its hosts, and where it has a model.
    pub fn new(
        hosts: impl IntoIterator<Item = String>,
        source: impl Fn(&CatalogueModel) -> Source + Send + Sync + 'static,
    ) -> Self {
        Self { hosts: hosts.into_iter().collect(), source: Arc::new(source) }
    }

    pub(crate) fn source(&self, model: &CatalogueModel) -> Source {
        (self.source)(model)
    }
}

impl App {
    fn installed(&self) -> InstalledModels {
        InstalledModels::new(self.data_dir().models())
    }

    /// The speech models, installed or not, with a recommendation for this computer.
    ///
    /// # Errors
    /// When the folder of models cannot be read.
    pub fn models(&self, me: Option<&Unlocked>) -> Result<ModelList> {
        let installed = self.installed().list().map_err(|e| installed_error(&e))?;
        let in_use = self.model_name(me.map(|me| &*me.open), &installed)?;
        let recommended = recommended();
        let mut models: Vec<ModelView> = catalogue::all()
            .iter()
            .map(|model| {
                let here = installed.iter().find(|m| m.name == model.name);
                ModelView {
                    name: model.name.to_owned(),
                    bytes: model.size_bytes,
                    languages: languages(model.languages).to_owned(),
                    installed: here.is_some_and(|m| m.state != ModelState::Damaged),
                    state: here.map_or("not installed", |m| state(m.state)).to_owned(),
                    in_use: in_use.as_deref() == Some(model.name),
                    recommended: model.name == recommended,
                    speed: Some(speed(model.slowness)),
                }
            })
            .collect();
        models.extend(installed.iter().filter(|m| catalogue::by_name(&m.name).is_none()).map(
            |m| {
                ModelView {
                    name: m.name.clone(),
                    bytes: m.size_bytes,
                    languages: ModelFile::open(&m.path)
                        .map_or("", |f| match f.kind() {
                            ModelKind::English => "en",
                            ModelKind::Multilingual => "multilingual",
                        })
                        .to_owned(),
                    installed: true,
                    state: state(m.state).to_owned(),
                    in_use: in_use.as_ref() == Some(&m.name),
                    recommended: false,
                    speed: None,
                }
            },
        ));
        models.sort_by_key(|m| m.bytes);
        Ok(ModelList { models })
    }

    /// Adds a model file that the person has.
    ///
    /// # Errors
    /// A broken or foreign file, with the reason.
    pub fn add_model(&self, me: &Unlocked, file: &Path) -> Result<ModelList> {
        if file.exists() && !file.is_file() {
            return Err(CommandError::new(ErrorCode::BadFile, "this is not a file")
                .hint("Name the model's file itself, not its folder."));
        }
        if !file.is_file() {
            return Err(CommandError::not_found("there is no such file").hint("Check the path."));
        }
        self.make_data_dir()?;
        self.installed()
            .add(file, &|path| ModelFile::open(path).map(drop).map_err(|e| e.reason))
            .map_err(|e| installed_error(&e))?;
        self.transcribe_waiting(&me.open)?;
        self.models(Some(me))
    }

    /// What waited for a speech model waits no longer.
    fn transcribe_waiting(&self, open: &OpenVault) -> Result<()> {
        let n_waiting = open.vault.write(|write| {
            let waiting = write.jobs().parked(ErrorCode::NoModel)?;
            for job in &waiting {
                write.jobs().apply(job.id, JobEvent::Requeued)?;
            }
            Ok::<_, CommandError>(waiting.len())
        })?;
        if n_waiting > 0 {
            self.announce_list();
        }
        Ok(())
    }

    /// Transcribes with this model from now on.
    ///
    /// # Errors
    /// When it is not installed or damaged.
    pub fn use_model(&self, me: &Unlocked, name: &str) -> Result<ModelList> {
        self.open_model(name)?;
        self.set_setting(me, "speech_model", &Value::String(name.to_owned()))?;
        self.ports().engine.release();
        self.transcribe_waiting(&me.open)?;
        self.models(Some(me))
    }

    /// Removes a model from this computer.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn remove_model(&self, me: &Unlocked, name: &str) -> Result<ModelList> {
        self.ports().engine.release();
        self.installed().remove(name).map_err(|e| installed_error(&e))?;
        self.models(Some(me))
    }

    /// Downloads a model; goes on where an earlier download stopped.
    ///
    /// # Errors
    /// What went wrong, in plain words, and what to do.
    pub fn download_model(
        &self,
        me: &Unlocked,
        name: &str,
        cancel: &CancelToken,
    ) -> Result<ModelList> {
        self.fetch_model(&me.open, name, cancel, &mut |_, _| {})?;
        self.models(Some(me))
    }

    /// The same with a listener for bytes and total.
    pub(crate) fn fetch_model(
        &self,
        open: &OpenVault,
        name: &str,
        cancel: &CancelToken,
        progress: &mut (dyn FnMut(u64, u64) + Send),
    ) -> Result<()> {
        let model = self.catalogue_model(name)?;
        self.make_data_dir()?;
        let dir = self.data_dir().models();
        std::fs::create_dir_all(&dir).map_err(|e| io_error(&e, "making the folder of models"))?;
        let host = &self.ports().models;
        let consent = Consent::for_ordered_download(host.hosts.iter().cloned());
        let ports = DownloadPorts { consent: &consent, ledger: &*open.vault, cancel };
        self.runtime()
            .block_on(download(
                &host.source(model),
                &dir,
                &ports,
                &DownloadOptions::default(),
                progress,
            ))
            .map_err(|error| {
                let it = CommandError::new(error.code(), error.to_string());
                match error.hint() {
                    Some(hint) => it.hint(hint),
                    None => it,
                }
            })?;
        self.transcribe_waiting(open)
    }

    /// A model of the catalogue.
    pub(crate) fn catalogue_model(&self, name: &str) -> Result<&'static CatalogueModel> {
        catalogue::by_name(name).ok_or_else(|| {
            CommandError::not_found("there is no such model")
                .hint("`insight-journey model list` shows the names.")
        })
    }

    /// The model that transcribes, opened and checked, with the person's language.
    ///
    /// # Errors
    /// When no model is installed, or the chosen one is damaged.
    pub(crate) fn recogniser(
        &self,
        open: &OpenVault,
        language: Option<&str>,
    ) -> Result<Recogniser> {
        if let Some(chosen) = open.chosen_recogniser() {
            return Ok(chosen);
        }
        let installed = self.installed().list().map_err(|e| installed_error(&e))?;
        let name = self.model_name(Some(open), &installed)?.ok_or_else(no_model)?;
        let found = installed.iter().find(|m| m.name == name).ok_or_else(|| {
            CommandError::new(ErrorCode::NoModel, "the chosen speech model is not installed")
                .hint("Choose another with `insight-journey model use NAME`, or download it again.")
        })?;
        let model = ModelFile::open(&found.path).map_err(|e| bad_model(&e.reason))?;
        let spoken = match language {
            Some(language) => language.to_owned(),
            None => {
                self.text_setting(open, "speech_language")?.unwrap_or_else(|| "auto".to_owned())
            }
        };
        let language = match spoken.as_str() {
            "auto" => Language::Auto,
            code => Language::Fixed(code.to_owned()),
        };
        let uses_vad = self.flag(open, "speech_vad")?;
        Ok(Recogniser { model, name, language, uses_vad })
    }

    /// Whether an installed model is what it should be.
    pub(crate) fn open_model(&self, name: &str) -> Result<()> {
        let model = self.installed().find(name).map_err(|e| installed_error(&e))?;
        ModelFile::open(&model.path).map(drop).map_err(|e| bad_model(&e.reason))
    }

    /// The best model in the folder of another data directory, for `try`.
    pub(crate) fn best_installed(&self, data_dir: &DataDir) -> Option<Recogniser> {
        let installed = InstalledModels::new(data_dir.models()).list().ok()?;
        let best = best(&installed)?;
        let model = ModelFile::open(&best.path).ok()?;
        Some(Recogniser {
            model,
            name: best.name.clone(),
            language: Language::Auto,
            uses_vad: true,
        })
    }

    /// The person's choice, else the computer's, else the best one installed.
    fn model_name(
        &self,
        open: Option<&OpenVault>,
        installed: &[InstalledModel],
    ) -> Result<Option<String>> {
        let own = open.map(|open| self.text_setting(open, "speech_model")).transpose()?.flatten();
        let shared = || self.system_text("default_model");
        let default = match own {
            Some(name) => Some(name),
            None => shared()?.filter(|name| installed.iter().any(|m| m.name == *name)),
        };
        Ok(default.or_else(|| best(installed).map(|m| m.name.clone())))
    }
}

/// The recommended one if it is there, else the largest that is whole.
fn best(installed: &[InstalledModel]) -> Option<&InstalledModel> {
    let usable = || installed.iter().filter(|m| m.state != ModelState::Damaged);
    usable().find(|m| m.name == recommended()).or_else(|| usable().max_by_key(|m| m.size_bytes))
}

fn recommended() -> &'static str {
    let n_cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    catalogue::recommended(n_cores, memory_bytes(), Languages::English)
}

/// Physical memory; 4 GB where it cannot be told.
fn memory_bytes() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("MemTotal:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    told.map_or(4_000_000_000, |kib| kib * 1024)
}

fn speed(slowness: f32) -> f32 {
    let n_cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let used = n_cores.saturating_sub(1).max(1) as f32;
    TINY_SPEED_PER_CORE * used / slowness.max(0.1)
}

const fn languages(languages: Languages) -> &'static str {
    match languages {
        Languages::English => "en",
        Languages::Many => "multilingual",
    }
}

const fn state(state: ModelState) -> &'static str {
    match state {
        ModelState::Verified => "verified",
        ModelState::AddedByHand => "added by hand",
        ModelState::Damaged => "damaged",
    }
}

fn no_model() -> CommandError {
    CommandError::new(ErrorCode::NoModel, "no speech model is installed yet").hint(
        "Get one with `insight-journey model download base.en`; the recording is safe and waits.",
    )
}

fn bad_model(reason: &str) -> CommandError {
    CommandError::new(ErrorCode::BadModel, format!("the speech model cannot be used: {reason}"))
        .hint("Download it again, or choose another.")
}

fn installed_error(error: &InstalledError) -> CommandError {
    let (code, hint) = match error {
        InstalledError::NotFound(_) => {
            (ErrorCode::NotFound, "`insight-journey model list` shows the names.")
        }
        InstalledError::Exists(_) => {
            (ErrorCode::Exists, "Remove it first to put another in its place.")
        }
        InstalledError::NotAModel(_) | InstalledError::NotTheNamedModel(_) => (
            ErrorCode::BadModel,
            "Download it again: a whisper.cpp model in ggml format is needed.",
        ),
        _ => (ErrorCode::Io, "Check the disk and try again."),
    };
    CommandError::new(code, error.to_string()).hint(hint)
}
