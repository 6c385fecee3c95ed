//! What a vault gives to whoever reads or writes: the tables' handles, and the steps that change
//! several tables at once.

use super::VaultPorts;
use crate::{
    VaultError,
    table::{
        analysis_cache::{AnalysisCache, AnalysisCacheMut},
        corrections::{Corrections, CorrectionsMut},
        drafts::{Drafts, DraftsMut},
        elements::{Elements, ElementsMut},
        jobs::{Jobs, JobsMut},
        ledger::{LedgerRows, LedgerRowsMut},
        overview::Overviews,
        recordings::{Recording, Recordings, RecordingsMut},
        runs::{Runs, RunsMut},
        search::{self, SearchPage, SearchQuery},
        secrets::{Secrets, SecretsMut},
        sessions::{Sessions, SessionsMut, StoredSession},
        settings::{Settings, SettingsMut},
        shown,
        taxonomy_edits::{TaxonomyEdits, TaxonomyEditsMut},
        threads::{Threads, ThreadsMut},
        transcripts::{Transcripts, TranscriptsMut},
    },
};
use journey_domain::{
    element::{Element, Evidence, Relationship},
    ids::{ElementId, JobId, RelationshipId, RunId, SessionId},
    job::{Job, JobEvent},
    run::Run,
    session::{Hole, HoleStage, Status},
    taxonomy::NodeId,
    text::IndexedText,
    transcript::Transcript,
};
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};

/// Everything that a session page shows.
#[derive(Clone, Debug)]
pub struct SessionDetail {
    /// The session.
    pub stored: StoredSession,
    /// Its newest transcript revision.
    pub transcript: Option<Transcript>,
    /// The accepted run.
    pub run: Option<Run>,
    /// What it found that stands in this revision, after the person's corrections and changes to
    /// the taxonomies.
    pub elements: Vec<Element>,
    /// The links between them.
    pub relationships: Vec<Relationship>,
    /// Its sound.
    pub recordings: Vec<Recording>,
    /// Its jobs, settled ones included.
    pub jobs: Vec<Job>,
}

/// A transcript to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewTranscript<'a> {
    /// Whose.
    pub session: SessionId,
    /// The text; it gets the next revision's number, whatever its own says.
    pub transcript: &'a Transcript,
    /// Parts that were not transcribed; they replace the ones known so far.
    pub holes: &'a [Hole],
    /// The job that made it, which is done with this.
    pub job: Option<JobId>,
    /// Where the accepted run's findings stand in the new text, for an edited transcript.
    pub anchors: Option<Anchors<'a>>,
}

/// Where a run's findings stand in another revision. What is left out does not stand there.
#[derive(Clone, Copy, Debug)]
pub struct Anchors<'a> {
    /// The run.
    pub run: RunId,
    /// Its elements with their evidence, strongest first, never empty.
    pub elements: &'a [(ElementId, Vec<Evidence>)],
    /// Its relationships with their evidence.
    pub relationships: &'a [(RelationshipId, Vec<Evidence>)],
}

/// A run to be stored, with all that it found.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// The run.
    pub run: &'a Run,
    /// Its elements; each names this run.
    pub elements: &'a [Element],
    /// Its relationships; each names this run and elements of it.
    pub relationships: &'a [Relationship],
    /// Whether it holds from now on.
    pub accept: bool,
    /// The job that made it, which is done with this.
    pub job: Option<JobId>,
}

/// Reads, all from one state of the database.
pub struct Read<'c> {
    conn: &'c Connection,
}

