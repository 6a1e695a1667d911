//! The published numbers: what each one divides by what (DOMAIN.md §7). A definition that changes
//! gets a new version, so that a printed number can always be read.

mod rates;

pub use rates::*;

use super::contribution::Measure;
use super::histogram::Histogram;
use std::fmt;

/// A rate with its two counts. `value` is `None` when nothing falls under it: unknown, not zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub numerator: i64,
    pub denominator: i64,
}

impl Rate {
    pub fn value(&self) -> Option<f64> {
        (self.denominator > 0).then(|| self.numerator as f64 / self.denominator as f64)
    }

    /// Wilson's 95 % interval (Wilson 1927): how much the value says with so small a denominator.
    pub fn interval(&self) -> Option<(f64, f64)> {
        const Z: f64 = 1.959_963_984_540_054;
        let (value, n) = (self.value()?, self.denominator as f64);
        let spread = Z * (value * (1.0 - value) / n + Z * Z / (4.0 * n * n)).sqrt();
        let (middle, scale) = (value + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
        let bound = |at: f64| (at / scale).clamp(0.0, 1.0);
        Some((bound(middle - spread), bound(middle + spread)))
    }
}

/// Sums of counters for one area or cell over one window.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    /// In the order of measures. There are few, and a map has thousands of tallies.
    plain: Vec<(Measure, i64)>,
    pub accept: Histogram,
    pub handle: Histogram,
    pub close: Histogram,
}

impl Tally {
    pub fn add(&mut self, measure: Measure, n: i64) {
        match measure {
            Measure::AcceptTime(bucket) => self.accept.add(bucket, n),
            Measure::HandleTime(bucket) => self.handle.add(bucket, n),
            Measure::CloseTime(bucket) => self.close.add(bucket, n),
            plain => match self.place_of(plain) {
                Ok(at) => self.plain[at].1 += n,
                Err(at) => self.plain.insert(at, (plain, n)),
            },
        }
    }

    pub fn get(&self, measure: Measure) -> i64 {
        self.place_of(measure).map_or(0, |at| self.plain[at].1)
    }

    fn place_of(&self, measure: Measure) -> Result<usize, usize> {
        self.plain.binary_search_by_key(&measure, |(known, _)| *known)
    }

    /// The rate that `definition` publishes.
    pub fn rate(&self, definition: &Definition) -> Rate {
        let sum = |measures: &[Measure]| measures.iter().map(|m| self.get(*m)).sum::<i64>();
        Rate {
            numerator: sum(definition.numerator) - sum(definition.less),
            denominator: self.get(definition.denominator) - sum(definition.denominator_less),
        }
    }

    /// Whether nothing at all is counted.
    pub fn is_silent(&self) -> bool {
        let times = [&self.accept, &self.handle, &self.close];
        self.plain.iter().all(|(_, n)| *n == 0) && times.iter().all(|times| times.total() == 0)
    }

    /// Adds all that another one has.
    pub fn absorb(&mut self, other: &Tally) {
        for (measure, n) in &other.plain {
            self.add(*measure, *n);
        }
        self.accept.absorb(&other.accept);
        self.handle.absorb(&other.handle);
        self.close.absorb(&other.close);
    }
}

/// Which direction of a rate is good work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

impl Better {
    pub const fn as_str(self) -> &'static str {
        match self {
            Better::Higher => "higher",
            Better::Lower => "lower",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Better::Higher, Better::Lower].into_iter().find(|better| better.as_str() == text)
    }
}

impl fmt::Display for Better {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a rate is made of. The numerator is the sum of `numerator` less the sum of `less`, and the
/// denominator is `denominator` less the sum of `denominator_less`.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    pub id: &'static str,
    /// The published rate that this is a definition of; variants of one rate share it.
    pub metric: &'static str,
    pub better: Better,
    /// Whether a department answers for what is counted.
    pub of_departments: bool,
    pub version: u32,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub numerator: &'static [Measure],
    pub less: &'static [Measure],
    pub denominator: Measure,
    pub denominator_less: &'static [Measure],
    pub says_zh: &'static str,
    pub says_en: &'static str,
}

impl Definition {
    /// The id and version that stand beside every published number.
    pub fn label(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }
}

/// Every rate that is published, as it is defined where nothing else was chosen.
pub const RATES: &[Definition] = &[
    CLOSING_RATE,
    ON_TIME_CLOSING_RATE,
    HANDLING_RATE,
    ON_TIME_HANDLING_RATE,
    EXTENSION_RATE,
    FILING_RATE,
    DISPATCH_ACCURACY,
    REWORK_RATE,
    MEDIATION_RATE,
    RESPONSE_RATE,
    RESOLUTION_RATE,
    SATISFACTION_RATE,
];

