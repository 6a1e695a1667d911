//! The responsibility matrix in CSV: rules and the fallback ladder, in and out. docs/formats.md
//! describes the columns.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use h3o::CellIndex;

use super::catalog::required_word;
use super::csv_rows::{Columns, FieldError, LineProblem, Row, RowError, read_rows};
use super::expected::Expected;
use super::faults::Clash;
use crate::domain::catalog::{Catalog, Department, Limit, Validity};
use crate::domain::id::{AreaCode, DepartmentCode};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::routing::{
    AssetScope, Matrix, MatrixProblem, Rule, RuleArea, RuleId, Rung, Selector, TimeWindow,
    WindowError,
};
use crate::domain::territory::level::Level;
use crate::domain::territory::position::CELL_RESOLUTION;
use crate::domain::time::Day;

const RULE_COLUMNS: [&str; 20] = [
    "id",
    "priority",
    "selector",
    "area_level",
    "area_code",
    "cell",
    "asset_layer",
    "asset_owner",
    "weekdays",
    "hours",
    "dates",
    "severity",
    "lead",
    "unit",
    "assists",
    "limit",
    "valid_from",
    "valid_to",
    "source",
    "author",
];
const RULES: Columns = Columns {
    required: &["id", "selector", "lead"],
    optional: &[
        "priority",
        "area_level",
        "area_code",
        "cell",
        "asset_layer",
        "asset_owner",
        "weekdays",
        "hours",
        "dates",
        "severity",
        "unit",
        "assists",
        "limit",
        "valid_from",
        "valid_to",
        "source",
        "author",
    ],
};
const RUNG_COLUMNS: [&str; 7] =
    ["level", "area_code", "kind", "department", "limit", "valid_from", "valid_to"];
const RUNGS: Columns = Columns {
    required: &["level", "area_code", "department", "limit"],
    optional: &["kind", "valid_from", "valid_to"],
};

/// Reads a hexagon that a rule may have; `None` for another text.
pub fn parse_cell(text: &str) -> Option<CellIndex> {
    text.parse::<CellIndex>().ok().filter(|cell| cell.resolution() <= CELL_RESOLUTION)
}

/// What the rows of a matrix are checked against.
pub struct MatrixContext<'a> {
    pub catalog: &'a Catalog,
    /// `None`: areas are not checked, because no territory is loaded yet.
    pub areas: Option<&'a HashSet<(Level, AreaCode)>>,
    /// Rows whose validity ended before this day are reported, and kept.
    pub today: Day,
}

/// Problems of the two files of a matrix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatrixProblems {
    pub rules: Vec<LineProblem>,
    pub ladder: Vec<LineProblem>,
}

impl MatrixProblems {
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.ladder.is_empty()
    }
}

/// Reads a matrix from its rules and its ladder. A bad row is left out and reported.
pub fn read_matrix(
    version: &str,
    departments: Vec<Department>,
    rules: &[u8],
    ladder: &[u8],
    context: &MatrixContext<'_>,
) -> (Matrix, MatrixProblems) {
    let known: HashSet<_> = departments.iter().map(|d| d.code.clone()).collect();
    let checks = Checks { known: &known, context: Some(context) };
    let mut lines = RowLines::default();
    let (rules, rule_problems) = read_rules(rules, &checks, &mut lines);
    let (ladder, ladder_problems) = read_ladder(ladder, &checks, &mut lines);
    let mut problems = MatrixProblems { rules: rule_problems, ladder: ladder_problems };
    let (matrix, left) = Matrix::build(version, departments, rules, ladder);
    problems.ladder.extend(left.into_iter().map(between_rows));
    (matrix, problems)
}

/// Where the rows of a matrix stand in their files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowLines {
    pub rules: HashMap<RuleId, u64>,
    pub rungs: HashMap<(Level, AreaCode, Option<Kind>), u64>,
}

/// Reads a draft: as [`read_matrix`], but every row that says something is kept, also one for
/// an area or a category that is not there, or whose time is over. What it is worth is told by the
/// check of the matrix (`domain::routing::lint`), which needs the rows to speak of.
pub fn read_draft(
    version: &str,
    departments: Vec<Department>,
    rules: &[u8],
    ladder: &[u8],
) -> (Matrix, MatrixProblems, RowLines) {
    let known: HashSet<_> = departments.iter().map(|d| d.code.clone()).collect();
    let checks = Checks { known: &known, context: None };
    let mut lines = RowLines::default();
    let (rules, rule_problems) = read_rules(rules, &checks, &mut lines);
    let (ladder, ladder_problems) = read_ladder(ladder, &checks, &mut lines);
    let mut problems = MatrixProblems { rules: rule_problems, ladder: ladder_problems };
    let (matrix, left) = Matrix::build(version, departments, rules, ladder);
    problems.ladder.extend(left.into_iter().map(between_rows));
    (matrix, problems, lines)
}

