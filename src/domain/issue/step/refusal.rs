//! Why a step of the workflow is refused.

use super::{ASSISTS_MAX, NOTE_CHARS_MAX, PHOTOS_MAX, RATE_DAYS_MAX, REOPEN_DAYS_MAX};
use crate::domain::issue::state::{Action, State};
use crate::domain::issue::workflow::Field;

/// Why a step is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the issue has moved on: it is at version {current}, you saw {seen}")]
    Stale { seen: i64, current: i64 },
    #[error("{action} is not possible while {state}")]
    NotFromHere { action: Action, state: State, allowed: Vec<Action> },
    #[error("{action} is not yours to take")]
    NotYours { action: Action, allowed: Vec<Action> },
    #[error("{} is needed", .0.as_str())]
    Missing(Field),
    #[error("{} has no meaning here", .0.as_str())]
    Superfluous(Field),
    #[error("{}: {}", .field.as_str(), .why)]
    Invalid { field: Field, why: FieldFault },
    #[error("the route is not the one that was confirmed; look at the change again")]
    StaleRoute,
    #[error("the term for reopening ended {REOPEN_DAYS_MAX} days after closing")]
    ReopenTooLate,
    #[error("the term for rating ended {RATE_DAYS_MAX} days after closing")]
    RateTooLate,
    #[error("the limit is used up: what is overdue is not extended")]
    Overdue,
    #[error("the limit of the stage is not used up yet")]
    NotDue,
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    #[error("at most {NOTE_CHARS_MAX} characters")]
    TooLong,
    #[error("holds a control character")]
    ControlCharacter,
    #[error("at most {ASSISTS_MAX} assisting departments and {PHOTOS_MAX} photos")]
    TooMany,
    #[error("must lie in the future, at the latest on the same day of next year")]
    OutOfTerm,
    #[error("an issue cannot be merged into itself")]
    Itself,
    #[error("the other issue is not open")]
    TargetNotOpen,
    #[error("the lead cannot assist as well")]
    LeadAssists,
    #[error("does not fit the kind of the issue")]
    WrongKind,
    #[error("this department is not awaited")]
    NotAwaited,
    #[error("there is nothing of this sort to appeal against")]
    NothingToAppeal,
    #[error("this department has not reported in: it can only be absent")]
    NotArrived,
    #[error("this department reported in before the time: it was not late")]
    InTime,
    #[error("nobody is absent before the time of the whistle has passed")]
    NotYet,
    #[error("no order of this number awaits a reply")]
    NotOwed,
    #[error("must be one line of sensible length without ;")]
    NotALine,
    #[error("must not lie in the future")]
    InFuture,
    #[error("is as it was")]
    Unchanged,
    #[error("this person does not handle issues for the lead department there")]
    NotAHandler,
    #[error("needs a recorded agreement first")]
    NoAgreement,
    #[error("needs a claim that the office approved first")]
    NoClaim,
}
