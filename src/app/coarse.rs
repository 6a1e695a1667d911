//! The route of an issue as it is told to who may not know the exact place: what was near it, and
//! whether a thing or a hexagon decided, would tell it.

use super::error::{Say, say};
use super::route::Routed;
use crate::domain::catalog::Lang;
use crate::domain::routing::{Considered, Decision, Facts, Fate, Trace};

/// Whether the rule holds at some exact places of its area only.
fn goes_by_place(considered: &Considered) -> bool {
    let is_absent = matches!(considered.fate, Fate::AssetAbsent { .. });
    considered.asset.is_some() || considered.cell.is_some() || is_absent
}

/// The trace without what tells the exact place; `None` where that decided.
fn coarse_trace(trace: &Trace) -> Option<Trace> {
    let won = trace.considered.iter().find(|one| one.fate == Fate::Won);
    if won.is_some_and(goes_by_place) {
        return None;
    }
    let told = trace.considered.iter().filter(|one| !goes_by_place(one));
    Some(Trace {
        facts: Facts { position: None, assets: Vec::new(), ..trace.facts.clone() },
        considered: told.cloned().collect(),
        considered_more: 0,
        ..trace.clone()
    })
}

/// The route that is told: without a decision where the exact place made it.
pub fn coarse_route(routed: &Routed) -> Routed {
    let trace = routed.decision.as_ref().and_then(|decision| coarse_trace(&decision.trace));
    Routed {
        decision: trace.map(|trace| Decision { trace }),
        matrix_version: routed.matrix_version,
    }
}

/// Where it goes and why, in one sentence that tells no exact place.
pub fn coarse_sentence(routed: &Routed) -> Say {
    let told = coarse_route(routed);
    let (Some(whole), None) = (&routed.decision, &told.decision) else { return told.sentence() };
    let (trace, code) = (&whole.trace, whole.lead().map_or("", |lead| lead.as_str()));
    let lead = trace.departments.iter().find(|department| department.code.as_str() == code);
    let zh = lead.map_or(code, |lead| &lead.name);
    let en = lead.and_then(|lead| lead.name_en.as_deref()).unwrap_or(zh);
    let category = &trace.facts.category;
    say(
        format!("“{}”：按事发地的确切位置，由{zh}主办。", category.name_in(Lang::Zh)),
        format!("“{}” goes to {en}, because of its exact place.", category.name_in(Lang::En)),
    )
}
