-- What the first guards of the event log left open: three columns, and INSERT OR REPLACE, which
-- deletes without the trigger on DELETE.
DROP TRIGGER event_no_update;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
WHEN NEW.note IS NOT NULL OR NEW.hash <> OLD.hash OR NEW.seq <> OLD.seq OR NEW.facts <> OLD.facts
    OR NEW.issue_id <> OLD.issue_id OR NEW.previous <> OLD.previous OR NEW.at <> OLD.at
    OR NEW.actor <> OLD.actor OR NEW.action <> OLD.action OR NEW.to_state <> OLD.to_state
    OR NEW.from_state IS NOT OLD.from_state OR NEW.note_digest IS NOT OLD.note_digest
    OR NEW.attachments <> OLD.attachments OR NEW.feed <> OLD.feed OR NEW.tx <> OLD.tx
    OR NEW.district <> OLD.district
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;
CREATE TRIGGER event_no_replace BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE feed = NEW.feed)
    OR EXISTS (SELECT 1 FROM event WHERE issue_id = NEW.issue_id AND seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;
