//! A replay of past issues as CSV, for spreadsheets: a line of totals, one for each department,
//! then one for each change of lead. Every line says which days it is of, by which versions and as
//! of when. A text that a spreadsheet would take for a formula is disarmed.

use crate::domain::id::DepartmentCode;
use crate::domain::routing::simulate::{Moved, Share, Simulation, per_week};
use crate::domain::time::{Day, Timestamp};

/// What stands in a line; of the totals some columns are filled that no other line has.
const COLUMNS: [&str; 21] = [
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
    "issues",
    "rerouted",
    "terms_changed",
    "unrouted_before",
    "unrouted_after",
    "right_before",
    "right_after",
];

/// What every line says at its end.
const ABOUT: [&str; 9] =
    ["version", "in_force", "valid_on", "from", "to", "days", "complete", "skipped", "as_of"];

/// What a replay was of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// The number of the version, or the file, that was replayed.
    pub version: String,
    /// The version that it is compared with.
    pub in_force: i64,
    pub from: Day,
    pub to: Day,
    /// The days between them of which there is data.
    pub days: u32,
    /// The day whose rules both were asked for.
    pub valid_on: Day,
    /// Whether every issue of the window was replayed.
    pub complete: bool,
    /// Issues whose category the catalog no longer has.
    pub skipped: u64,
    pub as_of: Timestamp,
}

impl Replay {
    fn fields(&self) -> [String; ABOUT.len()] {
        [
            disarmed(&self.version),
            self.in_force.to_string(),
            self.valid_on.to_string(),
            self.from.to_string(),
            self.to.to_string(),
            self.days.to_string(),
            self.complete.to_string(),
            self.skipped.to_string(),
            self.as_of.to_rfc3339(),
        ]
    }
}

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

