//! The territory in force and its next version: staged, previewed, published.

use super::admin_log::{self, what};
use super::carry::{Carried, Heirs, carry_branches, carry_posts, count_carried};
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::notify::summons_by;
use super::place::place;
use super::scan::OpenIssues;
use super::words::area::lineage_words;
use crate::domain::id::{AccountId, AreaCode};
use crate::domain::issue::record::Issue;
use crate::domain::issue::step::rehome;
use crate::domain::metrics::contribution::{Deltas, add_contribution};
use crate::domain::territory::area::{polygon_from_geojson, polygon_to_geojson};
use crate::domain::territory::check::{Finding, Tolerance, check_areas};
use crate::domain::territory::diff::{Change as AreaChange, diff_areas};
use crate::domain::territory::lineage::{Lineage, LineageError, LineageKind, check_lineage};
use crate::domain::territory::{Area, AreaKind, Level, Territory, Validity, Version};
use crate::domain::time::Day;
use crate::store::Store;
use crate::store::care::CareChange;
use crate::store::change::{Change, Save};
use crate::store::port::{AreaRow, LineageRow};
use std::collections::BTreeMap;

fn corrupt(code: &str, what: &str) -> AppError {
    AppError::Internal(format!("area {code}: {what}"))
}

/// An area from its row.
pub fn area_of(row: &AreaRow) -> Result<Area, AppError> {
    let geometry: geojson::Geometry =
        row.polygon.parse().map_err(|_| corrupt(&row.code, "its polygon cannot be read"))?;
    let polygon =
        polygon_from_geojson(&geometry).map_err(|error| corrupt(&row.code, &error.to_string()))?;
    let parse = |code: &str| AreaCode::parse(code).map_err(|e| corrupt(&row.code, &e.to_string()));
    Ok(Area {
        code: parse(&row.code)?,
        name: row.name.clone(),
        level: Level::parse(&row.level)
            .ok_or_else(|| corrupt(&row.code, "its level is unknown"))?,
        parent: row.parent.as_deref().map(parse).transpose()?,
        kind: AreaKind::parse(&row.kind)
            .ok_or_else(|| corrupt(&row.code, "its kind is unknown"))?,
        polygon,
        validity: Validity { from: row.valid_from.map(Day), to: row.valid_to.map(Day) },
    })
}

/// A row from an area.
pub fn row_of(area: &Area, generated: bool) -> AreaRow {
    AreaRow {
        code: area.code.to_string(),
        name: area.name.clone(),
        level: area.level.to_string(),
        parent: area.parent.as_ref().map(ToString::to_string),
        kind: area.kind.as_str().to_owned(),
        valid_from: area.validity.from.map(|day| day.0),
        valid_to: area.validity.to.map(|day| day.0),
        generated,
        polygon: polygon_to_geojson(&area.polygon).to_string(),
    }
}

fn lineage_of(row: &LineageRow) -> Result<Lineage, AppError> {
    let codes = |text: &str| {
        let parts = text.split(';').filter(|part| !part.is_empty());
        parts.map(AreaCode::parse).collect::<Result<Vec<_>, _>>()
    };
    let fault = |what: &str| AppError::Internal(format!("lineage of {}: {what}", row.version));
    Ok(Lineage {
        kind: LineageKind::parse(&row.kind).ok_or_else(|| fault("its kind is unknown"))?,
        from: codes(&row.from_codes).map_err(|error| fault(&error.to_string()))?,
        to: codes(&row.to_codes).map_err(|error| fault(&error.to_string()))?,
        on: Day(row.day),
    })
}

/// A row of lineage, for a version that is being staged.
pub fn lineage_row(event: &Lineage) -> LineageRow {
    let join =
        |codes: &[AreaCode]| codes.iter().map(AreaCode::as_str).collect::<Vec<_>>().join(";");
    LineageRow {
        version: 0,
        kind: event.kind.as_str().to_owned(),
        from_codes: join(&event.from),
        to_codes: join(&event.to),
        day: event.on.0,
    }
}

/// All that became of areas up to a version: of those published, and of the version itself.
///
/// # Errors
/// The store is not available, or a row cannot be read.
pub async fn load_lineage(
    store: &dyn Store,
    version: Option<i64>,
) -> Result<Vec<Lineage>, AppError> {
    store.list_lineage(version).await?.iter().map(lineage_of).collect()
}

