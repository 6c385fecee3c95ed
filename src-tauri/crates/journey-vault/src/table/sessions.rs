//! Sessions and a person's marks on them.

use super::{column, cursor, search};
use crate::{Page, VaultError};
use jiff::Timestamp;
use journey_domain::{
    ids::{RunId, SessionId},
    ports::Clock,
    session::{CaptureState, Hole, HoleStage, Session, Source, StageError, Status},
};
use rusqlite::{Connection, Row, ToSql};
use std::ops::Deref;

/// What a session starts with.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Identity, from the `Ids` port.
    pub id: SessionId,
    /// Shown in lists.
    pub title: String,
    /// Whether the program made the title, and may replace it by a better one.
    pub title_generated: bool,
    /// When it was said; kept to the microsecond.
    pub recorded_at: Timestamp,
    /// The IANA zone (or fixed offset) in which it was said.
    pub time_zone: String,
    /// Where it came from.
    pub source: Source,
    /// The language that the person fixed; `None` lets the recogniser find it.
    pub language: Option<String>,
    /// Length in milliseconds, where it is known already.
    pub duration_ms: Option<u64>,
    /// Whether a recording is under way.
    pub capture: CaptureState,
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSession {
    /// What the rest of the program knows as a session.
    pub session: Session,
    /// Whether the program made the title.
    pub title_generated: bool,
    /// The language that the person fixed.
    pub language: Option<String>,
    /// The newest transcript revision.
    pub revision: Option<u32>,
    /// The accepted run.
    pub run: Option<RunId>,
}

/// Which sessions to list; all that are not in the bin by default.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    /// Said at or after this.
    pub from: Option<Timestamp>,
    /// Said before this.
    pub before: Option<Timestamp>,
    /// With this tag, without regard to case.
    pub tag: Option<String>,
    /// Favourites only.
    pub favourites: bool,
}

/// A tag and how many sessions outside the bin carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagCount {
    /// The tag as first written.
    pub tag: String,
    /// How many sessions.
    pub n_sessions: u64,
}

const COLUMNS: &str = "s.id, s.title, s.title_generated, s.recorded_at, s.time_zone, s.source, \
     s.language, s.duration_ms, s.status, s.capture, s.favourite, s.holes, s.error, s.deleted_at, \
     (SELECT max(revision) FROM transcripts AS t WHERE t.session_id = s.id), \
     (SELECT run_id FROM accepted_runs AS a WHERE a.session_id = s.id)";

fn read(row: &Row<'_>) -> rusqlite::Result<StoredSession> {
    let session = Session {
        id: SessionId::new(column::uuid(row, 0)?),
        title: row.get(1)?,
        recorded_at: column::time(row, 3)?,
        time_zone: row.get(4)?,
        source: column::word::<Source>(row, 5)?,
        duration_ms: column::count_opt(row, 7)?,
        status: column::word::<Status>(row, 8)?,
        capture: column::word::<CaptureState>(row, 9)?,
        tags: Vec::new(),
        favourite: row.get(10)?,
        holes: column::json(row, 11)?,
        error: column::json_opt(row, 12)?,
        deleted_at: column::time_opt(row, 13)?,
    };
    Ok(StoredSession {
        session,
        title_generated: row.get(2)?,
        language: row.get(6)?,
        revision: column::count_opt(row, 14)?,
        run: column::uuid_opt(row, 15)?.map(RunId::new),
    })
}

/// Reads sessions.
#[derive(Clone, Copy)]
pub struct Sessions<'c> {
    conn: &'c Connection,
}

