//! Where everything stands on the pages of a printed document: lines are broken, heads of tables
//! repeat, nothing is cut. Lengths are points from the upper left corner of an A4 page across.

use super::font::Type;
use super::{Cell, Document, MapFigure, Section, Table};
use crate::domain::catalog::Lang;

/// A4, across.
pub const PAGE: (f32, f32) = (841.9, 595.3);
const MARGIN: f32 = 40.0;
const TITLE: f32 = 20.0;
const HEADING: f32 = 13.0;
const BODY: f32 = 8.5;
const SMALL: f32 = 7.5;
/// Lines are this many times as high as their letters.
const LEADING: f32 = 1.4;
/// Between the rule of a cell and its text.
const PAD: f32 = 3.0;
const MAP_HEIGHT: f32 = 330.0;
/// A table begins where at least its head and this many lines find room below its heading.
const LINES_TOGETHER: f32 = 4.0;
/// The most lines of one cell: a longer text goes on in the spreadsheet.
const CELL_LINES_MAX: usize = 6;

/// A colour, red, green, blue.
pub type Ink = [u8; 3];
const BLACK: Ink = [0x1a, 0x1f, 0x26];
const GREY: Ink = [0x5a, 0x62, 0x6c];
const BRAND: Ink = [0x1d, 0x4f, 0x8c];
const RULE: Ink = [0xcc, 0xd2, 0xda];
const HEAD: Ink = [0xe8, 0xee, 0xf5];
const STRIPE: Ink = [0xf7, 0xf9, 0xfb];

/// A ring of points on the page.
pub type Ring = Vec<(f32, f32)>;

/// Something drawn.
pub enum Mark {
    Text {
        x: f32,
        y: f32,
        size: f32,
        ink: Ink,
        text: String,
    },
    Box {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
    },
    Line {
        from: (f32, f32),
        to: (f32, f32),
        ink: Ink,
    },
    /// Filled, or hatched where there is no ink.
    Area {
        rings: Vec<Ring>,
        ink: Option<Ink>,
        strength: f32,
    },
}

/// The pages, each with its marks.
pub fn lay_out(document: &Document, face: &Type) -> Vec<Vec<Mark>> {
    let mut layout = Layout { document, face, pages: vec![Vec::new()], y: MARGIN };
    layout.title();
    for section in &document.sections {
        layout.section(section);
    }
    layout.number_pages();
    layout.pages
}

struct Layout<'a> {
    document: &'a Document,
    face: &'a Type,
    pages: Vec<Vec<Mark>>,
    y: f32,
}

const fn inner() -> f32 {
    PAGE.0 - 2.0 * MARGIN
}

const fn bottom() -> f32 {
    PAGE.1 - MARGIN - 14.0
}