/// Puts together the territory of a version with the branches and people of now.
///
/// # Errors
/// The store is not available, or a row cannot be read.
pub async fn load_version(
    store: &dyn Store,
    number: i64,
    as_of: Day,
) -> Result<Territory, AppError> {
    let rows = store.load_areas(number).await?;
    let areas = rows.iter().map(area_of).collect::<Result<Vec<_>, _>>()?;
    let heirs = Heirs::of(&areas, &load_lineage(store, Some(number)).await?);
    let branches = carry_branches(super::people::load_branches(store).await?, &heirs);
    let (workers, posts) = super::people::load_people(store).await?;
    let posts = carry_posts(posts, &heirs);
    let version = Version { number, as_of };
    let (territory, problems) = Territory::build(version, areas, branches, workers, posts);
    for problem in &problems {
        tracing::warn!(%problem, version = number, "the territory is not whole");
    }
    Ok(territory)
}

/// The territory in force; version 0 and empty before the first publication.
///
/// # Errors
/// As for [`load_version`].
pub async fn load_territory(store: &dyn Store, as_of: Day) -> Result<Territory, AppError> {
    let versions = store.list_territory_versions().await?;
    match versions.iter().rev().find(|version| version.state == "published") {
        None => {
            let version = Version { number: 0, as_of };
            Ok(Territory::build(version, Vec::new(), Vec::new(), Vec::new(), Vec::new()).0)
        }
        Some(version) => load_version(store, version.version, as_of).await,
    }
}

/// Where an open issue would move.
pub struct Move {
    pub before: Issue,
    pub after: Issue,
    event: crate::domain::issue::event::Event,
}

/// The open issues that lie elsewhere in `new` than they were put.
///
/// # Errors
/// The store is not available.
pub async fn plan_moves(ctx: &Ctx, new: &Territory) -> Result<Vec<Move>, AppError> {
    let now = ctx.now();
    let mut open = OpenIssues::new();
    let mut moves = Vec::new();
    while let Some(issues) = open.next(ctx).await? {
        for issue in issues {
            let old = &issue.place;
            let placed = place(new, old.raw, old.datum, old.accuracy_m)?;
            if placed.place.path == old.path && placed.place.candidates == old.candidates {
                continue;
            }
            if let Some((after, event)) = rehome(&issue, &placed.place, now) {
                moves.push(Move { before: issue, after, event });
            }
        }
    }
    Ok(moves)
}

/// The change that moves issues into the areas of `new`. A major hazard is told to those who have
/// it from now on.
fn change_of(ctx: &Ctx, new: &Territory, moves: Vec<Move>) -> Result<Change, AppError> {
    let snapshot = ctx.snapshot();
    let level_of = |code: &str| {
        let code = AreaCode::parse(code).ok()?;
        new.area(&code).or_else(|| snapshot.territory.area(&code)).map(|area| area.level)
    };
    let mut care = CareChange::default();
    let mut deltas = Deltas::new();
    let mut saves = Vec::with_capacity(moves.len());
    for Move { before, after, event } in moves {
        add_contribution(&mut deltas, &before, &snapshot.zone, -1);
        add_contribution(&mut deltas, &after, &snapshot.zone, 1);
        care.summons.extend(summons_by(ctx, &snapshot, &level_of, (Some(&before), &after))?);
        saves.push(Save { version_seen: before.version, issue: after, events: vec![event] });
    }
    let district = snapshot.instance.district.clone();
    Ok(Change { district, at: ctx.now(), saves, deltas, care, ..Change::default() })
}

fn not_staged(version: i64) -> AppError {
    AppError::NotFound(say(
        format!("没有待发布的网格版本 {version}"),
        format!("There is no staged territory {version}"),
    ))
}

async fn find_staged(ctx: &Ctx, version: i64) -> Result<Territory, AppError> {
    let versions = ctx.store.list_territory_versions().await?;
    let staged = versions.iter().any(|v| v.version == version && v.state == "staged");
    match staged {
        true => load_version(ctx.store.as_ref(), version, ctx.today()).await,
        false => Err(not_staged(version)),
    }
}

/// What a staged version would change.
pub struct TerritoryPreview {
    pub version: i64,
    pub changes: BTreeMap<AreaCode, Vec<AreaChange>>,
    pub names: BTreeMap<AreaCode, String>,
    pub lineage: Vec<Lineage>,
    /// Why it cannot be published as it is.
    pub errors: Vec<LineageError>,
    /// What is wrong with its areas.
    pub findings: Vec<Finding>,
    /// From the innermost area's code to the innermost area's code: how many open issues.
    pub moving: BTreeMap<(String, String), i64>,
    pub carried: Carried,
}

struct Succession {
    own: Vec<Lineage>,
    errors: Vec<LineageError>,
}

