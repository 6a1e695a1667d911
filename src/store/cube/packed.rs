//! Counters at rest: each under its bin, and added up by path and by coarser cells.

use super::names::{Interner, Names};
use super::plane::{Count, Layers, Narrow, Plane, fit, number_keys};
use crate::domain::access::AreaPath;
use crate::domain::cell::parent_cell;
use crate::domain::issue::kind::Kind;
use h3o::Resolution;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The cells by which counters are added up.
pub const PLANE_RESOLUTIONS: [Resolution; 5] =
    [Resolution::Five, Resolution::Six, Resolution::Seven, Resolution::Eight, Resolution::Nine];
/// The finest of them, from which the others are made.
const FINEST: Resolution = PLANE_RESOLUTIONS[PLANE_RESOLUTIONS.len() - 1];
/// Added up by cell, counters are kept apart by the areas of the deepest level that has at most so
/// many.
const PLANE_AREAS_MAX: usize = 64;
/// The most counters that are put in order at once, unless one measure has more.
const ORDERED_MAX: usize = 1 << 21;
/// The most different days; a day's number has two bytes.
const DAYS_MAX: usize = 65_535;

/// One counter of a day, as it came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub bin: u32,
    pub day: i32,
    pub measure: u16,
    pub n: i32,
}

/// One counter under its bin.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// The place of the day among the days that there are.
    pub day: u16,
    pub measure: u16,
    pub n: i32,
}

/// Counters under their bins, mostly of four bytes each: there are few different pairs of a measure
/// and a number, and these are numbered.
#[derive(Clone, Debug, Default)]
pub struct Items {
    days: Vec<u16>,
    pairs: Narrow<u16, u32>,
    known: Interner<(u16, i32)>,
    /// For each measure the number of the pair that was met last.
    latest: Vec<u32>,
}

impl Items {
    pub fn len(&self) -> usize {
        self.days.len()
    }

    pub fn push(&mut self, item: Item) {
        let (measure, pair) = (usize::from(item.measure), (item.measure, item.n));
        if measure >= self.latest.len() {
            self.latest.resize(measure + 1, u32::MAX);
        }
        let latest = &mut self.latest[measure];
        if self.known.values().get(*latest as usize) != Some(&pair) {
            *latest = self.known.number(&pair);
        }
        self.days.push(item.day);
        self.pairs.push(*latest);
    }

    fn fit(&mut self) {
        fit(&mut self.days);
        self.pairs.fit();
    }

    /// What each different pair of a measure and a number is, by `f`.
    fn of_pairs<T>(&self, f: impl FnMut(&(u16, i32)) -> T) -> Vec<T> {
        self.known.values().iter().map(f).collect()
    }

    fn get(&self, at: usize) -> Item {
        let (measure, n) = self.known.values()[self.pairs.get(at) as usize];
        Item { day: self.days[at], measure, n }
    }
}

/// What counters are added up by in a plane of cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellKey {
    /// The place of the area in [`Packed::areas`].
    pub area: u32,
    pub kind: Kind,
    pub cell: u64,
}

/// What counters are added up by in the plane of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PathKey {
    pub path: u32,
    pub kind: Kind,
}

/// Counters at rest.
#[derive(Debug)]
pub struct Packed {
    /// The days that there are, in order.
    pub days: Vec<i32>,
    /// Where each bin's items begin, and the end.
    starts: Vec<u32>,
    items: Items,
    /// Counters of what stands at an instant; these are few, and asked for day by day.
    pub standing: Vec<Entry>,
    /// Their days, in order, and what they are by cell.
    pub standing_days: Vec<i32>,
    pub standing_cells: Vec<Plane<CellKey>>,
    /// The areas by which the planes of cells are kept apart.
    pub areas: Vec<AreaPath>,
    /// How many codes their paths have at most.
    pub depth: usize,
    pub cells: Vec<Plane<CellKey>>,
    pub paths: Plane<PathKey>,
}

