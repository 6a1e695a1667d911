-- Supervision: what is kept on the issue, tasks, positions that are forgotten, samples. Issues that
-- were there before get what their logs say of them.

ALTER TABLE issue ADD COLUMN contactable BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE issue ADD COLUMN contacted_at BIGINT;
ALTER TABLE issue ADD COLUMN urges BIGINT NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN urged_at BIGINT;
ALTER TABLE issue ADD COLUMN orders BIGINT NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN supervised_at BIGINT;
ALTER TABLE issue ADD COLUMN reply_due_at BIGINT;
ALTER TABLE issue ADD COLUMN replied_at BIGINT;
ALTER TABLE issue ADD COLUMN summoned TEXT NOT NULL DEFAULT '';
ALTER TABLE issue ADD COLUMN whistle_at BIGINT;
ALTER TABLE issue ADD COLUMN whistle_until BIGINT;
ALTER TABLE issue ADD COLUMN whistle_lon DOUBLE PRECISION;
ALTER TABLE issue ADD COLUMN whistle_lat DOUBLE PRECISION;
-- Departments and where they stand, as `code/standing` joined by `;`.
ALTER TABLE issue ADD COLUMN whistle_standings TEXT NOT NULL DEFAULT '';
ALTER TABLE issue ADD COLUMN whistle_ended_at BIGINT;
ALTER TABLE issue ADD COLUMN whistle_on_time BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE issue ADD COLUMN revisited_at BIGINT;
ALTER TABLE issue ADD COLUMN verdict TEXT;
ALTER TABLE issue ADD COLUMN satisfaction TEXT;
ALTER TABLE issue ADD COLUMN reopen_proposed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE issue ADD COLUMN appeal_at BIGINT;
ALTER TABLE issue ADD COLUMN appeal_ground TEXT;
ALTER TABLE issue ADD COLUMN appeal_state TEXT;
ALTER TABLE issue ADD COLUMN exempted TEXT NOT NULL DEFAULT '';
ALTER TABLE issue ADD COLUMN task_kind TEXT;
ALTER TABLE issue ADD COLUMN task_worker TEXT;
ALTER TABLE issue ADD COLUMN task_account TEXT;
ALTER TABLE issue ADD COLUMN task_offered_at BIGINT;
ALTER TABLE issue ADD COLUMN task_checked_in_at BIGINT;
ALTER TABLE issue ADD COLUMN task_passed TEXT NOT NULL DEFAULT '';
ALTER TABLE issue ADD COLUMN handled_by TEXT;
CREATE INDEX issue_task ON issue (task_account);

UPDATE issue SET contactable = TRUE WHERE reporter IS NOT NULL;
UPDATE issue SET handled_by = (
    SELECT CASE WHEN event.actor LIKE 'account:%' THEN substr(event.actor, 9, 36) END
    FROM event WHERE event.issue_id = issue.id AND event.action IN ('submit', 'settle')
    ORDER BY event.seq DESC LIMIT 1
);

-- Where somebody stood when arriving or checking in, apart from the log so that it is forgotten
-- after the term of the installation.
CREATE TABLE presence (
    issue_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    account_id TEXT NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (issue_id, seq)
);
CREATE INDEX presence_at ON presence (at);

-- What the camera says of a photo; never published, the place forgotten like the above.
ALTER TABLE attachment ADD COLUMN taken_at BIGINT;
ALTER TABLE attachment ADD COLUMN taken_lon DOUBLE PRECISION;
ALTER TABLE attachment ADD COLUMN taken_lat DOUBLE PRECISION;

CREATE INDEX idempotency_at ON idempotency (at);

-- Which account belongs to which worker; apart from the worker, whom each import replaces.
CREATE TABLE account_worker (
    account_id TEXT PRIMARY KEY REFERENCES account (id),
    worker_id TEXT NOT NULL UNIQUE
);

-- Samples of closings for checking: with the seed, so that everyone can draw them again.
CREATE TABLE sample (
    id TEXT PRIMARY KEY,
    author TEXT NOT NULL,
    at BIGINT NOT NULL,
    seed BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    to_day BIGINT NOT NULL,
    area TEXT,
    kind TEXT,
    share DOUBLE PRECISION,
    size BIGINT,
    population BIGINT NOT NULL
);
CREATE INDEX sample_author ON sample (author, at);

CREATE TABLE sample_issue (
    sample_id TEXT NOT NULL REFERENCES sample (id),
    ordinal BIGINT NOT NULL,
    issue_id TEXT NOT NULL,
    PRIMARY KEY (sample_id, ordinal)
);
