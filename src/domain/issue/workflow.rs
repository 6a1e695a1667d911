//! The workflow as data: which action leads from where to where, who may take it, and what it
//! needs to be told. Transitions that are not in this table do not exist (DOMAIN.md §4).

mod beside;
mod kinds;
mod undo;
mod way;

pub use undo::undone_by;

pub use beside::{BESIDE, arriving, handled_it, handles, holds_task};

use super::care::CareGuard;
use super::kind::Kind;
use super::record::Issue;
use super::state::{Action, State};
use crate::domain::access::{Actor, Role};
use crate::domain::id::DepartmentCode;
use way::COMMON;

/// Where an action leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    State(State),
    /// The state before the merge.
    BeforeMerge,
    /// The state stays as it is.
    Same,
    /// Back to the dispatcher where another department leads by the new route, else as it is.
    ByRoute,
}

/// What an action does to the two clocks (DOMAIN.md §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockEffect {
    Nothing,
    /// The clock of the next stage begins.
    NextStage,
    /// The total clock begins, and that of the next stage.
    StartTotal,
    /// Both clocks pause.
    Pause,
    /// Both clocks run on.
    Run,
    /// The limit grows by one limit of the condition.
    Extend,
    /// Both clocks stop.
    Stop,
    /// The limit is that of the new route, from filing on; what goes back to the dispatcher begins
    /// the next stage.
    ByRoute,
    /// The total clock has run since the report and stops; the next stage begins.
    OnTheSpot,
}

/// What an action may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Note,
    Department,
    Assists,
    Until,
    Target,
    Outcome,
    Reason,
    CitedRule,
    Category,
    Place,
    Photos,
    /// The departments that a whistle summons.
    Departments,
    /// Where to, in words.
    Meeting,
    Position,
    Judgement,
    Reach,
    Verdict,
    Satisfaction,
    Ground,
    Risk,
    Severity,
    /// When a mediation was held.
    HeldAt,
    Venue,
    Mediators,
    AgreementForm,
    /// Days on which an agreement is looked after.
    Visits,
    /// Whether the parties keep to their agreement.
    Kept,
    /// The sealed record of a dispute; it comes by a route of its own.
    Parties,
    /// The order that a reply answers, by its place in the log.
    Order,
    /// Who of the lead is to handle it: an account.
    Assignee,
}

impl Field {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::Note => "note",
            Field::Department => "department",
            Field::Assists => "assists",
            Field::Until => "until",
            Field::Target => "target",
            Field::Outcome => "outcome",
            Field::Reason => "reason",
            Field::CitedRule => "cited_rule",
            Field::Category => "category",
            Field::Place => "place",
            Field::Photos => "photo_ids",
            Field::Departments => "departments",
            Field::Meeting => "meeting",
            Field::Position => "position",
            Field::Judgement => "judgement",
            Field::Reach => "reach",
            Field::Verdict => "verdict",
            Field::Satisfaction => "satisfaction",
            Field::Ground => "ground",
            Field::Risk => "risk",
            Field::Severity => "severity",
            Field::HeldAt => "held_at",
            Field::Venue => "venue",
            Field::Mediators => "mediators",
            Field::AgreementForm => "agreement_form",
            Field::Visits => "visits",
            Field::Kept => "kept",
            Field::Parties => "parties",
            Field::Order => "order",
            Field::Assignee => "assignee",
        }
    }
}

/// A condition on the issue itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    Always,
    /// Fewer returns than [`RETURNS_MAX`], and not a binding dispatch.
    ReturnLeft,
    /// The budget of returns is used up, and the dispatch is not binding.
    ReturnsUsedUp,
    /// Fewer extensions than [`EXTENSIONS_MAX`] since it was filed or reopened.
    ExtensionLeft,
    /// Fewer escalations than [`ESCALATIONS_MAX`], of a sign-off that has a limit.
    EscalationLeft,
    /// The kind or the category needs no inspection.
    NoInspectionNeeded,
    /// Only who reported it.
    OwnReport,
    /// A hazard: opinions and disputes have no offender, and so no inspection.
    IsInspected,
    /// An order awaits its reply.
    ReplyOwed,
    NoWhistle,
    WhistleOpen,
    /// The reporter can be reached.
    Contactable,
    NoAppeal,
    AppealOpen,
    TaskOpen,
    /// As [`Guard::ExtensionLeft`], and nothing is asked for yet.
    ExtensionAskable,
    /// Nothing is asked for yet.
    NothingAsked,
    /// A request of the department awaits its decision.
    RequestOpen,
    /// What one kind asks for.
    Care(CareGuard),
}

