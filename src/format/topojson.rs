//! TopoJSON (specification 1.0.1): shared arcs, delta-encoded on a grid when there is a transform.

use std::collections::BTreeMap;
use std::io::Read;

use geo::Coord;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::faults::{Note, Unit, UnknownFile};
use super::geojson::{Position, properties_of, value_of};
use super::{FileLimits, FileReport, FormatError, read_all, without_bom};
use crate::domain::territory::feature::{Feature, RawRing, Shape, Unreadable, Value};

/// Collections may hold collections; deeper than this is refused.
const DEPTH_MAX: usize = 16;

#[derive(Deserialize)]
struct Topology<'a> {
    r#type: String,
    transform: Option<Transform>,
    arcs: Vec<Vec<Position>>,
    #[serde(borrow)]
    objects: BTreeMap<String, Object<'a>>,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Object<'a> {
    r#type: Option<String>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
    #[serde(borrow)]
    arcs: Option<&'a RawValue>,
    #[serde(borrow)]
    geometries: Option<Vec<&'a RawValue>>,
}

/// Reads the features of all objects, or of the object named `layer`, in the order of names.
///
/// # Errors
/// The text is not TopoJSON, names an object that is not there, or exceeds a limit.
pub fn read(
    input: impl Read,
    layer: Option<&str>,
    limits: &FileLimits,
    each: &mut dyn FnMut(Feature),
) -> Result<FileReport, FormatError> {
    let bytes = read_all(input, limits.memory_bytes_max)?;
    let mut topology: Topology<'_> = serde_json::from_slice(without_bom(&bytes))?;
    if topology.r#type != "Topology" {
        return Err(FormatError::Unknown(UnknownFile::NoTopology));
    }
    if let Some(name) = layer
        && !topology.objects.contains_key(name)
    {
        let present = topology.objects.into_keys().collect();
        return Err(FormatError::NoLayer { name: name.to_owned(), present });
    }
    let arcs = decode_arcs(std::mem::take(&mut topology.arcs), topology.transform.as_ref());
    let mut reader = Reader { arcs, limits, features: 0, each };
    let mut names = Vec::new();
    for (name, object) in &topology.objects {
        if layer.is_none_or(|wanted| wanted == name) {
            names.push(name.as_str());
            reader.read_object(name, object, 0)?;
        }
    }
    let mut notes = Vec::new();
    if names.len() > 1 {
        notes.push(Note::AllObjects(names.into_iter().map(str::to_owned).collect()));
    }
    Ok(FileReport { format: "TopoJSON", features: reader.features, notes })
}

fn decode_arcs(arcs: Vec<Vec<Position>>, transform: Option<&Transform>) -> Vec<RawRing> {
    let Some(Transform { scale, translate }) = transform else {
        return arcs.into_iter().map(|arc| arc.into_iter().map(|p| p.0).collect()).collect();
    };
    let decode = |arc: Vec<Position>| {
        let mut at = Coord { x: 0.0, y: 0.0 };
        arc.into_iter()
            .map(|step| {
                at = at + step.0;
                Coord { x: at.x * scale[0] + translate[0], y: at.y * scale[1] + translate[1] }
            })
            .collect()
    };
    arcs.into_iter().map(decode).collect()
}

struct Reader<'r> {
    arcs: Vec<RawRing>,
    limits: &'r FileLimits,
    features: usize,
    each: &'r mut dyn FnMut(Feature),
}

