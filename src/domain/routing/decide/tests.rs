//! Tests of the decision: the order, the ladder, and the index against a scan of all rules.

mod scan;

use h3o::{CellIndex, LatLng};
use proptest::prelude::*;
use std::cmp::Ordering;

use super::*;
use crate::domain::catalog::{Department, Lang, Limit, SchemeCode, TimeType, Validity};
use crate::domain::id::{AreaCode, CategoryCode, ConditionCode};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::routing::{
    AssetScope, CategoryFacts, LocalTime, NearbyAsset, Place, Position, RuleArea, RuleId, Rung,
    Selector, TimeWindow,
};
use crate::domain::territory::level::Level;
use crate::domain::time::{Day, Timestamp};

fn department(code: &str) -> DepartmentCode {
    DepartmentCode::parse(code).unwrap()
}

fn departments() -> Vec<Department> {
    ["a", "b", "c", "closed"]
        .map(|code| Department {
            code: department(code),
            name: format!("{code}局"),
            name_en: Some(format!("Bureau {code}")),
            active: code != "closed",
            phone: None,
            area: None,
        })
        .into()
}

fn rule(id: &str, selector: &str, lead: &str) -> Rule {
    Rule {
        id: RuleId::parse(id).unwrap(),
        priority: 0,
        area: None,
        cell: None,
        asset: None,
        selector: Selector::parse(selector).unwrap(),
        window: TimeWindow::ALWAYS,
        severity: None,
        lead: department(lead),
        unit: String::new(),
        assists: vec![],
        limit: None,
        validity: Validity::ALWAYS,
        source: String::new(),
        author: String::new(),
    }
}

fn place(level: Level, code: &str) -> Place {
    Place { level, code: AreaCode::parse(code).unwrap(), name: format!("{code}号") }
}

fn rule_area(level: Level, code: &str) -> Option<RuleArea> {
    Some(RuleArea { level, code: AreaCode::parse(code).unwrap() })
}

/// The hexagon around the position of [`facts`].
fn cell(resolution: u8) -> Option<CellIndex> {
    facts().cell()?.parent(h3o::Resolution::try_from(resolution).unwrap())
}

fn limit(amount: u32) -> Limit {
    Limit { amount, unit: TimeType::WorkDay }
}

fn rung(level: Level, area: &str, lead: &str) -> Rung {
    Rung {
        level,
        area: AreaCode::parse(area).unwrap(),
        kind: None,
        department: department(lead),
        limit: limit(3),
        validity: Validity::ALWAYS,
    }
}

fn facts() -> Facts {
    let at = Timestamp::parse("2026-11-20T10:00:00+08:00").unwrap();
    Facts {
        chain: vec![
            place(Level::District, "d1"),
            place(Level::Street, "s1"),
            place(Level::Community, "c1"),
            place(Level::Grid, "g1"),
        ],
        assets: vec![],
        category: CategoryFacts {
            scheme: SchemeCode::parse("national").unwrap(),
            code: CategoryCode::parse("x-01").unwrap(),
            big: Some(CategoryCode::parse("x").unwrap()),
            small: Some(CategoryCode::parse("x-01").unwrap()),
            name: "路灯".to_owned(),
            name_en: Some("Street lamp".to_owned()),
        },
        condition: Some(ConditionCode::parse("x-01-01").unwrap()),
        condition_limit: Some(limit(9)),
        kind: Kind::Hazard,
        severity: Severity::General,
        at,
        local: LocalTime::of(at, &jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()),
        position: Some(Position { lon: 113.68, lat: 34.77, accuracy_m: None }),
    }
}

fn matrix(rules: Vec<Rule>, ladder: Vec<Rung>) -> Matrix {
    let (matrix, problems) = Matrix::build("v1", departments(), rules, ladder);
    assert!(problems.is_empty(), "{problems:?}");
    matrix
}

fn winner(rules: Vec<Rule>) -> String {
    decide(&matrix(rules, vec![]), &facts()).rule().map_or("none".into(), ToString::to_string)
}

fn with(mut rule: Rule, change: impl FnOnce(&mut Rule)) -> Rule {
    change(&mut rule);
    rule
}

