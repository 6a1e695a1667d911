//! What is public of opinions: published answers, and small wishes that anyone able may claim.

use super::ctx::Ctx;
use super::error::{AppError, say};
use super::handle::{Request, act};
use super::report::CONTACT_CHARS_MAX;
use crate::domain::access::{Actor, Scope};
use crate::domain::id::IssueId;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::store::care::{Claimant, PublicItem, PublicQuery};

/// The name that the public is told of a helper: the organisation, or the first name alone. A
/// Chinese name gives its family name first, so what follows it is shown; a name of several words
/// gives its first word.
pub fn shown_helper(claimant: &Claimant) -> String {
    if !claimant.organisation.trim().is_empty() {
        return claimant.organisation.clone();
    }
    let name = claimant.name.trim();
    match name.split_once(char::is_whitespace) {
        Some((first, _)) => first.to_owned(),
        None if name.is_ascii() => name.to_owned(),
        None if name.chars().count() > 1 => name.chars().skip(1).collect(),
        None => String::new(),
    }
}

/// One page of what is published; the second value says whether more follows.
///
/// # Errors
/// The store is not available.
pub async fn list_public(
    ctx: &Ctx,
    query: &PublicQuery,
) -> Result<(Vec<PublicItem>, bool), AppError> {
    let asked = PublicQuery { limit: query.limit.saturating_add(1), ..query.clone() };
    let mut items = ctx.store.list_public(&asked).await?;
    let more = items.len() > query.limit;
    items.truncate(query.limit);
    Ok((items, more))
}

async fn find_wish(ctx: &Ctx, id: IssueId) -> Result<Issue, AppError> {
    let query = PublicQuery { wishes: true, after: None, only: Some(id), limit: 1 };
    let found = ctx.store.list_public(&query).await?.pop();
    let none = || AppError::NotFound(say("没有这个公开的微心愿", "No such published wish"));
    found.map(|item| item.issue).ok_or_else(none)
}

fn check(actor: &Actor, claimant: &Claimant) -> Result<(), AppError> {
    let fields = [
        ("name", &claimant.name),
        ("phone", &claimant.phone),
        ("organisation", &claimant.organisation),
    ];
    for (field, text) in fields {
        if text.chars().count() > CONTACT_CHARS_MAX || text.chars().any(char::is_control) {
            let zh = format!("至多 {CONTACT_CHARS_MAX} 个字，不得换行");
            let en = format!("At most {CONTACT_CHARS_MAX} characters in one line");
            return Err(AppError::field(field, say(zh, en)));
        }
    }
    // Who works here is known by the account.
    if actor.is_staff() {
        return Ok(());
    }
    for (field, text) in [("name", &claimant.name), ("phone", &claimant.phone)] {
        if text.trim().is_empty() {
            let says = say(
                "请留下姓名和电话，以便街道联系",
                "Leave a name and a phone number, so that the office can reach you",
            );
            return Err(AppError::field(field, says));
        }
    }
    Ok(())
}

/// Claims a published wish; the office decides on it.
///
/// # Errors
/// The wish is not published or claimed already, or a resident leaves no contact.
pub async fn claim_wish(
    ctx: &Ctx,
    actor: &Actor,
    id: IssueId,
    claimant: Claimant,
    note: Option<String>,
) -> Result<Issue, AppError> {
    check(actor, &claimant)?;
    let issue = find_wish(ctx, id).await?;
    let by = if actor.is_staff() { actor.clone() } else { Actor::Anonymous };
    let mut request = Request { note, claimant: Some(claimant), ..Request::default() };
    request.care.claimant = by.account();
    let seen = (Action::Claim, issue.version);
    act(ctx, &by, &Scope { clauses: Vec::new() }, issue, seen, &request).await
}

/// Gives a claim of one's own up, whether or not the wish is in one's scope.
///
/// # Errors
/// It is not the actor's claim, or there is no such wish.
pub async fn give_up_claim(
    ctx: &Ctx,
    actor: &Actor,
    id: IssueId,
    note: String,
) -> Result<Issue, AppError> {
    let issue = find_wish(ctx, id).await?;
    let request = Request { note: Some(note), ..Request::default() };
    let seen = (Action::Unclaim, issue.version);
    act(ctx, actor, &Scope { clauses: Vec::new() }, issue, seen, &request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_is_shown_as_an_organisation_or_by_first_name() {
        let claimant = |name: &str, organisation: &str| Claimant {
            name: name.into(),
            phone: "1".into(),
            organisation: organisation.into(),
        };
        for (name, organisation, shown) in [
            ("王小明", "", "小明"),
            ("Ada Lovelace", "", "Ada"),
            ("Ada", "", "Ada"),
            ("王", "", ""),
            ("王小明", "花园社区党支部", "花园社区党支部"),
        ] {
            assert_eq!(shown_helper(&claimant(name, organisation)), shown);
        }
    }
}
