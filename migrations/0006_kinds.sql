-- What the three kinds have of their own: sealed records, risk, mediation, claims, publication,
-- retention; and two more roles.

CREATE TABLE account_grant_wider (
    account_id TEXT NOT NULL REFERENCES account (id),
    ordinal BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('grid_worker', 'acceptor', 'dispatcher', 'duty_supervisor',
        'handler', 'leader', 'admin', 'legal_adviser', 'mediator')),
    area_code TEXT,
    department TEXT,
    kinds TEXT,
    PRIMARY KEY (account_id, ordinal)
);
INSERT INTO account_grant_wider (account_id, ordinal, role, area_code, department, kinds)
    SELECT account_id, ordinal, role, area_code, department, kinds FROM account_grant;
DROP TABLE account_grant;
ALTER TABLE account_grant_wider RENAME TO account_grant;

ALTER TABLE issue ADD COLUMN risk TEXT CHECK (risk IN ('red', 'orange', 'yellow'));
ALTER TABLE issue ADD COLUMN controlled_at BIGINT;
ALTER TABLE issue ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE issue ADD COLUMN parties BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE issue ADD COLUMN agreement TEXT;
-- Days of visits still to be made, joined by a semicolon; the first of them as a number.
ALTER TABLE issue ADD COLUMN visits TEXT NOT NULL DEFAULT '';
ALTER TABLE issue ADD COLUMN next_visit BIGINT;
ALTER TABLE issue ADD COLUMN claim_state TEXT;
ALTER TABLE issue ADD COLUMN claim_seq BIGINT;
ALTER TABLE issue ADD COLUMN claim_account TEXT;
ALTER TABLE issue ADD COLUMN published_seq BIGINT;
ALTER TABLE issue ADD COLUMN published_at BIGINT;
-- The middle of the coarse cell: all that most readers may know of a dispute's place.
ALTER TABLE issue ADD COLUMN coarse_lon DOUBLE PRECISION;
ALTER TABLE issue ADD COLUMN coarse_lat DOUBLE PRECISION;
-- When retention last erased what is personal.
ALTER TABLE issue ADD COLUMN erased_at BIGINT;
CREATE INDEX issue_next_visit ON issue (next_visit);
CREATE INDEX issue_published ON issue (published_at, id);
CREATE INDEX issue_ended ON issue (ended_at);

-- Sealed texts: the parties of a dispute, and their agreement. The store never sees them plain.
CREATE TABLE sealed (
    issue_id TEXT NOT NULL,
    part TEXT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (issue_id, part)
);

-- Who claims a wish, kept apart from the log so that retention can erase it.
CREATE TABLE claim (
    issue_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    organisation TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (issue_id, seq)
);

-- What summons a level of the territory at once: a major hazard, a dispute's colour.
CREATE TABLE summons (
    id TEXT PRIMARY KEY,
    district TEXT NOT NULL,
    issue_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    -- A role, and the area whose holders of the role are meant.
    audience TEXT NOT NULL,
    area_path TEXT NOT NULL,
    at BIGINT NOT NULL,
    dedupe TEXT NOT NULL UNIQUE
);
CREATE INDEX summons_issue ON summons (issue_id);
CREATE INDEX summons_time ON summons (at, id);

-- Counters know the place of a dispute as the middle of its coarse cell (resolution 9) alone: the
-- digit of resolution 10, at bits 15 to 17, becomes 0.
CREATE TABLE rollup_coarse AS
    SELECT day, path, cell & -229377 AS cell, kind, category, department, measure,
        CAST(SUM(n) AS BIGINT) AS n
    FROM rollup WHERE kind = 'dispute'
    GROUP BY day, path, cell & -229377, kind, category, department, measure;
DELETE FROM rollup WHERE kind = 'dispute';
INSERT INTO rollup (day, path, cell, kind, category, department, measure, n)
    SELECT day, path, cell, kind, category, department, measure, n FROM rollup_coarse;
DROP TABLE rollup_coarse;
