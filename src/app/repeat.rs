//! An action that a phone may send as often as need be, and the files that it brings.

use super::ctx::Ctx;
use super::error::AppError;
use super::handle::Request;
use super::upload::{keep_file, read_files};
use crate::domain::access::Actor;
use crate::domain::id::IssueId;
use crate::domain::issue::state::Action;
use crate::domain::time::Timestamp;
use crate::store::change::{Attachment, Change, Idempotency};

/// Whether the same action was kept under the key before.
///
/// # Errors
/// `KeyReused` when the key came with another request.
pub async fn find_repeated(
    ctx: &Ctx,
    actor: &Actor,
    id: IssueId,
    request: &Request,
) -> Result<bool, AppError> {
    let (Some(account), Some(key)) = (actor.account(), &request.key) else { return Ok(false) };
    match ctx.store.find_idempotent(&account.to_string(), &key.key).await? {
        None => Ok(false),
        Some((issue, fingerprint)) if issue == id && fingerprint == key.fingerprint => Ok(true),
        Some(_) => Err(AppError::KeyReused),
    }
}

/// The records of the files that come with an action. Their bytes are kept now: an orphaned file
/// can be swept, a record without its file cannot be mended.
///
/// # Errors
/// A file is not there, not whole, or neither photo nor voice.
pub async fn bring_files(
    ctx: &Ctx,
    actor: &Actor,
    (issue, action): (IssueId, Action),
    request: &Request,
    at: Timestamp,
) -> Result<Vec<Attachment>, AppError> {
    let shown = match action {
        Action::Submit | Action::Settle => "after",
        _ => "evidence",
    };
    let mut kept = Vec::new();
    for (ids, purpose) in [(&request.before_uploads, "before"), (&request.uploads, shown)] {
        for file in read_files(ctx, actor, ids, 0).await? {
            kept.push(Attachment { issue, ..keep_file(ctx, &file, purpose, at).await? });
        }
    }
    Ok(kept)
}

/// Adds to a change the files that came with it, and the key that it came under.
pub fn finish_change(
    change: &mut Change,
    actor: &Actor,
    (issue, request): (IssueId, &Request),
    brought: Vec<Attachment>,
) {
    change.attachments.extend(brought);
    change.uploads.extend(request.uploads.iter().chain(&request.before_uploads).cloned());
    if let (Some(account), Some(key)) = (actor.account(), &request.key) {
        change.idempotency = Some(Idempotency {
            scope: account.to_string(),
            key: key.key.clone(),
            fingerprint: key.fingerprint.clone(),
            issue,
        });
    }
}
