//! A person edits a transcript: a new revision, with the findings placed anew. The old revision
//! stays as it is.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    review::find,
    threads::weave,
};
use journey_analysis::revision::Revision;
use journey_domain::{
    element::{Element, Evidence, EvidenceState},
    error_code::ErrorCode,
    ids::{ElementId, RelationshipId, RunId, SessionId},
    job::{JobKind, JobState},
    run::Substitute,
    session::{Hole, HoleStage},
    text::CharSpan,
    transcript::Transcript,
};
use journey_vault::{Anchors, NewTranscript, Read, SessionDetail, Write};

/// Longest text, in characters: about two weeks of speech.
const MAX_TEXT_CHARS: usize = 10_000_000;

/// What an edit did to the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edited {
    /// The revision that holds now.
    pub revision: u32,
    /// Elements whose words stayed.
    pub kept: usize,
    /// Elements whose words were corrected.
    pub repaired: usize,
    /// Elements whose words are gone; they stay in the old revision.
    pub dropped: usize,
}

fn conflict() -> CommandError {
    CommandError::new(
        ErrorCode::RevisionConflict,
        "the text was changed elsewhere since it was opened here",
    )
    .hint("Open the session again and make the change there.")
}

fn busy(doing: &str) -> CommandError {
    CommandError::new(ErrorCode::Busy, format!("this session is being {doing}"))
        .hint("Wait until that is done, or stop it, and try again.")
}

impl App {
    /// Stores an edited text as the session's next revision. `revision` is the one it was made of.
    ///
    /// # Errors
    /// A revision conflict when that is no longer the newest; a usage error for an empty text; busy
    /// while the session is being worked on; not found.
    pub fn edit_transcript(
        &self,
        me: &Unlocked,
        id: &str,
        revision: u32,
        text: &str,
    ) -> Result<Edited> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let text = text.trim();
        if text.is_empty() {
            return Err(CommandError::usage("there is nothing in it")
                .hint("Delete the session if nothing of it should stay."));
        }
        if text.chars().count() > MAX_TEXT_CHARS {
            return Err(CommandError::usage("the text is too long for one session")
                .hint("Split it into several."));
        }
        let session = me.vault().read(|read| find(read, id))?;
        let edited = me.vault().write(|write| edit(write, session, revision, text))?;
        tracing::info!(
            kept = edited.kept,
            repaired = edited.repaired,
            dropped = edited.dropped,
            "a transcript was edited"
        );
        self.announce(session);
        Ok(edited)
    }
}

fn edit(write: &Write<'_>, session: SessionId, revision: u32, text: &str) -> Result<Edited> {
    for job in write.jobs().of_session(session)? {
        match (job.kind, &job.state) {
            (JobKind::Analyse, JobState::Running) => return Err(busy("analysed")),
            (JobKind::Transcribe, _) if !job.is_settled() => return Err(busy("transcribed")),
            _ => {}
        }
    }
    let read = write.read();
    let before = read.transcripts().current(session)?.ok_or_else(|| {
        CommandError::not_found("there is no text to edit yet")
            .hint("Wait until the session is transcribed.")
    })?;
    if before.revision != revision {
        return Err(conflict());
    }
    if before.text == text {
        let kept = read.session(session)?.elements.len();
        return Ok(Edited { revision, kept, ..Edited::default() });
    }
    // A text that was there before, such as one that is brought back, has what it had then.
    let earlier = same_text(&read, session, text)?;
    let bases: Vec<Base<'_>> =
        earlier.iter().chain([&before]).map(|it| Base::new(it, text)).collect();
    let Some(after) = bases.first().map(|it| it.comparison.transcript()) else {
        return Err(conflict());
    };
    let accepted = read.sessions().get(session)?.run;
    let mut placed = None;
    // A run that is chosen later shows what still stands, too.
    let mut others = Vec::new();
    for run in read.runs().of_session(session)? {
        let it = placed_of(&read, run.id, &bases, &after)?;
        if Some(run.id) == accepted { placed = Some(it) } else { others.push(it) }
    }
    let stored = read.sessions().get(session)?;
    // What was not transcribed before an edit is not transcribed after it.
    let holes: Vec<Hole> = stored
        .session
        .holes
        .into_iter()
        .filter(|hole| hole.stage == HoleStage::Transcribe)
        .collect();
    let revision = write.store_transcript(&NewTranscript {
        session,
        transcript: &after,
        holes: &holes,
        job: None,
        anchors: placed.as_ref().map(Placed::anchors),
    })?;
    for other in &others {
        write.anchor(session, revision, &after.text, other.anchors())?;
    }
    weave(write, session)?;
    Ok(Edited { revision, ..placed.map(|it| it.edited).unwrap_or_default() })
}

