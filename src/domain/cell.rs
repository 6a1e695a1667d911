//! H3 cells as integers: parents, and the interval of indexes that a cell's descendants fill.

use h3o::{CellIndex, Resolution};
use std::collections::BTreeSet;

/// How exactly the place of a dispute is told to those who may not know what it is about.
pub const COARSE_RESOLUTION: Resolution = Resolution::Nine;

/// The bits that tell the cells within one coarse cell apart, at resolution 11. Without them an
/// index is that of the cell in the middle of its coarse cell.
pub const COARSE_DIGITS: u64 = (0b111 << 15) | (0b111 << 12);

/// The cell at `resolution`, 9 to 11, in the middle of the coarse cell that holds `cell`.
pub fn coarse_cell(cell: u64, resolution: Resolution) -> u64 {
    let parent = CellIndex::try_from(cell).ok().and_then(|cell| cell.parent(COARSE_RESOLUTION));
    let middle = parent.and_then(|parent| parent.center_child(resolution));
    middle.map_or(cell, u64::from)
}

/// The cell at `resolution` that holds `cell`; the cell itself when it is coarser already.
pub fn parent_cell(cell: u64, resolution: Resolution) -> u64 {
    CellIndex::try_from(cell)
        .ok()
        .and_then(|index| index.parent(resolution))
        .map_or(cell, u64::from)
}

/// The least and the greatest index of the descendants of `cell` at `resolution`, both included.
/// Indexes of one resolution are ordered by base cell and then digit by digit, so the descendants
/// of a cell lie together and nothing else lies between them. `None` when `cell` is no cell or is
/// finer than `resolution`.
pub fn descendant_interval(cell: u64, resolution: Resolution) -> Option<(u64, u64)> {
    let index = CellIndex::try_from(cell).ok()?;
    let (own, wanted) = (u8::from(index.resolution()), u8::from(resolution));
    if own > wanted {
        return None;
    }
    // Bits 52 to 55 hold the resolution; the digit of resolution r stands at bit 3 * (15 - r).
    let with_resolution = (cell & !(0xf << 52)) | (u64::from(wanted) << 52);
    let (mut low, mut high) = (with_resolution, with_resolution);
    for digit in own + 1..=wanted {
        let shift = 3 * (15 - u32::from(digit));
        low &= !(0b111 << shift);
        high = (high & !(0b111 << shift)) | (0b110 << shift);
    }
    Some((low, high))
}

/// The bits that tell a cell at resolution 11 from the others with the same parent at `resolution`.
/// Setting them in an index gives one number for all of a parent's descendants.
pub fn digits_below(resolution: Resolution) -> u64 {
    (u8::from(resolution) + 1..=11).map(|digit| 0b111 << (3 * (15 - u32::from(digit)))).sum()
}

/// How many edges of the cells that cover a box its longer side has at least.
const COVER_SIDE_EDGES: f64 = 12.0;
/// How far from a box the middle of a cell is at most that covers some of it, in mean edges. What a
/// cell is divided into reaches 1.05 edges from its middle, and the last of it may touch the box
/// with its own edge: 1.43; edges are up to 1.3 times as long as the mean.
const COVER_REACH_EDGES: f64 = 2.0;
const KM_PER_DEGREE: f64 = 111.2;

