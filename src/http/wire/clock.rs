//! Clocks and notices on the wire.

use super::Texts;
use super::issue::{IssueBrief, View};
use super::report::LimitWire;
use crate::app::error::say;
use crate::domain::calendar::CalendarError;
use crate::domain::catalog::Limit;
use crate::domain::issue::clock::{Allowance, Ledger, Phase, Reading, Stage, StageClock, Total};
use crate::domain::issue::notice::About;
use crate::domain::issue::record::Issue;
use crate::domain::time::{MINUTE_MS, Timestamp};
use crate::store::query::KeptNotice;
use serde::Serialize;
use utoipa::ToSchema;

/// A clock as it stands. Minutes are minutes of the limit's time type, whole ones; a day of them
/// has 1440.
#[derive(Serialize, ToSchema)]
pub struct ClockWire {
    /// `urgent_hour`, `work_hour`, `work_day` or `natural_day`; null without a limit.
    pub time_type: Option<String>,
    pub limit_minutes: Option<i64>,
    pub used_minutes: Option<i64>,
    /// Less than 0 beyond the limit.
    pub left_minutes: Option<i64>,
    /// Null without a limit, while suspended, or for want of a calendar.
    pub due_at: Option<String>,
    /// Whether it depends on a year whose calendar is not published yet.
    pub provisional: bool,
    /// `green`, `yellow` or `red`.
    pub light: Option<String>,
    /// How many limits it is late; null up to the limit.
    pub overdue_multiple: Option<f64>,
    /// `running`, `paused` or `stopped`.
    pub phase: String,
    /// Since when it is in this phase, and the action that put it there.
    pub since: Option<String>,
    pub why: Option<String>,
    /// Why it cannot be told: a calendar is lacking.
    pub problem: Option<Texts>,
}

/// The clock of a filing condition's limit.
#[derive(Serialize, ToSchema)]
pub struct TotalClockWire {
    /// The limit in force, extensions included.
    pub limit: Option<LimitWire>,
    /// 1, and 1 for each extension.
    pub grants: u32,
    #[serde(flatten)]
    pub clock: ClockWire,
}

/// The clock of a stage.
#[derive(Serialize, ToSchema)]
pub struct StageClockWire {
    /// `accept`, `dispatch`, `sign_off` or `check`.
    pub stage: String,
    pub name: Texts,
    pub escalations: u32,
    #[serde(flatten)]
    pub clock: ClockWire,
}

/// The two clocks of an issue.
#[derive(Serialize, ToSchema)]
pub struct ClocksWire {
    /// Null before filing.
    pub total: Option<TotalClockWire>,
    /// Null while it is handled: that stage has the total clock alone.
    pub stage: Option<StageClockWire>,
}

/// What is lacking, in both languages.
fn problem_of(error: &CalendarError) -> Texts {
    let zh = match error {
        CalendarError::MissingYear { region, year } => format!(
            "地区 {region} 缺少 {year} 年的日历，请先导入：hexward import calendar FILE --region {region}"
        ),
        CalendarError::OutOfRange => "时限超出可计算的年份".to_owned(),
    };
    say(zh, error.to_string()).into()
}

fn clock_wire(
    ledger: &Ledger,
    allowance: Option<Allowance>,
    (due, provisional): (Option<Timestamp>, bool),
    read: Result<Option<Reading>, CalendarError>,
) -> ClockWire {
    let last = ledger.entries().last();
    let reading = read.as_ref().ok().copied().flatten();
    let late = reading.map(Reading::overdue_multiple).filter(|late| *late > 0.0);
    // Rounded down, so that a limit is not shown as used up before it is.
    let minutes = |ms: i64| ms.div_euclid(MINUTE_MS);
    ClockWire {
        time_type: allowance.map(|allowance| allowance.unit.as_str().to_owned()),
        limit_minutes: allowance.map(|allowance| minutes(allowance.ms)),
        used_minutes: reading.map(|reading| minutes(reading.used_ms)),
        left_minutes: reading.map(|r| minutes(r.limit_ms) - minutes(r.used_ms)),
        due_at: due.map(Timestamp::to_rfc3339),
        provisional,
        light: reading.map(|reading| reading.light().as_str().to_owned()),
        overdue_multiple: late.map(|late| (late * 1_000.0).round() / 1_000.0),
        phase: last.map_or(Phase::Stopped, |entry| entry.phase).as_str().to_owned(),
        since: last.map(|entry| entry.from.to_rfc3339()),
        why: last.map(|entry| entry.why.to_string()),
        problem: read.as_ref().err().map(problem_of),
    }
}

