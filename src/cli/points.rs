//! Placing the points of a CSV stream: blocks of whole records go round the processor's cores and
//! come back in order, so memory stays constant and the output keeps the order of the input.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use geo::Coord;

use super::locate::Placer;
use crate::domain::datum::Datum;
use crate::domain::territory::position::{Position, PositionError};
use crate::format::without_bom;

/// Bytes of input that are placed at a time.
const BLOCK_BYTES: usize = 1 << 18;
/// The longest record. More means a quotation mark that is never closed.
const RECORD_BYTES_MAX: usize = 16 << 20;
/// Blocks that may wait for each core, on either side.
const BLOCKS_WAITING_MAX: usize = 4;
/// Bad lines of one block that are described; all are counted.
const BAD_LINES_TOLD_MAX: usize = 100;

/// The names of the columns with the position, in degrees.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    pub lon: &'a str,
    pub lat: &'a str,
}

/// Why a file of points cannot be placed.
#[derive(Debug, thiserror::Error)]
pub enum PointsError {
    #[error("cannot be read: {0}")]
    Read(std::io::Error),
    #[error("the output cannot be written: {0}")]
    Write(std::io::Error),
    #[error("there is no column {wanted:?}; the columns are {}", present.join(", "))]
    NoColumn { wanted: String, present: Vec<String> },
    #[error("it is empty; a header with the names of the columns is needed")]
    NoHeader,
    #[error("it is in UTF-16; save it as UTF-8")]
    Utf16,
    #[error("the record at line {line} has over {RECORD_BYTES_MAX} bytes: is a quote not closed?")]
    LongRecord { line: u64 },
}

/// A line whose position cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// The line of the file on which the record begins; the header is on line 1.
    pub line: u64,
    pub reason: String,
}

/// What became of the points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    pub rows: u64,
    pub placed: u64,
    pub outside: u64,
    pub bad: u64,
}

