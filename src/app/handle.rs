//! Working an issue: one action, decided by the workflow, kept in one change.

use super::clocks::notice_row;
use super::confide::{keep_step, seal_past};
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::evidence::{self, Hand};
use super::notify::summons_of;
use super::place::{Placed, place};
use super::repeat::{bring_files, find_repeated, finish_change};
use super::report::RequestKey;
use super::reroute::{Correction, Moving, check_confirmed, correct, stored_route};
use super::route::route;
use super::seal::Secret;
use super::target::{check_one_kind, find_target};
use super::task::offer_task;
use super::told::{Proof, ToldRequest, find_assignee, presence_of, read_told, reporter_of};
use crate::domain::access::{Actor, Scope};
use crate::domain::id::{AttachmentId, CategoryCode, ConditionCode, IssueId};
use crate::domain::issue::care::CareFields;
use crate::domain::issue::event::{Event, EventActor};
use crate::domain::issue::notice::notices_of_step;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::{Action, Outcome, ReturnReason};
use crate::domain::issue::step::{
    Command, Reclass, Refusal, Target, allowed_actions, count_reports, decide_timed,
};
use crate::domain::issue::workflow::Field;
use crate::domain::metrics::contribution::{Deltas, add_contribution};
use crate::domain::time::Timestamp;
use crate::store::care::{CareChange, Claimant, Sealed};
use crate::store::change::{Applied, Attachment, Change, Idempotency, Save, StoredRoute};

/// An action as it is asked for, in codes and texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    pub note: Option<String>,
    pub department: Option<String>,
    pub assists: Vec<String>,
    pub until: Option<Timestamp>,
    /// The number or id of the issue to merge into.
    pub target: Option<String>,
    pub outcome: Option<String>,
    pub reason: Option<String>,
    pub cited_rule: Option<String>,
    pub category: Option<String>,
    pub condition: Option<String>,
    /// A corrected place.
    pub place: Option<Moving>,
    /// The word that confirms the change of route that was shown.
    pub confirmed_route: Option<String>,
    pub photos: Vec<AttachmentId>,
    /// Ids of uploads that come with the action: what it shows, and how things were before.
    pub uploads: Vec<String>,
    pub before_uploads: Vec<String>,
    /// Under which the action may be sent as often as need be.
    pub key: Option<RequestKey>,
    /// What supervision is told.
    pub told: ToldRequest,
    /// What the kinds ask for beside that.
    pub care: CareFields,
    /// Texts that are sealed before they are kept, by part.
    pub sealed: Vec<(&'static str, Secret)>,
    pub claimant: Option<Claimant>,
}

/// A value of a field that is not known.
pub fn unknown(field: &str, value: &str) -> AppError {
    AppError::field(
        field,
        say(format!("未知的值 {value:?}"), format!("The value {value:?} is not known")),
    )
}

/// A department that the matrix knows and that is active.
///
/// # Errors
/// The field names no such department.
pub fn parse_department(
    snapshot: &Snapshot,
    field: &str,
    code: &str,
) -> Result<crate::domain::id::DepartmentCode, AppError> {
    crate::domain::id::DepartmentCode::parse(code)
        .ok()
        .filter(|code| snapshot.matrix.is_active(code))
        .ok_or_else(|| unknown(field, code))
}

fn reclass(
    snapshot: &Snapshot,
    issue: &Issue,
    request: &Request,
    at: Timestamp,
) -> Result<Option<(Reclass, StoredRoute)>, AppError> {
    let own = request.condition.is_some().then_some(issue.category.as_str());
    // A condition alone says more precisely what the category says already.
    let Some(code) = request.category.as_deref().or(own) else { return Ok(None) };
    let category = CategoryCode::parse(code)
        .ok()
        .and_then(|code| snapshot.catalog.category(&code))
        .filter(|category| snapshot.catalog.can_be_filed(category))
        .ok_or_else(|| unknown("category", code))?;
    let condition = match request.condition.as_deref() {
        None => None,
        Some(code) => Some(
            ConditionCode::parse(code)
                .ok()
                .and_then(|code| snapshot.catalog.condition(&code))
                .filter(|condition| condition.category == category.code)
                .ok_or_else(|| unknown("condition", code))?,
        ),
    };
    let placed: Placed =
        place(&snapshot.territory, issue.place.raw, issue.place.datum, issue.place.accuracy_m)?;
    let routed = route(snapshot, &placed, (category, condition), issue.severity, at);
    let stored = StoredRoute {
        issue: issue.id,
        seq: issue.version + 1,
        at,
        matrix_version: routed.matrix_version,
        trace: routed.trace_json(),
    };
    let class = Reclass {
        kind: category.kind,
        category: category.code.clone(),
        condition: condition.map(|condition| condition.code.clone()),
        nature: category.nature.map(|nature| nature.as_str().to_owned()),
        inspection: category.needs_inspection,
        proposed: routed.lead().cloned(),
        limit: routed.limit(),
    };
    Ok(Some((class, stored)))
}

