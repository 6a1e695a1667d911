//! Random sampling of closings for checking, with a recorded seed.

use super::ctx::Ctx;
use super::error::{AppError, say};
use super::measure::counted_by;
use super::window::{Window, resolve};
use crate::domain::access::{Actor, AreaPath, Clause, Role, Scope};
use crate::domain::id::AccountId;
use crate::domain::issue::kind::Kind;
use crate::domain::issue::record::Issue;
use crate::domain::sampling::{SampleSize, draw_sample};
use crate::domain::time::Day;
use crate::store::port::SampleRow;
use crate::store::query::IssueFilter;
use serde::{Deserialize, Serialize};

/// The most issues of one sample.
pub const SAMPLE_ISSUES_MAX: usize = 1_000;
/// The greatest seed: every JSON reader keeps whole numbers up to it exactly.
pub const SEED_MAX: i64 = 9_007_199_254_740_991;

/// How many of the latest samples are looked through, and how many are shown.
const SAMPLES_MAX: usize = 2_000;
const SAMPLES_SHOWN_MAX: usize = 200;

/// A sample as it is asked for.
#[derive(Clone, Debug, Default)]
pub struct SampleRequest {
    /// Drawn by the service when absent.
    pub seed: Option<i64>,
    /// Days of closing, inclusive.
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub area: Option<String>,
    pub kind: Option<Kind>,
    pub share: Option<f64>,
    pub size: Option<usize>,
}

fn drawer(actor: &Actor) -> Result<(AccountId, Scope), AppError> {
    let may = actor.has_role(Role::DutySupervisor) || actor.has_role(Role::Leader);
    let Some(id) = actor.account().filter(|_| may) else {
        let says = say("只有值班长和领导可以抽样", "Duty supervisors and leaders draw samples");
        return Err(AppError::Forbidden(says));
    };
    let mut scope = Scope::of(actor);
    scope.clauses.retain(|clause| !clause.is_personal());
    Ok((id, scope))
}

fn parse_size(request: &SampleRequest) -> Result<SampleSize, AppError> {
    match (request.share, request.size) {
        (Some(share), None) if share > 0.0 && share <= 1.0 => Ok(SampleSize::Share(share)),
        (None, Some(size)) if (1..=SAMPLE_ISSUES_MAX).contains(&size) => {
            Ok(SampleSize::Count(size))
        }
        _ => Err(AppError::field(
            "share",
            say(
                format!("请给出 share（大于 0、至多 1）或 size（1 到 {SAMPLE_ISSUES_MAX}）之一"),
                format!("Give share (over 0, at most 1) or size (1 to {SAMPLE_ISSUES_MAX})"),
            ),
        )),
    }
}

/// Draws a sample of the issues closed in a window, within the actor's scope, and records it. The
/// same seed over the same closings gives the same sample.
///
/// # Errors
/// Not a supervisor or leader; a field that is wrong; more than [`SAMPLE_ISSUES_MAX`] issues.
pub async fn make_sample(
    ctx: &Ctx,
    actor: &Actor,
    request: &SampleRequest,
) -> Result<SampleRow, AppError> {
    let (author, scope) = drawer(actor)?;
    let size = parse_size(request)?;
    // The lowest 53 bits of a UUIDv7 are random.
    let random = || (ctx.new_uuid().as_u128() & 0x1f_ffff_ffff_ffff) as i64;
    let seed = request.seed.unwrap_or_else(random);
    if !(0..=SEED_MAX).contains(&seed) {
        let zh = format!("种子须为 0 到 {SEED_MAX} 的整数");
        let en = format!("The seed is a whole number from 0 to {SEED_MAX}");
        return Err(AppError::field("seed", say(zh, en)));
    }
    let (snapshot, now) = (ctx.snapshot(), ctx.now());
    let window = Window {
        from: request.from,
        to: request.to,
        area: request.area.clone(),
        ..Window::default()
    };
    let window = resolve(&snapshot, &window, now)?;
    let filter = IssueFilter {
        kind: request.kind,
        area: window.area.clone(),
        counted: Some(counted_by(&snapshot, "closed", window.days(), window.as_of)?),
        ..IssueFilter::default()
    };
    let candidates = ctx.store.list_ids(&filter, &scope).await?;
    let drawn = draw_sample(seed, &candidates, size);
    if drawn.len() > SAMPLE_ISSUES_MAX {
        let n = drawn.len();
        let says = say(
            format!("抽中 {n} 件，至多 {SAMPLE_ISSUES_MAX} 件，请缩小范围或比例"),
            format!("This draws {n} issues; at most {SAMPLE_ISSUES_MAX}: narrow it or lower share"),
        );
        return Err(AppError::field("share", says));
    }
    let row = SampleRow {
        id: ctx.new_uuid().to_string(),
        author,
        at: now,
        seed,
        from: window.from,
        to: window.to,
        area: request.area.clone(),
        kind: request.kind,
        share: request.share,
        size: request.size.and_then(|size| i64::try_from(size).ok()),
        population: i64::try_from(candidates.len()).unwrap_or(i64::MAX),
        covers: covers_of(&scope, window.area.as_ref(), request.kind),
    };
    ctx.store.insert_sample(row.clone(), drawn).await?;
    Ok(row)
}

