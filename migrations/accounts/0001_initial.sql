-- The accounts of one computer. Holds nothing that a person said. Times are microseconds since 1970
-- in UTC, ids are the 16 bytes of a UUID.

PRAGMA application_id = 1229603153;

CREATE TABLE accounts (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT    NOT NULL,
    folded        TEXT    NOT NULL UNIQUE,
    role          TEXT    NOT NULL CHECK (role IN ('admin', 'regular')),
    disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    session_epoch INTEGER NOT NULL DEFAULT 1 CHECK (session_epoch > 0),
    created_at    INTEGER NOT NULL
) STRICT;

-- Refresh tokens: one living family for each client that stays signed in; a family that does not
-- last is one process's, signed in by its password. Only hashes are kept, and the
-- successor sealed under its predecessor, so that a reply that was lost can be given again.
CREATE TABLE families (
    id               BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    account_id       BLOB    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    client           TEXT    NOT NULL CHECK (client IN ('desktop', 'command_line')),
    lasting          INTEGER NOT NULL CHECK (lasting IN (0, 1)),
    generation       INTEGER NOT NULL DEFAULT 1 CHECK (generation > 0),
    current_hash     BLOB    NOT NULL CHECK (length(current_hash) = 32),
    predecessor_hash BLOB    CHECK (length(predecessor_hash) = 32),
    successor        BLOB,
    rotated_at       INTEGER NOT NULL,
    created_at       INTEGER NOT NULL,
    revoked_at       INTEGER
) STRICT;

CREATE UNIQUE INDEX families_living ON families (account_id, client)
    WHERE revoked_at IS NULL AND lasting = 1;
CREATE INDEX families_age ON families (created_at);

-- Failed sign-ins. The bucket is a keyed hash of the folded name: what was typed as a name may have
-- been a password. The bucket of zeros counts all names together.
CREATE TABLE sign_in_tries (
    bucket   BLOB    NOT NULL PRIMARY KEY CHECK (length(bucket) = 32),
    failures INTEGER NOT NULL CHECK (failures >= 0),
    last_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_tries_age ON sign_in_tries (last_at);

CREATE TABLE system_settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- Who did what, when. Names are kept as they were, since accounts go.
CREATE TABLE audit (
    id           INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    actor_id     BLOB    CHECK (length(actor_id) = 16),
    actor_name   TEXT,
    action       TEXT    NOT NULL,
    subject_id   BLOB    CHECK (length(subject_id) = 16),
    subject_name TEXT,
    detail       TEXT
) STRICT;
