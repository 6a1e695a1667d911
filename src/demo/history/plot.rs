//! What becomes of an issue: settled, rejected, sent back and forth, suspended, worked over again,
//! closed, reopened; or left lying.

use super::kinds;
use super::play::{Halt, Pace, Play};
use super::staff::Handler;
use super::watch;
use crate::demo::rng::Rng;
use crate::domain::access::Actor;
use crate::domain::id::DepartmentCode;
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::state::{Action, Outcome, ReturnReason, State};
use crate::domain::issue::step::Command;
use crate::domain::issue::supervision::{Ground, TaskKind};
use crate::domain::time::{DAY_MS, MINUTE_MS, Timestamp};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

const ASSIGN_SEED: u64 = 0x6173_7367;

/// Agreements in a hundred mediations.
const AGREEMENT_PERCENT: u64 = 82;

/// Takes a report to its end, as far as the history reaches.
///
/// # Errors
/// Why it went no further.
pub fn run(play: &mut Play<'_>) -> Result<(), Halt> {
    if play.issue.state == State::Reported && !triage(play)? {
        return Ok(());
    }
    work(play)
}

/// From the report to its filing; `false` when it ended there.
pub fn triage(play: &mut Play<'_>) -> Result<bool, Halt> {
    let (office, worker) = (play.office, play.worker);
    let own = play.issue.reporter.is_some() && play.issue.reporter == worker.account();
    if own && play.issue.kind != Kind::Dispute && play.rng.chance(20) {
        return settle(play);
    }
    if play.rng.chance(office.manner.neglect / 2) {
        return Err(Halt::Neglected);
    }
    if play.rng.chance(12) {
        watch::offer(play, TaskKind::Verification, 50)?;
        // Someone has to go there first.
        if play.rng.chance(office.manner.neglect) {
            return Err(Halt::Neglected);
        }
        let by = watch::go(play)?;
        let command = play.command(Action::Comment, "verifying");
        play.act(by, command, (14 * HOUR, Pace::Desk))?;
    }
    let doubtful = if own { 1 } else { office.manner.careless };
    if play.rng.chance(doubtful) {
        play.desk(&office.acceptor, Action::Reject, 4 * HOUR)?;
        return Ok(false);
    }
    play.desk(&office.acceptor, Action::File, if own { 40 } else { 90 })?;
    watch::contact(play)?;
    Ok(true)
}

fn settle(play: &mut Play<'_>) -> Result<bool, Halt> {
    let (office, worker) = (play.office, play.worker);
    let kind = play.issue.kind.as_str();
    let command = play.command(Action::Settle, kind);
    play.act(worker, command, (25, Pace::Now))?;
    if play.rng.chance(93) {
        play.desk(&office.acceptor, Action::Approve, 9 * HOUR)?;
        return Ok(false);
    }
    play.desk(&office.acceptor, Action::Refuse, 9 * HOUR)?;
    Ok(true)
}

/// From filing to closing, and once more when it is reopened.
fn work(play: &mut Play<'_>) -> Result<(), Halt> {
    if play.rng.chance(play.office.manner.neglect / 3) {
        return Err(Halt::Neglected);
    }
    kinds::on_filed(play)?;
    if !(kinds::advise(play)? || kinds::fulfil(play)?) {
        find_department(play)?;
        handle(play)?;
    }
    check(play)?;
    if play.rng.chance(3) {
        reopen(play)?;
        find_department(play)?;
        handle(play)?;
        check(play)?;
    }
    kinds::after_close(play)?;
    watch::revisit(play)
}

/// Dispatches until a department accepts.
fn find_department(play: &mut Play<'_>) -> Result<(), Halt> {
    let proposed = play.issue.proposed.clone().ok_or(Halt::Nobody("department"))?;
    // What nobody wants goes round until the street rules.
    let orphan = play.issue.counts.returns == 0 && play.rng.below(1_000) < 12;
    let wrong_first = play.rng.chance(play.office.manner.careless);
    let mut next = proposed.clone();
    if wrong_first && let Some(other) = other_than(play, &proposed) {
        next = other;
    }
    loop {
        if play.issue.state == State::Arbitration {
            if play.rng.chance(10) {
                return Err(Halt::Neglected);
            }
            play.dispatch(&proposed, Action::Rule)?;
        } else {
            play.dispatch(&next, Action::Dispatch)?;
        }
        let lead = play.issue.lead.clone().ok_or(Halt::Nobody("lead"))?;
        let handler = play.handler(&lead)?;
        let wrong = lead != proposed;
        let unclear = play.issue.counts.returns == 0 && play.rng.chance(2);
        if !play.issue.binding && (wrong || orphan || unclear) {
            let reason = match (unclear, play.rng.chance(70)) {
                (true, _) => ReturnReason::Unclear,
                (false, true) => ReturnReason::NotOurs,
                (false, false) => ReturnReason::WrongPlace,
            };
            play.send_back(handler, reason)?;
            next = if orphan { other_than(play, &lead) } else { None }.unwrap_or(proposed.clone());
            continue;
        }
        if play.rng.chance(handler.manner.neglect) {
            return Err(Halt::Neglected);
        }
        let command = play.command(Action::Accept, "");
        play.act(&handler.actor, command, (90 * handler.manner.pace / 100, play.pace()))?;
        return assign(play, handler);
    }
}

/// The department says who of it handles the issue, more often than not. Chance of its own leaves
/// the rest of the history as it is.
fn assign(play: &mut Play<'_>, handler: &Handler) -> Result<(), Halt> {
    let mut rng = Rng::new(ASSIGN_SEED, &play.issue.number);
    if !rng.chance(60) {
        return Ok(());
    }
    let people: Vec<&Actor> = handler.colleagues.iter().chain([&handler.actor]).collect();
    let mut command = Command::bare(Action::Assign, play.issue.version);
    command.told.assignee = rng.pick(&people).copied().cloned();
    let at = Timestamp(play.issue.updated.0 + rng.between(1, 20) * MINUTE_MS);
    play.take(&handler.actor, command, (at, Pace::Now))
}

