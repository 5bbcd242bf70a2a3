-- Counts the changes of what devices can be offered. A change begins by counting itself, which makes those of several
-- stations wait for each other; a station that remembers what can be offered sees by it whether that is so still.
ALTER TABLE project ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;
