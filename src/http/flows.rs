//! Where issues wait, and how long work takes, within one's scope.

use super::App;
use super::extract::{Params, SignedIn};
use super::filter::parse_word;
use super::measures::{WindowQuery, window_of};
use super::problem::ApiError;
use super::wire::Texts;
use super::wire::flow::{
    FlowWire, GroupTimesWire, LengthsWire, SpreadWire, StateFlowWire, TimesListWire,
};
use super::wire::measure::times_wire;
use crate::app::ctx::Snapshot;
use crate::app::error::say;
use crate::app::flow::{TimesBy, sum_flow, sum_times};
use crate::app::measure::Sums;
use crate::app::periodic::{kind_name, state_name};
use crate::app::window::metrics_scope;
use crate::domain::catalog::Lang;
use crate::domain::id::{CategoryCode, DepartmentCode};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::state::State;
use crate::domain::metrics::dwell::{DWELL_METHOD, Waiting};
use axum::Json;
use axum::extract::State as Extension;
use serde::Deserialize;
use utoipa::IntoParams;

/// By what times are told.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimesQuery {
    /// `kind` (default), `category` or `department`.
    by: Option<String>,
}

/// For each state the stays that began in the window: how many, where they left to, how long they
/// lasted by the calendar and in working hours, and how many are there still. Told by the log; the
/// issues are those that one's scope counts as they are now.
#[utoipa::path(get, path = "/metrics/flow", tag = "metrics", params(WindowQuery),
    responses((status = 200, body = FlowWire), (status = 401), (status = 403), (status = 422)))]
pub async fn show_flow(
    Extension(app): Extension<App>,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
) -> Result<Json<FlowWire>, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query).await?;
    let states = sum_flow(&app.ctx, &scope, &window).await?;
    Ok(Json(FlowWire {
        as_of: window.as_of.to_rfc3339(),
        from: window.from.to_string(),
        to: window.to.to_string(),
        definition: DWELL_METHOD.into(),
        states: states.iter().map(|(state, waiting)| state_wire(*state, waiting)).collect(),
    }))
}

fn state_wire(state: State, waiting: &Waiting) -> StateFlowWire {
    StateFlowWire {
        state: state.to_string(),
        name: state_name(state).into(),
        entered: waiting.entered,
        left: waiting.left.iter().map(|(to, n)| (to.to_string(), *n)).collect(),
        still: waiting.still,
        natural: LengthsWire::of(&waiting.natural),
        working: LengthsWire::of(&waiting.working),
        waiting: LengthsWire::of(&waiting.waiting),
    }
}

/// Times to accept, to handle and to close, with quantiles and histogram, by kind, category or lead
/// department. What took no such time in the window is left out.
#[utoipa::path(get, path = "/metrics/times", tag = "metrics", params(WindowQuery, TimesQuery),
    responses((status = 200, body = TimesListWire), (status = 401), (status = 403),
        (status = 422)))]
pub async fn list_times(
    Extension(app): Extension<App>,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
    Params(wanted): Params<TimesQuery>,
) -> Result<Json<TimesListWire>, ApiError> {
    let scope = metrics_scope(&caller.actor)?;
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query).await?;
    let by = parse_word("by", wanted.by.as_ref(), TimesBy::parse)?.unwrap_or(TimesBy::Kind);
    let sums = sum_times(&app.ctx, &scope, &window, by).await?;
    let timed = |sums: &Sums| {
        let tally = &sums.tally;
        [&tally.accept, &tally.handle, &tally.close].iter().any(|times| times.total() > 0)
    };
    let items = sums.iter().filter(|(_, sums)| timed(sums));
    let items = items.map(|(code, sums)| group_wire(code, name_of(&snapshot, by, code), sums));
    Ok(Json(TimesListWire {
        as_of: window.as_of.to_rfc3339(),
        from: window.from.to_string(),
        to: window.to.to_string(),
        by: wanted.by.filter(|by| !by.is_empty()).unwrap_or_else(|| "kind".into()),
        items: items.collect(),
    }))
}

fn group_wire(code: &str, name: Texts, sums: &Sums) -> GroupTimesWire {
    let tally = &sums.tally;
    let spread = |times, id| SpreadWire::of(times, times_wire(times, id));
    GroupTimesWire {
        code: code.to_owned(),
        name,
        accept_ms: spread(&tally.accept, "accept_ms"),
        handle_ms: spread(&tally.handle, "handle_ms"),
        close_ms: spread(&tally.close, "close_ms"),
    }
}

fn name_of(snapshot: &Snapshot, by: TimesBy, code: &str) -> Texts {
    let plain = || say(code, code);
    let says = match by {
        TimesBy::Kind => Kind::parse(code).map_or_else(plain, kind_name),
        TimesBy::Category => {
            let code = CategoryCode::parse(code).ok();
            let known = code.and_then(|code| snapshot.catalog.category(&code));
            known.map_or_else(plain, |category| {
                let name = |lang| category.name_in(lang).to_owned();
                say(name(Lang::Zh), name(Lang::En))
            })
        }
        TimesBy::Department => DepartmentCode::parse(code).map_or_else(
            |_| plain(),
            |code| {
                let (zh, en) = snapshot.department_names(&code);
                say(zh, en)
            },
        ),
    };
    says.into()
}
