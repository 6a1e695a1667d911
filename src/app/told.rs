//! What a step of supervision is told, from texts to values; and the rights of a tracking number.

use super::account::{Guesses, actor_of};
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::handle::{parse_department, unknown};
use super::number::parse_code;
use super::words::format::position_zh;
use crate::domain::access::{Actor, Scope};
use crate::domain::datum::Datum;
use crate::domain::id::AccountId;
use crate::domain::issue::event::Event;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::step::allowed_actions;
use crate::domain::issue::supervision::{Ground, Judgement, Reach, Satisfaction, Told, Verdict};
use crate::domain::issue::workflow::handles;
use crate::domain::territory::Position;
use crate::store::change::Presence;
use crate::store::port::AccountRow;
use subtle::ConstantTimeEq;

/// The fields of supervision as they are asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToldRequest {
    pub departments: Vec<String>,
    pub meeting: Option<String>,
    /// In `datum`.
    pub position: Option<(f64, f64)>,
    pub datum: Datum,
    pub judgement: Option<String>,
    pub reach: Option<String>,
    pub verdict: Option<String>,
    pub satisfaction: Option<String>,
    pub ground: Option<String>,
    pub order: Option<i64>,
    /// Id of the account that is to handle it.
    pub assignee: Option<String>,
}

fn word<T>(
    field: &str,
    text: Option<&String>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, AppError> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| parse(text).ok_or_else(|| unknown(field, text))).transpose()
}

fn wgs84(raw: (f64, f64), datum: Datum) -> Result<(f64, f64), AppError> {
    let wrong = |error| {
        let zh = format!("坐标无效：{}", position_zh(&error));
        AppError::field("position", say(zh, format!("This is no position: {error}")))
    };
    Position::new(raw.0, raw.1).map_err(wrong)?;
    let (lon, lat) = datum.to_wgs84(raw.0, raw.1);
    Position::new(lon, lat).map_err(wrong)?;
    Ok((lon, lat))
}

/// Reads the fields.
///
/// # Errors
/// A code or a word that is not known, or a position that is none.
pub fn read_told(snapshot: &Snapshot, request: &ToldRequest) -> Result<Told, AppError> {
    let departments =
        request.departments.iter().map(|code| parse_department(snapshot, "departments", code));
    Ok(Told {
        departments: departments.collect::<Result<_, _>>()?,
        meeting: request.meeting.clone(),
        position: request.position.map(|raw| wgs84(raw, request.datum)).transpose()?,
        judgement: word("judgement", request.judgement.as_ref(), Judgement::parse)?,
        reach: word("reach", request.reach.as_ref(), Reach::parse)?,
        verdict: word("verdict", request.verdict.as_ref(), Verdict::parse)?,
        satisfaction: word("satisfaction", request.satisfaction.as_ref(), Satisfaction::parse)?,
        ground: word("ground", request.ground.as_ref(), Ground::parse)?,
        order: request.order,
        assignee: None,
        offer: None,
    })
}

/// The account that an issue is assigned to.
///
/// # Errors
/// There is no such account, or it is not active; the store is not available.
pub async fn find_assignee(ctx: &Ctx, id: &str) -> Result<Actor, AppError> {
    let account = match AccountId::parse(id) {
        Some(id) => ctx.store.find_account(id).await?,
        None => None,
    };
    let account = account.filter(|account| account.active);
    account.map_or_else(|| Err(unknown("assignee", id)), |own| Ok(actor_of(&ctx.snapshot(), &own)))
}

/// Who may be named to handle an issue: the active accounts that handle for its lead at its place,
/// by name, each with how many open issues are assigned to it already.
///
/// # Errors
/// The caller may not assign it, or the store is not available.
pub async fn list_handlers(
    ctx: &Ctx,
    actor: &Actor,
    issue: &Issue,
) -> Result<Vec<(AccountRow, i64)>, AppError> {
    if !allowed_actions(issue, actor).contains(&Action::Assign) {
        let en = "This issue is not yours to assign";
        return Err(AppError::Forbidden(say("您不能指派该事件", en)));
    }
    let snapshot = ctx.snapshot();
    let accounts = ctx.store.list_accounts().await?.into_iter();
    let mut handlers: Vec<AccountRow> = accounts
        .filter(|account| account.active && handles(issue, &actor_of(&snapshot, account)))
        .collect();
    handlers.sort_by(|a, b| (&a.name, &a.login).cmp(&(&b.name, &b.login)));
    let ids: Vec<AccountId> = handlers.iter().map(|account| account.id).collect();
    let open = ctx.store.count_assigned(&ids).await?;
    let with_open = handlers.into_iter().map(|account| {
        let open = open.get(&account.id).copied().unwrap_or(0);
        (account, open)
    });
    Ok(with_open.collect())
}

