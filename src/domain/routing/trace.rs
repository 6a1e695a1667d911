//! The trace of a decision: plain values that say what was known, which rules were considered,
//! why each lost and what came out. It holds every name that it needs to be read years later.

use h3o::CellIndex;

use super::{AssetScope, Facts, RuleArea, RuleId, Selector};
use crate::domain::catalog::Limit;
use crate::domain::id::{AreaCode, DepartmentCode};
use crate::domain::issue::kind::Severity;
use crate::domain::territory::level::Level;
use crate::domain::time::Day;

/// How many considered rules a trace keeps; the winner is always among them.
pub const CONSIDERED_MAX: usize = 64;

/// What became of a rule that was considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Won,
    NotYetValid {
        from: Day,
    },
    Expired {
        to: Day,
    },
    /// The parts of its window as files have them; an empty one is open.
    OutsideTimeWindow {
        weekdays: String,
        hours: String,
        dates: String,
    },
    SeverityDiffers {
        wanted: Severity,
    },
    AssetAbsent {
        asset: AssetScope,
    },
    LeadInactive {
        department: DepartmentCode,
    },
    /// It fitted, and another rule went before it: by priority …
    LowerPriority {
        own: i32,
        winner: i32,
    },
    /// … by a more specific category (4 condition, 3 small class, 2 big class, 1 kind, 0 any) …
    LessSpecificCategory {
        own: u8,
        winner: u8,
    },
    /// … by a more specific place …
    LessSpecificPlace,
    /// … by a thing that is nearer, in decimetres …
    FartherAsset {
        own_dm: u32,
        winner_dm: u32,
    },
    /// … or, all else being equal, by its id.
    LaterId {
        winner: RuleId,
    },
}

/// A rule whose selector and area fitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    pub rule: RuleId,
    pub priority: i32,
    pub selector: Selector,
    pub area: Option<RuleArea>,
    pub cell: Option<CellIndex>,
    pub asset: Option<AssetScope>,
    pub lead: DepartmentCode,
    pub fate: Fate,
}

/// What became of one area's rung of the fallback ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RungFate {
    Taken,
    /// The area has no rung that is valid for the kind on the day.
    Absent,
    DepartmentInactive,
}

/// One step of the climb from the innermost area outwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RungTried {
    pub level: Level,
    pub area: AreaCode,
    pub fate: RungFate,
}

/// What named the lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoutedBy {
    Rule(RuleId),
    /// No rule fitted; the fallback rung of this area did.
    Rung {
        level: Level,
        area: AreaCode,
    },
}

/// Where the limit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitSource {
    Rule,
    Condition,
    Rung,
}

/// Who has to act. The lead alone is accountable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub lead: DepartmentCode,
    /// The lead's yard, team or contractor; empty where the rule names none.
    pub unit: String,
    pub assists: Vec<DepartmentCode>,
    pub limit: Option<(Limit, LimitSource)>,
    pub by: RoutedBy,
}

/// Why nobody was found. The issue stays with the street for arbitration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnroutedReason {
    /// The position is in no area, and no rule holds anywhere.
    OutsideEveryArea,
    /// No rule fits and no rung of the ladder does.
    NoRuleAndNoRung,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Routed(Route),
    Unrouted(UnroutedReason),
}

/// A department's names when the decision was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepartmentName {
    pub code: DepartmentCode,
    pub name: String,
    pub name_en: Option<String>,
}

/// The whole account of one decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub matrix_version: String,
    pub facts: Facts,
    /// Best first, at most [`CONSIDERED_MAX`].
    pub considered: Vec<Considered>,
    /// How many more fitted in selector and area and are not listed.
    pub considered_more: usize,
    /// Innermost first; empty when a rule won.
    pub rungs: Vec<RungTried>,
    pub outcome: Outcome,
    /// Of the lead and the assists.
    pub departments: Vec<DepartmentName>,
}

/// A decision is its trace; these are the parts that a caller asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub trace: Trace,
}

impl Decision {
    /// `None` when the report is unrouted.
    pub fn route(&self) -> Option<&Route> {
        match &self.trace.outcome {
            Outcome::Routed(route) => Some(route),
            Outcome::Unrouted(_) => None,
        }
    }

    pub fn lead(&self) -> Option<&DepartmentCode> {
        self.route().map(|route| &route.lead)
    }

    /// The lead's unit; empty where nothing is said.
    pub fn unit(&self) -> &str {
        self.route().map_or("", |route| &route.unit)
    }

    pub fn assists(&self) -> &[DepartmentCode] {
        self.route().map_or(&[], |route| &route.assists)
    }

    pub fn limit(&self) -> Option<Limit> {
        self.route().and_then(|route| route.limit).map(|(limit, _)| limit)
    }

    pub fn rule(&self) -> Option<&RuleId> {
        match &self.route()?.by {
            RoutedBy::Rule(id) => Some(id),
            RoutedBy::Rung { .. } => None,
        }
    }

    /// Whether the lead was named by the fallback ladder.
    pub fn is_fallback(&self) -> bool {
        self.route().is_some_and(|route| matches!(route.by, RoutedBy::Rung { .. }))
    }
}
