//! Hot and cold spots: the statistic Gi* of Getis and Ord on rings of hexagons (Getis & Ord 1992,
//! Geographical Analysis 24:189–206; in the form of a z-score, Ord & Getis 1995, 27:286–306).
//!
//! A cell's neighbourhood is every cell of the territory within `rings` steps, itself included,
//! each with weight 1. Cells of the territory without reports count as 0; cells outside it do not
//! exist, so a neighbourhood at the border is smaller and is judged as such.

use super::significance::{benjamini_hochberg, normal_two_sided};
use h3o::CellIndex;
use std::collections::BTreeMap;

/// One cell with what speaks for its being hot (z above 0) or cold (below).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    pub cell: CellIndex,
    /// What was counted in the cell.
    pub count: i64,
    /// What was counted in the neighbourhood, the cell included.
    pub around: i64,
    /// The cells of the neighbourhood, the cell included.
    pub neighbours: usize,
    /// What the neighbourhood would have, were the count spread evenly.
    pub expected: f64,
    pub z: f64,
    /// Two-sided, of a normal z.
    pub p: f64,
    /// `p` corrected for the number of cells.
    pub q: f64,
}

/// Mean and standard deviation of all cells, and how many there are.
struct Field {
    n: f64,
    mean: f64,
    deviation: f64,
}

impl Field {
    fn of(counts: &BTreeMap<CellIndex, i64>) -> Self {
        let n = counts.len() as f64;
        let mean = counts.values().map(|&x| x as f64).sum::<f64>() / n;
        // Two passes: the difference of two large sums would lose what is small.
        let squares: f64 = counts.values().map(|&x| (x as f64 - mean).powi(2)).sum();
        Self { n, mean, deviation: (squares / n).sqrt() }
    }

    /// Gi*; 0 where the whole territory is the neighbourhood or all cells are alike, since nothing
    /// can stand out then.
    fn z(&self, around: i64, neighbours: usize) -> f64 {
        let w = neighbours as f64;
        let spread = self.deviation * ((self.n * w - w * w) / (self.n - 1.0)).max(0.0).sqrt();
        if spread > 1e-12 { (around as f64 - self.mean * w) / spread } else { 0.0 }
    }
}

/// Every cell of `counts` with its statistic, in order of cell. `counts` has all cells of the
/// territory, those without reports as 0, and all of one resolution.
pub fn find_spots(counts: &BTreeMap<CellIndex, i64>, rings: u32) -> Vec<Spot> {
    spots_by(counts, |cell| {
        let disk: Vec<CellIndex> = cell.grid_disk(rings);
        let inside: Vec<i64> = disk.iter().filter_map(|near| counts.get(near).copied()).collect();
        (inside.iter().sum(), inside.len())
    })
}

fn spots_by(
    counts: &BTreeMap<CellIndex, i64>,
    neighbourhood: impl Fn(CellIndex) -> (i64, usize),
) -> Vec<Spot> {
    let field = Field::of(counts);
    let mut spots: Vec<Spot> = counts
        .iter()
        .map(|(&cell, &count)| {
            let (around, neighbours) = neighbourhood(cell);
            let z = field.z(around, neighbours);
            let (p, expected) = (normal_two_sided(z), field.mean * neighbours as f64);
            Spot { cell, count, around, neighbours, expected, z, p, q: 1.0 }
        })
        .collect();
    let p: Vec<f64> = spots.iter().map(|spot| spot.p).collect();
    for (spot, q) in spots.iter_mut().zip(benjamini_hochberg(&p)) {
        spot.q = q;
    }
    spots
}

#[cfg(test)]
mod tests {
    use super::*;
    use h3o::{LatLng, Resolution};
    use proptest::prelude::*;

    fn middle() -> CellIndex {
        LatLng::new(34.77, 113.68).unwrap().to_cell(Resolution::Nine)
    }

    /// The slow truth: every pair of cells is measured.
    fn slow_spots(counts: &BTreeMap<CellIndex, i64>, rings: u32) -> Vec<Spot> {
        spots_by(counts, |cell| {
            let near = counts.iter().filter(|(other, _)| {
                cell.grid_distance(**other).is_ok_and(|steps| steps <= rings as i32)
            });
            near.fold((0, 0), |(sum, n), (_, count)| (sum + count, n + 1))
        })
    }

    fn disk(rings: u32) -> Vec<CellIndex> {
        middle().grid_disk(rings)
    }

    #[test]
    fn the_statistic_is_that_of_a_worked_example() {
        // Nineteen cells, three reports in each of the inner seven: x̄ = 21/19, s² = 63/19 − x̄².
        // In the middle W = 7 and z = (21 − 7 x̄) / (s √((19·7 − 49) / 18)) = 3 √2. At a corner of
        // the outer ring W = 4, one of them with reports: z = (3 − 4 x̄) / (s √((19·4 − 16) / 18)).
        let inner = disk(1);
        let counts: BTreeMap<CellIndex, i64> =
            disk(2).into_iter().map(|cell| (cell, 3 * i64::from(inner.contains(&cell)))).collect();
        let spots = find_spots(&counts, 1);
        assert_eq!(spots.len(), 19);
        let hot = spots.iter().find(|spot| spot.cell == middle()).unwrap();
        assert_eq!((hot.count, hot.around, hot.neighbours), (3, 21, 7));
        assert!((hot.z - 3.0 * 2f64.sqrt()).abs() < 1e-9, "{hot:?}");
        assert!((hot.p - 2.209e-5).abs() < 1e-8, "{hot:?}");
        assert!((hot.q - 19.0 * hot.p).abs() < 1e-12, "it is the first of nineteen");
        let corners: Vec<&Spot> = spots.iter().filter(|spot| spot.neighbours == 4).collect();
        assert_eq!(corners.len(), 6);
        for corner in corners {
            assert!((corner.z + 0.537_853).abs() < 1e-5 && corner.q > 0.5, "{corner:?}");
        }
    }

    #[test]
    fn where_all_cells_are_alike_nothing_stands_out() {
        for count in [0, 4] {
            let counts = disk(3).into_iter().map(|cell| (cell, count)).collect();
            assert!(find_spots(&counts, 1).iter().all(|spot| spot.z == 0.0 && spot.p == 1.0));
        }
        assert!(find_spots(&BTreeMap::new(), 1).is_empty());
        let alone = BTreeMap::from([(middle(), 9)]);
        assert_eq!(find_spots(&alone, 2)[0].z, 0.0);
    }

    #[test]
    fn cells_outside_the_territory_do_not_exist() {
        // Half of a disk: at the cut edge a neighbourhood has fewer cells, none of them made up.
        let mut cells = disk(4);
        cells.sort_unstable();
        cells.truncate(30);
        let counts: BTreeMap<CellIndex, i64> = cells.iter().map(|cell| (*cell, 1)).collect();
        assert!(find_spots(&counts, 1).iter().any(|spot| spot.neighbours < 7));
        assert!(find_spots(&counts, 1).iter().all(|spot| spot.around == spot.neighbours as i64));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn rings_give_what_measuring_every_pair_gives(
            values in prop::collection::vec((prop::bool::weighted(0.8), 0i64..9), 91),
            rings in 0u32..4,
        ) {
            let counts: BTreeMap<CellIndex, i64> = disk(5)
                .into_iter()
                .zip(values)
                .filter_map(|(cell, (inside, count))| inside.then_some((cell, count)))
                .collect();
            prop_assert_eq!(find_spots(&counts, rings), slow_spots(&counts, rings));
        }
    }
}
