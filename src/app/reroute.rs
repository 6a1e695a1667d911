//! What a corrected place, category or severity does to the route: shown before it is taken.

use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, Say, say};
use super::place::{Placed, place};
use super::report::accuracy_fault;
use super::route::{Routed, route};
use crate::domain::access::{Actor, Scope};
use crate::domain::catalog::{Category, Condition, Lang, Limit};
use crate::domain::datum::Datum;
use crate::domain::id::{CategoryCode, ConditionCode, DepartmentCode, IssueId};
use crate::domain::issue::kind::Severity;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::issue::step::{Reclass, Relocation, Reroute};
use crate::domain::issue::workflow::{corrected_state, offers};
use crate::domain::routing::{Decision, RouteDiff, confirmation};
use crate::domain::time::Timestamp;
use crate::store::change::StoredRoute;

/// What is corrected; at least one of place and category or condition, or the severity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Correction {
    pub place: Option<Moving>,
    pub category: Option<String>,
    pub condition: Option<String>,
    pub severity: Option<Severity>,
}

impl Correction {
    /// The step that takes it. The severity has one of its own, with other roles.
    ///
    /// # Errors
    /// It is corrected together with something else.
    fn action(&self) -> Result<Action, AppError> {
        let other = self.place.is_some() || self.category.is_some() || self.condition.is_some();
        match (self.severity, other) {
            (None, _) => Ok(Action::Correct),
            (Some(_), false) => Ok(Action::SetSeverity),
            (Some(_), true) => Err(AppError::field(
                "severity",
                say(
                    "等级须单独调整，不能与位置或类别一并更正",
                    "Change the severity in a step of its own, not with place or category",
                ),
            )),
        }
    }
}

/// A corrected place as it was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moving {
    /// In `datum`: longitude and latitude in degrees.
    pub position: (f64, f64),
    pub datum: Datum,
    pub accuracy_m: Option<f64>,
}

/// A correction, decided.
pub struct Corrected {
    pub placed: Placed,
    pub routed: Routed,
    /// The word that confirms it.
    pub confirmed_route: String,
    /// What the workflow is told.
    pub place: Option<Relocation>,
    pub category: Option<Reclass>,
    pub reroute: Reroute,
}

/// What a correction would change.
pub struct ReroutePreview {
    pub issue: Issue,
    /// The route that was decided last.
    pub old: Routed,
    pub corrected: Corrected,
    /// Whether the action has to carry the confirming word.
    pub must_confirm: bool,
    /// Whether the issue goes back to the dispatcher.
    pub refiles: bool,
    pub says: Say,
}

fn unknown(field: &str, value: &str) -> AppError {
    AppError::field(
        field,
        say(format!("未知的值 {value:?}"), format!("The value {value:?} is not known")),
    )
}

/// The category and condition that an issue has after a correction.
fn chosen<'a>(
    snapshot: &'a Snapshot,
    issue: &Issue,
    correction: &Correction,
) -> Result<(&'a Category, Option<&'a Condition>), AppError> {
    let code = correction.category.as_deref().unwrap_or(issue.category.as_str());
    let category = CategoryCode::parse(code)
        .ok()
        .and_then(|code| snapshot.catalog.category(&code))
        .filter(|category| correction.category.is_none() || snapshot.catalog.can_be_filed(category))
        .ok_or_else(|| unknown("category", code))?;
    // Another category has other conditions; the place alone leaves the condition as it is.
    let own = issue.condition.as_ref().filter(|_| correction.category.is_none());
    let code = correction.condition.as_deref().or(own.map(|code| code.as_str()));
    let condition = match code {
        None => None,
        Some(code) => Some(
            ConditionCode::parse(code)
                .ok()
                .and_then(|code| snapshot.catalog.condition(&code))
                .filter(|condition| condition.category == category.code)
                .ok_or_else(|| unknown("condition", code))?,
        ),
    };
    Ok((category, condition))
}