/// Rules that all fit, from the one that must win to the one that must lose to all others.
fn ordered_rules() -> Vec<Rule> {
    let at = |id, selector, level, code| {
        with(rule(id, selector, "a"), |r| r.area = rule_area(level, code))
    };
    let road = |owner: Option<&str>| {
        Some(AssetScope { layer: "road".into(), owner: owner.map(Into::into) })
    };
    vec![
        with(rule("z9", "any", "a"), |r| r.priority = 1),
        rule("y1", "condition:x-01-01", "a"),
        with(rule("x9", "small:x-01", "a"), |r| r.asset = road(Some("city"))),
        with(at("x8", "small:x-01", Level::Grid, "g1"), |r| r.asset = road(None)),
        with(rule("x7", "small:x-01", "a"), |r| r.asset = road(None)),
        with(at("x65", "small:x-01", Level::Community, "c1"), |r| r.cell = cell(9)),
        with(rule("x64", "small:x-01", "a"), |r| r.cell = cell(9)),
        with(at("x63", "small:x-01", Level::Grid, "g1"), |r| r.cell = cell(7)),
        at("x6", "small:x-01", Level::Grid, "g1"),
        at("x5", "small:x-01", Level::Community, "c1"),
        at("x4", "small:x-01", Level::Street, "s1"),
        at("x3", "small:x-01", Level::District, "d1"),
        rule("x1", "small:x-01", "a"),
        rule("x2", "small:x-01", "a"),
        at("w1", "big:x", Level::Grid, "g1"),
        at("v1", "kind:hazard", Level::Grid, "g1"),
        at("u1", "any", Level::Grid, "g1"),
        rule("a1", "any", "a"),
        with(rule("a0", "condition:x-01-01", "a"), |r| r.priority = -1),
    ]
}

fn facts_on_a_road() -> Facts {
    let mut facts = facts();
    facts.assets.push(road_of("city", 3.0));
    facts
}

fn road_of(owner: &str, distance_m: f64) -> NearbyAsset {
    NearbyAsset {
        layer: "road".into(),
        code: format!("r-{owner}"),
        name: "东风路".into(),
        owner: Some(owner.into()),
        distance_m,
    }
}

#[test]
fn the_nearest_thing_goes_first_among_rules_of_one_rank() {
    let of_owner = |id, owner: &str, lead| {
        let scope = AssetScope { layer: "road".into(), owner: Some(owner.into()) };
        with(rule(id, "small:x-01", lead), |r| r.asset = Some(scope))
    };
    let rules = vec![of_owner("r1", "county", "b"), of_owner("r2", "city", "a")];
    let mut between = facts();
    between.assets = vec![road_of("city", 2.0), road_of("county", 24.3)];
    let decision = decide(&matrix(rules.clone(), vec![]), &between);
    assert_eq!(decision.lead(), Some(&department("a")), "the city's road is the nearer one");
    let fates: Vec<_> = decision.trace.considered.iter().map(|c| c.fate.clone()).collect();
    assert_eq!(fates, [Fate::Won, Fate::FartherAsset { own_dm: 243, winner_dm: 20 }]);
    // As near: the id decides.
    between.assets[1].distance_m = 2.0;
    let decision = decide(&matrix(rules.clone(), vec![]), &between);
    assert_eq!(decision.lead(), Some(&department("b")));
    // Rank goes before nearness.
    between.assets[1].distance_m = 24.3;
    let rules = vec![with(rules[0].clone(), |r| r.priority = 1), rules[1].clone()];
    assert_eq!(decide(&matrix(rules, vec![]), &between).lead(), Some(&department("b")));
}

#[test]
fn a_report_is_decided_by_the_rules_of_another_day_and_by_its_own_hours() {
    let day = facts().local.day;
    let later = Day(day.0 + 30);
    let coming = with(rule("k", "small:x-01", "a"), |r| {
        r.validity = Validity::new(Some(later), None).unwrap();
        // The report's day is a Friday, and the day in thirty days is a Sunday.
        r.window = TimeWindow::parse("5", "09:00-11:00", "").unwrap();
    });
    let mut until = rung(Level::Street, "s1", "b");
    until.validity = Validity::new(None, Some(day)).unwrap();
    let matrix = matrix(vec![coming], vec![until, rung(Level::District, "d1", "c")]);
    assert_eq!(decide(&matrix, &facts()).lead(), Some(&department("b")));
    let then = |facts: &Facts, day| decide_as_valid_on(&matrix, facts, day).lead().cloned();
    assert_eq!(then(&facts(), later), Some(department("a")));
    assert_eq!(then(&facts(), Day(later.0 - 1)), Some(department("c")), "no rung of the street");
    let mut at_night = facts();
    at_night.local.minute = 23 * 60;
    assert_eq!(then(&at_night, later), Some(department("c")));
}

#[test]
fn each_step_of_the_order_beats_all_later_ones() {
    let rules = ordered_rules();
    for first in 0..rules.len() {
        let matrix = matrix(rules[first..].to_vec(), vec![]);
        let decision = decide(&matrix, &facts_on_a_road());
        assert_eq!(decision.rule(), Some(&rules[first].id));
        let considered: Vec<_> = decision.trace.considered.iter().map(|c| &c.rule).collect();
        let expected: Vec<_> = rules[first..].iter().map(|r| &r.id).collect();
        assert_eq!(considered, expected);
    }
}

