//! Vector tiles: the specification 2.1 (Mapbox), written as protocol buffers.

use crate::domain::tile::{EXTENT, TilePoint, TileRings};
use prost::Message;
use std::borrow::Cow;
use std::collections::HashMap;

/// The media type of a tile.
pub const MEDIA_TYPE: &str = "application/vnd.mapbox-vector-tile";

/// A value of a feature's property.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

/// The shape of a feature, in tile units.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Point(TilePoint),
    /// Exteriors wind positively and holes negatively, as [`crate::domain::tile`] gives them.
    Polygons(Vec<TileRings>),
}

/// A feature.
#[derive(Clone, Debug, PartialEq)]
pub struct TileFeature {
    pub shape: Shape,
    pub properties: Vec<(Cow<'static, str>, Value)>,
}

// The messages of vector_tile.proto 2.1; the numbers are the specification's.

#[derive(Clone, PartialEq, Message)]
struct TileMessage {
    #[prost(message, repeated, tag = "3")]
    layers: Vec<LayerMessage>,
}

#[derive(Clone, PartialEq, Message)]
struct LayerMessage {
    #[prost(uint32, required, tag = "15")]
    version: u32,
    #[prost(string, required, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    features: Vec<FeatureMessage>,
    #[prost(string, repeated, tag = "3")]
    keys: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    values: Vec<ValueMessage>,
    #[prost(uint32, optional, tag = "5")]
    extent: Option<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct FeatureMessage {
    #[prost(uint32, repeated, tag = "2")]
    tags: Vec<u32>,
    /// 1 for points, 3 for polygons.
    #[prost(uint32, optional, tag = "3")]
    kind: Option<u32>,
    #[prost(uint32, repeated, tag = "4")]
    geometry: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
struct ValueMessage {
    #[prost(string, optional, tag = "1")]
    text: Option<String>,
    #[prost(double, optional, tag = "3")]
    number: Option<f64>,
    #[prost(sint64, optional, tag = "6")]
    integer: Option<i64>,
    #[prost(bool, optional, tag = "7")]
    flag: Option<bool>,
}

const POINT: u32 = 1;
const POLYGON: u32 = 3;
const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

/// Writes commands; each position is told as its distance from the one before.
#[derive(Default)]
struct Pen {
    commands: Vec<u32>,
    at: TilePoint,
}

impl Pen {
    fn command(&mut self, id: u32, count: usize) {
        self.commands.push(id | (count as u32) << 3);
    }

    fn go(&mut self, to: TilePoint) {
        for (from, to) in [(self.at.0, to.0), (self.at.1, to.1)] {
            let step = to.wrapping_sub(from);
            // Zigzag, so that small steps back are small numbers too.
            self.commands.push(((step << 1) ^ (step >> 31)).cast_unsigned());
        }
        self.at = to;
    }

    fn ring(&mut self, ring: &[TilePoint]) {
        let [first, rest @ ..] = ring else { return };
        self.command(MOVE_TO, 1);
        self.go(*first);
        self.command(LINE_TO, rest.len());
        for point in rest {
            self.go(*point);
        }
        self.command(CLOSE_PATH, 1);
    }
}

fn geometry_of(shape: &Shape) -> (u32, Vec<u32>) {
    let mut pen = Pen::default();
    let kind = match shape {
        Shape::Point(point) => {
            pen.command(MOVE_TO, 1);
            pen.go(*point);
            POINT
        }
        Shape::Polygons(polygons) => {
            for ring in polygons.iter().flatten() {
                pen.ring(ring);
            }
            POLYGON
        }
    };
    (kind, pen.commands)
}

/// Numbers for keys and values, each kept once in a layer.
#[derive(Default)]
struct Dictionary<'a> {
    keys: HashMap<&'a str, u32>,
    values: HashMap<Vec<u8>, u32>,
    layer: LayerMessage,
}

impl<'a> Dictionary<'a> {
    fn tags(&mut self, properties: &'a [(Cow<'static, str>, Value)]) -> Vec<u32> {
        let mut tags = Vec::with_capacity(properties.len() * 2);
        for (name, value) in properties {
            let key = *self.keys.entry(name.as_ref()).or_insert_with(|| {
                self.layer.keys.push(name.to_string());
                self.layer.keys.len() as u32 - 1
            });
            let message = message_of(value);
            let value = *self.values.entry(message.encode_to_vec()).or_insert_with(|| {
                self.layer.values.push(message);
                self.layer.values.len() as u32 - 1
            });
            tags.extend([key, value]);
        }
        tags
    }
}

