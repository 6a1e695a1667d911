//! What a step of supervision is told, from texts to values; and the rights of a tracking number.

use super::ctx::Snapshot;
use super::error::{AppError, say};
use super::handle::{parse_department, unknown};
use crate::domain::access::Actor;
use crate::domain::datum::Datum;
use crate::domain::id::AccountId;
use crate::domain::issue::event::Event;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::supervision::{Ground, Judgement, Reach, Satisfaction, Told, Verdict};
use crate::domain::territory::Position;
use crate::store::change::Presence;

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
    let wrong = |error: &dyn std::fmt::Display| {
        let says = say(format!("坐标无效：{error}"), format!("This is no position: {error}"));
        AppError::field("position", says)
    };
    Position::new(raw.0, raw.1).map_err(|error| wrong(&error))?;
    let (lon, lat) = datum.to_wgs84(raw.0, raw.1);
    Position::new(lon, lat).map_err(|error| wrong(&error))?;
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
        offer: None,
    })
}

/// What is kept of where somebody stood who arrived or checked in.
pub fn presence_of(event: &Event, told: &Told, account: Option<AccountId>) -> Option<Presence> {
    let stood = matches!(event.action, Action::Arrive | Action::CheckIn);
    let (position, account) = told.position.filter(|_| stood).zip(account)?;
    Some(Presence { issue: event.issue, seq: event.seq, account, position, at: event.at })
}

/// Who acts with a tracking number: the reporter. Who sees the number only because an office reads
/// the issue is not the reporter, and has the office's own actions.
///
/// # Errors
/// `Forbidden` for such an office.
pub fn reporter_of(caller: &Actor, issue: &Issue) -> Result<Actor, AppError> {
    if caller.account().is_some() && caller.account() == issue.reporter {
        return Ok(caller.clone());
    }
    if caller.grants().iter().any(|g| g.role.reads_issues() && g.covers(&issue.subject())) {
        return Err(AppError::Forbidden(say(
            "查询编号的权利属于上报人，请在事件页面以本岗位办理",
            "A tracking number gives its reporter's rights; act in your office on the issue's page",
        )));
    }
    Ok(Actor::Anonymous)
}
