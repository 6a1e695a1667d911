//! CSV for people: with a byte order mark, so that spreadsheets read it as UTF-8, and with no field
//! that a spreadsheet would take for a formula (OWASP, "CSV injection").

/// Whether a spreadsheet would take the field for a formula. A number is none.
fn is_formula(field: &str) -> bool {
    let begins = match field.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n') => true,
        // The first byte of the wide ones.
        Some(0xef) => field.starts_with(['＝', '＋', '－', '＠']),
        _ => false,
    };
    begins && field.parse::<f64>().is_err()
}

/// The text of a table. Every row has as many fields as the header.
pub fn write_csv<'a>(
    header: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Vec<u8> {
    let mut out = begin_csv(header);
    for row in rows {
        push_row(&mut out, row.iter().map(String::as_str));
    }
    out
}

/// The beginning of a table that is written bit by bit.
pub fn begin_csv<'a>(header: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut out = b"\xef\xbb\xbf".to_vec();
    push_row(&mut out, header);
    out
}

/// Adds a row. A field that begins like a formula is made text by an apostrophe before it.
pub fn push_row<'a>(out: &mut Vec<u8>, fields: impl IntoIterator<Item = &'a str>) {
    for (i, field) in fields.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let quoted = field.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\n' | b'\r'));
        if quoted {
            out.push(b'"');
        }
        if is_formula(field) {
            out.push(b'\'');
        }
        match quoted {
            true => out.extend_from_slice(field.replace('"', "\"\"").as_bytes()),
            false => out.extend_from_slice(field.as_bytes()),
        }
        if quoted {
            out.push(b'"');
        }
    }
    out.extend(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula() {
        let hostile =
            ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "－x"];
        for field in hostile {
            let text = String::from_utf8(write_csv(["a"], [vec![field.to_owned()]])).unwrap();
            let line = text.trim_start_matches('\u{feff}').split_once("\r\n").unwrap().1;
            assert!(line.trim_start_matches('"').starts_with('\''), "{line:?}");
        }
        for number in ["-0.5", "+3", "12", "0.25"] {
            assert!(!is_formula(number), "{number}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let row = vec!["网格, 一".to_owned(), "say \"hi\"\nthere".to_owned(), String::new()];
        let bytes = write_csv(["a", "b", "c"], [row.clone()]);
        let mut reader = csv::Reader::from_reader(&bytes[3..]);
        let read: Vec<String> =
            reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect();
        assert_eq!(read, row);
    }
}
