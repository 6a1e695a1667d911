-- Of an index without statistics SQLite takes ten rows to be alike in the first column; these two
-- begin with one of two values. It goes by what is written here, for these two alone: as many rows
-- as it takes a table to have, half of them alike in the first column.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1 WHERE idx IN ('issue_cell', 'issue_path');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('issue', 'issue_cell', '1048576 524288 20 10 2 1 1 1 1 1 1 1 1 1 1 1'),
    ('issue', 'issue_path', '1048576 524288 2000 500 1 1 1');
