//! The catalog: categories and filing conditions as a pack of CSV files.

use super::{Counts, Imported, Joining, RowFault, Run, fault_of, join_rows};
use crate::app::catalog::pack_in_force;
use crate::app::ctx::Ctx;
use crate::app::error::{AppError, say};
use crate::app::intake::publish_catalog;
use crate::app::words::row::{catalog_words, code_words};
use crate::domain::catalog::Catalog;
use crate::format::pack::{FileRole, Pack, PackFault, PackFile, PackProblem, read_catalog};
use std::collections::BTreeMap;

/// The files of a catalog.
#[derive(Clone, Debug)]
pub struct CatalogFiles<'a> {
    pub files: Vec<PackFile>,
    /// Merging takes each file in the place of those of its sort; the others stay.
    pub joining: Joining,
    pub note: &'a str,
}

/// Puts files in the place of those of their sort. What others are read by comes first.
fn join_packs(mut pack: Pack, files: Vec<PackFile>) -> Pack {
    for file in files {
        let same = |own: &PackFile| own.role == file.role && own.scheme == file.scheme;
        let at = pack.files.iter().position(same);
        pack.files.retain(|own| !same(own));
        let first = matches!(file.role, FileRole::Schemes | FileRole::Limits | FileRole::NamesEn);
        let at = at.unwrap_or(if first { 0 } else { pack.files.len() });
        pack.files.insert(at.min(pack.files.len()), file);
    }
    pack
}

/// What is wrong with a pack, and what to do about it.
pub fn pack_fault(problem: &PackProblem) -> RowFault {
    let file = problem.file.clone().unwrap_or_else(|| "catalog".into());
    let whole = |says| RowFault {
        file: file.clone(),
        line: 0,
        column: None,
        says,
        remedy: say(
            "核对各文件之间的编码是否一致",
            "Check that the codes go together across the files",
        ),
    };
    match &problem.fault {
        PackFault::Line(line) => fault_of(&file, line),
        PackFault::Scheme { scheme, why } => {
            let why = code_words(why);
            whole(say(
                format!("分类体系 {scheme:?}：{}", why.zh),
                format!("scheme {scheme:?}: {}", why.en),
            ))
        }
        PackFault::Misplaced => whole(say(
            "该文件属于权责清单，不属于分类目录",
            "it belongs into a matrix, not into a catalog",
        )),
        PackFault::Catalog(problem) => whole(catalog_words(problem)),
    }
}

fn compare(before: &Catalog, after: &Catalog) -> Counts {
    let schemes = |catalog: &Catalog| -> BTreeMap<String, _> {
        catalog.schemes().map(|own| (own.code.to_string(), own.clone())).collect()
    };
    let categories = |catalog: &Catalog| -> BTreeMap<String, _> {
        catalog.categories().map(|own| (own.code.to_string(), own.clone())).collect()
    };
    let conditions = |catalog: &Catalog| -> BTreeMap<String, _> {
        catalog.conditions().map(|own| (own.code.to_string(), own.clone())).collect()
    };
    let all = Joining::Replace;
    let mut counts = join_rows(schemes(before), schemes(after), all).0;
    counts.add(join_rows(categories(before), categories(after), all).0);
    counts.add(join_rows(conditions(before), conditions(after), all).0);
    counts
}

/// Imports a catalog.
///
/// # Errors
/// There is no file, the store is not available, or what is to be taken is blocked.
pub async fn import_catalog(
    ctx: &Ctx,
    files: CatalogFiles<'_>,
    run: Run,
) -> Result<Imported, AppError> {
    if files.files.is_empty() {
        let says = say("请至少选择一个文件", "Choose at least one file");
        return Err(AppError::field("categories", says));
    }
    let before = pack_in_force(ctx).await?.1;
    let pack = match files.joining {
        Joining::Merge => join_packs(before.clone(), files.files),
        Joining::Replace => join_packs(Pack::default(), files.files),
    };
    let (catalog, problems) = read_catalog("new", &pack);
    let mut imported = Imported::default();
    problems.iter().for_each(|problem| imported.tell(pack_fault(problem)));
    imported.counts = compare(&ctx.snapshot().catalog, &catalog);
    imported.counts.refused = problems.len() as u64;
    imported.counts.rows += imported.counts.refused;
    imported.block_if_refused();
    if imported.counts.removed > 0 {
        let n = imported.counts.removed;
        imported.notes.push(say(
            format!("将去掉 {n} 个现行分类或立案条件；仍在使用它们的事件保留原编码"),
            format!(
                "{n} categories or conditions in force go; issues that have them keep the code"
            ),
        ));
    }
    imported.check(run)?;
    if run == Run::Real && pack != before {
        let published = publish_catalog(ctx, &pack, files.note).await?;
        imported.kept = published.is_ok();
    }
    Ok(imported)
}
