//! Where issues wait, and distributions of times, on the wire.

use super::Texts;
use super::measure::TimesWire;
use crate::domain::metrics::dwell::Lengths;
use crate::domain::metrics::histogram::Histogram;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Lengths of stays, in milliseconds; null when there are none.
#[derive(Serialize, ToSchema)]
pub struct LengthsWire {
    pub n: usize,
    pub median_ms: Option<i64>,
    pub p90_ms: Option<i64>,
}

impl LengthsWire {
    pub fn of(lengths: &Lengths) -> Self {
        Self {
            n: lengths.n(),
            median_ms: lengths.quantile_ms(0.5),
            p90_ms: lengths.quantile_ms(0.9),
        }
    }
}

/// The stays in one state that began in the window.
#[derive(Serialize, ToSchema)]
pub struct StateFlowWire {
    pub state: String,
    pub name: Texts,
    pub entered: i64,
    /// How many left to each state.
    pub left: BTreeMap<String, i64>,
    /// How many are there still.
    pub still: i64,
    /// Of those that ended, by the calendar.
    pub natural: LengthsWire,
    /// Of those that ended, in working hours; none where a year has no calendar.
    pub working: LengthsWire,
    /// Of those that are there still, by the calendar.
    pub waiting: LengthsWire,
}

/// Where issues wait.
#[derive(Serialize, ToSchema)]
pub struct FlowWire {
    pub as_of: String,
    pub from: String,
    pub to: String,
    pub definition: String,
    /// In the order of the workflow.
    pub states: Vec<StateFlowWire>,
}

/// How many took at least `from_ms` and less than `to_ms`.
#[derive(Serialize, ToSchema)]
pub struct BinWire {
    pub from_ms: i64,
    pub to_ms: i64,
    pub n: i64,
}

/// One distribution of times, in milliseconds; null where there is none.
#[derive(Serialize, ToSchema)]
pub struct SpreadWire {
    pub median: Option<i64>,
    pub p90: Option<i64>,
    pub n: i64,
    pub definition: String,
    pub p25: Option<i64>,
    pub p75: Option<i64>,
    /// Each twice as wide as the one before; exact counts.
    pub bins: Vec<BinWire>,
}

impl SpreadWire {
    pub fn of(histogram: &Histogram, times: TimesWire) -> Self {
        let bins = histogram.octaves().into_iter();
        Self {
            median: times.median,
            p90: times.p90,
            n: times.n,
            definition: times.definition,
            p25: histogram.quantile_ms(0.25),
            p75: histogram.quantile_ms(0.75),
            bins: bins.map(|(from_ms, to_ms, n)| BinWire { from_ms, to_ms, n }).collect(),
        }
    }
}

/// The times of one kind, category or department.
#[derive(Serialize, ToSchema)]
pub struct GroupTimesWire {
    pub code: String,
    pub name: Texts,
    pub accept_ms: SpreadWire,
    pub handle_ms: SpreadWire,
    pub close_ms: SpreadWire,
}

/// Distributions of times.
#[derive(Serialize, ToSchema)]
pub struct TimesListWire {
    pub as_of: String,
    pub from: String,
    pub to: String,
    pub by: String,
    pub items: Vec<GroupTimesWire>,
}
