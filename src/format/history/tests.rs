//! Mapping files and rows, good and bad, and the shipped Los Angeles file.

use super::*;
use crate::domain::id::DepartmentCode;
use crate::domain::issue::state::Outcome;
use crate::domain::time::{HOUR_MS, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

const LA_MAPPING: &str = include_str!("../../../geodata/la311/import.toml");
const LA_FILE: &[u8] = include_bytes!("../../../geodata/la311/requests_2020.csv");

/// The example of docs/formats.md.
const MAPPING: &str = include_str!("../../../tests/fixtures/formats/history.toml");
const EXAMPLE: &str = include_str!("../../../tests/fixtures/formats/history.csv");
const PAGE: &str = include_str!("../../../docs/formats.md");
const HEADER: &str = "no,what,state,created,handled,closed,unit,outcome,anon,x,y,text,street\n";
const GOOD: &str = "7,噪声,在办,2026-04-01 09:30,,,公安,,是,113.68,34.77,施工,一路\n";

fn mapping(text: &str) -> Mapping {
    Mapping::parse(text).unwrap()
}

/// The rows of a file, and the problems as they are told.
fn read_with(mapping: &Mapping, file: &[u8]) -> (Vec<HistoryRow>, Vec<String>) {
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    for line in HistoryReader::open(file, mapping).unwrap() {
        let line = line.unwrap();
        match line.row {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(format!("{}: {problem}", line.line)),
        }
    }
    (rows, problems)
}

fn read(rows: &str) -> (Vec<HistoryRow>, Vec<String>) {
    read_with(&mapping(MAPPING), format!("{HEADER}{rows}").as_bytes())
}

#[test]
fn the_example_of_the_page_is_read_as_it_says() {
    assert!(PAGE.contains(MAPPING) && PAGE.contains(EXAMPLE), "the page shows other files");
    let (rows, problems) = read_with(&mapping(MAPPING), EXAMPLE.as_bytes());
    assert_eq!(rows.iter().map(|row| row.external_id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let told = "4: closed: the status \"完成\" is an end, but the row has no time of it";
    assert_eq!(problems, [told]);
}

#[test]
fn a_row_says_what_its_columns_mean() {
    let (rows, problems) = read(
        "7,噪声,完成,2026-04-01 09:30,2026-04-01T08:30:00+00:00,2026-04-02 09:30,公安,调成,是,113.68,\
         34.77,\"施工,\n夜里\",一路\n",
    );
    assert_eq!(problems, [""; 0]);
    let at = |text| Timestamp::parse(text).unwrap();
    let expected = HistoryRow {
        external_id: "7".into(),
        category: crate::domain::id::CategoryCode::parse("zl-1").unwrap(),
        kind: None,
        text: "噪声：施工,\n夜里".into(),
        address: Some("一路".into()),
        position: (113.68, 34.77),
        datum: crate::domain::datum::Datum::Gcj02,
        created: at("2026-04-01T09:30:00+02:00"),
        times: KnownTimes {
            handled: Some(at("2026-04-01T08:30:00Z")),
            closed: Some(at("2026-04-02T09:30:00+02:00")),
            ..KnownTimes::default()
        },
        serviced: None,
        reached: Reached::Closed,
        status: "完成".into(),
        department: Some(DepartmentCode::parse("police").unwrap()),
        outcome: Some(Outcome::AgreementReached),
        channel: None,
        anonymous: true,
        note: None,
    };
    assert_eq!(rows, [expected]);
}

#[test]
fn a_bad_row_is_told_with_its_line_and_costs_no_other() {
    let (rows, problems) = read(
        &[
            GOOD,
            ",噪声,在办,2026-04-01 09:30,,,公安,,是,113.68,34.77,,\n",
            "2,灯,在办,2026-04-01 09:30,,,公安,,是,113.68,34.77,,\n",
            "3,噪声,停,2026-04-01 09:30,,,公安,,是,113.68,34.77,,\n",
            "4,噪声,在办,01.04.2026,,,公安,,是,113.68,34.77,,\n",
            "5,噪声,完成,2026-04-01 09:30,,2026-04-01 09:29,公安,,是,113.68,34.77,,\n",
            "6,噪声,完成,2026-04-01 09:30,,,公安,,是,113.68,34.77,,\n",
            "8,噪声,在办,2026-04-01 09:30,,2026-04-01 09:30,公安,,是,113.68,34.77,,\n",
            "9,噪声,在办,2026-04-01 09:30,,,,,是,113.68,34.77,,\n",
            "10,噪声,在办,2026-04-01 09:30,,,公安,,也许,113.68,34.77,,\n",
            "11,噪声,在办,2026-04-01 09:30,,,公安,,是,,34.77,,\n",
            "12,噪声,在办,2026-04-01 09:30,,,公安,,是,东,34.77,,\n",
            "13,噪声,在办,2026-04-01 09:30,,,公安,,是,34.77,113.68,,\n",
            "14,噪声,在办,2026-04-01 09:30,,,公安,,是,0,0.0,,\n",
            "15,噪声,在办\n",
            "7,噪声,在办,2026-04-01 09:30,,,公安,,是,113.68,34.77,,\n",
            "16,噪声,在办,2026-04-01 09:30,,,公安/x,,是,113.68,34.77,,\n",
            "17,噪声,完成,2026-04-01 09:30,,2026-04-01 09:30,公安,不详,是,113.68,34.77,,\n",
            "18,噪声,在办,2026-03-29 02:30,,,公安,,是,113.68,34.77,,\n",
            "19,噪声,在办,2026-04-01 09:30,,,公安,,是,113.68,34.77,\"open,\n20,x\n",
        ]
        .concat(),
    );
    assert_eq!(rows.len(), 1);
    let degrees = "there is no such position: 34.77, 113.68; are longitude and latitude exchanged?";
    let formats = "%Y-%m-%d %H:%M | %Y-%m-%dT%H:%M:%S%:z";
    assert_eq!(
        problems,
        [
            "3: no: a value is needed",
            "4: what: \"灯\" is not in the mapping; add it under [categories]",
            "5: state: \"停\" is not in the mapping; add it under [statuses]",
            &format!("6: created: \"01.04.2026\" is no time in any of the formats {formats}"),
            "7: closed: closed lies before created",
            "8: closed: the status \"完成\" is an end, but the row has no time of it",
            "9: closed: the status \"在办\" is open, but the row has a closing time",
            "10: unit: a value is needed",
            "11: anon: \"也许\" is not in the mapping; add it under [anonymous]",
            "12: x: the position is missing, and without one nobody is answerable; locate the \
             address",
            "13: x: \"东\" is no number of degrees",
            &format!("14: x: {degrees}"),
            "15: x: the position 0, 0 stands for a missing one",
            "16: the row has 3 fields, the header has 13",
            "17: no: \"7\" is given on line 2 already; that row stands",
            "18: unit: \"公安/x\" is no code: a code must not hold '/': white space at the ends, \
             '/', ';' and control characters are reserved",
            "19: outcome: \"不详\" is not in the mapping; add it under [outcomes]",
            "20: created: \"2026-03-29 02:30\" never was: the clocks of Europe/Berlin were put \
             forward over it",
            "21: the row has 12 fields, the header has 13 and goes over 2 lines; is a quotation \
             mark not closed?",
        ]
    );
}

#[test]
fn an_hour_that_came_twice_is_the_first_unless_the_row_says_otherwise() {
    let row = |created, closed| {
        let row = format!("1,噪声,完成,{created},,{closed},公安,,否,113.68,34.77,,\n");
        let (rows, problems) = read(&row);
        assert_eq!(problems, [""; 0], "{row}");
        (rows[0].created, rows[0].times.closed.unwrap())
    };
    // On 2026-10-25 the hour from 02:00 came twice: at 00:00Z and at 01:00Z.
    let first = Timestamp::parse("2026-10-25T00:30:00Z").unwrap();
    let second = Timestamp(first.0 + HOUR_MS);
    assert_eq!(row("2026-10-25 02:30", "2026-10-25 02:30"), (first, first));
    let (created, closed) = row("2026-10-25T02:45:00+02:00", "2026-10-25 02:30");
    assert_eq!((created.0 - first.0, closed), (HOUR_MS / 4, second));
}

#[test]
fn a_mapping_with_a_fault_names_it() {
    let with = |from: &str, to: &str| {
        let changed = MAPPING.replacen(from, to, 1);
        assert_ne!(changed, MAPPING, "{from}");
        Mapping::parse(&changed).unwrap_err().to_string()
    };
    for (from, to, told) in [
        ("source =", "sauce =", "sauce"),
        ("category = \"what\"", "categroy = \"what\"", "categroy"),
        ("time_zone = \"Europe/Berlin\"", "", "time_zone"),
        ("Europe/Berlin", "Europe/Bonn", "\"Europe/Bonn\""),
        ("\"%Y-%m-%d %H:%M\"", "\"%H:%M\"", "time_formats: \"%H:%M\""),
        ("\"%Y-%m-%d %H:%M\"", "\"%Q\"", "time_formats: \"%Q\""),
        ("gcj02", "gcj", "datum: \"gcj\" is not wgs84, gcj02 or bd09"),
        ("\"{street}\"", "\"{street\"", "address: a brace"),
        ("\"zl-1\"", "\"zl/1\"", "categories: \"噪声\" leads to \"zl/1\""),
        ("= \"handling\"", "= \"doing\"", "statuses: \"doing\" is not reported, filed"),
        ("datum =", "delimiter = \"|\"\ndatum =", "delimiter: \"|\""),
        ("datum =", "encoding = \"big5\"\ndatum =", "encoding: \"big5\""),
    ] {
        let error = with(from, to);
        assert!(error.contains(told), "{to}: {error}");
    }
}

#[test]
fn a_file_that_lacks_columns_is_refused_with_all_of_them() {
    let refusal = |file: &[u8]| match HistoryReader::open(file, &mapping(MAPPING)) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    };
    assert_eq!(
        refusal(HEADER.replace("street", "road").replace("unit,", "").as_bytes()),
        "the mapping names columns that the file does not have: street, unit; it has no, what, \
         state, created, handled, closed, outcome, anon, x, y, text, road"
    );
    assert!(refusal(HEADER.replace("street", "x").as_bytes()).contains("street"));
    let doubled = HEADER.replace("street", "street,no");
    assert_eq!(
        refusal(doubled.as_bytes()),
        "the file has two columns named \"no\"; the mapping needs one"
    );
    assert!(refusal(b"").contains("no line of column names"));
    assert!(refusal(b"\xff\xfen\0o\0").contains("UTF-16"));
    assert!(refusal(&encoding_rs::GB18030.encode("编号,no").0).contains("not utf-8"));
}

#[test]
fn lines_are_those_of_an_editor_whatever_ends_them() {
    let bad = "9,噪声,停,2026-04-01 09:30,,,公安,,是,113.68,34.77,\"two\nlines\",\n";
    let file = format!("{HEADER}{GOOD}\n\n{bad}{bad}\n{bad}");
    let told =
        |line: u64| format!("{line}: state: \"停\" is not in the mapping; add it under [statuses]");
    for end in ["\n", "\r\n", "\r"] {
        for with_last in [true, false] {
            let file = if with_last { file.as_str() } else { file.trim_end() };
            let file = file.replace('\n', end);
            let (rows, problems) = read_with(&mapping(MAPPING), file.as_bytes());
            assert_eq!(rows.len(), 1);
            assert_eq!(problems, [told(5), told(7), told(10)], "{end:?}");
        }
    }
    // However the bytes come.
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let n = buffer.len().min(1);
            self.0.read(&mut buffer[..n])
        }
    }
    let (mapping, file) = (mapping(MAPPING), file.replace('\n', "\r\n"));
    let reader = HistoryReader::open(Drip(file.as_bytes()), &mapping).unwrap();
    let lines: Vec<u64> = reader.map(|line| line.unwrap().line).collect();
    assert_eq!(lines, [2, 5, 7, 10]);
}

