-- When an issue was suspended, for cities whose due cohorts keep what is suspended.
ALTER TABLE issue ADD COLUMN suspended_at BIGINT;
UPDATE issue SET suspended_at = (SELECT MAX(event.at) FROM event
    WHERE event.issue_id = issue.id AND event.action = 'suspend')
    WHERE suspended_until IS NOT NULL;
