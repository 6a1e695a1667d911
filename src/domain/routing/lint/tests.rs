//! The check against the slow truth: every report of a small world is decided, and what nobody
//! takes and what never wins is compared with what the check says; and each defect by example.

mod named;

use super::super::{AssetScope, Facts, LocalTime, NearbyAsset, Rule, RuleArea, TimeWindow, decide};
use super::*;
use crate::domain::catalog::{
    CatalogParts, Condition, Department, Lang, Limit, PhotoRequirement, Scheme, TimeType, Validity,
};
use crate::domain::issue::kind::Severity;
use crate::domain::time::Timestamp;
use h3o::{CellIndex, LatLng, Resolution};
use proptest::prelude::*;

/// 2026-11-20, a Friday.
const TODAY: Day = Day(20_777);
const DAYS: usize = 9;

fn category(code: &str, parent: Option<&str>, kind: Kind) -> Category {
    Category {
        code: CategoryCode::parse(code).unwrap(),
        scheme: SchemeCode::parse("s").unwrap(),
        class: None,
        big_code: "01".into(),
        small_code: parent.map(|_| "01".into()),
        parent: parent.map(|p| CategoryCode::parse(p).unwrap()),
        kind,
        name: code.into(),
        name_en: None,
        nature: None,
        anonymous_allowed: true,
        needs_inspection: true,
        validity: Validity::ALWAYS,
    }
}

fn condition(code: &str, category: &str, limit: Option<Limit>) -> Condition {
    Condition {
        code: ConditionCode::parse(code).unwrap(),
        category: CategoryCode::parse(category).unwrap(),
        text: "缺失".into(),
        closing_condition: String::new(),
        limit,
        limit_text: String::new(),
        photo: PhotoRequirement::None,
        responsible_units: Vec::new(),
        regulators: Vec::new(),
        evidence: crate::domain::issue::evidence::EvidenceRule::default(),
    }
}

fn catalog_of(categories: Vec<Category>, conditions: Vec<Condition>) -> Catalog {
    let scheme = Scheme {
        code: SchemeCode::parse("s").unwrap(),
        name: "s".into(),
        name_en: None,
        version: "1".into(),
        source: "test".into(),
    };
    let parts = CatalogParts { schemes: vec![scheme], categories, conditions, walks: Vec::new() };
    let (catalog, problems) = Catalog::build("1", parts);
    assert!(problems.is_empty(), "{problems:?}");
    catalog
}

/// A big class with two small ones, one of a single level, and one that is over in some days.
fn small_catalog() -> Catalog {
    let mut ending = category("e", None, Kind::Opinion);
    ending.validity = Validity::new(None, Some(Day(TODAY.0 + 3))).unwrap();
    let categories = vec![
        category("b", None, Kind::Hazard),
        category("b1", Some("b"), Kind::Hazard),
        category("b2", Some("b"), Kind::Hazard),
        category("o", None, Kind::Opinion),
        ending,
    ];
    let limit = Limit { amount: 1, unit: TimeType::WorkDay };
    let conditions = vec![condition("b1-1", "b1", Some(limit)), condition("o-1", "o", None)];
    catalog_of(categories, conditions)
}

const AREAS: [(&str, Level, Option<&str>); 6] = [
    ("d", Level::District, None),
    ("s1", Level::Street, Some("d")),
    ("s2", Level::Street, Some("d")),
    ("g1", Level::Grid, Some("s1")),
    ("g2", Level::Grid, Some("s1")),
    ("x", Level::District, None),
];

fn area_code(code: &str) -> AreaCode {
    AreaCode::parse(code).unwrap()
}

fn small_tree() -> AreaTree {
    AreaTree::new(AREAS.map(|(code, level, parent)| {
        (area_code(code), level, format!("{code}号"), parent.map(area_code))
    }))
}

fn layers() -> BTreeMap<String, BTreeSet<String>> {
    let owners = ["路局", "市政"].map(str::to_owned).into();
    BTreeMap::from([("road".to_owned(), owners), ("river".to_owned(), BTreeSet::new())])
}

