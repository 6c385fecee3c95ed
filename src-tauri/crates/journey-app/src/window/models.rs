//! Speech models fetched while the window does something else: paused, gone on with, and taken up
//! again after a lock.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    open_vault::OpenVault,
    views::{
        ModelView,
        window::{ModelRow, ModelRows},
    },
};
use journey_domain::{
    ids::AccountId,
    ports::{CancelToken, Event},
};
use journey_speech::models::{catalogue, download::kept_bytes};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

/// How often a download tells how far it is: a bar that moves, and no flood.
const TELL_PAUSE: Duration = Duration::from_millis(250);

/// The downloads of this process: under way, stopped, or failed. Bytes that came are on disk, so
/// that nothing is lost with this.
#[derive(Default)]
pub(crate) struct Downloads(Mutex<BTreeMap<String, Download>>);

struct Download {
    account: AccountId,
    state: DownloadState,
    fraction: Option<f32>,
    cancel: CancelToken,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone, Debug, PartialEq)]
enum DownloadState {
    Running,
    /// The person paused it.
    Paused,
    /// The vault was locked, and the ledger with it; it goes on at the next unlock.
    Interrupted,
    Failed(CommandError),
}

impl Downloads {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Download>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a row shows of it.
    fn of(&self, name: &str) -> Option<(DownloadState, Option<f32>)> {
        self.with(|all| all.get(name).map(|it| (it.state.clone(), it.fraction)))
    }

    /// The thread that is to be waited for; `None` when it is under way already.
    fn begin(
        &self,
        name: &str,
        account: AccountId,
        cancel: &CancelToken,
    ) -> Option<Option<JoinHandle<()>>> {
        self.with(|all| {
            let before = all.remove(name);
            if let Some(running) = before.as_ref().filter(|it| it.state == DownloadState::Running) {
                let same = running.account == account;
                if same {
                    all.extend(before.map(|it| (name.to_owned(), it)));
                    return None;
                }
            }
            let (fraction, thread) = before.map_or((None, None), |it| {
                it.cancel.cancel();
                (it.fraction, it.thread)
            });
            all.insert(
                name.to_owned(),
                Download {
                    account,
                    state: DownloadState::Running,
                    fraction,
                    cancel: cancel.clone(),
                    thread: None,
                },
            );
            Some(thread)
        })
    }

    fn thread(&self, name: &str, thread: JoinHandle<()>) {
        self.with(|all| {
            if let Some(it) = all.get_mut(name) {
                it.thread = Some(thread);
            }
        });
    }

    fn moved(&self, name: &str, fraction: f32) {
        self.with(|all| {
            if let Some(it) = all.get_mut(name) {
                it.fraction = Some(fraction);
            }
        });
    }

    /// What came of it, unless somebody stopped it and said so already.
    fn settle(&self, name: &str, cancel: &CancelToken, outcome: Result<()>) {
        self.with(|all| match outcome {
            Ok(()) => drop(all.remove(name)),
            Err(error) if !cancel.is_cancelled() => {
                if let Some(it) = all.get_mut(name) {
                    it.state = DownloadState::Failed(error);
                }
            }
            Err(_) => {}
        });
    }

    fn stop(&self, name: &str) {
        self.with(|all| {
            if let Some(it) = all.get_mut(name).filter(|it| it.state == DownloadState::Running) {
                it.cancel.cancel();
                it.state = DownloadState::Paused;
            }
        });
    }

    /// Stops all that run, to go on at the next unlock.
    pub(crate) fn interrupt(&self) {
        self.with(|all| {
            for it in all.values_mut().filter(|it| it.state == DownloadState::Running) {
                it.cancel.cancel();
                it.state = DownloadState::Interrupted;
            }
        });
    }

    fn interrupted(&self, account: AccountId) -> Vec<String> {
        self.with(|all| {
            all.iter()
                .filter(|(_, it)| it.state == DownloadState::Interrupted && it.account == account)
                .map(|(name, _)| name.clone())
                .collect()
        })
    }

    fn forget(&self, name: &str) {
        self.with(|all| drop(all.remove(name)));
    }
}

impl App {
    /// The speech models, for the page that chooses one, with what is on its way.
    ///
    /// # Errors
    /// When the folder of models cannot be read.
    pub fn model_rows(&self, me: &Unlocked) -> Result<ModelRows> {
        let list = self.models(Some(me))?;
        let largest = list.models.iter().map(|m| m.bytes).max().unwrap_or(1).max(1);
        let models = list.models.into_iter().map(|m| self.model_row(m, largest)).collect();
        Ok(ModelRows { models })
    }

