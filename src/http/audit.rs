//! What administrators did, who opened sealed records, and whether the chains of events are whole:
//! for administrators, who read no issue. Numbers and times alone.

use super::App;
use super::csv::csv_file;
use super::extract::{Admin, Params};
use super::filter::{LIMIT_DEFAULT, LIMIT_MAX, parse_word};
use super::problem::ApiError;
use super::wire::{Items, Page, Texts};
use crate::app::admin_log::{facts_of, list_admin_log, list_parties_reads};
use crate::app::audit::{faults_of, list_audits, start_audit};
use crate::app::error::{AppError, say};
use crate::domain::id::AccountId;
use crate::domain::issue::event::EventActor;
use crate::domain::time::{Day, Timestamp};
use crate::format::csv_out::write_csv;
use crate::store::admin::{AdminEntry, AuditRun, LogQuery, PartiesRead};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};

/// The most lines of a CSV file.
const CSV_ROWS_MAX: usize = 20_000;

/// Which part of a log.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Id of the account that did it.
    actor: Option<String>,
    /// The sort of thing: `account`, `token`, `person`, `post`, `branch`, `territory`, `matrix` …
    sort: Option<String>,
    /// First day, `YYYY-MM-DD`.
    from: Option<String>,
    /// Last day.
    to: Option<String>,
    limit: Option<usize>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// `json` (default) or `csv`, at most 20,000 lines.
    format: Option<String>,
}

/// What an administrator did.
#[derive(Serialize, ToSchema)]
pub struct AdminEntryWire {
    pub id: String,
    pub at: String,
    /// Null for the command line.
    pub actor: Option<AccountNameWire>,
    /// Such as `account.close`.
    pub what: String,
    pub subject: String,
    pub facts: BTreeMap<String, String>,
}

/// An account in a log.
#[derive(Clone, Serialize, ToSchema)]
pub struct AccountNameWire {
    pub id: String,
    pub login: String,
    pub name: String,
}

/// That the sealed record of a dispute was opened.
#[derive(Serialize, ToSchema)]
pub struct PartiesReadWire {
    pub id: String,
    pub at: String,
    pub actor: Option<AccountNameWire>,
    /// The role that it was opened in.
    pub role: Option<String>,
    /// The issue's number: all that is told of it.
    pub number: String,
}

/// Accounts by id, as logs and lists name them.
pub type AccountNames = HashMap<AccountId, AccountNameWire>;

/// All accounts by id.
///
/// # Errors
/// The store is not available.
pub async fn account_names(app: &App) -> Result<AccountNames, ApiError> {
    let accounts = app.ctx.store.list_accounts().await.map_err(AppError::from)?;
    let named = accounts.into_iter().map(|account| {
        let (login, name) = (account.login, account.name);
        (account.id, AccountNameWire { id: account.id.to_string(), login, name })
    });
    Ok(named.collect())
}

fn parse_cursor(text: &str) -> Option<(Timestamp, String)> {
    let (at, id) = text.split_once('_')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ' ');
    (id.len() <= 64 && id.chars().all(plain))
        .then(|| Some((Timestamp(at.parse().ok()?), id.to_owned())))?
}

fn parse_sort(text: &str) -> Option<String> {
    let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (is_word && text.len() <= 32).then(|| text.to_owned())
}

/// What is asked for, and whether as CSV.
fn read(app: &App, query: &AuditQuery) -> Result<(LogQuery, bool), ApiError> {
    let csv = match query.format.as_deref() {
        None | Some("" | "json") => false,
        Some("csv") => true,
        Some(_) => {
            let says = say("须为 json 或 csv", "Neither json nor csv");
            return Err(ApiError::invalid("format", says));
        }
    };
    let zone = app.ctx.snapshot().zone.clone();
    let from = parse_word("from", query.from.as_ref(), Day::parse)?;
    let to = parse_word("to", query.to.as_ref(), Day::parse)?;
    let limit = match csv {
        true => CSV_ROWS_MAX,
        false => query.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX),
    };
    let asked = LogQuery {
        actor: parse_word("actor", query.actor.as_ref(), AccountId::parse)?,
        sort: parse_word("sort", query.sort.as_ref(), parse_sort)?,
        from: from.map(|day| day.start_in(&zone)),
        until: to.map(|day| Day(day.0.saturating_add(1)).start_in(&zone)),
        after: parse_word("cursor", query.cursor.as_ref(), parse_cursor)?,
        limit,
    };
    Ok((asked, csv))
}

fn entry_wire(names: &AccountNames, entry: &AdminEntry) -> Result<AdminEntryWire, ApiError> {
    Ok(AdminEntryWire {
        id: entry.id.clone(),
        at: entry.at.to_rfc3339(),
        actor: entry.actor.map(|id| name_of(names, id)),
        what: entry.what.clone(),
        subject: entry.subject.clone(),
        facts: facts_of(entry)?,
    })
}

/// An account; one that is not known goes by its id.
pub fn name_of(names: &AccountNames, id: AccountId) -> AccountNameWire {
    let unknown =
        || AccountNameWire { id: id.to_string(), login: id.to_string(), name: "?".into() };
    names.get(&id).cloned().unwrap_or_else(unknown)
}

fn read_wire(names: &AccountNames, read: &PartiesRead) -> PartiesReadWire {
    let (actor, role) = match &read.actor {
        EventActor::Account { id, role } => (Some(name_of(names, *id)), *role),
        _ => (None, None),
    };
    PartiesReadWire {
        id: read.id(),
        at: read.at.to_rfc3339(),
        actor,
        role: role.map(|role| role.to_string()),
        number: read.number.clone(),
    }
}

