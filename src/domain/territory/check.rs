//! Checks of a set of areas: codes, the tree of levels, and how the polygons lie.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::{BooleanOps, BoundingRect, GeodesicArea, MultiPolygon, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::area::Area;
use super::level::Level;
use super::rebuild::united;
use crate::domain::id::AreaCode;

/// How much a polygon may be off before it is told.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// Gaps, overlaps and protrusions of up to this many square metres are only counted.
    pub area_m2: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { area_m2: 1.0 }
    }
}

/// Something wrong with the areas.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Finding {
    #[error("code {0} is given to more than one area")]
    DuplicateCode(AreaCode),
    #[error("{code} has the parent {parent}, which is not there")]
    Orphan { code: AreaCode, parent: AreaCode },
    #[error("{0} is among its own ancestors")]
    Cycle(AreaCode),
    #[error("{code} is a {level} in {parent}, which is a {parent_level}")]
    Nesting { code: AreaCode, level: Level, parent: AreaCode, parent_level: Level },
    #[error("{code} reaches {area_m2:.0} m² out of {parent} ({:.1} % of it)", share * 100.0)]
    OutsideParent { code: AreaCode, parent: AreaCode, area_m2: f64, share: f64 },
    #[error("{left} and {right} overlap by {area_m2:.0} m²")]
    Overlap { left: AreaCode, right: AreaCode, area_m2: f64 },
    #[error("{gaps} gap(s) of {area_m2:.0} m² in {parent} are in none of its parts")]
    Gap { parent: AreaCode, area_m2: f64, gaps: usize },
    #[error(
        "between the {level} areas there are {gaps} gap(s) of {area_m2:.0} m² with nothing in them"
    )]
    Enclosed { level: Level, area_m2: f64, gaps: usize },
    #[error("{code} could not be compared with {other}: the overlay failed")]
    NotCompared { code: AreaCode, other: AreaCode },
}

impl Finding {
    /// A short name for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Finding::DuplicateCode(_) => "duplicate_code",
            Finding::Orphan { .. } => "orphan",
            Finding::Cycle(_) => "cycle",
            Finding::Nesting { .. } => "nesting",
            Finding::OutsideParent { .. } => "outside_parent",
            Finding::Overlap { .. } => "overlap",
            Finding::Gap { .. } => "gap",
            Finding::Enclosed { .. } => "enclosed_gap",
            Finding::NotCompared { .. } => "not_compared",
        }
    }

    /// The areas that it is about.
    pub fn codes(&self) -> Vec<&AreaCode> {
        match self {
            Finding::DuplicateCode(code) | Finding::Cycle(code) => vec![code],
            Finding::Orphan { code, parent }
            | Finding::Nesting { code, parent, .. }
            | Finding::OutsideParent { code, parent, .. } => vec![code, parent],
            Finding::Overlap { left, right, .. } => vec![left, right],
            Finding::Gap { parent, .. } => vec![parent],
            Finding::Enclosed { .. } => Vec::new(),
            Finding::NotCompared { code, other } => vec![code, other],
        }
    }

    /// Square metres, where it has a size.
    pub const fn area_m2(&self) -> Option<f64> {
        match self {
            Finding::OutsideParent { area_m2, .. }
            | Finding::Overlap { area_m2, .. }
            | Finding::Gap { area_m2, .. }
            | Finding::Enclosed { area_m2, .. } => Some(*area_m2),
            _ => None,
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    pub findings: Vec<Finding>,
    /// Gaps, overlaps and protrusions within the tolerance.
    pub within_tolerance: usize,
}

/// Checks areas against each other. `areas` may hold what a territory would not take, such as two
/// areas of one code.
pub fn check_areas(areas: &[Area], tolerance: Tolerance) -> Checked {
    let mut check =
        Check { areas, tolerance, by_code: HashMap::new(), checked: Checked::default() };
    check.check_codes();
    check.check_tree();
    check.check_overlaps();
    check.check_families();
    check.checked
}

struct Check<'a> {
    areas: &'a [Area],
    tolerance: Tolerance,
    by_code: HashMap<&'a AreaCode, usize>,
    checked: Checked,
}