impl<'c> Sessions<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// One session, also one in the bin.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn get(&self, id: SessionId) -> Result<StoredSession, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM sessions AS s WHERE s.id = ?1");
        let mut it = column::row(self.conn, &sql, &[id.uuid().as_bytes()], read)?
            .ok_or(VaultError::NotFound("session"))?;
        it.session.tags = self.tags_of(id)?;
        Ok(it)
    }

    /// The session whose id begins with `prefix` (at least 8 characters).
    ///
    /// # Errors
    /// [`VaultError::NotFound`], [`VaultError::Ambiguous`], [`VaultError::BadId`].
    pub fn find(&self, prefix: &str) -> Result<SessionId, VaultError> {
        column::id_by_prefix(
            self.conn,
            "SELECT id FROM sessions WHERE id BETWEEN ?1 AND ?2 LIMIT 2",
            prefix,
            "session",
        )
        .map(SessionId::new)
    }

    /// A page of sessions outside the bin, newest first. Costs what the page costs, however many
    /// sessions there are.
    ///
    /// # Errors
    /// [`VaultError::BadCursor`], or the database's failure.
    pub fn list(
        &self,
        filter: &SessionFilter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<Session>, VaultError> {
        let Page { items, next } = self.page(filter, limit, after)?;
        Ok(Page { items: items.into_iter().map(|it| it.session).collect(), next })
    }

    /// The same with what is known of each session's transcript and run.
    pub(crate) fn page(
        &self,
        filter: &SessionFilter,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<StoredSession>, VaultError> {
        let mut narrowed = Narrowed::by(filter);
        if let Some(after) = after {
            narrowed.go_on_after(Place::decode(after)?);
        }
        let page = limit.clamp(1, MAX_PAGE);
        let sql = list_sql(filter.tag.is_some(), filter.favourites);
        let wanted = column::stored(page + 1);
        let params: Vec<&dyn ToSql> = narrowed.params().chain([&wanted as &dyn ToSql]).collect();
        let mut items = column::rows(self.conn, &sql, &params, read)?;
        let more = items.len() > page;
        items.truncate(page);
        for it in &mut items {
            it.session.tags = self.tags_of(it.session.id)?;
        }
        let next = items.last().filter(|_| more).map(|last| Place::of(&last.session).encode());
        Ok(Page { items, next })
    }

    /// How many sessions a filter lets through.
    ///
    /// # Errors
    /// The database's failure.
    pub fn count_of(&self, filter: &SessionFilter) -> Result<u64, VaultError> {
        let sql =
            format!("SELECT count(*) {}", narrowing(filter.tag.is_some(), filter.favourites, ""));
        let narrowed = Narrowed::by(filter);
        let params: Vec<&dyn ToSql> = narrowed.params().collect();
        Ok(column::row(self.conn, &sql, &params, |row| column::count(row, 0))?.unwrap_or_default())
    }

    /// When the sessions outside the bin between two moments were said (the first one in, the
    /// second one out), newest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn times(&self, from: Timestamp, before: Timestamp) -> Result<Vec<Timestamp>, VaultError> {
        column::rows(self.conn, TIMES, &[&column::micros(from), &column::micros(before)], |row| {
            column::time(row, 0)
        })
    }

    /// The sessions in the bin, last thrown away first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn binned(&self) -> Result<Vec<Session>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions AS s WHERE s.deleted_at IS NOT NULL
             ORDER BY s.deleted_at DESC"
        );
        self.with_tags(column::rows(self.conn, &sql, &[], read)?)
    }

    /// The sessions whose recording was under way when the program ended, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn unfinished(&self) -> Result<Vec<Session>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions AS s WHERE s.capture = 'recording'
             ORDER BY s.recorded_at"
        );
        self.with_tags(column::rows(self.conn, &sql, &[], read)?)
    }

    /// The sessions outside the bin whose sound is sealed and that no work was ever ordered for,
    /// oldest first: the program ended between the two.
    ///
    /// # Errors
    /// The database's failure.
    pub fn without_orders(&self) -> Result<Vec<SessionId>, VaultError> {
        let sql = "SELECT s.id FROM sessions AS s
             WHERE s.status = 'captured' AND s.capture <> 'recording' AND s.deleted_at IS NULL
               AND EXISTS (
                   SELECT 1 FROM recordings AS r
                   WHERE r.session_id = s.id AND r.state <> 'writing' AND r.n_samples > 0)
               AND NOT EXISTS (SELECT 1 FROM jobs AS j WHERE j.session_id = s.id)
             ORDER BY s.recorded_at, s.id";
        column::rows(self.conn, sql, &[], |row| Ok(SessionId::new(column::uuid(row, 0)?)))
    }

    /// Every tag in use outside the bin, in alphabetical order.
    ///
    /// # Errors
    /// The database's failure.
    pub fn tags(&self) -> Result<Vec<TagCount>, VaultError> {
        column::rows(
            self.conn,
            "SELECT min(tag), count(*) FROM tags
             WHERE session_id NOT IN (SELECT id FROM sessions WHERE deleted_at IS NOT NULL)
             GROUP BY folded ORDER BY folded",
            &[],
            |row| Ok(TagCount { tag: row.get(0)?, n_sessions: column::count(row, 1)? }),
        )
    }

    /// How many sessions are outside the bin.
    ///
    /// # Errors
    /// The database's failure.
    pub fn count(&self) -> Result<u64, VaultError> {
        let sql = "SELECT count(*) FROM sessions WHERE deleted_at IS NULL";
        Ok(column::row(self.conn, sql, &[], |row| column::count(row, 0))?.unwrap_or_default())
    }

    /// When the newest session outside the bin was said; `None` where there is none.
    ///
    /// # Errors
    /// The database's failure.
    pub fn newest(&self) -> Result<Option<Timestamp>, VaultError> {
        let sql = "SELECT max(recorded_at) FROM sessions WHERE deleted_at IS NULL";
        Ok(column::row(self.conn, sql, &[], |row| column::time_opt(row, 0))?.flatten())
    }

    /// When the first session outside the bin was said.
    ///
    /// # Errors
    /// The database's failure.
    pub fn oldest(&self) -> Result<Option<Timestamp>, VaultError> {
        let sql = "SELECT min(recorded_at) FROM sessions WHERE deleted_at IS NULL";
        Ok(column::row(self.conn, sql, &[], |row| column::time_opt(row, 0))?.flatten())
    }

    /// When the session outside the bin that has been here longest came in, whenever it was said.
    ///
    /// # Errors
    /// The database's failure.
    pub fn first_came_in(&self) -> Result<Option<Timestamp>, VaultError> {
        // Ids go up in the order in which they were made.
        let sql = "SELECT min(created_at) FROM (
                       SELECT session_id, created_at FROM recordings
                       UNION ALL SELECT session_id, created_at FROM transcripts)
                   WHERE session_id = (SELECT min(id) FROM sessions WHERE deleted_at IS NULL)";
        Ok(column::row(self.conn, sql, &[], |row| column::time_opt(row, 0))?.flatten())
    }

    fn with_tags(&self, stored: Vec<StoredSession>) -> Result<Vec<Session>, VaultError> {
        stored
            .into_iter()
            .map(|mut it| {
                it.session.tags = self.tags_of(it.session.id)?;
                Ok(it.session)
            })
            .collect()
    }

    fn tags_of(&self, id: SessionId) -> Result<Vec<String>, VaultError> {
        let sql = "SELECT tag FROM tags WHERE session_id = ?1 ORDER BY folded";
        column::rows(self.conn, sql, &[id.uuid().as_bytes()], |row| row.get(0))
    }
}

