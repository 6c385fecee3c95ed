//! Who analyses: the on-device analyser, or the provider that the person chose.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    open_vault::OpenVault,
    pipeline::cancelled,
    review::find,
    views::SessionView,
};
use journey_analysis::{Analyser, OnDeviceAnalyser};
use journey_domain::{ids::SessionId, job::JobKind, ports::CancelToken};
use std::sync::Arc;

impl App {
    /// The analyser of a session.
    pub(crate) fn analyser(
        &self,
        _open: &OpenVault,
        _session: SessionId,
    ) -> Result<Arc<dyn Analyser>> {
        let built_in = OnDeviceAnalyser::new().map_err(|error| CommandError::internal(&error))?;
        Ok(Arc::new(built_in))
    }

    /// Transcribes a session again, then analyses it.
    ///
    /// # Errors
    /// Not found, no sound left, cancelled.
    pub fn transcribe(&self, me: &Unlocked, id: &str, cancel: &CancelToken) -> Result<SessionView> {
        let id = self.order(me, id, JobKind::Transcribe)?;
        self.finish_jobs(&me.open, id, cancel)?;
        self.view(me, id)
    }

    /// Analyses a session again.
    ///
    /// # Errors
    /// Not found, no transcript yet, cancelled.
    pub fn analyse(
        &self,
        me: &Unlocked,
        id: &str,
        provider: Option<&str>,
        cancel: &CancelToken,
    ) -> Result<SessionView> {
        if provider.is_some_and(|p| p != "on-device") {
            return Err(CommandError::usage("this provider is not set up")
                .hint("`insight-journey provider list` shows what there is."));
        }
        if cancel.is_cancelled() {
            return Err(cancelled());
        }
        let id = self.order(me, id, JobKind::Analyse)?;
        self.finish_jobs(&me.open, id, cancel)?;
        self.view(me, id)
    }

    pub(crate) fn order(&self, me: &Unlocked, id: &str, kind: JobKind) -> Result<SessionId> {
        let id = me.vault().read(|read| find(read, id))?;
        me.vault()
            .write(|write| write.jobs().enqueue(id, kind).map(drop).map_err(CommandError::from))?;
        Ok(id)
    }
}