/// Copies a CSV and appends the column `code`: the codes of the areas at each point in order of
/// their text, joined by `;`. A line without a usable position keeps its place with an empty code
/// and is told to `tell`. Blank lines are no records.
///
/// # Errors
/// The input cannot be read, lacks a header or a column, or the output cannot be written.
pub fn place_points(
    input: impl Read + Send,
    mut output: impl Write,
    columns: &Columns<'_>,
    datum: Datum,
    placer: &Placer,
    tell: &mut impl FnMut(&BadLine),
) -> Result<Summary, PointsError> {
    let mut blocks = Blocks::new(input);
    let Some(mut first) = blocks.next_block()? else { return Err(PointsError::NoHeader) };
    let header = take_header(&mut first)?;
    let plan = Plan::new(&header, columns, datum, placer)?;
    output.write_all(&header_line(&header)).map_err(PointsError::Write)?;

    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let (mut senders, mut receivers) = (Vec::new(), Vec::new());
        for _ in 0..cores {
            let (send_block, blocks) = sync_channel(BLOCKS_WAITING_MAX);
            let (send_placed, placed) = sync_channel(BLOCKS_WAITING_MAX);
            let plan = &plan;
            scope.spawn(move || place_blocks(plan, &blocks, &send_placed));
            senders.push(send_block);
            receivers.push(placed);
        }
        let reader = scope.spawn(move || deal_blocks(first, blocks, &senders));
        let summary = write_blocks(&receivers, &mut output, tell);
        // With nobody left to take them, blocks that are still under way are given up.
        drop(receivers);
        match reader.join() {
            Ok(read) => read.and(summary),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Records as read, from the one that begins on `line`.
struct Block {
    bytes: Vec<u8>,
    line: u64,
}

struct PlacedBlock {
    bytes: Vec<u8>,
    summary: Summary,
    bad_lines: Vec<BadLine>,
}

/// Deals blocks to the cores in turn until there are no more, or nobody wants them.
fn deal_blocks(
    first: Block,
    mut blocks: Blocks<impl Read>,
    cores: &[SyncSender<Block>],
) -> Result<(), PointsError> {
    let mut next = Some(first);
    for core in cores.iter().cycle() {
        let Some(block) = next else { break };
        if core.send(block).is_err() {
            break;
        }
        next = blocks.next_block()?;
    }
    Ok(())
}

fn place_blocks(plan: &Plan<'_>, blocks: &Receiver<Block>, placed: &SyncSender<PlacedBlock>) {
    for block in blocks {
        if placed.send(plan.place_block(&block)).is_err() {
            return;
        }
    }
}

/// Takes blocks from the cores in the turn in which they were dealt.
fn write_blocks(
    cores: &[Receiver<PlacedBlock>],
    output: &mut impl Write,
    tell: &mut impl FnMut(&BadLine),
) -> Result<Summary, PointsError> {
    let mut total = Summary::default();
    for core in cores.iter().cycle() {
        let Ok(block) = core.recv() else { break };
        output.write_all(&block.bytes).map_err(PointsError::Write)?;
        block.bad_lines.iter().for_each(&mut *tell);
        total.rows += block.summary.rows;
        total.placed += block.summary.placed;
        total.outside += block.summary.outside;
        total.bad += block.summary.bad;
    }
    output.flush().map_err(PointsError::Write)?;
    Ok(total)
}

/// Cuts a stream into blocks of whole records.
struct Blocks<R> {
    input: R,
    /// Bytes read and not yet given out.
    held: Vec<u8>,
    line: u64,
    at_end: bool,
}

impl<R: Read> Blocks<R> {
    fn new(input: R) -> Self {
        Self { input, held: Vec::new(), line: 1, at_end: false }
    }

    fn next_block(&mut self) -> Result<Option<Block>, PointsError> {
        let mut scan = Scan::default();
        loop {
            if !self.at_end {
                let mut more = (&mut self.input).take(BLOCK_BYTES as u64);
                let read = more.read_to_end(&mut self.held).map_err(PointsError::Read)?;
                self.at_end = read < BLOCK_BYTES;
            }
            scan.go_on(&self.held);
            let end = if self.at_end { self.held.len() } else { scan.records_end };
            if end > 0 {
                let rest = self.held.split_off(end);
                let bytes = std::mem::replace(&mut self.held, rest);
                let line = self.line;
                self.line += bytes.iter().filter(|b| **b == b'\n').count() as u64;
                return Ok(Some(Block { bytes, line }));
            }
            if self.at_end {
                return Ok(None);
            }
            if self.held.len() > RECORD_BYTES_MAX {
                return Err(PointsError::LongRecord { line: self.line });
            }
        }
    }
}

/// Finds where records end: at a line feed outside of quotation marks. A mark opens a quotation
/// only at the start of a field.
#[derive(Default)]
struct Scan {
    scanned: usize,
    records_end: usize,
    state: ScanState,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum ScanState {
    #[default]
    FieldStart,
    Plain,
    Quoted,
    Closed,
}

impl Scan {
    fn go_on(&mut self, bytes: &[u8]) {
        for (at, byte) in bytes.iter().enumerate().skip(self.scanned) {
            self.state = match (self.state, byte) {
                (ScanState::Quoted, b'"') => ScanState::Closed,
                (ScanState::Quoted, _) => ScanState::Quoted,
                // A doubled mark within a quotation closes it and opens it again.
                (ScanState::FieldStart | ScanState::Closed, b'"') => ScanState::Quoted,
                (_, b',') => ScanState::FieldStart,
                (_, b'\n') => {
                    self.records_end = at + 1;
                    ScanState::FieldStart
                }
                _ => ScanState::Plain,
            };
        }
        self.scanned = bytes.len();
    }
}

/// Removes the header from the first block.
fn take_header(block: &mut Block) -> Result<csv::ByteRecord, PointsError> {
    if block.bytes.starts_with(b"\xff\xfe") || block.bytes.starts_with(b"\xfe\xff") {
        return Err(PointsError::Utf16);
    }
    let text = without_bom(&block.bytes);
    let mut reader = csv_reader(text);
    let mut header = csv::ByteRecord::new();
    let found = reader.read_byte_record(&mut header).map_err(|e| PointsError::Read(e.into()))?;
    if !found {
        return Err(PointsError::NoHeader);
    }
    let end = block.bytes.len() - text.len() + reader.position().byte() as usize;
    block.line += reader.position().line() - 1;
    block.bytes.drain(..end.min(block.bytes.len()));
    Ok(header)
}

fn header_line(header: &csv::ByteRecord) -> Vec<u8> {
    let mut line = csv_writer(Vec::new());
    let fields = header.iter().chain(std::iter::once(b"code".as_slice()));
    // Writing to memory does not fail.
    let _ = line.write_record(fields);
    line.into_inner().unwrap_or_default()
}

fn csv_reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes)
}

fn csv_writer(bytes: Vec<u8>) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().has_headers(false).flexible(true).from_writer(bytes)
}