async fn check_succession(
    ctx: &Ctx,
    new: &Territory,
    version: i64,
) -> Result<Succession, AppError> {
    let store = ctx.store.as_ref();
    let own: Vec<Lineage> = store
        .list_lineage(Some(version))
        .await?
        .iter()
        .filter(|row| row.version == version)
        .map(lineage_of)
        .collect::<Result<_, _>>()?;
    let snapshot = ctx.snapshot();
    let codes = |territory: &Territory| territory.areas().map(|area| area.code.clone()).collect();
    let retired = store.list_retired_codes().await?;
    let retired = retired.iter().filter_map(|code| AreaCode::parse(code).ok()).collect();
    let errors = check_lineage(&codes(&snapshot.territory), &codes(new), &retired, &own);
    Ok(Succession { own, errors })
}

/// Compares a staged version with the one in force.
///
/// # Errors
/// There is no such staged version.
pub async fn preview_territory(ctx: &Ctx, version: i64) -> Result<TerritoryPreview, AppError> {
    let new = find_staged(ctx, version).await?;
    let snapshot = ctx.snapshot();
    let leaf = |issue: &Issue| issue.place.path.leaf().unwrap_or("").to_owned();
    let mut moving = BTreeMap::new();
    for Move { before, after, .. } in plan_moves(ctx, &new).await? {
        *moving.entry((leaf(&before), leaf(&after))).or_insert(0) += 1;
    }
    let succession = check_succession(ctx, &new, version).await?;
    let areas: Vec<Area> = new.areas().cloned().collect();
    let heirs = Heirs::of(&areas, &load_lineage(ctx.store.as_ref(), Some(version)).await?);
    let changes = diff_areas(snapshot.territory.areas(), new.areas());
    let named = snapshot.territory.areas().chain(new.areas());
    Ok(TerritoryPreview {
        version,
        names: named.map(|area| (area.code.clone(), area.name.clone())).collect(),
        changes,
        lineage: succession.own,
        errors: succession.errors,
        findings: check_areas(&areas, Tolerance::default()).findings,
        moving,
        carried: count_carried(&snapshot.territory, &snapshot.matrix, &heirs),
    })
}

/// The areas of a version; with `only_changed` those that are not in force just so.
///
/// # Errors
/// There is no such version, or the store is not available.
pub async fn list_areas_of(
    ctx: &Ctx,
    version: i64,
    only_changed: bool,
) -> Result<Vec<Area>, AppError> {
    let versions = ctx.store.list_territory_versions().await?;
    if !versions.iter().any(|known| known.version == version) {
        return Err(AppError::NotFound(say(
            format!("没有网格版本 {version}"),
            format!("There is no territory {version}"),
        )));
    }
    let rows = ctx.store.load_areas(version).await?;
    let areas = rows.iter().map(area_of).collect::<Result<Vec<_>, _>>()?;
    let snapshot = ctx.snapshot();
    let is_new = |area: &Area| snapshot.territory.area(&area.code) != Some(area);
    Ok(areas.into_iter().filter(|area| !only_changed || is_new(area)).collect())
}

/// Puts a staged version in force and moves the open issues, in one transaction, from the command
/// line.
///
/// # Errors
/// There is no such staged version, its lineage does not explain what became of the areas in
/// force, or another was published meanwhile.
pub async fn publish_territory(ctx: &Ctx, version: i64) -> Result<usize, AppError> {
    publish_territory_by(ctx, None, version).await
}

/// As [`publish_territory`], by an account.
///
/// # Errors
/// As for [`publish_territory`].
pub async fn publish_territory_by(
    ctx: &Ctx,
    actor: Option<AccountId>,
    version: i64,
) -> Result<usize, AppError> {
    let new = find_staged(ctx, version).await?;
    let errors = check_succession(ctx, &new, version).await?.errors;
    if !errors.is_empty() {
        let (zh, en): (Vec<String>, Vec<String>) =
            errors.iter().take(20).map(lineage_words).map(|says| (says.zh, says.en)).unzip();
        return Err(AppError::Conflict(say(
            format!("沿革不完整，共 {} 处：{}", errors.len(), zh.join("；")),
            format!("the lineage has {} faults: {}", errors.len(), en.join("; ")),
        )));
    }
    let replaces = Some(ctx.snapshot().territory_version()).filter(|version| *version > 0);
    let moves = plan_moves(ctx, &new).await?;
    let moved = moves.len();
    let facts = [("moved", moved.to_string()), ("areas", new.len().to_string())];
    let subject = version.to_string();
    let log = admin_log::entry(ctx, actor, what::TERRITORY_PUBLISH, &subject, facts);
    let change = Change { log: Some(log), ..change_of(ctx, &new, moves)? };
    ctx.store.publish_territory(version, replaces, change).await?;
    ctx.refresh().await?;
    Ok(moved + rehome_stragglers(ctx).await?)
}

