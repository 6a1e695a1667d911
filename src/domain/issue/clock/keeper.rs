//! The timekeeper: works out the due times when a step is decided, and again when another
//! calendar comes into force, and writes them into the event as facts.

use super::Allowance;
use super::clocks::{Clocks, Dues, Stage, effect_of};
use crate::domain::audit::event_hash;
use crate::domain::calendar::{Calendar, Reached};
use crate::domain::catalog::{Limit, TimeType};
use crate::domain::issue::event::{Event, EventActor, Facts, fact};
use crate::domain::issue::record::{Issue, ReplayError, evolve};
use crate::domain::issue::state::Action;
use crate::domain::issue::step::{Draft, chain};
use crate::domain::issue::workflow::ClockEffect;
use crate::domain::time::Timestamp;

/// How long each stage may take (local data).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageLimits {
    unit: TimeType,
    /// By [`Stage::ALL`], in minutes; 0 for none.
    minutes: [u32; 4],
}

/// Why a text gives no limits of stages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StageLimitsError {
    #[error("{0:?} is not a limit of a stage: write accept=15,dispatch=15,sign_off=30,check=30")]
    Malformed(String),
    #[error("{0:?} is no time type: urgent_hour, work_hour, work_day, natural_day")]
    Unit(String),
}

/// The longest limit of a stage, in minutes: 60 days.
const STAGE_MINUTES_MAX: u32 = 86_400;

impl Default for StageLimits {
    fn default() -> Self {
        Self { unit: TimeType::WorkHour, minutes: [15, 15, 30, 30] }
    }
}

impl StageLimits {
    /// Reads `accept=15,sign_off=30`, in minutes of a time type; a stage that is not named keeps
    /// its usual limit, and 0 sets none.
    ///
    /// # Errors
    /// A stage, a number or the time type is not known.
    pub fn parse(text: &str, unit: &str) -> Result<Self, StageLimitsError> {
        let unit_error = || StageLimitsError::Unit(unit.to_owned());
        let mut limits =
            Self { unit: TimeType::parse(unit).ok_or_else(unit_error)?, ..Self::default() };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let malformed = || StageLimitsError::Malformed(part.to_owned());
            let (name, minutes) = part.split_once('=').ok_or_else(malformed)?;
            let stage = Stage::parse(name.trim()).ok_or_else(malformed)?;
            let minutes = minutes.trim().parse().ok().filter(|n| *n <= STAGE_MINUTES_MAX);
            limits.minutes[stage as usize] = minutes.ok_or_else(malformed)?;
        }
        Ok(limits)
    }

    /// Minutes that a stage may take; 0 for no limit.
    pub fn minutes(&self, stage: Stage) -> u32 {
        self.minutes[stage as usize]
    }

    /// `None`: the stage has no limit.
    pub fn of(&self, stage: Stage) -> Option<Allowance> {
        let minutes = self.minutes[stage as usize];
        (minutes > 0).then(|| Allowance::minutes(minutes, self.unit))
    }
}

/// What due times are worked out by.
#[derive(Clone, Debug, PartialEq)]
pub struct Timekeeper {
    pub calendar: Calendar,
    /// The version of the calendars in force; 0 for none.
    pub version: i64,
    pub stages: StageLimits,
}

/// Whether an event's facts say when the total clock is due.
const fn times_total(effect: ClockEffect) -> bool {
    matches!(
        effect,
        ClockEffect::StartTotal
            | ClockEffect::OnTheSpot
            | ClockEffect::ByRoute
            | ClockEffect::Pause
            | ClockEffect::Run
            | ClockEffect::Extend
    )
}

/// Whether they say when the stage is due.
fn times_stage(event: &Event) -> bool {
    match effect_of(event) {
        ClockEffect::Nothing | ClockEffect::Extend | ClockEffect::Stop => false,
        ClockEffect::ByRoute => event.from != Some(event.to),
        _ => true,
    }
}

fn put_stage_due_facts(due: Option<Reached>, facts: &mut Facts) {
    let Some(due) = due else { return };
    facts.insert(fact::STAGE_DUE.to_owned(), due.at.to_rfc3339());
    if due.provisional {
        facts.insert(fact::STAGE_DUE_PROVISIONAL.to_owned(), true.to_string());
    }
}