impl Layout<'_> {
    fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN;
    }

    fn need(&mut self, height: f32) {
        if self.y + height > bottom() {
            self.turn();
        }
    }

    /// A line of text whose upper edge is at `y`.
    fn text(&mut self, (x, y): (f32, f32), size: f32, ink: Ink, text: &str) {
        let text = self.face.plain(text);
        if !text.trim().is_empty() {
            self.put(Mark::Text { x, y: y + size, size, ink, text });
        }
    }

    fn lines(&mut self, size: f32, ink: Ink, text: &str) {
        for line in broken(self.face, text, size, inner()) {
            self.need(size * LEADING);
            self.text((MARGIN, self.y), size, ink, &line);
            self.y += size * LEADING;
        }
    }

    fn title(&mut self) {
        let document = self.document;
        self.lines(TITLE, BRAND, &document.title);
        self.y += 4.0;
        for line in &document.head {
            self.lines(BODY + 1.0, BLACK, line);
        }
        self.y += 8.0;
    }

    fn section(&mut self, section: &Section) {
        let figure = if section.figure.is_some() { MAP_HEIGHT } else { 0.0 };
        let notes = section.notes.len() as f32 * SMALL * LEADING;
        let rows = if section.table.rows.is_empty() { 0.0 } else { LINES_TOGETHER };
        self.need(HEADING * 2.0 + figure + notes + rows * BODY * LEADING * 1.6);
        self.lines(HEADING, BRAND, &section.title);
        self.y += 2.0;
        for note in &section.notes {
            self.lines(SMALL, GREY, note);
        }
        self.y += 4.0;
        if let Some(figure) = &section.figure {
            self.figure(figure);
        }
        if !section.table.columns.is_empty() {
            self.table(&section.table);
        }
        self.y += 16.0;
    }

    fn table(&mut self, table: &Table) {
        let all: f32 = table.columns.iter().map(|column| column.width).sum();
        let widths: Vec<f32> =
            table.columns.iter().map(|column| column.width / all * inner()).collect();
        self.head(table, &widths);
        for (at, row) in table.rows.iter().enumerate() {
            let cells: Vec<Vec<String>> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| self.cell_lines(&self.document.show(cell), *width))
                .collect();
            let lines = cells.iter().map(Vec::len).max().unwrap_or(1).max(1);
            let height = lines as f32 * BODY * LEADING + 2.0 * PAD;
            if self.y + height > bottom() {
                self.turn();
                self.head(table, &widths);
            }
            if at % 2 == 1 {
                self.band(height, STRIPE);
            }
            self.row(row, &cells, &widths);
            self.y += height;
            self.rule();
        }
        if table.rows.is_empty() {
            let none = if self.document.lang == Lang::Zh { "无" } else { "None" };
            self.lines(BODY, GREY, none);
        }
    }

    fn band(&mut self, height: f32, ink: Ink) {
        let y = self.y;
        self.put(Mark::Box { x: MARGIN, y, width: inner(), height, ink });
    }

    fn rule(&mut self) {
        let y = self.y;
        self.put(Mark::Line { from: (MARGIN, y), to: (MARGIN + inner(), y), ink: RULE });
    }

    fn head(&mut self, table: &Table, widths: &[f32]) {
        let titles: Vec<Vec<String>> = table
            .columns
            .iter()
            .zip(widths)
            .map(|(column, width)| broken(self.face, &column.title, SMALL, width - 2.0 * PAD))
            .collect();
        let lines = titles.iter().map(Vec::len).max().unwrap_or(1);
        let height = lines as f32 * SMALL * LEADING + 2.0 * PAD;
        self.need(height);
        self.band(height, HEAD);
        let mut x = MARGIN;
        for (at, (title, width)) in titles.iter().zip(widths).enumerate() {
            let numbers = table.rows.iter().filter_map(|row| row.get(at));
            let right = numbers.clone().any(Cell::is_number)
                && !numbers.clone().any(|cell| matches!(cell, Cell::Text(_)));
            self.cell(title, (x, *width), SMALL, right);
            x += width;
        }
        self.y += height;
        self.rule();
    }

    fn cell_lines(&self, text: &str, width: f32) -> Vec<String> {
        let mut lines = broken(self.face, text, BODY, width - 2.0 * PAD);
        if lines.len() > CELL_LINES_MAX {
            lines.truncate(CELL_LINES_MAX);
            if let Some(last) = lines.last_mut() {
                last.pop();
                last.push('…');
            }
        }
        lines
    }

    fn cell(&mut self, lines: &[String], (x, width): (f32, f32), size: f32, right: bool) {
        for (at, line) in lines.iter().enumerate() {
            let y = self.y + PAD + at as f32 * size * LEADING;
            let own = self.face.width(line, size);
            let x = if right { x + width - PAD - own } else { x + PAD };
            self.text((x, y), size, BLACK, line);
        }
    }

    fn row(&mut self, row: &[Cell], cells: &[Vec<String>], widths: &[f32]) {
        let mut x = MARGIN;
        for ((cell, lines), width) in row.iter().zip(cells).zip(widths) {
            self.cell(lines, (x, *width), BODY, cell.is_number());
            x += width;
        }
    }

    fn figure(&mut self, figure: &MapFigure) {
        let top = self.y;
        let width = inner() * 0.72;
        let inks: Vec<Ink> = figure.scale.iter().map(|(color, _)| ink_of(color)).collect();
        for (rings, shape) in projected(figure, (MARGIN, top), (width, MAP_HEIGHT - 10.0)) {
            let ink = shape.class.and_then(|class| inks.get(class).copied());
            self.put(Mark::Area { rings, ink, strength: shape.strength });
        }
        let x = MARGIN + width + 16.0;
        let mut y = top + 8.0;
        for line in broken(self.face, &figure.caption, BODY, inner() - width - 16.0) {
            self.text((x, y), BODY, BLACK, &line);
            y += BODY * LEADING;
        }
        y += 6.0;
        for ((_, label), ink) in figure.scale.iter().zip(inks) {
            self.put(Mark::Box { x, y, width: 22.0, height: 12.0, ink });
            self.text((x + 28.0, y + 1.0), BODY, BLACK, label);
            y += 17.0;
        }
        let swatch = vec![(x, y), (x + 22.0, y), (x + 22.0, y + 12.0), (x, y + 12.0)];
        self.put(Mark::Area { rings: vec![swatch], ink: None, strength: 1.0 });
        self.text((x + 28.0, y + 1.0), BODY, BLACK, &figure.unknown);
        self.y = top + MAP_HEIGHT;
    }

    fn number_pages(&mut self) {
        let all = self.pages.len();
        let (document, face) = (self.document, self.face);
        for (at, page) in self.pages.iter_mut().enumerate() {
            let number = match document.lang {
                Lang::Zh => format!("第 {} 页，共 {all} 页", at + 1),
                Lang::En => format!("Page {} of {all}", at + 1),
            };
            let y = PAGE.1 - MARGIN + 8.0;
            let x = PAGE.0 - MARGIN - face.width(&number, SMALL);
            page.push(Mark::Text { x, y, size: SMALL, ink: GREY, text: face.plain(&number) });
            let text = face.plain(&document.title);
            page.push(Mark::Text { x: MARGIN, y, size: SMALL, ink: GREY, text });
        }
    }
}

