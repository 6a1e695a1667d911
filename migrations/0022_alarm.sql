-- When the clocks of an issue ask for something next, so that a job reads what is to be done alone
-- instead of all that is late. What is there already is looked at once.
ALTER TABLE issue ADD COLUMN alarm_at BIGINT;
UPDATE issue SET alarm_at = 0 WHERE reply_due_at IS NOT NULL
    OR (state NOT IN ('closed', 'rejected', 'merged')
        AND (due_yellow_at IS NOT NULL OR stage_due_at IS NOT NULL OR suspended_until IS NOT NULL));
CREATE INDEX issue_alarm ON issue (alarm_at, id) WHERE alarm_at IS NOT NULL;
DROP INDEX issue_stage_due;
DROP INDEX issue_suspended;

-- Disputes of before there were coarse places are looked for at each start; there are soon none.
CREATE INDEX issue_without_coarse ON issue (id) WHERE kind = 'dispute' AND coarse_lon IS NULL;