type Boxed = GeomWithData<Rectangle<[f64; 2]>, usize>;

impl<'a> Check<'a> {
    fn check_codes(&mut self) {
        let mut told = std::collections::HashSet::new();
        for (at, area) in self.areas.iter().enumerate() {
            if self.by_code.contains_key(&area.code) {
                if told.insert(&area.code) {
                    self.checked.findings.push(Finding::DuplicateCode(area.code.clone()));
                }
            } else {
                self.by_code.insert(&area.code, at);
            }
        }
    }

    fn parent_of(&self, area: &Area) -> Option<&'a Area> {
        area.parent.as_ref().and_then(|code| self.by_code.get(code)).map(|at| &self.areas[*at])
    }

    fn check_tree(&mut self) {
        for area in self.areas {
            let Some(code) = &area.parent else { continue };
            let Some(parent) = self.parent_of(area) else {
                let (code, parent) = (area.code.clone(), code.clone());
                self.checked.findings.push(Finding::Orphan { code, parent });
                continue;
            };
            if !may_hold(parent.level, area.level) {
                self.checked.findings.push(Finding::Nesting {
                    code: area.code.clone(),
                    level: area.level,
                    parent: parent.code.clone(),
                    parent_level: parent.level,
                });
            }
            let ancestors =
                std::iter::successors(Some(parent), |up| self.parent_of(up)).take(self.areas.len());
            if ancestors.into_iter().any(|up| up.code == area.code) {
                self.checked.findings.push(Finding::Cycle(area.code.clone()));
            }
        }
    }

    /// Areas of one level must not overlap, whoever their parents are.
    fn check_overlaps(&mut self) {
        let boxes = self.areas.iter().enumerate().filter_map(|(at, area)| {
            let bounds = area.polygon.bounding_rect()?;
            let corners = (bounds.min(), bounds.max());
            let (low, high) = ([corners.0.x, corners.0.y], [corners.1.x, corners.1.y]);
            Some(Boxed::new(Rectangle::from_corners(low, high), at))
        });
        let tree = RTree::bulk_load(boxes.collect::<Vec<_>>());
        for (at, area) in self.areas.iter().enumerate() {
            let Some(bounds) = area.polygon.bounding_rect() else { continue };
            let (low, high) = (bounds.min(), bounds.max());
            let near = AABB::from_corners([low.x, low.y], [high.x, high.y]);
            let mut others: Vec<usize> = tree
                .locate_in_envelope_intersecting(&near)
                .map(|other| other.data)
                .filter(|other| *other > at && self.areas[*other].level == area.level)
                .collect();
            others.sort_unstable();
            for other in others {
                let other = &self.areas[other];
                match overlay(&area.polygon, &other.polygon, |l, r| l.intersection(r)) {
                    None => self.not_compared(area, other),
                    Some(common) => {
                        let area_m2 = size_m2(&common);
                        let (left, right) = (area.code.clone(), other.code.clone());
                        self.tell(area_m2, Finding::Overlap { left, right, area_m2 });
                    }
                }
            }
        }
    }

    /// Each area with children: what of them is outside, and what of it they leave free. The areas
    /// without a parent: what they enclose together.
    fn check_families(&mut self) {
        let mut families: HashMap<&AreaCode, Vec<&'a Area>> = HashMap::new();
        let mut outermost: HashMap<Level, Vec<&'a Area>> = HashMap::new();
        for area in self.areas {
            match self.parent_of(area) {
                Some(parent) => families.entry(&parent.code).or_default().push(area),
                None => outermost.entry(area.level).or_default().push(area),
            }
        }
        for area in self.areas {
            if let Some(children) = families.remove(&area.code) {
                self.check_family(area, &children);
            }
        }
        for level in Level::ALL {
            if let Some(areas) = outermost.remove(&level) {
                self.check_enclosed(level, &areas);
            }
        }
    }

    fn check_family(&mut self, parent: &Area, children: &[&Area]) {
        for child in children {
            match overlay(&child.polygon, &parent.polygon, |c, p| c.difference(p)) {
                None => self.not_compared(child, parent),
                Some(outside) => {
                    let area_m2 = size_m2(&outside);
                    let share = area_m2 / size_m2(&child.polygon).max(f64::MIN_POSITIVE);
                    let (code, parent) = (child.code.clone(), parent.code.clone());
                    self.tell(area_m2, Finding::OutsideParent { code, parent, area_m2, share });
                }
            }
        }
        let left_free =
            guarded(|| parent.polygon.difference(&united(children.iter().map(|c| &c.polygon))));
        match left_free {
            None => self.not_compared(parent, parent),
            Some(free) => {
                let (area_m2, gaps) = self.sum_gaps(free.iter().map(size_of));
                let parent = parent.code.clone();
                self.tell(area_m2, Finding::Gap { parent, area_m2, gaps });
            }
        }
    }

    fn check_enclosed(&mut self, level: Level, areas: &[&Area]) {
        let Some(all) = guarded(|| united(areas.iter().map(|a| &a.polygon))) else {
            if let [first, .., last] = areas {
                self.not_compared(first, last);
            }
            return;
        };
        // Lakes that one area leaves out on purpose would show as gaps too; they are told.
        let holes = all
            .iter()
            .flat_map(|part| part.interiors())
            .map(|hole| size_of(&Polygon::new(hole.clone(), Vec::new())));
        let (area_m2, gaps) = self.sum_gaps(holes);
        self.tell(area_m2, Finding::Enclosed { level, area_m2, gaps });
    }

    /// The sum and the number of those above the tolerance; the others are counted.
    fn sum_gaps(&mut self, sizes_m2: impl Iterator<Item = f64>) -> (f64, usize) {
        let (mut sum, mut gaps) = (0.0, 0);
        for size in sizes_m2 {
            if size > self.tolerance.area_m2 {
                sum += size;
                gaps += 1;
            } else {
                self.checked.within_tolerance += usize::from(size > 0.0);
            }
        }
        (sum, gaps)
    }

    fn tell(&mut self, area_m2: f64, finding: Finding) {
        if area_m2 > self.tolerance.area_m2 {
            self.checked.findings.push(finding);
        } else if area_m2 > 0.0 {
            self.checked.within_tolerance += 1;
        }
    }

    fn not_compared(&mut self, area: &Area, other: &Area) {
        let (code, other) = (area.code.clone(), other.code.clone());
        self.checked.findings.push(Finding::NotCompared { code, other });
    }
}

