//! What is at a place: the chain of areas, candidates within the accuracy of the fix, the
//! statistical cell, and who is near.

use h3o::CellIndex;
use rstar::PointDistance;

use super::area::Area;
use super::index::{Hit, Slot};
use super::level::Level;
use super::people::{Branch, Post, Worker};
use super::position::{LocalMap, Position};
use super::snapshot::{Territory, beside_chain, on_sphere};
use crate::domain::time::Timestamp;

/// A worse accuracy is taken as this one: beyond it every area near by would be a candidate.
pub const ACCURACY_METRES_MAX: f64 = 5_000.0;
/// The tree orders by straight lines and people by the way over the ground: below this many metres
/// the two may disagree by rounding.
const SAME_DISTANCE_M: f64 = 1e-3;
/// The candidates told, the nearest first.
pub const CANDIDATES_MAX: usize = 32;

/// What is at a place.
#[derive(Clone, Debug)]
pub struct Location<'t> {
    territory: &'t Territory,
    slot: Option<Slot>,
    /// Areas at the place that are not in the chain, in order of choice: those of other trees, and
    /// neighbours that share the border the place is on.
    pub beside: Vec<&'t Area>,
    /// The areas without children that the accuracy circle reaches, the nearest first, when it
    /// crosses a border; else none.
    pub candidates: Vec<Candidate<'t>>,
    /// The statistical cell, at [`super::position::CELL_RESOLUTION`].
    pub cell: CellIndex,
}

/// An area in which the place may be.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'t> {
    pub area: &'t Area,
    /// Metres from the place to the area; 0 when the place is in it.
    pub distance_m: f64,
}

/// Something near a place.
#[derive(Clone, Copy, Debug)]
pub struct Near<T> {
    pub item: T,
    /// Metres over the ground.
    pub distance_m: f64,
}

impl<'t> Location<'t> {
    /// Whether no area holds the place.
    pub fn is_outside(&self) -> bool {
        self.slot.is_none()
    }

    /// The innermost area at the place.
    pub fn area(&self) -> Option<&'t Area> {
        self.slot.map(|slot| &self.territory.areas[slot as usize])
    }

    /// The areas from the outermost to the innermost.
    pub fn chain(&self) -> impl DoubleEndedIterator<Item = &'t Area> + use<'t> {
        let territory = self.territory;
        let slots = self.slot.map_or(&[][..], |slot| &territory.chains[slot as usize]);
        slots.iter().map(|slot| &territory.areas[*slot as usize])
    }

    /// The area of a level: the innermost one in the chain, else the first beside it.
    pub fn at_level(&self, level: Level) -> Option<&'t Area> {
        let in_chain = self.chain().rev().find(|area| area.level == level);
        in_chain.or_else(|| self.beside.iter().copied().find(|area| area.level == level))
    }

    /// The path of the innermost area: see [`Territory::path`].
    pub fn path(&self) -> Option<&'t str> {
        self.area().and_then(|area| self.territory.path(&area.code))
    }
}

