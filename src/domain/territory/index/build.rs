//! How the index is built: edges are entered into the cells of a grid, dense cells are refined,
//! and a walk from cell to cell works out the set of areas at each middle.

use std::collections::HashMap;

use geo::{Coord, MultiPolygon};

use super::{AreaIndex, Cell, Node, REFINED, Slot, UNIFORM};
use crate::domain::territory::exact::Way;

/// The first grid has about this many cells per edge and per area, within the limits below. Fewer
/// cells would leave more points in cells with edges, more would miss the processor's cache.
const CELLS_PER_EDGE: f64 = 4.0;
const CELLS_PER_AREA: f64 = 100.0;
const FIRST_CELLS_MIN: f64 = 4_096.0;
const FIRST_CELLS_MAX: f64 = 1_048_576.0;
/// A cell with more edges than this is refined, …
const CELL_EDGES_MAX: usize = 8;
/// … into at most this many columns and rows, …
const REFINED_SIDE_MAX: f64 = 16.0;
/// … unless it is this deep or this narrow: edges that meet in one vertex cannot be told apart.
const DEPTH_MAX: usize = 8;
const STEP_DEGREES_MIN: f64 = 1e-7;
/// Edges are entered as if cells were larger by this share of a step on each side. With the least
/// step this is 1e-13 degrees, some times the rounding error of a longitude.
const MARGIN: f64 = 1e-6;

/// Edges of one grid by cell: `edges[starts[c]..starts[c + 1]]`, ascending in each cell.
struct Buckets {
    starts: Vec<u32>,
    edges: Vec<u32>,
}

impl Buckets {
    fn of(&self, cell: usize) -> &[u32] {
        &self.edges[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }
}

struct Builder {
    index: AreaIndex,
    /// The slot of the area that the edge starting at a vertex belongs to.
    owners: Vec<Slot>,
    set_numbers: HashMap<Box<[Slot]>, u32>,
}

/// The areas at a point during the walk.
#[derive(Clone)]
struct Standing {
    at: Coord<f64>,
    /// Sorted.
    areas: Vec<Slot>,
}

pub(super) fn build<'p>(areas: impl IntoIterator<Item = &'p MultiPolygon<f64>>) -> AreaIndex {
    let mut builder =
        Builder { index: AreaIndex::default(), owners: Vec::new(), set_numbers: HashMap::new() };
    builder.index.set_starts.push(0);
    builder.intern(&[]);
    let edges = builder.take_edges(areas);
    if let Some((min, max)) = bounds(&builder.index.vertices) {
        let (columns, rows) = builder.first_grid(edges.len(), min, max);
        // Nothing is left of the least longitude, so the walk starts from there.
        let outside = Coord { x: min.x - 1.0, y: min.y };
        let start = Standing { at: outside, areas: Vec::new() };
        builder.add_node(min, max, (columns, rows), &edges, start, 0);
    }
    let mut index = builder.index;
    index.cells.shrink_to_fit();
    index.contents.shrink_to_fit();
    index
}

fn bounds(vertices: &[Coord<f64>]) -> Option<(Coord<f64>, Coord<f64>)> {
    let first = *vertices.first()?;
    Some(vertices.iter().fold((first, first), |(min, max), v| {
        (
            Coord { x: min.x.min(v.x), y: min.y.min(v.y) },
            Coord { x: max.x.max(v.x), y: max.y.max(v.y) },
        )
    }))
}

impl Builder {
    /// Columns and rows of about square cells.
    fn first_grid(&self, edges: usize, min: Coord<f64>, max: Coord<f64>) -> (u32, u32) {
        let areas = self.owners.last().map_or(0, |slot| slot + 1);
        let wanted = edges as f64 * CELLS_PER_EDGE + f64::from(areas) * CELLS_PER_AREA;
        let cells = wanted.clamp(FIRST_CELLS_MIN, FIRST_CELLS_MAX);
        let width = (max.x - min.x).max(STEP_DEGREES_MIN);
        let height = (max.y - min.y).max(STEP_DEGREES_MIN);
        let columns = (cells * width / height).sqrt().clamp(1.0, cells);
        let rows = (cells / columns).clamp(1.0, cells);
        let fit = |count: f64, length: f64| count.min(length / STEP_DEGREES_MIN).max(1.0) as u32;
        (fit(columns, width), fit(rows, height))
    }

