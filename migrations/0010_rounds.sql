-- What the workflow keeps beside: who stays answerable until a dispatch is accepted, the times and
-- extensions of the present round, every order that awaits its reply, and what the department asks
-- for. Rows that the log tells otherwise of are folded anew when the program opens the database.

ALTER TABLE issue ADD COLUMN answerable TEXT;
ALTER TABLE issue ADD COLUMN round_at BIGINT;
ALTER TABLE issue ADD COLUMN sent_at BIGINT;
ALTER TABLE issue ADD COLUMN round_extensions BIGINT NOT NULL DEFAULT 0;
-- Orders without a reply: `seq/until` joined by `;`. The first of their times is in reply_due_at.
ALTER TABLE issue ADD COLUMN open_orders TEXT NOT NULL DEFAULT '';
ALTER TABLE issue ADD COLUMN asked_kind TEXT;
ALTER TABLE issue ADD COLUMN asked_seq BIGINT;
ALTER TABLE issue ADD COLUMN asked_at BIGINT;
ALTER TABLE issue ADD COLUMN asked_until BIGINT;
ALTER TABLE issue ADD COLUMN asked_by TEXT;

UPDATE issue SET sent_at = dispatched_at WHERE dispatched_at IS NOT NULL;
UPDATE issue SET round_extensions = extensions WHERE extensions > 0;
