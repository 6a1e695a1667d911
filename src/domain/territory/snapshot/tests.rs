//! Small territories: chains, candidates, trees, and who is near.

use super::*;
use crate::domain::territory::area::{AreaKind, Validity};
use crate::domain::territory::level::Level;
use crate::domain::territory::people::DutyHours;
use crate::domain::time::Timestamp;
use geo::{MultiPolygon, Rect};

const TODAY: Day = Day(20_000);

fn code(text: &str) -> AreaCode {
    AreaCode::parse(text).unwrap()
}

fn area(text: &str, level: Level, parent: &str, (x, y, w, h): (f64, f64, f64, f64)) -> Area {
    Area {
        code: code(text),
        name: text.to_uppercase(),
        level,
        parent: AreaCode::parse(parent).ok(),
        kind: AreaKind::Regular,
        polygon: MultiPolygon(vec![Rect::new((x, y), (x + w, y + h)).to_polygon()]),
        validity: Validity::default(),
    }
}

/// Two grids side by side in a community in a street; a district of another scheme over one of
/// them; a grid that is no longer in force.
fn areas() -> Vec<Area> {
    let mut retired = area("g0", Level::Grid, "c", (113.0, 34.0, 0.02, 0.01));
    retired.validity.to = Some(Day(TODAY.0 - 1));
    vec![
        area("g2", Level::Grid, "c", (113.01, 34.0, 0.01, 0.01)),
        area("s", Level::Street, "", (113.0, 34.0, 0.03, 0.02)),
        area("c", Level::Community, "s", (113.0, 34.0, 0.02, 0.01)),
        area("x", Level::District, "", (113.015, 34.0, 0.1, 0.1)),
        area("g1", Level::Grid, "c", (113.0, 34.0, 0.01, 0.01)),
        retired,
    ]
}

fn build(areas: Vec<Area>) -> (Territory, Vec<Problem>) {
    let version = Version { number: 1, as_of: TODAY };
    Territory::build(version, areas, Vec::new(), Vec::new(), Vec::new())
}

fn at(lon: f64, lat: f64) -> Position {
    Position::new(lon, lat).unwrap()
}

fn names<'a>(areas: impl IntoIterator<Item = &'a Area>) -> String {
    let codes: Vec<&str> = areas.into_iter().map(|a| a.code.as_str()).collect();
    codes.join(" ")
}

#[test]
fn one_look_up_gives_the_whole_chain() {
    let (territory, problems) = build(areas());
    assert_eq!(problems, []);
    for (lon, lat, chain, beside) in [
        (113.005, 34.005, "s c g1", ""),
        (113.012, 34.005, "s c g2", ""),
        (113.017, 34.005, "s c g2", "x"),
        (113.025, 34.015, "s", "x"),
        (113.05, 34.05, "x", ""),
        (112.0, 34.0, "", ""),
        // On the border of two grids the lower code is chosen; the other is told.
        (113.01, 34.005, "s c g1", "g2"),
        // On a corner of everything.
        (113.0, 34.0, "s c g1", ""),
    ] {
        let location = territory.locate(at(lon, lat), None);
        assert_eq!(names(location.chain()), chain, "{lon} {lat}");
        assert_eq!(names(location.beside.iter().copied()), beside, "{lon} {lat}");
        assert_eq!(location.is_outside(), chain.is_empty());
    }
    let location = territory.locate(at(113.017, 34.005), None);
    assert_eq!(location.path(), Some("s/c/g2"));
    assert_eq!(location.at_level(Level::District).unwrap().code.as_str(), "x");
    assert_eq!(location.cell.resolution(), h3o::Resolution::Eleven);
}

#[test]
fn candidates_are_told_when_the_circle_crosses_a_border() {
    let (territory, _) = build(areas());
    let candidates = |lon, lat, accuracy_m| {
        let location = territory.locate(at(lon, lat), Some(accuracy_m));
        let told: Vec<(String, f64)> = location
            .candidates
            .iter()
            .map(|c| (c.area.code.to_string(), c.distance_m.round()))
            .collect();
        told
    };
    let named = |name: &str, distance_m: f64| (name.to_owned(), distance_m);
    assert_eq!(candidates(113.005, 34.005, 50.0), []);
    // 0.001 degrees of longitude are 92 m here.
    assert_eq!(candidates(113.009, 34.005, 91.0), []);
    assert_eq!(candidates(113.009, 34.005, 94.0), [named("g1", 0.0), named("g2", 92.0)]);
    assert_eq!(candidates(112.999, 34.005, 94.0), [named("g1", 92.0)]);
    assert_eq!(candidates(112.999, 34.005, f64::NAN), []);
}

