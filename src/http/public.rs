//! What anyone may read: published answers, small wishes that wait for someone able, and the map of
//! what was reported and what came of it.

use super::App;
use super::extract::{At, Body, Caller, Lang, Params, SignedIn};
use super::filter::{LIMIT_DEFAULT, LIMIT_MAX, parse_word};
use super::geojson::{Pairs, cells_written, wants};
use super::measures::{cells_for_the_public, resolution_of};
use super::problem::ApiError;
use super::wire::Page;
use super::wire::care::{GiveUpWire, OfferHelpWire, OfferedWire, PublicWire, public_wire};
use super::wire::issue::View;
use crate::app::called::{KnownCell, know_cell};
use crate::app::error::say;
use crate::app::flat::{Wanted, labels_in_force};
use crate::app::measure::Sums;
use crate::app::settings::check_open;
use crate::app::window::{Window, find_as_of, resolve};
use crate::app::wish::{claim_wish, give_up_claim, list_public};
use crate::domain::access::{Actor, Scope};
use crate::domain::id::IssueId;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::metrics::definition::{CLOSING_RATE, RESOLUTION_RATE};
use crate::domain::time::{Day, Timestamp};
use crate::store::care::{Claimant, PublicItem, PublicQuery};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use geojson::JsonValue;
use h3o::CellIndex;
use serde::Deserialize;
use std::borrow::Cow;
use utoipa::IntoParams;

/// Which page.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PublicPage {
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

fn parse_cursor(text: &str) -> Option<(Timestamp, IssueId)> {
    let (at, id) = text.split_once('_')?;
    Some((Timestamp(at.parse().ok()?), IssueId::parse(id)?))
}

fn cursor_of(item: &PublicItem) -> Option<String> {
    let published = item.issue.care.published?;
    Some(format!("{}_{}", published.at.0, item.issue.id))
}

async fn page(
    app: &App,
    lang: Lang,
    asked: &PublicPage,
    wishes: bool,
) -> Result<Json<Page<PublicWire>>, ApiError> {
    let query = PublicQuery {
        wishes,
        after: parse_word("cursor", asked.cursor.as_ref(), parse_cursor)?,
        only: None,
        limit: asked.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX),
    };
    let (items, more) = list_public(&app.ctx, &query).await?;
    let snapshot = app.ctx.snapshot();
    let view = View { snapshot: &snapshot, lang, actor: &Actor::Anonymous };
    Ok(Json(Page {
        items: items.iter().map(|item| public_wire(&view, item, wishes)).collect(),
        next_cursor: items.last().filter(|_| more).and_then(cursor_of),
        total: None,
    }))
}

/// Published answers to opinions, the latest first.
#[utoipa::path(get, path = "/public/answers", tag = "reports", params(PublicPage),
    responses((status = 200, body = Page<PublicWire>), (status = 403), (status = 422)))]
pub async fn list_answers(
    State(app): State<App>,
    lang: Lang,
    caller: Caller,
    Params(asked): Params<PublicPage>,
) -> Result<Json<Page<PublicWire>>, ApiError> {
    check_open(&app.ctx, &caller.actor, "answers")?;
    page(&app, lang, &asked, false).await
}

/// Published small wishes that are not yet fulfilled, the latest first.
#[utoipa::path(get, path = "/public/wishes", tag = "reports", params(PublicPage),
    responses((status = 200, body = Page<PublicWire>), (status = 403), (status = 422)))]
pub async fn list_wishes(
    State(app): State<App>,
    lang: Lang,
    caller: Caller,
    Params(asked): Params<PublicPage>,
) -> Result<Json<Page<PublicWire>>, ApiError> {
    check_open(&app.ctx, &caller.actor, "answers")?;
    page(&app, lang, &asked, true).await
}

fn offered(issue: &Issue) -> Json<OfferedWire> {
    Json(OfferedWire { claim: issue.care.claim.map(|claim| claim.state.to_string()) })
}

fn parse_id(id: &str) -> Result<IssueId, ApiError> {
    IssueId::parse(id).ok_or_else(ApiError::not_found)
}

/// Offers to fulfil a wish; the office decides on it.
#[utoipa::path(post, path = "/public/wishes/{id}/claim", tag = "reports",
    params(("id" = String, Path)), request_body = OfferHelpWire,
    responses((status = 200, body = OfferedWire), (status = 404), (status = 409), (status = 422)))]