fn departments() -> Vec<Department> {
    let department = |code: &str| Department {
        code: DepartmentCode::parse(code).unwrap(),
        name: code.into(),
        name_en: None,
        active: code != "closed",
        phone: None,
        area: None,
    };
    ["a", "b", "closed"].map(department).into()
}

fn rule(id: &str, selector: &str, lead: &str) -> Rule {
    Rule {
        id: RuleId::parse(id).unwrap(),
        priority: 0,
        cell: None,
        unit: String::new(),
        area: None,
        asset: None,
        selector: Selector::parse(selector).unwrap(),
        window: TimeWindow::ALWAYS,
        severity: None,
        lead: DepartmentCode::parse(lead).unwrap(),
        assists: Vec::new(),
        limit: None,
        validity: Validity::ALWAYS,
        source: String::new(),
        author: String::new(),
    }
}

fn area(level: Level, code: &str) -> Option<RuleArea> {
    Some(RuleArea { level, code: area_code(code) })
}

fn rung(level: Level, code: &str, lead: &str) -> Rung {
    Rung {
        level,
        area: area_code(code),
        kind: None,
        department: DepartmentCode::parse(lead).unwrap(),
        limit: Limit { amount: 1, unit: TimeType::WorkDay },
        validity: Validity::ALWAYS,
    }
}

fn matrix(rules: Vec<Rule>, ladder: Vec<Rung>) -> Matrix {
    let (matrix, problems) = Matrix::build("1", departments(), rules, ladder);
    assert!(problems.is_empty(), "{problems:?}");
    matrix
}

fn check(matrix: &Matrix) -> Vec<Finding> {
    let (catalog, areas, layers) = (small_catalog(), small_tree(), layers());
    let horizon = Horizon { from: TODAY, days: DAYS };
    lint(
        matrix,
        Surroundings { catalog: &catalog, schemes: &[], areas: &areas, layers: &layers, horizon },
    )
}

fn found(matrix: &Matrix, code: &str) -> Vec<Defect> {
    let findings = check(matrix).into_iter().map(|f| f.defect);
    findings.filter(|defect| defect.code() == code).collect()
}

/// A hexagon, one next to it, a part of it, and the one around them.
fn cells() -> [CellIndex; 4] {
    let own: CellIndex = "892830828cbffff".parse().unwrap();
    let around = own.parent(Resolution::Eight).unwrap();
    let next = around.children(Resolution::Nine).find(|cell| *cell != own).unwrap();
    let middle = own.center_child(Resolution::Ten);
    let part = own.children(Resolution::Ten).find(|cell| Some(*cell) != middle).unwrap();
    [own, next, part, around]
}

fn middle_of(cell: CellIndex) -> super::super::Position {
    let at = LatLng::from(cell);
    super::super::Position { lon: at.lng(), lat: at.lat(), accuracy_m: None }
}

/// A position in each part into which the hexagons divide the world, and none.
fn positions() -> Vec<Option<super::super::Position>> {
    let [own, next, part, around] = cells();
    let rest = around.children(Resolution::Nine).find(|cell| ![own, next].contains(cell));
    let cells = [own, next, part].into_iter().chain(rest);
    cells.map(|cell| Some(middle_of(cell))).chain([None]).collect()
}

