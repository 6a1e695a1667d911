//! Which bins a question is about: its filter and the scope of whoever asks, worked out once for
//! each path and looked up for each bin.

use super::names::{BinNumbers, Names};
use crate::domain::access::{AreaPath, Clause, Scope};
use crate::domain::issue::kind::Kind;
use crate::store::query::RollupFilter;

/// Whose counters a path and kind are, as the scope says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    None,
    All,
    /// Those of some departments: the place of their list.
    Of(u32),
}

/// A question's bins.
pub struct Admission {
    /// By path, and by kind.
    shares: Vec<[Share; Kind::ALL.len()]>,
    lists: Vec<Vec<u32>>,
    category: Option<Option<u32>>,
    department: Option<u32>,
    /// In order, apart from each other.
    cells: Option<Vec<(u64, u64)>>,
}

/// The parts of a scope by which counters are read ([`Scope::counts`]).
pub fn counting(scope: &Scope) -> impl Iterator<Item = &Clause> {
    scope.clauses.iter().filter(|clause| !clause.is_personal() && clause.nature.is_none())
}

/// A department's number in bins that no bin has.
const NOBODY: u32 = u32::MAX;

impl Admission {
    /// `paths` are those that the bins' path numbers stand for.
    pub fn of(names: &Names, paths: &[AreaPath], filter: &RollupFilter, scope: &Scope) -> Self {
        let number = |code| names.departments.find(code).map_or(NOBODY, |number| number + 1);
        let mut lists: Vec<Vec<u32>> = Vec::new();
        let share = |path: &AreaPath, kind: Kind, lists: &mut Vec<Vec<u32>>| {
            let asked = filter.kind.is_none_or(|wanted| wanted == kind)
                && filter.area.as_ref().is_none_or(|area| path.is_within(area));
            let clauses = counting(scope).filter(|clause| {
                asked
                    && clause.area.as_ref().is_none_or(|root| path.is_within(root))
                    && clause.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
            });
            let mut own = Vec::new();
            for clause in clauses {
                match &clause.department {
                    None => return Share::All,
                    Some(code) => own.push(number(code)),
                }
            }
            if own.is_empty() {
                return Share::None;
            }
            own.sort_unstable();
            own.dedup();
            let at = lists.iter().position(|list| *list == own).unwrap_or_else(|| {
                lists.push(own);
                lists.len() - 1
            });
            Share::Of(at as u32)
        };
        let shares =
            paths.iter().map(|path| Kind::ALL.map(|kind| share(path, kind, &mut lists))).collect();
        Self {
            shares,
            lists,
            category: filter.category.as_ref().map(|code| names.categories.find(code)),
            department: filter.department.as_ref().map(number),
            cells: filter.bounds_cells.as_ref().map(|cells| joined(cells)),
        }
    }

    /// Whether a cell at the resolution of counters is asked for.
    pub fn holds_cell(&self, cell: u64) -> bool {
        self.cells.as_ref().is_none_or(|cells| {
            let after = cells.partition_point(|(low, _)| *low <= cell);
            after.checked_sub(1).is_some_and(|at| cell <= cells[at].1)
        })
    }

    /// Whether no cells are asked for.
    pub fn is_everywhere(&self) -> bool {
        self.cells.is_none()
    }

    /// Whether all departments' counters of a path and kind are asked for, or none.
    pub fn holds_path(&self, path: u32, kind: Kind) -> bool {
        self.shares[path as usize][kind as usize] == Share::All
    }

    pub fn holds(&self, bin: &BinNumbers) -> bool {
        let share = match self.shares[bin.path as usize][bin.kind as usize] {
            Share::None => false,
            Share::All => true,
            Share::Of(list) => self.lists[list as usize].binary_search(&bin.department).is_ok(),
        };
        share
            && self.category.is_none_or(|category| category == Some(bin.category))
            && self.department.is_none_or(|department| department == bin.department)
            && self.holds_cell(bin.cell)
    }
}

/// Intervals in order, those that touch as one.
fn joined(cells: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut sorted = cells.to_vec();
    sorted.sort_unstable();
    let mut out: Vec<(u64, u64)> = Vec::with_capacity(sorted.len());
    for (low, high) in sorted {
        match out.last_mut() {
            Some(last) if low <= last.1 => last.1 = last.1.max(high),
            _ => out.push((low, high)),
        }
    }
    out
}
