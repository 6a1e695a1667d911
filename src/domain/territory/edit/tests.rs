//! Splits, merges and moved borders: examples worked out by hand, and what holds of any area.

use super::*;
use crate::domain::territory::area::{Area, AreaKind, Validity};
use crate::domain::territory::check::{Finding, Tolerance, check_areas};
use crate::domain::territory::exact::{Place, place_in_area};
use crate::domain::territory::level::Level;
use geo::unary_union;
use proptest::prelude::*;

/// What overlays of the geometry library are off by themselves, in square degrees: a hundredth of
/// a square metre.
const NOISE: f64 = 1e-12;
/// The same as a share of an area of a kilometre.
const SHARE: f64 = 1e-7;

fn ring(corners: &[(f64, f64)]) -> LineString<f64> {
    let mut ring = LineString::from(corners.to_vec());
    ring.close();
    ring
}

fn polygon(corners: &[(f64, f64)]) -> MultiPolygon<f64> {
    MultiPolygon(vec![Polygon::new(ring(corners), Vec::new())])
}

fn rectangle(w: f64, s: f64, e: f64, n: f64) -> MultiPolygon<f64> {
    polygon(&[(w, s), (e, s), (e, n), (w, n)])
}

fn line(corners: &[(f64, f64)]) -> LineString<f64> {
    LineString::from(corners.to_vec())
}

/// A square of about a kilometre.
fn square() -> MultiPolygon<f64> {
    rectangle(113.66, 34.78, 113.67, 34.79)
}

/// In degrees: how much of either is not in the other.
fn apart(left: &MultiPolygon<f64>, right: &MultiPolygon<f64>) -> f64 {
    left.difference(right).unsigned_area() + right.difference(left).unsigned_area()
}

fn as_area(code: &str, level: Level, parent: &str, polygon: &MultiPolygon<f64>) -> Area {
    let code_of = |text: &str| crate::domain::id::AreaCode::parse(text).unwrap();
    Area {
        code: code_of(code),
        name: code.to_owned(),
        level,
        parent: (!parent.is_empty()).then(|| code_of(parent)),
        kind: AreaKind::Regular,
        polygon: polygon.clone(),
        validity: Validity::default(),
    }
}

/// The check of territories has nothing to say about these children of `whole`.
fn assert_tiles(whole: &MultiPolygon<f64>, parts: &[MultiPolygon<f64>]) {
    let mut areas = vec![as_area("c", Level::Community, "", whole)];
    for (number, part) in parts.iter().enumerate() {
        areas.push(as_area(&format!("g{number}"), Level::Grid, "c", part));
        assert!(find_defects(part).is_empty(), "{part:?}");
    }
    let mut findings = check_areas(&areas, Tolerance::default()).findings;
    // A lake that the whole leaves out, too, is not theirs.
    findings.retain(|one| !matches!(one, Finding::Enclosed { level: Level::Community, .. }));
    assert_eq!(findings, []);
}

#[test]
fn a_line_across_makes_two_parts_from_west_to_east_that_share_their_border() {
    let cut = line(&[(113.664, 34.77), (113.666, 34.8)]);
    let parts = split_area(&square(), &cut).unwrap();
    assert_eq!(parts.len(), 2);
    assert_tiles(&square(), &parts);
    let corners = |part: &MultiPolygon<f64>| part.0[0].exterior().0.clone();
    let (west, east) = (corners(&parts[0]), corners(&parts[1]));
    assert!(west.contains(&Coord { x: 113.66, y: 34.78 }), "corners keep their coordinates");
    let common = west.iter().filter(|c| east.contains(c)).count();
    assert_eq!(common, 2, "{west:?} {east:?}");
    // A line that turns within the area has its corners in both parts.
    let bent = line(&[(113.664, 34.77), (113.665, 34.785), (113.68, 34.785)]);
    let parts = split_area(&square(), &bent).unwrap();
    let turn = Coord { x: 113.665, y: 34.785 };
    assert!(parts.iter().all(|part| corners(part).contains(&turn)));
}

