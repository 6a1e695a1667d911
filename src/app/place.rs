//! From a declared position to a place in the territory.

use super::error::{AppError, say};
use super::words::format::position_zh;
use crate::domain::access::AreaPath;
use crate::domain::datum::Datum;
use crate::domain::id::AreaCode;
use crate::domain::issue::record::Place;
use crate::domain::routing::Place as Named;
use crate::domain::territory::{Position, Territory};

/// A place, and what the territory says of it.
pub struct Placed {
    pub place: Place,
    pub position: Position,
    /// The areas that hold it, outermost first, without their borders, which may be long.
    pub chain: Vec<Named>,
    /// The areas that the accuracy circle reaches, the nearest first: code and metres.
    pub candidates: Vec<(AreaCode, f64)>,
}

/// Finds the place of a declared position in a version of the territory.
///
/// # Errors
/// `Invalid` when the pair is no position on earth.
pub fn place(
    territory: &Territory,
    raw: (f64, f64),
    datum: Datum,
    accuracy_m: Option<f64>,
) -> Result<Placed, AppError> {
    let invalid = |error| {
        let zh = format!("坐标无效：{}", position_zh(&error));
        AppError::field("position", say(zh, format!("This is no position: {error}")))
    };
    // The raw pair is checked first, so that the message is about what was sent.
    Position::new(raw.0, raw.1).map_err(invalid)?;
    let (lon, lat) = datum.to_wgs84(raw.0, raw.1);
    let position = Position::new(lon, lat).map_err(invalid)?;
    let location = territory.locate(position, accuracy_m);
    let candidates: Vec<(AreaCode, f64)> =
        location.candidates.iter().map(|c| (c.area.code.clone(), c.distance_m)).collect();
    let place = Place {
        position: (lon, lat),
        raw,
        datum,
        accuracy_m,
        cell: location.cell.into(),
        path: AreaPath::of(location.chain().map(|area| &area.code)),
        candidates: candidates.iter().map(|(code, _)| code.to_string()).collect(),
        territory: territory.version().number,
    };
    Ok(Placed { place, position, chain: location.chain().map(Named::from).collect(), candidates })
}
