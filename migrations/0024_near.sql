-- What a role has not read yet is counted by its area, without a look at the issues of others.
-- The area of a notice follows that of its issue (0025).
ALTER TABLE notice ADD COLUMN issue_path TEXT NOT NULL DEFAULT '';
UPDATE notice SET issue_path =
    COALESCE((SELECT path FROM issue WHERE issue.id = notice.issue_id), '');
CREATE INDEX notice_role ON notice (recipient, issue_path);
CREATE INDEX notice_account ON notice (recipient_account) WHERE recipient_account <> '';

-- What is open in an area is counted by its index alone, whatever state is asked for.
CREATE INDEX issue_open_path ON issue (path, state, reported_at, returns, kind)
    WHERE state NOT IN ('closed', 'rejected', 'merged');