    /// Copies all rings; returns the edges that have a length.
    fn take_edges<'p>(
        &mut self,
        areas: impl IntoIterator<Item = &'p MultiPolygon<f64>>,
    ) -> Vec<u32> {
        let mut edges = Vec::new();
        for (slot, area) in areas.into_iter().enumerate() {
            for ring in area.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
            {
                let first = self.index.vertices.len();
                self.index.vertices.extend_from_slice(&ring.0);
                self.owners.resize(self.index.vertices.len(), slot as Slot);
                let with_length = ring.0.windows(2).enumerate().filter(|(_, e)| e[0] != e[1]);
                edges.extend(with_length.map(|(i, _)| (first + i) as u32));
            }
        }
        edges
    }

    fn intern(&mut self, areas: &[Slot]) -> u32 {
        if let Some(&number) = self.set_numbers.get(areas) {
            return number;
        }
        let number = self.set_numbers.len() as u32;
        self.set_numbers.insert(areas.into(), number);
        self.index.members.extend_from_slice(areas);
        self.index.set_starts.push(self.index.members.len() as u32);
        number
    }

    /// Adds a grid over the box for `edges`, whose areas at one point are known; all edges between
    /// that point and the box's first cell must be among `edges`.
    fn add_node(
        &mut self,
        min: Coord<f64>,
        max: Coord<f64>,
        (columns, rows): (u32, u32),
        edges: &[u32],
        start: Standing,
        depth: usize,
    ) -> u32 {
        let step = Coord {
            x: ((max.x - min.x) / f64::from(columns)).max(STEP_DEGREES_MIN),
            y: ((max.y - min.y) / f64::from(rows)).max(STEP_DEGREES_MIN),
        };
        let first_cell = self.index.cells.len() as u32;
        let node = Node { min, max, step, columns, rows, first_cell };
        let number = self.index.nodes.len() as u32;
        self.index.nodes.push(node);
        let empty = Cell { head: AreaIndex::EMPTY_SET, length: UNIFORM };
        self.index.cells.resize(first_cell as usize + (columns * rows) as usize, empty);

        let buckets = self.fill_buckets(&node, edges);
        let mut standing = start;
        let mut set = None;
        for row in 0..rows {
            // To and fro like a plough, so that each step leads to a neighbour.
            for turn in 0..columns {
                let column = if row % 2 == 0 { turn } else { columns - 1 - turn };
                let cell = (row * columns + column) as usize;
                let here = buckets.of(cell);
                let crossed = if (row, turn) == (0, 0) {
                    self.step_to(&mut standing, node.middle(column, row), edges, &[])
                } else {
                    let back = if turn == 0 {
                        cell - columns as usize
                    } else if row % 2 == 0 {
                        cell - 1
                    } else {
                        cell + 1
                    };
                    self.step_to(&mut standing, node.middle(column, row), buckets.of(back), here)
                };
                if crossed || set.is_none() {
                    set = Some(self.intern(&standing.areas));
                }
                let set = set.unwrap_or(AreaIndex::EMPTY_SET);
                self.index.cells[node.number(column, row)] =
                    self.fill_cell(&node, (column, row), here, &standing, set, depth);
            }
        }
        number
    }

    /// Walks to the next middle across the edges of both cells; says whether any was crossed.
    fn step_to(
        &self,
        standing: &mut Standing,
        to: Coord<f64>,
        behind: &[u32],
        ahead: &[u32],
    ) -> bool {
        let from = std::mem::replace(&mut standing.at, to);
        let Some(way) = Way::new(from, to) else { return false };
        let mut crossed = false;
        for edge in merge(behind, ahead) {
            let (a, b) = self.index.edge(edge);
            if way.crosses(a, b) {
                crossed = true;
                let slot = self.owners[edge as usize];
                match standing.areas.binary_search(&slot) {
                    Ok(at) => drop(standing.areas.remove(at)),
                    Err(at) => standing.areas.insert(at, slot),
                }
            }
        }
        crossed
    }

    fn fill_cell(
        &mut self,
        node: &Node,
        (column, row): (u32, u32),
        edges: &[u32],
        standing: &Standing,
        set: u32,
        depth: usize,
    ) -> Cell {
        if edges.is_empty() {
            return Cell { head: set, length: UNIFORM };
        }
        if edges.len() > CELL_EDGES_MAX && depth < DEPTH_MAX {
            let side = (edges.len() as f64 / 3.0).sqrt().ceil().clamp(2.0, REFINED_SIDE_MAX);
            let fit = |step: f64| side.min(step / STEP_DEGREES_MIN).max(1.0) as u32;
            let (columns, rows) = (fit(node.step.x), fit(node.step.y));
            if columns * rows > 1 {
                let min = Coord {
                    x: node.min.x + f64::from(column) * node.step.x,
                    y: node.min.y + f64::from(row) * node.step.y,
                };
                let max = min + node.step;
                let head =
                    self.add_node(min, max, (columns, rows), edges, standing.clone(), depth + 1);
                return Cell { head, length: REFINED };
            }
        }
        let head = self.index.contents.len();
        self.index.contents.push(set);
        for group in edges.chunk_by(|a, b| self.owners[*a as usize] == self.owners[*b as usize]) {
            self.index.contents.push(self.owners[group[0] as usize]);
            self.index.contents.push(group.len() as u32);
            self.index.contents.extend_from_slice(group);
        }
        Cell { head: head as u32, length: (self.index.contents.len() - head) as u32 }
    }

    /// Enters edges into the cells that they come near, by counting first.
    fn fill_buckets(&self, node: &Node, edges: &[u32]) -> Buckets {
        let cells = (node.columns * node.rows) as usize;
        let mut starts = vec![0_u32; cells + 2];
        for &edge in edges {
            let (a, b) = self.index.edge(edge);
            for_each_cell(node, a, b, |cell| starts[cell + 2] += 1);
        }
        for cell in 2..starts.len() {
            starts[cell] += starts[cell - 1];
        }
        let mut entered = vec![0_u32; starts[cells + 1] as usize];
        for &edge in edges {
            let (a, b) = self.index.edge(edge);
            for_each_cell(node, a, b, |cell| {
                entered[starts[cell + 1] as usize] = edge;
                starts[cell + 1] += 1;
            });
        }
        starts.pop();
        Buckets { starts, edges: entered }
    }
}

