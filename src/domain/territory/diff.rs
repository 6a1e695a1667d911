//! What changes from one territory to the next: shown before it is published.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::{BooleanOps, GeodesicArea, MultiPolygon};

use super::area::Area;
use crate::domain::id::AreaCode;

/// A change of one area.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Added,
    Removed,
    /// The border moved: square metres won and lost; `None` when they could not be worked out.
    Moved {
        won_m2: Option<f64>,
        lost_m2: Option<f64>,
    },
    Renamed {
        from: String,
        to: String,
    },
    Reparented {
        from: Option<AreaCode>,
        to: Option<AreaCode>,
    },
    /// Level, kind or validity is another.
    Redefined,
}

/// All changes by area, in order of code. An area may have changed in several ways.
pub fn diff_areas<'a>(
    before: impl IntoIterator<Item = &'a Area>,
    after: impl IntoIterator<Item = &'a Area>,
) -> BTreeMap<AreaCode, Vec<Change>> {
    let old: BTreeMap<&AreaCode, &Area> = before.into_iter().map(|a| (&a.code, a)).collect();
    let new: BTreeMap<&AreaCode, &Area> = after.into_iter().map(|a| (&a.code, a)).collect();
    let mut changes = BTreeMap::new();
    for code in old.keys().filter(|code| !new.contains_key(**code)) {
        changes.insert((*code).clone(), vec![Change::Removed]);
    }
    for (code, area) in new {
        let found = match old.get(code) {
            None => vec![Change::Added],
            Some(was) => diff_area(was, area),
        };
        if !found.is_empty() {
            changes.insert(code.clone(), found);
        }
    }
    changes
}

fn diff_area(old: &Area, new: &Area) -> Vec<Change> {
    let mut changes = Vec::new();
    if old.polygon != new.polygon {
        let won_m2 = difference_m2(&new.polygon, &old.polygon);
        let lost_m2 = difference_m2(&old.polygon, &new.polygon);
        // The same outline may be written from another corner or with a point more in an edge.
        if won_m2 != Some(0.0) || lost_m2 != Some(0.0) {
            changes.push(Change::Moved { won_m2, lost_m2 });
        }
    }
    if old.name != new.name {
        changes.push(Change::Renamed { from: old.name.clone(), to: new.name.clone() });
    }
    if old.parent != new.parent {
        changes.push(Change::Reparented { from: old.parent.clone(), to: new.parent.clone() });
    }
    if (old.level, old.kind, old.validity) != (new.level, new.kind, new.validity) {
        changes.push(Change::Redefined);
    }
    changes
}

fn difference_m2(left: &MultiPolygon<f64>, right: &MultiPolygon<f64>) -> Option<f64> {
    // The overlay library is robust, but not proven; a panic in it must not stop the preview.
    let rest = catch_unwind(AssertUnwindSafe(|| left.difference(right))).ok()?;
    Some(rest.iter().map(|part| part.geodesic_area_unsigned()).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::territory::area::{AreaKind, Validity};
    use crate::domain::territory::level::Level;

    fn area(code: &str, name: &str, parent: &str, width: f64) -> Area {
        Area {
            code: AreaCode::parse(code).unwrap(),
            name: name.into(),
            level: Level::Grid,
            parent: AreaCode::parse(parent).ok(),
            kind: AreaKind::Regular,
            polygon: MultiPolygon(vec![
                geo::Rect::new((113.0, 34.0), (113.0 + width, 34.01)).to_polygon(),
            ]),
            validity: Validity::default(),
        }
    }

    #[test]
    fn each_change_is_named_and_the_unchanged_are_left_out() {
        let before =
            [area("a", "A", "p", 0.01), area("b", "B", "p", 0.01), area("c", "C", "p", 0.01)];
        let after =
            [area("b", "B2", "q", 0.02), area("c", "C", "p", 0.01), area("d", "D", "p", 0.01)];
        let changes = diff_areas(&before, &after);
        let codes: Vec<&str> = changes.keys().map(AreaCode::as_str).collect();
        assert_eq!(codes, ["a", "b", "d"]);
        let of = |code: &str| &changes[&AreaCode::parse(code).unwrap()];
        assert_eq!(of("a"), &[Change::Removed]);
        assert_eq!(of("d"), &[Change::Added]);
        let [
            Change::Moved { won_m2: Some(won), lost_m2: Some(lost) },
            Change::Renamed { .. },
            Change::Reparented { .. },
        ] = of("b").as_slice()
        else {
            panic!("{:?}", of("b"))
        };
        assert!(*won > 1e6 && *lost < 1.0, "{won} {lost}");
    }
}
