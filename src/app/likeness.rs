//! Near duplicates of a report: the open issues about the same thing near by.

use super::ctx::{Ctx, Snapshot};
use super::error::AppError;
use super::shown::{shown_position, shown_text};
use crate::domain::access::{Actor, AreaPath, Scope};
use crate::domain::id::{AreaCode, CategoryCode, IssueId};
use crate::domain::issue::kind::Kind;
use crate::domain::issue::likeness::{self, Likely};
use crate::domain::issue::record::{Issue, Place};
use crate::domain::territory::level::Level;
use crate::domain::territory::position::distance_m;
use crate::domain::time::Timestamp;
use crate::store::query::{Bounds, IssueFilter, Near, PageQuery, Sort};
use std::collections::BTreeSet;

/// How many are offered.
pub const ALIKE_MAX: usize = 5;
/// How many near ones are compared.
const COMPARED_MAX: usize = 200;
/// Metres in a degree of latitude, rounded down so that the box is never too small.
const METRES_PER_DEGREE: f64 = 110_500.0;

/// A likely duplicate.
pub struct Alike {
    pub issue: Issue,
    pub distance_m: f64,
    /// 0 to 1.
    pub score: f64,
    /// Whether the asker may read more of it than what anyone may.
    pub in_scope: bool,
}

fn bounds_around(position: (f64, f64), radius_m: f64) -> Bounds {
    let lat = radius_m / METRES_PER_DEGREE;
    let lon = lat / position.1.to_radians().cos().max(0.01);
    Bounds {
        west: position.0 - lon,
        south: position.1 - lat,
        east: position.0 + lon,
        north: position.1 + lat,
    }
}

/// What others are compared with.
pub struct Wanted<'a> {
    pub place: &'a Place,
    pub category: &'a CategoryCode,
    pub at: Timestamp,
    pub text: &'a str,
    /// The issue itself, where it is kept already.
    pub itself: Option<IssueId>,
}

/// Whether the asker may know what the issue is about.
fn is_readable(issue: &Issue, actor: &Actor, in_scope: bool) -> bool {
    in_scope && (issue.kind != Kind::Dispute || actor.reads_dispute(&issue.subject()))
}

/// Opinions of one category in one street that say the same, near or not: they are merged and
/// counted. Only what the asker may read is compared, because a score tells of words.
async fn find_like_opinions(
    ctx: &Ctx,
    snapshot: &Snapshot,
    (actor, scope): (&Actor, &Scope),
    wanted: &Wanted<'_>,
) -> Result<Vec<Alike>, AppError> {
    let category = snapshot.catalog.category(wanted.category);
    let is_opinion = category.is_some_and(|category| category.kind == Kind::Opinion);
    let path = &wanted.place.path;
    let street = path.codes().position(|code| snapshot.level_of(code) == Some(Level::Street));
    let (true, Some(street)) = (is_opinion && !scope.clauses.is_empty(), street) else {
        return Ok(Vec::new());
    };
    let codes = path.codes().take(street + 1).filter_map(|code| AreaCode::parse(code).ok());
    let area = AreaPath::of(&codes.collect::<Vec<_>>());
    let query = PageQuery {
        filter: IssueFilter {
            open: Some(true),
            kind: Some(Kind::Opinion),
            category: Some(wanted.category.clone()),
            area: Some(area),
            reported_from: Some(Timestamp(wanted.at.0 - likeness::OPINION_AGE_MS_MAX)),
            ..IssueFilter::default()
        },
        sort: Sort::NewestFirst,
        after: None,
        limit: COMPARED_MAX,
    };
    let found = ctx.store.list_issues(&query, scope).await?;
    let others = found.items.into_iter().filter(|issue| Some(issue.id) != wanted.itself);
    let alike = others.filter_map(|issue| {
        let text = shown_text(&snapshot.seals, actor, &issue)?;
        let score = likeness::score_words(wanted.text, &text)?;
        let distance_m = distance_m(wanted.place.position, issue.place.position);
        Some(Alike { issue, distance_m, score, in_scope: true })
    });
    Ok(alike.collect())
}

/// The newest open issues of a category around a place.
async fn list_near(
    ctx: &Ctx,
    position: (f64, f64),
    category: &CategoryCode,
    at: Timestamp,
) -> Result<Vec<Issue>, AppError> {
    let near = Near {
        category: category.clone(),
        bounds: bounds_around(position, likeness::DISTANCE_M_MAX),
        since: Timestamp(at.0 - likeness::AGE_MS_MAX),
        limit: COMPARED_MAX,
    };
    let mut filter = IssueFilter {
        open: Some(true),
        category: Some(near.category.clone()),
        reported_from: Some(near.since),
        ..IssueFilter::default()
    };
    match ctx.store.find_near(&near).await? {
        Some(ids) if ids.is_empty() => return Ok(Vec::new()),
        Some(ids) => filter.ids = ids,
        None => filter.bounds = Some(near.bounds),
    }
    let sort = Sort::NewestFirst;
    let query = PageQuery { filter, sort, after: None, limit: COMPARED_MAX };
    Ok(ctx.store.list_issues(&query, &Scope::everything()).await?.items)
}

/// Open issues that are likely to tell of the same thing, the likeliest first. Everybody is told
/// of them, so that one thing is not reported twice; disputes are never offered to the public.
/// Words are compared only where the asker may read them: a score would tell them bit by bit.
///
/// # Errors
/// The store is not available.
pub async fn find_alike(
    ctx: &Ctx,
    actor: &Actor,
    wanted: &Wanted<'_>,
) -> Result<Vec<Alike>, AppError> {
    let Wanted { place, category, at, text, itself } = *wanted;
    let near = list_near(ctx, place.position, category, at).await?;
    let own = Likely { position: place.position, category: category.as_str(), at_ms: at.0, text };
    let scope = Scope::of(actor);
    let snapshot = ctx.snapshot();
    let seals = &snapshot.seals;
    let mut alike: Vec<Alike> = near
        .into_iter()
        .filter(|issue| Some(issue.id) != itself)
        .filter_map(|issue| {
            let in_scope = scope.allows(&issue.subject());
            if issue.kind == Kind::Dispute && !in_scope {
                return None;
            }
            // Nearness is an answer, too: of a dispute it tells the coarse place alone.
            let readable = is_readable(&issue, actor, in_scope);
            let position = shown_position(actor, &issue);
            let text = match readable {
                true => shown_text(seals, actor, &issue).unwrap_or_default(),
                false => String::new(),
            };
            let other = Likely {
                position,
                category: issue.category.as_str(),
                at_ms: issue.times.reported.0,
                text: &text,
            };
            let score =
                likeness::score(&own, &other).filter(|score| *score >= likeness::SCORE_MIN)?;
            let distance_m = distance_m(place.position, position);
            Some(Alike { issue, distance_m, score, in_scope })
        })
        .collect();
    let known: BTreeSet<IssueId> = alike.iter().map(|one| one.issue.id).collect();
    let opinions = find_like_opinions(ctx, &snapshot, (actor, &scope), wanted).await?;
    alike.extend(opinions.into_iter().filter(|one| !known.contains(&one.issue.id)));
    alike.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.issue.id.cmp(&b.issue.id)));
    Ok(alike)
}