#[test]
fn every_encoding_reads_the_same() {
    let text = format!("{HEADER}{GOOD}");
    let plain = read_with(&mapping(MAPPING), text.as_bytes());
    assert_eq!((plain.0.len(), plain.1.len()), (1, 0));
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    assert_eq!(read_with(&mapping(MAPPING), &marked), plain);
    let gb = mapping(&format!("encoding = \"GB18030\"\n{MAPPING}"));
    let (bytes, _, _) = encoding_rs::GB18030.encode(&text);
    assert_eq!(read_with(&gb, &bytes), plain);
    let tabs = mapping(&format!("delimiter = \"\\t\"\n{MAPPING}"));
    assert_eq!(read_with(&tabs, text.replace(',', "\t").as_bytes()), plain);
    // One row in another encoding costs itself alone.
    let (one, _, _) = encoding_rs::GB18030.encode(GOOD);
    let mixed = [HEADER.as_bytes(), &one, GOOD.as_bytes()].concat();
    let (rows, problems) = read_with(&mapping(MAPPING), &mixed);
    assert_eq!(rows, plain.0);
    assert_eq!(problems, ["2: the row is not utf-8; name the file's encoding in the mapping"]);
}

#[test]
fn a_quotation_mark_that_is_never_closed_ends_the_reading() {
    let mapping = mapping(MAPPING);
    let endless = [HEADER.as_bytes(), GOOD.as_bytes(), b"8,\"", &[b'x'; 4 << 20]].concat();
    let mut reader = HistoryReader::open(endless.as_slice(), &mapping).unwrap();
    assert!(reader.next().unwrap().unwrap().row.is_ok());
    let end = reader.next().unwrap().unwrap_err();
    assert!(matches!(end, HistoryFileError::RowTooLong { line: 3 }), "{end}");
    assert!(reader.next().is_none());
}

