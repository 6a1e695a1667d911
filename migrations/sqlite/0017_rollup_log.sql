-- What each write added to the counters, so that every node keeps its sums up to date. Rows are of
-- no use once all nodes have read them, and are removed after a while.
CREATE TABLE rollup_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- By the database's own clock, in milliseconds.
    at BIGINT NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    -- Counters by bin; empty when all counters were built anew.
    body TEXT NOT NULL
);