/// What only shows between rows has no one line.
fn between_rows(problem: MatrixProblem) -> LineProblem {
    LineProblem { line: 0, column: None, error: Clash::Matrix(problem).into() }
}

struct Checks<'a> {
    known: &'a HashSet<DepartmentCode>,
    /// `None` for a draft.
    context: Option<&'a MatrixContext<'a>>,
}

impl Checks<'_> {
    fn department(&self, text: &str) -> Result<DepartmentCode, RowError> {
        let code = DepartmentCode::parse(text)?;
        if self.known.contains(&code) { Ok(code) } else { Err(RowError::UnknownDepartment(code)) }
    }

    fn area(&self, level: Level, code: AreaCode) -> Result<RuleArea, FieldError> {
        let pair = (level, code);
        let areas = self.context.and_then(|context| context.areas);
        if areas.is_some_and(|areas| !areas.contains(&pair)) {
            let (level, code) = pair;
            return Err(("area_code", RowError::UnknownArea { level, code }));
        }
        Ok(RuleArea { level: pair.0, code: pair.1 })
    }

    fn selector(&self, text: &str) -> Result<Selector, RowError> {
        let expected = Expected::Selector;
        let selector = Selector::parse(text)
            .ok_or_else(|| RowError::Unexpected { text: text.to_owned(), expected })?;
        let Some(catalog) = self.context.map(|context| context.catalog) else {
            return Ok(selector);
        };
        let is_small = |code| catalog.category(code).map(|category| category.small_code.is_some());
        let is_known = match &selector {
            Selector::Condition(code) => catalog.condition(code).is_some(),
            Selector::SmallClass(code) => is_small(code) == Some(true),
            Selector::BigClass(code) => is_small(code) == Some(false),
            Selector::Kind(_) | Selector::Any => true,
        };
        if is_known { Ok(selector) } else { Err(RowError::UnknownSelector(text.to_owned())) }
    }

    /// A problem that does not cost the row its place.
    fn expiry(&self, line: u64, validity: Validity) -> Option<LineProblem> {
        let context = self.context?;
        let to = validity.to().filter(|_| validity.is_over(context.today))?;
        let column = Some("valid_to".to_owned());
        Some(LineProblem { line, column, error: RowError::Expired { to } })
    }
}

fn read_rules(
    bytes: &[u8],
    checks: &Checks<'_>,
    lines: &mut RowLines,
) -> (Vec<Rule>, Vec<LineProblem>) {
    let mut ids = HashSet::new();
    let mut expired = Vec::new();
    let (rules, mut problems) = read_rows(bytes, &RULES, |row| {
        let rule = read_rule(row, checks)?;
        if !ids.insert(rule.id.clone()) {
            return Err(("id", RowError::Double(rule.id.to_string())));
        }
        expired.extend(checks.expiry(row.line, rule.validity));
        lines.rules.insert(rule.id.clone(), row.line);
        Ok(rule)
    });
    problems.extend(expired);
    problems.sort_by_key(|problem| problem.line);
    (rules, problems)
}

fn read_rule(row: &Row<'_>, checks: &Checks<'_>) -> Result<Rule, FieldError> {
    let level = row.word("area_level", Expected::Level, Level::parse)?;
    let area = row.parse_optional("area_code", AreaCode::parse)?;
    let area = match (level, area) {
        (Some(level), Some(code)) => Some(checks.area(level, code)?),
        (None, None) => None,
        (Some(_), None) => return Err(("area_code", RowError::Empty)),
        (None, Some(_)) => return Err(("area_level", RowError::Empty)),
    };
    let cell = row.word("cell", Expected::Cell, parse_cell)?;
    let owner = row.optional("asset_owner").map(str::to_owned);
    let asset = match (row.optional("asset_layer"), owner) {
        (Some(layer), owner) => Some(AssetScope { layer: layer.to_owned(), owner }),
        (None, None) => None,
        (None, Some(_)) => return Err(("asset_layer", RowError::Empty)),
    };
    let priority = row.word("priority", Expected::Whole, |text| text.parse::<i32>().ok())?;
    let assists = row.text("assists").split(';').map(str::trim).filter(|text| !text.is_empty());
    let assists: Result<Vec<_>, _> = assists.map(|text| checks.department(text)).collect();
    Ok(Rule {
        id: row.parse("id", RuleId::parse)?,
        priority: priority.unwrap_or(0),
        area,
        cell,
        asset,
        selector: row.parse("selector", |text| checks.selector(text))?,
        window: read_window(row)?,
        severity: row.word("severity", Expected::Severity, Severity::parse)?,
        lead: row.parse("lead", |text| checks.department(text))?,
        unit: row.text("unit").to_owned(),
        assists: assists.map_err(|error| ("assists", error))?,
        limit: row.parse_optional("limit", Limit::parse)?,
        validity: row.validity()?,
        source: row.text("source").to_owned(),
        author: row.text("author").to_owned(),
    })
}

