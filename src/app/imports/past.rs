//! The history of another system, through a mapping.

use super::{Counts, Imported, RowFault, Run};
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, say};
use crate::app::import_issues::{ImportError, Refused, Told, import_issues, run_id, try_issues};
use crate::app::words::history::{file_words, mapping_words, refused_remedy, refused_words};
use crate::format::history::Mapping;

/// The export and what its columns and words mean.
#[derive(Clone, Copy, Debug)]
pub struct PastFiles<'a> {
    pub file: &'a [u8],
    /// TOML.
    pub mapping: &'a str,
}

fn app_error(error: ImportError) -> AppError {
    match error {
        ImportError::File(error) => AppError::field("file", file_words(&error)),
        ImportError::UnknownCategories(codes) => {
            let list =
                |with: &str| codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(with);
            AppError::field(
                "mapping",
                say(
                    format!("映射指向目录中没有的分类：{}", list("、")),
                    format!(
                        "The mapping leads to categories that the catalog lacks: {}",
                        list(", ")
                    ),
                ),
            )
        }
        ImportError::App(error) => error,
    }
}

/// Imports history, or looks what would come of it.
///
/// # Errors
/// The mapping or the file as a whole cannot be read, or the store is not available. What was
/// settled by then stays; the same files go on from there.
pub async fn import_past(ctx: &Ctx, files: PastFiles<'_>, run: Run) -> Result<Imported, AppError> {
    let mapping = Mapping::parse(files.mapping)
        .map_err(|error| AppError::field("mapping", mapping_words(&error)))?;
    let id = run_id(files.mapping, files.file, &ctx.instance().district)
        .map_err(|error| AppError::Internal(error.to_string()))?;
    let mut imported = Imported::default();
    let tell = |told: Told<'_>| {
        let Told::Problem(problem) = told else { return };
        let column = match &problem.refused {
            Refused::Row(row) => row.column.clone(),
            Refused::UnknownDepartment(_) => mapping.columns.department.clone(),
            Refused::NoPosition => Some(mapping.columns.longitude.clone()),
            Refused::OtherKind { .. } => Some(mapping.columns.category.clone()),
            Refused::WrongOutcome { .. } => mapping.columns.outcome.clone(),
            Refused::Future { .. } | Refused::NoIssue(_) => None,
        };
        imported.tell(RowFault {
            file: "file".into(),
            line: problem.line,
            column,
            says: refused_words(&problem.refused),
            remedy: refused_remedy(&problem.refused),
        });
    };
    let summary = match run {
        Run::Trial => try_issues(ctx, &mapping, files.file, tell).await,
        Run::Real => import_issues(ctx, &mapping, files.file, &id, tell).await,
    };
    let summary = summary.map_err(app_error)?;
    imported.counts = Counts {
        rows: summary.rows,
        new: summary.imported,
        known: summary.known,
        refused: summary.refused,
        ..Counts::default()
    };
    imported.kept = run == Run::Real && summary.imported > 0;
    if summary.outside > 0 {
        let n = summary.outside;
        imported.notes.push(say(
            format!("{n} 件不在任何区域内"),
            format!("{n} of them lie in no area of the territory"),
        ));
    }
    if summary.resumed_after > 0 {
        let n = summary.resumed_after;
        imported.notes.push(say(
            format!("接着上次中断的导入继续，此前已处理 {n} 行"),
            format!("went on with an import that had settled {n} rows"),
        ));
    }
    Ok(imported)
}