/// Every report of the small world, with the minutes at which the windows below may change.
fn all_facts() -> Vec<Facts> {
    let (catalog, areas) = (small_catalog(), small_tree());
    let chains = (0..AREAS.len()).map(Some).chain([None]).map(|i| areas.chain(i));
    let chains: Vec<_> = chains.collect();
    let assets = [None, Some(("road", None)), Some(("road", Some("路局"))), Some(("river", None))];
    let positions = positions();
    let mut all = Vec::new();
    for category in catalog.categories().filter(|c| catalog.can_be_filed(c)) {
        let own = catalog.conditions_of(&category.code).map(|c| Some(c.code.clone()));
        for condition in own.chain([None]) {
            for chain in &chains {
                for asset in assets {
                    for severity in [Severity::General, Severity::Major] {
                        // Each day, and one minute of each sort that rules tell apart.
                        for (day, minute) in moments() {
                            for position in &positions {
                                let asset =
                                    asset.map(|(layer, owner): (&str, Option<&str>)| NearbyAsset {
                                        layer: layer.into(),
                                        code: "1".into(),
                                        name: "1".into(),
                                        owner: owner.map(str::to_owned),
                                        distance_m: 1.0,
                                    });
                                all.push(Facts {
                                    chain: chain.clone(),
                                    assets: asset.into_iter().collect(),
                                    category: CategoryFacts::of(&catalog, &category.code).unwrap(),
                                    condition: condition.clone(),
                                    condition_limit: None,
                                    kind: category.kind,
                                    severity,
                                    at: Timestamp(0),
                                    local: LocalTime::on(Day(TODAY.0 + day), minute),
                                    position: *position,
                                });
                            }
                        }
                    }
                }
            }
        }
    }
    all
}

/// Every day: validities end on any of them, so no day stands for another.
fn moments() -> impl Iterator<Item = (i32, u16)> {
    let days = 0..i32::try_from(DAYS).unwrap();
    days.flat_map(|day| [0, 480, 1080].map(|minute| (day, minute)))
}

#[test]
fn a_gap_of_two_days_between_a_rung_and_a_weekend_is_found() {
    let mut weekend = rule("r", "any", "a");
    weekend.window = TimeWindow::parse("6,7", "", "").unwrap();
    let until = |to| Rung {
        validity: Validity::new(None, Some(Day(TODAY.0 + to))).unwrap(),
        ..rung(Level::District, "d", "a")
    };
    // Thursday and Friday of the week after are left between the rung and the weekend.
    let gap = found(&matrix(vec![weekend.clone()], vec![until(5)]), "no_lead");
    assert!(names_district_d(&gap), "{gap:?}");
    let none = found(&matrix(vec![weekend], vec![until(7)]), "no_lead");
    assert!(!names_district_d(&none), "{none:?}");
}

fn names_district_d(defects: &[Defect]) -> bool {
    defects.iter().any(|defect| match defect {
        Defect::NoLead { area, .. } => area.code == area_code("d"),
        _ => false,
    })
}

fn any_cell() -> impl Strategy<Value = Option<CellIndex>> {
    let [own, next, part, around] = cells();
    prop::sample::select(vec![
        None,
        None,
        None,
        Some(own),
        Some(own),
        Some(next),
        Some(part),
        Some(around),
    ])
}

fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    let selector = prop::sample::select(vec![
        "any",
        "kind:hazard",
        "kind:opinion",
        "big:b",
        "small:b1",
        "small:b2",
        "big:o",
        "big:e",
        "condition:b1-1",
        "condition:o-1",
    ]);
    let place = prop::option::weighted(0.7, 0..AREAS.len());
    let asset = prop::sample::select(vec![
        None,
        None,
        None,
        Some(("road", None)),
        Some(("road", Some("路局"))),
        Some(("river", None)),
    ]);
    let window = prop::sample::select(vec![
        ("", "", ""),
        ("", "", ""),
        ("", "", ""),
        ("1-5", "", ""),
        ("6,7", "", ""),
        ("", "08:00-18:00", ""),
        ("", "18:00-08:00", ""),
        ("", "", "2026-11-20..2026-11-22"),
        ("", "", "11-23..12-31"),
    ]);
    let severity = prop::sample::select(vec![
        None,
        None,
        None,
        Some(Severity::General),
        Some(Severity::Major),
    ]);
    let lead = prop::sample::select(vec!["a", "a", "b", "closed"]);
    let validity = prop::sample::select(vec![
        (None, None),
        (None, None),
        (Some(4), None),
        (None, Some(4)),
        (None, Some(-1)),
    ]);
    let place = (place, any_cell());
    let one = (selector, place, asset, window, severity, lead, validity, 0..2i32);
    prop::collection::vec(one, 0..7).prop_map(|rows| {
        let made = rows.into_iter().enumerate().map(|(i, row)| {
            let (selector, place, asset, window, severity, lead, validity, priority) = row;
            let mut rule = rule(&format!("r{i}"), selector, lead);
            rule.priority = priority;
            rule.area = place.0.and_then(|i| area(AREAS[i].1, AREAS[i].0));
            rule.cell = place.1;
            rule.asset = asset.map(|(layer, owner): (&str, Option<&str>)| AssetScope {
                layer: layer.into(),
                owner: owner.map(str::to_owned),
            });
            rule.window = TimeWindow::parse(window.0, window.1, window.2).unwrap();
            rule.severity = severity;
            let day = |offset: Option<i32>| offset.map(|offset| Day(TODAY.0 + offset));
            rule.validity = Validity::new(day(validity.0), day(validity.1)).unwrap();
            rule
        });
        made.collect()
    })
}

