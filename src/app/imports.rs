//! Imports as an administrator makes them: a file is tried first, with counts and the problems of
//! each row, and taken afterwards by the same code.
//!
//! Invariant: a trial writes nothing, and what it promises is what the taking does, as long as
//! nobody changes the data meanwhile. Taking the same file again changes nothing.

mod branches;
mod categories;
mod layers;
mod past;
mod people;

pub use branches::{BranchFiles, import_branches};
pub use categories::{CatalogFiles, import_catalog, pack_fault};
pub use layers::{LayerFile, import_layer};
pub use past::{PastFiles, import_past};
pub use people::{PeopleFiles, import_people};

use super::error::{AppError, Say, say};
use super::intake::Joining;
use super::words::row::{row_remedy, row_words};
use crate::format::csv_rows::{LineProblem, RowError};
use std::collections::BTreeMap;

/// The most problems that are told; all are counted.
pub const PROBLEMS_MAX: usize = 1_000;

/// Whether a file is only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    Trial,
    Real,
}

/// What a file brings, against what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All rows, the refused ones too.
    pub rows: u64,
    pub new: u64,
    pub changed: u64,
    /// There already, and just so.
    pub known: u64,
    pub refused: u64,
    /// There, but not in the file that takes the place of all.
    pub removed: u64,
}

impl Counts {
    fn changes(&self) -> u64 {
        self.new + self.changed + self.removed
    }

    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.new += other.new;
        self.changed += other.changed;
        self.known += other.known;
        self.refused += other.refused;
        self.removed += other.removed;
    }
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// The part of the form that the file came in.
    pub file: String,
    /// Counted from 1, the header first; in a GeoJSON the number of the feature. 0 for the file.
    pub line: u64,
    pub column: Option<String>,
    pub says: Say,
    pub remedy: Say,
}

/// What came of an import, or would.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    pub counts: Counts,
    /// The first [`PROBLEMS_MAX`], in order of file and line.
    pub faults: Vec<RowFault>,
    pub faults_count: usize,
    /// Why it cannot be taken as it is.
    pub blocked: Option<Say>,
    pub notes: Vec<Say>,
    /// Whether anything was written.
    pub kept: bool,
}

impl Imported {
    fn tell(&mut self, fault: RowFault) {
        self.faults_count += 1;
        if self.faults.len() < PROBLEMS_MAX {
            self.faults.push(fault);
        }
    }

    /// A taking of what is blocked is an error that says why.
    fn check(&self, run: Run) -> Result<(), AppError> {
        match (&self.blocked, run) {
            (Some(why), Run::Real) => Err(AppError::field("file", why.clone())),
            _ => Ok(()),
        }
    }

    /// Blocks what takes the place of all: a row that is left out would be taken away.
    fn block_if_refused(&mut self) {
        if self.faults_count > 0 {
            let n = self.faults_count;
            self.blocked = Some(say(
                format!("有 {n} 处问题；此方式会替换全部数据，须先改正"),
                format!("{n} problem(s); this takes the place of all data, so correct them first"),
            ));
        }
    }
}

fn fault_of(file: &str, problem: &LineProblem) -> RowFault {
    RowFault {
        file: file.to_owned(),
        line: problem.line,
        column: problem.column.clone(),
        says: row_words(&problem.error),
        remedy: row_remedy(&problem.error),
    }
}

/// Whether the fault is one of the file and not of a row in it.
fn is_of_file(error: &RowError) -> bool {
    use RowError as E;
    matches!(error, E::NoHeader | E::MissingColumn | E::DoubleColumn | E::UnknownColumn)
}

/// Tells problems of a file, and gives how many rows they refuse.
fn tell_all(imported: &mut Imported, file: &str, mut problems: Vec<LineProblem>) -> u64 {
    problems.sort_by_key(|problem| problem.line);
    let mut lines: Vec<u64> =
        problems.iter().filter(|p| !is_of_file(&p.error)).map(|p| p.line).collect();
    lines.dedup();
    problems.iter().for_each(|problem| imported.tell(fault_of(file, problem)));
    lines.len() as u64
}

/// Compares what a file brings with what is there, and gives what will be there.
fn join_rows<K: Ord, V: PartialEq>(
    before: BTreeMap<K, V>,
    file: BTreeMap<K, V>,
    joining: Joining,
) -> (Counts, BTreeMap<K, V>) {
    let mut counts = Counts { rows: file.len() as u64, ..Counts::default() };
    for (key, row) in &file {
        match before.get(key) {
            None => counts.new += 1,
            Some(known) if known == row => counts.known += 1,
            Some(_) => counts.changed += 1,
        }
    }
    let gone = before.keys().filter(|key| !file.contains_key(key)).count() as u64;
    match joining {
        Joining::Replace => {
            counts.removed = gone;
            (counts, file)
        }
        Joining::Merge => {
            let mut after = before;
            after.extend(file);
            (counts, after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_keeps_the_others_and_replacing_takes_them_away() {
        let rows = |pairs: &[(u8, u8)]| pairs.iter().copied().collect::<BTreeMap<_, _>>();
        let (before, file) = (rows(&[(1, 1), (2, 2), (3, 3)]), rows(&[(2, 2), (3, 9), (4, 4)]));
        let (counts, after) = join_rows(before.clone(), file.clone(), Joining::Merge);
        let want = Counts { rows: 3, new: 1, changed: 1, known: 1, ..Counts::default() };
        assert_eq!((counts, after), (want, rows(&[(1, 1), (2, 2), (3, 9), (4, 4)])));
        let (counts, after) = join_rows(before, file.clone(), Joining::Replace);
        assert_eq!((counts, after), (Counts { removed: 1, ..want }, file));
    }
}