    fn model_row(&self, m: ModelView, largest_bytes: u64) -> ModelRow {
        let kept = || {
            let source = self.ports().models.source(catalogue::by_name(&m.name)?);
            let kept = kept_bytes(&source, &self.data_dir().models())?;
            Some(kept as f32 / source.size_bytes.max(1) as f32)
        };
        let (state, fraction, error) = match (self.downloads().of(&m.name), m.installed) {
            (Some((DownloadState::Running, fraction)), _) => {
                ("downloading", Some(fraction.or_else(kept).unwrap_or_default()), None)
            }
            (_, true) => ("installed", None, None),
            (Some((DownloadState::Failed(error), _)), _) => ("failed", kept(), Some(error)),
            (Some((DownloadState::Paused | DownloadState::Interrupted, fraction)), _) => {
                ("paused", Some(fraction.or_else(kept).unwrap_or_default()), None)
            }
            (None, false) => match kept() {
                Some(fraction) => ("paused", Some(fraction), None),
                None => ("available", None, None),
            },
        };
        ModelRow {
            title: title(&m.name),
            english_only: m.languages == "en",
            speed: m.speed.unwrap_or_default(),
            // Larger models hear better; how much better depends on the voice.
            accuracy: (m.bytes as f32 / largest_bytes as f32).powf(0.25),
            recommended: m.recommended,
            state: state.to_owned(),
            fraction,
            in_use: m.in_use,
            error,
            bytes: m.bytes,
            name: m.name,
        }
    }

    /// Fetches a model in the background; goes on where an earlier download stopped. Does nothing
    /// when it is under way or installed already.
    ///
    /// # Errors
    /// Not found.
    pub fn start_model_download(&self, me: &Unlocked, name: &str) -> Result<()> {
        self.catalogue_model(name)?;
        self.download_in_background(&me.open, name)
    }

    /// Stops a download; what has come stays and is gone on from.
    pub fn pause_model_download(&self, _me: &Unlocked, name: &str) {
        self.downloads().stop(name);
        self.ports().events.emit(Event::ModelsChanged);
    }

    /// Adds a model file that the person chose.
    ///
    /// # Errors
    /// A broken or foreign file, with the reason.
    pub fn add_model_in_window(&self, me: &Unlocked, file: &Path) -> Result<ModelRows> {
        self.add_model(me, file)?;
        self.ports().events.emit(Event::ModelsChanged);
        self.model_rows(me)
    }

    /// Goes on with what a lock interrupted.
    pub(super) fn resume_downloads(&self, open: &Arc<OpenVault>) {
        for name in self.downloads().interrupted(open.account.id) {
            if let Err(error) = self.download_in_background(open, &name) {
                tracing::warn!(code = ?error.code, "a download was not gone on with");
            }
        }
    }

    fn download_in_background(&self, open: &Arc<OpenVault>, name: &str) -> Result<()> {
        if self.open_model(name).is_ok() {
            self.downloads().forget(name);
            return Ok(());
        }
        let cancel = CancelToken::new();
        let Some(before) = self.downloads().begin(name, open.account.id, &cancel) else {
            return Ok(());
        };
        let (app, open, wanted) = (self.clone(), Arc::clone(open), name.to_owned());
        let fetch = move || {
            if let Some(before) = before {
                // It was told to stop and holds the partial file until it has.
                drop(before.join());
            }
            app.fetch_and_tell(&open, &wanted, &cancel);
        };
        let spawned = std::thread::Builder::new().name("download".to_owned()).spawn(fetch);
        match spawned {
            Ok(thread) => self.downloads().thread(name, thread),
            Err(error) => {
                self.downloads().forget(name);
                return Err(CommandError::internal(&error));
            }
        }
        self.ports().events.emit(Event::ModelsChanged);
        Ok(())
    }

    fn fetch_and_tell(&self, open: &OpenVault, name: &str, cancel: &CancelToken) {
        let events = self.ports().events.clone();
        let clock = self.ports().clock.clone();
        let mut told = None::<Duration>;
        let mut progress = |bytes: u64, total: u64| {
            self.downloads().moved(name, bytes as f32 / total.max(1) as f32);
            let now = clock.monotonic();
            if told.is_none_or(|last| now.saturating_sub(last) >= TELL_PAUSE) {
                told = Some(now);
                events.emit(Event::ModelsChanged);
            }
        };
        let outcome = self.fetch_model(open, name, cancel, &mut progress);
        if let Err(error) = &outcome {
            tracing::info!(code = ?error.code, "a model download stopped");
        }
        self.downloads().settle(name, cancel, outcome);
        self.ports().events.emit(Event::ModelsChanged);
    }
}

/// A model's name for people: `large-v3-turbo-q5_0` is "Large, turbo, compact".
fn title(name: &str) -> String {
    let plain = name.split(".en").collect::<String>();
    let mut parts = plain.split('-').filter(|part| *part != "v3").map(|part| match part {
        quantised if quantised.starts_with("q5") => "compact",
        part => part,
    });
    let first = parts.next().unwrap_or_default();
    let mut title: String = first.chars().take(1).flat_map(char::to_uppercase).collect();
    title.extend(first.chars().skip(1));
    for part in parts {
        title.push_str(", ");
        title.push_str(part);
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_made_of_the_words_of_a_name() {
        for (name, wanted) in [
            ("tiny.en", "Tiny"),
            ("base.en-q5_1", "Base, compact"),
            ("large-v3-turbo-q5_0", "Large, turbo, compact"),
        ] {
            assert_eq!(title(name), wanted);
        }
    }
}
