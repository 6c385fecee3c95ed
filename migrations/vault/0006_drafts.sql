-- What was typed and is not kept yet: of a new reflection (no session), or of a session's text, with the
-- revision that was being edited. One of each at most.
CREATE TABLE drafts (
    session_id  BLOB    REFERENCES sessions (id) ON DELETE CASCADE,
    revision    INTEGER CHECK ((revision IS NULL) = (session_id IS NULL)),
    title       TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX drafts_of_session ON drafts (session_id);
CREATE UNIQUE INDEX drafts_of_none ON drafts (session_id IS NULL) WHERE session_id IS NULL;
