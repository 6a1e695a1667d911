//! Party branches, one at a time. Every change names the version that was seen, is logged, and is
//! seen by all nodes.

use super::admin_log::{self, what};
use super::ctx::{Ctx, Snapshot};
use super::error::{AppError, say};
use super::faults::{Faults, GivenPlace};
use super::people::{branch_of, branch_row};
use super::person::NAME_CHARS_MAX;
use super::words::row::code_words;
use crate::domain::id::{AccountId, AreaCode, BranchCode};
use crate::domain::territory::Branch;
use std::collections::BTreeMap;

/// The longest text of a resource or of opening hours, in characters.
pub const WORDS_CHARS_MAX: usize = 200;
/// The most areas or resources of one branch.
pub const LIST_MAX: usize = 500;

/// A branch with the version that it is at.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptBranch {
    pub version: i64,
    pub branch: Branch,
    pub generated: bool,
}

/// A branch as somebody fills it in.
#[derive(Clone, Debug, Default)]
pub struct BranchDraft {
    pub name: String,
    pub parent: Option<String>,
    pub position: Option<GivenPlace>,
    pub areas: Vec<String>,
    pub resources: Vec<String>,
    pub opening_hours: String,
}

/// All branches, in order of code.
///
/// # Errors
/// The store is not available, or a row cannot be read.
pub async fn list_branches(ctx: &Ctx) -> Result<Vec<KeptBranch>, AppError> {
    let kept = |(version, row)| {
        let row: &crate::store::port::BranchRow = &row;
        Ok(KeptBranch { version, branch: branch_of(row)?, generated: row.generated })
    };
    ctx.store.list_branches().await?.into_iter().map(kept).collect()
}

/// Whether `parent` is the branch itself or under it.
fn is_below(parents: &BTreeMap<BranchCode, Option<BranchCode>>, own: &BranchCode) -> bool {
    let mut at = own;
    for _ in 0..=parents.len() {
        match parents.get(at).and_then(Option::as_ref) {
            None => return false,
            Some(parent) if parent == own => return true,
            Some(parent) => at = parent,
        }
    }
    true
}

fn read_parent(
    faults: &mut Faults,
    draft: &BranchDraft,
    code: &BranchCode,
    all: &[KeptBranch],
) -> Option<BranchCode> {
    let text = draft.parent.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
    let mut parents: BTreeMap<BranchCode, Option<BranchCode>> =
        all.iter().map(|kept| (kept.branch.code.clone(), kept.branch.parent.clone())).collect();
    let parent = BranchCode::parse(text).ok().filter(|parent| parents.contains_key(parent));
    let Some(parent) = parent else {
        let says = say(format!("没有党组织 {text}"), format!("There is no branch {text}"));
        faults.add("parent", says);
        return None;
    };
    parents.insert(code.clone(), Some(parent.clone()));
    if is_below(&parents, code) {
        let says = say("上级不能是自己或自己的下级", "A branch is not under itself");
        faults.add("parent", says);
    }
    Some(parent)
}

fn read_areas(faults: &mut Faults, snapshot: &Snapshot, texts: &[String]) -> Vec<AreaCode> {
    let mut areas = Vec::new();
    for text in texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        match AreaCode::parse(text).ok().filter(|code| snapshot.territory.area(code).is_some()) {
            Some(code) if areas.contains(&code) => {}
            Some(code) => areas.push(code),
            None => faults
                .add("areas", say(format!("没有区域 {text}"), format!("There is no area {text}"))),
        }
    }
    areas
}

fn read_branch(
    snapshot: &Snapshot,
    code: BranchCode,
    draft: &BranchDraft,
    all: &[KeptBranch],
) -> Result<Branch, AppError> {
    let mut faults = Faults::default();
    let name = faults.line("name", &draft.name, NAME_CHARS_MAX);
    let parent = read_parent(&mut faults, draft, &code, all);
    if draft.position.is_none() {
        faults.add("position", say("请在地图上标出位置", "Mark the place on the map"));
    }
    let position = faults.place("position", draft.position);
    let areas = read_areas(&mut faults, snapshot, &draft.areas);
    let mut resources = Vec::new();
    for text in &draft.resources {
        let text = faults.words("resources", text, 0, WORDS_CHARS_MAX);
        if text.contains([';', '；']) {
            let says = say("每项资源一行，不含分号", "One resource a line, without semicolons");
            faults.add("resources", says);
        } else if !text.is_empty() {
            resources.push(text);
        }
    }
    if areas.len() > LIST_MAX || resources.len() > LIST_MAX {
        let says =
            say(format!("至多 {LIST_MAX} 项"), format!("There are at most {LIST_MAX} of them"));
        faults.add(if areas.len() > LIST_MAX { "areas" } else { "resources" }, says);
    }
    let opening_hours = faults.words("opening_hours", &draft.opening_hours, 0, WORDS_CHARS_MAX);
    faults.or(Branch { code, name, parent, position, areas, resources, opening_hours })
}

