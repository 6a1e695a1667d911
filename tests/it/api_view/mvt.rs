//! A reader of vector tiles, written from the specification alone and apart from the writer.

use std::collections::BTreeMap;

/// A feature: its kind of geometry, its rings or points, and its properties as texts.
#[derive(Debug)]
pub struct Feature {
    pub kind: u64,
    pub parts: Vec<Vec<(i64, i64)>>,
    /// Whether each part was closed.
    pub closed: Vec<bool>,
    pub properties: BTreeMap<String, String>,
}

/// The only layer of a tile.
#[derive(Debug)]
pub struct Layer {
    pub name: String,
    pub extent: u64,
    pub features: Vec<Feature>,
}

enum Field<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Double(f64),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let (byte, rest) = bytes.split_first().expect("a varint ends");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return value;
        }
    }
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut bytes)),
            1 => {
                let (eight, rest) = bytes.split_at(8);
                bytes = rest;
                Field::Double(f64::from_le_bytes(eight.try_into().unwrap()))
            }
            2 => {
                let length = varint(&mut bytes) as usize;
                let (inner, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(inner)
            }
            other => panic!("no tile has the wire type {other}"),
        };
        out.push((key >> 3, field));
    }
    out
}

fn packed(mut bytes: &[u8]) -> Vec<u64> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        out.push(varint(&mut bytes));
    }
    out
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn value_of(bytes: &[u8]) -> String {
    match fields(bytes).pop().expect("a value") {
        (1, Field::Bytes(text)) => String::from_utf8(text.to_vec()).unwrap(),
        (3, Field::Double(number)) => number.to_string(),
        (6, Field::Varint(number)) => unzigzag(number).to_string(),
        (7, Field::Varint(flag)) => (flag == 1).to_string(),
        (tag, _) => panic!("a value with the tag {tag}"),
    }
}

/// Follows the commands; gives the parts, and whether each was closed.
fn draw(commands: &[u64]) -> (Vec<Vec<(i64, i64)>>, Vec<bool>) {
    let (mut at, mut i) = ((0, 0), 0);
    let (mut parts, mut closed): (Vec<Vec<(i64, i64)>>, Vec<bool>) = (Vec::new(), Vec::new());
    while i < commands.len() {
        let (id, count) = (commands[i] & 7, commands[i] >> 3);
        i += 1;
        if id == 7 {
            assert_eq!(count, 1);
            *closed.last_mut().expect("something to close") = true;
            continue;
        }
        for _ in 0..count {
            at = (at.0 + unzigzag(commands[i]), at.1 + unzigzag(commands[i + 1]));
            i += 2;
            if id == 1 {
                parts.push(vec![at]);
                closed.push(false);
            } else {
                assert_eq!(id, 2);
                parts.last_mut().expect("a line begins somewhere").push(at);
            }
        }
    }
    (parts, closed)
}

/// Reads a tile of one layer.
pub fn read(bytes: &[u8]) -> Layer {
    let mut layers = fields(bytes);
    let Some((3, Field::Bytes(layer))) = layers.pop() else { panic!("no layer") };
    assert!(layers.is_empty(), "one layer");
    let (mut keys, mut values, mut raw) = (Vec::new(), Vec::new(), Vec::new());
    let (mut name, mut extent, mut version) = (String::new(), 0, 0);
    for field in fields(layer) {
        match field {
            (1, Field::Bytes(text)) => name = String::from_utf8(text.to_vec()).unwrap(),
            (2, Field::Bytes(feature)) => raw.push(feature),
            (3, Field::Bytes(key)) => keys.push(String::from_utf8(key.to_vec()).unwrap()),
            (4, Field::Bytes(value)) => values.push(value_of(value)),
            (5, Field::Varint(number)) => extent = number,
            (15, Field::Varint(number)) => version = number,
            (tag, _) => panic!("a layer with the tag {tag}"),
        }
    }
    assert_eq!(version, 2);
    let features = raw.into_iter().map(|feature| {
        let (mut kind, mut tags, mut commands) = (0, Vec::new(), Vec::new());
        for field in fields(feature) {
            match field {
                (2, Field::Bytes(bytes)) => tags = packed(bytes),
                (3, Field::Varint(number)) => kind = number,
                (4, Field::Bytes(bytes)) => commands = packed(bytes),
                (tag, _) => panic!("a feature with the tag {tag}"),
            }
        }
        let pairs = tags.chunks_exact(2);
        let properties =
            pairs.map(|p| (keys[p[0] as usize].clone(), values[p[1] as usize].clone())).collect();
        let (parts, closed) = draw(&commands);
        Feature { kind, parts, closed, properties }
    });
    let features = features.collect();
    Layer { name, extent, features }
}
