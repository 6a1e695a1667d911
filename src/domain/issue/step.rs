//! One step of the workflow: a command against an issue becomes an event, or a refusal that says
//! what would be allowed.

mod log;
mod refusal;

pub use log::{Draft, add_to, chain, count_reports, count_said, rehome, seal};
pub use refusal::{FieldFault, Refusal};

use super::care::CareFields;
use super::clock::Timekeeper;
use super::event::{Event, EventActor, Facts, fact};
use super::kind::Kind;
use super::record::{Issue, evolve, place_facts};
use super::state::{Action, Outcome, ReturnReason, State};
use super::supervision::{Ask, Told};
use super::told::{check_told, told_facts};
use super::workflow::{self, Field, To, Transition};
use crate::domain::access::{Actor, Role};
use crate::domain::catalog::Limit;
use crate::domain::id::{AttachmentId, CategoryCode, ConditionCode, DepartmentCode, IssueId};
use crate::domain::time::{DAY_MS, Day, Timestamp};
use jiff::tz::TimeZone;

/// How long after closing the reporter may reopen, in days (local: 15 is the usual term).
pub const REOPEN_DAYS_MAX: i64 = 15;
/// How long after closing the reporter may rate the outcome, in days (local).
pub const RATE_DAYS_MAX: i64 = 60;
/// The longest name of a meeting place, in characters.
pub const MEETING_CHARS_MAX: usize = 200;
/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 2_000;
/// The most departments that assist one lead.
pub const ASSISTS_MAX: usize = 16;
/// The most photos that one step names.
pub const PHOTOS_MAX: usize = 32;

/// Another issue, as far as a merge needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: IssueId,
    pub number: String,
    pub state: State,
    pub merged_into: Option<IssueId>,
}

/// A corrected category, with what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reclass {
    pub kind: Kind,
    pub category: CategoryCode,
    pub condition: Option<ConditionCode>,
    pub nature: Option<String>,
    pub inspection: bool,
    pub proposed: Option<DepartmentCode>,
    /// What the route grants it.
    pub limit: Option<Limit>,
}

/// A corrected place.
#[derive(Clone, Debug, PartialEq)]
pub struct Relocation {
    pub place: super::record::Place,
}

/// What the matrix answers to a correction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reroute {
    /// `None`: nobody; the street names the department.
    pub lead: Option<DepartmentCode>,
    pub limit: Option<Limit>,
}

/// What someone asks to be done. Fields that the action has no use for are refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    pub action: Action,
    /// The version of the issue that the actor saw.
    pub version: i64,
    pub note: Option<String>,
    pub department: Option<DepartmentCode>,
    pub assists: Vec<DepartmentCode>,
    pub until: Option<Timestamp>,
    pub target: Option<Target>,
    pub outcome: Option<Outcome>,
    pub reason: Option<ReturnReason>,
    pub cited_rule: Option<String>,
    pub category: Option<Reclass>,
    pub place: Option<Relocation>,
    /// The route decided anew, for a correction.
    pub reroute: Option<Reroute>,
    pub photos: Vec<AttachmentId>,
    /// What the steps of supervision are told.
    pub told: Told,
    pub care: CareFields,
}

impl Command {
    /// The action and nothing else.
    pub fn bare(action: Action, version: i64) -> Self {
        Self {
            action,
            version,
            note: None,
            department: None,
            assists: Vec::new(),
            until: None,
            target: None,
            outcome: None,
            reason: None,
            cited_rule: None,
            category: None,
            place: None,
            reroute: None,
            photos: Vec::new(),
            told: Told::default(),
            care: CareFields::default(),
        }
    }

    pub(super) fn has(&self, field: Field) -> bool {
        match field {
            Field::Note => self.note.as_deref().is_some_and(|note| !note.trim().is_empty()),
            Field::Department => self.department.is_some(),
            Field::Assists => !self.assists.is_empty(),
            Field::Until => self.until.is_some(),
            Field::Target => self.target.is_some(),
            Field::Outcome => self.outcome.is_some(),
            Field::Reason => self.reason.is_some(),
            Field::CitedRule => {
                self.cited_rule.as_deref().is_some_and(|rule| !rule.trim().is_empty())
            }
            Field::Category => self.category.is_some(),
            Field::Place => self.place.is_some(),
            Field::Photos => !self.photos.is_empty(),
            Field::Departments => !self.told.departments.is_empty(),
            Field::Meeting => {
                self.told.meeting.as_ref().is_some_and(|text| !text.trim().is_empty())
            }
            Field::Position => self.told.position.is_some(),
            Field::Judgement => self.told.judgement.is_some(),
            Field::Reach => self.told.reach.is_some(),
            Field::Verdict => self.told.verdict.is_some(),
            Field::Satisfaction => self.told.satisfaction.is_some(),
            Field::Ground => self.told.ground.is_some(),
            Field::Order => self.told.order.is_some(),
            Field::Assignee => self.told.assignee.is_some(),
            other => self.care.has(other),
        }
    }
}

