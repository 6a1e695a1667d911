//! A report: placed, checked, routed and kept; or previewed, which keeps nothing.

mod open;

use super::addition::find_known;
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, FieldProblem, Say, say};
use super::likeness::{ALIKE_MAX, Alike, Wanted, find_alike};
use super::photo::Processed;
use super::place::{Placed, place};
use super::route::{Routed, route};
use super::settings::check_open;
use super::shown::shown_text;
use super::upload::{Brought, keep_brought};
use crate::domain::access::{Actor, Role, Scope};
use crate::domain::catalog::{Category, Condition};
use crate::domain::datum::Datum;
use crate::domain::id::{CategoryCode, ConditionCode, IssueId};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::record::Issue;
use crate::domain::time::{DAY_MS, MINUTE_MS, Timestamp};
use crate::store::StoreError;
use crate::store::care::SEALED_PREFIX;
use crate::store::change::{Applied, Contact};
use open::{Kept, change_of};

pub const TEXT_CHARS_MAX: usize = 2_000;
pub const ADDRESS_CHARS_MAX: usize = 200;
pub const CONTACT_CHARS_MAX: usize = 60;
pub const PHOTOS_MAX: usize = 9;
pub const KEY_CHARS_MAX: usize = 128;
/// The greatest accuracy radius that is believed, in metres.
pub const ACCURACY_M_MAX: f64 = 100_000.0;
/// How far ahead of the server's clock a phone's may be, in milliseconds.
const CLOCK_SKEW_MS_MAX: i64 = 10 * MINUTE_MS;
/// How long a phone may be offline before its report counts as made on arrival.
const OFFLINE_MS_MAX: i64 = 30 * DAY_MS;

/// A report as it is submitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    pub kind: Option<Kind>,
    pub category: String,
    pub condition: Option<String>,
    pub severity: Severity,
    pub text: String,
    pub position: (f64, f64),
    pub datum: Datum,
    pub accuracy_m: Option<f64>,
    pub address: Option<String>,
    pub anonymous: bool,
    pub contact: Option<Contact>,
    /// When it was seen, by the phone's clock.
    pub occurred: Option<Timestamp>,
    /// What the worker did on the spot, if that settled it.
    pub settle_note: Option<String>,
    /// The issue, by number or id, that it is one more report of.
    pub adds_to: Option<String>,
    /// The channel.
    pub source: String,
}

/// The key under which a client sends one report, however often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    pub key: String,
    /// A digest of everything that was sent.
    pub fingerprint: String,
}

/// What a report would become.
pub struct Preview {
    pub placed: Placed,
    pub routed: Routed,
    pub alike: Vec<Alike>,
}

/// A kept report.
pub struct Submitted {
    pub issue: Issue,
    /// The code of the receipt; with it the tracking number is the reporter's word. None once it
    /// was erased.
    pub code: Option<String>,
    pub preview: Preview,
    /// What it was added to, where the reporter may read that.
    pub added_to: Option<Issue>,
    /// Whether the same request had been kept before.
    pub replayed: bool,
}

/// The category and condition of a submission, checked.
struct Chosen<'a> {
    category: &'a Category,
    condition: Option<&'a Condition>,
}

fn fault(faults: &mut Vec<FieldProblem>, field: &str, says: Say) {
    faults.push(FieldProblem { field: field.to_owned(), says });
}

fn check_words(faults: &mut Vec<FieldProblem>, field: &str, text: &str, chars_max: usize) {
    // PostgreSQL keeps no NUL, and none of the others can be shown.
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        let says = say("含有控制字符", "This holds a control character");
        fault(faults, field, says);
    }
    // So does what is kept sealed, and nothing else may.
    if text.starts_with(SEALED_PREFIX) {
        let zh = format!("不能以 {SEALED_PREFIX} 开头");
        fault(faults, field, say(zh, format!("This may not begin with {SEALED_PREFIX}")));
    }
    if text.chars().count() > chars_max {
        let zh = format!("至多 {chars_max} 个字");
        fault(faults, field, say(zh, format!("At most {chars_max} characters")));
    }
}

