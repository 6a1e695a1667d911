//! Learning on small cities whose truth is known.

use std::collections::BTreeMap;

use super::*;
use crate::domain::id::{AreaCode, CategoryCode, DepartmentCode};
use crate::domain::routing::RuleArea;
use crate::domain::territory::level::Level;

/// A city of 20 by 20 streets: two areas side by side, and the truth as a function of the place.
fn city(
    categories: &[&str],
    truth: impl Fn(&str, f64, f64, &str) -> (&'static str, &'static str),
) -> Vec<Case> {
    let mut cases = Vec::new();
    for category in categories {
        for (x, y) in (0..20).flat_map(|x| (0..20).map(move |y| (x, y))) {
            let (east, north) = (f64::from(x) / 20.0, f64::from(y) / 20.0);
            let area = if east < 0.5 { "west" } else { "east" };
            let (dept, team) = truth(category, east, north, area);
            cases.push(Case {
                name: format!("{category}-{x}-{y}"),
                category: (*category).to_owned(),
                place: Some(CasePlace {
                    position: Position::new(113.6 + 0.1 * east, 34.7 + 0.1 * north).unwrap(),
                    area: Some(area.to_owned()),
                }),
                labels: vec![dept.to_owned(), team.to_owned()],
            });
        }
    }
    cases
}

fn learned(cases: &[Case]) -> Learned {
    learn(cases, &Options::default())
}

#[test]
fn a_category_with_one_department_needs_one_rule() {
    let cases = city(&["lamp"], |_, _, _, _| ("light", ""));
    let found = learned(&cases);
    let rules = found.book.rules();
    assert_eq!(rules.len(), 1);
    assert_eq!((rules[0].area.as_deref(), rules[0].cell), (None, None));
    assert_eq!((rules[0].support, rules[0].right), (400, 400));
    assert!(found.contradictions.is_empty());
}

#[test]
fn what_follows_the_areas_is_said_by_areas_and_without_hexagons() {
    let cases = city(&["lamp"], |_, _, _, area| ("light", if area == "west" { "1" } else { "2" }));
    let found = learned(&cases);
    assert_eq!(found.book.rules().len(), 2, "{:?}", found.book.rules());
    assert!(found.book.rules().iter().all(|rule| rule.cell.is_none()));
    assert_eq!(evaluate(&found.book, &cases, 2).accuracy(2), Some(1.0));
}

#[test]
fn a_mixed_area_is_refined_by_hexagons_and_the_other_is_not() {
    let truth = |_: &str, _: f64, north: f64, area: &str| match (area, north < 0.5) {
        ("east", true) => ("light", "south"),
        _ => ("light", "north"),
    };
    let cases = city(&["lamp"], truth);
    let found = learned(&cases);
    let cells: Vec<_> = found.book.rules().iter().filter(|rule| rule.cell.is_some()).collect();
    assert!(!cells.is_empty());
    assert!(cells.iter().all(|rule| rule.area.as_deref() == Some("east")), "{cells:?}");
    let accuracy = evaluate(&found.book, &cases, 2).accuracy(2).unwrap();
    assert!(accuracy > 0.97, "{accuracy}");
}

#[test]
fn categories_that_agree_by_place_share_rules_and_others_do_not() {
    let truth = |category: &str, _: f64, _: f64, area: &str| match (category, area) {
        ("fridge" | "sofa", "west") => ("waste", "w"),
        ("fridge" | "sofa", _) => ("waste", "e"),
        (_, "west") => ("paint", "e"),
        _ => ("paint", "w"),
    };
    let mut cases = city(&["fridge", "graffiti", "sofa"], truth);
    // A rare category has too few cases to learn the border from.
    cases.retain(|case| case.category != "sofa" || case.name.ends_with("-3"));
    let found = learned(&cases);
    assert_eq!(found.families.len(), 2, "{:?}", found.families);
    assert!(found.families.contains(&vec!["fridge".into(), "sofa".into()]));
    assert_eq!(evaluate(&found.book, &cases, 2).accuracy(2), Some(1.0));
}

