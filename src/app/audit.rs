//! The audit: every issue's log is whole, unaltered, and tells the same as the issue itself. It can
//! be run at once, as the command line does, or beside the service, one run at a time on all nodes.

use super::admin_log::{self, what};
use super::confide::{find_said, may_be_sealed};
use super::ctx::Ctx;
use super::error::{AppError, Say, say};
use crate::domain::access::Scope;
use crate::domain::audit::{ChainError, verify_chain};
use crate::domain::id::AccountId;
use crate::domain::issue::event::Event;
use crate::domain::issue::record::{Issue, ReplayError, replay};
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::store::admin::{AuditRun, AuditState};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

const SCAN_ISSUES: usize = 500;
const FAULTS_MAX: usize = 100;
/// How often an issue is looked at again that changed while it was verified.
const LOOKS_MAX: usize = 5;
/// How often a run tells how far it is.
const BEAT: Duration = Duration::from_secs(2);
/// A run that was not heard of for so long is given up: its node went away.
pub const LOST_MS: i64 = 2 * MINUTE_MS;
/// The runs that are told of.
const RUNS_MAX: usize = 20;

/// What the audit found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub issues: i64,
    pub events: i64,
    pub faulty: i64,
    /// Sealed notes whose key is not in the ring, so that they could not be compared.
    pub sealed_unread: i64,
    /// The first faults.
    pub faults: Vec<AuditFault>,
}

/// What is wrong with one issue's log. It tells no word of the issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFault {
    pub number: String,
    pub says: Say,
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.number, self.says.en)
    }
}

/// What the log and the issue disagree about; texts are not in the log.
fn disagrees(issue: &Issue, told: &Issue) -> bool {
    let mut told = told.clone();
    told.text.clone_from(&issue.text);
    told.address.clone_from(&issue.address);
    told != *issue
}

fn chain_says(error: &ChainError) -> Say {
    let zh = match error {
        ChainError::Gap { expected, found } => format!("应为第 {expected} 条，却是第 {found} 条"),
        ChainError::BrokenLink(seq) => format!("第 {seq} 条没有接上前一条"),
        ChainError::Altered(seq) => format!("第 {seq} 条写入后被改动"),
        ChainError::NoteAltered(seq) => format!("第 {seq} 条的说明写入后被改动"),
        ChainError::Truncated { expected, found } => {
            format!("日志止于第 {found} 条，事件记录为第 {expected} 条")
        }
    };
    say(zh, error.to_string())
}

fn replay_says(error: &ReplayError) -> Say {
    let zh = match error {
        ReplayError::Empty => "日志为空".to_owned(),
        ReplayError::NoReport => "日志不是从上报开始".to_owned(),
        ReplayError::Fact { seq, name } => format!("第 {seq} 条缺少可用的 {name}"),
    };
    say(zh, error.to_string())
}

/// The first sealed note that is not the one that was written. One whose key is not there is only
/// counted.
async fn find_wrong_note(
    ctx: &Ctx,
    events: &[Event],
    unread: &mut i64,
) -> Result<Option<ChainError>, AppError> {
    let Some(first) = events.iter().find(|event| may_be_sealed(event)) else { return Ok(None) };
    let mut said = find_said(ctx, first.issue).await?;
    for event in events {
        match said.remove(&event.seq) {
            Some(Err(AppError::NoSealKey(_))) => *unread += 1,
            Some(Ok(words)) if words.digest() == event.note_digest => {}
            Some(_) => return Ok(Some(ChainError::NoteAltered(event.seq))),
            None => {}
        }
    }
    // Notes of events that the log does not have.
    Ok(said.keys().next().map(|seq| ChainError::NoteAltered(*seq)))
}

/// What one look at an issue found.
struct Look {
    events: i64,
    unread: i64,
    fault: Option<Say>,
}

async fn look_at(ctx: &Ctx, issue: &Issue) -> Result<Look, AppError> {
    let events = ctx.store.list_events(issue.id).await?;
    let mut unread = 0;
    let wrong_note = find_wrong_note(ctx, &events, &mut unread).await?;
    let chain = verify_chain(&events, issue.version, issue.head);
    let fault = match chain.and(wrong_note.map_or(Ok(()), Err)) {
        Err(error) => Some(chain_says(&error)),
        Ok(()) => match replay(&events) {
            Err(error) => Some(replay_says(&error)),
            Ok(told) if disagrees(issue, &told) => Some(say(
                "由日志推出的事件与保存的不一致",
                "the log does not lead to the issue as it is kept",
            )),
            Ok(_) => None,
        },
    };
    let events = i64::try_from(events.len()).unwrap_or(i64::MAX);
    Ok(Look { events, unread, fault })
}

/// Verifies one issue. Somebody may work on it meanwhile: what looks like a fault is one if the
/// issue is still at the version that was looked at.
async fn verify_issue(ctx: &Ctx, issue: &Issue) -> Result<Look, AppError> {
    let mut look = look_at(ctx, issue).await?;
    let mut version = issue.version;
    for _ in 0..LOOKS_MAX {
        if look.fault.is_none() {
            break;
        }
        let again = ctx.store.find_issue(issue.id, &Scope::everything()).await?;
        let Some(again) = again.filter(|again| again.version != version) else { break };
        version = again.version;
        look = look_at(ctx, &again).await?;
    }
    Ok(look)
}