fn choose<'a>(
    snapshot: &'a Snapshot,
    submission: &Submission,
    now: Timestamp,
    faults: &mut Vec<FieldProblem>,
) -> Option<Chosen<'a>> {
    let today = now.day_in(&snapshot.zone);
    let category = CategoryCode::parse(&submission.category)
        .ok()
        .and_then(|code| snapshot.catalog.category(&code))
        .filter(|category| snapshot.catalog.can_be_filed(category));
    let Some(category) = category.filter(|category| category.validity.contains(today)) else {
        let code = &submission.category;
        let says = say(
            format!("没有可上报的类别 {code:?}"),
            format!("There is no category {code:?} to report under"),
        );
        fault(faults, "category_code", says);
        return None;
    };
    if submission.kind.is_some_and(|kind| kind != category.kind) {
        let says = say("类别与事件种类不符", "The category is of another kind");
        fault(faults, "kind", says);
    }
    let condition = match submission.condition.as_deref() {
        None => None,
        Some(code) => {
            let found = ConditionCode::parse(code)
                .ok()
                .and_then(|code| snapshot.catalog.condition(&code))
                .filter(|condition| condition.category == category.code);
            if found.is_none() {
                let says = say(
                    format!("该类别下没有立案条件 {code:?}"),
                    format!("The category has no filing condition {code:?}"),
                );
                fault(faults, "condition_code", says);
            }
            found
        }
    };
    Some(Chosen { category, condition })
}

fn check_person(submission: &Submission, category: &Category, faults: &mut Vec<FieldProblem>) {
    if submission.anonymous && !category.anonymous_allowed {
        let says = say("该类别不能匿名上报", "This category cannot be reported anonymously");
        fault(faults, "anonymous", says);
    }
    if submission.anonymous && submission.contact.is_some() {
        let says = say("匿名上报不能填写联系方式", "An anonymous report carries no contact");
        fault(faults, "contact", says);
    }
    if let Some(contact) = &submission.contact {
        check_words(faults, "contact.name", &contact.name, CONTACT_CHARS_MAX);
        check_words(faults, "contact.phone", &contact.phone, CONTACT_CHARS_MAX);
    }
}

fn check<'a>(
    snapshot: &'a Snapshot,
    submission: &Submission,
    actor: &Actor,
    now: Timestamp,
) -> Result<Chosen<'a>, AppError> {
    let mut faults = Vec::new();
    let chosen = choose(snapshot, submission, now, &mut faults);
    if submission.text.trim().is_empty() {
        fault(&mut faults, "text", say("请填写情况说明", "Say what is the matter"));
    }
    check_words(&mut faults, "text", &submission.text, TEXT_CHARS_MAX);
    let address = submission.address.as_deref();
    check_words(&mut faults, "address", address.unwrap_or(""), ADDRESS_CHARS_MAX);
    faults.extend(accuracy_fault(submission.accuracy_m));
    if submission.occurred.is_some_and(|at| at.0 > now.0 + CLOCK_SKEW_MS_MAX) {
        let (zh, en) = ("发生时间晚于现在", "The time of occurrence lies in the future");
        fault(&mut faults, "occurred_at", say(zh, en));
    }
    if submission.settle_note.is_some() && submission.anonymous {
        let says = say("匿名上报不能自行处置", "Who settles on the spot gives the name");
        fault(&mut faults, "settle", says);
    }
    if submission.settle_note.is_some() && !actor.has_role(Role::GridWorker) {
        let says = say("只有网格员可以自行处置", "Only a grid worker settles on the spot");
        fault(&mut faults, "settle", says);
    }
    if let Some(chosen) = &chosen {
        check_person(submission, chosen.category, &mut faults);
    }
    match chosen {
        Some(chosen) if faults.is_empty() => Ok(chosen),
        _ => Err(AppError::Invalid(faults)),
    }
}