impl Timekeeper {
    /// The event with its due times, by the calendars known at `now`. Where a year is lacking it
    /// has none: people go on working, the reading of the clock names the year, and the due time is
    /// filled in when the calendar arrives.
    #[must_use]
    pub fn time(&self, before: Option<&Issue>, mut event: Event, now: Timestamp) -> Event {
        let effect = effect_of(&event);
        let Ok(after) = evolve(before, &event) else { return event };
        let mut clocks = after.clocks;
        let mut facts = Facts::new();
        let times_stage = times_stage(&event);
        if times_stage {
            self.limit_stage(&mut clocks, &mut facts);
        }
        if let Some(total) = clocks.total.as_ref().filter(|_| times_total(effect))
            && let Ok(dues) = total.work_out(&self.calendar, now)
        {
            dues.put(&mut facts);
        }
        if times_stage {
            self.put_stage_due(&clocks, now, &mut facts);
        }
        if !facts.is_empty() {
            facts.insert(fact::CALENDAR.to_owned(), self.name());
            event.facts.extend(facts);
            event.hash = event_hash(&event);
        }
        event
    }

    /// A whole log with its due times, chained anew, and the issue that it leads to.
    ///
    /// # Errors
    /// The log does not make an issue.
    pub fn time_log(
        &self,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Result<(Issue, Vec<Event>), ReplayError> {
        let mut issue: Option<Issue> = None;
        let mut timed = Vec::with_capacity(events.len());
        for mut event in events {
            event.previous = issue.as_ref().map_or(event.previous, |before| before.head);
            event.hash = event_hash(&event);
            let event = self.time(issue.as_ref(), event, now);
            issue = Some(evolve(issue.as_ref(), &event)?);
            timed.push(event);
        }
        Ok((issue.ok_or(ReplayError::Empty)?, timed))
    }

    /// The region and the version of its calendars.
    fn name(&self) -> String {
        format!("{} {}", self.calendar.region(), self.version)
    }

    /// Gives a stage that begins with this event its limit.
    fn limit_stage(&self, clocks: &mut Clocks, facts: &mut Facts) {
        let Some(clock) = &mut clocks.stage else { return };
        let begins = clock.ledger.entries().len() == 1 && clock.allowance.is_none();
        if let Some(allowance) = self.stages.of(clock.stage).filter(|_| begins) {
            clock.allowance = Some(allowance);
            facts.insert(fact::STAGE_LIMIT.to_owned(), allowance.to_string());
        }
    }

    fn put_stage_due(&self, clocks: &Clocks, now: Timestamp, facts: &mut Facts) {
        let due = clocks.stage.as_ref().and_then(|clock| {
            // One that cannot be worked out is filled in later, too.
            clock.work_out(&self.calendar, now).ok().flatten()
        });
        put_stage_due_facts(due, facts);
    }

    /// The step by which an issue gets the due times of the calendars in force, and `limit` where
    /// none was known; `None` when nothing changes.
    pub fn retime(
        &self,
        issue: &Issue,
        limit: Option<Limit>,
        now: Timestamp,
    ) -> Option<(Issue, Event)> {
        let mut clocks = issue.clocks.clone();
        let mut facts = Facts::new();
        if let Some(total) = &mut clocks.total {
            if let (None, Some(limit)) = (total.limit, limit) {
                total.limit = Some(limit);
                clocks.limit = clocks.limit.or(Some(limit));
                facts.insert(fact::LIMIT.to_owned(), limit.to_string());
            }
            total.dues = total.work_out(&self.calendar, now).unwrap_or(total.dues);
            total.dues.put(&mut facts);
        }
        if let Some(clock) = &mut clocks.stage {
            let due = clock.work_out(&self.calendar, now).unwrap_or(clock.told());
            clock.due = due.map(|due| due.at);
            clock.provisional = due.is_some_and(|due| due.provisional);
            put_stage_due_facts(due, &mut facts);
        }
        if clocks == issue.clocks {
            return None;
        }
        facts.insert(fact::CALENDAR.to_owned(), self.name());
        let draft = Draft {
            actor: EventActor::System,
            action: Action::Retime,
            note: None,
            facts,
            attachments: Vec::new(),
        };
        let event = chain(issue, now.max(issue.updated), draft, issue.state);
        evolve(Some(issue), &event).ok().map(|after| (after, event))
    }

    /// What an issue's due times should be, where they are not; for verification.
    ///
    /// # Errors
    /// A year that has begun at `now` has no calendar.
    pub fn find_wrong_dues(
        &self,
        issue: &Issue,
        now: Timestamp,
    ) -> Result<Option<String>, crate::domain::calendar::CalendarError> {
        if let Some(total) = &issue.clocks.total {
            let truth: Dues = total.work_out(&self.calendar, now)?;
            if truth != total.dues {
                return Ok(Some(format!("the total clock has {:?}, not {truth:?}", total.dues)));
            }
        }
        if let Some(clock) = &issue.clocks.stage {
            let truth = clock.work_out(&self.calendar, now)?;
            if truth != clock.told() {
                return Ok(Some(format!("its stage is due {:?}, not {truth:?}", clock.told())));
            }
        }
        Ok(None)
    }
}
