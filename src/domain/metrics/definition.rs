//! The published numbers: what each one divides by what (DOMAIN.md §7). A definition that changes
//! gets a new version, so that a printed number can always be read.

use super::contribution::Measure;
use super::histogram::Histogram;
use std::collections::BTreeMap;
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
        let sum = |measures: &[Measure]| measures.iter().map(|m| self.get(*m)).sum::<i64>();
        Rate {
            numerator: sum(definition.numerator) - sum(definition.less),
            denominator: self.get(definition.denominator) - sum(definition.denominator_less),
        }
    }

    /// Adds all that another one has.
    pub fn absorb(&mut self, other: &Tally) {
        for (measure, n) in &other.plain {
            *self.plain.entry(*measure).or_insert(0) += n;
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

pub const FILING_RATE: Definition = Definition {
    id: "filing_rate",
    metric: "filing_rate",
    better: Better::Higher,
    of_departments: false,
    version: 1,
    name_zh: "立案率",
    name_en: "Filing rate",
    numerator: &[Measure::FiledOfReported],
    less: &[],
    denominator: Measure::Reported,
    denominator_less: &[],
    says_zh: "期内上报的事件中已立案（含自行处置）的 ÷ 期内上报的",
    says_en: "reports of the period that were filed or settled on the spot ÷ reports of the period",
};

pub const DISPATCH_ACCURACY: Definition = Definition {
    id: "dispatch_accuracy",
    metric: "dispatch_accuracy",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "准确派遣率",
    name_en: "Dispatch accuracy",
    numerator: &[Measure::Dispatched],
    less: &[Measure::Misdispatched],
    denominator: Measure::Dispatched,
    denominator_less: &[],
    says_zh: "期内首次派遣且从未因派错被退回的 ÷ 期内首次派遣的",
    says_en: "first dispatched in the period and never returned as wrong ÷ \
              first dispatched in the period",
};

pub const HANDLING_RATE: Definition = Definition {
    id: "handling_rate",
    metric: "handling_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "处置率",
    name_en: "Handling rate",
    numerator: &[Measure::HandlingDone],
    less: &[],
    denominator: Measure::HandlingDue,
    denominator_less: &[],
    says_zh: "其中已处置的 ÷ 应处置的：时限日或处置日（以先到者计）在期内，期末至多到今天，\
              挂账期间不计",
    says_en: "of them, handled ÷ due to be handled: the limit or the feedback, whichever came \
              first, falls in the window, which ends today at the latest; not what is suspended",
};

pub const ON_TIME_HANDLING_RATE: Definition = Definition {
    id: "on_time_handling_rate",
    metric: "on_time_handling_rate",
    name_zh: "按期处置率",
    name_en: "On-time handling rate",
    numerator: &[Measure::HandledOnTime],
    denominator_less: &[Measure::HandledUndated],
    says_zh: "其中时限内处置的 ÷ 应处置且有时限的：时限日或处置日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计",
    says_en: "of them, handled within the limit ÷ due to be handled, with a limit: the limit or \
              the feedback, whichever came first, falls in the window, which ends today at the \
              latest; not what is suspended",
    ..HANDLING_RATE
};

pub const EXTENSION_RATE: Definition = Definition {
    id: "extension_rate",
    metric: "extension_rate",
    better: Better::Lower,
    name_zh: "延期率",
    name_en: "Extension rate",
    numerator: &[Measure::HandlingExtended],
    says_zh: "其中延期至少一次的 ÷ 应处置的：时限日或处置日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计",
    says_en: "of them, extended at least once ÷ due to be handled: the limit or the feedback, \
              whichever came first, falls in the window, which ends today at the latest; not what \
              is suspended",
    ..HANDLING_RATE
};

pub const CLOSING_RATE: Definition = Definition {
    id: "closing_rate",
    metric: "closing_rate",
    better: Better::Higher,
    of_departments: true,
    version: 2,
    name_zh: "结案率",
    name_en: "Closing rate",
    numerator: &[Measure::ClosingDone],
    less: &[],
    denominator: Measure::ClosingDue,
    denominator_less: &[],
    says_zh: "其中已结案的 ÷ 应结案的：时限日或结案日（以先到者计）在期内，期末至多到今天，\
              挂账期间不计",
    says_en: "of them, closed ÷ due to be closed: the limit or the closing, whichever came first, \
              falls in the window, which ends today at the latest; not what is suspended",
};

pub const ON_TIME_CLOSING_RATE: Definition = Definition {
    id: "on_time_closing_rate",
    metric: "on_time_closing_rate",
    version: 1,
    name_zh: "按期结案率",
    name_en: "On-time closing rate",
    numerator: &[Measure::ClosedOnTime],
    denominator_less: &[Measure::ClosedUndated],
    says_zh: "其中时限内结案的 ÷ 应结案且有时限的：时限日或结案日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计",
    says_en: "of them, closed within the limit ÷ due to be closed, with a limit: the limit or the \
              closing, whichever came first, falls in the window, which ends today at the latest; \
              not what is suspended",
    ..CLOSING_RATE
};

pub const REWORK_RATE: Definition = Definition {
    id: "rework_rate",
    metric: "rework_rate",
    better: Better::Lower,
    name_zh: "返工率",
    name_en: "Rework rate",
    numerator: &[Measure::ClosingReworked],
    says_zh: "其中核查未通过至少一次的 ÷ 应结案的：时限日或结案日（以先到者计）在期内，\
              期末至多到今天，挂账期间不计",
    says_en: "of them, with a failed inspection ÷ due to be closed: the limit or the closing, \
              whichever came first, falls in the window, which ends today at the latest; not what \
              is suspended",
    ..CLOSING_RATE
};

/// As [`CLOSING_RATE`] was before there were clocks: by the day of filing.
pub const CLOSING_RATE_FILED: Definition = Definition {
    version: 1,
    name_zh: "结案率（按立案日计）",
    name_en: "Closing rate by filing",
    numerator: &[Measure::ClosedOfDue],
    denominator: Measure::DueToClose,
    says_zh: "期内立案的事件中已结案的 ÷ 期内立案应结案的",
    says_en: "filed in the period and closed by now ÷ filed in the period and to be closed",
    ..CLOSING_RATE
};

/// As [`REWORK_RATE`] was before there were clocks: by the day of filing.
pub const REWORK_RATE_FILED: Definition = Definition {
    version: 1,
    name_zh: "返工率（按立案日计）",
    name_en: "Rework rate by filing",
    numerator: &[Measure::ReworkedOfDue],
    denominator: Measure::DueToClose,
    says_zh: "期内立案的事件中核查未通过至少一次的 ÷ 期内立案应结案的",
    says_en: "filed in the period with a failed inspection ÷ filed in the period and to be closed",
    ..REWORK_RATE
};

pub const MEDIATION_RATE: Definition = Definition {
    id: "mediation_rate",
    metric: "mediation_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "调解成功率",
    name_en: "Mediation success",
    numerator: &[Measure::Agreement],
    less: &[],
    denominator: Measure::MediationEnded,
    denominator_less: &[],
    says_zh: "期内调解结束且达成协议的 ÷ 期内调解结束的",
    says_en: "mediations ended in the period with an agreement ÷ mediations ended in the period",
};

/// As [`CLOSING_RATE_FILED`], but what is suspended owes no closing while it is.
pub const CLOSING_RATE_ACTIVE: Definition = Definition {
    id: "closing_rate_active",
    name_zh: "结案率（按立案日计，挂账除外）",
    name_en: "Closing rate by filing without suspended issues",
    denominator_less: &[Measure::SuspendedOfDue],
    says_zh: "期内立案的事件中已结案的 ÷ 期内立案应结案且此刻未挂账的",
    says_en: "filed in the period and closed by now ÷ \
              filed in the period, to be closed and not suspended now",
    ..CLOSING_RATE_FILED
};

/// As [`CLOSING_RATE`], but what is suspended stays due: some cities count so.
pub const CLOSING_RATE_SUSPENDED: Definition = Definition {
    id: "closing_rate_suspended",
    version: 1,
    name_zh: "结案率（含挂账）",
    name_en: "Closing rate with suspended issues",
    denominator: Measure::ClosingDueOrSuspended,
    says_zh: "其中已结案的 ÷ 应结案的：时限日或结案日（以先到者计）在期内，期末至多到今天；\
              挂账的计入挂账日",
    says_en: "of them, closed ÷ due to be closed: the limit or the closing, whichever came first, \
              falls in the window, which ends today at the latest; what is suspended by the day \
              of its suspension",
    ..CLOSING_RATE
};

/// As [`HANDLING_RATE`], but what is suspended stays due.
pub const HANDLING_RATE_SUSPENDED: Definition = Definition {
    id: "handling_rate_suspended",
    name_zh: "处置率（含挂账）",
    name_en: "Handling rate with suspended issues",
    denominator: Measure::HandlingDueOrSuspended,
    says_zh: "其中已处置的 ÷ 应处置的：时限日或处置日（以先到者计）在期内，期末至多到今天；\
              挂账的计入挂账日",
    says_en: "of them, handled ÷ due to be handled: the limit or the feedback, whichever came \
              first, falls in the window, which ends today at the latest; what is suspended by \
              the day of its suspension",
    ..HANDLING_RATE
};

/// As [`ON_TIME_CLOSING_RATE`], but what is suspended stays due.
pub const ON_TIME_CLOSING_RATE_SUSPENDED: Definition = Definition {
    id: "on_time_closing_rate_suspended",
    name_zh: "按期结案率（含挂账）",
    name_en: "On-time closing rate with suspended issues",
    denominator: Measure::ClosingDueOrSuspended,
    says_zh: "其中时限内结案的 ÷ 应结案且有时限的：时限日或结案日（以先到者计）在期内，\
              期末至多到今天；挂账的计入挂账日",
    says_en: "of them, closed within the limit ÷ due to be closed, with a limit: the limit or the \
              closing, whichever came first, falls in the window, which ends today at the latest; \
              what is suspended by the day of its suspension",
    ..ON_TIME_CLOSING_RATE
};

/// As [`ON_TIME_HANDLING_RATE`], but what is suspended stays due.
pub const ON_TIME_HANDLING_RATE_SUSPENDED: Definition = Definition {
    id: "on_time_handling_rate_suspended",
    name_zh: "按期处置率（含挂账）",
    name_en: "On-time handling rate with suspended issues",
    denominator: Measure::HandlingDueOrSuspended,
    says_zh: "其中时限内处置的 ÷ 应处置且有时限的：时限日或处置日（以先到者计）在期内，\
              期末至多到今天；挂账的计入挂账日",
    says_en: "of them, handled within the limit ÷ due to be handled, with a limit: the limit or \
              the feedback, whichever came first, falls in the window, which ends today at the \
              latest; what is suspended by the day of its suspension",
    ..ON_TIME_HANDLING_RATE
};

pub const RESPONSE_RATE: Definition = Definition {
    id: "response_rate",
    metric: "response_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "响应率",
    name_en: "Response rate",
    numerator: &[Measure::ContactedOfDue],
    less: &[],
    denominator: Measure::DueContact,
    denominator_less: &[],
    says_zh: "其中上报后 24 小时内联系到上报人的 ÷ 留有联系方式或账号、联系时刻或 24 小时期满在期内的上报",
    says_en: "of them, contacted within 24 hours of the report ÷ reports with a contact or an \
              account that were contacted, or whose 24 hours ended, in the period",
};

pub const RESOLUTION_RATE: Definition = Definition {
    id: "resolution_rate",
    metric: "resolution_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "解决率",
    name_en: "Resolution rate",
    numerator: &[Measure::Resolved],
    less: &[],
    denominator: Measure::Revisited,
    denominator_less: &[],
    says_zh: "其中上报人认为已解决的 ÷ 期内有效回访（含上报人自评，以最后一次为准）的",
    says_en: "of them, resolved in the reporter's word ÷ validly revisited or rated in the period, \
              by the last time",
};

pub const SATISFACTION_RATE: Definition = Definition {
    id: "satisfaction_rate",
    metric: "satisfaction_rate",
    better: Better::Higher,
    of_departments: true,
    version: 1,
    name_zh: "满意率",
    name_en: "Satisfaction rate",
    numerator: &[Measure::Satisfied],
    less: &[],
    denominator: Measure::Revisited,
    denominator_less: &[],
    says_zh: "其中满意和基本满意的 ÷ 期内有效回访（含上报人自评，以最后一次为准）的",
    says_en: "of them, satisfied or fairly satisfied ÷ validly revisited or rated in the period, \
              by the last time",
};

/// As [`REWORK_RATE`], of what was handled: some cities divide so.
pub const REWORK_RATE_HANDLED: Definition = Definition {
    id: "rework_rate_handled",
    version: 1,
    name_zh: "返工率（按处置计）",
    name_en: "Rework rate of what was handled",
    numerator: &[Measure::ReworkedOfHandled],
    denominator: Measure::Handled,
    says_zh: "期内反馈的事件中核查未通过至少一次的 ÷ 期内反馈的",
    says_en: "handled in the period with a failed inspection ÷ handled in the period",
    ..REWORK_RATE
};

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
        assert_eq!(set.find("rework_rate@2").unwrap().numerator, REWORK_RATE.numerator);
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
        tally.add(Measure::ClosedOnTime, 3);
        assert_eq!(tally.rate(&CLOSING_RATE).value(), Some(0.9));
        assert_eq!(tally.rate(&ON_TIME_CLOSING_RATE).value(), Some(0.75));
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
    fn the_age_of_the_backlog_is_that_of_its_middle() {
        let open = BTreeMap::from([(1, 1), (5, 1), (9, 1)]);
        assert_eq!(age_quantile_days(&open, 0.5), Some(5));
        assert_eq!(age_quantile_days(&open, 0.9), Some(9));
        assert_eq!(age_quantile_days(&BTreeMap::new(), 0.5), None);
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