/// Both ascending lists as one, without repetition.
fn merge<'e>(mut left: &'e [u32], mut right: &'e [u32]) -> impl Iterator<Item = u32> + 'e {
    std::iter::from_fn(move || {
        let next = match (left.first(), right.first()) {
            (Some(l), Some(r)) => *l.min(r),
            (Some(l), None) => *l,
            (None, r) => *r?,
        };
        left = if left.first() == Some(&next) { &left[1..] } else { left };
        right = if right.first() == Some(&next) { &right[1..] } else { right };
        Some(next)
    })
}

/// Calls `f` with the number (within the node) of each cell that the edge comes near, once each.
/// Points of the node lie within its box but for rounding, so the edge is cut to that box.
fn for_each_cell(node: &Node, a: Coord<f64>, b: Coord<f64>, mut f: impl FnMut(usize)) {
    let margin = node.step * MARGIN;
    let low = Coord { x: a.x.min(b.x), y: a.y.min(b.y) } - margin;
    let high = Coord { x: a.x.max(b.x), y: a.y.max(b.y) } + margin;
    let apart =
        high.x < node.min.x || node.max.x < low.x || high.y < node.min.y || node.max.y < low.y;
    if apart {
        return;
    }
    let (first_column, first_row) = node.cell_at(low);
    let (last_column, last_row) = node.cell_at(high);
    if (first_column, first_row) == (last_column, last_row) {
        f((first_row * node.columns + first_column) as usize);
        return;
    }
    for row in first_row..=last_row {
        let bottom = node.min.y + f64::from(row) * node.step.y;
        // The part of the edge at the height of this row. A level edge is there with all of it.
        let share_at = |y: f64| ((y - a.y) / (b.y - a.y)).clamp(0.0, 1.0);
        let x_at = |y: f64| a.x + share_at(y) * (b.x - a.x);
        let (x0, x1) = (x_at(bottom - margin.y), x_at(bottom + node.step.y + margin.y));
        let (left, right) = if a.y == b.y {
            (low.x, high.x)
        } else {
            (x0.min(x1) - margin.x, x0.max(x1) + margin.x)
        };
        if right < node.min.x || node.max.x < left {
            continue;
        }
        let (from, _) = node.cell_at(Coord { x: left, y: bottom });
        let (to, _) = node.cell_at(Coord { x: right, y: bottom });
        for column in from..=to {
            f((row * node.columns + column) as usize);
        }
    }
}
