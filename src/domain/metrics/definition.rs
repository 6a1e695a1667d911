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

pub const RESPONSE_RATE: Definition = Definition {
    id: "response_rate",
    version: 1,
    name_zh: "响应率",
    name_en: "Response rate",
    numerator: &[Measure::ContactedOfDue],
    less: &[],
    denominator: Measure::DueContact,
    says_zh: "其中上报后 24 小时内联系到上报人的 ÷ 留有联系方式或账号、联系时刻或 24 小时期满在期内的上报",
    says_en: "of them, contacted within 24 hours of the report ÷ reports with a contact or an \
              account that were contacted, or whose 24 hours ended, in the period",
};

pub const RESOLUTION_RATE: Definition = Definition {
    id: "resolution_rate",
    version: 1,
    name_zh: "解决率",
    name_en: "Resolution rate",
    numerator: &[Measure::Resolved],
    less: &[],
    denominator: Measure::Revisited,
    says_zh: "其中上报人认为已解决的 ÷ 期内有效回访（含上报人自评，以最后一次为准）的",
    says_en: "of them, resolved in the reporter's word ÷ validly revisited or rated in the period, \
              by the last time",
};

pub const SATISFACTION_RATE: Definition = Definition {
    id: "satisfaction_rate",
    version: 1,
    name_zh: "满意率",
    name_en: "Satisfaction rate",
    numerator: &[Measure::Satisfied],
    less: &[],
    denominator: Measure::Revisited,
    says_zh: "其中满意和基本满意的 ÷ 期内有效回访（含上报人自评，以最后一次为准）的",
    says_en: "of them, satisfied or fairly satisfied ÷ validly revisited or rated in the period, \
              by the last time",
};

/// What a plain count or a distribution of times counts.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    pub id: &'static str,
    pub version: u32,
    /// For times, any bucket stands for all of them.
    pub measure: Measure,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub says_zh: &'static str,
    pub says_en: &'static str,
}

impl Figure {
    /// The id and version that stand beside every published number.
    pub fn label(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// `count`, or `ms` for times.
    pub fn unit(&self) -> &'static str {
        match self.measure {
            Measure::AcceptTime(_) | Measure::HandleTime(_) | Measure::CloseTime(_) => "ms",
            _ => "count",
        }
    }
}

const fn figure(
    id: &'static str,
    measure: Measure,
    (name_zh, name_en): (&'static str, &'static str),
    (says_zh, says_en): (&'static str, &'static str),
) -> Figure {
    Figure { id, version: 1, measure, name_zh, name_en, says_zh, says_en }
}

/// Every count and every distribution of times that is published.
pub const FIGURES: &[Figure] = &[
    figure(
        "reported",
        Measure::Reported,
        ("上报", "Reported"),
        ("期内上报的事件", "reports of the period"),
    ),
    figure(
        "filed",
        Measure::FiledOfReported,
        ("立案", "Filed"),
        (
            "期内上报的事件中已立案（含自行处置）的",
            "reports of the period that were filed or settled on the spot",
        ),
    ),
    figure(
        "dispatched",
        Measure::Dispatched,
        ("派遣", "Dispatched"),
        ("期内首次派遣的事件", "issues first dispatched in the period"),
    ),
    figure(
        "closed",
        Measure::Closed,
        ("结案", "Closed"),
        ("期内结案的事件", "issues closed in the period"),
    ),
    figure(
        "open",
        Measure::Open,
        ("积压", "Backlog"),
        (
            "此刻未结的全部事件，不论何时上报；附存续时间（按上报日计）",
            "all issues open now, whenever they were reported; with age in days since the report",
        ),
    ),
    figure(
        "opinion_collected",
        Measure::OpinionCollected,
        ("收集社情民意", "Opinions collected"),
        (
            "期内上报的社情民意，不含法律咨询和微心愿",
            "opinions of the period other than legal consultations and small wishes",
        ),
    ),
    figure(
        "legal_answered",
        Measure::LegalAnswered,
        ("解答法律咨询", "Legal questions answered"),
        ("期内答复的法律咨询", "legal consultations answered in the period"),
    ),
    figure(
        "revisited",
        Measure::Revisited,
        ("有效回访", "Validly revisited"),
        ("期内有效回访或由上报人自评的事件", "issues validly revisited or rated in the period"),
    ),
    figure(
        "urged",
        Measure::Urged,
        ("催办", "Urged"),
        ("期内首次被催办的事件", "issues first urged in the period"),
    ),
    figure(
        "supervised",
        Measure::Supervised,
        ("督办", "Supervised"),
        ("期内首次被督办的事件", "issues first supervised in the period"),
    ),
    figure(
        "whistled",
        Measure::Whistled,
        ("吹哨", "Whistled"),
        ("最近一次吹哨在期内的事件", "issues whose last whistle was in the period"),
    ),
    figure(
        "whistled_on_time",
        Measure::WhistledOnTime,
        ("按时报到的吹哨", "Whistles with all on time"),
        (
            "最近一次吹哨在期内，且各部门均按时报到的事件",
            "issues whose last whistle was in the period, every department judged on time",
        ),
    ),
    figure(
        "exempted_rework",
        Measure::ExemptedRework,
        ("返工免责", "Rework exempted"),
        (
            "期内立案、有返工且经申诉免责的事件；返工原始数不变",
            "filed in the period, reworked and exempted on appeal; the raw count stays",
        ),
    ),
    figure(
        "exempted_overdue",
        Measure::ExemptedOverdue,
        ("超期免责", "Overdue exempted"),
        (
            "期内立案、超期经申诉免责的事件；超期原始数不变",
            "filed in the period and exempted from being overdue; the raw count stays",
        ),
    ),
    figure(
        "exempted_return",
        Measure::ExemptedReturn,
        ("退单免责", "Returns exempted"),
        (
            "期内首次派遣、退单经申诉免责的事件；退单原始数不变",
            "first dispatched in the period and exempted from its returns; the raw count stays",
        ),
    ),
    figure(
        "exempted_rating",
        Measure::ExemptedRating,
        ("差评免责", "Ratings exempted"),
        (
            "期内回访、差评经申诉免责的事件；评价原始数不变",
            "revisited in the period and exempted from the rating; the raw count stays",
        ),
    ),
    figure(
        "accept_ms",
        Measure::AcceptTime(0),
        ("签收用时", "Time to accept"),
        (
            "期内签收的事件，自首次派遣至签收",
            "from the first dispatch to its acceptance, of issues accepted in the period",
        ),
    ),
    figure(
        "handle_ms",
        Measure::HandleTime(0),
        ("处置用时", "Time to handle"),
        (
            "期内反馈的事件，自签收至反馈",
            "from acceptance to the feedback that stands, of issues handled in the period",
        ),
    ),
    figure(
        "close_ms",
        Measure::CloseTime(0),
        ("结案用时", "Time to close"),
        (
            "期内结案的事件，自上报至结案",
            "from the report to closing, of issues closed in the period",
        ),
    ),
];

/// The figure with this id.
pub fn find_figure(id: &str) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.id == id)
}

/// Every rate that is published.
pub const RATES: &[Definition] = &[
    CLOSING_RATE,
    FILING_RATE,
    DISPATCH_ACCURACY,
    REWORK_RATE,
    MEDIATION_RATE,
    RESPONSE_RATE,
    RESOLUTION_RATE,
    SATISFACTION_RATE,
];

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