/// What a step writes: the issues that change and the routes that were decided.
struct Steps {
    before_after: Vec<(Issue, Issue, Event)>,
    routes: Vec<StoredRoute>,
}

fn change_of(snapshot: &Snapshot, steps: Steps, at: Timestamp) -> Change {
    let mut deltas = Deltas::new();
    let mut saves = Vec::with_capacity(steps.before_after.len());
    for (before, after, event) in steps.before_after {
        add_contribution(&mut deltas, &before, &snapshot.zone, -1);
        add_contribution(&mut deltas, &after, &snapshot.zone, 1);
        saves.push(Save { version_seen: before.version, issue: after, events: vec![event] });
    }
    Change {
        district: snapshot.instance.district.clone(),
        at,
        saves,
        deltas,
        routes: steps.routes,
        ..Change::default()
    }
}

async fn read_command(
    ctx: &Ctx,
    (actor, scope): (&Actor, &Scope),
    issue: &Issue,
    action: Action,
    request: &Request,
) -> Result<Command, AppError> {
    let snapshot = ctx.snapshot();
    let target = match &request.target {
        Some(text) => {
            let other = find_target(ctx, scope, ("target", text)).await?;
            check_one_kind(issue.kind, &other, "target")?;
            Some(Target {
                id: other.id,
                number: other.number,
                state: other.state,
                merged_into: other.merged_into,
            })
        }
        None => None,
    };
    let mut told = read_told(&snapshot, &request.told)?;
    if let Some(id) = &request.told.assignee {
        if action != Action::Assign {
            return Err(Refusal::Superfluous(Field::Assignee).into());
        }
        // Who may not assign is not told who there is.
        if allowed_actions(issue, actor).contains(&action) {
            told.assignee = Some(find_assignee(ctx, id).await?);
        }
    }
    let outcome = request.outcome.as_deref().filter(|text| !text.is_empty());
    let reason = request.reason.as_deref().filter(|text| !text.is_empty());
    Ok(Command {
        action,
        version: issue.version,
        note: request.note.clone(),
        department: request
            .department
            .as_deref()
            .map(|code| parse_department(&snapshot, "department", code))
            .transpose()?,
        assists: request
            .assists
            .iter()
            .map(|code| parse_department(&snapshot, "assists", code))
            .collect::<Result<_, _>>()?,
        until: request.until,
        target,
        outcome: outcome
            .map(|text| Outcome::parse(text).ok_or_else(|| unknown("outcome", text)))
            .transpose()?,
        reason: reason
            .map(|text| ReturnReason::parse(text).ok_or_else(|| unknown("reason", text)))
            .transpose()?,
        cited_rule: request.cited_rule.clone(),
        category: None,
        place: None,
        reroute: None,
        photos: request.photos.clone(),
        told,
        care: request.care.clone(),
    })
}

/// Takes one action on an issue within the actor's scope; `version` is the one that he saw.
///
/// # Errors
/// Not in scope, refused by the workflow, an unknown code, or changed meanwhile.
pub async fn take_action(
    ctx: &Ctx,
    actor: &Actor,
    id: IssueId,
    (action, version): (Action, i64),
    request: &Request,
) -> Result<Issue, AppError> {
    take_marked_action(ctx, actor, id, (action, version), request, None).await
}

/// As [`take_action`]; the mark is written with the step, so that a step that is asked for again
/// under the same mark is taken once. What was taken before gives the issue as it stands.
///
/// # Errors
/// As for [`take_action`].
pub async fn take_marked_action(
    ctx: &Ctx,
    actor: &Actor,
    id: IssueId,
    (action, version): (Action, i64),
    request: &Request,
    mark: Option<Idempotency>,
) -> Result<Issue, AppError> {
    let scope = Scope::of(actor);
    if find_repeated(ctx, actor, id, request).await? {
        // It may have left the scope by this very action, whose answer is given again.
        let known = ctx.store.find_issue(id, &Scope::everything()).await?;
        return known.ok_or_else(AppError::no_issue);
    }
    let issue = ctx.store.find_issue(id, &scope).await?.ok_or_else(AppError::no_issue)?;
    let decided = decide_step(ctx, actor, &scope, issue, (action, version), request).await?;
    keep_decided(ctx, decided, mark).await
}

