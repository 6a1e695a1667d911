//! What a desk keeps beside the issues: saved views, handover notes, templates for replies.
//!
//! An office is the place and the department of a grant, as `area/department`: whoever holds a
//! grant over the same shares its views.

use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::window::find_area_path;
use crate::domain::access::{Actor, AreaPath, Grant, Role, Scope};
use crate::domain::id::{AccountId, DepartmentCode};
use crate::domain::issue::clock::Light;
use crate::domain::issue::state::State;
use crate::domain::territory::level::Level;
use crate::domain::time::Timestamp;
use crate::store::desk::{HandoverQuery, HandoverRow, TemplateRow, ViewRow};
use crate::store::query::{Attention, IssueFilter};
use std::collections::BTreeMap;

pub const NAME_CHARS_MAX: usize = 60;
pub const FILTER_CHARS_MAX: usize = 2_000;
pub const VIEWS_MAX: usize = 100;
pub const NOTE_CHARS_MAX: usize = 4_000;
pub const TEMPLATE_CHARS_MAX: usize = 2_000;
pub const TEMPLATES_MAX: usize = 200;
/// How far a count of a handover goes: beyond it the note says "at least".
pub const COUNT_MAX: i64 = 10_000;
/// What a template may hold in braces; it is filled in from the issue.
pub const PLACEHOLDERS: [&str; 3] = ["number", "category", "due"];

fn is_desk(grant: &Grant) -> bool {
    matches!(grant.role, Role::Acceptor | Role::Dispatcher | Role::DutySupervisor)
}

/// The office of a grant; an administrator keeps no desk.
fn office_of(grant: &Grant) -> Option<String> {
    let area = grant.area.as_ref().map_or("", |code| code.as_str());
    let department = grant.department.as_ref().map_or("", DepartmentCode::as_str);
    (grant.role != Role::Admin).then(|| format!("{area}/{department}"))
}

/// The offices of an actor, without repetition.
pub fn offices_of(actor: &Actor) -> Vec<String> {
    let mut offices: Vec<String> = actor.grants().iter().filter_map(office_of).collect();
    offices.sort_unstable();
    offices.dedup();
    offices
}

/// Reads a line or a text that a person wrote.
fn read_text(field: &str, text: &str, (lines, max): (bool, usize)) -> Result<String, AppError> {
    let text = text.trim();
    let is_odd = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\r' | '\t'));
    let fault = |zh: String, en: String| AppError::field(field, say(zh, en));
    match text.chars().count() {
        0 => Err(fault("不能为空".into(), "This is needed".into())),
        n if n > max => Err(fault(format!("至多 {max} 个字"), format!("At most {max} characters"))),
        _ if text.chars().any(is_odd) => {
            Err(fault("含有控制字符".into(), "This holds a control character".into()))
        }
        _ => Ok(text.to_owned()),
    }
}

fn account_of(actor: &Actor) -> Result<(AccountId, &str), AppError> {
    match actor {
        Actor::Account { id, name, .. } => Ok((*id, name)),
        Actor::Anonymous | Actor::System => Err(AppError::Unauthenticated),
    }
}

fn not_there() -> AppError {
    AppError::NotFound(say("没有这个资源", "There is nothing here"))
}

/// A view as it is asked for.
#[derive(Clone, Debug)]
pub struct ViewDraft {
    pub name: String,
    pub filter: String,
    pub ordinal: i64,
    pub office: Option<String>,
}

/// The views that the actor may open, in order.
///
/// # Errors
/// Nobody is signed in, or the store is not available.
pub async fn list_views(ctx: &Ctx, actor: &Actor) -> Result<Vec<ViewRow>, AppError> {
    let (account, _) = account_of(actor)?;
    Ok(ctx.store.list_views(account, &offices_of(actor)).await?)
}

/// A view that the actor may open.
///
/// # Errors
/// There is none such.
pub async fn find_view(ctx: &Ctx, actor: &Actor, id: &str) -> Result<ViewRow, AppError> {
    let (account, _) = account_of(actor)?;
    let offices = offices_of(actor);
    let view = ctx.store.find_view(id).await?;
    let opens = |view: &ViewRow| {
        view.account == account || view.office.as_ref().is_some_and(|own| offices.contains(own))
    };
    view.filter(opens).ok_or_else(not_there)
}