macro_rules! reading_handles {
    ($($(#[$doc:meta])* $name:ident: $handle:ident),+ $(,)?) => {
        impl<'c> Read<'c> {
            $($(#[$doc])* #[must_use] pub const fn $name(&self) -> $handle<'c> {
                $handle::new(self.conn)
            })+
        }
    };
}

reading_handles! {
    /// Sessions and tags.
    sessions: Sessions,
    /// What lists show of sessions.
    overviews: Overviews,
    /// Recordings.
    recordings: Recordings,
    /// Transcripts and unfinished ones.
    transcripts: Transcripts,
    /// Runs.
    runs: Runs,
    /// Elements and relationships as found.
    elements: Elements,
    /// A person's corrections.
    corrections: Corrections,
    /// Threads across sessions.
    threads: Threads,
    /// A person's changes to the taxonomies.
    taxonomy_edits: TaxonomyEdits,
    /// Jobs.
    jobs: Jobs,
    /// What left this machine.
    ledger: LedgerRows,
    /// Personal settings.
    settings: Settings,
    /// Keys and passwords of other machines.
    secrets: Secrets,
    /// Replies by hash.
    analysis_cache: AnalysisCache,
    /// What was typed and is not kept yet.
    drafts: Drafts,
}

impl<'c> Read<'c> {
    pub(super) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// Everything about a session, also one in the bin.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn session(&self, id: SessionId) -> Result<SessionDetail, VaultError> {
        let stored = self.sessions().get(id)?;
        let transcript = self.transcripts().current(id)?;
        let run = stored.run.map(|run| self.runs().get(run)).transpose()?;
        let (elements, relationships) = match (&run, &transcript) {
            (Some(run), Some(transcript)) => {
                shown::findings(self.conn, id, run.id, transcript.revision)?
            }
            _ => (Vec::new(), Vec::new()),
        };
        Ok(SessionDetail {
            transcript,
            run,
            elements,
            relationships,
            recordings: self.recordings().of_session(id)?,
            jobs: self.jobs().of_session(id)?,
            stored,
        })
    }

    /// Looks for words, best first.
    ///
    /// # Errors
    /// [`VaultError::BadCursor`], or the database's failure; no text is an error.
    pub fn search(
        &self,
        query: &SearchQuery,
        limit: usize,
        after: Option<&str>,
    ) -> Result<SearchPage, VaultError> {
        search::search(self.conn, query, limit, after)
    }
}

/// Writes, all or nothing.
pub struct Write<'c> {
    conn: &'c Connection,
    ports: &'c VaultPorts,
}

impl<'c> Write<'c> {
    pub(super) const fn new(conn: &'c Connection, ports: &'c VaultPorts) -> Self {
        Self { conn, ports }
    }

