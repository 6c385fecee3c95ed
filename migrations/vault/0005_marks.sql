-- What lists, calendars and counts show is kept as a person sees it: after corrections and changes to
-- the taxonomies. `table/marks.rs` keeps it wherever what can be found changes, so that a page costs
-- what it shows, however much was said.

-- One row a session, in the bin or not. Without a feeling, the last four are null.
CREATE TABLE session_marks (
    session_id   BLOB    NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    recorded_at  INTEGER NOT NULL,
    binned       INTEGER NOT NULL CHECK (binned IN (0, 1)),
    n_elements   INTEGER NOT NULL DEFAULT 0 CHECK (n_elements >= 0),
    node         TEXT,
    label        TEXT,
    intensity    INTEGER CHECK (intensity BETWEEN 1 AND 5),
    confidence   REAL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_marks_newest
    ON session_marks (recorded_at DESC, session_id DESC, node, label, intensity, confidence)
    WHERE binned = 0;

CREATE TRIGGER mark_of_session AFTER INSERT ON sessions BEGIN
    INSERT INTO session_marks (session_id, recorded_at, binned)
    VALUES (new.id, new.recorded_at, new.deleted_at IS NOT NULL);
END;

CREATE TRIGGER mark_of_changed_session AFTER UPDATE OF recorded_at, deleted_at ON sessions BEGIN
    UPDATE session_marks SET recorded_at = new.recorded_at, binned = new.deleted_at IS NOT NULL
    WHERE session_id = new.id;
    UPDATE felt SET recorded_at = new.recorded_at
    WHERE session_id = new.id AND recorded_at <> new.recorded_at;
    UPDATE thread_sightings SET recorded_at = new.recorded_at
    WHERE session_id = new.id AND recorded_at <> new.recorded_at;
END;

-- Sessions outside the bin by the node of their strongest feeling and every node above it.
CREATE TABLE felt (
    node         TEXT    NOT NULL,
    recorded_at  INTEGER NOT NULL,
    session_id   BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    PRIMARY KEY (node, recorded_at DESC, session_id DESC)
) STRICT, WITHOUT ROWID;

CREATE INDEX felt_of_session ON felt (session_id);

-- How many emotions and topics stand at a node: in each session outside the bin, and in all.
CREATE TABLE node_marks (
    session_id  BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    node        TEXT    NOT NULL,
    n           INTEGER NOT NULL CHECK (n > 0),
    PRIMARY KEY (session_id, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE node_counts (
    node  TEXT    NOT NULL PRIMARY KEY,
    n     INTEGER NOT NULL CHECK (n > 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER node_counted AFTER INSERT ON node_marks BEGIN
    INSERT INTO node_counts (node, n) VALUES (new.node, new.n)
    ON CONFLICT (node) DO UPDATE SET n = n + excluded.n;
END;

CREATE TRIGGER node_uncounted AFTER DELETE ON node_marks BEGIN
    DELETE FROM node_counts WHERE node = old.node AND n <= old.n;
    UPDATE node_counts SET n = n - old.n WHERE node = old.node;
END;

-- In which sessions outside the bin a thread stands, by the words of an element that holds.
CREATE TABLE thread_sightings (
    thread_id    BLOB    NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    session_id   BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    recorded_at  INTEGER NOT NULL,
    PRIMARY KEY (thread_id, session_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX thread_sightings_of_session ON thread_sightings (session_id);

CREATE INDEX thread_links_suggested ON thread_links (element_id, thread_id, similarity)
    WHERE state = 'suggested';

-- Sessions with a belief, challenge or action that no thread has looked at yet.
CREATE TABLE unwoven (
    session_id  BLOB NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Sessions whose marks are still to be made, before the vault is used.
CREATE TABLE unmarked (
    session_id  BLOB NOT NULL PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

INSERT INTO session_marks (session_id, recorded_at, binned)
SELECT id, recorded_at, deleted_at IS NOT NULL FROM sessions;

INSERT INTO unmarked (session_id) SELECT id FROM sessions;

-- The same questions are answered by what is kept now.
DROP INDEX elements_felt;
