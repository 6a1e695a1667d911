//! The two clocks of an issue and how its events move them.

use super::Allowance;
use super::ledger::{Ledger, Phase};
use super::reading::{Reading, yellow_from_ms};
use crate::domain::calendar::{Calendar, CalendarError, Reached};
use crate::domain::catalog::Limit;
use crate::domain::id::DepartmentCode;
use crate::domain::issue::event::{Event, Facts, fact};
use crate::domain::issue::state::{Action, State};
use crate::domain::issue::workflow::{ClockEffect, clock_effect_of};
use crate::domain::time::Timestamp;

/// The stages that have a clock of their own; their limits are local.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// 受理: until it is filed, rejected or approved.
    Accept,
    /// 派遣: until it is dispatched, or ruled on.
    Dispatch,
    /// 签收: from the dispatch, until the department accepts.
    SignOff,
    /// 核实 and 核查: until it was looked at.
    Check,
}

impl Stage {
    pub const ALL: [Stage; 4] = [Stage::Accept, Stage::Dispatch, Stage::SignOff, Stage::Check];

    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Accept => "accept",
            Stage::Dispatch => "dispatch",
            Stage::SignOff => "sign_off",
            Stage::Check => "check",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }

    /// The stage of an issue in this state; handling has the total clock alone.
    pub const fn of(state: State) -> Option<Self> {
        match state {
            State::Reported | State::SelfHandled => Some(Stage::Accept),
            State::Filed | State::Arbitration => Some(Stage::Dispatch),
            State::Dispatched => Some(Stage::SignOff),
            State::Verifying | State::Handled | State::Inspecting => Some(Stage::Check),
            State::Handling
            | State::Suspended
            | State::Closed
            | State::Rejected
            | State::Merged => None,
        }
    }
}

/// When the total clock reaches what, as its last event says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Dues {
    /// The first instant at which the whole limit is used; `None` without a limit, while
    /// suspended, or where a calendar is lacking.
    pub due: Option<Timestamp>,
    /// From when the light is yellow, and from when red.
    pub yellow: Option<Timestamp>,
    pub red: Option<Timestamp>,
    /// Whether it depends on a year that is not published.
    pub provisional: bool,
}

impl Dues {
    pub fn of_facts(facts: &Facts) -> Self {
        let time = |name| facts.get(name).and_then(|text| Timestamp::parse(text));
        Self {
            due: time(fact::DUE),
            yellow: time(fact::DUE_YELLOW),
            red: time(fact::DUE_RED),
            provisional: facts.get(fact::DUE_PROVISIONAL).is_some_and(|text| text == "true"),
        }
    }

    /// The facts that [`Dues::of_facts`] reads.
    pub fn put(&self, facts: &mut Facts) {
        let times =
            [(fact::DUE, self.due), (fact::DUE_YELLOW, self.yellow), (fact::DUE_RED, self.red)];
        for (name, at) in times {
            if let Some(at) = at {
                facts.insert(name.to_owned(), at.to_rfc3339());
            }
        }
        if self.provisional {
            facts.insert(fact::DUE_PROVISIONAL.to_owned(), true.to_string());
        }
    }
}

/// The clock of the filing condition's limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Total {
    /// `None`: nothing sets a limit.
    pub limit: Option<Limit>,
    /// How many limits are granted: 1, and 1 for each extension.
    pub grants: u32,
    pub ledger: Ledger,
    pub dues: Dues,
}

impl Total {
    /// All the time that is granted.
    pub fn allowance(&self) -> Option<Allowance> {
        self.limit.map(|limit| Allowance::of(limit, self.grants))
    }

    /// The clock at `now`; `None` without a limit.
    ///
    /// # Errors
    /// A year that has begun at `now` has no calendar.
    pub fn read(
        &self,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Option<Reading>, CalendarError> {
        read(self.allowance(), &self.ledger, calendar, now)
    }

    /// When it reaches what: the truth behind [`Total::dues`].
    ///
    /// # Errors
    /// As for [`Total::read`].
    pub fn work_out(&self, calendar: &Calendar, now: Timestamp) -> Result<Dues, CalendarError> {
        let Some(Allowance { ms, unit }) = self.allowance() else { return Ok(Dues::default()) };
        let reach = |ms| self.ledger.reach(calendar, (unit, ms), now);
        let (due, yellow, red) = (reach(ms)?, reach(yellow_from_ms(ms))?, reach(ms + 1)?);
        Ok(Dues {
            due: due.map(|due| due.at),
            yellow: yellow.map(|yellow| yellow.at),
            red: red.map(|red| red.at),
            provisional: due.is_some_and(|due| due.provisional),
        })
    }
}

fn read(
    allowance: Option<Allowance>,
    ledger: &Ledger,
    calendar: &Calendar,
    now: Timestamp,
) -> Result<Option<Reading>, CalendarError> {
    let Some(Allowance { ms: limit_ms, unit }) = allowance else { return Ok(None) };
    Ok(Some(Reading { used_ms: ledger.used(calendar, unit, now)?, limit_ms }))
}

/// The clock of one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageClock {
    pub stage: Stage,
    /// The department whose sign-off it is.
    pub department: Option<DepartmentCode>,
    pub allowance: Option<Allowance>,
    pub ledger: Ledger,
    /// The first instant at which the whole allowance is used, as its last event says.
    pub due: Option<Timestamp>,
    /// Whether that depends on a year that is not published.
    pub provisional: bool,
    /// How often it was escalated.
    pub escalations: u32,
}

