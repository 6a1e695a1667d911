//! Reports, places and routes on the wire.

use super::issue::{IssueBrief, View};
use super::{Named, NamedArea, Texts};
use crate::app::assets::assets_near;
use crate::app::coarse::{coarse_route, coarse_sentence};
use crate::app::error::say;
use crate::app::likeness::Alike;
use crate::app::place::Placed;
use crate::app::report::{Preview, Submission};
use crate::app::route::Routed;
use crate::domain::catalog::{Lang, Limit};
use crate::domain::datum::Datum;
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::record::Issue;
use crate::domain::routing::NearbyAsset;
use crate::domain::territory::{Branch, Near, Post, Worker};
use crate::domain::time::Timestamp;
use crate::format::trace::trace_to_value;
use crate::http::problem::ApiError;
use crate::store::change::{Contact, StoredRoute};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who may be asked back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactWire {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub phone: String,
}

/// What the worker did on the spot.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleWire {
    pub note: String,
}

/// A report.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportWire {
    /// `hazard`, `dispute` or `opinion`; follows from the category when left out.
    #[serde(default)]
    pub kind: Option<String>,
    pub category_code: String,
    #[serde(default)]
    pub condition_code: Option<String>,
    /// `general` (default) or `major`.
    #[serde(default)]
    pub severity: Option<String>,
    pub text: String,
    /// Two numbers in `datum`: longitude and latitude in degrees.
    #[schema(value_type = [f64; 2])]
    pub position: (f64, f64),
    /// `wgs84` (default), `gcj02` or `bd09`.
    #[serde(default)]
    pub datum: Option<String>,
    /// Radius of the position's uncertainty, in metres.
    #[serde(default)]
    pub accuracy_m: Option<f64>,
    #[serde(default)]
    pub address: Option<String>,
    #[serde(default)]
    pub anonymous: bool,
    #[serde(default)]
    pub contact: Option<ContactWire>,
    /// When it was seen, by the phone's clock; RFC 3339.
    #[serde(default)]
    pub occurred_at: Option<String>,
    #[serde(default)]
    pub settle: Option<SettleWire>,
    /// Number or id of an open issue that the reporter may read and that this is one more report
    /// of: it is merged into that one. Where that is closed by now, the report stands by itself.
    #[serde(default)]
    pub adds_to: Option<String>,
    /// Ids of uploads that are whole: photos, and at most one voice note.
    #[serde(default)]
    pub uploads: Vec<String>,
}

fn unknown(field: &str, value: &str) -> ApiError {
    let says = say(format!("未知的值 {value:?}"), format!("The value {value:?} is not known"));
    ApiError::invalid(field, says)
}

/// Reads a datum; WGS-84 when nothing is said.
///
/// # Errors
/// The datum is not known.
pub fn parse_datum(text: Option<&str>) -> Result<Datum, ApiError> {
    let text = text.unwrap_or("wgs84");
    Datum::parse(text).ok_or_else(|| unknown("datum", text))
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

impl ReportWire {
    /// Reads the report; `source` is the channel that it came by.
    ///
    /// # Errors
    /// A word or a time is not known.
    pub fn into_submission(self, source: &str) -> Result<Submission, ApiError> {
        let kind = filled(self.kind);
        let severity = filled(self.severity);
        let severity = severity.as_deref().unwrap_or("general");
        let occurred = filled(self.occurred_at);
        Ok(Submission {
            kind: match kind.as_deref() {
                None => None,
                Some(text) => Some(Kind::parse(text).ok_or_else(|| unknown("kind", text))?),
            },
            category: self.category_code,
            condition: filled(self.condition_code),
            severity: Severity::parse(severity).ok_or_else(|| unknown("severity", severity))?,
            text: self.text,
            position: self.position,
            datum: parse_datum(self.datum.as_deref())?,
            accuracy_m: self.accuracy_m,
            address: filled(self.address),
            anonymous: self.anonymous,
            contact: self
                .contact
                .filter(|contact| {
                    !(contact.name.trim().is_empty() && contact.phone.trim().is_empty())
                })
                .map(|contact| Contact { name: contact.name, phone: contact.phone }),
            occurred: match occurred.as_deref() {
                None => None,
                Some(text) => {
                    Some(Timestamp::parse(text).ok_or_else(|| unknown("occurred_at", text))?)
                }
            },
            settle_note: self.settle.map(|settle| settle.note),
            adds_to: filled(self.adds_to),
            source: source.to_owned(),
        })
    }
}

/// A limit with its words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LimitWire {
    pub amount: u32,
    /// `urgent_hour`, `work_hour`, `work_day` or `natural_day`.
    pub unit: String,
    pub text: Texts,
}

