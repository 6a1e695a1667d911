//! Lists of edits on a community of three grids, one of which has micro-grids.

use super::*;
use crate::domain::territory::area::{AreaKind, Validity};
use crate::domain::territory::check::{Tolerance, check_areas};
use crate::domain::territory::level::Level;
use crate::domain::territory::lineage::check_lineage;
use geo::{Area as _, Rect};

const TODAY: Day = Day(20_000);

fn code(text: &str) -> AreaCode {
    AreaCode::parse(text).unwrap()
}

fn area(own: &str, level: Level, parent: &str, (w, s, e, n): (f64, f64, f64, f64)) -> Area {
    Area {
        code: code(own),
        name: own.to_owned(),
        level,
        parent: (!parent.is_empty()).then(|| code(parent)),
        kind: AreaKind::Regular,
        polygon: MultiPolygon(vec![Rect::new((w, s), (e, n)).to_polygon()]),
        validity: Validity::default(),
    }
}

/// A community with the grids 01, 02 and 03 from west to east, and another with 04 beside it. Grid
/// 03 has two micro-grids, one above the other.
fn town() -> Vec<Area> {
    vec![
        area("s", Level::Street, "", (0.0, 0.0, 0.04, 0.02)),
        area("c", Level::Community, "s", (0.0, 0.0, 0.03, 0.02)),
        area("d", Level::Community, "s", (0.03, 0.0, 0.04, 0.02)),
        area("c01", Level::Grid, "c", (0.0, 0.0, 0.01, 0.02)),
        area("c02", Level::Grid, "c", (0.01, 0.0, 0.02, 0.02)),
        area("c03", Level::Grid, "c", (0.02, 0.0, 0.03, 0.02)),
        area("d01", Level::Grid, "d", (0.03, 0.0, 0.04, 0.02)),
        area("c03a", Level::MicroGrid, "c03", (0.02, 0.0, 0.03, 0.01)),
        area("c03b", Level::MicroGrid, "c03", (0.02, 0.01, 0.03, 0.02)),
    ]
}

fn naming(own: &str) -> Naming {
    Naming { code: Some(code(own)), name: Some(format!("网格{own}")) }
}

fn split(own: &str, line: [(f64, f64); 2], parts: &[&str]) -> Edit {
    let parts = parts.iter().map(|part| naming(part)).collect();
    Edit::Split { area: code(own), line: LineString::from(line.to_vec()), parts }
}

fn merge(areas: &[&str], into: &str) -> Edit {
    Edit::Merge { areas: areas.iter().map(|own| code(own)).collect(), into: naming(into) }
}

fn outline(own: &str, corners: &[(f64, f64)]) -> Edit {
    let ring = LineString::from(corners.to_vec());
    let outline = MultiPolygon(vec![geo::Polygon::new(ring, Vec::new())]);
    Edit::Move { area: code(own), outline }
}

const MIDDLE_OF_01: [(f64, f64); 2] = [(0.005, -1.0), (0.005, 1.0)];

fn draw(edits: &[Edit]) -> Redrawn {
    let retired = BTreeSet::from([code("c04")]);
    redraw(town().iter(), &retired, edits, TODAY)
}

/// What the edits leave is whole: no finding, and a lineage that explains everything.
fn drawn(edits: &[Edit]) -> Redrawn {
    let drawn = draw(edits);
    assert_eq!(drawn.problem, None);
    let areas: Vec<Area> = drawn.areas.values().cloned().collect();
    assert_eq!(check_areas(&areas, Tolerance::default()).findings, []);
    let before = town().iter().map(|area| area.code.clone()).collect();
    let after = areas.iter().map(|area| area.code.clone()).collect();
    let retired = BTreeSet::from([code("c04")]);
    assert_eq!(check_lineage(&before, &after, &retired, &drawn.lineage), []);
    drawn
}

fn told(drawn: &Redrawn) -> Vec<String> {
    let codes =
        |codes: &[AreaCode]| codes.iter().map(ToString::to_string).collect::<Vec<_>>().join("+");
    let event = |event: &Lineage| {
        format!("{} {}>{}", event.kind.as_str(), codes(&event.from), codes(&event.to))
    };
    drawn.lineage.iter().map(event).collect()
}