/// What is the same for all blocks.
struct Plan<'p> {
    fields: usize,
    lon: usize,
    lat: usize,
    datum: Datum,
    placer: &'p Placer,
}

impl<'p> Plan<'p> {
    fn new(
        header: &csv::ByteRecord,
        columns: &Columns<'_>,
        datum: Datum,
        placer: &'p Placer,
    ) -> Result<Self, PointsError> {
        let names: Vec<String> = header.iter().map(column_name).collect();
        let find = |wanted: &str| {
            names.iter().position(|name| name == wanted.trim()).ok_or_else(|| {
                PointsError::NoColumn { wanted: wanted.to_owned(), present: names.clone() }
            })
        };
        let (lon, lat) = (find(columns.lon)?, find(columns.lat)?);
        Ok(Self { fields: header.len(), lon, lat, datum, placer })
    }

    fn place_block(&self, block: &Block) -> PlacedBlock {
        let mut reader = csv_reader(&block.bytes);
        let mut writer = csv_writer(Vec::with_capacity(block.bytes.len() * 5 / 4 + 64));
        let mut summary = Summary::default();
        let mut bad_lines = Vec::new();
        let (mut record, mut slots, mut code) = (csv::ByteRecord::new(), Vec::new(), Vec::new());
        // Bytes in memory neither fail to be read nor to be written.
        while matches!(reader.read_byte_record(&mut record), Ok(true)) {
            summary.rows += 1;
            code.clear();
            match self.position_of(&record) {
                Ok(place) => {
                    let (x, y) = self.datum.to_wgs84(place.lon(), place.lat());
                    let found = self.placer.append_codes(Coord { x, y }, &mut slots, &mut code);
                    *(if found { &mut summary.placed } else { &mut summary.outside }) += 1;
                }
                Err(reason) => {
                    summary.bad += 1;
                    if bad_lines.len() < BAD_LINES_TOLD_MAX {
                        let line = record.position().map_or(0, csv::Position::line);
                        bad_lines.push(BadLine { line: block.line + line - 1, reason });
                    }
                }
            }
            // A short record is filled up, so that the code stands in its column.
            let missing = self.fields.saturating_sub(record.len());
            let filling = std::iter::repeat_n(b"".as_slice(), missing);
            let fields = record.iter().chain(filling).chain(std::iter::once(code.as_slice()));
            let _ = writer.write_record(fields);
        }
        PlacedBlock { bytes: writer.into_inner().unwrap_or_default(), summary, bad_lines }
    }

    fn position_of(&self, record: &csv::ByteRecord) -> Result<Position, String> {
        if record.len() > self.fields {
            let (has, expected) = (record.len(), self.fields);
            return Err(format!("it has {has} fields, the header has {expected}"));
        }
        let lon = parse_degrees(record.get(self.lon), "longitude")?;
        let lat = parse_degrees(record.get(self.lat), "latitude")?;
        Position::new(lon, lat).map_err(|error: PositionError| error.to_string())
    }
}

