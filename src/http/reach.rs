//! Issues within reach of a branch, for whoever may see metrics, within his scope.

use super::App;
use super::analyses::in_range;
use super::extract::{Params, SignedIn};
use super::measures::{WindowQuery, window_of};
use super::problem::ApiError;
use crate::app::reach::find_reach;
use crate::app::window::metrics_scope;
use crate::domain::metrics::reach::{REACH_M, REACH_M_USUAL};
use crate::domain::territory::Branch;
use axum::Json;
use axum::extract::State;
use h3o::CellIndex;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// How far reach goes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReachQuery {
    /// Metres over the ground, 500 to 20,000; 1,000 when absent.
    metres: Option<f64>,
}

/// A branch with the issues that have it as their nearest within reach.
#[derive(Serialize, ToSchema)]
pub struct ReachBranchWire {
    pub code: String,
    pub name: String,
    #[schema(value_type = [f64; 2])]
    pub position: (f64, f64),
    pub n: i64,
}

/// A hexagon of resolution 9 with issues.
#[derive(Serialize, ToSchema)]
pub struct ReachCellWire {
    /// The H3 index in hexadecimal.
    pub cell: String,
    /// Its corners, longitude first.
    #[schema(value_type = Vec<[f64; 2]>)]
    pub corners: Vec<(f64, f64)>,
    pub n: i64,
    /// Those that no branch is within reach of.
    pub outside: i64,
}

/// Issues within reach of a branch.
#[derive(Serialize, ToSchema)]
pub struct ReachWire {
    pub as_of: String,
    pub from: String,
    pub to: String,
    pub metres: f64,
    /// The issues reported in the window.
    pub n: i64,
    /// Of them, those within reach of any branch.
    pub within: i64,
    /// Null where there is no issue: nothing is known then.
    pub share: Option<f64>,
    /// All branches that are on the map, those with most issues first.
    pub branches: Vec<ReachBranchWire>,
    pub cells: Vec<ReachCellWire>,
}

fn cell_wire((cell, (n, outside)): (&u64, &(i64, i64))) -> Option<ReachCellWire> {
    let index = CellIndex::try_from(*cell).ok()?;
    let corners = index.boundary().iter().map(|corner| (corner.lng(), corner.lat())).collect();
    Some(ReachCellWire { cell: index.to_string(), corners, n: *n, outside: *outside })
}

/// The share of the issues reported in the window that lie within a distance of any branch, and for
/// each branch the issues that have it as their nearest within that distance. A dispute counts by
/// the middle of its coarse cell.
#[utoipa::path(get, path = "/metrics/reach", tag = "metrics", params(WindowQuery, ReachQuery),
    responses((status = 200, body = ReachWire), (status = 401), (status = 403), (status = 422)))]
pub async fn show_reach(
    State(app): State<App>,
    caller: SignedIn,
    Params(query): Params<WindowQuery>,
    Params(asked): Params<ReachQuery>,
) -> Result<Json<ReachWire>, ApiError> {
    let snapshot = app.ctx.snapshot();
    let window = window_of(&app, &snapshot, &query).await?;
    let metres = in_range("metres", asked.metres.unwrap_or(REACH_M_USUAL), REACH_M)?;
    let scope = metrics_scope(&caller.actor)?;
    let reach = find_reach(&app.ctx, &scope, &window, metres).await?;
    let branch_wire = |branch: &Branch| {
        let position = branch.position?;
        Some(ReachBranchWire {
            code: branch.code.to_string(),
            name: branch.name.clone(),
            position: (position.lon(), position.lat()),
            n: reach.branches.get(&branch.code).copied().unwrap_or(0),
        })
    };
    let mut branches: Vec<_> =
        snapshot.territory.branches().iter().filter_map(branch_wire).collect();
    branches.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.code.cmp(&b.code)));
    Ok(Json(ReachWire {
        as_of: window.as_of.to_rfc3339(),
        from: window.from.to_string(),
        to: window.to.to_string(),
        metres,
        n: reach.n,
        within: reach.within,
        share: reach.share(),
        branches,
        cells: reach.cells.iter().filter_map(cell_wire).collect(),
    }))
}
