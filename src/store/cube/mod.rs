//! All counters of a node in memory, so that the rates of any days and places are added up in
//! milliseconds, however many issues stand behind them.
//!
//! Invariant: a cube holds what the table of counters holds, no more and no less; what it answers
//! is compared with the table and with the plain sum over all counters by tests.
//!
//! Fresh counters are kept in a list, which every question reads through; when it has grown they
//! are packed: laid under their bins, and added up by path and by coarser cells ([`Plane`]).
//! Whoever asks for all categories and departments is answered from these sums, others from the
//! bins themselves.

mod admit;
pub mod file;
mod names;
mod packed;
mod plane;
mod sums;
#[cfg(test)]
mod tests;

use crate::domain::access::{AreaPath, Scope};
use crate::domain::cell::{descendant_interval, parent_cell};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::{Key, Measure, ROLLUP_RESOLUTION};
use crate::domain::time::Day;
use crate::store::query::{Group, GroupBy, OpenSum, RollupFilter, RollupSum};
use admit::{Admission, counting};
use h3o::Resolution;
use names::{BinNumbers, Names};
use packed::{CellKey, Entry, PLANE_RESOLUTIONS, Packed};
use plane::Plane;
use std::collections::HashMap;
use std::sync::Arc;
use sums::Sums;

/// Fresh counters that are read through beside the packed ones, and one more for each so many of
/// these.
const FRESH_MAX: usize = 50_000;
const FRESH_SHARE: usize = 48;

/// The counters.
#[derive(Clone, Default)]
pub struct Cube {
    names: Arc<Names>,
    packed: Arc<Packed>,
    fresh: Vec<Entry>,
}

/// Fresh counters packed together with the others, while new ones came in.
pub struct Repacked {
    /// What was packed before.
    before: Arc<Packed>,
    packed: Packed,
    fresh: usize,
}

impl Cube {
    /// Adds to a counter.
    pub fn add(&mut self, key: &Key, n: i64) {
        let known = (self.names.find_bin(&key.bin), self.names.measures.find(&key.measure));
        let (bin, measure) = match known {
            (Some(bin), Some(measure)) => (bin, measure),
            // While they are packed there is a second holder, who keeps what he has.
            _ => {
                let names = Arc::make_mut(&mut self.names);
                (names.bin(&key.bin), names.measures.number(&key.measure))
            }
        };
        // Sums of reports; none comes near the bounds of these numbers.
        let (measure, n) = (measure as u16, n as i32);
        self.fresh.push(Entry { bin, day: key.day.0, measure, n });
    }

    /// Whether so much has come in that it should be packed.
    pub fn is_loose(&self) -> bool {
        self.fresh.len() > FRESH_MAX + self.packed.len() / FRESH_SHARE
    }

    /// Packs what there is now; `None` when it cannot be.
    pub fn repack(&self) -> Option<Repacked> {
        let standing: Vec<bool> =
            self.names.measures.values().iter().map(|measure| measure.is_standing()).collect();
        let packed = self.packed.with(&self.names, &self.fresh, &standing)?;
        Some(Repacked { before: self.packed.clone(), packed, fresh: self.fresh.len() })
    }

    /// The same, packed.
    pub fn into_packed(mut self) -> Self {
        if let Some(packed) = self.repack() {
            self.take(packed);
        }
        self
    }

    /// Takes what [`Cube::repack`] made of this cube as it was before more came in. What was made
    /// of another one is left.
    pub fn take(&mut self, repacked: Repacked) {
        if !Arc::ptr_eq(&self.packed, &repacked.before) {
            return;
        }
        self.packed = Arc::new(repacked.packed);
        self.fresh.drain(..repacked.fresh);
        self.fresh.shrink_to(2 * FRESH_MAX);
    }

    fn paths(&self) -> Vec<AreaPath> {
        let paths = self.names.paths.values().iter();
        paths.map(|path| AreaPath::from_stored(path.clone())).collect()
    }

