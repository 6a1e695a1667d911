//! A replay of past issues as CSV, for spreadsheets: one line for each department, then one for
//! each change of lead. A text that a spreadsheet would take for a formula is disarmed.

use crate::domain::id::DepartmentCode;
use crate::domain::routing::simulate::{Simulation, per_week};

const COLUMNS: [&str; 14] = [
    "row",
    "department",
    "name",
    "to_department",
    "to_name",
    "before",
    "after",
    "gained",
    "lost",
    "handled",
    "per_week_before",
    "per_week_after",
    "mended",
    "examples",
];

/// A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe
/// before it, which spreadsheets do not show.
pub fn disarmed(text: &str) -> String {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            format!("'{text}")
        }
        _ => text.to_owned(),
    }
}

/// Writes a replay over `days` days. `name` gives a department's name. The file begins with a byte
/// order mark, without which spreadsheets take Chinese for something else.
///
/// # Errors
/// The writer's, which memory does not have.
pub fn write_simulation(
    simulation: &Simulation,
    days: u32,
    name: impl Fn(&DepartmentCode) -> String,
) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    writer.write_record(COLUMNS)?;
    let week = |n| per_week(n, days).map_or_else(String::new, |n| format!("{n:.2}"));
    let code = |code: &DepartmentCode| disarmed(code.as_str());
    for (department, share) in &simulation.departments {
        writer.write_record([
            "department".to_owned(),
            code(department),
            disarmed(&name(department)),
            String::new(),
            String::new(),
            share.before.to_string(),
            share.after.to_string(),
            share.gained.to_string(),
            share.lost.to_string(),
            share.handled.to_string(),
            week(share.before),
            week(share.after),
            String::new(),
            String::new(),
        ])?;
    }
    for ((from, to), moved) in &simulation.moved {
        let side = |side: &Option<DepartmentCode>| match side {
            Some(department) => (code(department), disarmed(&name(department))),
            None => ("unrouted".to_owned(), String::new()),
        };
        let ((from, from_name), (to, to_name)) = (side(from), side(to));
        let examples: Vec<&str> = moved.examples.iter().map(|e| e.number.as_str()).collect();
        let n = moved.n.to_string();
        let mut row = vec!["moved".to_owned(), from, from_name, to, to_name, n.clone(), n];
        row.extend(vec![String::new(); 5]);
        row.extend([moved.mended.to_string(), disarmed(&examples.join(" "))]);
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::routing::simulate::{Moved, Share};

    #[test]
    fn a_name_that_looks_like_a_formula_stays_a_text() {
        let mut simulation = Simulation::default();
        let department = DepartmentCode::parse("=cmd|' /C calc'!A0").expect_err("no slash");
        assert!(!department.to_string().is_empty());
        let evil = DepartmentCode::parse("=1+1").unwrap();
        let share = Share { before: 7, after: 14, gained: 7, lost: 0, handled: 3 };
        simulation.departments.insert(evil.clone(), share);
        simulation.moved.insert((None, Some(evil)), Moved { n: 7, ..Moved::default() });
        let bytes = write_simulation(&simulation, 7, |_| "@局".to_owned()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with('\u{feff}'));
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!((&rows[0][1], &rows[0][2]), ("'=1+1", "'@局"));
        assert_eq!((&rows[0][10], &rows[0][11]), ("7.00", "14.00"));
        assert_eq!((&rows[1][1], &rows[1][3], &rows[1][6]), ("unrouted", "'=1+1", "7"));
        for cell in rows.iter().flat_map(csv::StringRecord::iter) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }
}