/// Decides a correction of an issue; nothing is kept.
///
/// # Errors
/// Nothing is corrected, the place is none, or a code is not known.
pub fn correct(
    snapshot: &Snapshot,
    issue: &Issue,
    correction: &Correction,
    at: Timestamp,
) -> Result<Corrected, AppError> {
    let reclassed = correction.category.is_some() || correction.condition.is_some();
    if correction.place.is_none() && !reclassed && correction.severity.is_none() {
        let says = say("请给出新的位置或类别", "Give a new place or a new category");
        return Err(AppError::field("place", says));
    }
    let own = Moving {
        position: issue.place.raw,
        datum: issue.place.datum,
        accuracy_m: issue.place.accuracy_m,
    };
    let moving = correction.place.unwrap_or(own);
    if let Some(fault) = accuracy_fault(moving.accuracy_m) {
        return Err(AppError::Invalid(vec![fault]));
    }
    let placed = place(&snapshot.territory, moving.position, moving.datum, moving.accuracy_m)?;
    let (category, condition) = chosen(snapshot, issue, correction)?;
    let severity = correction.severity.unwrap_or(issue.severity);
    let routed = route(snapshot, &placed, (category, condition), severity, at);
    let lead = routed.lead().cloned();
    let class = reclassed.then(|| Reclass {
        kind: category.kind,
        category: category.code.clone(),
        condition: condition.map(|condition| condition.code.clone()),
        nature: category.nature.map(|nature| nature.as_str().to_owned()),
        inspection: category.needs_inspection,
        proposed: lead.clone(),
        limit: routed.limit(),
    });
    let moved = correction.place.map(|_| Relocation { place: placed.place.clone() });
    let reroute = Reroute { lead, limit: routed.limit() };
    let decision = routed.decision.as_ref();
    let word = decision.map(|new| confirmation(issue.id, issue.version, new));
    let confirmed_route = word.unwrap_or_default();
    Ok(Corrected { placed, routed, confirmed_route, place: moved, category: class, reroute })
}

/// The route to keep with the issue.
pub fn stored_route(issue: &Issue, routed: &Routed, at: Timestamp) -> StoredRoute {
    StoredRoute {
        issue: issue.id,
        seq: issue.version + 1,
        at,
        matrix_version: routed.matrix_version,
        trace: routed.trace_json(),
    }
}

/// Whether a department was given the issue already: then a person confirms what changes.
pub fn must_confirm(issue: &Issue) -> bool {
    issue.lead.is_some()
}

/// Checks the confirming word of a correction.
///
/// # Errors
/// It is missing where it is needed, or it confirms something else: matrix, territory or the
/// issue has changed since it was shown.
pub fn check_confirmed(
    issue: &Issue,
    corrected: &Corrected,
    word: Option<&str>,
) -> Result<(), AppError> {
    match word {
        None if must_confirm(issue) => Err(AppError::field(
            "confirmed_route",
            say(
                "事件已派遣，请先预览路由变化并确认",
                "A department has this issue: look at the change of route first and confirm it",
            ),
        )),
        Some(word) if word != corrected.confirmed_route => {
            Err(crate::domain::issue::step::Refusal::StaleRoute.into())
        }
        _ => Ok(()),
    }
}

/// What a correction would change, for whoever may take it.
///
/// # Errors
/// Not in scope, not the reader's to correct, or as for [`correct`].
pub async fn preview_reroute(
    ctx: &Ctx,
    actor: &Actor,
    id: IssueId,
    correction: &Correction,
) -> Result<ReroutePreview, AppError> {
    let issue = ctx.store.find_issue(id, &Scope::of(actor)).await?;
    let issue = issue.ok_or_else(AppError::no_issue)?;
    let action = correction.action()?;
    if !offers(&issue, actor).any(|row| row.action == action) {
        let says = say(
            "您不能更正该事件的位置、类别或等级，或其当前状态不允许",
            "You may not correct this issue, or not in its present state",
        );
        return Err(AppError::Forbidden(says));
    }
    let corrected = correct(&ctx.snapshot(), &issue, correction, ctx.now())?;
    let old = Routed::of_stored(ctx.store.find_route(issue.id).await?.as_ref());
    let says = match &corrected.routed.decision {
        None => say("类别未知，由街道裁定", "The category is unknown; the street decides"),
        Some(new) => {
            let diff = RouteDiff { old: old.decision.as_ref(), new };
            say(diff.sentence(Lang::Zh), diff.sentence(Lang::En))
        }
    };
    let refiles = corrected_state(&issue, corrected.reroute.lead.as_ref()) != issue.state;
    let must_confirm = must_confirm(&issue);
    Ok(ReroutePreview { issue, old, corrected, must_confirm, refiles, says })
}

/// The parts of a decision that people compare: lead, rule, limit.
pub fn parts_of(routed: &Routed) -> (Option<&DepartmentCode>, Option<String>, Option<Limit>) {
    let rule = routed.decision.as_ref().and_then(Decision::rule).map(ToString::to_string);
    (routed.lead(), rule, routed.limit())
}
