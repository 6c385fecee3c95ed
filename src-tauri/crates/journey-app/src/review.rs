//! Looking back: lists, single sessions, marks, search.

use crate::{
    App,
    access::Unlocked,
    days,
    editing::whole,
    error::{CommandError, Result},
    record::RecordingLock,
    views::{CoverageView, HitView, SearchPage, SessionPage, SessionView, from_domain},
};
use journey_domain::{error_code::ErrorCode, ids::SessionId, session::CaptureState};
use journey_vault::{
    AuditAction, Read, SessionDetail, VaultError,
    table::{
        search::{FindableKind, SearchHit, SearchQuery as VaultQuery},
        sessions::SessionFilter,
    },
};

/// Longest title and tag, in characters.
const MAX_TITLE_CHARS: usize = 200;

/// Which sessions to list. Days are local, `YYYY-MM-DD`, both ends inclusive.
#[derive(Clone, Debug, Default)]
pub struct SessionQuery {
    /// First day.
    pub from: Option<String>,
    /// Last day.
    pub to: Option<String>,
    /// Only those with this tag.
    pub tag: Option<String>,
    /// Only favourites.
    pub favourites: bool,
    /// At most so many.
    pub limit: usize,
    /// The cursor of an earlier page.
    pub after: Option<String>,
}

/// What to look for. Days are local, `YYYY-MM-DD`, both ends inclusive.
#[derive(Clone, Debug, Default)]
pub struct SearchQuery {
    /// The words.
    pub text: String,
    /// `transcript` or an element kind.
    pub kind: Option<String>,
    /// First day.
    pub from: Option<String>,
    /// Last day.
    pub to: Option<String>,
    /// At most so many.
    pub limit: usize,
    /// The cursor of an earlier page.
    pub after: Option<String>,
}

impl SessionView {
    /// A session with everything that hangs on it.
    #[must_use]
    pub fn of(detail: &SessionDetail) -> Self {
        let session = &detail.stored.session;
        Self {
            id: session.id.to_string(),
            title: session.title.clone(),
            recorded_at: session.recorded_at.to_string(),
            source: session.source.as_str().to_owned(),
            duration_ms: session.duration_ms,
            status: session.status.as_str().to_owned(),
            recovered: from_domain::recovered(session),
            tags: session.tags.clone(),
            favourite: session.favourite,
            coverage: CoverageView::of(session, detail.transcript.as_ref(), detail.run.as_ref()),
            transcript: detail.transcript.as_ref().map(Into::into),
            run: detail.run.as_ref().map(Into::into),
            elements: detail.elements.iter().map(Into::into).collect(),
            relationships: detail.relationships.iter().map(Into::into).collect(),
            error: session.error.as_ref().map(Into::into),
        }
    }
}

impl From<&SearchHit> for HitView {
    fn from(hit: &SearchHit) -> Self {
        Self {
            session: hit.session.to_string(),
            element: hit.element.map(|id| id.to_string()),
            kind: hit.kind.as_str().to_owned(),
            start: hit.span.start,
            end: hit.span.end,
            label: hit.label.clone(),
            snippet: hit.snippet.clone(),
            score: hit.score,
        }
    }
}

/// The session of an id or its beginning, the bin left out.
pub(crate) fn find(read: &Read<'_>, id: &str) -> Result<SessionId> {
    let id = read.sessions().find(id)?;
    if read.sessions().get(id)?.session.deleted_at.is_some() {
        return Err(VaultError::NotFound("session").into());
    }
    Ok(id)
}

fn bounded(text: &str, what: &str) -> Result<String> {
    let text = text.trim();
    let n_chars = text.chars().count();
    let is_shown = |c: char| !c.is_control() && !reorders(c);
    if n_chars == 0 || n_chars > MAX_TITLE_CHARS || !text.chars().all(is_shown) {
        return Err(CommandError::usage(format!(
            "a {what} has 1 to {MAX_TITLE_CHARS} characters on one line"
        )));
    }
    Ok(text.to_owned())
}

