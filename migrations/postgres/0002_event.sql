-- The event log. Feed numbers are given before commit and can become visible out of order, so a
-- reader follows (tx, feed) and stops short of the oldest transaction that is still running.
CREATE TABLE event (
    feed BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tx BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    district TEXT NOT NULL,
    issue_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    note TEXT,
    note_digest TEXT,
    facts TEXT NOT NULL,
    attachments TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (issue_id, seq)
);
CREATE INDEX event_feed ON event (tx, feed);

-- Append-only: the log refuses to forget. Only a note may be erased, which the chain allows for.
CREATE FUNCTION event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.note IS NULL
        AND to_jsonb(NEW) - 'note' = to_jsonb(OLD) - 'note' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the event log is append-only';
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION event_append_only();

-- Paths and codes are compared byte by byte, as SQLite does, whatever the database's locale.
ALTER TABLE issue ALTER COLUMN path TYPE TEXT COLLATE "C";
ALTER TABLE issue ALTER COLUMN id TYPE TEXT COLLATE "C";
ALTER TABLE rollup ALTER COLUMN path TYPE TEXT COLLATE "C";
ALTER TABLE area ALTER COLUMN code TYPE TEXT COLLATE "C";
ALTER TABLE branch ALTER COLUMN code TYPE TEXT COLLATE "C";
ALTER TABLE account ALTER COLUMN login TYPE TEXT COLLATE "C";
