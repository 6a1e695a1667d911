-- What administrators did, runs of the audit, and versions by which two who change the same
-- account, worker or branch notice each other.

CREATE TABLE admin_log (
    id TEXT COLLATE "C" PRIMARY KEY,
    at BIGINT NOT NULL,
    -- The account that did it; none for the command line.
    actor TEXT,
    -- What was done, such as `account.close`: the part before the dot is the sort of thing.
    what TEXT NOT NULL,
    -- What it was done to: a login, a code, a number of a version.
    subject TEXT NOT NULL,
    -- Texts by name, as JSON.
    facts TEXT NOT NULL
);
CREATE INDEX admin_log_at ON admin_log (at, id);
CREATE INDEX admin_log_actor ON admin_log (actor, at, id);

-- Append-only, as the log of events is.
CREATE FUNCTION admin_log_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log of administration is append-only';
END $$;
CREATE TRIGGER admin_log_append_only BEFORE UPDATE OR DELETE ON admin_log
    FOR EACH ROW EXECUTE FUNCTION admin_log_append_only();
CREATE TRIGGER admin_log_no_truncate BEFORE TRUNCATE ON admin_log
    FOR EACH STATEMENT EXECUTE FUNCTION admin_log_append_only();

-- Runs of the audit of the event log. `slot` is 1 while a run goes on, so that there is one at
-- most, on all nodes together.
CREATE TABLE audit_run (
    id TEXT COLLATE "C" PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'lost')),
    slot BIGINT UNIQUE,
    actor TEXT,
    started_at BIGINT NOT NULL,
    -- When the run was last heard of.
    beat_at BIGINT NOT NULL,
    ended_at BIGINT,
    issues BIGINT NOT NULL,
    events BIGINT NOT NULL,
    faulty BIGINT NOT NULL,
    sealed_unread BIGINT NOT NULL,
    -- The first faults, as JSON.
    faults TEXT NOT NULL
);
CREATE INDEX audit_run_started ON audit_run (started_at, id);

-- Who opened the sealed records of disputes is asked for across all issues.
CREATE INDEX event_read_parties ON event (at, issue_id, seq) WHERE action = 'read_parties';

ALTER TABLE account ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE worker ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE branch ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- A worker may come back to a grid that he left: posts are told apart by their place in his list.
CREATE TABLE post_listed (
    worker_id TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    grid_code TEXT NOT NULL,
    role TEXT NOT NULL,
    duties TEXT NOT NULL,
    valid_from BIGINT,
    valid_to BIGINT,
    on_duty TEXT NOT NULL,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    PRIMARY KEY (worker_id, ordinal)
);
INSERT INTO post_listed (worker_id, ordinal, grid_code, role, duties, valid_from, valid_to,
        on_duty, lon, lat)
    SELECT worker_id, ROW_NUMBER() OVER (PARTITION BY worker_id ORDER BY grid_code, role),
        grid_code, role, duties, valid_from, valid_to, on_duty, lon, lat
    FROM post;
DROP TABLE post;
ALTER TABLE post_listed RENAME TO post;
