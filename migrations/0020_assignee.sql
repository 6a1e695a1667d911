-- Who of the lead department was named to handle an issue.

ALTER TABLE issue ADD COLUMN assignee TEXT;
CREATE INDEX issue_assignee ON issue (assignee) WHERE assignee IS NOT NULL;
