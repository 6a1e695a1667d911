//! What is known of a report when it is routed.

use h3o::CellIndex;

use super::LocalTime;
use crate::domain::catalog::{Catalog, Lang, Limit, SchemeCode};
use crate::domain::id::{AreaCode, CategoryCode, ConditionCode};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::territory;
use crate::domain::territory::level::Level;
use crate::domain::time::Timestamp;

/// One area of the chain that holds the position.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    pub level: Level,
    pub code: AreaCode,
    pub name: String,
}

impl From<&territory::Area> for Place {
    fn from(area: &territory::Area) -> Self {
        Self { level: area.level, code: area.code.clone(), name: area.name.clone() }
    }
}

/// An owned thing at the position: a road, a river, a park.
#[derive(Clone, Debug, PartialEq)]
pub struct NearbyAsset {
    pub layer: String,
    pub code: String,
    pub name: String,
    pub owner: Option<String>,
    pub distance_m: f64,
}

/// Where the report was made, kept for the record; the chain of areas decides, not this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Degrees, WGS-84.
    pub lon: f64,
    pub lat: f64,
    /// The radius of the fix in metres, where the device gave one.
    pub accuracy_m: Option<f64>,
}

/// The category of the report and the classes that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryFacts {
    pub scheme: SchemeCode,
    pub code: CategoryCode,
    /// The big class: the category's parent, or itself. `None` in a scheme of one level.
    pub big: Option<CategoryCode>,
    /// The small class; `None` when the report is filed under a big class.
    pub small: Option<CategoryCode>,
    pub name: String,
    pub name_en: Option<String>,
}

impl CategoryFacts {
    /// The facts of a category of the catalog; `None` when it is not there.
    pub fn of(catalog: &Catalog, code: &CategoryCode) -> Option<Self> {
        let category = catalog.category(code)?;
        let is_small = category.small_code.is_some();
        Some(Self {
            scheme: category.scheme.clone(),
            code: code.clone(),
            big: catalog.big_class_of(category).map(|big| big.code.clone()),
            small: is_small.then(|| code.clone()),
            name: category.name.clone(),
            name_en: category.name_en.clone(),
        })
    }

    pub fn name_in(&self, lang: Lang) -> &str {
        match (lang, &self.name_en) {
            (Lang::En, Some(name)) => name,
            _ => &self.name,
        }
    }
}

/// Everything that a decision may depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The areas that hold the position, outermost first. It may be empty.
    pub chain: Vec<Place>,
    pub assets: Vec<NearbyAsset>,
    pub category: CategoryFacts,
    pub condition: Option<ConditionCode>,
    /// The limit of the filing condition; it holds where the winning rule gives none.
    pub condition_limit: Option<Limit>,
    pub kind: Kind,
    pub severity: Severity,
    pub at: Timestamp,
    /// The civil time of `at` in the district's zone.
    pub local: LocalTime,
    pub position: Option<Position>,
}

impl Facts {
    /// The H3 cell of the position, at the resolution that issues keep.
    pub fn cell(&self) -> Option<CellIndex> {
        let position = self.position?;
        Some(territory::Position::new(position.lon, position.lat).ok()?.cell())
    }
}