#[test]
fn split_labels_are_told_with_both_shares_and_examples() {
    let mut cases = Vec::new();
    for copy in 0..4 {
        let team = if copy == 3 { "2" } else { "1" };
        let copied = city(&["lamp"], |_, _, _, _| ("light", team));
        cases.extend(
            copied.into_iter().map(|case| Case { name: format!("{}-{copy}", case.name), ..case }),
        );
    }
    let found = learned(&cases);
    let told = &found.contradictions[0];
    assert_eq!(told.category, "lamp");
    assert_eq!(told.shares.len(), 2);
    assert!(told.shares[0].share > told.shares[1].share && told.shares[1].share > 0.2);
    let examples = &told.shares[1].examples;
    let named = |name: &String| cases.iter().find(|case| case.name == *name).unwrap();
    assert!(!examples.is_empty() && examples.iter().all(|name| named(name).labels[1] == "2"));
    let against: u32 = found.book.rules().iter().map(LearnedRule::contradictions).sum();
    assert!(against > 0);
}

#[test]
fn one_odd_case_makes_no_rule() {
    let mut cases = city(&["lamp"], |_, _, _, _| ("light", "1"));
    cases[150].labels[0] = "water".to_owned();
    assert_eq!(learned(&cases).book.rules().len(), 1);
}

#[test]
fn odd_departments_here_and_there_change_no_department() {
    let truth = |_: &str, _: f64, north: f64, _: &str| {
        ("light", if north < 0.5 { "south" } else { "north" })
    };
    let mut cases = city(&["lamp"], truth);
    for case in cases.iter_mut().step_by(23) {
        case.labels[0] = "water".to_owned();
    }
    let found = learned(&cases);
    assert!(found.book.rules().iter().all(|rule| rule.labels[0] == "light"));
    // Their units are evidence all the same.
    let told = evaluate(&found.book, &cases, 2);
    assert!(told.accuracy(2).unwrap() > 0.93, "{told:?}");
}

#[test]
fn a_department_that_follows_the_place_is_learned_by_place() {
    let truth = |_: &str, east: f64, north: f64, _: &str| {
        (if east + north > 1.0 { "upper" } else { "lower" }, "1")
    };
    let mut cases = city(&["lamp"], truth);
    for case in cases.iter_mut().step_by(31) {
        case.labels[0] = "water".to_owned();
    }
    let told = evaluate(&learned(&cases).book, &city(&["lamp"], truth), 2);
    assert!(told.accuracy(1).unwrap() > 0.95, "{told:?}");
}

/// Cases at one spot, beside the city's.
fn add_cases(cases: &mut Vec<Case>, category: &str, like: usize, lead: &str, count: usize) {
    let mut case = cases[like].clone();
    case.category = category.to_owned();
    case.labels[0] = lead.to_owned();
    for i in 0..count {
        case.name = format!("added-{like}-{i}");
        cases.push(case.clone());
    }
}

#[test]
fn several_cases_in_one_hexagon_make_an_exception_for_their_category_alone() {
    let mut cases = city(&["lamp", "sign"], |_, _, _, _| ("light", "1"));
    let place = cases[150].place.clone();
    cases.retain(|case| case.category != "lamp" || case.place != place);
    add_cases(&mut cases, "lamp", 549, "water", 5);
    let options = Options { spot_cases: u32::MAX, ..Options::default() };
    let found = learn(&cases, &options);
    let odd: Vec<_> = found.book.rules().iter().filter(|r| r.labels[0] == "water").collect();
    assert_eq!(odd.len(), 1, "{:?}", found.book.rules());
    assert_eq!((&odd[0].categories[..], odd[0].right), (&["lamp".to_owned()][..], 5));
    assert_eq!(evaluate(&found.book, &cases, 2).accuracy(2), Some(1.0));
}

