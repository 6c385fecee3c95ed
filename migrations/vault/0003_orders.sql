-- What was asked of a job beside its kind, as JSON (`JobOrder`): it must hold in whichever process runs the job,
-- and after a crash.
ALTER TABLE jobs ADD COLUMN ordered TEXT NOT NULL DEFAULT '{}';
