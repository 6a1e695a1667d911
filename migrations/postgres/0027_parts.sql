-- The log of events and the traces of routing lie in a table for each month of the report, so that
-- old months can be moved to other disks, vacuumed by themselves and detached. The id of an issue
-- is a UUIDv7, whose first twelve digits are milliseconds: all that belongs to an issue lies in one
-- table, is unique there, and is found without a look at the others. What was there before stays
-- where it is, as the table of all months before.

CREATE FUNCTION month_after(at TIMESTAMP) RETURNS TIMESTAMP LANGUAGE sql IMMUTABLE AS
$$ SELECT date_trunc('month', at) + INTERVAL '1 month' $$;

-- The least id of an issue that was reported at a time, in UTC, or later.
CREATE FUNCTION first_id(at TIMESTAMP) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT substr(digits, 1, 8) || '-' || substr(digits, 9)
    FROM (SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS digits) AS own
$$;

-- When the issue of an id was reported, in UTC.
CREATE FUNCTION id_time(id TEXT) RETURNS TIMESTAMP LANGUAGE sql IMMUTABLE AS $$
    SELECT to_timestamp(('x' || lpad(digits, 16, '0'))::bit(64)::bigint / 1000.0) AT TIME ZONE 'UTC'
    FROM (SELECT rpad(replace(substr(id, 1, 13), '-', ''), 12, '0') AS digits) AS own
$$;

ALTER TABLE event RENAME TO event_before;
ALTER TABLE event_before
    ALTER COLUMN feed DROP IDENTITY,
    ALTER COLUMN issue_id TYPE TEXT COLLATE "C";
DROP TRIGGER event_append_only ON event_before;
ALTER INDEX event_feed RENAME TO event_before_feed;
ALTER INDEX event_at RENAME TO event_before_at;
ALTER INDEX event_read_parties RENAME TO event_before_read_parties;
ALTER TABLE event_before RENAME CONSTRAINT event_issue_id_seq_key TO event_before_issue_id_seq_key;
ALTER TABLE event_before DROP CONSTRAINT event_pkey;

CREATE SEQUENCE event_number;
SELECT setval('event_number', COALESCE(MAX(feed), 0) + 1, false) FROM event_before;
CREATE TABLE event (LIKE event_before INCLUDING DEFAULTS) PARTITION BY RANGE (issue_id);
ALTER TABLE event
    ALTER COLUMN feed SET DEFAULT nextval('event_number'),
    ADD UNIQUE (issue_id, seq);
ALTER SEQUENCE event_number OWNED BY event.feed;
CREATE INDEX event_number_of ON event (feed);
CREATE INDEX event_feed ON event (tx, feed);
CREATE INDEX event_at ON event (at, issue_id);
CREATE INDEX event_read_parties ON event (at, issue_id, seq) WHERE action = 'read_parties';
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION event_append_only();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION event_append_only();

ALTER TABLE route RENAME TO route_before;
ALTER TABLE route_before ALTER COLUMN issue_id TYPE TEXT COLLATE "C";
ALTER TABLE route_before RENAME CONSTRAINT route_pkey TO route_before_pkey;
CREATE TABLE route (LIKE route_before) PARTITION BY RANGE (issue_id);
ALTER TABLE route ADD PRIMARY KEY (issue_id, seq);

-- Makes the tables of a month and the next ones, where they are not there yet; how many. Where rows
-- of a month lie elsewhere already they stay there, and whoever is in the way is not waited for.
CREATE FUNCTION make_parts(now TIMESTAMP) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    starts TIMESTAMP := date_trunc('month', now);
    made BIGINT := 0;
    parent TEXT;
    part TEXT;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_parts')), set_config('lock_timeout', '2s', true);
    FOR month IN 0..3 LOOP
        FOREACH parent IN ARRAY ARRAY['event', 'route'] LOOP
            part := parent || to_char(starts, '_YYYY_MM');
            CONTINUE WHEN to_regclass(part) IS NOT NULL;
            BEGIN
                -- A table that is made first and attached then keeps nobody from reading.
                EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
                EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    parent, part, first_id(starts), first_id(month_after(starts)));
                IF parent = 'event' THEN
                    EXECUTE format('CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON %I
                        FOR EACH STATEMENT EXECUTE FUNCTION event_append_only()', part);
                END IF;
                made := made + 1;
            EXCEPTION
                WHEN check_violation OR invalid_object_definition OR lock_not_available THEN
                    NULL;
            END;
        END LOOP;
        starts := month_after(starts);
    END LOOP;
    RETURN made;
END $$;

-- The tables of before reach to the month after the last issue that they hold, or to this one.
DO $$
DECLARE
    last TEXT;
    ends TIMESTAMP := date_trunc('month', now() AT TIME ZONE 'UTC');
BEGIN
    SELECT MAX(issue_id) INTO last FROM
        (SELECT MAX(issue_id) AS issue_id FROM event_before
        UNION ALL SELECT MAX(issue_id) FROM route_before) AS own;
    IF last >= first_id(ends) THEN
        ends := month_after(id_time(last));
    END IF;
    EXECUTE format('ALTER TABLE event ATTACH PARTITION event_before
        FOR VALUES FROM (MINVALUE) TO (%L)', first_id(ends));
    EXECUTE format('ALTER TABLE route ATTACH PARTITION route_before
        FOR VALUES FROM (MINVALUE) TO (%L)', first_id(ends));
END $$;
-- What a clock that is ahead reports, or nobody has made a table for.
CREATE TABLE event_later PARTITION OF event DEFAULT;
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event_later
    FOR EACH STATEMENT EXECUTE FUNCTION event_append_only();
CREATE TABLE route_later PARTITION OF route DEFAULT;
SELECT make_parts(now() AT TIME ZONE 'UTC');
