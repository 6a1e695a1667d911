//! Drawn pictures for some of the generated issues: plain shapes, marked as generated, so that
//! nobody takes one for a photo of a real place.

use super::opening::DRAWN;
use super::play::PlannedPhoto;
use crate::demo::load::DemoError;
use crate::demo::rng::Rng;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageEncoder, Rgb, RgbImage};

const SIZE: (u32, u32) = (640, 480);
const QUALITY: u8 = 82;
/// Pixels of the picture for each dot of a letter.
const DOT: u32 = 5;
const MARK: &str = "GENERATED DEMO";

/// The letters of [`MARK`], five dots wide and seven high, a bit for each dot, the left one first.
const LETTERS: [(char, [u8; 7]); 10] = [
    ('G', [0x0e, 0x11, 0x10, 0x17, 0x11, 0x11, 0x0f]),
    ('E', [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f]),
    ('N', [0x11, 0x19, 0x15, 0x13, 0x11, 0x11, 0x11]),
    ('R', [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11]),
    ('A', [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11]),
    ('T', [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04]),
    ('D', [0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e]),
    ('M', [0x11, 0x1b, 0x15, 0x15, 0x11, 0x11, 0x11]),
    ('O', [0x0e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x0e]),
    (' ', [0; 7]),
];

type Colour = [u8; 3];
const WALL: Colour = [222, 214, 200];
const ROAD: Colour = [112, 116, 122];
const KERB: Colour = [190, 190, 186];
const STEEL: Colour = [245, 246, 248];
const HOLE: Colour = [52, 50, 48];
const BAND: Colour = [255, 255, 255];
const INK: Colour = [176, 32, 38];

/// A picture as JPEG: the state that was reported, or the one after handling.
///
/// # Errors
/// The encoder fails.
pub fn draw(category: &str, planned: &PlannedPhoto) -> Result<Vec<u8>, DemoError> {
    let after = planned.purpose == "after";
    let mut rng = Rng::new(planned.id.0 as u64, "photo");
    let mut picture = RgbImage::from_pixel(SIZE.0, SIZE.1, Rgb(WALL));
    fill(&mut picture, (0, 250, SIZE.0, 30), KERB);
    fill(&mut picture, (0, 280, SIZE.0, 200), ROAD);
    let at = rng.below(200) as u32 + 160;
    match DRAWN.iter().position(|drawn| *drawn == category) {
        Some(0) => draw_fence(&mut picture, at, after),
        Some(1) if !after => draw_bags(&mut picture, at, &mut rng),
        Some(2) if !after => draw_hole(&mut picture, at),
        _ => {}
    }
    write_mark(&mut picture);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .write_image(&picture, SIZE.0, SIZE.1, image::ExtendedColorType::Rgb8)
        .map_err(|error| DemoError::File("a drawn photo", error.to_string()))?;
    Ok(jpeg)
}

/// Fills the box at x, y of a width and height; what lies beyond the picture is left out.
fn fill(picture: &mut RgbImage, (x, y, width, height): (u32, u32, u32, u32), colour: Colour) {
    for row in y..(y + height).min(SIZE.1) {
        for column in x..(x + width).min(SIZE.0) {
            picture.put_pixel(column, row, Rgb(colour));
        }
    }
}

/// A fence along the kerb; before, a part of it lies on the road.
fn draw_fence(picture: &mut RgbImage, at: u32, whole: bool) {
    let broken = at..at + 150;
    for post in (0..SIZE.0).step_by(40) {
        if whole || !broken.contains(&post) {
            fill(picture, (post, 170, 8, 100), STEEL);
            fill(picture, (post, 180, 40, 7), STEEL);
            fill(picture, (post, 225, 40, 7), STEEL);
        }
    }
    if !whole {
        fill(picture, (at, 320, 150, 8), STEEL);
        fill(picture, (at + 20, 300, 8, 70), STEEL);
        fill(picture, (at + 90, 305, 8, 60), STEEL);
    }
}

fn draw_bags(picture: &mut RgbImage, at: u32, rng: &mut Rng) {
    const COLOURS: [Colour; 4] = [[30, 30, 34], [40, 90, 60], [150, 120, 60], [70, 80, 120]];
    for _ in 0..14 {
        let colour = rng.pick(&COLOURS).copied().unwrap_or(HOLE);
        let (x, y) = (at + rng.below(160) as u32, 190 + rng.below(70) as u32);
        let side = 30 + rng.below(30) as u32;
        fill(picture, (x, y, side, side), colour);
    }
}

/// A dark round spot on the road.
fn draw_hole(picture: &mut RgbImage, at: u32) {
    let (x, y) = (i64::from(at) + 60, 370_i64);
    for (column, row, pixel) in picture.enumerate_pixels_mut() {
        let (dx, dy) = (i64::from(column) - x, 2 * (i64::from(row) - y));
        if dx * dx + dy * dy < 85 * 85 {
            *pixel = Rgb(HOLE);
        }
    }
}

/// Writes [`MARK`] across a white band at the top.
fn write_mark(picture: &mut RgbImage) {
    fill(picture, (0, 20, SIZE.0, 9 * DOT), BAND);
    let wide = MARK.len() as u32 * 6 * DOT;
    let left = (SIZE.0 - wide) / 2;
    for (n, letter) in (0_u32..).zip(MARK.chars()) {
        let Some((_, rows)) = LETTERS.iter().find(|(known, _)| *known == letter) else { continue };
        for (y, row) in (0_u32..).zip(rows) {
            for x in (0..5).filter(|x| row >> (4 - x) & 1 == 1) {
                fill(picture, (left + (n * 6 + x) * DOT, 25 + y * DOT, DOT, DOT), INK);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::AttachmentId;
    use crate::domain::time::Timestamp;

    #[test]
    fn every_picture_carries_the_mark_and_before_differs_from_after() {
        for category in DRAWN {
            let picture = |purpose| {
                let planned = PlannedPhoto { id: AttachmentId(7), purpose, at: Timestamp(0) };
                image::load_from_memory(&draw(category, &planned).unwrap()).unwrap().to_rgb8()
            };
            let (before, after) = (picture("report"), picture("after"));
            assert!(before != after, "{category}");
            for picture in [before, after] {
                let band = (0..SIZE.0).map(|x| picture.get_pixel(x, 42).0);
                let inked = band.filter(|p| p[0] > 140 && p[1] < 100).count();
                assert!(inked > 60, "{category}: {inked}");
            }
        }
    }

    #[test]
    fn every_letter_of_the_mark_is_drawn() {
        assert!(MARK.chars().all(|letter| LETTERS.iter().any(|(known, _)| *known == letter)));
    }
}
