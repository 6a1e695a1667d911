//! The territory as it is in force: an immutable snapshot that answers every question about areas,
//! branches and posts. A server shares one and swaps it when a new version is published.
//!
//! Trees of different schemes may stand side by side, such as council districts and neighbourhood
//! councils that overlap: each area without a parent begins a tree. A place has one *chain*, that
//! of its innermost area; areas of other trees at that place are told beside it.

use std::cmp::Reverse;
use std::collections::HashMap;

use geo::{Coord, InteriorPoint};
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::area::Area;
use super::index::{AreaIndex, Slot};
use super::people::{Branch, Post, Worker};
use super::position::Position;
use crate::domain::id::{AreaCode, BranchCode, WorkerId};
use crate::domain::time::Day;

/// Which territory: its number, and the day whose areas and posts it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    pub number: i64,
    /// Areas and posts that are not in force on this day are known by code, but not located.
    pub as_of: Day,
}

/// What was wrong with the parts of a territory. The rest of it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("area {0} is there more than once; the first was kept")]
    DuplicateArea(AreaCode),
    #[error("area {code} has the parent {parent}, which is not there; it was taken as outermost")]
    Orphan { code: AreaCode, parent: AreaCode },
    #[error("area {0} is among its own ancestors; it was taken as outermost")]
    Cycle(AreaCode),
    #[error("branch {0} is there more than once; the first was kept")]
    DuplicateBranch(BranchCode),
    #[error("branch {branch} serves area {area}, which is not there")]
    BranchArea { branch: BranchCode, area: AreaCode },
    #[error("the post of worker {worker} is in area {area}, which is not there")]
    PostArea { worker: WorkerId, area: AreaCode },
    #[error("there is a post of worker {0}, who is not there")]
    PostWorker(WorkerId),
}

/// A point on the unit sphere with what is there. Straight distance in space orders points as the
/// way over the ground does, so nearest neighbours are right at any latitude.
pub(super) type Spot = GeomWithData<[f64; 3], u32>;

/// The snapshot. Slots number areas so that the one to choose at a place comes first.
#[derive(Debug)]
pub struct Territory {
    version: Version,
    pub(super) areas: Vec<Area>,
    by_code: HashMap<AreaCode, Slot>,
    /// Slots in order of code.
    ordered: Vec<Slot>,
    children: Vec<Vec<Slot>>,
    /// For each area, its ancestors from the outermost and then itself.
    pub(super) chains: Vec<Box<[Slot]>>,
    paths: Vec<Box<str>>,
    pub(super) index: AreaIndex,
    /// For each set of the index, the areas that are not in the chain of its first.
    pub(super) beside: Vec<Box<[Slot]>>,
    pub(super) branches: Vec<Branch>,
    pub(super) workers: HashMap<WorkerId, Worker>,
    pub(super) posts: Vec<Post>,
    pub(super) branch_spots: RTree<Spot>,
    pub(super) post_spots: RTree<Spot>,
}

impl Territory {
    /// Builds a snapshot from everything known, and tells what did not fit.
    pub fn build(
        version: Version,
        areas: Vec<Area>,
        branches: Vec<Branch>,
        workers: Vec<Worker>,
        posts: Vec<Post>,
    ) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let tree = Tree::grow(areas, &mut problems);
        let in_force = |area: &&Area| area.validity.holds_on(version.as_of);
        let nothing = geo::MultiPolygon(Vec::new());
        let located = tree.areas.iter().map(|a| if in_force(&a) { &a.polygon } else { &nothing });
        let index = AreaIndex::build(located);
        let beside = index.sets().map(|set| beside_chain(set, &tree.chains)).collect();

