//! Metrics on the wire. Every number names its definition; a rate over nothing has no value.

use super::Texts;
use crate::app::error::say;
use crate::app::measure::Sums;
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::definition::{
    CLOSING_RATE, DISPATCH_ACCURACY, Definition, EXTENSION_RATE, FILING_RATE, HANDLING_RATE,
    MEDIATION_RATE, ON_TIME_CLOSING_RATE, ON_TIME_HANDLING_RATE, RATES, RESOLUTION_RATE,
    RESPONSE_RATE, REWORK_RATE, Rate, RateSet, SATISFACTION_RATE, Tally, definitions,
};
use crate::domain::metrics::figure::{FIGURES, Figure, find_figure};
use crate::domain::metrics::histogram::Histogram;
use crate::domain::metrics::smooth::Prior;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a published number means.
#[derive(Serialize, ToSchema)]
pub struct DefinitionWire {
    pub id: String,
    pub version: u32,
    /// Id and version, as they stand beside the number.
    pub label: String,
    pub name: Texts,
    pub numerator: Texts,
    /// What a rate divides by; counts and times say that they have none.
    pub denominator: Texts,
    /// `ratio`, `count` or `ms`.
    pub unit: String,
    /// The published number that this defines; variants of one rate share it.
    pub metric: String,
    /// Whether it is the definition that numbers are published by now.
    pub in_force: bool,
    /// Of a rate, whether `higher` or `lower` is better.
    pub better: Option<String>,
}

fn rate_definition(definition: &Definition, rates: &RateSet) -> DefinitionWire {
    // The sentence of a rate reads "numerator ÷ denominator".
    let (over_zh, under_zh) = definition.says_zh.split_once(" ÷ ").unwrap_or_default();
    let (over_en, under_en) = definition.says_en.split_once(" ÷ ").unwrap_or_default();
    DefinitionWire {
        id: definition.id.to_owned(),
        version: definition.version,
        label: definition.label(),
        name: say(definition.name_zh, definition.name_en).into(),
        numerator: say(over_zh, over_en).into(),
        denominator: say(under_zh, under_en).into(),
        unit: "ratio".into(),
        metric: definition.metric.to_owned(),
        in_force: rates.is_in_force(definition),
        better: Some(definition.better.to_string()),
    }
}

fn figure_definition(figure: &Figure) -> DefinitionWire {
    DefinitionWire {
        id: figure.id.to_owned(),
        version: figure.version,
        label: figure.label(),
        name: say(figure.name_zh, figure.name_en).into(),
        numerator: say(figure.says_zh, figure.says_en).into(),
        denominator: say("无（不是比率）", "none: this is no rate").into(),
        unit: figure.unit().to_owned(),
        metric: figure.id.to_owned(),
        in_force: true,
        better: None,
    }
}

/// Every definition, rates first, those in force and the others.
pub fn definitions_wire(rates: &RateSet) -> Vec<DefinitionWire> {
    let of_rates = definitions().map(|definition| rate_definition(definition, rates));
    of_rates.chain(FIGURES.iter().map(figure_definition)).collect()
}

/// The labels of the plain numbers, which have no room for one beside them.
pub fn labels_wire() -> BTreeMap<String, String> {
    FIGURES.iter().map(|figure| (figure.id.to_owned(), figure.label())).collect()
}

/// A rate with its two counts.
#[derive(Serialize, ToSchema)]
pub struct RateWire {
    /// 0 to 1; null when nothing falls under the denominator: unknown.
    pub value: Option<f64>,
    pub numerator: i64,
    pub denominator: i64,
    /// The 95 % interval of Wilson; wide where the denominator is small.
    #[schema(value_type = Option<[f64; 2]>)]
    pub interval: Option<(f64, f64)>,
    /// Whether nothing falls under the denominator; then there is no value of any sort.
    pub unknown: bool,
    /// The value drawn toward `toward`, the more so the fewer there are (empirical Bayes); null
    /// where it is unknown or there is nothing to draw it to.
    pub shrunk: Option<f64>,
    /// The rate of all that have the same parent.
    pub toward: Option<f64>,
    pub definition: String,
}

