//! The issue as it stands, and how an event changes it. `evolve` is the only way in which an
//! issue changes, so the log alone rebuilds it (save texts that may be erased).

use super::care::{self, Care};
use super::clock::Clocks;
use super::event::{Event, Facts, fact};
use super::kind::{Kind, Severity};
use super::state::{Action, Outcome, ReturnReason, State};
use super::supervision::{Supervision, Task};
use crate::domain::access::{AreaPath, Subject};
use crate::domain::audit::Hash;
use crate::domain::cell::{COARSE_RESOLUTION, parent_cell};
use crate::domain::datum::Datum;
use crate::domain::id::{AccountId, CategoryCode, ConditionCode, DepartmentCode, IssueId};
use crate::domain::time::Timestamp;
use h3o::{CellIndex, LatLng};

/// Where an issue is, and how that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// WGS-84 longitude and latitude, in degrees.
    pub position: (f64, f64),
    /// The pair as it was given, in `datum`.
    pub raw: (f64, f64),
    pub datum: Datum,
    /// Radius of the position's uncertainty, in metres.
    pub accuracy_m: Option<f64>,
    /// The H3 cell at resolution 11.
    pub cell: u64,
    pub path: AreaPath,
    /// Codes of the other areas that the accuracy circle reaches.
    pub candidates: Vec<String>,
    /// The version of the territory that placed it.
    pub territory: i64,
}

impl Place {
    /// The longitude and latitude in the middle of the coarse cell, in degrees.
    pub fn coarse_position(&self) -> (f64, f64) {
        // A stored cell is always an index; were it none, nothing would be told.
        let cell = CellIndex::try_from(parent_cell(self.cell, COARSE_RESOLUTION));
        cell.map_or((0.0, 0.0), |cell| {
            let middle = LatLng::from(cell);
            (middle.lng(), middle.lat())
        })
    }
}

/// When an issue first or last reached its stages. A stage that an imported issue has passed at a
/// time that is not known has none; filing alone then has the day of the report, because the
/// cohorts count by it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Times {
    pub reported: Timestamp,
    pub filed: Option<Timestamp>,
    /// When it was reopened last: the start of its present round. None in the first one.
    pub round: Option<Timestamp>,
    /// The first dispatch of all.
    pub dispatched: Option<Timestamp>,
    /// The first dispatch of the round.
    pub sent: Option<Timestamp>,
    /// The first acceptance by a department in the round.
    pub accepted: Option<Timestamp>,
    /// The feedback that stands; none after a failed inspection.
    pub handled: Option<Timestamp>,
    pub closed: Option<Timestamp>,
    /// The end of whatever sort; none while open.
    pub ended: Option<Timestamp>,
}

/// How often things happened to an issue.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    pub returns: u32,
    pub reworks: u32,
    pub reopened: u32,
    pub extensions: u32,
    /// Of these, those since it was filed or reopened.
    pub round_extensions: u32,
    /// Reports that this issue stands for: its own and those merged into it.
    pub reports: u32,
}

/// An issue.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    pub id: IssueId,
    /// The tracking number: random, shown to the reporter.
    pub number: String,
    pub version: i64,
    pub head: Hash,
    pub state: State,
    pub kind: Kind,
    pub category: CategoryCode,
    pub condition: Option<ConditionCode>,
    /// For opinions: suggestion, complaint, question, legal consultation, small wish.
    pub nature: Option<String>,
    pub severity: Severity,
    /// Whether the category wants an inspection before closing.
    pub inspection: bool,
    pub text: String,
    pub address: Option<String>,
    pub place: Place,
    /// The channel that the report came by.
    pub source: String,
    /// The number in the system that it was imported from.
    pub external_id: Option<String>,
    pub reporter: Option<AccountId>,
    pub anonymous: bool,
    /// The department that the matrix named.
    pub proposed: Option<DepartmentCode>,
    pub lead: Option<DepartmentCode>,
    pub assists: Vec<DepartmentCode>,
    /// 首接负责: the first receiver while a dispatch to another department is not accepted yet. It
    /// goes on reading the issue; the lead alone is accountable in the metrics.
    pub answerable: Option<DepartmentCode>,
    /// A dispatch by arbitration binds: it cannot be returned.
    pub binding: bool,
    /// A dispatch was returned as wrong.
    pub misdispatched: bool,
    /// Settled on the spot by the worker who reported it.
    pub settled: bool,
    pub outcome: Option<Outcome>,
    pub suspended_until: Option<Timestamp>,
    /// When it was suspended; known for as long as `suspended_until`.
    pub suspended_since: Option<Timestamp>,
    pub merged_into: Option<IssueId>,
    pub state_before_merge: Option<State>,
    pub times: Times,
    pub counts: Counts,
    pub supervision: Supervision,
    /// What its kind has of its own.
    pub care: Care,
    pub clocks: Clocks,
    pub updated: Timestamp,
}