        let branches = keep_branches(branches, &tree.by_code, &mut problems);
        let workers: HashMap<WorkerId, Worker> = workers.into_iter().map(|w| (w.id, w)).collect();
        let posts = keep_posts(posts, &tree.by_code, &workers, &mut problems);
        let branch_spots = spots(branches.iter().map(|b| b.position));
        let stations = posts.iter().map(|post| {
            let station = || middle(&tree.areas[*tree.by_code.get(&post.area)? as usize]);
            post.station.or_else(station).filter(|_| post.validity.holds_on(version.as_of))
        });
        let post_spots = spots(stations);
        let Tree { areas, by_code, ordered, children, chains, paths } = tree;
        let territory = Self {
            version,
            areas,
            by_code,
            ordered,
            children,
            chains,
            paths,
            index,
            beside,
            branches,
            workers,
            posts,
            branch_spots,
            post_spots,
        };
        (territory, problems)
    }

    pub fn version(&self) -> Version {
        self.version
    }

    pub fn len(&self) -> usize {
        self.areas.len()
    }

    pub fn is_empty(&self) -> bool {
        self.areas.is_empty()
    }

    /// All areas in order of code.
    pub fn areas(&self) -> impl Iterator<Item = &Area> {
        self.ordered.iter().map(|slot| &self.areas[*slot as usize])
    }

    pub fn area(&self, code: &AreaCode) -> Option<&Area> {
        self.slot(code).map(|slot| &self.areas[slot as usize])
    }

    /// The areas whose parent this is, in order of code.
    pub fn children(&self, code: &AreaCode) -> impl Iterator<Item = &Area> {
        let slots = self.slot(code).map_or(&[][..], |slot| &self.children[slot as usize]);
        slots.iter().map(|slot| &self.areas[*slot as usize])
    }

    /// The area's ancestors from the outermost, and then the area itself.
    pub fn chain(&self, code: &AreaCode) -> impl Iterator<Item = &Area> {
        let slots = self.slot(code).map_or(&[][..], |slot| &self.chains[slot as usize]);
        slots.iter().map(|slot| &self.areas[*slot as usize])
    }

    /// The codes from the outermost area to this one, joined by `/`. A path begins with another
    /// one and a `/` exactly when its area is below the other's, which is what scopes ask.
    pub fn path(&self, code: &AreaCode) -> Option<&str> {
        self.slot(code).map(|slot| &*self.paths[slot as usize])
    }

    /// Whether `inner` is `outer` or below it.
    pub fn is_within(&self, inner: &AreaCode, outer: &AreaCode) -> bool {
        self.chain(inner).any(|area| area.code == *outer)
    }

    /// The area and all areas below it, each before those below it.
    pub fn subtree(&self, code: &AreaCode) -> Vec<&Area> {
        let mut found = Vec::new();
        let mut pending: Vec<Slot> = self.slot(code).into_iter().collect();
        while let Some(slot) = pending.pop() {
            found.push(&self.areas[slot as usize]);
            pending.extend(self.children[slot as usize].iter().rev());
        }
        found
    }

    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    pub fn posts(&self) -> &[Post] {
        &self.posts
    }

    pub fn worker(&self, id: WorkerId) -> Option<&Worker> {
        self.workers.get(&id)
    }

    pub(super) fn is_leaf(&self, slot: Slot) -> bool {
        self.children[slot as usize].is_empty()
    }

    fn slot(&self, code: &AreaCode) -> Option<Slot> {
        self.by_code.get(code).copied()
    }
}

/// The areas of a set that are not in the chain of its first one.
pub(super) fn beside_chain(set: &[Slot], chains: &[Box<[Slot]>]) -> Box<[Slot]> {
    let Some((first, others)) = set.split_first() else { return Box::default() };
    let chain = &chains[*first as usize];
    others.iter().copied().filter(|slot| !chain.contains(slot)).collect()
}

/// Areas in their slots with what follows from codes and parents alone.
struct Tree {
    areas: Vec<Area>,
    by_code: HashMap<AreaCode, Slot>,
    ordered: Vec<Slot>,
    children: Vec<Vec<Slot>>,
    chains: Vec<Box<[Slot]>>,
    paths: Vec<Box<str>>,
}

impl Tree {
    fn grow(areas: Vec<Area>, problems: &mut Vec<Problem>) -> Self {
        let mut known: HashMap<AreaCode, usize> = HashMap::with_capacity(areas.len());
        let mut kept: Vec<Area> = Vec::with_capacity(areas.len());
        for area in areas {
            if known.contains_key(&area.code) {
                problems.push(Problem::DuplicateArea(area.code));
            } else {
                known.insert(area.code.clone(), kept.len());
                kept.push(area);
            }
        }
        let parents = find_parents(&kept, &known, problems);
        let depth = |mut at: usize| {
            let mut depth = 0;
            while let Some(parent) = parents[at] {
                at = parent;
                depth += 1;
            }
            depth
        };
        // The innermost level first, then the deepest in its tree, then the lowest code.
        let mut ranking: Vec<(_, usize)> = kept
            .iter()
            .enumerate()
            .map(|(at, area)| ((Reverse(area.level), Reverse(depth(at)), area.code.clone()), at))
            .collect();
        ranking.sort_unstable();
        let mut slot_of = vec![0; kept.len()];
        for (slot, (_, at)) in ranking.iter().enumerate() {
            slot_of[*at] = slot as Slot;
        }
        let mut areas: Vec<(Slot, Area)> = slot_of.iter().copied().zip(kept).collect();
        areas.sort_unstable_by_key(|(slot, _)| *slot);
        let mut parent_of = vec![None; areas.len()];
        for (at, parent) in parents.iter().enumerate() {
            parent_of[slot_of[at] as usize] = parent.map(|parent| slot_of[parent]);
        }
        Self::link(areas.into_iter().map(|(_, area)| area).collect(), &parent_of)
    }

