//! The clocks of an issue in its row: the ledgers as JSON, and columns for lists and jobs.

use super::Row;
use crate::domain::catalog::{Limit, TimeType};
use crate::domain::id::DepartmentCode;
use crate::domain::issue::alarm::first_alarm;
use crate::domain::issue::clock::{
    Allowance, Clocks, Dues, Entry, Ledger, Phase, Stage, StageClock, Total,
};
use crate::domain::issue::event::EventActor;
use crate::domain::issue::record::Issue;
use crate::domain::issue::state::Action;
use crate::domain::time::Timestamp;
use crate::store::StoreError;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

/// `[from, phase, action, actor]`.
type EntryJson = (i64, String, String, String);

#[derive(Serialize, Deserialize)]
struct TotalJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    grants: u32,
    ledger: Vec<EntryJson>,
    /// Due, yellow, red.
    dues: (Option<i64>, Option<i64>, Option<i64>),
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    provisional: bool,
}

#[derive(Serialize, Deserialize)]
struct StageJson {
    stage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    department: Option<String>,
    /// Milliseconds of a time type.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowance: Option<(i64, String)>,
    ledger: Vec<EntryJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    provisional: bool,
    escalations: u32,
}

#[derive(Serialize, Deserialize)]
struct ClocksJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<TotalJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<StageJson>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aside: Vec<StageJson>,
}

fn ledger_json(ledger: &Ledger) -> Vec<EntryJson> {
    let entries = ledger.entries().iter();
    let json = entries.map(|entry| {
        let (phase, why) = (entry.phase.as_str().to_owned(), entry.why.to_string());
        (entry.from.0, phase, why, entry.by.canonical())
    });
    json.collect()
}

fn stage_json(clock: &StageClock) -> StageJson {
    StageJson {
        stage: clock.stage.as_str().to_owned(),
        department: clock.department.as_ref().map(ToString::to_string),
        allowance: clock.allowance.map(|a| (a.ms, a.unit.as_str().to_owned())),
        ledger: ledger_json(&clock.ledger),
        due: clock.due.map(|due| due.0),
        provisional: clock.provisional,
        escalations: clock.escalations,
    }
}

fn total_json(total: &Total) -> TotalJson {
    let ms = |at: Option<Timestamp>| at.map(|at| at.0);
    let Dues { due, yellow, red, provisional } = total.dues;
    TotalJson {
        limit: total.limit.map(|limit| limit.to_string()),
        grants: total.grants,
        ledger: ledger_json(&total.ledger),
        dues: (ms(due), ms(yellow), ms(red)),
        provisional,
    }
}

/// The clocks as JSON.
pub fn clocks_text(clocks: &Clocks) -> String {
    let json = ClocksJson {
        limit: clocks.limit.map(|limit| limit.to_string()),
        total: clocks.total.as_ref().map(total_json),
        stage: clocks.stage.as_ref().map(stage_json),
        aside: clocks.aside.iter().map(stage_json).collect(),
    };
    // Texts and numbers under text keys always have a JSON form.
    serde_json::to_string(&json).unwrap_or_default()
}

fn ledger_of(entries: &[EntryJson]) -> Option<Ledger> {
    let entries = entries.iter().map(|(from, phase, why, by)| {
        Some(Entry {
            from: Timestamp(*from),
            phase: Phase::parse(phase)?,
            why: Action::parse(why)?,
            by: EventActor::parse(by)?,
        })
    });
    entries.collect::<Option<Vec<_>>>().map(Ledger::from_entries)
}

/// Reads an optional text that must be known where it is there.
fn known<T>(text: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Option<Option<T>> {
    text.map_or(Some(None), |text| parse(text).map(Some))
}

fn limit_of(text: Option<&str>) -> Option<Option<Limit>> {
    known(text, |text| Limit::parse(text).ok())
}

fn stage_of(json: &StageJson) -> Option<StageClock> {
    let allowance = match &json.allowance {
        None => None,
        Some((ms, unit)) => Some(Allowance { ms: *ms, unit: TimeType::parse(unit)? }),
    };
    Some(StageClock {
        stage: Stage::parse(&json.stage)?,
        department: known(json.department.as_deref(), |code| DepartmentCode::parse(code).ok())?,
        allowance,
        ledger: ledger_of(&json.ledger)?,
        due: json.due.map(Timestamp),
        provisional: json.provisional,
        escalations: json.escalations,
    })
}

fn total_of(json: &TotalJson) -> Option<Total> {
    let (due, yellow, red) = json.dues;
    let at = |ms: Option<i64>| ms.map(Timestamp);
    Some(Total {
        limit: limit_of(json.limit.as_deref())?,
        grants: json.grants,
        ledger: ledger_of(&json.ledger)?,
        dues: Dues {
            due: at(due),
            yellow: at(yellow),
            red: at(red),
            provisional: json.provisional,
        },
    })
}

fn parse_clocks(text: &str) -> Option<Clocks> {
    let json: ClocksJson = serde_json::from_str(text).ok()?;
    let total = match &json.total {
        None => None,
        Some(total) => Some(total_of(total)?),
    };
    let stage = match &json.stage {
        None => None,
        Some(stage) => Some(stage_of(stage)?),
    };
    Some(Clocks {
        limit: limit_of(json.limit.as_deref())?,
        total,
        stage,
        aside: json.aside.iter().map(stage_of).collect::<Option<_>>()?,
    })
}

/// The clocks of a row; none where it is older than they are.
pub fn clocks_of(row: &Row) -> Result<Clocks, StoreError> {
    let text: Option<String> = row.try_get("clocks")?;
    let Some(value) = text else { return Ok(Clocks::default()) };
    let corrupt = || StoreError::Corrupt { table: "issue", column: "clocks", value: value.clone() };
    parse_clocks(&value).ok_or_else(corrupt)
}

/// What lists and jobs ask for.
pub struct ClockColumns {
    pub clocks: String,
    pub limit: Option<String>,
    pub grants: Option<i64>,
    pub due: Option<i64>,
    pub yellow: Option<i64>,
    pub red: Option<i64>,
    pub provisional: Option<bool>,
    pub stage_due: Option<i64>,
    pub alarm: Option<i64>,
}

/// The values of the columns, from `clocks` to `alarm_at`.
pub fn clock_columns(issue: &Issue) -> ClockColumns {
    let ms = |at: Option<Timestamp>| at.map(|at| at.0);
    let total = issue.clocks.total.as_ref();
    let dues = total.map(|total| total.dues).unwrap_or_default();
    let stage = issue.clocks.stage.as_ref();
    ClockColumns {
        clocks: clocks_text(&issue.clocks),
        limit: total.and_then(|total| total.limit).map(|limit| limit.to_string()),
        grants: total.map(|total| i64::from(total.grants)),
        due: ms(dues.due),
        yellow: ms(dues.yellow),
        red: ms(dues.red),
        provisional: dues.due.map(|_| dues.provisional),
        stage_due: stage.filter(|clock| clock.ledger.is_running()).and_then(|c| ms(c.due)),
        alarm: ms(first_alarm(issue)),
    }
}
