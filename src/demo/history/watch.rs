//! What happens beside the way of an issue: reminders, orders, whistles, tasks, the word with the
//! reporter, revisits and appeals.

use super::hours::around_ms;
use super::play::{Halt, Pace, Play};
use super::staff::Handler;
use crate::domain::access::Actor;
use crate::domain::id::DepartmentCode;
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::state::Action;
use crate::domain::issue::supervision::{
    Ground, Holder, Judgement, Offer, Reach, Satisfaction, TaskKind, Verdict,
};
use crate::domain::time::{DAY_MS, Timestamp};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// The desk speaks to the reporter, mostly on the same day.
///
/// # Errors
/// As for every step.
pub fn contact(play: &mut Play<'_>) -> Result<(), Halt> {
    if !play.issue.supervision.contactable || !play.rng.chance(72) {
        return Ok(());
    }
    play.desk(&play.office.acceptor, Action::Contact, 3 * HOUR)
}

/// Reminds, and now and then demands a reply, while the work goes on.
///
/// # Errors
/// As for every step.
pub fn press(play: &mut Play<'_>, handler: &Handler) -> Result<(), Halt> {
    if play.rng.chance(9) {
        play.desk(&play.office.dispatcher, Action::Urge, 12 * HOUR)?;
    }
    if play.rng.chance(3) {
        order(play)?;
        let command = play.command(Action::Reply, "");
        play.act(&handler.actor, command, (9 * HOUR, Pace::Desk))?;
    }
    let whistles = if play.issue.severity == Severity::Major { 25 } else { 2 };
    if play.issue.kind != Kind::Opinion && play.rng.chance(whistles) {
        whistle(play)?;
    }
    Ok(())
}

fn order(play: &mut Play<'_>) -> Result<(), Halt> {
    let mut command = play.command(Action::Supervise, "");
    // Longer than the longest row of holidays, so that it lies ahead when the order is given.
    command.until = Some(Timestamp(play.issue.updated.0 + 15 * DAY_MS));
    play.act(&play.office.supervisor, command, (10 * HOUR, Pace::Desk))
}

/// What lies is at least noticed: urged, or ordered and still without a reply. Gives why it goes no
/// further.
pub fn notice(play: &mut Play<'_>) -> Halt {
    let noticed = match play.rng.below(10) {
        0..=4 => play.desk(&play.office.dispatcher, Action::Urge, 3 * DAY),
        5 | 6 => order(play),
        _ => Ok(()),
    };
    noticed.err().unwrap_or(Halt::Neglected)
}

/// Those who come when called: the lead, and those who assist or one more.
fn summoned(play: &mut Play<'_>) -> Vec<DepartmentCode> {
    let mut all: Vec<DepartmentCode> = play.issue.lead.iter().cloned().collect();
    all.extend(play.issue.assists.iter().take(2).cloned());
    if all.len() == 1 {
        let staff = &play.world.staff;
        all.extend(staff.other(all[0].as_str(), &mut play.rng).map(|other| other.code.clone()));
    }
    all.retain(|code| play.world.staff.handler(code.as_str()).is_some());
    all.sort_unstable();
    all.dedup();
    all
}

fn whistle(play: &mut Play<'_>) -> Result<(), Halt> {
    let called = summoned(play);
    if called.is_empty() {
        return Ok(());
    }
    let (place, pace) = (play.issue.place.position, play.pace());
    let mut command = play.command(Action::Whistle, "");
    command.until = Some(Timestamp(play.issue.updated.0 + DAY_MS));
    command.told.departments.clone_from(&called);
    command.told.meeting = Some(play.issue.address.clone().unwrap_or_else(|| "现场".to_owned()));
    command.told.position = Some(place);
    play.act(&play.office.supervisor, command, (HOUR, pace))?;
    let draw = |code: DepartmentCode, play: &mut Play<'_>| {
        let judgement = match play.rng.below(20) {
            0 => Judgement::Absent,
            1 | 2 => Judgement::Late,
            _ => Judgement::OnTime,
        };
        (code, judgement)
    };
    let mut judgements: Vec<_> = called.into_iter().map(|code| draw(code, play)).collect();
    // Those who are late come last.
    judgements.sort_by_key(|(_, judgement)| *judgement);
    for (code, judgement) in &judgements {
        if *judgement != Judgement::Absent {
            arrive(play, code, (place, *judgement))?;
        }
    }
    for (code, judgement) in judgements {
        let mut command = play.command(Action::JudgeArrival, judgement.as_str());
        command.department = Some(code);
        command.told.judgement = Some(judgement);
        if judgement == Judgement::Absent {
            let over = after_whistle(play, 20);
            play.take(&play.office.supervisor, command, (over, pace))?;
        } else {
            play.act(&play.office.supervisor, command, (20, pace))?;
        }
    }
    Ok(())
}

/// Some minutes after the time of the whistle, and after what was done last.
fn after_whistle(play: &mut Play<'_>, minutes: i64) -> Timestamp {
    let until = play.issue.supervision.open_whistle().map_or(play.issue.updated, |own| own.until);
    let after = until.max(play.issue.updated);
    Timestamp(after.0 + around_ms(minutes, &mut play.rng).max(1))
}

/// A department reports in: after the time, when it is late.
fn arrive(
    play: &mut Play<'_>,
    code: &DepartmentCode,
    (place, judgement): ((f64, f64), Judgement),
) -> Result<(), Halt> {
    let mut command = play.command(Action::Arrive, "");
    command.department = Some(code.clone());
    // A few metres off, in millionths of a degree.
    let mut off = || play.rng.between(-600, 600) as f64 / 1e6;
    command.told.position = Some((place.0 + off(), place.1 + off()));
    let who = play.handler(code)?;
    if judgement == Judgement::Late {
        let at = after_whistle(play, 35);
        return play.take(&who.actor, command, (at, Pace::Now));
    }
    play.act(&who.actor, command, (35, Pace::Now))
}