    fn link(areas: Vec<Area>, parents: &[Option<Slot>]) -> Self {
        let by_code: HashMap<AreaCode, Slot> =
            areas.iter().enumerate().map(|(slot, a)| (a.code.clone(), slot as Slot)).collect();
        let mut ordered: Vec<Slot> = (0..areas.len() as Slot).collect();
        ordered.sort_unstable_by_key(|slot| &areas[*slot as usize].code);
        let mut children = vec![Vec::new(); areas.len()];
        for &slot in &ordered {
            if let Some(parent) = parents[slot as usize] {
                children[parent as usize].push(slot);
            }
        }
        let chain_of = |slot: usize| {
            let up = std::iter::successors(Some(slot as Slot), |at| parents[*at as usize]);
            let mut chain: Vec<Slot> = up.collect();
            chain.reverse();
            chain.into_boxed_slice()
        };
        let chains: Vec<Box<[Slot]>> = (0..areas.len()).map(chain_of).collect();
        let path = |chain: &[Slot]| {
            let codes: Vec<&str> =
                chain.iter().map(|slot| areas[*slot as usize].code.as_str()).collect();
            codes.join("/").into_boxed_str()
        };
        let paths = chains.iter().map(|chain| path(chain)).collect();
        Self { areas, by_code, ordered, children, chains, paths }
    }
}

/// The parents' places; an orphan, and the area at which a circle closes, has none.
fn find_parents(
    areas: &[Area],
    known: &HashMap<AreaCode, usize>,
    problems: &mut Vec<Problem>,
) -> Vec<Option<usize>> {
    let mut parents = vec![None; areas.len()];
    for (at, area) in areas.iter().enumerate() {
        let Some(code) = &area.parent else { continue };
        let Some(&parent) = known.get(code) else {
            problems.push(Problem::Orphan { code: area.code.clone(), parent: code.clone() });
            continue;
        };
        // The links made so far have no circle, so this ends.
        let mut up = Some(parent);
        while let Some(ancestor) = up
            && ancestor != at
        {
            up = parents[ancestor];
        }
        if up.is_some() {
            problems.push(Problem::Cycle(area.code.clone()));
        } else {
            parents[at] = Some(parent);
        }
    }
    parents
}

fn keep_branches(
    branches: Vec<Branch>,
    areas: &HashMap<AreaCode, Slot>,
    problems: &mut Vec<Problem>,
) -> Vec<Branch> {
    let mut seen = std::collections::HashSet::new();
    let mut kept = Vec::with_capacity(branches.len());
    for branch in branches {
        if !seen.insert(branch.code.clone()) {
            problems.push(Problem::DuplicateBranch(branch.code));
            continue;
        }
        let unknown = branch.areas.iter().filter(|area| !areas.contains_key(area));
        problems.extend(
            unknown.map(|a| Problem::BranchArea { branch: branch.code.clone(), area: a.clone() }),
        );
        kept.push(branch);
    }
    kept
}

fn keep_posts(
    posts: Vec<Post>,
    areas: &HashMap<AreaCode, Slot>,
    workers: &HashMap<WorkerId, Worker>,
    problems: &mut Vec<Problem>,
) -> Vec<Post> {
    let mut kept = Vec::with_capacity(posts.len());
    for post in posts {
        if !workers.contains_key(&post.worker) {
            problems.push(Problem::PostWorker(post.worker));
        } else if !areas.contains_key(&post.area) {
            problems.push(Problem::PostArea { worker: post.worker, area: post.area });
        } else {
            kept.push(post);
        }
    }
    kept
}

fn spots(positions: impl Iterator<Item = Option<Position>>) -> RTree<Spot> {
    let numbered = positions.enumerate();
    let found = numbered.filter_map(|(i, p)| p.map(|p| Spot::new(on_sphere(p), i as u32)));
    RTree::bulk_load(found.collect())
}

pub(super) fn on_sphere(position: Position) -> [f64; 3] {
    let (lon, lat) = (position.lon().to_radians(), position.lat().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// A place inside an area.
fn middle(area: &Area) -> Option<Position> {
    let Coord { x, y } = area.polygon.interior_point()?.into();
    Position::new(x, y).ok()
}

#[cfg(test)]
mod tests;
