//! Hot spots, trends and appraisals on the wire. Every number names its definition and leads to the
//! issues behind it.

use super::measure::RateWire;
use super::{Named, Texts};
use serde::Serialize;
use utoipa::ToSchema;

/// One hexagon that stands out.
#[derive(Serialize, ToSchema)]
pub struct SpotWire {
    /// The H3 index in hexadecimal.
    pub cell: String,
    /// The areas in which its middle lies or, when `place_near` says so, the nearest ones; null
    /// when none is near.
    pub place: Option<String>,
    pub place_near: bool,
    /// `hot` or `cold`.
    pub kind: String,
    pub count: i64,
    /// What was counted in the rings around it, itself included.
    pub around: i64,
    /// What would be there, were all spread evenly over the territory.
    pub expected: f64,
    /// Gi*, a z-score.
    pub z: f64,
    /// Two-sided.
    pub p: f64,
    /// `p` corrected for the number of hexagons (Benjamini and Hochberg).
    pub q: f64,
    /// The address of the list of the issues in it.
    pub issues: String,
}

/// The hexagons that stand out, the most surprising first.
#[derive(Serialize, ToSchema)]
pub struct HotspotsWire {
    pub as_of: String,
    pub from: String,
    pub to: String,
    pub res: u8,
    pub rings: u32,
    /// What is counted, such as `reported`.
    pub measure: String,
    /// The definition of what is counted.
    pub definition: String,
    /// The definition of the statistic.
    pub method: String,
    /// The greatest `q` that stands out.
    pub q_max: f64,
    /// The hexagons of the territory.
    pub cells: usize,
    pub n: i64,
    pub items: Vec<SpotWire>,
}

/// One category that is reported more often in one area.
#[derive(Serialize, ToSchema)]
pub struct TrendWire {
    pub area: Named,
    pub category: Named,
    pub recent: i64,
    pub past: i64,
    /// What the recent window would have at the past's pace.
    pub expected: f64,
    /// The recent pace over the past one; null when the past had none.
    pub ratio: Option<f64>,
    /// One-sided.
    pub p: f64,
    /// `p` corrected for the number of pairs (Benjamini and Hochberg).
    pub q: f64,
    /// The address of the list of the recent issues.
    pub issues: String,
}

/// First and last day.
#[derive(Serialize, ToSchema)]
pub struct SpanWire {
    pub from: String,
    pub to: String,
}

/// What rises, the most surprising first.
#[derive(Serialize, ToSchema)]
pub struct TrendsWire {
    pub as_of: String,
    pub level: String,
    pub recent: SpanWire,
    /// The weeks before, at most as many as are asked for and as there are since the first report;
    /// null where there is no whole week: then nothing was compared.
    pub past: Option<SpanWire>,
    /// The definition of what is counted.
    pub definition: String,
    /// The definition of the comparison.
    pub method: String,
    pub q_max: f64,
    /// How many pairs of area and category were compared.
    pub compared: usize,
    pub items: Vec<TrendWire>,
}

/// One rate of an appraisal.
#[derive(Serialize, ToSchema)]
pub struct IndicatorWire {
    /// The rate, such as `rework_rate`.
    pub metric: String,
    pub definition: String,
    pub name: Texts,
    /// `higher` or `lower`.
    pub better: String,
    /// All weights add up to 1.
    pub weight: f64,
    /// The fewest issues under the rate for it to be appraised.
    pub issues_min: i64,
}

/// One rate of one department.
#[derive(Serialize, ToSchema)]
pub struct MarkWire {
    pub metric: String,
    pub rate: RateWire,
    /// 0 to 100; null with too few issues.
    pub points: Option<f64>,
    /// The address of the list of the issues that the rate divides by.
    pub issues: String,
}

/// One department.
#[derive(Serialize, ToSchema)]
pub struct ScoreWire {
    pub department: Named,
    /// 0 to 100; null with too few issues under any of the rates.
    pub score: Option<f64>,
    /// Why there is no score.
    pub reason: Option<Texts>,
    pub marks: Vec<MarkWire>,
}

/// The departments, the best first, then those without a score.
#[derive(Serialize, ToSchema)]
pub struct AppraisalWire {
    pub as_of: String,
    pub from: String,
    pub to: String,
    /// `appraisal@` and the version of the file that says how departments are appraised.
    pub definition: String,
    pub indicators: Vec<IndicatorWire>,
    pub items: Vec<ScoreWire>,
}
