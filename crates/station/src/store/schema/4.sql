-- The chip that was updated, as the page names it; empty where it is not known.
ALTER TABLE outcome ADD COLUMN chip TEXT NOT NULL DEFAULT '';
