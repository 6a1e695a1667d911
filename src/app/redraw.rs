//! Editing the territory in force: a list of edits is tried, and staged as the next version with
//! the lineage that comes of it.

use super::admin_log::what;
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, FieldProblem, say};
use super::territory::{Staging, lineage_row, row_of, stage_territory_by};
use super::words::area::edit_words;
use crate::domain::id::{AccountId, AreaCode};
use crate::domain::territory::Area;
use crate::domain::territory::check::{Finding, Tolerance, check_areas};
use crate::domain::territory::redraw::{EDITS_MAX, Edit, EditProblem, Redrawn, redraw};
use std::collections::BTreeSet;

/// What a list of edits would leave.
pub struct EditPreview {
    /// The version that the edits start from.
    pub base: i64,
    pub redrawn: Redrawn,
    /// The areas in force that would be gone.
    pub gone: Vec<AreaCode>,
    /// What is wrong with the changed areas and those around them.
    pub findings: Vec<Finding>,
}

/// The areas that a change can have made wrong: what changed, its parents, all their children and
/// what lies below what changed.
fn around(redrawn: &Redrawn) -> Vec<Area> {
    let parents: BTreeSet<&AreaCode> = redrawn
        .changed
        .iter()
        .filter_map(|code| redrawn.areas.get(code)?.parent.as_ref())
        .collect();
    let is_around = |area: &&Area| {
        let below = |codes: &dyn Fn(&AreaCode) -> bool| area.parent.as_ref().is_some_and(codes);
        redrawn.changed.contains(&area.code)
            || parents.contains(&area.code)
            || below(&|parent| parents.contains(parent) || redrawn.changed.contains(parent))
    };
    redrawn.areas.values().filter(is_around).cloned().collect()
}

/// A finding that the parent of a part is not there is one of looking at a part alone.
fn is_own(finding: &Finding, redrawn: &Redrawn) -> bool {
    match finding {
        Finding::Orphan { parent, .. } => !redrawn.areas.contains_key(parent),
        Finding::Enclosed { .. } => false,
        _ => true,
    }
}

fn draw(snapshot: &Snapshot, retired: &BTreeSet<AreaCode>, edits: &[Edit], ctx: &Ctx) -> Redrawn {
    redraw(snapshot.territory.areas(), retired, edits, ctx.today())
}

async fn retired_codes(ctx: &Ctx) -> Result<BTreeSet<AreaCode>, AppError> {
    let codes = ctx.store.list_retired_codes().await?;
    Ok(codes.iter().filter_map(|code| AreaCode::parse(code).ok()).collect())
}

fn check_base(snapshot: &Snapshot, base: Option<i64>, edits: &[Edit]) -> Result<i64, AppError> {
    let in_force = snapshot.territory_version();
    if in_force == 0 {
        return Err(AppError::Conflict(say(
            "还没有生效的网格，请先上传文件",
            "No territory is in force yet; upload a file first",
        )));
    }
    if base.is_some_and(|base| base != in_force) {
        return Err(AppError::Conflict(say(
            format!("现行网格已是版本 {in_force}，请重新载入后再编辑"),
            format!("Version {in_force} is in force by now; load it and edit anew"),
        )));
    }
    match edits.len() > EDITS_MAX {
        true => Err(AppError::field(
            "edits",
            say(
                format!("一次至多 {EDITS_MAX} 处编辑，请分批发布"),
                format!("At most {EDITS_MAX} edits at once; publish them in portions"),
            ),
        )),
        false => Ok(in_force),
    }
}

/// Applies edits to the territory in force; nothing is kept.
///
/// # Errors
/// Another version is in force than the edits start from, or the store is not available. An edit
/// that cannot be is told in the preview.
pub async fn preview_edits(
    ctx: &Ctx,
    base: Option<i64>,
    edits: Vec<Edit>,
) -> Result<EditPreview, AppError> {
    let snapshot = ctx.snapshot();
    let base = check_base(&snapshot, base, &edits)?;
    let redrawn = draw(&snapshot, &retired_codes(ctx).await?, &edits, ctx);
    let gone = snapshot.territory.areas().map(|area| &area.code);
    let gone = gone.filter(|code| !redrawn.areas.contains_key(*code)).cloned().collect();
    let mut findings = check_areas(&around(&redrawn), Tolerance::default()).findings;
    findings.retain(|finding| is_own(finding, &redrawn));
    Ok(EditPreview { base, redrawn, gone, findings })
}

/// The field's name within the list of edits.
fn field_problem(problem: &EditProblem) -> FieldProblem {
    let EditProblem { edit, field, fault } = problem;
    FieldProblem { field: format!("edits.{edit}.{field}"), says: edit_words(fault) }
}

/// Stages the territory in force with edits applied, and returns the version's number.
///
/// # Errors
/// As for [`preview_edits`]; or an edit cannot be, or there is none.
pub async fn stage_edits(
    ctx: &Ctx,
    actor: Option<AccountId>,
    (base, edits): (i64, Vec<Edit>),
    note: &str,
) -> Result<i64, AppError> {
    let snapshot = ctx.snapshot();
    check_base(&snapshot, Some(base), &edits)?;
    let redrawn = draw(&snapshot, &retired_codes(ctx).await?, &edits, ctx);
    if let Some(problem) = &redrawn.problem {
        return Err(AppError::Invalid(vec![field_problem(problem)]));
    }
    if redrawn.changed.is_empty() {
        let says = say("没有任何改动", "Nothing was changed");
        return Err(AppError::field("edits", says));
    }
    let before = ctx.store.load_areas(base).await?;
    let made_up: BTreeSet<&str> =
        before.iter().filter(|row| row.generated).map(|row| row.code.as_str()).collect();
    // Rows that were not touched stay to the last bit.
    let is_kept = |code: &str| {
        let code = AreaCode::parse(code).ok();
        code.is_some_and(|c| redrawn.areas.contains_key(&c) && !redrawn.changed.contains(&c))
    };
    let changed = redrawn.changed.iter().filter_map(|code| {
        let area = redrawn.areas.get(code)?;
        let origins = redrawn.origins.get(code)?;
        let generated = origins.iter().any(|own| made_up.contains(own.as_str()));
        Some(row_of(area, generated))
    });
    let mut rows: Vec<_> = changed.collect();
    rows.extend(before.iter().filter(|row| is_kept(&row.code)).cloned());
    rows.sort_by(|a, b| a.code.cmp(&b.code));
    let lineage = redrawn.lineage.iter().map(lineage_row).collect();
    let facts = vec![("edits", edits.len().to_string())];
    let staging = Staging { actor, what: what::TERRITORY_EDIT, facts, note };
    stage_territory_by(ctx, rows, lineage, staging).await
}