/// What is open now.
#[derive(Serialize, ToSchema)]
pub struct BacklogWire {
    pub open: i64,
    pub age_median_ms: Option<i64>,
    pub age_p90_ms: Option<i64>,
    /// Of them, those beyond their limit.
    pub overdue: i64,
    /// For how long the oldest of these is so, by days.
    pub overdue_oldest_ms: Option<i64>,
    pub definition: String,
    pub overdue_definition: String,
}

/// A distribution of times, in milliseconds; null when there is none.
#[derive(Serialize, ToSchema)]
pub struct TimesWire {
    pub median: Option<i64>,
    pub p90: Option<i64>,
    pub n: i64,
    pub definition: String,
}

/// The published numbers of one area, cell or window.
#[derive(Serialize, ToSchema)]
pub struct MetricsWire {
    pub reported: i64,
    pub filed: i64,
    pub dispatched: i64,
    pub closed: i64,
    pub open: i64,
    pub opinion_collected: i64,
    pub legal_answered: i64,
    pub closing_rate: RateWire,
    pub on_time_closing_rate: RateWire,
    pub handling_rate: RateWire,
    pub on_time_handling_rate: RateWire,
    pub extension_rate: RateWire,
    pub filing_rate: RateWire,
    pub dispatch_accuracy: RateWire,
    pub rework_rate: RateWire,
    pub mediation_rate: RateWire,
    pub response_rate: RateWire,
    pub resolution_rate: RateWire,
    pub satisfaction_rate: RateWire,
    pub urged: i64,
    pub supervised: i64,
    pub whistled: i64,
    pub whistled_on_time: i64,
    /// Validly revisited: what resolution and satisfaction are shares of.
    pub revisited: i64,
    /// Exempted on appeal. Exemptions stand beside the raw numbers and change none of them.
    pub exempted_rework: i64,
    pub exempted_overdue: i64,
    pub exempted_return: i64,
    pub exempted_rating: i64,
    pub backlog: BacklogWire,
    pub accept_ms: TimesWire,
    pub handle_ms: TimesWire,
    pub close_ms: TimesWire,
}

