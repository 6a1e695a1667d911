//! The catalog as an administrator keeps it: its files, what other files would change, putting them
//! in force, and going back to an earlier version.

use super::admin_log::{self, what};
use super::ctx::Ctx;
use super::error::{AppError, FieldProblem, say};
use super::faults::check_note;
use crate::domain::access::Scope;
use crate::domain::catalog::{Catalog, Category, Condition};
use crate::domain::id::{AccountId, CategoryCode};
use crate::format::pack::{FileRole, Pack, PackFile, PackProblems, read_catalog};
use crate::store::admin::AdminEntry;
use crate::store::port::PackRow;
use crate::store::query::IssueFilter;
use std::collections::{BTreeMap, BTreeSet};

/// What the store calls the catalog's documents.
pub const CATALOG: &str = "catalog";
const NAME_CHARS_MAX: usize = 100;
const FILES_MAX: usize = 60;
/// The largest catalog, in bytes of its files.
pub const PACK_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Open issues of a category that is taken away are counted no further.
const OPEN_MAX: i64 = 10_000;
/// Files that may be added: what they hold does not depend on where they stand. Limits and names
/// hold for the files behind them, so they can be changed and not added here.
const ADDED: [FileRole; 4] =
    [FileRole::Schemes, FileRole::Categories, FileRole::Conditions, FileRole::Crosswalk];

/// The catalog in force, and the versions that there were.
pub struct CatalogFiles {
    /// 0 before the first.
    pub version: i64,
    pub files: Vec<PackFile>,
    /// The latest first.
    pub versions: Vec<PackRow>,
}

/// What becomes of a category or a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Added,
    Changed,
    Removed,
}

/// One category, with what would change of it and of its conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryChange {
    pub code: CategoryCode,
    pub name: String,
    pub name_en: Option<String>,
    /// `None`: the category stays as it is, its conditions do not.
    pub fate: Option<Fate>,
    /// Codes of conditions.
    pub conditions: Vec<(String, Fate)>,
    /// Open issues under a category that is taken away.
    pub open: i64,
}

/// What other files would change.
#[derive(Clone, Debug, PartialEq)]
pub struct CatalogEffect {
    pub problems: PackProblems,
    pub changes: Vec<CategoryChange>,
}

/// Other files: those of a name that is there take its place.
#[derive(Clone, Debug, Default)]
pub struct CatalogDraft {
    pub files: Vec<PackFile>,
    /// Names of files to be taken out.
    pub removed: Vec<String>,
}

fn parsed(body: &str, version: i64) -> Result<Pack, AppError> {
    serde_json::from_str(body)
        .map_err(|error| AppError::Internal(format!("catalog version {version}: {error}")))
}

/// The version in force and its files; 0 and none before the first.
///
/// # Errors
/// The store is not available.
pub async fn pack_in_force(ctx: &Ctx) -> Result<(i64, Pack), AppError> {
    match ctx.store.find_pack(CATALOG).await? {
        None => Ok((0, Pack::default())),
        Some((version, body)) => Ok((version, parsed(&body, version)?)),
    }
}

/// The files of the catalog in force, and all versions.
///
/// # Errors
/// The store is not available.
pub async fn list_files(ctx: &Ctx) -> Result<CatalogFiles, AppError> {
    let (version, pack) = pack_in_force(ctx).await?;
    let versions = ctx.store.list_packs(CATALOG).await?;
    Ok(CatalogFiles { version, files: pack.files, versions })
}

/// The pack of a version.
///
/// # Errors
/// There is no such version.
pub async fn find_version(ctx: &Ctx, version: i64) -> Result<Pack, AppError> {
    match ctx.store.load_pack(CATALOG, version).await? {
        Some(body) => parsed(&body, version),
        None => Err(AppError::NotFound(say(
            format!("没有分类版本 {version}"),
            format!("There is no version {version} of the catalog"),
        ))),
    }
}

fn joined(base: &Pack, draft: &CatalogDraft) -> Result<Pack, AppError> {
    let mut faults = Vec::new();
    let mut fault = |field: String, zh: String, en: String| {
        faults.push(FieldProblem { field, says: say(zh, en) });
    };
    let mut pack = base.clone();
    for name in &draft.removed {
        if !base.files.iter().any(|file| file.name == *name) {
            let (zh, en) = (format!("没有文件 {name}"), format!("There is no file {name}"));
            fault("removed".into(), zh, en);
        }
    }
    pack.files.retain(|file| !draft.removed.contains(&file.name));
    for (n, file) in draft.files.iter().enumerate() {
        let name = file.name.trim();
        if name.is_empty()
            || name.chars().count() > NAME_CHARS_MAX
            || name.chars().any(char::is_control)
        {
            let zh = format!("文件名为 1 到 {NAME_CHARS_MAX} 个字");
            let en = format!("A file's name has 1 to {NAME_CHARS_MAX} characters");
            fault(format!("files.{n}.name"), zh, en);
        }
        match pack.files.iter_mut().find(|own| own.name == file.name) {
            Some(own) if own.role == file.role => own.text.clone_from(&file.text),
            Some(own) => {
                let zh = format!("同名文件是另一种：{:?}", own.role);
                let en = format!("The file of this name is another sort: {:?}", own.role);
                fault(format!("files.{n}.role"), zh, en);
            }
            None if ADDED.contains(&file.role) => pack.files.push(file.clone()),
            None => fault(
                format!("files.{n}.role"),
                "这类文件与先后次序有关，只能替换，不能在此新增；请用 hexward import catalog"
                    .into(),
                "Where such a file stands matters: it can be replaced here and not added; \
                 use hexward import catalog"
                    .into(),
            ),
        }
    }
    if pack.files.len() > FILES_MAX
        || pack.files.iter().map(|file| file.text.len()).sum::<usize>() > PACK_BYTES_MAX
    {
        fault("files".into(), "文件过多或过大".into(), "Too many or too large files".into());
    }
    match faults.is_empty() {
        true => Ok(pack),
        false => Err(AppError::Invalid(faults)),
    }
}