pub async fn claim_public_wish(
    State(app): State<App>,
    caller: Caller,
    At(id): At<String>,
    Body(wire): Body<OfferHelpWire>,
) -> Result<Json<OfferedWire>, ApiError> {
    check_open(&app.ctx, &caller.actor, "answers")?;
    let OfferHelpWire { name, phone, organisation, note } = wire;
    let who = Claimant { name, phone, organisation };
    let issue = claim_wish(&app.ctx, &caller.actor, parse_id(&id)?, who, note).await?;
    Ok(offered(&issue))
}

/// Gives up one's own offer to fulfil a wish.
#[utoipa::path(post, path = "/public/wishes/{id}/unclaim", tag = "reports",
    params(("id" = String, Path)), request_body = GiveUpWire,
    responses((status = 200, body = OfferedWire), (status = 403), (status = 404), (status = 409)))]
pub async fn unclaim_public_wish(
    State(app): State<App>,
    caller: SignedIn,
    At(id): At<String>,
    Body(wire): Body<GiveUpWire>,
) -> Result<Json<OfferedWire>, ApiError> {
    let issue = give_up_claim(&app.ctx, &caller.actor, parse_id(&id)?, wire.note).await?;
    Ok(offered(&issue))
}

/// Which hexagons of the public map.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PublicCellQuery {
    /// How many days up to today: 30, 90 (when absent) or 365.
    days: Option<i32>,
    /// 5 to 9; 8 when absent.
    res: Option<u8>,
    /// `hazard` or `opinion`; both when absent. Disputes are on no public map.
    kind: Option<String>,
}

const PUBLIC_DAYS: [i32; 3] = [90, 30, 365];

/// What was reported and what came of it, by hexagon, as GeoJSON: `n` reports, the
/// closing rate and the resolution rate (in the reporters' words), each with its denominator.
/// Hexagons of fewer than five reports are merged upward; `hidden` counts what stays too few.
#[utoipa::path(get, path = "/public/cells", tag = "metrics", params(PublicCellQuery),
    responses((status = 200, content_type = "application/geo+json"), (status = 422)))]
pub async fn list_public_cells(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<PublicCellQuery>,
) -> Result<Response, ApiError> {
    check_open(&app.ctx, &caller.actor, "map")?;
    let kind = wants("kind", query.kind.as_ref(), &["", "hazard", "opinion"])?;
    let days = query.days.unwrap_or(PUBLIC_DAYS[0]);
    if !PUBLIC_DAYS.contains(&days) {
        let says = say("须为 30、90 或 365", "Must be 30, 90 or 365");
        return Err(ApiError::invalid("days", says));
    }
    let snapshot = app.ctx.snapshot();
    let now = find_as_of(&app.ctx).await?;
    let today = now.day_in(&snapshot.zone);
    let window = Window {
        from: Some(Day(today.0.saturating_sub(days - 1))),
        kind: Kind::parse(kind),
        ..Window::default()
    };
    let window = resolve(&snapshot, &window, now)?;
    let found =
        cells_for_the_public(&app, Scope::everything(), &window, resolution_of(query.res)?).await?;
    let definitions = labels_in_force(&snapshot.rates, &Wanted::default());
    let cells = found
        .cells
        .iter()
        .filter_map(|(cell, sums)| CellIndex::try_from(*cell).ok().map(|cell| (cell, sums)));
    let cells: Vec<(CellIndex, &Sums)> = cells.collect();
    let own = |cell: &KnownCell, (_, sums): &(CellIndex, &Sums), text: &mut Vec<u8>| {
        let mut properties: Vec<(Cow<str>, JsonValue)> =
            vec![("cell".into(), cell.number.as_str().into()), ("n".into(), sums.n().into())];
        for definition in [&CLOSING_RATE, &RESOLUTION_RATE] {
            let rate = sums.tally.rate(snapshot.rates.of(definition));
            let name = definition.metric;
            properties.push((name.into(), rate.value().into()));
            for (side, n) in [("numerator", rate.numerator), ("denominator", rate.denominator)] {
                properties.push((format!("{name}_{side}").into(), n.into()));
            }
        }
        serde_json::to_writer(text, &Pairs(properties))
    };
    let members = vec![
        ("as_of", now.to_rfc3339().into()),
        ("from", window.from.to_string().into()),
        ("to", window.to.to_string().into()),
        ("hidden", found.hidden.into()),
        ("definitions", definitions.into()),
    ];
    Ok(cells_written(&cells, |cell| know_cell(&snapshot, cell), own, members)?)
}
