//! The index that finds the areas at a point: a grid over all edges of all areas, refined where
//! edges are dense.
//!
//! A cell without edges knows the set of areas that cover it, so that most look-ups end after one
//! or two array reads. A cell with edges knows the set at its middle and the few edges that enter
//! it; an area is left or entered once for each of its edges between the middle and the point.
//! This is exact (see [`super::exact`]), gives all levels and all overlapping areas at once, and
//! its cost does not depend on how many vertices an area has.
//!
//! Invariant: every edge that comes near the straight way between two points of one cell is in
//! that cell's list. Cells are found by a function that never decreases with the coordinate, and
//! edges are entered with a margin that exceeds all rounding, so the invariant holds in floating
//! point.

mod build;

use geo::{Coord, MultiPolygon};

use super::exact::{Meeting, Way, in_box, side};

/// The number of an area in an index: its position in the slice that the index was built from.
pub type Slot = u32;

/// The index. Areas are closed sets: see the boundary rule in [`super::exact`].
#[derive(Debug, Default)]
pub struct AreaIndex {
    /// All rings one after the other, each closed by its first vertex.
    vertices: Vec<Coord<f64>>,
    nodes: Vec<Node>,
    cells: Vec<Cell>,
    /// Contents of the cells that hold edges: the set at the middle, then for each area its slot,
    /// its number of edges, and the edges as numbers of their first vertices.
    contents: Vec<u32>,
    /// Distinct sets of areas, each sorted: `members[set_starts[i]..set_starts[i + 1]]`.
    members: Vec<Slot>,
    set_starts: Vec<u32>,
}

/// A grid of cells; the first one spans everything.
#[derive(Debug, Clone, Copy)]
struct Node {
    min: Coord<f64>,
    max: Coord<f64>,
    step: Coord<f64>,
    columns: u32,
    rows: u32,
    first_cell: u32,
}

/// A cell in eight bytes; `length` tells the sort (see the constants).
#[derive(Debug, Clone, Copy)]
struct Cell {
    head: u32,
    length: u32,
}

/// `length` of a cell without edges; `head` is its set.
const UNIFORM: u32 = 0;
/// `length` of a cell that is a grid itself; `head` is its node.
const REFINED: u32 = u32::MAX;

impl Node {
    /// The column and row of a point; beyond the rim, the nearest. Never decreases with `p`.
    #[inline]
    fn cell_at(&self, p: Coord<f64>) -> (u32, u32) {
        // A float is cut to the range of the integer, and NaN becomes 0.
        let column = ((p.x - self.min.x) / self.step.x) as u32;
        let row = ((p.y - self.min.y) / self.step.y) as u32;
        (column.min(self.columns - 1), row.min(self.rows - 1))
    }

    /// The middle of a cell.
    #[inline]
    fn middle(&self, column: u32, row: u32) -> Coord<f64> {
        Coord {
            x: self.min.x + (f64::from(column) + 0.5) * self.step.x,
            y: self.min.y + (f64::from(row) + 0.5) * self.step.y,
        }
    }

    #[inline]
    fn number(&self, column: u32, row: u32) -> usize {
        (self.first_cell + row * self.columns + column) as usize
    }
}

/// What is known of a point after the cell was found.
#[derive(Clone, Copy, Debug)]
pub enum Hit<'a> {
    /// The point lies outside of everything, or in a cell without edges: these areas, sorted.
    Whole { set: u32, members: &'a [Slot] },
    /// The point lies in a cell with edges, which have to be looked at.
    Split(SplitCell<'a>),
}

/// A cell that edges run through, and the point looked up in it.
#[derive(Clone, Copy, Debug)]
pub struct SplitCell<'a> {
    index: &'a AreaIndex,
    contents: &'a [u32],
    middle: Coord<f64>,
    point: Coord<f64>,
}

impl AreaIndex {
    /// The number of a set that holds nothing.
    pub const EMPTY_SET: u32 = 0;

