//! A document as a workbook: a cover, and a sheet for each section. Numbers are numbers, times are
//! times in the document's zone, heads stay in sight.

use super::{Cell, Document, DocumentError, Section};
use crate::domain::catalog::Lang;
use crate::domain::time::{DAY_MS, Timestamp};
use rust_xlsxwriter::{Color, DocProperties, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use std::collections::BTreeSet;

/// The day number of 1970-01-01 in a workbook.
const EPOCH_SERIAL: f64 = 25_569.0;
/// The most characters of a sheet's name.
const NAME_CHARS_MAX: usize = 31;
/// What one part of a column's width is in characters.
const WIDTH_CHARS: f64 = 4.2;

/// How the kinds of values look.
struct Formats {
    title: Format,
    head: Format,
    count: Format,
    share: Format,
    number: Format,
    lasting: Format,
    day: Format,
    instant: Format,
    unknown: Format,
    wrapped: Format,
}

impl Formats {
    fn new() -> Self {
        let shaped = |shape: &str| Format::new().set_num_format(shape);
        Self {
            title: Format::new().set_bold().set_font_size(16),
            head: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Top)
                .set_background_color(Color::RGB(0x00E8_EEF5)),
            count: shaped("#,##0"),
            share: shaped("0.0%"),
            number: shaped("0.0"),
            lasting: shaped("[h]:mm"),
            day: shaped("yyyy-mm-dd"),
            instant: shaped("yyyy-mm-dd hh:mm"),
            unknown: Format::new()
                .set_font_color(Color::RGB(0x0077_7777))
                .set_align(FormatAlign::Right),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        }
    }
}

/// Writes the workbook.
///
/// # Errors
/// A sheet has more rows than a workbook may have.
pub fn write_xlsx(document: &Document) -> Result<Vec<u8>, DocumentError> {
    let formats = Formats::new();
    let mut workbook = Workbook::new();
    // The same document gives the same bytes.
    let made = rust_xlsxwriter::ExcelDateTime::from_timestamp(document.as_of.0.div_euclid(1_000))?;
    let properties = DocProperties::new().set_title(&document.title);
    workbook.set_properties(&properties.set_creation_datetime(&made));
    write_cover(workbook.add_worksheet(), document, &formats)?;
    let mut names = BTreeSet::from([cover_name(document).to_lowercase()]);
    for section in &document.sections {
        let name = sheet_name(&section.title, &mut names);
        let sheet = workbook.add_worksheet().set_name(name)?;
        write_sheet(sheet, document, section, &formats)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn cover_name(document: &Document) -> &'static str {
    if document.lang == Lang::Zh { "说明" } else { "About" }
}

/// A name that a sheet may have and no other has.
fn sheet_name(title: &str, known: &mut BTreeSet<String>) -> String {
    let plain: String = title.chars().filter(|c| !r"[]:*?/\'".contains(*c)).collect();
    let mut name: String = plain.chars().take(NAME_CHARS_MAX).collect();
    let mut number = 2;
    while !known.insert(name.to_lowercase()) {
        name = plain.chars().take(NAME_CHARS_MAX - 4).collect();
        name.push_str(&format!(" {number}"));
        number += 1;
    }
    name
}

fn write_cover(sheet: &mut Worksheet, document: &Document, f: &Formats) -> Result<(), XlsxError> {
    sheet.set_name(cover_name(document))?;
    sheet.set_column_width(0, 28)?.set_column_width(1, 110)?;
    sheet.write_with_format(0, 0, &document.title, &f.title)?;
    let mut row = 1;
    for line in &document.head {
        sheet.write(row, 0, line)?;
        row += 1;
    }
    row += 1;
    for section in &document.sections {
        sheet.write_with_format(row, 0, &section.title, &f.head)?;
        sheet.write_with_format(row, 1, "", &f.head)?;
        for note in &section.notes {
            row += 1;
            sheet.write_with_format(row, 1, note, &f.wrapped)?;
        }
        row += 1;
    }
    Ok(())
}

fn write_sheet(
    sheet: &mut Worksheet,
    document: &Document,
    section: &Section,
    f: &Formats,
) -> Result<(), XlsxError> {
    let table = &section.table;
    for (at, column) in (0u16..).zip(&table.columns) {
        sheet.write_with_format(0, at, &column.title, &f.head)?;
        sheet.set_column_width(at, (f64::from(column.width) * WIDTH_CHARS).max(8.0))?;
    }
    for (row, cells) in (1u32..).zip(&table.rows) {
        for (at, cell) in (0u16..).zip(cells) {
            write_cell(sheet, (row, at), cell, (document, f))?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    let last = table.columns.len().saturating_sub(1);
    if let (false, Ok(last), Ok(rows)) =
        (table.rows.is_empty(), u16::try_from(last), u32::try_from(table.rows.len()))
    {
        sheet.autofilter(0, 0, rows, last)?;
    }
    sheet.set_landscape().set_paper_size(9).set_repeat_rows(0, 0)?.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// The day number of an instant in the document's zone; the time is its fraction.
fn serial_of(at: Timestamp, document: &Document) -> f64 {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let offset = document.zone.to_offset(instant).seconds();
    EPOCH_SERIAL + (at.0 as f64 + f64::from(offset) * 1_000.0) / DAY_MS as f64
}

fn write_cell(
    sheet: &mut Worksheet,
    (row, at): (u32, u16),
    cell: &Cell,
    (document, f): (&Document, &Formats),
) -> Result<(), XlsxError> {
    let (number, format) = match cell {
        Cell::Text(text) => return sheet.write_string(row, at, text).map(drop),
        Cell::Empty => return Ok(()),
        Cell::Unknown => {
            let text = document.show(cell);
            return sheet.write_with_format(row, at, text, &f.unknown).map(drop);
        }
        Cell::Count(n) => (*n as f64, &f.count),
        Cell::Share(share) => (*share, &f.share),
        Cell::Number(number) => (*number, &f.number),
        Cell::Lasting(ms) => (*ms as f64 / DAY_MS as f64, &f.lasting),
        Cell::Day(day) => (EPOCH_SERIAL + f64::from(day.0), &f.day),
        Cell::At(at) => (serial_of(*at, document), &f.instant),
    };
    sheet.write_number_with_format(row, at, number, format).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sheets_have_names_that_a_workbook_takes() {
        let mut known = BTreeSet::new();
        let long = "按区域：网格/社区[全部]*?按区域按区域按区域按区域按区域按区域";
        let name = sheet_name(long, &mut known);
        assert!(name.chars().count() <= NAME_CHARS_MAX && !name.contains('['), "{name}");
        let again = sheet_name(long, &mut known);
        assert!(again.chars().count() <= NAME_CHARS_MAX && again != name, "{again}");
    }
}
