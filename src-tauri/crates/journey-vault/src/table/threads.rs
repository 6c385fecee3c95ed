//! The same belief, challenge or action across sessions.

use super::column;
use crate::VaultError;
use jiff::Timestamp;
use journey_domain::{
    element::{ElementKind, UnknownWord},
    ids::{ElementId, SessionId, ThreadId},
    ports::{Clock, Ids},
};
use rusqlite::{Connection, Row};
use serde_json::Value;
use std::{collections::HashMap, ops::Deref, str::FromStr};

/// A belief, challenge or action that came up more than once.
#[derive(Clone, Debug, PartialEq)]
pub struct Thread {
    /// Identity.
    pub id: ThreadId,
    /// Belief, challenge or action.
    pub kind: ElementKind,
    /// Its name for people.
    pub label: String,
    /// The form in which it is compared.
    pub normalised: String,
    /// Where it stands, such as `held` or `open`.
    pub state: String,
    /// The thread into which a person merged it.
    pub merged_into: Option<ThreadId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether an element belongs to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Looks alike; the person has not said.
    Suggested,
    /// It does.
    Confirmed,
    /// It does not, and is not suggested again.
    Rejected,
}

impl LinkState {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suggested => "suggested",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }
}

impl FromStr for LinkState {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "suggested" => Ok(Self::Suggested),
            "confirmed" => Ok(Self::Confirmed),
            "rejected" => Ok(Self::Rejected),
            _ => Err(UnknownWord("thread link state")),
        }
    }
}

/// An element in a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadLink {
    /// Which thread.
    pub thread: ThreadId,
    /// Which element.
    pub element: ElementId,
    /// Its session.
    pub session: SessionId,
    /// Whether it belongs there.
    pub state: LinkState,
    /// How alike, 0 to 1.
    pub similarity: f32,
}

/// One place where a thread came up, as it stands in the run that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Sighting {
    /// The link that puts it there.
    pub link: ThreadLink,
    /// When its session was recorded.
    pub recorded_at: Timestamp,
    /// The session's title.
    pub title: String,
    /// The words it rests on.
    pub quote: String,
    /// Where an action stands, as the person said last or else as found.
    pub status: Option<String>,
}

/// How often a thread came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadCount {
    /// Which thread.
    pub thread: ThreadId,
    /// In how many sessions.
    pub n_sessions: usize,
    /// When the newest of them was recorded.
    pub last: Timestamp,
}

/// Something a person or the program did to a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadEvent {
    /// Counts up.
    pub number: i64,
    /// Which thread.
    pub thread: ThreadId,
    /// What, such as `merge`.
    pub what: String,
    /// What is needed to take it back.
    pub payload: Value,
    /// When.
    pub at: Timestamp,
}

const COLUMNS: &str = "id, kind, label, normalised, state, merged_into, created_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Thread> {
    Ok(Thread {
        id: ThreadId::new(column::uuid(row, 0)?),
        kind: column::word(row, 1)?,
        label: row.get(2)?,
        normalised: row.get(3)?,
        state: row.get(4)?,
        merged_into: column::uuid_opt(row, 5)?.map(ThreadId::new),
        created_at: column::time(row, 6)?,
    })
}

fn read_link(row: &Row<'_>) -> rusqlite::Result<ThreadLink> {
    Ok(ThreadLink {
        thread: ThreadId::new(column::uuid(row, 0)?),
        element: ElementId::new(column::uuid(row, 1)?),
        session: SessionId::new(column::uuid(row, 2)?),
        state: column::word(row, 3)?,
        similarity: row.get(4)?,
    })
}

fn sightings_sql(which: &str) -> String {
    format!(
        "SELECT l.thread_id, l.element_id, l.session_id, l.state, l.similarity,
                s.recorded_at, s.title, v.quote,
                coalesce((SELECT c.status FROM corrections AS c
                          WHERE c.element_id = l.element_id AND c.change = 'status'
                            AND c.undone_at IS NULL ORDER BY c.id DESC LIMIT 1), e.status)
         FROM thread_links AS l {STANDING} {which}
         ORDER BY s.recorded_at, l.at, l.element_id"
    )
}