impl StageClock {
    fn begin(stage: Stage, department: Option<DepartmentCode>, event: &Event) -> Self {
        let allowance = event.fact(fact::STAGE_LIMIT).and_then(Allowance::parse);
        let ledger = Ledger::begin(event);
        Self { stage, department, allowance, ledger, due: None, provisional: false, escalations: 0 }
    }

    /// Takes the due time that an event tells.
    fn take_due(&mut self, event: &Event) {
        self.due = event.fact(fact::STAGE_DUE).and_then(Timestamp::parse);
        self.provisional = event.fact(fact::STAGE_DUE_PROVISIONAL) == Some("true");
    }

    /// The clock at `now`; `None` without a limit.
    ///
    /// # Errors
    /// A year that has begun at `now` has no calendar.
    pub fn read(
        &self,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Option<Reading>, CalendarError> {
        read(self.allowance, &self.ledger, calendar, now)
    }

    /// The truth behind [`StageClock::due`] and [`StageClock::provisional`].
    ///
    /// # Errors
    /// As for [`StageClock::read`].
    pub fn work_out(
        &self,
        calendar: &Calendar,
        now: Timestamp,
    ) -> Result<Option<Reached>, CalendarError> {
        let Some(Allowance { ms, unit }) = self.allowance else { return Ok(None) };
        self.ledger.reach(calendar, (unit, ms), now)
    }

    /// What its last event says, in the form of the truth.
    pub fn told(&self) -> Option<Reached> {
        self.due.map(|at| Reached { at, provisional: self.provisional })
    }
}

/// All that runs on an issue.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Clocks {
    /// The limit that the route grants; the total clock begins with it.
    pub limit: Option<Limit>,
    /// `None` before filing.
    pub total: Option<Total>,
    pub stage: Option<StageClock>,
    /// Sign-off clocks of departments that had the issue before; each goes on when the issue comes
    /// back to its department.
    pub aside: Vec<StageClock>,
}

fn limit_fact(event: &Event) -> Option<Limit> {
    event.fact(fact::LIMIT).and_then(|text| Limit::parse(text).ok())
}

/// Since when the clock has run that this event tells of: a pause ends at its date, however late
/// the service notices it.
fn runs_from(event: &Event) -> Timestamp {
    let until = event.fact(fact::UNTIL).and_then(Timestamp::parse);
    until.filter(|_| event.action == Action::Resume).map_or(event.at, |until| until.min(event.at))
}

/// What an event does to the clocks. Events of before limits followed the route, and settlements of
/// before they had a clock, keep the meaning that they had.
pub fn effect_of(event: &Event) -> ClockEffect {
    match clock_effect_of(event.action) {
        ClockEffect::ByRoute if event.fact(fact::REROUTED).is_none() => ClockEffect::Nothing,
        ClockEffect::OnTheSpot if event.fact(fact::SINCE).is_none() => ClockEffect::NextStage,
        effect => effect,
    }
}

impl Clocks {
    /// The clocks that a report begins: the stage of acceptance.
    pub fn begin(event: &Event) -> Self {
        let stage = Stage::of(event.to).map(|stage| {
            let mut clock = StageClock::begin(stage, None, event);
            clock.take_due(event);
            clock
        });
        Self { limit: limit_fact(event), stage, ..Self::default() }
    }

    /// The due time of the total clock.
    pub fn due(&self) -> Option<Timestamp> {
        self.total.as_ref().and_then(|total| total.dues.due)
    }

    /// From when more than the limit is used; as for [`Clocks::due`].
    pub fn overdue_from(&self) -> Option<Timestamp> {
        self.total.as_ref().and_then(|total| total.dues.red)
    }

