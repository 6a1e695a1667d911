//! Rulings of arbitration (裁定) as proposed rules of the matrix. Nothing is changed here: a person
//! confirms a proposal by taking it into the next version of the matrix.

use super::ctx::{Ctx, Snapshot};
use super::error::AppError;
use super::place::place;
use super::route::route;
use crate::domain::access::{Actor, Role, Scope};
use crate::domain::id::{DepartmentCode, IssueId};
use crate::domain::issue::event::{Event, fact};
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::routing::learn::{Proposal, Ruling, propose_rules};
use crate::domain::routing::{RuleArea, Selector};
use std::collections::BTreeMap;

/// Issues that are looked at, the latest to be reported first. A city has some dozens of rulings a
/// year.
pub const RULED_MAX: usize = 2_000;

/// What rulings propose.
pub struct Proposals {
    pub proposals: Vec<Proposal>,
    /// The numbers of the issues that the reader may read, by id. A number is the right to read.
    pub numbers: BTreeMap<String, String>,
    /// Rulings that the matrix in force would give by itself.
    pub settled: usize,
}

/// What a proposal's category is in the catalog.
pub fn selector_of(snapshot: &Snapshot, proposal: &Proposal) -> Selector {
    let category = snapshot.catalog.category(&proposal.category);
    match category.is_some_and(|category| category.small_code.is_some()) {
        true => Selector::SmallClass(proposal.category.clone()),
        false => Selector::BigClass(proposal.category.clone()),
    }
}

/// The scope of the issues that proposals to this reader are made from: those that duty
/// supervisors read, and for an administrator, who reads none, the fact of every ruling without
/// the number of its issue.
fn basis(actor: &Actor) -> Scope {
    if actor.has_role(Role::Admin) { Scope::everything() } else { Scope::of(actor) }
}

/// Proposes rules from the rulings on the issues that the actor reads or administers.
///
/// # Errors
/// The database cannot be used.
pub async fn list_proposals(ctx: &Ctx, actor: &Actor) -> Result<Proposals, AppError> {
    collect(ctx, &basis(actor), &Scope::of(actor)).await
}

/// Proposes rules from all rulings, for whoever has the machine.
///
/// # Errors
/// The database cannot be used.
pub async fn list_all_proposals(ctx: &Ctx) -> Result<Proposals, AppError> {
    collect(ctx, &Scope::everything(), &Scope::everything()).await
}

async fn collect(ctx: &Ctx, basis: &Scope, readable: &Scope) -> Result<Proposals, AppError> {
    let snapshot = ctx.snapshot();
    let ruled = ctx.store.list_ruled(RULED_MAX, basis).await?;
    let mut numbers = BTreeMap::new();
    for issue in ctx.store.list_ruled(RULED_MAX, readable).await? {
        numbers.insert(issue.id.to_string(), issue.number);
    }
    let (mut rulings, mut settled) = (Vec::new(), 0);
    for issue in ruled {
        let events = ctx.store.list_events(issue.id).await?;
        let Some(lead) = ruled_lead(&events) else { continue };
        let (now, chain) = route_now(ctx, &snapshot, &issue);
        if now.as_ref() == Some(&lead) {
            settled += 1;
            continue;
        }
        let (id, category) = (id_text(issue.id), issue.category);
        rulings.push(Ruling { issue: id, category, chain, lead });
    }
    Ok(Proposals { proposals: propose_rules(&rulings), numbers, settled })
}

fn id_text(id: IssueId) -> String {
    id.to_string()
}

/// Whom the last ruling named.
fn ruled_lead(events: &[Event]) -> Option<DepartmentCode> {
    let ruling = events.iter().rev().find(|event| event.action == Action::Rule)?;
    DepartmentCode::parse(ruling.fact(fact::LEAD)?).ok()
}

/// Whom the matrix in force names for the issue where it is, and the areas that hold it now.
fn route_now(
    ctx: &Ctx,
    snapshot: &Snapshot,
    issue: &Issue,
) -> (Option<DepartmentCode>, Vec<RuleArea>) {
    let at = &issue.place;
    let Ok(placed) = place(&snapshot.territory, at.raw, at.datum, at.accuracy_m) else {
        return (None, Vec::new());
    };
    let chain = placed.chain.iter();
    let chain = chain.map(|area| RuleArea { level: area.level, code: area.code.clone() }).collect();
    let Some(category) = snapshot.catalog.category(&issue.category) else { return (None, chain) };
    let condition = issue.condition.as_ref().and_then(|code| snapshot.catalog.condition(code));
    let routed = route(snapshot, &placed, (category, condition), issue.severity, ctx.now());
    // The fallback is no answer to who is responsible.
    let lead = routed.lead().filter(|_| !routed.is_fallback()).cloned();
    (lead, chain)
}
