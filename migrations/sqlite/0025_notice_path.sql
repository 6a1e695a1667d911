-- The area of a notice is that of its issue.
CREATE TRIGGER notice_path AFTER UPDATE OF path ON issue WHEN NEW.path <> OLD.path BEGIN
    UPDATE notice SET issue_path = NEW.path WHERE issue_id = NEW.id;
END;