/// Why a log does not make an issue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error("the log is empty")]
    Empty,
    #[error("the log does not begin with a report")]
    NoReport,
    #[error("event {seq} lacks a usable {name}")]
    Fact { seq: i64, name: &'static str },
}

impl Issue {
    /// From when it is beyond its limit; never where it was settled on the spot before that.
    pub fn overdue_from(&self) -> Option<Timestamp> {
        let in_time = |red: Timestamp| {
            self.settled && self.times.handled.is_some_and(|handled| handled < red)
        };
        self.clocks.overdue_from().filter(|red| !in_time(*red))
    }

    pub fn subject(&self) -> Subject<'_> {
        Subject {
            path: &self.place.path,
            kind: self.kind,
            nature: self.nature.as_deref(),
            lead: self.lead.as_ref(),
            assists: &self.assists,
            answerable: self.answerable.as_ref(),
            summoned: &self.supervision.summoned,
            reporter: self.reporter,
            tasked: self.supervision.task.as_ref().and_then(Task::account),
        }
    }
}

/// `"x,y"` with the shortest text that reads back to the same numbers.
pub fn write_pair(pair: (f64, f64)) -> String {
    format!("{},{}", pair.0, pair.1)
}

/// Reads what [`write_pair`] wrote.
pub fn parse_pair(text: &str) -> Option<(f64, f64)> {
    let (x, y) = text.split_once(',')?;
    Some((x.parse().ok()?, y.parse().ok()?))
}

fn list(facts: &Facts, name: &str) -> Vec<String> {
    let text = facts.get(name).map_or("", String::as_str);
    text.split(';').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The departments that a fact lists, joined by `;`.
pub fn departments_of(facts: &Facts, name: &str) -> Vec<DepartmentCode> {
    list(facts, name).iter().filter_map(|code| DepartmentCode::parse(code).ok()).collect()
}

fn department_of(facts: &Facts, name: &str) -> Option<DepartmentCode> {
    facts.get(name).and_then(|code| DepartmentCode::parse(code).ok())
}

fn place_of(facts: &Facts) -> Result<Place, &'static str> {
    let pair = |name| facts.get(name).and_then(|text| parse_pair(text));
    let text = |name| facts.get(name).map(String::as_str);
    Ok(Place {
        position: pair(fact::POSITION).ok_or(fact::POSITION)?,
        raw: pair(fact::RAW).ok_or(fact::RAW)?,
        datum: text(fact::DATUM).and_then(Datum::parse).ok_or(fact::DATUM)?,
        accuracy_m: match text(fact::ACCURACY_M) {
            None => None,
            Some(text) => Some(text.parse().map_err(|_| fact::ACCURACY_M)?),
        },
        cell: text(fact::CELL).and_then(|t| u64::from_str_radix(t, 16).ok()).ok_or(fact::CELL)?,
        path: AreaPath::from_stored(text(fact::PATH).unwrap_or("").to_owned()),
        candidates: list(facts, fact::CANDIDATES),
        territory: text(fact::TERRITORY).and_then(|t| t.parse().ok()).ok_or(fact::TERRITORY)?,
    })
}

/// The facts that `place_of` reads.
pub fn place_facts(place: &Place) -> Facts {
    let mut facts = Facts::from([
        (fact::POSITION.into(), write_pair(place.position)),
        (fact::RAW.into(), write_pair(place.raw)),
        (fact::DATUM.into(), place.datum.as_str().into()),
        (fact::CELL.into(), format!("{:x}", place.cell)),
        (fact::PATH.into(), place.path.as_str().into()),
        (fact::TERRITORY.into(), place.territory.to_string()),
    ]);
    if let Some(accuracy_m) = place.accuracy_m {
        facts.insert(fact::ACCURACY_M.into(), accuracy_m.to_string());
    }
    if !place.candidates.is_empty() {
        facts.insert(fact::CANDIDATES.into(), place.candidates.join(";"));
    }
    facts
}

