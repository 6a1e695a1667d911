//! Versions of the responsibility matrix: drafts, their check, what differs, activation at a date
//! and going back. A version is never edited, and history is only added to.

use super::admin_log::{self, what};
use super::carry::carry_matrix;
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::faults::check_note;
use crate::domain::catalog::{Lang, SchemeCode};
use crate::domain::id::AccountId;
use crate::domain::routing::lint::{
    AreaTree, Finding, HORIZON_DAYS, Horizon, MatrixFile, RowRef, Surroundings, Weight, lint,
};
use crate::domain::routing::version::{self, Activation, Standing};
use crate::domain::routing::{Matrix, MatrixDiff, diff_matrices};
use crate::domain::time::Day;
use crate::format::matrix::RowLines;
use crate::format::pack::{FileRole, Pack, PackProblems, read_draft_pack};
use crate::store::Store;
use crate::store::admin::AdminEntry;
use crate::store::port::ActivationRow;
use jiff::tz::TimeZone;

/// What the store calls the matrix's documents.
pub const MATRIX: &str = "matrix";
/// How far ahead a version may be scheduled, in days.
pub const AHEAD_DAYS_MAX: i32 = 3_660;
/// How many errors a refusal names.
const TOLD_MAX: usize = 5;

/// A version with what it is today.
#[derive(Clone, Debug)]
pub struct MatrixVersion {
    pub version: i64,
    pub note: String,
    pub created: crate::domain::time::Timestamp,
    pub standing: Standing,
    /// Its own activations, in order.
    pub activations: Vec<ActivationRow>,
}

/// A finding with the place in its file.
#[derive(Clone, Debug)]
pub struct Located {
    pub finding: Finding,
    pub file: Option<String>,
    /// Counted from 1; the header is the first. `None` where a row is missing.
    pub line: Option<u64>,
}

/// A checked matrix.
pub struct Checked {
    pub matrix: Matrix,
    pub findings: Vec<Located>,
}

impl Checked {
    pub fn errors(&self) -> impl Iterator<Item = &Located> {
        self.findings.iter().filter(|located| located.finding.weight == Weight::Error)
    }
}

/// That a version is to come into force.
#[derive(Clone, Debug, Default)]
pub struct Activating {
    pub version: i64,
    /// `None`: now.
    pub from: Option<Day>,
    pub note: String,
    /// Why it comes into force in spite of errors.
    pub override_reason: Option<String>,
    /// `None` for the command line.
    pub actor: Option<AccountId>,
    /// The number of activations that the person saw; another number is refused.
    pub seen: Option<i64>,
    /// Whether it is a way back to an earlier version.
    pub back: bool,
}

fn no_version(version: i64) -> AppError {
    AppError::NotFound(say(
        format!("没有权责清单版本 {version}"),
        format!("There is no version {version} of the matrix"),
    ))
}

/// Activations as the core knows them.
pub fn activations_of(rows: &[ActivationRow], zone: &TimeZone) -> Vec<Activation> {
    let activation = |row: &ActivationRow| Activation {
        ordinal: row.ordinal,
        version: row.version,
        from: row.from,
        decided: row.at.day_in(zone),
    };
    rows.iter().map(activation).collect()
}

/// The version in force on a day, and its document; version 0 and nothing before the first.
///
/// # Errors
/// The store is not available, or the document cannot be read at all.
pub async fn load_in_force(
    store: &dyn Store,
    zone: &TimeZone,
    day: Day,
) -> Result<(i64, Pack), AppError> {
    let rows = store.list_activations(MATRIX).await?;
    match version::in_force_on(&activations_of(&rows, zone), day) {
        None => Ok((0, Pack::default())),
        Some(holds) => Ok((holds.version, load_pack(store, holds.version).await?)),
    }
}

async fn load_pack(store: &dyn Store, version: i64) -> Result<Pack, AppError> {
    let body = store.load_pack(MATRIX, version).await?.ok_or_else(|| no_version(version))?;
    serde_json::from_str(&body)
        .map_err(|error| AppError::Internal(format!("matrix version {version}: {error}")))
}

/// The day from which a version is to be in force: the one that it is scheduled for, else today.
///
/// # Errors
/// The store is not available.
pub async fn planned_day(ctx: &Ctx, version: i64) -> Result<Day, AppError> {
    let today = ctx.today();
    let rows = ctx.store.list_activations(MATRIX).await?;
    let activations = activations_of(&rows, &ctx.snapshot().zone);
    Ok(match version::standing(&activations, version, today) {
        version::Standing::Scheduled { from } => from,
        _ => today,
    })
}

/// The document of a version.
///
/// # Errors
/// There is no such version.
pub async fn find_matrix_pack(ctx: &Ctx, version: i64) -> Result<Pack, AppError> {
    load_pack(ctx.store.as_ref(), version).await
}