/// Intervals of cells at `resolution` that hold every cell, at that resolution or at a coarser one
/// down to `coarsest`, which touches the box `(west, south, east, north)` in degrees; and some near
/// by. `None` stands for everywhere, when the box is too large to be covered by few cells.
pub fn cells_near(
    (west, south, east, north): (f64, f64, f64, f64),
    coarsest: Resolution,
    resolution: Resolution,
) -> Option<Vec<(u64, u64)>> {
    // A degree of longitude is longest at the latitude nearest the equator.
    let lat = if south <= 0.0 && north >= 0.0 { 0.0 } else { south.abs().min(north.abs()) };
    let (width, height) = (
        (east - west) * KM_PER_DEGREE * lat.min(80.0).to_radians().cos(),
        (north - south) * KM_PER_DEGREE,
    );
    if !(width >= 0.0 && height >= 0.0 && width < 2_000.0 && height < 2_000.0) {
        return None;
    }
    let edge_km = (width.max(height) / COVER_SIDE_EDGES).max(resolution.edge_length_km());
    let cover = Resolution::range(Resolution::Zero, coarsest.min(resolution))
        .rfind(|cover| cover.edge_length_km() >= edge_km)
        .unwrap_or(Resolution::Zero);
    // Degrees around the middle of the box within which the middles of its cells lie.
    let reach = cover.edge_length_km() * COVER_REACH_EDGES / KM_PER_DEGREE;
    let (lon, lat) = (f64::midpoint(west, east), f64::midpoint(south, north));
    let farthest = (south.abs().max(north.abs()) + reach).min(90.0);
    let across = (east - west) / 2.0 + reach / farthest.to_radians().cos().max(1e-9);
    let along = (north - south) / 2.0 + reach;
    let is_near = |cell: &CellIndex| {
        let middle = h3o::LatLng::from(*cell);
        let apart = (middle.lng() - lon).abs() % 360.0;
        apart.min(360.0 - apart) <= across && (middle.lat() - lat).abs() <= along
    };
    // From the middle outwards: to know where a cell lies is quicker than which one holds a place.
    let first = h3o::LatLng::new(lat, lon).ok()?.to_cell(cover);
    let (mut found, mut border) = (BTreeSet::from([first]), vec![first]);
    let mut seen = BTreeSet::from([first]);
    while let Some(cell) = border.pop() {
        for next in cell.grid_disk::<Vec<_>>(1) {
            if seen.insert(next) && is_near(&next) {
                found.insert(next);
                border.push(next);
            }
        }
    }
    Some(
        found.into_iter().filter_map(|cell| descendant_interval(cell.into(), resolution)).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_holds_the_descendants_and_nothing_else() {
        let zhengzhou = h3o::LatLng::new(34.77, 113.68).unwrap().to_cell(Resolution::Seven);
        // A pentagon lacks some children, and its interval must still hold the others.
        let pentagon = CellIndex::base_cells().find(|cell| cell.is_pentagon()).unwrap();
        for cell in [zhengzhou, pentagon] {
            let resolution = if cell.is_pentagon() { Resolution::Four } else { Resolution::Eleven };
            let (low, high) = descendant_interval(cell.into(), resolution).unwrap();
            for child in cell.children(resolution) {
                assert!((low..=high).contains(&u64::from(child)), "{child}");
            }
        }
        let (low, high) = descendant_interval(zhengzhou.into(), Resolution::Eleven).unwrap();
        for neighbour in zhengzhou.grid_disk::<Vec<_>>(1).into_iter().filter(|c| *c != zhengzhou) {
            for child in neighbour.children(Resolution::Eleven) {
                assert!(!(low..=high).contains(&u64::from(child)), "{child}");
            }
        }
    }

    #[test]
    fn every_cell_that_touches_a_box_is_near_it() {
        let boxes = [
            (113.6, 34.7, 113.7, 34.8),
            (113.681, 34.771, 113.682, 34.772),
            (-118.7, 33.7, -118.1, 34.3),
            (24.9, 60.1, 25.3, 60.3),
            (113.65, 34.75, 113.65, 34.75),
            (179.8, -17.1, 180.2, -16.7),
            (15.4, 78.1, 15.9, 78.3),
            (-30.0, 84.6, -28.0, 84.9),
            (113.6, 34.7, 113.9, 34.701),
            (10.536, 64.7, 10.537, 64.72),
        ];
        for (bounds, coarse) in boxes.into_iter().flat_map(|b| (5..=10).map(move |r| (b, r))) {
            let coarse = Resolution::try_from(coarse).unwrap();
            let near = cells_near(bounds, coarse, Resolution::Ten).unwrap();
            assert!(near.len() < 1_500, "{} intervals", near.len());
            let (west, south, east, north) = bounds;
            for i in 0..=40 {
                for j in 0..=40 {
                    let lat = south + (north - south) * f64::from(i) / 40.0;
                    let lon = west + (east - west) * f64::from(j) / 40.0;
                    let cell = h3o::LatLng::new(lat, lon).unwrap().to_cell(coarse);
                    let child = cell.center_child(Resolution::Ten).unwrap();
                    let all = [Some(child), cell.children(Resolution::Ten).last()];
                    for one in all.into_iter().flatten().map(u64::from) {
                        let held = near.iter().any(|(low, high)| (*low..=*high).contains(&one));
                        assert!(held, "{bounds:?} {coarse} {one:x}");
                    }
                }
            }
        }
        assert_eq!(
            cells_near((-180.0, -80.0, 180.0, 80.0), Resolution::Five, Resolution::Ten),
            None
        );
    }

    #[test]
    fn descendants_of_one_cell_share_their_other_bits() {
        let near = h3o::LatLng::new(34.77, 113.68).unwrap().to_cell(Resolution::Seven);
        for cell in
            near.grid_disk::<Vec<_>>(1).into_iter().flat_map(|c| c.children(Resolution::Eight))
        {
            for child in cell.children(Resolution::Eleven).step_by(7) {
                let folded = u64::from(child) | digits_below(Resolution::Eight);
                assert_eq!(parent_cell(u64::from(child), Resolution::Eight), u64::from(cell));
                let some = cell.center_child(Resolution::Eleven).unwrap();
                assert_eq!(folded, u64::from(some) | digits_below(Resolution::Eight));
            }
        }
    }

    #[test]
    fn without_its_coarse_digits_a_cell_is_the_one_in_the_middle() {
        for pentagon in Resolution::Nine.pentagons().take(3) {
            for cell in pentagon.children(Resolution::Eleven) {
                let middle = pentagon.center_child(Resolution::Eleven).map(u64::from);
                assert_eq!(Some(u64::from(cell) & !COARSE_DIGITS), middle);
                assert_eq!(Some(coarse_cell(cell.into(), Resolution::Eleven)), middle);
            }
        }
    }

    #[test]
    fn no_cell_has_no_interval() {
        assert_eq!(descendant_interval(0, Resolution::Ten), None);
        let fine = h3o::LatLng::new(1.0, 1.0).unwrap().to_cell(Resolution::Twelve);
        assert_eq!(descendant_interval(fine.into(), Resolution::Ten), None);
    }
}