#[test]
fn spots_are_believed_when_the_history_foretells_itself_better_with_them() {
    let spots = |lead_of: &dyn Fn(usize) -> &'static str| {
        let mut cases = city(&["lamp", "sign"], |_, _, _, _| ("light", "1"));
        for like in (0..400).step_by(50) {
            // The city's own case at the spot is taken for the first that was reported there.
            cases[like].labels[0] = lead_of(0).to_owned();
            cases[like + 400].labels[0] = lead_of(1).to_owned();
        }
        learned(&cases)
    };
    // What is reported again goes where it went before, under whatever category.
    let believed = spots(&|_| "water");
    let odd: Vec<_> =
        believed.book.rules().iter().filter(|rule| rule.labels[0] == "water").collect();
    assert_eq!(odd.len(), 8);
    assert!(odd.iter().all(|rule| rule.categories == ["lamp", "sign"] && rule.support == 2));
    // Here it does not.
    let doubted = spots(&|i| ["water", "light"][i]);
    assert!(doubted.book.rules().iter().all(|rule| rule.labels[0] == "light"));
}

#[test]
fn the_chance_of_so_many_is_that_of_the_binomial_distribution() {
    use super::exception::chance_of;
    // 1 − 0.9³ and 0.1³; at least 5 of 10 with one half is 638/1024.
    for (k, n, rate, expected) in
        [(1, 3, 0.1, 0.271), (3, 3, 0.1, 0.001), (5, 10, 0.5, 0.623_046_875), (0, 3, 0.1, 1.0)]
    {
        assert!((chance_of(k, n, rate) - expected).abs() < 1e-9, "{k} of {n} at {rate}");
    }
    assert!(chance_of(2_000, 5_000, 0.3) < 1e-40);
}

#[test]
fn a_case_without_position_gets_the_rule_of_its_category() {
    let mut cases = city(&["lamp"], |_, _, _, _| ("light", "1"));
    cases.iter_mut().step_by(3).for_each(|case| case.place = None);
    let found = learned(&cases);
    assert_eq!(evaluate(&found.book, &cases, 2).accuracy(1), Some(1.0));
    assert_eq!(found.book.find("lamp", None).map(|rule| rule.labels[0].as_str()), Some("light"));
    assert_eq!(found.book.find("tree", None), None);
}

#[test]
fn rules_for_outside_do_not_spoil_the_areas() {
    let truth = |_: &str, _: f64, _: f64, area: &str| match area {
        "west" => ("light", "1"),
        _ => ("light", "2"),
    };
    let mut cases = city(&["lamp"], truth);
    for case in &mut cases {
        let place = case.place.as_mut().unwrap();
        if place.area.as_deref() == Some("east") && place.position.lat() > 34.75 {
            place.area = None;
        }
    }
    let found = learned(&cases);
    assert_eq!(evaluate(&found.book, &cases, 2).accuracy(2), Some(1.0));
}

#[test]
fn there_are_never_more_rules_than_asked_for() {
    let truth = |_: &str, east: f64, north: f64, _: &str| {
        let teams = ["a", "b", "c", "d", "e"];
        ("light", teams[((east * 7.0) as usize + 3 * (north * 9.0) as usize) % 5])
    };
    let cases = city(&["lamp"], truth);
    let many = learned(&cases).book.rules().len();
    let options = Options { rules_max: 10, ..Options::default() };
    let few = learn(&cases, &options).book.rules().len();
    assert!(many > 20 && few <= 10, "{many} and {few}");
}

#[test]
fn the_same_cases_give_the_same_rules() {
    let truth = |_: &str, east: f64, north: f64, _: &str| {
        ("light", if (east + north) > 0.9 { "1" } else { "2" })
    };
    let cases = city(&["lamp", "tree"], truth);
    assert_eq!(learned(&cases).book.rules(), learned(&cases).book.rules());
}

#[test]
fn confidence_is_small_where_support_is() {
    let rule = |support, right| LearnedRule {
        id: "L1".into(),
        categories: vec!["lamp".into()],
        area: None,
        cell: None,
        labels: vec!["light".into()],
        support,
        right,
        against: vec![],
    };
    // Wilson's interval for 9 of 10 begins at 0.596 (Brown, Cai, DasGupta 2001).
    assert!((rule(10, 9).confidence() - 0.5958).abs() < 5e-4);
    assert!(rule(1, 1).confidence() < 0.25 && rule(100, 100).confidence() > 0.95);
    assert!(rule(0, 0).confidence().abs() < 1e-12);
}

