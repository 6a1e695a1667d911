//! Whom the clocks of an issue tell, and about what: the escalation ladder from the department to
//! the dispatcher, the duty supervisor and the leader.

use super::clock::{Clocks, Light, Reading, Stage, StageClock, Timekeeper, Total};
use super::record::Issue;
use super::state::State;
use super::workflow::ESCALATIONS_MAX;
use crate::domain::access::Role;
use crate::domain::calendar::CalendarError;
use crate::domain::id::{DepartmentCode, IssueId};
use crate::domain::time::Timestamp;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum About {
    /// The light of the total clock is yellow.
    DueSoon,
    /// It is red.
    Overdue,
    /// A stage took longer than it may.
    StageOverdue,
    /// The sign-off did, and it went up the ladder.
    Escalated,
    /// A suspension has ended.
    Resumed,
}

impl About {
    pub const ALL: [About; 5] =
        [About::DueSoon, About::Overdue, About::StageOverdue, About::Escalated, About::Resumed];

    pub const fn as_str(self) -> &'static str {
        match self {
            About::DueSoon => "due_soon",
            About::Overdue => "overdue",
            About::StageOverdue => "stage_overdue",
            About::Escalated => "escalated",
            About::Resumed => "resumed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.as_str() == text)
    }
}

/// One notice. It is the same notice whoever works it out, and however often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub issue: IssueId,
    pub about: About,
    pub recipient: Role,
    /// The department of a handler.
    pub department: Option<DepartmentCode>,
    /// Which run of which clock: a new one is told of anew.
    pub round: String,
    pub due: Option<Timestamp>,
}

/// The rungs of the ladder: from which overdue multiple on each is told.
pub const LADDER: [(Role, f64); 4] = [
    (Role::Handler, 0.0),
    (Role::Dispatcher, 0.5),
    (Role::DutySupervisor, 1.0),
    (Role::Leader, 2.0),
];

/// How often a sign-off that stands at `reading` should have been escalated: to the dispatcher
/// beyond its limit, to the duty supervisor at twice, to the leader at three times the limit.
pub fn escalations_due(reading: Reading) -> u32 {
    match reading.overdue_multiple() {
        late if late <= 0.0 => 0,
        late if late < 1.0 => 1,
        late if late < 2.0 => 2,
        _ => ESCALATIONS_MAX,
    }
}

/// Whom the `n`th escalation tells, counted from 1.
pub const fn escalated_to(n: u32) -> Role {
    match n {
        0 | 1 => Role::Dispatcher,
        2 => Role::DutySupervisor,
        _ => Role::Leader,
    }
}

/// A role as it can be told of this issue: before the dispatch there is no department, and the
/// dispatcher is told instead.
fn recipient_of(issue: &Issue, role: Role) -> (Role, Option<DepartmentCode>) {
    match (role, &issue.lead) {
        (Role::Handler, Some(lead)) => (role, Some(lead.clone())),
        (Role::Handler, None) => (Role::Dispatcher, None),
        _ => (role, None),
    }
}

/// A notice to a role.
pub fn notice(issue: &Issue, (about, role): (About, Role), round: String) -> Notice {
    let (recipient, department) = recipient_of(issue, role);
    let due = match about {
        About::StageOverdue | About::Escalated => {
            issue.clocks.stage.as_ref().and_then(|clock| clock.due)
        }
        _ => issue.clocks.due(),
    };
    Notice { issue: issue.id, about, recipient, department, round, due }
}

/// The run of a total clock: it changes when the clock begins anew and when the limit grows.
fn round_of_total(total: &Total) -> String {
    format!("{}x{}", total.ledger.began().map_or(0, |at| at.0), total.grants)
}

/// The run of a stage's clock.
pub fn round_of_stage(clock: &StageClock) -> String {
    format!("{}:{}", clock.stage.as_str(), clock.ledger.began().map_or(0, |at| at.0))
}

fn of_total(issue: &Issue, total: &Total, reading: Reading, out: &mut Vec<Notice>) {
    let round = round_of_total(total);
    match reading.light() {
        Light::Green => {}
        Light::Yellow => out.push(notice(issue, (About::DueSoon, Role::Handler), round)),
        Light::Red => {
            let late = reading.overdue_multiple();
            let told = LADDER.iter().filter(|(_, from)| late >= *from);
            out.extend(told.map(|(role, _)| notice(issue, (About::Overdue, *role), round.clone())));
        }
    }
}

fn of_stage(issue: &Issue, clock: &StageClock, reading: Reading, out: &mut Vec<Notice>) {
    if reading.light() != Light::Red {
        return;
    }
    let first = match clock.stage {
        Stage::SignOff => Role::Handler,
        Stage::Dispatch if issue.state == State::Arbitration => Role::DutySupervisor,
        Stage::Dispatch => Role::Dispatcher,
        Stage::Accept | Stage::Check => Role::Acceptor,
    };
    // A sign-off goes up the ladder by events of its own.
    let above = (clock.stage != Stage::SignOff && reading.overdue_multiple() >= 1.0)
        .then_some(Role::DutySupervisor);
    let round = round_of_stage(clock);
    let told = [Some(first), above.filter(|role| *role != first)].into_iter().flatten();
    out.extend(told.map(|role| notice(issue, (About::StageOverdue, role), round.clone())));
}

/// The notices that an open issue's clocks ask for at `now`: all of them, told already or not.
///
/// # Errors
/// A year that has begun at `now` has no calendar.
pub fn notices_due(
    issue: &Issue,
    keeper: &Timekeeper,
    now: Timestamp,
) -> Result<Vec<Notice>, CalendarError> {
    let Clocks { total, stage, .. } = &issue.clocks;
    let mut out = Vec::new();
    if let Some(total) = total.as_ref().filter(|total| total.ledger.is_running())
        && let Some(reading) = total.read(&keeper.calendar, now)?
    {
        of_total(issue, total, reading, &mut out);
    }
    if let Some(clock) = stage.as_ref().filter(|clock| clock.ledger.is_running())
        && let Some(reading) = clock.read(&keeper.calendar, now)?
    {
        of_stage(issue, clock, reading, &mut out);
    }
    Ok(out)
}