const TIMES: &str = "SELECT recorded_at FROM sessions
     WHERE deleted_at IS NULL AND recorded_at >= ?1 AND recorded_at < ?2
     ORDER BY recorded_at DESC";

/// Where a page of sessions goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    at: i64,
    id: [u8; 16],
}

impl Place {
    pub(crate) fn new(at: Timestamp, id: SessionId) -> Self {
        Self { at: column::micros(at), id: *id.uuid().as_bytes() }
    }

    fn of(session: &Session) -> Self {
        Self::new(session.recorded_at, session.id)
    }

    pub(crate) fn encode(self) -> String {
        cursor::encode('s', &[cursor::part(self.at), u128::from_be_bytes(self.id)])
    }

    pub(crate) fn decode(text: &str) -> Result<Self, VaultError> {
        let [at, id] = cursor::decode('s', text)?;
        Ok(Self { at: cursor::signed(at)?, id: id.to_be_bytes() })
    }
}

/// A filter as [`narrowing`] takes it.
pub(crate) struct Narrowed {
    from: i64,
    before: Place,
    folded: Option<String>,
}

impl Narrowed {
    pub(crate) fn by(filter: &SessionFilter) -> Self {
        Self {
            from: filter.from.map_or(i64::MIN, column::micros),
            before: Place { at: filter.before.map_or(i64::MAX, column::micros), id: [0; 16] },
            folded: filter.tag.as_deref().map(fold),
        }
    }