/// The issue that a report event begins. The text is not in the log and is left empty.
fn begin(event: &Event) -> Result<Issue, ReplayError> {
    let fact_error = |name| ReplayError::Fact { seq: event.seq, name };
    let facts = &event.facts;
    let text = |name| event.fact(name);
    let kind = text(fact::KIND).and_then(Kind::parse).ok_or(fact_error(fact::KIND))?;
    let category = text(fact::CATEGORY).and_then(|code| CategoryCode::parse(code).ok());
    let reporter = text(fact::REPORTER).and_then(AccountId::parse);
    Ok(Issue {
        id: event.issue,
        number: text(fact::NUMBER).ok_or(fact_error(fact::NUMBER))?.to_owned(),
        version: event.seq,
        head: event.hash,
        state: event.to,
        kind,
        category: category.ok_or(fact_error(fact::CATEGORY))?,
        condition: text(fact::CONDITION).and_then(|code| ConditionCode::parse(code).ok()),
        nature: text(fact::NATURE).map(str::to_owned),
        severity: text(fact::SEVERITY).and_then(Severity::parse).unwrap_or_default(),
        inspection: text(fact::INSPECTION) == Some("true"),
        text: String::new(),
        address: None,
        place: place_of(facts).map_err(fact_error)?,
        source: text(fact::SOURCE).unwrap_or("unknown").to_owned(),
        external_id: text(fact::EXTERNAL_ID).map(str::to_owned),
        reporter,
        anonymous: text(fact::ANONYMOUS) == Some("true"),
        proposed: department_of(facts, fact::PROPOSED),
        lead: None,
        assists: Vec::new(),
        answerable: None,
        binding: false,
        misdispatched: false,
        settled: false,
        outcome: None,
        suspended_until: None,
        suspended_since: None,
        merged_into: None,
        state_before_merge: None,
        times: Times { reported: event.at, ..Times::default() },
        counts: Counts { reports: 1, ..Counts::default() },
        supervision: Supervision {
            contactable: reporter.is_some() || text(fact::CONTACT) == Some("true"),
            ..Supervision::default()
        },
        care: Care::default(),
        clocks: Clocks::begin(event),
        updated: event.at,
    })
}

/// The issue after `event`.
///
/// # Errors
/// The event lacks a fact that its action needs.
pub fn evolve(before: Option<&Issue>, event: &Event) -> Result<Issue, ReplayError> {
    let Some(before) = before else {
        return if event.action == Action::Report {
            begin(event)
        } else {
            Err(ReplayError::NoReport)
        };
    };
    let mut issue = before.clone();
    issue.version = event.seq;
    issue.head = event.hash;
    issue.state = event.to;
    issue.updated = event.at;
    apply_action(&mut issue, before.state, event)?;
    let lacking = |name| ReplayError::Fact { seq: event.seq, name };
    issue.supervision.apply(event).map_err(lacking)?;
    issue.clocks.follow(event, issue.lead.as_ref());
    // A merge may be taken back.
    if !matches!(event.to, State::Filed | State::Dispatched | State::Arbitration | State::Merged) {
        issue.answerable = None;
    }
    issue.times.ended = match event.to.is_open() {
        true => None,
        false => before.times.ended.or(Some(event.at)),
    };
    Ok(issue)
}

fn apply_action(issue: &mut Issue, state_before: State, event: &Event) -> Result<(), ReplayError> {
    let fact_error = |name| ReplayError::Fact { seq: event.seq, name };
    // Durations are measured between known times alone: no invented one is published.
    let (at, known) = (Some(event.at), event.known_time());
    match event.action {
        Action::Report => return Err(ReplayError::NoReport),
        Action::File => {
            issue.times.filed = issue.times.filed.or(at);
            reclassify(issue, event);
        }
        Action::Refuse => {
            issue.times.filed = issue.times.filed.or(at);
            withdraw_feedback(issue);
        }
        Action::Settle => {
            issue.settled = true;
            issue.times.filed = issue.times.filed.or(at);
            issue.times.handled = at;
            issue.outcome = outcome_of(event).or(settled_outcome(issue.kind));
        }
        Action::Dispatch | Action::Rule => {
            let lead = department_of(&event.facts, fact::LEAD);
            issue.lead = Some(lead.ok_or(fact_error(fact::LEAD))?);
            issue.assists = departments_of(&event.facts, fact::ASSISTS);
            issue.answerable = department_of(&event.facts, fact::ANSWERABLE);
            issue.binding = event.action == Action::Rule;
            issue.times.dispatched = issue.times.dispatched.or(known);
            issue.times.sent = issue.times.sent.or(known);
        }
        Action::Accept => issue.times.accepted = issue.times.accepted.or(known),
        Action::Return => {
            issue.counts.returns += 1;
            issue.misdispatched |= is_wrong_dispatch(event);
        }
        Action::Suspend => {
            let until = event.fact(fact::UNTIL).and_then(Timestamp::parse);
            issue.suspended_until = Some(until.ok_or(fact_error(fact::UNTIL))?);
            issue.suspended_since = at;
        }
        Action::Resume => (issue.suspended_until, issue.suspended_since) = (None, None),
        Action::Extend => extend(issue),
        Action::Submit => {
            issue.times.handled = known;
            issue.outcome = outcome_of(event);
        }
        Action::Fail => {
            issue.counts.reworks += 1;
            withdraw_feedback(issue);
        }
        Action::Approve | Action::Pass | Action::Close | Action::ForceClose => {
            issue.times.closed = at
        }
        Action::Merge => {
            let other = event.fact(fact::OTHER).and_then(IssueId::parse);
            issue.merged_into = Some(other.ok_or(fact_error(fact::OTHER))?);
            issue.state_before_merge = Some(state_before);
        }
        Action::Unmerge => (issue.merged_into, issue.state_before_merge) = (None, None),
        Action::Reopen => reopen(issue, event.at),
        Action::Absorb | Action::Release => {
            let reports = reports_after(issue, event);
            issue.counts.reports = reports.ok_or(fact_error(fact::REPORTS))?;
        }
        Action::Rehome | Action::Correct | Action::SetSeverity => {
            put_right(issue, event).map_err(fact_error)?;
        }
        _ => {} // The rest changes the state alone, or what `supervision` keeps.
    }
    care::apply(issue, event).map_err(fact_error)
}