/// Joined with links `l`: their session outside the bin, and their element's words in its newest text.
const STANDING: &str = "JOIN sessions AS s ON s.id = l.session_id AND s.deleted_at IS NULL
     JOIN accepted_runs AS a ON a.session_id = l.session_id
     JOIN elements AS e ON e.run_id = a.run_id AND e.id = l.element_id
     JOIN evidence AS v ON v.element_key = e.key AND v.position = 0 AND v.revision =
          (SELECT max(revision) FROM transcripts WHERE session_id = l.session_id)";

const COUNTS: &str = "SELECT thread_id, count(*), max(recorded_at) FROM thread_sightings
     GROUP BY thread_id";

const SUGGESTED: &str = "SELECT l.thread_id, h.thread_id, max(l.similarity)
     FROM thread_links AS l INDEXED BY thread_links_suggested
     JOIN thread_links AS h ON h.element_id = l.element_id AND h.state = 'confirmed'
     JOIN thread_sightings AS g ON g.thread_id = h.thread_id AND g.session_id = l.session_id
     WHERE l.state = 'suggested' GROUP BY l.thread_id, h.thread_id";

/// The elements of a session that no thread has.
fn unwoven_of(session: &str) -> String {
    format!(
        "SELECT 1 FROM accepted_runs AS a
         JOIN elements AS e ON e.run_id = a.run_id
              AND e.kind IN ('belief', 'challenge', 'action')
         JOIN evidence AS v ON v.element_key = e.key AND v.position = 0 AND v.revision =
              (SELECT max(revision) FROM transcripts WHERE session_id = a.session_id)
         WHERE a.session_id = {session}
           AND NOT EXISTS (SELECT 1 FROM thread_links AS l WHERE l.element_id = e.id)
           AND NOT EXISTS (SELECT 1 FROM corrections AS c
                           WHERE c.element_id = e.id AND c.undone_at IS NULL)"
    )
}

/// Keeps in which threads a session stands.
pub(crate) fn mark(conn: &Connection, session: SessionId) -> Result<(), VaultError> {
    let uuid = session.uuid();
    let sql = "DELETE FROM thread_sightings WHERE session_id = ?1";
    column::execute(conn, sql, &[uuid.as_bytes()])?;
    let sql = format!(
        "INSERT OR IGNORE INTO thread_sightings (thread_id, session_id, recorded_at)
         SELECT l.thread_id, l.session_id, s.recorded_at FROM thread_links AS l {STANDING}
         WHERE l.session_id = ?1 AND l.state = 'confirmed'"
    );
    column::execute(conn, &sql, &[uuid.as_bytes()]).map(drop)
}

fn read_sighting(row: &Row<'_>) -> rusqlite::Result<Sighting> {
    Ok(Sighting {
        link: read_link(row)?,
        recorded_at: column::time(row, 5)?,
        title: row.get(6)?,
        quote: row.get(7)?,
        status: row.get(8)?,
    })
}

fn read_event(row: &Row<'_>) -> rusqlite::Result<ThreadEvent> {
    Ok(ThreadEvent {
        number: row.get(0)?,
        thread: ThreadId::new(column::uuid(row, 1)?),
        what: row.get(2)?,
        payload: column::json(row, 3)?,
        at: column::time(row, 4)?,
    })
}

/// Reads threads.
#[derive(Clone, Copy)]
pub struct Threads<'c> {
    conn: &'c Connection,
}