impl Default for Packed {
    fn default() -> Self {
        Self {
            days: Vec::new(),
            starts: vec![0],
            items: Items::default(),
            standing: Vec::new(),
            standing_days: Vec::new(),
            standing_cells: Ladder::of(Vec::new()).planes([]),
            areas: Vec::new(),
            depth: 0,
            cells: Ladder::of(Vec::new()).planes([]),
            paths: Plane::new(Vec::new(), Layers::default()),
        }
    }
}

impl Packed {
    /// How many counters there are.
    pub fn len(&self) -> usize {
        self.items.len() + self.standing.len()
    }

    fn place_of(&self, bin: usize) -> Range<usize> {
        match self.starts.get(bin + 1) {
            Some(end) => self.starts[bin] as usize..*end as usize,
            // A bin that is younger than this.
            None => 0..0,
        }
    }

    /// The items of a bin, in the order of days.
    pub fn items_of(&self, bin: usize) -> impl ExactSizeIterator<Item = Item> {
        self.place_of(bin).map(|at| self.items.get(at))
    }

    /// Those of the days `from..to`, by their places.
    pub fn items_within(
        &self,
        bin: usize,
        (from, to): (usize, usize),
    ) -> impl Iterator<Item = Item> {
        let place = self.place_of(bin);
        let days = &self.items.days[place.clone()];
        let before = |day: usize| days.partition_point(|known| usize::from(*known) < day);
        (place.start + before(from)..place.start + before(to)).map(|at| self.items.get(at))
    }

    /// The places of the first of the days, and of the one after the last; days are inclusive.
    pub fn range(&self, from: Option<i32>, to: Option<i32>) -> (usize, usize) {
        let place = |day: i32| self.days.partition_point(|known| *known < day);
        let from = from.map_or(0, place);
        (from, to.map_or(self.days.len(), |to| place(to.saturating_add(1))).max(from))
    }

    /// All counters, for another packing.
    fn entries(&self) -> impl Iterator<Item = Entry> {
        let fine = (0..self.starts.len() - 1).flat_map(move |bin| {
            self.items_of(bin).map(move |item| Entry {
                bin: bin as u32,
                day: self.days[usize::from(item.day)],
                measure: item.measure,
                n: item.n,
            })
        });
        fine.chain(self.standing.iter().copied())
    }

    /// These counters and others together; `None` when they are of more days than can be told
    /// apart. `is_standing` says it of each measure's number.
    pub fn with(&self, names: &Names, fresh: &[Entry], is_standing: &[bool]) -> Option<Self> {
        let mut all: Vec<Entry> = Vec::with_capacity(self.len() + fresh.len());
        all.extend(self.entries());
        all.extend_from_slice(fresh);
        all.sort_unstable_by_key(|entry| (entry.bin, entry.day, entry.measure));
        all.dedup_by(|next, first| {
            let same = (next.bin, next.day, next.measure) == (first.bin, first.day, first.measure);
            if same {
                first.n += next.n;
            }
            same
        });
        all.retain(|entry| entry.n != 0);
        let stands = |entry: &Entry| is_standing[usize::from(entry.measure)];
        let standing: Vec<Entry> = all.iter().filter(|entry| stands(entry)).copied().collect();
        all.retain(|entry| !stands(entry));
        let days = days_of(&all);
        if days.len() > DAYS_MAX || days_of(&standing).len() > DAYS_MAX {
            return None;
        }
        let place = |day: i32| days.partition_point(|known| *known < day) as u16;
        let mut starts = Vec::with_capacity(names.bins.values().len() + 1);
        let mut items = Items::default();
        for entry in &all {
            while starts.len() <= entry.bin as usize {
                starts.push(items.len() as u32);
            }
            items.push(Item { day: place(entry.day), measure: entry.measure, n: entry.n });
        }
        while starts.len() <= names.bins.values().len() {
            starts.push(items.len() as u32);
        }
        drop(all);
        Some(Self::of(names, days, (starts, items), standing))
    }

    /// Counters that are in order: `starts` says where each bin's items begin, and the end.
    pub fn of(
        names: &Names,
        days: Vec<i32>,
        (starts, mut items): (Vec<u32>, Items),
        standing: Vec<Entry>,
    ) -> Self {
        items.fit();
        let mut packed = Self { days, starts, items, standing, ..Self::default() };
        packed.add_up(names);
        packed
    }