    /// Whether more than the limit was used by `now`.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.overdue_from().is_some_and(|red| now >= red)
    }

    /// Moves the clocks by an event. `lead` is the lead after it.
    pub fn follow(&mut self, event: &Event, lead: Option<&DepartmentCode>) {
        match event.action {
            Action::Retime => return self.retime(event),
            Action::Escalate => {
                if let Some(stage) = &mut self.stage {
                    stage.escalations += 1;
                }
                return;
            }
            // A corrected category brings its own limit, and so does every new route.
            _ if event.fact(fact::CATEGORY).is_some() || event.fact(fact::REROUTED).is_some() => {
                self.limit = limit_fact(event);
            }
            _ => {}
        }
        let effect = effect_of(event);
        self.move_total(effect, event);
        self.move_stage(effect, event, lead);
    }

    fn move_total(&mut self, effect: ClockEffect, event: &Event) {
        if effect == ClockEffect::StartTotal {
            let ledger = Ledger::begin(event);
            let dues = Dues::default();
            self.total = Some(Total { limit: self.limit, grants: 1, ledger, dues });
            self.aside.clear();
        }
        if effect == ClockEffect::OnTheSpot {
            let since = event.fact(fact::SINCE).and_then(Timestamp::parse).unwrap_or(event.at);
            let mut ledger = Ledger::default();
            ledger.enter_from(Phase::Running, since.min(event.at), event);
            ledger.enter(Phase::Stopped, event);
            let dues = Dues::default();
            self.total = Some(Total { limit: self.limit, grants: 1, ledger, dues });
        }
        let Some(total) = &mut self.total else { return };
        match effect {
            ClockEffect::Nothing | ClockEffect::NextStage => return,
            ClockEffect::StartTotal | ClockEffect::OnTheSpot => {}
            // What was used stays used, and is held against the limit of the new route.
            ClockEffect::ByRoute => total.limit = self.limit,
            ClockEffect::Pause => total.ledger.enter(Phase::Paused, event),
            // What was suspended when it was merged is suspended again.
            ClockEffect::Run if event.to == State::Suspended => {
                total.ledger.enter(Phase::Paused, event);
            }
            ClockEffect::Run => total.ledger.enter_from(Phase::Running, runs_from(event), event),
            ClockEffect::Extend => total.grants += 1,
            // When it would have been due stays known.
            ClockEffect::Stop => return total.ledger.enter(Phase::Stopped, event),
        }
        total.dues = Dues::of_facts(&event.facts);
    }

    fn move_stage(&mut self, effect: ClockEffect, event: &Event, lead: Option<&DepartmentCode>) {
        let phase = match effect {
            ClockEffect::Nothing | ClockEffect::Extend => return,
            // Another limit is no other stage.
            ClockEffect::ByRoute if event.from == Some(event.to) => return,
            ClockEffect::Pause => Phase::Paused,
            ClockEffect::Stop => Phase::Stopped,
            ClockEffect::NextStage
            | ClockEffect::StartTotal
            | ClockEffect::OnTheSpot
            | ClockEffect::ByRoute
            | ClockEffect::Run => Phase::Running,
        };
        if phase == Phase::Running {
            let goes_on = self.stage.as_ref().is_some_and(|clock| {
                effect == ClockEffect::Run && Some(clock.stage) == Stage::of(event.to)
            });
            if !goes_on {
                self.change_stage(event, lead);
            }
        }
        let Some(clock) = &mut self.stage else { return };
        clock.ledger.enter_from(phase, runs_from(event), event);
        if phase != Phase::Stopped {
            clock.take_due(event);
        }
    }

    /// Puts the clock of the stage that ends away and takes that of the stage that begins.
    fn change_stage(&mut self, event: &Event, lead: Option<&DepartmentCode>) {
        if let Some(mut ended) = self.stage.take()
            && ended.stage == Stage::SignOff
            && event.action != Action::Reopen
        {
            ended.ledger.enter(Phase::Paused, event);
            (ended.due, ended.provisional) = (None, false);
            self.aside.push(ended);
        }
        let Some(stage) = Stage::of(event.to) else { return };
        let own = lead.filter(|_| stage == Stage::SignOff);
        let kept =
            self.aside.iter().position(|clock| own.is_some() && clock.department.as_ref() == own);
        self.stage = Some(match kept {
            Some(at) => self.aside.remove(at),
            None => StageClock::begin(stage, own.cloned(), event),
        });
    }

    /// Takes the due times that another calendar gives, and a limit where none was known.
    fn retime(&mut self, event: &Event) {
        let limit = limit_fact(event);
        self.limit = self.limit.or(limit);
        if let Some(total) = &mut self.total {
            total.limit = total.limit.or(limit);
            total.dues = Dues::of_facts(&event.facts);
        }
        if let Some(clock) = &mut self.stage {
            clock.take_due(event);
        }
    }
}
