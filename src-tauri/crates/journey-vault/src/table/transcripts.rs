//! Transcripts by revision, and what an unfinished transcription has so far.

use super::column;
use crate::VaultError;
use jiff::Timestamp;
use journey_domain::{
    ids::{RecordingId, SessionId},
    ports::Clock,
    text::{CharSpan, IndexedText},
    transcript::{Segment, SpokenSegment, TimeSpan, Transcript, Word},
};
use rusqlite::{Connection, Row};
use std::ops::Deref;

/// A revision without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Counts from 1.
    pub revision: u32,
    /// ISO 639-1 code, where known.
    pub language: Option<String>,
    /// The speech model's name; `None` for text.
    pub model: Option<String>,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// One finished window of an unfinished transcription.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialWindow {
    /// Which recording was read.
    pub recording: RecordingId,
    /// Everything before this sample of it has been recognised.
    pub end_sample: u64,
    /// The speech model's name.
    pub model: String,
    /// The language found or fixed.
    pub language: Option<String>,
    /// What was recognised in this window; provisional until the transcript is stored.
    pub segments: Vec<SpokenSegment>,
}

/// Everything that an unfinished transcription has.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialTranscript {
    /// In the order in which they were recognised; never empty.
    pub windows: Vec<PartialWindow>,
}

impl PartialTranscript {
    /// Where a job goes on: the recording and its first sample that was not recognised.
    #[must_use]
    pub fn resume_at(&self) -> Option<(RecordingId, u64)> {
        self.windows.last().map(|window| (window.recording, window.end_sample))
    }

    /// All segments so far.
    pub fn segments(&self) -> impl Iterator<Item = &SpokenSegment> {
        self.windows.iter().flat_map(|window| &window.segments)
    }
}

/// A word as stored: text, start and end in milliseconds, probability.
type StoredWord = (String, u64, u64, f32);

/// Reads transcripts.
#[derive(Clone, Copy)]
pub struct Transcripts<'c> {
    conn: &'c Connection,
}

impl<'c> Transcripts<'c> {
    pub(crate) const fn new(conn: &'c Connection) -> Self {
        Self { conn }
    }

    /// The newest revision of a session, if it has any.
    ///
    /// # Errors
    /// The database's failure.
    pub fn current(&self, session: SessionId) -> Result<Option<Transcript>, VaultError> {
        match self.newest_revision(session)? {
            0 => Ok(None),
            revision => self.revision(session, revision).map(Some),
        }
    }

    /// One revision.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn revision(&self, session: SessionId, revision: u32) -> Result<Transcript, VaultError> {
        let (language, model, text): (_, _, String) = column::row(
            self.conn,
            "SELECT language, model, text FROM transcripts WHERE session_id = ?1 AND revision = ?2",
            &[session.uuid().as_bytes(), &revision],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?
        .ok_or(VaultError::NotFound("transcript"))?;
        let indexed = IndexedText::new(&text);
        let segments = column::rows(
            self.conn,
            "SELECT start, end, start_ms, end_ms, probability, repeated, words FROM segments
             WHERE session_id = ?1 AND revision = ?2 ORDER BY position",
            &[session.uuid().as_bytes(), &revision],
            |row| read_segment(row, &indexed),
        )?;
        Ok(Transcript { revision, language, model, text, segments })
    }

    /// The revisions of a session, oldest first.
    ///
    /// # Errors
    /// The database's failure.
    pub fn revisions(&self, session: SessionId) -> Result<Vec<Revision>, VaultError> {
        column::rows(
            self.conn,
            "SELECT revision, language, model, created_at FROM transcripts
             WHERE session_id = ?1 ORDER BY revision",
            &[session.uuid().as_bytes()],
            |row| {
                Ok(Revision {
                    revision: column::count(row, 0)?,
                    language: row.get(1)?,
                    model: row.get(2)?,
                    created_at: column::time(row, 3)?,
                })
            },
        )
    }

    /// What an unfinished transcription has so far; `None` when there is nothing.
    ///
    /// # Errors
    /// The database's failure.
    pub fn partial(&self, session: SessionId) -> Result<Option<PartialTranscript>, VaultError> {
        let windows = column::rows(
            self.conn,
            "SELECT recording_id, end_sample, model, language, segments FROM partial_windows
             WHERE session_id = ?1 ORDER BY position",
            &[session.uuid().as_bytes()],
            |row| {
                Ok(PartialWindow {
                    recording: RecordingId::new(column::uuid(row, 0)?),
                    end_sample: column::count(row, 1)?,
                    model: row.get(2)?,
                    language: row.get(3)?,
                    segments: column::json(row, 4)?,
                })
            },
        )?;
        Ok((!windows.is_empty()).then_some(PartialTranscript { windows }))
    }

    /// The number of the newest revision of a session; 0 when there is none.
    ///
    /// # Errors
    /// The database's failure.
    pub fn newest_revision(&self, session: SessionId) -> Result<u32, VaultError> {
        let sql = "SELECT coalesce(max(revision), 0) FROM transcripts WHERE session_id = ?1";
        let newest = column::row(self.conn, sql, &[session.uuid().as_bytes()], |row| row.get(0))?;
        Ok(newest.unwrap_or_default())
    }