/// What [`take_action`] would make of the issue; nothing is kept.
///
/// # Errors
/// As for [`take_action`].
pub async fn try_action(
    ctx: &Ctx,
    actor: &Actor,
    issue: Issue,
    action: Action,
    request: &Request,
) -> Result<Issue, AppError> {
    let (scope, version) = (Scope::of(actor), issue.version);
    let decided = decide_step(ctx, actor, &scope, issue, (action, version), request).await?;
    Ok(decided.after)
}

/// A step that was decided and is not kept yet.
struct Decided {
    after: Issue,
    /// The version that was seen.
    version: i64,
    change: Change,
}

async fn keep_decided(
    ctx: &Ctx,
    decided: Decided,
    mark: Option<Idempotency>,
) -> Result<Issue, AppError> {
    let Decided { after, version, mut change } = decided;
    change.idempotency = mark.or(change.idempotency);
    let own = change.idempotency.as_ref().map(|mark| mark.fingerprint.clone());
    match ctx.store.apply(change).await {
        Err(crate::store::StoreError::Stale) => {
            Err(Refusal::Stale { seen: version, current: version + 1 }.into())
        }
        Ok(Applied::Replayed { fingerprint, .. }) if Some(&fingerprint) != own.as_ref() => {
            Err(AppError::KeyReused)
        }
        other => other.map(|_| after).map_err(AppError::from),
    }
}

