//! Areas, their lineage, branches and workers on the wire.

use super::{Named, NamedArea};
use crate::app::ctx::Snapshot;
use crate::domain::id::AreaCode;
use crate::domain::territory::area::{Area, polygon_to_geojson};
use crate::domain::territory::people::{Branch, Post};
use crate::domain::time::{Day, Timestamp};
use crate::store::port::LineageRow;
use geo::{BoundingRect, Centroid, MultiPolygon, Rect, Simplify};
use geojson::JsonObject;
use serde::Serialize;
use utoipa::ToSchema;

/// An area without its polygon.
#[derive(Serialize, ToSchema)]
pub struct AreaWire {
    pub code: String,
    pub name: String,
    /// `province`, `city`, `district`, `street`, `community`, `grid` or `micro_grid`.
    pub level: String,
    /// `regular` or `dedicated`.
    pub kind: String,
    pub parent: Option<String>,
    /// The codes from the outermost area to this one, each followed by `/`.
    pub path: String,
    pub child_count: usize,
    /// West, south, east, north in degrees.
    #[schema(value_type = Option<[f64; 4]>)]
    pub bbox: Option<(f64, f64, f64, f64)>,
    /// The centre of gravity: longitude and latitude.
    #[schema(value_type = Option<[f64; 2]>)]
    pub center: Option<(f64, f64)>,
}

/// The box of an area.
pub fn bounds_of(area: &Area) -> Option<Rect<f64>> {
    area.polygon.bounding_rect()
}

/// An area without its polygon.
pub fn area_wire(snapshot: &Snapshot, area: &Area) -> AreaWire {
    let path = snapshot.path_of(&area.code).unwrap_or_default();
    AreaWire {
        code: area.code.to_string(),
        name: area.name.clone(),
        level: area.level.to_string(),
        kind: area.kind.to_string(),
        parent: area.parent.as_ref().map(ToString::to_string),
        path: path.as_str().to_owned(),
        child_count: snapshot.territory.children(&area.code).count(),
        bbox: bounds_of(area).map(|b| (b.min().x, b.min().y, b.max().x, b.max().y)),
        center: area.polygon.centroid().map(|center| (center.x(), center.y())),
    }
}

/// The properties of an area's feature: the same as in the list.
pub fn area_properties(area: &AreaWire) -> JsonObject {
    match serde_json::to_value(area) {
        Ok(serde_json::Value::Object(properties)) => properties,
        _ => JsonObject::new(),
    }
}

/// The polygon as it may be drawn at a zoom level: off by less than a pixel. Parts that would
/// vanish keep their shape, so that every area stays to be seen and clicked.
pub fn drawn_at(polygon: &MultiPolygon<f64>, zoom: f64) -> MultiPolygon<f64> {
    const TILE_PIXELS: f64 = 512.0;
    let pixel_degrees = 360.0 / (TILE_PIXELS * zoom.clamp(0.0, 24.0).exp2());
    let parts = polygon.iter().map(|part| {
        let simple = part.simplify(pixel_degrees / 2.0);
        // Four positions make the smallest closed ring.
        if simple.exterior().0.len() < 4 {
            return part.clone();
        }
        let (exterior, holes) = simple.into_inner();
        geo::Polygon::new(exterior, holes.into_iter().filter(|hole| hole.0.len() >= 4).collect())
    });
    MultiPolygon(parts.collect())
}

/// An area whole.
#[derive(Serialize, ToSchema)]
pub struct AreaDetail {
    #[serde(flatten)]
    pub area: AreaWire,
    /// From the outermost area to this one.
    pub chain: Vec<NamedArea>,
    pub children: Vec<NamedArea>,
    /// A GeoJSON MultiPolygon.
    #[schema(value_type = Object)]
    pub geometry: geojson::Geometry,
}

fn named(area: &Area) -> NamedArea {
    NamedArea {
        code: area.code.to_string(),
        name: area.name.clone(),
        level: area.level.to_string(),
    }
}

/// An area whole.
pub fn area_detail(snapshot: &Snapshot, area: &Area) -> AreaDetail {
    AreaDetail {
        area: area_wire(snapshot, area),
        chain: snapshot.territory.chain(&area.code).map(named).collect(),
        children: snapshot.territory.children(&area.code).map(named).collect(),
        geometry: polygon_to_geojson(&area.polygon),
    }
}

/// A succession of areas.
#[derive(Serialize, ToSchema)]
pub struct LineageWire {
    /// The territory's version that brought it.
    pub version: i64,
    /// `split`, `merge` or `retire`.
    pub kind: String,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub day: String,
}

/// A succession, if the area has a part in it.
pub fn lineage_wire(row: &LineageRow, code: &str) -> Option<LineageWire> {
    let split = |codes: &str| -> Vec<String> {
        codes.split(';').filter(|code| !code.is_empty()).map(str::to_owned).collect()
    };
    let (from, to) = (split(&row.from_codes), split(&row.to_codes));
    from.iter().chain(&to).any(|known| known == code).then(|| LineageWire {
        version: row.version,
        kind: row.kind.clone(),
        from,
        to,
        day: Day(row.day).to_string(),
    })
}

/// The properties of a branch's feature.
pub fn branch_properties(snapshot: &Snapshot, branch: &Branch) -> JsonObject {
    let area = |code: &AreaCode| {
        let name = snapshot.area_called(code.as_str());
        serde_json::json!({ "code": code.as_str(), "name": name })
    };
    let mut properties = JsonObject::new();
    let mut put = |name: &str, value: serde_json::Value| properties.insert(name.to_owned(), value);
    put("code", branch.code.as_str().into());
    put("name", branch.name.as_str().into());
    put("parent", branch.parent.as_ref().map(|code| code.to_string()).into());
    put("areas", branch.areas.iter().map(area).collect());
    put("resources", branch.resources.clone().into());
    put("opening_hours", branch.opening_hours.as_str().into());
    properties
}

/// A post of a worker.
#[derive(Serialize, ToSchema)]
pub struct PostWire {
    pub area: Named,
    pub role: String,
    pub duties: String,
    /// The weekly hours, as they are imported; empty for at all times.
    pub hours: String,
    pub on_duty: bool,
}

/// A worker with his posts. No telephone number: it is not for everyone who works here.
#[derive(Serialize, ToSchema)]
pub struct WorkerWire {
    pub id: String,
    pub name: String,
    pub posts: Vec<PostWire>,
}

/// A post as it is at an instant.
pub fn post_wire(snapshot: &Snapshot, post: &Post, at: Timestamp) -> PostWire {
    let code = post.area.as_str();
    let valid = post.validity.holds_on(at.day_in(&snapshot.zone));
    PostWire {
        area: Named { code: code.to_owned(), name: snapshot.area_called(code) },
        role: post.role.clone(),
        duties: post.duties.clone(),
        hours: post.hours.to_string(),
        on_duty: valid && post.hours.hold_at(at, &snapshot.zone),
    }
}