/// Moves open issues that were placed by an older territory while a new one was published.
///
/// # Errors
/// The store is not available. An issue that someone works on meanwhile is left to the next run.
pub async fn rehome_stragglers(ctx: &Ctx) -> Result<usize, AppError> {
    let snapshot: std::sync::Arc<Snapshot> = ctx.snapshot();
    let mut moved = 0;
    for step in plan_moves(ctx, &snapshot.territory).await? {
        match ctx.store.apply(change_of(ctx, &snapshot.territory, vec![step])?).await {
            Ok(_) => moved += 1,
            Err(crate::store::StoreError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(moved)
}

/// The setting that names the territory in which all open issues lie for sure.
const HOMED: &str = "issues_homed";

fn named(Version { number, as_of }: Version) -> String {
    format!("{number} {as_of}")
}

fn parse_named(text: &str) -> Option<Version> {
    let (number, as_of) = text.split_once(' ')?;
    Some(Version { number: number.parse().ok()?, as_of: Day::parse(as_of)? })
}

/// Whether all open issues were found to lie where they belong in the areas in force, when no node
/// could place by those before any more. On another day they mostly are the same.
///
/// # Errors
/// The store is not available.
pub async fn are_homed(ctx: &Ctx) -> Result<bool, AppError> {
    let settings = ctx.store.list_settings().await?;
    let noted = settings.iter().find(|(name, _)| name == HOMED);
    let Some(noted) = noted.and_then(|(_, value)| parse_named(value)) else { return Ok(false) };
    let snapshot = ctx.snapshot();
    let Version { number, as_of } = snapshot.territory.version();
    let is_same =
        |area: &Area| area.validity.holds_on(noted.as_of) == area.validity.holds_on(as_of);
    Ok(noted.number == number && snapshot.territory.areas().all(is_same))
}

/// Notes that they do in a version.
///
/// # Errors
/// The store is not available.
pub async fn note_homed(ctx: &Ctx, version: Version) -> Result<(), AppError> {
    Ok(ctx.store.put_setting(HOMED, &named(version)).await?)
}

/// Who stages a version, and how the log tells of it.
pub struct Staging<'a> {
    /// `None` for the command line.
    pub actor: Option<AccountId>,
    /// As the log names it.
    pub what: &'a str,
    /// More facts for the log, beside the number of areas and the note.
    pub facts: Vec<(&'a str, String)>,
    pub note: &'a str,
}

/// Stages areas as the next version of the territory, from the command line.
///
/// # Errors
/// The store is not available.
pub async fn stage_territory(
    ctx: &Ctx,
    areas: Vec<AreaRow>,
    lineage: Vec<LineageRow>,
    note: &str,
) -> Result<i64, AppError> {
    let staging = Staging { actor: None, what: what::TERRITORY_STAGE, facts: Vec::new(), note };
    stage_territory_by(ctx, areas, lineage, staging).await
}

/// As [`stage_territory`], by an account.
///
/// # Errors
/// As for [`stage_territory`].
pub async fn stage_territory_by(
    ctx: &Ctx,
    areas: Vec<AreaRow>,
    lineage: Vec<LineageRow>,
    staging: Staging<'_>,
) -> Result<i64, AppError> {
    let Staging { actor, what, mut facts, note } = staging;
    facts.push(("areas", areas.len().to_string()));
    facts.extend((!note.is_empty()).then(|| ("note", note.to_owned())));
    // The store puts the version's number for the subject.
    let log = admin_log::entry(ctx, actor, what, "", facts);
    let (note, at) = (note.to_owned(), ctx.now());
    Ok(ctx.store.stage_territory(areas, lineage, note, at, Some(log)).await?)
}

/// Takes a staged version away.
///
/// # Errors
/// There is no such staged version, or the store is not available.
pub async fn delete_territory(
    ctx: &Ctx,
    actor: Option<AccountId>,
    version: i64,
) -> Result<(), AppError> {
    let log = admin_log::entry(ctx, actor, what::TERRITORY_DELETE, &version.to_string(), []);
    match ctx.store.delete_staged_territory(version, Some(log)).await? {
        true => Ok(()),
        false => Err(not_staged(version)),
    }
}
