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
    pub backlog: BacklogWire,
    pub accept_ms: TimesWire,
    pub handle_ms: TimesWire,
    pub close_ms: TimesWire,
}

impl MetricsWire {
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

fn times_wire(histogram: &Histogram, id: &str) -> TimesWire {
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

/// The same numbers flat, for the properties of a map's feature: a rate's value under its id, with
/// its counts under `<id>_numerator` and `<id>_denominator`, its interval under `<id>_low` and
/// `<id>_high`, and shrunk under `<id>_shrunk`; times as `<id>_median` and `<id>_n`.
pub fn flat_metrics(
    sums: &Sums,
    rates: &RateSet,
    prior_of: impl Fn(&'static str) -> Option<Prior>,
) -> geojson::JsonObject {
    let mut flat = geojson::JsonObject::new();
    let mut put = |name: String, value: serde_json::Value| flat.insert(name, value);
    for figure in FIGURES.iter().filter(|figure| figure.unit() == "count") {
        put(figure.id.to_owned(), sums.tally.get(figure.measure).into());
    }
    for definition in rates.all() {
        let (rate, id) = (sums.tally.rate(definition), definition.metric);
        let shrunk = prior_of(id).and_then(|prior| prior.shrink(rate));
        put(id.to_owned(), rate.value().into());
        put(format!("{id}_numerator"), rate.numerator.into());
        put(format!("{id}_denominator"), rate.denominator.into());
        put(format!("{id}_low"), rate.interval().map(|interval| interval.0).into());
        put(format!("{id}_high"), rate.interval().map(|interval| interval.1).into());
        put(format!("{id}_shrunk"), shrunk.into());
    }
    put("age_median_ms".into(), sums.backlog_age_ms(0.5).into());
    put("age_p90_ms".into(), sums.backlog_age_ms(0.9).into());
    put("overdue_oldest_ms".into(), sums.overdue_oldest_ms().into());
    let tally = &sums.tally;
    for (id, times) in
        [("accept_ms", &tally.accept), ("handle_ms", &tally.handle), ("close_ms", &tally.close)]
    {
        put(format!("{id}_median"), times.quantile_ms(0.5).into());
        put(format!("{id}_n"), times.total().into());
    }
    put("n".into(), sums.n().into());
    put("unknown".into(), (sums.n() == 0).into());
    flat
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
    /// Whether nothing was reported: then nothing is known, and that is not good.
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
    pub n: i64,
    /// Whether nothing was reported.
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
/// and by which definitions.
pub fn area_table(list: &AreaMetricsList) -> (Vec<String>, Vec<Vec<String>>) {
    const PLAIN: [&str; 18] = [
        "code",
        "name",
        "level",
        "from",
        "to",
        "as_of",
        "n",
        "unknown",
        "reported",
        "filed",
        "dispatched",
        "closed",
        "open",
        "opinion_collected",
        "legal_answered",
        "age_median_ms",
        "overdue",
        "overdue_oldest_ms",
    ];
    const SIDES: [&str; 8] =
        ["", "_numerator", "_denominator", "_low", "_high", "_shrunk", "_toward", "_definition"];
    let mut columns: Vec<String> = PLAIN.iter().map(ToString::to_string).collect();
    for rate in RATES {
        columns.extend(SIDES.iter().map(|side| format!("{}{side}", rate.metric)));
    }
    let rows = list.items.iter().map(|item| {
        let mut row = plain_fields(list, item);
        item.metrics.rates().iter().for_each(|rate| row.extend(rate_fields(rate)));
        row
    });
    (columns, rows.collect())
}

fn plain_fields(list: &AreaMetricsList, item: &AreaMetrics) -> Vec<String> {
    let m = &item.metrics;
    let counts = [
        m.reported,
        m.filed,
        m.dispatched,
        m.closed,
        m.open,
        m.opinion_collected,
        m.legal_answered,
    ];
    let mut row = vec![
        item.code.clone(),
        item.name.clone(),
        list.level.clone(),
        list.from.clone(),
        list.to.clone(),
        list.as_of.clone(),
        item.n.to_string(),
        item.unknown.to_string(),
    ];
    row.extend(counts.iter().map(ToString::to_string));
    let age = |ms: Option<i64>| ms.map_or_else(String::new, |ms| ms.to_string());
    row.push(age(m.backlog.age_median_ms));
    row.push(m.backlog.overdue.to_string());
    row.push(age(m.backlog.overdue_oldest_ms));
    row
}

/// What is unknown is an empty field.
fn rate_fields(rate: &RateWire) -> [String; 8] {
    let text = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    [
        text(rate.value),
        rate.numerator.to_string(),
        rate.denominator.to_string(),
        text(rate.interval.map(|interval| interval.0)),
        text(rate.interval.map(|interval| interval.1)),
        text(rate.shrunk),
        text(rate.toward),
        rate.definition.clone(),
    ]
}
