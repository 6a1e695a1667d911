//! Routing in the shell: gathers the facts, lets the matrix decide, and shows the trace.

use super::assets::assets_near;
use super::ctx::Snapshot;
use super::error::{Say, say};
use super::place::Placed;
use crate::domain::catalog::{Category, Condition, Lang, Limit};
use crate::domain::id::DepartmentCode;
use crate::domain::issue::kind::Severity;
use crate::domain::routing::{CategoryFacts, Decision, Facts, LocalTime, Place, Position, decide};
use crate::domain::territory::Position as Fix;
use crate::domain::time::Timestamp;
use crate::format::trace::{trace_from_json, trace_to_json};
use crate::store::change::StoredRoute;

/// A decision with the version of the matrix that made it.
pub struct Routed {
    pub decision: Option<Decision>,
    pub matrix_version: i64,
}

impl Routed {
    /// A decision as it was kept; none where it was not.
    pub fn of_stored(stored: Option<&StoredRoute>) -> Self {
        let trace = stored.and_then(|stored| trace_from_json(&stored.trace).ok());
        Self {
            decision: trace.map(|trace| Decision { trace }),
            matrix_version: stored.map_or(0, |stored| stored.matrix_version),
        }
    }

    pub fn lead(&self) -> Option<&DepartmentCode> {
        self.decision.as_ref().and_then(Decision::lead)
    }

    pub fn assists(&self) -> &[DepartmentCode] {
        self.decision.as_ref().map_or(&[], Decision::assists)
    }

    pub fn limit(&self) -> Option<Limit> {
        self.decision.as_ref().and_then(Decision::limit)
    }

    pub fn is_fallback(&self) -> bool {
        self.decision.as_ref().is_some_and(Decision::is_fallback)
    }

    /// Where it goes and why, in one sentence.
    pub fn sentence(&self) -> Say {
        match &self.decision {
            Some(decision) => {
                say(decision.trace.sentence(Lang::Zh), decision.trace.sentence(Lang::En))
            }
            None => say("类别未知，由街道裁定", "The category is unknown; the street decides"),
        }
    }

    /// The trace as it is kept.
    pub fn trace_json(&self) -> String {
        let trace = self.decision.as_ref().and_then(|d| trace_to_json(&d.trace).ok());
        trace.unwrap_or_else(|| "null".to_owned())
    }
}

/// Decides who has to act.
pub fn route(
    snapshot: &Snapshot,
    placed: &Placed,
    (category, condition): (&Category, Option<&Condition>),
    severity: Severity,
    at: Timestamp,
) -> Routed {
    let fix = (placed.position, placed.place.accuracy_m);
    let facts = facts_at(snapshot, placed.chain.clone(), fix, (category, condition), severity, at);
    Routed {
        decision: facts.map(|facts| decide(&snapshot.matrix, &facts)),
        matrix_version: snapshot.matrix_version,
    }
}

/// Everything that a decision may depend on: the areas and the owned things at a fix (a position
/// and its accuracy in metres), the category, the time. `None` for an unknown category.
pub fn facts_at(
    snapshot: &Snapshot,
    chain: Vec<Place>,
    (position, accuracy_m): (Fix, Option<f64>),
    (category, condition): (&Category, Option<&Condition>),
    severity: Severity,
    at: Timestamp,
) -> Option<Facts> {
    CategoryFacts::of(&snapshot.catalog, &category.code).map(|category_facts| Facts {
        chain,
        assets: assets_near(snapshot, position, accuracy_m),
        category: category_facts,
        condition: condition.map(|condition| condition.code.clone()),
        condition_limit: condition.and_then(|condition| condition.limit),
        kind: category.kind,
        severity,
        at,
        local: LocalTime::of(at, &snapshot.zone),
        position: Some(Position { lon: position.lon(), lat: position.lat(), accuracy_m }),
    })
}
