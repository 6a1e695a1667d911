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

/// The levels that a major hazard is told to: up the line from the street.
const MAJOR_LEVELS: [Level; 2] = [Level::Street, Level::District];

/// The part of a path that ends at the first area of a level.
fn path_at(snapshot: &Snapshot, path: &AreaPath, level: Level) -> Option<AreaPath> {
    let codes: Vec<&str> = path.codes().collect();
    let end = codes.iter().position(|code| snapshot.level_of(code) == Some(level))?;
    let chain: Option<Vec<AreaCode>> =
        codes[..=end].iter().map(|code| AreaCode::parse(code).ok()).collect();
    Some(AreaPath::of(&chain?))
}

/// What the step from `before` to `after` makes known, and to whom.
///
/// # Errors
/// The setting of the levels that colours summon cannot be read.
pub fn summons_of(
    ctx: &Ctx,
    snapshot: &Snapshot,
    before: Option<&Issue>,
    after: &Issue,
) -> Result<Vec<Summons>, AppError> {
    let mut summons = Vec::new();
    let mut tell = |kind: &'static str, level: Level| {
        let Some(path) = path_at(snapshot, &after.place.path, level) else { return };
        for audience in Summons::AUDIENCES {
            let dedupe = format!("{kind}/{}/{}/{level}/{audience}", after.id, after.version);
            summons.push(Summons {
                id: ctx.new_uuid().to_string(),
                issue: after.id,
                kind,
                audience,
                area_path: path.as_str().to_owned(),
                at: after.updated,
                dedupe,
            });
        }
    };
    let is_major = |issue: &Issue| issue.kind == Kind::Hazard && issue.severity == Severity::Major;
    if is_major(after) && !before.is_some_and(is_major) {
        MAJOR_LEVELS.into_iter().for_each(|level| tell("major_hazard", level));
    }
    let colour = after.care.risk.filter(|_| after.kind == Kind::Dispute);
    if let Some(risk) = colour.filter(|risk| before.and_then(|b| b.care.risk) != Some(*risk)) {
        let levels = RiskLevels::parse(&snapshot.instance.risk_levels)
            .map_err(|error| AppError::Internal(format!("the setting risk_levels: {error}")))?;
        if let Some(level) = levels.level(risk) {
            tell("risk", level);
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
