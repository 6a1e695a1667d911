//! The clocks of an issue: what has run, what is left, when it is due (DOMAIN.md §5).
//!
//! The ledgers are built from the events alone. Time used, time left, due time, light and overdue
//! multiple are pure functions of ledger, calendar and now. The due times that an issue carries
//! are what these functions gave when a step was decided; they stand in its event as facts, so
//! that a replay needs no calendar.

mod clocks;
mod keeper;
mod ledger;
mod reading;

pub use clocks::{Clocks, Dues, Stage, StageClock, Total, effect_of};
pub use keeper::{StageLimits, StageLimitsError, Timekeeper};
pub use ledger::{Entry, Interval, Ledger, Phase};
pub use reading::{Light, Reading};

use crate::domain::catalog::{Limit, TimeType};
use crate::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use std::fmt;

/// How much time of which type a clock may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// More than 0. A day is 24 hours.
    pub ms: i64,
    pub unit: TimeType,
}

impl Allowance {
    /// A limit, granted `times` over.
    pub fn of(limit: Limit, times: u32) -> Self {
        let one = match limit.unit {
            TimeType::UrgentHour | TimeType::WorkHour => HOUR_MS,
            TimeType::WorkDay | TimeType::NaturalDay => DAY_MS,
        };
        Self { ms: i64::from(limit.amount) * i64::from(times) * one, unit: limit.unit }
    }

    pub fn minutes(minutes: u32, unit: TimeType) -> Self {
        Self { ms: i64::from(minutes) * MINUTE_MS, unit }
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (minutes, unit) = text.split_once(" minutes ")?;
        let minutes = minutes.parse::<u32>().ok().filter(|minutes| *minutes > 0)?;
        Some(Self::minutes(minutes, TimeType::parse(unit)?))
    }
}

impl fmt::Display for Allowance {
    /// `30 minutes work_hour`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} minutes {}", self.ms / MINUTE_MS, self.unit.as_str())
    }
}