impl<'c> Threads<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// One thread.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn get(&self, id: ThreadId) -> Result<Thread, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM threads WHERE id = ?1");
        column::row(self.conn, &sql, &[id.uuid().as_bytes()], read)?
            .ok_or(VaultError::NotFound("thread"))
    }

    /// The thread whose id begins with `prefix` (at least 8 characters).
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Ambiguous`], [`VaultError::BadId`].
    pub fn find(&self, prefix: &str) -> Result<ThreadId, VaultError> {
        column::id_by_prefix(
            self.conn,
            "SELECT id FROM threads WHERE id BETWEEN ?1 AND ?2 LIMIT 2",
            prefix,
            "thread",
        )
        .map(ThreadId::new)
    }

    /// The threads that are not merged into others, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn all(&self) -> Result<Vec<Thread>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM threads WHERE merged_into IS NULL ORDER BY created_at, id"
        );
        column::rows(self.conn, &sql, &[], read)
    }

    /// Every thread, merged ones too, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn with_merged(&self) -> Result<Vec<Thread>, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM threads ORDER BY created_at, id");
        column::rows(self.conn, &sql, &[], read)
    }

    /// The thread of a kind with exactly this normalised text, merged or not, if there is one.
    ///
    /// # Errors
    /// The database's failure.
    pub fn by_text(
        &self,
        kind: ElementKind,
        normalised: &str,
    ) -> Result<Option<Thread>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM threads WHERE kind = ?1 AND normalised = ?2
             ORDER BY created_at LIMIT 1"
        );
        column::row(self.conn, &sql, &[&kind.as_str(), &normalised], read)
    }

    /// The thread into which a thread was merged in the end; itself where it was not.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn root(&self, id: ThreadId) -> Result<Thread, VaultError> {
        let mut seen = std::collections::HashSet::new();
        let mut thread = self.get(id)?;
        while let Some(into) = thread.merged_into.filter(|into| seen.insert(*into)) {
            thread = self.get(into)?;
        }
        Ok(thread)
    }

    /// Threads of a kind of which an element that holds has this word in its label or its quotes,
    /// newest first. The word index is asked, so the cost does not grow with the vault.
    ///
    /// # Errors
    /// The database's failure.
    pub fn with_word(
        &self,
        kind: ElementKind,
        word: &str,
        limit: usize,
    ) -> Result<Vec<Thread>, VaultError> {
        let matching =
            format!("kind : \"{}\" AND text : \"{}\"", kind.as_str(), word.replace('"', ""));
        let columns = COLUMNS.split(", ").map(|c| format!("t.{c}")).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "SELECT DISTINCT {columns}
             FROM (SELECT rowid FROM findable_index WHERE findable_index MATCH ?1
                   ORDER BY rowid DESC LIMIT ?2) AS i
             JOIN findables AS f ON f.id = i.rowid
             JOIN thread_links AS l ON l.element_id = f.element_id AND l.state = 'confirmed'
             JOIN threads AS t ON t.id = l.thread_id"
        );
        column::rows(self.conn, &sql, &[&matching, &column::stored(limit)], read)
    }

    /// The links of a session's elements.
    ///
    /// # Errors
    /// The database's failure.
    pub fn links_of_session(&self, session: SessionId) -> Result<Vec<ThreadLink>, VaultError> {
        column::rows(
            self.conn,
            "SELECT thread_id, element_id, session_id, state, similarity FROM thread_links
             WHERE session_id = ?1 ORDER BY at, element_id",
            &[session.uuid().as_bytes()],
            read_link,
        )
    }

    /// Every link, oldest first, of an element that an accepted run holds in the newest text of a
    /// session outside the bin.
    ///
    /// # Errors
    /// The database's failure.
    pub fn sightings(&self) -> Result<Vec<Sighting>, VaultError> {
        column::rows(self.conn, &sightings_sql(""), &[], read_sighting)
    }

    /// Sessions with a belief, challenge or action that no thread has: analysed by a version that
    /// knew no threads, or interrupted before they were made. At most so many.
    ///
    /// # Errors
    /// The database's failure.
    pub fn sessions_without(&self, limit: usize) -> Result<Vec<SessionId>, VaultError> {
        let sql = format!(
            "SELECT u.session_id FROM unwoven AS u WHERE EXISTS ({}) LIMIT ?1",
            unwoven_of("u.session_id")
        );
        column::rows(self.conn, &sql, &[&column::stored(limit)], |row| {
            column::uuid(row, 0).map(SessionId::new)
        })
    }

    /// How many sessions no thread has looked at yet.
    ///
    /// # Errors
    /// The database's failure.
    pub fn n_unwoven(&self) -> Result<usize, VaultError> {
        let sql = format!(
            "SELECT count(*) FROM unwoven AS u WHERE EXISTS ({})",
            unwoven_of("u.session_id")
        );
        Ok(column::row(self.conn, &sql, &[], |row| column::count(row, 0))?.unwrap_or_default())
    }

    /// Notes a session of which an element waits for a thread.
    pub(crate) fn note_unwoven(&self, session: SessionId) -> Result<(), VaultError> {
        let sql = format!(
            "INSERT OR IGNORE INTO unwoven (session_id) SELECT ?1 WHERE EXISTS ({})",
            unwoven_of("?1")
        );
        column::execute(self.conn, &sql, &[session.uuid().as_bytes()]).map(drop)
    }

    /// In how many sessions outside the bin each thread stands, and when it came up last. Merged
    /// threads count for themselves.
    ///
    /// # Errors
    /// The database's failure.
    pub fn counts(&self) -> Result<Vec<ThreadCount>, VaultError> {
        column::rows(self.conn, COUNTS, &[], |row| {
            Ok(ThreadCount {
                thread: ThreadId::new(column::uuid(row, 0)?),
                n_sessions: column::count(row, 1)?,
                last: column::time(row, 2)?,
            })
        })
    }

    /// The same for several threads as one.
    ///
    /// # Errors
    /// The database's failure.
    pub fn count_together(
        &self,
        threads: &[ThreadId],
    ) -> Result<Option<(usize, Timestamp)>, VaultError> {
        let mut seen: HashMap<[u8; 16], Timestamp> = HashMap::new();
        for thread in threads {
            let sql = "SELECT session_id, recorded_at FROM thread_sightings WHERE thread_id = ?1";
            let found = column::rows(self.conn, sql, &[thread.uuid().as_bytes()], |row| {
                Ok((row.get::<_, [u8; 16]>(0)?, column::time(row, 1)?))
            })?;
            seen.extend(found);
        }
        Ok(seen.values().max().map(|last| (seen.len(), *last)))
    }

    /// Each thread that was merged, and into which.
    ///
    /// # Errors
    /// The database's failure.
    pub fn merges(&self) -> Result<Vec<(ThreadId, ThreadId)>, VaultError> {
        let sql = "SELECT id, merged_into FROM threads WHERE merged_into IS NOT NULL";
        column::rows(self.conn, sql, &[], |row| {
            Ok((ThreadId::new(column::uuid(row, 0)?), ThreadId::new(column::uuid(row, 1)?)))
        })
    }

    /// Pairs of threads that may be the same, with how alike they are: the one that was suggested,
    /// and the one in which the element stands, outside the bin.
    ///
    /// # Errors
    /// The database's failure.
    pub fn suggested(&self) -> Result<Vec<(ThreadId, ThreadId, f32)>, VaultError> {
        column::rows(self.conn, SUGGESTED, &[], |row| {
            let id = |at| column::uuid(row, at).map(ThreadId::new);
            Ok((id(0)?, id(1)?, row.get(2)?))
        })
    }

    /// Where a thread stands, oldest first, as [`sightings`](Self::sightings) tells it of all.
    ///
    /// # Errors
    /// The database's failure.
    pub fn sightings_of(&self, thread: ThreadId) -> Result<Vec<Sighting>, VaultError> {
        let sql = sightings_sql("WHERE l.thread_id = ?1");
        column::rows(self.conn, &sql, &[thread.uuid().as_bytes()], read_sighting)
    }

    /// The elements of a thread, oldest link first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn links(&self, thread: ThreadId) -> Result<Vec<ThreadLink>, VaultError> {
        column::rows(
            self.conn,
            "SELECT thread_id, element_id, session_id, state, similarity FROM thread_links
             WHERE thread_id = ?1 ORDER BY at, element_id",
            &[thread.uuid().as_bytes()],
            read_link,
        )
    }

    /// What was done to a thread and holds, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn events(&self, thread: ThreadId) -> Result<Vec<ThreadEvent>, VaultError> {
        column::rows(
            self.conn,
            "SELECT id, thread_id, what, payload, at FROM thread_events
             WHERE thread_id = ?1 AND undone_at IS NULL ORDER BY id",
            &[thread.uuid().as_bytes()],
            read_event,
        )
    }
}

/// Writes threads.
#[derive(Clone, Copy)]
pub struct ThreadsMut<'c> {
    read: Threads<'c>,
    clock: &'c dyn Clock,
    ids: &'c dyn Ids,
}

impl<'c> Deref for ThreadsMut<'c> {
    type Target = Threads<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> ThreadsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock, ids: &'c dyn Ids) -> Self {
        Self { read: Threads::new(conn), clock, ids }
    }

    /// Makes a thread.
    ///
    /// # Errors
    /// The database's failure.
    pub fn create(
        &self,
        kind: ElementKind,
        label: &str,
        normalised: &str,
        state: &str,
    ) -> Result<ThreadId, VaultError> {
        let id = ThreadId::new(self.ids.next());
        column::execute(
            self.conn,
            "INSERT INTO threads (id, kind, label, normalised, state, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                id.uuid().as_bytes(),
                &kind.as_str(),
                &label,
                &normalised,
                &state,
                &column::micros(self.clock.now()),
            ],
        )?;
        Ok(id)
    }

    /// Puts an element in a thread, or changes how it stands there.
    ///
    /// # Errors
    /// The database's failure.
    pub fn link(&self, link: &ThreadLink) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO thread_links (thread_id, element_id, session_id, state, similarity, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (thread_id, element_id) DO UPDATE SET state = excluded.state,
                 similarity = excluded.similarity, at = excluded.at",
            &[
                link.thread.uuid().as_bytes(),
                link.element.uuid().as_bytes(),
                link.session.uuid().as_bytes(),
                &link.state.as_str(),
                &link.similarity,
                &column::micros(self.clock.now()),
            ],
        )?;
        Ok(())
    }

    /// Takes an element out of a thread.
    ///
    /// # Errors
    /// The database's failure.
    pub fn unlink(&self, thread: ThreadId, element: ElementId) -> Result<(), VaultError> {
        let sql = "DELETE FROM thread_links WHERE thread_id = ?1 AND element_id = ?2";
        column::execute(self.conn, sql, &[thread.uuid().as_bytes(), element.uuid().as_bytes()])
            .map(drop)
    }

    /// Says that a session's threads are up to date.
    ///
    /// # Errors
    /// The database's failure.
    pub fn woven(&self, session: SessionId) -> Result<(), VaultError> {
        mark(self.conn, session)?;
        self.set_aside(session)
    }

    /// Leaves a session without its threads until it is changed.
    ///
    /// # Errors
    /// The database's failure.
    pub fn set_aside(&self, session: SessionId) -> Result<(), VaultError> {
        let sql = "DELETE FROM unwoven WHERE session_id = ?1";
        column::execute(self.conn, sql, &[session.uuid().as_bytes()]).map(drop)
    }

    /// Forgets a thread that no element confirms any more and that a person neither merged nor
    /// merged others into.
    ///
    /// # Errors
    /// The database's failure.
    pub fn forget_if_empty(&self, thread: ThreadId) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "DELETE FROM threads WHERE id = ?1 AND merged_into IS NULL
               AND NOT EXISTS (SELECT 1 FROM threads AS o WHERE o.merged_into = ?1)
               AND NOT EXISTS (SELECT 1 FROM thread_links AS l
                               WHERE l.thread_id = ?1 AND l.state = 'confirmed')",
            &[thread.uuid().as_bytes()],
        )
        .map(drop)
    }

    /// Says where a thread stands.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn set_state(&self, thread: ThreadId, state: &str) -> Result<(), VaultError> {
        let sql = "UPDATE threads SET state = ?2 WHERE id = ?1";
        let n_changed = column::execute(self.conn, sql, &[thread.uuid().as_bytes(), &state])?;
        column::found(n_changed, "thread")
    }

    /// Merges a thread into another, or takes it out again. Its links stay its own, so that
    /// nothing is lost.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn set_merged(&self, thread: ThreadId, into: Option<ThreadId>) -> Result<(), VaultError> {
        let sql = "UPDATE threads SET merged_into = ?2 WHERE id = ?1";
        let into = into.map(|it| *it.uuid().as_bytes());
        let n_changed = column::execute(self.conn, sql, &[thread.uuid().as_bytes(), &into])?;
        column::found(n_changed, "thread")
    }

    /// Notes what was done, with what is needed to take it back.
    ///
    /// # Errors
    /// The database's failure.
    pub fn note(
        &self,
        thread: ThreadId,
        session: Option<SessionId>,
        what: &str,
        payload: &Value,
    ) -> Result<i64, VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO thread_events (thread_id, session_id, what, payload, at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            &[
                thread.uuid().as_bytes(),
                &session.map(|it| *it.uuid().as_bytes()),
                &what,
                &column::to_json(payload)?,
                &column::micros(self.clock.now()),
            ],
        )?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Marks the last event that holds, of any thread, as undone and gives it; whoever knows its
    /// payload then takes it back.
    ///
    /// # Errors
    /// The database's failure.
    pub fn undo_last(&self) -> Result<Option<ThreadEvent>, VaultError> {
        column::row(
            self.conn,
            "UPDATE thread_events SET undone_at = ?1
             WHERE id = (SELECT max(id) FROM thread_events WHERE undone_at IS NULL)
             RETURNING id, thread_id, what, payload, at",
            &[&column::micros(self.clock.now())],
            read_event,
        )
    }
}
