//! Work that the window orders and does not wait for.

use super::queue::stored;
use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    import::ImportOptions,
    open_vault::OpenVault,
    review::find,
    views::{
        HoleView,
        window::{Queue, QueuedJob, Stopped},
    },
};
use journey_domain::{
    error_code::ErrorCode,
    job::{JobKind, JobOrder},
    ports::{CancelToken, Event},
    session::{Hole, HoleStage},
};
use journey_vault::SessionDetail;
use std::{
    cell::Cell,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How often a file that is being read tells how far it is.
const TELL_PAUSE: Duration = Duration::from_millis(250);

/// The files that wait to be taken in, and what became of the last ones. They are not in the vault:
/// a file that was not taken in is still where the person has it.
#[derive(Default)]
pub(crate) struct Imports(Mutex<Vec<Import>>);

struct Import {
    job: QueuedJob,
    path: PathBuf,
    cancel: CancelToken,
}

impl Imports {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<Import>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Those that are not finished, and those that failed until the next order.
    pub(crate) fn jobs(&self) -> Vec<QueuedJob> {
        self.with(|all| all.iter().map(|import| import.job.clone()).collect())
    }

    /// `false` when no such file waits.
    pub(crate) fn cancel(&self, id: &str) -> bool {
        self.with(|all| {
            let found = all.iter_mut().find(|import| import.job.id == id);
            if let Some(import) = &found {
                import.cancel.cancel();
            }
            found.is_some()
        })
    }

    fn add(&self, id: String, path: PathBuf) {
        let label = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let job = QueuedJob {
            id,
            session: None,
            kind: "import".to_owned(),
            label,
            state: "waiting".to_owned(),
            fraction: None,
            message: None,
            remaining_ms: None,
            error: None,
        };
        self.with(|all| all.push(Import { job, path, cancel: CancelToken::new() }));
    }

    fn next(&self) -> Option<(String, PathBuf, CancelToken)> {
        self.with(|all| {
            let import = all.iter_mut().find(|import| import.job.state == "waiting")?;
            import.job.state = "running".to_owned();
            Some((import.job.id.clone(), import.path.clone(), import.cancel.clone()))
        })
    }

    fn moved(&self, id: &str, fraction: f32) {
        self.with(|all| {
            if let Some(import) = all.iter_mut().find(|import| import.job.id == id) {
                import.job.fraction = Some(fraction);
            }
        });
    }

    /// Stops all that are not settled and gives their files, to be taken in at the next unlock.
    pub(crate) fn interrupt(&self) -> Vec<PathBuf> {
        self.with(|all| {
            all.iter()
                .filter(|import| matches!(import.job.state.as_str(), "waiting" | "running"))
                .filter(|import| !import.cancel.is_cancelled())
                .map(|import| {
                    import.cancel.cancel();
                    import.path.clone()
                })
                .collect()
        })
    }

    fn settle(&self, id: &str, failure: Option<CommandError>) {
        self.with(|all| match failure {
            Some(error) if error.code != ErrorCode::Cancelled => {
                if let Some(import) = all.iter_mut().find(|import| import.job.id == id) {
                    import.job.state = "failed".to_owned();
                    import.job.error = Some(error);
                }
            }
            _ => all.retain(|import| import.job.id != id),
        });
    }

    fn forget_failed(&self) {
        self.with(|all| all.retain(|import| import.job.state != "failed"));
    }
}

/// Whether nothing of this stage is there but the missing part.
fn is_whole(detail: &SessionDetail, part: &Hole) -> bool {
    match part.stage {
        HoleStage::Capture => false,
        HoleStage::Transcribe => {
            part.start_ms == 0 && part.end_ms >= detail.stored.session.duration_ms.unwrap_or(0)
        }
        HoleStage::Analyse => {
            let n_chars = detail.transcript.as_ref().map_or(0, |it| it.text.chars().count());
            part.start == 0 && part.end >= n_chars
        }
    }
}

impl App {
    /// A written reflection; its analysis follows.
    ///
    /// # Errors
    /// A usage error for an empty text.
    pub fn write_in_window(
        &self,
        me: &Unlocked,
        text: &str,
        title: Option<&str>,
    ) -> Result<Stopped> {
        let title = title.filter(|t| !t.trim().is_empty());
        let id = self.take_written(&me.open, text, title)?;
        self.forget_draft(me, None, text);
        self.announce_list();
        Ok(Stopped { session: id.to_string() })
    }

    /// Transcribes again, in the background.
    ///
    /// # Errors
    /// Not found.
    pub fn queue_transcription(&self, me: &Unlocked, id: &str) -> Result<QueuedJob> {
        self.queued(me, id, JobKind::Transcribe, &JobOrder::default())
    }

    /// Analyses again, in the background.
    ///
    /// # Errors
    /// Not found.
    pub fn queue_analysis(
        &self,
        me: &Unlocked,
        id: &str,
        provider: Option<&str>,
    ) -> Result<QueuedJob> {
        self.queued(me, id, JobKind::Analyse, &self.order_of(me, provider)?)
    }

    /// Works on a missing part alone, in the background. Of a session of which nothing was
    /// transcribed or analysed the part is the whole.
    ///
    /// # Errors
    /// Not found, also for a part that is no longer missing; a usage error for what was never
    /// recorded.
    pub fn queue_part(
        &self,
        me: &Unlocked,
        id: &str,
        hole: &HoleView,
        provider: Option<&str>,
    ) -> Result<QueuedJob> {
        let session = me.vault().read(|read| find(read, id))?;
        let detail = me.vault().read(|read| read.session(session))?;
        let of_session = detail.stored.session.holes.iter();
        let of_run = detail.run.iter().flat_map(|run| &run.holes);
        let part = of_session.chain(of_run).find(|it| HoleView::from(*it) == *hole).cloned();
        let part = part.ok_or_else(|| {
            CommandError::not_found("this part is not missing any more")
                .hint("Open the session again to see what is.")
        })?;
        let kind = match part.stage {
            HoleStage::Transcribe => JobKind::Transcribe,
            HoleStage::Analyse => JobKind::Analyse,
            HoleStage::Capture => {
                return Err(CommandError::usage("what was not recorded cannot be heard again")
                    .hint("Say it again in another recording, or write it into the text."));
            }
        };
        let mut order = match kind {
            JobKind::Analyse => self.order_of(me, provider)?,
            JobKind::Transcribe | JobKind::Sync => JobOrder::default(),
        };
        order.part = Some(part).filter(|part| !is_whole(&detail, part));
        self.queued(me, id, kind, &order)
    }

    fn queued(
        &self,
        me: &Unlocked,
        id: &str,
        kind: JobKind,
        order: &JobOrder,
    ) -> Result<QueuedJob> {
        let session = self.order(me, id, kind, order)?;
        me.vault().read(|read| {
            let jobs = read.jobs().of_session(session)?;
            let job = jobs
                .iter()
                .find(|job| job.kind == kind)
                .ok_or_else(|| CommandError::not_found("there is no such job"))?;
            stored(read, job)
        })
    }

    /// Takes files in, one after the other, in the background.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn queue_imports(
        &self,
        me: &Unlocked,
        paths: impl IntoIterator<Item = PathBuf>,
    ) -> Result<Queue> {
        me.open.imports().forget_failed();
        for path in paths {
            me.open.imports().add(self.ports().ids.next().to_string(), path);
        }
        self.ports().events.emit(Event::QueueChanged);
        self.queue(me)
    }

    /// Goes on with the files that a lock interrupted.
    pub(super) fn resume_imports(&self, open: &OpenVault) {
        let mut waiting = self.interrupted_imports();
        let account = open.account.id;
        for (_, path) in waiting.extract_if(.., |(of, _)| *of == account) {
            open.imports().add(self.ports().ids.next().to_string(), path);
        }
    }

    /// Takes the next waiting file in; `false` when none waits.
    pub(super) fn import_next(&self, open: &Arc<OpenVault>) -> bool {
        let Some((id, path, cancel)) = open.imports().next() else { return false };
        self.ports().events.emit(Event::QueueChanged);
        let options = ImportOptions { analyse: true, ..ImportOptions::default() };
        let taken = if cancel.is_cancelled() {
            Ok(())
        } else {
            let told = Cell::new(self.ports().clock.monotonic());
            let tell = |fraction| {
                open.imports().moved(&id, fraction);
                let now = self.ports().clock.monotonic();
                if now.saturating_sub(told.get()) >= TELL_PAUSE {
                    told.set(now);
                    self.ports().events.emit(Event::QueueChanged);
                }
            };
            self.take_in_telling(open, &path, &options, &cancel, &tell).map(drop)
        };
        if taken.is_ok() {
            self.interrupted_imports().retain(|(_, waiting)| *waiting != path);
        }
        open.imports().settle(&id, taken.err());
        self.ports().events.emit(Event::QueueChanged);
        true
    }
}
