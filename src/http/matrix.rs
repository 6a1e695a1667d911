//! Versions of the responsibility matrix: for administrators, and for duty supervisors to look at.

use super::App;
use super::csv::csv_file;
use super::extract::{At, Body, Lang, Params, SignedIn};
use super::filter::parse_word;
use super::multipart::read_form;
use super::problem::ApiError;
use super::wire::Items;
use super::wire::matrix::{
    ActivateWire, ActivationWire, LintWire, MatrixDiffWire, MatrixVersionsWire, RollBackWire,
    RuleRowWire, SimulationWire, activation_wire, diff_wire, lint_wire, names_of, rule_row,
    simulation_wire, version_wire,
};
use crate::app::error::{AppError, FieldProblem, say};
use crate::app::matrix::Activating;
use crate::app::simulate::{Asker, REQUEST_ISSUES_MAX, Window};
use crate::domain::access::{Actor, Grant, Role};
use crate::domain::time::Day;
use crate::format::pack::{FileRole, Pack, PackFile, PackProblem};
use crate::format::simulation::write_simulation;
use crate::store::port::ActivationRow;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// The days that a replay looks back where none are named.
const LOOK_BACK_DAYS: i32 = 90;
/// Problems of an upload that are told.
const PROBLEMS_MAX: usize = 100;

/// Whether the actor may change versions: an administrator over everything, since the matrix
/// belongs to no area.
fn may_change(actor: &Actor) -> bool {
    let over_all = |grant: &Grant| {
        let limited = grant.area.is_some() || grant.department.is_some() || grant.kinds.is_some();
        grant.role == Role::Admin && !limited
    };
    actor.grants().iter().any(over_all)
}

fn check_change(caller: &SignedIn) -> Result<(), ApiError> {
    if may_change(&caller.actor) {
        return Ok(());
    }
    let says = say("需要管理员权限", "This needs the administrator's role");
    Err(AppError::Forbidden(says).into())
}

fn check_look(caller: &SignedIn) -> Result<(), ApiError> {
    if [Role::Admin, Role::DutySupervisor].into_iter().any(|role| caller.actor.has_role(role)) {
        return Ok(());
    }
    let says = say(
        "权责清单的版本仅供管理员和值班长查看",
        "Versions of the matrix are for administrators and duty supervisors",
    );
    Err(AppError::Forbidden(says).into())
}

async fn account_names(app: &App) -> Result<BTreeMap<String, String>, ApiError> {
    let accounts = app.ctx.store.list_accounts().await.map_err(AppError::from)?;
    Ok(accounts.into_iter().map(|account| (account.id.to_string(), account.name)).collect())
}

fn day(field: &str, text: Option<&String>, usual: Day) -> Result<Day, ApiError> {
    Ok(parse_word(field, text, Day::parse)?.unwrap_or(usual))
}

/// All versions of the matrix with what each is today.
#[utoipa::path(get, path = "/matrix/versions", tag = "matrix",
    responses((status = 200, body = MatrixVersionsWire), (status = 403)))]
pub async fn list_matrix_versions(
    State(app): State<App>,
    caller: SignedIn,
) -> Result<Json<MatrixVersionsWire>, ApiError> {
    check_look(&caller)?;
    let versions = crate::app::matrix::list_matrix_versions(&app.ctx).await?;
    let names = account_names(&app).await?;
    let activations = versions.iter().flat_map(|own| &own.activations).map(|row| row.ordinal);
    Ok(Json(MatrixVersionsWire {
        activations: activations.max().unwrap_or(0),
        items: versions.iter().map(|own| version_wire(own, &names)).collect(),
        today: app.ctx.today().to_string(),
        may_change: may_change(&caller.actor),
    }))
}

/// A kept draft.
#[derive(Serialize, ToSchema)]
pub struct DraftedWire {
    pub version: i64,
}

/// Keeps a matrix as a draft: multipart with `file` (the rules, CSV) and the texts `departments`,
/// `ladder` (CSV; those of the version in force when left out) and `note`.
#[utoipa::path(post, path = "/matrix/versions", tag = "matrix",
    request_body(content_type = "multipart/form-data"),
    responses((status = 201, body = DraftedWire), (status = 403), (status = 422)))]