/// All versions, the latest first.
///
/// # Errors
/// The store is not available.
pub async fn list_matrix_versions(ctx: &Ctx) -> Result<Vec<MatrixVersion>, AppError> {
    let (snapshot, today) = (ctx.snapshot(), ctx.today());
    let rows = ctx.store.list_activations(MATRIX).await?;
    let activations = activations_of(&rows, &snapshot.zone);
    let versions = ctx.store.list_packs(MATRIX).await?.into_iter().map(|pack| MatrixVersion {
        version: pack.version,
        note: pack.note,
        created: pack.created,
        standing: version::standing(&activations, pack.version, today),
        activations: rows.iter().filter(|row| row.version == pack.version).cloned().collect(),
    });
    Ok(versions.collect())
}

/// Keeps a matrix as a draft. Rows that name what is not there are kept and told by the check; with
/// rows that say nothing readable, nothing is kept.
///
/// # Errors
/// The note is too long, or the store is not available. `Ok(Err(problems))` names every unreadable
/// row.
pub async fn draft_matrix(
    ctx: &Ctx,
    pack: &Pack,
    note: &str,
) -> Result<Result<i64, PackProblems>, AppError> {
    check_note("note", note)?;
    let (_, _, problems) = read_draft_pack("new", pack);
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let body = serde_json::to_string(pack).map_err(|e| AppError::Internal(e.to_string()))?;
    let version = ctx.store.put_pack(MATRIX, &body, note, ctx.now()).await?;
    ctx.refresh().await?;
    Ok(Ok(version))
}

fn locate(finding: Finding, pack: &Pack, lines: &RowLines) -> Located {
    let role = finding.defect.file().map(|file| match file {
        MatrixFile::Rules => FileRole::Rules,
        MatrixFile::Ladder => FileRole::Ladder,
    });
    let line = finding.defect.row().and_then(|row| match row {
        RowRef::Rule(id) => lines.rules.get(&id).copied().or_else(|| {
            // A rule carried over to a successor has the successor's code behind its own id.
            let (own, _) = id.as_str().rsplit_once('~')?;
            let own = crate::domain::routing::RuleId::parse(own).ok()?;
            lines.rules.get(&own).copied()
        }),
        RowRef::Rung { level, area, kind } => lines.rungs.get(&(level, area, kind)).copied(),
    });
    let file = pack.files.iter().find(|file| Some(file.role) == role);
    Located { finding, file: file.map(|file| file.name.clone()), line }
}

/// The schemes that people report under here; none for all.
fn schemes_of(snapshot: &Snapshot) -> Vec<SchemeCode> {
    let codes = snapshot.instance.schemes.split(',').map(str::trim);
    codes.filter(|code| !code.is_empty()).filter_map(|c| SchemeCode::parse(c).ok()).collect()
}

/// Checks a matrix as if it came into force on `day`, against what is in force here.
pub fn check_matrix(snapshot: &Snapshot, label: &str, pack: &Pack, day: Day) -> Checked {
    let (matrix, lines, _) = read_draft_pack(label, pack);
    let (matrix, _) = carry_matrix(matrix, &snapshot.territory, &snapshot.heirs);
    let areas = AreaTree::of(&snapshot.territory, day);
    let (schemes, layers) = (schemes_of(snapshot), snapshot.assets.owners());
    let around = Surroundings {
        catalog: &snapshot.catalog,
        schemes: &schemes,
        areas: &areas,
        layers: &layers,
        horizon: Horizon { from: day, days: HORIZON_DAYS },
    };
    let findings = lint(&matrix, around);
    let findings = findings.into_iter().map(|finding| locate(finding, pack, &lines)).collect();
    Checked { matrix, findings }
}

/// As [`check_matrix`], off the threads that answer requests.
///
/// # Errors
/// There is no such version.
pub async fn lint_matrix(ctx: &Ctx, version: i64, day: Day) -> Result<Checked, AppError> {
    let pack = find_matrix_pack(ctx, version).await?;
    let snapshot = ctx.snapshot();
    let work = move || check_matrix(&snapshot, &version.to_string(), &pack, day);
    tokio::task::spawn_blocking(work).await.map_err(|e| AppError::Internal(e.to_string()))
}

/// A version of the matrix as it would decide here.
///
/// # Errors
/// There is no such version.
pub async fn find_matrix(ctx: &Ctx, version: i64) -> Result<Matrix, AppError> {
    let pack = find_matrix_pack(ctx, version).await?;
    Ok(matrix_of(&ctx.snapshot(), &version.to_string(), &pack))
}

/// A matrix from its document, with what was bound to areas that are gone carried over.
pub fn matrix_of(snapshot: &Snapshot, label: &str, pack: &Pack) -> Matrix {
    let (matrix, _, _) = read_draft_pack(label, pack);
    carry_matrix(matrix, &snapshot.territory, &snapshot.heirs).0
}