#[test]
fn every_loser_is_told_by_what_it_lost() {
    let fate = |loser: Rule| {
        let id = loser.id.clone();
        let rules = vec![rule("m", "small:x-01", "a"), loser];
        let decision = decide(&matrix(rules, vec![]), &facts());
        decision.trace.considered.into_iter().find(|c| c.rule == id).unwrap().fate
    };
    let day = facts().local.day;
    let small = || rule("k", "small:x-01", "a");
    let yesterday = Day(day.0 - 1);
    let tomorrow = Day(day.0 + 1);
    let until_yesterday = Validity::new(None, Some(yesterday)).unwrap();
    let from_tomorrow = Validity::new(Some(tomorrow), None).unwrap();
    let night = TimeWindow::parse("", "22:00-06:00", "").unwrap();
    let asset = AssetScope { layer: "road".into(), owner: None };
    for (loser, expected) in [
        (with(small(), |r| r.validity = until_yesterday), Fate::Expired { to: yesterday }),
        (with(small(), |r| r.validity = from_tomorrow), Fate::NotYetValid { from: tomorrow }),
        (
            with(small(), |r| r.severity = Some(Severity::Major)),
            Fate::SeverityDiffers { wanted: Severity::Major },
        ),
        (with(small(), |r| r.asset = Some(asset.clone())), Fate::AssetAbsent { asset }),
        (
            rule("k", "small:x-01", "closed"),
            Fate::LeadInactive { department: department("closed") },
        ),
        (with(small(), |r| r.priority = -2), Fate::LowerPriority { own: -2, winner: 0 }),
        (rule("k", "kind:hazard", "a"), Fate::LessSpecificCategory { own: 1, winner: 3 }),
        (rule("n", "small:x-01", "a"), Fate::LaterId { winner: RuleId::parse("m").unwrap() }),
        (
            with(small(), |r| r.window = night),
            Fate::OutsideTimeWindow {
                weekdays: String::new(),
                hours: "22:00-06:00".into(),
                dates: String::new(),
            },
        ),
    ] {
        assert_eq!(fate(loser), expected);
    }
    let in_grid = with(small(), |r| r.area = rule_area(Level::Grid, "g1"));
    assert_eq!(winner(vec![rule("a", "small:x-01", "a"), in_grid]), "k");
}

#[test]
fn a_rule_of_another_place_or_category_is_not_considered() {
    let elsewhere = with(rule("k", "small:x-01", "a"), |r| r.area = rule_area(Level::Grid, "g2"));
    let other_level = with(rule("l", "any", "a"), |r| r.area = rule_area(Level::Street, "g1"));
    let far = LatLng::new(34.9, 113.9).unwrap().to_cell(h3o::Resolution::Seven);
    let far = with(rule("n", "small:x-01", "a"), |r| r.cell = Some(far));
    // The hexagon fits, the area does not.
    let half = with(rule("o", "small:x-01", "a"), |r| {
        r.cell = cell(9);
        r.area = rule_area(Level::Grid, "g2");
    });
    let rules = vec![elsewhere, other_level, rule("m", "small:x-02", "a"), far, half];
    let decision = decide(&matrix(rules, vec![]), &facts());
    assert_eq!(decision.trace.considered, []);
    assert_eq!(decision.trace.outcome, Outcome::Unrouted(UnroutedReason::NoRuleAndNoRung));
}

#[test]
fn the_limit_is_the_rules_own_else_the_conditions() {
    let own = with(rule("k", "small:x-01", "a"), |r| r.limit = Some(limit(1)));
    assert_eq!(decide(&matrix(vec![own], vec![]), &facts()).limit(), Some(limit(1)));
    let none = rule("k", "small:x-01", "a");
    assert_eq!(decide(&matrix(vec![none], vec![]), &facts()).limit(), Some(limit(9)));
}

#[test]
fn an_inactive_assist_is_left_out() {
    let assists = vec![department("closed"), department("b")];
    let rule = with(rule("k", "small:x-01", "a"), |r| r.assists = assists);
    assert_eq!(decide(&matrix(vec![rule], vec![]), &facts()).assists(), [department("b")]);
}

#[test]
fn the_ladder_is_climbed_from_the_innermost_area_outwards() {
    let ladder = vec![
        rung(Level::District, "d1", "a"),
        rung(Level::Street, "s1", "b"),
        rung(Level::Community, "c1", "closed"),
    ];
    let expired = with(rule("k", "any", "a"), |r| {
        r.validity = Validity::new(None, Some(Day(0))).unwrap();
    });
    let matrix = matrix(vec![expired], ladder);
    let decision = decide(&matrix, &facts());
    assert!(decision.is_fallback());
    assert_eq!((decision.lead(), decision.limit()), (Some(&department("b")), Some(limit(3))));
    let tried: Vec<_> = decision.trace.rungs.iter().map(|r| (r.level, r.fate)).collect();
    assert_eq!(
        tried,
        [
            (Level::Grid, RungFate::Absent),
            (Level::Community, RungFate::DepartmentInactive),
            (Level::Street, RungFate::Taken),
        ]
    );
    let sentence = decision.trace.sentence(Lang::En);
    assert!(sentence.contains("Bureau b") && sentence.contains("fallback"), "{sentence}");
}

