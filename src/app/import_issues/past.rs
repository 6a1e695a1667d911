//! The log of an issue that another system has worked: the same events that it would have here,
//! at the times that are known.
//!
//! A step that must have been taken, at a time that the file does not tell, stands in the log with
//! the fact `time_inferred`; no time of it is kept in the issue, so it enters no duration and no
//! count by day. Filing alone takes the day of the report (`Times`).

use crate::domain::audit::Hash;
use crate::domain::id::{DepartmentCode, IssueId};
use crate::domain::issue::event::{Event, EventActor, Facts, fact};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::{Issue, ReplayError, evolve};
use crate::domain::issue::state::{Action, Outcome, State};
use crate::domain::issue::step::{Draft, seal};
use crate::domain::time::Timestamp;
use crate::format::history::{HistoryRow, Reached};

/// The issue as it stood, and its log.
#[derive(Clone, Debug)]
pub struct Past {
    pub issue: Issue,
    pub events: Vec<Event>,
}

impl Past {
    /// Begins with the report.
    fn begin(id: IssueId, at: Timestamp, facts: Facts) -> Result<Self, ReplayError> {
        let draft = Draft {
            actor: EventActor::Import,
            action: Action::Report,
            note: None,
            facts,
            attachments: Vec::new(),
        };
        let event = seal(id, 1, at, draft, (None, State::Reported), Hash::START);
        Ok(Self { issue: evolve(None, &event)?, events: vec![event] })
    }

    /// Takes a step at `time`, or at a time that is not known: then in the order alone, right
    /// after the step before it or at `fallback`.
    fn step(&mut self, step: Step, to: State) -> Result<(), ReplayError> {
        let before = self.issue.updated;
        let mut facts = step.facts;
        if step.time.is_none() {
            facts.insert(fact::TIME_INFERRED.to_owned(), true.to_string());
        }
        let at = step.time.or(step.fallback).unwrap_or(before);
        let draft = Draft {
            actor: EventActor::Import,
            action: step.action,
            note: step.note,
            facts,
            attachments: Vec::new(),
        };
        let states = (Some(self.issue.state), to);
        let (id, seq, head) = (self.issue.id, self.issue.version + 1, self.issue.head);
        let event = seal(id, seq, at, draft, states, head);
        self.issue = evolve(Some(&self.issue), &event)?;
        self.events.push(event);
        Ok(())
    }
}

/// One step of the past.
struct Step {
    action: Action,
    time: Option<Timestamp>,
    /// Where in the order a step of unknown time stands, if not right after the one before it.
    fallback: Option<Timestamp>,
    note: Option<String>,
    facts: Facts,
}

impl Step {
    fn at(action: Action, time: Option<Timestamp>) -> Self {
        Self { action, time, fallback: None, note: None, facts: Facts::new() }
    }
}

/// How the work ended: what the file says, or the one way in which work on a hazard can.
fn outcome_of(row: &HistoryRow, kind: Kind) -> Option<Outcome> {
    row.outcome.or((kind == Kind::Hazard).then_some(Outcome::Remedied))
}

/// The last steps, from handled on.
fn end(past: &mut Past, row: &HistoryRow, source: &str) -> Result<(), ReplayError> {
    let closed = row.times.closed;
    let is_forced = row.reached == Reached::ForceClosed;
    let mut submit = Step::at(Action::Submit, row.times.handled);
    submit.fallback = closed;
    if let Some(outcome) = outcome_of(row, past.issue.kind).filter(|_| !is_forced) {
        submit.facts.insert(fact::OUTCOME.to_owned(), outcome.to_string());
    }
    past.step(submit, State::Handled)?;
    if row.reached == Reached::Handled {
        return Ok(());
    }
    // The file tells of no inspection, and none is made up: where the category wants one, it was
    // closed without.
    let lacks_inspection = past.issue.kind == Kind::Hazard && past.issue.inspection;
    let mut close = match is_forced || lacks_inspection {
        true => Step::at(Action::ForceClose, closed),
        false => Step::at(Action::Close, closed),
    };
    if close.action == Action::ForceClose {
        close.note = Some(status_note(row, source));
    }
    past.step(close, State::Closed)
}

/// What the other system called it.
fn status_note(row: &HistoryRow, source: &str) -> String {
    format!("{source}: {}", row.status)
}

/// The log up to where the other system had come. `facts` are those of the report; `lead` is the
/// department that had it.
///
/// # Errors
/// A fact of the report is lacking.
pub fn relive(
    id: IssueId,
    row: &HistoryRow,
    facts: Facts,
    lead: Option<&DepartmentCode>,
    source: &str,
) -> Result<Past, ReplayError> {
    let mut past = Past::begin(id, row.created, facts)?;
    if row.reached == Reached::Rejected {
        let mut reject = Step::at(Action::Reject, row.times.closed);
        reject.note = Some(status_note(row, source));
        past.step(reject, State::Rejected)?;
        return Ok(past);
    }
    if row.reached >= Reached::Filed {
        past.step(Step::at(Action::File, row.times.filed), State::Filed)?;
    }
    if let Some(lead) = lead.filter(|_| row.reached >= Reached::Dispatched) {
        let mut dispatch = Step::at(Action::Dispatch, row.times.dispatched);
        dispatch.facts.insert(fact::LEAD.to_owned(), lead.to_string());
        dispatch.note.clone_from(&row.note);
        past.step(dispatch, State::Dispatched)?;
    }
    if row.reached >= Reached::Handling {
        past.step(Step::at(Action::Accept, row.times.accepted), State::Handling)?;
    }
    if row.reached >= Reached::Handled {
        end(&mut past, row, source)?;
    }
    Ok(past)
}
