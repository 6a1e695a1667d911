//! CSV for people: with a byte order mark, so that spreadsheets read it as UTF-8, and with no field
//! that a spreadsheet would take for a formula (OWASP, "CSV injection").

/// A field that begins like a formula, made text by an apostrophe before it. Numbers stay numbers.
fn harmless(field: &str) -> String {
    let begins = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    match begins && field.parse::<f64>().is_err() {
        true => format!("'{field}"),
        false => field.to_owned(),
    }
}

/// The text of a table. Every row has as many fields as the header.
pub fn write_csv<'a>(
    header: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Vec<u8> {
    let mut out = b"\xef\xbb\xbf".to_vec();
    push_row(&mut out, header.into_iter().map(str::to_owned));
    for row in rows {
        push_row(&mut out, row.iter().map(|field| harmless(field)));
    }
    out
}

fn push_row(out: &mut Vec<u8>, fields: impl Iterator<Item = String>) {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        match field.contains(['"', ',', '\n', '\r']) {
            true => out.extend(format!("\"{}\"", field.replace('"', "\"\"")).bytes()),
            false => out.extend(field.bytes()),
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
            assert_eq!(harmless(number), number);
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
