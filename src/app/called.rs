//! What is known of a hexagon: its outline, and what it is called, by the areas in which its middle
//! lies, or by the nearest one.

use super::ctx::{Ctx, Snapshot};
use super::error::AppError;
use crate::domain::access::{AreaPath, Scope};
use crate::domain::metrics::contribution::Measure;
use crate::domain::territory::level::Level;
use crate::domain::territory::locate::ACCURACY_METRES_MAX;
use crate::domain::territory::position::Position;
use crate::format::geojson::outline_of;
use crate::store::query::{Group, GroupBy, RollupFilter};
use h3o::{CellIndex, LatLng, Resolution};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// A name for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The names, the widest area first: a street, a community and a grid, as far as there are such
    /// and cells of this size tell them apart.
    pub names: Vec<String>,
    /// Whether the place lies in no area, and these are of the one beside it.
    pub near: bool,
}

impl Called {
    /// The finest of the names.
    pub fn name(&self) -> &str {
        self.names.last().map_or("", String::as_str)
    }

    /// All of the names.
    pub fn whole(&self) -> String {
        self.names.join(" · ")
    }
}

/// How fine the areas are that cells of a size tell apart.
fn finest(cell: CellIndex) -> Level {
    match u8::from(cell.resolution()) {
        ..=7 => Level::Street,
        8 => Level::Community,
        _ => Level::Grid,
    }
}

/// Which of a chain of areas, the widest first, name a place: those from the street down to
/// `finest`; in a city without such levels the one next to them, rather a finer than a wider one.
fn naming<'a>(chain: impl Iterator<Item = (Level, &'a str)>, finest: Level) -> Vec<&'a str> {
    let (mut wider, mut naming, mut finer) = (None, Vec::new(), None);
    for (level, code) in chain {
        match level {
            level if level < Level::Street => wider = Some(code),
            level if level <= finest => naming.push(code),
            _ => finer = finer.or(Some(code)),
        }
    }
    if naming.is_empty() {
        naming.extend(finer.or(wider));
    }
    naming
}

/// The most cells that are kept; beyond that they are made anew.
const CELLS_MAX: usize = 100_000;

/// What is told of a cell whatever is counted in it.
pub struct KnownCell {
    /// Its number as H3 writes it.
    pub number: String,
    /// Its geometry as GeoJSON.
    pub outline: Box<RawValue>,
    /// What it is called; nothing where no area is near.
    pub called: Option<Called>,
    /// Its number as the properties of a feature, an object.
    pub unnamed: Box<RawValue>,
    /// The same with what it is called.
    pub named: Box<RawValue>,
}

/// What is told of a cell among the properties of its feature.
#[derive(Serialize)]
struct CellProperties<'a> {
    cell: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place_near: Option<bool>,
}

impl KnownCell {
    fn new(cell: CellIndex, called: Option<Called>) -> serde_json::Result<Self> {
        let number = cell.to_string();
        let unnamed = CellProperties { cell: &number, place: None, place_near: None };
        let (place, place_near) =
            (called.as_ref().map(Called::name), called.as_ref().map(|called| called.near));
        let named = CellProperties { cell: &number, place, place_near };
        let (unnamed, named) = (to_raw_value(&unnamed)?, to_raw_value(&named)?);
        Ok(Self { outline: outline_of(cell)?, number, called, unnamed, named })
    }
}

/// The cells of one territory, as far as anyone has asked.
#[derive(Default)]
pub struct KnownCells {
    cells: RwLock<HashMap<CellIndex, Arc<KnownCell>>>,
    /// Their middles, of these and of others.
    middles: RwLock<HashMap<u64, (f64, f64)>>,
}

impl KnownCells {
    /// The cells that are known now.
    pub fn known(&self) -> Vec<CellIndex> {
        self.cells.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }
}

/// Longitude and latitude of the middle of each cell, or none for what is no cell. To work one out
/// takes longer than to draw it.
pub fn middles_of(known: &KnownCells, cells: &[u64]) -> Vec<Option<(f64, f64)>> {
    let kept = known.middles.read().unwrap_or_else(PoisonError::into_inner);
    let mut middles: Vec<_> = cells.iter().map(|cell| kept.get(cell).copied()).collect();
    drop(kept);
    let missing: Vec<usize> = (0..cells.len()).filter(|at| middles[*at].is_none()).collect();
    if missing.is_empty() {
        return middles;
    }
    let mut kept = known.middles.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() + missing.len() > CELLS_MAX {
        kept.clear();
    }
    for at in missing {
        let middle = CellIndex::try_from(cells[at]).ok().map(LatLng::from);
        middles[at] = middle.map(|middle| (middle.lng(), middle.lat()));
        kept.extend(middles[at].map(|middle| (cells[at], middle)));
    }
    middles
}

