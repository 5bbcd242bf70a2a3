-- What was known once stays so when the last release that has it is removed: devices may go on to ask.
CREATE TABLE software_type (name TEXT PRIMARY KEY, created_date TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO software_type SELECT software_type, min(created_date) FROM release GROUP BY software_type;
CREATE TABLE hardware_version (name TEXT PRIMARY KEY, created_date TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO hardware_version SELECT hardware_version, min(created_date) FROM artifact GROUP BY hardware_version;

-- Signs the addresses of payloads.
ALTER TABLE project ADD COLUMN link_secret TEXT NOT NULL DEFAULT '';
ALTER TABLE cohort ADD COLUMN created_date TEXT NOT NULL DEFAULT '';

-- What a device said when it asked last. Written once in a while, not each time.
ALTER TABLE device ADD COLUMN hardware_version TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN software_type TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN current_version TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN last_seen TEXT NOT NULL DEFAULT '';
CREATE INDEX device_cohort ON device (cohort_id, serial);

-- Deployments that were aborted stay as what happened, so a cohort may have had a release several times; at a time it
-- has it once.
ALTER TABLE deployment RENAME TO deployment_before;
CREATE TABLE deployment (
    -- The order of deployment: a later one is never smaller, not even after a row is gone.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    release_id INTEGER NOT NULL REFERENCES release (id),
    cohort_id INTEGER NOT NULL REFERENCES cohort (id),
    kind TEXT NOT NULL CHECK (kind IN ('normal', 'staged_rollout')),
    rollout_percent INTEGER NOT NULL CHECK (rollout_percent BETWEEN 1 AND 100),
    status TEXT NOT NULL CHECK (status IN ('in_progress', 'done', 'aborted')),
    created_date TEXT NOT NULL,
    updated_date TEXT NOT NULL
) STRICT;
INSERT INTO deployment (release_id, cohort_id, kind, rollout_percent, status, created_date, updated_date)
    SELECT release_id, cohort_id, 'normal', 100, CASE active WHEN 1 THEN 'done' ELSE 'aborted' END,
           created_date, created_date
    FROM deployment_before ORDER BY id;
DROP TABLE deployment_before;
CREATE INDEX deployment_cohort ON deployment (cohort_id);
CREATE UNIQUE INDEX deployment_once ON deployment (release_id, cohort_id) WHERE status <> 'aborted';

-- Payloads whose last artifact is gone, until they are gone as well.
CREATE TABLE dropped_payload (sha256 TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_payload ON artifact (sha256);

-- Payloads on their way. The parts themselves are beside the payloads, named by `token_sha256`.
CREATE TABLE upload (
    token_sha256 TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    created_date TEXT NOT NULL,
    expires_date TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE upload_part (
    token_sha256 TEXT NOT NULL REFERENCES upload (token_sha256) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    PRIMARY KEY (token_sha256, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('organization', 'user')),
    name TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'upload', 'deploy', 'admin')),
    secret_sha256 TEXT NOT NULL UNIQUE,
    created_date TEXT NOT NULL,
    -- Empty: never.
    expires_date TEXT NOT NULL,
    revoked_date TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    date TEXT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL
) STRICT;

-- How updates of devices ended, as the page reports it.
CREATE TABLE outcome (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    date TEXT NOT NULL,
    device_serial TEXT NOT NULL,
    hardware_version TEXT NOT NULL,
    software_type TEXT NOT NULL,
    -- Empty: not known.
    from_version TEXT NOT NULL,
    to_version TEXT NOT NULL,
    result TEXT NOT NULL CHECK (result IN ('updated', 'failed')),
    -- The code of what went wrong; empty when nothing did.
    reason TEXT NOT NULL,
    duration_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX outcome_device ON outcome (device_serial, id);
CREATE INDEX outcome_version ON outcome (software_type, to_version);