impl Reader<'_> {
    fn read_object(
        &mut self,
        layer: &str,
        object: &Object<'_>,
        depth: usize,
    ) -> Result<(), FormatError> {
        if depth > DEPTH_MAX {
            return Err(FormatError::TooLarge { max: DEPTH_MAX as u64, unit: Unit::Collections });
        }
        if let Some(geometries) = &object.geometries {
            for text in geometries {
                self.read_object(layer, &serde_json::from_str(text.get())?, depth + 1)?;
            }
            return Ok(());
        }
        self.features += 1;
        if self.features > self.limits.features_max {
            let max = self.limits.features_max as u64;
            return Err(FormatError::TooLarge { max, unit: Unit::Features });
        }
        let shape = self.shape_of(object);
        (self.each)(Feature {
            number: self.features,
            id: object.id.map(|raw| value_of(raw.get())).filter(|v| *v != Value::Null),
            layer: Some(layer.to_owned()),
            properties: object.properties.map(|raw| properties_of(raw.get())).unwrap_or_default(),
            shape,
        });
        Ok(())
    }

    fn shape_of(&self, object: &Object<'_>) -> Shape {
        let text = object.arcs.map_or("[]", RawValue::get);
        let polygons = match object.r#type.as_deref() {
            Some("Polygon") => serde_json::from_str(text).map(|rings| vec![rings]),
            Some("MultiPolygon") => serde_json::from_str(text),
            Some(other) => return Shape::NotArea(other.to_owned()),
            None => return Shape::Missing,
        };
        let polygons: Vec<Vec<Vec<i64>>> = match polygons {
            Ok(polygons) => polygons,
            Err(error) => return Shape::Malformed(Unreadable::Syntax(error.to_string())),
        };
        let parts: Result<Vec<Vec<RawRing>>, Unreadable> = polygons
            .iter()
            .map(|rings| rings.iter().map(|ring| self.stitch(ring)).collect())
            .collect();
        parts.map_or_else(Shape::Malformed, Shape::Parts)
    }

    /// Joins arcs; `!i` stands for arc `i` backwards. The first point of an arc is the last of the
    /// one before it.
    fn stitch(&self, numbers: &[i64]) -> Result<RawRing, Unreadable> {
        let mut ring = RawRing::new();
        for &number in numbers {
            let place = if number < 0 { !number } else { number };
            let arc = usize::try_from(place).ok().and_then(|place| self.arcs.get(place));
            let arc = arc.ok_or(Unreadable::NoArc(number))?;
            let shared = usize::from(!ring.is_empty());
            if number < 0 {
                ring.extend(arc.iter().rev().skip(shared));
            } else {
                ring.extend(arc.iter().skip(shared));
            }
            let points_max = self.limits.memory_bytes_max / 16;
            if ring.len() as u64 > points_max {
                return Err(Unreadable::RingTooLong { points_max });
            }
        }
        Ok(ring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_SQUARES: &str = r#"{"type":"Topology",
        "transform":{"scale":[0.5,0.5],"translate":[100,30]},
        "objects":{"grids":{"type":"GeometryCollection","geometries":[
            {"type":"Polygon","id":"west","properties":{"code":1},"arcs":[[0,1]]},
            {"type":"MultiPolygon","properties":{"code":2},"arcs":[[[2,-1]]]},
            {"type":"Polygon","properties":{"code":3},"arcs":[[9]]},
            {"type":null}]}},
        "arcs":[[[2,0],[0,2]],[[2,2],[-2,0],[0,-2],[2,0]],[[2,0],[2,0],[0,2],[-2,0]]]}"#;

    fn read_text(text: &str, layer: Option<&str>) -> Result<Vec<Feature>, FormatError> {
        let mut features = Vec::new();
        read(text.as_bytes(), layer, &FileLimits::default(), &mut |f| features.push(f))?;
        Ok(features)
    }

    #[test]
    fn neighbours_share_the_points_of_their_arc() {
        let features = read_text(TWO_SQUARES, None).unwrap();
        let ring = |i: usize| match &features[i].shape {
            Shape::Parts(parts) => parts[0][0].iter().map(|c| (c.x, c.y)).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(ring(0), [(101., 30.), (101., 31.), (100., 31.), (100., 30.), (101., 30.)]);
        assert_eq!(ring(1), [(101., 30.), (102., 30.), (102., 31.), (101., 31.), (101., 30.)]);
        assert_eq!(features[0].text("id"), Some("west"));
        assert_eq!(features[2].shape, Shape::Malformed(Unreadable::NoArc(9)));
        assert_eq!(features[3].shape, Shape::Missing);
    }

    #[test]
    fn a_layer_that_is_not_there_is_named_with_those_that_are() {
        let error = read_text(TWO_SQUARES, Some("streets")).unwrap_err().to_string();
        assert!(error.contains("streets") && error.contains("grids"), "{error}");
    }
}
