-- A map shows issues one by one from the indexes on their cells alone: where issues are dense, each
-- row lies on another page. They hold what any reader's scope asks for, too.
DROP INDEX issue_cell;
CREATE INDEX issue_cell ON issue (cell, category, reported_at, kind, lat, lon, path, state,
    severity, lead, reporter, task_account, nature, id);
DROP INDEX issue_open_cell;
CREATE INDEX issue_open_cell ON issue (cell, kind, lat, lon, category, reported_at, path, state,
    severity, lead, reporter, task_account, nature, id)
    WHERE state NOT IN ('closed', 'rejected', 'merged');
-- Disputes are looked for further around, since they may be shown at a coarse place. SQLite fails
-- ("internal query planner error") where a condition joined by OR asks for a column that such an
-- index tells by its own condition alone: the kind is among its columns.
CREATE INDEX issue_dispute_cell ON issue (cell, kind, coarse_lat, coarse_lon, lat, lon, category,
    reported_at, path, state, severity, lead, reporter, task_account, nature, id)
    WHERE kind = 'dispute';
