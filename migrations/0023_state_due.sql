-- A queue is mostly of one state, by due time.
CREATE INDEX issue_state_due ON issue (state, (COALESCE(due_at, 9223372036854775807)), id)
    WHERE state NOT IN ('closed', 'rejected', 'merged');
