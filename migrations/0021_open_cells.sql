-- What a map asks of issues is told by the indexes on their cells, so that rows are read for what
-- is shown alone; and what is open is few among all.
DROP INDEX issue_cell;
CREATE INDEX issue_cell ON issue (cell, category, reported_at, kind, lat, lon);
CREATE INDEX issue_open_cell ON issue (cell, kind, lat, lon)
    WHERE state NOT IN ('closed', 'rejected', 'merged');
