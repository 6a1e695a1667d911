//! Routing: which department has to act, decided from the responsibility matrix, with a trace.
//!
//! Invariant: a decision depends on the facts and on the set of rules only, never on the order in
//! which the rules were given; and `decide` never fails: what no rule and no rung of the fallback
//! ladder takes is [`Outcome::Unrouted`], which stays with the street for arbitration.

mod decide;
mod facts;
pub mod learn;
mod matrix;
mod rule;
mod sentence;
mod trace;
mod window;

pub use decide::{CandidateDecisions, decide, decide_all};
pub use facts::{CategoryFacts, Facts, NearbyAsset, Place, Position};
pub use matrix::{Matrix, MatrixProblem, Rung};
pub use rule::{AssetScope, Rule, RuleArea, RuleId, RuleIdError, Selector};
pub use trace::{
    CONSIDERED_MAX, Considered, Decision, DepartmentName, Fate, LimitSource, Outcome, Route,
    RoutedBy, RungFate, RungTried, Trace, UnroutedReason,
};
pub use window::{DateSpan, LocalTime, MonthDay, TimeWindow, WindowError};