    pub(crate) const fn conn(&self) -> &'c Connection {
        self.conn
    }

    /// Reads what has been written so far.
    #[must_use]
    pub const fn read(&self) -> Read<'c> {
        Read::new(self.conn)
    }

    /// Sessions and tags.
    #[must_use]
    pub fn sessions(&self) -> SessionsMut<'c> {
        SessionsMut::new(self.conn, &*self.ports.clock)
    }

    /// Recordings.
    #[must_use]
    pub fn recordings(&self) -> RecordingsMut<'c> {
        RecordingsMut::new(self.conn, &*self.ports.clock)
    }

    /// Unfinished transcripts; whole ones by [`Write::store_transcript`].
    #[must_use]
    pub fn transcripts(&self) -> TranscriptsMut<'c> {
        TranscriptsMut::new(self.conn, &*self.ports.clock)
    }

    /// A person's corrections.
    #[must_use]
    pub fn corrections(&self) -> CorrectionsMut<'c> {
        CorrectionsMut::new(self.conn, &*self.ports.clock)
    }

    /// Threads across sessions.
    #[must_use]
    pub fn threads(&self) -> ThreadsMut<'c> {
        ThreadsMut::new(self.conn, &*self.ports.clock, &*self.ports.ids)
    }

    /// A person's changes to the taxonomies.
    #[must_use]
    pub fn taxonomy_edits(&self) -> TaxonomyEditsMut<'c> {
        TaxonomyEditsMut::new(self.conn, &*self.ports.clock)
    }

    /// Jobs.
    #[must_use]
    pub fn jobs(&self) -> JobsMut<'c> {
        JobsMut::new(self.conn, &*self.ports.clock, &*self.ports.ids)
    }

    /// Personal settings.
    #[must_use]
    pub fn settings(&self) -> SettingsMut<'c> {
        SettingsMut::new(self.conn, &*self.ports.clock)
    }

    /// Keys and passwords of other machines.
    #[must_use]
    pub fn secrets(&self) -> SecretsMut<'c> {
        SecretsMut::new(self.conn, &*self.ports.clock)
    }

    /// Replies by hash.
    #[must_use]
    pub fn analysis_cache(&self) -> AnalysisCacheMut<'c> {
        AnalysisCacheMut::new(self.conn, &*self.ports.clock)
    }

    /// What was typed and is not kept yet.
    #[must_use]
    pub fn drafts(&self) -> DraftsMut<'c> {
        DraftsMut::new(self.conn, &*self.ports.clock)
    }

    pub(super) fn ledger_mut(&self) -> LedgerRowsMut<'c> {
        LedgerRowsMut::new(self.conn, &*self.ports.clock, &*self.ports.ids)
    }

    /// Stores a transcript as the session's next revision, forgets the unfinished one, moves the
    /// session on, ends the job and brings search up to date. Gives the revision.
    ///
    /// # Errors
    /// [`VaultError::Refused`] when a segment or a quote does not stand in the text,
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn store_transcript(&self, new: &NewTranscript<'_>) -> Result<u32, VaultError> {
        let sessions = self.sessions();
        sessions.set_holes(new.session, HoleStage::Transcribe, new.holes)?;
        let revision = self.transcripts().insert(new.session, new.transcript)?;
        if let Some(anchors) = new.anchors {
            self.anchor(new.session, revision, &new.transcript.text, anchors)?;
        }
        self.transcripts().clear_partial(new.session)?;
        // What a run found there stands in the new text too, or nothing of it does any more; of a text
        // that no run read, an edit makes none that one did.
        let was = sessions.get(new.session)?.session.status;
        let analysed = new
            .anchors
            .is_some_and(|anchors| was == Status::Analysed || !anchors.elements.is_empty());
        let status = if analysed { Status::Analysed } else { Status::Transcribed };
        sessions.reached(new.session, status)?;
        search::refresh(self.conn, new.session)?;
        self.end(new.job)?;
        Ok(revision)
    }

    /// Places what a run found in another revision of its session's transcript, whose text is `text`.
    ///
    /// # Errors
    /// [`VaultError::Refused`] for another session's run or a quote that does not stand in the text,
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn anchor(
        &self,
        session: SessionId,
        revision: u32,
        text: &str,
        anchors: Anchors<'_>,
    ) -> Result<(), VaultError> {
        if self.read().runs().get(anchors.run)?.session != session {
            return Err(VaultError::Refused("the run is of another session"));
        }
        let text = IndexedText::new(text);
        let elements = ElementsMut::new(self.conn);
        for (element, evidence) in anchors.elements {
            elements.anchor(anchors.run, *element, revision, evidence, &text)?;
        }
        for (relationship, evidence) in anchors.relationships {
            elements.anchor_relationship(anchors.run, *relationship, revision, evidence, &text)?;
        }
        Ok(())
    }

    /// Stores a run with its elements, relationships and evidence, and ends the job. When it is
    /// accepted the session moves on and search is brought up to date.
    ///
    /// # Errors
    /// [`VaultError::Refused`] when a quote does not stand in the transcript or an element has no
    /// evidence, [`VaultError::NotFound`], or the database's failure.
    pub fn store_run(&self, new: &NewRun<'_>) -> Result<(), VaultError> {
        let run = new.run;
        let of_run = |id: RunId| id == run.id;
        if !new.elements.iter().all(|it| of_run(it.run))
            || !new.relationships.iter().all(|it| of_run(it.run))
        {
            return Err(VaultError::Refused("a finding names another run"));
        }
        let text = self.read().transcripts().text(run.session, run.transcript_revision)?;
        let text = IndexedText::new(&text);
        self.runs_mut().insert(run)?;
        let elements = ElementsMut::new(self.conn);
        for element in new.elements {
            elements.insert(element, run.transcript_revision, &text)?;
        }
        for relationship in new.relationships {
            elements.insert_relationship(relationship, run.transcript_revision, &text)?;
        }
        if new.accept {
            self.accept_run(run.session, run.id)?;
        }
        self.end(new.job)
    }

    /// Makes a run the one that holds; the others stay.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Refused`] for another session's run, or the
    /// database's failure.
    pub fn accept_run(&self, session: SessionId, run: RunId) -> Result<(), VaultError> {
        let stored = self.read().runs().get(run)?;
        if stored.session != session {
            return Err(VaultError::Refused("the run is of another session"));
        }
        self.runs_mut().accept(session, run)?;
        let newest = self.read().transcripts().newest_revision(session)?;
        if stored.transcript_revision == newest || self.read().elements().stand(run, newest)? {
            self.sessions().reached(session, Status::Analysed)?;
        }
        search::refresh(self.conn, session)
    }

    /// Brings search up to date where a change to a taxonomy shows elements at another node or under
    /// another name.
    ///
    /// # Errors
    /// The database's failure.
    pub fn refresh_regraded(&self, is_touched: impl Fn(&NodeId) -> bool) -> Result<(), VaultError> {
        let mut verdicts: HashMap<NodeId, bool> = HashMap::new();
        let mut sessions: BTreeSet<SessionId> = BTreeSet::new();
        for (session, node) in self.read().elements().nodes_in_use()? {
            if *verdicts.entry(node).or_insert_with_key(&is_touched) {
                sessions.insert(session);
            }
        }
        sessions.into_iter().try_for_each(|session| search::refresh(self.conn, session))
    }

    fn runs_mut(&self) -> RunsMut<'c> {
        RunsMut::new(self.conn, &*self.ports.clock)
    }

    /// Ends the job that made something, if a job did.
    fn end(&self, job: Option<JobId>) -> Result<(), VaultError> {
        if let Some(job) = job {
            self.jobs().apply(job, JobEvent::Succeeded)?;
        }
        Ok(())
    }
}
