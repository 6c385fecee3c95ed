//! The sound of sessions, as files that lie sealed beside the database.

use super::column;
use crate::VaultError;
use jiff::Timestamp;
use journey_domain::{
    element::UnknownWord,
    ids::{RecordingId, SessionId},
    ports::Clock,
    timeline::Mark,
};
use rusqlite::{Connection, Row};
use std::{
    collections::{HashMap, HashSet},
    ops::Deref,
    str::FromStr,
};

/// What a recording's file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingKind {
    /// Samples as they were captured or decoded: 16 kHz, mono, 16 bits.
    Captured,
    /// The same, losslessly smaller, as a FLAC file.
    KeptFlac,
    /// An import's own audio track.
    KeptOriginal,
}

impl RecordingKind {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::KeptFlac => "kept_flac",
            Self::KeptOriginal => "kept_original",
        }
    }
}

impl FromStr for RecordingKind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "captured" => Ok(Self::Captured),
            "kept_flac" => Ok(Self::KeptFlac),
            "kept_original" => Ok(Self::KeptOriginal),
            _ => Err(UnknownWord("recording kind")),
        }
    }
}

/// Whether a recording's file is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingState {
    /// Being written, or left so by a crash.
    Writing,
    /// Sealed with its last chunk.
    Finished,
    /// Sealed by recovery.
    Recovered,
}

impl RecordingState {
    /// The word that is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Writing => "writing",
            Self::Finished => "finished",
            Self::Recovered => "recovered",
        }
    }
}

impl FromStr for RecordingState {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "writing" => Ok(Self::Writing),
            "finished" => Ok(Self::Finished),
            "recovered" => Ok(Self::Recovered),
            _ => Err(UnknownWord("recording state")),
        }
    }
}

/// One piece of sound of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Identity; the file's key is derived from it.
    pub id: RecordingId,
    /// Whose.
    pub session: SessionId,
    /// The file's number in the session's folder, from 1.
    pub number: u32,
    /// What the file holds.
    pub kind: RecordingKind,
    /// Whether it is whole.
    pub state: RecordingState,
    /// Such as `audio/flac`; `audio/x-pcm` for samples.
    pub media_type: String,
    /// How many samples at 16 kHz; of a kept original the length it decodes to.
    pub n_samples: u64,
    /// Length of the content in bytes, for kept files.
    pub n_bytes: u64,
    /// Pauses and losses.
    pub marks: Vec<Mark>,
    /// When it was begun.
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, session_id, number, kind, state, media_type, n_samples, n_bytes, \
     marks, created_at";

fn read(row: &Row<'_>) -> rusqlite::Result<Recording> {
    Ok(Recording {
        id: RecordingId::new(column::uuid(row, 0)?),
        session: SessionId::new(column::uuid(row, 1)?),
        number: column::count(row, 2)?,
        kind: column::word(row, 3)?,
        state: column::word(row, 4)?,
        media_type: row.get(5)?,
        n_samples: column::count(row, 6)?,
        n_bytes: column::count(row, 7)?,
        marks: column::json(row, 8)?,
        created_at: column::time(row, 9)?,
    })
}

/// Reads recordings.
#[derive(Clone, Copy)]
pub struct Recordings<'c> {
    conn: &'c Connection,
}

