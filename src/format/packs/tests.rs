//! The shipped packs are whole, and route what they must.

use std::collections::BTreeSet;

use super::super::catalog::read_published_table;
use super::super::matrix::read_matrix;
use super::*;
use crate::domain::catalog::SchemeCode;
use crate::domain::catalog::{Lang, Limit, TimeType};
use crate::domain::id::{AreaCode, CategoryCode, ConditionCode};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::routing::{
    CategoryFacts, Decision, Facts, LocalTime, NearbyAsset, Place, RoutedBy, decide,
};
use crate::domain::territory::level::Level;
use crate::domain::time::Timestamp;
use crate::format::matrix::{write_ladder, write_rules};

fn catalog() -> Catalog {
    let (catalog, problems) = load_catalog();
    assert_eq!(problems, []);
    catalog
}

fn matrix(city: City, catalog: &Catalog) -> Matrix {
    let (matrix, problems) = load_matrix(city, catalog, Day::parse("2026-11-20").unwrap());
    assert_eq!(problems, []);
    matrix
}

fn category(code: &str) -> CategoryCode {
    CategoryCode::parse(code).unwrap()
}

fn facts(catalog: &Catalog, code: &CategoryCode, street: &str) -> Facts {
    let at = Timestamp::parse("2026-11-20T10:00:00+08:00").unwrap();
    let place = |level, code: &str, name: &str| Place {
        level,
        code: AreaCode::parse(code).unwrap(),
        name: name.to_owned(),
    };
    let found = catalog.category(code).unwrap();
    let condition = catalog.conditions_of(code).next();
    Facts {
        chain: vec![
            place(Level::City, "4101", "郑州市"),
            place(Level::District, "410105", "金水区"),
            place(Level::Street, street, "某街道"),
        ],
        assets: vec![],
        category: CategoryFacts::of(catalog, code).unwrap(),
        condition: condition.map(|c| c.code.clone()),
        condition_limit: condition.and_then(|c| c.limit),
        kind: found.kind,
        severity: Severity::General,
        at,
        local: LocalTime::of(at, &jiff::tz::TimeZone::get("Asia/Shanghai").unwrap()),
        position: None,
    }
}

fn codes(decision: &Decision) -> (String, Vec<String>) {
    let lead = decision.lead().map_or_else(String::new, ToString::to_string);
    (lead, decision.assists().iter().map(ToString::to_string).collect())
}

#[test]
fn every_line_of_the_yuncheng_table_is_a_condition_with_a_limit() {
    let catalog = catalog();
    let national: Vec<_> = catalog
        .conditions()
        .filter(|c| catalog.category(&c.category).unwrap().scheme.as_str() == "national")
        .collect();
    assert_eq!(national.len(), 519);
    assert!(national.iter().all(|c| c.limit.is_some() && !c.responsible_units.is_empty()));
    let small = catalog.categories().filter(|c| c.class.is_some() && c.small_code.is_some());
    assert_eq!(small.count(), 190);
    let missing = catalog.condition(&ConditionCode::parse("bj-01-01-01").unwrap()).unwrap();
    assert_eq!(missing.text, "缺失、移位、开裂，存在安全隐患的");
    assert_eq!(missing.limit, Some(Limit { amount: 2, unit: TimeType::UrgentHour }));
    assert_eq!(missing.responsible_units, ["运城市城市节约用水中心", "各产权单位"]);
    let rocking = catalog.condition(&ConditionCode::parse("bj-01-01-03").unwrap()).unwrap();
    assert_eq!(rocking.limit, Some(Limit { amount: 2, unit: TimeType::WorkDay }));
    let felling = catalog.conditions_of(&category("sj-01-22")).next().unwrap();
    assert_eq!(felling.limit_text, "1紧急工作时制止");
    assert_eq!(felling.limit, Some(Limit { amount: 1, unit: TimeType::UrgentHour }));
}

#[test]
fn without_the_table_of_yuncheng_each_odd_limit_is_a_named_problem() {
    let (limits, _) = load_common_limits();
    let scheme = SchemeCode::parse("national").unwrap();
    let (parts, problems) = read_published_table(
        include_bytes!("../../../geodata/catalog/yuncheng/standard.csv"),
        &scheme,
        &limits,
        &Default::default(),
    );
    assert_eq!((parts.conditions.len(), problems.len()), (514, 5));
    let said: BTreeSet<_> = problems.iter().map(|p| p.error.to_string()).collect();
    assert!(said.iter().all(|text| text.contains("紧急工作日") || text.contains("制止")));
    let (parts, problems) = read_published_table(
        include_bytes!("../../../geodata/catalog/yuncheng/standard.csv"),
        &scheme,
        &LimitTable::default(),
        &Default::default(),
    );
    assert_eq!(parts.conditions.len() + problems.len(), 519);
    // A refused line keeps its number: the codes of the others do not move.
    let codes: Vec<_> = parts.conditions.iter().take(2).map(|c| c.code.as_str()).collect();
    assert_eq!(codes, ["bj-01-01-01", "bj-01-02-01"]);
}

#[test]
fn every_shipped_category_has_both_names() {
    let catalog = catalog();
    let nameless: Vec<_> =
        catalog.categories().filter(|c| c.name_en.is_none()).map(|c| c.code.as_str()).collect();
    assert_eq!(nameless, [""; 0]);
}

#[test]
fn every_category_has_a_lead_in_every_street_of_jinshui() {
    let catalog = catalog();
    let matrix = matrix(City::Jinshui, &catalog);
    let streets: Vec<_> =
        matrix.ladder().iter().filter(|rung| rung.level == Level::Street).collect();
    assert_eq!(streets.len(), 24);
    let mut kinds = BTreeSet::new();
    for found in catalog.categories() {
        kinds.insert(found.kind);
        for street in &streets {
            let facts = facts(&catalog, &found.code, street.area.as_str());
            let decision = decide(&matrix, &facts);
            assert!(decision.rule().is_some(), "{} in {}", found.code, street.area);
        }
    }
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), Kind::ALL);
}

