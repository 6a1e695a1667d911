-- Tables that are their own index, so that a row is written once. No table names them, and they
-- have no column that could be large.
CREATE TABLE rollup_lean (
    day BIGINT NOT NULL,
    path TEXT NOT NULL,
    cell BIGINT NOT NULL,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    department TEXT NOT NULL,
    measure TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, path, cell, kind, category, department, measure)
) WITHOUT ROWID;
INSERT INTO rollup_lean (day, path, cell, kind, category, department, measure, n)
    SELECT day, path, cell, kind, category, department, measure, n FROM rollup;
DROP TABLE rollup;
ALTER TABLE rollup_lean RENAME TO rollup;

CREATE TABLE idempotency_lean (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    issue_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
INSERT INTO idempotency_lean (scope, key, fingerprint, issue_id, at)
    SELECT scope, key, fingerprint, issue_id, at FROM idempotency;
DROP TABLE idempotency;
ALTER TABLE idempotency_lean RENAME TO idempotency;
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE report_code_lean (
    issue_id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO report_code_lean (issue_id, code) SELECT issue_id, code FROM report_code;
DROP TABLE report_code;
ALTER TABLE report_code_lean RENAME TO report_code;