/// Keeps a view: a new one, or one of the actor's own under its id.
///
/// # Errors
/// A faulty field; another's view; too many views.
pub async fn keep_view(
    ctx: &Ctx,
    actor: &Actor,
    id: Option<&str>,
    draft: &ViewDraft,
) -> Result<ViewRow, AppError> {
    let (account, _) = account_of(actor)?;
    // What is not there or not one's own is told before anything is said of the fields.
    let known = match id {
        Some(id) => Some(find_view(ctx, actor, id).await?),
        None => None,
    };
    if let Some(known) = &known {
        check_owner(known, account)?;
    }
    let name = read_text("name", &draft.name, (false, NAME_CHARS_MAX))?;
    if draft.filter.chars().count() > FILTER_CHARS_MAX || draft.filter.chars().any(char::is_control)
    {
        let zh = format!("至多 {FILTER_CHARS_MAX} 个字，且不含控制字符");
        let en = format!("At most {FILTER_CHARS_MAX} characters, none of them a control character");
        return Err(AppError::field("filter", say(zh, en)));
    }
    if draft.office.as_ref().is_some_and(|office| !offices_of(actor).contains(office)) {
        let says = say("只能共享给自己所在的单位", "A view is shared with an office of one's own");
        return Err(AppError::field("office", says));
    }
    let now = ctx.now();
    let (id, created) = match known {
        Some(known) => (known.id, known.created),
        None => {
            let own = ctx.store.list_views(account, &[]).await?;
            if own.len() >= VIEWS_MAX {
                let zh = format!("至多保存 {VIEWS_MAX} 个视图，请先删除不用的");
                let en = format!("At most {VIEWS_MAX} views are kept: delete one first");
                return Err(AppError::Conflict(say(zh, en)));
            }
            (ctx.new_uuid().to_string(), now)
        }
    };
    let view = ViewRow {
        id,
        account,
        name,
        filter: draft.filter.trim_start_matches('?').to_owned(),
        ordinal: draft.ordinal,
        office: draft.office.clone(),
        created,
        updated: now,
    };
    ctx.store.put_view(view.clone()).await?;
    Ok(view)
}

fn check_owner(view: &ViewRow, account: AccountId) -> Result<(), AppError> {
    match view.account == account {
        true => Ok(()),
        false => Err(AppError::Forbidden(say(
            "只有保存者可以修改这个视图",
            "Only who saved the view changes it",
        ))),
    }
}

/// Deletes a view of the actor's own. What is shared may go by its office's duty supervisor, too.
///
/// # Errors
/// There is none such, or it is another's.
pub async fn delete_view(ctx: &Ctx, actor: &Actor, id: &str) -> Result<(), AppError> {
    let (account, _) = account_of(actor)?;
    let view = find_view(ctx, actor, id).await?;
    let supervises = actor
        .grants()
        .iter()
        .any(|grant| grant.role == Role::DutySupervisor && office_of(grant) == view.office);
    if !supervises {
        check_owner(&view, account)?;
    }
    match ctx.store.delete_view(id).await? {
        true => Ok(()),
        false => Err(not_there()),
    }
}

/// The subtrees whose handover notes the actor reads; `None` for all.
fn desks_of(actor: &Actor) -> Result<Option<Vec<AreaPath>>, AppError> {
    let desks: Vec<&Grant> = actor.grants().iter().filter(|grant| is_desk(grant)).collect();
    if desks.is_empty() {
        let says =
            say("交接班记录由街道受理、派遣、值班人员查看", "Handover notes are of the desk");
        return Err(AppError::Forbidden(says));
    }
    if desks.iter().any(|grant| grant.area.is_none()) {
        return Ok(None);
    }
    Ok(Some(desks.iter().filter_map(|grant| grant.path.clone()).collect()))
}

