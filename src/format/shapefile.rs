//! Zipped Shapefiles (ESRI Shapefile Technical Description, 1998): `.shp` with `.dbf`, and `.prj`
//! and `.cpg` where there are any.

use std::io::{Cursor, Read, Seek};

use ::shapefile::{Shape as EsriShape, ShapeReader};
use geo::Coord;
use zip::ZipArchive;

use super::dbf::Table;
use super::faults::{Damage, Note, Unit, UnknownFile};
use super::{FileLimits, FileReport, FormatError, prj, read_all};
use crate::domain::territory::feature::{Feature, RawRing, Shape};

/// Reads the one Shapefile of an archive, or the one named `layer`.
///
/// # Errors
/// No Shapefile, or several without a `layer`; a projected `.prj`; damage; limits.
pub fn read<R: Read + Seek>(
    input: R,
    layer: Option<&str>,
    limits: &FileLimits,
    each: &mut dyn FnMut(Feature),
) -> Result<FileReport, FormatError> {
    let mut archive = ZipArchive::new(input)?;
    let names = list_names(&mut archive)?;
    let stem = choose_layer(&names, layer)?;
    let mut member =
        |extension: &str| read_member(&mut archive, &names, &format!("{stem}.{extension}"), limits);
    let mut notes = Vec::new();
    match member("prj")? {
        Some(text) => notes.extend(prj::check_prj(&String::from_utf8_lossy(&text))?),
        None => notes.push(Note::NoPrj),
    }
    let label = member("cpg")?.map(|text| String::from_utf8_lossy(&text).into_owned());
    let dbf = member("dbf")?;
    let shp = member("shp")?.unwrap_or_default();
    let table = match &dbf {
        Some(bytes) => Some(Table::open(bytes, label.as_deref())?),
        None => {
            notes.push(Note::NoDbf);
            None
        }
    };
    let name = stem.rsplit('/').next().unwrap_or(&stem);
    let features = read_shapes(shp, name, table.as_ref(), limits, each)?;
    Ok(FileReport { format: "Shapefile", features, notes })
}

fn read_shapes(
    shp: Vec<u8>,
    layer: &str,
    table: Option<&Table<'_>>,
    limits: &FileLimits,
    each: &mut dyn FnMut(Feature),
) -> Result<usize, FormatError> {
    let damaged = |error: ::shapefile::Error| FormatError::Damaged(Damage::Shp(error.to_string()));
    let mut reader = ShapeReader::new(Cursor::new(shp)).map_err(damaged)?;
    let mut features = 0;
    for shape in reader.iter_shapes() {
        // A record that cannot be read leaves no telling where the next one begins.
        let shape = shape.map_err(damaged)?;
        features += 1;
        if features > limits.features_max {
            let max = limits.features_max as u64;
            return Err(FormatError::TooLarge { max, unit: Unit::Features });
        }
        let record = features - 1;
        if table.is_some_and(|table| table.is_deleted(record)) {
            continue;
        }
        each(Feature {
            number: features,
            id: None,
            layer: Some(layer.to_owned()),
            properties: table.and_then(|table| table.record(record)).unwrap_or_default(),
            shape: shape_of(shape),
        });
    }
    Ok(features)
}

fn shape_of(shape: EsriShape) -> Shape {
    let kind = shape.shapetype();
    let rings: Vec<RawRing> = match shape {
        EsriShape::NullShape => return Shape::Missing,
        EsriShape::Polygon(polygon) => {
            let point = |p: &::shapefile::Point| Coord { x: p.x, y: p.y };
            polygon.rings().iter().map(|r| r.points().iter().map(point).collect()).collect()
        }
        EsriShape::PolygonM(polygon) => {
            let point = |p: &::shapefile::PointM| Coord { x: p.x, y: p.y };
            polygon.rings().iter().map(|r| r.points().iter().map(point).collect()).collect()
        }
        EsriShape::PolygonZ(polygon) => {
            let point = |p: &::shapefile::PointZ| Coord { x: p.x, y: p.y };
            polygon.rings().iter().map(|r| r.points().iter().map(point).collect()).collect()
        }
        _ => return Shape::NotArea(kind.to_string()),
    };
    Shape::Rings(rings)
}

/// The names in the archive, by index. Names that are not UTF-8 are taken as GBK, which is what
/// Windows in China writes.
fn list_names<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<Vec<String>, FormatError> {
    let mut names = Vec::with_capacity(archive.len());
    for index in 0..archive.len() {
        let member = archive.by_index_raw(index)?;
        let raw = member.name_raw();
        names.push(match std::str::from_utf8(raw) {
            Ok(name) => name.to_owned(),
            Err(_) => encoding_rs::GB18030.decode(raw).0.into_owned(),
        });
    }
    Ok(names)
}

/// The path of the wanted Shapefile in the archive, without its extension.
fn choose_layer(names: &[String], layer: Option<&str>) -> Result<String, FormatError> {
    let stems: Vec<&str> = names
        .iter()
        .filter(|name| !name.starts_with("__MACOSX/"))
        .filter_map(|name| {
            let (stem, extension) = name.rsplit_once('.')?;
            extension.eq_ignore_ascii_case("shp").then_some(stem)
        })
        .collect();
    let last = |stem: &str| stem.rsplit('/').next().unwrap_or(stem).to_owned();
    let present = || stems.iter().map(|stem| last(stem)).collect();
    match (layer, stems.as_slice()) {
        (_, []) => Err(FormatError::Unknown(UnknownFile::NoShp)),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) => Err(FormatError::ManyLayers { present: present() }),
        (Some(name), all) => all
            .iter()
            .find(|stem| **stem == name || last(stem) == name)
            .map(|stem| (*stem).to_owned())
            .ok_or_else(|| FormatError::NoLayer { name: name.to_owned(), present: present() }),
    }
}

fn read_member<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    names: &[String],
    wanted: &str,
    limits: &FileLimits,
) -> Result<Option<Vec<u8>>, FormatError> {
    match names.iter().position(|name| name.eq_ignore_ascii_case(wanted)) {
        None => Ok(None),
        Some(index) => read_all(archive.by_index(index)?, limits.memory_bytes_max).map(Some),
    }
}