    fn add_up(&mut self, names: &Names) {
        let bins = names.bins.values();
        let paths = bins.iter().map(|bin| PathKey { path: bin.path, kind: bin.kind });
        let (path_keys, path_of) = number_keys(paths);
        let (areas, depth, area_of) = areas_of(names);
        let (cell_keys, cell_of) = number_keys(bins.iter().map(|bin| CellKey {
            area: area_of[bin.path as usize],
            kind: bin.kind,
            cell: parent_cell(bin.cell, FINEST),
        }));
        (self.areas, self.depth) = (areas, depth);
        let ladder = Ladder::of(cell_keys);
        self.standing_days = days_of(&self.standing);
        let place = |day: i32| self.standing_days.partition_point(|known| *known < day) as u16;
        let mut standing: Vec<Count> = self
            .standing
            .iter()
            .map(|entry| Count {
                key: cell_of[entry.bin as usize],
                day: place(entry.day),
                measure: entry.measure,
                n: entry.n,
            })
            .collect();
        standing.sort_by_key(|count| (count.measure, count.day));
        self.standing_cells = ladder.planes([ladder.climb(standing.into_iter())]);
        let (paths, cells) = in_parallel(&self.ranges(), |measures| {
            let counts = self.by_measure_and_day(measures.clone());
            let of_path = |count: &Count| Count { key: path_of[count.key as usize], ..*count };
            let of_cell = |count: &Count| Count { key: cell_of[count.key as usize], ..*count };
            let paths = Layers::of(path_keys.len(), counts.iter().map(of_path));
            (paths, ladder.climb(counts.iter().map(of_cell)))
        })
        .into_iter()
        .unzip::<_, _, Vec<_>, Vec<_>>();
        self.cells = ladder.planes(cells);
        let mut all = Layers::default();
        paths.into_iter().for_each(|some| all.append(some));
        self.paths = Plane::new(path_keys, all);
    }

    /// Ranges of measures with so few counters that they take little memory put in order.
    fn ranges(&self) -> Vec<Range<usize>> {
        let measure_of = self.items.of_pairs(|(measure, _)| usize::from(*measure));
        let mut sizes = vec![0_usize; measure_of.iter().max().map_or(0, |last| last + 1)];
        self.items.pairs.each(|_, pair| sizes[measure_of[pair as usize]] += 1);
        let (mut ranges, mut from) = (Vec::new(), 0);
        while from < sizes.len() {
            let (mut to, mut size) = (from + 1, sizes[from]);
            while to < sizes.len() && size + sizes[to] <= ORDERED_MAX {
                size += sizes[to];
                to += 1;
            }
            ranges.push(from..to);
            from = to;
        }
        ranges
    }

    /// All items of some measures by measure and, of each, by day; their bins in place of keys.
    fn by_measure_and_day(&self, measures: Range<usize>) -> Vec<Count> {
        const UNWANTED: usize = usize::MAX;
        let days = self.days.len();
        // Where a pair's items of the first day belong: looked up for each item that there is.
        let ranks = self.items.of_pairs(|(measure, _)| match usize::from(*measure) {
            measure if measures.contains(&measure) => (measure - measures.start) * days,
            _ => UNWANTED,
        });
        let mut next = vec![0_u32; measures.len() * days + 1];
        self.items.pairs.each(|at, pair| {
            let rank = ranks[pair as usize];
            if rank != UNWANTED {
                next[rank + usize::from(self.items.days[at]) + 1] += 1;
            }
        });
        for rank in 1..next.len() {
            next[rank] += next[rank - 1];
        }
        let size = next.last().map_or(0, |size| *size as usize);
        let mut ordered = vec![Count::default(); size];
        let mut bin = 0;
        self.items.pairs.each(|at, pair| {
            let rank = ranks[pair as usize];
            if rank == UNWANTED {
                return;
            }
            while at >= self.starts[bin + 1] as usize {
                bin += 1;
            }
            let Item { day, measure, n } = self.items.get(at);
            let place = &mut next[rank + usize::from(day)];
            ordered[*place as usize] = Count { key: bin as u32, day, measure, n };
            *place += 1;
        });
        ordered
    }
}

