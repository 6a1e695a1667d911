//! What is in force: territory, catalog, matrix and settings, loaded once and then immutable. A
//! publication on any node makes every node load a new one.

use super::assets::load_assets;
use super::called::KnownCells;
use super::carry::{Heirs, carry_matrix, path_of};
use super::error::AppError;
use super::indicators::{load_appraisal, load_rates};
use super::instance::Instance;
use super::matrix::load_in_force;
use super::seal::Seals;
use super::territory::{load_lineage, load_territory};
use crate::domain::access::AreaPath;
use crate::domain::catalog::{Catalog, Lang};
use crate::domain::id::{AreaCode, CategoryCode, DepartmentCode};
use crate::domain::issue::clock::Timekeeper;
use crate::domain::metrics::appraisal::Appraisal;
use crate::domain::metrics::definition::RateSet;
use crate::domain::routing::Matrix;
use crate::domain::territory::asset::Assets;
use crate::domain::territory::{Area, Level, Territory};
use crate::domain::time::Timestamp;
use crate::format::calendar::CalendarPack;
use crate::format::pack::{Pack, read_catalog, read_draft_pack};
use crate::store::Store;
use geo::BoundingRect;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// What is in force.
pub struct Snapshot {
    pub instance: Instance,
    pub zone: TimeZone,
    pub territory: Territory,
    /// Roads, rivers, parks and whatever else has an owner.
    pub assets: Assets,
    /// Who carries on what was bound to areas that are gone.
    pub heirs: Heirs,
    pub catalog: Catalog,
    pub matrix: Matrix,
    /// 0 before the first matrix.
    pub matrix_version: i64,
    /// The definitions of the published rates.
    pub rates: RateSet,
    /// How departments are appraised, with the version of the file; none before the first.
    pub appraisal: Option<(i64, Appraisal)>,
    /// Works out due times by the calendars in force.
    pub keeper: Timekeeper,
    /// The versions that were in force when this was loaded.
    pub versions: Vec<(String, i64)>,
    /// What cells are called in the territory.
    pub cells: KnownCells,
    /// What disputes are sealed and opened with.
    pub seals: Arc<Seals>,
}

impl Snapshot {
    /// Where an area lies in the tree.
    pub fn path_of(&self, code: &AreaCode) -> Option<AreaPath> {
        path_of(&self.territory, code)
    }

    /// The number of the territory in force; 0 before the first.
    pub fn territory_version(&self) -> i64 {
        self.territory.version().number
    }

    /// An area that the territory knows.
    pub fn area(&self, code: &str) -> Option<&Area> {
        AreaCode::parse(code).ok().and_then(|code| self.territory.area(&code))
    }

    /// The name of an area that the territory knows.
    pub fn area_name(&self, code: &str) -> Option<String> {
        self.area(code).map(|area| area.name.clone())
    }

    /// The name of an area; its code where the territory does not know it.
    pub fn area_called(&self, code: &str) -> String {
        self.area_name(code).unwrap_or_else(|| code.to_owned())
    }

    /// The area of a level in a path.
    pub fn area_at(&self, path: &AreaPath, level: Level) -> Option<&Area> {
        path.codes().filter_map(|code| self.area(code)).find(|area| area.level == level)
    }

    /// The name of a category; its code where the catalog has no such category.
    pub fn category_name(&self, code: &CategoryCode, lang: Lang) -> String {
        let known = self.catalog.category(code);
        known.map_or_else(|| code.to_string(), |category| category.name_in(lang).to_owned())
    }

    pub fn level_of(&self, code: &str) -> Option<Level> {
        self.area(code).map(|area| area.level)
    }

    /// The box of all areas: west, south, east, north in degrees.
    pub fn bounds(&self) -> Option<(f64, f64, f64, f64)> {
        let boxes = self.territory.areas().filter_map(|area| area.polygon.bounding_rect());
        boxes
            .map(|rect| (rect.min().x, rect.min().y, rect.max().x, rect.max().y))
            .reduce(|a, b| (a.0.min(b.0), a.1.min(b.1), a.2.max(b.2), a.3.max(b.3)))
    }