fn fate<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> Option<Fate> {
    match (before, after) {
        (None, Some(_)) => Some(Fate::Added),
        (Some(_), None) => Some(Fate::Removed),
        (before, after) if before != after => Some(Fate::Changed),
        _ => None,
    }
}

/// What differs between two catalogs, category by category.
fn diff(before: &Catalog, after: &Catalog) -> Vec<CategoryChange> {
    fn conditions<'a>(
        catalog: &'a Catalog,
        code: &CategoryCode,
    ) -> BTreeMap<&'a str, &'a Condition> {
        catalog.conditions_of(code).map(|one| (one.code.as_str(), one)).collect()
    }
    let codes: BTreeSet<&CategoryCode> =
        before.categories().chain(after.categories()).map(|one| &one.code).collect();
    let change = |code: &CategoryCode| {
        let (old, new) = (before.category(code), after.category(code));
        let known: &Category = new.or(old)?;
        let (was, is) = (conditions(before, code), conditions(after, code));
        let of_both: BTreeSet<&&str> = was.keys().chain(is.keys()).collect();
        let conditions: Vec<(String, Fate)> = of_both
            .into_iter()
            .filter_map(|one| Some(((*one).to_owned(), fate(was.get(one), is.get(one))?)))
            .collect();
        let fate = fate(old, new);
        (fate.is_some() || !conditions.is_empty()).then(|| CategoryChange {
            code: code.clone(),
            name: known.name.clone(),
            name_en: known.name_en.clone(),
            fate,
            conditions,
            open: 0,
        })
    };
    codes.into_iter().filter_map(change).collect()
}

async fn effect(ctx: &Ctx, base: &Pack, pack: &Pack) -> Result<CatalogEffect, AppError> {
    // What was unusable before is not the draft's doing, and is told all the same.
    let (before, _) = read_catalog("", base);
    let (after, problems) = read_catalog("", pack);
    let mut changes = diff(&before, &after);
    for change in changes.iter_mut().filter(|one| one.fate == Some(Fate::Removed)) {
        let filter = IssueFilter {
            open: Some(true),
            category: Some(change.code.clone()),
            ..IssueFilter::default()
        };
        change.open = ctx.store.count_up_to(&filter, OPEN_MAX, &Scope::everything()).await?;
    }
    Ok(CatalogEffect { problems, changes })
}

/// What other files would change; nothing is kept.
///
/// # Errors
/// A file cannot be put where it is asked for. What is wrong within files is in the answer.
pub async fn preview_catalog(ctx: &Ctx, draft: &CatalogDraft) -> Result<CatalogEffect, AppError> {
    let (_, base) = pack_in_force(ctx).await?;
    effect(ctx, &base, &joined(&base, draft)?).await
}

async fn put(
    ctx: &Ctx,
    seen: i64,
    (pack, note): (&Pack, &str),
    log: AdminEntry,
) -> Result<i64, AppError> {
    check_note("note", note)?;
    let body = serde_json::to_string(pack).map_err(|e| AppError::Internal(e.to_string()))?;
    let document = (CATALOG, &*body, note);
    let version = ctx.store.put_pack_after(seen, document, ctx.now(), Some(log)).await?;
    ctx.refresh().await?;
    Ok(version)
}

/// Puts other files in force on all nodes. With problems nothing is changed, and the version stays.
///
/// # Errors
/// As for [`preview_catalog`]; `Conflict` when somebody changed the catalog since `seen`.
pub async fn change_catalog(
    ctx: &Ctx,
    actor: AccountId,
    seen: i64,
    draft: &CatalogDraft,
    note: &str,
) -> Result<(i64, CatalogEffect), AppError> {
    let (version, base) = pack_in_force(ctx).await?;
    let pack = joined(&base, draft)?;
    let told = effect(ctx, &base, &pack).await?;
    if !told.problems.is_empty() || pack == base {
        return Ok((version, told));
    }
    let names: Vec<&str> = draft.files.iter().map(|file| &*file.name).collect();
    let facts = [
        ("files", names.join(", ")),
        ("removed", draft.removed.join(", ")),
        ("changed", told.changes.len().to_string()),
    ];
    let subject = (seen + 1).to_string();
    let log = admin_log::entry(ctx, Some(actor), what::CATALOG_UPDATE, &subject, facts);
    Ok((put(ctx, seen, (&pack, note), log).await?, told))
}

/// Puts the files of an earlier version in force again, as a version of its own.
///
/// # Errors
/// There is no such version; `Conflict` when somebody changed the catalog since `seen`.
pub async fn roll_back_catalog(
    ctx: &Ctx,
    actor: AccountId,
    seen: i64,
    version: i64,
    note: &str,
) -> Result<(i64, CatalogEffect), AppError> {
    let (_, base) = pack_in_force(ctx).await?;
    let pack = find_version(ctx, version).await?;
    let told = effect(ctx, &base, &pack).await?;
    let facts = [("changed", told.changes.len().to_string())];
    let subject = version.to_string();
    let log = admin_log::entry(ctx, Some(actor), what::CATALOG_ROLLBACK, &subject, facts);
    Ok((put(ctx, seen, (&pack, note), log).await?, told))
}