    /// The text of one revision.
    ///
    /// # Errors
    /// [`VaultError::NotFound`], or the database's failure.
    pub fn text(&self, session: SessionId, revision: u32) -> Result<String, VaultError> {
        let sql = "SELECT text FROM transcripts WHERE session_id = ?1 AND revision = ?2";
        column::row(self.conn, sql, &[session.uuid().as_bytes(), &revision], |row| row.get(0))?
            .ok_or(VaultError::NotFound("transcript"))
    }
}

fn read_segment(row: &Row<'_>, text: &IndexedText<'_>) -> rusqlite::Result<Segment> {
    let span = CharSpan { start: column::count(row, 0)?, end: column::count(row, 1)? };
    let time = match (column::count_opt(row, 2)?, column::count_opt(row, 3)?) {
        (Some(start_ms), Some(end_ms)) => Some(TimeSpan { start_ms, end_ms }),
        _ => None,
    };
    let words: Vec<StoredWord> = column::json(row, 6)?;
    Ok(Segment {
        text: text.slice(span).unwrap_or_default().to_owned(),
        span,
        time,
        probability: row.get(4)?,
        repeated: row.get(5)?,
        words: words
            .into_iter()
            .map(|(text, start_ms, end_ms, probability)| Word {
                text,
                start_ms,
                end_ms,
                probability,
            })
            .collect(),
    })
}

/// Writes what an unfinished transcription has.
///
/// Whole transcripts are stored by [`Write::store_transcript`](crate::Write::store_transcript).
#[derive(Clone, Copy)]
pub struct TranscriptsMut<'c> {
    read: Transcripts<'c>,
    clock: &'c dyn Clock,
}

impl<'c> Deref for TranscriptsMut<'c> {
    type Target = Transcripts<'c>;

    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl<'c> TranscriptsMut<'c> {
    pub(crate) const fn new(conn: &'c Connection, clock: &'c dyn Clock) -> Self {
        Self { read: Transcripts::new(conn), clock }
    }

    /// Adds a finished window, so that a job that is interrupted goes on after it.
    ///
    /// # Errors
    /// The database's failure.
    pub fn append_partial(
        &self,
        session: SessionId,
        window: &PartialWindow,
    ) -> Result<(), VaultError> {
        column::execute(
            self.conn,
            "INSERT INTO partial_windows
                 (session_id, position, recording_id, end_sample, model, language, segments)
             SELECT ?1, coalesce(max(position), 0) + 1, ?2, ?3, ?4, ?5, ?6
             FROM partial_windows WHERE session_id = ?1",
            &[
                session.uuid().as_bytes(),
                window.recording.uuid().as_bytes(),
                &column::stored(window.end_sample),
                &window.model,
                &window.language,
                &column::to_json(&window.segments)?,
            ],
        )?;
        Ok(())
    }

    /// Forgets an unfinished transcription, such as one by another model.
    ///
    /// # Errors
    /// The database's failure.
    pub fn clear_partial(&self, session: SessionId) -> Result<(), VaultError> {
        let sql = "DELETE FROM partial_windows WHERE session_id = ?1";
        column::execute(self.conn, sql, &[session.uuid().as_bytes()])?;
        Ok(())
    }

    /// Stores a transcript as the session's next revision; its own number is not looked at.
    pub(crate) fn insert(
        &self,
        session: SessionId,
        transcript: &Transcript,
    ) -> Result<u32, VaultError> {
        let indexed = IndexedText::new(&transcript.text);
        let in_place = |segment: &Segment| indexed.slice(segment.span) == Some(&segment.text);
        if !transcript.segments.iter().all(in_place) {
            return Err(VaultError::Refused("a segment does not stand where it says it does"));
        }
        let revision = self.newest_revision(session)? + 1;
        column::execute(
            self.conn,
            "INSERT INTO transcripts (session_id, revision, language, model, text, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &[
                session.uuid().as_bytes(),
                &revision,
                &transcript.language,
                &transcript.model,
                &transcript.text,
                &column::micros(self.clock.now()),
            ],
        )?;
        for (position, segment) in transcript.segments.iter().enumerate() {
            let words: Vec<(&str, u64, u64, f32)> = segment
                .words
                .iter()
                .map(|word| (word.text.as_str(), word.start_ms, word.end_ms, word.probability))
                .collect();
            column::execute(
                self.conn,
                "INSERT INTO segments (session_id, revision, position, start, end, start_ms,
                     end_ms, probability, repeated, words)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                &[
                    session.uuid().as_bytes(),
                    &revision,
                    &column::stored(position),
                    &column::stored(segment.span.start),
                    &column::stored(segment.span.end),
                    &segment.time.map(|time| column::stored(time.start_ms)),
                    &segment.time.map(|time| column::stored(time.end_ms)),
                    &segment.probability,
                    &segment.repeated,
                    &column::to_json(&words)?,
                ],
            )?;
        }
        Ok(revision)
    }
}
