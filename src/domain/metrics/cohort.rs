//! The due cohorts (应处置, 应结案; DOMAIN.md §7): what was due in a window, and what became of it.
//!
//! An issue is counted on the day of its limit, or on the day on which it was handled or closed if
//! that came first. So a busy month flatters nobody, and what was never due counts for nobody's
//! neglect. The limit of an open issue may lie on a day to come: windows end today, and so it is
//! not counted before its day.

use super::contribution::Measure;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::State;
use crate::domain::time::{Day, Timestamp};
use jiff::tz::TimeZone;

/// An issue's part in one of the two cohorts.
struct Part {
    /// The instant under whose day it counts; `None`: it is not due, or not for now.
    at: Option<Timestamp>,
    /// The same where suspended issues stay.
    with_suspended: Option<Timestamp>,
    is_done: bool,
    /// Done, with a limit, and not beyond it.
    on_time: bool,
    /// Done, and no limit is known that it could have kept or missed.
    undated: bool,
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        _ => a.or(b),
    }
}

impl Part {
    /// The part of an issue that was handled, or closed, at `done`.
    fn of(issue: &Issue, done: Option<Timestamp>) -> Self {
        let is_owed =
            issue.times.filed.is_some() && !matches!(issue.state, State::Rejected | State::Merged);
        let due = issue.clocks.due();
        let sooner = earlier(due, done).filter(|_| is_owed);
        // While it is suspended nobody can be late with it.
        let is_suspended = issue.state == State::Suspended;
        let at = sooner.filter(|_| !is_suspended);
        let suspended = issue.suspended_since.filter(|_| is_owed);
        Self {
            at,
            with_suspended: if is_suspended { suspended } else { at },
            is_done: done.is_some(),
            on_time: due.is_some() && done.is_some_and(|done| !issue.clocks.is_overdue(done)),
            undated: due.is_none(),
        }
    }
}

/// What the issue counts for in the due cohorts, and as overdue.
pub fn due_measures(
    issue: &Issue,
    zone: &TimeZone,
    count: &mut impl FnMut(Option<Day>, bool, Measure),
) {
    let day = |at: Option<Timestamp>| at.map(|at| at.day_in(zone));
    let closed = issue.times.closed.filter(|_| issue.state == State::Closed);
    // What is closed was handled, though the time may be unknown of imported issues.
    let handling = Part::of(issue, issue.times.handled.or(closed));
    let when = day(handling.at);
    count(when, true, Measure::HandlingDue);
    count(when, handling.is_done, Measure::HandlingDone);
    count(when, handling.on_time, Measure::HandledOnTime);
    count(when, handling.undated, Measure::HandledUndated);
    count(when, issue.counts.extensions > 0, Measure::HandlingExtended);
    count(when, issue.counts.extensions > 0 && handling.undated, Measure::ExtendedUndated);
    count(day(handling.with_suspended), true, Measure::HandlingDueOrSuspended);
    let closing = Part::of(issue, closed);
    let when = day(closing.at);
    count(when, true, Measure::ClosingDue);
    count(when, closing.is_done, Measure::ClosingDone);
    count(when, closing.on_time, Measure::ClosedOnTime);
    count(when, closing.undated, Measure::ClosedUndated);
    count(when, issue.counts.reworks > 0, Measure::ClosingReworked);
    count(when, issue.counts.reworks > 0 && closing.undated, Measure::ReworkedUndated);
    count(day(closing.with_suspended), true, Measure::ClosingDueOrSuspended);
    // Nothing is due while it is suspended, so the limit itself is asked for.
    let has_limit = issue.clocks.total.as_ref().is_some_and(|total| total.limit.is_some());
    let waits = issue.state == State::Suspended && !has_limit;
    count(day(closing.with_suspended), waits, Measure::SuspendedUndated);
    count(day(issue.overdue_from()), issue.state.is_open(), Measure::OpenOverdue);
}