fn read_window(row: &Row<'_>) -> Result<TimeWindow, FieldError> {
    let parts = (row.text("weekdays"), row.text("hours"), row.text("dates"));
    TimeWindow::parse(parts.0, parts.1, parts.2).map_err(|error| {
        let column = match error {
            WindowError::Weekdays(_) => "weekdays",
            WindowError::Hours(_) => "hours",
            WindowError::Dates(_) => "dates",
        };
        (column, error.into())
    })
}

fn read_ladder(
    bytes: &[u8],
    checks: &Checks<'_>,
    lines: &mut RowLines,
) -> (Vec<Rung>, Vec<LineProblem>) {
    let mut expired = Vec::new();
    let mut given = HashMap::<_, Vec<(Validity, u64)>>::new();
    let (rungs, mut problems) = read_rows(bytes, &RUNGS, |row| {
        let level = required_word(row, "level", Expected::Level, Level::parse)?;
        let area = checks.area(level, row.parse("area_code", AreaCode::parse)?)?;
        let rung = Rung {
            level,
            area: area.code,
            kind: row.word("kind", Expected::Kind, Kind::parse)?,
            department: row.parse("department", |text| checks.department(text))?,
            limit: row.parse("limit", Limit::parse)?,
            validity: row.validity()?,
        };
        let others = given.entry((rung.level, rung.area.clone(), rung.kind)).or_default();
        if let Some((_, first)) = others.iter().find(|(own, _)| own.overlaps(rung.validity)) {
            let clash = Clash::Rung { level, area: rung.area.clone(), line: *first };
            return Err(("area_code", clash.into()));
        }
        others.push((rung.validity, row.line));
        expired.extend(checks.expiry(row.line, rung.validity));
        lines.rungs.insert((rung.level, rung.area.clone(), rung.kind), row.line);
        Ok(rung)
    });
    problems.extend(expired);
    problems.sort_by_key(|problem| problem.line);
    (rungs, problems)
}

fn text_of(value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn write_csv(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> csv::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns)?;
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Writes the rules in order of id, so that two versions can be compared line by line.
///
/// # Errors
/// The writer's, which memory does not have.
pub fn write_rules(matrix: &Matrix) -> csv::Result<Vec<u8>> {
    let mut rules: Vec<&Rule> = matrix.rules().iter().collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let row = |rule: &Rule| {
        let assists: Vec<_> = rule.assists.iter().map(DepartmentCode::as_str).collect();
        vec![
            rule.id.to_string(),
            rule.priority.to_string(),
            rule.selector.to_string(),
            text_of(rule.area.as_ref().map(|area| area.level)),
            text_of(rule.area.as_ref().map(|area| &area.code)),
            text_of(rule.cell),
            text_of(rule.asset.as_ref().map(|asset| &asset.layer)),
            text_of(rule.asset.as_ref().and_then(|asset| asset.owner.as_ref())),
            rule.window.weekdays_text(),
            rule.window.hours_text(),
            rule.window.dates_text(),
            text_of(rule.severity.map(Severity::as_str)),
            rule.lead.to_string(),
            rule.unit.clone(),
            assists.join(";"),
            text_of(rule.limit),
            text_of(rule.validity.from()),
            text_of(rule.validity.to()),
            rule.source.clone(),
            rule.author.clone(),
        ]
    };
    write_csv(&RULE_COLUMNS, rules.into_iter().map(row))
}

/// Writes the fallback ladder.
///
/// # Errors
/// The writer's, which memory does not have.
pub fn write_ladder(matrix: &Matrix) -> csv::Result<Vec<u8>> {
    let row = |rung: &Rung| {
        vec![
            rung.level.to_string(),
            rung.area.to_string(),
            text_of(rung.kind),
            rung.department.to_string(),
            rung.limit.to_string(),
            text_of(rung.validity.from()),
            text_of(rung.validity.to()),
        ]
    };
    write_csv(&RUNG_COLUMNS, matrix.ladder().iter().map(row))
}

#[cfg(test)]
mod tests;