    /// Sums by group and measure, without what stands; none is zero.
    pub fn sum(&self, filter: &RollupFilter, group: GroupBy, scope: &Scope) -> Vec<RollupSum> {
        let wanted = |measure: &Measure| !measure.is_standing() && filter.wants(*measure);
        let mut sums = Sums::of(self.names.measures.values().iter().map(wanted));
        let admission = Admission::of(&self.names, &self.paths(), filter, scope);
        let days = self.packed.range(filter.from.map(|d| d.0), filter.to.map(|d| d.0));
        let added_up = (self.is_added_up(filter, scope)
            && self.sum_paths(&admission, group, days, &mut sums))
            || self.sum_cells((filter, scope), group, days, &mut sums);
        if !added_up {
            self.sum_bins(&admission, group, days, &mut sums);
        }
        for entry in self.fresh.iter().filter(|entry| filter.holds(Day(entry.day))) {
            let bin = &self.names.bins.values()[entry.bin as usize];
            if sums.wants(entry.measure) && admission.holds(bin) {
                let group = raw_group(group, bin, entry.day);
                sums.add(group, entry.measure, i64::from(entry.n));
            }
        }
        let names = &self.names;
        let measures = names.measures.values();
        // There may be many, so room is made for them once.
        let mut told = Vec::with_capacity(sums.len());
        for (raw, measure, n) in sums.each().filter(|(_, _, n)| *n != 0) {
            let (group, measure) = (group_of(names, group, raw), measures[usize::from(measure)]);
            told.extend(group.map(|group| RollupSum { group, measure, n }));
        }
        told
    }

    /// Whether the question is one of sums that do not tell categories and departments apart.
    fn is_added_up(&self, filter: &RollupFilter, scope: &Scope) -> bool {
        filter.category.is_none()
            && filter.department.is_none()
            && counting(scope).all(|clause| clause.department.is_none())
    }

    fn sum_paths(
        &self,
        admission: &Admission,
        group: GroupBy,
        days: (usize, usize),
        sums: &mut Sums,
    ) -> bool {
        let by = matches!(group, GroupBy::Nothing | GroupBy::Kind | GroupBy::Path | GroupBy::Day);
        if !by || !admission.is_everywhere() {
            return false;
        }
        let plane = &self.packed.paths;
        let held: Vec<bool> =
            plane.keys().iter().map(|key| admission.holds_path(key.path, key.kind)).collect();
        let raw = |key: u32, day: usize| {
            let key = plane.keys()[key as usize];
            match group {
                GroupBy::Path => u64::from(key.path),
                GroupBy::Kind => key.kind as u64,
                GroupBy::Day => raw_day(self.packed.days[day]),
                _ => 0,
            }
        };
        let wants = sums.wanted();
        if group == GroupBy::Day {
            plane.each(days, wants, |day, key, measure, n| {
                if held[key as usize] {
                    sums.add(raw(key, day), measure, i64::from(n));
                }
            });
        } else {
            plane.sum(days, wants, |key, measure, n| {
                if held[key as usize] {
                    sums.add(raw(key, 0), measure, i64::from(n));
                }
            });
        }
        true
    }

    fn sum_cells(
        &self,
        question: (&RollupFilter, &Scope),
        group: GroupBy,
        days: (usize, usize),
        sums: &mut Sums,
    ) -> bool {
        let Some((plane, held)) = self.plane_of(question, group, &self.packed.cells) else {
            return false;
        };
        let wants = sums.wanted();
        plane.sum(days, wants, |key, measure, n| {
            if held[key as usize] {
                sums.add(plane.keys()[key as usize].cell, measure, i64::from(n));
            }
        });
        true
    }