impl<'c> Recordings<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// One recording.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn get(&self, id: RecordingId) -> Result<Recording, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM recordings WHERE id = ?1");
        column::row(self.conn, &sql, &[id.uuid().as_bytes()], read)?
            .ok_or(VaultError::NotFound("recording"))
    }

    /// The recordings of a session, by number.
    ///
    /// # Errors
    /// The database's failure.
    pub fn of_session(&self, session: SessionId) -> Result<Vec<Recording>, VaultError> {
        let sql = format!("SELECT {COLUMNS} FROM recordings WHERE session_id = ?1 ORDER BY number");
        column::rows(self.conn, &sql, &[session.uuid().as_bytes()], read)
    }

    /// The recordings that are being written, or were when the program ended.
    ///
    /// # Errors
    /// The database's failure.
    pub fn unfinished(&self) -> Result<Vec<Recording>, VaultError> {
        let sql =
            format!("SELECT {COLUMNS} FROM recordings WHERE state = 'writing' ORDER BY created_at");
        column::rows(self.conn, &sql, &[], read)
    }

    /// The number of every recording's file, by session.
    ///
    /// # Errors
    /// The database's failure.
    pub(crate) fn files(&self) -> Result<HashMap<SessionId, HashSet<u32>>, VaultError> {
        let sql = "SELECT session_id, number FROM recordings";
        let mut files: HashMap<SessionId, HashSet<u32>> = HashMap::new();
        let all = column::rows(self.conn, sql, &[], |row| {
            Ok((SessionId::new(column::uuid(row, 0)?), column::count(row, 1)?))
        })?;
        for (session, number) in all {
            files.entry(session).or_default().insert(number);
        }
        Ok(files)
    }

    /// The finished recordings begun before `before` whose session has a complete transcript: every
    /// sound went through the recogniser, which understood something, no stage failed and none is
    /// under way. With `analysed_only`, only those of sessions that were analysed to the last word,
    /// too.
    ///
    /// # Errors
    /// The database's failure.
    pub fn written_down(
        &self,
        before: Timestamp,
        analysed_only: bool,
    ) -> Result<Vec<Recording>, VaultError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM recordings AS r
             WHERE r.state <> 'writing' AND r.created_at < ?1
               AND (
                   SELECT trim(t.text, char(9, 10, 13, 32)) FROM transcripts AS t
                   WHERE t.session_id = r.session_id ORDER BY t.revision DESC LIMIT 1) <> ''
               AND (NOT ?2 OR EXISTS (
                   SELECT 1 FROM accepted_runs AS a JOIN runs AS u ON u.id = a.run_id
                   WHERE a.session_id = r.session_id AND json_array_length(u.holes) = 0))
               AND EXISTS (
                   SELECT 1 FROM sessions AS s
                   WHERE s.id = r.session_id AND s.capture <> 'recording' AND s.error IS NULL
                     AND (s.status = 'analysed' OR (s.status = 'transcribed' AND NOT ?2))
                     AND NOT EXISTS (
                         SELECT 1 FROM json_each(s.holes) AS hole
                         WHERE hole.value ->> '$.stage' <> 'capture'))
               AND NOT EXISTS (
                   SELECT 1 FROM jobs AS j WHERE j.session_id = r.session_id
                     AND j.state IN ('queued', 'waiting', 'running'))
             ORDER BY r.created_at"
        );
        column::rows(self.conn, &sql, &[&column::micros(before), &analysed_only], read)
    }
}

/// Writes recordings.
#[derive(Clone, Copy)]
pub struct RecordingsMut<'c> {
    read: Recordings<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for RecordingsMut<'c> {
    type Target = Recordings<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> RecordingsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: Recordings::new(conn), clock }
    }

    /// Adds a recording that is about to be written, with the session's next number.
    pub(crate) fn begin(
        &self,
        id: RecordingId,
        session: SessionId,
        kind: RecordingKind,
        media_type: &str,
    ) -> Result<Recording, VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO recordings (id, session_id, number, kind, state, media_type, created_at)
             SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, 'writing', ?4, ?5
             FROM recordings WHERE session_id = ?2",
            &[
                id.uuid().as_bytes(),
                session.uuid().as_bytes(),
                &kind.as_str(),
                &media_type,
                &column::micros(self.clock.now()),
            ],
        )?;
        self.get(id)
    }

    /// Notes that a recording's file is sealed, and what it holds.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn seal(
        &self,
        id: RecordingId,
        state: RecordingState,
        n_samples: u64,
        n_bytes: u64,
        marks: &[Mark],
    ) -> Result<(), VaultError> {
        let n_changed = column::execute(
            self.conn,
            "UPDATE recordings SET state = ?2, n_samples = ?3, n_bytes = ?4, marks = ?5
             WHERE id = ?1",
            &[
                id.uuid().as_bytes(),
                &state.as_str(),
                &column::stored(n_samples),
                &column::stored(n_bytes),
                &column::to_json(marks)?,
            ],
        )?;
        column::found(n_changed, "recording")
    }

    /// Notes what whoever wrote a recording knows of it while its file is not sealed: how many samples
    /// it wrote, and the pauses and losses, also those that the file could not take.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn note(&self, id: RecordingId, n_samples: u64, marks: &[Mark]) -> Result<(), VaultError> {
        self.seal(id, RecordingState::Writing, n_samples, 0, marks)
    }

    /// Forgets a recording. Its file is removed by [`Vault::sweep_media`](crate::Vault::sweep_media).
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn forget(&self, id: RecordingId) -> Result<(), VaultError> {
        let sql = "DELETE FROM recordings WHERE id = ?1";
        column::found(column::execute(self.conn, sql, &[id.uuid().as_bytes()])?, "recording")
    }
}