    pub(crate) fn go_on_after(&mut self, place: Place) {
        self.before = self.before.min(place);
    }

    pub(crate) fn params(&self) -> impl Iterator<Item = &dyn ToSql> {
        let always: [&dyn ToSql; 3] = [&self.from, &self.before.at, &self.before.id];
        always.into_iter().chain(self.folded.as_ref().map(|tag| tag as &dyn ToSql))
    }
}

/// From where sessions `s` come: said from ?1 on, before the place (?2, ?3), with the tag ?4; joined
/// with what belongs to each.
pub(crate) fn narrowing(tagged: bool, favourites: bool, joins: &str) -> String {
    let favourites = if favourites { "AND s.favourite = 1" } else { "" };
    if tagged {
        format!(
            "FROM tags AS g CROSS JOIN sessions AS s ON s.id = g.session_id {joins}
             WHERE g.folded = ?4 AND g.recorded_at >= ?1
               AND (g.recorded_at, g.session_id) < (?2, ?3)
               AND s.deleted_at IS NULL {favourites}"
        )
    } else {
        format!(
            "FROM sessions AS s {joins}
             WHERE s.deleted_at IS NULL {favourites} AND s.recorded_at >= ?1
               AND (s.recorded_at, s.id) < (?2, ?3)"
        )
    }
}

/// What [`narrowing`] lets through, newest first.
pub(crate) const fn newest_first(tagged: bool) -> &'static str {
    if tagged {
        "ORDER BY g.recorded_at DESC, g.session_id DESC"
    } else {
        "ORDER BY s.recorded_at DESC, s.id DESC"
    }
}

/// A page of sessions.
fn list_sql(tagged: bool, favourites: bool) -> String {
    let limit = if tagged { "?5" } else { "?4" };
    let (narrowing, order) = (narrowing(tagged, favourites, ""), newest_first(tagged));
    format!("SELECT {COLUMNS} {narrowing} {order} LIMIT {limit}")
}

/// Most sessions on one page.
const MAX_PAGE: usize = 1_000;

