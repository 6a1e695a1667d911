//! Routing: which department has to act, decided from the responsibility matrix, with a trace.
//!
//! Invariant: a decision depends on the facts and on the set of rules only, never on the order in
//! which the rules were given; and `decide` never fails: what no rule and no rung of the fallback
//! ladder takes is [`Outcome::Unrouted`], which stays with the street for arbitration.

mod decide;
mod diff;
mod facts;
pub mod learn;
pub mod lint;
mod matrix;
mod reroute;
mod rule;
mod sentence;
pub mod simulate;
mod trace;
pub mod version;
mod window;

pub use decide::{CandidateDecisions, decide, decide_all, decide_as_valid_on};
pub use diff::{MatrixDiff, RuleChange, columns_of as rule_columns, diff_matrices};
pub use facts::{CategoryFacts, Facts, NearbyAsset, Place, Position};
pub use matrix::{Matrix, MatrixProblem, Rung};
pub use reroute::{RouteDiff, confirmation};
pub use rule::{AssetScope, Rule, RuleArea, RuleId, RuleIdError, Selector};
pub use trace::{
    CONSIDERED_MAX, Considered, Decision, DepartmentName, Fate, LimitSource, Outcome, Route,
    RoutedBy, RungFate, RungTried, Trace, UnroutedReason,
};
pub use window::{DateSpan, LocalTime, MonthDay, TimeWindow, WindowError};
