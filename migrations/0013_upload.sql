-- Files on their way: a phone sends a photo or a voice note in chunks, any node takes the next one.
-- Rows go when the report or the action that names them is kept, or after their term.

CREATE TABLE upload (
    -- Made of the owner and the hash, so that a phone that forgot finds what it began.
    id TEXT PRIMARY KEY,
    -- An account's id, or `anonymous`.
    owner TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    received_bytes BIGINT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX upload_owner ON upload (owner);
CREATE INDEX upload_at ON upload (at);

-- BYTEA is PostgreSQL's word; SQLite keeps bytes as bytes in a column of any name.
CREATE TABLE upload_chunk (
    upload_id TEXT NOT NULL,
    start_byte BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (upload_id, start_byte)
);