/// What is kept of where somebody stood who arrived or checked in.
pub fn presence_of(event: &Event, told: &Told, account: Option<AccountId>) -> Option<Presence> {
    let stood = matches!(event.action, Action::Arrive | Action::CheckIn);
    let (position, account) = told.position.filter(|_| stood).zip(account)?;
    Some(Presence { issue: event.issue, seq: event.seq, account, position, at: event.at })
}

/// What shows that the reporter asks, for who is not signed in as the reporter.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// The code of the receipt, as it was written.
    pub code: Option<&'a str>,
    /// Where the request came from.
    pub address: &'a str,
}

/// Who acts with a tracking number: the reporter, signed in or with the code of the receipt. The
/// number alone is in every list of the office. Who sees it only because an office reads the issue
/// is not the reporter, and has the office's own actions.
///
/// # Errors
/// `Forbidden` for such an office; `ReportCode` without the right code; `Throttled` after too many
/// wrong ones.
pub async fn reporter_of(
    ctx: &Ctx,
    caller: &Actor,
    issue: &Issue,
    proof: Proof<'_>,
) -> Result<Actor, AppError> {
    if caller.account().is_some() && caller.account() == issue.reporter {
        return Ok(caller.clone());
    }
    if caller.grants().iter().any(|g| g.role.reads_issues() && g.covers(&issue.subject())) {
        return Err(AppError::Forbidden(say(
            "查询编号的权利属于上报人，请在事件页面以本岗位办理",
            "A tracking number gives its reporter's rights; act in your office on the issue's page",
        )));
    }
    check_code(ctx, issue, proof).await?;
    Ok(Actor::Anonymous)
}

async fn check_code(ctx: &Ctx, issue: &Issue, proof: Proof<'_>) -> Result<(), AppError> {
    let wrong = || {
        AppError::ReportCode(say(
            "请填写上报回执上的 8 位核验码；没有核验码请登录上报时的账号，或联系街道办理",
            "Give the code of 8 characters from your receipt; without it, sign in with the account \
             that reported, or ask the street office",
        ))
    };
    let Some(given) = proof.code.filter(|text| !text.trim().is_empty()) else {
        return Err(wrong());
    };
    // The turn lasts from counting to recording: guesses that are sent at once are counted, too.
    let _turn = ctx.password_turn().await?;
    let (now, id) = (ctx.now(), issue.id.to_string());
    let guesses = Guesses::of(("code", &id), proof.address);
    guesses.check(ctx, now).await?;
    let kept = ctx.store.find_code(issue.id).await?;
    let given = parse_code(given).unwrap_or_default();
    let is_right = kept.is_some_and(|kept| bool::from(kept.as_bytes().ct_eq(given.as_bytes())));
    match is_right {
        true => guesses.clear(ctx).await,
        false => {
            guesses.record(ctx, now).await?;
            Err(wrong())
        }
    }
}

/// The issue that another was merged into, at the end of all merges: its course is that of all who
/// reported the same. None for one that was not merged.
///
/// # Errors
/// The store is not available.
pub async fn find_last_merged(ctx: &Ctx, issue: &Issue) -> Result<Option<Issue>, AppError> {
    let (mut last, mut seen) = (None, vec![issue.id]);
    let mut next = issue.merged_into;
    // What was merged in a circle, which the workflow refuses, must not be followed for ever.
    while let Some(id) = next.filter(|id| !seen.contains(id)) {
        seen.push(id);
        // Whoever holds the number of one report is told how the matter stands, and no more of it.
        last = ctx.store.find_issue(id, &Scope::everything()).await?.or(last);
        next = last.as_ref().filter(|found| found.id == id).and_then(|found| found.merged_into);
    }
    Ok(last)
}
