//! Who is told of an issue, and about what: by its clocks, up the escalation ladder from the
//! department to the dispatcher, the duty supervisor and the leader; and by steps that ask somebody
//! to act.

use super::clock::{Clocks, Light, Reading, Stage, StageClock, Timekeeper, Total};
use super::event::{Event, fact};
use super::record::{Issue, departments_of};
use super::state::{Action, State};
use super::supervision::{Task, account_of};
use super::workflow::ESCALATIONS_MAX;
use crate::domain::access::Role;
use crate::domain::calendar::CalendarError;
use crate::domain::id::{AccountId, DepartmentCode, IssueId};
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
    /// 催办: somebody reminds.
    Urged,
    /// 督办: an order that demands a written reply by a time.
    Supervised,
    /// The reply to it is overdue.
    ReplyOverdue,
    /// 吹哨: a department is summoned to a place by a time.
    Whistled,
    /// A verification or an inspection is offered to a worker.
    TaskOffered,
    /// 指派: somebody of the lead is named to handle it.
    Assigned,
}

impl About {
    pub const ALL: [About; 11] = [
        About::DueSoon,
        About::Overdue,
        About::StageOverdue,
        About::Escalated,
        About::Resumed,
        About::Urged,
        About::Supervised,
        About::ReplyOverdue,
        About::Whistled,
        About::TaskOffered,
        About::Assigned,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            About::DueSoon => "due_soon",
            About::Overdue => "overdue",
            About::StageOverdue => "stage_overdue",
            About::Escalated => "escalated",
            About::Resumed => "resumed",
            About::Urged => "urged",
            About::Supervised => "supervised",
            About::ReplyOverdue => "reply_overdue",
            About::Whistled => "whistled",
            About::TaskOffered => "task_offered",
            About::Assigned => "assigned",
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
    /// The one account that is meant, of those with the role.
    pub account: Option<AccountId>,
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
    Notice { issue: issue.id, about, recipient, department, account: None, round, due }
}

/// Who has the issue now: the desk up to filing, then the department or the dispatcher.
const fn doer(issue: &Issue) -> Role {
    match issue.state {
        State::Reported | State::Verifying | State::SelfHandled => Role::Acceptor,
        _ => Role::Handler,
    }
}

/// Whom a step tells that it was taken: those whom it asks to act. `after` is the issue after it.
pub fn notices_of_step(after: &Issue, event: &Event) -> Vec<Notice> {
    // The step's number makes each telling one of its own, and the same one however often.
    let tell = |about, role| notice(after, (about, role), event.seq.to_string());
    match event.action {
        Action::Urge => vec![tell(About::Urged, doer(after))],
        Action::Supervise => {
            let due = event.fact(fact::UNTIL).and_then(Timestamp::parse);
            vec![Notice { due, ..tell(About::Supervised, doer(after)) }]
        }
        Action::Whistle => {
            let due = event.fact(fact::UNTIL).and_then(Timestamp::parse);
            let called = departments_of(&event.facts, fact::SUMMONED).into_iter();
            // It is for those who are summoned, whoever has the issue.
            let summons = called.map(|code| Notice {
                recipient: Role::Handler,
                department: Some(code),
                due,
                ..tell(About::Whistled, Role::Handler)
            });
            summons.collect()
        }
        Action::AcceptForCheck | Action::OrderCheck | Action::PassTask => {
            let account = after.supervision.task.as_ref().and_then(Task::account);
            let offer = account.map(|account| Notice {
                account: Some(account),
                due: after.clocks.stage.as_ref().and_then(|clock| clock.due),
                ..tell(About::TaskOffered, Role::GridWorker)
            });
            offer.into_iter().collect()
        }
        // Who takes it on himself knows.
        Action::Assign => {
            let person = after.supervision.assignee;
            let other = person.filter(|id| account_of(&event.actor) != Some(*id));
            let named = other.map(|account| Notice {
                account: Some(account),
                ..tell(About::Assigned, Role::Handler)
            });
            named.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Whom an overdue reply to an order is told: up the line.
pub fn notices_of_reply(issue: &Issue, now: Timestamp) -> Vec<Notice> {
    let Some(due) = issue.supervision.reply_due().filter(|due| *due < now) else {
        return Vec::new();
    };
    let up = [Role::DutySupervisor, Role::Leader].into_iter();
    up.map(|role| Notice {
        due: Some(due),
        ..notice(issue, (About::ReplyOverdue, role), due.0.to_string())
    })
    .collect()
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
