-- The event log. The feed number grows with each commit, because there is one writer.
CREATE TABLE event (
    feed INTEGER PRIMARY KEY AUTOINCREMENT,
    tx BIGINT NOT NULL DEFAULT 0,
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

-- Append-only: the log refuses to forget. Only a note may be erased, which the chain allows for.
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
WHEN NEW.note IS NOT NULL OR NEW.hash <> OLD.hash OR NEW.seq <> OLD.seq OR NEW.facts <> OLD.facts
    OR NEW.issue_id <> OLD.issue_id OR NEW.previous <> OLD.previous OR NEW.at <> OLD.at
    OR NEW.actor <> OLD.actor OR NEW.action <> OLD.action OR NEW.to_state <> OLD.to_state
    OR NEW.from_state IS NOT OLD.from_state OR NEW.note_digest IS NOT OLD.note_digest
    OR NEW.attachments <> OLD.attachments
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;