/// As [`take_action`], for the reporter who holds the tracking number, signed in or with the code
/// of the receipt. Only what the workflow leaves to reporters is possible.
///
/// # Errors
/// As for [`take_action`] and [`reporter_of`].
pub async fn take_reporter_action(
    ctx: &Ctx,
    (caller, proof): (&Actor, Proof<'_>),
    number: &str,
    action: Action,
    request: &Request,
) -> Result<Issue, AppError> {
    let issue = ctx.store.find_issue_by_number(number).await?.ok_or_else(AppError::no_issue)?;
    let mut reporter = reporter_of(ctx, caller, &issue, proof).await?;
    if let Actor::Account { grants, .. } = &mut reporter {
        // The number gives the rights of a reporter and not those of his office.
        grants.clear();
    }
    let version = issue.version;
    let nothing = Scope { clauses: Vec::new() };
    act(ctx, &reporter, &nothing, issue, (action, version), request).await
}

/// Takes an action on an issue that its caller has found.
///
/// # Errors
/// As for [`take_action`].
pub(super) async fn act(
    ctx: &Ctx,
    actor: &Actor,
    scope: &Scope,
    issue: Issue,
    (action, version): (Action, i64),
    request: &Request,
) -> Result<Issue, AppError> {
    let decided = decide_step(ctx, actor, scope, issue, (action, version), request).await?;
    keep_decided(ctx, decided, None).await
}

/// Decides a step with everything that it brings along.
async fn decide_step(
    ctx: &Ctx,
    actor: &Actor,
    scope: &Scope,
    issue: Issue,
    (action, version): (Action, i64),
    request: &Request,
) -> Result<Decided, AppError> {
    // The version comes first: whoever saw another issue must not be told about its fields.
    if version != issue.version {
        return Err(Refusal::Stale { seen: version, current: issue.version }.into());
    }
    let (snapshot, now) = (ctx.snapshot(), ctx.now());
    let mut command = read_command(ctx, (actor, scope), &issue, action, request).await?;
    let brought = bring_files(ctx, actor, (issue.id, action), request, now).await?;
    let mut photos = check_photos(ctx, &issue, &command).await?;
    command.photos.extend(brought.iter().map(|file| file.id));
    photos.extend(brought.iter().cloned());
    let mut steps = Steps { before_after: Vec::new(), routes: Vec::new() };
    let corrected = correction_of(action, request);
    let corrected = corrected.map(|told| correct(&snapshot, &issue, &told, now)).transpose()?;
    if let Some(corrected) = &corrected {
        steps.routes.push(stored_route(&issue, &corrected.routed, now));
        command.category = corrected.category.clone();
        command.place = corrected.place.clone();
        command.reroute = Some(corrected.reroute.clone());
    } else if let Some((class, stored)) = reclass(&snapshot, &issue, request, now)? {
        command.category = Some(class);
        steps.routes.push(stored);
    }
    // What is not possible is said before anybody is looked for.
    let timing = (now, &snapshot.keeper);
    decide_timed(&issue, &command, actor, timing)?;
    if let Some(corrected) = &corrected {
        check_confirmed(&issue, corrected, request.confirmed_route.as_deref())?;
    }
    command.told.offer = offer_task(ctx, &snapshot, &issue, action, now).await?;
    let (after, event) = decide_timed(&issue, &command, actor, timing)?;
    if matches!(action, Action::Submit | Action::Settle) {
        let position = command.told.position;
        let hand = Hand { photos: &photos, named: &command.photos, position };
        evidence::check(&snapshot, &issue, &hand, now)?;
    }
    let presence = presence_of(&event, &command.told, actor.account());
    let (mut after, event, said) = keep_step(&snapshot.seals, Some(&issue), (after, event))?;
    snapshot.seals.keep_text(Some(issue.kind), &mut after)?;
    let mut care = care_change(ctx, &snapshot, (&issue, &after), request).await?;
    care.sealed.extend(said);
    let by = event.actor.clone();
    let notices = notices_of_step(&after, &event).into_iter();
    let notices = notices.map(|notice| notice_row(notice, now)).collect();
    steps.before_after.push((issue.clone(), after.clone(), event));
    steps.before_after.extend(counterparts(ctx, &issue, &command, (by, now)).await?);
    let mut change = change_of(&snapshot, steps, now);
    change.presences.extend(presence);
    change.care = care;
    change.notices = notices;
    finish_change(&mut change, actor, (issue.id, request), brought);
    Ok(Decided { after, version, change })
}

/// What a step brings beside the issue and its event: sealed texts, a claim, summons.
async fn care_change(
    ctx: &Ctx,
    snapshot: &Snapshot,
    (before, after): (&Issue, &Issue),
    request: &Request,
) -> Result<CareChange, AppError> {
    let seal = |(part, plain): &(&'static str, Secret)| -> Result<Sealed, AppError> {
        let body = snapshot.seals.seal(after.id, part, &plain.0)?;
        Ok(Sealed { issue: after.id, part: (*part).to_owned(), body })
    };
    // A claim by an account has its row, too, also where nothing but the account is known.
    let is_new = after.care.claim.is_some_and(|claim| claim.seq == after.version);
    let who = request.claimant.clone().or(is_new.then(Claimant::default));
    let claim = who.map(|who| (after.id, after.version, who));
    let mut change = seal_past(ctx, &snapshot.seals, (before, after)).await?;
    for text in &request.sealed {
        change.sealed.push(seal(text)?);
    }
    change.claims.extend(claim);
    change.summons = summons_of(ctx, snapshot, Some(before), after)?;
    Ok(change)
}

/// What a request corrects of that which the route depends on.
fn correction_of(action: Action, request: &Request) -> Option<Correction> {
    match action {
        Action::Correct => Some(Correction {
            place: request.place,
            category: request.category.clone(),
            condition: request.condition.clone(),
            severity: None,
        }),
        Action::SetSeverity => request
            .care
            .severity
            .map(|severity| Correction { severity: Some(severity), ..Correction::default() }),
        _ => None,
    }
}

/// The issue's photos, where the action looks at them. Those that it names must be among them.
async fn check_photos(
    ctx: &Ctx,
    issue: &Issue,
    command: &Command,
) -> Result<Vec<Attachment>, AppError> {
    let photos = &command.photos;
    if photos.is_empty() && !matches!(command.action, Action::Submit | Action::Settle) {
        return Ok(Vec::new());
    }
    let own = ctx.store.list_attachments(issue.id).await?;
    match photos.iter().find(|id| !own.iter().any(|photo| photo.id == **id)) {
        None => Ok(own),
        Some(id) => Err(unknown("photo_ids", &id.to_string())),
    }
}

/// The other issues of a merge, or of a merge taken back: the target, and what the target itself
/// was merged into meanwhile, since each of them counts the reports of those below.
async fn counterparts(
    ctx: &Ctx,
    issue: &Issue,
    command: &Command,
    (by, now): (EventActor, Timestamp),
) -> Result<Vec<(Issue, Issue, Event)>, AppError> {
    let (mut next, action) = match command.action {
        Action::Merge => (command.target.as_ref().map(|target| target.id), Action::Absorb),
        Action::Unmerge => (issue.merged_into, Action::Release),
        _ => (None, Action::Absorb),
    };
    let mut steps: Vec<(Issue, Issue, Event)> = Vec::new();
    while let Some(id) = next.take() {
        if id == issue.id || steps.iter().any(|(known, ..)| known.id == id) {
            break;
        }
        // The right to merge was decided on the issue that goes; the others only count.
        let other = ctx.store.find_issue(id, &Scope::everything()).await?;
        let Some(other) = other else { break };
        next = other.merged_into;
        if let Some((after, event)) = count_reports(&other, issue, action, by.clone(), now) {
            steps.push((other, after, event));
        }
    }
    Ok(steps)
}
