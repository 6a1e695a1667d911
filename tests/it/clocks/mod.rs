//! Clocks and calendars: the pure functions, the workflow's effect on them, and the jobs.

mod alarms;
mod calendar;
mod cohort;
mod follow;
mod jobs;
mod properties;
mod rules;
