-- What each write added to the counters, so that every node keeps its sums up to date. Rows are of
-- no use once all nodes have read them, and are removed after a while.
CREATE TABLE rollup_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Numbers are given before commit, so a reader goes by transactions.
    tx BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    -- By the database's own clock, in milliseconds.
    at BIGINT NOT NULL DEFAULT (CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)),
    -- Counters by bin; empty when all counters were built anew.
    body TEXT NOT NULL
);
CREATE INDEX rollup_log_tx ON rollup_log (tx);
