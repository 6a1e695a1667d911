//! What every node does by itself from time to time. Jobs are idempotent: each node runs them all,
//! and a job that was cut off is done by its next run.

use crate::app::account::FAILURES_MS;
use crate::app::called::know_counted;
use crate::app::clocks::{Ran, attend_clocks, retime_if_stale};
use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::app::retention::erase_due;
use crate::app::territory::{are_homed, note_homed, rehome_stragglers};
use crate::domain::territory::Version;
use crate::domain::time::{DAY_MS, Timestamp};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// How soon a publication on another node, or by the command line, is in force here.
const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// How often what has expired is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// For how many days the key of a request is known: as long as a phone may be offline.
const KEY_DAYS: i64 = 30;
/// For how many days a file on its way is kept.
const UPLOAD_DAYS: i64 = 7;
/// How often what is past its term is erased.
const RETAIN_EVERY: Duration = Duration::from_secs(3_600);
/// How often the counters in memory are brought up to date, though nobody asks.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How often the log of counters is shortened.
const COUNTED_SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How often they are written into the file of the node, if there is something new.
const COUNTED_SAVE_EVERY: Duration = Duration::from_secs(600);
/// How often the clocks of issues are attended to.
const CLOCKS_EVERY: Duration = Duration::from_secs(20);

/// For how long after a publication a node may place by the territory before.
const STRAGGLING: Duration = Duration::from_secs(60);

/// Starts the jobs, until `stop`.
pub fn spawn(ctx: Arc<Ctx>, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        let all = async {
            tokio::join!(
                keep_fresh(&ctx),
                keep_swept(&ctx),
                keep_retained(&ctx),
                keep_time(&ctx),
                keep_counted(&ctx)
            )
        };
        stop.run_until_cancelled(all).await;
    })
}

/// Says once that a job fails, and once that it runs again.
struct Watch {
    job: &'static str,
    failing: bool,
}

impl Watch {
    fn new(job: &'static str) -> Self {
        Self { job, failing: false }
    }

    fn note<T>(&mut self, outcome: Result<T, AppError>) -> Option<T> {
        match outcome {
            Ok(value) => {
                if std::mem::take(&mut self.failing) {
                    tracing::info!(job = self.job, "runs again");
                }
                Some(value)
            }
            Err(error) => {
                if !self.failing {
                    tracing::error!(job = self.job, ?error, "failed; it is tried again");
                }
                self.failing = true;
                None
            }
        }
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn keep_fresh(ctx: &Ctx) {
    let mut ticks = every(REFRESH_EVERY);
    let mut watch = Watch::new("refresh");
    let mut settled: Option<(Version, Instant)> = None;
    let mut is_sure = false;
    loop {
        ticks.tick().await;
        if watch.note(ctx.refresh_if_stale().await).is_none() {
            continue;
        }
        let in_force = ctx.snapshot().territory.version();
        // A new day is another version, too.
        if settled.is_none_or(|(version, _)| version != in_force)
            && watch.note(are_homed(ctx).await) == Some(true)
        {
            (settled, is_sure) = (Some((in_force, Instant::now())), true);
        }
        // A report may have been placed by the territory before, while this one was published, on
        // another node a moment later.
        let is_second = match settled.filter(|(version, _)| *version == in_force) {
            Some((_, at)) if is_sure || at.elapsed() < STRAGGLING => continue,
            own => own.is_some(),
        };
        if let Some(moved) = watch.note(rehome_stragglers(ctx).await) {
            (settled, is_sure) = (Some((in_force, Instant::now())), is_second && moved == 0);
            tracing::info!(territory = in_force.number, moved, "open issues lie where they belong");
            if is_sure {
                watch.note(note_homed(ctx, in_force).await);
            }
        }
    }
}

/// Removes what is kept for a time only: keys of repeated requests, where people stood, and files
/// that were never taken.
///
/// # Errors
/// The store is not available.
pub async fn forget(ctx: &Ctx, now: Timestamp) -> Result<(), AppError> {
    let before = |days: i64| Timestamp(now.0.saturating_sub(days.saturating_mul(DAY_MS)));
    let places_before = before(ctx.snapshot().instance.position_days());
    ctx.store.forget_uploads(before(UPLOAD_DAYS)).await?;
    Ok(ctx.store.forget(before(KEY_DAYS), places_before).await?)
}

/// Erases what is personal of issues that are past their term.
async fn keep_retained(ctx: &Ctx) {
    let mut ticks = every(RETAIN_EVERY);
    let mut watch = Watch::new("retention");
    loop {
        ticks.tick().await;
        if let Some(erased) = watch.note(erase_due(ctx).await)
            && erased > 0
        {
            tracing::info!(issues = erased, "what was personal is erased after its term");
        }
    }
}

async fn keep_time(ctx: &Ctx) {
    let mut ticks = every(CLOCKS_EVERY);
    let (mut retime, mut attend) = (Watch::new("retime"), Watch::new("clocks"));
    let mut unread = 0;
    loop {
        ticks.tick().await;
        if let Some(Some(changed)) = retime.note(retime_if_stale(ctx).await) {
            tracing::info!(changed, "due times follow the calendars in force");
        }
        let Some(ran) = attend.note(attend_clocks(ctx).await) else { continue };
        if ran.unread > unread {
            let region = ctx.snapshot().keeper.calendar.region().to_owned();
            let n = ran.unread;
            tracing::error!(issues = n, region, "clocks cannot be read: a calendar is lacking");
        }
        unread = ran.unread;
        let Ran { resumed, escalated, .. } = ran;
        if resumed + escalated > 0 {
            tracing::info!(resumed, escalated, "clocks were attended to");
        }
    }
}

/// Keeps the counters in memory near to what is written, so that no question has much to read.
async fn keep_counted(ctx: &Ctx) {
    let (mut ticks, mut sweeps) = (every(COUNT_EVERY), every(COUNTED_SWEEP_EVERY));
    let mut saves = every(COUNTED_SAVE_EVERY);
    saves.reset();
    let (mut watch, mut save) = (Watch::new("counters"), Watch::new("counters' file"));
    let (mut names, mut known) = (Watch::new("names of cells"), Weak::new());
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let followed = ctx.store.follow_counters().await.map_err(AppError::from);
                // Another snapshot knows no cells yet.
                let snapshot = Arc::downgrade(&ctx.snapshot());
                if watch.note(followed) == Some(true)
                    && !known.ptr_eq(&snapshot)
                    && names.note(know_counted(ctx).await).is_some()
                {
                    known = snapshot;
                }
            }
            _ = sweeps.tick() => {
                watch.note(ctx.store.sweep_counters().await.map_err(AppError::from));
            }
            _ = saves.tick() => {
                save.note(ctx.store.save_counters().await.map_err(AppError::from));
            }
        }
    }
}

async fn keep_swept(ctx: &Ctx) {
    let mut ticks = every(SWEEP_EVERY);
    let (mut watch, mut parts) = (Watch::new("sweep"), Watch::new("months"));
    loop {
        ticks.tick().await;
        let now = ctx.now();
        let failures_before = Timestamp(now.0.saturating_sub(FAILURES_MS));
        watch.note(ctx.store.sweep(now, failures_before).await.map_err(AppError::from));
        watch.note(forget(ctx, now).await);
        let made = ctx.store.make_parts(now).await.map_err(AppError::from);
        if let Some(made @ 1..) = parts.note(made) {
            tracing::info!(made, "there are tables for the log of the months to come");
        }
    }
}