/// The handover notes of the actor's desks, the latest first.
///
/// # Errors
/// The actor has no desk.
pub async fn list_handovers(
    ctx: &Ctx,
    actor: &Actor,
    asked: HandoverQuery,
) -> Result<Vec<HandoverRow>, AppError> {
    let within = desks_of(actor)?;
    Ok(ctx.store.list_handovers(&HandoverQuery { within, ..asked }).await?)
}

/// The area that a note is for: the one that is named, or the desk's own.
fn find_desk_area(
    snapshot: &Snapshot,
    actor: &Actor,
    code: Option<&str>,
) -> Result<(String, AreaPath), AppError> {
    let within = desks_of(actor)?;
    let code = match (code, &within) {
        (Some(code), _) => code.to_owned(),
        (None, Some(own)) if own.len() == 1 => own[0].leaf().unwrap_or("").to_owned(),
        (None, None) => snapshot.instance.district.clone(),
        (None, Some(_)) => {
            let says = say("您有多个街道，请指明其一", "You have several offices: name one");
            return Err(AppError::field("area", says));
        }
    };
    let path = find_area_path(snapshot, &code)?;
    let is_office = snapshot.level_of(&code).is_some_and(|level| level <= Level::Street);
    let is_own = within.is_none_or(|own| own.iter().any(|root| path.is_within(root)));
    if is_office && is_own {
        return Ok((code, path));
    }
    let says = say("交接班记录须属于您的街道", "A handover note is of a street office of yours");
    Err(AppError::field("area", says))
}

/// What is counted for a handover, by the name that the note has for it.
fn waiting(area: &AreaPath, now: Timestamp) -> Vec<(&'static str, IssueFilter)> {
    let open = IssueFilter { area: Some(area.clone()), open: Some(true), ..IssueFilter::default() };
    let states = |states: &[State]| IssueFilter { states: states.to_vec(), ..open.clone() };
    let attention = |what| IssueFilter { attention: Some(what), open: None, ..open.clone() };
    let light = |light| IssueFilter { light: Some((light, now)), ..open.clone() };
    vec![
        ("to_accept", states(&[State::Reported, State::Verifying, State::SelfHandled])),
        ("to_dispatch", states(&[State::Filed])),
        ("returned", attention(Attention::Returned)),
        ("arbitration", states(&[State::Arbitration])),
        ("requests", attention(Attention::RequestOpen)),
        ("appeals", attention(Attention::AppealOpen)),
        ("whistles", attention(Attention::WhistleOpen)),
        ("owed", attention(Attention::ReplyOwed)),
        ("yellow", light(Light::Yellow)),
        ("red", light(Light::Red)),
    ]
}

/// Keeps a handover note with what is open at this moment within the author's scope.
///
/// # Errors
/// A faulty field, or the actor has no desk.
pub async fn keep_handover(
    ctx: &Ctx,
    actor: &Actor,
    area: Option<&str>,
    text: &str,
) -> Result<HandoverRow, AppError> {
    let (account, author) = account_of(actor)?;
    let (area, path) = find_desk_area(&ctx.snapshot(), actor, area)?;
    let text = read_text("text", text, (true, NOTE_CHARS_MAX))?;
    let (now, scope) = (ctx.now(), Scope::of(actor));
    let mut counts = BTreeMap::new();
    for (name, filter) in waiting(&path, now) {
        counts.insert(name, ctx.store.count_up_to(&filter, COUNT_MAX, &scope).await?);
    }
    let counts = serde_json::to_string(&counts).map_err(|e| AppError::Internal(e.to_string()))?;
    let note = HandoverRow {
        id: ctx.new_uuid().to_string(),
        area,
        path,
        account,
        author: author.to_owned(),
        at: now,
        text,
        counts,
    };
    ctx.store.insert_handover(note.clone()).await?;
    Ok(note)
}

