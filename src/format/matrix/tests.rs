//! The examples of docs/formats.md are read as the page says, and every bad row is told.

use super::*;
use crate::format::catalog::read_departments;
use crate::format::catalog::tests::example_catalog;

const RULES_EXAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/formats/matrix.csv");
const LADDER_EXAMPLE: &[u8] = include_bytes!("../../../tests/fixtures/formats/ladder.csv");
const DEPARTMENTS_EXAMPLE: &[u8] =
    include_bytes!("../../../tests/fixtures/formats/departments.csv");

fn area(level: Level, code: &str) -> (Level, AreaCode) {
    (level, AreaCode::parse(code).unwrap())
}

/// Reads rules and a ladder against the example catalog, departments and areas.
fn read(rules: &[u8], ladder: &[u8], today: &str) -> (Matrix, MatrixProblems) {
    let catalog = example_catalog();
    let areas = HashSet::from([area(Level::District, "410199"), area(Level::Street, "410199001")]);
    let (departments, problems) = read_departments(DEPARTMENTS_EXAMPLE);
    assert_eq!(problems, []);
    let today = Day::parse(today).unwrap();
    let context = MatrixContext { catalog: &catalog, areas: Some(&areas), today };
    read_matrix("example", departments, rules, ladder, &context)
}

#[test]
fn the_examples_make_a_matrix_and_are_written_back_as_they_are() {
    let (matrix, problems) = read(RULES_EXAMPLE, LADDER_EXAMPLE, "2026-11-20");
    assert_eq!(problems, MatrixProblems::default());
    assert_eq!(write_ladder(&matrix).unwrap(), LADDER_EXAMPLE);
    assert_eq!(
        String::from_utf8(write_rules(&matrix).unwrap()).unwrap(),
        std::str::from_utf8(RULES_EXAMPLE).unwrap()
    );
    let ids: Vec<_> = matrix.rules().iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["r-003", "r-002", "r-001", "r-004"]);
}

#[test]
fn an_expired_rule_is_told_and_kept() {
    let (matrix, problems) = read(RULES_EXAMPLE, LADDER_EXAMPLE, "2027-01-01");
    assert_eq!(matrix.rules().len(), 4);
    assert_eq!(problems.rules.len(), 1);
    let said = problems.rules[0].to_string();
    assert_eq!(said, "line 4, valid_to: the row has not been valid since 2026-12-31");
}

#[test]
fn every_bad_rule_is_told_by_line_and_column() {
    let header = "id,priority,selector,area_level,area_code,asset_owner,weekdays,hours,dates,\
                  severity,lead,assists,limit,valid_from,valid_to\n";
    for (row, column) in [
        (",0,any,,,,,,,,sf,,,,", "id"),
        ("ok,0,any,,,,,,,,sf,,,,", "id"),
        ("a,high,any,,,,,,,,sf,,,,", "priority"),
        ("a,0,zl-01,,,,,,,,sf,,,,", "selector"),
        ("a,0,small:zl-01,,,,,,,,sf,,,,", "selector"),
        ("a,0,big:zl-01-02,,,,,,,,sf,,,,", "selector"),
        ("a,0,condition:none,,,,,,,,sf,,,,", "selector"),
        ("a,0,kind:quarrel,,,,,,,,sf,,,,", "selector"),
        ("a,0,any,street,,,,,,,sf,,,,", "area_code"),
        ("a,0,any,,410199,,,,,,sf,,,,", "area_level"),
        ("a,0,any,street,410199,,,,,,sf,,,,", "area_code"),
        ("a,0,any,,,somebody,,,,,sf,,,,", "asset_layer"),
        ("a,0,any,,,,8,,,,sf,,,,", "weekdays"),
        ("a,0,any,,,,,25:00-26:00,,,sf,,,,", "hours"),
        ("a,0,any,,,,,,yesterday,,sf,,,,", "dates"),
        ("a,0,any,,,,,,,grave,sf,,,,", "severity"),
        ("a,0,any,,,,,,,,,,,,", "lead"),
        ("a,0,any,,,,,,,,nobody,,,,", "lead"),
        ("a,0,any,,,,,,,,sf,st-1;nobody,,,", "assists"),
        ("a,0,any,,,,,,,,sf,,3天,,", "limit"),
        ("a,0,any,,,,,,,,sf,,,2026-13-01,", "valid_from"),
        ("a,0,any,,,,,,,,sf,,,2026-02-01,2026-01-01", "valid_to"),
    ] {
        let text = format!("{header}ok,0,any,,,,,,,,sf,,,,\n{row}\n");
        let (matrix, problems) = read(text.as_bytes(), LADDER_EXAMPLE, "2026-11-20");
        assert_eq!(matrix.rules().len(), 1, "{row}");
        let told: Vec<_> = problems.rules.iter().map(|p| (p.line, p.column.as_deref())).collect();
        assert_eq!(told, [(3, Some(column))], "{row}");
    }
}

#[test]
fn a_bad_rung_is_told() {
    let text = "level,area_code,department,limit\nstreet,410199001,st-1,8 work_hour\n\
                street,410199001,sf,8 work_hour\nstreet,410199999,st-1,8 work_hour\n\
                village,410199001,st-1,8 work_hour\ndistrict,410199,sf,\n";
    let (matrix, problems) = read(RULES_EXAMPLE, text.as_bytes(), "2026-11-20");
    assert_eq!(matrix.ladder().len(), 1);
    assert_eq!(problems.ladder.len(), 4, "{problems:?}");
    // Of two rows for the same both lines are named.
    let double = problems.ladder[0].to_string();
    assert!(double.starts_with("line 3, area_code") && double.contains("on line 2"), "{double}");
}