#[test]
fn a_line_that_goes_through_several_times_makes_as_many_parts() {
    let comb = polygon(&[
        (0.0, 0.0),
        (0.05, 0.0),
        (0.05, 0.03),
        (0.04, 0.03),
        (0.04, 0.01),
        (0.03, 0.01),
        (0.03, 0.03),
        (0.02, 0.03),
        (0.02, 0.01),
        (0.01, 0.01),
        (0.01, 0.03),
        (0.0, 0.03),
    ]);
    let parts = split_area(&comb, &line(&[(-0.01, 0.02), (0.06, 0.02)])).unwrap();
    assert_eq!(parts.len(), 4, "three teeth and the back");
    assert_tiles(&comb, &parts);
    let hole = MultiPolygon(vec![Polygon::new(
        ring(&[(0.0, 0.0), (0.04, 0.0), (0.04, 0.04), (0.0, 0.04)]),
        vec![ring(&[(0.01, 0.01), (0.03, 0.01), (0.03, 0.03), (0.01, 0.03)])],
    )]);
    // Through the lake: two shores.
    let parts = split_area(&hole, &line(&[(0.02, -0.01), (0.02, 0.05)])).unwrap();
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| part.0[0].interiors().is_empty()));
    assert_tiles(&hole, &parts);
    // Past the lake: it stays with one of them.
    let parts = split_area(&hole, &line(&[(0.005, -0.01), (0.005, 0.05)])).unwrap();
    assert_eq!(parts[1].0[0].interiors().len(), 1);
    assert_tiles(&hole, &parts);
    // From the lake to the shore alone nothing is cut off.
    let short = split_area(&hole, &line(&[(0.02, 0.02), (0.05, 0.02)]));
    assert_eq!(short, Err(EditError::LineDoesNotCross));
}

#[test]
fn a_line_along_corners_and_edges_is_cut_where_it_is_inside() {
    // From corner to corner, and along an edge before it turns inside.
    let parts = split_area(&square(), &line(&[(113.66, 34.78), (113.67, 34.79)])).unwrap();
    assert_eq!(parts.len(), 2);
    assert!(parts.iter().all(|part| part.0[0].exterior().0.len() == 4), "{parts:?}");
    let along = line(&[(113.66, 34.78), (113.665, 34.78), (113.665, 34.8)]);
    let parts = split_area(&square(), &along).unwrap();
    assert_tiles(&square(), &parts);
    let edge = line(&[(113.65, 34.78), (113.68, 34.78)]);
    assert_eq!(split_area(&square(), &edge), Err(EditError::LineDoesNotCross));
}

#[test]
fn a_line_that_cuts_nothing_is_refused_with_its_reason() {
    let split = |corners: &[(f64, f64)]| split_area(&square(), &line(corners)).unwrap_err();
    assert_eq!(split(&[(113.6, 34.7)]), EditError::ShortLine);
    assert_eq!(split(&[(113.6, 34.7), (113.6, 34.7)]), EditError::ShortLine);
    assert_eq!(split(&[(113.6, 34.7), (113.6, 95.0)]), EditError::Coordinate);
    assert_eq!(split(&[(113.6, 34.7), (f64::NAN, 35.0)]), EditError::Coordinate);
    assert_eq!(split(&[(113.5, 34.7), (113.6, 34.8)]), EditError::LineDoesNotCross);
    assert_eq!(split(&[(113.65, 34.785), (113.665, 34.785)]), EditError::LineDoesNotCross);
    let loops = [(113.65, 34.785), (113.668, 34.785), (113.668, 34.787), (113.665, 34.77)];
    assert_eq!(split(&loops), EditError::LineCrossesItself);
    let corner = [(113.66, 34.780005), (113.660005, 34.78)];
    assert!(matches!(split(&corner), EditError::Sliver { .. }));
}

