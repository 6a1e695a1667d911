-- The desk: saved views, handover notes, templates for replies.

CREATE TABLE saved_view (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    -- What the list asks for, as the query of an address.
    filter TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    -- The office that it is shared with, as `area/department`; NULL for the account alone.
    office TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX saved_view_account ON saved_view (account_id);
CREATE INDEX saved_view_office ON saved_view (office);

-- Notes of one shift to the next. Rows are only added.
CREATE TABLE handover (
    id TEXT PRIMARY KEY,
    area_code TEXT NOT NULL,
    path TEXT NOT NULL,
    account_id TEXT NOT NULL,
    author TEXT NOT NULL,
    at BIGINT NOT NULL,
    text TEXT NOT NULL,
    -- How many issues waited for what at that moment, as JSON.
    counts TEXT NOT NULL
);
CREATE INDEX handover_at ON handover (at, id);

CREATE TABLE reply_template (
    id TEXT PRIMARY KEY,
    department TEXT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    updated_by TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX reply_template_department ON reply_template (department);

-- What is open is a small part of what there is, and stands behind it in the order of due times.
CREATE INDEX issue_open_due ON issue ((COALESCE(due_at, 9223372036854775807)), id)
    WHERE state NOT IN ('closed', 'rejected', 'merged');
CREATE INDEX issue_open_reported ON issue (reported_at, id)
    WHERE state NOT IN ('closed', 'rejected', 'merged');

-- What waits for a decision is rare, and some of it is on what has ended.
CREATE INDEX issue_appeal_open ON issue (reported_at, id) WHERE appeal_state = 'open';
CREATE INDEX issue_reply_owed ON issue (reported_at, id) WHERE reply_due_at IS NOT NULL;
CREATE INDEX issue_asked ON issue (reported_at, id) WHERE asked_kind IS NOT NULL;
CREATE INDEX issue_whistle_open ON issue (reported_at, id)
    WHERE whistle_at IS NOT NULL AND whistle_ended_at IS NULL;
