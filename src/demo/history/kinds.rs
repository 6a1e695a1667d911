//! What the generated history has of each kind's own: control of hazards, risk and mediation of
//! disputes, answers of advisers, published answers, and wishes that someone fulfils. Parties and
//! helpers are made up and carry the mark.

use super::play::{Halt, Pace, Play};
use super::staff::Handler;
use crate::app::reroute::{Corrected, Correction, correct, stored_route};
use crate::demo::names;
use crate::domain::access::{Actor, LEGAL_CONSULTATION};
use crate::domain::issue::care::{AgreementForm, ClaimState, Risk, SMALL_WISH, needs_control};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::party::{DisputeRecord, Party};
use crate::domain::issue::state::{Action, Outcome};
use crate::domain::time::{DAY_MS, MINUTE_MS, Timestamp};
use crate::store::care::Claimant;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// Organisations that fulfil wishes; none of them exists.
const HELPERS: [&str; 3] = ["第一社区志愿服务队（演示）", "爱心超市（演示）", "青年突击队（演示）"];

/// What happens once an issue is filed, before a department has it.
///
/// # Errors
/// Why it went no further.
pub fn on_filed(play: &mut Play<'_>) -> Result<(), Halt> {
    match play.issue.kind {
        Kind::Hazard => hazard_filed(play),
        Kind::Dispute => dispute_filed(play),
        Kind::Opinion => Ok(()),
    }
}

fn hazard_filed(play: &mut Play<'_>) -> Result<(), Halt> {
    let (office, worker) = (play.office, play.worker);
    if play.kinds.chance(2) {
        let mut command = play.command(Action::SetSeverity, "");
        let severity = match play.issue.severity {
            Severity::General => Severity::Major,
            Severity::Major => Severity::General,
        };
        command.care.severity = Some(severity);
        let asked = Correction { severity: Some(severity), ..Correction::default() };
        let told = correct(play.world.snapshot, &play.issue, &asked, play.issue.updated);
        let Corrected { routed, reroute, .. } = told.map_err(|_| Halt::Nobody("route"))?;
        command.reroute = Some(reroute);
        let before = play.issue.clone();
        play.act(&office.supervisor, command, (30, Pace::Now))?;
        play.routes.push(stored_route(&before, &routed, play.issue.updated));
        play.assists = routed.assists().to_vec();
    }
    // One in twenty is still without a measure when the day of loading comes.
    if needs_control(&play.issue) && !play.kinds.chance(5) {
        let command = play.command(Action::Control, "");
        play.act(worker, command, (25, Pace::Now))?;
    }
    Ok(())
}

fn dispute_filed(play: &mut Play<'_>) -> Result<(), Halt> {
    let acceptor = &play.office.acceptor;
    if play.kinds.chance(90) {
        play.parties = Some(made_up_record(play));
        let mut command = play.command(Action::RecordParties, "");
        command.care.parties = true;
        play.act(acceptor, command, (40, Pace::Desk))?;
    }
    if play.kinds.chance(85) {
        let colour = match play.kinds.below(100) {
            0..70 => Risk::Yellow,
            70..93 => Risk::Orange,
            _ => Risk::Red,
        };
        set_risk(play, colour, 20)?;
    }
    Ok(())
}

fn set_risk(play: &mut Play<'_>, risk: Risk, minutes: i64) -> Result<(), Halt> {
    if play.issue.care.risk == Some(risk) {
        return Ok(());
    }
    let mut command = play.command(Action::SetRisk, "");
    command.care.risk = Some(risk);
    play.act(&play.office.acceptor, command, (minutes, Pace::Desk))
}

/// Two parties that nobody can take for real.
fn made_up_record(play: &mut Play<'_>) -> DisputeRecord {
    let rng = &mut play.kinds;
    let mut party = |role: &str| Party {
        name: names::person(rng),
        phone: names::phone(rng.below(100_000_000) as usize),
        // No identity number begins with 000000.
        id_number: format!("000000{:012}", rng.below(1_000_000_000_000)),
        address: format!("演示小区{}号楼{}单元", rng.between(1, 30), rng.between(1, 6)),
        role: role.to_owned(),
    };
    let parties = vec![party("申请人"), party("被申请人")];
    let narrative = format!("（演示数据）{}", play.issue.text);
    DisputeRecord { parties, narrative }
}

