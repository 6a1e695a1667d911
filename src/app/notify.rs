//! What a level of the territory has to know at once: major hazards up the line, and disputes whose
//! colour summons it. The rows are written with the step that causes them.

use super::ctx::{Ctx, Snapshot};
use super::error::AppError;
use crate::domain::access::{Actor, AreaPath};
use crate::domain::id::AreaCode;
use crate::domain::issue::care::RiskLevels;
use crate::domain::issue::kind::{Kind, Severity};
use crate::domain::issue::record::Issue;
use crate::domain::territory::level::Level;
use crate::store::care::Summons;
use std::collections::BTreeSet;

/// The levels that a major hazard is told to: up the line from the street.
const MAJOR_LEVELS: [Level; 2] = [Level::Street, Level::District];

/// Of what level an area is, by its code; the territory in force, or the one that comes.
pub type LevelOf<'a> = &'a dyn Fn(&str) -> Option<Level>;

/// The part of a path that ends at the first area of a level.
fn path_at(level_of: LevelOf<'_>, path: &AreaPath, level: Level) -> Option<AreaPath> {
    let codes: Vec<&str> = path.codes().collect();
    let end = codes.iter().position(|code| level_of(code) == Some(level))?;
    let chain: Option<Vec<AreaCode>> =
        codes[..=end].iter().map(|code| AreaCode::parse(code).ok()).collect();
    Some(AreaPath::of(&chain?))
}

/// What has to be known where: the kind of summons, what it goes by, and the area's path. Where the
/// issue lies in no area of the levels, the path is empty: those whose grant has no area are meant.
type Places = BTreeSet<(&'static str, String, String)>;

fn places_of(level_of: LevelOf<'_>, risk_levels: &str, issue: &Issue) -> Result<Places, AppError> {
    let mut places = Places::new();
    let mut tell = |kind, why: String, levels: &[Level]| {
        let paths = levels.iter().filter_map(|level| path_at(level_of, &issue.place.path, *level));
        let mut paths: Vec<String> = paths.map(|path| path.as_str().to_owned()).collect();
        if paths.is_empty() {
            paths.push(String::new());
        }
        places.extend(paths.into_iter().map(|path| (kind, why.clone(), path)));
    };
    if issue.kind == Kind::Hazard && issue.severity == Severity::Major {
        tell("major_hazard", String::new(), &MAJOR_LEVELS);
    }
    if let Some(risk) = issue.care.risk.filter(|_| issue.kind == Kind::Dispute) {
        let levels = RiskLevels::parse(risk_levels)
            .map_err(|error| AppError::Internal(format!("the setting risk_levels: {error}")))?;
        tell("risk", risk.to_string(), &levels.level(risk).map_or(Vec::new(), |one| vec![one]));
    }
    Ok(places)
}

/// What the step from `before` to `after` makes known, and to whom: whoever was told before is not
/// told again, and whoever has it from now on is, also when only the place was put right.
///
/// # Errors
/// The setting of the levels that colours summon cannot be read.
pub fn summons_of(
    ctx: &Ctx,
    snapshot: &Snapshot,
    before: Option<&Issue>,
    after: &Issue,
) -> Result<Vec<Summons>, AppError> {
    let level_of = |code: &str| snapshot.level_of(code);
    summons_by(ctx, snapshot, &level_of, (before, after))
}

/// As [`summons_of`], where another territory says of what level an area is.
///
/// # Errors
/// As for [`summons_of`].
pub fn summons_by(
    ctx: &Ctx,
    snapshot: &Snapshot,
    level_of: LevelOf<'_>,
    (before, after): (Option<&Issue>, &Issue),
) -> Result<Vec<Summons>, AppError> {
    let risk_levels = &snapshot.instance.risk_levels;
    let told = match before {
        Some(before) => places_of(level_of, risk_levels, before)?,
        None => Places::new(),
    };
    let mut summons = Vec::new();
    for (kind, why, path) in places_of(level_of, risk_levels, after)? {
        if told.contains(&(kind, why, path.clone())) {
            continue;
        }
        for audience in Summons::AUDIENCES {
            let dedupe = format!("{kind}/{}/{}/{path}/{audience}", after.id, after.version);
            summons.push(Summons {
                id: ctx.new_uuid().to_string(),
                issue: after.id,
                kind,
                audience,
                area_path: path.clone(),
                at: after.updated,
                dedupe,
            });
        }
    }
    Ok(summons)
}

/// The roles by which an actor may be summoned, with the subtrees in which he holds them.
pub fn summoned_roles(actor: &Actor) -> Vec<(&'static str, Option<AreaPath>)> {
    let grants = actor.grants().iter().filter(|grant| {
        let is_gone = grant.area.is_some() && grant.path.is_none();
        Summons::AUDIENCES.contains(&grant.role.as_str()) && !is_gone
    });
    grants.map(|grant| (grant.role.as_str(), grant.path.clone())).collect()
}
