-- The clocks of an issue: its ledgers as JSON, and what lists and jobs ask for. NULL in rows of
-- before; a job fills them from the log.
ALTER TABLE issue ADD COLUMN clocks TEXT;
-- The limit in force of the total clock, such as `2 work_day`, and how often it is granted.
ALTER TABLE issue ADD COLUMN limit_text TEXT;
ALTER TABLE issue ADD COLUMN limit_grants BIGINT;
-- When the whole limit is used; from when the light is yellow, and red.
ALTER TABLE issue ADD COLUMN due_at BIGINT;
ALTER TABLE issue ADD COLUMN due_yellow_at BIGINT;
ALTER TABLE issue ADD COLUMN due_red_at BIGINT;
ALTER TABLE issue ADD COLUMN due_provisional BOOLEAN;
ALTER TABLE issue ADD COLUMN stage_due_at BIGINT;

-- What has no due time comes last in a list by due time.
CREATE INDEX issue_due ON issue ((COALESCE(due_at, 9223372036854775807)), id);
CREATE INDEX issue_yellow ON issue (due_yellow_at);
CREATE INDEX issue_red ON issue (due_red_at);
CREATE INDEX issue_stage_due ON issue (stage_due_at);
CREATE INDEX issue_suspended ON issue (suspended_until);

-- What is told to a role: once for each issue, occasion and round of a clock.
CREATE TABLE notice (
    notice_id TEXT PRIMARY KEY,
    issue_id TEXT NOT NULL,
    about TEXT NOT NULL,
    recipient TEXT NOT NULL,
    -- The department of a handler; empty for the other roles.
    recipient_department TEXT NOT NULL,
    round TEXT NOT NULL,
    due BIGINT,
    notified_at BIGINT NOT NULL,
    UNIQUE (issue_id, about, recipient, recipient_department, round)
);
CREATE INDEX notice_time ON notice (notified_at, notice_id);

CREATE TABLE notice_read (
    notice_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (notice_id, account_id)
);
