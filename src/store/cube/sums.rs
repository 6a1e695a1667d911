//! Sums that counters are added to.

use hashbrown::HashMap;

/// Sums by group and measure.
pub struct Sums {
    /// The measures that are wanted, and the column of each measure; [`Sums::UNWANTED`] has none.
    measures: Vec<u16>,
    columns: Vec<u16>,
    places: HashMap<u64, usize>,
    sums: Vec<i64>,
    /// The group that was added to last, and its place: counters of one group come together.
    last: (u64, usize),
}

impl Sums {
    const UNWANTED: u16 = u16::MAX;

    /// `wanted` says it of each measure's number.
    pub fn of(wanted: impl Iterator<Item = bool>) -> Self {
        let (mut measures, mut columns) = (Vec::new(), Vec::new());
        for (measure, is_wanted) in wanted.enumerate() {
            columns.push(if is_wanted { measures.len() as u16 } else { Self::UNWANTED });
            measures.extend(is_wanted.then_some(measure as u16));
        }
        let last = (0, usize::MAX);
        Self { measures, columns, places: HashMap::new(), sums: Vec::new(), last }
    }

    /// Whether each measure is wanted, for as long as sums are added to.
    pub fn wanted(&self) -> impl Fn(u16) -> bool + use<> {
        let columns = self.columns.clone();
        move |measure| columns[usize::from(measure)] != Self::UNWANTED
    }

    pub fn wants(&self, measure: u16) -> bool {
        self.columns[usize::from(measure)] != Self::UNWANTED
    }

    /// Adds to a sum, if the measure is wanted.
    pub fn add(&mut self, group: u64, measure: u16, n: i64) {
        let column = self.columns[usize::from(measure)];
        if column == Self::UNWANTED {
            return;
        }
        if self.last.1 == usize::MAX || self.last.0 != group {
            let next = self.places.len() * self.measures.len();
            let place = *self.places.entry(group).or_insert(next);
            if place == self.sums.len() {
                self.sums.resize(place + self.measures.len(), 0);
            }
            self.last = (group, place);
        }
        self.sums[self.last.1 + usize::from(column)] += n;
    }

    /// How many sums there are.
    pub fn len(&self) -> usize {
        self.sums.len()
    }

    /// Each sum, in the order of groups.
    pub fn each(&self) -> impl Iterator<Item = (u64, u16, i64)> {
        let mut places: Vec<_> =
            self.places.iter().map(|(group, place)| (*group, *place)).collect();
        places.sort_unstable();
        places.into_iter().flat_map(|(group, place)| {
            let sums = &self.sums[place..place + self.measures.len()];
            self.measures.iter().zip(sums).map(move |(measure, n)| (group, *measure, *n))
        })
    }
}
