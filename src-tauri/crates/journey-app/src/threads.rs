//! Threads: beliefs, challenges and actions that come up again in later sessions.
//!
//! The same words join by themselves. What is only alike is suggested, and a person says whether it
//! is the same; opposite polarity or another holder is never even suggested.

use crate::{
    App,
    access::Unlocked,
    error::{CommandError, Result},
    open_vault::OpenVault,
    views::{
        SuggestionView, ThreadElementView, ThreadLine, ThreadList, ThreadPage, ThreadPlaces,
        ThreadQuestion, ThreadView,
    },
};
use jiff::Timestamp;
use journey_analysis::threads::{Likeness, Statement};
use journey_domain::{
    element::{ActionStatus, Element, ElementKind},
    ids::{ElementId, SessionId, ThreadId},
    session::Status,
};
use journey_vault::{
    Read, Vault, VaultError, Write,
    table::threads::{LinkState, Sighting, Thread, ThreadLink},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Words of a new statement by which the index is asked for others like it.
const WORDS_ASKED: usize = 5;

/// Threads looked at for each of those words.
const THREADS_PER_WORD: usize = 40;

/// Shortest of those words, in characters: shorter ones stand in every other sentence.
const MIN_WORD_CHARS: usize = 4;

/// Most suggestions for one new statement.
const MAX_SUGGESTIONS: usize = 3;

/// Sessions whose threads are made in one transaction.
const WOVEN_AT_ONCE: usize = 20;

/// Most threads on one page of the window, and most places of one.
const MOST_THREADS: usize = 1_000;

/// What a person did, with what is needed to take it back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "did", rename_all = "snake_case")]
enum Deed {
    /// Each thread was one of its own before.
    Merge { threads: Vec<ThreadId> },
    /// Each element was suggested for the thread, this much alike.
    Reject { links: Vec<(ThreadId, ElementId, SessionId, f32)> },
}

impl Deed {
    const fn word(&self) -> &'static str {
        match self {
            Self::Merge { .. } => "merge",
            Self::Reject { .. } => "reject",
        }
    }
}

const fn has_thread(kind: ElementKind) -> bool {
    matches!(kind, ElementKind::Belief | ElementKind::Challenge | ElementKind::Action)
}

fn first_state(element: &Element) -> &'static str {
    match element.kind {
        ElementKind::Belief => "held",
        ElementKind::Challenge => "met",
        _ => element.status.unwrap_or(ActionStatus::Open).as_str(),
    }
}

/// Brings the threads of a session's elements up to date with the run that holds and the person's
/// corrections. Doing it again changes nothing. Where the run has not read the text that holds now,
/// its threads wait for one that has: what a person confirmed is not given up for that.
pub(crate) fn weave(write: &Write<'_>, session: SessionId) -> std::result::Result<(), VaultError> {
    let detail = write.read().session(session)?;
    let threads = write.threads();
    if detail.stored.session.status != Status::Analysed {
        return threads.woven(session);
    }
    let before = threads.links_of_session(session)?;
    let links: HashMap<(ThreadId, ElementId), LinkState> =
        before.iter().map(|l| ((l.thread, l.element), l.state)).collect();
    let mut standing: HashMap<ElementId, ThreadId> = HashMap::new();
    let mut moved: HashSet<ElementId> = HashSet::new();
    for element in detail.elements.iter().filter(|e| has_thread(e.kind)) {
        let statement = Statement::new(&element.label);
        if statement.normalised().is_empty() {
            continue;
        }
        let known = threads.by_text(element.kind, statement.normalised())?;
        let is_new = known.is_none();
        let thread = match known {
            Some(thread) => thread.id,
            None => threads.create(
                element.kind,
                &element.label,
                statement.normalised(),
                first_state(element),
            )?,
        };
        standing.insert(element.id, thread);
        if links.get(&(thread, element.id)) == Some(&LinkState::Confirmed) {
            continue;
        }
        moved.insert(element.id);
        let link = |thread, state, similarity| ThreadLink {
            thread,
            element: element.id,
            session,
            state,
            similarity,
        };
        threads.link(&link(thread, LinkState::Confirmed, 1.0))?;
        if is_new {
            for (other, similarity) in alike(&write.read(), element.kind, &statement)? {
                if links.get(&(other, element.id)) != Some(&LinkState::Rejected) {
                    threads.link(&link(other, LinkState::Suggested, similarity))?;
                }
            }
        }
    }
    for link in before {
        let stands = standing.get(&link.element);
        let keeps = match link.state {
            LinkState::Confirmed => stands == Some(&link.thread),
            LinkState::Suggested => stands.is_some() && !moved.contains(&link.element),
            LinkState::Rejected => true,
        };
        if !keeps {
            threads.unlink(link.thread, link.element)?;
            threads.forget_if_empty(link.thread)?;
        }
    }
    threads.woven(session)
}