const FIELDS: &[Field] = &[
    Field::Note,
    Field::Department,
    Field::Assists,
    Field::Until,
    Field::Target,
    Field::Outcome,
    Field::Reason,
    Field::CitedRule,
    Field::Category,
    Field::Place,
    Field::Photos,
    Field::Departments,
    Field::Meeting,
    Field::Position,
    Field::Judgement,
    Field::Reach,
    Field::Verdict,
    Field::Satisfaction,
    Field::Ground,
    Field::Risk,
    Field::Severity,
    Field::HeldAt,
    Field::Venue,
    Field::Mediators,
    Field::AgreementForm,
    Field::Visits,
    Field::Kept,
    Field::Parties,
    Field::Order,
    Field::Assignee,
];

/// The outcomes that an issue of this kind may have.
pub const fn outcomes_of(kind: Kind) -> &'static [Outcome] {
    match kind {
        Kind::Hazard => &[Outcome::Remedied],
        Kind::Dispute => &[Outcome::AgreementReached, Outcome::AgreementNotReached],
        Kind::Opinion => &[Outcome::Answered, Outcome::Adopted, Outcome::Claimed],
    }
}

/// Decides a command: the issue after it and the event to append, with its due times.
///
/// # Errors
/// A [`Refusal`]; nothing has changed then.
pub fn decide_timed(
    issue: &Issue,
    command: &Command,
    actor: &Actor,
    (now, keeper): (Timestamp, &Timekeeper),
) -> Result<(Issue, Event), Refusal> {
    let zone = keeper.calendar.clock().zone();
    decide_with(issue, command, actor, (now, zone), |event| keeper.time(Some(issue), event, now))
}

/// As [`decide_timed`], where no due times are asked for and days are those of UTC.
///
/// # Errors
/// A [`Refusal`]; nothing has changed then.
pub fn decide(
    issue: &Issue,
    command: &Command,
    actor: &Actor,
    now: Timestamp,
) -> Result<(Issue, Event), Refusal> {
    decide_with(issue, command, actor, (now, &TimeZone::UTC), |event| event)
}

fn decide_with(
    issue: &Issue,
    command: &Command,
    actor: &Actor,
    (now, zone): (Timestamp, &TimeZone),
    finish: impl FnOnce(Event) -> Event,
) -> Result<(Issue, Event), Refusal> {
    if command.version != issue.version {
        return Err(Refusal::Stale { seen: command.version, current: issue.version });
    }
    let (row, role) = find_row(issue, command.action, actor)?;
    check_fields(row, command)?;
    check_values(issue, command, (now, zone))?;
    check_told(issue, command, actor, now)?;
    super::care::check(issue, command, now)?;
    check_term(issue, command.action, role, now)?;
    check_clock(issue, command.action, now)?;
    // A clock that was set back must not put an event before the one that it follows.
    let at = now.max(issue.updated);
    let to = match (row.to, &command.reroute) {
        (To::ByRoute, Some(route)) => workflow::corrected_state(issue, route.lead.as_ref()),
        _ => workflow::destination(row, issue),
    };
    let event = finish(append(issue, at, (actor, role), command, to));
    match evolve(Some(issue), &event) {
        Ok(after) => Ok((after, event)),
        // The table requires every fact that evolve needs; a row that forgot one is refused here.
        Err(_) => Err(Refusal::NotFromHere {
            action: command.action,
            state: issue.state,
            allowed: allowed_actions(issue, actor),
        }),
    }
}

fn find_row(
    issue: &Issue,
    action: Action,
    actor: &Actor,
) -> Result<(&'static Transition, Option<Role>), Refusal> {
    let allowed = || allowed_actions(issue, actor);
    let row = workflow::rows_from(issue, actor)
        .find(|row| row.action == action)
        .ok_or_else(|| Refusal::NotFromHere { action, state: issue.state, allowed: allowed() })?;
    let role = workflow::role_for(row, issue, actor)
        .map_err(|_| Refusal::NotYours { action, allowed: allowed() })?;
    Ok((row, role))
}

/// The actions that `actor` may take now.
pub fn allowed_actions(issue: &Issue, actor: &Actor) -> Vec<Action> {
    workflow::offers(issue, actor).map(|row| row.action).collect()
}

