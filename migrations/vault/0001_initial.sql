-- One person's vault. Times are microseconds since 1970 in UTC, ids are the 16 bytes of a UUID,
-- offsets count Unicode scalar values. Durations and places on a timeline are milliseconds.

PRAGMA application_id = 1229608529;

CREATE TABLE sessions (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    title            TEXT    NOT NULL,
    title_generated  INTEGER NOT NULL CHECK (title_generated IN (0, 1)),
    recorded_at      INTEGER NOT NULL,
    time_zone        TEXT    NOT NULL,
    source           TEXT    NOT NULL CHECK (source IN ('microphone', 'audio', 'video', 'text')),
    language         TEXT,
    duration_ms      INTEGER CHECK (duration_ms >= 0),
    status           TEXT    NOT NULL CHECK (status IN ('captured', 'transcribed', 'analysed')),
    capture          TEXT    NOT NULL CHECK (capture IN ('recording', 'finished', 'recovered')),
    favourite        INTEGER NOT NULL DEFAULT 0 CHECK (favourite IN (0, 1)),
    holes            TEXT    NOT NULL DEFAULT '[]',
    error            TEXT,
    deleted_at       INTEGER
) STRICT;

CREATE INDEX sessions_newest ON sessions (recorded_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX sessions_favourite ON sessions (recorded_at DESC, id DESC)
    WHERE deleted_at IS NULL AND favourite = 1;
CREATE INDEX sessions_bin ON sessions (deleted_at DESC) WHERE deleted_at IS NOT NULL;
CREATE INDEX sessions_unfinished ON sessions (recorded_at) WHERE capture = 'recording';

-- recorded_at never changes after a session was made, so its copy here cannot go stale.
CREATE TABLE tags (
    session_id  BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    folded      TEXT    NOT NULL,
    tag         TEXT    NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (session_id, folded)
) STRICT, WITHOUT ROWID;

CREATE INDEX tags_newest ON tags (folded, recorded_at DESC, session_id DESC);

CREATE TABLE recordings (
    id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    session_id  BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL CHECK (number > 0),
    kind        TEXT    NOT NULL CHECK (kind IN ('captured', 'kept_flac', 'kept_original')),
    state       TEXT    NOT NULL CHECK (state IN ('writing', 'finished', 'recovered')),
    media_type  TEXT    NOT NULL,
    n_samples   INTEGER NOT NULL DEFAULT 0 CHECK (n_samples >= 0),
    n_bytes     INTEGER NOT NULL DEFAULT 0 CHECK (n_bytes >= 0),
    marks       TEXT    NOT NULL DEFAULT '[]',
    created_at  INTEGER NOT NULL,
    UNIQUE (session_id, number)
) STRICT;

CREATE INDEX recordings_writing ON recordings (created_at) WHERE state = 'writing';

CREATE TABLE transcripts (
    session_id  BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    revision    INTEGER NOT NULL CHECK (revision > 0),
    language    TEXT,
    model       TEXT,
    text        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (session_id, revision)
) STRICT;

-- A segment's text is the transcript's text between start and end. Words: a JSON array of
-- [text, start_ms, end_ms, probability].
CREATE TABLE segments (
    session_id   BLOB    NOT NULL,
    revision     INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    start        INTEGER NOT NULL,
    end          INTEGER NOT NULL,
    start_ms     INTEGER,
    end_ms       INTEGER,
    probability  REAL,
    repeated     INTEGER NOT NULL CHECK (repeated IN (0, 1)),
    words        TEXT    NOT NULL,
    PRIMARY KEY (session_id, revision, position),
    FOREIGN KEY (session_id, revision) REFERENCES transcripts (session_id, revision)
        ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What an unfinished transcription has so far; a job goes on after the last window.
CREATE TABLE partial_windows (
    session_id    BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    position      INTEGER NOT NULL,
    recording_id  BLOB    NOT NULL,
    end_sample    INTEGER NOT NULL,
    model         TEXT    NOT NULL,
    language      TEXT,
    segments      TEXT    NOT NULL,
    PRIMARY KEY (session_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id                   BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    session_id           BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    transcript_revision  INTEGER NOT NULL,
    provider             TEXT    NOT NULL,
    model                TEXT    NOT NULL,
    prompt_version       TEXT    NOT NULL,
    prompt_hash          TEXT    NOT NULL,
    taxonomy_version     TEXT    NOT NULL,
    started_at           INTEGER NOT NULL,
    duration_ms          INTEGER NOT NULL,
    tokens_in            INTEGER NOT NULL,
    tokens_out           INTEGER NOT NULL,
    cost_usd             REAL,
    rejected             INTEGER NOT NULL,
    holes                TEXT    NOT NULL,
    FOREIGN KEY (session_id, transcript_revision) REFERENCES transcripts (session_id, revision)
        ON DELETE CASCADE
) STRICT;

CREATE INDEX runs_of_session ON runs (session_id, started_at);

CREATE TABLE accepted_runs (
    session_id   BLOB    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    run_id       BLOB    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    accepted_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX accepted_runs_of_run ON accepted_runs (run_id);

-- An element keeps its id from run to run, so the id alone names it and (run, id) one sighting.
CREATE TABLE elements (
    key         INTEGER NOT NULL PRIMARY KEY,
    run_id      BLOB    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    id          BLOB    NOT NULL CHECK (length(id) = 16),
    kind        TEXT    NOT NULL CHECK (
        kind IN ('emotion', 'topic', 'insight', 'belief', 'challenge', 'action')),
    label       TEXT    NOT NULL,
    taxonomy    TEXT,
    intensity   INTEGER CHECK (intensity BETWEEN 1 AND 5),
    confidence  REAL    NOT NULL,
    stance      TEXT,
    status      TEXT,
    due         TEXT,
    UNIQUE (run_id, id)
) STRICT;

CREATE INDEX elements_by_id ON elements (id);

-- Found in one revision; an edit of the transcript adds rows for the new revision.
CREATE TABLE evidence (
    element_key  INTEGER NOT NULL REFERENCES elements (key) ON DELETE CASCADE,
    revision     INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    start        INTEGER NOT NULL,
    end          INTEGER NOT NULL CHECK (end > start),
    quote        TEXT    NOT NULL,
    start_ms     INTEGER,
    end_ms       INTEGER,
    state        TEXT    NOT NULL CHECK (state IN ('verified', 'repaired')),
    PRIMARY KEY (element_key, revision, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE relationships (
    key         INTEGER NOT NULL PRIMARY KEY,
    run_id      BLOB    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    id          BLOB    NOT NULL CHECK (length(id) = 16),
    from_id     BLOB    NOT NULL,
    to_id       BLOB    NOT NULL,
    kind        TEXT    NOT NULL CHECK (kind IN (
        'triggered_by', 'about', 'leads_to', 'supports', 'contradicts', 'addresses')),
    confidence  REAL    NOT NULL,
    UNIQUE (run_id, id),
    FOREIGN KEY (run_id, from_id) REFERENCES elements (run_id, id) ON DELETE CASCADE,
    FOREIGN KEY (run_id, to_id) REFERENCES elements (run_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX relationships_from ON relationships (run_id, from_id);
CREATE INDEX relationships_to ON relationships (run_id, to_id);

CREATE TABLE relationship_evidence (
    relationship_key  INTEGER NOT NULL REFERENCES relationships (key) ON DELETE CASCADE,
    revision          INTEGER NOT NULL,
    position          INTEGER NOT NULL,
    start             INTEGER NOT NULL,
    end               INTEGER NOT NULL CHECK (end > start),
    quote             TEXT    NOT NULL,
    start_ms          INTEGER,
    end_ms            INTEGER,
    state             TEXT    NOT NULL CHECK (state IN ('verified', 'repaired')),
    PRIMARY KEY (relationship_key, revision, position)
) STRICT, WITHOUT ROWID;

-- The person's word against a run's. Bound to the element's id, so it holds for later runs; what
-- the element was when it was corrected is kept, to find it again where the id is lost.
CREATE TABLE corrections (
    id                  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    session_id          BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    element_id          BLOB    NOT NULL,
    change              TEXT    NOT NULL CHECK (change IN ('relabel', 'delete', 'not_me', 'status')),
    kind                TEXT,
    label               TEXT,
    taxonomy            TEXT,
    status              TEXT,
    original_run        BLOB    NOT NULL,
    original_revision   INTEGER NOT NULL,
    original_kind       TEXT    NOT NULL,
    original_label      TEXT    NOT NULL,
    original_taxonomy   TEXT,
    original_start      INTEGER NOT NULL,
    original_end        INTEGER NOT NULL,
    original_quote      TEXT    NOT NULL,
    at                  INTEGER NOT NULL,
    undone_at           INTEGER
) STRICT;

CREATE INDEX corrections_of_session ON corrections (session_id, id);
CREATE INDEX corrections_of_element ON corrections (element_id, id);

CREATE TABLE threads (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind         TEXT    NOT NULL CHECK (kind IN ('belief', 'challenge', 'action')),
    label        TEXT    NOT NULL,
    normalised   TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    merged_into  BLOB    REFERENCES threads (id) ON DELETE SET NULL,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX threads_by_text ON threads (kind, normalised);
CREATE INDEX threads_merged ON threads (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE thread_links (
    thread_id   BLOB    NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    element_id  BLOB    NOT NULL,
    session_id  BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    state       TEXT    NOT NULL CHECK (state IN ('suggested', 'confirmed', 'rejected')),
    similarity  REAL    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (thread_id, element_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX thread_links_of_element ON thread_links (element_id);
CREATE INDEX thread_links_of_session ON thread_links (session_id);

-- Each holds what is needed to take it back. Bound to a session where it speaks of one.
CREATE TABLE thread_events (
    id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    thread_id   BLOB    NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    session_id  BLOB    REFERENCES sessions (id) ON DELETE CASCADE,
    what        TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    undone_at   INTEGER
) STRICT;

CREATE INDEX thread_events_of_thread ON thread_events (thread_id, id);
CREATE INDEX thread_events_of_session ON thread_events (session_id) WHERE session_id IS NOT NULL;

CREATE TABLE taxonomy_edits (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    taxonomy   TEXT    NOT NULL CHECK (taxonomy IN ('emotions', 'topics')),
    edit       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    undone_at  INTEGER
) STRICT;

CREATE TABLE jobs (
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    session_id     BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind           TEXT    NOT NULL CHECK (kind IN ('transcribe', 'analyse', 'sync')),
    attempts       INTEGER NOT NULL,
    state          TEXT    NOT NULL CHECK (
        state IN ('queued', 'running', 'waiting', 'done', 'parked', 'cancelled')),
    waiting_until  INTEGER,
    code           TEXT,
    message        TEXT,
    created_at     INTEGER NOT NULL,
    UNIQUE (session_id, kind)
) STRICT;

CREATE INDEX jobs_open ON jobs (created_at, id) WHERE state IN ('queued', 'waiting');
CREATE INDEX jobs_running ON jobs (id) WHERE state = 'running';

-- Outlives its session: host, size, hash and time stay when the body is erased.
CREATE TABLE ledger (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    session_id   BLOB    REFERENCES sessions (id) ON DELETE SET NULL,
    purpose      TEXT    NOT NULL,
    scheme       TEXT    NOT NULL,
    host         TEXT    NOT NULL,
    target       TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    bytes_out    INTEGER NOT NULL,
    body_sha256  TEXT    NOT NULL,
    body         BLOB,
    outcome      TEXT
) STRICT;

CREATE INDEX ledger_newest ON ledger (at DESC, id DESC);
CREATE INDEX ledger_of_session ON ledger (session_id) WHERE session_id IS NOT NULL;

CREATE TABLE settings (
    key         TEXT    NOT NULL PRIMARY KEY,
    value       TEXT    NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A key is bound to the host for which it was entered.
CREATE TABLE secrets (
    name        TEXT    NOT NULL PRIMARY KEY,
    host        TEXT    NOT NULL,
    secret      TEXT    NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE analysis_cache (
    key         TEXT    NOT NULL PRIMARY KEY,
    session_id  BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    reply       BLOB    NOT NULL,
    at          INTEGER NOT NULL
) STRICT;

CREATE INDEX analysis_cache_of_session ON analysis_cache (session_id);

-- Sessions whose rows are gone and whose files may not be yet.
CREATE TABLE erasures (
    session_id  BLOB    NOT NULL PRIMARY KEY CHECK (length(session_id) = 16),
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What can be found: the current transcript and the elements of the accepted run of every session
-- outside the bin. The upper bits of an id are the second in which the session was recorded, so
-- that the order of ids is the order of time.
CREATE TABLE findables (
    id          INTEGER NOT NULL PRIMARY KEY,
    session_id  BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    kind        TEXT    NOT NULL,
    revision    INTEGER NOT NULL,
    element_id  BLOB,
    text        TEXT    CHECK ((text IS NULL) = (element_id IS NULL))
) STRICT;

CREATE INDEX findables_of_session ON findables (session_id);

-- A transcript's text is not stored a second time.
CREATE VIEW findable_texts AS
SELECT f.id AS id, f.session_id AS session_id, f.kind AS kind, coalesce(f.text, t.text) AS text
FROM findables AS f
LEFT JOIN transcripts AS t
    ON f.element_id IS NULL AND t.session_id = f.session_id AND t.revision = f.revision;

CREATE VIRTUAL TABLE findable_index USING fts5 (
    kind,
    text,
    content = 'findable_texts',
    content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3'
);

-- Removed words leave the index at once, not at the next merge.
INSERT INTO findable_index (findable_index, rank) VALUES ('secure-delete', 1);
