-- Tables that are the same on both engines. Times are milliseconds since 1970 (UTC), days are days
-- since 1970 in the district's time zone, ids are UUIDv7 texts, H3 cells are integers.

CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE account (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE account_grant (
    account_id TEXT NOT NULL REFERENCES account (id),
    ordinal BIGINT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('grid_worker', 'acceptor', 'dispatcher', 'duty_supervisor',
        'handler', 'leader', 'admin')),
    area_code TEXT,
    department TEXT,
    kinds TEXT,
    PRIMARY KEY (account_id, ordinal)
);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    csrf_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE api_token (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX api_token_account ON api_token (account_id);

-- Failed sign-ins, by login and by address, for throttling.
CREATE TABLE login_failure (
    id TEXT PRIMARY KEY,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX login_failure_subject ON login_failure (subject, at);

-- Whole documents with versions: the catalog, the departments, the responsibility matrix.
CREATE TABLE pack (
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (kind, version)
);

CREATE TABLE territory_version (
    version BIGINT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('staged', 'published', 'retired')),
    note TEXT NOT NULL,
    author TEXT,
    created_at BIGINT NOT NULL,
    published_at BIGINT
);

CREATE TABLE area (
    version BIGINT NOT NULL REFERENCES territory_version (version),
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL CHECK (level IN ('province', 'city', 'district', 'street', 'community',
        'grid', 'micro_grid')),
    parent TEXT,
    kind TEXT NOT NULL,
    valid_from BIGINT,
    valid_to BIGINT,
    generated BOOLEAN NOT NULL,
    polygon TEXT NOT NULL,
    PRIMARY KEY (version, code)
);

-- Every code that was ever published; a retired code is never reused.
CREATE TABLE area_code (
    code TEXT PRIMARY KEY,
    first_version BIGINT NOT NULL,
    retired_version BIGINT
);

CREATE TABLE lineage (
    version BIGINT NOT NULL REFERENCES territory_version (version),
    ordinal BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('split', 'merge', 'retire')),
    from_codes TEXT NOT NULL,
    to_codes TEXT NOT NULL,
    day BIGINT NOT NULL,
    PRIMARY KEY (version, ordinal)
);

CREATE TABLE branch (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    parent TEXT,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    areas TEXT NOT NULL,
    resources TEXT NOT NULL,
    opening_hours TEXT NOT NULL,
    generated BOOLEAN NOT NULL
);

CREATE TABLE worker (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    generated BOOLEAN NOT NULL
);

CREATE TABLE post (
    worker_id TEXT NOT NULL,
    grid_code TEXT NOT NULL,
    role TEXT NOT NULL,
    duties TEXT NOT NULL,
    valid_from BIGINT,
    valid_to BIGINT,
    on_duty TEXT NOT NULL,
    lon DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    PRIMARY KEY (worker_id, grid_code, role)
);

CREATE TABLE issue (
    id TEXT PRIMARY KEY,
    district TEXT NOT NULL,
    number TEXT NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    head TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reported', 'verifying', 'self_handled', 'filed',
        'dispatched', 'handling', 'arbitration', 'suspended', 'handled', 'inspecting', 'closed',
        'rejected', 'merged')),
    kind TEXT NOT NULL CHECK (kind IN ('hazard', 'dispute', 'opinion')),
    category TEXT NOT NULL,
    condition_code TEXT,
    nature TEXT,
    severity TEXT NOT NULL,
    inspection BOOLEAN NOT NULL,
    text TEXT NOT NULL,
    address TEXT,
    lon DOUBLE PRECISION NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    raw_x DOUBLE PRECISION NOT NULL,
    raw_y DOUBLE PRECISION NOT NULL,
    datum TEXT NOT NULL,
    accuracy_m DOUBLE PRECISION,
    cell BIGINT NOT NULL,
    path TEXT NOT NULL,
    candidates TEXT NOT NULL,
    territory BIGINT NOT NULL,
    source TEXT NOT NULL,
    external_id TEXT,
    reporter TEXT,
    anonymous BOOLEAN NOT NULL,
    proposed TEXT,
    lead TEXT,
    assists TEXT NOT NULL,
    binding BOOLEAN NOT NULL,
    misdispatched BOOLEAN NOT NULL,
    settled BOOLEAN NOT NULL,
    outcome TEXT,
    suspended_until BIGINT,
    merged_into TEXT,
    state_before_merge TEXT,
    reported_at BIGINT NOT NULL,
    filed_at BIGINT,
    dispatched_at BIGINT,
    accepted_at BIGINT,
    handled_at BIGINT,
    closed_at BIGINT,
    ended_at BIGINT,
    returns BIGINT NOT NULL,
    reworks BIGINT NOT NULL,
    reopened BIGINT NOT NULL,
    extensions BIGINT NOT NULL,
    reports BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    search TEXT NOT NULL
);
CREATE INDEX issue_reported ON issue (reported_at, id);
CREATE INDEX issue_state ON issue (state, reported_at, id);
CREATE INDEX issue_path ON issue (path, reported_at);
CREATE INDEX issue_lead ON issue (lead, state, reported_at);
CREATE INDEX issue_cell ON issue (cell);
CREATE INDEX issue_position ON issue (lat, lon);
CREATE INDEX issue_reporter ON issue (reporter, reported_at);
CREATE INDEX issue_merged_into ON issue (merged_into);
CREATE UNIQUE INDEX issue_external ON issue (source, external_id);

CREATE TABLE issue_assist (
    issue_id TEXT NOT NULL,
    department TEXT NOT NULL,
    PRIMARY KEY (issue_id, department)
);
CREATE INDEX issue_assist_department ON issue_assist (department);

-- Who reported, kept apart so that retention can erase it.
CREATE TABLE issue_contact (
    issue_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL
);

-- One row a routing decision, with the whole trace as JSON.
CREATE TABLE route (
    issue_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    matrix_version BIGINT NOT NULL,
    trace TEXT NOT NULL,
    PRIMARY KEY (issue_id, seq)
);

CREATE TABLE attachment (
    id TEXT PRIMARY KEY,
    issue_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    purpose TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX attachment_issue ON attachment (issue_id, at);

CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    issue_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

-- Counters: sums of what issues contribute. They can be built again from the issues.
CREATE TABLE rollup (
    day BIGINT NOT NULL,
    path TEXT NOT NULL,
    cell BIGINT NOT NULL,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    department TEXT NOT NULL,
    measure TEXT NOT NULL,
    n BIGINT NOT NULL,
    PRIMARY KEY (day, path, cell, kind, category, department, measure)
);
CREATE INDEX rollup_path ON rollup (path, day);

-- How far an import of history has come, so that it can go on after a break.
CREATE TABLE import_run (
    id TEXT PRIMARY KEY,
    line BIGINT NOT NULL,
    imported BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    finished BOOLEAN NOT NULL,
    at BIGINT NOT NULL
);