    /// Which of the planes of cells tells what a question is about, and which of its keys are asked
    /// for; `None` where none does.
    fn plane_of<'a>(
        &self,
        (filter, scope): (&RollupFilter, &Scope),
        group: GroupBy,
        planes: &'a [Plane<CellKey>],
    ) -> Option<(&'a Plane<CellKey>, Vec<bool>)> {
        let GroupBy::CellAt(resolution) = group else { return None };
        let at = PLANE_RESOLUTIONS.iter().position(|known| *known == resolution)?;
        let roots = counting(scope).filter_map(|clause| clause.area.as_ref()).chain(&filter.area);
        let mut roots = roots.map(|root| root.codes().count());
        if !self.is_added_up(filter, scope)
            || roots.any(|codes| codes > self.packed.depth)
            || !are_whole(filter, resolution)
        {
            return None;
        }
        // The cells of counters are finer; a coarser one is held with its first descendant.
        let first = |cell: u64| descendant_interval(cell, ROLLUP_RESOLUTION).map(|found| found.0);
        let admission = Admission::of(&self.names, &self.packed.areas, filter, scope);
        let plane = &planes[at];
        let held = plane.keys().iter().map(|key| {
            admission.holds_path(key.area, key.kind)
                && (admission.is_everywhere()
                    || first(key.cell).is_some_and(|cell| admission.holds_cell(cell)))
        });
        Some((plane, held.collect()))
    }

    fn sum_bins(
        &self,
        admission: &Admission,
        group: GroupBy,
        days: (usize, usize),
        sums: &mut Sums,
    ) {
        for (number, bin) in self.names.bins.values().iter().enumerate() {
            if !admission.holds(bin) {
                continue;
            }
            let raw = raw_group(group, bin, 0);
            for item in self.packed.items_within(number, days) {
                let raw = match group {
                    GroupBy::Day => raw_day(self.packed.days[usize::from(item.day)]),
                    _ => raw,
                };
                sums.add(raw, item.measure, i64::from(item.n));
            }
        }
    }

    /// What counters of a standing measure say, by group and day, in the order of groups; none is
    /// zero.
    pub fn sum_standing(
        &self,
        measure: Measure,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
    ) -> Vec<OpenSum> {
        let Some(measure) = self.names.measures.find(&measure) else { return Vec::new() };
        let planes = &self.packed.standing_cells;
        let (mut sums, rest) = match self.plane_of((filter, scope), group, planes) {
            Some(found) => (self.stand_by_cells(found, measure, filter), &[][..]),
            None => (Vec::new(), &self.packed.standing[..]),
        };
        let mut others = Vec::new();
        let standing = rest.iter().chain(&self.fresh);
        self.each_standing(standing, measure, (filter, scope), |bin, entry| {
            others.push((raw_group(group, bin, entry.day), (Day(entry.day), i64::from(entry.n))));
        });
        others.sort_unstable_by_key(|(raw, (day, _))| (*raw, *day));
        join_days(&mut sums, &others);
        let told = sums.into_iter().filter(|(_, days)| !days.is_empty());
        told.filter_map(|(raw, days)| {
            Some(OpenSum { group: group_of(&self.names, group, raw)?, days })
        })
        .collect()
    }

    /// The same by group alone; `None` where it is not added up by such groups.
    pub fn count_standing(
        &self,
        measure: Measure,
        filter: &RollupFilter,
        group: GroupBy,
        scope: &Scope,
    ) -> Option<Vec<(Group, i64)>> {
        let planes = &self.packed.standing_cells;
        let (plane, held) = self.plane_of((filter, scope), group, planes)?;
        let Some(measure) = self.names.measures.find(&measure) else { return Some(Vec::new()) };
        let mut counts = HashMap::<u64, i64>::new();
        let days = &self.packed.standing_days;
        let place = |day: Day| days.partition_point(|known| *known < day.0);
        let from = filter.from.map_or(0, place);
        let to = filter.to.map_or(days.len(), |to| place(Day(to.0.saturating_add(1))));
        let is_asked = |known: u16| u32::from(known) == measure;
        plane.sum((from, to.max(from)), is_asked, |key, _, n| {
            if held[key as usize] {
                *counts.entry(plane.keys()[key as usize].cell).or_insert(0) += i64::from(n);
            }
        });
        self.each_standing(self.fresh.iter(), measure, (filter, scope), |bin, entry| {
            *counts.entry(raw_group(group, bin, entry.day)).or_insert(0) += i64::from(entry.n);
        });
        let told = counts.into_iter().filter(|(_, n)| *n != 0);
        Some(told.filter_map(|(raw, n)| Some((group_of(&self.names, group, raw)?, n))).collect())
    }

    /// Calls `take` with those of the counters that a question about a standing measure is about.
    fn each_standing<'a>(
        &self,
        counters: impl Iterator<Item = &'a Entry>,
        measure: u32,
        (filter, scope): (&RollupFilter, &Scope),
        mut take: impl FnMut(&BinNumbers, &Entry),
    ) {
        let admission = Admission::of(&self.names, &self.paths(), filter, scope);
        let bins = self.names.bins.values();
        for entry in counters {
            let bin = &bins[entry.bin as usize];
            let asked = u32::from(entry.measure) == measure && filter.holds(Day(entry.day));
            if asked && admission.holds(bin) {
                take(bin, entry);
            }
        }
    }

    /// What stands at rest, by cell and day, in their order.
    fn stand_by_cells(
        &self,
        (plane, held): (&Plane<CellKey>, Vec<bool>),
        measure: u32,
        filter: &RollupFilter,
    ) -> Vec<(u64, Days)> {
        let keys = plane.keys();
        let mut cells: Vec<u64> = keys.iter().map(|key| key.cell).collect();
        cells.sort_unstable();
        cells.dedup();
        let place = |key: &CellKey| cells.partition_point(|cell| *cell < key.cell);
        let places: Vec<usize> = keys.iter().map(place).collect();
        let days = &self.packed.standing_days;
        let is_asked = |known: u16| u32::from(known) == measure;
        let each = |take: &mut dyn FnMut(usize, i32, i32)| {
            plane.each((0, days.len()), is_asked, |day, key, _, n| {
                if held[key as usize] && filter.holds(Day(days[day])) {
                    take(places[key as usize], days[day], n);
                }
            });
        };
        // They come by days: once to see where those of each cell begin, once to put them there.
        let mut starts = vec![0; cells.len() + 1];
        each(&mut |place, _, _| starts[place + 1] += 1);
        for place in 0..cells.len() {
            starts[place + 1] += starts[place];
        }
        let mut counts = vec![(0, 0); starts[cells.len()]];
        each(&mut |place, day, n| {
            counts[starts[place]] = (day, n);
            starts[place] += 1;
        });
        let mut rest = &counts[..];
        let days = (0..cells.len()).map(|place| {
            // Each beginning has moved to its end.
            let from = place.checked_sub(1).map_or(0, |before| starts[before]);
            let (own, others) = rest.split_at(starts[place] - from);
            rest = others;
            let own = own
                .chunk_by(|one, next| one.0 == next.0)
                .map(|same| (Day(same[0].0), same.iter().map(|one| i64::from(one.1)).sum::<i64>()));
            own.filter(|(_, n)| *n != 0).collect()
        });
        cells.iter().copied().zip(days).collect()
    }
}

