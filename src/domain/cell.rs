//! H3 cells as integers: parents, and the interval of indexes that a cell's descendants fill.

use h3o::{CellIndex, Resolution};

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
    fn no_cell_has_no_interval() {
        assert_eq!(descendant_interval(0, Resolution::Ten), None);
        let fine = h3o::LatLng::new(1.0, 1.0).unwrap().to_cell(Resolution::Twelve);
        assert_eq!(descendant_interval(fine.into(), Resolution::Ten), None);
    }
}
