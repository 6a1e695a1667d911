//! Hexagons for readers outside the service: none that stands for so few issues that one could tell
//! whose they are (DOMAIN.md §8).

use crate::domain::cell::parent_cell;
use h3o::Resolution;
use std::collections::BTreeMap;

/// The fewest issues that a public hexagon stands for.
pub const ISSUES_MIN: i64 = 5;
/// The finest hexagons that the public sees.
pub const FINEST: Resolution = Resolution::Nine;

/// What is left to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged<T> {
    /// Of several resolutions; none lies within another.
    pub cells: BTreeMap<u64, T>,
    /// The issues that are in none of them.
    pub hidden: i64,
}

/// How many issues a value stands for, and how two become one.
pub struct Count<T> {
    pub n_of: fn(&T) -> i64,
    pub absorb: fn(&mut T, T),
}

/// Merges hexagons of one resolution, `finest`, upward as far as `coarsest`, until each stands for
/// at least `min` issues. A hexagon is shown as its children only when each of them has enough: so
/// what is shown never overlaps, and no small number is the difference of two that are shown. What
/// is too small at `coarsest` is hidden.
pub fn merge_small<T>(
    cells: BTreeMap<u64, T>,
    min: i64,
    (coarsest, finest): (Resolution, Resolution),
    count: &Count<T>,
) -> Merged<T> {
    let mut merged = Merged { cells: BTreeMap::new(), hidden: 0 };
    for (cell, members) in by_parent(cells, coarsest) {
        let n: i64 = members.values().map(count.n_of).sum();
        match n >= min {
            true => split(cell, members, min, (coarsest, finest), count, &mut merged.cells),
            false => merged.hidden += n,
        }
    }
    merged
}

fn by_parent<T>(cells: BTreeMap<u64, T>, at: Resolution) -> BTreeMap<u64, BTreeMap<u64, T>> {
    let mut groups = BTreeMap::<u64, BTreeMap<u64, T>>::new();
    for (cell, value) in cells {
        groups.entry(parent_cell(cell, at)).or_default().insert(cell, value);
    }
    groups
}

/// Shows a hexagon that has enough: as its children where each has enough, and else whole.
fn split<T>(
    cell: u64,
    members: BTreeMap<u64, T>,
    min: i64,
    (at, finest): (Resolution, Resolution),
    count: &Count<T>,
    shown: &mut BTreeMap<u64, T>,
) {
    let finer = at.succ().filter(|finer| *finer <= finest);
    let Some(finer) = finer else {
        return show_whole(cell, members, count, shown);
    };
    let mut sums = BTreeMap::<u64, i64>::new();
    for (member, value) in &members {
        *sums.entry(parent_cell(*member, finer)).or_insert(0) += (count.n_of)(value);
    }
    if sums.values().any(|n| *n < min) {
        return show_whole(cell, members, count, shown);
    }
    for (child, members) in by_parent(members, finer) {
        split(child, members, min, (finer, finest), count, shown);
    }
}

fn show_whole<T>(
    cell: u64,
    members: BTreeMap<u64, T>,
    count: &Count<T>,
    shown: &mut BTreeMap<u64, T>,
) {
    let whole = members.into_values().reduce(|mut sum, value| {
        (count.absorb)(&mut sum, value);
        sum
    });
    shown.extend(whole.map(|whole| (cell, whole)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use h3o::{CellIndex, LatLng};
    use proptest::prelude::*;

    const COUNT: Count<i64> = Count { n_of: |n| *n, absorb: |sum, n| *sum += n };

    fn cells(values: &[i64]) -> BTreeMap<u64, i64> {
        let middle = LatLng::new(34.77, 113.68).unwrap().to_cell(Resolution::Seven);
        let all = middle.grid_disk::<Vec<_>>(1).into_iter();
        let fine = all.flat_map(|cell| cell.children(Resolution::Nine)).map(u64::from);
        fine.zip(values.iter().copied()).filter(|(_, n)| *n > 0).collect()
    }

    #[test]
    fn one_lonely_report_takes_its_siblings_up() {
        let parent = LatLng::new(34.77, 113.68).unwrap().to_cell(Resolution::Eight);
        let children: Vec<u64> = parent.children(Resolution::Nine).map(u64::from).collect();
        let values = BTreeMap::from([(children[0], 9), (children[1], 1)]);
        let merged = merge_small(values, 5, (Resolution::Five, Resolution::Nine), &COUNT);
        assert_eq!(merged, Merged { cells: BTreeMap::from([(parent.into(), 10)]), hidden: 0 });
        let few = BTreeMap::from([(children[0], 4)]);
        let merged = merge_small(few, 5, (Resolution::Five, Resolution::Nine), &COUNT);
        assert_eq!(merged, Merged { cells: BTreeMap::new(), hidden: 4 });
        let enough = BTreeMap::from([(children[0], 5), (children[3], 6)]);
        let merged = merge_small(enough.clone(), 5, (Resolution::Five, Resolution::Nine), &COUNT);
        assert_eq!(merged.cells, enough);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_large_enough_disjoint_and_whole(
            values in prop::collection::vec(0i64..14, 343),
            min in 1i64..8,
        ) {
            let all = cells(&values);
            let merged =
                merge_small(all.clone(), min, (Resolution::Six, Resolution::Nine), &COUNT);
            prop_assert!(merged.cells.values().all(|n| *n >= min));
            let shown: i64 = merged.cells.values().sum();
            prop_assert_eq!(shown + merged.hidden, all.values().sum::<i64>());
            for cell in merged.cells.keys() {
                let index = CellIndex::try_from(*cell).unwrap();
                let mut above = (6..u8::from(index.resolution()))
                    .map(|r| parent_cell(*cell, Resolution::try_from(r).unwrap()));
                prop_assert!(above.all(|parent| !merged.cells.contains_key(&parent)));
                // Each is the sum of what lies beneath it.
                let beneath = all.iter().filter(|(fine, _)| {
                    parent_cell(**fine, index.resolution()) == *cell
                });
                prop_assert_eq!(beneath.map(|(_, n)| n).sum::<i64>(), merged.cells[cell]);
            }
        }
    }
}
