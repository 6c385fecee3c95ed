//! What is typed in the window before it is kept: in the vault at once, so that neither a lock nor a
//! crash nor a wrong key loses it.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    review::find,
    views::window::DraftView,
};
use journey_vault::table::drafts::DraftOf;

impl App {
    /// What was typed for a session's text, or for a new reflection, and not kept yet.
    ///
    /// # Errors
    /// Not found.
    pub fn draft(&self, me: &Unlocked, session: Option<&str>) -> Result<Option<DraftView>> {
        me.vault().read(|read| {
            let session = session.map(|id| find(read, id)).transpose()?;
            Ok(read.drafts().get(session)?.map(|it| DraftView {
                revision: it.revision,
                title: it.title,
                text: it.text,
                at: it.at.to_string(),
            }))
        })
    }

    /// Remembers what was typed: in the text of `session` as it was at `revision`, or (without a
    /// session) in a new reflection. Where nothing is left of it, it is forgotten.
    ///
    /// # Errors
    /// Not found; a usage error where words of a session's text come without their revision.
    pub fn set_draft(
        &self,
        me: &Unlocked,
        session: Option<&str>,
        revision: Option<u32>,
        title: &str,
        text: &str,
    ) -> Result<()> {
        let session = session.map(|id| me.vault().read(|read| find(read, id))).transpose()?;
        if text.is_empty() && title.is_empty() {
            me.vault().write(|write| write.drafts().remove(session))?;
            return Ok(());
        }
        let of = match (session, revision) {
            (None, _) => DraftOf::New,
            (Some(session), Some(revision)) => DraftOf::Edit { session, revision },
            (Some(_), None) => {
                return Err(CommandError::usage("an edited text belongs to a revision"));
            }
        };
        me.vault().write(|write| write.drafts().set(of, title, text))?;
        Ok(())
    }

    /// What was typed is kept now. Its draft goes; one that holds other words, typed since, stays.
    /// Where it cannot be forgotten, it is offered once more.
    pub(super) fn forget_draft(&self, me: &Unlocked, session: Option<&str>, kept: &str) {
        let forgotten = me.vault().write(|write| {
            let session = session.map(|id| find(&write.read(), id)).transpose()?;
            let typed = write.read().drafts().get(session)?;
            if typed.is_some_and(|it| it.text == kept) {
                write.drafts().remove(session)?;
            }
            Ok::<_, CommandError>(())
        });
        if let Err(error) = forgotten {
            tracing::warn!(code = ?error.code, "a draft stays though its text is kept");
        }
    }
}
