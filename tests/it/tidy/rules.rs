//! The table of rules: every row names tests, and each of them is a test of the project.

use std::collections::BTreeSet;

/// The functions of a source text.
pub fn functions(text: &str) -> BTreeSet<&str> {
    let word = |at: usize| {
        let rest = &text[at..];
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    };
    text.match_indices("fn ").map(|(at, found)| word(at + found.len())).collect()
}

/// The titles of tests of the web side.
pub fn titles(text: &str) -> BTreeSet<&str> {
    let begins = text.match_indices("it('").map(|(at, found)| at + found.len());
    begins.filter_map(|at| text[at..].split_once('\'')).map(|(title, _)| title).collect()
}

/// What is wrong with a table whose last cell names tests in backticks.
pub fn problems(table: &str, known: &BTreeSet<&str>) -> Vec<String> {
    let mut out = Vec::new();
    for (i, line) in table.lines().enumerate() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let is_row = line.starts_with('|') && cells[0] != "rule" && !cells[0].starts_with("---");
        if !is_row {
            continue;
        }
        let tests: Vec<&str> =
            cells.last().map_or(Vec::new(), |cell| cell.split('`').skip(1).step_by(2).collect());
        if cells.len() != 3 || tests.is_empty() {
            out.push(format!("docs/rules.md:{}: no test holds this rule", i + 1));
        }
        let missing = tests.iter().filter(|test| !known.contains(**test));
        out.extend(missing.map(|test| format!("docs/rules.md:{}: no test `{test}`", i + 1)));
    }
    out
}

#[test]
fn a_row_without_a_test_and_a_test_that_is_not_there_are_found() {
    let known = functions("fn it_holds() {}\nasync fn other<T>()");
    assert_eq!(Vec::from_iter(&known), [&"it_holds", &"other"]);
    let web = "  it('is closed', () => {})\n it.each([])('%s', f)";
    assert_eq!(Vec::from_iter(titles(web)), ["is closed"]);
    let table = "| rule | code | tests |\n|---|---|---|\n| a | `b` | `it_holds`, `gone` |\n\
                 | c | `d` | |\n| e | `f` | `other` |\n";
    let told = ["docs/rules.md:3: no test `gone`", "docs/rules.md:4: no test holds this rule"];
    assert_eq!(problems(table, &known), told);
}
