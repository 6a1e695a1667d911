//! When a row of data holds: an interval of civil days, both ends included, either end open.

use crate::domain::time::Day;

/// Why two days are not an interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("valid_to {to} lies before valid_from {from}")]
pub struct ValidityError {
    pub from: Day,
    pub to: Day,
}

/// The days on which something holds, both ends included: published tables say "until 31
/// December" and mean that day too. `None` is an open end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Validity {
    from: Option<Day>,
    to: Option<Day>,
}

impl Validity {
    pub const ALWAYS: Validity = Validity { from: None, to: None };

    /// # Errors
    /// The last day lies before the first one.
    pub fn new(from: Option<Day>, to: Option<Day>) -> Result<Self, ValidityError> {
        match (from, to) {
            (Some(from), Some(to)) if to < from => Err(ValidityError { from, to }),
            _ => Ok(Self { from, to }),
        }
    }

    pub fn from(&self) -> Option<Day> {
        self.from
    }

    pub fn to(&self) -> Option<Day> {
        self.to
    }

    pub fn contains(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && !self.is_over(day)
    }

    /// Whether the two intervals share a day.
    pub fn overlaps(&self, other: Validity) -> bool {
        let starts_in_time = |a: &Validity, b: &Validity| match (a.from, b.to) {
            (Some(from), Some(to)) => from <= to,
            _ => true,
        };
        starts_in_time(self, &other) && starts_in_time(&other, self)
    }

    /// Whether the interval ended before `day`.
    pub fn is_over(&self, day: Day) -> bool {
        self.to.is_some_and(|to| to < day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_validity_are_included() {
        let validity = Validity::new(Some(Day(10)), Some(Day(20))).unwrap();
        for (day, inside) in [(9, false), (10, true), (20, true), (21, false)] {
            assert_eq!(validity.contains(Day(day)), inside, "{day}");
        }
        assert!(Validity::new(Some(Day(10)), Some(Day(10))).unwrap().contains(Day(10)));
        assert!(Validity::new(Some(Day(10)), Some(Day(9))).is_err());
        assert!(Validity::ALWAYS.contains(Day(0)) && Validity::ALWAYS.overlaps(validity));
        assert!(validity.overlaps(Validity::new(Some(Day(20)), None).unwrap()));
        assert!(!validity.overlaps(Validity::new(Some(Day(21)), None).unwrap()));
        assert!(!Validity::new(Some(Day(21)), None).unwrap().overlaps(validity));
    }
}
