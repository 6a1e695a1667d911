//! What a check of a matrix finds, how heavy it is, and where it is mended.

use super::*;

/// How heavy a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weight {
    /// The matrix should not go live with it.
    Error,
    Warning,
}

impl Weight {
    pub const fn as_str(self) -> &'static str {
        match self {
            Weight::Error => "error",
            Weight::Warning => "warning",
        }
    }
}

/// A file of the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatrixFile {
    Rules,
    Ladder,
}

/// A row of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowRef {
    Rule(RuleId),
    Rung { level: Level, area: AreaCode, kind: Option<Kind> },
}

/// A category with its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCategory {
    pub code: CategoryCode,
    pub name: String,
    pub name_en: Option<String>,
}

/// An area with its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamedPlace {
    pub code: AreaCode,
    pub name: String,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Reports of these categories in this area (and where its parts say nothing else) find neither
    /// a rule nor a rung, at `moment` for one. `leaves`: how many areas without parts that touches.
    NoLead {
        categories: Vec<NamedCategory>,
        area: NamedPlace,
        leaves: usize,
        moment: Moment,
    },
    /// Two rules that can both fit and differ in nothing that the order looks at but the id.
    EqualRank {
        rule: RuleId,
        other: RuleId,
        same_lead: bool,
    },
    /// Whenever the rule fits, one of `by` does, and goes before it. With none in `by`: on no day
    /// of its validity does its window hold.
    Unreachable {
        rule: RuleId,
        by: Vec<RuleId>,
    },
    /// No rule at all can take reports of this category: only the fallback leads.
    OnlyFallback {
        category: NamedCategory,
    },
    InactiveLead {
        row: RowRef,
        department: DepartmentCode,
    },
    InactiveAssist {
        rule: RuleId,
        department: DepartmentCode,
    },
    Expired {
        row: RowRef,
        to: Day,
    },
    /// A filing condition that neither has a limit nor is given one by each of the rules.
    NoLimit {
        condition: ConditionCode,
        text: String,
        category: NamedCategory,
        rules: Vec<RuleId>,
    },
    /// No rung answers for this area and those around it, on some day at least.
    RungGap {
        area: NamedPlace,
        kinds: Vec<Kind>,
        leaves: usize,
    },
    /// Some areas of a level have rungs, and these have none.
    RungMissing {
        level: Level,
        areas: Vec<NamedPlace>,
        of: usize,
    },
    /// No such area; or it is there at another level.
    UnknownArea {
        row: RowRef,
        level: Level,
        area: AreaCode,
        found: Option<Level>,
    },
    UnknownSelector {
        rule: RuleId,
        selector: Selector,
    },
    UnknownAsset {
        rule: RuleId,
        asset: AssetScope,
        layer_known: bool,
    },
    /// There is no territory yet.
    NoTerritory,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub weight: Weight,
    pub defect: Defect,
}

impl Defect {
    /// The name of this sort of defect on the wire.
    pub const fn code(&self) -> &'static str {
        match self {
            Defect::NoLead { .. } => "no_lead",
            Defect::EqualRank { .. } => "equal_rank",
            Defect::Unreachable { .. } => "unreachable",
            Defect::OnlyFallback { .. } => "only_fallback",
            Defect::InactiveLead { .. } => "inactive_lead",
            Defect::InactiveAssist { .. } => "inactive_assist",
            Defect::Expired { .. } => "expired",
            Defect::NoLimit { .. } => "no_limit",
            Defect::RungGap { .. } => "rung_gap",
            Defect::RungMissing { .. } => "rung_missing",
            Defect::UnknownArea { .. } => "unknown_area",
            Defect::UnknownSelector { .. } => "unknown_selector",
            Defect::UnknownAsset { .. } => "unknown_asset",
            Defect::NoTerritory => "no_territory",
        }
    }

    /// The row where it is mended; `None` where a row is missing.
    pub fn row(&self) -> Option<RowRef> {
        match self {
            Defect::EqualRank { rule, .. }
            | Defect::Unreachable { rule, .. }
            | Defect::InactiveAssist { rule, .. }
            | Defect::UnknownSelector { rule, .. }
            | Defect::UnknownAsset { rule, .. } => Some(RowRef::Rule(rule.clone())),
            Defect::InactiveLead { row, .. }
            | Defect::Expired { row, .. }
            | Defect::UnknownArea { row, .. } => Some(row.clone()),
            Defect::NoLimit { rules, .. } => rules.first().cloned().map(RowRef::Rule),
            Defect::NoLead { .. }
            | Defect::OnlyFallback { .. }
            | Defect::RungGap { .. }
            | Defect::RungMissing { .. }
            | Defect::NoTerritory => None,
        }
    }

    /// The file in which it is mended; `None` where it is none of the matrix.
    pub fn file(&self) -> Option<MatrixFile> {
        match (self, self.row()) {
            (_, Some(RowRef::Rule(_))) => Some(MatrixFile::Rules),
            (_, Some(RowRef::Rung { .. })) => Some(MatrixFile::Ladder),
            (Defect::NoLead { .. } | Defect::OnlyFallback { .. }, None) => Some(MatrixFile::Rules),
            (Defect::RungGap { .. } | Defect::RungMissing { .. }, None) => Some(MatrixFile::Ladder),
            (_, None) => None,
        }
    }

    pub(super) fn weight(&self) -> Weight {
        match self {
            // In no area without parts: only a gap between the parts is touched.
            Defect::NoLead { leaves: 0, .. } => Weight::Warning,
            Defect::NoLead { .. }
            | Defect::InactiveLead { .. }
            | Defect::UnknownArea { .. }
            | Defect::UnknownSelector { .. } => Weight::Error,
            Defect::EqualRank { same_lead, .. } => match same_lead {
                true => Weight::Warning,
                false => Weight::Error,
            },
            Defect::Unreachable { .. }
            | Defect::OnlyFallback { .. }
            | Defect::InactiveAssist { .. }
            | Defect::Expired { .. }
            | Defect::NoLimit { .. }
            | Defect::RungGap { .. }
            | Defect::RungMissing { .. }
            | Defect::UnknownAsset { .. }
            | Defect::NoTerritory => Weight::Warning,
        }
    }
}