#[test]
fn the_order_of_the_book_is_hexagon_then_area_then_anywhere_then_id() {
    let place =
        CasePlace { position: Position::new(113.65, 34.75).unwrap(), area: Some("west".into()) };
    let cell = |resolution| cell_at(&place.position, resolution);
    let rule = |id: &str, category: &str, area: Option<&str>, cell| LearnedRule {
        id: id.into(),
        categories: vec![category.into()],
        area: area.map(Into::into),
        cell,
        labels: vec![id.into()],
        support: 0,
        right: 0,
        against: vec![],
    };
    let ordered = [
        rule("9", "lamp", Some("west"), cell(Resolution::Nine)),
        rule("8", "lamp", None, cell(Resolution::Nine)),
        rule("7", "lamp", Some("west"), cell(Resolution::Six)),
        rule("6", "lamp", Some("west"), None),
        rule("4", "lamp", None, None),
        rule("5", "lamp", None, None),
        rule("3", EVERY_CATEGORY, Some("west"), cell(Resolution::Nine)),
        rule("2", EVERY_CATEGORY, None, None),
    ];
    for first in 0..ordered.len() {
        let mut rules = ordered[first..].to_vec();
        rules.push(rule("0", "lamp", Some("east"), None));
        rules.push(rule("1", "lamp", Some("east"), cell(Resolution::Nine)));
        rules.reverse();
        let book = RuleBook::new(rules);
        let found = book.find("lamp", Some(&place)).map(|rule| rule.id.clone());
        assert_eq!(found.as_ref(), Some(&ordered[first].id));
    }
}

#[test]
fn a_split_takes_the_share_and_the_same_seed_the_same_rows() {
    let first = split(1_000, 0.8, 7);
    assert_eq!(first.iter().filter(|learns| **learns).count(), 800);
    assert_eq!(first, split(1_000, 0.8, 7));
    assert_ne!(first, split(1_000, 0.8, 8));
}

fn ruling(issue: &str, street: &str, grid: &str, lead: &str) -> Ruling {
    let area = |level, code: &str| RuleArea { level, code: AreaCode::parse(code).unwrap() };
    Ruling {
        issue: issue.into(),
        category: CategoryCode::parse("noise").unwrap(),
        chain: vec![
            area(Level::District, "d1"),
            area(Level::Street, street),
            area(Level::Grid, grid),
        ],
        lead: DepartmentCode::parse(lead).unwrap(),
    }
}

#[test]
fn rulings_that_agree_in_a_street_become_one_rule_for_it() {
    let rulings = [ruling("2", "s1", "g1", "police"), ruling("1", "s1", "g2", "police")];
    let found = propose_rules(&rulings);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].area.as_ref().map(|area| area.code.as_str()), Some("s1"));
    assert_eq!(found[0].issues, ["1", "2"]);
    assert_eq!((found[0].support(), found[0].share()), (2, 1.0));
}

#[test]
fn rulings_that_differ_are_taken_apart_by_grids_and_told_where_they_still_do() {
    let rulings = [
        ruling("1", "s1", "g1", "police"),
        ruling("2", "s1", "g2", "parks"),
        ruling("3", "s1", "g2", "parks"),
        ruling("4", "s1", "g2", "police"),
    ];
    let found = propose_rules(&rulings);
    let told: Vec<_> = found
        .iter()
        .map(|p| (p.area.as_ref().unwrap().code.as_str(), p.lead.as_str(), p.support()))
        .collect();
    assert_eq!(told, [("g1", "police", 1), ("g2", "parks", 2)]);
    let police = DepartmentCode::parse("police").unwrap();
    assert_eq!(found[1].against, BTreeMap::from([(police, vec!["4".to_owned()])]));
    assert!((found[1].share() - 2.0 / 3.0).abs() < 1e-12);
}
