-- Which issues were touched after an instant: for the counters as they stood then.
CREATE INDEX event_at ON event (at, issue_id);
