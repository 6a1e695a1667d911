//! Labelled history: bad rows are told and hide no other; what is missing is named.

use super::*;

fn columns() -> LabelledColumns {
    LabelledColumns {
        category: "type".into(),
        longitude: "lon".into(),
        latitude: "lat".into(),
        name: Some("no".into()),
        labels: vec!["dept".into(), "team".into()],
    }
}

#[test]
fn a_bad_row_is_told_by_line_and_reason_and_hides_no_other() {
    let text = "\u{feff}no,type,lon,lat,dept,team\n1,lamp,113.6,34.7,A,x\n2,lamp,east,34.7,A,x\n\
                3,,113.6,34.7,A,x\n4,lamp,113.6,34.7,,x\n5,lamp,113.6,,A,x\n6,lamp,,NULL,A,\n\
                7,lamp\n8,\"a, b\",0,0,B,\n";
    let mut bytes = text.as_bytes().to_vec();
    bytes.extend(b"9,\xff,1,1,A,x\n,lamp,113.7,34.8,A,None\n");
    let (rows, bad) = read_labelled(bytes.as_slice(), &columns()).unwrap();
    let found: Vec<_> = rows.iter().map(|row| (row.name.as_str(), row.raw)).collect();
    assert_eq!(
        found,
        [("1", Some((113.6, 34.7))), ("6", None), ("8", None), ("line 11", Some((113.7, 34.8)))]
    );
    assert_eq!(rows[2].category, "a, b");
    assert_eq!(rows[3].labels, ["A", "None"]);
    let lines: Vec<u64> = bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 8, 10]);
    assert!(bad[0].reason.contains("\"east\" is not a number"), "{}", bad[0].reason);
    assert!(bad[4].reason.contains("2 fields, the header has 6"), "{}", bad[4].reason);
}

#[test]
fn missing_columns_are_named_with_those_that_there_are() {
    let error = read_labelled(&b"no,kind,lon,lat,dept\n"[..], &columns()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "has no column type, team; its columns are no, kind, lon, lat, dept; --category, --label \
         names another"
    );
    assert!(matches!(read_labelled(&b""[..], &columns()), Err(LabelledError::NoHeader)));
    let double = read_labelled(&b"type,lon,lat,dept,team,team\n"[..], &columns()).unwrap_err();
    assert_eq!(double.to_string(), "has two columns named \"team\"; one is needed");
}

#[test]
fn a_quotation_mark_that_is_not_closed_costs_its_own_line_alone() {
    let row = |i: usize| format!("{i},lamp,113.6,34.7,A,x\n");
    let header = "no,type,lon,lat,dept,team\n";
    let many: String = (10..900).map(row).collect();
    // Never closed; closed by the mark of a later row; closed far below.
    for (torn, after) in [
        ("1,\"lamp,113.6,34.7,A,x\n", many.clone()),
        ("1,\"lamp,113.6,34.7,A,x\n", format!("{}8,\"a, b\",113.6,34.7,A,x\n", row(7))),
        ("1,lamp,113.6,34.7,A,\"x\n", format!("{}8,lamp,113.6,34.7,A,\"y\"\n", row(7))),
        ("1,\"lamp,113.6,34.7,A,x\n", format!("{many}8,\"a, b\",113.6,34.7,A,x\n")),
    ] {
        let expected = after.lines().count() + 1;
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("{header}{}{torn}{after}", row(0)).replace('\n', end);
            let (rows, bad) = read_labelled(text.as_bytes(), &columns()).unwrap();
            assert_eq!(rows.len(), expected, "{torn}");
            let told: Vec<u64> = bad.iter().map(|bad| bad.line).collect();
            assert_eq!(told, [3], "{torn}");
            assert!(bad[0].reason.contains("quotation mark"), "{}", bad[0].reason);
            assert_eq!(rows.last().unwrap().line, expected as u64 + 2);
        }
    }
}

#[test]
fn a_field_over_several_lines_is_one_row() {
    let text = "no,type,lon,lat,dept,team\n1,\"a \"\"b\"\"\nc\",113.6,34.7,A,x\n\n2,d,,,B,5\"\n";
    let (rows, bad) = read_labelled(text.as_bytes(), &columns()).unwrap();
    assert_eq!(bad, []);
    let read: Vec<_> =
        rows.iter().map(|row| (row.line, row.category.as_str(), row.labels[1].as_str())).collect();
    assert_eq!(read, [(2, "a \"b\"\nc", "x"), (5, "d", "5\"")]);
}