type Line = Vec<(&'static str, String)>;

fn pace(n: u64, days: u32) -> String {
    per_week(n, days).map_or_else(String::new, |n| format!("{n:.2}"))
}

fn total_line(of: &Simulation, days: u32) -> Line {
    let (before, after) = (of.issues - of.unrouted_before, of.issues - of.unrouted_after);
    vec![
        ("row", "total".to_owned()),
        ("before", before.to_string()),
        ("after", after.to_string()),
        // What one department gains another loses, or nobody had it.
        ("gained", of.departments.values().map(|share| share.gained).sum::<u64>().to_string()),
        ("lost", of.departments.values().map(|share| share.lost).sum::<u64>().to_string()),
        ("handled", of.handled.to_string()),
        ("per_week_before", pace(before, days)),
        ("per_week_after", pace(after, days)),
        ("issues", of.issues.to_string()),
        ("rerouted", of.rerouted.to_string()),
        ("terms_changed", of.terms_changed.to_string()),
        ("unrouted_before", of.unrouted_before.to_string()),
        ("unrouted_after", of.unrouted_after.to_string()),
        ("right_before", of.right_before.to_string()),
        ("right_after", of.right_after.to_string()),
    ]
}

fn share_line(department: &DepartmentCode, name: String, share: &Share, days: u32) -> Line {
    vec![
        ("row", "department".to_owned()),
        ("department", disarmed(department.as_str())),
        ("name", disarmed(&name)),
        ("before", share.before.to_string()),
        ("after", share.after.to_string()),
        ("gained", share.gained.to_string()),
        ("lost", share.lost.to_string()),
        ("handled", share.handled.to_string()),
        ("per_week_before", pace(share.before, days)),
        ("per_week_after", pace(share.after, days)),
    ]
}

fn move_line(from: (String, String), to: (String, String), moved: &Moved) -> Line {
    let examples: Vec<&str> = moved.examples.iter().map(|e| e.number.as_str()).collect();
    vec![
        ("row", "moved".to_owned()),
        ("department", from.0),
        ("name", from.1),
        ("to_department", to.0),
        ("to_name", to.1),
        ("before", moved.n.to_string()),
        ("after", moved.n.to_string()),
        ("mended", moved.mended.to_string()),
        ("examples", disarmed(&examples.join(" "))),
    ]
}

/// Writes a replay. `name` gives a department's name. The file begins with a byte order mark,
/// without which spreadsheets take Chinese for something else.
///
/// # Errors
/// The writer's, which memory does not have.
pub fn write_simulation(
    simulation: &Simulation,
    replay: &Replay,
    name: impl Fn(&DepartmentCode) -> String,
) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    writer.write_record(COLUMNS.iter().chain(&ABOUT))?;
    let side = |side: &Option<DepartmentCode>| match side {
        Some(department) => (disarmed(department.as_str()), disarmed(&name(department))),
        None => ("unrouted".to_owned(), String::new()),
    };
    let shares = simulation.departments.iter();
    let shares = shares.map(|(code, share)| share_line(code, name(code), share, replay.days));
    let moves = simulation.moved.iter();
    let moves = moves.map(|((from, to), moved)| move_line(side(from), side(to), moved));
    for line in std::iter::once(total_line(simulation, replay.days)).chain(shares).chain(moves) {
        let field = |column: &&str| {
            let found = line.iter().find(|(name, _)| name == column);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        writer.write_record(COLUMNS.iter().map(field).chain(replay.fields()))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay() -> Replay {
        Replay {
            version: "=2".into(),
            in_force: 1,
            from: Day(20_000),
            to: Day(20_089),
            days: 7,
            valid_on: Day(20_100),
            complete: true,
            skipped: 3,
            as_of: Timestamp(1_735_000_000_000),
        }
    }

    fn rows(simulation: &Simulation) -> Vec<std::collections::HashMap<String, String>> {
        let bytes = write_simulation(simulation, &replay(), |_| "@局".to_owned()).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with('\u{feff}'));
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        reader.deserialize().map(Result::unwrap).collect()
    }

    fn simulation() -> Simulation {
        let mut simulation =
            Simulation { issues: 14, rerouted: 7, unrouted_before: 7, ..Simulation::default() };
        let evil = DepartmentCode::parse("=1+1").unwrap();
        let share = Share { before: 7, after: 14, gained: 7, lost: 0, handled: 3 };
        simulation.departments.insert(evil.clone(), share);
        simulation.moved.insert((None, Some(evil)), Moved { n: 7, ..Moved::default() });
        simulation
    }

    #[test]
    fn a_name_that_looks_like_a_formula_stays_a_text() {
        let rows = rows(&simulation());
        assert_eq!(rows.len(), 3);
        assert_eq!((&*rows[1]["department"], &*rows[1]["name"]), ("'=1+1", "'@局"));
        assert_eq!((&*rows[1]["per_week_before"], &*rows[1]["per_week_after"]), ("7.00", "14.00"));
        let moved = ["department", "to_department", "after"].map(|name| &*rows[2][name]);
        assert_eq!(moved, ["unrouted", "'=1+1", "7"]);
        for cell in rows.iter().flat_map(|row| row.values()) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
    }

    #[test]
    fn every_line_says_what_it_is_of_and_the_first_has_the_totals() {
        let rows = rows(&simulation());
        for row in &rows {
            let own = ["version", "in_force", "days", "complete", "skipped"].map(|n| &*row[n]);
            assert_eq!(own, ["'=2", "1", "7", "true", "3"]);
            let days = ["from", "to", "valid_on"].map(|name| row[name].clone());
            assert_eq!(days, [Day(20_000), Day(20_089), Day(20_100)].map(|day| day.to_string()));
            assert_eq!(row["as_of"], Timestamp(1_735_000_000_000).to_rfc3339());
        }
        let total = ["row", "issues", "rerouted", "unrouted_before", "before", "after"];
        let total = total.map(|name| &*rows[0][name]);
        assert_eq!(total, ["total", "14", "7", "7", "7", "14"]);
    }
}