/// The days that there are, in order.
fn days_of(entries: &[Entry]) -> Vec<i32> {
    let days: HashSet<i32> = entries.iter().map(|entry| entry.day).collect();
    let mut days: Vec<i32> = days.into_iter().collect();
    days.sort_unstable();
    days
}

/// Cells of [`PLANE_RESOLUTIONS`] from the finest to the coarsest: the keys of each, and the number
/// that each key of the next finer one has among them.
struct Ladder(Vec<(Vec<CellKey>, Vec<u32>)>);

impl Ladder {
    fn of(finest: Vec<CellKey>) -> Self {
        let mut steps = vec![(finest, Vec::new())];
        for resolution in PLANE_RESOLUTIONS.into_iter().rev().skip(1) {
            let finer = &steps[steps.len() - 1].0;
            let coarser =
                |key: &CellKey| CellKey { cell: parent_cell(key.cell, resolution), ..*key };
            steps.push(number_keys(finer.iter().map(coarser)));
        }
        Self(steps)
    }

    /// What counters by the finest cells make at each step, each made from the one before it, which
    /// has fewer counters than there are.
    fn climb(&self, counts: impl Iterator<Item = Count>) -> Vec<Layers> {
        let mut steps = vec![Layers::of(self.0[0].0.len(), counts)];
        for (keys, numbers) in &self.0[1..] {
            let finer = steps[steps.len() - 1].counts();
            let counts = finer.map(|c| Count { key: numbers[c.key as usize], ..c });
            steps.push(Layers::of(keys.len(), counts));
        }
        steps
    }

    /// The planes of all measures, the coarsest first: `parts` are in the order of measures.
    fn planes(&self, parts: impl IntoIterator<Item = Vec<Layers>>) -> Vec<Plane<CellKey>> {
        let mut all = vec![Layers::default(); self.0.len()];
        for part in parts {
            all.iter_mut().zip(part).for_each(|(step, layers)| step.append(layers));
        }
        let planes = self.0.iter().zip(all);
        planes.rev().map(|((keys, _), layers)| Plane::new(keys.clone(), layers)).collect()
    }
}

/// Does `work` on each of a list with all processors, and gives what came out in its order.
fn in_parallel<T: Sync, R: Send>(list: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let take = || {
        let places = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)));
        places.map_while(|at| list.get(at).map(|one| (at, work(one)))).collect::<Vec<_>>()
    };
    let others = std::thread::available_parallelism().map_or(1, usize::from).min(list.len());
    let mut done = std::thread::scope(|scope| {
        let started: Vec<_> = (1..others).map(|_| scope.spawn(take)).collect();
        let mut done = take();
        for thread in started {
            done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The first codes of a path, as a path.
fn head(path: &str, codes: usize) -> &str {
    let Some(last) = codes.checked_sub(1) else { return "" };
    path.match_indices('/').nth(last).map_or(path, |(at, _)| &path[..=at])
}

/// The areas by which cells are kept apart, how deep they lie, and which of them each path is in.
fn areas_of(names: &Names) -> (Vec<AreaPath>, usize, Vec<u32>) {
    let paths = names.paths.values();
    let heads = |depth: usize| {
        let all: BTreeSet<&str> = paths.iter().map(|path| head(path, depth)).collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let codes = |path: &String| path.matches('/').count();
    let deepest = paths.iter().map(codes).max().unwrap_or(0);
    let depth = (0..=deepest).rfind(|depth| heads(*depth).len() <= PLANE_AREAS_MAX).unwrap_or(0);
    let areas = heads(depth);
    let place = |path: &String| areas.partition_point(|area| *area < head(path, depth)) as u32;
    let area_of = paths.iter().map(place).collect();
    let areas = areas.into_iter().map(|area| AreaPath::from_stored(area.to_owned())).collect();
    (areas, depth, area_of)
}
