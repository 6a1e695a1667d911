//! What becomes of a photo: upright, stripped, within its limits, or refused.

use super::made::*;
use crate::app::photo::{PhotoError, PhotoLimits, Processed, TakenAt, process};
use crate::domain::time::Timestamp;
use bytes::Bytes;
use image::{ImageFormat, Rgb, RgbImage, RgbaImage};
use proptest::prelude::*;

fn run(bytes: &Bytes) -> Result<Processed, PhotoError> {
    process(bytes.clone(), &PhotoLimits::default())
}

fn pixels_of(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap().into_rgb8()
}

/// Whether each quadrant shows its colour; JPEG shifts it a little.
fn assert_quadrants(jpeg: &[u8], size: (u32, u32), case: &str) {
    let pixels = pixels_of(jpeg);
    assert_eq!(pixels.dimensions(), size, "{case}");
    let (w, h) = size;
    let places = [(w / 4, h / 4), (w * 3 / 4, h / 4), (w / 4, h * 3 / 4), (w * 3 / 4, h * 3 / 4)];
    for ((x, y), colour) in places.into_iter().zip([RED, GREEN, BLUE, YELLOW]) {
        let found = pixels.get_pixel(x, y).0;
        let off = found.iter().zip(colour).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(off < 40, "{case}: {found:?} at {x},{y} instead of {colour:?}");
    }
}

#[test]
fn every_orientation_comes_out_upright() {
    let seen = quadrants(64, 32);
    for orientation in 1..=8 {
        let file = stored_under(orientation, &seen);
        let block = exif_block(orientation, None, false);
        let forms = [
            ("image/jpeg", jpeg_with_exif(&file, &block)),
            ("image/png", png(&file, Some(block.clone()))),
            ("image/webp", webp(&file, Some(block))),
        ];
        for (media_type, bytes) in forms {
            let case = format!("{media_type} under {orientation}");
            let photo = run(&bytes).unwrap();
            assert_eq!(photo.media_type, media_type);
            assert_eq!((photo.width, photo.height), (64, 32), "{case}");
            assert_quadrants(&photo.public_jpeg, (64, 32), &case);
            assert_quadrants(&photo.thumb_jpeg, (64, 32), &case);
        }
    }
}