fn other_than(play: &mut Play<'_>, department: &DepartmentCode) -> Option<DepartmentCode> {
    let staff = &play.world.staff;
    staff.other(department.as_str(), &mut play.rng).map(|handler| handler.code.clone())
}

/// From acceptance to the feedback.
fn handle(play: &mut Play<'_>) -> Result<(), Halt> {
    let lead = play.issue.lead.clone().ok_or(Halt::Nobody("lead"))?;
    let handler = play.handler(&lead)?;
    let supervisor = &play.office.supervisor;
    if play.rng.chance(handler.manner.neglect) {
        return Err(watch::notice(play));
    }
    watch::press(play, handler)?;
    if play.issue.kind == Kind::Hazard && play.rng.chance(4) {
        suspend(play, handler)?;
    }
    if play.rng.chance(6) {
        extend(play, handler)?;
    }
    if play.rng.chance(4) {
        play.desk(supervisor, Action::Comment, 10 * HOUR)?;
    }
    let outcome = outcome_of(play);
    kinds::mediate(play, handler, outcome)?;
    let minutes = match (play.issue.kind, play.issue.severity) {
        (Kind::Hazard, Severity::Major) => 5 * HOUR,
        (Kind::Hazard, Severity::General) => 22 * HOUR,
        (Kind::Dispute, _) => 3 * DAY,
        (Kind::Opinion, _) => 2 * DAY,
    };
    play.submit(handler, outcome, minutes)
}

fn outcome_of(play: &mut Play<'_>) -> Outcome {
    let nature = play.issue.nature.clone().unwrap_or_default();
    match (play.issue.kind, nature.as_str()) {
        (Kind::Hazard, _) => Outcome::Remedied,
        (Kind::Dispute, _) if play.rng.chance(AGREEMENT_PERCENT) => Outcome::AgreementReached,
        (Kind::Dispute, _) => Outcome::AgreementNotReached,
        (Kind::Opinion, "suggestion") if play.rng.chance(30) => Outcome::Adopted,
        (Kind::Opinion, _) => Outcome::Answered,
    }
}

/// The department asks for more time and mostly gets it.
fn extend(play: &mut Play<'_>, handler: &Handler) -> Result<(), Halt> {
    let command = play.command(Action::RequestExtension, "");
    play.act(&handler.actor, command, (4 * HOUR, Pace::Desk))?;
    // What was overdue by then could not be asked for.
    if play.issue.supervision.asked.is_none() {
        return Ok(());
    }
    let granted = play.rng.chance(80);
    let action = if granted { Action::Extend } else { Action::DeclineRequest };
    play.desk(&play.office.supervisor, action, 6 * HOUR)
}

/// Hangs the issue up for weeks, at the department's request; the service lets it run on when the
/// day comes.
fn suspend(play: &mut Play<'_>, handler: &Handler) -> Result<(), Halt> {
    let supervisor = &play.office.supervisor;
    let days = play.rng.between(20, 120);
    let until = Timestamp(play.issue.updated.0 + days * DAY_MS);
    let mut command = play.command(Action::RequestSuspension, "");
    command.until = Some(until);
    play.act(&handler.actor, command, (3 * HOUR, Pace::Desk))?;
    let mut command = play.command(Action::Suspend, "");
    command.until = Some(until);
    play.act(supervisor, command, (8 * HOUR, Pace::Desk))?;
    let command = Command::bare(Action::Resume, play.issue.version);
    play.take(&Actor::System, command, (until, Pace::Now))
}

/// From the feedback to closing.
fn check(play: &mut Play<'_>) -> Result<(), Halt> {
    let office = play.office;
    if play.rng.chance(office.manner.neglect / 4) {
        return Err(Halt::Neglected);
    }
    if play.rng.below(1_000) < 8 {
        return play.desk(&office.supervisor, Action::ForceClose, 6 * HOUR);
    }
    if play.issue.kind != Kind::Hazard || !play.issue.inspection {
        return play.desk(&office.acceptor, Action::Close, 5 * HOUR);
    }
    loop {
        watch::offer(play, TaskKind::Inspection, 2 * HOUR)?;
        let by = watch::go(play)?;
        let lead = play.issue.lead.clone();
        let handler = play.handler(&lead.ok_or(Halt::Nobody("lead"))?)?;
        let failed = play.issue.counts.reworks < 3 && play.rng.chance(handler.manner.rework);
        let action = if failed { Action::Fail } else { Action::Pass };
        let command = play.command(action, "");
        play.act(by, command, (HOUR, Pace::Desk))?;
        if !failed {
            return Ok(());
        }
        if play.rng.chance(12) && !play.issue.supervision.is_exempted(Ground::FailedInspection) {
            watch::appeal(play, Ground::FailedInspection)?;
        }
        let outcome = outcome_of(play);
        play.submit(handler, outcome, 12 * HOUR)?;
    }
}

/// The reporter or the supervisor finds that it was not the end.
fn reopen(play: &mut Play<'_>) -> Result<(), Halt> {
    let (office, worker) = (play.office, play.worker);
    let command: Command = play.command(Action::Reopen, "");
    // A reporter has fifteen days.
    let (by, minutes) = match play.issue.reporter {
        Some(id) if worker.account() == Some(id) => (worker, DAY),
        Some(_) => (&office.supervisor, 3 * DAY),
        None => (&Actor::Anonymous, DAY),
    };
    play.act(by, command, (minutes, Pace::Now))
}