#[test]
fn parts_that_the_line_misses_go_with_the_nearest_piece() {
    let mut two = square();
    two.0.extend(rectangle(113.68, 34.78, 113.69, 34.79).0);
    let parts = split_area(&two, &line(&[(113.665, 34.77), (113.665, 34.8)])).unwrap();
    assert_eq!(parts.iter().map(|part| part.0.len()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn neighbours_become_one_and_others_do_not() {
    let (west, east) =
        (rectangle(113.66, 34.78, 113.665, 34.79), rectangle(113.665, 34.78, 113.67, 34.79));
    let merged = merge_areas(&[&west, &east]).unwrap();
    assert!(apart(&merged, &square()) < NOISE);
    assert_eq!(merged.0.len(), 1);
    let far = rectangle(113.68, 34.78, 113.69, 34.79);
    assert_eq!(merge_areas(&[&west, &east, &far]), Err(EditError::NotNeighbours));
    let corner = rectangle(113.665, 34.79, 113.67, 34.8);
    assert_eq!(merge_areas(&[&west, &corner]), Err(EditError::NotNeighbours));
    assert_eq!(merge_areas(&[&west]), Err(EditError::TooFew));
    // Over the one between them they hang together, whatever the order.
    assert!(merge_areas(&[&west, &corner, &east]).is_ok());
    // A gap that is noise of drawing is closed; a lake stays.
    let frayed = rectangle(113.665_000_001, 34.78, 113.67, 34.79);
    let merged = merge_areas(&[&west, &frayed]).unwrap();
    assert!(merged.0.len() == 1 && merged.0[0].interiors().is_empty(), "{merged:?}");
    let lake = ring(&[(113.667, 34.784), (113.667, 34.785), (113.668, 34.785), (113.668, 34.784)]);
    let wet = MultiPolygon(vec![Polygon::new(east.0[0].exterior().clone(), vec![lake])]);
    assert_eq!(merge_areas(&[&west, &wet]).unwrap().0[0].interiors().len(), 1);
}

#[test]
fn what_a_moved_border_gives_to_one_it_takes_from_the_others() {
    let whole = rectangle(0.0, 0.0, 0.03, 0.02);
    let own = rectangle(0.0, 0.0, 0.01, 0.02);
    let upper = rectangle(0.01, 0.01, 0.03, 0.02);
    let lower = rectangle(0.01, 0.0, 0.03, 0.01);
    // Further east at the top, back to the west at the bottom.
    let outline = polygon(&[(0.0, 0.0), (0.007, 0.0), (0.013, 0.02), (0.0, 0.02)]);
    let moved = move_border(&own, &outline, &[&upper, &lower]).unwrap();
    assert!(apart(&moved.area, &outline) < NOISE);
    let mut all = vec![moved.area.clone()];
    all.extend(moved.neighbours.clone());
    assert_tiles(&whole, &all);
    assert!(moved.neighbours[0].unsigned_area() < upper.unsigned_area());
    assert!(moved.neighbours[1].unsigned_area() > lower.unsigned_area());
    // Those who are far keep every bit.
    let far = rectangle(0.03, 0.0, 0.04, 0.02);
    let moved = move_border(&own, &outline, &[&upper, &lower, &far]).unwrap();
    assert_eq!(moved.neighbours[2], far);
}

#[test]
fn a_border_that_cannot_go_there_is_refused_with_its_reason() {
    let own = rectangle(0.0, 0.0, 0.01, 0.02);
    let east = rectangle(0.01, 0.0, 0.02, 0.02);
    let move_to =
        |corners: &[(f64, f64)]| move_border(&own, &polygon(corners), &[&east]).unwrap_err();
    let out = [(-0.001, 0.0), (0.01, 0.0), (0.01, 0.02), (0.0, 0.02)];
    assert!(matches!(move_to(&out), EditError::OutsideFamily { .. }));
    let inwards = [(0.001, 0.0), (0.01, 0.0), (0.01, 0.02), (0.0, 0.02)];
    assert!(matches!(move_to(&inwards), EditError::OuterBorder { .. }));
    let all = [(0.0, 0.0), (0.02, 0.0), (0.02, 0.02), (0.0, 0.02)];
    assert_eq!(move_to(&all), EditError::Swallowed(0));
    let through = [
        (0.0, 0.0),
        (0.01, 0.0),
        (0.01, 0.01),
        (0.02, 0.009),
        (0.02, 0.011),
        (0.01, 0.012),
        (0.01, 0.02),
        (0.0, 0.02),
    ];
    assert_eq!(move_to(&through), EditError::Torn(0));
    let bow = [(0.0, 0.0), (0.01, 0.02), (0.01, 0.0), (0.0, 0.02)];
    assert_eq!(move_to(&bow), EditError::OutlineCrosses);
    let same = [(0.0, 0.0), (0.01, 0.0), (0.01, 0.02), (0.0, 0.02)];
    assert_eq!(move_to(&same), EditError::Unmoved);
    assert_eq!(move_to(&[(0.0, 0.0), (0.01, 91.0), (0.0, 0.02)]), EditError::Coordinate);
    let empty = MultiPolygon(Vec::new());
    assert_eq!(move_border(&own, &empty, &[&east]), Err(EditError::OutlineCrosses));
}

/// What the area leaves lies around its new outline, which touches the outer border: the overlay
/// gives that a hole on its exterior, wound like it.
#[test]
fn what_is_left_around_a_new_outline_goes_to_the_neighbour_alone() {
    let north = polygon(&[
        (113.00808145672757, 34.0),
        (113.0015, 34.00207846096908),
        (112.99830926318654, 34.0023427536505),
        (112.99125956989921, 34.0),
        (112.99279142307797, 33.997965442854934),
        (112.99653353217532, 33.99759526719858),
        (113.00211172321724, 33.99679107033071),
        (113.00226789427069, 33.99685751351758),
    ]);
    let south = polygon(&[
        (112.99279142307797, 33.997965442854934),
        (112.99572233804825, 33.99407269772958),
        (113.00211172321724, 33.99679107033071),
        (112.99653353217532, 33.99759526719858),
    ]);
    let outline = polygon(&[
        (112.99344990797938, 33.99709086480813),
        (112.99572233804825, 33.99407269772958),
        (113.00069070485424, 33.99618649613749),
        (112.99653353217532, 33.99678582757351),
    ]);
    let after = move_border(&south, &outline, &[&north]).unwrap();
    let (whole, own) = (north.unsigned_area() + south.unsigned_area(), outline.unsigned_area());
    assert!(apart(&after.area, &outline) <= NOISE);
    assert!((after.neighbours[0].unsigned_area() - (whole - own)).abs() <= NOISE);
    assert!(after.neighbours[0].intersection(&after.area).unsigned_area() <= NOISE);
}

/// A star-shaped area around a place, with some corners.
fn star() -> impl Strategy<Value = MultiPolygon<f64>> {
    let radii = prop::collection::vec(0.3..1.0_f64, 5..24);
    (113.0..114.0_f64, 34.0..35.0_f64, radii).prop_map(|(lon, lat, radii)| {
        let count = radii.len() as f64;
        let corner = |(at, radius): (usize, &f64)| {
            let angle = at as f64 / count * std::f64::consts::TAU;
            (lon + 0.01 * radius * angle.cos(), lat + 0.008 * radius * angle.sin())
        };
        polygon(&radii.iter().enumerate().map(corner).collect::<Vec<_>>())
    })
}

/// A line from the west to the east of a box, bending on its way.
fn line_across(area: &MultiPolygon<f64>, bends: &[f64]) -> LineString<f64> {
    let bounds = area.bounding_rect().unwrap();
    let steps = (bends.len() - 1) as f64;
    let corner = |(at, bend): (usize, &f64)| Coord {
        x: bounds.min().x - 0.001 + (bounds.width() + 0.002) * at as f64 / steps,
        y: bounds.min().y + bounds.height() * bend,
    };
    LineString(bends.iter().enumerate().map(corner).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_parts_of_a_split_are_the_whole_and_merge_into_it(
        area in star(),
        bends in prop::collection::vec(0.05..0.95_f64, 2..7),
        probes in prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 40),
    ) {
        let cut = line_across(&area, &bends);
        let parts = match split_area(&area, &cut) {
            Ok(parts) => parts,
            // A bend that grazes the border, or a line that passes by.
            Err(EditError::Sliver { .. } | EditError::LineDoesNotCross) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        let whole = area.unsigned_area();
        let sum: f64 = parts.iter().map(|part| part.unsigned_area()).sum();
        prop_assert!((sum - whole).abs() <= whole * 1e-9);
        for (at, part) in parts.iter().enumerate() {
            prop_assert!(find_defects(part).is_empty());
            for other in &parts[at + 1..] {
                prop_assert!(part.intersection(other).unsigned_area() <= whole * SHARE);
            }
        }
        prop_assert!(apart(&unary_union(&parts), &area) <= whole * SHARE);
        let bounds = area.bounding_rect().unwrap();
        for (x, y) in probes {
            let probe = Coord {
                x: bounds.min().x + bounds.width() * x,
                y: bounds.min().y + bounds.height() * y,
            };
            let inside = place_in_area(&area, probe) == Place::Inside;
            let places: Vec<Place> = parts.iter().map(|part| place_in_area(part, probe)).collect();
            prop_assume!(!places.contains(&Place::Boundary));
            let within = places.iter().filter(|place| **place == Place::Inside).count();
            prop_assert_eq!(within, usize::from(inside));
        }
        // Pieces of a line that wiggles may hang together over others only.
        let merged = merge_areas(&parts.iter().collect::<Vec<_>>());
        prop_assert!(apart(&merged.unwrap(), &area) <= whole * SHARE);
    }

    #[test]
    fn a_moved_border_keeps_the_whole(
        area in star(),
        bends in prop::collection::vec(0.3..0.7_f64, 4),
        shift in -0.1..0.1_f64,
    ) {
        let Ok(parts) = split_area(&area, &line_across(&area, &bends)) else { return Ok(()) };
        prop_assume!(parts.len() == 2);
        // The same border, drawn a little higher or lower.
        let moved: Vec<f64> = bends.iter().map(|bend| bend + shift).collect();
        let Ok(aims) = split_area(&area, &line_across(&area, &moved)) else { return Ok(()) };
        prop_assume!(aims.len() == 2);
        let common = |aim: &&MultiPolygon<f64>| aim.intersection(&parts[0]).unsigned_area();
        let aim = aims.iter().max_by(|a, b| common(a).total_cmp(&common(b))).unwrap();
        match move_border(&parts[0], aim, &[&parts[1]]) {
            Ok(after) => {
                let whole = area.unsigned_area();
                let all = [after.area, after.neighbours[0].clone()];
                prop_assert!(apart(&unary_union(&all), &area) <= whole * SHARE);
                prop_assert!(all[0].intersection(&all[1]).unsigned_area() <= whole * SHARE);
                prop_assert!(apart(&all[0], aim) <= whole * SHARE);
            }
            // A star has arms that such a shift may cut off, or that lie beside nobody else.
            Err(
                EditError::Torn(_)
                | EditError::Unmoved
                | EditError::Swallowed(_)
                | EditError::OuterBorder { .. },
            ) => {}
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        }
    }
}