/// A new territory moves the place; a correction moves the place, the category or both. Whatever
/// asked the matrix again has its answer.
fn put_right(issue: &mut Issue, event: &Event) -> Result<(), &'static str> {
    if event.action == Action::Correct {
        reclassify(issue, event);
    }
    if event.action == Action::Correct || event.fact(fact::REROUTED).is_some() {
        issue.proposed = department_of(&event.facts, fact::PROPOSED);
    }
    if event.action == Action::Rehome || event.facts.contains_key(fact::POSITION) {
        issue.place = place_of(&event.facts)?;
    }
    Ok(())
}

fn extend(issue: &mut Issue) {
    issue.counts.extensions += 1;
    issue.counts.round_extensions += 1;
}

/// What is taken up again begins a round of its own: its times, its returns and its extensions are
/// before it. That it was extended, reworked or misdispatched before stays a fact.
fn reopen(issue: &mut Issue, at: Timestamp) {
    issue.counts.reopened += 1;
    issue.counts.returns = 0;
    issue.counts.round_extensions = 0;
    withdraw_feedback(issue);
    issue.times.round = Some(at);
    (issue.times.sent, issue.times.accepted, issue.times.closed) = (None, None, None);
    issue.binding = false;
}

/// What was refused, failed or reopened has no feedback that stands.
fn withdraw_feedback(issue: &mut Issue) {
    issue.settled = false;
    issue.times.handled = None;
    issue.outcome = None;
}

/// The reports that the issue stands for after a merge into it, or after one is taken back.
fn reports_after(issue: &Issue, event: &Event) -> Option<u32> {
    let reports: u32 = event.fact(fact::REPORTS)?.parse().ok()?;
    Some(match event.action {
        Action::Absorb => issue.counts.reports.saturating_add(reports),
        _ => issue.counts.reports.saturating_sub(reports),
    })
}

/// Filing may correct the category; the facts then carry the new one whole.
fn reclassify(issue: &mut Issue, event: &Event) {
    let Some(category) = event.fact(fact::CATEGORY).and_then(|c| CategoryCode::parse(c).ok())
    else {
        return;
    };
    issue.category = category;
    issue.condition = event.fact(fact::CONDITION).and_then(|c| ConditionCode::parse(c).ok());
    issue.kind = event.fact(fact::KIND).and_then(Kind::parse).unwrap_or(issue.kind);
    issue.nature = event.fact(fact::NATURE).map(str::to_owned);
    issue.inspection = event.fact(fact::INSPECTION) == Some("true");
    issue.proposed = department_of(&event.facts, fact::PROPOSED);
}

/// How a settlement on the spot ended when its worker did not say. Whether a dispute's parties
/// agreed cannot be supposed.
const fn settled_outcome(kind: Kind) -> Option<Outcome> {
    match kind {
        Kind::Hazard => Some(Outcome::Remedied),
        Kind::Dispute => None,
        Kind::Opinion => Some(Outcome::Answered),
    }
}

fn is_wrong_dispatch(event: &Event) -> bool {
    let reason = event.fact(fact::REASON).and_then(ReturnReason::parse);
    reason.is_some_and(ReturnReason::is_wrong_dispatch)
}

fn outcome_of(event: &Event) -> Option<Outcome> {
    event.fact(fact::OUTCOME).and_then(Outcome::parse)
}

/// Builds the issue again from its whole log. Texts that are not in the log are empty.
///
/// # Errors
/// The log is empty, does not begin with a report, or an event lacks a fact.
pub fn replay(events: &[Event]) -> Result<Issue, ReplayError> {
    let mut issue = None;
    for event in events {
        issue = Some(evolve(issue.as_ref(), event)?);
    }
    issue.ok_or(ReplayError::Empty)
}