impl LimitWire {
    pub fn of(limit: Limit) -> Self {
        Self {
            amount: limit.amount,
            unit: limit.unit.as_str().to_owned(),
            text: say(limit.words(Lang::Zh), limit.words(Lang::En)).into(),
        }
    }
}

/// Where an issue goes and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RouteWire {
    pub lead: Option<Named>,
    pub assists: Vec<Named>,
    pub sentence: Option<Texts>,
    pub fallback: bool,
    pub matrix_version: i64,
    /// Everything that the decision looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub trace: Option<serde_json::Value>,
}

/// A route just decided.
pub fn route_wire(view: &View<'_>, routed: &Routed) -> RouteWire {
    RouteWire {
        lead: routed.lead().map(|code| view.department(code)),
        assists: routed.assists().iter().map(|code| view.department(code)).collect(),
        sentence: Some(routed.sentence().into()),
        fallback: routed.is_fallback(),
        matrix_version: routed.matrix_version,
        trace: None,
    }
}

/// A route as it was kept with the issue. To who may not know the exact place it is told without
/// what would tell that.
pub fn stored_route_wire(view: &View<'_>, issue: &Issue, route: &StoredRoute) -> RouteWire {
    let whole = Routed::of_stored(Some(route));
    let readable = view.reads_text(issue);
    let told = if readable { None } else { Some(coarse_route(&whole)) };
    let told = told.as_ref().unwrap_or(&whole);
    let trace = told.decision.as_ref().and_then(|own| trace_to_value(&own.trace).ok());
    RouteWire {
        lead: whole.lead().map(|code| view.department(code)),
        assists: whole.assists().iter().map(|code| view.department(code)).collect(),
        sentence: whole.decision.as_ref().map(|_| match readable {
            true => whole.sentence().into(),
            false => coarse_sentence(&whole).into(),
        }),
        fallback: whole.is_fallback(),
        matrix_version: route.matrix_version,
        trace,
    }
}

/// A branch near by.
#[derive(Serialize, ToSchema)]
pub struct NearBranch {
    pub code: String,
    pub name: String,
    pub distance_m: f64,
    #[schema(value_type = Option<[f64; 2]>)]
    pub position: Option<(f64, f64)>,
}

/// A worker on duty near by.
#[derive(Serialize, ToSchema)]
pub struct NearWorker {
    pub id: String,
    pub name: String,
    pub grid_code: String,
    pub distance_m: f64,
}

/// An area that the accuracy circle reaches.
#[derive(Serialize, ToSchema)]
pub struct CandidateWire {
    #[serde(flatten)]
    pub area: NamedArea,
    pub distance_m: f64,
}

/// An owned thing near a position: a road, a river, a park.
#[derive(Serialize, ToSchema)]
pub struct AssetWire {
    pub layer: String,
    pub code: String,
    pub name: String,
    pub owner: Option<String>,
    /// 0 within a surface.
    pub distance_m: f64,
}

pub fn asset_wire(asset: &NearbyAsset) -> AssetWire {
    AssetWire {
        layer: asset.layer.clone(),
        code: asset.code.clone(),
        name: asset.name.clone(),
        owner: asset.owner.clone(),
        distance_m: asset.distance_m,
    }
}

/// What the territory says of a position.
#[derive(Serialize, ToSchema)]
pub struct LocationWire {
    #[schema(value_type = [f64; 2])]
    pub position: (f64, f64),
    pub datum: String,
    #[schema(value_type = [f64; 2])]
    pub raw: (f64, f64),
    pub accuracy_m: Option<f64>,
    /// Whether the position lies in any area.
    pub inside: bool,
    pub chain: Vec<NamedArea>,
    pub candidates: Vec<CandidateWire>,
    /// The owned things that it may be on, the nearest first.
    pub assets: Vec<AssetWire>,
    /// The H3 cell at resolution 11.
    pub cell: String,
    pub nearest_branches: Vec<NearBranch>,
    /// For staff only.
    pub nearest_workers: Vec<NearWorker>,
}

/// A likely duplicate, as far as the reader may know it.
#[derive(Serialize, ToSchema)]
pub struct AlikeWire {
    /// Only within the reader's scope.
    pub id: Option<String>,
    /// Only within the reader's scope: the number gives its holder rights.
    pub number: Option<String>,
    pub category_name: String,
    pub state: String,
    pub reported_at: String,
    pub distance_m: f64,
    pub score: f64,
    pub text: Option<String>,
}

/// What a report would become.
#[derive(Serialize, ToSchema)]
pub struct PreviewWire {
    pub location: LocationWire,
    pub route: RouteWire,
    pub duplicates: Vec<AlikeWire>,
    pub limit: Option<LimitWire>,
}

