-- What lists and calendars show of sessions lies together, so that neither long texts nor every
-- element have to be read for them.

-- How a transcript begins; 400 characters are OPENING_CHARS of overview.rs. A revision never changes
-- after it was stored, so its beginning cannot go stale.
CREATE TABLE openings (
    session_id  BLOB    NOT NULL,
    revision    INTEGER NOT NULL,
    text        TEXT    NOT NULL,
    PRIMARY KEY (session_id, revision),
    FOREIGN KEY (session_id, revision) REFERENCES transcripts (session_id, revision)
        ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO openings (session_id, revision, text)
SELECT session_id, revision, substr(text, 1, 400) FROM transcripts;

CREATE TRIGGER opening_of_transcript AFTER INSERT ON transcripts BEGIN
    INSERT INTO openings (session_id, revision, text)
    VALUES (new.session_id, new.revision, substr(new.text, 1, 400));
END;

CREATE INDEX elements_felt ON elements (run_id, kind, label, taxonomy, intensity, confidence)
    WHERE kind = 'emotion';

-- With deleted_at in it, sessions are counted and timed in the index alone.
DROP INDEX sessions_newest;
CREATE INDEX sessions_newest ON sessions (recorded_at DESC, id DESC, deleted_at)
    WHERE deleted_at IS NULL;
