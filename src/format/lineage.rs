//! Lineage as CSV: `kind,from,to,day`, with codes joined by `;`.

use super::csv_rows::{Columns, FieldError, LineProblem, Row, RowError, read_rows};
use super::expected::Expected;
use crate::domain::id::AreaCode;
use crate::domain::territory::lineage::{Lineage, LineageKind};
use crate::domain::time::Day;

const COLUMNS: Columns = Columns { required: &["kind", "from", "day"], optional: &["to"] };

fn codes(row: &Row<'_>, column: &'static str) -> Result<Vec<AreaCode>, FieldError> {
    let parts = row.text(column).split(';').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|code| AreaCode::parse(code).map_err(|e| (column, RowError::from(e)))).collect()
}

/// Reads what became of areas.
pub fn read_lineage(bytes: &[u8]) -> (Vec<Lineage>, Vec<LineProblem>) {
    read_rows(bytes, &COLUMNS, |row| {
        let kind = row.word("kind", Expected::LineageKind, LineageKind::parse)?;
        let on = row.word("day", Expected::Day, Day::parse)?;
        let event = Lineage {
            kind: kind.ok_or(("kind", RowError::Empty))?,
            from: codes(row, "from")?,
            to: codes(row, "to")?,
            on: on.ok_or(("day", RowError::Empty))?,
        };
        let checked = event.check().map_err(|error| ("kind", RowError::from(error)));
        checked.map(|()| event)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_read_and_a_faulty_line_is_named() {
        let text =
            "kind,from,to,day\nsplit,a,a1;a2,2026-07-01\nmerge,a,b,2026-07-01\nretire,c,,soon\n";
        let (events, problems) = read_lineage(text.as_bytes());
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].to.len(), 2);
        let lines: Vec<u64> = problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [3, 4]);
    }
}
