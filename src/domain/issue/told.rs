//! What a step of supervision is told: held against the issue, and written into the event's facts.

use super::event::{Facts, fact};
use super::record::{Issue, write_pair};
use super::state::Action;
use super::step::{Command, FieldFault, Refusal, join};
use super::supervision::{Ground, Holder, Offer, Reach, TaskKind, Verdict};
use super::workflow::{self, Field};
use crate::domain::access::Actor;
use crate::domain::territory::position::distance_m;

/// Holds what supervision is told against the issue.
pub fn check_told(issue: &Issue, command: &Command, actor: &Actor) -> Result<(), Refusal> {
    let (own, told) = (&issue.supervision, &command.told);
    let invalid = |field, why| Err(Refusal::Invalid { field, why });
    match command.action {
        Action::Arrive => {
            let named = command.department.as_ref();
            if named.is_some_and(|code| !workflow::arriving(issue, actor).any(|own| own == code)) {
                return invalid(Field::Department, FieldFault::NotAwaited);
            }
        }
        Action::JudgeArrival => {
            let standing = command
                .department
                .as_ref()
                .and_then(|code| own.open_whistle().and_then(|whistle| whistle.standing(code)));
            if standing.is_none_or(|standing| standing.is_judged()) {
                return invalid(Field::Department, FieldFault::NotAwaited);
            }
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
        Action::Appeal if !told.ground.is_some_and(|ground| can_appeal(issue, ground)) => {
            return invalid(Field::Ground, FieldFault::NothingToAppeal);
        }
        _ => {}
    }
    Ok(())
}

/// Whether there is a raw fact of this sort that still counts. That a limit has run out is not
/// known here; whoever decides the appeal sees the clocks.
fn can_appeal(issue: &Issue, ground: Ground) -> bool {
    let there = match ground {
        Ground::ReturnBudget => issue.counts.returns >= workflow::RETURNS_MAX,
        Ground::FailedInspection => issue.counts.reworks > 0,
        Ground::LowRating => issue.supervision.revisit.is_some_and(|revisit| {
            revisit.satisfaction.is_low() || revisit.verdict != Verdict::Resolved
        }),
        Ground::Overdue => true,
    };
    there && !issue.supervision.is_exempted(ground)
}

/// What the steps of supervision add. Where someone stood is told as a distance: the position
/// itself is kept apart, so that it can be forgotten.
pub fn told_facts(issue: &Issue, command: &Command, actor: &Actor) -> Facts {
    let (told, mut facts) = (&command.told, Facts::new());
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    let away = |from: (f64, f64)| told.position.map(|at| format!("{:.1}", distance_m(from, at)));
    let meeting = issue.supervision.whistle.as_ref().and_then(|whistle| whistle.position);
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
        }
        Action::JudgeArrival => {
            put(fact::DEPARTMENT, command.department.as_ref().map(ToString::to_string));
            put(fact::JUDGEMENT, told.judgement.map(|judgement| judgement.to_string()));
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