/// Verifies all issues. `progress` is told how many have been verified.
///
/// # Errors
/// The store is not available.
pub async fn verify_audit(ctx: &Ctx, progress: impl Fn(i64)) -> Result<Audit, AppError> {
    let mut audit = Audit::default();
    let mut after = None;
    loop {
        let issues = ctx.store.scan_issues(after, SCAN_ISSUES).await?;
        for issue in &issues {
            after = Some(issue.id);
            let look = verify_issue(ctx, issue).await?;
            audit.issues += 1;
            audit.events += look.events;
            audit.sealed_unread += look.unread;
            if let Some(says) = look.fault {
                audit.faulty += 1;
                if audit.faults.len() < FAULTS_MAX {
                    audit.faults.push(AuditFault { number: issue.number.clone(), says });
                }
            }
        }
        progress(audit.issues);
        if issues.len() < SCAN_ISSUES {
            return Ok(audit);
        }
    }
}

fn faults_text(faults: &[AuditFault]) -> String {
    let told = faults.iter().map(|fault| {
        serde_json::json!({"number": fault.number, "zh": fault.says.zh, "en": fault.says.en})
    });
    serde_json::Value::from_iter(told).to_string()
}

/// The faults of a run, as they are kept.
///
/// # Errors
/// They cannot be read.
pub fn faults_of(run: &AuditRun) -> Result<Vec<AuditFault>, AppError> {
    let corrupt = || AppError::Internal(format!("audit_run.faults of {}", run.id));
    let rows: Vec<serde_json::Value> = serde_json::from_str(&run.faults).map_err(|_| corrupt())?;
    let fault = |row: &serde_json::Value| {
        let word = |name: &str| Some(row[name].as_str()?.to_owned());
        Some(AuditFault { number: word("number")?, says: say(word("zh")?, word("en")?) })
    };
    rows.iter().map(|row| fault(row).ok_or_else(corrupt)).collect()
}

/// The last runs, the latest first. One that was not heard of for [`LOST_MS`] is told as lost.
///
/// # Errors
/// The store is not available.
pub async fn list_audits(ctx: &Ctx) -> Result<Vec<AuditRun>, AppError> {
    let mut runs = ctx.store.list_audits(RUNS_MAX).await?;
    let lost_before = Timestamp(ctx.now().0 - LOST_MS);
    for run in &mut runs {
        if run.state == AuditState::Running && run.beat < lost_before {
            run.state = AuditState::Lost;
        }
    }
    Ok(runs)
}

/// Begins a run of the audit beside the service and returns at once.
///
/// # Errors
/// One is going on, on this node or another.
pub async fn start_audit(ctx: &Arc<Ctx>, by: AccountId) -> Result<AuditRun, AppError> {
    let now = ctx.now();
    let run = AuditRun {
        id: ctx.new_uuid().to_string(),
        state: AuditState::Running,
        actor: Some(by),
        started: now,
        beat: now,
        ended: None,
        issues: 0,
        events: 0,
        faulty: 0,
        sealed_unread: 0,
        faults: "[]".to_owned(),
    };
    let begun = ctx.store.begin_audit(run.clone(), Timestamp(now.0 - LOST_MS)).await;
    begun.map_err(|error| match error {
        crate::store::StoreError::Taken(_) => AppError::Conflict(say(
            "校验正在进行，请等它结束；若节点已停止，两分钟后可重新开始",
            "The audit is going on; wait for its end. If its node has stopped, \
             it can be started again after two minutes",
        )),
        other => other.into(),
    })?;
    admin_log::record(ctx, Some(by), what::AUDIT_VERIFY, "", []).await?;
    tokio::spawn(run_audit(ctx.clone(), run.clone()));
    Ok(run)
}

async fn run_audit(ctx: Arc<Ctx>, run: AuditRun) {
    let done = AtomicI64::new(0);
    let work = verify_audit(&ctx, |issues| done.store(issues, Ordering::Relaxed));
    tokio::pin!(work);
    let mut ticks = tokio::time::interval(BEAT);
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            _ = ticks.tick() => {
                let issues = done.load(Ordering::Relaxed);
                match ctx.store.beat_audit(&run.id, issues, ctx.now()).await {
                    Ok(true) => {}
                    // Given up by another node, which may be verifying by now.
                    Ok(false) => return,
                    Err(error) => tracing::warn!(%error, "a beat of the audit was not kept"),
                }
            }
        }
    };
    let now = ctx.now();
    let ended = match outcome {
        Ok(audit) => AuditRun {
            state: AuditState::Done,
            beat: now,
            issues: audit.issues,
            events: audit.events,
            faulty: audit.faulty,
            sealed_unread: audit.sealed_unread,
            faults: faults_text(&audit.faults),
            ..run
        },
        Err(error) => {
            tracing::warn!(reason = ?error, "the audit could not be finished");
            let issues = done.load(Ordering::Relaxed);
            AuditRun { state: AuditState::Failed, beat: now, issues, ..run }
        }
    };
    if let Err(error) = ctx.store.end_audit(ended).await {
        tracing::warn!(%error, "what the audit found was not kept");
    }
}