fn actor_fields(actor: Option<&AccountNameWire>) -> [String; 2] {
    actor.map_or_else(Default::default, |actor| [actor.login.clone(), actor.name.clone()])
}

/// What administrators did, the latest first.
#[utoipa::path(get, path = "/audit/admin", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Page<AdminEntryWire>), (status = 403), (status = 422)))]
pub async fn list_admin_entries(
    State(app): State<App>,
    _admin: Admin,
    Params(query): Params<AuditQuery>,
) -> Result<Response, ApiError> {
    let (asked, csv) = read(&app, &query)?;
    let (found, more) = list_admin_log(&app.ctx, &asked).await?;
    let names = account_names(&app).await?;
    let items =
        found.iter().map(|entry| entry_wire(&names, entry)).collect::<Result<Vec<_>, _>>()?;
    if csv {
        let rows = items.iter().map(|entry| {
            let [login, name] = actor_fields(entry.actor.as_ref());
            let facts = entry.facts.iter().map(|(name, text)| format!("{name}: {text}"));
            let facts = facts.collect::<Vec<_>>().join("; ");
            let (what, subject) = (entry.what.clone(), entry.subject.clone());
            vec![entry.at.clone(), login, name, what, subject, facts]
        });
        let header = ["at", "login", "name", "what", "subject", "facts"];
        return Ok(csv_file("admin-log", write_csv(header, rows)));
    }
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|last| format!("{}_{}", last.at.0, last.id));
    Ok(Json(Page { items, next_cursor, total: None }).into_response())
}

/// Who opened the sealed records of disputes, the latest first: when, and the issue's number.
#[utoipa::path(get, path = "/audit/reads", tag = "audit", params(AuditQuery),
    responses((status = 200, body = Page<PartiesReadWire>), (status = 403), (status = 422)))]
pub async fn list_reads(
    State(app): State<App>,
    _admin: Admin,
    Params(query): Params<AuditQuery>,
) -> Result<Response, ApiError> {
    let (asked, csv) = read(&app, &query)?;
    let (found, more) = list_parties_reads(&app.ctx, &asked).await?;
    let names = account_names(&app).await?;
    let items: Vec<_> = found.iter().map(|one| read_wire(&names, one)).collect();
    if csv {
        let rows = items.iter().map(|one| {
            let [login, name] = actor_fields(one.actor.as_ref());
            let role = one.role.clone().unwrap_or_default();
            vec![one.at.clone(), login, name, role, one.number.clone()]
        });
        let header = ["at", "login", "name", "role", "number"];
        return Ok(csv_file("sealed-reads", write_csv(header, rows)));
    }
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|last| format!("{}_{}", last.at.0, last.id()));
    Ok(Json(Page { items, next_cursor, total: None }).into_response())
}

/// What is wrong with one issue's log.
#[derive(Serialize, ToSchema)]
pub struct AuditFaultWire {
    /// The issue's number.
    pub number: String,
    pub says: Texts,
}

/// A run of the audit.
#[derive(Serialize, ToSchema)]
pub struct AuditRunWire {
    pub id: String,
    /// `running`, `done`, `failed` or `lost` (its node went away).
    pub state: String,
    pub actor: Option<AccountNameWire>,
    pub started_at: String,
    pub ended_at: Option<String>,
    /// Verified so far.
    pub issues: i64,
    pub events: i64,
    pub faulty: i64,
    /// Sealed notes whose key is not configured, so that they could not be compared.
    pub sealed_unread: i64,
    /// The first faults, at most 100.
    pub faults: Vec<AuditFaultWire>,
}

fn run_wire(names: &AccountNames, run: &AuditRun) -> Result<AuditRunWire, ApiError> {
    let faults = faults_of(run)?.into_iter();
    Ok(AuditRunWire {
        id: run.id.clone(),
        state: run.state.as_str().to_owned(),
        actor: run.actor.map(|id| name_of(names, id)),
        started_at: run.started.to_rfc3339(),
        ended_at: run.ended.map(Timestamp::to_rfc3339),
        issues: run.issues,
        events: run.events,
        faulty: run.faulty,
        sealed_unread: run.sealed_unread,
        faults: faults
            .map(|fault| AuditFaultWire { number: fault.number, says: fault.says.into() })
            .collect(),
    })
}

/// The last runs of the audit of the event log, the latest first.
#[utoipa::path(get, path = "/audit/runs", tag = "audit",
    responses((status = 200, body = Items<AuditRunWire>), (status = 403)))]
pub async fn list_audit_runs(
    State(app): State<App>,
    _admin: Admin,
) -> Result<Json<Items<AuditRunWire>>, ApiError> {
    let runs = list_audits(&app.ctx).await?;
    let names = account_names(&app).await?;
    let items = runs.iter().map(|run| run_wire(&names, run)).collect::<Result<_, _>>()?;
    Ok(Json(Items { items }))
}

/// Begins an audit of the event log beside the service; one at a time on all nodes.
#[utoipa::path(post, path = "/audit/runs", tag = "audit",
    responses((status = 202, body = AuditRunWire), (status = 403), (status = 409)))]
pub async fn start_audit_run(
    State(app): State<App>,
    admin: Admin,
) -> Result<(StatusCode, Json<AuditRunWire>), ApiError> {
    let run = start_audit(&app.ctx, admin.account.id).await?;
    let names = account_names(&app).await?;
    Ok((StatusCode::ACCEPTED, Json(run_wire(&names, &run)?)))
}