/// What differs between two versions, as their files have it. Version 0 is an empty matrix.
///
/// # Errors
/// There is no such version.
pub async fn diff_matrix(ctx: &Ctx, old: i64, new: i64) -> Result<MatrixDiff, AppError> {
    let old = match old {
        0 => Pack::default(),
        old => find_matrix_pack(ctx, old).await?,
    };
    let new = find_matrix_pack(ctx, new).await?;
    let read = |pack: &Pack| read_draft_pack("", pack).0;
    Ok(diff_matrices(&read(&old), &read(&new)))
}

fn check_day(day: Day, today: Day) -> Result<(), AppError> {
    if (today.0..=today.0.saturating_add(AHEAD_DAYS_MAX)).contains(&day.0) {
        return Ok(());
    }
    let says = say(
        format!("生效日期须为今天（{today}）起 {AHEAD_DAYS_MAX} 天内"),
        format!("The first day must be today ({today}) or at most {AHEAD_DAYS_MAX} days ahead"),
    );
    Err(AppError::field("from", says))
}

fn refuse(checked: &Checked) -> AppError {
    let told = |lang| {
        let texts = checked.errors().take(TOLD_MAX).map(|e| e.finding.defect.sentence(lang));
        texts.collect::<Vec<_>>().join("; ")
    };
    let errors = checked.errors().count();
    AppError::Conflict(say(
        format!(
            "检查有 {errors} 处错误，不能生效：{}。请改正，或写明理由后强制生效",
            told(Lang::Zh)
        ),
        format!(
            "the check found {errors} errors: {}; mend them, or override them with a reason",
            told(Lang::En)
        ),
    ))
}

fn activation_entry(ctx: &Ctx, row: &ActivationRow, back: bool) -> AdminEntry {
    let facts = [
        Some(("from", row.from.to_string())),
        Some(("note", row.note.clone())).filter(|(_, note)| !note.is_empty()),
        row.override_reason.clone().map(|reason| ("override_reason", reason)),
    ];
    let sort = if back { what::MATRIX_ROLLBACK } else { what::MATRIX_ACTIVATE };
    let version = row.version.to_string();
    admin_log::entry(ctx, row.actor, sort, &version, facts.into_iter().flatten())
}

/// Puts a version in force from a day on, on all nodes: now, or at the day's start in the
/// district's zone.
///
/// # Errors
/// There is no such version, the day has passed, the check finds errors and no reason overrides
/// them, or another activation was decided meanwhile.
pub async fn activate_matrix(ctx: &Ctx, asked: &Activating) -> Result<ActivationRow, AppError> {
    let today = ctx.today();
    let from = asked.from.unwrap_or(today);
    check_day(from, today)?;
    check_note("note", &asked.note)?;
    let reason = asked.override_reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    check_note("override_reason", reason.unwrap_or(""))?;
    let last = ctx.store.list_activations(MATRIX).await?.last().map_or(0, |row| row.ordinal);
    if asked.seen.is_some_and(|seen| seen != last) {
        return Err(crate::store::StoreError::Stale.into());
    }
    let checked = lint_matrix(ctx, asked.version, from).await?;
    let errors = checked.errors().count();
    if errors > 0 && reason.is_none() {
        return Err(refuse(&checked));
    }
    let row = ActivationRow {
        ordinal: last + 1,
        version: asked.version,
        from,
        at: ctx.now(),
        actor: asked.actor,
        note: asked.note.clone(),
        errors: i64::try_from(errors).unwrap_or(i64::MAX),
        // A reason that nothing needed is not kept as if something had been overridden.
        override_reason: reason.filter(|_| errors > 0).map(str::to_owned),
    };
    let log = activation_entry(ctx, &row, asked.back);
    ctx.store.append_activation(MATRIX, row.clone(), Some(log)).await?;
    tracing::info!(version = row.version, from = %row.from, errors, "the matrix was activated");
    ctx.refresh().await?;
    Ok(row)
}

/// Puts the version before the one in force, or the one named, in force again: a new activation.
///
/// # Errors
/// There is none to go back to; or as for [`activate_matrix`].
pub async fn roll_back_matrix(
    ctx: &Ctx,
    to: Option<i64>,
    asked: Activating,
) -> Result<ActivationRow, AppError> {
    let rows = ctx.store.list_activations(MATRIX).await?;
    let activations = activations_of(&rows, &ctx.snapshot().zone);
    let known = to.is_none_or(|to| {
        matches!(version::standing(&activations, to, ctx.today()), Standing::Retired)
    });
    let target = to.or_else(|| version::version_before(&activations, ctx.today()));
    match target.filter(|_| known) {
        Some(version) => activate_matrix(ctx, &Activating { version, back: true, ..asked }).await,
        None => Err(AppError::Conflict(say(
            "没有可以回退的早先版本",
            "There is no earlier version in force to go back to",
        ))),
    }
}