/// Whether an area of the inner level may be directly below one of the outer. A grid belongs to a
/// community, never straight to a street, and a micro-grid to a grid.
pub fn may_hold(outer: Level, inner: Level) -> bool {
    match inner {
        Level::Grid => outer == Level::Community,
        Level::MicroGrid => outer == Level::Grid,
        _ => outer < inner,
    }
}

/// Square metres on the ellipsoid (Karney 2013).
pub(super) fn size_m2(polygon: &MultiPolygon<f64>) -> f64 {
    polygon.iter().map(size_of).sum()
}

/// The surface of the ellipsoid of WGS-84, in square metres.
const EARTH_M2: f64 = 510_065_621_724_088.44;

/// Square metres of one part, whichever way its rings run. A ring that runs clockwise encloses all
/// the rest of the earth, and of a sliver that overlays leave nobody can say how it runs; no area
/// is larger than half of the earth.
pub(super) fn size_of(part: &Polygon<f64>) -> f64 {
    let size = part.geodesic_area_unsigned().rem_euclid(EARTH_M2);
    size.min(EARTH_M2 - size)
}

fn overlay(
    left: &MultiPolygon<f64>,
    right: &MultiPolygon<f64>,
    f: impl Fn(&MultiPolygon<f64>, &MultiPolygon<f64>) -> MultiPolygon<f64>,
) -> Option<MultiPolygon<f64>> {
    guarded(|| f(left, right))
}