fn refused(edits: &[Edit]) -> (usize, String, EditFault) {
    let problem = draw(edits).problem.expect("a problem");
    (problem.edit, problem.field, problem.fault)
}

#[test]
fn a_split_a_merge_and_a_moved_border_leave_a_whole_and_their_lineage() {
    let wider = [(0.02, 0.0), (0.03, 0.0), (0.03, 0.02), (0.02, 0.02), (0.02, 0.0)];
    let narrow = [(0.0, 0.0), (0.004, 0.0), (0.006, 0.02), (0.0, 0.02), (0.0, 0.0)];
    let done = drawn(&[
        split("c01", MIDDLE_OF_01, &["c11", "c12"]),
        outline("c11", &narrow),
        merge(&["c12", "c02"], "c13"),
    ]);
    assert_eq!(
        done.made,
        [vec![code("c11"), code("c12")], vec![code("c11"), code("c12")], vec![code("c13")]]
    );
    assert_eq!(told(&done), ["split c01>c11+c13", "retire c02>c13"]);
    let same = EditFault::Shape(EditError::Unmoved);
    assert_eq!(refused(&[outline("c03", &wider)]), (0, "outline".to_owned(), same));
}

#[test]
fn what_is_not_named_gets_the_next_free_code_and_a_name() {
    let line = LineString::from(MIDDLE_OF_01.to_vec());
    let done = drawn(&[Edit::Split { area: code("c01"), line, parts: Vec::new() }]);
    // c02 and c03 are there, c04 was retired.
    assert_eq!(done.made, [[code("c05"), code("c06")]]);
    assert_eq!(done.areas[&code("c05")].name, "c01-1");
    let into = Naming::default();
    let done = drawn(&[Edit::Merge { areas: vec![code("c01"), code("c02")], into }]);
    assert_eq!(done.made, [[code("c05")]]);
    let into = Naming::default();
    let done = draw(&[Edit::Merge { areas: vec![code("c02"), code("c03")], into }]);
    assert_eq!(done.areas[&code("c03a")].parent, Some(code("c05")));
}

#[test]
fn what_is_split_and_merged_back_leaves_no_lineage() {
    let done = drawn(&[split("c01", MIDDLE_OF_01, &["c11", "c12"]), merge(&["c11", "c12"], "c01")]);
    assert_eq!(told(&done), Vec::<String>::new());
    let before = town()[3].polygon.unsigned_area();
    assert!((done.areas[&code("c01")].polygon.unsigned_area() - before).abs() < 1e-15);
    // Under another code it is a succession.
    let done = drawn(&[split("c01", MIDDLE_OF_01, &["c11", "c12"]), merge(&["c11", "c12"], "c13")]);
    assert_eq!(told(&done), ["retire c01>c13"]);
    // The smaller rest may keep the old code.
    let done = drawn(&[split("c01", MIDDLE_OF_01, &["c01", "c12"])]);
    assert_eq!(told(&done), ["split c01>c01+c12"]);
    let done = drawn(&[merge(&["c01", "c02"], "c02")]);
    assert_eq!(told(&done), ["merge c01+c02>c02"]);
}

#[test]
fn what_lies_below_goes_with_the_part_that_it_lies_in() {
    let level = [(-1.0, 0.01), (1.0, 0.01)];
    let done = drawn(&[split("c03", level, &["c31", "c32"])]);
    let parents: Vec<_> =
        ["c03a", "c03b"].map(|own| done.areas[&code(own)].parent.clone().unwrap()).into();
    assert_eq!(parents.len(), 2);
    assert_ne!(parents[0], parents[1]);
    let upright = [(0.025, -1.0), (0.025, 1.0)];
    let across = EditFault::ChildAcross { child: code("c03a") };
    let found = refused(&[split("c03", upright, &["c31", "c32"])]);
    assert_eq!(found, (0, "line".to_owned(), across));
    let wide = [(0.01, 0.0), (0.02, 0.0), (0.022, 0.02), (0.01, 0.02), (0.01, 0.0)];
    let (_, field, fault) = refused(&[outline("c02", &wide)]);
    assert_eq!(field, "outline");
    let EditFault::ChildOutside { child, area, .. } = fault else { panic!("{fault:?}") };
    assert_eq!((child, area), (code("c03a"), code("c03")));
}

