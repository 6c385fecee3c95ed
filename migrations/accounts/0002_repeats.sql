-- One line of the audit log may stand for the same thing done several times, so that a script that
-- gives its password with every command does not drive everything else out of the log.

ALTER TABLE audit ADD COLUMN times INTEGER NOT NULL DEFAULT 1 CHECK (times > 0);
ALTER TABLE audit ADD COLUMN last_at INTEGER;
