-- Which parts of a run another analyser read (JSON of `Substitute`), and how much of it came from answers that
-- were kept. A run stored without them says neither.
ALTER TABLE runs ADD COLUMN substitutes TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN reused TEXT NOT NULL DEFAULT 'nothing';

-- The analyser that found an element, where that is not the run's own.
ALTER TABLE elements ADD COLUMN found_by TEXT;
