-- A map shows issues one by one from the indexes on their cells alone: where issues are dense, each
-- row lies on another page. They hold what any reader's scope asks for, too.
DROP INDEX issue_cell;
CREATE INDEX issue_cell ON issue (cell, category, reported_at, kind, lat, lon, coarse_lat,
    coarse_lon, path, state, severity, lead, reporter, task_account, nature, id);
DROP INDEX issue_open_cell;
CREATE INDEX issue_open_cell ON issue (cell, kind, lat, lon, coarse_lat, coarse_lon, category,
    reported_at, path, state, severity, lead, reporter, task_account, nature, id)
    WHERE state NOT IN ('closed', 'rejected', 'merged');