/// The markers of a JPEG up to its scan.
fn markers(jpeg: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut at = 2;
    loop {
        assert_eq!(jpeg[at], 0xff);
        found.push(jpeg[at + 1]);
        if jpeg[at + 1] == 0xda {
            return found;
        }
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
}

#[test]
fn the_copies_carry_pixels_and_nothing_else() {
    let segments = [
        segment(0xe1, &[b"Exif\0\0".to_vec(), exif_block(1, Some("+08:00"), true)].concat()),
        segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>"),
        segment(0xe2, b"ICC_PROFILE\0\x01\x01profile"),
        segment(0xed, b"Photoshop 3.0\0caption"),
        segment(0xfe, b"taken by Zhang San"),
    ];
    let photo = run(&jpeg(&quadrants(2_000, 1_000), &segments)).unwrap();
    assert!(photo.taken_position.is_some(), "the original does carry a place");
    for copy in [&photo.public_jpeg, &photo.thumb_jpeg] {
        for marker in markers(copy) {
            // JFIF header, tables, frame, scan: no application data, no comment.
            assert!(matches!(marker, 0xe0 | 0xdb | 0xc0 | 0xc4 | 0xda), "{marker:02x}");
        }
    }
}

#[test]
fn time_and_place_are_the_cameras_word() {
    let seen = quadrants(16, 16);
    let local = "2026-04-01T09:30:05".parse().unwrap();
    let instant = Timestamp::parse("2026-04-01T09:30:05+08:00").unwrap();
    for (offset, place, expected) in [
        (None, false, TakenAt::Local(local)),
        (Some("+08:00"), true, TakenAt::Instant(instant)),
        (Some("   :  "), false, TakenAt::Local(local)),
    ] {
        let photo = run(&jpeg_with_exif(&seen, &exif_block(1, offset, place))).unwrap();
        assert_eq!(photo.taken_at, Some(expected), "{offset:?}");
        assert_eq!(photo.taken_position.is_some(), place);
        if let Some((lon, lat)) = photo.taken_position {
            assert!((lon + 113.680_002_78).abs() < 1e-6, "{lon}");
            assert!((lat - 34.770_094_44).abs() < 1e-6, "{lat}");
        }
    }
    let plain = run(&jpeg(&seen, &[])).unwrap();
    assert_eq!((plain.taken_at, plain.taken_position), (None, None));
}

#[test]
fn a_file_is_what_its_bytes_are() {
    let gif = Bytes::from_static(b"GIF89a\x01\0\x01\0\0\0\0;");
    let bmp = Bytes::from_static(b"BM\x3a\0\0\0\0\0\0\0");
    let html = Bytes::from_static(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>");
    for other in [gif, bmp, html, Bytes::new()] {
        assert_eq!(run(&other), Err(PhotoError::NotAPhoto));
    }
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let small = quadrants(8, 8);
    for bytes in [png_claiming(&small, 60_000, 60_000), jpeg_claiming(&small, 65_000, 65_000)] {
        assert!(matches!(run(&bytes), Err(PhotoError::TooManyPixels { .. })));
    }
    // Within the pixels, but not within the memory.
    let limits = PhotoLimits { decode_bytes_max: 191, ..PhotoLimits::default() };
    let refused = process(png(&small, None), &limits);
    assert_eq!(refused, Err(PhotoError::TooMuchMemory { bytes: 192, bytes_max: 191 }));
}

#[test]
fn a_file_over_the_limit_is_refused_and_one_at_it_is_not() {
    let bytes = jpeg(&quadrants(8, 8), &[]);
    let size = bytes.len() as u64;
    let at = PhotoLimits { photo_bytes_max: size, photo_pixels_max: 64, ..PhotoLimits::default() };
    assert!(process(bytes.clone(), &at).is_ok());
    let below = PhotoLimits { photo_bytes_max: size - 1, ..at };
    let refused = Err(PhotoError::TooLarge { bytes: size, bytes_max: size - 1 });
    assert_eq!(process(bytes.clone(), &below), refused);
    let fewer = PhotoLimits { photo_pixels_max: 63, ..at };
    let refused = Err(PhotoError::TooManyPixels { width: 8, height: 8, pixels_max: 63 });
    assert_eq!(process(bytes, &fewer), refused);
}

#[test]
fn a_photo_that_breaks_off_anywhere_is_refused() {
    let seen = quadrants(24, 24);
    let block = exif_block(6, None, true);
    for whole in [
        jpeg_with_exif(&seen, &block),
        png(&seen, Some(block.clone())),
        webp(&seen, Some(block.clone())),
    ] {
        assert!(run(&whole).is_ok());
        for length in 0..whole.len() {
            assert!(run(&whole.slice(..length)).is_err(), "{length} of {}", whole.len());
        }
        // Phones append data of their own.
        let longer = [&whole[..], b"SEFT appended"].concat();
        assert!(run(&longer.into()).is_ok());
    }
}

#[test]
fn copies_keep_the_shape_and_are_never_enlarged() {
    for (size, public, thumb) in [
        ((2_000, 1_000), (1_600, 800), (320, 160)),
        ((900, 1_800), (800, 1_600), (160, 320)),
        ((400, 300), (400, 300), (320, 240)),
        ((3, 5), (3, 5), (3, 5)),
        ((4_000, 1), (1_600, 1), (320, 1)),
    ] {
        let photo = run(&png(&quadrants(size.0, size.1), None)).unwrap();
        assert_eq!((photo.width, photo.height), size);
        assert_eq!(pixels_of(&photo.public_jpeg).dimensions(), public, "{size:?}");
        assert_eq!(pixels_of(&photo.thumb_jpeg).dimensions(), thumb, "{size:?}");
    }
}

#[test]
fn transparency_shows_white() {
    let clear = RgbaImage::from_pixel(16, 16, image::Rgba([0, 0, 0, 0]));
    let mut bytes = Vec::new();
    let mut target = std::io::Cursor::new(&mut bytes);
    clear.write_to(&mut target, ImageFormat::Png).unwrap();
    let photo = run(&bytes.into()).unwrap();
    let Rgb(colour) = *pixels_of(&photo.public_jpeg).get_pixel(8, 8);
    assert!(colour.iter().all(|&part| part > 250), "{colour:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_are_a_photo_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = process(bytes.into(), &PhotoLimits::default());
    }

    #[test]
    fn any_damage_is_a_photo_or_an_error(
        form in 0..3_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let seen = quadrants(16, 12);
        let block = exif_block(6, Some("+08:00"), true);
        let whole = match form {
            0 => jpeg_with_exif(&seen, &block),
            1 => png(&seen, Some(block)),
            _ => webp(&seen, Some(block)),
        };
        let mut bytes = whole.to_vec();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let limits = PhotoLimits { photo_pixels_max: 1 << 16, ..PhotoLimits::default() };
        let _ = process(bytes.into(), &limits);
    }
}
