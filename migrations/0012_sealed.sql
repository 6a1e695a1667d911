-- What people say in confidence, and the reporter's word.

-- Disputes from before they were sealed were still found by their words.
UPDATE issue SET search = LOWER(
    number || ' ' || REPLACE(number, '-', '') || ' ' || COALESCE(external_id, '') || '  '
) WHERE kind = 'dispute';

-- The code that comes with a report's receipt: with it the tracking number is the reporter's word.
-- Apart from the issue, so that nothing that lists issues can tell it, and erased by retention.
CREATE TABLE report_code (
    issue_id TEXT PRIMARY KEY,
    code TEXT NOT NULL
);

-- A notice may be for one account: the worker to whom a task is offered. Empty for all others.
ALTER TABLE notice ADD COLUMN recipient_account TEXT NOT NULL DEFAULT '';

-- What a sample was drawn from, as JSON: areas by path with kinds, so that whoever may draw there
-- sees it. NULL in samples from before, which their authors alone see.
ALTER TABLE sample ADD COLUMN covers TEXT;
