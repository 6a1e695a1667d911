//! What an issue is merged into.

use super::ctx::Ctx;
use super::error::{AppError, say};
use super::number::parse_number;
use crate::domain::access::Scope;
use crate::domain::id::IssueId;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;

/// Reports of one kind alone stand for each other: what is sealed, how it ends and who may read it
/// go by the kind.
///
/// # Errors
/// They are of two kinds; told of `field`.
pub(super) fn check_one_kind(kind: Kind, target: &Issue, field: &str) -> Result<(), AppError> {
    match kind == target.kind {
        true => Ok(()),
        false => Err(AppError::field(
            field,
            say(
                "只能并入同一种类的事件；请先更正其中一件的类别",
                "Only issues of one kind are merged; correct the category of one of them first",
            ),
        )),
    }
}

/// The issue to merge into, by its number or id, within a scope.
///
/// # Errors
/// There is none such; told of `field`.
pub(super) async fn find_target(
    ctx: &Ctx,
    scope: &Scope,
    (field, text): (&str, &str),
) -> Result<Issue, AppError> {
    let found = match IssueId::parse(text) {
        Some(id) => ctx.store.find_issue(id, scope).await?,
        None => match parse_number(text) {
            None => None,
            Some(number) => ctx
                .store
                .find_issue_by_number(&number)
                .await?
                .filter(|issue| scope.allows(&issue.subject())),
        },
    };
    found.ok_or_else(|| {
        AppError::field(
            field,
            say("没有这个事件，或不在您的权限范围内", "No such issue within your scope"),
        )
    })
}