/// Returns that go back to the dispatcher; the next one goes to arbitration.
pub const RETURNS_MAX: u32 = 2;
/// Extensions that an issue may have, and again when it was reopened.
pub const EXTENSIONS_MAX: u32 = 2;
/// The rungs above the department: dispatcher, duty supervisor, leader.
pub const ESCALATIONS_MAX: u32 = 3;

/// One row of the workflow.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    pub action: Action,
    pub from: &'static [State],
    pub to: To,
    pub roles: &'static [Role],
    /// Whether the reporter may take it with the tracking number alone.
    pub by_reporter: bool,
    pub guard: Guard,
    pub required: &'static [Field],
    pub optional: &'static [Field],
    pub clock: ClockEffect,
}

use Role::{Acceptor, Dispatcher, DutySupervisor};
use State::{
    Arbitration, Dispatched, Filed, Handled, Handling, Inspecting, Reported, SelfHandled,
    Suspended, Verifying,
};

const OPEN: &[State] = &[
    Reported,
    Verifying,
    SelfHandled,
    Filed,
    Dispatched,
    Handling,
    Arbitration,
    Suspended,
    Handled,
    Inspecting,
];
const ANY: &[State] = State::ALL;
const DESK: &[Role] = &[Acceptor, DutySupervisor];
const OFFICE: &[Role] = &[Acceptor, Dispatcher, DutySupervisor];

const ROW: Transition = Transition {
    action: Action::Comment,
    from: &[],
    to: To::Same,
    roles: &[],
    by_reporter: false,
    guard: Guard::Always,
    required: &[],
    optional: &[Field::Note, Field::Photos],
    clock: ClockEffect::NextStage,
};

/// Every transition on the way from the report to the end; [`BESIDE`] has the others.
pub const TRANSITIONS: &[Transition] = &ALL_ROWS;

const ALL_ROWS: [Transition; COMMON.len() + kinds::ROWS.len()] = {
    let mut all = [ROW; COMMON.len() + kinds::ROWS.len()];
    let mut n = 0;
    while n < all.len() {
        all[n] = if n < COMMON.len() { COMMON[n] } else { kinds::ROWS[n - COMMON.len()] };
        n += 1;
    }
    all
};

/// What an action does to the clocks. Rows of one action agree; what is not in the table, save the
/// report itself, leaves the clocks alone.
pub fn clock_effect_of(action: Action) -> ClockEffect {
    match action {
        Action::Report => ClockEffect::NextStage,
        _ => TRANSITIONS
            .iter()
            .find(|row| row.action == action)
            .map_or(ClockEffect::Nothing, |row| row.clock),
    }
}

/// Whether disputes and opinions, or a category that says so, end without an inspection.
fn needs_inspection(issue: &Issue) -> bool {
    issue.kind == Kind::Hazard && issue.inspection
}

fn guard_holds(guard: Guard, issue: &Issue, actor: &Actor) -> bool {
    match guard {
        Guard::Always => true,
        Guard::ReturnLeft => !issue.binding && issue.counts.returns < RETURNS_MAX,
        Guard::ReturnsUsedUp => !issue.binding && issue.counts.returns >= RETURNS_MAX,
        Guard::ExtensionLeft => issue.counts.round_extensions < EXTENSIONS_MAX,
        Guard::ExtensionAskable => {
            issue.counts.round_extensions < EXTENSIONS_MAX && issue.supervision.asked.is_none()
        }
        Guard::NothingAsked => issue.supervision.asked.is_none(),
        Guard::RequestOpen => issue.supervision.asked.is_some(),
        Guard::EscalationLeft => {
            let sign_off = issue.clocks.stage.as_ref().filter(|clock| clock.due.is_some());
            sign_off.is_some_and(|clock| clock.escalations < ESCALATIONS_MAX)
        }
        Guard::NoInspectionNeeded => !needs_inspection(issue),
        Guard::OwnReport => actor.account().is_some() && actor.account() == issue.reporter,
        Guard::IsInspected => issue.kind == Kind::Hazard,
        Guard::ReplyOwed => !issue.supervision.open_orders.is_empty(),
        Guard::NoWhistle => issue.supervision.open_whistle().is_none(),
        Guard::WhistleOpen => issue.supervision.open_whistle().is_some(),
        Guard::Contactable => issue.supervision.contactable,
        Guard::NoAppeal => !issue.supervision.appeal_is_open(),
        Guard::AppealOpen => issue.supervision.appeal_is_open(),
        Guard::TaskOpen => issue.supervision.task.is_some(),
        Guard::Care(guard) => guard.holds(issue),
    }
}

