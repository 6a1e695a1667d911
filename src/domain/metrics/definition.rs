//! The published numbers: what each one divides by what (DOMAIN.md §7). A definition that changes
//! gets a new version, so that a printed number can always be read.

use super::contribution::Measure;
use super::histogram::Histogram;
use std::collections::BTreeMap;

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
}

/// Sums of counters for one area or cell over one window.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Tally {
    plain: BTreeMap<Measure, i64>,
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
            plain => *self.plain.entry(plain).or_insert(0) += n,
        }
    }

    pub fn get(&self, measure: Measure) -> i64 {
        self.plain.get(&measure).copied().unwrap_or(0)
    }

    /// The rate that `definition` publishes.
    pub fn rate(&self, definition: &Definition) -> Rate {
        let numerator: i64 = definition.numerator.iter().map(|m| self.get(*m)).sum();
        let minus: i64 = definition.less.iter().map(|m| self.get(*m)).sum();
        Rate { numerator: numerator - minus, denominator: self.get(definition.denominator) }
    }
}

/// What a rate is made of. The numerator is the sum of `numerator` less the sum of `less`.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    pub id: &'static str,
    pub version: u32,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub numerator: &'static [Measure],
    pub less: &'static [Measure],
    pub denominator: Measure,
    pub says_zh: &'static str,
    pub says_en: &'static str,
}

impl Definition {
    /// The id and version that stand beside every published number.
    pub fn label(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }
}

pub const FILING_RATE: Definition = Definition {
    id: "filing_rate",
    version: 1,
    name_zh: "立案率",
    name_en: "Filing rate",
    numerator: &[Measure::FiledOfReported],
    less: &[],
    denominator: Measure::Reported,
    says_zh: "期内上报的事件中已立案（含自行处置）的 ÷ 期内上报的",
    says_en: "reports of the period that were filed or settled on the spot ÷ reports of the period",
};

pub const DISPATCH_ACCURACY: Definition = Definition {
    id: "dispatch_accuracy",
    version: 1,
    name_zh: "准确派遣率",
    name_en: "Dispatch accuracy",
    numerator: &[Measure::Dispatched],
    less: &[Measure::Misdispatched],
    denominator: Measure::Dispatched,
    says_zh: "期内首次派遣且从未因派错被退回的 ÷ 期内首次派遣的",
    says_en: "first dispatched in the period and never returned as wrong ÷ \
              first dispatched in the period",
};

pub const CLOSING_RATE: Definition = Definition {
    id: "closing_rate",
    version: 1,
    name_zh: "结案率",
    name_en: "Closing rate",
    numerator: &[Measure::ClosedOfDue],
    less: &[],
    denominator: Measure::DueToClose,
    says_zh: "期内立案的事件中已结案的 ÷ 期内立案应结案的",
    says_en: "filed in the period and closed by now ÷ filed in the period and to be closed",
};

pub const REWORK_RATE: Definition = Definition {
    id: "rework_rate",
    version: 1,
    name_zh: "返工率",
    name_en: "Rework rate",
    numerator: &[Measure::ReworkedOfDue],
    less: &[],
    denominator: Measure::DueToClose,
    says_zh: "期内立案的事件中核查未通过至少一次的 ÷ 期内立案应结案的",
    says_en: "filed in the period with a failed inspection ÷ filed in the period and to be closed",
};

pub const MEDIATION_RATE: Definition = Definition {
    id: "mediation_rate",
    version: 1,
    name_zh: "调解成功率",
    name_en: "Mediation success",
    numerator: &[Measure::Agreement],
    less: &[],
    denominator: Measure::MediationEnded,
    says_zh: "期内调解结束且达成协议的 ÷ 期内调解结束的",
    says_en: "mediations ended in the period with an agreement ÷ mediations ended in the period",
};

/// Every rate that is published.
pub const RATES: &[Definition] =
    &[CLOSING_RATE, FILING_RATE, DISPATCH_ACCURACY, REWORK_RATE, MEDIATION_RATE];

/// The share `q` of ages (0 to 1) of what is open: `open` gives, per age in days, how many.
/// `None` when nothing is open.
pub fn age_quantile_days(open: &BTreeMap<i64, i64>, q: f64) -> Option<i64> {
    let total: i64 = open.values().sum();
    if total <= 0 {
        return None;
    }
    let rank = ((q * total as f64).ceil() as i64).max(1);
    let mut seen = 0;
    open.iter().find_map(|(&age, &n)| {
        seen += n;
        (seen >= rank).then_some(age)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_less_never_scores_higher() {
        let mut tally = Tally::default();
        tally.add(Measure::DueToClose, 10);
        tally.add(Measure::ClosedOfDue, 4);
        let before = tally.rate(&CLOSING_RATE).value().unwrap();
        tally.add(Measure::ClosedOfDue, 1);
        assert!(tally.rate(&CLOSING_RATE).value().unwrap() > before);
    }

    #[test]
    fn a_silent_area_is_unknown() {
        for definition in RATES {
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
    fn the_age_of_the_backlog_is_that_of_its_middle() {
        let open = BTreeMap::from([(1, 1), (5, 1), (9, 1)]);
        assert_eq!(age_quantile_days(&open, 0.5), Some(5));
        assert_eq!(age_quantile_days(&open, 0.9), Some(9));
        assert_eq!(age_quantile_days(&BTreeMap::new(), 0.5), None);
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