/// Writes sessions.
#[derive(Clone, Copy)]
pub struct SessionsMut<'c> {
    read: Sessions<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for SessionsMut<'c> {
    type Target = Sessions<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> SessionsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: Sessions::new(conn), clock }
    }

    /// Makes a session, captured and nothing more.
    ///
    /// # Errors
    /// The database's failure.
    pub fn create(&self, new: &NewSession) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO sessions (id, title, title_generated, recorded_at, time_zone, source,
                 language, duration_ms, status, capture)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'captured', ?9)",
            &[
                new.id.uuid().as_bytes(),
                &new.title,
                &new.title_generated,
                &column::micros(new.recorded_at),
                &new.time_zone,
                &new.source.as_str(),
                &new.language,
                &new.duration_ms.map(column::stored),
                &new.capture.as_str(),
            ],
        )?;
        Ok(())
    }

    /// Gives a session the title that a person chose.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn rename(&self, id: SessionId, title: &str) -> Result<(), VaultError> {
        let sql = "UPDATE sessions SET title = ?2, title_generated = 0 WHERE id = ?1";
        column::found(column::execute(self.conn, sql, &[id.uuid().as_bytes(), &title])?, "session")
    }

    /// Gives a session a better title of the program's own; one that a person chose stays.
    ///
    /// # Errors
    /// The database's failure.
    pub fn suggest_title(&self, id: SessionId, title: &str) -> Result<(), VaultError> {
        let sql = "UPDATE sessions SET title = ?2 WHERE id = ?1 AND title_generated = 1";
        column::execute(self.conn, sql, &[id.uuid().as_bytes(), &title])?;
        Ok(())
    }

    /// Adds tags, each trimmed; empty ones and ones that it has (without regard to case) are
    /// left out.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn add_tags(&self, id: SessionId, tags: &[String]) -> Result<(), VaultError> {
        let sql = "SELECT recorded_at FROM sessions WHERE id = ?1";
        let recorded_at: i64 =
            column::row(self.conn, sql, &[id.uuid().as_bytes()], |row| row.get(0))?
                .ok_or(VaultError::NotFound("session"))?;
        for tag in tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
            column::execute(
                self.conn,
                "INSERT INTO tags (session_id, folded, tag, recorded_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO NOTHING",
                &[id.uuid().as_bytes(), &fold(tag), &tag, &recorded_at],
            )?;
        }
        Ok(())
    }

    /// Takes a tag away, without regard to case; fine when it is not there.
    ///
    /// # Errors
    /// The database's failure.
    pub fn remove_tag(&self, id: SessionId, tag: &str) -> Result<(), VaultError> {
        let sql = "DELETE FROM tags WHERE session_id = ?1 AND folded = ?2";
        column::execute(self.conn, sql, &[id.uuid().as_bytes(), &fold(tag)])?;
        Ok(())
    }

    /// Marks or unmarks a favourite.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn set_favourite(&self, id: SessionId, favourite: bool) -> Result<(), VaultError> {
        let sql = "UPDATE sessions SET favourite = ?2 WHERE id = ?1";
        let n_changed = column::execute(self.conn, sql, &[id.uuid().as_bytes(), &favourite])?;
        column::found(n_changed, "session")
    }

    /// Fixes the language of a session, or lets the recogniser find it.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn set_language(&self, id: SessionId, language: Option<&str>) -> Result<(), VaultError> {
        let sql = "UPDATE sessions SET language = ?2 WHERE id = ?1";
        let n_changed = column::execute(self.conn, sql, &[id.uuid().as_bytes(), &language])?;
        column::found(n_changed, "session")
    }

    /// Puts a session in the bin: out of lists and search, with everything it holds kept.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn bin(&self, id: SessionId) -> Result<(), VaultError> {
        let now = column::micros(self.clock.now());
        let sql = "UPDATE sessions SET deleted_at = coalesce(deleted_at, ?2) WHERE id = ?1";
        let n_changed = column::execute(self.conn, sql, &[id.uuid().as_bytes(), &now])?;
        column::found(n_changed, "session")?;
        search::refresh(self.conn, id)
    }

    /// Takes a session out of the bin again.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn unbin(&self, id: SessionId) -> Result<(), VaultError> {
        let sql = "UPDATE sessions SET deleted_at = NULL WHERE id = ?1";
        column::found(column::execute(self.conn, sql, &[id.uuid().as_bytes()])?, "session")?;
        search::refresh(self.conn, id)
    }

    /// Stores what the end of a recording, or its recovery, found out.
    ///
    /// Replaces the holes of the capture; those of other stages stay.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn set_capture(
        &self,
        id: SessionId,
        capture: CaptureState,
        duration_ms: Option<u64>,
        holes: &[Hole],
    ) -> Result<(), VaultError> {
        let sql = "UPDATE sessions SET capture = ?2, duration_ms = ?3 WHERE id = ?1";
        let n_changed = column::execute(
            self.conn,
            sql,
            &[id.uuid().as_bytes(), &capture.as_str(), &duration_ms.map(column::stored)],
        )?;
        column::found(n_changed, "session")?;
        self.set_holes(id, HoleStage::Capture, holes)
    }

    /// Corrects when it was said, such as to the date that a file's container gives.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn set_recorded_at(&self, id: SessionId, at: Timestamp) -> Result<(), VaultError> {
        let at = column::micros(at);
        let sql = "UPDATE tags SET recorded_at = ?2 WHERE session_id = ?1";
        column::execute(self.conn, sql, &[id.uuid().as_bytes(), &at])?;
        let sql = "UPDATE sessions SET recorded_at = ?2 WHERE id = ?1";
        column::found(column::execute(self.conn, sql, &[id.uuid().as_bytes(), &at])?, "session")
    }

    /// Stores or clears the failure of the last attempt.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn set_error(&self, id: SessionId, error: Option<&StageError>) -> Result<(), VaultError> {
        let error = error.map(column::to_json).transpose()?;
        let sql = "UPDATE sessions SET error = ?2 WHERE id = ?1";
        let n_changed = column::execute(self.conn, sql, &[id.uuid().as_bytes(), &error])?;
        column::found(n_changed, "session")
    }

    /// Replaces the holes of one stage.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn set_holes(
        &self,
        id: SessionId,
        stage: HoleStage,
        holes: &[Hole],
    ) -> Result<(), VaultError> {
        let sql = "SELECT holes FROM sessions WHERE id = ?1";
        let mut all: Vec<Hole> =
            column::row(self.conn, sql, &[id.uuid().as_bytes()], |row| column::json(row, 0))?
                .ok_or(VaultError::NotFound("session"))?;
        all.retain(|hole| hole.stage != stage);
        all.extend(holes.iter().filter(|hole| hole.stage == stage).cloned());
        all.sort_by_key(|hole| (hole.stage, hole.start_ms, hole.start));
        let sql = "UPDATE sessions SET holes = ?2 WHERE id = ?1";
        column::execute(self.conn, sql, &[id.uuid().as_bytes(), &column::to_json(&all)?])?;
        Ok(())
    }

    /// Sets the last stage reached and forgets a failure of that stage.
    pub(crate) fn reached(&self, id: SessionId, status: Status) -> Result<(), VaultError> {
        let sql = "UPDATE sessions SET status = ?2 WHERE id = ?1";
        let n_changed = column::execute(self.conn, sql, &[id.uuid().as_bytes(), &status.as_str()])?;
        column::found(n_changed, "session")?;
        let sql = "UPDATE sessions SET error = NULL
                   WHERE id = ?1 AND error IS NOT NULL AND error ->> 'stage' = ?2";
        let stage = match status {
            Status::Captured => HoleStage::Capture,
            Status::Transcribed => HoleStage::Transcribe,
            Status::Analysed => HoleStage::Analyse,
        };
        column::execute(self.conn, sql, &[id.uuid().as_bytes(), &stage.as_str()])?;
        Ok(())
    }
}