/// Who leaves neither account nor contact is anonymous, whether he says so or not. A preview does
/// not ask: the contact is written last.
fn check_named(
    submission: &Submission,
    category: &Category,
    actor: &Actor,
) -> Result<(), AppError> {
    let named = actor.account().is_some() || submission.contact.is_some();
    match named || category.anonymous_allowed {
        true => Ok(()),
        false => {
            let says = say(
                "该类别不能匿名上报，请填写联系方式",
                "This category cannot be reported anonymously: leave a name or a phone number",
            );
            Err(AppError::field("contact", says))
        }
    }
}

/// What is wrong with an accuracy radius, if anything is.
pub fn accuracy_fault(accuracy_m: Option<f64>) -> Option<FieldProblem> {
    let wrong = accuracy_m.is_some_and(|m| !(0.0..=ACCURACY_M_MAX).contains(&m));
    let says = || say("定位精度须为 0 到 100000 米", "The accuracy must be 0 to 100000 metres");
    wrong.then(|| FieldProblem { field: "accuracy_m".into(), says: says() })
}

/// When the report counts as made: when it was seen, if the phone's clock can be believed.
fn reported_at(submission: &Submission, now: Timestamp) -> Timestamp {
    let seen = submission.occurred.unwrap_or(now);
    if seen.0 < now.0 - OFFLINE_MS_MAX { now } else { seen.min(now) }
}

/// What a report would become; nothing is kept.
///
/// # Errors
/// `Invalid` with every faulty field.
pub async fn preview(
    ctx: &Ctx,
    actor: &Actor,
    submission: &Submission,
) -> Result<Preview, AppError> {
    let (snapshot, now) = (ctx.snapshot(), ctx.now());
    let chosen = check(&snapshot, submission, actor, now)?;
    preview_chosen(ctx, &snapshot, actor, submission, &chosen, now).await
}

async fn preview_chosen(
    ctx: &Ctx,
    snapshot: &Snapshot,
    actor: &Actor,
    submission: &Submission,
    chosen: &Chosen<'_>,
    now: Timestamp,
) -> Result<Preview, AppError> {
    let placed =
        place(&snapshot.territory, submission.position, submission.datum, submission.accuracy_m)?;
    let at = reported_at(submission, now);
    let routed =
        route(snapshot, &placed, (chosen.category, chosen.condition), submission.severity, at);
    let wanted = Wanted {
        place: &placed.place,
        category: &chosen.category.code,
        at,
        text: &submission.text,
        itself: None,
    };
    let mut alike = find_alike(ctx, actor, &wanted).await?;
    alike.truncate(ALIKE_MAX);
    Ok(Preview { placed, routed, alike })
}

/// Keeps a report. When this returns, it is durable.
///
/// # Errors
/// `Invalid` with every faulty field; `KeyReused` when the key came with another report before.
pub async fn submit(
    ctx: &Ctx,
    actor: &Actor,
    submission: Submission,
    key: Option<RequestKey>,
    photos: Vec<Processed>,
) -> Result<Submitted, AppError> {
    submit_with(ctx, actor, submission, key, Brought { photos, uploads: Vec::new() }).await
}

/// As [`submit`], with files that were uploaded before.
///
/// # Errors
/// As for [`submit`]; and when an upload is not there or not whole.
pub async fn submit_with(
    ctx: &Ctx,
    actor: &Actor,
    submission: Submission,
    key: Option<RequestKey>,
    brought: Brought,
) -> Result<Submitted, AppError> {
    // The key of an anonymous report is nobody's: it would tell who reported.
    let owner = actor.account().filter(|_| !submission.anonymous);
    let scope = owner.map_or("anonymous".to_owned(), |id| id.to_string());
    // Files that came with a report that is kept already need not be kept again.
    if !brought.is_empty()
        && let Some(key) = &key
        && let Some((issue, fingerprint)) = ctx.store.find_idempotent(&scope, &key.key).await?
    {
        return replay(ctx, actor, key, issue, &fingerprint).await;
    }
    let outcome = submit_new(ctx, actor, submission, (&scope, key.as_ref()), brought).await;
    match (outcome, &key) {
        // A report that is kept already is answered although it would be refused now.
        (Err(error), Some(key)) => match ctx.store.find_idempotent(&scope, &key.key).await {
            Ok(Some((issue, fingerprint))) => replay(ctx, actor, key, issue, &fingerprint).await,
            _ => Err(error),
        },
        (outcome, _) => outcome,
    }
}

