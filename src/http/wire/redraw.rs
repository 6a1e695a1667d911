//! Edits of the territory on the wire.

use super::Texts;
use super::territory::{FindingWire, LineageWire, finding_wire, lineage_wire};
use crate::app::error::{AppError, FieldProblem, Say, say};
use crate::app::redraw::EditPreview;
use crate::app::words::area::edit_words;
use crate::app::words::row::code_words;
use crate::domain::id::AreaCode;
use crate::domain::territory::area::{polygon_from_geojson, polygon_to_geojson};
use crate::domain::territory::redraw::{Edit, Naming};
use crate::http::extract::Lang;
use crate::http::geojson::feature;
use geo::{Coord, LineString};
use geojson::{FeatureCollection, JsonObject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an area is to be called; what is absent is proposed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamingWire {
    code: Option<String>,
    name: Option<String>,
}

/// One edit of the territory.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum EditWire {
    /// Along a line of longitudes and latitudes that begins and ends outside of the area. The
    /// parts are named from west to east, or not at all.
    Split {
        area: String,
        #[schema(value_type = Vec<[f64; 2]>)]
        line: Vec<(f64, f64)>,
        #[serde(default)]
        parts: Vec<NamingWire>,
    },
    Merge {
        areas: Vec<String>,
        #[serde(default)]
        into: NamingWire,
    },
    /// The area gets this outline, a GeoJSON Polygon or MultiPolygon; areas of the same parent
    /// give and take.
    Move {
        area: String,
        #[schema(value_type = Object)]
        outline: serde_json::Value,
    },
    Rename {
        area: String,
        name: String,
    },
}

/// Edits of the territory in force, in order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditsWire {
    /// The version in force that they start from.
    pub base: Option<i64>,
    pub edits: Vec<EditWire>,
    /// For staging: what the change is.
    #[serde(default)]
    pub note: String,
}

fn parse_code(field: &str, code: &str, problems: &mut Vec<FieldProblem>) -> Option<AreaCode> {
    match AreaCode::parse(code) {
        Ok(code) => Some(code),
        Err(error) => {
            problems.push(FieldProblem { field: field.to_owned(), says: code_words(&error) });
            None
        }
    }
}

fn parse_naming(field: &str, naming: &NamingWire, problems: &mut Vec<FieldProblem>) -> Naming {
    let code = naming.code.as_deref().filter(|code| !code.is_empty());
    let code = code.and_then(|code| parse_code(&format!("{field}.code"), code, problems));
    Naming { code, name: naming.name.clone().filter(|name| !name.is_empty()) }
}

fn no_outline(why: impl std::fmt::Display) -> Say {
    say(
        format!("边界须为 GeoJSON 的 Polygon 或 MultiPolygon（{why}）"),
        format!("An outline is a GeoJSON Polygon or MultiPolygon: {why}"),
    )
}

fn parse_edit(at: usize, edit: &EditWire, problems: &mut Vec<FieldProblem>) -> Option<Edit> {
    let field = |name: &str| format!("edits.{at}.{name}");
    match edit {
        EditWire::Split { area, line, parts } => {
            let name = |(part, naming): (usize, &NamingWire)| {
                parse_naming(&field(&format!("parts.{part}")), naming, problems)
            };
            let parts = parts.iter().enumerate().map(name).collect();
            let corners = line.iter().map(|(x, y)| Coord { x: *x, y: *y }).collect();
            let area = parse_code(&field("area"), area, problems)?;
            Some(Edit::Split { area, line: LineString(corners), parts })
        }
        EditWire::Merge { areas, into } => {
            let codes = areas.iter().map(|code| parse_code(&field("areas"), code, problems));
            let areas: Vec<AreaCode> = codes.collect::<Vec<_>>().into_iter().flatten().collect();
            Some(Edit::Merge { areas, into: parse_naming(&field("into"), into, problems) })
        }
        EditWire::Move { area, outline } => {
            let area = parse_code(&field("area"), area, problems);
            let read = outline.to_string().parse::<geojson::Geometry>();
            let read = read
                .map_err(no_outline)
                .and_then(|geometry| polygon_from_geojson(&geometry).map_err(no_outline));
            match read {
                Ok(outline) => Some(Edit::Move { area: area?, outline }),
                Err(says) => {
                    problems.push(FieldProblem { field: field("outline"), says });
                    None
                }
            }
        }
        EditWire::Rename { area, name } => {
            let area = parse_code(&field("area"), area, problems)?;
            Some(Edit::Rename { area, name: name.clone() })
        }
    }
}

/// The edits of a request.
///
/// # Errors
/// Codes that are none and outlines that are none, each by its field.
pub fn parse_edits(edits: &[EditWire]) -> Result<Vec<Edit>, AppError> {
    let mut problems = Vec::new();
    let parsed: Vec<Option<Edit>> =
        edits.iter().enumerate().map(|(at, edit)| parse_edit(at, edit, &mut problems)).collect();
    match problems.is_empty() {
        true => Ok(parsed.into_iter().flatten().collect()),
        false => Err(AppError::Invalid(problems)),
    }
}

/// Why an edit cannot be; those before it were applied.
#[derive(Serialize, ToSchema)]
pub struct EditProblemWire {
    /// The place in the list, from 0.
    pub edit: usize,
    /// `area`, `areas`, `line`, `outline`, `name`, `into.code`, `parts.0.code` and the like.
    pub field: String,
    pub says: Texts,
}

/// What edits would leave.
#[derive(Serialize, ToSchema)]
pub struct EditPreviewWire {
    /// The version in force that they start from.
    pub base: i64,
    /// For each edit that could be applied, the codes of the areas that it made or changed.
    pub made: Vec<Vec<String>>,
    /// The areas that are new or not as they were: a GeoJSON FeatureCollection.
    #[schema(value_type = Object)]
    pub areas: FeatureCollection,
    /// The areas in force that would be gone.
    pub gone: Vec<String>,
    pub lineage: Vec<LineageWire>,
    pub findings: Vec<FindingWire>,
    pub problem: Option<EditProblemWire>,
}

/// A preview on the wire.
pub fn edit_preview_wire(preview: &EditPreview, lang: Lang) -> EditPreviewWire {
    let redrawn = &preview.redrawn;
    let texts = |codes: &[AreaCode]| codes.iter().map(ToString::to_string).collect::<Vec<_>>();
    let features = redrawn.changed.iter().filter_map(|code| redrawn.areas.get(code)).map(|area| {
        let mut properties = JsonObject::new();
        let mut put = |name: &str, value: Option<String>| {
            properties.insert(name.to_owned(), value.into());
        };
        put("code", Some(area.code.to_string()));
        put("name", Some(area.name.clone()));
        put("level", Some(area.level.to_string()));
        put("parent", area.parent.as_ref().map(ToString::to_string));
        feature(polygon_to_geojson(&area.polygon), properties)
    });
    EditPreviewWire {
        base: preview.base,
        made: redrawn.made.iter().map(|codes| texts(codes)).collect(),
        areas: FeatureCollection {
            bbox: None,
            features: features.collect(),
            foreign_members: None,
        },
        gone: texts(&preview.gone),
        lineage: redrawn.lineage.iter().map(lineage_wire).collect(),
        findings: preview.findings.iter().map(|finding| finding_wire(finding, lang)).collect(),
        problem: redrawn.problem.as_ref().map(|problem| EditProblemWire {
            edit: problem.edit,
            field: problem.field.clone(),
            says: edit_words(&problem.fault).into(),
        }),
    }
}