#[test]
fn codes_lead_up_and_down_the_tree() {
    let (territory, _) = build(areas());
    assert_eq!(names(territory.areas()), "c g0 g1 g2 s x");
    assert_eq!(names(territory.children(&code("c"))), "g0 g1 g2");
    assert_eq!(names(territory.chain(&code("g2"))), "s c g2");
    assert_eq!(names(territory.subtree(&code("s"))), "s c g0 g1 g2");
    assert!(territory.is_within(&code("g2"), &code("s")));
    assert!(!territory.is_within(&code("s"), &code("g2")));
    assert_eq!(territory.path(&code("nowhere")), None);
}

#[test]
fn what_does_not_fit_is_told_and_the_rest_stands() {
    let place = (113.0, 34.0, 0.01, 0.01);
    let (territory, problems) = build(vec![
        area("a", Level::City, "b", place),
        area("b", Level::District, "a", place),
        area("o", Level::Grid, "gone", place),
        area("o", Level::Grid, "", place),
    ]);
    let told = [
        Problem::DuplicateArea(code("o")),
        Problem::Cycle(code("b")),
        Problem::Orphan { code: code("o"), parent: code("gone") },
    ];
    assert_eq!(problems, told);
    assert_eq!(territory.len(), 3);
    assert_eq!(territory.path(&code("a")), Some("b/a"));
}

#[test]
fn the_nearest_are_right_across_the_antimeridian_and_off_duty_is_left_out() {
    let branch = |name: &str, lon, lat| Branch {
        code: BranchCode::parse(name).unwrap(),
        name: name.into(),
        parent: None,
        position: Some(at(lon, lat)),
        areas: Vec::new(),
        resources: Vec::new(),
        opening_hours: String::new(),
    };
    let worker = |id, name: &str| Worker { id: WorkerId(id), name: name.into(), phone: None };
    let post = |id, area: &str, hours: &str| Post {
        worker: WorkerId(id),
        area: code(area),
        role: "网格员".into(),
        duties: String::new(),
        validity: Validity::default(),
        hours: DutyHours::parse(hours).unwrap(),
        station: None,
    };
    let (territory, problems) = Territory::build(
        Version { number: 2, as_of: TODAY },
        areas(),
        vec![branch("far", 170.0, 60.0), branch("near", -179.9, 60.0), branch("here", 179.5, 60.0)],
        vec![worker(1, "day"), worker(2, "always"), worker(3, "both")],
        vec![
            post(1, "g1", "08:00-18:00"),
            post(2, "g2", ""),
            post(3, "g2", "08:00-18:00"),
            post(3, "g1", ""),
            post(2, "gone", ""),
            post(9, "g1", ""),
        ],
    );
    assert_eq!(problems.len(), 2, "{problems:?}");
    let near: Vec<_> = territory.nearest_branches(at(180.0, 60.0), 2);
    assert_eq!(near.iter().map(|n| n.item.name.as_str()).collect::<Vec<_>>(), ["near", "here"]);
    assert!((near[0].distance_m - 5_560.0).abs() < 5.0, "{}", near[0].distance_m);

    let zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap();
    let on_duty = |time: &str| {
        let at_time = Timestamp::parse(time).unwrap();
        let near = territory.nearest_on_duty_workers(at(113.004, 34.005), 5, at_time, &zone);
        let mut names: Vec<String> = near.iter().map(|n| n.item.0.name.clone()).collect();
        assert!(near.is_sorted_by(|l, r| l.distance_m <= r.distance_m));
        names.sort();
        names.join(" ")
    };
    assert_eq!(on_duty("2024-10-04T09:00:00+08:00"), "always both day");
    assert_eq!(on_duty("2024-10-04T19:00:00+08:00"), "always both");
}
