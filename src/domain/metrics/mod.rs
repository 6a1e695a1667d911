//! Metrics: what an issue contributes to the counters, the rates that the counters make, and what
//! can be read from them: appraisals, shrunk rates, hot spots, trends.

pub mod age;
pub mod appraisal;
pub mod cohort;
pub mod contribution;
pub mod definition;
pub mod dwell;
pub mod figure;
pub mod histogram;
pub mod hotspot;
pub mod reach;
pub mod significance;
pub mod small;
pub mod smooth;
pub mod standing;
pub mod trend;