#[test]
fn a_broken_road_fence_that_endangers_traffic_belongs_to_the_road_authority() {
    let catalog = catalog();
    let matrix = matrix(City::Jinshui, &catalog);
    let found = catalog.search("护栏", Day::parse("2026-11-20").unwrap(), 20);
    assert!(found.iter().any(|c| c.code == category("bj-02-17")));
    let mut facts = facts(&catalog, &category("bj-02-17"), "410105010");
    let decision = decide(&matrix, &facts);
    assert_eq!(codes(&decision), ("js-dl".into(), vec!["js-jj".into()]));
    facts.severity = Severity::Major;
    let decision = decide(&matrix, &facts);
    assert_eq!(decision.lead().unwrap().as_str(), "js-dl");
    assert_eq!(decision.limit(), Some(Limit { amount: 2, unit: TimeType::UrgentHour }));
    let sentence = decision.trace.sentence(Lang::En);
    assert!(sentence.contains("Jinshui Road Authority"), "{sentence}");
    assert!(sentence.contains("2 urgent hours"), "{sentence}");
    let told_by_hotline = self::facts(&catalog, &category("rx-14"), "410105010");
    assert_eq!(decide(&matrix, &told_by_hotline).lead().unwrap().as_str(), "js-dl");
}

#[test]
fn dogs_kept_against_the_rules_belong_to_the_police_and_urban_management() {
    let catalog = catalog();
    let matrix = matrix(City::Jinshui, &catalog);
    let decision = decide(&matrix, &facts(&catalog, &category("sj-01-84"), "410105002"));
    assert_eq!(codes(&decision), ("js-ga".into(), vec!["js-cg".into()]));
    let sentence = decision.trace.sentence(Lang::Zh);
    assert!(sentence.contains("由金水区公安分局主办，金水区城市管理局协办"), "{sentence}");
}

#[test]
fn place_time_and_asset_change_the_lead_where_the_jinshui_matrix_says_so() {
    let catalog = catalog();
    let matrix = matrix(City::Jinshui, &catalog);
    let lead = |facts: &Facts| decide(&matrix, facts).rule().unwrap().to_string();
    let stall = category("sj-04-06");
    assert_eq!(lead(&facts(&catalog, &stall, "410105002")), "js-sj-04-06");
    assert_eq!(lead(&facts(&catalog, &stall, "410105014")), "js-st-410105014-sj-04-06");
    let mut evening = facts(&catalog, &stall, "410105014");
    evening.local.minute = 19 * 60;
    assert_eq!(lead(&evening), "js-w-night-stall");
    let mut on_a_highway = facts(&catalog, &category("bj-02-17"), "410105002");
    on_a_highway.assets.push(NearbyAsset {
        layer: "road".into(),
        code: "G107".into(),
        name: "107国道".into(),
        owner: Some("公路".into()),
        distance_m: 4.0,
    });
    assert_eq!(lead(&on_a_highway), "js-a-highway");
}

#[test]
fn before_the_matrix_is_valid_the_street_office_answers_as_fallback() {
    let catalog = catalog();
    let matrix = matrix(City::Jinshui, &catalog);
    let mut early = facts(&catalog, &category("bj-01-37"), "410105002");
    early.local.day = Day::parse("2025-12-31").unwrap();
    let decision = decide(&matrix, &early);
    assert_eq!(decision.lead().unwrap().as_str(), "js-st-410105002");
    assert!(matches!(decision.route().unwrap().by, RoutedBy::Rung { level: Level::Street, .. }));
    early.chain.pop();
    assert_eq!(decide(&matrix, &early).lead().unwrap().as_str(), "js-wg");
}

#[test]
fn every_los_angeles_type_goes_to_its_usual_owner() {
    let catalog = catalog();
    let matrix = matrix(City::LosAngeles, &catalog);
    for (name, owner) in [
        ("Bulky Items", "BOS"),
        ("Illegal Dumping Pickup", "BOS"),
        ("Metal/Household Appliances", "BOS"),
        ("Electronic Waste", "BOS"),
        ("Dead Animal Removal", "BOS"),
        ("Homeless Encampment", "BOS"),
        ("Graffiti Removal", "OCB"),
        ("Single Streetlight Issue", "BSL"),
        ("Multiple Streetlight Issue", "BSL"),
        ("Report Water Waste", "LADWP"),
        ("Other", "ITA"),
    ] {
        let found = catalog.search(name, Day::parse("2020-01-01").unwrap(), 1)[0];
        assert_eq!(found.name_en.as_deref(), Some(name));
        let facts = facts(&catalog, &found.code, "x");
        assert_eq!(decide(&matrix, &facts).lead().unwrap().as_str(), owner, "{name}");
    }
}

#[test]
fn a_matrix_reads_back_what_it_writes() {
    let catalog = catalog();
    let context =
        MatrixContext { catalog: &catalog, areas: None, today: Day::parse("2026-11-20").unwrap() };
    for city in [City::Jinshui, City::LosAngeles] {
        let matrix = matrix(city, &catalog);
        let (rules, ladder) = (write_rules(&matrix).unwrap(), write_ladder(&matrix).unwrap());
        let departments = matrix.departments().cloned().collect();
        let (again, problems) =
            read_matrix(matrix.version(), departments, &rules, &ladder, &context);
        assert!(problems.is_empty());
        assert_eq!(again.rules(), matrix.rules());
        assert_eq!(again.ladder(), matrix.ladder());
    }
}