/// `#rrggbb` as a colour; black where it is none.
fn ink_of(color: &str) -> Ink {
    let part = |at: usize| color.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
    match (part(1), part(3), part(5)) {
        (Some(red), Some(green), Some(blue)) => [red, green, blue],
        _ => BLACK,
    }
}

/// The shapes on the page, as large as the box allows, without distortion at their latitude.
fn projected(
    figure: &MapFigure,
    (left, top): (f32, f32),
    (width, height): (f32, f32),
) -> Vec<(Vec<Ring>, &super::Shape)> {
    use geo::{BoundingRect, CoordsIter};
    let boxes = figure.shapes.iter().filter_map(|shape| shape.polygon.bounding_rect());
    let whole = boxes.reduce(|a, b| {
        let low = geo::coord! { x: a.min().x.min(b.min().x), y: a.min().y.min(b.min().y) };
        let high = geo::coord! { x: a.max().x.max(b.max().x), y: a.max().y.max(b.max().y) };
        geo::Rect::new(low, high)
    });
    let Some(whole) = whole else { return Vec::new() };
    let shrink = whole.center().y.to_radians().cos();
    let scale = f64::min(
        f64::from(width) / (whole.width() * shrink).max(1e-9),
        f64::from(height) / whole.height().max(1e-9),
    );
    let ring_of = |line: &geo_types::LineString<f64>| -> Ring {
        let at = |coord: geo::Coord<f64>| {
            let x = (coord.x - whole.min().x) * shrink * scale;
            let y = (whole.max().y - coord.y) * scale;
            (left + x as f32, top + y as f32)
        };
        line.coords_iter().map(at).collect()
    };
    let rings_of = |shape: &super::Shape| {
        let rings = shape.polygon.iter().flat_map(|polygon| {
            std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring_of)
        });
        rings.collect()
    };
    figure.shapes.iter().map(|shape| (rings_of(shape), shape)).collect()
}

/// Whether a line may be broken before `c`, whatever stands before it.
fn breaks_before(c: char) -> bool {
    ('\u{2e80}'..='\u{ffef}').contains(&c) && !"，。；：、！？）》」』”’%℃…".contains(c)
}

/// A text in lines that are at most `width` wide: broken at spaces and between Chinese characters,
/// and within a word that is too long for a line.
pub fn broken(face: &Type, text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for part in text.lines() {
        let (mut line, mut used) = (String::new(), 0.0);
        for word in words(part) {
            let own = face.width(word, size);
            if used + own <= width {
                line.push_str(word);
                used += own;
                continue;
            }
            if !line.trim().is_empty() {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0.0;
            }
            for c in word.chars() {
                let own = face.advance(c) * size;
                if used + own > width && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                    used = 0.0;
                }
                if !(line.is_empty() && c == ' ') {
                    line.push(c);
                    used += own;
                }
            }
        }
        if !line.trim().is_empty() {
            lines.push(line.trim_end().to_owned());
        }
    }
    lines
}

/// The parts between which a line may be broken.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, c) in text.char_indices() {
        let after_space = before == Some(' ') && c != ' ';
        let beside =
            before.is_some_and(breaks_before) && !"，。；：、！？）》」』”’%℃…".contains(c);
        if at > start && (after_space || breaks_before(c) || beside) {
            words.push(&text[start..at]);
            start = at;
        }
        before = Some(c);
    }
    if start < text.len() {
        words.push(&text[start..]);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn breaking_a_text_loses_nothing_and_keeps_to_the_width(
            text in "[a-z网格，。 0-9]{0,60}",
            width in 30.0f32..200.0,
        ) {
            let face = Type::load().unwrap();
            let lines = broken(&face, &text, 10.0, width);
            let plain = |text: &str| text.replace(' ', "");
            prop_assert_eq!(plain(&lines.concat()), plain(&text));
            for line in &lines {
                prop_assert!(face.width(line, 10.0) <= width + 0.1, "{line:?} of {text:?}");
            }
        }
    }

    #[test]
    fn a_mark_stays_with_the_word_before_it() {
        let face = Type::load().unwrap();
        let lines = broken(&face, "网格员上报，部门处置。", 10.0, 50.0);
        assert!(lines.iter().all(|line| !line.starts_with(['，', '。'])), "{lines:?}");
    }
}