/// One place that a sample was drawn from.
#[derive(Serialize, Deserialize)]
struct Cover {
    /// The area's path; empty for the whole territory.
    path: String,
    /// None for all.
    kinds: Option<Vec<String>>,
}

/// Where a sample is drawn that its author asks for; `None` where it goes by more than areas and
/// kinds, so that nobody else can be said to see the same.
fn covers_of(scope: &Scope, area: Option<&AreaPath>, kind: Option<Kind>) -> Option<String> {
    let mut covers = Vec::new();
    for clause in &scope.clauses {
        if clause.department.is_some() || clause.nature.is_some() || clause.is_personal() {
            return None;
        }
        // The narrower of what was asked for and what the grant gives; what lies apart gives none.
        let path = match (area, &clause.area) {
            (Some(asked), Some(own)) if asked.is_within(own) => asked.as_str(),
            (Some(asked), Some(own)) if own.is_within(asked) => own.as_str(),
            (Some(_), Some(_)) => continue,
            (Some(one), None) | (None, Some(one)) => one.as_str(),
            (None, None) => "",
        };
        let kinds = match (kind, &clause.kinds) {
            (Some(kind), Some(own)) if !own.contains(&kind) => continue,
            (Some(kind), _) => Some(vec![kind.to_string()]),
            (None, own) => own.as_ref().map(|own| own.iter().map(ToString::to_string).collect()),
        };
        covers.push(Cover { path: path.to_owned(), kinds });
    }
    serde_json::to_string(&covers).ok()
}

/// Whether the actor may draw samples of all that a sample was drawn from.
fn may_see(account: AccountId, scope: &Scope, row: &SampleRow) -> bool {
    let covers = row.covers.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let covers: Option<Vec<Cover>> = covers;
    let within = |cover: &Cover, clause: &Clause| {
        let path = AreaPath::from_stored(cover.path.clone());
        let in_area = clause.area.as_ref().is_none_or(|own| path.is_within(own));
        let in_kinds = clause.kinds.as_ref().is_none_or(|own| {
            let told = cover.kinds.as_ref();
            told.is_some_and(|told| {
                told.iter().all(|kind| own.iter().any(|known| known.as_str() == kind))
            })
        });
        let is_whole = clause.department.is_none() && clause.nature.is_none();
        is_whole && in_area && in_kinds
    };
    let seen = |cover: &Cover| scope.clauses.iter().any(|clause| within(cover, clause));
    row.author == account || covers.is_some_and(|all| !all.is_empty() && all.iter().all(seen))
}

/// The samples that the actor drew, or could have drawn, the latest first.
///
/// # Errors
/// Not a supervisor or leader.
pub async fn list_samples(ctx: &Ctx, actor: &Actor) -> Result<Vec<SampleRow>, AppError> {
    let (account, scope) = drawer(actor)?;
    let mut rows = ctx.store.list_samples(SAMPLES_MAX).await?;
    rows.retain(|row| may_see(account, &scope, row));
    rows.truncate(SAMPLES_SHOWN_MAX);
    Ok(rows)
}

/// One of these samples with the issues that the actor may still read.
///
/// # Errors
/// Not a supervisor or leader, or no such sample for him.
pub async fn find_sample(
    ctx: &Ctx,
    actor: &Actor,
    id: &str,
) -> Result<(SampleRow, Vec<Issue>), AppError> {
    let (account, scope) = drawer(actor)?;
    let none = || AppError::NotFound(say("没有这个抽样", "There is no such sample"));
    let id = uuid::Uuid::parse_str(id).map_err(|_| none())?.to_string();
    let row = ctx.store.find_sample(&id).await?;
    let row = row.filter(|row| may_see(account, &scope, row)).ok_or_else(none)?;
    let issues = ctx.store.list_sampled(&id, &scope).await?;
    Ok((row, issues))
}