/// Whether the service itself may take the action: it resumes what was suspended, and escalates
/// what is not signed for.
const fn system_may(action: Action) -> bool {
    matches!(action, Action::Resume | Action::Escalate)
}

/// The role in which `actor` may take this row on this issue. `Ok(None)` is the reporter or the
/// service, who have no role.
pub fn role_for(row: &Transition, issue: &Issue, actor: &Actor) -> Result<Option<Role>, NoRole> {
    if beside::is_own_matter(row.action, issue, actor) {
        return Err(NoRole);
    }
    match actor {
        Actor::System if system_may(row.action) => Ok(None),
        // Who has no account sees the wishes that are published, and no other.
        Actor::Anonymous if row.action == Action::Claim && issue.care.published.is_none() => {
            Err(NoRole)
        }
        Actor::Anonymous if row.by_reporter => Ok(None),
        Actor::Account { .. } if row.action == Action::Arrive => {
            match arriving(issue, actor).next() {
                Some(_) => Ok(Some(Role::Handler)),
                None => Err(NoRole),
            }
        }
        Actor::Account { .. } if beside::for_holder(row.action) && holds_task(issue, actor) => {
            Ok(Some(Role::GridWorker))
        }
        Actor::Account { id, grants, .. } => {
            let subject = issue.subject();
            let own = grants.iter().find(|grant| {
                row.roles.contains(&grant.role)
                    && (grant.commands(&subject)
                        || (row.action == Action::Comment && grant.covers(&subject)))
            });
            // A worker settles what he reported, in whichever grid he met it.
            let settles = row.guard == Guard::OwnReport && actor.has_role(Role::GridWorker);
            // An office comes before one's own report: its powers reach further.
            let reported = row.by_reporter && issue.reporter == Some(*id);
            if let Some(role) = kinds::helper_role(row.action, issue, actor) {
                return role;
            }
            own.map(|grant| Some(grant.role))
                .or(settles.then_some(Some(Role::GridWorker)))
                .or(reported.then_some(None))
                .ok_or(NoRole)
        }
        _ => Err(NoRole),
    }
}

/// The actor has no role that may take this row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoRole;

/// All rows: the way of an issue, and what happens beside it.
pub fn rows() -> impl Iterator<Item = &'static Transition> {
    TRANSITIONS.iter().chain(BESIDE)
}

/// The rows that apply to the issue as it stands, whoever asks.
pub fn rows_from<'a>(
    issue: &'a Issue,
    actor: &'a Actor,
) -> impl Iterator<Item = &'static Transition> + 'a {
    rows()
        .filter(move |row| row.from.contains(&issue.state) && guard_holds(row.guard, issue, actor))
}

/// What `actor` may do now: the rows to offer.
pub fn offers<'a>(
    issue: &'a Issue,
    actor: &'a Actor,
) -> impl Iterator<Item = &'static Transition> + 'a {
    rows_from(issue, actor).filter(move |row| role_for(row, issue, actor).is_ok())
}

/// The state that a row leads to.
pub fn destination(row: &Transition, issue: &Issue) -> State {
    match row.to {
        To::State(state) => state,
        To::BeforeMerge => issue.state_before_merge.unwrap_or(State::Reported),
        To::Same | To::ByRoute => issue.state,
    }
}

/// The state after a correction whose route names `lead`: what another department has goes back to
/// the dispatcher. The first receiver stays answerable until a new dispatch (首接负责).
pub fn corrected_state(issue: &Issue, lead: Option<&DepartmentCode>) -> State {
    let with_department = matches!(issue.state, Dispatched | Handling);
    match with_department && issue.lead.as_ref() != lead {
        true => Filed,
        false => issue.state,
    }
}