#[test]
fn an_edit_that_cannot_be_names_its_field_and_keeps_those_before() {
    let ok = Edit::Rename { area: code("c03"), name: " 东三格 ".into() };
    let after = |edit: Edit| refused(&[ok.clone(), edit]);
    let at = |field: &str, fault| (1, field.to_owned(), fault);
    assert_eq!(
        after(split("c01", [(5.0, 5.0), (6.0, 6.0)], &[])),
        at("line", EditFault::Shape(EditError::LineDoesNotCross))
    );
    assert_eq!(
        after(split("c01", MIDDLE_OF_01, &["c11", "c02"])),
        at("parts.1.code", EditFault::CodeInUse(code("c02")))
    );
    assert_eq!(
        after(split("c01", MIDDLE_OF_01, &["c11", "c11"])),
        at("parts.1.code", EditFault::CodeInUse(code("c11")))
    );
    assert_eq!(
        after(split("c01", MIDDLE_OF_01, &["c04", "c11"])),
        at("parts.0.code", EditFault::CodeRetired(code("c04")))
    );
    assert_eq!(
        after(split("c01", MIDDLE_OF_01, &["c11"])),
        at("parts", EditFault::Parts { made: 2, named: 1 })
    );
    assert_eq!(
        after(merge(&["c01", "c03"], "c13")),
        at("areas", EditFault::Shape(EditError::NotNeighbours))
    );
    assert_eq!(
        after(merge(&["c03", "d01"], "c13")),
        at("areas", EditFault::OtherParent(code("d01")))
    );
    assert_eq!(
        after(merge(&["c03", "c03a"], "c13")),
        at("areas", EditFault::OtherLevel(code("c03a")))
    );
    assert_eq!(
        after(merge(&["c02", "c02"], "c13")),
        at("areas", EditFault::NamedTwice(code("c02")))
    );
    assert_eq!(after(merge(&["c02"], "c13")), at("areas", too_few()));
    let rename = |own: &str, name: &str| Edit::Rename { area: code(own), name: name.into() };
    assert_eq!(after(rename("x", "y")), at("area", EditFault::UnknownArea(code("x"))));
    assert_eq!(after(rename("c01", " ")), at("name", EditFault::NoName));
    assert_eq!(after(rename("c01", "a\nb")), at("name", EditFault::Name));
    // Beyond the community another parent begins.
    let over = [(0.02, 0.0), (0.032, 0.0), (0.032, 0.02), (0.02, 0.02), (0.02, 0.0)];
    let (_, field, fault) = after(outline("c03", &over));
    assert_eq!(field, "outline");
    assert!(matches!(fault, EditFault::Shape(EditError::OutsideFamily { .. })), "{fault:?}");
    let kept = draw(&[ok, rename("c01", " ")]);
    assert_eq!(kept.areas[&code("c03")].name, "东三格");
    assert_eq!(kept.changed, BTreeSet::from([code("c03")]));
}

#[test]
fn a_code_that_an_edit_ended_does_not_come_back_on_other_ground() {
    let found = refused(&[
        merge(&["c01", "c02"], "c13"),
        split("c03", [(0.025, -1.0), (0.025, 1.0)], &["c01", "c14"]),
    ]);
    assert_eq!(found, (1, "parts.0.code".to_owned(), EditFault::CodeRetired(code("c01"))));
    // What is gone cannot be edited.
    let found = refused(&[merge(&["c01", "c02"], "c13"), merge(&["c01", "c03"], "c15")]);
    assert_eq!(found, (1, "areas".to_owned(), EditFault::UnknownArea(code("c01"))));
}

#[test]
fn several_that_become_several_are_told_one_by_one() {
    let done = drawn(&[
        merge(&["c01", "c02"], "c13"),
        split("c13", [(0.01, -1.0), (0.01, 1.0)], &["c14", "c15"]),
    ]);
    assert_eq!(told(&done), ["split c01>c14+c15", "split c02>c14+c15"]);
}