/// What the log says of a branch beside its code.
fn facts(before: Option<&Branch>, after: &Branch) -> Vec<(&'static str, String)> {
    let Some(before) = before else { return vec![("name", after.name.clone())] };
    let parent = |branch: &Branch| branch.parent.as_ref().map_or(String::new(), |p| p.to_string());
    let join =
        |parts: &[AreaCode]| parts.iter().map(AreaCode::as_str).collect::<Vec<_>>().join(" ");
    let resources = |branch: &Branch| branch.resources.join("; ");
    let told = [
        admin_log::change("name", &before.name, &after.name),
        admin_log::change("parent", &parent(before), &parent(after)),
        admin_log::change("areas", &join(&before.areas), &join(&after.areas)),
        admin_log::change("resources", &resources(before), &resources(after)),
        admin_log::change("opening_hours", &before.opening_hours, &after.opening_hours),
        (before.position != after.position).then(|| ("position", "new".to_owned())),
    ];
    told.into_iter().flatten().collect()
}

/// Writes a branch. `seen` is the version that was seen; `None` for a new one.
///
/// # Errors
/// There is no such branch, or at another version than was seen; a new one's code is in use; or
/// what is wrong, by field.
pub async fn put_branch(
    ctx: &Ctx,
    by: AccountId,
    (code, seen): (&str, Option<i64>),
    draft: &BranchDraft,
) -> Result<KeptBranch, AppError> {
    let wrong = |error| {
        let zh = format!("编号无效：{}", code_words(&error).zh);
        AppError::field("code", say(zh, format!("No code: {error}")))
    };
    let code = BranchCode::parse(code.trim()).map_err(wrong)?;
    let all = list_branches(ctx).await?;
    let before = all.iter().find(|kept| kept.branch.code == code);
    match (before, seen) {
        (None, Some(_)) => {
            return Err(AppError::NotFound(say("没有这个党组织", "There is no such branch")));
        }
        (Some(_), None) => {
            let says = say(format!("编号 {code} 已被使用"), format!("The code {code} is in use"));
            return Err(AppError::field("code", says));
        }
        (Some(kept), Some(seen)) if kept.version != seen => {
            return Err(crate::store::StoreError::Stale.into());
        }
        _ => {}
    }
    let branch = read_branch(&ctx.snapshot(), code, draft, &all)?;
    let sort = if seen.is_some() { what::BRANCH_UPDATE } else { what::BRANCH_CREATE };
    let facts = facts(before.map(|kept| &kept.branch), &branch);
    let log = admin_log::entry(ctx, Some(by), sort, branch.code.as_str(), facts);
    let generated = before.is_some_and(|kept| kept.generated);
    let no_place = || AppError::Internal("a branch with no place was not refused".into());
    let row = branch_row(&branch, generated).ok_or_else(no_place)?;
    let version = ctx.store.put_branch(row, seen.unwrap_or(0), log).await?;
    ctx.refresh().await?;
    Ok(KeptBranch { version, branch, generated })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_never_under_itself() {
        let code = |text: &str| BranchCode::parse(text).unwrap();
        let tree = |pairs: &[(&str, Option<&str>)]| -> BTreeMap<_, _> {
            pairs.iter().map(|(own, parent)| (code(own), parent.map(code))).collect()
        };
        let line = tree(&[("a", None), ("b", Some("a")), ("c", Some("b"))]);
        assert!(!is_below(&line, &code("c")) && !is_below(&line, &code("a")));
        let ring = tree(&[("a", Some("c")), ("b", Some("a")), ("c", Some("b"))]);
        assert!(is_below(&ring, &code("a")) && is_below(&ring, &code("c")));
        let own = tree(&[("a", Some("a"))]);
        assert!(is_below(&own, &code("a")));
        // A ring further up, as an import may have left it, is no way out either.
        let above = tree(&[("a", Some("b")), ("b", Some("c")), ("c", Some("b"))]);
        assert!(is_below(&above, &code("a")));
    }
}