impl Territory {
    /// Tells what is at a place. Of several areas that hold it the innermost level is chosen, then
    /// the deepest in its tree, then the lowest code; its parents make the chain. With
    /// `accuracy_m`, the radius of the fix in metres, the candidates are told when it crosses a
    /// border.
    pub fn locate(&self, position: Position, accuracy_m: Option<f64>) -> Location<'_> {
        let (slot, beside) = match self.index.find(position.coord()) {
            Hit::Whole { set, members } => {
                (members.first().copied(), self.named(&self.beside[set as usize]))
            }
            Hit::Split(cell) => {
                let mut slots = Slots::default();
                cell.for_each(|slot| slots.push(slot));
                let slots = slots.sorted();
                let beside = beside_chain(slots, &self.chains);
                (slots.first().copied(), self.named(&beside))
            }
        };
        let candidates = match accuracy_m {
            Some(radius_m) if radius_m > 0.0 => {
                self.candidates(position, radius_m.min(ACCURACY_METRES_MAX))
            }
            _ => Vec::new(),
        };
        Location { territory: self, slot, beside, candidates, cell: position.cell() }
    }

    /// The area that [`Territory::locate`] chooses, and nothing else.
    pub fn area_at(&self, position: Position) -> Option<&Area> {
        let slot = match self.index.find(position.coord()) {
            Hit::Whole { members, .. } => members.first().copied(),
            Hit::Split(cell) => {
                let mut least = None;
                cell.for_each(|slot| least = Some(least.map_or(slot, |l: Slot| l.min(slot))));
                least
            }
        };
        slot.map(|slot| &self.areas[slot as usize])
    }

    /// The `count` branches nearest to a place, the nearest first.
    pub fn nearest_branches(&self, position: Position, count: usize) -> Vec<Near<&Branch>> {
        self.branches_from(position).take(count).collect()
    }

    /// The branch nearest to a place; of several in one house the one with the lowest code.
    pub fn nearest_branch(&self, position: Position) -> Option<Near<&Branch>> {
        let mut from_here = self.branches_from(position);
        let first = from_here.next()?;
        let limit = first.distance_m + SAME_DISTANCE_M;
        let others = from_here.take_while(|near| near.distance_m <= limit);
        std::iter::once(first).chain(others).min_by(|a, b| {
            let by_code = || a.item.code.cmp(&b.item.code);
            a.distance_m.total_cmp(&b.distance_m).then_with(by_code)
        })
    }

    fn branches_from(&self, position: Position) -> impl Iterator<Item = Near<&Branch>> {
        let near = self.branch_spots.nearest_neighbor_iter(&on_sphere(position));
        near.filter_map(move |spot| {
            let branch = &self.branches[spot.data as usize];
            let distance_m = branch.position?.distance_m(position);
            Some(Near { item: branch, distance_m })
        })
    }

    /// The `count` posts nearest to a place that are on duty at an instant, the nearest first, each
    /// with its worker. A worker with several posts is told once, at the nearest.
    pub fn nearest_on_duty_workers(
        &self,
        position: Position,
        count: usize,
        at: Timestamp,
        zone: &jiff::tz::TimeZone,
    ) -> Vec<Near<(&Worker, &Post)>> {
        let here = on_sphere(position);
        let mut found: Vec<Near<(&Worker, &Post)>> = Vec::new();
        for spot in self.post_spots.nearest_neighbor_iter(&here) {
            if found.len() == count {
                break;
            }
            let post = &self.posts[spot.data as usize];
            let Some(worker) = self.worker(post.worker) else { continue };
            let on_duty = post.validity.holds_on(at.day_in(zone)) && post.hours.hold_at(at, zone);
            if on_duty && found.iter().all(|near| near.item.0.id != worker.id) {
                // Twice the arc whose chord is known.
                let chord = spot.geom().distance_2(&here).sqrt();
                let distance_m = super::position::chord_to_metres(chord);
                found.push(Near { item: (worker, post), distance_m });
            }
        }
        found
    }

    fn named(&self, slots: &[Slot]) -> Vec<&Area> {
        slots.iter().map(|slot| &self.areas[*slot as usize]).collect()
    }

    /// Areas without children within `radius_m`. An area that does not hold the place is within
    /// reach exactly when one of its edges is.
    fn candidates(&self, position: Position, radius_m: f64) -> Vec<Candidate<'_>> {
        let map = LocalMap::around(position);
        let (here, reach) = (position.coord(), map.reach_degrees(radius_m));
        let mut reached: Vec<(Slot, f64)> = Vec::new();
        self.index.for_each_edge_near(here - reach, here + reach, |slot, a, b| {
            if self.is_leaf(slot) {
                let distance_m = map.distance_to_edge_m(a, b);
                if distance_m <= radius_m {
                    reached.push((slot, distance_m));
                }
            }
        });
        if reached.is_empty() {
            return Vec::new();
        }
        let mut inside = Vec::new();
        self.index.areas_at(here, &mut inside);
        inside.retain(|slot| self.is_leaf(*slot));
        reached.extend(inside.iter().map(|slot| (*slot, 0.0)));
        reached.sort_unstable_by(|l, r| l.0.cmp(&r.0).then(l.1.total_cmp(&r.1)));
        reached.dedup_by_key(|(slot, _)| *slot);
        // The border crossed may be the outer one, with nothing beyond it.
        if reached.iter().all(|(_, distance_m)| *distance_m == 0.0) && reached.len() <= 1 {
            return Vec::new();
        }
        reached.sort_by(|l, r| l.1.total_cmp(&r.1));
        reached.truncate(CANDIDATES_MAX);
        let name = |(slot, distance_m): (Slot, f64)| Candidate {
            area: &self.areas[slot as usize],
            distance_m,
        };
        reached.into_iter().map(name).collect()
    }
}

/// A few slots without the heap; the heap only where very many areas overlap.
#[derive(Default)]
struct Slots {
    few: [Slot; 16],
    count: usize,
    many: Vec<Slot>,
}

impl Slots {
    fn push(&mut self, slot: Slot) {
        if self.count < self.few.len() {
            self.few[self.count] = slot;
        } else {
            if self.many.is_empty() {
                self.many.extend_from_slice(&self.few);
            }
            self.many.push(slot);
        }
        self.count += 1;
    }

    fn sorted(&mut self) -> &[Slot] {
        let slots = if self.many.is_empty() {
            &mut self.few[..self.count]
        } else {
            self.many.as_mut_slice()
        };
        slots.sort_unstable();
        slots
    }
}
