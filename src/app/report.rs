//! A report: placed, checked, routed and kept; or previewed, which keeps nothing.

use super::confide::{keep_contact, keep_step};
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, FieldProblem, Say, say};
use super::likeness::{ALIKE_MAX, Alike, Wanted, find_alike};
use super::notify::summons_of;
use super::number::{new_code, new_number};
use super::photo::Processed;
use super::place::{Placed, place};
use super::route::{Routed, route};
use super::settings::check_open;
use super::shown::shown_text;
use super::upload::{Brought, keep_brought};
use crate::domain::access::Actor;
use crate::domain::access::Role;
use crate::domain::audit::Hash;
use crate::domain::catalog::{Category, Condition};
use crate::domain::datum::Datum;
use crate::domain::id::{CategoryCode, ConditionCode, IssueId};
use crate::domain::issue::event::{EventActor, Facts, fact};
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::record::{Issue, evolve, place_facts};
use crate::domain::issue::state::{Action, State};
use crate::domain::issue::step::{Command, Draft, decide_timed, seal};
use crate::domain::metrics::contribution::deltas_of;
use crate::domain::time::{DAY_MS, MINUTE_MS, Timestamp};
use crate::store::care::SEALED_PREFIX;
use crate::store::change::{Applied, Attachment, Change, Contact, Idempotency, Save, StoredRoute};

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
    let mut change =
        Change { district: snapshot.instance.district.clone(), at: now, ..Change::default() };
    let attachments = keep_brought(ctx, actor, &brought, now).await?;
    change.uploads = brought.uploads;
    let issue = open_issue(ctx, actor, &submission, &chosen, &preview, &attachments, &mut change)?;
    for attachment in attachments {
        change.attachments.push(Attachment { issue: issue.id, ..attachment });
    }
    if let Some(contact) = submission.contact.clone() {
        change.contacts.push((issue.id, keep_contact(&snapshot.seals, &issue, contact)?));
    }
    change.idempotency = key.map(|key| Idempotency {
        scope: scope.to_owned(),
        key: key.key.clone(),
        fingerprint: key.fingerprint.clone(),
        issue: issue.id,
    });
    let code = new_code();
    change.codes.push((issue.id, code.clone()));
    match ctx.store.apply(change).await? {
        Applied::Done => Ok(Submitted { issue, code: Some(code), preview, replayed: false }),
        Applied::Replayed { issue, fingerprint } => {
            let key = key.ok_or_else(|| AppError::Internal("a replay without a key".into()))?;
            replay(ctx, actor, key, issue, &fingerprint).await
        }
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
    let everything = crate::domain::access::Scope::everything();
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
    Ok(Submitted { preview: Preview { placed, routed, alike }, issue, code, replayed: true })
}

fn report_facts(
    submission: &Submission,
    chosen: &Chosen<'_>,
    preview: &Preview,
    number: &str,
    actor: &Actor,
) -> Facts {
    let mut facts = place_facts(&preview.placed.place);
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.insert(name.to_owned(), value);
        }
    };
    put(fact::NUMBER, Some(number.to_owned()));
    put(fact::KIND, Some(chosen.category.kind.to_string()));
    put(fact::CATEGORY, Some(chosen.category.code.to_string()));
    put(fact::CONDITION, chosen.condition.map(|condition| condition.code.to_string()));
    put(fact::NATURE, chosen.category.nature.map(|nature| nature.as_str().to_owned()));
    put(fact::SEVERITY, Some(submission.severity.as_str().to_owned()));
    put(fact::INSPECTION, Some(chosen.category.needs_inspection.to_string()));
    // The digest of a short text lets a guess be tried, so a dispute's has none.
    let digest = || Hash::of_text(&submission.text).to_string();
    put(fact::TEXT_SHA256, (chosen.category.kind != Kind::Dispute).then(digest));
    put(fact::SOURCE, Some(submission.source.clone()));
    // Who reports without a name is not in the log either.
    let reporter = actor.account().filter(|_| !submission.anonymous);
    put(fact::REPORTER, reporter.map(|id| id.to_string()));
    put(
        fact::ANONYMOUS,
        Some(
            (submission.anonymous || actor.account().is_none() && submission.contact.is_none())
                .to_string(),
        ),
    );
    put(fact::PROPOSED, preview.routed.lead().map(ToString::to_string));
    // That there is someone to call, not who.
    put(fact::CONTACT, submission.contact.as_ref().map(|_| true.to_string()));
    put(fact::LIMIT, preview.routed.limit().map(|limit| limit.to_string()));
    facts
}

/// The new issue with its first events, written into `change`.
fn open_issue(
    ctx: &Ctx,
    actor: &Actor,
    submission: &Submission,
    chosen: &Chosen<'_>,
    preview: &Preview,
    photos: &[Attachment],
    change: &mut Change,
) -> Result<Issue, AppError> {
    let id = IssueId(ctx.new_uuid().as_u128());
    let at = reported_at(submission, change.at);
    let number = new_number();
    let draft = Draft {
        actor: match actor.account().filter(|_| !submission.anonymous) {
            Some(id) => EventActor::Account { id, role: actor.grants().first().map(|g| g.role) },
            None => EventActor::Reporter,
        },
        action: Action::Report,
        note: None,
        facts: report_facts(submission, chosen, preview, &number, actor),
        attachments: photos.iter().map(|photo| photo.id).collect(),
    };
    let snapshot = ctx.snapshot();
    let event = seal(id, 1, at, draft, (None, State::Reported), Hash::START);
    let event = snapshot.keeper.time(None, event, change.at);
    let internal = |error: &dyn std::fmt::Display| AppError::Internal(error.to_string());
    let mut issue = evolve(None, &event).map_err(|error| internal(&error))?;
    issue.text.clone_from(&submission.text);
    issue.address.clone_from(&submission.address);
    let snapshot = ctx.snapshot();
    snapshot.seals.keep_text(None, &mut issue)?;
    let mut events = vec![event];
    if let Some(note) = &submission.settle_note {
        let command =
            Command { note: Some(note.clone()), ..Command::bare(Action::Settle, issue.version) };
        let timing = (change.at, &snapshot.keeper);
        let step = decide_timed(&issue, &command, actor, timing)?;
        // A phone that was offline shows what was settled then, so then is when it counts from.
        super::evidence::check_settled(&snapshot, &issue, photos, at)?;
        let (settled, event, said) = keep_step(&snapshot.seals, Some(&issue), step)?;
        issue = settled;
        events.push(event);
        change.care.sealed.extend(said);
    }
    change.deltas = deltas_of(None, &issue, &snapshot.zone);
    change.care.summons = summons_of(ctx, &snapshot, None, &issue)?;
    change.routes.push(StoredRoute {
        issue: id,
        seq: 1,
        at,
        matrix_version: preview.routed.matrix_version,
        trace: preview.routed.trace_json(),
    });
    change.saves.push(Save { version_seen: 0, issue: issue.clone(), events });
    Ok(issue)
}