/// Brings the threads of sessions up to date with `weave`: together, or where that fails each by itself,
/// so that one whose elements cannot be read does not hold up the others.
fn weave_all(
    vault: &Vault,
    sessions: &[SessionId],
    weave: impl Fn(&Write<'_>, SessionId) -> std::result::Result<(), VaultError>,
) -> std::result::Result<(), VaultError> {
    // The next attempt finds these gone.
    let passes =
        |e: &VaultError| matches!(e, VaultError::Busy | VaultError::DiskFull | VaultError::Io(_));
    match vault.write(|write| sessions.iter().try_for_each(|it| weave(write, *it))) {
        Err(error) if !passes(&error) => {}
        done => return done,
    }
    for session in sessions {
        match vault.write(|write| weave(write, *session)) {
            Err(error) if !passes(&error) => {
                tracing::warn!(%error, "a session has no threads until it is changed");
                vault.write(|write| write.threads().set_aside(*session))?;
            }
            done => done?,
        }
    }
    Ok(())
}

/// Threads of a kind that are like a new statement, likest first.
fn alike(
    read: &Read<'_>,
    kind: ElementKind,
    statement: &Statement,
) -> std::result::Result<Vec<(ThreadId, f32)>, VaultError> {
    if !statement.is_telling() {
        return Ok(Vec::new());
    }
    let mut words: Vec<&str> =
        statement.normalised().split(' ').filter(|w| w.chars().count() >= MIN_WORD_CHARS).collect();
    words.sort_by_key(|w| std::cmp::Reverse(w.chars().count()));
    words.dedup();
    let mut found: BTreeMap<ThreadId, f32> = BTreeMap::new();
    for word in words.into_iter().take(WORDS_ASKED) {
        for thread in read.threads().with_word(kind, word, THREADS_PER_WORD)? {
            let other = Statement::new(&thread.normalised);
            if let Likeness::Suggest(similarity) = statement.likeness(&other) {
                found.insert(read.threads().root(thread.id)?.id, similarity);
            }
        }
    }
    let mut found: Vec<(ThreadId, f32)> = found.into_iter().collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    found.truncate(MAX_SUGGESTIONS);
    Ok(found)
}

/// All threads as they are shown, by the thread into which they were merged in the end.
struct Woven {
    roots: HashMap<ThreadId, ThreadId>,
    threads: HashMap<ThreadId, Thread>,
    sightings: Vec<Sighting>,
    /// For each element, the thread whose words it has.
    home: HashMap<ElementId, ThreadId>,
}

impl Woven {
    fn read(read: &Read<'_>) -> std::result::Result<Self, VaultError> {
        let list = read.threads().with_merged()?;
        let threads: HashMap<ThreadId, Thread> = list.into_iter().map(|t| (t.id, t)).collect();
        let mut roots = HashMap::new();
        for id in threads.keys() {
            let mut root = *id;
            // A chain is never longer than there are threads.
            for _ in 0..threads.len() {
                match threads.get(&root).and_then(|t| t.merged_into) {
                    Some(into) => root = into,
                    None => break,
                }
            }
            roots.insert(*id, root);
        }
        let sightings = read.threads().sightings()?;
        let home = sightings
            .iter()
            .filter(|s| s.link.state == LinkState::Confirmed)
            .map(|s| (s.link.element, s.link.thread))
            .collect();
        Ok(Self { roots, threads, sightings, home })
    }

    fn root(&self, thread: ThreadId) -> ThreadId {
        self.roots.get(&thread).copied().unwrap_or(thread)
    }

    /// Pairs of roots that may be the same, each once, with the links that say so.
    fn suggestions(&self) -> BTreeMap<(ThreadId, ThreadId), Vec<&ThreadLink>> {
        let mut pairs: BTreeMap<_, Vec<&ThreadLink>> = BTreeMap::new();
        let suggested = self.sightings.iter().map(|s| &s.link);
        for link in suggested.filter(|l| l.state == LinkState::Suggested) {
            let Some(home) = self.home.get(&link.element) else { continue };
            let (a, b) = (self.root(link.thread), self.root(*home));
            if a != b {
                pairs.entry((a.min(b), a.max(b))).or_default().push(link);
            }
        }
        pairs
    }

    fn views(&self) -> Vec<ThreadView> {
        let mut elements: HashMap<ThreadId, Vec<&Sighting>> = HashMap::new();
        for sighting in self.sightings.iter().filter(|s| s.link.state == LinkState::Confirmed) {
            elements.entry(self.root(sighting.link.thread)).or_default().push(sighting);
        }
        let mut merged: HashMap<ThreadId, Vec<ThreadId>> = HashMap::new();
        for (id, root) in self.roots.iter().filter(|(id, root)| id != root) {
            merged.entry(*root).or_default().push(*id);
        }
        let mut alike: HashMap<ThreadId, Vec<SuggestionView>> = HashMap::new();
        for ((a, b), links) in self.suggestions() {
            let similarity = links.iter().map(|l| l.similarity).fold(0.0, f32::max);
            for (of, other) in [(a, b), (b, a)] {
                let Some(thread) = self.threads.get(&other) else { continue };
                alike.entry(of).or_default().push(SuggestionView {
                    thread: other.to_string(),
                    label: thread.label.clone(),
                    similarity,
                });
            }
        }
        let mut views: Vec<ThreadView> = elements
            .into_iter()
            .filter_map(|(root, seen)| {
                let thread = self.threads.get(&root)?;
                let mut merged = merged.remove(&root).unwrap_or_default();
                merged.sort_unstable();
                Some(view(thread, &seen, &merged, alike.remove(&root).unwrap_or_default()))
            })
            .collect();
        views.sort_by(|a, b| {
            (b.sessions, !b.suggestions.is_empty(), &b.last, &a.id).cmp(&(
                a.sessions,
                !a.suggestions.is_empty(),
                &a.last,
                &b.id,
            ))
        });
        views
    }
}

fn place(sighting: &Sighting, is_action: bool) -> ThreadElementView {
    ThreadElementView {
        element: sighting.link.element.to_string(),
        session: sighting.link.session.to_string(),
        title: sighting.title.clone(),
        recorded_at: sighting.recorded_at.to_string(),
        quote: sighting.quote.clone(),
        status: sighting.status.clone().filter(|_| is_action),
    }
}

fn view(
    thread: &Thread,
    seen: &[&Sighting],
    merged: &[ThreadId],
    suggestions: Vec<SuggestionView>,
) -> ThreadView {
    let sessions: HashSet<SessionId> = seen.iter().map(|s| s.link.session).collect();
    let is_action = thread.kind == ElementKind::Action;
    let last_status = seen.iter().rev().find_map(|s| s.status.clone()).filter(|_| is_action);
    let at = |sighting: Option<&&Sighting>| {
        sighting.map(|s| s.recorded_at.to_string()).unwrap_or_default()
    };
    ThreadView {
        id: thread.id.to_string(),
        kind: thread.kind.as_str().to_owned(),
        label: thread.label.clone(),
        state: last_status.unwrap_or_else(|| thread.state.clone()),
        sessions: sessions.len(),
        first: at(seen.first()),
        last: at(seen.last()),
        elements: seen.iter().map(|s| place(s, is_action)).collect(),
        merged: merged.iter().map(ToString::to_string).collect(),
        suggestions,
    }
}

/// How often threads came up, those that a person merged as one.
struct Families {
    into: HashMap<ThreadId, ThreadId>,
    counts: HashMap<ThreadId, (usize, Timestamp)>,
}

impl Families {
    fn read(read: &Read<'_>) -> std::result::Result<Self, VaultError> {
        let into: HashMap<_, _> = read.threads().merges()?.into_iter().collect();
        let counts = read.threads().counts()?;
        let counts = counts.into_iter().map(|it| (it.thread, (it.n_sessions, it.last))).collect();
        let mut it = Self { into, counts };
        let roots: HashSet<ThreadId> = it.into.values().map(|id| it.root(*id)).collect();
        for root in roots {
            let members = it.members(root);
            let together = read.threads().count_together(&members)?;
            for member in members {
                it.counts.remove(&member);
            }
            if let Some(count) = together {
                it.counts.insert(root, count);
            }
        }
        Ok(it)
    }

    fn root(&self, thread: ThreadId) -> ThreadId {
        let mut root = thread;
        // A chain is never longer than there are merged threads.
        for _ in 0..self.into.len() {
            match self.into.get(&root) {
                Some(into) => root = *into,
                None => break,
            }
        }
        root
    }

    /// A thread and all that were merged into it.
    fn members(&self, root: ThreadId) -> Vec<ThreadId> {
        let merged = self.into.keys().filter(|id| self.root(**id) == root);
        [root].into_iter().chain(merged.copied()).collect()
    }

    /// Those that came up most first, then those that came up last.
    fn rank(&self, thread: ThreadId) -> impl Ord + use<> {
        let (n, last) = self.counts.get(&thread).copied().unwrap_or_default();
        (std::cmp::Reverse((n, last)), thread)
    }

    fn page(&self, read: &Read<'_>, limit: usize) -> Result<ThreadPage> {
        let mut alike: BTreeMap<ThreadId, BTreeMap<ThreadId, f32>> = BTreeMap::new();
        for (a, b, similarity) in read.threads().suggested()? {
            let (a, b) = (self.root(a), self.root(b));
            if a != b {
                for (of, other) in [(a, b), (b, a)] {
                    let best = alike.entry(of).or_default().entry(other).or_default();
                    *best = best.max(similarity);
                }
            }
        }
        let mut asked: Vec<ThreadId> =
            alike.keys().copied().filter(|id| self.counts.contains_key(id)).collect();
        asked.sort_by_cached_key(|id| self.rank(*id));
        // Each pair once: the other side of a suggestion says nothing new.
        let mut said: HashSet<ThreadId> = HashSet::new();
        asked.retain(|id| {
            let new = said.insert(*id);
            said.extend(alike.get(id).into_iter().flat_map(BTreeMap::keys));
            new
        });
        let mut again: Vec<ThreadId> =
            self.counts.iter().filter(|(_, (n, _))| *n > 1).map(|(id, _)| *id).collect();
        again.sort_by_cached_key(|id| self.rank(*id));
        let more = asked.len().max(again.len()) > limit && limit < MOST_THREADS;
        let questions = asked.into_iter().take(limit).map(|id| {
            let thread = read.threads().get(id)?;
            let others = alike.remove(&id).unwrap_or_default();
            let others = others.into_iter().map(|(other, similarity)| {
                let label = read.threads().get(other)?.label;
                Ok(SuggestionView { thread: other.to_string(), label, similarity })
            });
            Ok(ThreadQuestion {
                id: thread.id.to_string(),
                kind: thread.kind.as_str().to_owned(),
                label: thread.label,
                others: others.collect::<Result<_>>()?,
            })
        });
        let questions = questions.collect::<Result<_>>()?;
        let again = again.into_iter().take(limit).filter_map(|id| {
            let (sessions, last) = *self.counts.get(&id)?;
            Some(read.threads().get(id).map_err(CommandError::from).map(|thread| ThreadLine {
                id: thread.id.to_string(),
                kind: thread.kind.as_str().to_owned(),
                label: thread.label,
                sessions,
                last: last.to_string(),
            }))
        });
        let again = again.collect::<Result<_>>()?;
        Ok(ThreadPage { questions, again, more, unwoven: read.threads().n_unwoven()? })
    }
}

/// Merges threads into the oldest of them and notes what was one of its own before.
fn merge(write: &Write<'_>, ids: &[ThreadId]) -> Result<ThreadId> {
    let mut roots: Vec<Thread> = Vec::new();
    for id in ids {
        let root = write.threads().root(*id)?;
        if !roots.iter().any(|r| r.id == root.id) {
            roots.push(root);
        }
    }
    roots.sort_by_key(|t| (t.created_at, t.id));
    let Some((oldest, rest)) = roots.split_first().filter(|(_, rest)| !rest.is_empty()) else {
        return Err(CommandError::usage("these are one thread already"));
    };
    if rest.iter().any(|t| t.kind != oldest.kind) {
        return Err(CommandError::usage("only threads of the same kind can be one")
            .hint("Correct the kind of an element with `insight-journey element correct`."));
    }
    for thread in rest {
        write.threads().set_merged(thread.id, Some(oldest.id))?;
    }
    note(write, oldest.id, &Deed::Merge { threads: rest.iter().map(|t| t.id).collect() })?;
    Ok(oldest.id)
}

fn note(write: &Write<'_>, thread: ThreadId, deed: &Deed) -> Result<()> {
    let payload = serde_json::to_value(deed).map_err(|error| CommandError::internal(&error))?;
    write.threads().note(thread, None, deed.word(), &payload)?;
    Ok(())
}

impl App {
    /// Brings threads up to date after a run was accepted or a correction was made.
    pub(crate) fn weave_threads(&self, open: &OpenVault, session: SessionId) -> Result<()> {
        open.vault.write(|write| weave(write, session)).map_err(CommandError::from)
    }

    /// Beliefs, challenges and actions with the sessions in which they came up.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn threads(&self, me: &Unlocked) -> Result<ThreadList> {
        while self.weave_some(&me.open)? {}
        self.woven(me, |_| true)
    }

    /// Makes the threads of a few sessions that no thread has looked at yet; `false` when there were
    /// none. Few at a time, so that whoever else writes has a turn.
    pub(crate) fn weave_some(&self, open: &OpenVault) -> Result<bool> {
        let missing = open.vault.read(|read| read.threads().sessions_without(WOVEN_AT_ONCE))?;
        if missing.is_empty() {
            return Ok(false);
        }
        weave_all(&open.vault, &missing, weave)?;
        Ok(true)
    }

    /// What the window shows of threads: what may be the same, and what came up again, as they are
    /// now. Sessions that no thread has looked at yet are told, not waited for.
    ///
    /// # Errors
    /// The vault's failure.
    pub fn thread_page(&self, me: &Unlocked, limit: usize) -> Result<ThreadPage> {
        me.vault().read(|read| Families::read(read)?.page(read, limit.clamp(1, MOST_THREADS)))
    }

    /// Where a thread came up, newest first.
    ///
    /// # Errors
    /// Not found.
    pub fn thread_places(&self, me: &Unlocked, id: &str, limit: usize) -> Result<ThreadPlaces> {
        me.vault().read(|read| {
            let thread = read.threads().root(read.threads().find(id)?)?;
            let is_action = thread.kind == ElementKind::Action;
            let mut places = Vec::new();
            for member in Families::read(read)?.members(thread.id) {
                places.extend(read.threads().sightings_of(member)?);
            }
            places.retain(|it| it.link.state == LinkState::Confirmed);
            places.sort_by_key(|it| std::cmp::Reverse((it.recorded_at, it.link.element)));
            let limit = limit.clamp(1, MOST_THREADS);
            let more = places.len() > limit && limit < MOST_THREADS;
            places.truncate(limit);
            let places = places.iter().map(|it| place(it, is_action)).collect();
            Ok(ThreadPlaces { places, more })
        })
    }

    fn woven(&self, me: &Unlocked, shown: impl Fn(ThreadId) -> bool) -> Result<ThreadList> {
        me.vault().read(|read| {
            let mut threads = Woven::read(read)?.views();
            threads.retain(|t| t.id.parse().is_ok_and(&shown));
            Ok(ThreadList { threads })
        })
    }

    /// Says that a thread is the same as those of `others` that are suggested for it; where none are
    /// named, as all that are.
    ///
    /// # Errors
    /// Not found; nothing is suggested.
    pub fn confirm_thread(&self, me: &Unlocked, id: &str, others: &[String]) -> Result<ThreadList> {
        let kept = me.vault().write(|write| {
            let (root, pairs) = suggested(write, id, others)?;
            let mut all = vec![root];
            all.extend(pairs.into_iter().map(|(other, _)| other));
            merge(write, &all)
        })?;
        self.woven(me, |thread| thread == kept)
    }

    /// Says that a thread is none of those of `others` that are suggested for it; where none are named,
    /// none of all that are. They are not suggested again.
    ///
    /// # Errors
    /// Not found; nothing is suggested.
    pub fn reject_thread(&self, me: &Unlocked, id: &str, others: &[String]) -> Result<ThreadList> {
        let root = me.vault().write(|write| {
            let (root, pairs) = suggested(write, id, others)?;
            let links: Vec<ThreadLink> = pairs.into_iter().flat_map(|(_, links)| links).collect();
            for link in &links {
                write.threads().link(&ThreadLink { state: LinkState::Rejected, ..link.clone() })?;
            }
            let links =
                links.into_iter().map(|l| (l.thread, l.element, l.session, l.similarity)).collect();
            note(write, root, &Deed::Reject { links })?;
            Ok::<_, CommandError>(root)
        })?;
        self.woven(me, |thread| thread == root)
    }

    /// Says that two threads are one.
    ///
    /// # Errors
    /// Not found; of different kinds; one already.
    pub fn merge_threads(&self, me: &Unlocked, a: &str, b: &str) -> Result<ThreadList> {
        let kept = me.vault().write(|write| {
            let (a, b) = (write.threads().find(a)?, write.threads().find(b)?);
            merge(write, &[a, b])
        })?;
        self.woven(me, |thread| thread == kept)
    }

    /// Takes the last confirmation, rejection or merge back that still holds.
    ///
    /// # Errors
    /// Nothing to take back.
    pub fn undo_thread(&self, me: &Unlocked) -> Result<ThreadList> {
        let touched = me.vault().write(|write| {
            let event = write
                .threads()
                .undo_last()?
                .ok_or_else(|| CommandError::not_found("there is nothing to take back"))?;
            let deed: Deed = serde_json::from_value(event.payload)
                .map_err(|error| CommandError::internal(&error))?;
            let mut touched = vec![event.thread];
            match deed {
                Deed::Merge { threads } => {
                    for thread in threads {
                        match write.threads().set_merged(thread, None) {
                            // Erased with its session since.
                            Err(VaultError::NotFound(_)) => {}
                            other => other?,
                        }
                        touched.push(thread);
                    }
                }
                Deed::Reject { links } => {
                    for (thread, element, session, similarity) in links {
                        let state = LinkState::Suggested;
                        let link = ThreadLink { thread, element, session, state, similarity };
                        let there = write.threads().links_of_session(session)?;
                        if there.iter().any(|l| (l.thread, l.element) == (thread, element)) {
                            write.threads().link(&link)?;
                        }
                    }
                }
            }
            Ok::<_, CommandError>(touched)
        })?;
        self.woven(me, |thread| touched.contains(&thread))
    }
}

type Suggested = (ThreadId, Vec<(ThreadId, Vec<ThreadLink>)>);

/// What is suggested for a thread: its root, and the roots that may be the same. Where a person named
/// threads, only those, as they were shown: what was merged since is another question.
fn suggested(write: &Write<'_>, id: &str, others: &[String]) -> Result<Suggested> {
    let woven = Woven::read(&write.read())?;
    let asked = write.threads().find(id)?;
    let root = woven.root(asked);
    let shown: HashSet<ThreadId> =
        others.iter().map(|it| write.threads().find(it)).collect::<std::result::Result<_, _>>()?;
    let means = |other: ThreadId| shown.is_empty() || (asked == root && shown.contains(&other));
    let pairs: Vec<_> = woven
        .suggestions()
        .into_iter()
        .filter(|((a, b), _)| *a == root || *b == root)
        .map(|((a, b), links)| {
            (if a == root { b } else { a }, links.into_iter().cloned().collect())
        })
        .filter(|(other, _)| means(*other))
        .collect();
    if pairs.is_empty() {
        return Err(CommandError::not_found("nothing is suggested for this thread")
            .hint("`insight-journey thread merge ID ID` joins any two."));
    }
    Ok((root, pairs))
}

#[cfg(test)]
mod tests;
