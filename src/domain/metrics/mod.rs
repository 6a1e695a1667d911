//! Metrics: what an issue contributes to the counters, and the rates that the counters make.

pub mod contribution;
pub mod definition;
pub mod histogram;
