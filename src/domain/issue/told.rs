//! What a step of supervision is told: held against the issue, and written into the event's facts.

use super::event::{Facts, fact};
use super::record::{Issue, write_pair};
use super::state::{Action, ReturnReason};
use super::step::{Command, FieldFault, Refusal, join};
use super::supervision::{
    Ask, Ground, Holder, Judgement, Offer, Reach, Standing, TaskKind, Verdict,
};
use super::workflow::{self, Field};
use crate::domain::access::Actor;
use crate::domain::id::AccountId;
use crate::domain::territory::position::distance_m;
use crate::domain::time::Timestamp;

/// Holds what supervision is told against the issue.
pub fn check_told(
    issue: &Issue,
    command: &Command,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (own, told) = (&issue.supervision, &command.told);
    let invalid = |field, why| Err(Refusal::Invalid { field, why });
    match command.action {
        Action::Arrive => {
            let named = command.department.as_ref();
            if named.is_some_and(|code| !workflow::arriving(issue, actor).any(|own| own == code)) {
                return invalid(Field::Department, FieldFault::NotAwaited);
            }
        }
        Action::JudgeArrival => return check_judgement(issue, command, now),
        Action::Reply => {
            let open = |seq| own.open_orders.iter().any(|order| order.seq == seq);
            if told.order.is_some_and(|seq| !open(seq)) {
                return invalid(Field::Order, FieldFault::NotOwed);
            }
        }
        Action::Assign => {
            let person = told.assignee.as_ref();
            if !person.is_some_and(|person| workflow::handles(issue, person)) {
                return invalid(Field::Assignee, FieldFault::NotAHandler);
            }
            if person.and_then(Actor::account) == own.assignee {
                return invalid(Field::Assignee, FieldFault::Unchanged);
            }
        }
        // A department that says "not ours" says by which rule (DOMAIN.md §4).
        Action::Return
            if command.reason.is_some_and(ReturnReason::is_wrong_dispatch)
                && !command.has(Field::CitedRule) =>
        {
            return Err(Refusal::Missing(Field::CitedRule));
        }
        Action::Revisit => {
            let given = [
                (Field::Verdict, told.verdict.is_some()),
                (Field::Satisfaction, told.satisfaction.is_some()),
            ];
            let valid = told.reach == Some(Reach::Valid);
            for (field, given) in given {
                match (valid, given) {
                    (true, false) => return Err(Refusal::Missing(field)),
                    (false, true) => return Err(Refusal::Superfluous(field)),
                    _ => {}
                }
            }
        }
        Action::Appeal if !told.ground.is_some_and(|ground| can_appeal(issue, ground, now)) => {
            return invalid(Field::Ground, FieldFault::NothingToAppeal);
        }
        _ => {}
    }
    Ok(())
}

/// A judgement agrees with what is known: nobody was on time who is not there, nobody late who was
/// there in time, and nobody is missing before the time. That someone reported in late does not say
/// that he came late; the street has seen it.
fn check_judgement(issue: &Issue, command: &Command, now: Timestamp) -> Result<(), Refusal> {
    let invalid = |field, why| Err(Refusal::Invalid { field, why });
    let whistle = issue.supervision.open_whistle();
    let code = command.department.as_ref();
    let standing = whistle.zip(code).and_then(|(whistle, code)| whistle.standing(code));
    let Some(standing) = standing.filter(|standing| !standing.is_judged()) else {
        return invalid(Field::Department, FieldFault::NotAwaited);
    };
    let is_over = whistle.is_some_and(|whistle| now > whistle.until);
    match command.told.judgement {
        Some(Judgement::OnTime | Judgement::Late) if !standing.has_arrived() => {
            invalid(Field::Judgement, FieldFault::NotArrived)
        }
        Some(Judgement::Late) if standing != Standing::ArrivedLate => {
            invalid(Field::Judgement, FieldFault::InTime)
        }
        Some(Judgement::Absent) if !is_over => invalid(Field::Judgement, FieldFault::NotYet),
        _ => Ok(()),
    }
}

