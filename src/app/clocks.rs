//! What the clocks do by themselves: suspensions end, notices go out, sign-offs are escalated, due
//! times follow the calendar.
//!
//! Invariant: all nodes do all of this, and each effect happens once. A step carries the version
//! that it was decided on, so that of two only one is written; a notice has a key of its own.

use super::ctx::{Ctx, Snapshot};
use super::error::AppError;
use super::route::Routed;
use super::scan::OpenIssues;
use super::snapshot::CALENDARS;
use crate::domain::access::{Actor, Clause, Role, Scope};
use crate::domain::catalog::Limit;
use crate::domain::id::{AccountId, IssueId};
use crate::domain::issue::alarm::next_alarm;
use crate::domain::issue::clock::{Clocks, Stage, Timekeeper};
use crate::domain::issue::event::Event;
use crate::domain::issue::notice::{
    About, Notice, escalated_to, escalations_due, notice, notices_due, notices_of_reply,
    round_of_stage,
};
use crate::domain::issue::record::{Issue, replay};
use crate::domain::issue::state::{Action, State};
use crate::domain::issue::step::{Command, decide_timed};
use crate::domain::metrics::contribution::add_contribution;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use crate::store::change::{Change, NoticeRow, Save};
use crate::store::port::Alarm;
use crate::store::query::{NoticeQuery, Recipient};
use sha2::{Digest, Sha256};

const SCAN_ISSUES: usize = 200;
/// Faults that a verification tells one by one.
const FAULTS_MAX: usize = 100;
/// The setting that names the calendars by which all due times were worked out.
pub const TIMED_BY: &str = "clocks_timed_by";

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    pub resumed: usize,
    pub escalated: usize,
    /// Issues whose clocks asked for notices.
    pub alarmed: usize,
    /// Issues whose clocks cannot be read for want of a calendar.
    pub unread: usize,
}

/// The id of a notice is a digest of what makes it one, so that it is the same on every node.
pub(super) fn notice_row(notice: Notice, at: Timestamp) -> NoticeRow {
    let mut hasher = Sha256::new();
    let department = notice.department.as_ref().map_or("", |code| code.as_str());
    let issue = notice.issue.to_string();
    let parts =
        [&issue, notice.about.as_str(), notice.recipient.as_str(), department, &notice.round];
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    NoticeRow { id: hex::encode(&digest[..16]), notice, at }
}

/// Writes one step with its notices; `false` when another was faster.
async fn write_step(
    ctx: &Ctx,
    snapshot: &Snapshot,
    before: &Issue,
    (after, event): (Issue, Event),
    notices: Vec<NoticeRow>,
) -> Result<bool, AppError> {
    let mut change = Change {
        district: snapshot.instance.district.clone(),
        at: event.at,
        notices,
        ..Change::default()
    };
    add_contribution(&mut change.deltas, before, &snapshot.zone, -1);
    add_contribution(&mut change.deltas, &after, &snapshot.zone, 1);
    change.saves.push(Save { version_seen: before.version, issue: after, events: vec![event] });
    apply_unless_stale(ctx, change).await
}