/// A report under a key that is new, as far as is known.
async fn submit_new(
    ctx: &Ctx,
    actor: &Actor,
    submission: Submission,
    (scope, key): (&str, Option<&RequestKey>),
    brought: Brought,
) -> Result<Submitted, AppError> {
    check_open(ctx, actor, "report")?;
    let (snapshot, now) = (ctx.snapshot(), ctx.now());
    let chosen = check(&snapshot, &submission, actor, now)?;
    check_named(&submission, chosen.category, actor)?;
    let preview = preview_chosen(ctx, &snapshot, actor, &submission, &chosen, now).await?;
    let mut known = find_known(ctx, actor, &submission, chosen.category.kind).await?;
    let photos = keep_brought(ctx, actor, &brought, now).await?;
    let kept = Kept {
        submission: &submission,
        chosen: &chosen,
        preview: &preview,
        photos: &photos,
        uploads: &brought.uploads,
        idempotency: key.map(|key| (scope.to_owned(), key.clone())),
    };
    for _ in 0..ADDING_TRIES_MAX {
        let (issue, code, change) = change_of(ctx, actor, &kept, known.as_ref(), now)?;
        match (ctx.store.apply(change).await, key) {
            // Somebody worked on what it is added to: it is added to that as it is now.
            (Err(StoreError::Stale), _) if known.is_some() => {
                known = find_known(ctx, actor, &submission, chosen.category.kind).await?;
            }
            (Err(error), _) => return Err(error.into()),
            (Ok(Applied::Done), _) => {
                let added_to = find_added_to(ctx, actor, &issue).await?;
                let code = Some(code);
                return Ok(Submitted { issue, code, preview, added_to, replayed: false });
            }
            (Ok(Applied::Replayed { issue, fingerprint }), Some(key)) => {
                return replay(ctx, actor, key, issue, &fingerprint).await;
            }
            (Ok(Applied::Replayed { .. }), None) => {
                return Err(AppError::Internal("a replay without a key".into()));
            }
        }
    }
    Err(StoreError::Stale.into())
}

/// How often a report is added anew to what others work on at the same time.
const ADDING_TRIES_MAX: usize = 20;

/// What a report was added to, as far as its reporter may read it.
async fn find_added_to(ctx: &Ctx, actor: &Actor, issue: &Issue) -> Result<Option<Issue>, AppError> {
    match issue.merged_into {
        Some(known) => Ok(ctx.store.find_issue(known, &Scope::of(actor)).await?),
        None => Ok(None),
    }
}

/// What was kept under the key. Nothing is checked again: what was accepted once stays accepted,
/// also when its category is no longer in force.
async fn replay(
    ctx: &Ctx,
    actor: &Actor,
    key: &RequestKey,
    issue: IssueId,
    fingerprint: &str,
) -> Result<Submitted, AppError> {
    if fingerprint != key.fingerprint {
        return Err(AppError::KeyReused);
    }
    // The key is as secret as the report it came with, so its holder may read what it made.
    let everything = Scope::everything();
    let issue = ctx.store.find_issue(issue, &everything).await?.ok_or_else(AppError::no_issue)?;
    let (snapshot, kept) = (ctx.snapshot(), &issue.place);
    let placed = place(&snapshot.territory, kept.raw, kept.datum, kept.accuracy_m)?;
    let routed = Routed::of_stored(ctx.store.find_route(issue.id).await?.as_ref());
    let text = shown_text(&snapshot.seals, actor, &issue).unwrap_or_default();
    let wanted = Wanted {
        place: kept,
        category: &issue.category,
        at: issue.times.reported,
        text: &text,
        itself: Some(issue.id),
    };
    let mut alike = find_alike(ctx, actor, &wanted).await?;
    alike.truncate(ALIKE_MAX);
    let code = ctx.store.find_code(issue.id).await?;
    let added_to = find_added_to(ctx, actor, &issue).await?;
    let preview = Preview { placed, routed, alike };
    Ok(Submitted { preview, issue, code, added_to, replayed: true })
}
