-- Indexes on what few issues have hold those few alone, so that a new report goes into none of
-- them. Whoever asks for a value asks for one that is there.
DROP INDEX issue_lead;
CREATE INDEX issue_lead ON issue (lead, state, reported_at) WHERE lead IS NOT NULL;
DROP INDEX issue_reporter;
CREATE INDEX issue_reporter ON issue (reporter, reported_at) WHERE reporter IS NOT NULL;
DROP INDEX issue_merged_into;
CREATE INDEX issue_merged_into ON issue (merged_into) WHERE merged_into IS NOT NULL;
DROP INDEX issue_external;
CREATE UNIQUE INDEX issue_external ON issue (source, external_id) WHERE external_id IS NOT NULL;
DROP INDEX issue_yellow;
CREATE INDEX issue_yellow ON issue (due_yellow_at)
    WHERE due_yellow_at IS NOT NULL AND state NOT IN ('closed', 'rejected', 'merged');
DROP INDEX issue_red;
CREATE INDEX issue_red ON issue (due_red_at)
    WHERE due_red_at IS NOT NULL AND state NOT IN ('closed', 'rejected', 'merged');
DROP INDEX issue_stage_due;
CREATE INDEX issue_stage_due ON issue (stage_due_at)
    WHERE stage_due_at IS NOT NULL AND state NOT IN ('closed', 'rejected', 'merged');
DROP INDEX issue_suspended;
CREATE INDEX issue_suspended ON issue (suspended_until)
    WHERE suspended_until IS NOT NULL AND state NOT IN ('closed', 'rejected', 'merged');
DROP INDEX issue_task;
CREATE INDEX issue_task ON issue (task_account) WHERE task_account IS NOT NULL;
DROP INDEX issue_next_visit;
CREATE INDEX issue_next_visit ON issue (next_visit) WHERE next_visit IS NOT NULL;
DROP INDEX issue_published;
CREATE INDEX issue_published ON issue (published_at, id) WHERE published_at IS NOT NULL;
DROP INDEX issue_ended;
CREATE INDEX issue_ended ON issue (ended_at) WHERE ended_at IS NOT NULL;

-- Boxes are looked up by their cells; whoever looks for what is like a report knows its category.
DROP INDEX issue_position;
DROP INDEX issue_cell;
CREATE INDEX issue_cell ON issue (cell, category, reported_at);

-- Sums come from memory; until the counters are loaded, days bound what is read.
DROP INDEX rollup_path;