/// Whether a change was written; not when somebody else was faster.
async fn apply_unless_stale(ctx: &Ctx, change: Change) -> Result<bool, AppError> {
    match ctx.store.apply(change).await {
        Ok(_) => Ok(true),
        Err(StoreError::Stale) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Brings a row up to its log, without an event: the counters follow the log, and stay. Whether it
/// was written; not when somebody worked on the issue meanwhile.
pub(super) async fn save_row(ctx: &Ctx, issue: Issue) -> Result<bool, AppError> {
    let district = ctx.instance().district;
    let mut change = Change { district, at: ctx.now(), ..Change::default() };
    change.saves.push(Save { version_seen: issue.version, issue, events: Vec::new() });
    apply_unless_stale(ctx, change).await
}

/// Takes a step of the service's own through the workflow; `None` when it is refused or another
/// was faster.
async fn take_step(
    ctx: &Ctx,
    issue: &Issue,
    action: Action,
    now: Timestamp,
    notice_of: impl FnOnce(&Issue) -> Notice,
) -> Result<Option<Issue>, AppError> {
    let snapshot = ctx.snapshot();
    let command = Command::bare(action, issue.version);
    let step = decide_timed(issue, &command, &Actor::System, (now, &snapshot.keeper));
    let Ok((after, event)) = step else { return Ok(None) };
    let notices = vec![notice_row(notice_of(&after), now)];
    let written = write_step(ctx, &snapshot, issue, (after.clone(), event), notices).await?;
    Ok(written.then_some(after))
}

/// Ends a suspension whose date has come.
async fn resume(ctx: &Ctx, issue: &Issue, now: Timestamp) -> Result<bool, AppError> {
    let until = issue.suspended_until.map_or(0, |until| until.0);
    let tell = |after: &Issue| notice(after, (About::Resumed, Role::Handler), until.to_string());
    Ok(take_step(ctx, issue, Action::Resume, now, tell).await?.is_some())
}

/// Escalates a sign-off as often as it is due to be.
async fn escalate(ctx: &Ctx, mut issue: Issue, now: Timestamp) -> Result<(usize, Issue), AppError> {
    let snapshot = ctx.snapshot();
    let mut times = 0;
    while let Some(clock) = issue.clocks.stage.as_ref().filter(|c| c.stage == Stage::SignOff)
        && let Ok(Some(reading)) = clock.read(&snapshot.keeper.calendar, now)
        && clock.escalations < escalations_due(reading)
    {
        let rung = clock.escalations + 1;
        let round = format!("{}:{rung}", round_of_stage(clock));
        let tell = |after: &Issue| notice(after, (About::Escalated, escalated_to(rung)), round);
        match take_step(ctx, &issue, Action::Escalate, now, tell).await? {
            Some(after) => issue = after,
            None => break,
        }
        times += 1;
    }
    Ok((times, issue))
}

/// Takes the steps that an issue's clocks ask for, and says what is to be told, and when to look at
/// the issue again: `None` after a step that sets its own alarm, and where a calendar is lacking.
async fn attend(
    ctx: &Ctx,
    (rang, issue): (Timestamp, Issue),
    now: Timestamp,
    ran: &mut Ran,
) -> Result<(Vec<Notice>, Option<Alarm>), AppError> {
    let is_over = issue.suspended_until.is_some_and(|until| until <= now);
    if issue.state == State::Suspended && is_over {
        ran.resumed += usize::from(resume(ctx, &issue, now).await?);
        return Ok((Vec::new(), None));
    }
    let (times, issue) = escalate(ctx, issue, now).await?;
    ran.escalated += times;
    let snapshot = ctx.snapshot();
    let mut notices = notices_of_reply(&issue, now);
    let due = notices_due(&issue, &snapshot.keeper, now);
    let next = match due.and_then(|due| Ok((due, next_alarm(&issue, &snapshot.keeper, now)?))) {
        Ok((due, next)) => {
            notices.extend(due);
            Some(Alarm { issue: issue.id, version: issue.version, rang, next })
        }
        Err(_) => {
            ran.unread += 1;
            None
        }
    };
    ran.alarmed += usize::from(!notices.is_empty());
    Ok((notices, next))
}

/// Attends to every open issue whose clocks ask for something now.
///
/// # Errors
/// The store is not available. What was done is done once; the rest is left to the next run.
pub async fn attend_clocks(ctx: &Ctx) -> Result<Ran, AppError> {
    let now = ctx.now();
    let mut ran = Ran::default();
    let mut after = None;
    loop {
        let rung = ctx.store.scan_alarms(now, after, SCAN_ISSUES).await?;
        let is_last = rung.len() < SCAN_ISSUES;
        after = rung.last().map(|(rang, issue)| (*rang, issue.id));
        let (mut notices, mut alarms) = (Vec::new(), Vec::new());
        for one in rung {
            let (told, alarm) = attend(ctx, one, now, &mut ran).await?;
            notices.extend(told.into_iter().map(|notice| notice_row(notice, now)));
            alarms.extend(alarm);
        }
        if !notices.is_empty() {
            let district = ctx.instance().district;
            ctx.store.apply(Change { district, at: now, notices, ..Change::default() }).await?;
        }
        // Only now: what was not told yet is asked for again.
        ctx.store.put_alarms(alarms).await?;
        if is_last {
            return Ok(ran);
        }
    }
}

/// The limit that an issue's route grants, from its kept trace.
async fn limit_of_route(ctx: &Ctx, issue: IssueId) -> Result<Option<Limit>, AppError> {
    let route = ctx.store.find_route(issue).await?;
    Ok(Routed::of_stored(route.as_ref()).limit())
}

/// Works the due times of one issue out again; whether something was written. A row of before the
/// clocks gets them from its log first.
async fn retime(ctx: &Ctx, issue: &Issue, now: Timestamp) -> Result<bool, AppError> {
    let snapshot = ctx.snapshot();
    // A row of before that was worked on since has a stage and no total clock.
    let is_bare = issue.clocks == Clocks::default()
        || (issue.clocks.total.is_none() && issue.times.filed.is_some());
    let mut known = issue.clone();
    if is_bare {
        let events = ctx.store.list_events(issue.id).await?;
        let told = replay(&events);
        let told = told.map_err(|e| AppError::Internal(format!("{}: {e}", issue.number)))?;
        if told.version != issue.version {
            return Ok(false);
        }
        known.clocks = told.clocks;
    }
    let lacks = known.clocks.total.as_ref().is_some_and(|total| total.limit.is_none());
    let limit = if lacks { limit_of_route(ctx, issue.id).await? } else { None };
    if let Some(step) = snapshot.keeper.retime(&known, limit, now) {
        return write_step(ctx, &snapshot, &known, step, Vec::new()).await;
    }
    if known.clocks == issue.clocks {
        return Ok(false);
    }
    // The log says it all; only the row is behind.
    save_row(ctx, known).await
}

/// What due times depend on beside the issue: the calendars, the region and the hours.
fn timed_by(snapshot: &Snapshot) -> String {
    let keeper = &snapshot.keeper;
    let version = snapshot.versions.iter().find(|(kind, _)| kind == CALENDARS).map_or(0, |v| v.1);
    let (region, hours) = (keeper.calendar.region(), keeper.calendar.hours());
    format!("{version} {region} {hours} {}", snapshot.instance.time_zone)
}

/// Works out all due times again if they were worked out by other calendars, and says how many
/// changed; `None` when they are by those in force.
///
/// # Errors
/// The store is not available, or a log cannot be read. An issue that someone works on meanwhile
/// gets its due times with that step.
pub async fn retime_if_stale(ctx: &Ctx) -> Result<Option<usize>, AppError> {
    let wanted = timed_by(&ctx.snapshot());
    let settings = ctx.store.list_settings().await?;
    if settings.iter().any(|(name, value)| name == TIMED_BY && *value == wanted) {
        return Ok(None);
    }
    let changed = retime_all(ctx).await?;
    ctx.store.put_setting(TIMED_BY, &wanted).await?;
    Ok(Some(changed))
}

/// Works out all due times by the calendars in force and says how many changed.
///
/// # Errors
/// As for [`retime_if_stale`].
pub async fn retime_all(ctx: &Ctx) -> Result<usize, AppError> {
    let now = ctx.now();
    let (mut changed, mut after) = (0, None);
    loop {
        let issues = ctx.store.scan_issues(after, SCAN_ISSUES).await?;
        for issue in &issues {
            after = Some(issue.id);
            changed += usize::from(retime(ctx, issue, now).await?);
        }
        if issues.len() < SCAN_ISSUES {
            break;
        }
    }
    // Rungs of ladders have moved, too.
    ctx.store.ring_all_alarms().await?;
    Ok(changed)
}

/// How many issues are counted that another calendar would move.
pub const RETIMED_MAX: usize = 20_000;

/// Open issues whose due times `keeper` would move, counted no further than [`RETIMED_MAX`].
///
/// # Errors
/// The store is not available.
pub async fn count_retimed(ctx: &Ctx, keeper: &Timekeeper) -> Result<usize, AppError> {
    let now = ctx.now();
    let mut open = OpenIssues::new();
    let mut count = 0;
    while count < RETIMED_MAX {
        let Some(issues) = open.next(ctx).await? else { break };
        count += issues.iter().filter(|one| keeper.retime(one, None, now).is_some()).count();
    }
    Ok(count.min(RETIMED_MAX))
}

/// What a verification of due times found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClockAudit {
    pub issues: i64,
    /// Issues with a total clock that has a limit.
    pub limited: i64,
    pub wrong: i64,
    /// The first faults: the issue's number and what is wrong.
    pub faults: Vec<String>,
}

/// Compares every kept due time with what ledger and calendar give now.
///
/// # Errors
/// The store is not available.
pub async fn verify_clocks(ctx: &Ctx) -> Result<ClockAudit, AppError> {
    let (snapshot, now) = (ctx.snapshot(), ctx.now());
    let mut audit = ClockAudit::default();
    let mut after = None;
    loop {
        let issues = ctx.store.scan_issues(after, SCAN_ISSUES).await?;
        for issue in &issues {
            after = Some(issue.id);
            audit.issues += 1;
            let total = issue.clocks.total.as_ref();
            audit.limited += i64::from(total.is_some_and(|total| total.limit.is_some()));
            let fault = match issue.clocks == Clocks::default() {
                true => Some("it has no clocks yet: run `hexward clocks retime`".to_owned()),
                false => snapshot
                    .keeper
                    .find_wrong_dues(issue, now)
                    .unwrap_or_else(|error| Some(error.to_string())),
            };
            let Some(fault) = fault else { continue };
            audit.wrong += 1;
            if audit.faults.len() < FAULTS_MAX {
                audit.faults.push(format!("{}: {fault}", issue.number));
            }
        }
        if issues.len() < SCAN_ISSUES {
            return Ok(audit);
        }
    }
}

/// The notices that an actor's roles are told of.
pub fn notices_of(actor: &Actor) -> NoticeQuery {
    let recipients = actor.grants().iter().filter_map(|grant| {
        let area = match (&grant.area, &grant.path) {
            (None, _) => None,
            (Some(_), Some(path)) => Some(path.clone()),
            // The area is gone: such a grant covers nothing.
            (Some(_), None) => return None,
        };
        let clause = Clause {
            area,
            department: grant.department.clone(),
            kinds: grant.kinds.clone(),
            nature: grant.role.only_nature(),
            ..Clause::default()
        };
        Some(Recipient { role: grant.role, clause })
    });
    NoticeQuery { recipients: recipients.collect(), ..NoticeQuery::default() }
}

/// Marks a notice as read; whether there is such a notice to the actor.
///
/// # Errors
/// The store is not available.
pub async fn read_notice(
    ctx: &Ctx,
    actor: &Actor,
    account: AccountId,
    id: &str,
) -> Result<bool, AppError> {
    let (asked, scope) = (notices_of(actor), Scope::of(actor));
    Ok(ctx.store.read_notice(id, (account, &scope), &asked, ctx.now()).await?)
}