/// Mediates as often as it takes, and records what was agreed on.
///
/// # Errors
/// Why it went no further.
pub fn mediate(play: &mut Play<'_>, handler: &Handler, outcome: Outcome) -> Result<(), Halt> {
    if play.issue.kind != Kind::Dispute {
        return Ok(());
    }
    if play.issue.care.parties {
        let command = play.command(Action::ReadParties, "");
        play.act(&handler.actor, command, (2 * HOUR, Pace::Desk))?;
    }
    for _ in 0..play.kinds.between(1, 3) {
        let by = match &play.office.mediator {
            Some(mediator) if play.kinds.chance(60) => mediator,
            _ => &handler.actor,
        };
        let mut command = play.command(Action::Mediate, "");
        command.care.held_at = Some(Timestamp(play.issue.updated.0 + 30 * MINUTE_MS));
        command.care.venue = Some("社区调解室".to_owned());
        command.care.mediators = vec![names::person(&mut play.kinds)];
        play.act(by, command, (DAY, Pace::Desk))?;
    }
    if play.kinds.chance(5) {
        set_risk(play, Risk::Red, 3 * HOUR)?;
    }
    if outcome != Outcome::AgreementReached {
        return Ok(());
    }
    let form = match play.kinds.below(100) {
        0..45 => AgreementForm::Oral,
        45..65 => AgreementForm::Written,
        65..92 => AgreementForm::PeoplesMediation,
        _ => AgreementForm::JudicialConfirmation,
    };
    let mut command = play.command(Action::RecordAgreement, "");
    command.care.agreement_form = Some(form);
    let zone = &play.world.snapshot.zone;
    let visit = Timestamp(play.issue.updated.0 + play.kinds.between(20, 45) * DAY_MS);
    command.care.visits = vec![visit.day_in(zone)];
    if form != AgreementForm::Oral {
        play.agreement = Some("（演示数据）双方约定各退一步，三十日内履行完毕。".to_owned());
    }
    play.act(&handler.actor, command, (HOUR, Pace::Desk))
}

/// A legal consultation that the street's adviser answers; `false` when it goes to a department.
///
/// # Errors
/// Why it went no further.
pub fn advise(play: &mut Play<'_>) -> Result<bool, Halt> {
    let is_legal = play.issue.nature.as_deref() == Some(LEGAL_CONSULTATION);
    let Some(adviser) = play.office.adviser.as_ref().filter(|_| is_legal) else {
        return Ok(false);
    };
    if !play.kinds.chance(60) {
        return Ok(false);
    }
    let command = play.command(Action::Answer, "");
    play.act(adviser, command, (DAY, Pace::Desk))?;
    Ok(true)
}

/// A wish that is published, claimed and fulfilled; `false` when nobody fulfils it.
///
/// # Errors
/// Why it went no further.
pub fn fulfil(play: &mut Play<'_>) -> Result<bool, Halt> {
    if play.issue.nature.as_deref() != Some(SMALL_WISH) || !play.kinds.chance(90) {
        return Ok(false);
    }
    let (office, worker) = (play.office, play.worker);
    play.desk(&office.acceptor, Action::PublishWish, 3 * HOUR)?;
    if play.kinds.chance(15) {
        return Err(Halt::Neglected);
    }
    claim(play)?;
    if play.kinds.chance(25) {
        play.desk(&office.acceptor, Action::Unclaim, 5 * HOUR)?;
        claim(play)?;
    }
    if play.kinds.chance(8) {
        return Err(Halt::Neglected);
    }
    play.desk(&office.acceptor, Action::ApproveClaim, 4 * HOUR)?;
    if play.issue.care.claim.map(|claim| claim.state) != Some(ClaimState::Approved) {
        return Ok(false);
    }
    // The worker goes along, and the desk writes down that it came true.
    let command = play.command(Action::Comment, "verifying");
    play.act(worker, command, (3 * DAY, Pace::Desk))?;
    play.desk(&office.dispatcher, Action::Fulfil, 4 * HOUR)?;
    Ok(true)
}

/// Someone able offers help: a resident, an organisation, or the grid's worker.
fn claim(play: &mut Play<'_>) -> Result<(), Halt> {
    let by_worker = play.kinds.chance(30);
    let by = if by_worker { play.worker.clone() } else { Actor::Anonymous };
    let organisation = match play.kinds.chance(50) {
        true => play.kinds.pick(&HELPERS).copied().unwrap_or("").to_owned(),
        false => String::new(),
    };
    let claimant = Claimant {
        name: names::person(&mut play.kinds),
        phone: names::phone(play.kinds.below(100_000_000) as usize),
        organisation,
    };
    let mut command = play.command(Action::Claim, "");
    command.care.claimant = by.account();
    play.act(&by, command, (DAY, Pace::Now))?;
    play.claims.push((play.issue.version, claimant));
    Ok(())
}

/// What follows the end: an answer is published, an agreement is looked after.
///
/// # Errors
/// Why it went no further.
pub fn after_close(play: &mut Play<'_>) -> Result<(), Halt> {
    let office = play.office;
    let told = matches!(play.issue.outcome, Some(Outcome::Answered | Outcome::Adopted));
    let is_public = play.issue.kind == Kind::Opinion && told && play.issue.care.published.is_none();
    if is_public && play.kinds.chance(35) {
        play.desk(&office.acceptor, Action::PublishAnswer, 5 * HOUR)?;
        if play.kinds.chance(6) {
            play.desk(&office.supervisor, Action::Withdraw, DAY)?;
        }
    }
    let Some(day) = play.issue.care.visits.first().copied() else { return Ok(()) };
    // One in five visits is overdue.
    if play.kinds.chance(80) {
        let mut command = play.command(Action::FollowUp, "");
        command.care.kept = Some(play.kinds.chance(93));
        let at = day.start_in(&play.world.snapshot.zone);
        let worker = play.worker;
        play.take(worker, command, (at.max(play.issue.updated), Pace::Desk))?;
    }
    Ok(())
}
