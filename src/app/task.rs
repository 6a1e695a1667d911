//! Verification and inspection as tasks: to whom one is offered, and whose they are.

use super::account::actor_of;
use super::admin_log::{self, what};
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use crate::domain::access::{Actor, Role, Scope};
use crate::domain::id::{AccountId, WorkerId};
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::supervision::{DeskReason, Holder, Offer, TaskKind};
use crate::domain::issue::workflow::handled_it;
use crate::domain::territory::Position;
use crate::domain::time::Timestamp;
use std::collections::BTreeMap;

/// On-duty workers near by who are considered, the nearest first.
const WORKERS_MAX: usize = 64;

/// Whether the actor may do the task: a worker who may know what the issue is about, and who
/// neither handled it nor, before filing, reported it.
fn is_suitable(actor: &Actor, issue: &Issue, kind: TaskKind) -> bool {
    let reported_it = actor.account() == issue.reporter && kind == TaskKind::Verification;
    let works_on = |grant: &crate::domain::access::Grant| {
        grant.role == Role::GridWorker
            && grant.kinds.as_ref().is_none_or(|kinds| kinds.contains(&issue.kind))
    };
    actor.grants().iter().any(works_on)
        && super::shown::reads_content(actor, issue)
        && !reported_it
        && !handled_it(issue, actor)
}

/// The nearest suitable on-duty worker, or the desk and why.
async fn find_worker(
    ctx: &Ctx,
    snapshot: &Snapshot,
    issue: &Issue,
    (kind, passed): (TaskKind, &[WorkerId]),
    now: Timestamp,
) -> Result<Offer, AppError> {
    let desk = |reason| Offer { holder: Holder::Desk, reason: Some(reason) };
    let (lon, lat) = issue.place.position;
    let Ok(position) = Position::new(lon, lat) else {
        return Ok(desk(DeskReason::NobodyOnDuty));
    };
    let territory = &snapshot.territory;
    let near = territory.nearest_on_duty_workers(position, WORKERS_MAX, now, &snapshot.zone);
    if near.is_empty() {
        return Ok(desk(DeskReason::NobodyOnDuty));
    }
    let links: BTreeMap<WorkerId, AccountId> =
        ctx.store.list_worker_links().await?.into_iter().collect();
    let ids: Vec<WorkerId> = near.iter().map(|near| near.item.0.id).collect();
    for worker in ids.into_iter().filter(|id| !passed.contains(id)) {
        let Some(account) = links.get(&worker) else { continue };
        let Some(row) = ctx.store.find_account(*account).await? else { continue };
        if row.active && is_suitable(&actor_of(snapshot, &row), issue, kind) {
            return Ok(Offer { holder: Holder::Worker { worker, account: row.id }, reason: None });
        }
    }
    Ok(desk(DeskReason::NobodySuitable))
}

/// To whom the task goes that an action makes or passes on; `None` for any other action.
///
/// # Errors
/// The store is not available.
pub async fn offer_task(
    ctx: &Ctx,
    snapshot: &Snapshot,
    issue: &Issue,
    action: Action,
    now: Timestamp,
) -> Result<Option<Offer>, AppError> {
    let (kind, passed) = match (action, &issue.supervision.task) {
        (Action::AcceptForCheck, _) => (TaskKind::Verification, Vec::new()),
        (Action::OrderCheck, _) => (TaskKind::Inspection, Vec::new()),
        (Action::PassTask, Some(task)) => {
            let mut passed = task.passed.clone();
            if let Holder::Worker { worker, .. } = task.holder {
                passed.push(worker);
            }
            (task.kind, passed)
        }
        _ => return Ok(None),
    };
    find_worker(ctx, snapshot, issue, (kind, &passed), now).await.map(Some)
}

/// The actor's own open tasks, the oldest first; for acceptors those of the desk as well.
///
/// # Errors
/// The store is not available.
pub async fn list_tasks(ctx: &Ctx, actor: &Actor) -> Result<Vec<Issue>, AppError> {
    let Some(account) = actor.account() else { return Err(AppError::Unauthenticated) };
    let desk = match actor {
        Actor::Account { id, name, grants } if actor.has_role(Role::Acceptor) => {
            let own = grants.iter().filter(|grant| grant.role == Role::Acceptor);
            let (id, name, grants) = (*id, name.clone(), own.cloned().collect());
            let mut scope = Scope::of(&Actor::Account { id, name, grants });
            scope.clauses.retain(|clause| !clause.is_personal());
            Some(scope)
        }
        _ => None,
    };
    Ok(ctx.store.list_tasks(account, desk.as_ref()).await?)
}

/// Says which worker an account is, so that tasks can be offered to it; `None` for none. `by` is
/// the administrator's account.
///
/// # Errors
/// There is no such account or worker, or another account is that worker.
pub async fn link_worker(
    ctx: &Ctx,
    by: AccountId,
    account: AccountId,
    worker: Option<&str>,
) -> Result<Option<WorkerId>, AppError> {
    let no_account = || AppError::NotFound(say("没有这个账号", "There is no such account"));
    let account = ctx.store.find_account(account).await?.ok_or_else(no_account)?;
    let unknown =
        || AppError::field("worker_id", say("没有这个网格人员", "There is no such worker"));
    let snapshot = ctx.snapshot();
    let worker = match worker {
        None => None,
        Some(text) => {
            let id = WorkerId::parse(text).ok_or_else(unknown)?;
            Some(snapshot.territory.worker(id).ok_or_else(unknown)?)
        }
    };
    let name = worker.map_or_else(|| "–".to_owned(), |worker| worker.name.clone());
    let facts = [("worker", name)];
    let log = admin_log::entry(ctx, Some(by), what::ACCOUNT_WORKER, &account.login, facts);
    let id = worker.map(|worker| worker.id);
    ctx.store.link_worker(account.id, id, Some(log)).await?;
    Ok(id)
}
