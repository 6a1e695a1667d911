-- The area of a notice is that of its issue, compared byte by byte as there.
ALTER TABLE notice ALTER COLUMN issue_path TYPE TEXT COLLATE "C";
CREATE FUNCTION notice_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE notice SET issue_path = NEW.path WHERE issue_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER notice_path AFTER UPDATE OF path ON issue FOR EACH ROW
    WHEN (NEW.path <> OLD.path) EXECUTE FUNCTION notice_path();
