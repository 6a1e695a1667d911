-- Who published a version of the territory; who staged it has had a column from the start. Of
-- versions that were published since there is a log, the log tells it; older ones have nobody.
-- Numbers of deleted drafts are given again, so who staged an older one is not asked of the log.

ALTER TABLE territory_version ADD COLUMN published_by TEXT;
UPDATE territory_version SET published_by = (
    SELECT MAX(actor) FROM admin_log
    WHERE what = 'territory.publish' AND subject = CAST(territory_version.version AS TEXT)
);