/// Days in their order, and how many are of each.
type Days = Vec<(Day, i64)>;

/// Adds counters, in the order of groups and days, to what is known by group, in the same order.
fn join_days(sums: &mut Vec<(u64, Days)>, others: &[(u64, (Day, i64))]) {
    let known = sums.len();
    for same in others.chunk_by(|one, next| one.0 == next.0) {
        let raw = same[0].0;
        let at = match sums[..known].binary_search_by_key(&raw, |(raw, _)| *raw) {
            Ok(at) => at,
            Err(_) => {
                sums.push((raw, Vec::new()));
                sums.len() - 1
            }
        };
        let days = &mut sums[at].1;
        days.extend(same.iter().map(|one| one.1));
        days.sort_by_key(|(day, _)| *day);
        days.dedup_by(|next, before| {
            let is_same = next.0 == before.0;
            before.1 += if is_same { next.1 } else { 0 };
            is_same
        });
        days.retain(|(_, n)| *n != 0);
    }
    sums.sort_by_key(|(raw, _)| *raw);
}

/// Whether each interval of cells that is asked for is made of whole cells at a resolution.
fn are_whole(filter: &RollupFilter, resolution: Resolution) -> bool {
    let whole = |cell: u64| descendant_interval(parent_cell(cell, resolution), ROLLUP_RESOLUTION);
    filter.bounds_cells.iter().flatten().all(|(low, high)| {
        whole(*low).is_some_and(|(first, _)| first == *low)
            && whole(*high).is_some_and(|(_, last)| last == *high)
    })
}

fn raw_day(day: i32) -> u64 {
    u64::from(day.cast_unsigned())
}

/// The number of the group that a bin belongs to; a day where it is asked for.
fn raw_group(group: GroupBy, bin: &BinNumbers, day: i32) -> u64 {
    match group {
        GroupBy::Nothing => 0,
        GroupBy::Path => u64::from(bin.path),
        GroupBy::Cell => bin.cell,
        GroupBy::CellAt(resolution) => parent_cell(bin.cell, resolution),
        GroupBy::Day => raw_day(day),
        GroupBy::Kind => bin.kind as u64,
        GroupBy::Department => u64::from(bin.department),
        GroupBy::PathCategory => u64::from(bin.path) << 32 | u64::from(bin.category),
    }
}

fn group_of(names: &Names, group: GroupBy, raw: u64) -> Option<Group> {
    let path = |number: u64| names.paths.values().get(number as usize).cloned();
    Some(match group {
        GroupBy::Nothing => Group::Nothing,
        GroupBy::Path => Group::Path(path(raw)?),
        GroupBy::Cell | GroupBy::CellAt(_) => Group::Cell(raw),
        GroupBy::Day => Group::Day(Day((raw as u32).cast_signed())),
        GroupBy::Kind => Group::Kind(*Kind::ALL.get(raw as usize)?),
        GroupBy::Department => Group::Department(
            raw.checked_sub(1).and_then(|at| names.departments.values().get(at as usize)).cloned(),
        ),
        GroupBy::PathCategory => Group::PathCategory(
            path(raw >> 32)?,
            names.categories.values().get((raw & 0xffff_ffff) as usize)?.clone(),
        ),
    })
}