fn check_fields(row: &Transition, command: &Command) -> Result<(), Refusal> {
    for &field in FIELDS {
        let given = command.has(field);
        let required = row.required.contains(&field);
        if required && !given {
            return Err(Refusal::Missing(field));
        }
        // A remark is welcome with every action.
        let known = required || row.optional.contains(&field) || field == Field::Note;
        if given && !known {
            return Err(Refusal::Superfluous(field));
        }
    }
    // A correction corrects something, and what the route depends on comes with its new route.
    let corrected = command.has(Field::Place) || command.has(Field::Category);
    let idle = row.action == Action::Correct && !corrected;
    if row.to == To::ByRoute && (idle || command.reroute.is_none()) {
        return Err(Refusal::Missing(Field::Place));
    }
    Ok(())
}

/// The last instant within a year: the end of the same day of next year, as the next day begins.
fn end_of_year_ahead(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let same_day = now.day_in(zone).date().saturating_add(jiff::Span::new().years(1));
    Day(Day::of(same_day).0.saturating_add(1)).start_in(zone)
}

fn check_values(
    issue: &Issue,
    command: &Command,
    (now, zone): (Timestamp, &TimeZone),
) -> Result<(), Refusal> {
    let invalid = |field, why| Err(Refusal::Invalid { field, why });
    for (field, text, chars_max) in [
        (Field::Note, &command.note, NOTE_CHARS_MAX),
        (Field::CitedRule, &command.cited_rule, NOTE_CHARS_MAX),
        (Field::Meeting, &command.told.meeting, MEETING_CHARS_MAX),
    ] {
        let text = text.as_deref().unwrap_or("");
        if text.chars().count() > chars_max {
            return invalid(field, FieldFault::TooLong);
        }
        // PostgreSQL keeps no NUL, and none of these can be shown.
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return invalid(field, FieldFault::ControlCharacter);
        }
    }
    if command.assists.len() > ASSISTS_MAX {
        return invalid(Field::Assists, FieldFault::TooMany);
    }
    if command.told.departments.len() > ASSISTS_MAX {
        return invalid(Field::Departments, FieldFault::TooMany);
    }
    if command.photos.len() > PHOTOS_MAX {
        return invalid(Field::Photos, FieldFault::TooMany);
    }
    if let Some(until) = command.until
        && (until <= now || until > end_of_year_ahead(now, zone))
    {
        return invalid(Field::Until, FieldFault::OutOfTerm);
    }
    if let Some(target) = &command.target {
        if target.id == issue.id || target.merged_into == Some(issue.id) {
            return invalid(Field::Target, FieldFault::Itself);
        }
        if !target.state.is_open() {
            return invalid(Field::Target, FieldFault::TargetNotOpen);
        }
    }
    if let Some(lead) = &command.department
        && command.assists.contains(lead)
    {
        return invalid(Field::Assists, FieldFault::LeadAssists);
    }
    if command.outcome.is_some_and(|outcome| !outcomes_of(issue.kind).contains(&outcome)) {
        return invalid(Field::Outcome, FieldFault::WrongKind);
    }
    Ok(())
}

/// Who reopens without an office does so within the term.
fn check_term(
    issue: &Issue,
    action: Action,
    role: Option<Role>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let closed = issue.times.closed.unwrap_or(now);
    let ends = closed.0.saturating_add(REOPEN_DAYS_MAX * DAY_MS);
    if action == Action::Reopen && role.is_none() && now.0 > ends {
        return Err(Refusal::ReopenTooLate);
    }
    let ends = closed.0.saturating_add(RATE_DAYS_MAX * DAY_MS);
    if action == Action::Rate && now.0 > ends {
        return Err(Refusal::RateTooLate);
    }
    Ok(())
}

/// Whether an issue's clocks allow an action at `now`, and there is a limit that it could extend.
pub fn clocks_allow(issue: &Issue, action: Action, now: Timestamp) -> bool {
    let extends = matches!(action, Action::Extend | Action::RequestExtension);
    let has_limit = issue.clocks.total.is_some();
    (has_limit || !extends) && check_clock(issue, action, now).is_ok()
}

/// What an issue's clocks allow at `now`, beside what the table says.
fn check_clock(issue: &Issue, action: Action, now: Timestamp) -> Result<(), Refusal> {
    let stage_due = issue.clocks.stage.as_ref().and_then(|clock| clock.due);
    match action {
        // Who asked in time need not suffer that the decision came late.
        Action::Extend if issue.supervision.asked.is_some_and(|a| a.ask == Ask::Extension) => {
            Ok(())
        }
        Action::Extend | Action::RequestExtension if issue.clocks.is_overdue(now) => {
            Err(Refusal::Overdue)
        }
        Action::Escalate if stage_due.is_none_or(|due| now <= due) => Err(Refusal::NotDue),
        _ => Ok(()),
    }
}

