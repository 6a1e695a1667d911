//! What administrators did: an entry for each change, written in the transaction of the change, and
//! read by administrators alone.
//!
//! A use case makes its entry with [`entry`] and hands it to the store beside the change. Where the
//! store's call takes none, [`record`] adds it right after. Facts are short texts for people; no
//! password, no telephone number and no word of an issue is among them.

use super::ctx::Ctx;
use super::error::AppError;
use crate::domain::id::AccountId;
use crate::store::admin::{AdminEntry, LogQuery, PartiesRead};
use std::collections::BTreeMap;

/// The longest text of a fact, in characters; what is longer is cut off.
const FACT_CHARS_MAX: usize = 500;

/// What there is to do for an administrator, as the log names it.
pub mod what {
    pub const ACCOUNT_CREATE: &str = "account.create";
    pub const ACCOUNT_UPDATE: &str = "account.update";
    pub const ACCOUNT_CLOSE: &str = "account.close";
    pub const ACCOUNT_REOPEN: &str = "account.reopen";
    pub const ACCOUNT_PASSWORD: &str = "account.password";
    pub const ACCOUNT_WORKER: &str = "account.worker";
    pub const TOKEN_CREATE: &str = "token.create";
    pub const TOKEN_DELETE: &str = "token.delete";
    pub const PERSON_CREATE: &str = "person.create";
    pub const PERSON_UPDATE: &str = "person.update";
    pub const PERSON_END: &str = "person.end";
    pub const POST_BEGIN: &str = "post.begin";
    pub const POST_UPDATE: &str = "post.update";
    pub const POST_END: &str = "post.end";
    pub const POST_MOVE: &str = "post.move";
    pub const POST_DROP: &str = "post.drop";
    pub const BRANCH_CREATE: &str = "branch.create";
    pub const BRANCH_UPDATE: &str = "branch.update";
    pub const TERRITORY_STAGE: &str = "territory.stage";
    pub const TERRITORY_EDIT: &str = "territory.edit";
    pub const TERRITORY_DELETE: &str = "territory.delete";
    pub const TERRITORY_PUBLISH: &str = "territory.publish";
    pub const MATRIX_ACTIVATE: &str = "matrix.activate";
    pub const MATRIX_ROLLBACK: &str = "matrix.rollback";
    pub const SETTING_UPDATE: &str = "setting.update";
    pub const CALENDAR_UPDATE: &str = "calendar.update";
    pub const CATALOG_UPDATE: &str = "catalog.update";
    pub const CATALOG_ROLLBACK: &str = "catalog.rollback";
    pub const IMPORT_TAKE: &str = "import.take";
    pub const AUDIT_VERIFY: &str = "audit.verify";
}

fn cut(text: &str) -> String {
    text.chars().take(FACT_CHARS_MAX).collect()
}

/// An entry for what `actor` does now to `subject`; no actor is the command line.
pub fn entry<'a>(
    ctx: &Ctx,
    actor: Option<AccountId>,
    what: &str,
    subject: &str,
    facts: impl IntoIterator<Item = (&'a str, String)>,
) -> AdminEntry {
    let facts: BTreeMap<&str, String> =
        facts.into_iter().map(|(name, text)| (name, cut(&text))).collect();
    AdminEntry {
        id: ctx.new_uuid().to_string(),
        at: ctx.now(),
        actor,
        what: what.to_owned(),
        subject: cut(subject),
        facts: serde_json::json!(facts).to_string(),
    }
}

/// Adds an entry by itself, for a change that another call of the store has written.
///
/// # Errors
/// The store is not available.
pub async fn record<'a>(
    ctx: &Ctx,
    actor: Option<AccountId>,
    what: &str,
    subject: &str,
    facts: impl IntoIterator<Item = (&'a str, String)>,
) -> Result<(), AppError> {
    Ok(ctx.store.append_admin(entry(ctx, actor, what, subject, facts)).await?)
}

/// How a fact tells that something changed; nothing where it did not.
pub fn change<'a>(name: &'a str, old: &str, new: &str) -> Option<(&'a str, String)> {
    let told = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    (old != new).then(|| (name, format!("{} → {}", told(old), told(new))))
}

/// The facts of an entry.
///
/// # Errors
/// They cannot be read.
pub fn facts_of(entry: &AdminEntry) -> Result<BTreeMap<String, String>, AppError> {
    serde_json::from_str(&entry.facts)
        .map_err(|error| AppError::Internal(format!("admin_log.facts of {}: {error}", entry.id)))
}

/// A page of the log, the latest first, and whether there is more.
///
/// # Errors
/// The store is not available.
pub async fn list_admin_log(
    ctx: &Ctx,
    asked: &LogQuery,
) -> Result<(Vec<AdminEntry>, bool), AppError> {
    let found = ctx.store.list_admin(&one_more(asked)).await?;
    Ok(page_of(found, asked.limit))
}

/// Who opened sealed records of disputes, the latest first, and whether there is more. Numbers and
/// times alone: an administrator reads no issue.
///
/// # Errors
/// The store is not available.
pub async fn list_parties_reads(
    ctx: &Ctx,
    asked: &LogQuery,
) -> Result<(Vec<PartiesRead>, bool), AppError> {
    let found = ctx.store.list_parties_reads(&one_more(asked)).await?;
    Ok(page_of(found, asked.limit))
}

fn one_more(asked: &LogQuery) -> LogQuery {
    LogQuery { limit: asked.limit.saturating_add(1), ..asked.clone() }
}

fn page_of<T>(mut found: Vec<T>, limit: usize) -> (Vec<T>, bool) {
    let more = found.len() > limit;
    found.truncate(limit);
    (found, more)
}
