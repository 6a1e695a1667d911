//! Photos of issues: their records.

use super::ctx::Ctx;
use super::evidence::instant_of;
use super::photo::Processed;
use crate::domain::id::{AttachmentId, IssueId};
use crate::domain::time::Timestamp;
use crate::store::change::Attachment;

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