fn message_of(value: &Value) -> ValueMessage {
    let mut message = ValueMessage::default();
    match value {
        Value::Text(text) => message.text = Some(text.clone()),
        Value::Integer(integer) => message.integer = Some(*integer),
        Value::Number(number) => message.number = Some(*number),
        Value::Flag(flag) => message.flag = Some(*flag),
    }
    message
}

/// Writes a tile of one layer. Without features the tile is empty: no bytes at all.
pub fn write_tile(layer: &str, features: &[TileFeature]) -> Vec<u8> {
    let mut dictionary = Dictionary::default();
    let mut written = Vec::with_capacity(features.len());
    for feature in features {
        let (kind, geometry) = geometry_of(&feature.shape);
        if !geometry.is_empty() {
            let tags = dictionary.tags(&feature.properties);
            written.push(FeatureMessage { tags, kind: Some(kind), geometry });
        }
    }
    if written.is_empty() {
        return Vec::new();
    }
    let message = LayerMessage {
        version: 2,
        name: layer.to_owned(),
        features: written,
        extent: Some(EXTENT.cast_unsigned()),
        ..dictionary.layer
    };
    TileMessage { layers: vec![message] }.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only_layer(bytes: &[u8]) -> LayerMessage {
        let mut tile = TileMessage::decode(bytes).unwrap();
        assert_eq!(tile.layers.len(), 1);
        tile.layers.remove(0)
    }

    #[test]
    fn the_polygon_of_the_specification_has_its_commands() {
        // Section 4.3.5.6 of the specification: a polygon, and one with a hole beside another.
        let square = vec![(0, 0), (10, 0), (10, 10), (0, 10)];
        let outer = vec![(11, 11), (20, 11), (20, 20), (11, 20)];
        let hole = vec![(13, 13), (13, 17), (17, 17), (17, 13)];
        let shape = Shape::Polygons(vec![vec![square], vec![outer, hole]]);
        let (kind, commands) = geometry_of(&shape);
        assert_eq!(kind, POLYGON);
        assert_eq!(
            commands,
            [
                9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15, 9, 22, 2, 26, 18, 0, 0, 18, 17, 0, 15, 9, 4,
                13, 26, 0, 8, 8, 0, 0, 7, 15
            ]
        );
        // Section 4.3.5.1: a point.
        assert_eq!(geometry_of(&Shape::Point((25, 17))), (POINT, vec![9, 50, 34]));
    }

    #[test]
    fn keys_and_values_are_kept_once() {
        let feature = |n: i64| TileFeature {
            shape: Shape::Point((n as i32, 1)),
            properties: vec![
                ("name".into(), Value::Text("网格".into())),
                ("n".into(), Value::Integer(-n)),
                ("rate".into(), Value::Number(0.5)),
                ("known".into(), Value::Flag(true)),
            ],
        };
        let layer = only_layer(&write_tile("areas", &[feature(1), feature(2)]));
        assert_eq!((layer.version, layer.name.as_str(), layer.extent), (2, "areas", Some(4_096)));
        assert_eq!(layer.keys, ["name", "n", "rate", "known"]);
        assert_eq!(layer.values.len(), 5);
        assert_eq!(layer.features[0].tags, [0, 0, 1, 1, 2, 2, 3, 3]);
        assert_eq!(layer.features[1].tags, [0, 0, 1, 4, 2, 2, 3, 3]);
        assert_eq!(layer.values[4].integer, Some(-2));
    }

    #[test]
    fn a_tile_of_nothing_is_empty() {
        assert!(write_tile("areas", &[]).is_empty());
        let nothing = TileFeature { shape: Shape::Polygons(Vec::new()), properties: Vec::new() };
        assert!(write_tile("areas", &[nothing]).is_empty());
    }
}
