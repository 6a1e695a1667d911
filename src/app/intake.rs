//! Taking in areas, people, catalogs and matrices: what a file brings, joined with what is in
//! force.

use super::admin_log::what;
use super::ctx::Ctx;
use super::error::{AppError, FieldProblem, say};
use super::matrix::{Activating, activate_matrix, draft_matrix};
use super::people::{branch_row, post_row, worker_row};
use super::snapshot::{CALENDARS, load_calendars};
use super::territory::{Staging, lineage_row, row_of, stage_territory_by};
use crate::domain::id::{AccountId, AreaCode, BranchCode};
use crate::domain::territory::import::Imported;
use crate::domain::territory::lineage::{Lineage, LineageKind};
use crate::domain::territory::posting::find_double;
use crate::domain::territory::{Branch, Post, Worker};
use crate::format::calendar::{
    CalendarProblems, YearFile, is_region, shipped_regions, shipped_years,
};
use crate::format::pack::{Pack, PackProblems, read_catalog};
use crate::store::port::AreaRow;
use std::collections::BTreeMap;

/// Whether new areas join those in force or take their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// Areas of the file replace those of the same code; the others stay.
    Merge,
    /// Only the areas of the file remain.
    Replace,
}

/// How areas are staged.
#[derive(Clone, Debug)]
pub struct StageDetails {
    pub joining: Joining,
    pub lineage: Vec<Lineage>,
    /// Whether areas that are gone without a word are retired.
    pub retire_missing: bool,
    pub note: String,
    /// Whether the areas were made up.
    pub generated: bool,
}

/// The longest name of an area, in characters.
const NAME_CHARS_MAX: usize = 200;

/// Names that cannot be kept or shown, each by its area.
fn check_names(imported: &Imported) -> Result<(), AppError> {
    let unfit =
        |name: &str| name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control);
    let faulty = imported.areas.iter().filter(|area| unfit(&area.name));
    let problems: Vec<FieldProblem> = faulty
        .map(|area| FieldProblem {
            field: "file".into(),
            says: say(
                format!("区域 {} 的名称过长或含控制字符", area.code),
                format!("area {}: its name is too long or holds a control character", area.code),
            ),
        })
        .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(AppError::Invalid(problems)),
    }
}

/// Stages imported areas as the next version of the territory and returns its number; no actor is
/// the command line.
///
/// # Errors
/// A name cannot be kept, or the store is not available.
pub async fn stage_areas(
    ctx: &Ctx,
    actor: Option<AccountId>,
    imported: &Imported,
    details: StageDetails,
) -> Result<i64, AppError> {
    check_names(imported)?;
    let snapshot = ctx.snapshot();
    let mut rows = BTreeMap::<String, AreaRow>::new();
    let in_force = snapshot.territory_version();
    let mut lineage = details.lineage;
    if details.joining == Joining::Merge && in_force > 0 {
        let retired: Vec<&AreaCode> = lineage.iter().flat_map(Lineage::retired).collect();
        let kept = ctx.store.load_areas(in_force).await?;
        let kept = kept.into_iter().filter(|row| !retired.iter().any(|c| c.as_str() == row.code));
        rows.extend(kept.map(|row| (row.code.clone(), row)));
    }
    let new = imported.areas.iter().map(|area| row_of(area, details.generated));
    rows.extend(new.map(|row| (row.code.clone(), row)));
    if details.retire_missing {
        let ended: Vec<AreaCode> = lineage.iter().flat_map(Lineage::retired).cloned().collect();
        let gone = snapshot.territory.areas().map(|area| &area.code);
        let gone = gone.filter(|code| !rows.contains_key(code.as_str()) && !ended.contains(code));
        let on = ctx.today();
        let retire = |code: &AreaCode| Lineage {
            kind: LineageKind::Retire,
            from: vec![code.clone()],
            to: Vec::new(),
            on,
        };
        lineage.extend(gone.map(retire));
    }
    let lineage = lineage.iter().map(lineage_row).collect();
    let refused = imported.refusals.len();
    let facts = (refused > 0).then(|| ("refused", refused.to_string())).into_iter().collect();
    let staging = Staging { actor, what: what::TERRITORY_STAGE, facts, note: &details.note };
    stage_territory_by(ctx, rows.into_values().collect(), lineage, staging).await
}

async fn put_pack(
    ctx: &Ctx,
    kind: &str,
    pack: &impl serde::Serialize,
    note: &str,
) -> Result<i64, AppError> {
    let body = serde_json::to_string(pack).map_err(|e| AppError::Internal(e.to_string()))?;
    let version = ctx.store.put_pack(kind, &body, note, ctx.now()).await?;
    ctx.refresh().await?;
    Ok(version)
}

