//! Rules that rulings of arbitration speak for, for those who keep the matrix.

use super::App;
use super::extract::{Lang, SignedIn};
use super::problem::ApiError;
use super::wire::{Named, NamedArea};
use crate::app::ctx::Snapshot;
use crate::app::error::{AppError, say};
use crate::app::proposals::{Proposals, list_proposals, selector_of};
use crate::domain::access::Role;
use crate::domain::id::DepartmentCode;
use crate::domain::routing::learn::Proposal;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// An issue that was ruled on.
#[derive(Serialize, ToSchema)]
pub struct RuledIssueWire {
    pub id: String,
    /// Null where the reader may not read the issue.
    pub number: Option<String>,
}

/// Rulings to another department at the same place.
#[derive(Serialize, ToSchema)]
pub struct RuledOtherwiseWire {
    pub lead: Named,
    pub issues: Vec<RuledIssueWire>,
}

/// A rule that rulings speak for.
#[derive(Serialize, ToSchema)]
pub struct ProposalWire {
    /// As a rule of the matrix has it.
    pub selector: String,
    pub category: Named,
    pub area: Option<NamedArea>,
    pub lead: Named,
    /// How many rulings speak for it.
    pub support: usize,
    /// Of the rulings at this place, the share that speaks for it.
    pub share: f64,
    pub issues: Vec<RuledIssueWire>,
    pub against: Vec<RuledOtherwiseWire>,
}

/// What rulings propose.
#[derive(Serialize, ToSchema)]
pub struct ProposalsWire {
    pub items: Vec<ProposalWire>,
    /// Rulings that the matrix in force would give by itself.
    pub settled: usize,
    pub matrix_version: i64,
}

/// Rules that rulings of arbitration speak for. Nothing holds before a person takes it into the
/// matrix.
#[utoipa::path(get, path = "/matrix/proposals", tag = "reference",
    responses((status = 200, body = ProposalsWire), (status = 401), (status = 403)))]
pub async fn show_proposals(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
) -> Result<Json<ProposalsWire>, ApiError> {
    let may = [Role::Admin, Role::DutySupervisor].map(|role| caller.actor.has_role(role));
    if !may.contains(&true) {
        let says = say(
            "需要管理员或值班长权限",
            "This needs the role of an administrator or a duty supervisor",
        );
        return Err(AppError::Forbidden(says).into());
    }
    let found = list_proposals(&app.ctx, &caller.actor).await?;
    let snapshot = app.ctx.snapshot();
    let items = found.proposals.iter().map(|proposal| to_wire(&snapshot, lang, &found, proposal));
    Ok(Json(ProposalsWire {
        items: items.collect(),
        settled: found.settled,
        matrix_version: snapshot.matrix_version,
    }))
}

fn to_wire(
    snapshot: &Snapshot,
    lang: Lang,
    found: &Proposals,
    proposal: &Proposal,
) -> ProposalWire {
    let issue =
        |id: &String| RuledIssueWire { id: id.clone(), number: found.numbers.get(id).cloned() };
    let department = |code: &DepartmentCode| {
        let (zh, en) = snapshot.department_names(code);
        Named { code: code.to_string(), name: lang.pick(&say(zh, en)) }
    };
    let name = snapshot.category_name(&proposal.category, lang);
    let area = proposal.area.as_ref().map(|area| NamedArea {
        code: area.code.to_string(),
        name: snapshot.area_called(area.code.as_str()),
        level: area.level.to_string(),
    });
    let against = proposal.against.iter().map(|(lead, issues)| RuledOtherwiseWire {
        lead: department(lead),
        issues: issues.iter().map(issue).collect(),
    });
    ProposalWire {
        selector: selector_of(snapshot, proposal).to_string(),
        category: Named { code: proposal.category.to_string(), name },
        area,
        lead: department(&proposal.lead),
        support: proposal.support(),
        share: proposal.share(),
        issues: proposal.issues.iter().map(issue).collect(),
        against: against.collect(),
    }
}