/// A kept report.
#[derive(Serialize, ToSchema)]
pub struct SubmittedWire {
    pub id: String,
    /// The tracking number.
    pub number: String,
    /// The code of the receipt: what goes beyond reading by the number asks for it. It is told here
    /// and nowhere else.
    pub code: Option<String>,
    pub state: String,
    pub location: LocationWire,
    pub route: RouteWire,
    pub duplicates: Vec<AlikeWire>,
    pub limit: Option<LimitWire>,
    /// The issue that it was added to; null where it stands by itself, or where that issue is none
    /// of the reporter's.
    pub added_to: Option<AddedWire>,
}

/// An issue that a report was added to.
#[derive(Serialize, ToSchema)]
pub struct AddedWire {
    pub id: String,
    pub number: String,
}

/// The steps in which strangers are told how far away another report is, in metres.
const STRANGER_STEP_M: f64 = 50.0;

/// Distance and score as they are told: coarse to whoever may not read the issue. From exact ones,
/// asked for from three points, anybody could work out where it lies.
fn shown_nearness(alike: &Alike, readable: bool) -> (f64, f64) {
    match readable {
        true => ((alike.distance_m * 10.0).round() / 10.0, (alike.score * 100.0).round() / 100.0),
        false => (
            (alike.distance_m / STRANGER_STEP_M).ceil().max(1.0) * STRANGER_STEP_M,
            (alike.score * 5.0).round() / 5.0,
        ),
    }
}

fn alike_wire(view: &View<'_>, alike: &Alike) -> AlikeWire {
    let issue = &alike.issue;
    let readable = alike.in_scope && view.reads_text(issue);
    let (distance_m, score) = shown_nearness(alike, readable);
    AlikeWire {
        id: alike.in_scope.then(|| issue.id.to_string()),
        number: alike.in_scope.then(|| issue.number.clone()),
        category_name: view.category_name(&issue.category),
        state: issue.state.to_string(),
        reported_at: issue.times.reported.to_rfc3339(),
        distance_m,
        score,
        text: view.text(issue).filter(|_| readable),
    }
}

/// A preview on the wire.
pub fn preview_wire(view: &View<'_>, preview: &Preview, at: Timestamp) -> PreviewWire {
    PreviewWire {
        location: location_wire(view, &preview.placed, at),
        route: route_wire(view, &preview.routed),
        duplicates: preview.alike.iter().map(|alike| alike_wire(view, alike)).collect(),
        limit: preview.routed.limit().map(LimitWire::of),
    }
}

/// How many neighbours are named.
const NEAREST: usize = 3;

/// A place on the wire. Workers are named to staff only.
pub fn location_wire(view: &View<'_>, placed: &Placed, at: Timestamp) -> LocationWire {
    let (territory, position) = (&view.snapshot.territory, placed.position);
    let branches = territory.nearest_branches(position, NEAREST);
    let workers = match view.actor.is_staff() {
        true => territory.nearest_on_duty_workers(position, NEAREST, at, &view.snapshot.zone),
        false => Vec::new(),
    };
    LocationWire {
        position: placed.place.position,
        datum: placed.place.datum.as_str().to_owned(),
        raw: placed.place.raw,
        accuracy_m: placed.place.accuracy_m,
        inside: !placed.chain.is_empty(),
        chain: view.chain(&placed.place.path),
        candidates: placed
            .candidates
            .iter()
            .map(|(code, distance_m)| CandidateWire {
                area: view.area(code.as_str()),
                distance_m: *distance_m,
            })
            .collect(),
        assets: assets_near(view.snapshot, position, placed.place.accuracy_m)
            .iter()
            .map(asset_wire)
            .collect(),
        cell: format!("{:x}", placed.place.cell),
        nearest_branches: branches.iter().map(near_branch).collect(),
        nearest_workers: workers.iter().map(near_worker).collect(),
    }
}

fn near_branch(near: &Near<&Branch>) -> NearBranch {
    NearBranch {
        code: near.item.code.to_string(),
        name: near.item.name.clone(),
        distance_m: near.distance_m,
        position: near.item.position.map(|position| (position.lon(), position.lat())),
    }
}

fn near_worker(near: &Near<(&Worker, &Post)>) -> NearWorker {
    let (worker, post) = near.item;
    NearWorker {
        id: worker.id.to_string(),
        name: worker.name.clone(),
        grid_code: post.area.to_string(),
        distance_m: near.distance_m,
    }
}

/// A brief of a near issue, for staff.
pub fn near_brief(view: &View<'_>, alike: &Alike) -> IssueBrief {
    let (distance_m, score) = shown_nearness(alike, view.reads_text(&alike.issue));
    IssueBrief {
        distance_m: Some(distance_m),
        score: Some(score),
        ..view.brief(&alike.issue, None)
    }
}