/// The departments that the actor handles for.
pub fn departments_of(actor: &Actor) -> Vec<DepartmentCode> {
    let own = actor.grants().iter().filter(|grant| grant.role == Role::Handler);
    let mut codes: Vec<DepartmentCode> = own.filter_map(|grant| grant.department.clone()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// The templates of the actor's departments.
///
/// # Errors
/// The store is not available.
pub async fn list_templates(ctx: &Ctx, actor: &Actor) -> Result<Vec<TemplateRow>, AppError> {
    Ok(ctx.store.list_templates(&departments_of(actor)).await?)
}

/// Refuses braces that nothing fills in.
fn check_placeholders(text: &str) -> Result<(), AppError> {
    let known = || PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(" ");
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let name = rest[open..].strip_prefix('{').and_then(|inner| inner.split_once('}'));
        match name {
            Some((name, after)) if PLACEHOLDERS.contains(&name) => rest = after,
            _ => {
                let place: String = rest[open..].chars().take(20).collect();
                let says = say(
                    format!("“{place}”处的占位符未知；可用：{}", known()),
                    format!("Nothing fills in {place:?}; there are {}", known()),
                );
                return Err(AppError::field("text", says));
            }
        }
    }
    Ok(())
}

/// The template of a department of the actor's own.
async fn find_template(ctx: &Ctx, actor: &Actor, id: &str) -> Result<TemplateRow, AppError> {
    let own = departments_of(actor);
    let found = ctx.store.find_template(id).await?;
    found.filter(|template| own.contains(&template.department)).ok_or_else(not_there)
}

/// Keeps a template: a new one, or another text under its id.
///
/// # Errors
/// A faulty field; not a department of the actor's own; too many templates.
pub async fn keep_template(
    ctx: &Ctx,
    actor: &Actor,
    (id, department): (Option<&str>, Option<&str>),
    (name, text): (&str, &str),
) -> Result<TemplateRow, AppError> {
    let (account, _) = account_of(actor)?;
    let own = departments_of(actor);
    let known = match id {
        Some(id) => Some(find_template(ctx, actor, id).await?),
        None => None,
    };
    if own.is_empty() {
        let says =
            say("回复模板由职能部门维护", "Templates are kept by the handlers of departments");
        return Err(AppError::Forbidden(says));
    }
    let named = match (&known, department) {
        (Some(known), None) => Some(known.department.clone()),
        (_, Some(code)) => own.iter().find(|own| own.as_str() == code).cloned(),
        (None, None) => own.first().filter(|_| own.len() == 1).cloned(),
    };
    let same = |code: &DepartmentCode| known.as_ref().is_none_or(|known| known.department == *code);
    let Some(department) = named.filter(same) else {
        let says = say("请指明您所在的部门", "Name a department that you handle for");
        return Err(AppError::field("department", says));
    };
    let name = read_text("name", name, (false, NAME_CHARS_MAX))?;
    let text = read_text("text", text, (true, TEMPLATE_CHARS_MAX))?;
    check_placeholders(&text)?;
    let all = ctx.store.list_templates(std::slice::from_ref(&department)).await?;
    if known.is_none() && all.len() >= TEMPLATES_MAX {
        let zh = format!("至多 {TEMPLATES_MAX} 个模板，请先删除不用的");
        let en = format!("At most {TEMPLATES_MAX} templates are kept: delete one first");
        return Err(AppError::Conflict(say(zh, en)));
    }
    let template = TemplateRow {
        id: known.map_or_else(|| ctx.new_uuid().to_string(), |known| known.id),
        department,
        name,
        text,
        updated_by: account,
        updated: ctx.now(),
    };
    ctx.store.put_template(template.clone()).await?;
    Ok(template)
}

/// Deletes a template of a department of the actor's own.
///
/// # Errors
/// There is none such.
pub async fn delete_template(ctx: &Ctx, actor: &Actor, id: &str) -> Result<(), AppError> {
    find_template(ctx, actor, id).await?;
    match ctx.store.delete_template(id).await? {
        true => Ok(()),
        false => Err(not_there()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placeholders_that_are_filled_in_are_let_through() {
        for right in ["", "好的", "{number}（{category}）于 {due} 前办结", "{due}{due}"] {
            assert!(check_placeholders(right).is_ok(), "{right}");
        }
        for wrong in ["{name}", "{", "}", "{number", "number}", "{ number }", "{{number}}", "{}"] {
            assert!(check_placeholders(wrong).is_err(), "{wrong}");
        }
    }
}
