//! The published counts and distributions of times, with what each one counts.

use super::contribution::Measure;

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
        "overdue",
        Measure::OpenOverdue,
        ("超期积压", "Backlog beyond limit"),
        (
            "此刻未结且已超过时限的全部事件，不论何时上报；附最早超期者的超期时间",
            "all issues open now and beyond their limit, whenever they were reported; with how \
             long the oldest is so",
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