fn parse_degrees(field: Option<&[u8]>, what: &str) -> Result<f64, String> {
    let text = field.map(<[u8]>::trim_ascii).unwrap_or_default();
    if text.is_empty() {
        return Err(format!("it has no {what}"));
    }
    let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| {
        let text: String = String::from_utf8_lossy(text).chars().take(40).collect();
        format!("the {what} {text:?} is not a number")
    })
}

/// A column's name as a person would write it. Spreadsheets in China write GBK.
fn column_name(field: &[u8]) -> String {
    let name = match std::str::from_utf8(field) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(field).0.into_owned(),
    };
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64) -> geo::MultiPolygon<f64> {
        geo::MultiPolygon(vec![geo::Rect::new((x, y), (x + 2.0, y + 2.0)).to_polygon()])
    }

    fn place(text: &[u8]) -> (Result<Summary, PointsError>, String, Vec<BadLine>) {
        let codes = ["b".to_owned(), "a,\"x\"".to_owned(), "b".to_owned()];
        let placer = Placer::new(&[square(0., 0.), square(1., 1.), square(1., 0.)], &codes);
        let columns = Columns { lon: "lon", lat: "lat" };
        let (mut output, mut bad) = (Vec::new(), Vec::new());
        let told = &mut |line: &BadLine| bad.push(line.clone());
        let summary = place_points(text, &mut output, &columns, Datum::Wgs84, &placer, told);
        (summary, String::from_utf8_lossy(&output).into_owned(), bad)
    }

    #[test]
    fn rows_keep_their_columns_and_get_a_code() {
        let text = "\u{feff}name,lat,lon\r\n\"a, \"\"b\"\"\n c\",0.5,0.5\r\nx,1.5,1.5\n\ny,9,9";
        let (summary, output, bad) = place(text.as_bytes());
        let want = "name,lat,lon,code\n\"a, \"\"b\"\"\n c\",0.5,0.5,b\n\
                    x,1.5,1.5,\"a,\"\"x\"\";b\"\ny,9,9,\n";
        assert_eq!(output, want);
        assert_eq!(summary.unwrap(), Summary { rows: 3, placed: 2, outside: 1, bad: 0 });
        assert!(bad.is_empty());
    }

    #[test]
    fn a_bad_line_is_kept_and_named() {
        let text = b"lon,lat,note\n1,1,\"two\nlines\"\nx,1,\n,1,\n1\n1,100,\n0,0,0,0\nnan,0,\n";
        let (summary, output, bad) = place(text);
        assert_eq!(summary.unwrap().bad, 6);
        let lines: Vec<u64> = bad.iter().map(|b| b.line).collect();
        assert_eq!(lines, [4, 5, 6, 7, 8, 9]);
        assert!(bad[3].reason.contains("swapped"), "{:?}", bad[3]);
        assert!(output.ends_with("x,1,,\n,1,,\n1,,,\n1,100,,\n0,0,0,0,\nnan,0,,\n"), "{output}");
    }

    #[test]
    fn a_missing_column_is_named_with_those_that_are_there() {
        let error = place(b"x,lat\n1,2\n").0.unwrap_err().to_string();
        assert!(error.contains("\"lon\"") && error.contains("x, lat"), "{error}");
        assert!(matches!(place(b"").0, Err(PointsError::NoHeader)));
        assert!(matches!(place(b"\xff\xfea\0").0, Err(PointsError::Utf16)));
    }

    #[test]
    fn many_blocks_come_out_in_order() {
        let mut text = String::from("id,lon,lat\n");
        for i in 0..200_000 {
            text.push_str(&format!("\"{i},\"\"\n\",{}.5,0.25\n", i % 4));
        }
        let (summary, output, _) = place(text.as_bytes());
        assert_eq!(summary.unwrap().rows, 200_000);
        let mut reader = csv::Reader::from_reader(output.as_bytes());
        for (i, record) in reader.records().enumerate() {
            let record = record.unwrap();
            assert_eq!(record[0], format!("{i},\"\n"));
            assert_eq!(&record[3], if i % 4 < 3 { "b" } else { "" }, "{i}");
        }
    }
}