/// Whether there is a raw fact of this sort that still counts.
fn can_appeal(issue: &Issue, ground: Ground, now: Timestamp) -> bool {
    let there = match ground {
        Ground::ReturnBudget => issue.counts.returns >= workflow::RETURNS_MAX,
        Ground::FailedInspection => issue.counts.reworks > 0,
        Ground::LowRating => issue.supervision.revisit.is_some_and(|revisit| {
            revisit.satisfaction.is_low() || revisit.verdict != Verdict::Resolved
        }),
        // What has ended is as late as it was then.
        Ground::Overdue => issue.clocks.is_overdue(issue.times.ended.unwrap_or(now)),
    };
    there && !issue.supervision.is_exempted(ground)
}

/// What the steps of supervision add, at the time of the event. Where someone stood is told as a
/// distance: the position itself is kept apart, so that it can be forgotten.
pub fn told_facts(issue: &Issue, command: &Command, actor: &Actor, at: Timestamp) -> Facts {
    let (told, mut facts) = (&command.told, Facts::new());
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    let away = |from: (f64, f64)| told.position.map(|at| format!("{:.1}", distance_m(from, at)));
    let whistle = issue.supervision.whistle.as_ref();
    let meeting = whistle.and_then(|whistle| whistle.position);
    match command.action {
        Action::Whistle => {
            let mut called = told.departments.clone();
            called.sort_unstable();
            called.dedup();
            put(fact::SUMMONED, Some(join(&called)));
            put(fact::MEETING, told.meeting.clone());
            put(fact::MEETING_POSITION, told.position.map(write_pair));
        }
        Action::Arrive => {
            let own = workflow::arriving(issue, actor).next();
            put(fact::DEPARTMENT, command.department.as_ref().or(own).map(ToString::to_string));
            put(fact::DISTANCE_M, away(meeting.unwrap_or(issue.place.position)));
            let late = whistle.is_some_and(|whistle| at > whistle.until);
            put(fact::LATE, late.then(|| true.to_string()));
        }
        Action::JudgeArrival => {
            put(fact::DEPARTMENT, command.department.as_ref().map(ToString::to_string));
            put(fact::JUDGEMENT, told.judgement.map(|judgement| judgement.to_string()));
        }
        Action::Reply => {
            let oldest = issue.supervision.open_orders.first().map(|order| order.seq);
            put(fact::ORDER, told.order.or(oldest).map(|seq| seq.to_string()));
        }
        Action::Assign => {
            let person = told.assignee.as_ref().and_then(Actor::account);
            put(fact::ASSIGNEE, person.map(|id| id.to_string()));
        }
        Action::Extend | Action::Suspend | Action::DeclineRequest => {
            put(fact::ASKED_BY, asker(issue, command.action).map(|id| id.to_string()));
        }
        Action::CheckIn | Action::Submit | Action::Settle => {
            put(fact::DISTANCE_M, away(issue.place.position));
        }
        _ => {}
    }
    put(fact::REACH, told.reach.map(|reach| reach.to_string()));
    put(fact::VERDICT, told.verdict.map(|verdict| verdict.to_string()));
    put(fact::SATISFACTION, told.satisfaction.map(|grade| grade.to_string()));
    put(fact::GROUND, told.ground.map(|ground| ground.to_string()));
    facts.extend(task_facts(issue, command));
    facts
}

/// Whose request this step decides.
fn asker(issue: &Issue, action: Action) -> Option<AccountId> {
    let asked = issue.supervision.asked?;
    let decides = match action {
        Action::Extend => asked.ask == Ask::Extension,
        Action::Suspend => asked.ask == Ask::Suspension,
        _ => true,
    };
    asked.by.filter(|_| decides)
}

fn task_facts(issue: &Issue, command: &Command) -> Facts {
    let kind = match command.action {
        Action::AcceptForCheck => TaskKind::Verification,
        Action::OrderCheck => TaskKind::Inspection,
        Action::PassTask => match &issue.supervision.task {
            Some(task) => task.kind,
            None => return Facts::new(),
        },
        _ => return Facts::new(),
    };
    let offer = command.told.offer.unwrap_or(Offer { holder: Holder::Desk, reason: None });
    let mut facts = Facts::from([(fact::TASK.to_owned(), kind.to_string())]);
    if let Holder::Worker { worker, account } = offer.holder {
        facts.insert(fact::TASK_WORKER.to_owned(), worker.to_string());
        facts.insert(fact::TASK_ACCOUNT.to_owned(), account.to_string());
    }
    if let Some(reason) = offer.reason {
        facts.insert(fact::TASK_REASON.to_owned(), reason.to_string());
    }
    facts
}