#[test]
fn a_rung_for_the_kind_goes_before_one_for_every_kind() {
    let mut own = rung(Level::Street, "s1", "b");
    own.kind = Some(Kind::Hazard);
    let mut other = rung(Level::Street, "s1", "c");
    other.kind = Some(Kind::Dispute);
    let ladder = vec![rung(Level::Street, "s1", "a"), own, other];
    let decision = decide(&matrix(vec![], ladder), &facts());
    assert_eq!(decision.lead(), Some(&department("b")));
}

#[test]
fn the_sentence_names_a_community_once_when_its_grid_is_named_after_it() {
    let mut here = facts();
    let named = |level, code: &str, name: &str| Place { name: name.into(), ..place(level, code) };
    here.chain = vec![
        named(Level::Street, "s1", "兴达路街道"),
        named(Level::Community, "c1", "兴达路第一社区"),
        named(Level::Grid, "g1", "兴达路第一社区第四网格"),
    ];
    let decision = decide(&matrix(vec![], vec![rung(Level::Street, "s1", "a")]), &here);
    let sentence = decision.trace.sentence(Lang::Zh);
    assert!(sentence.starts_with("兴达路街道兴达路第一社区第四网格的"), "{sentence}");
}

#[test]
fn what_nobody_takes_stays_with_the_street() {
    let mut lost = facts();
    lost.chain.clear();
    let decision = decide(&matrix(vec![], vec![rung(Level::Street, "s1", "a")]), &lost);
    assert_eq!(decision.trace.outcome, Outcome::Unrouted(UnroutedReason::OutsideEveryArea));
    assert_eq!(decision.lead(), None);
    assert!(decision.trace.sentence(Lang::Zh).contains("由街道裁定"));
}

#[test]
fn candidates_of_a_border_tell_when_the_lead_would_differ() {
    let mut across = facts();
    across.chain[3] = place(Level::Grid, "g2");
    let of_grid = with(rule("k", "any", "b"), |r| r.area = rule_area(Level::Grid, "g2"));
    let matrix = matrix(vec![rule("l", "any", "a"), of_grid], vec![]);
    assert!(decide_all(&matrix, &[facts(), across.clone()]).leads_differ);
    assert!(!decide_all(&matrix, &[facts(), facts()]).leads_differ);
    assert!(!decide_all(&matrix, &[]).leads_differ);
}

#[test]
fn a_long_trace_is_cut_and_keeps_the_winner() {
    let mut rules: Vec<Rule> = (0..200)
        .map(|i| with(rule(&format!("r{i:03}"), "any", "closed"), |r| r.priority = 5))
        .collect();
    rules.push(rule("winner", "any", "a"));
    let trace = decide(&matrix(rules, vec![]), &facts()).trace;
    assert_eq!(trace.considered.len(), CONSIDERED_MAX);
    assert_eq!(trace.considered.last().map(|c| &c.fate), Some(&Fate::Won));
    assert_eq!(trace.considered.len() + trace.considered_more, 201);
}

#[test]
fn of_ten_thousand_rules_only_those_of_the_place_and_category_are_looked_at() {
    let rules = (0..10_000).map(|i| {
        let class = format!("small:x-{:02}", i % 20);
        with(rule(&format!("r{i}"), &class, "a"), |r| {
            r.area = rule_area(Level::Grid, &format!("g{}", i / 20));
        })
    });
    let matrix = matrix(rules.collect(), vec![]);
    // Grid g1 has twenty rules, one of them for the category.
    assert_eq!(matrix.candidates(&facts()).len(), 1);
    assert_eq!(decide(&matrix, &facts()).rule().unwrap().as_str(), "r21");
}

#[test]
fn a_matrix_leaves_out_bad_rows_by_name() {
    let rules = vec![rule("k", "any", "a"), rule("k", "any", "b"), rule("l", "any", "nobody")];
    let ladder = vec![
        rung(Level::Street, "s1", "a"),
        rung(Level::Street, "s1", "b"),
        rung(Level::Street, "s2", "nobody"),
    ];
    let (matrix, problems) = Matrix::build("v1", departments(), rules, ladder);
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert_eq!((matrix.rules().len(), matrix.ladder().len()), (1, 1));
    assert_eq!(matrix.rules()[0].lead, department("a"));
}
