//! How many issues lie within reach of a branch, by distance over the ground.

use crate::domain::cell::{COARSE_RESOLUTION, parent_cell};
use crate::domain::id::BranchCode;
use crate::domain::territory::{Position, Territory};
use std::collections::BTreeMap;

/// The least and the greatest distance that reach may have, in metres.
pub const REACH_M: (f64, f64) = (500.0, 20_000.0);
/// The distance where none is asked for, in metres.
pub const REACH_M_USUAL: f64 = 1_000.0;

/// Where issues stand: longitude and latitude in degrees, and how many.
pub type Place = ((f64, f64), i64);

/// What is within reach, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    pub n: i64,
    /// Those that a branch is within reach of.
    pub within: i64,
    /// Those that have the branch as their nearest, within reach; branches with none are left out.
    pub branches: BTreeMap<BranchCode, i64>,
    /// By hexagon of the resolution at which disputes are placed: all, and those out of reach.
    pub cells: BTreeMap<u64, (i64, i64)>,
}

impl Reach {
    /// The share within reach, 0 to 1; `None` where there is no issue.
    pub fn share(&self) -> Option<f64> {
        (self.n > 0).then(|| self.within as f64 / self.n as f64)
    }
}

/// Holds every place against its nearest branch; reach ends at `metres`, which still belong to it.
pub fn measure_reach(territory: &Territory, places: &[Place], metres: f64) -> Reach {
    let mut reach = Reach::default();
    for &((lon, lat), n) in places {
        let position = Position::new(lon, lat).ok();
        let nearest = position.and_then(|position| territory.nearest_branch(position));
        let nearest = nearest.filter(|near| near.distance_m <= metres);
        reach.n += n;
        if let Some(near) = &nearest {
            reach.within += n;
            *reach.branches.entry(near.item.code.clone()).or_default() += n;
        }
        let Some(position) = position else { continue };
        let cell = parent_cell(position.cell().into(), COARSE_RESOLUTION);
        let (all, outside) = reach.cells.entry(cell).or_default();
        *all += n;
        *outside += if nearest.is_some() { 0 } else { n };
    }
    reach
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::territory::Version;
    use crate::domain::time::Day;

    #[test]
    fn nothing_has_no_share_and_no_branch_reaches_nobody() {
        let version = Version { number: 1, as_of: Day(0) };
        let none = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let territory = Territory::build(version, none.0, none.1, none.2, none.3).0;
        let nothing = measure_reach(&territory, &[], 1_000.0);
        assert_eq!((nothing.share(), &nothing), (None, &Reach::default()));
        let places = [((113.68, 34.77), 3), ((113.68, 34.77), 1)];
        let alone = measure_reach(&territory, &places, 20_000.0);
        assert_eq!((alone.n, alone.within, alone.share()), (4, 0, Some(0.0)));
        assert_eq!(alone.cells.values().collect::<Vec<_>>(), [&(4, 4)]);
    }
}
