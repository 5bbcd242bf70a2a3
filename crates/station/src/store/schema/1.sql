CREATE TABLE project (key TEXT NOT NULL) STRICT;
CREATE TABLE cohort (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE device (
    serial TEXT PRIMARY KEY,
    cohort_id INTEGER NOT NULL REFERENCES cohort (id),
    created_date TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE release (
    id INTEGER PRIMARY KEY,
    software_type TEXT NOT NULL,
    version TEXT NOT NULL,
    revision TEXT NOT NULL DEFAULT '',
    notes TEXT NOT NULL,
    must_pass_through INTEGER NOT NULL,
    created_date TEXT NOT NULL,
    UNIQUE (software_type, version)
) STRICT;
CREATE TABLE artifact (
    id INTEGER PRIMARY KEY,
    release_id INTEGER NOT NULL REFERENCES release (id),
    hardware_version TEXT NOT NULL,
    filename TEXT NOT NULL,
    file_size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    sha1 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    extra_info TEXT NOT NULL,
    created_date TEXT NOT NULL,
    UNIQUE (release_id, hardware_version)
) STRICT;
-- The id is the order of deployment: a later one is never smaller, not even after a row is gone.
CREATE TABLE deployment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id INTEGER NOT NULL REFERENCES release (id),
    cohort_id INTEGER NOT NULL REFERENCES cohort (id),
    active INTEGER NOT NULL,
    created_date TEXT NOT NULL,
    UNIQUE (release_id, cohort_id)
) STRICT;
CREATE INDEX artifact_hardware ON artifact (hardware_version);
CREATE INDEX deployment_cohort ON deployment (cohort_id);
INSERT INTO cohort (name) VALUES ('default');
