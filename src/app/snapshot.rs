//! What is in force: territory, catalog, matrix and settings, loaded once and then immutable. A
//! publication on any node makes every node load a new one.

use super::carry::{Heirs, carry_matrix, path_of};
use super::error::AppError;
use super::instance::Instance;
use super::territory::{load_lineage, load_territory};
use crate::domain::access::AreaPath;
use crate::domain::catalog::Catalog;
use crate::domain::id::{AreaCode, DepartmentCode};
use crate::domain::issue::clock::Timekeeper;
use crate::domain::routing::Matrix;
use crate::domain::territory::{Area, Level, Territory};
use crate::domain::time::{Day, Timestamp};
use crate::format::calendar::CalendarPack;
use crate::format::matrix::MatrixContext;
use crate::format::pack::{Pack, read_catalog, read_matrix_pack};
use crate::store::Store;
use geo::BoundingRect;
use jiff::tz::TimeZone;

/// What is in force.
pub struct Snapshot {
    pub instance: Instance,
    pub zone: TimeZone,
    pub territory: Territory,
    /// Who carries on what was bound to areas that are gone.
    pub heirs: Heirs,
    pub catalog: Catalog,
    pub matrix: Matrix,
    /// 0 before the first matrix.
    pub matrix_version: i64,
    /// Works out due times by the calendars in force.
    pub keeper: Timekeeper,
    /// The versions that were in force when this was loaded.
    pub versions: Vec<(String, i64)>,
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
    let (matrix_version, matrix_pack) = load_pack::<Pack>(store, "matrix").await?;
    let (catalog, mut problems) = read_catalog(&catalog_version.to_string(), &catalog_pack);
    let context = MatrixContext { catalog: &catalog, areas: None, today: Day(i32::MIN / 2) };
    let (matrix, of_matrix) = read_matrix_pack(&matrix_version.to_string(), &matrix_pack, &context);
    problems.extend(of_matrix);
    let territory = load_territory(store, now.day_in(&zone)).await?;
    let areas: Vec<Area> = territory.areas().cloned().collect();
    let heirs = Heirs::of(&areas, &load_lineage(store, None).await?);
    let (matrix, of_carrying) = carry_matrix(matrix, &territory, &heirs);
    problems.extend(of_carrying.iter().map(ToString::to_string));
    for problem in &problems {
        tracing::warn!(%problem, "a row of the catalog or the matrix is left out");
    }
    Ok(Snapshot {
        instance,
        zone,
        territory,
        heirs,
        catalog,
        matrix,
        matrix_version,
        keeper,
        versions,
    })
}
