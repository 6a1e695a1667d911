//! What a corrected place, category or severity would do to the route of an issue.

use super::App;
use super::extract::{At, Body, Lang, SignedIn};
use super::filter::parse_word;
use super::problem::ApiError;
use super::wire::issue::View;
use super::wire::report::{AssetWire, LimitWire, asset_wire, parse_datum};
use super::wire::{Named, NamedArea, Texts};
use crate::app::error::AppError;
use crate::app::reroute::{Correction, Moving, ReroutePreview, parts_of};
use crate::app::route::Routed;
use crate::domain::id::IssueId;
use crate::domain::issue::kind::Severity;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A position with its datum.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceFix {
    /// Two numbers in `datum`: longitude and latitude in degrees.
    #[schema(value_type = [f64; 2])]
    pub position: (f64, f64),
    /// `wgs84` (default), `gcj02` or `bd09`.
    #[serde(default)]
    pub datum: Option<String>,
    /// Radius of the position's uncertainty, in metres.
    #[serde(default)]
    pub accuracy_m: Option<f64>,
}

impl PlaceFix {
    /// # Errors
    /// The datum is not known.
    pub fn read(self) -> Result<Moving, ApiError> {
        let datum = parse_datum(self.datum.as_deref())?;
        Ok(Moving { position: self.position, datum, accuracy_m: self.accuracy_m })
    }
}

/// What is to be corrected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionWire {
    #[serde(default)]
    pub place: Option<PlaceFix>,
    /// Category code.
    #[serde(default)]
    pub category: Option<String>,
    /// Condition code.
    #[serde(default)]
    pub condition: Option<String>,
    /// `general` or `major`; alone, as the action `set_severity` takes it.
    #[serde(default)]
    pub severity: Option<String>,
}

/// One side of the difference.
#[derive(Serialize, ToSchema)]
pub struct RouteSide {
    pub lead: Option<Named>,
    pub assists: Vec<Named>,
    /// The id of the rule; null where the fallback ladder or nobody answers.
    pub rule: Option<String>,
    pub fallback: bool,
    pub limit: Option<LimitWire>,
    pub matrix_version: i64,
    /// The areas that hold the place, outermost first.
    pub chain: Vec<NamedArea>,
    /// The owned things near the place, the nearest first.
    pub assets: Vec<AssetWire>,
    pub sentence: Texts,
}

/// What a correction would change.
#[derive(Serialize, ToSchema)]
pub struct RerouteWire {
    /// The version of the issue that this is about.
    pub version: i64,
    pub old: RouteSide,
    pub new: RouteSide,
    pub lead_differs: bool,
    /// What changes, in one sentence.
    pub sentence: Texts,
    /// Whether the action `correct` or `set_severity` must carry `confirmed_route`.
    pub must_confirm: bool,
    /// Whether the issue goes back to the dispatcher.
    pub refiles: bool,
    /// To be sent with the action; it holds for this issue, version and difference.
    pub confirmed_route: String,
}

fn side(view: &View<'_>, routed: &Routed) -> RouteSide {
    let (lead, rule, limit) = parts_of(routed);
    let facts = routed.decision.as_ref().map(|decision| &decision.trace.facts);
    let chain = facts.map_or(&[][..], |facts| &facts.chain).iter().map(|place| NamedArea {
        code: place.code.to_string(),
        name: place.name.clone(),
        level: place.level.to_string(),
    });
    let assets = facts.map_or(&[][..], |facts| &facts.assets);
    RouteSide {
        lead: lead.map(|code| view.department(code)),
        assists: routed.assists().iter().map(|code| view.department(code)).collect(),
        rule,
        fallback: routed.is_fallback(),
        limit: limit.map(LimitWire::of),
        matrix_version: routed.matrix_version,
        chain: chain.collect(),
        assets: assets.iter().map(asset_wire).collect(),
        sentence: routed.sentence().into(),
    }
}

fn wire(view: &View<'_>, preview: &ReroutePreview) -> RerouteWire {
    let (old, new) = (&preview.old, &preview.corrected.routed);
    RerouteWire {
        version: preview.issue.version,
        lead_differs: old.lead() != new.lead(),
        old: side(view, old),
        new: side(view, new),
        sentence: preview.says.clone().into(),
        must_confirm: preview.must_confirm,
        refiles: preview.refiles,
        confirmed_route: preview.corrected.confirmed_route.clone(),
    }
}

/// Shows what a corrected place, category or severity would do to the route; nothing is kept.
#[utoipa::path(post, path = "/issues/{id}/reroute/preview", tag = "issues",
    request_body = CorrectionWire, params(("id" = String, Path)),
    responses((status = 200, body = RerouteWire), (status = 403), (status = 404), (status = 422)))]
pub async fn preview_reroute(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(id): At<String>,
    Body(body): Body<CorrectionWire>,
) -> Result<Json<RerouteWire>, ApiError> {
    let id = IssueId::parse(&id).ok_or_else(AppError::no_issue)?;
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let correction = Correction {
        place: body.place.map(PlaceFix::read).transpose()?,
        category: filled(body.category),
        condition: filled(body.condition),
        severity: parse_word("severity", body.severity.as_ref(), Severity::parse)?,
    };
    let actor = &caller.actor;
    let preview = crate::app::reroute::preview_reroute(&app.ctx, actor, id, &correction).await?;
    let snapshot = app.ctx.snapshot();
    Ok(Json(wire(&View { snapshot: &snapshot, lang, actor }, &preview)))
}