/// What is known of a cell.
///
/// # Errors
/// Its outline could not be written.
pub fn know_cell(snapshot: &Snapshot, cell: CellIndex) -> Result<Arc<KnownCell>, AppError> {
    let cells = &snapshot.cells.cells;
    let kept = cells.read().unwrap_or_else(PoisonError::into_inner).get(&cell).cloned();
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let failed = |error: serde_json::Error| AppError::Internal(error.to_string());
    let known = Arc::new(KnownCell::new(cell, name_cell(snapshot, cell)).map_err(failed)?);
    let mut cells = cells.write().unwrap_or_else(PoisonError::into_inner);
    if cells.len() >= CELLS_MAX {
        cells.clear();
    }
    cells.insert(cell, known.clone());
    Ok(known)
}

/// The cells in which something was reported, as coarse as maps are drawn of whole cities.
const DRAWN: [Resolution; 5] =
    [Resolution::Five, Resolution::Six, Resolution::Seven, Resolution::Eight, Resolution::Nine];

/// Gets to know all cells in which something was reported, the coarsest first, so that the first
/// map of a territory is drawn as quickly as the others. The counters should be loaded.
///
/// # Errors
/// The store is not available.
pub async fn know_counted(ctx: &Ctx) -> Result<(), AppError> {
    let (snapshot, everything) = (ctx.snapshot(), Scope::everything());
    let filter = RollupFilter { measures: vec![Measure::Reported], ..RollupFilter::default() };
    let mut cells = Vec::new();
    for resolution in DRAWN {
        let by = GroupBy::CellAt(resolution);
        let sums = ctx.store.sum_rollups(&filter, by, &everything).await?;
        cells.extend(sums.into_iter().filter_map(|sum| match sum.group {
            Group::Cell(cell) => CellIndex::try_from(cell).ok(),
            _ => None,
        }));
    }
    // Others are asked for, too.
    cells.truncate(CELLS_MAX / 2);
    let known = tokio::task::spawn_blocking(move || {
        cells.iter().try_for_each(|cell| know_cell(&snapshot, *cell).map(drop))
    });
    known.await.map_err(|error| AppError::Internal(error.to_string()))?
}

fn name_cell(snapshot: &Snapshot, cell: CellIndex) -> Option<Called> {
    let middle = LatLng::from(cell);
    let position = Position::new(middle.lng(), middle.lat()).ok()?;
    let territory = &snapshot.territory;
    let here = territory.area_at(position);
    let near = here.is_none();
    let area = match here {
        Some(area) => area,
        None => territory.locate(position, Some(ACCURACY_METRES_MAX)).candidates.first()?.area,
    };
    let path = AreaPath::from_stored(territory.path(&area.code)?.to_owned());
    let chain = path.codes().filter_map(|code| Some((snapshot.level_of(code)?, code)));
    let names = naming(chain, finest(cell)).into_iter().map(|code| snapshot.area_called(code));
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then_some(Called { names, near })
}

/// A cell without a name.
#[cfg(test)]
pub fn known(cell: CellIndex) -> KnownCell {
    KnownCell::new(cell, None).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_the_levels_that_its_city_has() {
        let whole = [
            (Level::District, "d"),
            (Level::Street, "s"),
            (Level::Community, "c"),
            (Level::Grid, "g"),
        ];
        assert_eq!(naming(whole.into_iter(), Level::Street), ["s"]);
        assert_eq!(naming(whole.into_iter(), Level::Grid), ["s", "c", "g"]);
        let without_streets = [(Level::City, "la"), (Level::Community, "hollywood")];
        assert_eq!(naming(without_streets.into_iter(), Level::Street), ["hollywood"]);
        assert_eq!(naming(without_streets.into_iter().take(1), Level::Grid), ["la"]);
        assert!(naming([].into_iter(), Level::Grid).is_empty());
    }
}