impl MetricsWire {
    /// The plain counts by the ids of their definitions, what is open apart.
    fn counts(&self) -> [(&'static str, i64); 15] {
        [
            ("reported", self.reported),
            ("filed", self.filed),
            ("dispatched", self.dispatched),
            ("closed", self.closed),
            ("opinion_collected", self.opinion_collected),
            ("legal_answered", self.legal_answered),
            ("revisited", self.revisited),
            ("urged", self.urged),
            ("supervised", self.supervised),
            ("whistled", self.whistled),
            ("whistled_on_time", self.whistled_on_time),
            ("exempted_rework", self.exempted_rework),
            ("exempted_overdue", self.exempted_overdue),
            ("exempted_return", self.exempted_return),
            ("exempted_rating", self.exempted_rating),
        ]
    }

    /// The rates in the order of [`RATES`].
    fn rates(&self) -> [&RateWire; RATES.len()] {
        [
            &self.closing_rate,
            &self.on_time_closing_rate,
            &self.handling_rate,
            &self.on_time_handling_rate,
            &self.extension_rate,
            &self.filing_rate,
            &self.dispatch_accuracy,
            &self.rework_rate,
            &self.mediation_rate,
            &self.response_rate,
            &self.resolution_rate,
            &self.satisfaction_rate,
        ]
    }
}

fn label_of(id: &str) -> String {
    find_figure(id).map_or_else(String::new, Figure::label)
}

/// A rate, and what it becomes by what is known of its like.
pub fn rate_wire(rate: Rate, definition: &Definition, prior: Option<Prior>) -> RateWire {
    RateWire {
        value: rate.value(),
        numerator: rate.numerator,
        denominator: rate.denominator,
        interval: rate.interval(),
        unknown: rate.value().is_none(),
        shrunk: prior.and_then(|prior| prior.shrink(rate)),
        toward: prior.map(|prior| prior.mean),
        definition: definition.label(),
    }
}

pub fn times_wire(histogram: &Histogram, id: &str) -> TimesWire {
    TimesWire {
        median: histogram.quantile_ms(0.5),
        p90: histogram.quantile_ms(0.9),
        n: histogram.total(),
        definition: label_of(id),
    }
}

/// The published numbers of some sums. `prior_of` tells what is known of a rate among its like.
pub fn metrics_wire(
    sums: &Sums,
    rates: &RateSet,
    prior_of: impl Fn(&'static str) -> Option<Prior>,
) -> MetricsWire {
    let tally = &sums.tally;
    let rate_wire = |metric: &Definition| {
        let definition = rates.of(metric);
        rate_wire(tally.rate(definition), definition, prior_of(definition.metric))
    };
    let open = tally.get(Measure::Open);
    MetricsWire {
        reported: tally.get(Measure::Reported),
        filed: tally.get(Measure::FiledOfReported),
        dispatched: tally.get(Measure::Dispatched),
        closed: tally.get(Measure::Closed),
        open,
        opinion_collected: tally.get(Measure::OpinionCollected),
        legal_answered: tally.get(Measure::LegalAnswered),
        closing_rate: rate_wire(&CLOSING_RATE),
        on_time_closing_rate: rate_wire(&ON_TIME_CLOSING_RATE),
        handling_rate: rate_wire(&HANDLING_RATE),
        on_time_handling_rate: rate_wire(&ON_TIME_HANDLING_RATE),
        extension_rate: rate_wire(&EXTENSION_RATE),
        filing_rate: rate_wire(&FILING_RATE),
        dispatch_accuracy: rate_wire(&DISPATCH_ACCURACY),
        rework_rate: rate_wire(&REWORK_RATE),
        mediation_rate: rate_wire(&MEDIATION_RATE),
        response_rate: rate_wire(&RESPONSE_RATE),
        resolution_rate: rate_wire(&RESOLUTION_RATE),
        satisfaction_rate: rate_wire(&SATISFACTION_RATE),
        urged: tally.get(Measure::Urged),
        supervised: tally.get(Measure::Supervised),
        whistled: tally.get(Measure::Whistled),
        whistled_on_time: tally.get(Measure::WhistledOnTime),
        revisited: tally.get(Measure::Revisited),
        exempted_rework: tally.get(Measure::ExemptedRework),
        exempted_overdue: tally.get(Measure::ExemptedOverdue),
        exempted_return: tally.get(Measure::ExemptedReturn),
        exempted_rating: tally.get(Measure::ExemptedRating),
        backlog: BacklogWire {
            open,
            age_median_ms: sums.backlog_age_ms(0.5),
            age_p90_ms: sums.backlog_age_ms(0.9),
            overdue: tally.get(Measure::OpenOverdue),
            overdue_oldest_ms: sums.overdue_oldest_ms(),
            definition: label_of("open"),
            overdue_definition: label_of("overdue"),
        },
        accept_ms: times_wire(&tally.accept, "accept_ms"),
        handle_ms: times_wire(&tally.handle, "handle_ms"),
        close_ms: times_wire(&tally.close, "close_ms"),
    }
}

/// One day of a window. What is open has no day: it is open now.
#[derive(Serialize, ToSchema)]
pub struct DayWire {
    /// A date in the district's time zone.
    pub day: String,
    pub reported: i64,
    pub filed: i64,
    pub dispatched: i64,
    pub closed: i64,
}

/// The counts of one day.
pub fn day_wire(day: String, tally: &Tally) -> DayWire {
    DayWire {
        day,
        reported: tally.get(Measure::Reported),
        filed: tally.get(Measure::FiledOfReported),
        dispatched: tally.get(Measure::Dispatched),
        closed: tally.get(Measure::Closed),
    }
}

/// One window in numbers.
#[derive(Serialize, ToSchema)]
pub struct SummaryWire {
    pub as_of: String,
    pub from: String,
    pub to: String,
    /// The code of the area that was asked for.
    pub area: Option<String>,
    pub n: i64,
    pub metrics: MetricsWire,
    /// Issues reported in the window by the state that they are in now.
    pub by_state: BTreeMap<String, i64>,
    /// Issues reported in the window by kind.
    pub by_kind: BTreeMap<String, i64>,
    /// Days on which something happened.
    pub series: Vec<DayWire>,
    /// The definitions of the plain numbers, by name.
    pub definitions: BTreeMap<String, String>,
}

/// One area in numbers.
#[derive(Serialize, ToSchema)]
pub struct AreaMetrics {
    pub code: String,
    pub name: String,
    /// The reports behind the rates.
    pub n: i64,
    /// Whether nothing at all is counted: then nothing is known, and that is not good. Where
    /// something is, each rate is unknown or not by its own denominator.
    pub unknown: bool,
    pub metrics: MetricsWire,
}

/// The areas of one level in numbers.
#[derive(Serialize, ToSchema)]
pub struct AreaMetricsList {
    pub as_of: String,
    pub from: String,
    pub to: String,
    pub level: String,
    pub items: Vec<AreaMetrics>,
    pub definitions: BTreeMap<String, String>,
}

/// One H3 cell in numbers.
#[derive(Serialize, ToSchema)]
pub struct CellMetrics {
    /// The H3 index in hexadecimal.
    pub cell: String,
    /// The area in which its middle lies or, when `place_near` says so, the nearest one; when
    /// `names` asks for it and there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_near: Option<bool>,
    pub n: i64,
    /// Whether nothing at all is counted.
    pub unknown: bool,
    pub metrics: MetricsWire,
}

/// The cells that are known of.
#[derive(Serialize, ToSchema)]
pub struct CellMetricsList {
    pub as_of: String,
    pub from: String,
    pub to: String,
    pub res: u8,
    /// Reports in hexagons too small to be shown to the public.
    pub hidden: i64,
    pub items: Vec<CellMetrics>,
    pub definitions: BTreeMap<String, String>,
}

/// The areas as a table: names of columns and rows. Every row says which days it is of, as of when,
/// and by which definition each number is.
pub fn area_table(list: &AreaMetricsList) -> (Vec<String>, Vec<Vec<String>>) {
    let silent = AreaMetrics {
        code: String::new(),
        name: String::new(),
        n: 0,
        unknown: true,
        metrics: metrics_wire(&Sums::default(), &RateSet::default(), |_| None),
    };
    let columns = area_fields(list, &silent).into_iter().map(|(column, _)| column);
    let rows = list.items.iter().map(|item| {
        let fields = area_fields(list, item);
        fields.into_iter().map(|(_, value)| value).collect()
    });
    (columns.collect(), rows.collect())
}

/// A column and what stands in it.
type Field = (String, String);

fn field(column: impl Into<String>, value: impl ToString) -> Field {
    (column.into(), value.to_string())
}

/// What is unknown is an empty field.
fn known<T: ToString>(column: impl Into<String>, value: Option<T>) -> Field {
    (column.into(), value.map_or_else(String::new, |value| value.to_string()))
}

fn area_fields(list: &AreaMetricsList, item: &AreaMetrics) -> Vec<Field> {
    let m = &item.metrics;
    let mut row = vec![
        field("code", &item.code),
        field("name", &item.name),
        field("level", &list.level),
        field("from", &list.from),
        field("to", &list.to),
        field("as_of", &list.as_of),
        field("n", item.n),
        field("unknown", item.unknown),
    ];
    for (id, n) in m.counts() {
        row.extend([field(id, n), field(format!("{id}_definition"), label_of(id))]);
    }
    let backlog = &m.backlog;
    row.extend([
        field("open", m.open),
        known("age_median_ms", backlog.age_median_ms),
        known("age_p90_ms", backlog.age_p90_ms),
        field("open_definition", &backlog.definition),
        field("overdue", backlog.overdue),
        known("overdue_oldest_ms", backlog.overdue_oldest_ms),
        field("overdue_definition", &backlog.overdue_definition),
    ]);
    for (id, times) in
        [("accept_ms", &m.accept_ms), ("handle_ms", &m.handle_ms), ("close_ms", &m.close_ms)]
    {
        row.extend([
            known(format!("{id}_median"), times.median),
            known(format!("{id}_p90"), times.p90),
            field(format!("{id}_n"), times.n),
            field(format!("{id}_definition"), &times.definition),
        ]);
    }
    for (definition, rate) in RATES.iter().zip(m.rates()) {
        row.extend(rate_fields(definition.metric, rate));
    }
    row
}

fn rate_fields(id: &str, rate: &RateWire) -> [Field; 8] {
    [
        known(id, rate.value),
        field(format!("{id}_numerator"), rate.numerator),
        field(format!("{id}_denominator"), rate.denominator),
        known(format!("{id}_low"), rate.interval.map(|interval| interval.0)),
        known(format!("{id}_high"), rate.interval.map(|interval| interval.1)),
        known(format!("{id}_shrunk"), rate.shrunk),
        known(format!("{id}_toward"), rate.toward),
        field(format!("{id}_definition"), &rate.definition),
    ]
}