/// The newest revision with this text.
fn same_text(read: &Read<'_>, session: SessionId, text: &str) -> Result<Option<Transcript>> {
    for known in read.transcripts().revisions(session)?.iter().rev() {
        if read.transcripts().text(session, known.revision)? == text {
            return Ok(Some(read.transcripts().revision(session, known.revision)?));
        }
    }
    Ok(None)
}

/// Where the findings of a run stand in another text.
pub(crate) struct Placed {
    pub(crate) run: RunId,
    pub(crate) elements: Vec<(ElementId, Vec<Evidence>)>,
    pub(crate) relationships: Vec<(RelationshipId, Vec<Evidence>)>,
    edited: Edited,
}

impl Placed {
    fn nothing(run: RunId) -> Self {
        Self { run, elements: Vec::new(), relationships: Vec::new(), edited: Edited::default() }
    }

    fn anchors(&self) -> Anchors<'_> {
        Anchors { run: self.run, elements: &self.elements, relationships: &self.relationships }
    }
}

/// What a new text is compared with.
struct Base<'t> {
    revision: u32,
    comparison: Revision<'t>,
}

impl<'t> Base<'t> {
    fn new(before: &'t Transcript, text: &'t str) -> Self {
        Self { revision: before.revision, comparison: Revision::new(before, text) }
    }
}

/// Places the findings of the accepted run; `None` without one.
pub(crate) fn placed(
    read: &Read<'_>,
    session: SessionId,
    before: &Transcript,
    comparison: &Revision<'_>,
    after: &Transcript,
) -> Result<Option<Placed>> {
    let Some(run) = read.sessions().get(session)?.run else { return Ok(None) };
    let elements = read.elements().of_run(run, before.revision)?;
    placed_from(read, run, elements, before.revision, comparison, after).map(Some)
}

/// What a run found, where it stands in the text that holds now: as it was placed there, else where
/// its words are.
pub(crate) fn standing(read: &Read<'_>, run: RunId, now: &Transcript) -> Result<Vec<Element>> {
    let there = read.elements().of_run(run, now.revision)?;
    let run = read.runs().get(run)?;
    if !there.is_empty() || run.transcript_revision == now.revision {
        return Ok(there);
    }
    let found = read.elements().of_run(run.id, run.transcript_revision)?;
    moved(read, run.session, run.transcript_revision, found, now)
}

/// Elements of one revision with their evidence where it stands in another text. What does not
/// stand there is left out.
pub(crate) fn moved(
    read: &Read<'_>,
    session: SessionId,
    revision: u32,
    elements: Vec<Element>,
    now: &Transcript,
) -> Result<Vec<Element>> {
    if elements.is_empty() {
        return Ok(elements);
    }
    let before = read.transcripts().revision(session, revision)?;
    let comparison = Revision::new(&before, &now.text);
    let placed = elements.into_iter().filter_map(|element| {
        let evidence = place(&comparison, &element.evidence, now);
        (!evidence.is_empty()).then_some(Element { evidence, ..element })
    });
    Ok(placed.collect())
}