/// The name of a stage.
pub fn stage_name(stage: Stage) -> Texts {
    let (zh, en) = match stage {
        Stage::Accept => ("受理", "Acceptance"),
        Stage::Dispatch => ("派遣", "Dispatch"),
        Stage::SignOff => ("签收", "Sign-off"),
        Stage::Check => ("核实核查", "Check"),
    };
    say(zh, en).into()
}

fn about_name(about: About) -> Texts {
    let (zh, en) = match about {
        About::DueSoon => ("即将到期", "Due soon"),
        About::Overdue => ("已超时限", "Overdue"),
        About::StageOverdue => ("环节超时", "A stage is overdue"),
        About::Escalated => ("签收超时升级", "Sign-off escalated"),
        About::Resumed => ("挂账到期，恢复处置", "Suspension ended"),
        About::Urged => ("催办", "Urged"),
        About::Supervised => ("督办，须限期书面回复", "Supervised: a written reply is due"),
        About::ReplyOverdue => ("督办回复超期", "The reply to an order is overdue"),
        About::Whistled => ("吹哨，请按时到场", "Summoned to a place by a time"),
        About::TaskOffered => ("有新的核实或核查任务", "A check is offered to you"),
        About::Assigned => ("指派给您处置", "Assigned to you"),
    };
    say(zh, en).into()
}

impl View<'_> {
    fn total_clock(&self, total: &Total, now: Timestamp) -> TotalClockWire {
        let in_force = |limit: Limit| Limit {
            amount: limit.amount.saturating_mul(total.grants),
            unit: limit.unit,
        };
        // A clock that cannot say when it is due says why, from its first minute on.
        let calendar = &self.snapshot.keeper.calendar;
        let read = total.work_out(calendar, now).and_then(|_| total.read(calendar, now));
        let dues = (total.dues.due, total.dues.provisional);
        TotalClockWire {
            limit: total.limit.map(|limit| LimitWire::of(in_force(limit))),
            grants: total.grants,
            clock: clock_wire(&total.ledger, total.allowance(), dues, read),
        }
    }

    fn stage_clock(&self, clock: &StageClock, now: Timestamp) -> StageClockWire {
        let calendar = &self.snapshot.keeper.calendar;
        let read = clock.work_out(calendar, now).and_then(|_| clock.read(calendar, now));
        StageClockWire {
            stage: clock.stage.as_str().to_owned(),
            name: stage_name(clock.stage),
            escalations: clock.escalations,
            clock: clock_wire(&clock.ledger, clock.allowance, (clock.due, clock.provisional), read),
        }
    }

    /// The clocks of an issue at `now`.
    pub fn clocks(&self, issue: &Issue, now: Timestamp) -> ClocksWire {
        ClocksWire {
            total: issue.clocks.total.as_ref().map(|total| self.total_clock(total, now)),
            stage: issue.clocks.stage.as_ref().map(|clock| self.stage_clock(clock, now)),
        }
    }
}

/// A notice.
#[derive(Serialize, ToSchema)]
pub struct NoticeWire {
    pub id: String,
    /// `due_soon`, `overdue`, `stage_overdue`, `escalated`, `resumed`, `urged`, `supervised`,
    /// `reply_overdue`, `whistled`, `task_offered` or `assigned`.
    pub about: String,
    pub name: Texts,
    /// The role that is told.
    pub role: String,
    pub at: String,
    pub due_at: Option<String>,
    /// When the reader marked it as read.
    pub read_at: Option<String>,
    pub issue: IssueBrief,
}

/// A notice as its reader may see it.
pub fn notice_wire(view: &View<'_>, kept: &KeptNotice, now: Timestamp) -> NoticeWire {
    let mut issue = view.brief(&kept.issue, None);
    issue.clocks = Some(view.clocks(&kept.issue, now));
    NoticeWire {
        id: kept.id.clone(),
        about: kept.notice.about.as_str().to_owned(),
        name: about_name(kept.notice.about),
        role: kept.notice.recipient.to_string(),
        at: kept.at.to_rfc3339(),
        due_at: kept.notice.due.map(Timestamp::to_rfc3339),
        read_at: kept.read.map(Timestamp::to_rfc3339),
        issue,
    }
}
