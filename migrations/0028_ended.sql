-- What is open and what has ended are two parts of one index, which begins with that, instead of an
-- index of what is open beside one of all: a new report goes into one place in the order of cells,
-- where 25 reports touch 25 pages, and into one in the order of areas; and so does a step.
DROP INDEX issue_open_cell;
DROP INDEX issue_cell;
CREATE INDEX issue_cell ON issue (
    (CASE WHEN state IN ('closed', 'rejected', 'merged') THEN 1 ELSE 0 END),
    cell, kind, lat, lon, category, reported_at, path, state, severity, lead, reporter,
    task_account, nature, id);
DROP INDEX issue_open_path;
DROP INDEX issue_path;
CREATE INDEX issue_path ON issue (
    (CASE WHEN state IN ('closed', 'rejected', 'merged') THEN 1 ELSE 0 END),
    path, state, reported_at, returns, kind);