/// The definitions that a city may choose instead, among them those of before.
pub const VARIANTS: &[Definition] = &[
    CLOSING_RATE_SUSPENDED,
    ON_TIME_CLOSING_RATE_SUSPENDED,
    HANDLING_RATE_SUSPENDED,
    ON_TIME_HANDLING_RATE_SUSPENDED,
    REWORK_RATE_HANDLED,
    CLOSING_RATE_FILED,
    CLOSING_RATE_ACTIVE,
    REWORK_RATE_FILED,
    CLOSING_RATE_UNDATED,
    REWORK_RATE_UNDATED,
    HANDLING_RATE_UNDATED,
    EXTENSION_RATE_UNDATED,
    CLOSING_RATE_SUSPENDED_UNDATED,
    HANDLING_RATE_SUSPENDED_UNDATED,
    ON_TIME_CLOSING_RATE_SUSPENDED_UNDATED,
    ON_TIME_HANDLING_RATE_SUSPENDED_UNDATED,
];

/// Every definition, the standard ones first.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    RATES.iter().chain(VARIANTS)
}

/// The definition with this label, such as `rework_rate@1`.
pub fn find_definition(label: &str) -> Option<&'static Definition> {
    definitions().find(|definition| definition.label() == label)
}

/// The definitions in force: one for each published rate.
#[derive(Clone, Debug)]
pub struct RateSet(Vec<&'static Definition>);

impl Default for RateSet {
    fn default() -> Self {
        Self(RATES.iter().collect())
    }
}

impl RateSet {
    /// Every rate, in the order in which they are published.
    pub fn all(&self) -> impl Iterator<Item = &'static Definition> {
        self.0.iter().copied()
    }

    /// The definition of a published rate; that of the standard where the rate is not known.
    pub fn of(&self, metric: &Definition) -> &'static Definition {
        let chosen = self.0.iter().find(|known| known.metric == metric.metric);
        chosen.copied().unwrap_or(&CLOSING_RATE)
    }

    /// The definition behind a name: that of a rate, a variant by its id, or any by its label.
    pub fn find(&self, name: &str) -> Option<&'static Definition> {
        let chosen = self.0.iter().copied().find(|known| known.metric == name);
        let variant = || definitions().find(|known| known.id == name);
        chosen.or_else(variant).or_else(|| find_definition(name))
    }

    /// Puts a definition in force in place of the one of the same rate.
    pub fn choose(&mut self, definition: &'static Definition) {
        for known in self.0.iter_mut().filter(|known| known.metric == definition.metric) {
            *known = definition;
        }
    }

    pub fn is_in_force(&self, definition: &Definition) -> bool {
        self.0.iter().any(|known| known.label() == definition.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_less_never_scores_higher() {
        let mut tally = Tally::default();
        tally.add(Measure::ClosingDue, 10);
        tally.add(Measure::ClosingDone, 4);
        let before = tally.rate(&CLOSING_RATE).value().unwrap();
        tally.add(Measure::ClosingDone, 1);
        assert!(tally.rate(&CLOSING_RATE).value().unwrap() > before);
    }

    #[test]
    fn a_variant_takes_the_place_of_its_rate_and_of_no_other() {
        let mut set = RateSet::default();
        assert_eq!(set.of(&REWORK_RATE).id, "rework_rate");
        set.choose(find_definition("rework_rate_handled@1").unwrap());
        assert_eq!(set.of(&REWORK_RATE).label(), "rework_rate_handled@1");
        assert_eq!(set.find("rework_rate").unwrap().id, "rework_rate_handled");
        assert_eq!(set.find("rework_rate@1").unwrap().numerator, REWORK_RATE_FILED.numerator);
        assert_eq!(set.find("rework_rate@3").unwrap().less, REWORK_RATE.less);
        // A variant by its id alone is the last version of it.
        assert_eq!(set.find("closing_rate_suspended").unwrap().version, 2);
        assert_eq!(set.of(&CLOSING_RATE).id, "closing_rate");
        assert_eq!(set.all().count(), RATES.len());
        // A printed number of before can be read, and chosen still.
        assert!(!set.is_in_force(&CLOSING_RATE_FILED) && set.is_in_force(&CLOSING_RATE));
        set.choose(find_definition("closing_rate@1").unwrap());
        assert!(set.is_in_force(&CLOSING_RATE_FILED) && !set.is_in_force(&CLOSING_RATE));
        assert!(!set.is_in_force(&REWORK_RATE) && set.is_in_force(&REWORK_RATE_HANDLED));
        // Every rate has a standard definition, and every label is its own.
        for definition in definitions() {
            assert!(RATES.iter().any(|rate| rate.id == definition.metric), "{}", definition.id);
            let same = definitions().filter(|other| other.label() == definition.label());
            assert_eq!(same.count(), 1);
        }
    }

    #[test]
    fn suspended_issues_leave_the_cohort_or_stay_in_it_as_is_defined() {
        let mut tally = Tally::default();
        tally.add(Measure::ClosingDue, 8);
        tally.add(Measure::ClosingDueOrSuspended, 10);
        tally.add(Measure::ClosingDone, 6);
        assert_eq!(tally.rate(&CLOSING_RATE).value(), Some(0.75));
        assert_eq!(tally.rate(&CLOSING_RATE_SUSPENDED).value(), Some(0.6));
        // The definitions of before, by the day of filing.
        tally.add(Measure::DueToClose, 20);
        tally.add(Measure::ClosedOfDue, 9);
        tally.add(Measure::SuspendedOfDue, 2);
        let before = |label| tally.rate(find_definition(label).unwrap()).value();
        assert_eq!(before("closing_rate@1"), Some(0.45));
        assert_eq!(before("closing_rate_active@1"), Some(0.5));
    }

    #[test]
    fn what_has_no_limit_neither_kept_nor_missed_it() {
        let mut tally = Tally::default();
        tally.add(Measure::ClosingDue, 10);
        tally.add(Measure::ClosingDone, 9);
        tally.add(Measure::ClosedUndated, 6);
        tally.add(Measure::ClosedOnTime, 2);
        tally.add(Measure::ClosingReworked, 4);
        tally.add(Measure::ReworkedUndated, 3);
        assert_eq!(tally.rate(&CLOSING_RATE).value(), Some(0.75));
        assert_eq!(tally.rate(&ON_TIME_CLOSING_RATE).value(), Some(0.5));
        assert_eq!(tally.rate(&REWORK_RATE).value(), Some(0.25));
        // A city may choose to count it.
        assert_eq!(tally.rate(find_definition("closing_rate@2").unwrap()).value(), Some(0.9));
        assert_eq!(tally.rate(find_definition("rework_rate@2").unwrap()).value(), Some(0.4));
    }

    #[test]
    fn an_office_without_limits_is_unknown_and_not_at_100_percent() {
        let mut tally = Tally::default();
        for measure in [
            Measure::ClosingDue,
            Measure::ClosingDone,
            Measure::ClosedUndated,
            Measure::ClosingReworked,
            Measure::ReworkedUndated,
            Measure::ClosingDueOrSuspended,
            Measure::HandlingDue,
            Measure::HandlingDone,
            Measure::HandledUndated,
            Measure::HandlingExtended,
            Measure::ExtendedUndated,
            Measure::HandlingDueOrSuspended,
        ] {
            tally.add(measure, 7);
        }
        // And what it has suspended.
        tally.add(Measure::ClosingDueOrSuspended, 2);
        tally.add(Measure::HandlingDueOrSuspended, 2);
        tally.add(Measure::SuspendedUndated, 2);
        let of_cohort = definitions().filter(|definition| {
            definition.denominator.to_string().contains("_due")
                && definition.denominator != Measure::DueToClose
        });
        let mut some = 0;
        for definition in of_cohort.filter(|own| !own.denominator_less.is_empty()) {
            let known_by_old = definition.denominator_less.len() == 1
                && definition.denominator.to_string().contains("suspended");
            if !known_by_old {
                assert_eq!(tally.rate(definition).value(), None, "{}", definition.label());
                some += 1;
            }
        }
        assert_eq!(some, 10);
    }

    #[test]
    fn a_silent_area_is_unknown() {
        for definition in definitions() {
            assert_eq!(Tally::default().rate(definition).value(), None, "{}", definition.id);
        }
    }

    #[test]
    fn a_wrong_dispatch_lowers_the_accuracy() {
        let mut tally = Tally::default();
        tally.add(Measure::Dispatched, 4);
        tally.add(Measure::Misdispatched, 1);
        assert_eq!(tally.rate(&DISPATCH_ACCURACY).value(), Some(0.75));
    }

    #[test]
    fn a_small_denominator_says_less() {
        let width = |numerator, denominator| {
            let (low, high) = Rate { numerator, denominator }.interval().unwrap();
            assert!(low <= numerator as f64 / denominator as f64 && high <= 1.0);
            high - low
        };
        assert!(width(1, 2) > width(10, 20) && width(10, 20) > width(100, 200));
        // Worked out by hand for 1 of 10.
        let (low, high) = Rate { numerator: 1, denominator: 10 }.interval().unwrap();
        assert!((low - 0.017_9).abs() < 1e-4 && (high - 0.404_2).abs() < 1e-4, "{low} {high}");
    }

    #[test]
    fn every_measure_reads_back_what_it_writes() {
        let timed = [Measure::AcceptTime(3), Measure::HandleTime(0), Measure::CloseTime(99)];
        for measure in Measure::plain().chain(timed) {
            assert_eq!(Measure::parse(&measure.to_string()), Some(measure));
        }
        assert_eq!(Measure::parse("nothing"), None);
    }
}
