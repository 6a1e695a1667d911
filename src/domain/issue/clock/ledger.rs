//! The pause ledger: every interval of a clock, running or paused, why, and who decided.

use crate::domain::calendar::{Calendar, CalendarError, Reached};
use crate::domain::catalog::TimeType;
use crate::domain::issue::event::{Event, EventActor};
use crate::domain::issue::state::Action;
use crate::domain::time::Timestamp;

/// What a clock does in an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Running,
    Paused,
    /// The issue has ended. It can run again: a merge can be taken back.
    Stopped,
}

impl Phase {
    pub const ALL: [Phase; 3] = [Phase::Running, Phase::Paused, Phase::Stopped];

    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Running => "running",
            Phase::Paused => "paused",
            Phase::Stopped => "stopped",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }
}

/// The beginning of an interval; it lasts until the next one begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub from: Timestamp,
    pub phase: Phase,
    /// The action that decided it.
    pub why: Action,
    pub by: EventActor,
}

/// An interval of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval<'a> {
    pub entry: &'a Entry,
    /// `None` for the one that lasts.
    pub to: Option<Timestamp>,
}

/// All intervals of one clock, in order and without gaps.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ledger(Vec<Entry>);

impl Ledger {
    /// A clock that begins to run with an event.
    pub fn begin(event: &Event) -> Self {
        let mut ledger = Self::default();
        ledger.enter(Phase::Running, event);
        ledger
    }

    /// Takes entries that were kept.
    pub fn from_entries(entries: Vec<Entry>) -> Self {
        Self(entries)
    }

    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// The phase that lasts; `None` before the beginning.
    pub fn phase(&self) -> Option<Phase> {
        self.0.last().map(|entry| entry.phase)
    }

    pub fn is_running(&self) -> bool {
        self.phase() == Some(Phase::Running)
    }

    /// When the clock began.
    pub fn began(&self) -> Option<Timestamp> {
        self.0.first().map(|entry| entry.from)
    }

    /// Begins an interval with an event; nothing, when the phase stays.
    pub fn enter(&mut self, phase: Phase, event: &Event) {
        self.enter_from(phase, event.at, event);
    }

    /// As [`Ledger::enter`], where the interval began before the event that tells of it; never
    /// before the one that it follows.
    pub fn enter_from(&mut self, phase: Phase, from: Timestamp, event: &Event) {
        if self.phase() != Some(phase) {
            let from = self.0.last().map_or(from, |last| from.max(last.from));
            let (why, by) = (event.action, event.actor.clone());
            self.0.push(Entry { from, phase, why, by });
        }
    }

    pub fn intervals(&self) -> impl Iterator<Item = Interval<'_>> {
        let ends = self.0.iter().skip(1).map(|next| Some(next.from)).chain([None]);
        self.0.iter().zip(ends).map(|(entry, to)| Interval { entry, to })
    }

    /// The time of a type that has run by `now`, in milliseconds.
    ///
    /// # Errors
    /// A year that has begun at `now` has no calendar, and the type needs one.
    pub fn used(
        &self,
        calendar: &Calendar,
        unit: TimeType,
        now: Timestamp,
    ) -> Result<i64, CalendarError> {
        self.intervals().filter(|i| i.entry.phase == Phase::Running).try_fold(0, |sum, one| {
            let to = one.to.map_or(now, |to| to.min(now));
            Ok(sum + calendar.elapsed(unit, (one.entry.from, to), now)?)
        })
    }

    /// The first instant at which `amount_ms` of a type have run. `None` while the clock is paused
    /// before that. A clock that has stopped is taken to have run on.
    ///
    /// # Errors
    /// As for [`Ledger::used`].
    pub fn reach(
        &self,
        calendar: &Calendar,
        (unit, amount_ms): (TimeType, i64),
        now: Timestamp,
    ) -> Result<Option<Reached>, CalendarError> {
        let is_stopped = self.phase() == Some(Phase::Stopped);
        let last = self.0.len().checked_sub(1 + usize::from(is_stopped));
        let mut left = amount_ms;
        for (at, one) in self.intervals().enumerate() {
            if one.entry.phase != Phase::Running {
                continue;
            }
            let from = one.entry.from;
            let ran = match one.to.filter(|_| Some(at) != last) {
                None => return calendar.after(unit, (from, left), now).map(Some),
                Some(to) => calendar.elapsed(unit, (from, to), now)?,
            };
            if ran >= left {
                return calendar.after(unit, (from, left), now).map(Some);
            }
            left -= ran;
        }
        Ok(None)
    }
}