/// Offers a task to the worker of the grid, or to the desk when that one reported it.
///
/// # Errors
/// As for every step.
pub fn offer(play: &mut Play<'_>, kind: TaskKind, minutes: i64) -> Result<(), Halt> {
    let action = match kind {
        TaskKind::Verification => Action::AcceptForCheck,
        TaskKind::Inspection => Action::OrderCheck,
    };
    let mut command = play.command(action, "");
    command.told.offer = worker_of(play, kind).map(|holder| Offer { holder, reason: None });
    let minutes = minutes * play.office.manner.pace / 100;
    play.act(&play.office.acceptor, command, (minutes, play.pace()))
}

fn worker_of(play: &Play<'_>, kind: TaskKind) -> Option<Holder> {
    let account = play.worker.account()?;
    let own = kind == TaskKind::Verification && play.issue.reporter == Some(account);
    let hidden = play.issue.kind == Kind::Dispute;
    let worker = play.world.staff.worker_id(account).filter(|_| !own && !hidden)?;
    Some(Holder::Worker { worker, account })
}

/// The worker goes there, or passes the task on; gives who did the rest.
///
/// # Errors
/// As for every step.
pub fn go<'w>(play: &mut Play<'w>) -> Result<&'w Actor, Halt> {
    let (office, worker) = (play.office, play.worker);
    let held = play.issue.supervision.task.as_ref().and_then(|task| task.account());
    if held.is_none() || held != worker.account() {
        return Ok(&office.acceptor);
    }
    if play.rng.chance(4) {
        let command = play.command(Action::PassTask, "");
        play.act(worker, command, (2 * HOUR, Pace::Desk))?;
        return Ok(&office.acceptor);
    }
    let mut command = play.command(Action::CheckIn, "");
    let (lon, lat) = play.issue.place.position;
    let mut off = || play.rng.between(-400, 400) as f64 / 1e6;
    command.told.position = Some((lon + off(), lat + off()));
    play.act(worker, command, (6 * HOUR, Pace::Desk))?;
    Ok(worker)
}

/// After closing: an office asks, or the reporter says so unasked; and the lead may answer.
///
/// # Errors
/// As for every step.
pub fn revisit(play: &mut Play<'_>) -> Result<(), Halt> {
    let by_office = play.issue.supervision.contactable && play.rng.chance(34);
    if by_office {
        let mut command = play.command(Action::Revisit, "");
        let reached = play.rng.chance(86);
        command.told.reach = Some(if reached { Reach::Valid } else { Reach::NotReached });
        if reached {
            let (verdict, grade) = word(play);
            (command.told.verdict, command.told.satisfaction) = (Some(verdict), Some(grade));
        }
        play.act(&play.office.acceptor, command, (2 * DAY, Pace::Desk))?;
    } else if play.rng.chance(7) {
        let mut command = play.command(Action::Rate, "");
        let (verdict, grade) = word(play);
        (command.told.verdict, command.told.satisfaction) = (Some(verdict), Some(grade));
        // Nobody rates what he settled himself.
        if play.issue.reporter.is_some() && play.issue.reporter == play.issue.supervision.handled_by
        {
            return Ok(());
        }
        let reporter = match play.issue.reporter {
            Some(id) if play.worker.account() == Some(id) => play.worker,
            Some(_) => return Ok(()),
            None => &Actor::Anonymous,
        };
        play.act(reporter, command, (DAY, Pace::Now))?;
    }
    let low = play.issue.supervision.revisit.is_some_and(|revisit| revisit.satisfaction.is_low());
    if low && play.rng.chance(30) {
        appeal(play, Ground::LowRating)?;
    }
    Ok(())
}

fn word(play: &mut Play<'_>) -> (Verdict, Satisfaction) {
    let verdict = match play.rng.below(100) {
        0..=6 => Verdict::NotResolved,
        7..=16 => Verdict::Partly,
        _ => Verdict::Resolved,
    };
    let grades: &[Satisfaction] = match verdict {
        Verdict::Resolved => &[
            Satisfaction::Satisfied,
            Satisfaction::Satisfied,
            Satisfaction::Satisfied,
            Satisfaction::FairlySatisfied,
            Satisfaction::FairlySatisfied,
            Satisfaction::Neutral,
        ],
        Verdict::Partly => {
            &[Satisfaction::FairlySatisfied, Satisfaction::Neutral, Satisfaction::Unsatisfied]
        }
        Verdict::NotResolved => &[Satisfaction::Unsatisfied, Satisfaction::VeryUnsatisfied],
    };
    (verdict, play.rng.pick(grades).copied().unwrap_or(Satisfaction::Neutral))
}

/// The lead holds that it should not count; the supervisor decides.
///
/// # Errors
/// As for every step.
pub fn appeal(play: &mut Play<'_>, ground: Ground) -> Result<(), Halt> {
    let Some(lead) = play.issue.lead.clone() else { return Ok(()) };
    let handler = play.handler(&lead)?;
    let mut command = play.command(Action::Appeal, ground.as_str());
    command.told.ground = Some(ground);
    play.act(&handler.actor, command, (5 * HOUR, Pace::Desk))?;
    let upheld = play.rng.chance(45);
    let action = if upheld { Action::UpholdAppeal } else { Action::DismissAppeal };
    play.desk(&play.office.supervisor, action, 8 * HOUR)
}
