-- By how many issues a cohort of due times is met is told by statistics of its expressions, which
-- are those of src/store/sql/cohort.rs: without them PostgreSQL takes any range for a two-hundredth
-- of all issues, and puts an area's issues in order for a page.
CREATE STATISTICS issue_to_handle ON (
    CASE WHEN due_at IS NULL OR (COALESCE(handled_at, CASE WHEN state = 'closed' THEN
    closed_at END)) < due_at THEN (COALESCE(handled_at, CASE WHEN state = 'closed' THEN
    closed_at END)) ELSE due_at END)
FROM issue;
CREATE STATISTICS issue_to_close ON (
    CASE WHEN due_at IS NULL OR (CASE WHEN state = 'closed' THEN closed_at END) < due_at
    THEN (CASE WHEN state = 'closed' THEN closed_at END) ELSE due_at END)
FROM issue;
CREATE STATISTICS issue_to_handle_or_suspended ON (
    CASE WHEN state = 'suspended' THEN suspended_at ELSE CASE WHEN due_at IS NULL OR
    (COALESCE(handled_at, CASE WHEN state = 'closed' THEN closed_at END)) < due_at THEN
    (COALESCE(handled_at, CASE WHEN state = 'closed' THEN closed_at END)) ELSE due_at END
    END)
FROM issue;
CREATE STATISTICS issue_to_close_or_suspended ON (
    CASE WHEN state = 'suspended' THEN suspended_at ELSE CASE WHEN due_at IS NULL OR (CASE
    WHEN state = 'closed' THEN closed_at END) < due_at THEN (CASE WHEN state = 'closed' THEN
    closed_at END) ELSE due_at END END)
FROM issue;
ANALYZE issue;
