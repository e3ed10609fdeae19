"""What the table of jobs says to SQLite."""

from __future__ import annotations

FORMAT = 1
"""``user_version`` of the file; a higher one was written by a newer pcdash."""

SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS jobs (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    id           TEXT NOT NULL UNIQUE,
    kind         TEXT NOT NULL,
    title        TEXT NOT NULL,
    payload      TEXT NOT NULL,
    unique_key   TEXT,
    state        TEXT NOT NULL DEFAULT 'queued',
    stage        TEXT NOT NULL DEFAULT '',
    fraction     REAL NOT NULL DEFAULT 0,
    message      TEXT NOT NULL DEFAULT '',
    created_at   REAL NOT NULL,
    started_at   REAL,
    finished_at  REAL,
    result       TEXT,
    error        TEXT,
    cancelling   INTEGER NOT NULL DEFAULT 0,
    pid          INTEGER,
    pid_started  TEXT
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
CREATE UNIQUE INDEX IF NOT EXISTS one_active_job_per_key ON jobs (unique_key)
    WHERE state IN ('queued', 'running');
PRAGMA user_version = {FORMAT};
COMMIT;
"""

NEWEST = """
SELECT * FROM jobs WHERE ? IS NULL OR kind = ? ORDER BY number DESC LIMIT ? OFFSET ?
"""
COUNT = "SELECT COUNT(*) AS jobs FROM jobs WHERE ? IS NULL OR kind = ?"
ACTIVE = "SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY number DESC"
IN_LANE = "(kind IN (SELECT value FROM json_each(?))) != ?"
WAITING = f"SELECT 1 FROM jobs WHERE state = 'queued' AND {IN_LANE} LIMIT 1"
RUNNING = f"SELECT id, pid, pid_started FROM jobs WHERE state = 'running' AND {IN_LANE}"
CLAIM = f"""
UPDATE jobs SET state = 'running', stage = 'starting', started_at = ?
WHERE id = (
    SELECT id FROM jobs WHERE state = 'queued' AND {IN_LANE} ORDER BY number LIMIT 1
)
RETURNING *
"""
ASKED, TOO_LATE = 1, 2  # Values of `cancelling`; of two who race, one finds it changed.
COMMIT = f"""
UPDATE jobs SET cancelling = {TOO_LATE}
WHERE id = ? AND state = 'running' AND cancelling = 0
RETURNING id
"""
CANCEL = f"""
UPDATE jobs SET
    cancelling = {ASKED},
    finished_at = CASE state WHEN 'queued' THEN ? END,
    state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
WHERE id = ? AND state IN ('queued', 'running') AND cancelling != {TOO_LATE}
"""
PROGRESS = """
UPDATE jobs SET stage = ?, fraction = ?, message = ?
WHERE id = ? AND state = 'running'
RETURNING cancelling
"""
SHOW = "UPDATE jobs SET result = ? WHERE id = ? AND state = 'running' RETURNING id"
FINISH = """
UPDATE jobs SET
    state = ?, finished_at = ?, result = ?, error = ?,
    fraction = CASE WHEN ? = 'done' THEN 1.0 ELSE fraction END
WHERE id = ? AND state = 'running'
RETURNING id
"""
PRUNE = """
DELETE FROM jobs WHERE number IN (
    SELECT number FROM jobs WHERE state NOT IN ('queued', 'running')
    ORDER BY number DESC LIMIT -1 OFFSET ?
)
RETURNING id
"""
