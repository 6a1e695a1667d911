//! Rules of the responsibility matrix, and the order in which they win.

use std::cmp::Reverse;
use std::fmt;

use super::{Facts, NearbyAsset, TimeWindow};
use h3o::CellIndex;

use crate::domain::catalog::{Limit, Validity};
use crate::domain::id::{AreaCode, CategoryCode, CodeError, ConditionCode, DepartmentCode};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::territory::level::Level;

/// Why a text is not a rule's id.
pub type RuleIdError = CodeError;

/// A rule's id, given by its author and stable over versions of the matrix.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(CategoryCode);

impl RuleId {
    /// # Errors
    /// Empty, too long, or holding a reserved character.
    pub fn parse(text: &str) -> Result<Self, RuleIdError> {
        CategoryCode::parse(text).map(Self)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Selector {
    Condition(ConditionCode),
    SmallClass(CategoryCode),
    BigClass(CategoryCode),
    Kind(Kind),
    Any,
}

impl Selector {
    /// How specific the selector is: 4 for a condition down to 0 for any.
    pub const fn rank(&self) -> u8 {
        match self {
            Selector::Condition(_) => 4,
            Selector::SmallClass(_) => 3,
            Selector::BigClass(_) => 2,
            Selector::Kind(_) => 1,
            Selector::Any => 0,
        }
    }
}

impl fmt::Display for Selector {
    /// `condition:…`, `small:…`, `big:…`, `kind:…` or `any`, as files have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Condition(code) => write!(f, "condition:{code}"),
            Selector::SmallClass(code) => write!(f, "small:{code}"),
            Selector::BigClass(code) => write!(f, "big:{code}"),
            Selector::Kind(kind) => write!(f, "kind:{kind}"),
            Selector::Any => f.write_str("any"),
        }
    }
}

impl Selector {
    /// Reads the form that `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "any" {
            return Some(Selector::Any);
        }
        let (word, code) = text.split_once(':')?;
        match word {
            "condition" => ConditionCode::parse(code).ok().map(Selector::Condition),
            "small" => CategoryCode::parse(code).ok().map(Selector::SmallClass),
            "big" => CategoryCode::parse(code).ok().map(Selector::BigClass),
            "kind" => Kind::parse(code).map(Selector::Kind),
            _ => None,
        }
    }
}

/// The area whose whole subtree a rule covers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleArea {
    pub level: Level,
    pub code: AreaCode,
}

impl RuleArea {
    /// Whether the area is one of those that hold the position.
    pub(super) fn holds(&self, facts: &Facts) -> bool {
        facts.chain.iter().any(|place| place.level == self.level && place.code == self.code)
    }
}

/// The layer of owned things (roads, rivers, parks) that a rule covers, or one owner's in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetScope {
    pub layer: String,
    pub owner: Option<String>,
}

impl AssetScope {
    /// Whether a thing is of this layer, and of this owner where one is named.
    pub(super) fn holds(&self, asset: &NearbyAsset) -> bool {
        asset.layer == self.layer
            && self.owner.as_ref().is_none_or(|owner| asset.owner.as_ref() == Some(owner))
    }

    fn matches(&self, facts: &Facts) -> bool {
        facts.assets.iter().any(|asset| self.holds(asset))
    }
}

/// One row of the responsibility matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub id: RuleId,
    /// The greater number wins; 0 where nothing is said.
    pub priority: i32,
    /// `None`: anywhere.
    pub area: Option<RuleArea>,
    /// A hexagon, at [`CELL_RESOLUTION`] or coarser; with an area, what lies in both.
    ///
    /// [`CELL_RESOLUTION`]: crate::domain::territory::position::CELL_RESOLUTION
    pub cell: Option<CellIndex>,
    pub asset: Option<AssetScope>,
    pub selector: Selector,
    pub window: TimeWindow,
    /// `None`: any severity.
    pub severity: Option<Severity>,
    pub lead: DepartmentCode,
    /// The lead's yard, team or contractor that does the work; empty where nothing is said.
    pub unit: String,
    pub assists: Vec<DepartmentCode>,
    /// `None`: the filing condition's limit holds.
    pub limit: Option<Limit>,
    pub validity: Validity,
    pub source: String,
    pub author: String,
}

/// A rule's place in the order: the greatest wins. Two different rules are never equal, because
/// ids are unique; nothing in it tells where in a file a rule stood.
/// Of asset rules of one rank the nearest thing's goes first, which only a report can tell.
pub(super) type RuleOrder<'a> = (RuleRank, Reverse<&'a RuleId>);

/// The order save the id.
pub(super) type RuleRank = (i32, u8, (u8, u8, u8));

impl Rule {
    /// Explicit priority, then the selector, then the place, then the smaller id in text order.
    pub(super) fn order(&self) -> RuleOrder<'_> {
        (self.rank(), Reverse(&self.id))
    }

    pub(super) fn rank(&self) -> RuleRank {
        (self.priority, self.selector.rank(), self.place_rank())
    }

    /// How specific the place is: an asset before any other (one owner's before a whole layer's),
    /// then the smallest hexagon, then the innermost level, then anywhere.
    pub(super) fn place_rank(&self) -> (u8, u8, u8) {
        let asset = self.asset.as_ref().map_or(0, |asset| 1 + u8::from(asset.owner.is_some()));
        // Seven levels: the rank fits.
        let area = self.area.as_ref().map_or(0, |area| 1 + area.level.rank() as u8);
        let cell = self.cell.map_or(0, |cell| 1 + u8::from(cell.resolution()));
        (asset, cell, area)
    }

    /// How far the nearest thing is that the rule is about; `None` where there is none, or the rule
    /// is about no thing.
    pub(super) fn asset_distance_m(&self, facts: &Facts) -> Option<f64> {
        let scope = self.asset.as_ref()?;
        let near = facts.assets.iter().filter(|asset| scope.holds(asset));
        near.map(|asset| asset.distance_m).min_by(f64::total_cmp)
    }

    pub(super) fn asset_fits(&self, facts: &Facts) -> bool {
        self.asset.as_ref().is_none_or(|asset| asset.matches(facts))
    }
}
