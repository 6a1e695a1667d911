//! Party branches.

use super::{Imported, Joining, LineProblem, Run, join_rows, tell_all};
use crate::app::ctx::Ctx;
use crate::app::error::AppError;
use crate::app::people::branch_row;
use crate::app::words::file::format_words;
use crate::domain::datum::Datum;
use crate::domain::territory::Branch;
use crate::format::FileLimits;
use crate::format::csv_rows::RowError;
use crate::format::people::{Lined, read_branch_lines};
use crate::store::port::BranchRow;
use std::collections::{BTreeMap, BTreeSet};

/// A file of branches.
#[derive(Clone, Copy, Debug)]
pub struct BranchFiles<'a> {
    pub file: &'a [u8],
    pub datum: Datum,
    pub joining: Joining,
}

/// Why a branch cannot be kept, with the column.
fn fault(
    branch: &Branch,
    has_area: impl Fn(&str) -> bool,
    has_branch: impl Fn(&str) -> bool,
) -> Option<(&'static str, RowError)> {
    if branch.position.is_none() {
        return Some(("lon", RowError::NoPosition));
    }
    if let Some(code) = branch.areas.iter().find(|code| !has_area(code.as_str())) {
        return Some(("areas", RowError::NoArea(code.clone())));
    }
    let parent = branch.parent.as_ref().filter(|parent| !has_branch(parent.as_str()))?;
    Some(("parent", RowError::NoBranch(parent.clone())))
}

/// Imports branches.
///
/// # Errors
/// The file as a whole cannot be read, the store is not available, or what is to be taken is
/// blocked.
pub async fn import_branches(
    ctx: &Ctx,
    files: BranchFiles<'_>,
    run: Run,
) -> Result<Imported, AppError> {
    let read = read_branch_lines(files.file, files.datum, &FileLimits::default());
    let (branches, mut problems) =
        read.map_err(|error| AppError::field("file", format_words(&error)))?;
    let before: BTreeMap<String, BranchRow> = {
        let rows = ctx.store.load_branches().await?;
        rows.into_iter().map(|row| (row.code.clone(), row)).collect()
    };
    let retired: BTreeSet<String> = ctx.store.list_retired_codes().await?.into_iter().collect();
    let snapshot = ctx.snapshot();
    let areas: BTreeSet<&str> = snapshot.territory.areas().map(|area| area.code.as_str()).collect();
    let in_file: BTreeSet<String> = branches.iter().map(|b| b.value.code.to_string()).collect();
    let has_area = |code: &str| areas.contains(code) || retired.contains(code);
    let has_branch = |code: &str| {
        in_file.contains(code) || (files.joining == Joining::Merge && before.contains_key(code))
    };
    let mut rows = BTreeMap::new();
    for Lined { line, value } in &branches {
        let code = value.code.to_string();
        let wrong = match rows.contains_key(&code) {
            true => Some(("code", RowError::Double(code.clone()))),
            false => fault(value, has_area, has_branch),
        };
        match (wrong, branch_row(value, false)) {
            (None, Some(row)) => drop(rows.insert(code, row)),
            (wrong, _) => {
                let (column, error) = wrong.unwrap_or(("lon", RowError::NoPosition));
                problems.push(LineProblem { line: *line, column: Some(column.into()), error });
            }
        }
    }
    let (mut counts, after) = join_rows(before, rows, files.joining);
    let mut imported = Imported::default();
    counts.refused = tell_all(&mut imported, "file", problems);
    counts.rows += counts.refused;
    imported.counts = counts;
    if files.joining == Joining::Replace {
        imported.block_if_refused();
    }
    imported.check(run)?;
    if run == Run::Real && counts.changes() > 0 {
        ctx.store.replace_branches(after.into_values().collect(), ctx.now()).await?;
        ctx.refresh().await?;
        imported.kept = true;
    }
    Ok(imported)
}
