-- Versions of the responsibility matrix are drafts until they are activated. An activation names a
-- version and its first day in force (days since 1970 in the district's zone); rows are only
-- added, so that what was in force when can always be told.

CREATE TABLE activation (
    kind TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    version BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    at BIGINT NOT NULL,
    -- The account that decided; none for the command line.
    actor TEXT,
    note TEXT NOT NULL,
    -- Errors of the check that were overridden, and why.
    errors BIGINT NOT NULL,
    override_reason TEXT,
    PRIMARY KEY (kind, ordinal),
    FOREIGN KEY (kind, version) REFERENCES pack (kind, version)
);

-- Until now every version was in force as soon as it was there.
INSERT INTO activation (kind, ordinal, version, from_day, at, actor, note, errors, override_reason)
    SELECT kind, version, version, 0, created_at, NULL, note, 0, NULL
    FROM pack WHERE kind = 'matrix';