#[test]
fn the_los_angeles_file_is_read_whole() {
    let mapping = mapping(LA_MAPPING);
    let (rows, problems) = read_with(&mapping, LA_FILE);
    assert_eq!(rows.len() + problems.len(), 10_000);
    // 11 rows have no position and 18 are closed without a time.
    assert_eq!(problems.len(), 29, "{problems:#?}");
    let no_end = "closeddate: the status \"Closed\" is an end, but the row has no time of it";
    assert_eq!(problems[0], format!("171: {no_end}"));
    assert_eq!(problems[28], format!("9617: {no_end}"));
    let mut reached = BTreeMap::new();
    for row in &rows {
        *reached.entry(row.reached).or_insert(0) += 1;
    }
    let expected = [
        (Reached::Dispatched, 10),
        (Reached::Handling, 15),
        (Reached::Closed, 9_700),
        (Reached::ForceClosed, 2),
        (Reached::Rejected, 244),
    ];
    assert_eq!(reached, BTreeMap::from(expected));
    let first = &rows[0];
    assert_eq!(first.external_id, "1-1523590121");
    assert_eq!(first.created.to_rfc3339(), "2020-01-01T08:05:00.000Z");
    assert_eq!(first.times.closed.map(Timestamp::to_rfc3339).unwrap(), "2020-01-02T16:43:00.000Z");
    assert_eq!(first.position, (-118.4994716, 34.19402846));
    assert_eq!(first.note.as_deref(), Some("assignto WV"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_rows_problems_or_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        with_header: bool,
    ) {
        let mapping = mapping(MAPPING);
        let head = if with_header { HEADER.as_bytes() } else { b"" };
        let file = [head, &bytes].concat();
        if let Ok(reader) = HistoryReader::open(file.as_slice(), &mapping) {
            let lines: Vec<_> = reader.collect();
            prop_assert!(lines.len() <= bytes.len());
        }
    }

    #[test]
    fn any_text_is_a_mapping_or_an_error(text in "\\PC{0,200}") {
        let _ = Mapping::parse(&text);
    }
}