/// The form in which tags are compared.
fn fold(tag: &str) -> String {
    tag.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestVault, new_session};

    #[test]
    fn a_page_costs_what_it_holds() {
        let test = TestVault::new();
        for (tagged, favourites) in [(false, false), (false, true), (true, false), (true, true)] {
            let sql = list_sql(tagged, favourites);
            let plan = test.plan(&sql, if tagged { 5 } else { 4 });
            let costly = |step: &String| step.starts_with("SCAN") || step.contains("TEMP B-TREE");
            assert!(!plan.iter().any(costly), "{plan:?}");
        }
    }

    #[test]
    fn sessions_are_counted_and_timed_without_being_read() {
        let test = TestVault::new();
        let counted = format!("SELECT count(*) {}", narrowing(false, false, ""));
        for (sql, n_params) in [(counted.as_str(), 3), (TIMES, 2)] {
            let plan = test.plan(sql, n_params);
            let [step] = plan.as_slice() else { panic!("{plan:?}") };
            assert!(step.contains("COVERING INDEX sessions_newest"), "{step}");
        }
    }

    #[test]
    fn a_filter_counts_what_it_lists() {
        let test = TestVault::new();
        for n in 0..7 {
            let id = test.session("a", n * 10);
            test.write(|write| {
                if n % 2 == 0 {
                    write.sessions().add_tags(id, &["Work".into()])?;
                }
                if n == 6 {
                    write.sessions().bin(id)?;
                }
                write.sessions().set_favourite(id, n % 3 == 0)
            });
        }
        let said = |n: i64| Some(new_session(SessionId::new(test.uuid()), "", n * 10).recorded_at);
        for (from, before) in [(None, None), (said(1), None), (None, said(4)), (said(2), said(5))] {
            for tag in [None, Some("work".to_owned())] {
                for favourites in [false, true] {
                    let filter = SessionFilter { from, before, tag: tag.clone(), favourites };
                    let (listed, counted) = test.read(|read| {
                        let page = read.sessions().list(&filter, 100, None)?;
                        Ok((page.items.len() as u64, read.sessions().count_of(&filter)?))
                    });
                    assert_eq!(listed, counted, "{filter:?}");
                }
            }
        }
    }
}