pub async fn draft_matrix(
    State(app): State<App>,
    caller: SignedIn,
    request: Request,
) -> Result<(StatusCode, Json<DraftedWire>), ApiError> {
    check_change(&caller)?;
    let form = read_form(request).await?;
    let missing = || ApiError::invalid("file", say("缺少文件", "The file is missing"));
    let file = form.file.ok_or_else(missing)?;
    let rules = String::from_utf8(file.to_vec()).map_err(|_| {
        ApiError::invalid("file", say("须为 UTF-8 的 CSV", "The file must be CSV in UTF-8"))
    })?;
    let mut pack = Pack::default();
    let in_force = app.ctx.snapshot().matrix_version;
    let base = match in_force {
        0 => Pack::default(),
        version => crate::app::matrix::find_matrix_pack(&app.ctx, version).await?,
    };
    for (role, name) in [(FileRole::Departments, "departments"), (FileRole::Ladder, "ladder")] {
        match form.texts.get(name).filter(|text| !text.trim().is_empty()) {
            Some(text) => pack.files.push(pack_file(role, &format!("{name}.csv"), text.clone())),
            None => pack.files.extend(base.files.iter().filter(|f| f.role == role).cloned()),
        }
    }
    pack.files.push(pack_file(FileRole::Rules, "rules.csv", rules));
    let note = form.texts.get("note").cloned().unwrap_or_default();
    match crate::app::matrix::draft_matrix(&app.ctx, &pack, &note).await? {
        Ok(version) => Ok((StatusCode::CREATED, Json(DraftedWire { version }))),
        Err(problems) => {
            let problems = problems.iter().take(PROBLEMS_MAX).map(pack_fault).collect();
            Err(AppError::Invalid(problems).into())
        }
    }
}

fn pack_fault(problem: &PackProblem) -> FieldProblem {
    let fault = crate::app::imports::pack_fault(problem);
    let column = fault.column.as_deref().map(|own| format!(", {own}")).unwrap_or_default();
    let file = &fault.file;
    let (zh, en) = match fault.line {
        0 => (file.clone(), file.clone()),
        n => (format!("{file} 第 {n} 行"), format!("{file} line {n}")),
    };
    let says =
        say(format!("{zh}{column}：{}", fault.says.zh), format!("{en}{column}: {}", fault.says.en));
    FieldProblem { field: "file".into(), says }
}

fn pack_file(role: FileRole, name: &str, text: String) -> PackFile {
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    PackFile { role, name: name.to_owned(), text, scheme: None }
}

/// One file of a version, as CSV: what a new draft begins with.
#[utoipa::path(get, path = "/matrix/{version}/files/{role}", tag = "matrix",
    params(("version" = i64, Path),
        ("role" = String, Path, description = "`rules`, `departments` or `ladder`")),
    responses((status = 200, content_type = "text/csv", body = String), (status = 403),
        (status = 404)))]
pub async fn show_matrix_file(
    State(app): State<App>,
    caller: SignedIn,
    At((version, role)): At<(i64, String)>,
) -> Result<Response, ApiError> {
    check_look(&caller)?;
    let pack = crate::app::matrix::find_matrix_pack(&app.ctx, version).await?;
    let file = pack.files.into_iter().find(|file| file.role.as_str() == role);
    let text = file.ok_or_else(ApiError::not_found)?.text;
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response())
}

/// The rules of a version, in order of id.
#[utoipa::path(get, path = "/matrix/{version}", tag = "matrix",
    params(("version" = i64, Path)),
    responses((status = 200, body = Items<RuleRowWire>), (status = 403), (status = 404)))]
pub async fn show_matrix_version(
    State(app): State<App>,
    caller: SignedIn,
    At(version): At<i64>,
) -> Result<Json<Items<RuleRowWire>>, ApiError> {
    check_look(&caller)?;
    let matrix = crate::app::matrix::find_matrix(&app.ctx, version).await?;
    let mut items: Vec<RuleRowWire> = matrix.rules().iter().map(rule_row).collect();
    items.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Json(Items { items }))
}

/// From which day a version is checked.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LintQuery {
    /// `YYYY-MM-DD`; today when left out.
    day: Option<String>,
}

/// Checks a version as if it came into force on a day.
#[utoipa::path(get, path = "/matrix/{version}/lint", tag = "matrix",
    params(("version" = i64, Path), LintQuery),
    responses((status = 200, body = LintWire), (status = 403), (status = 404), (status = 422)))]
pub async fn lint_matrix(
    State(app): State<App>,
    caller: SignedIn,
    At(version): At<i64>,
    Params(query): Params<LintQuery>,
) -> Result<Json<LintWire>, ApiError> {
    check_look(&caller)?;
    let day = day("day", query.day.as_ref(), app.ctx.today())?;
    let checked = crate::app::matrix::lint_matrix(&app.ctx, version, day).await?;
    Ok(Json(lint_wire(version, day.to_string(), &checked)))
}

/// With which version another is compared.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DiffQuery {
    /// The version in force when left out; 0 is an empty matrix.
    against: Option<i64>,
}

/// What differs between a version and another.
#[utoipa::path(get, path = "/matrix/{version}/diff", tag = "matrix",
    params(("version" = i64, Path), DiffQuery),
    responses((status = 200, body = MatrixDiffWire), (status = 403), (status = 404)))]
pub async fn diff_matrix(
    State(app): State<App>,
    caller: SignedIn,
    At(version): At<i64>,
    Params(query): Params<DiffQuery>,
) -> Result<Json<MatrixDiffWire>, ApiError> {
    check_look(&caller)?;
    let old = query.against.unwrap_or(app.ctx.snapshot().matrix_version);
    let diff = crate::app::matrix::diff_matrix(&app.ctx, old, version).await?;
    Ok(Json(diff_wire(old, version, &diff)))
}