fn event_actor(actor: &Actor, role: Option<Role>, action: Action) -> EventActor {
    match actor {
        // Who claims a wish without an account is not who told of it.
        Actor::Anonymous if action == Action::Claim => EventActor::Resident,
        Actor::Anonymous => EventActor::Reporter,
        Actor::System => EventActor::System,
        Actor::Account { id, .. } => EventActor::Account { id: *id, role },
    }
}

fn facts_of(command: &Command) -> Facts {
    let mut facts = Facts::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    if !matches!(command.action, Action::Arrive | Action::JudgeArrival) {
        put(fact::LEAD, command.department.as_ref().map(ToString::to_string));
    }
    if !command.assists.is_empty() {
        put(fact::ASSISTS, Some(join(&command.assists)));
    }
    put(fact::UNTIL, command.until.map(Timestamp::to_rfc3339));
    put(fact::OTHER, command.target.as_ref().map(|target| target.id.to_string()));
    put(fact::OTHER_NUMBER, command.target.as_ref().map(|target| target.number.clone()));
    put(fact::OUTCOME, command.outcome.map(|outcome| outcome.to_string()));
    put(fact::REASON, command.reason.map(|reason| reason.to_string()));
    put(fact::CITED_RULE, command.cited_rule.clone());
    if let Some(class) = &command.category {
        put(fact::KIND, Some(class.kind.to_string()));
        put(fact::CATEGORY, Some(class.category.to_string()));
        put(fact::CONDITION, class.condition.as_ref().map(ToString::to_string));
        put(fact::NATURE, class.nature.clone());
        put(fact::INSPECTION, Some(class.inspection.to_string()));
        // A route that was decided on its own says it below, be it that there is none.
        if command.reroute.is_none() {
            put(fact::PROPOSED, class.proposed.as_ref().map(ToString::to_string));
            put(fact::LIMIT, class.limit.map(|limit| limit.to_string()));
        }
    }
    if let Some(route) = &command.reroute {
        put(fact::PROPOSED, route.lead.as_ref().map(ToString::to_string));
        put(fact::LIMIT, route.limit.map(|limit| limit.to_string()));
        put(fact::REROUTED, Some(true.to_string()));
    }
    if let Some(moved) = &command.place {
        facts.extend(place_facts(&moved.place));
    }
    command.care.put_facts(&mut facts);
    facts
}

/// Codes joined by `;`, which no code holds.
pub fn join(codes: &[DepartmentCode]) -> String {
    codes.iter().map(DepartmentCode::as_str).collect::<Vec<_>>().join(";")
}

/// What a step says about the time before it, so that the log alone tells it: since when a clock
/// has run, and who stays answerable.
fn term_facts(issue: &Issue, command: &Command, at: Timestamp) -> Option<(String, String)> {
    let (name, value) = match command.action {
        Action::Settle => (fact::SINCE, issue.times.reported.to_rfc3339()),
        // The pause ends at its date, and not when the service gets to it.
        Action::Resume => {
            let until = issue.suspended_until.filter(|until| *until < at)?;
            (fact::UNTIL, until.to_rfc3339())
        }
        Action::Dispatch | Action::Rule => {
            let first = issue.answerable.as_ref().or(issue.lead.as_ref());
            let first = first.filter(|first| command.department.as_ref() != Some(*first))?;
            (fact::ANSWERABLE, first.to_string())
        }
        _ => return None,
    };
    Some((name.to_owned(), value))
}

fn append(
    issue: &Issue,
    at: Timestamp,
    (actor, role): (&Actor, Option<Role>),
    command: &Command,
    to: State,
) -> Event {
    let mut facts = facts_of(command);
    facts.extend(told_facts(issue, command, actor, at));
    facts.extend(term_facts(issue, command, at));
    // An account that claims is named, whether the command says so or not.
    let claimant = actor.account().filter(|_| command.action == Action::Claim);
    facts.extend(claimant.map(|id| (fact::CLAIMANT.to_owned(), id.to_string())));
    let draft = Draft {
        actor: event_actor(actor, role, command.action),
        action: command.action,
        note: command.note.clone().filter(|note| !note.trim().is_empty()),
        facts,
        attachments: command.photos.clone(),
    };
    chain(issue, at, draft, to)
}