    /// Builds the index; `areas[i]` gets slot `i`. Rings must be closed; whether they are valid
    /// does not matter to the index, which goes by the even-odd rule over all rings of an area.
    pub fn build<'p>(areas: impl IntoIterator<Item = &'p MultiPolygon<f64>>) -> Self {
        build::build(areas)
    }

    /// Finds the cell of a point.
    #[inline]
    pub fn find(&self, point: Coord<f64>) -> Hit<'_> {
        let Some(mut node) = self.nodes.first() else { return self.whole(Self::EMPTY_SET) };
        let within = node.min.x <= point.x
            && point.x <= node.max.x
            && node.min.y <= point.y
            && point.y <= node.max.y;
        if !within {
            return self.whole(Self::EMPTY_SET);
        }
        loop {
            let (column, row) = node.cell_at(point);
            let cell = self.cells[node.number(column, row)];
            match cell.length {
                UNIFORM => return self.whole(cell.head),
                REFINED => node = &self.nodes[cell.head as usize],
                length => {
                    let head = cell.head as usize;
                    return Hit::Split(SplitCell {
                        index: self,
                        contents: &self.contents[head..head + length as usize],
                        middle: node.middle(column, row),
                        point,
                    });
                }
            }
        }
    }

    /// Collects the slots of all areas at a point, sorted.
    pub fn areas_at(&self, point: Coord<f64>, slots: &mut Vec<Slot>) {
        slots.clear();
        match self.find(point) {
            Hit::Whole { members, .. } => slots.extend_from_slice(members),
            Hit::Split(cell) => {
                cell.for_each(|slot| slots.push(slot));
                slots.sort_unstable();
            }
        }
    }

    /// The distinct sets of areas that cells are covered by; a set's number is its position.
    pub fn sets(&self) -> impl Iterator<Item = &[Slot]> {
        (0..self.set_count()).map(|set| self.set(set))
    }

    /// Calls `f(slot, a, b)` for every edge that enters the box, some of them more than once, and
    /// for some edges near by.
    pub(crate) fn for_each_edge_near(
        &self,
        min: Coord<f64>,
        max: Coord<f64>,
        mut f: impl FnMut(Slot, Coord<f64>, Coord<f64>),
    ) {
        let mut pending: Vec<&Node> = self.nodes.first().into_iter().collect();
        while let Some(node) = pending.pop() {
            let apart = max.x < node.min.x
                || node.max.x < min.x
                || max.y < node.min.y
                || node.max.y < min.y;
            if apart {
                continue;
            }
            let (first_column, first_row) = node.cell_at(min);
            let (last_column, last_row) = node.cell_at(max);
            for row in first_row..=last_row {
                for column in first_column..=last_column {
                    let cell = self.cells[node.number(column, row)];
                    match cell.length {
                        UNIFORM => {}
                        REFINED => pending.push(&self.nodes[cell.head as usize]),
                        length => {
                            let head = cell.head as usize;
                            for (slot, edges) in groups(&self.contents[head..][..length as usize]) {
                                for &edge in edges {
                                    let (a, b) = self.edge(edge);
                                    f(slot, a, b);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// The bytes that the index holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        use std::mem::size_of_val;
        size_of_val(self.vertices.as_slice())
            + size_of_val(self.nodes.as_slice())
            + size_of_val(self.cells.as_slice())
            + size_of_val(self.contents.as_slice())
            + size_of_val(self.members.as_slice())
            + size_of_val(self.set_starts.as_slice())
    }

    fn whole(&self, set: u32) -> Hit<'_> {
        Hit::Whole { set, members: self.set(set) }
    }

    fn set_count(&self) -> u32 {
        self.set_starts.len().saturating_sub(1) as u32
    }

    #[inline]
    fn set(&self, set: u32) -> &[Slot] {
        match self.set_starts.get(set as usize..set as usize + 2) {
            Some(&[start, end]) => &self.members[start as usize..end as usize],
            _ => &[],
        }
    }

    #[inline]
    fn edge(&self, first: u32) -> (Coord<f64>, Coord<f64>) {
        (self.vertices[first as usize], self.vertices[first as usize + 1])
    }
}

impl SplitCell<'_> {
    /// Calls `f` once for each area at the point, in no particular order.
    #[inline]
    pub fn for_each(&self, mut f: impl FnMut(Slot)) {
        let mut around = self.index.set(self.contents[0]);
        // Both the set and the groups are sorted by slot, so one walk along both is enough.
        for (slot, edges) in groups(self.contents) {
            while let [first, rest @ ..] = around
                && *first < slot
            {
                f(*first);
                around = rest;
            }
            let at_middle = around.first() == Some(&slot);
            if at_middle {
                around = &around[1..];
            }
            if self.holds(edges, at_middle) {
                f(slot);
            }
        }
        around.iter().copied().for_each(f);
    }

    #[inline]
    fn holds(&self, edges: &[u32], at_middle: bool) -> bool {
        let Some(way) = Way::new(self.point, self.middle) else {
            return at_middle || self.is_on_any(edges);
        };
        let mut inside = at_middle;
        let mut before = None;
        for &edge in edges {
            let (a, b) = self.index.edge(edge);
            let side_a = match before {
                Some((last, side)) if last + 1 == edge => side,
                _ => way.side_of(a),
            };
            let side_b = way.side_of(b);
            before = Some((edge, side_b));
            match way.meet((a, side_a), (b, side_b)) {
                Meeting::OnEdge => return true,
                Meeting::Crosses => inside = !inside,
                Meeting::Misses => {}
            }
        }
        inside
    }

    fn is_on_any(&self, edges: &[u32]) -> bool {
        edges.iter().any(|&edge| {
            let (a, b) = self.index.edge(edge);
            in_box(a, b, self.point) && side(a, b, self.point).is_eq()
        })
    }
}

/// The areas with edges in a cell, each with its edges.
fn groups(contents: &[u32]) -> impl Iterator<Item = (Slot, &[u32])> {
    let mut rest = contents.get(1..).unwrap_or(&[]);
    std::iter::from_fn(move || {
        let [slot, count, tail @ ..] = rest else { return None };
        let (edges, next) = tail.split_at(*count as usize);
        rest = next;
        Some((*slot, edges))
    })
}
