//! Metrics on the wire. Every number names its definition; a rate over nothing has no value.

use super::Texts;
use crate::app::error::say;
use crate::app::measure::Sums;
use crate::domain::metrics::contribution::Measure;
use crate::domain::metrics::definition::{
    CLOSING_RATE, DISPATCH_ACCURACY, Definition, FIGURES, FILING_RATE, Figure, MEDIATION_RATE,
    RATES, RESOLUTION_RATE, RESPONSE_RATE, REWORK_RATE, SATISFACTION_RATE, Tally, find_figure,
};
use crate::domain::metrics::histogram::Histogram;
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
}

fn rate_definition(definition: &Definition) -> DefinitionWire {
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
    }
}

/// Every definition, rates first.
pub fn definitions_wire() -> Vec<DefinitionWire> {
    RATES.iter().map(rate_definition).chain(FIGURES.iter().map(figure_definition)).collect()
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
    pub definition: String,
}

/// What is open now.
#[derive(Serialize, ToSchema)]
pub struct BacklogWire {
    pub open: i64,
    pub age_median_ms: Option<i64>,
    pub age_p90_ms: Option<i64>,
    pub definition: String,
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

fn label_of(id: &str) -> String {
    find_figure(id).map_or_else(String::new, Figure::label)
}

fn rate_wire(tally: &Tally, definition: &Definition) -> RateWire {
    let rate = tally.rate(definition);
    RateWire {
        value: rate.value(),
        numerator: rate.numerator,
        denominator: rate.denominator,
        interval: rate.interval(),
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

/// The published numbers of some sums.
pub fn metrics_wire(sums: &Sums) -> MetricsWire {
    let tally = &sums.tally;
    let open = tally.get(Measure::Open);
    MetricsWire {
        reported: tally.get(Measure::Reported),
        filed: tally.get(Measure::FiledOfReported),
        dispatched: tally.get(Measure::Dispatched),
        closed: tally.get(Measure::Closed),
        open,
        opinion_collected: tally.get(Measure::OpinionCollected),
        legal_answered: tally.get(Measure::LegalAnswered),
        closing_rate: rate_wire(tally, &CLOSING_RATE),
        filing_rate: rate_wire(tally, &FILING_RATE),
        dispatch_accuracy: rate_wire(tally, &DISPATCH_ACCURACY),
        rework_rate: rate_wire(tally, &REWORK_RATE),
        mediation_rate: rate_wire(tally, &MEDIATION_RATE),
        response_rate: rate_wire(tally, &RESPONSE_RATE),
        resolution_rate: rate_wire(tally, &RESOLUTION_RATE),
        satisfaction_rate: rate_wire(tally, &SATISFACTION_RATE),
        urged: tally.get(Measure::Urged),
        supervised: tally.get(Measure::Supervised),
        whistled: tally.get(Measure::Whistled),
        whistled_on_time: tally.get(Measure::WhistledOnTime),
        backlog: BacklogWire {
            open,
            age_median_ms: sums.backlog_age_ms(0.5),
            age_p90_ms: sums.backlog_age_ms(0.9),
            definition: label_of("open"),
        },
        accept_ms: times_wire(&tally.accept, "accept_ms"),
        handle_ms: times_wire(&tally.handle, "handle_ms"),
        close_ms: times_wire(&tally.close, "close_ms"),
    }
}

/// The same numbers flat, for the properties of a map's feature: a rate's value under its id, with
/// its counts under `<id>_numerator` and `<id>_denominator`; times as `<id>_median` and `<id>_n`.
pub fn flat_metrics(sums: &Sums) -> geojson::JsonObject {
    let mut flat = geojson::JsonObject::new();
    let mut put = |name: String, value: serde_json::Value| flat.insert(name, value);
    for figure in FIGURES.iter().filter(|figure| figure.unit() == "count") {
        put(figure.id.to_owned(), sums.tally.get(figure.measure).into());
    }
    for definition in RATES {
        let rate = sums.tally.rate(definition);
        put(definition.id.to_owned(), rate.value().into());
        put(format!("{}_numerator", definition.id), rate.numerator.into());
        put(format!("{}_denominator", definition.id), rate.denominator.into());
    }
    put("age_median_ms".into(), sums.backlog_age_ms(0.5).into());
    put("age_p90_ms".into(), sums.backlog_age_ms(0.9).into());
    let tally = &sums.tally;
    for (id, times) in
        [("accept_ms", &tally.accept), ("handle_ms", &tally.handle), ("close_ms", &tally.close)]
    {
        put(format!("{id}_median"), times.quantile_ms(0.5).into());
        put(format!("{id}_n"), times.total().into());
    }
    put("n".into(), sums.n().into());
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
    pub metrics: MetricsWire,
}

/// The cells that are known of.
#[derive(Serialize, ToSchema)]
pub struct CellMetricsList {
    pub as_of: String,
    pub from: String,
    pub to: String,
    pub res: u8,
    pub items: Vec<CellMetrics>,
    pub definitions: BTreeMap<String, String>,
}
