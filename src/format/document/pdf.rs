//! A document as PDF: the pages of the layout, with the part of the font that they use, and the
//! characters behind the glyphs, so that what is printed can be searched and copied.

use super::font::Type;
use super::layout::{Ink, Mark, PAGE, Ring, lay_out};
use super::{Document, DocumentError};
use crate::domain::catalog::Lang;
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke};
use krilla::surface::Surface;

const OUTLINE: Ink = [0xff, 0xff, 0xff];
const HATCH: Ink = [0x8a, 0x92, 0x9c];
/// Points between the lines of the hatch of the unknown.
const HATCH_STEP: f32 = 4.0;

/// Writes the printed report.
///
/// # Errors
/// The shipped font cannot be read, or the file cannot be put together.
pub fn write_pdf(document: &Document) -> Result<Vec<u8>, DocumentError> {
    let face = Type::load()?;
    let mut pdf = krilla::Document::new();
    let settings = PageSettings::from_wh(PAGE.0, PAGE.1)
        .ok_or_else(|| DocumentError::Print("the page has no size".into()))?;
    for marks in lay_out(document, &face) {
        let mut page = pdf.start_page_with(settings.clone());
        let mut surface = page.surface();
        for mark in &marks {
            draw(&mut surface, mark, &face);
        }
        surface.finish();
        page.finish();
    }
    pdf.set_metadata(metadata_of(document));
    pdf.finish().map_err(|error| DocumentError::Print(format!("{error:?}")))
}

fn metadata_of(document: &Document) -> Metadata {
    let instant = jiff::Timestamp::from_millisecond(document.as_of.0).unwrap_or_default();
    let at = instant.to_zoned(document.zone.clone());
    // The same document gives the same bytes: it is as old as its numbers.
    let part = |number: i8| u8::try_from(number).unwrap_or(0);
    let offset = at.offset().seconds();
    let made = DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(part(at.month()))
        .day(part(at.day()))
        .hour(part(at.hour()))
        .minute(part(at.minute()))
        .second(part(at.second()))
        .utc_offset_hour(i8::try_from(offset / 3_600).unwrap_or(0))
        .utc_offset_minute(u8::try_from((offset / 60 % 60).abs()).unwrap_or(0));
    let language = if document.lang == Lang::Zh { "zh-CN" } else { "en" };
    Metadata::new()
        .title(document.title.clone())
        .language(language.into())
        .creator("Hexward".into())
        .creation_date(made)
}

fn fill_of([red, green, blue]: Ink, strength: f32) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::new(strength).unwrap_or(NormalizedF32::ONE),
        rule: FillRule::EvenOdd,
    }
}

fn stroke_of([red, green, blue]: Ink, width: f32) -> Stroke {
    Stroke { paint: rgb::Color::new(red, green, blue).into(), width, ..Stroke::default() }
}

fn draw(surface: &mut Surface<'_>, mark: &Mark, face: &Type) {
    match mark {
        Mark::Text { x, y, size, ink, text } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill_of(*ink, 1.0)));
            let glyphs = face.glyphs(text);
            let at = Point::from_xy(*x, *y);
            surface.draw_glyphs(at, &glyphs, face.font.clone(), text, *size, false);
        }
        Mark::Box { x, y, width, height, ink } => {
            let Some(rect) = Rect::from_xywh(*x, *y, *width, *height) else { return };
            let mut builder = PathBuilder::new();
            builder.push_rect(rect);
            surface.set_stroke(None);
            surface.set_fill(Some(fill_of(*ink, 1.0)));
            draw_path(surface, builder.finish());
        }
        Mark::Line { from, to, ink } => {
            surface.set_fill(None);
            surface.set_stroke(Some(stroke_of(*ink, 0.5)));
            draw_path(surface, line(*from, *to));
        }
        Mark::Area { rings, ink, strength } => draw_area(surface, rings, *ink, *strength),
    }
}

fn draw_path(surface: &mut Surface<'_>, path: Option<Path>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn line(from: (f32, f32), to: (f32, f32)) -> Option<Path> {
    let mut builder = PathBuilder::new();
    builder.move_to(from.0, from.1);
    builder.line_to(to.0, to.1);
    builder.finish()
}

fn path_of(rings: &[Ring]) -> Option<Path> {
    let mut builder = PathBuilder::new();
    for ring in rings.iter().filter(|ring| ring.len() > 2) {
        for (at, (x, y)) in ring.iter().enumerate() {
            if at == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
        }
        builder.close();
    }
    builder.finish()
}

fn draw_area(surface: &mut Surface<'_>, rings: &[Ring], ink: Option<Ink>, strength: f32) {
    let Some(path) = path_of(rings) else { return };
    match ink {
        Some(ink) => {
            surface.set_stroke(Some(stroke_of(OUTLINE, 0.4)));
            surface.set_fill(Some(fill_of(ink, strength)));
            surface.draw_path(&path);
        }
        None => hatch(surface, rings, &path),
    }
    surface.set_fill(None);
    surface.set_stroke(Some(stroke_of(HATCH, 0.25)));
    surface.draw_path(&path);
}

/// Draws slanted lines within an area.
fn hatch(surface: &mut Surface<'_>, rings: &[Ring], path: &Path) {
    let points = || rings.iter().flatten();
    let low = points().fold((f32::MAX, f32::MAX), |a, b| (a.0.min(b.0), a.1.min(b.1)));
    let high = points().fold((f32::MIN, f32::MIN), |a, b| (a.0.max(b.0), a.1.max(b.1)));
    let height = high.1 - low.1;
    surface.push_clip_path(path, &FillRule::EvenOdd);
    surface.set_fill(None);
    surface.set_stroke(Some(stroke_of(HATCH, 0.5)));
    // The lines of neighbours meet, because they begin at multiples of one step.
    let first = ((low.0 + low.1) / HATCH_STEP).floor() * HATCH_STEP - low.1;
    let mut x = first;
    while x <= high.0 + height {
        draw_path(surface, line((x, low.1), (x - height, high.1)));
        x += HATCH_STEP;
    }
    surface.pop();
}