/// Whether a character makes others stand in another order than they were written.
#[must_use]
pub const fn reorders(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A title as it may be stored.
///
/// # Errors
/// A usage error for an empty or overlong one, and for characters that cannot be seen.
pub fn title(text: &str) -> Result<String> {
    bounded(text, "title")
}

impl App {
    /// A page of sessions, newest first.
    ///
    /// # Errors
    /// A usage error for a day or cursor that is none.
    pub fn sessions(&self, me: &Unlocked, query: &SessionQuery) -> Result<SessionPage> {
        let zone = self.ports().clock.time_zone();
        let (from, before) = days::range(query.from.as_deref(), query.to.as_deref(), &zone)?;
        let filter =
            SessionFilter { from, before, tag: query.tag.clone(), favourites: query.favourites };
        let page = me.vault().read(|read| {
            read.sessions()
                .list(&filter, query.limit, query.after.as_deref())
                .map_err(CommandError::from)
        })?;
        Ok(SessionPage { sessions: page.items.iter().map(Into::into).collect(), next: page.next })
    }

    /// One session whole.
    ///
    /// # Errors
    /// Not found, ambiguous, or the vault's failure.
    pub fn show(&self, me: &Unlocked, id: &str) -> Result<SessionView> {
        me.vault().read(|read| {
            let id = find(read, id)?;
            Ok(SessionView::of(&whole(read, id)?))
        })
    }

    /// One session whole, by its id.
    pub(crate) fn view(&self, me: &Unlocked, id: SessionId) -> Result<SessionView> {
        me.vault().read(|read| Ok(SessionView::of(&whole(read, id)?)))
    }

    /// Gives it another title.
    ///
    /// # Errors
    /// A usage error for a bad title; not found.
    pub fn rename(&self, me: &Unlocked, id: &str, new_title: &str) -> Result<SessionView> {
        let new_title = title(new_title)?;
        self.change(me, id, |write, id| Ok(write.sessions().rename(id, &new_title)?))
    }

    /// Adds tags and takes others away.
    ///
    /// # Errors
    /// A usage error for a bad tag; not found.
    pub fn tag(
        &self,
        me: &Unlocked,
        id: &str,
        added: &[String],
        removed: &[String],
    ) -> Result<SessionView> {
        let checked = |tags: &[String]| {
            tags.iter().map(|tag| bounded(tag, "tag")).collect::<Result<Vec<_>>>()
        };
        let (added, removed) = (checked(added)?, checked(removed)?);
        self.change(me, id, |write, id| {
            write.sessions().add_tags(id, &added)?;
            for tag in &removed {
                write.sessions().remove_tag(id, tag)?;
            }
            Ok(())
        })
    }

    /// Marks it as a favourite, or unmarks it.
    ///
    /// # Errors
    /// Not found.
    pub fn toggle_favourite(&self, me: &Unlocked, id: &str) -> Result<SessionView> {
        self.change(me, id, |write, id| {
            let marked = write.read().sessions().get(id)?.session.favourite;
            Ok(write.sessions().set_favourite(id, !marked)?)
        })
    }

    /// Puts it in the bin.
    ///
    /// # Errors
    /// Not found.
    pub fn bin(&self, me: &Unlocked, id: &str) -> Result<()> {
        self.stop_playing(me, id)?;
        let session = me.vault().read(|read| find(read, id))?;
        self.change(me, id, |write, id| Ok(write.sessions().bin(id)?))?;
        // What was thrown away goes nowhere; taken out again, its work goes on.
        me.open.cancel_jobs_of(session);
        Ok(())
    }

    /// Takes it out of the bin.
    ///
    /// # Errors
    /// Not found.
    pub fn unbin(&self, me: &Unlocked, id: &str) -> Result<SessionView> {
        let id = me.vault().read(|read| Ok::<_, CommandError>(read.sessions().find(id)?))?;
        me.vault().write(|write| Ok::<_, CommandError>(write.sessions().unbin(id)?))?;
        self.announce_list();
        self.view(me, id)
    }

    /// Erases it for good: rows, search index, log and sound. Works on one in the bin too.
    ///
    /// # Errors
    /// Not found; busy while it is being recorded.
    pub fn erase(&self, me: &Unlocked, id: &str) -> Result<String> {
        let id = me.vault().read(|read| Ok::<_, CommandError>(read.sessions().find(id)?))?;
        if me.open.is_recording(id) {
            return Err(CommandError::new(ErrorCode::Busy, "this session is being recorded")
                .hint("Stop the recording first."));
        }
        let alone = RecordingLock::alone(me.vault().dir())?;
        let captured = me.vault().read(|read| read.sessions().get(id))?.session.capture;
        if captured == CaptureState::Recording && alone.is_none() {
            return Err(CommandError::new(
                ErrorCode::Busy,
                "this session may be under way in another window or command",
            )
            .hint("Stop the recording or the import there, and try again."));
        }
        me.open.cancel_jobs_of(id);
        me.open.player().forget(id);
        let erased = me.vault().erase_session(id);
        // Even where it failed, its rows may be gone; and what it left to be done is done soon.
        me.open.settle_soon();
        self.announce_list();
        erased?;
        if alone.is_some()
            && let Err(error) = me.vault().remove_snapshot()
        {
            // It holds the words still; the next unlock tries again.
            tracing::warn!(%error, "the database of a killed backup could not be removed");
        }
        self.audit_event(&me.caller, AuditAction::SessionErased, None);
        Ok(id.to_string())
    }

    /// Full-text search over transcripts and elements.
    ///
    /// # Errors
    /// A usage error for an unknown kind, day or cursor.
    pub fn search(&self, me: &Unlocked, query: &SearchQuery) -> Result<SearchPage> {
        let page = self.search_hits(me, query)?;
        Ok(SearchPage {
            hits: page.hits.iter().map(Into::into).collect(),
            next: page.next,
            ranked: page.ranked,
        })
    }

    /// The same with what the window shows beside a match.
    pub(crate) fn search_hits(
        &self,
        me: &Unlocked,
        query: &SearchQuery,
    ) -> Result<journey_vault::table::search::SearchPage> {
        let kind =
            query.kind.as_deref().map(str::parse::<FindableKind>).transpose().map_err(|_| {
                CommandError::usage("there is no such kind")
                    .hint("It is transcript, emotion, topic, insight, belief, challenge or action.")
            })?;
        let zone = self.ports().clock.time_zone();
        let (from, before) = days::range(query.from.as_deref(), query.to.as_deref(), &zone)?;
        let wanted = VaultQuery { text: query.text.clone(), kind, from, before };
        me.vault().read(|read| Ok(read.search(&wanted, query.limit, query.after.as_deref())?))
    }

    /// Changes a session and gives it back as it is then.
    pub(crate) fn change(
        &self,
        me: &Unlocked,
        id: &str,
        change: impl FnOnce(&journey_vault::Write<'_>, SessionId) -> Result<()>,
    ) -> Result<SessionView> {
        let id = me.vault().read(|read| find(read, id))?;
        me.vault().write(|write| change(write, id))?;
        self.announce(id);
        self.view(me, id)
    }
}