/// A session whole; the parts of its text that another analyser read stand where they are in the text that
/// holds now.
pub(crate) fn whole(read: &Read<'_>, id: SessionId) -> Result<SessionDetail> {
    let mut detail = read.session(id)?;
    if let (Some(now), Some(run)) = (&detail.transcript, &mut detail.run)
        && run.transcript_revision != now.revision
        && !run.substitutes.is_empty()
    {
        let before = read.transcripts().revision(id, run.transcript_revision)?;
        let comparison = Revision::new(&before, &now.text);
        let stretches = |part: &Substitute| -> Vec<Substitute> {
            let spans = CharSpan::new(part.start, part.end)
                .map(|span| comparison.stretches(span))
                .unwrap_or_default();
            let at = |span: CharSpan| {
                let time = now
                    .time_of(span)
                    .map_or((part.start_ms, part.end_ms), |it| (it.start_ms, it.end_ms));
                Substitute {
                    start: span.start,
                    end: span.end,
                    start_ms: time.0,
                    end_ms: time.1,
                    ..part.clone()
                }
            };
            spans.into_iter().map(at).collect()
        };
        run.substitutes = run.substitutes.iter().flat_map(stretches).collect();
    }
    Ok(detail)
}

/// Places what a run found in the text that holds now, if it read an earlier one and has no place in
/// this one yet.
pub(crate) fn bring_forward(write: &Write<'_>, session: SessionId, run: RunId) -> Result<()> {
    let read = write.read();
    let Some(now) = read.transcripts().current(session)? else { return Ok(()) };
    let revision = read.runs().get(run)?.transcript_revision;
    if revision == now.revision || read.elements().stand(run, now.revision)? {
        return Ok(());
    }
    let before = read.transcripts().revision(session, revision)?;
    let comparison = Revision::new(&before, &now.text);
    let found = read.elements().of_run(run, revision)?;
    let placed = placed_from(&read, run, found, revision, &comparison, &now)?;
    if placed.elements.is_empty() {
        return Err(CommandError::not_found(
            "nothing that this analysis found stands in the text as it is now",
        )
        .hint("Analyse the session again."));
    }
    Ok(write.anchor(session, now.revision, &now.text, placed.anchors())?)
}

/// Places the findings of a run from the first revision in which it has any.
fn placed_of(
    read: &Read<'_>,
    run: RunId,
    bases: &[Base<'_>],
    after: &Transcript,
) -> Result<Placed> {
    for Base { revision, comparison } in bases {
        let elements = read.elements().of_run(run, *revision)?;
        if !elements.is_empty() {
            return placed_from(read, run, elements, *revision, comparison, after);
        }
    }
    Ok(Placed::nothing(run))
}

fn placed_from(
    read: &Read<'_>,
    run: RunId,
    elements: Vec<Element>,
    revision: u32,
    comparison: &Revision<'_>,
    after: &Transcript,
) -> Result<Placed> {
    let mut it = Placed::nothing(run);
    for element in elements {
        let evidence = place(comparison, &element.evidence, after);
        let is_repaired = |it: &Evidence| it.state == EvidenceState::Repaired;
        if evidence.is_empty() {
            it.edited.dropped += 1;
            continue;
        }
        if evidence.iter().any(is_repaired) && !element.evidence.iter().any(is_repaired) {
            it.edited.repaired += 1;
        } else {
            it.edited.kept += 1;
        }
        it.elements.push((element.id, evidence));
    }
    for relationship in read.elements().relationships_of_run(run, revision)? {
        let evidence = place(comparison, &relationship.evidence, after);
        it.relationships.push((relationship.id, evidence));
    }
    Ok(it)
}

fn place(comparison: &Revision<'_>, all: &[Evidence], after: &Transcript) -> Vec<Evidence> {
    let mut placed: Vec<Evidence> = Vec::new();
    for it in all.iter().filter_map(|it| comparison.place(it, after)) {
        if !placed.iter().any(|other| other.span == it.span) {
            placed.push(it);
        }
    }
    placed
}

#[cfg(test)]
mod tests;