fn any_ladder() -> impl Strategy<Value = Vec<Rung>> {
    let kind = prop::sample::select(vec![None, None, Some(Kind::Hazard), Some(Kind::Opinion)]);
    let lead = prop::sample::select(vec!["a", "b", "closed"]);
    let one = (0..AREAS.len(), kind, lead, prop::option::of(0..8i32));
    prop::collection::vec(one, 0..4).prop_map(|rows| {
        let made = rows.into_iter().map(|(i, kind, lead, to)| Rung {
            kind,
            validity: Validity::new(None, to.map(|to| Day(TODAY.0 + to))).unwrap(),
            ..rung(AREAS[i].1, AREAS[i].0, lead)
        });
        made.collect()
    })
}

/// The innermost areas that a finding speaks of: the part of the tree whose nearest named area
/// around it is uncovered, found anew by asking the check for every area as if it were alone.
fn told_uncovered(matrix: &Matrix) -> BTreeSet<(CategoryCode, Option<AreaCode>)> {
    let (catalog, areas, layers) = (small_catalog(), small_tree(), layers());
    let horizon = Horizon { from: TODAY, days: DAYS };
    let around =
        Surroundings { catalog: &catalog, schemes: &[], areas: &areas, layers: &layers, horizon };
    let check = Check::of(matrix, around);
    let mut told = BTreeSet::new();
    for group in check.groups(check.filed.iter().copied()) {
        let rungs = check.rungs_for(group.kind);
        let uncovered = check.uncovered(&group, &rungs);
        let mut named: BTreeSet<usize> = rungs.keys().copied().collect();
        named.extend((0..AREAS.len()).filter(|&i| AREAS[i].2.is_none()));
        for position in matrix.selecting(&group.facts, group.kind) {
            let rule = &matrix.rules()[position];
            if let (true, None, Some(a)) = (check.works[position], &rule.asset, &rule.area) {
                named.extend(areas.find(a.level, &a.code));
            }
        }
        for node in 0..AREAS.len() {
            let nearest = areas.upwards(node).find(|i| named.contains(i)).unwrap();
            if uncovered.iter().any(|u| u.node == nearest) {
                for category in &group.categories {
                    told.insert((category.code.clone(), Some(areas.nodes()[node].code.clone())));
                }
            }
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_check_finds_what_deciding_every_report_finds(
        rules in any_rules(),
        ladder in any_ladder(),
    ) {
        let (matrix, _) = Matrix::build("1", departments(), rules, ladder);
        let catalog = small_catalog();
        let mut winners = BTreeSet::new();
        let mut unled = BTreeSet::new();
        for facts in all_facts() {
            let decision = decide(&matrix, &facts);
            winners.extend(decision.rule().cloned());
            let category = catalog.category(&facts.category.code).unwrap();
            let reported = category.validity.contains(facts.local.day);
            if let (None, true, Some(place)) = (decision.lead(), reported, facts.chain.last()) {
                unled.insert((category.code.clone(), Some(place.code.clone())));
            }
        }
        prop_assert_eq!(told_uncovered(&matrix), unled.clone());
        let no_lead = found(&matrix, "no_lead");
        prop_assert_eq!(no_lead.is_empty(), unled.is_empty());
        // Of the leaves, as many are told as there are; each category is counted by itself.
        let is_leaf = |code: &AreaCode| !AREAS.iter().any(|a| a.2 == Some(code.as_str()));
        let truth = unled.iter().filter(|(_, a)| a.as_ref().is_some_and(is_leaf)).count();
        let told: usize = no_lead.iter().map(|d| match d {
            Defect::NoLead { categories, leaves, .. } => categories.len() * leaves,
            _ => 0,
        }).sum();
        prop_assert_eq!(told, truth);
        let dead: BTreeSet<RuleId> = found(&matrix, "unreachable").into_iter().filter_map(|d| {
            let RowRef::Rule(id) = d.row()? else { return None };
            Some(id)
        }).collect();
        let last = Day(TODAY.0 + DAYS as i32 - 1);
        for rule in matrix.rules() {
            // A rule that holds on no day, or whose lead is closed, is told otherwise.
            let within = Validity::new(Some(TODAY), Some(last)).unwrap();
            let holds = rule.validity.overlaps(within)
                && (TODAY.0..=last.0).map(Day).any(|day| {
                    rule.validity.contains(day) && rule.window.touches(day)
                });
            if holds && matrix.is_active(&rule.lead) {
                let wins = winners.contains(&rule.id);
                prop_assert_eq!(dead.contains(&rule.id), !wins, "{}", rule.id);
            } else {
                // Unless it is over, or holds on a day to come, it is told to hold on none.
                let over = rule.validity.to().is_some_and(|to| to < TODAY)
                    || rule.window.last_day().is_some_and(|last| last < TODAY);
                let never = (TODAY.0..TODAY.0 + 1_000).map(Day).all(|day| {
                    !rule.validity.contains(day) || !rule.window.touches(day)
                });
                prop_assert_eq!(dead.contains(&rule.id), never && !over, "{}", rule.id);
                prop_assert!(!winners.contains(&rule.id));
            }
        }
    }

    #[test]
    fn rules_of_equal_rank_are_those_that_only_their_ids_tell_apart(rules in any_rules()) {
        let (matrix, _) = Matrix::build("1", departments(), rules, Vec::new());
        let mut truth = BTreeSet::new();
        // Two things of a road and a river may be near at once.
        for mut facts in all_facts() {
            let more = [("road", 2.0), ("river", 3.0)].map(|(layer, distance_m)| NearbyAsset {
                layer: layer.into(), code: "2".into(), name: "2".into(),
                owner: Some("路局".into()), distance_m,
            });
            facts.assets.extend(more);
            let trace = decide(&matrix, &facts).trace;
            let lost = trace.considered.iter().filter_map(|c| match &c.fate {
                super::super::Fate::LaterId { winner } => Some((c.rule.clone(), winner.clone())),
                _ => None,
            });
            truth.extend(lost.map(|(rule, _)| rule));
        }
        let told: BTreeSet<RuleId> = found(&matrix, "equal_rank").into_iter().filter_map(|d| {
            let RowRef::Rule(id) = d.row()? else { return None };
            Some(id)
        }).collect();
        // The truth sees ties with the winner only; a tie further down is told as well.
        prop_assert!(truth.is_subset(&told), "{truth:?} {told:?}");
        for id in told.difference(&truth) {
            let rule = matrix.rules().iter().find(|r| r.id == *id).unwrap();
            let same = matrix.rules().iter().filter(|r| {
                (r.priority, &r.selector, &r.area, r.cell, &r.asset)
                    == (rule.priority, &rule.selector, &rule.area, rule.cell, &rule.asset)
            });
            prop_assert!(same.count() > 1, "{id} stands alone");
        }
    }
}
