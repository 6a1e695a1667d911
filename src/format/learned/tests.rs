//! The file of learned rules: what is written reads back, and what a person breaks is told.

use super::*;
use crate::domain::routing::learn::Against;

fn labels() -> Vec<String> {
    vec!["owner".into(), "area".into()]
}

fn rules() -> Vec<LearnedRule> {
    let against = Against {
        labels: vec!["OCB".into(), String::new()],
        count: 3,
        examples: vec!["1-22".into(), "1-23".into()],
    };
    vec![
        LearnedRule {
            id: "L0001".into(),
            categories: vec!["Metal/Household Appliances".into(), "a | b, \"c\"".into()],
            area: Some("ECHO PARK NC".into()),
            cell: parse_cell("8729a1d74ffffff"),
            labels: vec!["BOS".into(), "NC".into()],
            support: 12,
            right: 9,
            against: vec![against],
        },
        LearnedRule {
            id: "L0002".into(),
            categories: vec![EVERY_CATEGORY.into()],
            area: None,
            cell: None,
            labels: vec!["ITA".into(), String::new()],
            support: 0,
            right: 0,
            against: vec![],
        },
    ]
}

#[test]
fn what_is_written_reads_back() {
    let bytes = write_learned(&rules(), &labels()).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let header = text.lines().next().unwrap();
    assert_eq!(
        header,
        "id,categories,area,cell,owner,label.area,support,confidence,contradictions,against,lon,lat"
    );
    assert!(text.contains("OCB / : 3 of 12 (25 %), e.g. 1-22, 1-23"), "{text}");
    let (mut read, problems) = read_learned(&bytes, &labels()).unwrap();
    assert_eq!(problems, []);
    // The words against a rule are for people.
    read[0].against = rules()[0].against.clone();
    assert_eq!(read, rules());
}

#[test]
fn a_bad_line_is_told_and_hides_no_other() {
    let text = "id,categories,area,cell,owner\n1,lamp,,,A\n2,,,,A\n3,lamp,,87x,A\n4,lamp,,,\n\
                1,lamp,,,B\n6,lamp\n7, lamp | tree ,x,,B\n";
    let (rules, problems) = read_learned(text.as_bytes(), &["owner".to_owned()]).unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["1", "7"]);
    assert_eq!(rules[1].categories, ["lamp", "tree"]);
    let lines: Vec<_> = problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7]);
    let error = read_learned(b"id,area,owner\n", &labels()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "has no column categories, cell, label.area; its columns are id, area, owner"
    );
}

#[test]
fn a_word_that_is_no_code_is_left_out_of_the_matrix_and_told() {
    let book = RuleBook::new(rules());
    let category = |word: &str| match word {
        "Metal/Household Appliances" => CategoryCode::parse("la-01-03").ok(),
        _ => None,
    };
    let wording = Wording {
        category: &category,
        department: &|_| None,
        level: Level::Community,
        class: "small",
    };
    let bars =
        RuleBook::new(vec![LearnedRule { categories: vec!["x/y".into()], ..rules()[0].clone() }]);
    let files = write_as_matrix(&bars, &wording).unwrap();
    assert_eq!(files.rules_count, 0);
    assert!(files.problems[0].contains("\"x/y\""), "{:?}", files.problems);
    let files = write_as_matrix(&book, &wording).unwrap();
    let text = String::from_utf8(files.rules).unwrap();
    let line = "L0001.001,small:la-01-03,community,ECHO PARK NC,8729a1d74ffffff,BOS,NC,";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("L0002,any,,,,ITA,,"), "{text}");
    assert_eq!(String::from_utf8(files.departments).unwrap(), "code,name\nBOS,BOS\nITA,ITA\n");
}