/// The overlay library is robust, but not proven; a panic in it must cost one comparison only.
pub(super) fn guarded<T>(f: impl Fn() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::territory::area::{AreaKind, Validity};
    use geo::Rect;

    fn area(code: &str, level: Level, parent: &str, (x, y, w, h): (f64, f64, f64, f64)) -> Area {
        let parent = (!parent.is_empty()).then(|| AreaCode::parse(parent).unwrap());
        Area {
            code: AreaCode::parse(code).unwrap(),
            name: code.into(),
            level,
            parent,
            kind: AreaKind::Regular,
            polygon: MultiPolygon(vec![Rect::new((x, y), (x + w, y + h)).to_polygon()]),
            validity: Validity::default(),
        }
    }

    fn check(areas: &[Area]) -> Vec<String> {
        let checked = check_areas(areas, Tolerance::default());
        checked
            .findings
            .iter()
            .map(|f| {
                let codes: Vec<String> = f.codes().iter().map(|c| c.to_string()).collect();
                format!("{} {}", f.kind(), codes.join(" "))
            })
            .collect()
    }

    #[test]
    fn areas_that_tile_their_parent_have_nothing_wrong() {
        let areas = [
            area("c", Level::Community, "", (113., 34., 0.02, 0.01)),
            area("g1", Level::Grid, "c", (113., 34., 0.01, 0.01)),
            area("g2", Level::Grid, "c", (113.01, 34., 0.01, 0.01)),
        ];
        assert_eq!(check(&areas), Vec::<String>::new());
    }

    #[test]
    fn each_defect_is_told_once_by_its_codes() {
        let areas = [
            area("c", Level::Community, "", (113., 34., 0.03, 0.01)),
            area("g1", Level::Grid, "c", (113., 34., 0.011, 0.01)),
            area("g2", Level::Grid, "c", (113.01, 34., 0.01, 0.011)),
            area("g2", Level::MicroGrid, "g1", (113., 34., 0.011, 0.01)),
            area("x", Level::Street, "gone", (114., 34., 0.01, 0.01)),
            area("g3", Level::Grid, "x", (114., 34., 0.01, 0.01)),
        ];
        let found = check(&areas);
        let want = [
            "duplicate_code g2",
            "orphan x gone",
            "nesting g3 x",
            "overlap g1 g2",
            "outside_parent g2 c",
            "gap c",
        ];
        assert_eq!(found, want);
    }

    #[test]
    fn a_part_has_its_size_whichever_way_its_rings_run() {
        let square = Rect::new((113., 34.), (113.01, 34.01)).to_polygon();
        let mut turned = square.exterior().clone();
        turned.0.reverse();
        let turned = Polygon::new(turned, Vec::new());
        let (size, same) = (size_of(&square), size_of(&turned));
        assert!((1.0e6..1.1e6).contains(&size) && (size - same).abs() < 0.1, "{size} {same}");
    }

    #[test]
    fn a_circle_of_parents_is_told() {
        let place = (113., 34., 0.01, 0.01);
        let areas = [area("a", Level::City, "b", place), area("b", Level::District, "a", place)];
        let found = check(&areas);
        assert!(found.contains(&"cycle a".to_owned()) && found.contains(&"cycle b".to_owned()));
    }

    #[test]
    fn an_overlap_has_its_size_on_the_ellipsoid() {
        let areas = [
            area("a", Level::District, "", (0., 0., 1., 1.)),
            area("b", Level::District, "", (0.5, 0., 1., 1.)),
        ];
        let checked = check_areas(&areas, Tolerance::default());
        // Half a degree by a degree at the equator: 12,309 km² / 2.
        let area_m2 = checked.findings[0].area_m2().unwrap();
        assert!((area_m2 / 6.154e9 - 1.0).abs() < 1e-3, "{area_m2}");
    }
}
