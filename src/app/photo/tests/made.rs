//! Small photos with the metadata that the tests are about.

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ImageEncoder, Rgb, RgbImage};

pub const RED: [u8; 3] = [230, 20, 20];
pub const GREEN: [u8; 3] = [20, 230, 20];
pub const BLUE: [u8; 3] = [20, 20, 230];
pub const YELLOW: [u8; 3] = [230, 230, 20];

/// What is seen: red and green above, blue and yellow below.
pub fn quadrants(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        })
    })
}

/// How a camera stores what is `seen` under an EXIF orientation: where the file's first row and
/// first column lie in what is seen is the definition of the tag (EXIF 2.3 §4.6.4).
pub fn stored_under(orientation: u16, seen: &RgbImage) -> RgbImage {
    let (w, h) = seen.dimensions();
    let (width, height) = if orientation >= 5 { (h, w) } else { (w, h) };
    RgbImage::from_fn(width, height, |x, y| {
        let (seen_x, seen_y) = match orientation {
            1 => (x, y),
            2 => (w - 1 - x, y),
            3 => (w - 1 - x, h - 1 - y),
            4 => (x, h - 1 - y),
            5 => (y, x),
            6 => (w - 1 - y, x),
            7 => (w - 1 - y, h - 1 - x),
            8 => (y, h - 1 - x),
            other => panic!("there is no orientation {other}"),
        };
        *seen.get_pixel(seen_x, seen_y)
    })
}

/// One entry of an EXIF directory: tag, type, count, and its value in little-endian bytes.
type Entry = (u16, u16, u32, Vec<u8>);

fn text(tag: u16, value: &str) -> Entry {
    let bytes = [value.as_bytes(), b"\0"].concat();
    (tag, 2, bytes.len() as u32, bytes)
}

fn rationals(tag: u16, values: &[(u32, u32)]) -> Entry {
    let bytes = values.iter().flat_map(|(n, d)| [n.to_le_bytes(), d.to_le_bytes()].concat());
    (tag, 5, values.len() as u32, bytes.collect())
}

/// A directory that begins at `start` of the block; values over four bytes follow it.
fn directory(start: usize, entries: &[Entry]) -> Vec<u8> {
    let mut table = (entries.len() as u16).to_le_bytes().to_vec();
    let mut heap: Vec<u8> = Vec::new();
    let heap_start = start + 2 + 12 * entries.len() + 4;
    for (tag, kind, count, value) in entries {
        table.extend(tag.to_le_bytes());
        table.extend(kind.to_le_bytes());
        table.extend(count.to_le_bytes());
        if value.len() <= 4 {
            let mut inline = value.clone();
            inline.resize(4, 0);
            table.extend(inline);
        } else {
            table.extend(((heap_start + heap.len()) as u32).to_le_bytes());
            heap.extend(value);
        }
    }
    table.extend(0_u32.to_le_bytes());
    table.extend(heap);
    table
}

/// What a camera writes: an orientation, a local time with or without offset, a place.
pub fn exif_block(orientation: u16, offset: Option<&str>, with_place: bool) -> Vec<u8> {
    let mut camera = vec![text(0x9003, "2026:04:01 09:30:05")];
    camera.extend(offset.map(|offset| text(0x9011, offset)));
    let place = [
        text(1, "N"),
        rationals(2, &[(34, 1), (46, 1), (1_234, 100)]),
        text(3, "W"),
        rationals(4, &[(113, 1), (40, 1), (4_801, 100)]),
    ];
    let pointer = |tag: u16, to: usize| -> Entry { (tag, 4, 1, (to as u32).to_le_bytes().into()) };
    let root = |camera_at: usize, place_at: usize| {
        let mut entries =
            vec![(0x0112, 3, 1, orientation.to_le_bytes().to_vec()), pointer(0x8769, camera_at)];
        if with_place {
            entries.push(pointer(0x8825, place_at));
        }
        directory(8, &entries)
    };
    let camera_at = 8 + root(0, 0).len();
    let camera = directory(camera_at, &camera);
    let place_at = camera_at + camera.len();
    let place = if with_place { directory(place_at, &place) } else { Vec::new() };
    [b"II*\0\x08\0\0\0".to_vec(), root(camera_at, place_at), camera, place].concat()
}

/// A JPEG segment: marker, length, content.
pub fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker], &length[..], content].concat()
}

/// A JPEG with these segments right after its start.
pub fn jpeg(pixels: &RgbImage, segments: &[Vec<u8>]) -> Bytes {
    let mut plain = Vec::new();
    JpegEncoder::new_with_quality(&mut plain, 95).encode_image(pixels).unwrap();
    [&plain[..2], &segments.concat(), &plain[2..]].concat().into()
}

pub fn jpeg_with_exif(pixels: &RgbImage, block: &[u8]) -> Bytes {
    jpeg(pixels, &[segment(0xe1, &[b"Exif\0\0", block].concat())])
}

pub fn png(pixels: &RgbImage, block: Option<Vec<u8>>) -> Bytes {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    if let Some(block) = block {
        encoder.set_exif_metadata(block).unwrap();
    }
    write(encoder, pixels);
    bytes.into()
}

pub fn webp(pixels: &RgbImage, block: Option<Vec<u8>>) -> Bytes {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    if let Some(block) = block {
        encoder.set_exif_metadata(block).unwrap();
    }
    write(encoder, pixels);
    bytes.into()
}

fn write(encoder: impl ImageEncoder, pixels: &RgbImage) {
    let (width, height) = pixels.dimensions();
    encoder.write_image(pixels, width, height, image::ExtendedColorType::Rgb8).unwrap();
}

/// The checksum of PNG chunks, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

/// The same PNG, whose header now claims another size, with a right checksum.
pub fn png_claiming(pixels: &RgbImage, width: u32, height: u32) -> Bytes {
    let mut bytes = png(pixels, None).to_vec();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes.into()
}

/// The same JPEG, whose frame header now claims another size.
pub fn jpeg_claiming(pixels: &RgbImage, width: u16, height: u16) -> Bytes {
    let mut bytes = jpeg(pixels, &[]).to_vec();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes.into()
}