/// Which issues are replayed, and how the answer is given.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SimulateQuery {
    /// First day of report, inclusive; 90 days before `to` when left out.
    from: Option<String>,
    /// Last day of report, inclusive; today when left out.
    to: Option<String>,
    /// The day whose rules both versions are asked for, `YYYY-MM-DD`: that of the activation. When
    /// left out, the day that the version is scheduled for, else today.
    on: Option<String>,
    /// How many issues are read at most; 50,000 when left out, and never more.
    limit: Option<usize>,
    /// `json` (default) or `csv`.
    format: Option<String>,
}

/// Replays past issues against a version and compares it with the one in force and with who handled
/// each in the end. An administrator's counts are of all issues; examples are named within the
/// reader's scope only.
#[utoipa::path(post, path = "/matrix/{version}/simulate", tag = "matrix",
    params(("version" = i64, Path), SimulateQuery),
    responses((status = 200, body = SimulationWire), (status = 403), (status = 404),
        (status = 422)))]
pub async fn simulate_matrix(
    State(app): State<App>,
    lang: Lang,
    caller: SignedIn,
    At(version): At<i64>,
    Params(query): Params<SimulateQuery>,
) -> Result<Response, ApiError> {
    check_look(&caller)?;
    let to = day("to", query.to.as_ref(), app.ctx.today())?;
    let from = day("from", query.from.as_ref(), Day(to.0.saturating_sub(LOOK_BACK_DAYS - 1)))?;
    let issues_max = query.limit.unwrap_or(REQUEST_ISSUES_MAX).clamp(1, REQUEST_ISSUES_MAX);
    let window = Window::new(from, to, issues_max)?;
    let draft = crate::app::matrix::find_matrix(&app.ctx, version).await?;
    let asker = Asker::Account(&caller.actor);
    let planned = crate::app::matrix::planned_day(&app.ctx, version).await?;
    let asked = (window, day("on", query.on.as_ref(), planned)?);
    let found =
        crate::app::simulate::simulate_matrix(&app.ctx, asker, &draft, asked, |_| ()).await?;
    let snapshot = app.ctx.snapshot();
    let names = names_of(&snapshot, &draft);
    match query.format.as_deref() {
        None | Some("" | "json") => {
            Ok(Json(simulation_wire(version, &found, &names)).into_response())
        }
        Some("csv") => {
            let name = |code: &_| {
                let named = names(code);
                lang.pick(&say(named.zh, named.en))
            };
            let bytes = write_simulation(&found.simulation, &found.about(version), name)
                .map_err(|error| AppError::Internal(error.to_string()))?;
            Ok(csv_file(&format!("matrix-{version}-simulation"), bytes))
        }
        Some(_) => {
            let says = say("须为 json 或 csv", "Neither json nor csv");
            Err(ApiError::invalid("format", says))
        }
    }
}

async fn activated(app: &App, row: &ActivationRow) -> Result<Json<ActivationWire>, ApiError> {
    Ok(Json(activation_wire(row, &account_names(app).await?)))
}

/// Puts a version in force, at once or from a day on. While the check finds errors, a reason is
/// needed, and is kept.
#[utoipa::path(post, path = "/matrix/{version}/activate", tag = "matrix",
    request_body = ActivateWire, params(("version" = i64, Path)),
    responses((status = 200, body = ActivationWire), (status = 403), (status = 404),
        (status = 409), (status = 422)))]
pub async fn activate_matrix(
    State(app): State<App>,
    caller: SignedIn,
    At(version): At<i64>,
    Body(wire): Body<ActivateWire>,
) -> Result<Json<ActivationWire>, ApiError> {
    check_change(&caller)?;
    let asked = Activating {
        version,
        from: parse_word("from", wire.from.as_ref(), Day::parse)?,
        note: wire.note,
        override_reason: wire.override_reason,
        actor: Some(caller.account.id),
        seen: wire.seen,
        back: false,
    };
    let row = crate::app::matrix::activate_matrix(&app.ctx, &asked).await?;
    activated(&app, &row).await
}

/// Puts an earlier version in force again: a new activation.
#[utoipa::path(post, path = "/matrix/rollback", tag = "matrix", request_body = RollBackWire,
    responses((status = 200, body = ActivationWire), (status = 403), (status = 409),
        (status = 422)))]
pub async fn roll_back_matrix(
    State(app): State<App>,
    caller: SignedIn,
    Body(wire): Body<RollBackWire>,
) -> Result<Json<ActivationWire>, ApiError> {
    check_change(&caller)?;
    let asked = Activating {
        note: wire.note,
        override_reason: wire.override_reason,
        actor: Some(caller.account.id),
        seen: wire.seen,
        ..Activating::default()
    };
    let row = crate::app::matrix::roll_back_matrix(&app.ctx, wire.to, asked).await?;
    activated(&app, &row).await
}
