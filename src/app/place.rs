//! From a declared position to a place in the territory.

use super::error::{AppError, say};
use crate::domain::access::AreaPath;
use crate::domain::datum::Datum;
use crate::domain::issue::record::Place;
use crate::domain::territory::position::Position;
use crate::domain::territory::snapshot::{Location, Territory};

/// A place, and all that the territory says of it.
pub struct Placed {
    pub place: Place,
    pub location: Location,
}

/// Finds the place of a declared position in a version of the territory.
///
/// # Errors
/// `Invalid` when the pair is no position on earth.
pub fn place(
    territory: &Territory,
    version: i64,
    raw: (f64, f64),
    datum: Datum,
    accuracy_m: Option<f64>,
) -> Result<Placed, AppError> {
    let invalid = |error: &dyn std::fmt::Display| {
        AppError::field(
            "position",
            say(format!("坐标无效：{error}"), format!("This is no position: {error}")),
        )
    };
    // The raw pair is checked first, so that the message is about what was sent.
    Position::new(raw.0, raw.1).map_err(|error| invalid(&error))?;
    let (lon, lat) = datum.to_wgs84(raw.0, raw.1);
    let position = Position::new(lon, lat).map_err(|error| invalid(&error))?;
    let location = territory.locate(position, accuracy_m);
    let path = AreaPath::of(location.chain.iter().map(|area| &area.code));
    let candidates =
        location.candidates.iter().map(|candidate| candidate.code.to_string()).collect();
    let place = Place {
        position: (lon, lat),
        raw,
        datum,
        accuracy_m,
        cell: location.cell.into(),
        path,
        candidates,
        territory: version,
    };
    Ok(Placed { place, location })
}