    pub fn has_department(&self, code: &DepartmentCode) -> bool {
        self.matrix.department(code).is_some()
    }

    /// A department's names, Chinese and English; its code where the name is not known.
    pub fn department_names(&self, code: &DepartmentCode) -> (String, String) {
        match self.matrix.department(code) {
            Some(known) => {
                (known.name.clone(), known.name_en.clone().unwrap_or_else(|| known.name.clone()))
            }
            None => (code.to_string(), code.to_string()),
        }
    }
}

async fn load_pack<T: Default + serde::de::DeserializeOwned>(
    store: &dyn Store,
    kind: &str,
) -> Result<(i64, T), AppError> {
    let Some((version, body)) = store.find_pack(kind).await? else {
        return Ok((0, T::default()));
    };
    let pack = serde_json::from_str(&body)
        .map_err(|error| AppError::Internal(format!("{kind} version {version}: {error}")))?;
    Ok((version, pack))
}

/// The calendars in force, all regions.
///
/// # Errors
/// The store is not available, or the document cannot be read.
pub async fn load_calendars(store: &dyn Store) -> Result<(i64, CalendarPack), AppError> {
    load_pack(store, CALENDARS).await
}

/// The kind of pack that calendars are.
pub const CALENDARS: &str = "calendar";

async fn load_keeper(
    store: &dyn Store,
    instance: &Instance,
    zone: &TimeZone,
) -> Result<Timekeeper, AppError> {
    let (version, pack) = load_calendars(store).await?;
    let (slots, stages) = instance.work()?;
    let (calendar, problems) = pack.calendar(&instance.calendar_region, zone.clone(), slots);
    for problem in &problems {
        tracing::warn!(%problem, "a year of the calendar is left out");
    }
    Ok(Timekeeper { calendar, version, stages })
}

/// Loads what is in force. Rows of a pack that cannot be used are logged and left out.
///
/// # Errors
/// The store is not available, or a document in it cannot be read at all.
pub async fn load(store: &dyn Store, now: Timestamp) -> Result<Snapshot, AppError> {
    // The versions are read first: if something is published meanwhile, it is loaded again.
    let versions = store.find_versions().await?;
    let instance = Instance::from_settings(store.list_settings().await?);
    let zone = TimeZone::get(&instance.time_zone)
        .map_err(|error| AppError::Internal(format!("time zone: {error}")))?;
    let keeper = load_keeper(store, &instance, &zone).await?;
    let (catalog_version, catalog_pack) = load_pack::<Pack>(store, "catalog").await?;
    let today = now.day_in(&zone);
    let (matrix_version, matrix_pack) = load_in_force(store, &zone, today).await?;
    let (catalog, of_catalog) = read_catalog(&catalog_version.to_string(), &catalog_pack);
    let (matrix, _, of_matrix) = read_draft_pack(&matrix_version.to_string(), &matrix_pack);
    let of_packs = of_catalog.iter().chain(&of_matrix);
    let mut problems: Vec<String> = of_packs.map(ToString::to_string).collect();
    let assets = load_assets(store, &versions).await?;
    let territory = load_territory(store, today).await?;
    let areas: Vec<Area> = territory.areas().cloned().collect();
    let heirs = Heirs::of(&areas, &load_lineage(store, None).await?);
    let (matrix, of_carrying) = carry_matrix(matrix, &territory, &heirs);
    problems.extend(of_carrying.iter().map(ToString::to_string));
    let rates = load_rates(store, &mut problems).await?;
    let appraisal = load_appraisal(store, &mut problems).await?;
    for problem in &problems {
        tracing::warn!(%problem, "a row of the data in force is left out");
    }
    Ok(Snapshot {
        instance,
        zone,
        territory,
        assets,
        heirs,
        catalog,
        matrix,
        matrix_version,
        rates,
        appraisal,
        versions,
        seals: Arc::default(),
        cells: KnownCells::default(),
        keeper,
    })
}
