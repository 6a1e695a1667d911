//! Numbers for what counters are of, so that a counter takes a few bytes.

use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::metrics::contribution::{Bin, Measure};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::hash::{BuildHasher, Hash, RandomState};

/// Values in the order in which they were first met, and their numbers. There are hundreds of
/// thousands of bins, so each value is kept once.
#[derive(Clone, Debug)]
pub struct Interner<T> {
    values: Vec<T>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        let hasher = RandomState::new();
        Self { values: Vec::new(), numbers: HashTable::new(), hasher }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// The number of a value; a new one is added.
    pub fn number(&mut self, value: &T) -> u32 {
        let Self { values, numbers, hasher } = self;
        let same = |number: &u32| values[*number as usize] == *value;
        let hash = |number: &u32| hasher.hash_one(&values[*number as usize]);
        let number = values.len() as u32;
        match numbers.entry(hasher.hash_one(value), same, hash) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(place) => {
                place.insert(number);
                values.push(value.clone());
                number
            }
        }
    }

    pub fn find(&self, value: &T) -> Option<u32> {
        let same = |number: &u32| self.values[*number as usize] == *value;
        self.numbers.find(self.hasher.hash_one(value), same).copied()
    }

    pub fn values(&self) -> &[T] {
        &self.values
    }
}

/// A [`Bin`] in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BinNumbers {
    pub cell: u64,
    pub path: u32,
    pub category: u32,
    /// Of the department and one; 0 for none.
    pub department: u32,
    pub kind: Kind,
}

/// All that counters are of.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub paths: Interner<String>,
    pub categories: Interner<CategoryCode>,
    pub departments: Interner<DepartmentCode>,
    pub measures: Interner<Measure>,
    pub bins: Interner<BinNumbers>,
}

impl Names {
    /// The number of a bin; a new one is added.
    pub fn bin(&mut self, bin: &Bin) -> u32 {
        let numbers = BinNumbers {
            cell: bin.cell,
            path: self.paths.number(&bin.path),
            category: self.categories.number(&bin.category),
            department: bin.department.as_ref().map_or(0, |code| self.departments.number(code) + 1),
            kind: bin.kind,
        };
        self.bins.number(&numbers)
    }

    /// The number of a bin that is known.
    pub fn find_bin(&self, bin: &Bin) -> Option<u32> {
        let department = match &bin.department {
            None => 0,
            Some(code) => self.departments.find(code)? + 1,
        };
        self.bins.find(&BinNumbers {
            cell: bin.cell,
            path: self.paths.find(&bin.path)?,
            category: self.categories.find(&bin.category)?,
            department,
            kind: bin.kind,
        })
    }
}