/// Checks a catalog and puts it in force; with problems, nothing is changed.
///
/// # Errors
/// The store is not available. `Ok(Err(problems))` names every unusable row.
pub async fn publish_catalog(
    ctx: &Ctx,
    pack: &Pack,
    note: &str,
) -> Result<Result<i64, PackProblems>, AppError> {
    let (_, problems) = read_catalog("new", pack);
    match problems.is_empty() {
        true => Ok(Ok(put_pack(ctx, "catalog", pack, note).await?)),
        false => Ok(Err(problems)),
    }
}

/// Keeps a matrix and puts it in force at once, if the check finds no error.
///
/// # Errors
/// The check finds errors (the draft is kept then), or the store is not available.
/// `Ok(Err(problems))` names every unreadable row, and nothing is kept.
pub async fn publish_matrix(
    ctx: &Ctx,
    pack: &Pack,
    note: &str,
) -> Result<Result<i64, PackProblems>, AppError> {
    let version = match draft_matrix(ctx, pack, note).await? {
        Ok(version) => version,
        Err(problems) => return Ok(Err(problems)),
    };
    let asked = Activating { version, note: note.to_owned(), ..Activating::default() };
    activate_matrix(ctx, &asked).await?;
    Ok(Ok(version))
}

/// Adds years to the calendars in force and puts the whole in force. A year that is there already
/// is replaced.
///
/// # Errors
/// The store is not available. `Ok(Err(problems))`: the region's name cannot be one.
pub async fn publish_calendar(
    ctx: &Ctx,
    region: &str,
    years: Vec<YearFile>,
    note: &str,
) -> Result<Result<i64, CalendarProblems>, AppError> {
    if !is_region(region) {
        let why = "is no region: lower-case letters, digits and hyphens, such as cn";
        return Ok(Err(vec![format!("{region:?} {why}")]));
    }
    let (version, mut pack) = load_calendars(ctx.store.as_ref()).await?;
    let before = pack.clone();
    years.into_iter().for_each(|file| pack.put(region, file));
    if pack == before {
        return Ok(Ok(version));
    }
    Ok(Ok(put_pack(ctx, CALENDARS, &pack, note).await?))
}

/// Adds the years of a region that ship with Hexward.
///
/// # Errors
/// As for [`publish_calendar`]; `Ok(Err(problems))` also where the region does not ship.
pub async fn publish_shipped_calendar(
    ctx: &Ctx,
    region: &str,
    note: &str,
) -> Result<Result<i64, CalendarProblems>, AppError> {
    match shipped_years(region) {
        None => {
            let known: Vec<&str> = shipped_regions().into_iter().collect();
            let known = known.join(", ");
            Ok(Err(vec![format!("no calendar of {region:?} ships with Hexward; {known} do")]))
        }
        Some(Err(problems)) => Ok(Err(problems)),
        Some(Ok(years)) => publish_calendar(ctx, region, years, note).await,
    }
}

/// What came of a file of branches.
#[derive(Debug, Default)]
pub struct TakenBranches {
    pub count: usize,
    /// Branches without a position, which are on no map.
    pub unplaced: Vec<BranchCode>,
}

/// Replaces all branches.
///
/// # Errors
/// The store is not available.
pub async fn take_branches(
    ctx: &Ctx,
    branches: &[Branch],
    generated: bool,
) -> Result<TakenBranches, AppError> {
    let rows: Vec<_> = branches.iter().filter_map(|b| branch_row(b, generated)).collect();
    let unplaced = branches.iter().filter(|branch| branch.position.is_none());
    let taken = TakenBranches {
        count: rows.len(),
        unplaced: unplaced.map(|branch| branch.code.clone()).collect(),
    };
    ctx.store.replace_branches(rows, ctx.now()).await?;
    ctx.refresh().await?;
    Ok(taken)
}

/// Replaces all workers and posts.
///
/// # Errors
/// Somebody holds a post twice on one day, or the store is not available.
pub async fn take_people(
    ctx: &Ctx,
    workers: &[Worker],
    posts: &[Post],
    generated: bool,
) -> Result<(), AppError> {
    if let Some(post) = find_double(posts) {
        let (worker, area, role) = (post.worker, &post.area, &post.role);
        let says = say(
            format!("人员 {worker} 在 {area} 的“{role}”岗位同一天有两条"),
            format!("Worker {worker} is {role} of {area} twice on one day"),
        );
        return Err(AppError::field("posts", says));
    }
    let workers = workers.iter().map(|worker| worker_row(worker, generated)).collect();
    let posts = posts.iter().map(post_row).collect();
    ctx.store.replace_people(workers, posts, ctx.now()).await?;
    ctx.refresh().await
}
