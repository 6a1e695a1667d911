//! A stored trace reads back as it was, whatever it holds; anything else is refused.

use proptest::prelude::*;

use super::*;

fn area(code: &str) -> AreaCode {
    AreaCode::parse(code).unwrap()
}

fn rule(id: &str) -> RuleId {
    RuleId::parse(id).unwrap()
}

fn department(code: &str) -> DepartmentCode {
    DepartmentCode::parse(code).unwrap()
}

fn category(code: &str) -> CategoryCode {
    CategoryCode::parse(code).unwrap()
}

const LIMIT: Limit = Limit { amount: 2, unit: TimeType::UrgentHour };

/// One of each fate.
fn fates() -> Vec<Fate> {
    vec![
        Fate::Won,
        Fate::NotYetValid { from: Day(20_000) },
        Fate::Expired { to: Day(-3) },
        Fate::OutsideTimeWindow {
            weekdays: "1,2".into(),
            hours: "22:00-06:00".into(),
            dates: String::new(),
        },
        Fate::SeverityDiffers { wanted: Severity::Major },
        Fate::AssetAbsent { asset: AssetScope { layer: "道路".into(), owner: None } },
        Fate::LeadInactive { department: department("a") },
        Fate::LowerPriority { own: -1, winner: 5 },
        Fate::LessSpecificCategory { own: 0, winner: 4 },
        Fate::LessSpecificPlace,
        Fate::FartherAsset { own_dm: 243, winner_dm: 0 },
        Fate::LaterId { winner: rule("r1") },
    ]
}

fn outcomes() -> Vec<Outcome> {
    let route = |limit, by| {
        let assists = vec![department("b"), department("c")];
        let unit = "二队".to_owned();
        Outcome::Routed(Route { lead: department("a"), unit, assists, limit, by })
    };
    vec![
        route(None, RoutedBy::Rule(rule("r1"))),
        route(Some((LIMIT, LimitSource::Rule)), RoutedBy::Rule(rule("r1"))),
        route(Some((LIMIT, LimitSource::Condition)), RoutedBy::Rule(rule("r1"))),
        route(
            Some((LIMIT, LimitSource::Rung)),
            RoutedBy::Rung { level: Level::Street, area: area("s1") },
        ),
        Outcome::Unrouted(UnroutedReason::OutsideEveryArea),
        Outcome::Unrouted(UnroutedReason::NoRuleAndNoRung),
    ]
}

fn facts(name: String, position: Option<Position>, at: i64) -> Facts {
    Facts {
        chain: vec![Place { level: Level::MicroGrid, code: area("g1"), name: name.clone() }],
        assets: vec![NearbyAsset {
            layer: "road".into(),
            code: "1".into(),
            name: name.clone(),
            owner: Some(name.clone()),
            distance_m: 1.5,
        }],
        category: CategoryFacts {
            scheme: SchemeCode::parse("national").unwrap(),
            code: category("x-01"),
            big: Some(category("x")),
            small: Some(category("x-01")),
            name,
            name_en: None,
        },
        condition: Some(ConditionCode::parse("x-01-01").unwrap()),
        condition_limit: Some(LIMIT),
        kind: Kind::Dispute,
        severity: Severity::Major,
        at: Timestamp(at),
        local: LocalTime { day: Day(20_000), weekday: 7, minute: 1_439 },
        position,
    }
}

fn trace(facts: Facts, outcome: Outcome) -> Trace {
    let considered = |fate| Considered {
        rule: rule("r1"),
        priority: -7,
        selector: Selector::Condition(ConditionCode::parse("x-01-01").unwrap()),
        area: Some(RuleArea { level: Level::Grid, code: area("g1") }),
        cell: "8729a1d74ffffff".parse().ok(),
        asset: Some(AssetScope { layer: "road".into(), owner: Some("市".into()) }),
        lead: department("a"),
        fate,
    };
    let tried = |(fate, _)| RungTried { level: Level::Grid, area: area("g1"), fate };
    Trace {
        matrix_version: "2026-1".into(),
        facts,
        considered: fates().into_iter().map(considered).collect(),
        considered_more: 3,
        rungs: RUNG_FATES.into_iter().map(tried).collect(),
        outcome,
        departments: vec![DepartmentName {
            code: department("a"),
            name: "甲局".into(),
            name_en: Some("Bureau A".into()),
        }],
    }
}

proptest! {
    #[test]
    fn a_trace_reads_back_what_it_writes(
        name in ".*",
        position in prop::option::of((-180.0..180.0, -90.0..90.0, prop::option::of(0.0..1e4))),
        at in -62_000_000_000_000i64..253_000_000_000_000,
        outcome in prop::sample::select(outcomes()),
    ) {
        let position = position.map(|(lon, lat, accuracy_m)| Position { lon, lat, accuracy_m });
        let trace = trace(facts(name, position, at), outcome);
        let text = trace_to_json(&trace).unwrap();
        prop_assert_eq!(trace_from_json(&text).unwrap(), trace.clone());
        let value = trace_to_value(&trace).unwrap();
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}

#[test]
fn a_trace_of_another_form_or_with_a_bad_word_is_refused() {
    let good = trace(facts("x".into(), None, 0), outcomes().remove(1));
    let value = trace_to_value(&good).unwrap();
    let changed = |pointer: &str, to: serde_json::Value| {
        let mut value = value.clone();
        *value.pointer_mut(pointer).unwrap() = to;
        trace_from_json(&value.to_string())
    };
    assert!(changed("/considered_more", 3.into()).is_ok());
    assert!(matches!(changed("/form", 2.into()), Err(TraceError::UnknownForm(2))));
    for (pointer, to) in [
        ("/facts/kind", "quarrel".into()),
        ("/facts/local_weekday", 8.into()),
        ("/facts/local_minute", 1_440.into()),
        ("/facts/at", "yesterday".into()),
        ("/facts/chain/0/level", "village".into()),
        ("/considered/0/selector", "small:".into()),
        ("/rungs/0/fate", "lost".into()),
        ("/outcome/lead", "".into()),
        ("/outcome/rule", serde_json::Value::Null),
        ("/outcome/limit", serde_json::Value::Null),
        ("/outcome/limit_source", "hearsay".into()),
    ] {
        assert!(matches!(changed(pointer, to), Err(TraceError::Field { .. })), "{pointer}");
    }
    assert!(matches!(trace_from_json("{}"), Err(TraceError::Json(_))));
}
