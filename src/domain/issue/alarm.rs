//! When an issue's clocks ask for something next, so that nobody has to look at it before.

use super::clock::{Clocks, Ledger, Stage, Timekeeper};
use super::notice::LADDER;
use super::record::Issue;
use super::state::State;
use super::workflow::ESCALATIONS_MAX;
use crate::domain::calendar::{Calendar, CalendarError};
use crate::domain::catalog::TimeType;
use crate::domain::time::Timestamp;

/// The instant at which a reply becomes overdue.
fn reply_alarm(issue: &Issue) -> Option<Timestamp> {
    issue.supervision.reply_due().map(|due| Timestamp(due.0 + 1))
}

/// An instant before which nothing is asked for, by what the issue's last event says: the light
/// turns yellow, a stage or a reply is overdue, a suspension ends. It may have passed long ago.
/// `None` where nothing will ever be asked for.
pub fn first_alarm(issue: &Issue) -> Option<Timestamp> {
    let mut alarms = vec![reply_alarm(issue)];
    if issue.state.is_open() {
        let Clocks { total, stage, .. } = &issue.clocks;
        alarms.push(total.as_ref().and_then(|total| total.dues.yellow));
        alarms.push(stage.as_ref().and_then(|clock| clock.due));
        alarms.push(issue.suspended_until.filter(|_| issue.state == State::Suspended));
    }
    alarms.into_iter().flatten().min()
}

/// The first instant after `now` at which more is asked for than at `now`: another light, another
/// rung of a ladder, a reply that is overdue, the end of a suspension. `None` where that will not
/// be, unless somebody works on the issue or the calendar changes.
///
/// # Errors
/// A year that has begun at `now` has no calendar.
pub fn next_alarm(
    issue: &Issue,
    keeper: &Timekeeper,
    now: Timestamp,
) -> Result<Option<Timestamp>, CalendarError> {
    let mut alarms: Vec<Timestamp> = reply_alarm(issue).into_iter().collect();
    if issue.state.is_open() {
        alarms.extend(issue.suspended_until.filter(|_| issue.state == State::Suspended));
        let Clocks { total, stage, .. } = &issue.clocks;
        if let Some(total) = total
            && let Some(allowance) = total.allowance()
        {
            let ms = allowance.ms;
            // Yellow, red, and the rungs above.
            alarms.extend(total.dues.yellow);
            let late = LADDER.iter().map(|(_, from)| ms + (ms as f64 * from).ceil() as i64);
            let amounts = std::iter::once(ms + 1).chain(late);
            alarms.extend(reached(&total.ledger, &keeper.calendar, allowance.unit, amounts, now)?);
        }
        if let Some(clock) = stage
            && let Some(allowance) = clock.allowance
        {
            let ms = allowance.ms;
            let rungs = if clock.stage == Stage::SignOff { ESCALATIONS_MAX } else { 2 };
            let late = (2..=i64::from(rungs)).map(|times| ms * times);
            let amounts = std::iter::once(ms + 1).chain(late);
            alarms.extend(reached(&clock.ledger, &keeper.calendar, allowance.unit, amounts, now)?);
        }
    }
    Ok(alarms.into_iter().filter(|at| *at > now).min())
}

/// When a running clock has used each of some amounts of time.
fn reached(
    ledger: &Ledger,
    calendar: &Calendar,
    unit: TimeType,
    amounts: impl Iterator<Item = i64>,
    now: Timestamp,
) -> Result<Vec<Timestamp>, CalendarError> {
    if !ledger.is_running() {
        return Ok(Vec::new());
    }
    let reached = amounts.map(|ms| Ok(ledger.reach(calendar, (unit, ms), now)?.map(|r| r.at)));
    let reached: Vec<Option<Timestamp>> = reached.collect::<Result<_, _>>()?;
    Ok(reached.into_iter().flatten().collect())
}
