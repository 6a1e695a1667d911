//! Workers and their posts.

use super::{Counts, Imported, Joining, LineProblem, Run, join_rows, tell_all};
use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::app::error::say;
use crate::app::people::{post_row, worker_row};
use crate::app::words::file::format_words;
use crate::domain::datum::Datum;
use crate::domain::id::AreaCode;
use crate::domain::territory::{Post, Validity, Worker};
use crate::domain::time::Day;
use crate::format::csv_rows::RowError;
use crate::format::people::{Lined, Rows, read_post_lines, read_worker_lines};
use crate::format::{FileLimits, FormatError};
use crate::store::port::{PostRow, WorkerRow};
use std::collections::{BTreeMap, BTreeSet};

/// The files; what is absent stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct PeopleFiles<'a> {
    pub workers: Option<&'a [u8]>,
    pub posts: Option<&'a [u8]>,
    pub datum: Datum,
    pub joining: Joining,
}

type PostKey = (String, String, String, Option<i32>);

fn post_key(row: &PostRow) -> PostKey {
    (row.worker.clone(), row.grid.clone(), row.role.clone(), row.valid_from)
}

fn whole<T>(part: &str, read: Result<Rows<T>, FormatError>) -> Result<Rows<T>, AppError> {
    read.map_err(|error| AppError::field(part, format_words(&error)))
}

/// The workers of a file by id; a second row of one id is a problem.
fn worker_rows(
    workers: Vec<Lined<Worker>>,
    problems: &mut Vec<LineProblem>,
) -> BTreeMap<String, WorkerRow> {
    let mut rows = BTreeMap::new();
    for Lined { line, value } in workers {
        let row = worker_row(&value, false);
        if rows.contains_key(&row.id) {
            let error = RowError::Double(row.id);
            problems.push(LineProblem { line, column: Some("id".into()), error });
        } else {
            rows.insert(row.id.clone(), row);
        }
    }
    rows
}

/// The posts of a file whose worker and area there are.
fn post_rows(
    posts: Vec<Lined<Post>>,
    has_worker: impl Fn(&str) -> bool,
    has_area: impl Fn(&AreaCode) -> bool,
    problems: &mut Vec<LineProblem>,
) -> BTreeMap<PostKey, PostRow> {
    let mut rows = BTreeMap::new();
    for Lined { line, value } in posts {
        let row = post_row(&value);
        let key = post_key(&row);
        let (column, error) = if !has_worker(&row.worker) {
            ("worker", RowError::NoWorker(value.worker))
        } else if !has_area(&value.area) {
            ("area", RowError::NoArea(value.area))
        } else {
            if !posts_like(&rows, &key).any(|held| same_days(held, &row)) {
                rows.insert(key, row);
                continue;
            }
            ("worker", RowError::Double(format!("{} · {} · {}", key.0, key.1, key.2)))
        };
        problems.push(LineProblem { line, column: Some(column.into()), error });
    }
    rows
}

fn same_days(a: &PostRow, b: &PostRow) -> bool {
    let days =
        |row: &PostRow| Validity { from: row.valid_from.map(Day), to: row.valid_to.map(Day) };
    days(a).overlaps(days(b))
}

/// The posts that a key's worker has in its grid in its role.
fn posts_like<'a>(
    rows: &'a BTreeMap<PostKey, PostRow>,
    (worker, grid, role, _): &PostKey,
) -> impl Iterator<Item = &'a PostRow> {
    let first = (worker.clone(), grid.clone(), role.clone(), None);
    let own = (worker.clone(), grid.clone(), role.clone());
    let same = move |key: &PostKey| (&key.0, &key.1, &key.2) == (&own.0, &own.1, &own.2);
    rows.range(first..).take_while(move |(key, _)| same(key)).map(|(_, row)| row)
}

/// Takes away what was held on the days of a post of the file: that is the same post, with other
/// days now. Returns how many went.
fn drop_overlapped(
    before: &mut BTreeMap<PostKey, PostRow>,
    rows: &BTreeMap<PostKey, PostRow>,
) -> u64 {
    let held = before.len();
    before.retain(|key, old| {
        rows.contains_key(key) || !posts_like(rows, key).any(|new| same_days(old, new))
    });
    (held - before.len()) as u64
}

/// Imports workers and posts.
///
/// # Errors
/// A file as a whole cannot be read, no file is there, the store is not available, or what is to
/// be taken is blocked.
pub async fn import_people(
    ctx: &Ctx,
    files: PeopleFiles<'_>,
    run: Run,
) -> Result<Imported, AppError> {
    if files.workers.is_none() && files.posts.is_none() {
        let says = say("请选择人员或岗位文件", "Choose a file of workers or of posts");
        return Err(AppError::field("workers", says));
    }
    let limits = FileLimits::default();
    let (workers, posts) = ctx.store.load_people().await?;
    let before: BTreeMap<_, _> = workers.into_iter().map(|row| (row.id.clone(), row)).collect();
    let posts_before: BTreeMap<_, _> = posts.into_iter().map(|row| (post_key(&row), row)).collect();
    let (mut imported, mut counts) = (Imported::default(), Counts::default());
    let mut workers_after = before.clone();
    if let Some(bytes) = files.workers {
        let (rows, mut problems) = whole("workers", read_worker_lines(bytes, &limits))?;
        let rows = worker_rows(rows, &mut problems);
        let (own, after) = join_rows(before, rows, files.joining);
        counts.add(own);
        workers_after = after;
        counts.refused += tell_all(&mut imported, "workers", problems);
    }
    let mut posts_after = posts_before.clone();
    if let Some(bytes) = files.posts {
        let (rows, mut problems) = whole("posts", read_post_lines(bytes, files.datum, &limits))?;
        let retired: BTreeSet<String> = ctx.store.list_retired_codes().await?.into_iter().collect();
        let snapshot = ctx.snapshot();
        // What an area that is gone had goes on with its successors.
        let has_area = |code: &AreaCode| {
            snapshot.territory.area(code).is_some() || retired.contains(code.as_str())
        };
        let has_worker = |id: &str| workers_after.contains_key(id);
        let rows = post_rows(rows, has_worker, has_area, &mut problems);
        let mut before = posts_before;
        if files.joining == Joining::Merge {
            counts.removed += drop_overlapped(&mut before, &rows);
        }
        let (own, after) = join_rows(before, rows, files.joining);
        counts.add(own);
        posts_after = after;
        counts.refused += tell_all(&mut imported, "posts", problems);
    }
    // Whoever is gone takes the posts along.
    let held = posts_after.len();
    posts_after.retain(|_, row| workers_after.contains_key(&row.worker));
    counts.removed += (held - posts_after.len()) as u64;
    counts.rows += counts.refused;
    imported.counts = counts;
    if files.joining == Joining::Replace {
        imported.block_if_refused();
    }
    imported.check(run)?;
    if run == Run::Real && counts.changes() > 0 {
        let workers = workers_after.into_values().collect();
        let posts = posts_after.into_values().collect();
        ctx.store.replace_people(workers, posts, ctx.now()).await?;
        ctx.refresh().await?;
        imported.kept = true;
    }
    Ok(imported)
}
