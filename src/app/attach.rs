//! Photos of issues: their records, and adding some to an issue.

use super::ctx::Ctx;
use super::error::{AppError, say};
use super::evidence::instant_of;
use super::photo::Processed;
use crate::domain::access::{Actor, Scope};
use crate::domain::id::{AttachmentId, IssueId};
use crate::domain::issue::workflow;
use crate::domain::time::Timestamp;
use crate::store::change::{Attachment, Change};

/// What a photo can be for.
pub const PURPOSES: &[&str] = &["report", "before", "after", "evidence"];

/// The record of a photo that is kept; its issue is still to be set.
pub fn attachment_of(ctx: &Ctx, photo: &Processed, purpose: &str, at: Timestamp) -> Attachment {
    Attachment {
        id: AttachmentId(ctx.new_uuid().as_u128()),
        issue: IssueId(0),
        sha256: photo.sha256.clone(),
        media_type: photo.media_type.to_owned(),
        size_bytes: photo.size_bytes,
        width: i64::from(photo.width),
        height: i64::from(photo.height),
        purpose: purpose.to_owned(),
        at,
        taken_at: photo.taken_at.and_then(|taken| instant_of(taken, &ctx.snapshot().zone)),
        taken_position: photo.taken_position,
    }
}

/// Adds photos to an issue that the actor may comment on, to be named by an action later.
///
/// # Errors
/// Not in scope, or nothing that the actor may add to.
pub async fn add_photos(
    ctx: &Ctx,
    actor: &Actor,
    id: IssueId,
    purpose: &str,
    photos: &[Processed],
) -> Result<Vec<Attachment>, AppError> {
    let scope = Scope::of(actor);
    let issue = ctx.store.find_issue(id, &scope).await?.ok_or_else(AppError::no_issue)?;
    if workflow::offers(&issue, actor).next().is_none() {
        let says = say("您不能为该事件添加照片", "You may not add photos to this issue");
        return Err(AppError::Forbidden(says));
    }
    let now = ctx.now();
    let mut attachments = Vec::with_capacity(photos.len());
    for photo in photos {
        ctx.photos.keep(photo).await?;
        attachments.push(Attachment { issue: issue.id, ..attachment_of(ctx, photo, purpose, now) });
    }
    let change = Change {
        district: ctx.snapshot().instance.district.clone(),
        at: now,
        attachments: attachments.clone(),
        ..Change::default()
    };
    ctx.store.apply(change).await?;
    Ok(attachments)
}
