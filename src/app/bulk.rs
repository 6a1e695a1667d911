//! One action for many issues: each is decided by itself, by the use case of the single action,
//! and kept in a change of its own, so that one that is refused stops no other.

use super::ctx::Ctx;
use super::error::{AppError, say};
use super::handle::{Request, take_marked_action, try_action};
use super::report::RequestKey;
use crate::domain::access::{Actor, Scope};
use crate::domain::id::IssueId;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::step::Refusal;
use crate::store::change::Idempotency;

/// The most issues of one request.
pub const BULK_ISSUES_MAX: usize = 200;

/// What is to be done to each.
#[derive(Clone, Debug)]
pub struct Bulk {
    pub action: Action,
    pub request: Request,
    /// Each to the department that the matrix proposes for it, in place of `request.department`.
    pub to_proposed: bool,
}

/// One of the issues, and the version of it that was looked at.
#[derive(Clone, Debug)]
pub struct Picked {
    pub id: String,
    pub version: Option<i64>,
}

/// What became of one issue, or what would.
pub struct Fate {
    pub id: String,
    /// As it stood; `None` where the actor may not know of it.
    pub before: Option<Issue>,
    pub after: Result<Issue, AppError>,
}

/// Refuses a request that names none, too many, or one twice.
///
/// # Errors
/// The field `issues`, with the remedy.
pub fn check_picked(picked: &[Picked]) -> Result<(), AppError> {
    let says = match picked.len() {
        0 => say("请至少选择一件", "Choose at least one issue"),
        1..=BULK_ISSUES_MAX => {
            let mut ids: Vec<&str> = picked.iter().map(|one| one.id.as_str()).collect();
            ids.sort_unstable();
            match ids.windows(2).find(|pair| pair[0] == pair[1]) {
                None => return Ok(()),
                Some(pair) => say(
                    format!("事件 {} 出现了两次", pair[0]),
                    format!("The issue {} is named twice", pair[0]),
                ),
            }
        }
        n => say(
            format!("一次至多 {BULK_ISSUES_MAX} 件，现为 {n} 件"),
            format!("At most {BULK_ISSUES_MAX} issues at a time, not {n}"),
        ),
    };
    Err(AppError::field("issues", says))
}

async fn find(ctx: &Ctx, scope: &Scope, id: &str) -> Result<Issue, AppError> {
    let id = IssueId::parse(id).ok_or_else(AppError::no_issue)?;
    ctx.store.find_issue(id, scope).await?.ok_or_else(AppError::no_issue)
}

/// The request as it is meant for one issue.
fn request_for(bulk: &Bulk, issue: &Issue) -> Result<Request, AppError> {
    if !bulk.to_proposed {
        return Ok(bulk.request.clone());
    }
    let proposed = issue.proposed.as_ref().ok_or_else(|| {
        let says =
            say("没有建议的部门，请单独派遣", "No department is proposed: dispatch it alone");
        AppError::field("department", says)
    })?;
    Ok(Request { department: Some(proposed.to_string()), ..bulk.request.clone() })
}

fn check_version(issue: &Issue, seen: Option<i64>) -> Result<(), AppError> {
    match seen {
        Some(seen) if seen != issue.version => {
            Err(Refusal::Stale { seen, current: issue.version }.into())
        }
        _ => Ok(()),
    }
}

/// What would become of each; nothing is kept.
///
/// # Errors
/// As for [`check_picked`]; what is wrong with one issue is told of that issue.
pub async fn preview(
    ctx: &Ctx,
    actor: &Actor,
    bulk: &Bulk,
    picked: &[Picked],
) -> Result<Vec<Fate>, AppError> {
    check_picked(picked)?;
    let scope = Scope::of(actor);
    let mut fates = Vec::with_capacity(picked.len());
    for one in picked {
        let id = one.id.clone();
        let fate = match find(ctx, &scope, &one.id).await {
            Err(error) => Fate { id, before: None, after: Err(error) },
            Ok(issue) => {
                let after = try_one(ctx, actor, bulk, &issue, one.version).await;
                Fate { id, before: Some(issue), after }
            }
        };
        fates.push(fate);
    }
    Ok(fates)
}

async fn try_one(
    ctx: &Ctx,
    actor: &Actor,
    bulk: &Bulk,
    issue: &Issue,
    seen: Option<i64>,
) -> Result<Issue, AppError> {
    check_version(issue, seen)?;
    let request = request_for(bulk, issue)?;
    try_action(ctx, actor, issue.clone(), bulk.action, &request).await
}

/// Takes the action on each, one after the other: two that lead into one target would else
/// get into each other's way. Under a key each issue's step is taken once, however often the
/// request is sent.
///
/// # Errors
/// As for [`check_picked`]; `KeyReused` when the key came with another request; a version is
/// missing. What is wrong with one issue is told of that issue.
pub async fn apply(
    ctx: &Ctx,
    actor: &Actor,
    bulk: &Bulk,
    picked: &[Picked],
    key: Option<&RequestKey>,
) -> Result<Vec<Fate>, AppError> {
    check_picked(picked)?;
    if let Some(one) = picked.iter().find(|one| one.version.is_none()) {
        let says = say(
            format!("事件 {} 缺少版本号，请先预览", one.id),
            format!("The issue {} comes without its version: preview first", one.id),
        );
        return Err(AppError::field("issues", says));
    }
    let account = actor.account().ok_or(AppError::Unauthenticated)?;
    let scope = Scope::of(actor);
    // A scope of its own: the keys of reports have nothing to do with these.
    let owner = format!("bulk:{account}");
    let mut fates = Vec::with_capacity(picked.len());
    for one in picked {
        let id = one.id.clone();
        let fate = match find(ctx, &scope, &one.id).await {
            Err(error) => Fate { id, before: None, after: Err(error) },
            Ok(issue) => {
                let mark = key.map(|key| Idempotency {
                    scope: owner.clone(),
                    key: format!("{}/{}", key.key, issue.id),
                    fingerprint: key.fingerprint.clone(),
                    issue: issue.id,
                });
                let after = take_one(ctx, actor, bulk, (&issue, one.version), mark).await;
                if let Err(AppError::KeyReused) = after {
                    return Err(AppError::KeyReused);
                }
                Fate { id, before: Some(issue), after }
            }
        };
        fates.push(fate);
    }
    Ok(fates)
}

async fn take_one(
    ctx: &Ctx,
    actor: &Actor,
    bulk: &Bulk,
    (issue, seen): (&Issue, Option<i64>),
    mark: Option<Idempotency>,
) -> Result<Issue, AppError> {
    if let Some(mark) = &mark
        && let Some((_, known)) = ctx.store.find_idempotent(&mark.scope, &mark.key).await?
    {
        return match known == mark.fingerprint {
            true => Ok(issue.clone()),
            false => Err(AppError::KeyReused),
        };
    }
    check_version(issue, seen)?;
    let request = request_for(bulk, issue)?;
    let at = (bulk.action, issue.version);
    take_marked_action(ctx, actor, issue.id, at, &request, mark).await
}
